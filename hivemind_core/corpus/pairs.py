"""Pairs of responses given by their texts: what is said of them needs no ids of ours."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from hivemind_core.corpus.named_texts import NamedText, TextFinder
from hivemind_core.corpus.queries import QueryFinder
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

JUDGED = (PREFERENCES.name, PAIR_SCORES.name)
_CONTENT = ("query_id", "model_a", "model_b", "text_a", "text_b")

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


@dataclass(frozen=True)
class SettledPairs:
    """What pairs given by their texts become.

    Attributes
    ----------
    judged : dict of str to list of Record
        By table: the rows about pairs, with the ids of the responses.
    made : list of Record
        Responses that nothing but the pairs brings.
    asking : list of Record
        The rows that brought them, with the id and the categories of their query.
    """

    judged: dict[str, list[Record]]
    made: list[Record]
    asking: list[Record]


def list_carriers(given: Mapping[str, Sequence[Record]], pairs: Sequence[Record]) -> list[Record]:
    """Return the rows that give a pair by its texts, and so tell the text of its query."""
    judged = [record for table in JUDGED for record in given.get(table, ())]
    return [*pairs, *(record for record in judged if _is_spelt_out(record))]


def settle_pairs(
    given: Mapping[str, Sequence[Record]],
    pairs: Sequence[Record],
    finder: QueryFinder,
    responses: pa.Table,
    sieve: Sieve,
) -> SettledPairs:
    """Name every pair by the ids of its responses.

    A text is the response that has it, see `TextFinder`; the others become responses, those of
    equal query, model and text one. Sides that name their model come first, so that those that
    name none find them: the order of rows decides nothing.

    Parameters
    ----------
    given : mapping of str to sequence of Record
        By table; rows about pairs name them by the ids of responses, by pair_id, or by texts.
    pairs : sequence of Record
        Rows of a file of pairs, see `PAIRS`.
    finder : QueryFinder
    responses : pyarrow.Table
        All those that the corpus and the import bring, arranged.
    sieve : Sieve
        Told of rows whose pair is not known.

    Raises
    ------
    InputError
        If a pair is not known, or two differ under one id, and `sieve` refuses.
    """
    listed = _choose_pairs(finder.settle(pairs, RESPONSES.name, sieve), sieve)
    known = {record.values["pair_id"]: record for record in listed}
    tables = {table: given[table] for table in JUDGED if table in given}
    judged = {
        table: list(_attach(rows, table, known, finder, sieve)) for table, rows in tables.items()
    }
    spelt = [*listed, *(r for rows in judged.values() for r in rows if _is_spelt_out(r))]
    asking: dict[NamedText, list[Record]] = defaultdict(list)
    for record in spelt:
        for side in _list_sides(record.values):
            asking[side].append(record)
    ids, made = _settle_sides(asking, responses)
    named = {table: [_name(record, ids) for record in rows] for table, rows in judged.items()}
    own = [
        Record(side._asdict() | {"response_id": ids[side]}, asking[side][0].place) for side in made
    ]
    return SettledPairs(named, own, [record for side in made for record in asking[side]])


def _is_spelt_out(record: Record) -> bool:
    """Whether a row gives its pair by texts, neither by ids nor by a pair_id."""
    values = record.values
    return not _has_ids(values) and values.get("pair_id") is None


def _has_ids(values: Mapping[str, Any]) -> bool:
    return values.get("response_a") is not None and values.get("response_b") is not None


def _list_sides(values: Mapping[str, Any]) -> tuple[NamedText, NamedText]:
    first, second = (
        NamedText(values["query_id"], values.get(f"model_{side}"), values[f"text_{side}"])
        for side in "ab"
    )
    return first, second


def _choose_pairs(pairs: Iterable[Record], sieve: Sieve) -> list[Record]:
    """Return the pairs without those that contradict another of their id that spells first."""
    by_name: dict[str, list[Record]] = defaultdict(list)
    for record in pairs:
        by_name[record.values["pair_id"]].append(record)
    chosen = []
    for name, records in by_name.items():
        first = min((_list_sides(record.values) for record in records), key=json.dumps)
        for record in records:
            if _list_sides(record.values) == first:
                chosen.append(record)
            else:
                refusal = InputError(OTHER_PAIR, where=record.place, found=name)
                sieve.refuse(RESPONSES.name, refusal)
    return chosen


def _attach(
    rows: Iterable[Record],
    table: str,
    known: Mapping[str, Record],
    finder: QueryFinder,
    sieve: Sieve,
) -> Iterator[Record]:
    """Yield the rows about pairs that have ids, and the others with the texts of their pair."""
    for record in rows:
        if _has_ids(record.values):
            yield record
            continue
        try:
            yield _spell_out(record, known, finder)
        except InputError as refusal:
            sieve.refuse(table, refusal)


def _spell_out(record: Record, known: Mapping[str, Record], finder: QueryFinder) -> Record:
    values, place = record
    name = values.get("pair_id")
    if name is not None:
        if name not in known:
            raise InputError(UNKNOWN_PAIR, where=place, found=repr(name))
        return Record(values | {n: known[name].values.get(n) for n in _CONTENT}, place)
    if values.get("text_a") is None or values.get("text_b") is None:
        raise InputError("a pair needs both of its texts", where=place)
    return Record(values | {"query_id": finder.find(record)}, place)


def _settle_sides(
    sides: Collection[NamedText], responses: pa.Table
) -> tuple[dict[NamedText, str], list[NamedText]]:
    """Return the ids of all sides, and those sides that are no response yet."""
    if not sides:
        return {}, []
    texts = TextFinder(responses, {side.query_id for side in sides})
    ids, made = {}, []
    for side in sorted(sides, key=lambda side: side.model is None):
        found = texts.find(side)
        if found is None:
            made.append(side)
        ids[side] = texts.add(side) if found is None else found
    return ids, made


def _name(record: Record, ids: Mapping[NamedText, str]) -> Record:
    """Return a row about a pair with the ids of its responses."""
    if _has_ids(record.values):
        return record
    first, second = (ids[side] for side in _list_sides(record.values))
    return Record(record.values | {"response_a": first, "response_b": second}, record.place)
