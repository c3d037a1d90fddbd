"""How far scorers agree with people over slices of the items, as lines."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import isnan

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from hivemind_core.figures.axes import (
    HEIGHT,
    TALL,
    bound_agreement,
    lay_axes,
    make_agreement_axis,
    make_axis,
    span_places,
    write_n,
)
from hivemind_core.figures.lines import (
    GAPS,
    MOST_NAMED,
    End,
    Line,
    draw_control,
    draw_gaps,
    draw_lines,
    make_line,
    name_ends,
)
from hivemind_core.figures.numbers import count, escape_label, write_interval, write_number
from hivemind_core.figures.palette import Ground, Ink, fade
from hivemind_core.figures.rows import cut_hover
from hivemind_core.figures.stamp import stamp_figure, stamp_words
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.miscalibration import SliceResult


@dataclass(frozen=True, eq=False)
class Slice:
    """A point of a curve.

    Attributes
    ----------
    label : str
        What is written under it: "full", "bin 1 of 5", "k = 1.5", "top 8 %".
    x : float
        Its place on the axis: the number of a bin, or a parameter.
    result : SliceResult
        nan with a reason where it is undefined.
    ceiling : float
        Noise ceiling; nan where it is undefined.
    """

    label: str
    x: float
    result: SliceResult
    ceiling: float


@dataclass(frozen=True, eq=False)
class Curve:
    """The agreement of one scorer with people over slices.

    Attributes
    ----------
    scorer : str
        Untrusted.
    full : SliceResult
        On all items.
    slices : tuple of Slice
        From the first to the last, as the words tell them.
    """

    scorer: str
    full: SliceResult
    slices: tuple[Slice, ...]


def draw_curves(
    curves: Sequence[Curve],
    axis: str,
    inks: Mapping[str, Ink],
    ground: Ground,
    *,
    is_reversed: bool = False,
    mark: str = "",
) -> go.Figure:
    """Return how far scorers agree with people over slices, with 95 % intervals.

    One scorer is held against what range alone would give (dashed, with the band in which 95 % of
    slices would lie), its agreement on all items (dotted) and the noise ceiling (thin). Several
    are only lines; of more than eight, the first eight have a colour and a name, the others are
    grey, and intervals are left out.

    Parameters
    ----------
    curves : sequence of Curve
        Of the same slices. None at all gives an empty panel.
    axis : str
        Title of the axis of slices.
    inks : mapping of str to Ink
        By scorer; one that it lacks is drawn in the accent if it is alone, else in a neutral.
    ground : Ground
    is_reversed : bool
        Whether the slice with the largest x stands at the left.
    mark : str

    Notes
    -----
    A slice without a number is a gap with a cross under it that tells the reason. Points of
    several scorers stand a little beside each other. Misleads where slices are nested: their
    points rest on the same items, so that a smooth curve is no evidence.
    """
    figure = go.Figure()
    curves = [_order(curve, is_reversed=is_reversed) for curve in curves]
    places = _list_places(curves)
    edges, step = span_places(list(places), is_reversed=is_reversed)
    lines = [_follow(curve) for curve in curves]
    controls = _draw_controls(figure, curves[0], edges, ground) if len(curves) == 1 else []
    ends = draw_lines(figure, lines, inks, ground, step)
    low, high = bound_agreement(_list_levels(curves))
    draw_gaps(figure, lines, (low, high), step, ground)
    lay_axes(
        figure,
        make_axis(axis, edges, list(places.items()), ground),
        make_agreement_axis(low, high, ground),
        feet=3,
        height=HEIGHT if len(lines) <= MOST_NAMED else TALL,
    )
    name_ends(figure, [*ends, *controls], ground)
    return stamp_figure(figure, mark, ground)


def add_targets(figure: go.Figure, curve: Curve, chosen: int | None, ground: Ground) -> go.Figure:
    """Make the slices of a lone curve clickable, and mark the one that is looked at.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Of `draw_curves`; changed in place.
    curve : Curve
    chosen : int or None
        Place of a slice in the curve.
    ground : Ground

    Returns
    -------
    plotly.graph_objects.Figure
        The same, with an invisible mark over each slice, whose customdata is its place.
    """
    if chosen is not None:
        x = curve.slices[chosen].x
        figure.add_vline(
            x=x, line={"color": ground.accent, "width": 8}, opacity=0.25, layer="below"
        )
    # What lies under the targets must neither catch a click nor fade when another is clicked.
    figure.for_each_trace(_let_through)
    known = [n for n, part in enumerate(curve.slices) if not isnan(part.result.spearman)]
    unseen = {"marker": {"opacity": 0}}
    figure.add_trace(
        go.Scatter(
            x=[curve.slices[n].x for n in known],
            y=[curve.slices[n].result.spearman for n in known],
            mode="markers",
            marker={"size": 28, "color": fade(ground.ink, 0)},
            selected=unseen,
            unselected=unseen,
            customdata=known,
            text=[_tell_slice(curve.scorer, curve.slices[n]) for n in known],
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        )
    )
    figure.update_layout(clickmode="event+select")
    return figure


def _let_through(trace: go.Scatter) -> None:
    trace.unselected = {"marker": {"opacity": 1}}
    if trace.name != GAPS:  # these tell why there is no number
        trace.update(hoverinfo="skip", hovertemplate=None)


def describe_curves(curves: Sequence[Curve], mark: str = "") -> str:
    """Return the figure in words: agreement on the first and on the last slice that has one."""
    known = [(curve, _list_known(curve)) for curve in curves]
    held = [(curve, slices) for curve, slices in known if slices]
    if not held:
        return stamp_words(mark, "No scorer can be held against people on any slice.")
    if len(curves) == 1:
        return stamp_words(mark, _describe_curve(*held[0]))
    told = f"Agreement of {count(len(held), 'scorer')} with people"
    ends = [("on the first slice", 0), ("on the last", -1)]
    return stamp_words(mark, f"{told}: {', '.join(_tell_range(held, *end) for end in ends)}.")


def _describe_curve(curve: Curve, slices: Sequence[Slice]) -> str:
    first, last = slices[0], slices[-1]
    told = f"{cut_hover(curve.scorer)} agrees with people at {write_number(curve.full.spearman)}"
    told += f" on all items and at {write_number(first.result.spearman)} on {first.label}"
    if last is not first:
        told += f", {write_number(last.result.spearman)} on {last.label}"
    if not isnan(last.result.expected):
        told += f", where range alone would give {write_number(last.result.expected)}"
    missing = len(curve.slices) - len(slices)
    return told + (f"; {count(missing, 'slice')} cannot be told." if missing else ".")


def _tell_range(held: Sequence[tuple[Curve, Sequence[Slice]]], where: str, end: int) -> str:
    found = [(slices[end].result.spearman, cut_hover(curve.scorer)) for curve, slices in held]
    ends = [f"{write_number(value)} ({name})" for value, name in (min(found), max(found))]
    return f"{where} {' to '.join(dict.fromkeys(ends))}"


def _order(curve: Curve, *, is_reversed: bool) -> Curve:
    """Return the curve with its slices from left to right."""
    slices = sorted(curve.slices, key=lambda part: part.x, reverse=is_reversed)
    return replace(curve, slices=tuple(slices))


def _list_known(curve: Curve) -> list[Slice]:
    return [part for part in curve.slices if not isnan(part.result.spearman)]


def _list_places(curves: Sequence[Curve]) -> dict[float, str]:
    """Return what is written under each slice, by its place, rising."""
    parts = sorted((part for curve in curves for part in curve.slices), key=lambda part: part.x)
    return {
        x: f"{escape_label(same[0].label)}<br>{write_n(part.result.n for part in same)}"
        for x, same in ((x, list(group)) for x, group in groupby(parts, lambda part: part.x))
    }


def _follow(curve: Curve) -> Line:
    results = [part.result for part in curve.slices]
    shown = (_list_parts(results, part) for part in ("spearman", "low", "high"))
    told = [_tell_slice(curve.scorer, part) for part in curve.slices]
    return make_line(curve.scorer, ([part.x for part in curve.slices], *shown), told)


def _list_parts(results: Iterable[SliceResult], part: str) -> list[float]:
    """Return one number of each result."""
    return [float(getattr(result, part)) for result in results]


def _tell_slice(scorer: str, part: Slice) -> str:
    result = part.result
    name = f"{cut_hover(scorer)}, {part.label}: "
    rests = count(result.n, "item")
    if result.queries:  # the paper prints none
        rests += f", {count(result.queries, 'query')}"
    if isnan(result.spearman):
        return f"{escape_label(name + (result.reason or 'not known'))}<br>{rests}"
    name += f"{write_number(result.spearman)}"
    if not isnan(result.low):
        name += f", 95 % interval {write_interval([result.low, result.high])}"
    lines = [escape_label(name)]
    if not isnan(result.expected):
        band = write_interval([result.null_low, result.null_high])
        lines.append(f"range alone would give {write_number(result.expected)} ({band})")
    return "<br>".join([*lines, rests])


def _list_levels(curves: Sequence[Curve]) -> list[float]:
    """Return every height that the axis has to hold."""
    results = [part.result for curve in curves for part in curve.slices]
    parts = ["spearman"] if len(curves) > MOST_NAMED else ["spearman", "low", "high"]
    shown: list[float] = []
    if len(curves) == 1:
        parts += ["expected", "null_low", "null_high"]
        shown = [curves[0].full.spearman, *(part.ceiling for part in curves[0].slices)]
    return shown + [value for part in parts for value in _list_parts(results, part)]


def _draw_controls(
    figure: go.Figure, curve: Curve, edges: tuple[float, float], ground: Ground
) -> list[End]:
    """Draw what one scorer is held against, and return the names of these lines."""
    x = np.array([part.x for part in curve.slices], np.float64)
    results = [part.result for part in curve.slices]
    low, high = (np.array(_list_parts(results, end)) for end in ("null_low", "null_high"))
    width = edges[1] - edges[0]  # negative where the axis is reversed
    inner = (edges[0] + 0.01 * width, edges[1] - 0.06 * width)
    figure.add_trace(_draw_band(x, low, high, width))
    figure.data[-1].update(fillcolor=fade(ground.muted, 0.2))
    full = curve.full.spearman
    drawn = (
        (("noise ceiling",), x, [part.ceiling for part in curve.slices], ("solid", 1.0)),
        ((f"all items {write_number(full)}",), inner, [full, full], ("dot", 1.5)),
        (("what range alone", "would give"), x, _list_parts(results, "expected"), ("dash", 2.0)),
    )
    ends = []
    for words, places, heights, stroke in drawn:
        figure.add_trace(draw_control(" ".join(words), places, heights, stroke, ground))
        known = [(at, y) for at, y in zip(places, heights, strict=True) if not isnan(y)]
        if known:
            ends.append(End(words, float(known[-1][0]), float(known[-1][1]), ground.muted))
    return ends


def _draw_band(x: Floats, low: Floats, high: Floats, width: float) -> go.Scatter:
    """Return the area between two lines, in pieces where either has gaps."""
    corners: list[tuple[float | None, float | None]] = []
    for run in _split_runs(np.isfinite(low) & np.isfinite(high)):
        ends = [run[0], run[-1]] if len(run) == 1 else run  # a lone one gets a width
        shift = [-0.02 * width, 0.02 * width] if len(run) == 1 else [0.0] * len(run)
        places = [float(x[i] + s) for i, s in zip(ends, shift, strict=True)]
        upper = list(zip(places, high[ends].tolist(), strict=True))
        lower = list(zip(places, low[ends].tolist(), strict=True))
        corners += [*upper, *reversed(lower), upper[0], (None, None)]
    return go.Scatter(
        x=[place for place, _ in corners],
        y=[height for _, height in corners],
        mode="lines",
        line={"width": 0},
        fill="toself",
        name="what range alone would give",
        hoverinfo="skip",
        showlegend=False,
    )


def _split_runs(known: NDArray[np.bool_]) -> list[list[int]]:
    """Return the places of each run of what is known."""
    runs = groupby(range(len(known)), key=lambda place: bool(known[place]))
    return [list(places) for is_known, places in runs if is_known]
