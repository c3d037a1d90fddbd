"""Corpora and their tables, read once and kept for every visitor.

Keys hold the locator and the modification time of corpus.json, which every write renews; what
they keep is read-only.
"""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st
from numpy.typing import NDArray

from hivemind_core.build import choose_encoder
from hivemind_core.corpus import catalogue, views
from hivemind_core.corpus.calibration import Calibration, read_calibration
from hivemind_core.corpus.embeddings import read_vectors
from hivemind_core.corpus.locations import list_corpora
from hivemind_core.corpus.manifest import FILE, Manifest
from hivemind_core.corpus.store import Corpus, open_corpus, views_file
from hivemind_core.corpus.tables import QUERIES, RESPONSES, SCORES
from hivemind_core.errors import CorpusError


@dataclass(frozen=True)
class Shelved:
    """A corpus in the picker.

    Attributes
    ----------
    name : str
        Unlike any other in the picker.
    locator : str
    stamp : int
        Modification time of its corpus.json in nanoseconds; 0 for URLs, which stay as first read.
    corpus : Corpus or None
        None where it cannot be opened.
    fault : str
        Why it cannot.
    """

    name: str
    locator: str
    stamp: int
    corpus: Corpus | None
    fault: str = ""


@dataclass(frozen=True)
class Book:
    """A corpus that is open, with the encoder whose views are shown."""

    corpus: Corpus
    stamp: int
    encoder: str

    @property
    def manifest(self) -> Manifest:
        """What the corpus says of itself."""
        return self.corpus.manifest

    @property
    def key(self) -> tuple[str, int, str]:
        """What tells it from other corpora and from its own earlier states."""
        return self.corpus.locator, self.stamp, self.manifest.content_hash

    @property
    def build_command(self) -> str:
        """The command that builds what is shown, as it is typed."""
        command = ["hivemind", "build", self.corpus.locator]
        if self.encoder and self.encoder != choose_encoder(self.manifest, None):
            command += ["--encoder", self.encoder]
        return shlex.join(command)


@dataclass(frozen=True)
class Scorer:
    """What scored answers, and by which criterion, if any."""

    name: str
    criterion: str | None

    @property
    def title(self) -> str:
        """What it is called in a list."""
        return self.name if self.criterion is None else f"{self.name} · {self.criterion}"


def list_shelf(environment: Mapping[str, str] = os.environ) -> list[Shelved]:
    """Return the corpora to choose from: the one given on the command line, then those found."""
    found = [str(path.resolve()) for path in list_corpora(environment)]
    given = environment.get("HIVEMIND_CORPUS", "")
    if given and "://" not in given:
        given = str(Path(given).resolve())
    locators = dict.fromkeys([given, *found] if given else found)
    shelf: list[Shelved] = []
    for locator in locators:
        taken = {shelved.name for shelved in shelf}
        shelf.append(_shelve(locator, taken))
    return shelf


def _shelve(locator: str, taken: set[str]) -> Shelved:
    stamp, folder = read_stamp(locator), locator.rstrip("/").rsplit("/", 1)[-1]
    try:
        corpus = _open(locator, stamp)
    except CorpusError as error:
        return Shelved(_avoid(folder, folder, taken), locator, stamp, None, str(error))
    return Shelved(_avoid(corpus.manifest.name or folder, folder, taken), locator, stamp, corpus)


def _avoid(name: str, folder: str, taken: set[str]) -> str:
    """Return a name that is not taken: with the folder, then with a number."""
    candidates = (name, f"{name} ({folder})", *(f"{name} ({i})" for i in range(2, 1000)))
    return next(candidate for candidate in candidates if candidate not in taken)


def read_stamp(locator: str) -> int:
    """Return when a local corpus was last written, in nanoseconds; 0 where that is unknown."""
    try:
        return (Path(locator) / FILE).stat().st_mtime_ns
    except OSError:
        return 0


@st.cache_resource(max_entries=64, show_spinner=False)
def _open(locator: str, stamp: int) -> Corpus:
    return open_corpus(locator)


@st.cache_resource(max_entries=64, show_spinner=False)
def list_built(_corpus: Corpus, locator: str, stamp: int) -> tuple[str, ...]:
    """Return the encoders of a corpus whose views are all there."""
    return views.list_built(_corpus)


@st.cache_resource(max_entries=16, show_spinner=False)
def _read_whole(_corpus: Corpus, key: tuple[str, int, str], file: str) -> pa.Table:
    return _corpus.read_file(file)


@st.cache_resource(max_entries=128, show_spinner=False)
def _read_part(
    _corpus: Corpus,
    key: tuple[str, int, str],
    file: str,
    column: str,
    values: tuple[str, ...],
) -> pa.Table:
    return _corpus.read_where(file, (column, values))


@st.cache_resource(max_entries=32, show_spinner=False)
def _read_json(_corpus: Corpus, key: tuple[str, int, str], file: str) -> Any:  # noqa: ANN401
    return views.read_json(_corpus, file)


@st.cache_resource(max_entries=16, show_spinner=False)
def _read_queries(_corpus: Corpus, key: tuple[str, int, str]) -> pa.Table:
    return _corpus.read(QUERIES)


def read_queries(book: Book) -> pa.Table:
    """Return all queries of the corpus."""
    return _read_queries(book.corpus, book.key)


def read_view(book: Book, name: str) -> pa.Table:
    """Return a whole view table."""
    return _read_whole(book.corpus, book.key, views_file(book.encoder, name))


def read_view_part(book: Book, name: str, column: str, values: tuple[str, ...]) -> pa.Table:
    """Return the rows of a view table that belong to some queries or categories."""
    return _read_part(book.corpus, book.key, views_file(book.encoder, name), column, values)


def has_view(book: Book, name: str) -> bool:
    """Whether a view table was built."""
    return book.corpus.has(views_file(book.encoder, name))


def read_summary(book: Book) -> dict[str, Any]:
    """Return the measures of the corpus: the object that `hivemind measure --json` prints."""
    summary: dict[str, Any] = _read_json(
        book.corpus, book.key, views_file(book.encoder, "summary.json")
    )
    return summary


@st.cache_resource(max_entries=16, show_spinner=False)
def _count_answers(_corpus: Corpus, key: tuple[str, int, str]) -> dict[str, int]:
    return catalogue.count_by_source(_corpus)


def count_answers(book: Book) -> dict[str, int]:
    """Return the answers by source."""
    return _count_answers(book.corpus, book.key)


@st.cache_resource(max_entries=16, show_spinner=False)
def _count_by_query(_corpus: Corpus, key: tuple[str, int, str]) -> dict[str, int]:
    return catalogue.count_by_query(_corpus)


def count_by_query(book: Book) -> dict[str, int]:
    """Return the responses of every query that has any, mapped or not."""
    return _count_by_query(book.corpus, book.key)


@st.cache_resource(max_entries=16, show_spinner=False)
def _count_texts(_corpus: Corpus, key: tuple[str, int, str]) -> dict[str, int]:
    rows = _corpus.read(RESPONSES, columns=["query_id", "text"])
    texts = pc.utf8_trim_whitespace(rows["text"])
    told = rows.filter(pc.not_equal(texts, "").fill_null(False))
    counted = pc.value_counts(told["query_id"])
    return {row["values"]: row["counts"] for row in counted.to_pylist()}


def count_texts(book: Book) -> dict[str, int]:
    """Return the responses with a text, which a map can place, of every query that has any."""
    return _count_texts(book.corpus, book.key)


@st.cache_resource(max_entries=8, show_spinner=False)
def _read_answer_ids(_corpus: Corpus, key: tuple[str, int, str]) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = _corpus.read(
        RESPONSES, columns=["response_id", "query_id"]
    ).to_pydict()
    return columns


def read_answer_ids(book: Book) -> dict[str, list[str]]:
    """Return the ids of all responses and of the queries they answer, as two columns."""
    return _read_answer_ids(book.corpus, book.key)


def has_grown(book: Book) -> bool:
    """Whether the corpus holds other answers than those that its views were built from."""
    return views.has_grown(book.corpus, book.encoder)


def count_unbuilt(book: Book) -> int:
    """Return the answers with a text that have come since the views were built."""
    return max(sum(count_texts(book).values()) - len(read_view(book, "maps.parquet")), 0)


def read_responses(book: Book, query_ids: tuple[str, ...]) -> pa.Table:
    """Return the answers to some queries, with their texts and settings."""
    return _read_part(book.corpus, book.key, RESPONSES.file, "query_id", query_ids)


@st.cache_resource(max_entries=8, show_spinner=False)
def _read_vectors(
    _book: Book, key: tuple[object, ...], query_ids: tuple[str, ...]
) -> tuple[dict[str, int], NDArray[np.float32]]:
    vectors = read_vectors(_book.corpus, _book.encoder, query_ids)
    return {one: row for row, one in enumerate(vectors.response_ids)}, vectors.matrix


def read_unit_vectors(
    book: Book, query_ids: tuple[str, ...]
) -> tuple[dict[str, int], NDArray[np.float32]]:
    """Return the row of each answer to some queries, by response id, and their unit vectors."""
    return _read_vectors(book, (*book.key, book.encoder), query_ids)


@st.cache_resource(max_entries=16, show_spinner=False)
def _list_scorers(_corpus: Corpus, key: tuple[str, int, str]) -> tuple[Scorer, ...]:
    rows = _corpus.read(SCORES, columns=["scorer", "criterion"])
    pairs = rows.group_by(["scorer", "criterion"]).aggregate([]).to_pylist()
    found = {Scorer(row["scorer"], row["criterion"]) for row in pairs}
    return tuple(sorted(found, key=lambda scorer: (scorer.name, scorer.criterion or "")))


def list_scorers(book: Book) -> tuple[Scorer, ...]:
    """Return what scored the answers of a corpus, by name."""
    return _list_scorers(book.corpus, book.key)


@st.cache_resource(max_entries=8, show_spinner=False)
def _read_scores(
    _corpus: Corpus, key: tuple[str, int, str], name: str, criterion: str | None
) -> dict[str, float]:
    rows = _corpus.read_where(SCORES.file, ("scorer", (name,)))
    asked = pc.is_null(rows["criterion"]) if criterion is None else None
    rows = rows.filter(pc.equal(rows["criterion"], criterion) if asked is None else asked)
    return dict(zip(rows["response_id"].to_pylist(), rows["score"].to_pylist(), strict=True))


def read_scores(book: Book, scorer: Scorer) -> dict[str, float]:
    """Return the scores of one scorer, by response id."""
    return _read_scores(book.corpus, book.key, scorer.name, scorer.criterion)


def find_calibration(book: Book) -> Calibration | None:
    """Return what people call the same under the encoder that is shown."""
    return _find_calibration(book.encoder)


@st.cache_resource(max_entries=16, ttl=60, show_spinner=False)  # a user may make it meanwhile
def _find_calibration(encoder: str) -> Calibration | None:
    return read_calibration(encoder)
