"""From the measures of queries to estimates for a corpus: means with their intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np

from hivemind_core.errors import InputError, shorten
from hivemind_core.measurement import (
    CENTRED,
    COSINE,
    DISTINCT,
    DIVERSITIES,
    LENGTH_MATCHED,
    SIMILARITIES,
    Homogeneity,
)
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.centring import ALMOST_NONE
from hivemind_core.measures.nearest import expect_models
from hivemind_core.measures.resampling import (
    DRAWS,
    Estimate,
    average,
    draw_weights,
    estimate_columns,
    make_estimate,
    resample,
)

POOLINGS = ("queries", "pairs")


@dataclass(frozen=True)
class Bootstrap:
    """How queries are pooled and resampled.

    Attributes
    ----------
    pooling : {"queries", "pairs"}
        "queries": each query counts once. "pairs": all pairs of all queries are pooled and each
        counts once, as the paper does. Equal on a complete grid.
    draws, seed : int
    """

    pooling: str = "queries"
    draws: int = DRAWS
    seed: int = 0

    def draw(self, queries: int) -> list[Floats]:
        """Return how often each draw takes each query: for one number of queries, the same."""
        return list(draw_weights(queries, self.draws, np.random.default_rng(self.seed)))


def check_pooling(pooling: str) -> None:
    """Raise an InputError unless the pooling is one of POOLINGS."""
    if pooling not in POOLINGS:
        raise InputError(f"pooling is one of {', '.join(POOLINGS)}", found=shorten(pooling))


def estimate_within(
    measured: Homogeneity, bootstrap: Bootstrap, measure: str = COSINE
) -> tuple[Estimate, ...]:
    """Return the estimate of each source: how far it repeats itself.

    Parameters
    ----------
    measured : Homogeneity
    bootstrap : Bootstrap
    measure : str
        One of SIMILARITIES or DIVERSITIES.

    Returns
    -------
    tuple of Estimate, length s
    """
    n = measured.counts.astype(np.float64)
    weights = _weigh(n * (n - 1) / 2, bootstrap)
    return estimate_columns(
        measured.within[measure], weights, bootstrap.draw(len(measured.query_ids))
    )


def draw_within(measured: Homogeneity, bootstrap: Bootstrap, measure: str = COSINE) -> Floats:
    """Return the mean of each source in every draw, the observed one first, (draws + 1, s)."""
    n = measured.counts.astype(np.float64)
    return np.concatenate(
        resample(
            measured.within[measure], _weigh(n * (n - 1) / 2, bootstrap), _draw(measured, bootstrap)
        )
    )


def _draw(measured: Homogeneity, bootstrap: Bootstrap) -> list[Floats]:
    """Return the draws, with every query once in front."""
    q = len(measured.query_ids)
    return [np.ones((1, q)), *bootstrap.draw(q)]


def estimate_between(
    measured: Homogeneity, bootstrap: Bootstrap, measure: str = COSINE
) -> tuple[Estimate, ...]:
    """Return the estimate of each two sources, in the order of `measured.pairs`."""
    weights = _weigh(_count_pairs(measured), bootstrap)
    return estimate_columns(
        measured.between[measure], weights, bootstrap.draw(len(measured.query_ids))
    )


def arrange_matrix(values: Sequence[float] | Floats, size: int) -> Floats:
    """Return the symmetric (size, size) matrix of a value for each pair; nan on the diagonal."""
    matrix = np.full((size, size), np.nan)
    first, second = np.triu_indices(size, 1)
    matrix[first, second] = matrix[second, first] = values
    return matrix


@dataclass(frozen=True)
class Gap:
    """How far answers by one model are more alike than answers by different models.

    Attributes
    ----------
    within, between, gap : Estimate
        Means over models, over pairs of models, and their difference within each draw.
    """

    within: Estimate
    between: Estimate
    gap: Estimate


def estimate_gap(measured: Homogeneity, bootstrap: Bootstrap, measure: str = COSINE) -> Gap:
    """Return repetition within models, similarity between them, and the gap.

    Each model counts once within, whatever its strategies; two strategies of one model do not
    count as two models between.
    """
    within = _average_models(measured, bootstrap, measure)
    between = _average_pairs(measured, bootstrap, measure)
    held = [
        (~np.isnan(values)).any(axis=1)
        for values in (
            measured.within[measure][:, measured.models],
            measured.between[measure][:, find_model_pairs(measured)],
        )
    ]
    return Gap(
        _split(within, int(held[0].sum())),
        _split(between, int(held[1].sum())),
        _split(within - between, int((held[0] & held[1]).sum())),
    )


def find_model_pairs(measured: Homogeneity) -> list[int]:
    """Return the columns of `between` that hold two different models."""
    models = [source.model if source.is_model else None for source in measured.sources]
    first, second = measured.pairs
    named = ((models[i], models[j]) for i, j in zip(first, second, strict=True))
    return [n for n, (a, b) in enumerate(named) if a is not None and b is not None and a != b]


def _average_models(measured: Homogeneity, bootstrap: Bootstrap, measure: str) -> Floats:
    """Return the mean over models of every draw, the observed one first."""
    means = draw_within(measured, bootstrap, measure)
    by_model: dict[str | None, list[int]] = {}
    for i in measured.models:
        by_model.setdefault(measured.sources[i].model, []).append(i)
    columns = [average_defined(means[:, places]) for places in by_model.values()]
    return average_defined(np.array(columns).T) if columns else np.full(len(means), np.nan)


def _average_pairs(measured: Homogeneity, bootstrap: Bootstrap, measure: str) -> Floats:
    """Return the mean over pairs of models of every draw, the observed one first.

    By queries: the mean of the pairs' own means. By pairs: every pair of responses counts once.
    """
    columns, drawn = find_model_pairs(measured), _draw(measured, bootstrap)
    values = measured.between[measure][:, columns]
    weights = _weigh(_count_pairs(measured)[:, columns], bootstrap)
    if not columns:
        return np.full(sum(len(chunk) for chunk in drawn), np.nan)
    if bootstrap.pooling == "pairs":
        values, weights = pool_columns(values, weights)
    return np.concatenate([average_defined(part) for part in resample(values, weights, drawn)])


def pool_columns(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return the weighted mean over the columns of each row, and its weight, both (q, 1)."""
    counted = np.where(np.isnan(values), 0.0, weights)
    totals = counted.sum(axis=1)
    products = (np.nan_to_num(values) * counted).sum(axis=1)
    means = np.divide(products, totals, out=np.full(len(totals), np.nan), where=totals > 0)
    return means[:, None], totals[:, None]


def average_defined(rows: Floats) -> Floats:
    """Return the mean of each row's numbers that are not nan; nan where there are none."""
    defined = ~np.isnan(rows)
    counts = defined.sum(axis=1)
    sums = np.where(defined, rows, 0).sum(axis=1)
    return np.divide(sums, counts, out=np.full(len(rows), np.nan), where=counts > 0)


def estimate_people(
    measured: Homogeneity, bootstrap: Bootstrap, measure: str = COSINE
) -> Estimate | None:
    """Return the baseline of people, groups of people counting alike; None without people."""
    if not measured.people:
        return None
    means = draw_within(measured, bootstrap, measure)[:, measured.people]
    values = measured.within[measure][:, measured.people]
    return _split(average_defined(means), int((~np.isnan(values)).any(axis=1).sum()))


def _split(draws: Floats, queries: int) -> Estimate:
    """Return the estimate whose draws are given, the observed value first."""
    return make_estimate(float(draws[0]), draws[1:], queries)


def explain_undefined(measured: Homogeneity, measure: str) -> str:
    """Return why a measure is undefined where it is."""
    if measure == CENTRED and isnan(measured.floors[CENTRED].mean):
        if measured.floors[COSINE].mean > 1 - ALMOST_NONE:
            return "all answers are the same, so that none lies to any side of their mean"
        return "under ten queries the mean of a corpus is no reference"
    if measure == LENGTH_MATCHED:
        return "no two answers of like length to one query"
    if measure == DISTINCT:
        return f"no query has {measured.k or 2} answers of it"
    return "too few answers to one query"


def average_nearest(measured: Homogeneity) -> Floats:
    """Return the mean models among the N nearest, over queries with more than N answers."""
    return average(measured.nearest, np.ones_like(measured.nearest))


def estimate_nearest(measured: Homogeneity, bootstrap: Bootstrap) -> tuple[Estimate, ...]:
    """Return the estimates of the models among the N nearest answers, one an N.

    The means are those of `average_nearest`.
    """
    even = np.ones_like(measured.nearest)
    return estimate_columns(measured.nearest, even, bootstrap.draw(len(measured.query_ids)))


def estimate_above(
    measured: Homogeneity, bootstrap: Bootstrap, threshold: float = 0.8
) -> tuple[Estimate, ...]:
    """Return the share of queries above a cosine within each source, in per cent.

    The means are those of `measures.homogeneity.share_above`.
    """
    values = measured.within[COSINE]
    above = np.where(np.isnan(values), np.nan, 100.0 * (values > threshold))
    return estimate_columns(above, np.ones_like(above), bootstrap.draw(len(measured.query_ids)))


def expect_nearest(measured: Homogeneity) -> Floats:
    """Return the mean models among N answers drawn blindly, over the queries of each N."""
    names = [source.model for source in measured.sources]
    models = sorted({str(names[i]) for i in measured.models})
    counts = np.zeros((len(measured.query_ids), len(models)), np.int64)
    for i in measured.models:
        counts[:, models.index(str(names[i]))] += measured.counts[:, i]
    expected = expect_models(counts)
    return average(expected, np.ones_like(expected))


def _count_pairs(measured: Homogeneity) -> Floats:
    n = measured.counts.astype(np.float64)
    first, second = measured.pairs
    return n[:, first] * n[:, second]


def _weigh(counts: Floats, bootstrap: Bootstrap) -> Floats:
    return counts if bootstrap.pooling == "pairs" else np.ones_like(counts)


@dataclass(frozen=True, eq=False)
class Estimates:
    """The numbers of some queries under one measure.

    Attributes
    ----------
    measured : Homogeneity
        The queries.
    within, between : tuple of Estimate
        By source, and by pair of sources in the order of `measured.pairs`.
    gap : Gap
    people : Estimate or None
        None without people.
    floor : float
        Of the whole corpus; nan where undefined.
    reason : str
        Why the measure is undefined where it is.
    """

    measured: Homogeneity
    within: tuple[Estimate, ...]
    between: tuple[Estimate, ...]
    gap: Gap
    people: Estimate | None
    floor: float
    reason: str

    @property
    def is_single(self) -> bool:
        """Whether it is of one query, so that no interval is over queries."""
        return len(self.measured.query_ids) == 1

    @property
    def is_defined(self) -> bool:
        """Whether there is any number."""
        return any(one.is_defined for one in (*self.within, *self.between))

    @property
    def matrix(self) -> Floats:
        """How alike every two sources are and, on the diagonal, the answers of one, (s, s)."""
        values = arrange_matrix([one.mean for one in self.between], len(self.within))
        np.fill_diagonal(values, [one.mean for one in self.within])
        return values


def estimate(measured: Homogeneity, bootstrap: Bootstrap, measure: str = COSINE) -> Estimates:
    """Return the numbers of some queries: within sources, between them, and the controls."""
    return Estimates(
        measured,
        estimate_within(measured, bootstrap, measure),
        estimate_between(measured, bootstrap, measure),
        estimate_gap(measured, bootstrap, measure),
        estimate_people(measured, bootstrap, measure),
        measured.floors[measure].mean,
        explain_undefined(measured, measure),
    )


def estimate_controls(
    measured: Homogeneity, bootstrap: Bootstrap
) -> dict[str, tuple[Estimate, ...]]:
    """Return the estimate of every source under every measure, by measure."""
    return {
        measure: estimate_within(measured, bootstrap, measure)
        for measure in (*SIMILARITIES, *DIVERSITIES)
    }
