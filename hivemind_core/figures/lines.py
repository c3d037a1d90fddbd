"""Lines of scorers: points with intervals, gaps that tell why, and names at the right end.

The first eight have a colour and a name; the others are grey, and no intervals are drawn then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
import plotly.graph_objects as go

from hivemind_core.figures.axes import LINE
from hivemind_core.figures.layers import shorten_name
from hivemind_core.figures.numbers import count, escape_label
from hivemind_core.figures.palette import Ground, Ink, fade
from hivemind_core.figures.rows import cut_hover, span_arms
from hivemind_core.measures.arrays import Floats

GAPS = "gaps"
MOST_NAMED = 8
CHARACTER = 7  # pixels of a letter, at most
DODGE, MOST_DODGED = 0.06, 0.36  # of a step, between the points of two lines and of all


@dataclass(frozen=True, eq=False)
class Line:
    """Points of a scorer that are joined, in order.

    Attributes
    ----------
    name : str
        The scorer: untrusted.
    x, y : (n,) float64
        Where y is nan there is a gap.
    low, high : (n,) float64
        95 % intervals of y; nan where it has none.
    told : tuple of str, length n
        What each point tells where it is pointed at, as Plotly reads it: escaped.
    sizes : tuple of float, length n or 0
        Of the points, in pixels; none: all alike.
    """

    name: str
    x: Floats
    y: Floats
    low: Floats
    high: Floats
    told: tuple[str, ...]
    sizes: tuple[float, ...] = ()


@dataclass(frozen=True)
class End:
    """What is written at the right of a line: of a scorer in ink, of all else muted.

    Attributes
    ----------
    words : tuple of str
        Lines of text; untrusted.
    x, y : float
        Where the line ends.
    color : str
        Of what leads there from that place; empty: nothing does.
    is_scorer : bool
    """

    words: tuple[str, ...]
    x: float
    y: float
    color: str = ""
    is_scorer: bool = False


def make_line(
    name: str,
    columns: tuple[Sequence[float], ...],
    told: Sequence[str],
    sizes: Sequence[float] = (),
) -> Line:
    """Return a line of columns x, y, low and high; the rest is as in `Line`."""
    x, y, low, high = (np.array(column, np.float64) for column in columns)
    return Line(name, x, y, low, high, tuple(told), tuple(sizes))


def draw_lines(
    figure: go.Figure, lines: Sequence[Line], inks: Mapping[str, Ink], ground: Ground, step: float
) -> list[End]:
    """Draw a line a scorer, and return the names of the first eight.

    Parameters
    ----------
    figure : Figure
    lines : sequence of Line
    inks : mapping of str to Ink
        By scorer; one that it lacks is drawn in the accent if it is alone, else in a neutral.
    ground : Ground
    step : float
        Between neighbouring places; 0 where points are not to be moved beside each other.

    Returns
    -------
    list of End
        With one for all the others; a line without any number has none.
    """
    named, others = lines[:MOST_NAMED], lines[MOST_NAMED:]
    ends: list[End] = []
    if others:
        figure.add_trace(_draw_others(others, ground))
        last = [y for line in others for y in line.y[~np.isnan(line.y)][-1:].tolist()]
        words = (count(len(others), "other"),)
        ends += [End(words, np.nan, float(np.median(last)))] if last else []
    neutral = Ink(ground.accent if len(lines) == 1 else ground.muted)
    for line, shift in zip(named, _dodge(len(lines), step), strict=False):
        ink = inks.get(line.name, neutral)
        figure.add_trace(_draw_line(line, ink, shift))
        if others:
            figure.data[-1].update(error_y=None)
        known = np.flatnonzero(~np.isnan(line.y))
        if len(known):
            place = float(line.x[known[-1]] + shift), float(line.y[known[-1]])
            ends.append(End((shorten_name(line.name),), *place, ink.color, is_scorer=True))
    return ends


def _dodge(lines: int, step: float) -> list[float]:
    """Return how far the points of each line are moved, so that intervals stand side by side.

    More than eight have none, and their points stay in their places.
    """
    if lines > MOST_NAMED:
        return [0.0] * lines
    width = min(DODGE * (lines - 1), MOST_DODGED) * step
    return np.linspace(-width / 2, width / 2, lines).tolist() if lines > 1 else [0.0] * lines


def _draw_line(line: Line, ink: Ink, shift: float) -> go.Scatter:
    return go.Scatter(
        x=(line.x + shift).tolist(),
        y=_blank(line.y),
        error_y=span_arms(line.y, line.low, line.high, fade(ink.color, 0.55)),
        mode="lines+markers",
        line={"width": 2, "color": ink.color},
        marker={
            "size": list(line.sizes) or 7,
            "color": ink.color,
            "symbol": ink.symbol,
            "opacity": 1,
            "line": {"width": 0 if "open" not in ink.symbol else 1.5, "color": ink.color},
        },
        name=escape_label(cut_hover(line.name)),
        hovertext=list(line.told),
        hoverinfo="text",
        connectgaps=False,
        showlegend=False,
    )


def _draw_others(lines: Sequence[Line], ground: Ground) -> go.Scatter:
    """Return lines without a colour of their own as one trace."""
    return go.Scatter(
        x=[x for line in lines for x in (*line.x.tolist(), None)],
        y=[y for line in lines for y in (*_blank(line.y), None)],
        mode="lines+markers",
        line={"width": 1, "color": fade(ground.muted, 0.35)},
        marker={"size": 3, "color": fade(ground.muted, 0.5)},
        name="others",
        hovertext=[told for line in lines for told in (*line.told, "")],
        hoverinfo="text",
        connectgaps=False,
        showlegend=False,
    )


def _blank(values: Iterable[float]) -> list[float | None]:
    return [None if isnan(value) else float(value) for value in values]


def draw_control(
    name: str,
    places: Iterable[float],
    heights: Iterable[float],
    stroke: tuple[str, float],
    ground: Ground,
) -> go.Scatter:
    """Return a muted line that scorers are held against.

    Parameters
    ----------
    name : str
    places, heights : iterable of float
        Of its points; where a height is nan there is a gap.
    stroke : (str, float)
        Its dash, as Plotly calls it, and its thickness in pixels.
    ground : Ground
    """
    dash, thickness = stroke
    return go.Scatter(
        x=[float(place) for place in places],
        y=_blank(heights),
        # A lone point between gaps would not be seen without its marker.
        mode="lines" if dash == "dot" else "lines+markers",
        line={"color": ground.muted, "width": thickness, "dash": dash},
        marker={"size": 1 + 2 * thickness, "color": ground.muted},
        name=name,
        hoverinfo="skip",
        connectgaps=False,
        showlegend=False,
    )


def draw_gaps(
    figure: go.Figure,
    lines: Sequence[Line],
    bounds: tuple[float, float],
    step: float,
    ground: Ground,
) -> None:
    """Draw a small cross where a named line has no number: pointed at, it tells why.

    Crosses stand near the lower of both bounds; `step` is as for `draw_lines`.
    """
    low, high = bounds
    gaps = [
        (float(line.x[i] + shift), line.told[i])
        for line, shift in zip(lines[:MOST_NAMED], _dodge(len(lines), step), strict=False)
        for i in np.flatnonzero(np.isnan(line.y)).tolist()
    ]
    if not gaps:
        return
    figure.add_trace(
        go.Scatter(
            x=[x for x, _ in gaps],
            y=[low + 0.03 * (high - low)] * len(gaps),
            mode="markers",
            marker={"symbol": "x-thin", "size": 7, "line": {"width": 1.5, "color": ground.muted}},
            name=GAPS,
            hovertext=[told for _, told in gaps],
            hoverinfo="text",
            showlegend=False,
        )
    )


def name_ends(figure: go.Figure, ends: Sequence[End], ground: Ground) -> None:
    """Write the names of lines at the right, each as near to its end as the others allow.

    The figure has its axes, its height and its margins already.
    """
    if not ends:
        return
    layout = figure.layout
    low, high = layout.yaxis.range
    inner = layout.height - layout.margin.t - layout.margin.b
    unit = (high - low) / inner  # of the axis, a pixel
    heights = np.array([LINE * len(end.words) * unit for end in ends])
    places = spread(np.array([end.y for end in ends]), heights, low, high)
    for end, y in zip(ends, places.tolist(), strict=True):
        figure.add_annotation(
            x=1,
            xref="x domain",
            xanchor="left",
            xshift=2,
            y=y,
            yanchor="middle",
            align="left",
            text="<br>".join(escape_label(line) for line in end.words),
            showarrow=False,
            font={"size": 12, "color": ground.ink if end.is_scorer else ground.muted},
        )
        if end.color:
            figure.add_trace(_lead(end, (layout.xaxis.range[1], y)))
    longest = max(len(line) for end in ends for line in end.words)
    figure.update_layout(margin={"r": 10 + CHARACTER * longest})


def _lead(end: End, place: tuple[float, float]) -> go.Scatter:
    """Return a dotted line from the end of a line to its name."""
    return go.Scatter(
        x=[end.x, place[0]],
        y=[end.y, place[1]],
        mode="lines",
        line={"width": 1, "color": fade(end.color, 0.6), "dash": "1px,3px"},
        name="leader",
        hoverinfo="skip",
        showlegend=False,
    )


def spread(wanted: Floats, heights: Floats, low: float, high: float) -> Floats:
    """Return where labels stand so that none covers another, as near to their places as can be.

    The sum of squared distances is least among all arrangements in the same order.

    Parameters
    ----------
    wanted, heights : (n,) float64
        Middles and heights, in the same unit.
    low, high : float
        What they are to lie between. Where it is too little they go beyond `high`.

    Returns
    -------
    (n,) float64
    """
    from scipy.optimize import isotonic_regression

    if len(wanted) == 0:
        return wanted
    order = np.argsort(wanted, kind="stable")
    tall = heights[order]
    offsets = np.cumsum(tall) - tall / 2
    starts = isotonic_regression(wanted[order] - offsets).x
    places = np.empty(len(wanted))
    places[order] = np.clip(starts, low, max(low, high - float(tall.sum()))) + offsets
    return places
