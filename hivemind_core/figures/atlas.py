"""The map of one query's answers, or of a category's."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from hivemind_core.figures.layout import Points, fan_out, measure_extent, turn_to_frame
from hivemind_core.figures.palette import (
    CLUSTERS_WITH_HUE,
    HUMAN_SYMBOL,
    Ground,
    Ink,
    fade,
    ink_cluster,
)

Coloring = Literal["source", "cluster"]

WEBGL_FROM = 4000
MAP_HEIGHT = 460
LEGEND_ROW = 22
LEGEND_ROWS = 5
HALOS = 3
HALO_RADIUS = 0.14  # a wider cluster is no compact group, and a circle around it would mislead
UNPICKED = 0.12


@dataclass(frozen=True)
class MapPoints:
    """Answers on a map, row by row.

    Attributes
    ----------
    ids, sources : tuple of str
        Response ids and the names of their sources.
    clusters : int array, shape (n,)
        -1 is noise.
    places : float array, shape (n, 2)
    """

    ids: tuple[str, ...]
    sources: tuple[str, ...]
    clusters: NDArray[np.int64]
    places: Points

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Halo:
    """A cluster that gets a circle, if it is compact, and what is written beside it."""

    cluster: int
    label: str


@dataclass(frozen=True)
class MapStyle:
    """How a map is drawn.

    Attributes
    ----------
    coloring : "source" or "cluster"
    inks : mapping of str to Ink
        By source, for the whole corpus.
    ground : Ground
    """

    coloring: Coloring
    inks: Mapping[str, Ink]
    ground: Ground


def draw_map(
    points: MapPoints,
    style: MapStyle,
    *,
    picked: Collection[str] = (),
    halos: Collection[Halo] = (),
) -> go.Figure:
    """Return the map as a figure: no axes, equal aspect, ids and no text in its data.

    Parameters
    ----------
    points : MapPoints
        None at all gives an empty frame.
    style : MapStyle
    picked : collection of str
        Response ids that stay strong while the others fade; none: all are strong.
    halos : collection of Halo
    """
    places = fan_out(turn_to_frame(points.places))
    figure = go.Figure()
    strengths = np.ones(len(points))
    if picked:
        chosen = set(picked)
        strengths = np.array([1.0 if x in chosen else UNPICKED for x in points.ids])
    kind = go.Scattergl if len(points) > WEBGL_FROM else go.Scatter
    for name, rows, inks in _split(points, style):
        figure.add_trace(_draw_trace(kind, points, places, (name, rows, inks), strengths[rows]))
    for halo in list(halos)[:HALOS]:
        _draw_halo(figure, places, points.clusters == halo.cluster, halo.label, style.ground)
    _lay_out(figure, places, style.coloring)
    return figure


def _split(
    points: MapPoints, style: MapStyle
) -> list[tuple[str, NDArray[np.int64], tuple[Ink, ...]]]:
    """Return what shares a legend entry: its name, its rows, and the ink of each row."""
    parts: list[tuple[str, NDArray[np.int64], tuple[Ink, ...]]] = []
    if style.coloring == "source":
        names = np.array(points.sources, dtype=object)
        present = [name for name in style.inks if np.any(names == name)]
        present.sort(key=lambda name: (style.inks[name].symbol == HUMAN_SYMBOL, name))
        for name in present:
            rows = np.flatnonzero(names == name)
            parts.append((name, rows, (style.inks[name],) * len(rows)))
        return parts
    hued = np.clip(points.clusters, -1, CLUSTERS_WITH_HUE)
    for cluster in sorted(set(hued.tolist()), key=lambda c: (c < 0, c)):
        rows = np.flatnonzero(hued == cluster)
        ink = ink_cluster(cluster, style.ground)
        inks = tuple(_keep_people(style.inks[points.sources[i]], ink) for i in rows)
        parts.append((_name_cluster(cluster), rows, inks))
    return parts


def _keep_people(source: Ink, cluster: Ink) -> Ink:
    """Return the cluster's ink, in the symbol of people where people wrote the answer."""
    return Ink(cluster.color, HUMAN_SYMBOL) if source.symbol == HUMAN_SYMBOL else cluster


def _name_cluster(cluster: int) -> str:
    if cluster < 0:
        return "in no cluster"
    return f"cluster {cluster + 1}" if cluster < CLUSTERS_WITH_HUE else "smaller clusters"


def _draw_trace(
    kind: type,
    points: MapPoints,
    places: Points,
    part: tuple[str, NDArray[np.int64], tuple[Ink, ...]],
    strengths: NDArray[np.float64],
) -> object:
    """Return the points of one legend entry."""
    name, rows, inks = part
    symbols = {ink.symbol for ink in inks}
    colors = {ink.color for ink in inks}
    size = 9 if len(points) <= 400 else 7 if len(points) <= 2500 else 5
    return kind(
        x=places[rows, 0].astype(np.float32),
        y=places[rows, 1].astype(np.float32),
        mode="markers",
        name=escape(name),
        customdata=[points.ids[i] for i in rows],
        hovertemplate="%{fullData.name}<br>%{customdata}<extra></extra>",
        marker={
            "size": size,
            "color": colors.pop() if len(colors) == 1 else [ink.color for ink in inks],
            "symbol": symbols.pop() if len(symbols) == 1 else [ink.symbol for ink in inks],
            "opacity": 0.9 if np.all(strengths == 1) else 0.9 * strengths,
            "line": {"width": 1.2 if any(i.symbol == HUMAN_SYMBOL for i in inks) else 0},
        },
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": UNPICKED}},
    )


def _draw_halo(
    figure: go.Figure, places: Points, members: NDArray[np.bool_], label: str, ground: Ground
) -> None:
    """Circle a compact cluster and say above it how many answers and models it holds."""
    if not members.any():
        return
    extent = measure_extent(places)
    centre = (places[members].max(axis=0) + places[members].min(axis=0)) / 2
    reach = float(np.linalg.norm(places[members] - centre, axis=1).max())
    if reach > HALO_RADIUS * extent:
        return
    radius = reach + 0.03 * extent
    (x, y), above = centre, centre[1] <= 0
    corners = {"x0": x - radius, "x1": x + radius, "y0": y - radius, "y1": y + radius}
    figure.add_shape(
        type="circle",
        layer="below",
        line={"color": fade(ground.accent, 0.55), "width": 1},
        fillcolor=fade(ground.accent, 0.07),
        **corners,
    )
    figure.add_annotation(
        x=x,
        y=y + radius if above else y - radius,
        text=escape(label),
        showarrow=False,
        yanchor="bottom" if above else "top",
        font={"size": 12, "color": ground.ink},
        bgcolor=fade(ground.paper, 0.8),
        borderpad=2,
    )


def _lay_out(figure: go.Figure, places: Points, coloring: Coloring) -> None:
    """Hide the axes, keep the aspect, fill the frame, put a quiet legend under it."""
    pad = 0.07 * measure_extent(places)
    rows = min(-(-len(figure.data) // 3), LEGEND_ROWS)
    below = 14 + LEGEND_ROW * rows
    figure.update_layout(
        height=MAP_HEIGHT + below,
        margin={"l": 0, "r": 0, "t": 8, "b": below},
        dragmode="lasso",
        hovermode="closest",
        legend={
            "orientation": "h",
            "x": 0,
            "y": -0.02,
            "yanchor": "top",
            "font": {"size": 12},
            "title": {"text": ""},
            "itemsizing": "constant",
            "tracegroupgap": 0,
            "maxheight": LEGEND_ROW * LEGEND_ROWS,
        },
        uirevision=coloring,
        modebar={"orientation": "v"},
    )
    hidden = {"visible": False, "showgrid": False, "zeroline": False}
    low, high = (places.min(axis=0), places.max(axis=0)) if len(places) else ([0, 0], [1, 1])
    figure.update_xaxes(range=[low[0] - pad, high[0] + pad], **hidden)
    figure.update_yaxes(
        range=[low[1] - pad, high[1] + pad], scaleanchor="x", scaleratio=1, **hidden
    )
