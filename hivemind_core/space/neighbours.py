"""Exact nearest neighbours by cosine."""

import numpy as np
from numpy.typing import NDArray

BLOCK = 1024


def find_neighbours(
    vectors: NDArray[np.float32], count: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return each row's nearest rows, itself first.

    Parameters
    ----------
    vectors : (n, d) float32
        Unit rows.
    count : int
        Neighbours a row, itself included; 1 <= count <= n.

    Returns
    -------
    indices : (n, count) int32
    distances : (n, count) float32
        One minus cosine, in [0, 2], ascending.

    Raises
    ------
    ValueError
        If count is not between 1 and n.
    """
    n = len(vectors)
    if not 1 <= count <= n:
        raise ValueError(f"expected 1 <= count <= {n} rows, got {count}")
    indices = np.empty((n, count), np.int32)
    distances = np.empty((n, count), np.float32)
    for start in range(0, n, BLOCK):
        block = slice(start, min(start + BLOCK, n))
        indices[block], distances[block] = _find_in_block(vectors, block, count)
    return indices, distances


def _find_in_block(
    vectors: NDArray[np.float32], block: slice, count: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    cosines = vectors[block] @ vectors.T
    rows = np.arange(len(cosines))
    cosines[rows, rows + block.start] = np.inf  # itself first, before verbatim repeats
    near = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
    values = np.take_along_axis(cosines, near, axis=1)
    order = np.lexsort((near, -values), axis=1)
    near = np.take_along_axis(near, order, axis=1)
    distances = 1 - np.take_along_axis(values, order, axis=1)
    distances[:, 0] = 0
    return near.astype(np.int32), np.clip(distances, 0, 2)


def find_nearest(
    vectors: NDArray[np.float32], row: int, count: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the rows nearest to one, itself first.

    Parameters
    ----------
    vectors : (n, d) float32
        Unit rows.
    row : int
    count : int
        Rows to return; n where there are fewer.

    Returns
    -------
    rows : (min(count, n),) int64
        By falling cosine, compared to six digits, so that verbatim repeats tie; of equals, the
        first row.
    cosines : (min(count, n),) float64
    """
    # Summed row by row alike, so that equal rows give equal numbers; a matrix product may not.
    cosines = np.clip(np.einsum("ij,j->i", vectors, vectors[row], dtype=np.float64), -1, 1)
    keys = np.round(cosines, 6)
    keys[row] = np.inf
    order = np.lexsort((np.arange(len(keys)), -keys))[:count]
    return order, cosines[order]
