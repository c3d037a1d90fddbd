"""Pairs of responses given by their texts: what is said of them needs no ids of ours."""

from collections.abc import Mapping, Sequence
from typing import Any

from hivemind_core.corpus.identity import make_id, make_query_id
from hivemind_core.corpus.records import Layout, Record
from hivemind_core.corpus.rows import Sieve
from hivemind_core.corpus.tables import PAIR_SCORES, PREFERENCES, QUERIES, RESPONSES, Column
from hivemind_core.errors import InputError

PAIR_ID = Column("pair_id", aliases=("comparison_id",))
MODELS = (
    Column("model_a", aliases=("model_1", "generator_1", "model_a_name")),
    Column("model_b", aliases=("model_2", "generator_2", "model_b_name")),
)
_FIRST = ("response_1", "output_1", "output_a", "answer_a", "completion_a", "response1", "output1")
_SECOND = ("response_2", "output_2", "output_b", "answer_b", "completion_b", "response2", "output2")
TEXTS = (Column("text_a", aliases=_FIRST), Column("text_b", aliases=_SECOND))
_QUERY = tuple(c for c in QUERIES.columns if c.name in ("query_id", "query"))

UNKNOWN_PAIR = "a pair_id must belong to a pair of --pairs"
OTHER_PAIR = "rows of pairs with one pair_id must be the same"

PAIRS = Layout(
    RESPONSES.name,
    (
        PAIR_ID,
        *_QUERY,
        *(c for c in QUERIES.columns if c.name in ("categories", "labels")),
        *MODELS,
        # In a file of pairs these are texts and no ids.
        Column("text_a", aliases=(*_FIRST, "response_a")),
        Column("text_b", aliases=(*_SECOND, "response_b")),
    ),
    (("pair_id",), ("query", "query_id"), ("text_a",), ("text_b",)),
)
"""What is looked for in a file of pairs."""


def allow_texts(layout: Layout) -> Layout:
    """Return the layout of a file about pairs that may name them by texts, or by pair_id."""
    columns = (*layout.columns, PAIR_ID, *_QUERY[1:], *MODELS, *TEXTS)
    needed = tuple(
        (*group, "pair_id", f"text_{group[0][-1]}")
        if group[0] in ("response_a", "response_b")
        else group
        for group in layout.needed
    )
    return Layout(layout.table, columns, needed)


def settle_pairs(
    records: Mapping[str, Sequence[Record]],
    pairs: Sequence[Record],
    held: Sequence[Mapping[str, Any]],
    sieve: Sieve,
) -> dict[str, Sequence[Record]]:
    """Return records in which every pair is named by the ids of its responses.

    Texts become responses: those of equal query, model and text are one, and one that the corpus
    holds is that.

    Parameters
    ----------
    records : mapping of str to sequence of Record
        By table.
    pairs : sequence of Record
        Rows of a file of pairs, see `PAIRS`.
    held : sequence of mapping
        The responses of the corpus: response_id, query_id, model and text.
    sieve : Sieve
        Told of rows whose pair is not known.

    Raises
    ------
    InputError
        If a pair is not known, or two differ under one id, and `sieve` refuses.
    """
    settler = _Settler(held)
    known: dict[str, dict[str, Any]] = {}
    for record in pairs:
        pair = settler.settle(record)
        name = record.values["pair_id"]
        if known.setdefault(name, pair) != pair:
            sieve.refuse(RESPONSES.name, InputError(OTHER_PAIR, where=record.place, found=name))
    settled = dict(records)
    for table in (PREFERENCES.name, PAIR_SCORES.name):
        rows = []
        for record in records.get(table, ()):
            try:
                rows.append(_name(record, known, settler))
            except InputError as refusal:
                sieve.refuse(table, refusal)
        if table in records:
            settled[table] = rows
    if settler.made:
        settled[RESPONSES.name] = [*records.get(RESPONSES.name, ()), *settler.made.values()]
    return settled


class _Settler:
    """Gives texts the ids of responses."""

    def __init__(self, held: Sequence[Mapping[str, Any]]) -> None:
        self._ids = {
            (row["query_id"], row["model"], row["text"]): row["response_id"]
            for row in sorted(held, key=lambda row: str(row["response_id"]), reverse=True)
        }
        self.made: dict[str, Record] = {}

    def settle(self, record: Record) -> dict[str, Any]:
        """Return the ids of a pair that is given by its texts."""
        values = record.values
        query_id = values.get("query_id") or make_query_id(str(values["query"]))
        asked = {
            name: values.get(name)
            for name in ("query", "categories", "labels")
            if values.get(name) is not None
        }
        pair = {"query_id": query_id}
        for side in "ab":
            content = (query_id, values.get(f"model_{side}"), values[f"text_{side}"])
            response_id = self._ids.get(content) or make_id("pair response", *content)
            pair[f"response_{side}"] = response_id
            if content not in self._ids and response_id not in self.made:
                row = dict(zip(("query_id", "model", "text"), content, strict=True))
                row |= {"response_id": response_id, "sample": None} | asked
                self.made[response_id] = Record(row, record.place)
        return pair


def _name(record: Record, known: Mapping[str, dict[str, Any]], settler: _Settler) -> Record:
    """Return a record that names its pair by ids."""
    values = record.values
    if values.get("response_a") is not None and values.get("response_b") is not None:
        return record
    name = values.get("pair_id")
    if name is not None:
        if name not in known:
            raise InputError(UNKNOWN_PAIR, where=record.place, found=repr(name))
        return Record(values | known[name], record.place)
    if values.get("query") is None and values.get("query_id") is None:
        rule = "a pair that is given by its texts needs its query"
        raise InputError(rule, where=record.place)
    if values.get("text_a") is None or values.get("text_b") is None:
        raise InputError("a pair needs both of its texts", where=record.place)
    return Record(values | settler.settle(record), record.place)
