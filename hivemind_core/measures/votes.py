"""Pairs that people split over: how often a scorer takes the larger side, and how sure it is."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hivemind_core.measures.arrays import Floats, Integers
from hivemind_core.measures.miscalibration import Items
from hivemind_core.measures.resampling import find_interval

SPLITS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Ends of the bins of the share of people on the larger side; the last holds 1."""
RELIABILITY_BINS = 5


@dataclass(frozen=True)
class ShareResult:
    """A share of pairs in a bin, with its 95 % interval over queries.

    Attributes
    ----------
    place : float
        Middle of the bin, or mean prediction in it.
    share, low, high : float
        nan where the bin is empty.
    n : int
        Pairs.
    """

    place: float
    share: float
    low: float
    high: float
    n: int


def count_sides(labels: Floats) -> tuple[Floats, Floats]:
    """Return the share of people who prefer the first response, and on the larger side.

    A label of 0 counts half for either.

    Parameters
    ----------
    labels : (n, r) float64
        Preferences: positive for the first response; nan where there is none.

    Returns
    -------
    first : (n,) float64
        In [0, 1]; nan without labels.
    larger : (n,) float64
        In [.5, 1].
    """
    told = (~np.isnan(labels)).sum(axis=1)
    votes = (labels > 0).sum(axis=1) + (labels == 0).sum(axis=1) / 2
    first = np.divide(votes, told, out=np.full(len(labels), np.nan), where=told > 0)
    return first, np.maximum(first, 1 - first)


def share_majority(labels: Floats, scores: Floats, items: Items) -> tuple[ShareResult, ...]:
    """Return how often a scorer takes the side that most people took, by how they were split.

    Parameters
    ----------
    labels : (n, r) float64
    scores : (n,) float64
        Positive for the first response; nan where missing.
    items : Items
        The same pairs, with draws over their queries.

    Returns
    -------
    tuple of ShareResult
        One for each bin of SPLITS. Pairs that people split evenly, or that the scorer calls
        equal, take no side and are left out.

    Notes
    -----
    Where people are nearly even, the larger side is larger by chance: .5 is then no fault.
    """
    first, larger = count_sides(labels)
    held = ~np.isnan(scores) & (scores != 0) & (first != 0.5) & ~np.isnan(first)
    is_right = (scores > 0) == (first > 0.5)
    numbers = np.clip(np.searchsorted(SPLITS, larger, "right") - 1, 0, len(SPLITS) - 2)
    middles = [(low + high) / 2 for low, high in pairwise(SPLITS)]
    return tuple(
        _share(middle, is_right.astype(np.float64), held & (numbers == number), items)
        for number, middle in enumerate(middles)
    )


def predict_preference(labels: Floats, scores: Floats) -> Floats:
    """Return the share of people that a scorer predicts to prefer the first response.

    1 / (1 + exp(-k score)), k >= 0 the value at which the votes are most likely.

    Returns
    -------
    (n,) float64
        In (0, 1); nan where the score is missing.

    Notes
    -----
    k is fitted to the same votes: a curve may be steep or flat, and cannot be shifted.
    """
    from scipy.optimize import minimize_scalar

    first, _ = count_sides(labels)
    held = ~np.isnan(scores) & ~np.isnan(first)
    spread = float(np.std(scores[held])) if held.any() else 0.0
    if spread == 0:
        return np.where(np.isnan(scores), np.nan, 0.5)

    def lose(log_slope: float) -> float:
        logits = np.exp(log_slope) / spread * scores[held]
        return float((np.logaddexp(0, logits) - first[held] * logits).sum())

    slope = float(np.exp(minimize_scalar(lose, bounds=(-7, 3), method="bounded").x)) / spread
    return np.asarray(1 / (1 + np.exp(-slope * scores)), np.float64)


def share_by_prediction(
    labels: Floats, scores: Floats, items: Items, bins: int = RELIABILITY_BINS
) -> tuple[ShareResult, ...]:
    """Return the share of people who prefer the first response, by what a scorer predicts.

    Parameters as in `share_majority`; pairs are cut into bins of equally many by prediction.
    """
    first, _ = count_sides(labels)
    predicted = predict_preference(labels, scores)
    held = ~np.isnan(predicted) & ~np.isnan(first)
    if not held.any():
        return ()
    ranks = np.searchsorted(np.sort(predicted[held]), predicted, "right")
    numbers: Integers = np.minimum((ranks - 1) * bins // int(held.sum()), bins - 1)
    results = []
    for number in np.unique(numbers[held]).tolist():
        chosen = held & (numbers == number)
        results.append(_share(float(predicted[chosen].mean()), first, chosen, items))
    return tuple(results)


def _share(place: float, values: Floats, chosen: np.ndarray, items: Items) -> ShareResult:
    weights = items.weights[chosen]
    totals = weights.sum(axis=0)
    sums = values[chosen] @ weights
    draws = np.divide(sums, totals, out=np.full(len(totals), np.nan), where=totals > 0)
    n = int(chosen.sum())
    if not n:
        return ShareResult(place, np.nan, np.nan, np.nan, 0)
    return ShareResult(place, float(draws[0]), *find_interval(draws[1:]), n)
