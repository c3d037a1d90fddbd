"""`hivemind import files`: answers from .jsonl, .csv and .parquet files."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hivemind_core.corpus.given_vectors import read_given_vectors
from hivemind_core.corpus.import_report import ImportReport
from hivemind_core.corpus.merge import (
    NOTHING_SAID,
    About,
    BesideVectors,
    Clock,
    Given,
    read_clock,
    take,
)
from hivemind_core.corpus.named_texts import allow_text
from hivemind_core.corpus.pairs import PAIRS, allow_texts
from hivemind_core.corpus.records import (
    BESIDE,
    LAYOUTS,
    Layout,
    Record,
    allow_vectors,
    list_names,
    read_records,
)
from hivemind_core.corpus.rows import Sieve
from hivemind_core.corpus.store import open_or_create
from hivemind_core.corpus.tables import PAIR_SCORES, PREFERENCES, RATINGS, RESPONSES, SCORES, TABLES
from hivemind_core.errors import InputError
from hivemind_core.progress import Report, report_nothing


@dataclass(frozen=True)
class Inputs:
    """The files of an import; a folder stands for the files in it.

    Attributes
    ----------
    queries, responses, ratings, preferences, scores, pair_scores : Path, optional
        .jsonl, .ndjson, .csv or .parquet.
    pairs : Path, optional
        Pairs of responses by their texts, see `pairs.PAIRS`.
    embeddings : Path, optional
        .parquet or .jsonl with response_id and vector.
    encoder : str
        What made the embeddings.
    """

    queries: Path | None = None
    responses: Path | None = None
    ratings: Path | None = None
    preferences: Path | None = None
    scores: Path | None = None
    pair_scores: Path | None = None
    pairs: Path | None = None
    embeddings: Path | None = None
    encoder: str = ""

    def list_tables(self) -> dict[str, Path]:
        """Return the file of each table that has one."""
        paths = {table.name: getattr(self, table.name) for table in TABLES}
        return {name: path for name, path in paths.items() if path is not None}


def import_files(
    locator: str,
    inputs: Inputs,
    *,
    about: About = NOTHING_SAID,
    skip_bad: bool = False,
    report: Report = report_nothing,
    clock: Clock = read_clock,
) -> ImportReport:
    """Merge files into a corpus, new or old, all or nothing.

    Parameters
    ----------
    locator : str
        Local path or fsspec URL of the corpus.
    inputs : Inputs
    about : About
        What the corpus is to say of itself.
    skip_bad : bool
        Whether to leave bad rows, and report them, instead of refusing the import.
    report : Report
    clock : callable
        Says when a new corpus was made.

    Raises
    ------
    InputError
        If a file or row cannot be taken; names file, row and rule.
    CorpusError
        If the corpus that is there is damaged or of a newer schema.
    WorkError
        If the corpus cannot be written. In all three cases it is as it was.
    """
    paths = inputs.list_tables()
    if not paths and inputs.embeddings is None and inputs.pairs is None:
        raise InputError("an import needs at least one file", remedy="Add --responses FILE")
    corpus = open_or_create(locator)
    sieve = Sieve(skip_bad)
    layouts = choose_layouts(has_vectors=bool(inputs.encoder) and inputs.embeddings is None)
    total = len(paths) + (inputs.embeddings is not None)
    records: dict[str, Sequence[Record]] = {}
    for step, (name, path) in enumerate(paths.items()):
        report("reading files", step, total)
        records[name] = read_records(path, layouts[name], sieve)
    beside = _take_beside(records.get(RESPONSES.name, ()), inputs.encoder)
    vectors = None
    if inputs.embeddings is not None:
        report("reading files", total - 1, total)
        vectors = read_given_vectors(inputs.embeddings, inputs.encoder, sieve)
    report("reading files", total, total)
    pairs = read_records(inputs.pairs, PAIRS, sieve) if inputs.pairs is not None else []
    given = Given(records, vectors, about, beside, pairs)
    _, done = take(corpus, given, sieve, report=report, clock=clock)
    return replace(done, notes=_tell(sieve))


def choose_layouts(*, has_vectors: bool) -> dict[str, Layout]:
    """Return what is looked for in the files of each table.

    Parameters
    ----------
    has_vectors : bool
        Whether vectors beside responses are taken.
    """
    layouts = dict(LAYOUTS)
    for name in (PREFERENCES.name, PAIR_SCORES.name):
        layouts[name] = allow_texts(layouts[name])
    for name in (RATINGS.name, SCORES.name):
        layouts[name] = allow_text(layouts[name])
    if has_vectors:
        layouts[RESPONSES.name] = allow_vectors(layouts[RESPONSES.name])
    return layouts


def _take_beside(responses: Sequence[Record], encoder: str) -> BesideVectors | None:
    """Take the vectors out of the records that they stand in."""
    found = {
        record.place: vector
        for record in responses
        if (vector := record.values.pop(BESIDE.name, None)) is not None
    }
    return BesideVectors(encoder, found) if found else None


def _tell(sieve: Sieve) -> tuple[str, ...]:
    """Return what to say of vectors that were left because nobody said what made them."""
    names = tuple(f"{name} of " for name in list_names(BESIDE))
    if any(unused.startswith(names) for unused in sieve.unused):
        return ("vectors beside answers were left: --encoder NAME says what made them",)
    return ()
