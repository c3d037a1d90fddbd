"""Intervals on a single query, where the answers are what is drawn."""

from math import nan

import numpy as np

from hivemind_core.measures.arrays import Floats, Integers
from hivemind_core.measures.resampling import DRAWS, UNDEFINED, Estimate, find_interval

FEWEST_ANSWERS = 5


def estimate_responses(
    cosines: Floats, sources: Integers, count: int, draws: int = DRAWS, seed: int = 0
) -> tuple[tuple[Estimate, ...], tuple[Estimate, ...]]:
    """Return the mean cosines of one query with intervals over its answers.

    Each draw takes as many answers of every source as there are, with replacement. Two copies of
    one answer are no pair of answers: their cosine of 1 would be no repetition.

    Parameters
    ----------
    cosines : (n, n) float64
        Of all pairs of answers.
    sources : (n,) int
        Source of each row, 0 <= source < count.
    count : int
        Number of sources s.
    draws, seed : int

    Returns
    -------
    within : tuple of Estimate, length s
    between : tuple of Estimate, length s (s - 1) / 2
        In the order of `numpy.triu_indices`.

    Notes
    -----
    Under five answers a draw has too few ways to come out, and there is no interval. Draws go
    through the sources in turn, so that a further source moves the ends of the others a little.
    Says how far other samples of the same models would move the number on this query, and
    nothing about other queries.
    """
    rng = np.random.default_rng(seed)
    places = [np.flatnonzero(sources == i) for i in range(count)]
    weights = [_draw(len(own), draws, rng) for own in places]
    within = [
        _estimate_intra(cosines[np.ix_(p, p)], w) for p, w in zip(places, weights, strict=True)
    ]
    between = [
        _estimate_inter(cosines[np.ix_(places[i], places[j])], weights[i], weights[j])
        for i, j in zip(*np.triu_indices(count, 1), strict=True)
    ]
    return tuple(within), tuple(between)


def _draw(n: int, draws: int, rng: np.random.Generator) -> Floats:
    """Return how often each draw takes each answer, every answer once in front."""
    if n == 0:
        return np.zeros((draws + 1, 0))
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=draws)
    return np.concatenate([np.ones((1, n)), drawn.astype(np.float64)])


def _estimate_intra(cosines: Floats, weights: Floats) -> Estimate:
    products = ((weights @ cosines) * weights).sum(axis=1) - weights**2 @ cosines.diagonal()
    pairs = len(cosines) ** 2 - (weights**2).sum(axis=1)
    return _estimate(products, pairs, len(cosines))


def _estimate_inter(cosines: Floats, first: Floats, second: Floats) -> Estimate:
    products = ((first @ cosines) * second).sum(axis=1)
    return _estimate(products, np.full(len(products), float(cosines.size)), min(cosines.shape))


def _estimate(products: Floats, pairs: Floats, answers: int) -> Estimate:
    means = np.divide(products, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
    if np.isnan(means[0]):
        return UNDEFINED
    low, high = find_interval(means[1:]) if answers >= FEWEST_ANSWERS else (nan, nan)
    return Estimate(float(means[0]), low, high, queries=1)
