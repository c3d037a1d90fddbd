"""The layers of a map: which points are drawn together, in which ink, and what names them."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hivemind_core.figures.coloring import (
    PEOPLE,
    Paint,
    Scale,
    bound_values,
    count_decimals,
    place_values,
)
from hivemind_core.figures.layout import Points
from hivemind_core.figures.numbers import escape_label
from hivemind_core.figures.palette import HUMAN_SYMBOL, Ground, Ink

Rows = NDArray[np.int64]

HOVER_WIDTH = 90
SHORT_WIDTH = 22  # of a name beside a matrix or at the end of a line
STRONG = 0.9
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
class Layer:
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


def _find_sources(points: MapPoints, names: frozenset[str]) -> NDArray[np.bool_]:
    """Return which points are by these sources."""
    return np.fromiter((s in names for s in points.sources), dtype=bool, count=len(points))


def find_shown(points: MapPoints, style: MapStyle) -> NDArray[np.bool_]:
    """Return which points are not of the rest."""
    every = np.ones(len(points), dtype=bool)
    return _find_sources(points, style.shown) if style.shown else every


def split_layers(points: MapPoints, style: MapStyle) -> list[Layer]:
    """Return the layers of a map, the lowest first: every row is in exactly one."""
    people = _find_sources(points, style.people)
    shown = find_shown(points, style)
    if isinstance(style.paint, Scale):
        layers = _split_scale(style.paint, shown, people, style.ground)
    else:
        layers = _split_paint(style.paint, shown, people, style.ground)
        layers = _set_under_models([layer for layer in layers if len(layer.rows)])
    if style.is_density:
        layers = [_lay_under(layer) for layer in layers]
    rest = _split_rest(~shown, people, style)
    return _list_once([layer for layer in (*rest, *layers) if len(layer.rows)])


def _lay_under(layer: Layer) -> Layer:
    """Return a layer as a density has it: unseen till selected, but for people; no scale."""
    if layer.ink.symbol == HUMAN_SYMBOL:
        return replace(layer, values=None)
    return replace(layer, values=None, opacity=0, is_listed=False)


def _split_rest(rest: NDArray[np.bool_], people: NDArray[np.bool_], style: MapStyle) -> list[Layer]:
    """Return what is not shown: faint, of one colour, people with their symbol."""
    faint = Layer(
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
) -> list[Layer]:
    """Return a layer a category, the largest lowest, and people on top."""
    layers, diamonds = [], []
    for code, (name, ink) in enumerate(zip(paint.names, paint.inks, strict=True)):
        rows = np.flatnonzero(shown & (paint.codes == code))
        if ink.symbol == HUMAN_SYMBOL:
            diamonds.append(Layer(rows, name, _write_hover(name), ink, rank=code))
            continue
        by_people = people[rows]
        layers.append(Layer(rows[~by_people], name, _write_hover(name), ink, rank=code))
        hover = _write_hover(f"{PEOPLE} · {name}")
        human = Ink(ground.muted, HUMAN_SYMBOL)
        diamonds.append(Layer(rows[by_people], PEOPLE, hover, human, rank=10_000, entry=PEOPLE))
    return [*sorted(layers, key=lambda layer: -len(layer.rows)), *diamonds]


def _split_scale(
    scale: Scale, shown: NDArray[np.bool_], people: NDArray[np.bool_], ground: Ground
) -> list[Layer]:
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
        layers.append(Layer(rows, missing, _write_hover(missing), ink, rank=9_000 + human))
        rows = np.flatnonzero(chosen & known)
        layers.append(
            Layer(
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


def _list_once(layers: Iterable[Layer]) -> list[Layer]:
    """Return the layers with the first of those that share an entry listed, the others not."""
    seen: set[str] = set()
    listed = []
    for layer in layers:
        listed.append(replace(layer, is_listed=layer.is_listed and layer.entry not in seen))
        if layer.entry:
            seen.add(layer.entry)
    return listed


def cut_name(name: str, width: int) -> str:
    """Return a name of at most that many characters: its start and, after an ellipsis, its end.

    Names of models often differ in their last words.
    """
    flat = " ".join(name.split())
    tail = width // 3
    return flat if len(flat) <= width else f"{flat[: width - tail - 1]}…{flat[-tail:]}"


def shorten_name(name: str, width: int = SHORT_WIDTH) -> str:
    """Return a model's name of at most that many characters: without its maker where it is long."""
    made = re.fullmatch(r"[\w.-]+/([\w.:+-]+)", name)
    return cut_name(name if made is None or len(name) <= width else made[1], width)


def _write_hover(name: str) -> str:
    """Return untrusted text as a part of a template of Plotly's: no markup and no variables."""
    return escape_label(cut_name(name, HOVER_WIDTH)).replace("%", "&#37;")


def _set_under_models(layers: list[Layer]) -> list[Layer]:
    """Return layers of strategies under their model, if they are that and no model has only one."""
    parts = [layer.name.partition(" · ") for layer in layers]
    sizes = Counter(model for model, _, strategy in parts if strategy)
    if len(sizes) < 2 or len(parts) > sum(sizes.values()) or min(sizes.values()) < 2:
        return layers
    return [
        replace(layer, name=strategy, model=model)
        for layer, (model, _, strategy) in zip(layers, parts, strict=True)
    ]
