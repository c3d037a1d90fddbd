"""The map of one query's answers, or of a category's."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from hivemind_core.figures.coloring import Scale, choose_ticks
from hivemind_core.figures.density import count_density
from hivemind_core.figures.halos import Halo, draw_halos, find_circle
from hivemind_core.figures.layers import (
    Layer,
    MapPoints,
    MapStyle,
    cut_name,
    find_shown,
    split_layers,
)
from hivemind_core.figures.layout import Points, fan_out, measure_extent, turn_to_frame
from hivemind_core.figures.legend import NAME_WIDTH, add_colors, add_legend, make_bar
from hivemind_core.figures.numbers import escape_label
from hivemind_core.figures.palette import HUMAN_SYMBOL, Ground, fade, mix
from hivemind_core.figures.topics import Topic

WEBGL_FROM = 4000
SIZES = ((400, 9), (2500, 7), (10_000, 5), (25_000, 4))  # points up to that many, and their size
LEAST_SIZE = 3
AIR = 1.5  # pixels between a mark and a label
PAD = 0.05
FRAME = (345, 230)  # pixels of a map on a small screen: labels are placed for that
SPARE = 12  # pixels that labels may take above and below a map
HALOS = 3
UNPICKED = 0.12
PICKED_SIZE = 5


@dataclass(frozen=True, eq=False)
class LabelledMap:
    """What a map for print is drawn from.

    Attributes
    ----------
    points : MapPoints
    style : MapStyle
        On the light ground.
    labels : tuple of Topic
        What groups of points are about, the most important first: untrusted.
    """

    points: MapPoints
    style: MapStyle
    labels: tuple[Topic, ...]


def draw_map(
    points: MapPoints,
    style: MapStyle,
    *,
    picked: Collection[str] = (),
    halos: Collection[Halo] = (),
    is_turned: bool = True,
) -> go.Figure:
    """Return the map as a figure: no axes, equal aspect, row numbers as `customdata` and no text.

    Parameters
    ----------
    points : MapPoints
        None at all gives an empty frame.
    style : MapStyle
    picked : collection of str
        Response ids that stay strong while the others fade; none: all are strong.
    halos : collection of Halo
        The first few are drawn, and of these the compact ones. A label without a place where it
        covers nothing is left out.
    is_turned : bool
        Whether the map is turned to fill its frame. Not where points come one after the other:
        each would turn it anew.
    """
    # Counted and not seen one by one, repeats are one spot.
    turned = turn_to_frame(points.places) if is_turned else points.places
    places = turned if style.is_density else fan_out(turned)
    extent = measure_extent(places)
    chosen = set(picked)
    is_picked = np.fromiter((x in chosen for x in points.ids), dtype=bool, count=len(points))
    layers = split_layers(points, style)
    traces = [_draw_layer(layer, places, is_picked if chosen else None) for layer in layers]
    traces += [_draw_key(layer) for layer in layers if layer.has_key]
    if style.is_density:
        shown = places[find_shown(points, style)]
        traces.insert(0, _draw_density(shown, extent, style.ground, is_faint=bool(chosen)))
    figure = go.Figure(data=traces)
    low, high = _bound(places)
    circles = [(find_circle(places, h.members, extent), h) for h in list(halos)[:HALOS]]
    compact = [(circle, halo.label) for circle, halo in circles if circle is not None]
    for (x, y, radius), _ in compact:
        low = np.minimum(low, (x - radius, y - radius))
        high = np.maximum(high, (x + radius, y + radius))
    marks = np.column_stack([places, _measure_marks(layers, len(places))])
    corners = (low - PAD * extent, high + PAD * extent)
    _lay_out(figure, *_mark_groups(figure, compact, marks, corners, style.ground))
    if isinstance(style.paint, Scale):
        add_colors(figure, style.paint, style)
    has_bar = style.is_density or bool(figure.layout.coloraxis.showscale)
    add_legend(figure, [layer for layer in layers if layer.is_listed], has_bar=has_bar)
    return figure


def _draw_layer(layer: Layer, places: Points, is_picked: NDArray[np.bool_] | None) -> object:
    """Return one trace; with picked points, the others of it fade."""
    kind = go.Scattergl if len(places) > WEBGL_FROM else go.Scatter
    rows = layer.rows
    model = escape_label(cut_name(layer.model, NAME_WIDTH))
    look = _find_look(layer, len(places))
    # Alone on a density, a picked point has to be found.
    selected = {"opacity": 1} if layer.opacity else {"opacity": 1, "size": PICKED_SIZE}
    color: dict[str, object] = {"color": layer.ink.color}
    if layer.values is not None:
        color = {"color": layer.values.astype(np.float32), "coloraxis": "coloraxis"}
    return kind(
        x=places[rows, 0].astype(np.float32),
        y=places[rows, 1].astype(np.float32),
        mode="markers",
        name=escape_label(cut_name(layer.name, NAME_WIDTH)),
        legendgroup=layer.entry or model or None,
        legendgrouptitle={"text": model} if model else None,
        legendrank=layer.rank,
        showlegend=layer.is_listed and not layer.has_key,
        customdata=rows.astype(np.int32),
        text=layer.numbers,
        hovertemplate=f"{layer.hover}<extra></extra>",
        marker={"symbol": layer.ink.symbol, **look, **color},
        selectedpoints=None if is_picked is None else np.flatnonzero(is_picked[rows]).tolist(),
        selected={"marker": selected},
        unselected={"marker": {"opacity": min(UNPICKED, layer.opacity)}},
    )


def _draw_key(layer: Layer) -> object:
    """Return the legend entry of points of many colours, in the ink: Plotly's would be black."""
    return go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        name=escape_label(cut_name(layer.name, NAME_WIDTH)),
        legendgroup=layer.entry,
        legendrank=layer.rank,
        hoverinfo="skip",
        marker={"symbol": layer.ink.symbol, "color": layer.ink.color, "line": {"width": 1.2}},
    )


def _find_look(layer: Layer, count: int) -> dict[str, object]:
    """Return how large and how strong the points of a layer are drawn, on a map of that many."""
    size = next((size for most, size in SIZES if count <= most), LEAST_SIZE)
    if layer.ink.symbol == HUMAN_SYMBOL:
        # Open symbols of many people would close over what lies below.
        is_many = count > WEBGL_FROM
        opacity = min(layer.opacity, 0.5) if is_many else layer.opacity
        return {
            "size": size + is_many,
            "opacity": opacity,
            "line": {"width": 1 if is_many else 1.2},
        }
    if layer.ink.symbol == "circle-open":
        return {"size": max(size - 2, 3), "opacity": min(layer.opacity, 0.6), "line": {"width": 1}}
    return {"size": size, "opacity": layer.opacity, "line": {"width": 0}}


def _mark_groups(
    figure: go.Figure,
    compact: list[tuple[tuple[float, float, float], str]],
    marks: NDArray[np.float64],
    corners: tuple[Points, Points],
    ground: Ground,
) -> tuple[Points, Points]:
    """Draw circles and their labels, and return the corners of a map that holds those, too.

    Frames are wider than most maps: what is left beside a map is room for labels. Above and
    below it there is a little.
    """
    low, high = corners
    pixel = max((high - low) / FRAME)
    spare = np.array([max(FRAME[0] * pixel - (high - low)[0], 0), SPARE * pixel])
    marks = marks * (1, 1, pixel)
    boxes = draw_halos(figure, compact, marks, (*(low - spare), *(high + spare)), (pixel, ground))
    return np.vstack([low, boxes[:, :2]]).min(axis=0), np.vstack([high, boxes[:, 2:]]).max(axis=0)


def _measure_marks(layers: Collection[Layer], count: int) -> NDArray[np.float64]:
    """Return the radius of each point in pixels, with a little air; unseen points have it too."""
    radii = np.zeros(count)
    for layer in layers:
        radii[layer.rows] = float(str(_find_look(layer, count)["size"])) / 2 + AIR
    return radii


def _draw_density(places: Points, extent: float, ground: Ground, *, is_faint: bool) -> object:
    """Return the counts of places as a picture: logarithmic, and nothing where there is none."""
    density = count_density(places, extent)
    counts = density.counts
    logarithms = np.log10(np.where(counts > 0, counts, np.nan)).astype(np.float32)
    most = max(float(np.log10(max(counts.max(), 1))), 1.0)
    ticks = choose_ticks(0, most, is_log=True)
    return go.Heatmap(
        z=logarithms,
        x0=density.corner[0],
        dx=density.step,
        y0=density.corner[1],
        dy=density.step,
        hoverinfo="skip",
        name="density",
        colorscale=[
            [0, fade(ground.accent, 0.2)],
            [0.7, fade(ground.accent, 1)],
            [1, mix(ground.accent, ground.ink, 0.6)],
        ],
        zmin=0,
        zmax=most,
        opacity=0.35 if is_faint else 1,
        colorbar=make_bar("answers", ticks, ground),
    )


def _bound(places: Points) -> tuple[Points, Points]:
    """Return the corners of the box around the places; the unit square around none."""
    if len(places) == 0:
        return np.zeros(2), np.ones(2)
    return places.min(axis=0), places.max(axis=0)


def _lay_out(figure: go.Figure, low: Points, high: Points) -> None:
    """Hide the axes, keep the aspect, fill the frame."""
    figure.update_layout(
        dragmode="pan",  # with "lasso" or "select", Streamlit gives up clicks on single points
        clickmode="event+select",
        hovermode="closest",
        modebar={"orientation": "v"},
    )
    # Fixed ranges: with Plotly's default they would grow, never shrink, when a window is resized.
    hidden = {"visible": False, "constrain": "domain"}
    figure.update_xaxes(range=[low[0], high[0]], **hidden)
    figure.update_yaxes(range=[low[1], high[1]], scaleanchor="x", scaleratio=1, **hidden)
