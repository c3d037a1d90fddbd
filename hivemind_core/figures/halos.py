"""Circles around groups that lie close together, and what they hold."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from hivemind_core.figures.layout import Points
from hivemind_core.figures.numbers import escape_label
from hivemind_core.figures.palette import Ground, fade
from hivemind_core.figures.placement import Boxes, Circles, Room, Spot, Tag, place_tags

HALO_RADIUS = 0.14  # a wider group is not compact, and a circle around it would mislead
LETTER_WIDTH, LINE_HEIGHT = 7, 16  # pixels of letters of 12
REACHES = (2, 10, 22, 40, 64, 96)  # pixels from a circle to its label: beyond the first, a line


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
    marks: Circles,
    frame: tuple[float, float, float, float],
    sheet: tuple[float, Ground],
) -> Boxes:
    """Draw circles, and beside each what it holds, where there is a place that hides nothing.

    Parameters
    ----------
    figure : plotly Figure
    halos : list of ((float, float, float), str)
        Centre and radius of each circle, and its label, which is untrusted.
    marks : float array, shape (n, 3)
        Centres and radii of what is drawn on the map.
    frame : tuple of float
        Left, foot, right and top of what the map shows.
    sheet : (float, Ground)
        The width of a pixel on the map, where the map is small, and what it is drawn on.

    Returns
    -------
    float array, shape (k, 4)
        Left, foot, right and top of the labels that have a place.
    """
    pixel, ground = sheet
    for (x, y, radius), _ in halos:
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
    circles = np.array([circle for circle, _ in halos]).reshape(-1, 3)
    forms = [_list_forms(label) for _, label in halos]
    tags = [
        Tag(circle[None], tuple(_measure_label(lines, pixel) for lines in told))
        for circle, told in zip(circles, forms, strict=True)
    ]
    reaches = [reach * pixel for reach in REACHES]
    spots = place_tags(tags, Room(frame, np.vstack([marks, circles]), circles), reaches)
    for told, circle, spot in zip(forms, circles, spots, strict=True):
        if spot is not None:
            has_line = spot.distance > reaches[0] * 1.01
            _write_label(figure, told[spot.form], (spot, circle[:2]), ground, has_line=has_line)
    return np.array([spot.box for spot in spots if spot is not None]).reshape(-1, 4)


def _list_forms(label: str) -> list[list[str]]:
    """Return a label in one line and, where it has two parts, in two."""
    parts = re.split(r" · |, ", label, maxsplit=1)
    return [[label], parts] if len(parts) > 1 else [[label]]


def _measure_label(lines: list[str], pixel: float) -> tuple[float, float]:
    width = LETTER_WIDTH * max(map(len, lines)) + 4
    return width * pixel, (LINE_HEIGHT * len(lines) + 2) * pixel


def _write_label(
    figure: go.Figure, lines: list[str], at: tuple[Spot, Points], ground: Ground, *, has_line: bool
) -> None:
    """Write a label so that, where the map is larger, it stays in its spot and near its group."""
    spot, middle = at
    left, foot, right, top = spot.box
    x, xanchor = _anchor(left, right, float(middle[0]), ("left", "center", "right"))
    y, yanchor = _anchor(foot, top, float(middle[1]), ("bottom", "middle", "top"))
    look: dict[str, object] = {"x": x, "y": y, "showarrow": False}
    if has_line:
        look = {"x": spot.tip[0], "y": spot.tip[1], "ax": x, "ay": y, "axref": "x", "ayref": "y"}
        look |= {"arrowhead": 0, "arrowwidth": 1, "arrowcolor": ground.muted}
    figure.add_annotation(
        text="<br>".join(map(escape_label, lines)),
        xanchor=xanchor,
        yanchor=yanchor,
        align=xanchor,
        font={"size": 12, "color": ground.ink},
        borderpad=0,
        **look,
    )


def _anchor(low: float, high: float, towards: float, names: Sequence[str]) -> tuple[float, str]:
    """Return which part of a span is held, and its name: the end that is nearest, or the middle."""
    aside = ((low + high) / 2 - towards) / ((high - low) / 2)
    if abs(aside) < 1 / 3:
        return (low + high) / 2, names[1]
    return (low, names[0]) if aside > 0 else (high, names[2])
