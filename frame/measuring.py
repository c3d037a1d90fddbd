"""The measures of corpora, read once and kept, and their estimates on what is looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st

from frame import loading, sheets
from frame.loading import Book
from hivemind_core import estimation, tabulation
from hivemind_core.corpus.exports import Citation, cite
from hivemind_core.estimation import Bootstrap, Estimates, estimate_controls
from hivemind_core.measurement import (
    CENTRED,
    COSINE,
    LEXICAL,
    Homogeneity,
    average_vectors,
)
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.centring import centre
from hivemind_core.measures.resampling import Estimate
from hivemind_core.measures.responses import estimate_responses
from hivemind_core.models.strategies import is_chained
from hivemind_core.robustness import Robustness, compare_rankings
from hivemind_core.space.ngrams import encode_ngrams


@dataclass(frozen=True)
class Scope:
    """What is measured: which queries, by what, pooled how.

    Attributes
    ----------
    category, query : str
        Empty: all of them. A query wins over a category.
    measure : str
        One of SIMILARITIES.
    pooling : str
    """

    category: str = ""
    query: str = ""
    measure: str = COSINE
    pooling: str = "queries"

    def name(self, what: str) -> str:
        """Return what a file of some numbers of this scope is called."""
        parts = (what, self.measure, self.pooling, self.category, self.query)
        return "-".join(filter(None, parts))

    @property
    def bootstrap(self) -> Bootstrap:
        """How its queries are pooled and drawn."""
        return Bootstrap(self.pooling)


@st.cache_resource(max_entries=8, show_spinner="Reading the measures …")
def _read_homogeneity(_book: Book, key: tuple[object, ...]) -> Homogeneity | None:
    return tabulation.read_homogeneity(_book.corpus, _book.encoder)


def read_homogeneity(book: Book) -> Homogeneity | None:
    """Return the measures of every query; None where an earlier version built the views."""
    return _read_homogeneity(book, (*book.key, book.encoder))


def choose_queries(book: Book, measured: Homogeneity, scope: Scope) -> Homogeneity:
    """Return the measures of the queries of a scope."""
    if scope.query:
        return measured.choose([scope.query])
    if scope.category:
        return measured.choose(sheets.read_catalogue(book).categories.get(scope.category, ()))
    return measured


@st.cache_resource(max_entries=64, show_spinner=False)
def _estimate(_book: Book, key: tuple[object, ...], scope: Scope) -> Estimates | None:
    whole = read_homogeneity(_book)
    if whole is None:
        return None
    measured, bootstrap = choose_queries(_book, whole, scope), scope.bootstrap
    numbers = estimation.estimate(measured, bootstrap, scope.measure)
    drawn = _estimate_query(_book, measured, scope.measure) if numbers.is_single else None
    return numbers if drawn is None else replace(numbers, within=drawn[0], between=drawn[1])


def estimate(book: Book, scope: Scope) -> Estimates | None:
    """Return the numbers of a scope; None where an earlier version built the views."""
    return _estimate(book, (*book.key, book.encoder), scope)


def _estimate_query(
    book: Book, measured: Homogeneity, measure: str
) -> tuple[tuple[Estimate, ...], tuple[Estimate, ...]] | None:
    """Return estimates with intervals over the answers; None where the measure has none."""
    answers = read_answers(book, measured.query_ids[0])
    places = {source.name: i for i, source in enumerate(measured.sources)}
    cosines = compare_answers(book, answers, measure)
    if cosines is None:
        return None
    known = enumerate(answers.sources)
    # A text without words is like nothing, not even itself.
    kept = [i for i, source in known if source in places and cosines[i, i] > 0]
    numbers = np.array([places[answers.sources[i]] for i in kept], np.int64)
    chains = [i for i, source in enumerate(measured.sources) if is_chained(source.strategy)]
    return estimate_responses(cosines[np.ix_(kept, kept)], numbers, len(places), chains=chains)


def compare_answers(book: Book, answers: "Answers", measure: str) -> Floats | None:
    """Return the similarity of all pairs of answers; None for what has no pairs of its own."""
    if measure == LEXICAL:
        words = encode_ngrams(answers.texts)
        return np.asarray((words @ words.T).toarray(), np.float64)
    rows = answers.vectors
    if measure == CENTRED:
        mean = _average(book, (*book.key, book.encoder))
        if mean is None:
            return None
        rows = centre(rows, mean)
    return np.asarray(rows @ rows.T, np.float64) if measure in (COSINE, CENTRED) else None


@st.cache_resource(max_entries=4, show_spinner="Reading the mean of the corpus …")
def _average(_book: Book, key: tuple[object, ...]) -> Floats | None:
    return average_vectors(_book.corpus, _book.encoder)


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers to one query that have a vector, in the order of their ids.

    Attributes
    ----------
    ids, sources, texts : tuple of str, length n
    vectors : (n, d) float32
    """

    ids: tuple[str, ...]
    sources: tuple[str, ...]
    texts: tuple[str, ...]
    vectors: Any


@st.cache_resource(max_entries=8, show_spinner=False)
def _read_answers(_book: Book, key: tuple[object, ...], query_id: str) -> Answers:
    places, vectors = loading.read_unit_vectors(_book, (query_id,))
    rows = loading.read_responses(_book, (query_id,)).to_pylist()
    told = sorted((row for row in rows if row["response_id"] in places), key=_by_id)
    find = _book.manifest.find_source
    return Answers(
        tuple(row["response_id"] for row in told),
        tuple(find(row["model"], row["strategy"]).name for row in told),
        tuple(row["text"] or "" for row in told),
        vectors[[places[row["response_id"]] for row in told]],
    )


def _by_id(row: Mapping[str, Any]) -> str:
    return str(row["response_id"])


def read_answers(book: Book, query_id: str) -> Answers:
    """Return the answers to one query that have a vector."""
    return _read_answers(book, (*book.key, book.encoder), query_id)


@st.cache_resource(max_entries=32, show_spinner=False)
def _tabulate(_book: Book, key: tuple[object, ...], scope: Scope) -> dict[str, Sequence[Estimate]]:
    whole = read_homogeneity(_book)
    if whole is None:
        return {}
    return dict(estimate_controls(choose_queries(_book, whole, scope), scope.bootstrap))


def estimate_all(book: Book, scope: Scope) -> dict[str, Sequence[Estimate]]:
    """Return the estimate of every source under every measure, by measure."""
    return _tabulate(book, (*book.key, book.encoder), scope)


def cite_scope(book: Book, scope: Scope, measured: Homogeneity) -> Citation:
    """Return what some numbers are of: the corpus, the queries, the measure, the pooling."""
    return cite(book.manifest, book.encoder) | {
        "category": scope.category,
        "query": scope.query and sheets.read_catalogue(book).queries[scope.query],
        "queries": str(len(measured.query_ids)),
        "measure": scope.measure,
        "pooling": scope.pooling,
        "same_from_cosine": str(measured.threshold),
        "distinct_among": str(measured.k),
    }


@st.cache_resource(max_entries=16, show_spinner="Ranking under every control …")
def _rank(_books: Sequence[Book], key: tuple[object, ...], scope: Scope) -> Robustness:
    measured = {}
    for book in _books:
        found = read_homogeneity(book)
        if found is not None:
            measured[book.encoder] = choose_queries(book, found, scope)
    return compare_rankings(measured, scope.bootstrap)


def rank_everywhere(books: Sequence[Book], scope: Scope) -> Robustness:
    """Return the ranking of models under every measure, and every encoder that was built."""
    key = tuple((*book.key, book.encoder) for book in books)
    return _rank(books, key, scope)
