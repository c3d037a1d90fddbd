"""Whether two measures put the same sources in the same order."""

import numpy as np

from hivemind_core.measures.arrays import Floats

FEWEST_SOURCES = 3
DIGITS = 6  # to which values are compared, so that what only rounding sets apart ties


def rank_columns(values: Floats) -> Floats:
    """Return the rank of each value in its column: 1 for the highest, equal ones share the mean.

    Parameters
    ----------
    values : (s, c) float64

    Returns
    -------
    (s, c) float64
        nan where the value is.
    """
    ranks = np.full(values.shape, np.nan)
    for c in range(values.shape[1]):
        held = np.flatnonzero(~np.isnan(values[:, c]))
        column = np.round(values[held, c], DIGITS)
        above = (column[:, None] < column[None, :]).sum(axis=1)
        equal = (column[:, None] == column[None, :]).sum(axis=1)
        ranks[held, c] = above + (equal + 1) / 2
    return ranks


def correlate_ranks(values: Floats) -> Floats:
    """Return Spearman's correlation between each two columns, over rows where both are defined.

    Parameters
    ----------
    values : (s, c) float64
        One measure a column, one source a row.

    Returns
    -------
    (c, c) float64
        In [-1, 1]; nan under three common rows, or where a column is constant over them.

    Notes
    -----
    Of few sources it takes few values: with five, one swap of neighbours costs .1.
    """
    c = values.shape[1]
    result = np.full((c, c), np.nan)
    for i in range(c):
        for j in range(i + 1):
            result[i, j] = result[j, i] = _correlate(values[:, i], values[:, j])
    return result


def _correlate(first: Floats, second: Floats) -> float:
    both = ~np.isnan(first) & ~np.isnan(second)
    if int(both.sum()) < FEWEST_SOURCES:
        return float("nan")
    ranks = rank_columns(np.column_stack([first[both], second[both]]))
    ranks -= ranks.mean(axis=0)
    scale = float(np.sqrt((ranks**2).sum(axis=0).prod()))
    return float(ranks[:, 0] @ ranks[:, 1] / scale) if scale > 0 else float("nan")
