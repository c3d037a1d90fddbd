"""Homogeneity of a corpus: read it query by query and apply the measures.

Memory holds the vectors of a few queries at a time, whatever the size of the corpus.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan

import numpy as np
from numpy.typing import NDArray

from hivemind_core.corpus.calibration import read_calibration
from hivemind_core.corpus.embeddings import (
    QueryResponses,
    check_vectors,
    read_by_query,
    sum_vectors,
)
from hivemind_core.corpus.identity import Source
from hivemind_core.corpus.store import Corpus
from hivemind_core.errors import InputError, shorten
from hivemind_core.measures import centring
from hivemind_core.measures.arrays import Floats, Integers
from hivemind_core.measures.distinct import choose_k, count_distinct
from hivemind_core.measures.homogeneity import (
    Floor,
    FloorSums,
    Sums,
    measure_floor,
    measure_inter,
    measure_intra,
    sum_by_source,
    sum_sparse_by_source,
)
from hivemind_core.measures.lengths import STRATA, match_inter, match_intra, stratify
from hivemind_core.measures.nearest import NEIGHBOURS, count_nearest_models
from hivemind_core.measures.vendi import measure_vendi
from hivemind_core.progress import Report, report_nothing
from hivemind_core.space.groups import cut, link
from hivemind_core.space.linking import COSINE as BY_COSINE
from hivemind_core.space.linking import find_default
from hivemind_core.space.ngrams import encode_ngrams

COSINE, CENTRED, LENGTH_MATCHED, LEXICAL = "cosine", "centred", "length_matched", "lexical"
SIMILARITIES = (COSINE, CENTRED, LENGTH_MATCHED, LEXICAL)
"""Measures of likeness, within a source and between two: the higher, the more homogeneous."""
VENDI, DISTINCT = "vendi", "distinct"
DIVERSITIES = (VENDI, DISTINCT)
"""Measures of how many different answers a source gives: the higher, the less homogeneous."""


@dataclass(frozen=True, eq=False)
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
    within : mapping of str to (q, s) float64
        By measure, one of SIMILARITIES or DIVERSITIES; nan where undefined.
    between : mapping of str to (q, p) float64
        By measure, one of SIMILARITIES; a column for each two sources, in the order of `pairs`.
    nearest : (q, 10) float64
        Models among the 5, 10, … 50 nearest.
    floors : mapping of str to Floor
        By measure, one of SIMILARITIES. Length-matched has that of the cosine: answers to
        different queries share no strata.
    k : int
        Answers among which different ones are counted; 0 where no source repeats itself.
    threshold : float
        Cosine from which on two answers of a source count as the same.
    """

    sources: tuple[Source, ...]
    query_ids: tuple[str, ...]
    counts: Integers
    within: Mapping[str, Floats]
    between: Mapping[str, Floats]
    nearest: Floats
    floors: Mapping[str, Floor]
    k: int
    threshold: float

    @property
    def pairs(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The two sources, i < j, of each column of `between`."""
        first, second = np.triu_indices(len(self.sources), 1)
        return first, second

    @property
    def models(self) -> list[int]:
        """Places of the sources that are models."""
        return [i for i, source in enumerate(self.sources) if source.is_model]

    @property
    def people(self) -> list[int]:
        """Places of the sources that are people."""
        return [i for i, source in enumerate(self.sources) if source.is_human]

    def choose(self, query_ids: Collection[str]) -> "Homogeneity":
        """Return the measures of some queries; floors and k stay those of the whole corpus."""
        wanted = set(query_ids)
        rows = np.array([one in wanted for one in self.query_ids], bool)
        return replace(
            self,
            query_ids=tuple(one for one in self.query_ids if one in wanted),
            counts=self.counts[rows],
            within={name: values[rows] for name, values in self.within.items()},
            between={name: values[rows] for name, values in self.between.items()},
            nearest=self.nearest[rows],
        )


@dataclass(frozen=True, eq=False)
class _Query:
    """What is kept of one query: `groups` are those of the answers of each source."""

    query_id: str
    counts: Integers
    within: dict[str, Floats]
    between: dict[str, Floats]
    nearest: Floats
    groups: list[NDArray[np.int32]]
    sums: dict[str, Sums]


@dataclass(frozen=True, eq=False)
class _Ruler:
    """What one query is measured with: the corpus's mean row, None under ten queries."""

    sources: tuple[Source, ...]
    mean: Floats | None
    threshold: float


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
    ruler = _Ruler(sources, average_vectors(corpus, encoder), find_threshold(encoder))
    floors: dict[str, FloorSums] = {}
    found = []
    for query in _measure_queries(corpus, encoder, ruler, report):
        for name, sums in query.sums.items():
            floors[name] = floors.get(name, FloorSums(np.zeros_like(sums.total))).add(sums)
        found.append(replace(query, sums={}))
    return _collect(ruler, found, {name: measure_floor(sums) for name, sums in floors.items()})


def find_threshold(encoder: str) -> float:
    """Return the cosine from which on two answers of a source count as the same."""
    return find_default(BY_COSINE, read_calibration(encoder))


def average_vectors(corpus: Corpus, encoder: str) -> Floats | None:
    """Return the mean unit row of a corpus; None under ten queries with vectors.

    Raises
    ------
    InputError
        If there are no vectors.
    """
    total, n, queries = sum_vectors(corpus, encoder)
    return total / n if queries >= centring.FEWEST_QUERIES else None


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
    corpus: Corpus, encoder: str, ruler: _Ruler, report: Report
) -> Iterator[_Query]:
    writers = {(source.model, source.strategy): i for i, source in enumerate(ruler.sources)}
    total = corpus.manifest.rows.get("queries", 0)
    for done, query in enumerate(read_by_query(corpus, encoder, ("model", "strategy", "text")), 1):
        pairs = zip(query.columns["model"], query.columns["strategy"], strict=True)
        numbers = np.array([writers.get(pair, -1) for pair in pairs], np.int64)
        if (numbers >= 0).any():
            yield _measure_query(query, numbers, ruler)
        report("measure", done, max(done, total))


def _measure_query(query: QueryResponses, numbers: Integers, ruler: _Ruler) -> _Query:
    """Return the measures of one query; rows whose source number is -1 are left out."""
    kept = np.flatnonzero(numbers >= 0)
    is_all = len(kept) == len(numbers)
    rows, numbers = query.vectors if is_all else query.vectors[kept], numbers[kept]
    texts = [query.columns["text"][i] for i in kept]
    sums = _sum_rows(rows, numbers, ruler) | {LEXICAL: _sum_words(texts, numbers, ruler)}
    matched = _sum_strata(rows, texts, numbers, len(ruler.sources))
    by_source = [rows[numbers == i] for i in range(len(ruler.sources))]
    within = {name: measure_intra(part) for name, part in sums.items()}
    within[LENGTH_MATCHED] = match_intra(matched)
    within[VENDI] = np.array([measure_vendi(own) if len(own) > 1 else nan for own in by_source])
    upper = np.triu_indices(len(ruler.sources), 1)
    between = {name: measure_inter(part)[upper] for name, part in sums.items()}
    between[LENGTH_MATCHED] = match_inter(matched)[upper]
    return _Query(
        query.query_id,
        sums[COSINE].counts,
        within,
        between,
        _count_nearest(rows, numbers, ruler.sources),
        [group_rows(own, ruler.threshold) for own in by_source],
        sums,
    )


def _sum_rows(rows: NDArray[np.float32], numbers: Integers, ruler: _Ruler) -> dict[str, Sums]:
    count = len(ruler.sources)
    sums = {COSINE: sum_by_source(rows, numbers, count)}
    if ruler.mean is not None:
        centred = centring.centre(rows, ruler.mean)
        told = np.flatnonzero(centred.any(axis=1))  # what equals the mean has no direction
        centred = centred if len(told) == len(centred) else centred[told]
        sums[CENTRED] = sum_by_source(centred, numbers[told], count)
    return sums


def _sum_words(texts: Sequence[str | None], numbers: Integers, ruler: _Ruler) -> Sums:
    """Return the sums of wordings; a text that is withheld, or has no words, has none."""
    words = encode_ngrams([text or "" for text in texts])
    told = np.flatnonzero(np.diff(words.indptr))
    return sum_sparse_by_source(words[told], numbers[told], len(ruler.sources))


def _sum_strata(
    rows: NDArray[np.float32], texts: Sequence[str | None], numbers: Integers, count: int
) -> Sums:
    """Return the sums by source and length; a text that is withheld has no length."""
    told = np.array([i for i, text in enumerate(texts) if text is not None], np.int64)
    strata = stratify(np.array([len(texts[i] or "") for i in told.tolist()], np.int64))
    rows = rows if len(told) == len(rows) else rows[told]
    return sum_by_source(rows, numbers[told] * STRATA + strata, count * STRATA)


def group_rows(rows: NDArray[np.float32], threshold: float) -> NDArray[np.int32]:
    """Return the near-identical group of each answer of one source to one query.

    Complete linkage of the source's own answers: what others wrote moves no group.
    """
    if len(rows) == 0:
        return np.zeros(0, np.int32)
    return cut(link(np.clip(rows @ rows.T, -1, 1)), threshold).labels


def _count_nearest(
    rows: NDArray[np.float32], numbers: Integers, sources: tuple[Source, ...]
) -> Floats:
    """Return the counts over models' responses; rows lie in the order of their ids."""
    names = sorted({str(source.model) for source in sources if source.is_model})
    model_of = np.array([names.index(str(s.model)) if s.is_model else -1 for s in sources])
    models = model_of[numbers]
    if (models >= 0).all():
        return count_nearest_models(rows, models)
    return count_nearest_models(rows[models >= 0], models[models >= 0])


def _collect(ruler: _Ruler, found: list[_Query], floors: dict[str, Floor]) -> Homogeneity:
    q, s = len(found), len(ruler.sources)
    counts = np.array([query.counts for query in found], np.int64).reshape(q, s)
    k = choose_k(counts)
    distinct = [[count_distinct(own, k) for own in query.groups] for query in found]
    within = {
        name: _stack([query.within.get(name) for query in found], s)
        for name in (*SIMILARITIES, VENDI)
    }
    undefined = Floor(float("nan"), 0)
    floors[LENGTH_MATCHED] = floors.get(COSINE, undefined)
    return Homogeneity(
        ruler.sources,
        tuple(query.query_id for query in found),
        counts,
        within | {DISTINCT: np.array(distinct, np.float64).reshape(q, s)},
        {
            name: _stack([query.between.get(name) for query in found], s * (s - 1) // 2)
            for name in SIMILARITIES
        },
        np.array([query.nearest for query in found]).reshape(q, len(NEIGHBOURS)),
        {name: floors.get(name, undefined) for name in SIMILARITIES},
        k,
        ruler.threshold,
    )


def _stack(rows: Sequence[Floats | None], width: int) -> Floats:
    """Return one row a query; nan where the measure is undefined for the corpus."""
    missing = np.full(width, np.nan)
    return np.array([missing if row is None else row for row in rows]).reshape(len(rows), width)
