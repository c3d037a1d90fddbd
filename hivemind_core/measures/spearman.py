"""Spearman's rank correlation, and that of many bootstrap draws, each ranked anew.

A draw that takes an item three times ranks three equal items. Their mean rank follows from the
weights alone, so that all draws are ranked together by one running sum over the sorted items.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hivemind_core.measures.arrays import Floats

BLOCK = 128
"""Draws that are worked on together: few enough for their ranks to stay in the cache."""


@dataclass(frozen=True, eq=False)
class RankedDraws:
    """Some draws of items, ranked by the variable that all others are correlated with.

    Attributes
    ----------
    weights : (n, d) float64
        How often each draw takes each item.
    moments : (n, d) float64
        Weight times the rank's distance from the mean rank.
    scale : (d,) float64
        Square root of the sum of squared distances; 0 where all drawn items are equal.
    """

    weights: Floats
    moments: Floats
    scale: Floats


@dataclass(frozen=True, eq=False)
class _Order:
    """Items sorted by a variable, equal ones together.

    Attributes
    ----------
    places : (n,) int64
        Items from the lowest value to the highest.
    starts : (g,) int64
        Where each group of equal values starts.
    """

    places: NDArray[np.intp]
    starts: NDArray[np.intp]


def _sort(values: Floats) -> _Order:
    places = np.argsort(values, kind="stable")
    ranked = values[places]
    is_new = np.concatenate([[True], ranked[1:] != ranked[:-1]])
    return _Order(places, np.flatnonzero(is_new))


def _group(rows: Floats, order: _Order) -> Floats:
    """Return the sums of the rows of each group of equal values, (g, d)."""
    ranked = rows[order.places]
    if len(order.starts) == len(ranked):
        return ranked
    return np.asarray(np.add.reduceat(ranked, order.starts, axis=0))


def _scale(sizes: Floats) -> Floats:
    """Return the root of the sum of squared distances from the mean rank, in each draw."""
    totals = sizes.sum(axis=0)
    spread = (totals**3 - np.einsum("ij,ij,ij->j", sizes, sizes, sizes)) / 12
    return np.sqrt(np.maximum(spread, 0))


def rank_draws(values: Floats, weights: Floats) -> RankedDraws:
    """Return draws ranked by a variable.

    Parameters
    ----------
    values : (n,) float64
        None nan.
    weights : (n, d) float64
        How often each draw takes each item: whole numbers.
    """
    if len(values) == 0:
        return RankedDraws(weights, weights, np.zeros(weights.shape[1]))
    order = _sort(values)
    sizes = _group(weights, order)
    # Mid-rank less the mean rank, (total + 1) / 2.
    distances = np.cumsum(sizes, axis=0) - (sizes + sizes.sum(axis=0)) / 2
    by_item = np.empty(len(values), np.int64)
    by_item[order.places] = np.repeat(
        np.arange(len(order.starts)), np.diff([*order.starts, len(values)])
    )
    return RankedDraws(weights, weights * distances[by_item], _scale(sizes))


def correlate_draws(values: Floats, ranked: RankedDraws) -> Floats:
    """Return Spearman's correlation of a variable with the ranked one, in every draw.

    rho = sum w (R_x - mean) (R_y - mean) / sqrt(sum w (R_x - mean)^2 sum w (R_y - mean)^2), with
    mid-ranks of the items as often as each is drawn.

    Parameters
    ----------
    values : (n,) float64
        None nan.
    ranked : RankedDraws
        Of the same items.

    Returns
    -------
    (d,) float64
        In [-1, 1]; nan where either variable is constant over the drawn items.
    """
    draws = ranked.weights.shape[1]
    result = np.full(draws, np.nan)
    if len(values) == 0:
        return result
    order = _sort(values)
    for start in range(0, draws, BLOCK):
        block = slice(start, start + BLOCK)
        sizes = _group(ranked.weights[:, block], order)
        moments = _group(ranked.moments[:, block], order)
        # Moments sum to 0, so that a rank counts from anywhere: here from half a group's size.
        products = np.einsum("ij,ij->j", np.cumsum(sizes, axis=0), moments)
        products -= np.einsum("ij,ij->j", sizes, moments) / 2
        scales = _scale(sizes) * ranked.scale[block]
        result[block] = np.divide(
            products, scales, out=np.full(len(scales), np.nan), where=scales > 0
        )
    return np.clip(result, -1, 1)


def correlate(first: Floats, second: Floats) -> float:
    """Return Spearman's correlation of two variables; items that lack either are left out.

    Parameters
    ----------
    first, second : (n,) float64
        nan where missing.

    Returns
    -------
    float
        nan under two items, or where either is constant.
    """
    both = ~np.isnan(first) & ~np.isnan(second)
    ranked = rank_draws(second[both], np.ones((int(both.sum()), 1)))
    return float(correlate_draws(first[both], ranked)[0])
