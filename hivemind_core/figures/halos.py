"""Circles around groups that lie close together, and what they hold."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from hivemind_core.figures.layout import Points
from hivemind_core.figures.numbers import escape_label
from hivemind_core.figures.palette import Ground, fade

HALO_RADIUS = 0.14  # a wider group is not compact, and a circle around it would mislead


@dataclass(frozen=True)
class Halo:
    """Answers that get a circle, if they lie close together, and what is written beside it.

    Attributes
    ----------
    members : tuple of int
        Row numbers.
    label : str
        Plain text, untrusted.
    """

    members: tuple[int, ...]
    label: str


def find_circle(
    places: Points, rows: Collection[int], extent: float
) -> tuple[float, float, float] | None:
    """Return centre and radius of the circle around a compact group.

    None for a wide one, and where most answers in the circle are not of the group.
    """
    members = places[list(rows)]
    if len(members) == 0:
        return None
    centre = (members.max(axis=0) + members.min(axis=0)) / 2
    reach = float(np.linalg.norm(members - centre, axis=1).max())
    if reach > HALO_RADIUS * extent:
        return None
    inside = np.count_nonzero(np.linalg.norm(places - centre, axis=1) <= reach)
    if 2 * len(members) < inside:
        return None
    return float(centre[0]), float(centre[1]), reach + 0.03 * extent


def draw_halos(
    figure: go.Figure,
    halos: list[tuple[tuple[float, float, float], str]],
    pixel: float,
    ground: Ground,
) -> None:
    """Draw circles, and beside each, where there is room, what it holds.

    `pixel` is the width of a pixel on the map, where the map is small.
    """
    taken: list[tuple[float, float, float, float]] = []
    for (x, y, radius), label in halos:
        figure.add_shape(
            type="circle",
            layer="below",
            line={"color": fade(ground.accent, 0.55), "width": 1},
            fillcolor=fade(ground.accent, 0.07),
            x0=x - radius,
            x1=x + radius,
            y0=y - radius,
            y1=y + radius,
        )
        # Outside the circle, towards the middle of the map.
        left, top = x < 0, y > 0
        at = (x - radius if left else x + radius, y - radius if top else y + radius)
        width, height = (7 * len(label) + 4) * pixel, 20 * pixel
        start = at[0] if left else at[0] - width
        foot = at[1] - height if top else at[1]
        box = (start, foot, start + width, foot + height)
        if any(_overlap(box, other) for other in taken):
            continue
        taken.append(box)
        figure.add_annotation(
            x=at[0],
            y=at[1],
            text=escape_label(label),
            showarrow=False,
            xanchor="left" if left else "right",
            yanchor="top" if top else "bottom",
            font={"size": 12, "color": ground.ink},
            bgcolor=fade(ground.paper, 0.8),
            borderpad=2,
        )


def _overlap(
    box: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> bool:
    """Whether two boxes (left, foot, right, top) share a point."""
    return box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
