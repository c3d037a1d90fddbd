"""How many different answers there are among k."""

from math import comb, nan

import numpy as np
from numpy.typing import NDArray

from hivemind_core.measures.arrays import Integers


def count_distinct(groups: NDArray[np.integer], k: int) -> float:
    """Return how many different answers k of some answers hold, on average.

    distinct_k = sum over groups of 1 - C(n - n_g, k) / C(n, k): the expected number of groups
    among k answers drawn without replacement (rarefaction, Hurlbert 1971). With k = n it is the
    number of groups, the distinct_k of NoveltyBench (2504.05228).

    Parameters
    ----------
    groups : (n,) int
        Group of each answer: equal where two answers count as the same.
    k : int
        At least 1.

    Returns
    -------
    float
        In [1, k]; nan where n < k.

    Notes
    -----
    Follows the threshold that groups were cut at. Compare only numbers of one k.
    """
    n = len(groups)
    if n < k or k < 1:
        return nan
    _, sizes = np.unique(groups, return_counts=True)
    draws = comb(n, k)
    return sum(draws - comb(n - size, k) for size in sizes.tolist()) / draws


def choose_k(counts: Integers, most: int = 10) -> int:
    """Return the k at which the answers of all sources can be compared.

    The least of the sources' median number of answers to a query, 10 at most. Sources that answer
    the median query once, or never, have no say.

    Parameters
    ----------
    counts : (q, s) int
        Answers of each source to each query; queries that a source left out do not count.

    Returns
    -------
    int
        0 where no source answers a query twice.

    Notes
    -----
    A source with few answers makes k small for all of them: the counts of two corpora can be
    compared only where k is the same.
    """
    medians = [int(np.median(column[column > 0])) for column in counts.T if (column > 0).any()]
    repeated = [median for median in medians if median > 1]
    return min([most, *repeated]) if repeated else 0
