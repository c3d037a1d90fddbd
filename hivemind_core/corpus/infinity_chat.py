"""`hivemind import infinity-chat`: the data sets of Infinity-Chat (arXiv 2510.22954) as a corpus.

Queries are one where their texts are, white space at both ends left out. A label's place in its
list is a slot and not a person; nobody says which model wrote a response.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hivemind_core.corpus.identity import make_id, make_query_id
from hivemind_core.corpus.import_report import ImportReport
from hivemind_core.corpus.infinity_files import (
    ABSOLUTE,
    EVALUATION,
    NAMES,
    OWNER,
    PAIRWISE,
    TAXONOMY,
    DataSet,
)
from hivemind_core.corpus.manifest import Manifest
from hivemind_core.corpus.merge import NOTHING_SAID, About, Clock, Given, read_clock, take
from hivemind_core.corpus.parquet import name_file
from hivemind_core.corpus.records import MISSING, Record
from hivemind_core.corpus.rows import Sieve
from hivemind_core.corpus.store import open_or_create
from hivemind_core.corpus.tables import PREFERENCES, QUERIES, RATINGS, RESPONSES
from hivemind_core.corpus.taxonomy import map_label, read_taxonomy
from hivemind_core.errors import InputError, shorten
from hivemind_core.progress import Report, report_nothing

SPLIT = "evaluation"
OTHER = "Other"
SOURCE = "Infinity-Chat (arXiv 2510.22954)"
SHOWN = 5

ABOUT = About(
    source=SOURCE,
    licence="none stated",
    note=(
        "Queries of users of WildChat, labelled by a language model; responses that people rated "
        "or compared, without the models that wrote them. Annotators are slots: a label's place "
        "in its list."
    ),
)

NEEDED: Mapping[str, tuple[str, ...]] = {
    TAXONOMY: ("categories",),
    EVALUATION: ("query",),
    ABSOLUTE: ("user_query", "response", "human_labels"),
    PAIRWISE: ("user_query", "response_1", "response_2", "human_labels"),
}
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    TAXONOMY: ("conversation_id", "lm_judge_annotation", "messages"),
    EVALUATION: (),
    ABSOLUTE: ("form_id", "question_id"),
    PAIRWISE: ("form_id", "question_id"),
}
RANGES = {ABSOLUTE: (1, 5), PAIRWISE: (-2, 2)}

NO_QUERY = "a query needs a text in revised_query, original_query or the first user message"
OFF_SCALE = {
    ABSOLUTE: "a label must be a whole number from 1 to 5",
    PAIRWISE: "a label must be a whole number from -2 to 2",
}
NO_LABELS = "an item without labels has its responses only"

EARLIER = "Its schema may have changed: --revision names the commit of an earlier state"

Responses = dict[str, Record]


@dataclass(frozen=True)
class Shape:
    """What a column must be, to read it, and in words."""

    words: str
    fits: Callable[[pa.DataType], bool]


def _is_text(given: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(given) or pa.types.is_large_string(given) or pa.types.is_null(given)
    )


def _is_struct_with(given: pa.DataType, names: Collection[str]) -> bool:
    held = {field.name for field in given} if pa.types.is_struct(given) else set()
    return bool(held & set(names)) or pa.types.is_null(given)


def _is_list_of(given: pa.DataType, fits: Callable[[pa.DataType], bool]) -> bool:
    is_list = pa.types.is_list(given) or pa.types.is_large_list(given)
    return bool(is_list and fits(given.value_type)) or pa.types.is_null(given)


def _is_number(given: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(given) or pa.types.is_floating(given) or pa.types.is_null(given)
    )


_TEXT = Shape("text", _is_text)
SHAPES: Mapping[str, Shape] = {
    **dict.fromkeys(("query", "user_query", "response", "response_1", "response_2"), _TEXT),
    "human_labels": Shape("a list of numbers", partial(_is_list_of, fits=_is_number)),
    "categories": Shape(
        "a list of categories with their names",
        partial(_is_list_of, fits=partial(_is_struct_with, names=("category",))),
    ),
    "lm_judge_annotation": Shape(
        "a record with the query",
        partial(_is_struct_with, names=("revised_query", "original_query")),
    ),
    "messages": Shape(
        "a list of messages",
        partial(_is_list_of, fits=partial(_is_struct_with, names=("content",))),
    ),
}


class Row:
    """One row of a data set, and its place."""

    __slots__ = ("cells", "place")

    def __init__(self, cells: dict[str, Any], place: str) -> None:
        self.cells, self.place = cells, place


@dataclass
class _Draft:
    """What the data sets say of a query, as it is gathered."""

    place: str
    categories: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    source_ids: set[str] = field(default_factory=set)
    rows: int = 0
    split: str | None = None


def import_infinity_chat(
    locator: str,
    data_sets: Sequence[DataSet],
    *,
    report: Report = report_nothing,
    clock: Clock = read_clock,
) -> ImportReport:
    """Merge data sets of Infinity-Chat into a corpus, new or old, all or nothing.

    The order of rows and files changes nothing, and data sets may come one after the other: the
    corpus is the same in the end.

    Parameters
    ----------
    locator : str
        Local path or fsspec URL of the corpus.
    data_sets : sequence of DataSet
        `infinity_files.find_data_sets` or `download_data_sets` gives them.
    report : Report
    clock : callable
        Says when a new corpus was made.

    Returns
    -------
    ImportReport
        Its notes say what did not map, and which data sets were not there.

    Raises
    ------
    InputError
        If a file is no Parquet or lacks a column.
    CorpusError, WorkError
        See `files.import_files`.
    """
    corpus = open_or_create(locator)
    sieve = Sieve()
    rows = {}
    for step, one in enumerate(data_sets):
        report("reading files", step, len(data_sets))
        rows[one.name] = read_rows(one, sieve)
    report("reading files", len(data_sets), len(data_sets))
    drafts = _draft_queries(rows, sieve)
    responses: Responses = {}
    records = {
        RATINGS.name: list(_rate(rows.get(ABSOLUTE, []), responses, sieve)),
        PREFERENCES.name: list(_compare(rows.get(PAIRWISE, []), responses, sieve)),
    }
    records[RESPONSES.name] = list(responses.values())
    records[QUERIES.name] = [_finish_query(text, draft) for text, draft in drafts.items()]
    given = Given(records, about=_describe(data_sets, corpus.manifest))
    _, done = take(corpus, given, sieve, report=report, clock=clock)
    return replace(done, notes=tuple(_tell(rows, drafts)))


def _describe(data_sets: Sequence[DataSet], manifest: Manifest) -> About:
    """Return what the corpus is to say of itself: the commits too, where they are known."""
    pinned = [f"{OWNER}/{one.name}@{one.revision}" for one in data_sets if one.revision]
    source = f"{SOURCE}: {', '.join(pinned)}" if pinned else SOURCE
    if not manifest.content_hash:
        return replace(ABOUT, source=source)
    return About(source=source) if pinned and manifest.source.startswith(SOURCE) else NOTHING_SAID


def read_rows(data_set: DataSet, sieve: Sieve) -> list[Row]:
    """Return the rows of a data set; columns that nothing is read from are noted.

    Raises
    ------
    InputError
        If a file is no Parquet, or lacks a column.
    """
    needed = NEEDED[data_set.name]
    rows = []
    for file in data_set.files:
        with name_file(str(file)):
            schema = pq.read_schema(file)
            columns = schema.names
            _check_columns(data_set.name, str(file), schema)
            wanted = [c for c in (*needed, *OPTIONAL[data_set.name]) if c in columns]
            table = pq.read_table(file, columns=wanted)
        place = Path(data_set.name, file.name)
        sieve.note_unused(place, (column for column in columns if column not in wanted))
        rows += [
            Row(cells, f"{place}, row {number}")
            for number, cells in enumerate(table.to_pylist(), 1)
        ]
    return rows


def _check_columns(name: str, file: str, schema: pa.Schema) -> None:
    columns = schema.names
    missing = [column for column in NEEDED[name] if column not in columns]
    if name == TAXONOMY and not {"lm_judge_annotation", "messages"} & set(columns):
        missing.append("lm_judge_annotation")
    if missing:
        raise InputError(
            f"the data set {name} must have the column {missing[0]}",
            where=file,
            found=", ".join(columns) or "no column",
            remedy=EARLIER,
        )
    for column in columns:
        shape = SHAPES.get(column)
        if shape is not None and not shape.fits(schema.field(column).type):
            raise InputError(
                f"the column must be {shape.words}",
                where=f"{file}, column {column}",
                found=str(schema.field(column).type),
                remedy=EARLIER,
            )


def _draft_queries(rows: Mapping[str, Sequence[Row]], sieve: Sieve) -> dict[str, _Draft]:
    """Return what is said of each query, by its text."""
    drafts: dict[str, _Draft] = {}
    for row in rows.get(TAXONOMY, ()):
        text = _find_query(row.cells)
        if not text:
            sieve.leave(QUERIES.name, NO_QUERY, row.place)
            continue
        draft = drafts.setdefault(text, _Draft(row.place))
        draft.rows += 1
        labels = [str(one["category"]) for one in row.cells["categories"] or () if _has_name(one)]
        draft.labels.update(labels)
        draft.categories.update(map_label(label) or OTHER for label in labels)
        if row.cells.get("conversation_id"):
            draft.source_ids.add(str(row.cells["conversation_id"]))
    for name, column in ((EVALUATION, "query"), (ABSOLUTE, "user_query"), (PAIRWISE, "user_query")):
        for row in rows.get(name, ()):
            text = _read_text(row.cells[column])
            if not text:
                sieve.leave(QUERIES.name, f"{MISSING}: {column}", row.place)
                continue
            draft = drafts.setdefault(text, _Draft(row.place))
            draft.split = SPLIT if name == EVALUATION else draft.split
    return drafts


def _has_name(label: object) -> bool:
    return isinstance(label, dict) and bool(label.get("category"))


def _read_text(cell: object) -> str:
    return cell.strip() if isinstance(cell, str) else ""


def _find_query(cells: Mapping[str, Any]) -> str:
    """Return the text of a row of the taxonomy; "" where it has none."""
    annotation = cells.get("lm_judge_annotation") or {}
    asked = [
        message.get("content")
        for message in cells.get("messages") or ()
        if message and message.get("role") == "user"
    ]
    candidates = (annotation.get("revised_query"), annotation.get("original_query"), *asked[:1])
    return next((text for text in map(_read_text, candidates) if text), "")


def _finish_query(text: str, draft: _Draft) -> Record:
    order = [subcategory.name for subcategory in read_taxonomy()]
    categories = [name for name in (*order, OTHER) if name in draft.categories]
    values = {
        "query_id": make_query_id(text),
        "query": text,
        "categories": categories or None,
        "labels": sorted(draft.labels) or None,
        "source_id": ", ".join(sorted(draft.source_ids)) or None,
        "split": draft.split,
    }
    return Record(values, draft.place)


def _name_response(query: str, text: str, number: int, place: str) -> Record:
    """Return a response that people judged: the `number`th of that text to that query."""
    query_id = make_query_id(query)
    values = {
        "response_id": make_id("infinity-chat", query_id, text, number),
        "query_id": query_id,
        "model": None,
        "sample": None,
        "text": text,
    }
    return Record(values, place)


def _rate(rows: Sequence[Row], responses: Responses, sieve: Sieve) -> Iterator[Record]:
    """Yield the ratings, and put what they rate into `responses`: every row is an item."""
    seen: Counter[tuple[str, str]] = Counter()
    for row in _sort(rows, ("response",), RATINGS.name, sieve):
        query, text = _read_text(row.cells["user_query"]), row.cells["response"]
        response = _name_response(query, text, seen[query, text], row.place)
        seen[query, text] += 1
        responses[response.values["response_id"]] = response
        for slot, label in _list_labels(row, ABSOLUTE, RATINGS.name, sieve):
            about = {"response_id": response.values["response_id"], "rating": label}
            yield Record(about | _name_slot(slot), row.place)


def _compare(rows: Sequence[Row], responses: Responses, sieve: Sieve) -> Iterator[Record]:
    """Yield the preferences, and put what they compare into `responses`.

    A response that was rated too is the first one of its text to its query. Rows over the same
    pair are one item, whose slots go on from row to row.
    """
    following: Counter[tuple[str, str]] = Counter()
    for row in _sort(rows, ("response_1", "response_2"), PREFERENCES.name, sieve):
        query, texts = _read_text(row.cells["user_query"]), _read_pair(row)
        repeat = int(texts[0] == texts[1])
        pair = [
            _name_response(query, text, place and repeat, row.place)
            for place, text in enumerate(texts)
        ]
        ids = (pair[0].values["response_id"], pair[1].values["response_id"])
        for response in pair:
            responses.setdefault(response.values["response_id"], response)
        about = dict(zip(("response_a", "response_b"), ids, strict=True))
        first = following[ids]
        following[ids] += len(row.cells["human_labels"] or ())
        for slot, label in _list_labels(row, PAIRWISE, PREFERENCES.name, sieve):
            yield Record(about | {"preference": label} | _name_slot(first + slot), row.place)


def _read_pair(row: Row) -> tuple[str, str]:
    return row.cells["response_1"], row.cells["response_2"]


def _name_slot(slot: int) -> dict[str, str]:
    return {"annotator_id": f"slot {slot}", "annotator_kind": "slot"}


def _sort(rows: Sequence[Row], texts: tuple[str, ...], table: str, sieve: Sieve) -> Iterator[Row]:
    """Yield the rows that have their texts in an order that does not depend on the files."""
    sound = []
    for row in rows:
        missing = [name for name in texts if not isinstance(row.cells[name], str)]
        if missing:
            sieve.leave(table, f"{MISSING}: {missing[0]}", row.place)
        elif _read_text(row.cells["user_query"]):
            sound.append(row)
    yield from sorted(sound, key=lambda row: repr(sorted(row.cells.items())))


def _list_labels(row: Row, name: str, table: str, sieve: Sieve) -> Iterator[tuple[int, float]]:
    """Yield the labels of a row that are on the scale, with their slots from 1 on."""
    low, high = RANGES[name]
    labels = row.cells["human_labels"] or ()
    if not labels:
        sieve.leave(table, NO_LABELS, row.place)
    for slot, label in enumerate(labels, 1):
        if label is None or not low <= label <= high or label != int(label):
            sieve.leave(table, OFF_SCALE[name], f"{row.place}, label {slot}")
        else:
            yield slot, float(label)


def _tell(rows: Mapping[str, Sequence[Row]], drafts: Mapping[str, _Draft]) -> Iterator[str]:
    """Yield what a user should know of how the data sets became one corpus."""
    missing = [name for name in NAMES if name not in rows]
    if missing:
        yield f"not there, and skipped: {', '.join(missing)}"
    if TAXONOMY in rows:
        yield from _tell_labels(drafts)
        doubled = sum(draft.rows > 1 for draft in drafts.values())
        if doubled:
            yield f"{doubled:,} queries came more than once, and are one each"
        strays = sum(draft.split == SPLIT and not draft.rows for draft in drafts.values())
        if strays:
            yield f"{strays:,} evaluation queries are not in the taxonomy, and have no category"
    pairs = Counter(
        (_read_text(row.cells["user_query"]), *_read_pair(row)) for row in rows.get(PAIRWISE, ())
    )
    repeated = sum(number > 1 for number in pairs.values())
    if repeated:
        yield f"{repeated:,} pairs came more than once, and are one item each with all their labels"


def _tell_labels(drafts: Mapping[str, _Draft]) -> Iterator[str]:
    other: dict[str, int] = defaultdict(int)
    for draft in drafts.values():
        for label in draft.labels:
            if map_label(label) is None:
                other[label] += 1
    if not other:
        return
    ranked = sorted(other, key=lambda label: (-other[label], label))
    queries = sum(OTHER in draft.categories for draft in drafts.values())
    shown = ", ".join(f"{shorten(label)} ({other[label]:,})" for label in ranked[:SHOWN])
    more = ", …" if len(ranked) > SHOWN else ""
    yield (
        f"{len(ranked):,} labels are none of the paper's 17 categories, and are kept as labels; "
        f"their {queries:,} queries are under “{OTHER}”: {shown}{more}"
    )
