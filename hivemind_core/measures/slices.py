"""Which items scorers are compared on: by how much annotators disagree about them.

Nested slices are the paper's: each smaller one lies within the larger. Bins are ours: an item is
in one of them only, so that they can be compared.
"""

import numpy as np
from numpy.typing import NDArray

from hivemind_core.measures.arrays import Floats, Integers

Mask = NDArray[np.bool_]

TUKEY = (3.0, 2.5, 2.0, 1.5, 1.0, 0.5)
TOP_PERCENT = (16, 14, 12, 10, 8, 6, 4, 2)
PAIRWISE_PERCENT = (95, 90, 85, 80, 75, 70, 65, 60)


def slice_similar_quality(means: Floats, reach: float) -> Mask:
    """Return the items whose mean rating is within Tukey's fences.

    Q1 - k IQR <= mean <= Q3 + k IQR, quartiles by `numpy.percentile`.

    Parameters
    ----------
    means : (n,) float64
        None nan.
    reach : float
        k, of TUKEY in the paper.

    Returns
    -------
    (n,) bool
    """
    if len(means) == 0:
        return np.zeros(0, bool)
    low, high = np.percentile(means, [25, 75])
    span = reach * (high - low)
    return np.asarray((means >= low - span) & (means <= high + span), bool)


def slice_disagreed(disagreement: Floats, percent: float) -> Mask:
    """Return the items that annotators disagree about most.

    disagreement >= percentile(disagreement, 100 - p); equal values come in together, so that
    there may be more than p per cent.

    Parameters
    ----------
    disagreement : (n,) float64
        Such as entropy, rounded; none nan.
    percent : float
        p, of TOP_PERCENT in the paper.
    """
    if len(disagreement) == 0:
        return np.zeros(0, bool)
    return np.asarray(disagreement >= np.percentile(disagreement, 100 - percent), bool)


def slice_similar_pairs(ties: Floats, percent: float) -> Mask:
    """Return the p per cent of pairs that most annotators call similar.

    Parameters
    ----------
    ties : (n,) float64
        Share of labels that are 0.
    percent : float
        p, of PAIRWISE_PERCENT in the paper: the first int(n p / 100) of a stable sort.
    """
    return _take_first(-ties, percent)


def slice_disagreed_pairs(agreement: Floats, percent: float) -> Mask:
    """Return the p per cent of pairs with the lowest agreement, see `measure_agreement`."""
    return _take_first(agreement, percent)


def measure_agreement(labels: Floats) -> Floats:
    """Return how far annotators agree about a pair: the larger side, and half of the ties.

    (max(C1, C2) + C_tie / 2) / C_total.

    Parameters
    ----------
    labels : (n, r) float64
        Preferences: positive for the first response; nan where there is none.

    Returns
    -------
    (n,) float64
        In [.5, 1]; nan without labels.
    """
    first, second = (labels > 0).sum(axis=1), (labels < 0).sum(axis=1)
    ties = (labels == 0).sum(axis=1)
    total = first + second + ties
    larger = np.maximum(first, second) + ties / 2
    return np.divide(larger, total, out=np.full(len(labels), np.nan), where=total > 0)


def _take_first(values: Floats, percent: float) -> Mask:
    chosen = np.zeros(len(values), bool)
    count = int(len(values) * percent / 100)
    chosen[np.argsort(values, kind="stable")[:count]] = True
    return chosen


def bin_disagreement(disagreement: Floats, bins: int = 5) -> Integers:
    """Return the bin of each item, from the least disagreed to the most.

    Bins hold about equally many items. Equal values share a bin, so that few distinct values make
    fewer bins: as many as were made are numbered.

    Parameters
    ----------
    disagreement : (n,) float64
        None nan.
    bins : int

    Returns
    -------
    (n,) int64
        0 for the lowest.
    """
    if len(disagreement) == 0:
        return np.zeros(0, np.int64)
    values, counts = np.unique(disagreement, return_counts=True)
    middles = (np.cumsum(counts) - counts / 2) / counts.sum()
    raw = np.minimum((middles * bins).astype(np.int64), bins - 1)
    _, numbers = np.unique(raw, return_inverse=True)
    return np.asarray(numbers[np.searchsorted(values, disagreement)], np.int64)
