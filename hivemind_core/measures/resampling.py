"""Bootstrap over queries: weighted means and their intervals as matrix products."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isnan, nan

import numpy as np

from hivemind_core.measures.arrays import Floats

DRAWS = 1000
CHUNK = 100
FEWEST_QUERIES = 5  # with an interval: fewer can be drawn in too few ways, and give one too narrow


@dataclass(frozen=True)
class Estimate:
    """A mean over queries with its 95 % interval.

    Attributes
    ----------
    mean : float
        nan where no query has a value.
    low, high : float
        Ends of the bootstrap interval; nan under FEWEST_QUERIES.
    queries : int
        Queries with a value.
    """

    mean: float
    low: float = nan
    high: float = nan
    queries: int = 0

    @property
    def is_defined(self) -> bool:
        """Whether there is a mean."""
        return not isnan(self.mean)

    @property
    def interval(self) -> list[float] | None:
        """The ends of the interval; None where it is undefined."""
        return None if isnan(self.low) or isnan(self.high) else [self.low, self.high]


UNDEFINED = Estimate(nan)


def draw_weights(queries: int, draws: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Yield how often each draw takes each query, in chunks of at most 100 draws, (draws, q).

    Each row is one resample of the queries with replacement and sums to the number of queries.
    """
    if queries == 0:
        yield np.zeros((draws, 0))
        return
    even = np.full(queries, 1 / queries)
    for start in range(0, draws, CHUNK):
        size = min(CHUNK, draws - start)
        yield rng.multinomial(queries, even, size=size).astype(np.float64)


def average(values: Floats, weights: Floats) -> Floats:
    """Return the weighted mean of each column over rows that are not nan.

    Parameters
    ----------
    values : (q, c) float64
    weights : (q, c) float64
        What each value counts for.

    Returns
    -------
    (c,) float64
        nan where a column has no value.
    """
    return next(iter(resample(values, weights, [np.ones((1, len(values)))])))[0]


def resample(values: Floats, weights: Floats, drawn: Iterable[Floats]) -> list[Floats]:
    """Return the weighted column means of every draw, one (draws, c) array a chunk.

    Parameters
    ----------
    values, weights : (q, c) float64
        As in `average`.
    drawn : iterable of (draws, q) float64
        As of `draw_weights`.
    """
    present = ~np.isnan(values)
    counted = np.where(present, weights, 0.0)
    products = np.where(present, values, 0.0) * counted
    means = []
    for chunk in drawn:
        totals = chunk @ counted
        means.append(
            np.divide(chunk @ products, totals, out=np.full(totals.shape, np.nan), where=totals > 0)
        )
    return means


def estimate_columns(
    values: Floats, weights: Floats, drawn: Sequence[Floats]
) -> tuple[Estimate, ...]:
    """Return the mean of each column with its interval over queries.

    Parameters
    ----------
    values, weights : (q, c) float64
        As in `average`.
    drawn : sequence of (draws, q) float64
        As of `draw_weights`: the same draws for every column, so that columns can be compared.

    Returns
    -------
    tuple of Estimate, length c
    """
    means, queries = average(values, weights), (~np.isnan(values) & (weights > 0)).sum(axis=0)
    draws = np.concatenate([np.empty((0, values.shape[1])), *resample(values, weights, drawn)])
    return tuple(
        make_estimate(float(mean), draws[:, c], n)
        for c, (mean, n) in enumerate(zip(means, queries.tolist(), strict=True))
    )


def make_estimate(mean: float, draws: Floats, queries: int) -> Estimate:
    """Return a mean with the interval of its draws, where it rests on enough queries for one."""
    if isnan(mean):
        return UNDEFINED
    low, high = find_interval(draws) if queries >= FEWEST_QUERIES else (nan, nan)
    return Estimate(mean, low, high, queries)


def find_interval(draws: Floats, level: float = 0.95) -> tuple[float, float]:
    """Return the percentile interval of bootstrap draws; nan where none is defined.

    Draws that are nan, because no query with a value was drawn, are left out.
    """
    defined = draws[~np.isnan(draws)]
    if len(defined) == 0:
        return float("nan"), float("nan")
    tail = 100 * (1 - level) / 2
    low, high = np.percentile(defined, [tail, 100 - tail])
    return float(low), float(high)
