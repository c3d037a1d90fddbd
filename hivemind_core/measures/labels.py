"""Which labels of queries go together."""

import numpy as np
from numpy.typing import NDArray

from hivemind_core.measures.arrays import Floats, Integers

Membership = NDArray[np.bool_]


def count_together(membership: Membership) -> Integers:
    """Return how many queries have both of two labels.

    Returns
    -------
    (k, k) int64
        Symmetric; the queries of each label on the diagonal.
    """
    numbers = membership.astype(np.int64)
    return np.asarray(numbers.T @ numbers)


def share_together(together: Integers) -> Floats:
    """Return of the queries of each label, the share that has another too.

    Parameters
    ----------
    together : (k, k) int64
        See `count_together`.

    Returns
    -------
    (k, k) float64
        Row i, column j: share of the queries of i that are also of j. Not symmetric. nan on the
        diagonal, and in the row of a label that no query has.
    """
    own = np.diag(together).astype(np.float64)
    shares = np.full(together.shape, np.nan)
    np.divide(together, own[:, None], out=shares, where=own[:, None] > 0)
    np.fill_diagonal(shares, np.nan)
    return shares


def measure_lift(together: Integers, queries: int) -> Floats:
    """Return how often two labels go together, against chance: n T_ij / (T_ii T_jj).

    Parameters
    ----------
    together : (k, k) int64
        See `count_together`.
    queries : int
        All queries, those without a label too.

    Returns
    -------
    (k, k) float64
        1 where labels are independent, 0 where they never meet, at most n / max(T_ii, T_jj). nan
        on the diagonal, and where no query has one of the two. Of rare labels it is mostly noise:
        read it beside the count.
    """
    own = np.diag(together).astype(np.float64)
    expected = np.outer(own, own)
    lift = np.full(together.shape, np.nan)
    np.divide(queries * together, expected, out=lift, where=expected > 0)
    np.fill_diagonal(lift, np.nan)
    return lift
