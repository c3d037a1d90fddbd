"""The answers behind a mean: those of two sources that are nearest to each other."""

import numpy as np

from hivemind_core.measures.arrays import Floats


def rank_closest(
    similarities: Floats, count: int, *, is_same: bool = False
) -> list[tuple[int, int, float]]:
    """Return the pairs of answers that are most alike, the most alike first.

    Parameters
    ----------
    similarities : (n, m) float64
        Of n answers and m others; compared to six digits.
    count : int
        Pairs at most.
    is_same : bool
        Whether both are the same answers: then each pair comes once, and none with itself.

    Returns
    -------
    list of (row, column, similarity)
        Ties in the order of rows; empty without pairs.

    Notes
    -----
    The closest of many pairs are close by selection: they show what a mean may rest on, and are
    no measure of it.
    """
    cosines = np.round(similarities, 6)
    if is_same:
        cosines[np.tril_indices(len(cosines))] = -np.inf
    order = np.argsort(-cosines, axis=None, kind="stable")[:count]
    rows, columns = np.unravel_index(order, cosines.shape)
    pairs = zip(rows.tolist(), columns.tolist(), cosines[rows, columns].tolist(), strict=True)
    return [(i, j, cosine) for i, j, cosine in pairs if np.isfinite(cosine)]
