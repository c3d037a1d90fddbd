"""The map of one query's answers, or of a category's."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from html import escape

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from hivemind_core.figures.coloring import (
    PEOPLE,
    Paint,
    Scale,
    bound_values,
    choose_ticks,
    count_decimals,
    place_values,
)
from hivemind_core.figures.density import count_density
from hivemind_core.figures.layout import Points, fan_out, measure_extent, turn_to_frame
from hivemind_core.figures.palette import HUMAN_SYMBOL, Ground, Ink, fade, mix

Rows = NDArray[np.int64]

WEBGL_FROM = 4000
SIZES = ((400, 9), (2500, 7), (10_000, 5), (25_000, 4))  # points up to that many, and their size
LEAST_SIZE = 3
PICKED_SIZE = 5
PAD = 0.05
FRAME_WIDTH = 560  # pixels of a map on a small screen
LEGEND_ROW = 20
LEGEND_WIDTH = 450
LEGEND_ROWS = 6
NAME_WIDTH = 32
HOVER_WIDTH = 90
BAR_HEIGHT = 44
HALOS = 3
HALO_RADIUS = 0.14  # a wider group is not compact, and a circle around it would mislead
STRONG = 0.9
UNPICKED = 0.12
REST = 0.22
THE_REST = "the rest"


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


@dataclass(frozen=True)
class MapStyle:
    """How a map is drawn.

    Attributes
    ----------
    paint : Paint or Scale
        What the points are coloured by, as many as there are points.
    ground : Ground
    people : frozenset of str
        Sources that are people: open diamonds whatever the colouring.
    shown : frozenset of str
        Sources shown alone, against a faint rest; none: all are shown.
    is_density : bool
        Whether the points are counted in cells instead of drawn one by one. People and picked
        answers are drawn as points all the same, and every point can be selected.
    """

    paint: Paint | Scale
    ground: Ground
    people: frozenset[str] = frozenset()
    shown: frozenset[str] = frozenset()
    is_density: bool = False


@dataclass(frozen=True)
class _Layer:
    """The points of one trace.

    Attributes
    ----------
    rows : int array
    name : str
        The legend entry: plain text, untrusted.
    hover : str
        A template of Plotly's.
    ink : Ink
    values : float array or None
        Where the points lie along the colours of the map, in place of the ink's colour.
    numbers : float array or None
        What the hover shows of each point.
    rank : int
        Place in the legend.
    entry : str
        Layers that share it have one entry in the legend; empty: an entry of its own.
    model : str
        What the legend sets it under, beside others of the same; untrusted.
    is_listed : bool
        Whether it is the one of them that the legend shows.
    opacity : float
        Of points that are neither picked nor faded; 0 is drawn only once it is selected.
    """

    rows: Rows
    name: str
    hover: str
    ink: Ink
    values: NDArray[np.float64] | None = None
    numbers: NDArray[np.float64] | None = None
    rank: int = 0
    entry: str = ""
    model: str = ""
    is_listed: bool = True
    opacity: float = STRONG

    @property
    def has_key(self) -> bool:
        """Whether its legend entry is a trace of its own."""
        return self.is_listed and self.values is not None


def draw_map(
    points: MapPoints,
    style: MapStyle,
    *,
    picked: Collection[str] = (),
    halos: Collection[Halo] = (),
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
        The first few are drawn, and of these the compact ones. A label that would cover another
        is left out.
    """
    # Counted and not seen one by one, repeats are one spot.
    turned = turn_to_frame(points.places)
    places = turned if style.is_density else fan_out(turned)
    extent = measure_extent(places)
    chosen = set(picked)
    is_picked = np.fromiter((x in chosen for x in points.ids), dtype=bool, count=len(points))
    layers = _split(points, style)
    traces = [_draw_layer(layer, places, is_picked if chosen else None) for layer in layers]
    traces += [_draw_key(layer) for layer in layers if layer.has_key]
    if style.is_density:
        shown = places[_find_shown(points, style)]
        traces.insert(0, _draw_density(shown, extent, style.ground, is_faint=bool(chosen)))
    figure = go.Figure(data=traces)
    low, high = _bound(places)
    circles = [(_find_circle(places[list(h.members)], extent), h) for h in list(halos)[:HALOS]]
    compact = [(circle, halo.label) for circle, halo in circles if circle is not None]
    for (x, y, radius), _ in compact:
        low = np.minimum(low, (x - radius, y - radius))
        high = np.maximum(high, (x + radius, y + radius))
    low, high = low - PAD * extent, high + PAD * extent
    _draw_halos(figure, compact, max(high - low) / FRAME_WIDTH, style.ground)
    _lay_out(figure, low, high)
    if isinstance(style.paint, Scale):
        _add_colors(figure, style.paint, style)
    has_bar = style.is_density or bool(figure.layout.coloraxis.showscale)
    _add_legend(figure, [layer for layer in layers if layer.is_listed], has_bar=has_bar)
    return figure


def _find_sources(points: MapPoints, names: frozenset[str]) -> NDArray[np.bool_]:
    """Return which points are by these sources."""
    return np.fromiter((s in names for s in points.sources), dtype=bool, count=len(points))


def _find_shown(points: MapPoints, style: MapStyle) -> NDArray[np.bool_]:
    """Return which points are not of the rest."""
    every = np.ones(len(points), dtype=bool)
    return _find_sources(points, style.shown) if style.shown else every


def _split(points: MapPoints, style: MapStyle) -> list[_Layer]:
    """Return the layers of a map, the lowest first: every row is in exactly one."""
    people = _find_sources(points, style.people)
    shown = _find_shown(points, style)
    if isinstance(style.paint, Scale):
        layers = _split_scale(style.paint, shown, people, style.ground)
    else:
        layers = _split_paint(style.paint, shown, people, style.ground)
        layers = _set_under_models([layer for layer in layers if len(layer.rows)])
    if style.is_density:
        layers = [_lay_under(layer) for layer in layers]
    rest = _split_rest(~shown, people, style)
    return _list_once([layer for layer in (*rest, *layers) if len(layer.rows)])


def _lay_under(layer: _Layer) -> _Layer:
    """Return a layer as a density has it: unseen till selected, but for people, who are neutral."""
    if layer.ink.symbol == HUMAN_SYMBOL:
        return replace(layer, values=None)
    return replace(layer, opacity=0, is_listed=False)


def _split_rest(
    rest: NDArray[np.bool_], people: NDArray[np.bool_], style: MapStyle
) -> list[_Layer]:
    """Return what is not shown: faint, of one colour, people with their symbol."""
    faint = _Layer(
        np.flatnonzero(rest & ~people),
        THE_REST,
        _write_hover(THE_REST),
        Ink(style.ground.muted),
        rank=10_001,
        entry=THE_REST,
        is_listed=not style.is_density,
        opacity=0 if style.is_density else REST,
    )
    ink = Ink(style.ground.muted, HUMAN_SYMBOL)
    hover = _write_hover(f"{THE_REST} · {PEOPLE}")
    others = replace(faint, rows=np.flatnonzero(rest & people), hover=hover, ink=ink)
    return [faint, replace(others, opacity=REST)]


def _split_paint(
    paint: Paint, shown: NDArray[np.bool_], people: NDArray[np.bool_], ground: Ground
) -> list[_Layer]:
    """Return a layer a category, the largest lowest, and people on top."""
    layers, diamonds = [], []
    for code, (name, ink) in enumerate(zip(paint.names, paint.inks, strict=True)):
        rows = np.flatnonzero(shown & (paint.codes == code))
        if ink.symbol == HUMAN_SYMBOL:
            diamonds.append(_Layer(rows, name, _write_hover(name), ink, rank=code))
            continue
        by_people = people[rows]
        layers.append(_Layer(rows[~by_people], name, _write_hover(name), ink, rank=code))
        hover = _write_hover(f"{PEOPLE} · {name}")
        human = Ink(ground.muted, HUMAN_SYMBOL)
        diamonds.append(_Layer(rows[by_people], PEOPLE, hover, human, rank=10_000, entry=PEOPLE))
    return [*sorted(layers, key=lambda layer: -len(layer.rows)), *diamonds]


def _split_scale(
    scale: Scale, shown: NDArray[np.bool_], people: NDArray[np.bool_], ground: Ground
) -> list[_Layer]:
    """Return those without a value, those with one, and both of people on top."""
    places = place_values(scale)
    known = np.isfinite(places)
    template = _write_value_hover(scale)
    layers = []
    for human in (False, True):
        chosen = shown & (people == human)
        missing = f"{PEOPLE}, {scale.missing}" if human else scale.missing
        ink = Ink(ground.muted, HUMAN_SYMBOL if human else "circle-open")
        rows = np.flatnonzero(chosen & ~known)
        layers.append(_Layer(rows, missing, _write_hover(missing), ink, rank=9_000 + human))
        rows = np.flatnonzero(chosen & known)
        layers.append(
            _Layer(
                rows,
                PEOPLE if human else scale.title,
                f"{PEOPLE} · {template}" if human else template,
                Ink(ground.muted, HUMAN_SYMBOL if human else "circle"),
                places[rows],
                scale.values[rows],
                rank=8_000,
                entry=PEOPLE if human else "",
                is_listed=human,
            )
        )
    return layers


def _write_value_hover(scale: Scale) -> str:
    """Return a template that says a point's number: "1,234 characters", "quality: 0.78"."""
    title = _write_hover(scale.title)
    if scale.is_log:
        return f"%{{text:,.0f}} {title}"
    low, high = bound_values(place_values(scale))
    return f"{title}: %{{text:,.{count_decimals(high - low)}~f}}"


def _list_once(layers: Iterable[_Layer]) -> list[_Layer]:
    """Return the layers with the first of those that share an entry listed, the others not."""
    seen: set[str] = set()
    listed = []
    for layer in layers:
        listed.append(replace(layer, is_listed=layer.is_listed and layer.entry not in seen))
        if layer.entry:
            seen.add(layer.entry)
    return listed


def _cut(name: str, width: int) -> str:
    """Return a name of at most that many characters: its start and, after an ellipsis, its end.

    Names of models often differ in their last words.
    """
    flat = " ".join(name.split())
    tail = width // 3
    return flat if len(flat) <= width else f"{flat[: width - tail - 1]}…{flat[-tail:]}"


def _write_hover(name: str) -> str:
    """Return untrusted text as a part of a template of Plotly's: no markup and no variables."""
    return escape(_cut(name, HOVER_WIDTH)).replace("%", "&#37;")


def _draw_layer(layer: _Layer, places: Points, is_picked: NDArray[np.bool_] | None) -> object:
    """Return one trace; with picked points, the others of it fade."""
    kind = go.Scattergl if len(places) > WEBGL_FROM else go.Scatter
    rows = layer.rows
    model = escape(_cut(layer.model, NAME_WIDTH))
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
        name=escape(_cut(layer.name, NAME_WIDTH)),
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


def _draw_key(layer: _Layer) -> object:
    """Return the legend entry of points of many colours, in the ink: Plotly's would be black."""
    return go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        name=escape(_cut(layer.name, NAME_WIDTH)),
        legendgroup=layer.entry,
        legendrank=layer.rank,
        hoverinfo="skip",
        marker={"symbol": layer.ink.symbol, "color": layer.ink.color, "line": {"width": 1.2}},
    )


def _find_look(layer: _Layer, count: int) -> dict[str, object]:
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
        colorbar=_make_bar("answers", ticks, ground),
    )


def _make_bar(title: str, ticks: list[tuple[float, str]], ground: Ground) -> dict[str, object]:
    """Return a thin colour bar under the left of the map."""
    return {
        "orientation": "h",
        "thickness": 8,
        "lenmode": "pixels",
        "len": 190,
        "x": 0,
        "xanchor": "left",
        "xpad": 10,
        "y": 0,
        "yanchor": "top",
        "ypad": 4,
        "outlinewidth": 0,
        "title": {
            "text": escape(_cut(title, NAME_WIDTH)),
            "side": "top",
            "font": {"size": 11, "color": ground.muted},
        },
        "tickvals": [place for place, _ in ticks],
        "ticktext": [text for _, text in ticks],
        "tickfont": {"size": 11, "color": ground.muted},
        "ticks": "",
    }


def _add_colors(figure: go.Figure, scale: Scale, style: MapStyle) -> None:
    """Give the numbers of a scale their colours, and say below the map which is which."""
    low, high = bound_values(place_values(scale))
    ramp = style.ground.ramp
    steps = np.linspace(0, 1, len(ramp)).tolist()
    ticks = choose_ticks(low, high, is_log=scale.is_log)
    is_known = bool(np.isfinite(place_values(scale)).any())
    figure.update_layout(
        coloraxis={
            "cmin": low,
            "cmax": high,
            "colorscale": [list(stop) for stop in zip(steps, ramp, strict=True)],
            "showscale": is_known and not style.is_density,
            "colorbar": _make_bar(scale.title, ticks, style.ground),
        }
    )


def _bound(places: Points) -> tuple[Points, Points]:
    """Return the corners of the box around the places; the unit square around none."""
    if len(places) == 0:
        return np.zeros(2), np.ones(2)
    return places.min(axis=0), places.max(axis=0)


def _find_circle(members: Points, extent: float) -> tuple[float, float, float] | None:
    """Return centre and radius of the circle around a compact group; None for a wide one."""
    if len(members) == 0:
        return None
    centre = (members.max(axis=0) + members.min(axis=0)) / 2
    reach = float(np.linalg.norm(members - centre, axis=1).max())
    if reach > HALO_RADIUS * extent:
        return None
    return float(centre[0]), float(centre[1]), reach + 0.03 * extent


def _draw_halos(
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
            text=escape(label),
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


def _add_legend(figure: go.Figure, listed: list[_Layer], *, has_bar: bool) -> None:
    """Put a quiet legend under the map: a lone entry beside a colour bar, more entries below it."""
    height = LEGEND_ROW * min(_count_legend_rows(listed), LEGEND_ROWS)
    place: dict[str, object] = {"x": 0, "y": -0.02, "yanchor": "top"}
    if has_bar and len(listed) < 2:
        place |= {"x": 1, "xanchor": "right"}
        height = BAR_HEIGHT
    elif has_bar:
        place |= {"yref": "container", "y": 0, "yanchor": "bottom"}
        height += BAR_HEIGHT - 10
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 8, "b": 14 + height},
        showlegend=bool(listed),
        legend={
            "orientation": "h",
            "font": {"size": 11},
            "title": {"text": ""},
            "itemsizing": "constant",
            # Entries of several traces share a group too, and are not to be set apart for it.
            "traceorder": "grouped" if any(layer.model for layer in listed) else "normal",
            "tracegroupgap": 4,
            "grouptitlefont": {"size": 11},
            "maxheight": LEGEND_ROW * LEGEND_ROWS,
            **place,
        },
    )


def _count_legend_rows(listed: list[_Layer]) -> int:
    """Return how many rows the legend takes on a small screen."""
    strategies = Counter(layer.model for layer in listed if layer.model)
    if strategies:
        return max(strategies.values()) + 1
    longest = max((len(_cut(layer.name, NAME_WIDTH)) for layer in listed), default=0)
    columns = max(1, LEGEND_WIDTH // (6 * longest + 45))
    return -(-len(listed) // columns)


def _set_under_models(layers: list[_Layer]) -> list[_Layer]:
    """Return layers of strategies under their model, if they are that and no model has only one."""
    parts = [layer.name.partition(" · ") for layer in layers]
    sizes = Counter(model for model, _, strategy in parts if strategy)
    if len(sizes) < 2 or len(parts) > sum(sizes.values()) or min(sizes.values()) < 2:
        return layers
    return [
        replace(layer, name=strategy, model=model)
        for layer, (model, _, strategy) in zip(layers, parts, strict=True)
    ]
