"""Where the points of a map are drawn: turned to fill the frame, repeats fanned out.

A UMAP projection has no up and no right, so that turning it loses nothing.
"""

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

FRAME_ASPECT = 1.2
FAN_STEP = 0.008
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
