"""Where queries lie: a map of points, coloured by category."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from hivemind_core.figures.layers import cut_name
from hivemind_core.figures.numbers import count, escape_label
from hivemind_core.figures.palette import Ground
from hivemind_core.figures.taxonomy import NAME_WIDTH, find_hues
from hivemind_core.measures.arrays import Integers

POINT, MARKED = 3.5, 4.5  # pixels


@dataclass(frozen=True, eq=False)
class QueryPoints:
    """Where queries lie, and what each is coloured by.

    Attributes
    ----------
    places : (n, 2) float32
    groups : (n,) int64
        Place in `names`.
    names : tuple of str
        Untrusted.
    rows : (n,) int64
        What a query is told by when its point is picked.
    """

    places: NDArray[np.float32]
    groups: Integers
    names: tuple[str, ...]
    rows: Integers


def draw_query_map(
    points: QueryPoints, marked: NDArray[np.bool_] | None, ground: Ground
) -> go.Figure:
    """Return the queries as points, coloured by category; those marked stand out, if some are.

    Nothing but places and row numbers is sent, so that 26,070 queries stay under a megabyte.
    """
    figure = go.Figure()
    if marked is None:
        hues = find_hues(points.names, ground)
        sizes = np.bincount(points.groups, minlength=len(points.names))
        for group in sorted(range(len(points.names)), key=lambda g: -sizes[g]):
            of_it = points.groups == group
            if of_it.any():
                name = points.names[group]
                figure.add_trace(_make_points(points, of_it, hues[name], POINT, name))
    else:
        figure.add_trace(_make_points(points, ~marked, ground.line, POINT, "the others"))
        figure.add_trace(_make_points(points, marked, ground.accent, MARKED, "chosen"))
    side = {"visible": False, "fixedrange": False}
    figure.update_layout(
        height=560,
        margin={"l": 0, "r": 0, "t": 4, "b": 0},
        dragmode="lasso",
        hovermode=False,
        clickmode="event+select",
        showlegend=marked is None,
        legend={
            "orientation": "h",
            "y": -0.02,
            "yanchor": "top",
            "x": 0,
            "font": {"size": 12, "color": ground.ink},
            "itemsizing": "constant",
            "itemclick": "toggle",
        },
        xaxis=side,
        yaxis=side | {"scaleanchor": "x"},
    )
    return figure


def _make_points(
    points: QueryPoints, chosen: NDArray[np.bool_], color: str, size: float, name: str
) -> go.Scattergl:
    options: dict[str, Any] = {"size": size, "color": color, "opacity": 0.75}
    return go.Scattergl(
        x=points.places[chosen, 0],
        y=points.places[chosen, 1],
        mode="markers",
        marker=options,
        customdata=points.rows[chosen].tolist(),
        name=escape_label(cut_name(name, NAME_WIDTH)),
        unselected={"marker": {"opacity": 0.15}},
    )


def describe_query_map(points: QueryPoints, marked: NDArray[np.bool_] | None) -> str:
    """Return what the map shows, in a sentence."""
    total = count(len(points.rows), "query")
    if marked is None:
        return f"{total} by what they ask, coloured by category."
    return f"{int(marked.sum()):,} of {total} stand out: what is chosen at the side."
