"""How much annotators disagree about an item, and how reliable their mean rating is."""

from math import nan
from typing import Literal

import numpy as np

from hivemind_core.measures.arrays import Floats, Integers

DIGITS = 9
"""Entropies are compared rounded: the same labels in another order give the same number."""


def count_labels(labels: Floats) -> Integers:
    """Return how many labels each item has.

    Parameters
    ----------
    labels : (n, r) float64
        A row an item, a label an annotator; nan where there is none.

    Returns
    -------
    (n,) int64
    """
    return np.asarray((~np.isnan(labels)).sum(axis=1), np.int64)


def average_labels(labels: Floats) -> Floats:
    """Return the mean label of each item, (n,) float64; nan without labels."""
    counts = count_labels(labels)
    sums = np.nansum(labels, axis=1)
    means = np.divide(sums, counts, out=np.full(len(labels), np.nan), where=counts > 0)
    return np.round(means, DIGITS)  # so that equal means tie, in whatever order labels come


def measure_spread(labels: Floats) -> Floats:
    """Return the sample standard deviation of each item's labels.

    s = sqrt(sum (x - mean)^2 / (r - 1)).

    Returns
    -------
    (n,) float64
        In the unit of the labels; nan under two labels.
    """
    counts = count_labels(labels)
    apart = labels - average_labels(labels)[:, None]
    squares = np.nansum(apart**2, axis=1)
    return np.sqrt(
        np.divide(squares, counts - 1, out=np.full(len(labels), np.nan), where=counts > 1)
    )


def _tally(labels: Floats) -> Floats:
    """Return how often each item has each value that occurs, (n, v)."""
    values = np.unique(labels[~np.isnan(labels)])
    return (labels[:, :, None] == values).sum(axis=1).astype(np.float64)


def measure_entropy(labels: Floats) -> Floats:
    """Return the Shannon entropy of each item's labels, in bits.

    H = - sum over values v of p_v log2 p_v, p_v the share of the labels that are v.

    Parameters
    ----------
    labels : (n, r) float64
        nan where there is none.

    Returns
    -------
    (n,) float64
        In [0, log2 of the number of values]: 0 where all agree, 2.32 at most for five values.
        Rounded to 1e-9; nan without labels.

    Notes
    -----
    Knows no distance: 1 against 5 is as far apart as 1 against 2. Of few labels it takes few
    values, three for three labels, and is too low: compare items with equally many.
    """
    tally = _tally(labels)
    totals = tally.sum(axis=1, keepdims=True)
    shares = np.divide(tally, totals, out=np.zeros_like(tally), where=totals > 0)
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    bits = np.round(-(shares * logs).sum(axis=1), DIGITS) + 0.0  # no negative zero
    return np.where(totals[:, 0] > 0, bits, np.nan)


def measure_pairwise(labels: Floats) -> Floats:
    """Return the share of pairs of an item's annotators who gave different labels.

    1 - sum over values of c (c - 1) / (r (r - 1)).

    Returns
    -------
    (n,) float64
        In [0, 1]; nan under two labels. Unbiased: fewer annotators do not make it lower.
    """
    tally, counts = _tally(labels), count_labels(labels).astype(np.float64)
    equal = (tally * (tally - 1)).sum(axis=1)
    pairs = counts * (counts - 1)
    return 1 - np.divide(equal, pairs, out=np.full(len(labels), np.nan), where=pairs > 0)


def measure_minority(labels: Floats) -> Floats:
    """Return the share of an item's labels that are not its commonest.

    Returns
    -------
    (n,) float64
        In [0, 1 - 1 / values]; nan without labels.
    """
    tally = _tally(labels)
    counts = count_labels(labels).astype(np.float64)
    most = tally.max(axis=1) if tally.shape[1] else np.zeros(len(labels))
    return 1 - np.divide(most, counts, out=np.full(len(labels), np.nan), where=counts > 0)


def measure_reliability(labels: Floats) -> float:
    """Return how much of the variance of mean ratings is not the annotators' noise.

    1 - mean(s_i^2 / n_i) / Var(mean rating), over items with two labels or more, for any number
    of annotators an item.

    Parameters
    ----------
    labels : (n, r) float64
        nan where there is none.

    Returns
    -------
    float
        At most 1; nan where the noise explains all of the variance or more, or under two items.

    Notes
    -----
    The square root is the noise ceiling: what any scorer can correlate with these means at most.
    Among items chosen by the same labels it is biased low.
    """
    counts = count_labels(labels)
    held = counts > 1
    if held.sum() < 2:
        return nan
    noise = float((measure_spread(labels[held]) ** 2 / counts[held]).mean())
    variance = float(average_labels(labels[held]).var(ddof=1))
    reliability = 1 - noise / variance if variance > 0 else 0.0
    return reliability if reliability > 0 else nan


def measure_alpha(labels: Floats, *, is_ordinal: bool = False) -> float:
    """Return Krippendorff's alpha of a set of items: agreement beyond chance.

    1 - observed disagreement / disagreement expected of the same labels dealt at random.

    Parameters
    ----------
    labels : (n, r) float64
        nan where there is none; a column is an annotator, or only a place in a list.
    is_ordinal : bool
        Whether only the order of labels counts, and not their distance.

    Returns
    -------
    float
        1 where all agree, about 0 at chance, negative below; nan where fewer than two values
        occur, or no item has two labels.
    """
    import krippendorff

    held = labels[count_labels(labels) > 1]
    values = np.unique(held[~np.isnan(held)])
    if len(values) < 2:
        return nan
    level: Literal["ordinal", "interval"] = "ordinal" if is_ordinal else "interval"
    return float(krippendorff.alpha(reliability_data=held.T, level_of_measurement=level))
