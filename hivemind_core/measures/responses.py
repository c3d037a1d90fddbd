"""Intervals on a single query, where the answers are what is drawn."""

import numpy as np
from numpy.typing import NDArray

from hivemind_core.measures.arrays import Floats, Integers
from hivemind_core.measures.homogeneity import measure_inter, measure_intra, sum_by_source
from hivemind_core.measures.resampling import DRAWS, Estimate, find_interval


def estimate_responses(
    vectors: NDArray[np.float32], sources: Integers, count: int, draws: int = DRAWS, seed: int = 0
) -> tuple[tuple[Estimate, ...], tuple[Estimate, ...]]:
    """Return the mean cosines of one query with intervals over its answers.

    Each draw takes as many answers of every source as there are, with replacement. Two copies of
    one answer are no pair of answers: their cosine of 1 would be no repetition.

    Parameters
    ----------
    vectors : (n, d) float32
        Unit rows.
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
    Says how far other samples of the same models would move the number on this query, and
    nothing about other queries.
    """
    rng = np.random.default_rng(seed)
    rows = [vectors[sources == i].astype(np.float64) for i in range(count)]
    weights = [_draw(len(own), draws, rng) for own in rows]
    sums = sum_by_source(vectors, sources, count)
    intra, inter = measure_intra(sums), measure_inter(sums)
    within = [_bound(float(intra[i]), _draw_intra(rows[i], weights[i])) for i in range(count)]
    between = [
        _bound(float(inter[i, j]), _draw_inter((rows[i], rows[j]), (weights[i], weights[j])))
        for i, j in zip(*np.triu_indices(count, 1), strict=True)
    ]
    return tuple(within), tuple(between)


def _draw(n: int, draws: int, rng: np.random.Generator) -> Floats:
    if n == 0:
        return np.zeros((draws, 0))
    return rng.multinomial(n, np.full(n, 1 / n), size=draws).astype(np.float64)


def _draw_intra(rows: Floats, weights: Floats) -> Floats:
    gram = rows @ rows.T
    products = ((weights @ gram) * weights).sum(axis=1) - weights**2 @ gram.diagonal()
    pairs = len(rows) ** 2 - (weights**2).sum(axis=1)
    return np.divide(products, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)


def _draw_inter(rows: tuple[Floats, Floats], weights: tuple[Floats, Floats]) -> Floats:
    pairs = len(rows[0]) * len(rows[1])
    products = ((weights[0] @ (rows[0] @ rows[1].T)) * weights[1]).sum(axis=1)
    return products / pairs if pairs else np.full(len(products), np.nan)


def _bound(mean: float, draws: Floats) -> Estimate:
    if np.isnan(mean):
        return Estimate(mean)
    return Estimate(mean, *find_interval(draws), queries=1)
