"""The tables of a corpus: their columns, what may be missing, and in which order rows lie."""

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

SCHEMA_VERSION = 1
HUMAN = "human"

PREFERENCE_LIMIT = 2
ANNOTATOR_KINDS = ("person", "slot")
SCORER_KINDS = ("reward_model", "lm_judge", "lm", "baseline", "metric")

TEXT = pa.string()
TEXTS = pa.list_(pa.string())
WHOLE = pa.int64()
NUMBER = pa.float64()
TRUTH = pa.bool_()


@dataclass(frozen=True)
class Column:
    """One column: its type, whether it may be null, and what else people call it.

    `names_side` says that a cell may name the better one of a pair instead of giving a number.
    """

    name: str
    type: pa.DataType = TEXT
    required: bool = False
    aliases: tuple[str, ...] = ()
    names_side: bool = False


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes
    ----------
    name : str
        File name without its ending.
    columns : tuple of Column
    key : tuple of str
        The columns that identify a row: equal key and other content is refused.
    order : tuple of str
        The columns that rows are sorted by.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    order: tuple[str, ...]

    @property
    def file(self) -> str:
        """File name inside the corpus folder."""
        return f"{self.name}.parquet"

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema in which the table is stored."""
        return pa.schema([pa.field(c.name, c.type, nullable=not c.required) for c in self.columns])

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that are never null."""
        return tuple(column.name for column in self.columns if column.required)

    def empty(self) -> pa.Table:
        """Return the table without rows."""
        return self.schema.empty_table()


QUERIES = Table(
    "queries",
    (
        Column("query_id", required=True, aliases=("prompt_id", "question_id", "instruction_id")),
        Column("query", required=True, aliases=("prompt", "instruction", "user_query", "question")),
        Column("categories", TEXTS, aliases=("category", "subcategories", "subcategory")),
        Column("labels", TEXTS),
        Column("source_id", aliases=("conversation_id",)),
        Column("split"),
    ),
    key=("query_id",),
    order=("query_id",),
)

RESPONSES = Table(
    "responses",
    (
        Column("response_id", required=True, aliases=("generation_id", "completion_id")),
        Column("query_id", required=True, aliases=("prompt_id", "question_id", "instruction_id")),
        Column("model", aliases=("generator", "model_name", "model_id", "system")),
        Column("sample", WHOLE, aliases=("sample_id", "sample_index", "repeat")),
        Column("text", aliases=("response", "output", "completion", "generation", "answer")),
        Column("strategy", aliases=("decoding",)),
        Column("temperature", NUMBER),
        Column("top_p", NUMBER),
        Column("min_p", NUMBER),
        Column("max_tokens", WHOLE, aliases=("max_new_tokens",)),
        Column("finish_reason", aliases=("stop_reason",)),
        Column("created", aliases=("timestamp",)),
        Column("group", aliases=("partition",)),
    ),
    key=("response_id",),
    order=("query_id", "model", "strategy", "sample", "response_id"),
)

_ANNOTATOR = (
    Column("annotator_id", required=True, aliases=("annotator", "rater", "rater_id", "labeler")),
    Column("annotator_kind", required=True),
)
_PAIR = (
    Column("query_id", required=True),
    Column("response_a", required=True),
    Column("response_b", required=True),
)
_SCORER = (
    Column("scorer", required=True, aliases=("scorer_name", "judge", "metric")),
    Column("kind", required=True),
    Column("score", NUMBER, required=True, aliases=("value",)),
)
_PREFERENCE = Column("preference", NUMBER, required=True, aliases=("label",), names_side=True)
_PAIR_SCORE = Column("score", NUMBER, required=True, aliases=("value", "label"), names_side=True)

RATINGS = Table(
    "ratings",
    (
        Column("response_id", required=True),
        *_ANNOTATOR,
        Column("rating", NUMBER, required=True, aliases=("label",)),
        Column("criterion"),
    ),
    key=("response_id", "annotator_id", "criterion"),
    order=("response_id", "criterion", "annotator_id"),
)

PREFERENCES = Table(
    "preferences",
    (*_PAIR, *_ANNOTATOR, _PREFERENCE, Column("criterion")),
    key=("query_id", "response_a", "response_b", "annotator_id", "criterion"),
    order=("query_id", "response_a", "response_b", "criterion", "annotator_id"),
)

SCORES = Table(
    "scores",
    (
        Column("response_id", required=True),
        *_SCORER,
        Column("criterion"),
        Column("higher_is_better", TRUTH),
    ),
    key=("response_id", "scorer", "criterion"),
    order=("scorer", "criterion", "response_id"),
)

PAIR_SCORES = Table(
    "pair_scores",
    (*_PAIR, *_SCORER[:2], _PAIR_SCORE),
    key=("query_id", "response_a", "response_b", "scorer"),
    order=("query_id", "scorer", "response_a", "response_b"),
)

TABLES = (QUERIES, RESPONSES, RATINGS, PREFERENCES, SCORES, PAIR_SCORES)


def find_table(name: str) -> Table:
    """Return the table of that name.

    Raises
    ------
    KeyError
        If there is none.
    """
    return {table.name: table for table in TABLES}[name]


def arrange(table: Table, rows: pa.Table) -> pa.Table:
    """Return rows cast to the table's schema, in its order.

    The order decides every later byte, so it is total: the table's key comes last.
    Nulls come first, because Arrow would otherwise place them by sort direction.
    """
    cast = rows.select(table.schema.names).cast(table.schema)
    keys = dict.fromkeys((*table.order, *table.key))
    return cast.sort_by([(key, "ascending", "at_start") for key in keys]) if len(cast) else cast


def build_rows(table: Table, records: Iterable[dict[str, object]]) -> pa.Table:
    """Return records as an arranged Arrow table; columns a record lacks are null."""
    names = table.schema.names
    filled = [{name: record.get(name) for name in names} for record in records]
    return arrange(table, pa.Table.from_pylist(filled, schema=table.schema))
