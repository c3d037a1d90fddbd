"""Scorers against the votes of people on pairs: the side they pick, and the shares they predict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isnan

import numpy as np
import plotly.graph_objects as go

from hivemind_core.figures.axes import (
    HEIGHT,
    TALL,
    lay_axes,
    make_axis,
    make_share_axis,
    pad_bounds,
    span_places,
    write_n,
)
from hivemind_core.figures.lines import (
    MOST_NAMED,
    End,
    Line,
    draw_control,
    draw_gaps,
    draw_lines,
    make_line,
    name_ends,
)
from hivemind_core.figures.numbers import count, escape_label, write_number, write_percent
from hivemind_core.figures.palette import Ground, Ink
from hivemind_core.figures.rows import cut_hover
from hivemind_core.figures.stamp import stamp_figure, stamp_words

SIDES = (
    "share of pairs in which a scorer prefers the answer that more people prefer, by how many of "
    "them do; pairs without a larger side, or that the scorer calls equal, are left out. Where "
    "people are nearly even, .5 is no fault."
)
PREDICTED = (
    "a scorer's differences are turned into predicted shares by one slope, fitted to the same "
    "votes; on the diagonal they hold."
)
DRAWN = "Intervals are 95 %, over 2,000 draws of the queries."


@dataclass(frozen=True)
class VoteRow:
    """How often a scorer sides with most people, by how these were split.

    Attributes
    ----------
    scorer : str
        Untrusted.
    splits : tuple of float, length b
        Middles of bins of the share of people on the larger side, in [.5, 1], rising.
    shares, lows, highs : tuple of float, length b
        Share of pairs in which the scorer picks that side, with its 95 % interval; nan where
        undefined.
    ns : tuple of int, length b
        Pairs.
    """

    scorer: str
    splits: tuple[float, ...]
    shares: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    ns: tuple[int, ...]


@dataclass(frozen=True)
class ReliabilityRow:
    """What a scorer predicts of people's preferences, against these.

    Attributes
    ----------
    scorer : str
        Untrusted.
    predicted : tuple of float, length b
        Mean predicted share that prefers the first response, in [0, 1], by bin.
    observed, lows, highs : tuple of float, length b
        Share of people who prefer it, with its 95 % interval; nan where undefined.
    ns : tuple of int, length b
        Pairs.
    """

    scorer: str
    predicted: tuple[float, ...]
    observed: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    ns: tuple[int, ...]


def draw_votes(
    rows: Sequence[VoteRow], inks: Mapping[str, Ink], ground: Ground, mark: str = ""
) -> go.Figure:
    """Return how often scorers pick the side most people picked, by how people were split.

    Parameters
    ----------
    rows : sequence of VoteRow
        More than eight are drawn as in `draw_curves`. None at all gives an empty panel.
    inks : mapping of str to Ink
        By scorer.
    ground : Ground
    mark : str

    Notes
    -----
    A scorer that guesses is at the dotted line. Misleads at the left: where people are split
    almost evenly, chance has a hand in which side is the larger.
    """
    figure = go.Figure()
    places = _list_splits(rows)
    edges, step = span_places(list(places))
    ends = [_draw_chance(figure, edges, ground)]
    lines = [_follow_votes(row) for row in rows]
    ends += draw_lines(figure, lines, inks, ground, step)
    low, high = pad_bounds([0.4, 0.8, *_list_shares(rows)])
    draw_gaps(figure, lines, (low, high), step, ground)
    lay_axes(
        figure,
        make_axis("annotators on the larger side", edges, list(places.items()), ground),
        make_share_axis("scorer picks the larger side", (low, min(high, 1.03)), ground),
        feet=3,
        height=HEIGHT if len(rows) <= MOST_NAMED else TALL,
    )
    name_ends(figure, ends, ground)
    return stamp_figure(figure, mark, ground)


def describe_votes(rows: Sequence[VoteRow], mark: str = "") -> str:
    """Return the figure in words: who picks the larger side most and least, where it is largest."""
    known = [(row, [i for i, share in enumerate(row.shares) if not isnan(share)]) for row in rows]
    held = [(row.shares[places[-1]], row, places[-1]) for row, places in known if places]
    if not held:
        return stamp_words(mark, "No scorer picks a side in any pair.")
    told = [
        f"{cut_hover(row.scorer)} in {write_percent(share)} of "
        f"{count(row.ns[i], 'pair')} with {write_percent(row.splits[i])} on it"
        for share, row, i in (
            max(held, key=lambda each: each[0]),
            min(held, key=lambda each: each[0]),
        )
    ]
    words = "; ".join(dict.fromkeys(told))
    return stamp_words(mark, f"Picks the side most people picked, where they agree most: {words}.")


def _list_splits(rows: Sequence[VoteRow]) -> dict[float, str]:
    """Return what is written under each bin of votes, by its middle, rising."""
    held: dict[float, list[int]] = {}
    for row in rows:
        for split, number in zip(row.splits, row.ns, strict=True):
            held.setdefault(round(split, 6), []).append(number)
    middles = sorted(held)
    half = min((after - before for before, after in pairwise(middles)), default=0.0) / 2
    return {
        x: f"{_write_bin(max(x - half, 0.5), min(x + half, 1.0))}<br>{write_n(held[x])}"
        for x in middles
    }


def _write_bin(low: float, high: float) -> str:
    ends = dict.fromkeys(f"{100 * end:.0f}" for end in (low, high))
    return "–".join(ends) + " %"


def _list_shares(rows: Sequence[VoteRow]) -> list[float]:
    """Return every height that the axis has to hold."""
    shares = [share for row in rows for share in row.shares]
    if len(rows) > MOST_NAMED:
        return shares
    return shares + [end for row in rows for end in (*row.lows, *row.highs)]


def _follow_votes(row: VoteRow) -> Line:
    parts = zip(row.splits, row.shares, row.lows, row.highs, row.ns, strict=True)
    told = [
        f"{cut_hover(row.scorer)}: {_write_share(share, low, high)}; {count(n, 'pair')} "
        f"with {write_percent(split)} of annotators on the larger side"
        for split, share, low, high, n in parts
    ]
    middles = [round(split, 6) for split in row.splits]
    columns = (middles, row.shares, row.lows, row.highs)
    return make_line(row.scorer, columns, [escape_label(each) for each in told])


def _write_share(share: float, low: float, high: float) -> str:
    """Return a share with its interval: "61 % (95 % interval 55 % to 66 %)"."""
    if isnan(share):
        return "too few to say"
    if isnan(low) or isnan(high):
        return write_percent(share)
    return f"{write_percent(share)} (95 % interval {write_percent(low)} to {write_percent(high)})"


def _draw_chance(figure: go.Figure, edges: tuple[float, float], ground: Ground) -> End:
    x = [edges[0], edges[1] - 0.05 * (edges[1] - edges[0])]
    figure.add_trace(draw_control("chance", x, [0.5, 0.5], ("dot", 1.5), ground))
    return End(("chance",), x[1], 0.5, ground.muted)


def draw_reliability(
    rows: Sequence[ReliabilityRow], inks: Mapping[str, Ink], ground: Ground, mark: str = ""
) -> go.Figure:
    """Return the share of people who prefer the first response against the share predicted.

    Parameters
    ----------
    rows : sequence of ReliabilityRow
        More than eight are drawn as in `draw_curves`. None at all gives an empty panel.
    inks : mapping of str to Ink
        By scorer.
    ground : Ground
    mark : str

    Notes
    -----
    A scorer that predicts people's shares is on the dotted diagonal; a flatter line is too sure.
    The area of a point grows with the pairs in its bin. Misleads where a prediction was fitted to
    the same labels.
    """
    figure = go.Figure()
    ends = [_draw_diagonal(figure, ground)]
    most = max((n for row in rows for n in row.ns), default=1)
    lines = [_follow_reliability(row, most) for row in rows]
    ends += draw_lines(figure, lines, inks, ground, 0.0)
    ticks = [(tick / 4, write_percent(tick / 4)) for tick in range(5)]
    lay_axes(
        figure,
        make_axis("predicted share for the first response", (-0.03, 1.08), ticks, ground),
        make_share_axis("people who prefer it", (-0.03, 1.03), ground),
        feet=2,
        height=TALL,
    )
    name_ends(figure, ends, ground)
    return stamp_figure(figure, mark, ground)


def describe_reliability(rows: Sequence[ReliabilityRow], mark: str = "") -> str:
    """Return the figure in words: who lies nearest to the diagonal, and who farthest from it.

    The distance is the mean of |observed - predicted| over pairs.
    """
    gaps = [(_measure_gap(row), cut_hover(row.scorer)) for row in rows]
    held = [gap for gap in gaps if not isnan(gap[0])]
    if not held:
        return stamp_words(mark, "No scorer predicts a preference.")
    told = [f"{write_number(gap)} for {name}" for gap, name in (min(held), max(held))]
    words = " to ".join(dict.fromkeys(told))
    return stamp_words(mark, f"Mean distance of predicted from observed shares: {words}.")


def _measure_gap(row: ReliabilityRow) -> float:
    gaps = np.abs(np.array(row.observed) - np.array(row.predicted))
    weights = np.where(np.isnan(gaps), 0, np.array(row.ns, np.float64))
    return float(np.nansum(gaps * weights) / weights.sum()) if weights.sum() else np.nan


def _follow_reliability(row: ReliabilityRow, most: int) -> Line:
    parts = zip(row.predicted, row.observed, row.lows, row.highs, row.ns, strict=True)
    told = [
        f"{cut_hover(row.scorer)}: predicted {write_percent(predicted)}, observed "
        f"{_write_share(observed, low, high)}, {count(n, 'pair')}"
        for predicted, observed, low, high, n in parts
    ]
    columns = (row.predicted, row.observed, row.lows, row.highs)
    sizes = [max(4.0, 16 * (n / max(most, 1)) ** 0.5) for n in row.ns]
    return make_line(row.scorer, columns, [escape_label(each) for each in told], sizes)


def _draw_diagonal(figure: go.Figure, ground: Ground) -> End:
    figure.add_trace(draw_control("as predicted", [0, 1], [0, 1], ("dot", 1.5), ground))
    return End(("as predicted",), 1.0, 1.0, ground.muted)
