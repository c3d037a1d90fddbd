"""`hivemind import files`: answers from .jsonl, .csv and .parquet files."""

from dataclasses import dataclass
from pathlib import Path

from hivemind_core.corpus.given_vectors import read_given_vectors
from hivemind_core.corpus.import_report import ImportReport
from hivemind_core.corpus.merge import (
    NOTHING_SAID,
    About,
    Clock,
    Given,
    read_clock,
    take,
)
from hivemind_core.corpus.records import LAYOUTS, read_records
from hivemind_core.corpus.rows import Sieve
from hivemind_core.corpus.store import open_or_create
from hivemind_core.corpus.tables import TABLES
from hivemind_core.errors import InputError
from hivemind_core.progress import Report, report_nothing


@dataclass(frozen=True)
class Inputs:
    """The files of an import; a folder stands for the files in it.

    Attributes
    ----------
    queries, responses, ratings, preferences, scores, pair_scores : Path, optional
        .jsonl, .ndjson, .csv or .parquet.
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
    if not paths and inputs.embeddings is None:
        raise InputError("an import needs at least one file", remedy="Add --responses FILE")
    corpus = open_or_create(locator)
    sieve = Sieve(skip_bad)
    total = len(paths) + (inputs.embeddings is not None)
    records = {}
    for step, (name, path) in enumerate(paths.items()):
        report("reading files", step, total)
        records[name] = read_records(path, LAYOUTS[name], sieve)
    vectors = None
    if inputs.embeddings is not None:
        report("reading files", total - 1, total)
        vectors = read_given_vectors(inputs.embeddings, inputs.encoder, sieve)
    report("reading files", total, total)
    _, done = take(corpus, Given(records, vectors, about), sieve, report=report, clock=clock)
    return done
