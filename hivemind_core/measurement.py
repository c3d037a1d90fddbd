"""Homogeneity of a corpus: read it query by query and apply the measures.

Memory holds one query's vectors at a time, whatever the size of the corpus.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hivemind_core.corpus.embeddings import QueryResponses, check_vectors, read_by_query
from hivemind_core.corpus.identity import Source
from hivemind_core.corpus.store import Corpus
from hivemind_core.errors import InputError, shorten
from hivemind_core.measures.arrays import Floats, Integers
from hivemind_core.measures.homogeneity import (
    Sums,
    measure_floor,
    measure_inter,
    measure_intra,
    sum_by_source,
)
from hivemind_core.measures.nearest import NEIGHBOURS, count_nearest_models
from hivemind_core.measures.vendi import measure_vendi
from hivemind_core.progress import Report, report_nothing


@dataclass(frozen=True)
class Homogeneity:
    """The measures of every query of a corpus.

    Attributes
    ----------
    sources : tuple of Source, length s
        People last.
    query_ids : tuple of str, length q
        Queries with at least one measured response.
    counts : (q, s) int64
        Measured responses.
    intra, vendi : (q, s) float64
        nan where undefined.
    inter : (q, s, s) float64
        nan where undefined and on the diagonal.
    nearest : (q, 10) float64
        Models among the 5, 10, … 50 nearest.
    floor : float
    floor_pairs : int
    """

    sources: tuple[Source, ...]
    query_ids: tuple[str, ...]
    counts: Integers
    intra: Floats
    vendi: Floats
    inter: Floats
    nearest: Floats
    floor: float
    floor_pairs: int


@dataclass(frozen=True)
class _Query:
    query_id: str
    sums: Sums
    vendi: Floats
    nearest: Floats


def measure_corpus(
    corpus: Corpus, encoder: str, strategy: str | None = None, report: Report = report_nothing
) -> Homogeneity:
    """Return the homogeneity measures of every query of a corpus.

    Parameters
    ----------
    corpus : Corpus
    encoder : str
        One whose vectors the corpus holds.
    strategy : str, optional
        Only models' responses of this strategy; people are always kept.
    report : Report

    Raises
    ------
    InputError
        If there are no vectors, or no response has that strategy.
    """
    check_vectors(corpus, encoder)
    sources = choose_sources(corpus, strategy)
    return _collect(sources, list(_measure_queries(corpus, encoder, sources, report)))


def choose_sources(corpus: Corpus, strategy: str | None) -> tuple[Source, ...]:
    """Return the sources to measure: those whose writer is known, of one strategy if given.

    Raises
    ------
    InputError
        If no model of the corpus has the strategy.
    """
    known = [s for s in corpus.manifest.sources if s.is_model or s.is_human]
    if strategy is None:
        return tuple(known)
    chosen = tuple(s for s in known if s.is_human or s.strategy == strategy)
    if not any(s.is_model for s in chosen):
        names = sorted({s.strategy for s in known if s.strategy is not None})
        raise InputError(
            "the strategy must be one that the corpus has",
            found=shorten(strategy),
            remedy=f"It has: {', '.join(names) or 'none'}",
        )
    return chosen


def _measure_queries(
    corpus: Corpus, encoder: str, sources: tuple[Source, ...], report: Report
) -> Iterator[_Query]:
    writers = {(source.model, source.strategy): i for i, source in enumerate(sources)}
    total = corpus.manifest.rows.get("queries", 0)
    for done, query in enumerate(read_by_query(corpus, encoder, ("model", "strategy")), 1):
        pairs = zip(query.columns["model"], query.columns["strategy"], strict=True)
        numbers = np.array([writers.get(pair, -1) for pair in pairs], np.int64)
        if (numbers >= 0).any():
            yield _measure_query(query, numbers, sources)
        report("measure", done, max(done, total))


def _measure_query(query: QueryResponses, numbers: Integers, sources: tuple[Source, ...]) -> _Query:
    """Return the measures of one query; rows whose source number is -1 are left out."""
    rows, numbers = query.vectors[numbers >= 0], numbers[numbers >= 0]
    vendi = np.array([measure_vendi(rows[numbers == i]) for i in range(len(sources))])
    return _Query(
        query.query_id,
        sum_by_source(rows, numbers, len(sources)),
        vendi,
        _count_nearest(rows, numbers, sources),
    )


def _count_nearest(
    rows: NDArray[np.float32], numbers: Integers, sources: tuple[Source, ...]
) -> Floats:
    """Return the counts over models' responses; rows lie in the order of their ids."""
    names = sorted({str(source.model) for source in sources if source.is_model})
    model_of = np.array([names.index(str(s.model)) if s.is_model else -1 for s in sources])
    models = model_of[numbers]
    return count_nearest_models(rows[models >= 0], models[models >= 0])


def _collect(sources: tuple[Source, ...], found: list[_Query]) -> Homogeneity:
    q, s = len(found), len(sources)
    sums = [query.sums for query in found]
    floor, pairs = (float("nan"), 0)
    if found:
        totals = np.array([x.vectors.sum(axis=0) for x in sums])
        floor, pairs = measure_floor(totals, np.array([x.counts.sum() for x in sums]))
    return Homogeneity(
        sources,
        tuple(query.query_id for query in found),
        np.array([x.counts for x in sums], np.int64).reshape(q, s),
        np.array([measure_intra(x) for x in sums]).reshape(q, s),
        np.array([query.vendi for query in found]).reshape(q, s),
        np.array([measure_inter(x) for x in sums]).reshape(q, s, s),
        np.array([query.nearest for query in found]).reshape(q, len(NEIGHBOURS)),
        floor,
        pairs,
    )
