"""Scorers in rows: where people disagree, how far agreement is from what range would give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
import plotly.graph_objects as go

from hivemind_core.figures.axes import (
    TITLE_WIDTH,
    Part,
    bound_agreement,
    list_ticks,
    make_agreement_axis,
    make_axis,
)
from hivemind_core.figures.coloring import bound_values
from hivemind_core.figures.difference import FADED, write_change
from hivemind_core.figures.layers import cut_name, shorten_name
from hivemind_core.figures.numbers import count, escape_label, write_interval, write_number
from hivemind_core.figures.palette import Ground, mix
from hivemind_core.figures.rows import (
    choose_dot,
    cut_hover,
    lay_legend,
    lay_rows,
    name_rows,
    print_value,
    span_arms,
)
from hivemind_core.figures.stamp import stamp_figure, stamp_words
from hivemind_core.measures.miscalibration import SliceResult

LEVEL = 0.05  # up to which an adjusted p counts
APART = 0.16  # of a row, between its middle and either point
LEFT, RIGHT = (0.0, 0.58), (0.64, 1.0)
NARROWEST = 0.05  # of the axis of differences, to either side of 0
KIND_WIDTH = 22  # characters
BY_RANGE = "what range alone would give"
KINDS: Mapping[str, str] = {
    "reward_model": "Reward models",
    "lm_judge": "LM judges",
    "lm": "Language models",
    "baseline": "Baselines",
    "metric": "Metrics",
}


@dataclass(frozen=True, eq=False)
class VerdictRow:
    """What a row shows of one scorer.

    Attributes
    ----------
    scorer, kind : str
        Untrusted.
    full, disagreed : SliceResult
        On all items, and on those that people disagree about most; nan where undefined.
    p_adjusted : float
        Of no difference between what is found there and what range alone would give; nan where
        undefined.
    """

    scorer: str
    kind: str
    full: SliceResult
    disagreed: SliceResult
    p_adjusted: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval of the difference leaves out 0 and p is .05 at most."""
        ends = (self.disagreed.difference_low, self.disagreed.difference_high)
        return (ends[0] > 0 or ends[1] < 0) and self.p_adjusted <= LEVEL

    @property
    def reason(self) -> str:
        """Why there is no verdict; empty where there is one."""
        return self.full.reason or self.disagreed.reason


def draw_verdicts(rows: Sequence[VerdictRow], ground: Ground, mark: str = "") -> go.Figure:
    """Return scorers in rows: agreement at the left, and at the right what range does not explain.

    At the left an open dot is the agreement on all items, a filled one that on the items people
    disagree about most, a tick what range alone would give there; at the right the difference
    between dot and tick. All with 95 % intervals.

    Parameters
    ----------
    rows : sequence of VerdictRow
        From top to bottom; of several kinds, those of a kind stand together under its name. None
        at all gives empty panels.
    ground : Ground
    mark : str

    Notes
    -----
    Rows are faded where the interval of the difference holds 0 or the adjusted p is above .05.
    Misleads where items differ in how noisily they are rated: see the noise ceiling.
    """
    figure = go.Figure()
    labels, places, height = _place_rows(rows)
    placed = list(zip(rows, places, strict=True))
    for is_clear in (False, True):
        chosen = [(row, place) for row, place in placed if row.is_clear == is_clear]
        if chosen:
            figure.add_traces(_draw_verdict(chosen, height, ground, is_clear=is_clear))
    for row, place in placed:
        _print_verdict(figure, row, place, ground)
    lay_rows(figure, labels, height, ground)
    low, high = bound_agreement(_list_found(rows))
    figure.update_layout(
        margin={"r": 48},
        xaxis=make_agreement_axis(low, high, ground, 6) | {"domain": LEFT},
        xaxis2=_make_difference_axis(rows, ground),
    )
    _name_points(figure, ground)
    return stamp_figure(figure, mark, ground)


def describe_verdicts(rows: Sequence[VerdictRow], mark: str = "") -> str:
    """Return the figure in words: how many scorers differ clearly, and the widest difference."""
    known = [row for row in rows if not isnan(row.disagreed.difference)]
    if not known:
        return stamp_words(mark, "No scorer can be judged on the items people disagree about most.")
    lower = sum(row.is_clear and row.disagreed.difference < 0 for row in known)
    higher = sum(row.is_clear and row.disagreed.difference > 0 for row in known)
    widest = max(known, key=lambda row: abs(row.disagreed.difference))
    told = (
        f"On the items people disagree about most, clearly below {BY_RANGE}: {lower} of "
        f"{count(len(known), 'scorer')}; clearly above: {higher}. The widest difference is "
        f"{write_change(widest.disagreed.difference)}, of {cut_hover(widest.scorer)}."
    )
    missing = len(rows) - len(known)
    return stamp_words(mark, told + (f" {missing} cannot be judged." if missing else ""))


def _place_rows(rows: Sequence[VerdictRow]) -> tuple[list[str], list[int], int]:
    """Return the labels from the top, the place of each row, and the height of one in pixels."""
    names, height = name_rows([shorten_name(row.scorer) for row in rows])
    kinds = list(dict.fromkeys(row.kind for row in rows))
    labels: list[str] = []
    places = [0] * len(rows)
    for kind in kinds:
        if len(kinds) > 1:
            title = KINDS.get(kind, cut_name(kind, KIND_WIDTH))
            labels.append(f"<b>{escape_label(title)}</b>")
        for number, row in enumerate(rows):
            if row.kind == kind:
                places[number] = len(labels)
                labels.append(names[number])
    return labels, places, height


def _draw_verdict(
    placed: Sequence[tuple[VerdictRow, int]], height: int, ground: Ground, *, is_clear: bool
) -> list[go.Scatter]:
    """Return the points of the rows that are clear, or of those that are not."""
    strong, quiet, black = (
        color if is_clear else mix(color, ground.paper, FADED)
        for color in (ground.accent, ground.muted, ground.ink)
    )
    size = choose_dot(height) - 1
    hollow = {"size": size, "color": ground.paper, "line": {"width": 1.5, "color": quiet}}
    solid = {"size": size, "color": strong}
    tick = {"symbol": "line-ns", "size": size + 2, "line": {"width": 2, "color": black}}
    full = [(row.full, place - APART) for row, place in placed]
    part = [(row.disagreed, place + APART) for row, place in placed]
    told = [_tell_verdict(row) for row, _ in placed]
    return [
        _join(full, part, ground),
        _draw_points(full, ("spearman", "low", "high"), quiet, hollow, told),
        _draw_points(part, ("spearman", "low", "high"), strong, solid, told),
        _draw_points(part, ("expected", "", ""), black, tick, told),
        _draw_points(
            [(result, place - APART) for result, place in part],
            ("difference", "difference_low", "difference_high"),
            strong,
            solid,
            told,
        ).update(xaxis="x2"),
    ]


def _join(
    full: Sequence[tuple[SliceResult, float]],
    part: Sequence[tuple[SliceResult, float]],
    ground: Ground,
) -> go.Scatter:
    """Return a faint line between the two dots of each row."""
    pairs = list(zip(full, part, strict=True))
    x = [(one.spearman, other.spearman, None) for (one, _), (other, _) in pairs]
    y = [(above, below, None) for (_, above), (_, below) in pairs]
    return go.Scatter(
        x=[value for row in x for value in row],
        y=[value for row in y for value in row],
        mode="lines",
        line={"color": ground.line, "width": 4},
        name="joins",
        hoverinfo="skip",
        showlegend=False,
    )


def _draw_points(
    placed: Sequence[tuple[SliceResult, float]],
    parts: tuple[str, str, str],
    color: str,
    marker: Part,
    told: Sequence[str],
) -> go.Scatter:
    """Return a point a row; `parts` are the attributes that it and its interval show."""
    found = [np.array([getattr(r, part, np.nan) for r, _ in placed], np.float64) for part in parts]
    known = np.flatnonzero(~np.isnan(found[0]))
    middle, low, high = (values[known] for values in found)
    return go.Scatter(
        x=middle.tolist(),
        y=[placed[i][1] for i in known.tolist()],
        error_x=span_arms(middle, low, high, color) if parts[1] else None,
        mode="markers",
        marker=marker | {"opacity": 1},
        name=parts[0],
        hovertext=[told[i] for i in known.tolist()],
        hoverinfo="text",
        showlegend=False,
    )


def _tell_verdict(row: VerdictRow) -> str:
    full, part = row.full, row.disagreed
    lines = [
        cut_hover(row.scorer),
        f"all items: {_write_result(full)}",
        f"most disagreed: {_write_result(part)}",
    ]
    if not isnan(part.difference):
        interval = write_interval([part.difference_low, part.difference_high])
        lines += [
            f"range alone would give {write_number(part.expected)}",
            f"difference {write_change(part.difference)}, 95 % interval {interval}",
            f"adjusted p {write_number(row.p_adjusted, 3)}",
        ]
    return "<br>".join(escape_label(line) for line in lines)


def _write_result(result: SliceResult) -> str:
    """Return an agreement with its interval and n; the reason where there is none."""
    told = f"{count(result.n, 'item')}"
    if isnan(result.spearman):
        return f"{result.reason or 'not known'} ({told})"
    if not isnan(result.low):
        told = f"{write_interval([result.low, result.high])}; {told}"
    return f"{write_number(result.spearman)} ({told})"


def _print_verdict(figure: go.Figure, row: VerdictRow, place: int, ground: Ground) -> None:
    """Print the difference beside its panel, or the reason in it."""
    text = write_change(row.disagreed.difference)
    print_value(figure, place, text, ground.ink if row.is_clear else ground.muted, "x2")
    if row.reason:
        figure.add_annotation(
            x=0,
            xref="x2 domain",
            xanchor="left",
            y=place,
            text=escape_label(cut_name(row.reason, TITLE_WIDTH)),
            showarrow=False,
            font={"size": 12, "color": ground.muted},
        )


def _list_found(rows: Sequence[VerdictRow]) -> list[float]:
    return [
        value
        for row in rows
        for result in (row.full, row.disagreed)
        for value in (result.spearman, result.low, result.high, row.disagreed.expected)
    ]


def _make_difference_axis(rows: Sequence[VerdictRow], ground: Ground) -> Part:
    """Return an axis that holds 0, every difference and every interval."""
    parts = [row.disagreed for row in rows]
    ends = [x for p in parts for x in (p.difference, p.difference_low, p.difference_high)]
    low, high = bound_values(np.array([-NARROWEST, NARROWEST, *ends]))
    pad = 0.06 * (high - low)
    ticks = [(tick, write_change(tick) if tick else "0") for tick in list_ticks(low, high, 4)]
    edges, title = (low - pad, high + pad), "change from unanimous to split"
    zero = {"zeroline": True, "zerolinecolor": ground.muted, "zerolinewidth": 1.5}
    return make_axis(title, edges, ticks, ground, has_grid=True) | zero | {"domain": RIGHT}


def _name_points(figure: go.Figure, ground: Ground) -> None:
    """Say at the top which point is what."""
    quiet = {"width": 1.5, "color": ground.muted}
    keys: tuple[tuple[str, Part], ...] = (
        ("all items", {"symbol": "circle-open", "color": ground.muted, "line": quiet}),
        ("most disagreed", {"color": ground.accent}),
        (BY_RANGE, {"symbol": "line-ns", "line": {"width": 2, "color": ground.ink}}),
    )
    for name, marker in keys:
        figure.add_trace(
            go.Scatter(
                x=[None],
                y=[None],
                mode="markers",
                marker={"size": 9, **marker},
                name=name,
                showlegend=True,
            )
        )
    lay_legend(figure, ground)
