"""The map of one query's answers, or of a category's."""

from collections import Counter
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
PAD = 0.05
LEGEND_ROW = 20
LEGEND_WIDTH = 450  # of the map on a small screen
LEGEND_ROWS = 6
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
    chosen = set(picked)
    kind = go.Scattergl if len(points) > WEBGL_FROM else go.Scatter
    for name, rows, inks in _split(points, style):
        figure.add_trace(_draw_trace(kind, points, places, (name, rows, inks), chosen))
    extent = measure_extent(places)
    low, high = _bound(places)
    for halo in list(halos)[:HALOS]:
        circle = _find_circle(places[points.clusters == halo.cluster], extent)
        if circle is not None:
            x, y, radius = circle
            low = np.minimum(low, (x - radius, y - radius))
            high = np.maximum(high, (x + radius, y + radius))
            _draw_halo(figure, circle, halo.label, style.ground)
    _lay_out(figure, low - PAD * extent, high + PAD * extent, _group_legend(figure))
    return figure


def _group_legend(figure: go.Figure) -> int:
    """Set strategies under their model where every model has several; return the legend's rows."""
    parts = [trace.name.partition(" · ") for trace in figure.data]
    sizes = Counter(model for model, _, strategy in parts if strategy)
    if len(sizes) > 1 and len(parts) == sum(sizes.values()) and min(sizes.values()) > 1:
        for trace, (model, _, strategy) in zip(figure.data, parts, strict=True):
            trace.update(name=strategy, legendgroup=model, legendgrouptitle={"text": model})
        return max(sizes.values()) + 1
    longest = max((len(trace.name) for trace in figure.data), default=0)
    columns = max(1, LEGEND_WIDTH // (6 * longest + 45))
    return -(-len(parts) // columns)


def _bound(places: Points) -> tuple[Points, Points]:
    """Return the corners of the box around the places; the unit square around none."""
    if len(places) == 0:
        return np.zeros(2), np.ones(2)
    return places.min(axis=0), places.max(axis=0)


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
    chosen: set[str],
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
        hovertemplate=f"{escape(name)}<br>%{{customdata}}<extra></extra>",
        marker={
            "size": size,
            "color": colors.pop() if len(colors) == 1 else [ink.color for ink in inks],
            "symbol": symbols.pop() if len(symbols) == 1 else [ink.symbol for ink in inks],
            "opacity": 0.9,
            "line": {"width": 1.2 if any(i.symbol == HUMAN_SYMBOL for i in inks) else 0},
        },
        selectedpoints=[k for k, i in enumerate(rows) if points.ids[i] in chosen]
        if chosen
        else None,
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": UNPICKED}},
    )


def _find_circle(members: Points, extent: float) -> tuple[float, float, float] | None:
    """Return centre and radius of the circle around a compact cluster; None for a wide one."""
    if len(members) == 0:
        return None
    centre = (members.max(axis=0) + members.min(axis=0)) / 2
    reach = float(np.linalg.norm(members - centre, axis=1).max())
    if reach > HALO_RADIUS * extent:
        return None
    return float(centre[0]), float(centre[1]), reach + 0.03 * extent


def _draw_halo(
    figure: go.Figure, circle: tuple[float, float, float], label: str, ground: Ground
) -> None:
    """Draw a circle and say outside it, towards the middle, what it holds."""
    x, y, radius = circle
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
    figure.add_annotation(
        x=x + np.sign(x) * radius,
        y=y - radius if y > 0 else y + radius,
        text=escape(label),
        showarrow=False,
        xanchor="left" if x < 0 else "right",
        yanchor="top" if y > 0 else "bottom",
        font={"size": 12, "color": ground.ink},
        bgcolor=fade(ground.paper, 0.8),
        borderpad=2,
    )


def _lay_out(figure: go.Figure, low: Points, high: Points, rows: int) -> None:
    """Hide the axes, keep the aspect, fill the frame, put a quiet legend under it."""
    shown = min(rows, LEGEND_ROWS)
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 8, "b": 14 + LEGEND_ROW * shown},
        dragmode="pan",  # with "lasso" or "select", Streamlit gives up clicks on single points
        clickmode="event+select",
        hovermode="closest",
        legend={
            "orientation": "h",
            "x": 0,
            "y": -0.02,
            "yanchor": "top",
            "font": {"size": 11},
            "title": {"text": ""},
            "itemsizing": "constant",
            "tracegroupgap": 4,
            "grouptitlefont": {"size": 11},
            "maxheight": LEGEND_ROW * LEGEND_ROWS,
        },
        modebar={"orientation": "v"},
    )
    # Fixed ranges: with Plotly's default they would grow, never shrink, when a window is resized.
    hidden = {"visible": False, "constrain": "domain"}
    figure.update_xaxes(range=[low[0], high[0]], **hidden)
    figure.update_yaxes(range=[low[1], high[1]], scaleanchor="x", scaleratio=1, **hidden)
