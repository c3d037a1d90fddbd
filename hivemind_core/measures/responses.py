"""Intervals on a single query, where the answers are what is drawn."""

from collections.abc import Collection
from dataclasses import dataclass
from math import nan

import numpy as np

from hivemind_core.measures.arrays import Floats, Integers
from hivemind_core.measures.resampling import DRAWS, UNDEFINED, Estimate, find_interval

FEWEST_ANSWERS = 5


@dataclass(frozen=True, eq=False)
class Drawn:
    """Mean cosines of one query, as its answers are and in every draw of them.

    Attributes
    ----------
    within : (draws + 1, s) float64
        Of each source; the first row is of the answers as they are. nan where undefined.
    between : (draws + 1, s (s - 1) / 2) float64
        Of each two sources, in the order of `numpy.triu_indices`.
    weights : tuple of (draws + 1, n_i) float64
        How often each draw takes each answer of each source.
    counts : (s,) int64
        Answers of each source.
    apart : (s,) int64
        How many of them were drawn apart from each other: all, or one where each follows from the
        ones before.
    """

    within: Floats
    between: Floats
    weights: tuple[Floats, ...]
    counts: Integers
    apart: Integers


def draw_responses(
    cosines: Floats,
    sources: Integers,
    count: int,
    draws: int = DRAWS,
    seed: int = 0,
    chains: Collection[int] = (),
) -> Drawn:
    """Return the mean cosines of one query in every draw of its answers.

    Parameters are those of `estimate_responses`.
    """
    rng = np.random.default_rng(seed)
    places = [np.flatnonzero(sources == i) for i in range(count)]
    weights = tuple(_draw(len(own), draws, rng) for own in places)
    within = [_draw_intra(cosines[np.ix_(p, p)], w) for p, w in zip(places, weights, strict=True)]
    between = [
        _draw_inter(cosines[np.ix_(places[i], places[j])], weights[i], weights[j])
        for i, j in zip(*np.triu_indices(count, 1), strict=True)
    ]
    nothing = np.empty((draws + 1, 0))
    counts = np.array([len(own) for own in places], np.int64)
    is_chain = np.isin(np.arange(count), list(chains))
    return Drawn(
        # Rounding takes equal answers a digit beyond 1.
        np.clip(np.column_stack([nothing, *within]), -1, 1),
        np.clip(np.column_stack([nothing, *between]), -1, 1),
        weights,
        counts,
        np.where(is_chain, np.minimum(counts, 1), counts),
    )


def estimate_responses(
    cosines: Floats,
    sources: Integers,
    count: int,
    draws: int = DRAWS,
    seed: int = 0,
    chains: Collection[int] = (),
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
    chains : collection of int
        Sources whose answers follow from each other: the model was shown its earlier ones.

    Returns
    -------
    within : tuple of Estimate, length s
    between : tuple of Estimate, length s (s - 1) / 2
        In the order of `numpy.triu_indices`.

    Notes
    -----
    Under five answers a draw has too few ways to come out, and there is no interval. Nor is there
    one for a chain: it is one draw, however long, and does not say how another would go on.
    Draws go through the sources in turn, so that a further source moves the ends of the others a
    little. Says how far other samples of the same models would move the number on this query, and
    nothing about other queries.
    """
    return estimate_sources(draw_responses(cosines, sources, count, draws, seed, chains))


def estimate_sources(drawn: Drawn) -> tuple[tuple[Estimate, ...], tuple[Estimate, ...]]:
    """Return the estimate of each source, and of each two, from what was drawn."""
    n = drawn.apart
    first, second = np.triu_indices(len(n), 1)
    fewest = np.minimum(n[first], n[second])
    return (
        tuple(estimate_draws(own, int(k)) for own, k in zip(drawn.within.T, n, strict=True)),
        tuple(estimate_draws(own, int(k)) for own, k in zip(drawn.between.T, fewest, strict=True)),
    )


def _draw(n: int, draws: int, rng: np.random.Generator) -> Floats:
    """Return how often each draw takes each answer, every answer once in front."""
    if n == 0:
        return np.zeros((draws + 1, 0))
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=draws)
    return np.concatenate([np.ones((1, n)), drawn.astype(np.float64)])


def _draw_intra(cosines: Floats, weights: Floats) -> Floats:
    products = ((weights @ cosines) * weights).sum(axis=1) - weights**2 @ cosines.diagonal()
    return _divide(products, len(cosines) ** 2 - (weights**2).sum(axis=1))


def _draw_inter(cosines: Floats, first: Floats, second: Floats) -> Floats:
    products = ((first @ cosines) * second).sum(axis=1)
    return _divide(products, np.full(len(products), float(cosines.size)))


def _divide(products: Floats, pairs: Floats) -> Floats:
    return np.divide(products, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)


def estimate_draws(means: Floats, answers: int) -> Estimate:
    """Return a mean and its interval from its value as it is and in every draw.

    Parameters
    ----------
    means : (draws + 1,) float64
        The mean as it is comes first; nan gives an undefined estimate.
    answers : int
        That were drawn apart, of the source that has fewest: under five there is no interval.
    """
    if np.isnan(means[0]):
        return UNDEFINED
    low, high = find_interval(means[1:]) if answers >= FEWEST_ANSWERS else (nan, nan)
    return Estimate(float(means[0]), low, high, queries=1)
