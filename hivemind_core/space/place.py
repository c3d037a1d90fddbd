"""New answers on a map that is there already, without moving what lies on it."""

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS = 15
SHARPNESS = 50.0
"""Weight of a cosine: a neighbour that is .05 nearer weighs twelve times as much."""
FEWEST_AXES = 3
"""Rows from which on axes say something."""


def place_rows(
    vectors: NDArray[np.float32], anchors: NDArray[np.float32], points: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Return where new rows lie on a map whose rows stay where they are.

    point = sum of w_i p_i, w = softmax(50 cosine) over the 15 nearest rows of the map.

    Parameters
    ----------
    vectors : (m, d) float32
        Unit rows to be placed; m may be 0, whatever d is then.
    anchors : (n, d) float32
        Unit rows of the map.
    points : (n, 2) float
        Where they lie.

    Returns
    -------
    (m, 2) float32
        In the hull of the neighbours' points; nan for a map without rows.

    Notes
    -----
    A new answer that is like none of the map lies between its neighbours all the same: the map
    has no place for what it has not seen, and new answers never lie outside of it.
    """
    if len(anchors) == 0 or len(vectors) == 0:
        return np.full((len(vectors), 2), np.nan, np.float32)
    count = min(NEIGHBOURS, len(anchors))
    cosines = np.clip(vectors @ anchors.T, -1, 1)
    near = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
    found = np.take_along_axis(cosines, near, axis=1).astype(np.float64)
    weights = np.exp(SHARPNESS * (found - found.max(axis=1, keepdims=True)))
    weights /= weights.sum(axis=1, keepdims=True)
    placed = np.einsum("ij,ijk->ik", weights, np.asarray(points, np.float64)[near])
    return np.asarray(placed, np.float32)


def lay_out_arrivals(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return where answers lie that come one after the other, on a map of their own.

    The axes are the principal components of the first 3, 6, 12, 24, … rows; each new pair of axes
    is turned onto the one before. Between two such numbers no point moves when another comes.

    Parameters
    ----------
    vectors : (n, d) float32
        Unit rows in the order in which they came; n may be 0, d is at least 2 from three rows on.

    Returns
    -------
    (n, 2) float32
        The first two lie where the axes of three rows would put them, or on a line before that.

    Notes
    -----
    A linear picture: clusters overlap on it that UMAP would take apart.
    """
    from hivemind_core.space.project import project_principal

    n = len(vectors)
    if n < FEWEST_AXES:
        return project_principal(vectors)
    known = FEWEST_AXES
    axes, middle = _find_plane(vectors[:known])
    while 2 * known <= n:
        known *= 2
        newer, newer_middle = _find_plane(vectors[:known])
        rows = vectors[: known // 2]
        turn = _turn_onto((rows - newer_middle) @ newer, (rows - middle) @ axes)
        axes, middle = newer @ turn, newer_middle
    return np.asarray((vectors - middle) @ axes, np.float32)


def _find_plane(
    rows: NDArray[np.float32],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the plane through rows that shows most of them: axes (d, 2), and their middle."""
    middle = rows.mean(axis=0, dtype=np.float64)
    _, _, right = np.linalg.svd(rows - middle, full_matrices=False)
    return right[:2].T, middle


def _turn_onto(points: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the turn or reflection that brings points nearest to others (Procrustes), (2, 2)."""
    left, _, right = np.linalg.svd(points.T @ wanted)
    return np.asarray(left @ right)
