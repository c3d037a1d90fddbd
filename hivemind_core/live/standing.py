"""Where one query stands among others: how many of them have answers that are less alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from hivemind_core.corpus.embeddings import read_by_query
from hivemind_core.corpus.identity import Source
from hivemind_core.corpus.published import Published
from hivemind_core.corpus.store import Corpus
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.homogeneity import measure_intra, sum_by_source

Written = tuple[str | None, str | None]
"""Model and strategy of a source."""
FEWEST_QUERIES = 5
BINS = 10
PRECISION = 6


@dataclass(frozen=True)
class Standing:
    """The place of a value among those of other queries.

    Attributes
    ----------
    share : float
        Of the queries whose answers are less alike, in [0, 1]; of equal ones half counts. nan
        where `reason` says why.
    queries : int
        That it is held against.
    sources : tuple of str
        Names of the sources of the corpus that it is held against.
    is_same : bool
        Whether these were asked, though others may have been asked as well.
    reason : str
    """

    share: float
    queries: int
    sources: tuple[str, ...] = ()
    is_same: bool = False
    reason: str = ""


def choose_rivals(
    asked: Sequence[Source], held: Sequence[Source]
) -> tuple[tuple[Source, ...], bool]:
    """Return the sources of a corpus to hold a session against, and whether they were asked.

    Those that were asked too, where the corpus has any, be it some of them; else all that models
    wrote, under whatever strategy.
    """
    wanted = {(source.model, source.strategy) for source in asked}
    shared = tuple(one for one in held if (one.model, one.strategy) in wanted)
    return (shared, True) if shared else (tuple(one for one in held if one.is_model), False)


def measure_queries(
    corpus: Corpus, encoder: str, sources: Sequence[Source], samples: int, without: str = ""
) -> Floats:
    """Return, query by query, how far sources repeat themselves in as many answers.

    Mean over the sources of the mean cosine of each one's first answers. Fewer answers do not
    move that number on average and scatter it more, so that n must be the same.

    Parameters
    ----------
    corpus : Corpus
    encoder : str
    sources : sequence of Source
        Of the corpus.
    samples : int
        Answers of each source, at least 2.
    without : str
        A query that is left out: the one that is held against the others.

    Returns
    -------
    (q,) float64
        Queries that every source answered so often; the others are left out. Empty for no sources.

    Raises
    ------
    InputError
        If the corpus holds no vectors of the encoder.
    """
    if not sources:
        return np.empty(0)
    numbers = {(source.model, source.strategy): i for i, source in enumerate(sources)}
    found = []
    for query in read_by_query(corpus, encoder, ("model", "strategy", "sample")):
        if query.query_id == without:
            continue
        rows, own = _take_first(query.columns, numbers, samples)
        if len(rows) == samples * len(numbers):
            sums = sum_by_source(query.vectors[rows], np.array(own, np.int64), len(numbers))
            found.append(float(measure_intra(sums).mean()))
    return np.array(found, np.float64)


def _take_first(
    columns: dict[str, list[object]], numbers: dict[Written, int], samples: int
) -> tuple[list[int], list[int]]:
    """Return the rows of the first answers of every source, and the number of its source."""
    told = zip(columns["model"], columns["strategy"], columns["sample"], strict=True)
    placed = [
        (numbers[model, strategy], sample, row)  # type: ignore[index]
        for row, (model, strategy, sample) in enumerate(told)
        if (model, strategy) in numbers
    ]
    taken, counts = [], dict.fromkeys(numbers.values(), 0)
    for number, _, row in sorted(placed, key=lambda one: (one[0], str(one[1]).zfill(9), one[2])):
        if counts[number] < samples:
            counts[number] += 1
            taken.append((row, number))
    return [row for row, _ in taken], [number for _, number in taken]


def find_standing(
    value: float, values: Floats, sources: Sequence[Source], *, is_same: bool
) -> Standing:
    """Return the place of a value among those of other queries.

    Parameters
    ----------
    value : float
        Mean over sources; where these were asked, over the same ones as `values`.
    values : (q,) float64
        Compared to six digits, so that answers that are all equal tie.
    sources : sequence of Source
        That the values are of.
    is_same : bool
        Whether these were asked.

    Returns
    -------
    Standing
        Undefined under five queries, or without a value.
    """
    names = tuple(source.name for source in sources)
    if np.isnan(value):
        return Standing(nan, len(values), names, is_same, "no source has two answers yet")
    if len(values) < FEWEST_QUERIES:
        few = f"{len(values)} other queries have as many answers, and {FEWEST_QUERIES} are needed"
        return Standing(nan, len(values), names, is_same, few)
    own, others = np.round(value, PRECISION), np.round(values, PRECISION)
    below = np.mean(others < own) + np.mean(others == own) / 2
    return Standing(float(below), len(values), names, is_same)


def find_published_standing(value: float, published: Published) -> Standing:
    """Return the place of a value in the paper's figure: its queries in ten bins of similarity.

    share = queries in lower bins + the part of its own bin that lies below, averaged over the
    paper's 25 main models, as if queries lay evenly within a bin.

    Parameters
    ----------
    value : float
        Mean cosine within models.
    published : Published

    Notes
    -----
    The paper's models, samples (50) and encoder are others, and an encoder decides where cosines
    lie: this says where the number would lie in the paper's figure, and no more.
    """
    if np.isnan(value):
        return Standing(nan, 100, (), reason="no source has two answers yet")
    main = [i for i, model in enumerate(published.models) if model.is_main]
    bins = np.nanmean(published.bins[main], axis=0) / 100
    place = float(np.clip(value, 0, 1)) * BINS
    whole = min(int(place), BINS - 1)
    share = bins[:whole].sum() + bins[whole] * (place - whole)
    return Standing(float(share / bins.sum()), 100, tuple(published.models[i].name for i in main))
