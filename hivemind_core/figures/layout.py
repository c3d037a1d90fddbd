"""Where the points of a map are drawn: turned to fill the frame, gaps closed, repeats fanned out.

A UMAP projection has no up and no right, so that turning it loses nothing.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

Points = NDArray[np.float64]

FRAME_ASPECT = 1.2
FAN_STEP = 0.008
GAP = 0.1  # of the extent: a wider one says no more
ROUNDS = 3
CELLS = 60  # along the larger side, to find what lies apart
GOLDEN_ANGLE = 2.399963229728653


def turn_to_frame(places: Points, aspect: float = FRAME_ASPECT) -> Points:
    """Return places turned so that they fill a frame of that aspect best.

    Parameters
    ----------
    places : float array, shape (n, 2)
    aspect : float
        Width of the frame over its height.

    Returns
    -------
    float array, shape (n, 2)
        Centred on the middle of its extent; distances are as they were.
    """
    if len(places) == 0:
        return places
    centred = places - places.mean(axis=0)
    angles = np.arange(0, np.pi, np.pi / 36)
    turned = [_rotate(centred, angle) for angle in angles]
    needed = [max(np.ptp(each[:, 0]) / aspect, np.ptp(each[:, 1])) for each in turned]
    best = turned[int(np.argmin(np.round(needed, 9)))]
    return best - (best.max(axis=0) + best.min(axis=0)) / 2


def _rotate(places: Points, angle: float) -> Points:
    sine, cosine = np.sin(angle), np.cos(angle)
    return places @ np.array([[cosine, sine], [-sine, cosine]])


def measure_extent(places: Points) -> float:
    """Return the larger side of the box around the places; 1 where they coincide or are none."""
    if len(places) == 0:
        return 1.0
    return float(np.ptp(places, axis=0).max()) or 1.0


def fan_out(places: Points) -> Points:
    """Return places with coinciding ones moved apart in a small spiral, so that each is seen.

    The first of them, in row order, stays where it is.
    """
    if len(places) == 0:
        return places
    step = FAN_STEP * measure_extent(places)
    _, group = np.unique(np.round(places / step, 3), axis=0, return_inverse=True)
    order = np.argsort(group, kind="stable")
    sizes = np.bincount(group)
    rank = np.empty(len(places))
    rank[order] = np.arange(len(places)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    radius, angle = step * np.sqrt(rank), GOLDEN_ANGLE * rank
    return places + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def close_gaps(places: Points) -> Points:
    """Return places of a UMAP map with wide empty gaps narrowed, so that the rest can be seen.

    Distances inside what lies together stay as they were. How far apart such islands lie says
    nothing on a UMAP map, so that nothing is lost; on a map of another kind it would be.

    Parameters
    ----------
    places : float array, shape (n, 2)

    Returns
    -------
    float array, shape (n, 2)
        No island is farther from the others than about a tenth of the extent.
    """
    for _ in range(ROUNDS):  # where islands are small, a tenth of the former extent is still wide
        places = _close_once(places)
    return places


def _close_once(places: Points) -> Points:
    extent = measure_extent(places)
    cells, of_place = np.unique(
        np.floor(places * CELLS / extent).astype(np.int64), axis=0, return_inverse=True
    )
    if len(cells) < 2:
        return places
    shifts = _join_islands(cells.astype(np.float64), GAP * CELLS)
    return places + shifts[of_place.ravel()] * extent / CELLS


def _join_islands(cells: Points, gap: float) -> Points:
    """Return how far each cell moves; the two islands that are nearest join first."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial import cKDTree

    moved = cells.copy()
    island = fcluster(linkage(cells, "single"), gap, "distance")
    while len(names := np.unique(island)) > 1:
        trees = [cKDTree(moved[island == name]) for name in names]
        distance, first, second = min(
            (_measure_gap(trees[i], trees[j]), i, j)
            for i in range(len(names))
            for j in range(i + 1, len(names))
        )
        if trees[first].n < trees[second].n:
            first, second = second, first
        near = trees[second].data[int(np.argmin(trees[first].query(trees[second].data)[0]))]
        towards = trees[first].data[int(trees[first].query(near)[1])] - near
        members = island == names[second]
        moved[members] += towards * max(1 - gap / distance, 0)
        island[members] = names[first]
    return moved - cells


def _measure_gap(first: "cKDTree", second: "cKDTree") -> float:
    return float(first.query(second.data)[0].min())
