"""The answers behind a mean: those of two sources that are nearest to each other."""

import numpy as np
from numpy.typing import NDArray


def find_closest(
    first: NDArray[np.float32], second: NDArray[np.float32], count: int, *, is_same: bool = False
) -> list[tuple[int, int, float]]:
    """Return the pairs of rows with the highest cosines, highest first.

    Parameters
    ----------
    first, second : (n, d), (m, d) float32
        Unit rows.
    count : int
        Pairs at most.
    is_same : bool
        Whether both are the same rows: then each pair comes once, and none with itself.

    Returns
    -------
    list of (row of first, row of second, cosine)
        Ties in the order of rows; empty without pairs.
    """
    cosines = np.round(first.astype(np.float64) @ second.astype(np.float64).T, 6)
    if is_same:
        cosines[np.tril_indices(len(first))] = -np.inf
    order = np.argsort(-cosines, axis=None, kind="stable")[:count]
    rows, columns = np.unravel_index(order, cosines.shape)
    pairs = zip(rows.tolist(), columns.tolist(), cosines[rows, columns].tolist(), strict=True)
    return [(i, j, cosine) for i, j, cosine in pairs if np.isfinite(cosine)]
