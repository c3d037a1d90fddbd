"""Bring records and vectors into a corpus: merged, checked, written all or nothing."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from hivemind_core.corpus.given_vectors import GivenVectors, Vector, merge_vectors
from hivemind_core.corpus.import_report import EMBEDDINGS, ImportReport, Taken
from hivemind_core.corpus.manifest import Manifest
from hivemind_core.corpus.named_texts import name_responses
from hivemind_core.corpus.pairs import list_carriers, settle_pairs
from hivemind_core.corpus.queries import QueryFinder, name_query
from hivemind_core.corpus.records import CORPUS, Record, is_sound_text
from hivemind_core.corpus.responses import count_repeats, identify
from hivemind_core.corpus.rows import Sieve
from hivemind_core.corpus.store import Corpus, embeddings_file, write_tables
from hivemind_core.corpus.tables import (
    PAIR_SCORES,
    PREFERENCES,
    QUERIES,
    RATINGS,
    RESPONSES,
    SCORES,
    TABLES,
    Table,
    build_rows,
)
from hivemind_core.corpus.views import keep_current
from hivemind_core.errors import InputError, shorten
from hivemind_core.progress import Report, report_nothing

UNKNOWN_RESPONSE = "a response_id must belong to a response"

Clock = Callable[[], datetime]
Placed = tuple[dict[str, Any], str]


def read_clock() -> datetime:
    """Return the time now."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class About:
    """What a corpus is to say of itself; None keeps what it says."""

    name: str | None = None
    source: str | None = None
    licence: str | None = None
    note: str | None = None


NOTHING_SAID = About()


@dataclass(frozen=True, eq=False)
class BesideVectors:
    """Vectors that stood beside their responses, which have no ids yet.

    Attributes
    ----------
    encoder : str
        What made them.
    by_place : mapping of str to numpy.ndarray
        By the place of the response's record.
    """

    encoder: str
    by_place: Mapping[str, Vector]

    def name(self, responses: Sequence[Record]) -> GivenVectors:
        """Return them under the ids that their responses have now."""
        found = [record for record in responses if record.place in self.by_place]
        return GivenVectors(
            self.encoder,
            [record.values["response_id"] for record in found],
            [self.by_place[record.place] for record in found],
            [record.place for record in found],
        )


@dataclass(frozen=True)
class Given:
    """Everything that one import brings.

    Attributes
    ----------
    records : mapping of str to sequence of Record
        By table. Responses may carry their query.
    vectors : GivenVectors, optional
    about : About
    beside : BesideVectors, optional
    pairs : sequence of Record
        Rows of a file of pairs, see `pairs.PAIRS`.
    """

    records: Mapping[str, Sequence[Record]]
    vectors: GivenVectors | None = None
    about: About = NOTHING_SAID
    beside: BesideVectors | None = None
    pairs: Sequence[Record] = ()


def take(
    corpus: Corpus,
    given: Given,
    sieve: Sieve,
    *,
    report: Report = report_nothing,
    clock: Clock = read_clock,
) -> tuple[Corpus, ImportReport]:
    """Merge what is given into a corpus and write it, all or nothing.

    Parameters
    ----------
    corpus : Corpus
        Opened or new; it is written to only when something changes.
    given : Given
    sieve : Sieve
        Told of every row that cannot be taken.
    report : Report
    clock : callable
        Says when a new corpus was made.

    Raises
    ------
    InputError
        If a row refers to what is not there, or has the key of another row and other content, or
        no row is left.
    WorkError
        If the corpus cannot be written; it is then as it was.
    """
    held = {table.name: corpus.read(table) for table in TABLES}
    records, responses = _settle(held, given, sieve)
    merged = {RESPONSES.name: responses}
    for step, table in enumerate(TABLES):
        report("merging", step, len(TABLES))
        if table is RESPONSES:
            continue
        rows = records.get(table.name, ())
        if table is not QUERIES:
            rows = _check_references(table, rows, responses.rows, sieve)
        merged[table.name] = merge_rows(table, held[table.name], rows, sieve)
    report("merging", len(TABLES), len(TABLES))
    vectors = given.vectors
    if given.beside is not None:
        vectors = given.beside.name(records[RESPONSES.name])
    files, counts = _merge_vectors(corpus, vectors, responses.rows, sieve)
    if not any(len(m.rows) for m in merged.values()):
        raise InputError("a corpus needs at least one row", where=corpus.locator, found="none left")
    manifest = _describe(corpus.manifest, replace(given, vectors=vectors), clock)
    changed = {name: m.rows for name, m in merged.items() if m.count.taken or m.count.completed}
    if changed or files or manifest != corpus.manifest:
        written = write_tables(corpus, changed, manifest, files)
        corpus = keep_current(corpus, written, changed)
    counts |= {
        name: merged[name].count
        for name in records
        if records[name] or name in given.records or sieve.list_left(name)
    }
    return corpus, _report(corpus, responses.rows, counts, sieve)


def _report(
    corpus: Corpus, responses: pa.Table, counts: Mapping[str, Taken], sieve: Sieve
) -> ImportReport:
    return ImportReport(
        corpus=corpus.manifest.name,
        content_hash=corpus.manifest.content_hash,
        tables={
            name: replace(counts[name], left=sieve.list_left(name))
            for name in (*(table.name for table in TABLES), EMBEDDINGS)
            if name in counts
        },
        withheld=corpus.manifest.withheld,
        repeats=count_repeats(
            responses.select(["query_id", "model", "strategy", "text"]).to_pylist()
        ),
        unused_columns=sieve.unused,
    )


@dataclass(frozen=True)
class Merged:
    """All rows of a table after a merge, and what became of those given."""

    rows: pa.Table
    count: Taken


def _settle(
    held: Mapping[str, pa.Table], given: Given, sieve: Sieve
) -> tuple[dict[str, Sequence[Record]], Merged]:
    """Return the records with the ids of their queries and responses, and all responses.

    The responses are merged before the pairs, so that a text of a pair is none that was left.
    """
    records, (queries, responses) = given.records, (held[QUERIES.name], held[RESPONSES.name])
    listed = [name_query(record) for record in records.get(QUERIES.name, ())]
    answers = records.get(RESPONSES.name, ())
    carried = [*answers, *list_carriers(records, given.pairs)]
    finder = QueryFinder(queries.to_pylist(), listed, carried)
    listed = finder.settle(listed, QUERIES.name, sieve)
    answers = finder.settle(answers, RESPONSES.name, sieve)
    own = identify(responses.to_pylist() if answers else (), answers)
    merged = merge_rows(RESPONSES, responses, own, sieve)
    pairs = settle_pairs(records, given.pairs, finder, merged.rows, sieve)
    more = merge_rows(RESPONSES, merged.rows, pairs.made, sieve)
    asked = [*listed, *finder.derive([*answers, *pairs.asking], listed)]
    settled = {QUERIES.name: asked, RESPONSES.name: [*own, *pairs.made], **pairs.judged}
    for table in (RATINGS.name, SCORES.name):
        if table in records:
            settled[table] = name_responses(table, records[table], finder, more.rows, sieve)
    return {**records, **settled}, Merged(more.rows, merged.count + more.count)


def merge_rows(table: Table, held: pa.Table, records: Iterable[Record], sieve: Sieve) -> Merged:
    """Merge records into the rows that a table holds.

    A row of a known key must have the known content. Queries alone may add to it: a null cell
    yields to one that is not. Where bad rows are skipped, the corpus's own row stays, and of
    several given ones that which spells first: none that depends on their order.

    Returns
    -------
    Merged
        Its rows are arranged; without new ones they are those held.

    Raises
    ------
    InputError
        If two rows have one key and different content, and `sieve` refuses; names both places.
    """
    names = table.schema.names
    given: dict[tuple[Any, ...], list[Placed]] = defaultdict(list)
    for values, place in records:
        row = {name: values.get(name) for name in names}
        given[_key(table, row)].append((row, place))
    if not given:
        return Merged(held, Taken())
    known: dict[tuple[Any, ...], Placed] = {
        _key(table, row): (row, CORPUS) for row in held.to_pylist()
    }
    ordered = (row for rows in given.values() for row in _arrange(rows))
    taken = already = completed = 0
    for row, place in ordered:
        old, old_place = known.setdefault(_key(table, row), (row, place))
        if old is row:
            taken += 1
            continue
        try:
            new = old if old == row else _combine(table, (old, old_place), (row, place))
        except InputError as refusal:
            sieve.refuse(table.name, refusal)
            continue
        already += new == old
        completed += new != old
        known[_key(table, row)] = (new, old_place)
    count = Taken(taken, already, completed)
    if not taken + completed:
        return Merged(held, count)
    return Merged(build_rows(table, (row for row, _ in known.values())), count)


def _arrange(rows: list[Placed]) -> list[Placed]:
    """Return rows of one key in an order that only their content decides."""
    return sorted(rows, key=_spell) if len(rows) > 1 else rows


def _spell(placed: Placed) -> str:
    return json.dumps(placed[0], sort_keys=True)


def _key(table: Table, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in table.key)


def _combine(table: Table, old: Placed, new: Placed) -> dict[str, Any]:
    (old_row, old_place), (new_row, new_place) = old, new
    fills = table is QUERIES
    for name, cell in new_row.items():
        same = cell == old_row[name] or (fills and (cell is None or old_row[name] is None))
        if not same:
            raise InputError(
                f"rows of {table.name} with one {' and '.join(table.key)} must be the same",
                where=new_place,
                found=f"{name} {shorten(cell)}, and {shorten(old_row[name])} in {old_place}",
            )
    return {name: new_row[name] if cell is None else cell for name, cell in old_row.items()}


def _check_references(
    table: Table, records: Sequence[Record], responses: pa.Table, sieve: Sieve
) -> list[Record]:
    """Return the records that refer to responses of the corpus, with their query's id."""
    if not records:
        return []
    ids = responses["response_id"].to_pylist()
    queries = dict(zip(ids, responses["query_id"].to_pylist(), strict=True))
    sound = []
    for record in records:
        try:
            sound.append(_check_reference(table, record, queries))
        except InputError as refusal:
            sieve.refuse(table.name, refusal)
    return sound


def _check_reference(table: Table, record: Record, queries: Mapping[str, str]) -> Record:
    values, place = record
    columns = ("response_id",) if table in (RATINGS, SCORES) else ("response_a", "response_b")
    for column in columns:
        if values[column] not in queries:
            raise InputError(UNKNOWN_RESPONSE, where=place, found=f"{column} {values[column]!r}")
    if table not in (PREFERENCES, PAIR_SCORES):
        return record
    if values["response_a"] == values["response_b"]:
        raise InputError("a pair must be of two responses", where=place)
    query_ids = {queries[values[column]] for column in columns}
    if values.get("query_id") is not None:
        query_ids.add(values["query_id"])
    if len(query_ids) > 1:
        found = ", ".join(sorted(query_ids))
        raise InputError("a pair must answer one query, its own", where=place, found=found)
    return Record(values | {"query_id": query_ids.pop()}, place)


def _merge_vectors(
    corpus: Corpus, given: GivenVectors | None, responses: pa.Table, sieve: Sieve
) -> tuple[dict[str, pa.Table], dict[str, Taken]]:
    """Return the file of vectors that changes, if one does, and what became of those given."""
    if given is None:
        return {}, {}
    file = embeddings_file(given.encoder)
    held = corpus.read_file(file) if corpus.has(file) else None
    merged = merge_vectors(held, given, responses, sieve)
    count = Taken(merged.taken, merged.already_there)
    return ({file: merged.rows} if merged.taken else {}), {EMBEDDINGS: count}


def _describe(manifest: Manifest, given: Given, clock: Clock) -> Manifest:
    """Return the manifest with what the import says of the corpus."""
    about = given.about
    for option, text in asdict(about).items():
        if text is not None and (not is_sound_text(text) or (option == "name" and not text)):
            raise InputError(
                "what is said of a corpus must be text", where=option, found=repr(text)
            )
    encoders = set(manifest.encoders)
    if given.vectors is not None and given.vectors.ids:
        encoders.add(given.vectors.encoder)
    is_new = not manifest.content_hash
    created = clock().astimezone(UTC).isoformat(timespec="seconds") if is_new else manifest.created
    return replace(
        manifest,
        name=manifest.name if about.name is None else about.name,
        source=manifest.source if about.source is None else about.source,
        licence=manifest.licence if about.licence is None else about.licence,
        note=manifest.note if about.note is None else about.note,
        encoders=tuple(sorted(encoders)),
        created=created,
    )
