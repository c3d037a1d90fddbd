"""Similarity within each source in two settings, and the difference between these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan

import plotly.graph_objects as go

from hivemind_core.figures.coloring import choose_ticks
from hivemind_core.figures.layers import cut_name
from hivemind_core.figures.numbers import count, escape_label, write_interval, write_number
from hivemind_core.figures.palette import Ground, Ink, mix
from hivemind_core.figures.rows import (
    NAME_WIDTH,
    choose_dot,
    cut_hover,
    lay_legend,
    lay_rows,
    make_arms,
    make_similarity_axis,
    name_rows,
    print_value,
)
from hivemind_core.measures.resampling import Estimate

LEFT, RIGHT = (0.0, 0.55), (0.62, 1.0)
FADED = 0.5  # of the paper's colour
NARROWEST = 0.05  # of the axis of differences, to either side of 0


@dataclass(frozen=True)
class DifferenceRow:
    """What a row shows of one source.

    Attributes
    ----------
    name : str
        Untrusted.
    first, second : Estimate
        Of the similarity within the source in each setting; undefined where it has none.
    difference : Estimate
        Of second - first, with its own interval: one over the queries of both.
    """

    name: str
    first: Estimate
    second: Estimate
    difference: Estimate

    @property
    def is_clear(self) -> bool:
        """Whether the interval of the difference leaves out 0; not where it is undefined."""
        return self.difference.low > 0 or self.difference.high < 0


def draw_differences(
    rows: Sequence[DifferenceRow],
    names: tuple[str, str],
    ground: Ground,
    inks: Mapping[str, Ink],
    scale: str = "mean cosine similarity",
) -> go.Figure:
    """Return the sources in rows: at the left both means, at the right their difference.

    Parameters
    ----------
    rows : sequence of DifferenceRow
        From top to bottom. None at all gives empty panels.
    names : (str, str)
        Of the first setting, an open dot, and of the second, a filled one: untrusted.
    ground : Ground
    inks : mapping of str to Ink
        By source; one that it lacks is drawn in a neutral.
    scale : str
        Title of the left axis.

    Notes
    -----
    Rows whose interval holds 0, or that have none, are faded. Misleads where many sources are
    compared: of twenty without a difference, one is expected in full ink.
    """
    figure = go.Figure()
    labels, height = name_rows([row.name for row in rows])
    for place, row in enumerate(rows):
        color = inks.get(row.name, Ink(ground.muted)).color
        # Mixed and not transparent: a dot has to hide the line behind it.
        color = color if row.is_clear else mix(color, ground.paper, FADED)
        fills = (ground.paper, color)
        figure.add_trace(_draw_pair(row, place, names, fills, choose_dot(height)))
        figure.add_trace(_draw_difference(row, place, color, choose_dot(height)))
        text = write_change(row.difference.mean)
        print_value(figure, place, text, ground.ink if row.is_clear else ground.muted, "x2")
    lay_rows(figure, labels, height, ground)
    ends = [estimate.mean for row in rows for estimate in (row.first, row.second)]
    figure.update_layout(
        margin={"r": 48},
        xaxis=make_similarity_axis(ends, scale, ground) | {"domain": LEFT},
        xaxis2=_make_difference_axis(rows, ground),
    )
    zero = {"color": ground.muted, "width": 1.5}
    figure.add_shape(
        type="line", x0=0, x1=0, xref="x2", y0=0, y1=1, yref="y domain", line=zero, layer="below"
    )
    _name_settings(figure, names, ground)
    return figure


def describe_differences(rows: Sequence[DifferenceRow], names: tuple[str, str]) -> str:
    """Return the figure in words: how many sources differ clearly, and the widest difference."""
    first, second = (cut_hover(name) for name in names)
    known = [row for row in rows if row.difference.is_defined]
    if not known:
        return f"No source can be compared between {first} and {second}."
    lower = sum(row.is_clear and row.difference.mean < 0 for row in known)
    higher = sum(row.is_clear and row.difference.mean > 0 for row in known)
    widest = max(known, key=lambda row: abs(row.difference.mean))
    return (
        f"Clearly less similar to themselves in {second} than in {first}: "
        f"{lower} of {count(len(known), 'source')}; clearly more: {higher}. The widest difference "
        f"is {write_change(widest.difference.mean)}, of {cut_hover(widest.name)}."
    )


def write_change(value: float) -> str:
    """Return a difference with its sign, "+.12" or "−.12"; ".00" has none, "–" is undefined."""
    if isnan(value):
        return write_number(value)
    rounded = round(value, 2) + 0.0  # never -0.0
    return f"{'+' if rounded > 0 else ''}{write_number(rounded)}"


def _draw_pair(
    row: DifferenceRow, place: int, names: tuple[str, str], fills: tuple[str, str], size: int
) -> go.Scatter:
    """Return a line from the first mean to the second, and a dot at each that is defined."""
    settings = zip(names, (row.first, row.second), fills, strict=True)
    known = [setting for setting in settings if setting[1].is_defined]
    told = " → ".join(f"{cut_hover(name)} {write_number(each.mean)}" for name, each, _ in known)
    return go.Scatter(
        x=[each.mean for _, each, _ in known],
        y=[place] * len(known),
        mode="lines+markers",
        line={"color": fills[1], "width": 2},
        marker={
            "size": size,
            "color": [fill for _, _, fill in known],
            "line": {"width": 2, "color": fills[1]},
            "opacity": 1,
        },
        name=escape_label(row.name),
        hovertext=[escape_label(f"{cut_hover(row.name)}: {told}")] * len(known),
        hoverinfo="text",
        showlegend=False,
    )


def _draw_difference(row: DifferenceRow, place: int, color: str, size: int) -> go.Scatter:
    estimate = row.difference
    told = f"{cut_hover(row.name)}: {write_change(estimate.mean)}"
    if estimate.interval is not None:
        told += f", 95 % interval {write_interval(estimate.interval)}"
    told += f", {count(estimate.queries, 'query')}"
    return go.Scatter(
        x=[estimate.mean] if estimate.is_defined else [],
        y=[place] if estimate.is_defined else [],
        xaxis="x2",
        error_x=make_arms(estimate, color),
        mode="markers",
        marker={"size": size - 2, "color": color, "opacity": 1},
        name=escape_label(row.name),
        hovertext=[escape_label(told)],
        hoverinfo="text",
        showlegend=False,
    )


def _make_difference_axis(rows: Sequence[DifferenceRow], ground: Ground) -> dict[str, object]:
    """Return an axis that holds 0, every difference and every interval."""
    found = [each for row in rows for each in (row.difference.mean, *_list_arms(row.difference))]
    known = [each for each in found if not isnan(each)]
    low, high = min([-NARROWEST, *known]), max([NARROWEST, *known])
    pad = 0.06 * (high - low)
    ticks = [tick for tick, _ in choose_ticks(low, high, is_log=False)]
    return {
        "domain": RIGHT,
        "range": [low - pad, high + pad],
        "title": {
            "text": "difference",
            "standoff": 6,
            "font": {"size": 12, "color": ground.muted},
        },
        "tickvals": ticks,
        "ticktext": [_write_tick(tick) for tick in ticks],
        "tickfont": {"size": 12, "color": ground.muted},
        "showgrid": True,
        "gridcolor": ground.line,
        "zeroline": False,
        "fixedrange": True,
    }


def _list_arms(estimate: Estimate) -> list[float]:
    return estimate.interval or []


def _write_tick(tick: float) -> str:
    return write_change(tick) if abs(tick) > 1e-9 else "0"


def _name_settings(figure: go.Figure, names: tuple[str, str], ground: Ground) -> None:
    """Say at the top which dot is which."""
    line = {"width": 2, "color": ground.muted}
    for name, symbol in zip(names, ("circle-open", "circle"), strict=True):
        figure.add_trace(
            go.Scatter(
                x=[None],
                y=[None],
                mode="markers",
                marker={"size": 9, "color": ground.muted, "symbol": symbol, "line": line},
                name=escape_label(cut_name(name, NAME_WIDTH)),
                showlegend=True,
            )
        )
    lay_legend(figure, ground)
