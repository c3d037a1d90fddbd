"""Similarity within each source: its mean with an interval, and its queries by similarity."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isnan

import numpy as np
import plotly.graph_objects as go

from hivemind_core.figures.layers import cut_name
from hivemind_core.figures.numbers import count, escape_label, write_interval, write_number
from hivemind_core.figures.palette import Ground, Ink, shade
from hivemind_core.figures.rows import (
    LEGEND_LINE,
    NAME_WIDTH,
    choose_dot,
    cut_hover,
    lay_legend,
    lay_rows,
    make_arms,
    make_similarity_axis,
    name_rows,
    print_value,
    raise_top,
    write_tenth,
)
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.resampling import Estimate

MARK_LINE = 17
KEY_LINE = 48
LETTER = 0.035  # of the cosine axis: as wide as a letter of a mark's name on a narrow page
BINS = 10
LEFT, RIGHT = (0.0, 0.45), (0.56, 1.0)


@dataclass(frozen=True, eq=False)
class SourceRow:
    """What a row shows of one source.

    Attributes
    ----------
    name : str
        Untrusted.
    estimate : Estimate
        Of the similarity within the source, its mean defined.
    bins : (10,) float64 or None
        Per cent of queries in each tenth of similarity, 0 to .1 first; sums to 100. None or all
        nan where it is not known.
    group : str
        What the source is shown with, as "yours" or "published".
    is_model : bool
        Whether it counts where something is told of models.
    """

    name: str
    estimate: Estimate
    bins: Floats | None
    group: str = ""
    is_model: bool = True

    @property
    def is_binned(self) -> bool:
        """Whether the bins are known."""
        return self.bins is not None and not bool(np.isnan(self.bins).any())


def draw_within(
    rows: Sequence[SourceRow],
    marks: Sequence[tuple[str, float]],
    inks: Mapping[str, Ink],
    ground: Ground,
    scale: str = "mean cosine similarity",
    shown: str = "queries by similarity",
) -> go.Figure:
    """Return the sources in rows: at the left a dot and its interval, at the right its queries.

    The right panel stacks the share of queries in each tenth of similarity, as the paper does.

    Parameters
    ----------
    rows : sequence of SourceRow
        From top to bottom. None at all gives an empty left panel; where no bins are known there
        is no right one.
    marks : sequence of (str, float)
        Names and places of dotted lines in the left panel; one at nan is left out.
    inks : mapping of str to Ink
        By source; one that it lacks is drawn in a neutral.
    ground : Ground
    scale, shown : str
        Titles of the left and of the right axis.

    Notes
    -----
    Of several groups, the one with the fewest sources has filled dots, the others open ones.
    Misleads where sources answered different queries: their means then differ by these too.
    """
    figure = go.Figure()
    labels, height = name_rows([row.name for row in rows])
    groups = _order_groups(rows)
    for place, row in enumerate(rows):
        ink = inks.get(row.name, Ink(ground.muted))
        is_open = bool(groups) and row.group != groups[0]
        figure.add_trace(_draw_dot(row, place, _open(ink) if is_open else ink, height))
        print_value(figure, place, write_number(row.estimate.mean), ground.ink)
    is_binned = any(row.is_binned for row in rows)
    lines = _draw_marks(figure, marks, ground)
    lay_rows(figure, labels, height, ground)
    ends = [*(value for _, value in marks), *_list_ends(row.estimate for row in rows)]
    figure.update_xaxes(make_similarity_axis(ends, scale, ground))
    raise_top(figure, max(lines * MARK_LINE, KEY_LINE * is_binned))
    if groups:
        _name_groups(figure, groups, ground)
    if is_binned:
        _draw_bins(figure, rows, ground)
        _add_key(figure, _span_bins(rows), scale.removeprefix("mean "), ground)
        figure.update_layout(xaxis={"domain": LEFT}, xaxis2=_make_share_axis(shown, ground))
    else:
        figure.update_layout(margin={"r": 44})
    return figure


def describe_within(rows: Sequence[SourceRow]) -> str:
    """Return the figure in words: the highest and the lowest source, and the queries above .8."""
    if not rows:
        return "No source has a similarity within it."
    ranked = sorted(rows, key=lambda row: (-row.estimate.mean, row.name))
    ends = [
        f"{cut_hover(r.name)} at {write_number(r.estimate.mean)}" for r in (ranked[0], ranked[-1])
    ]
    told = f"Similarity within {count(len(rows), 'source')}: "
    told += ends[0] if len(rows) == 1 else f"from {ends[0]} to {ends[1]}"
    models = [row for row in rows if row.is_model]
    above = [float(row.bins[8:].sum()) for row in models if row.is_binned and row.bins is not None]
    if above:
        told += (
            f". On average over {count(len(above), 'source')} by models, {np.mean(above):.0f} % of "
            "queries are at .8 or above"
        )
    return told + "."


def _list_ends(estimates: Iterable[Estimate]) -> Iterator[float]:
    for estimate in estimates:
        yield from (estimate.mean, estimate.low)


def _order_groups(rows: Sequence[SourceRow]) -> list[str]:
    """Return the groups where there are several, the one with the fewest sources first."""
    names = [row.group for row in rows]
    found = sorted(set(names), key=lambda name: (names.count(name), name))
    return found if len(found) > 1 else []


def _open(ink: Ink) -> Ink:
    return Ink(ink.color, ink.symbol.removesuffix("-open") + "-open")


def _draw_dot(row: SourceRow, place: int, ink: Ink, height: int) -> go.Scatter:
    estimate = row.estimate
    told = f"{cut_hover(row.name)}: {estimate.mean:.3f}"
    if estimate.interval is not None:
        told += f", 95 % interval {write_interval(estimate.interval)}"
    told += f", {count(estimate.queries, 'query')}" + (f" · {row.group}" if row.group else "")
    return go.Scatter(
        x=[estimate.mean],
        y=[place],
        error_x=make_arms(estimate, ink.color),
        mode="markers",
        marker={"size": choose_dot(height), "color": ink.color, "symbol": ink.symbol},
        name=escape_label(row.name),
        hovertext=[escape_label(told)],
        hoverinfo="text",
        showlegend=False,
    )


def _draw_marks(figure: go.Figure, marks: Sequence[tuple[str, float]], ground: Ground) -> int:
    """Draw dotted lines with their names above, and return how many lines the names take.

    A name that would run into the one before it stands at the right of its line, else higher.
    """
    ends: list[float] = []
    known = [(value, words) for words, value in marks if not isnan(value)]
    for value, words in sorted(known):
        text = f"{words} {write_number(value)}"
        half = LETTER * len(text) / 2
        level = next((i for i, end in enumerate(ends) if value > end), len(ends))
        ends += [-2.0] * (level == len(ends))
        is_centred = value - half > ends[level]
        ends[level] = value + (1 if is_centred else 2) * half
        line = {"color": ground.muted, "width": 1, "dash": "dot"}
        figure.add_shape(
            type="line", x0=value, x1=value, y0=0, y1=1, yref="y domain", line=line, layer="below"
        )
        figure.add_annotation(
            x=value,
            y=1,
            yref="y domain",
            yanchor="bottom",
            yshift=level * MARK_LINE,
            xanchor="center" if is_centred else "left",
            text=escape_label(text),
            font={"size": 12, "color": ground.muted},
            showarrow=False,
        )
    return len(ends)


def _draw_bins(figure: go.Figure, rows: Sequence[SourceRow], ground: Ground) -> None:
    """Stack the shares of queries, one trace a bin that occurs."""
    places = [place for place, row in enumerate(rows) if row.is_binned]
    shares = np.array([rows[place].bins for place in places], dtype=np.float64)
    hairline = {"width": 0.5, "color": ground.paper}  # the dark steps are hard to tell apart
    for b in np.flatnonzero((shares > 0).any(axis=0)).tolist():
        held = [(place, x) for place, x in zip(places, shares[:, b], strict=True) if x > 0]
        figure.add_trace(
            go.Bar(
                x=[float(share) for _, share in held],
                y=[place for place, _ in held],
                xaxis="x2",
                orientation="h",
                marker={"color": shade(b / (BINS - 1), ground), "line": hairline},
                name=_name_bin(b),
                hovertext=[_tell_share(rows[place].name, b, share) for place, share in held],
                hoverinfo="text",
                showlegend=False,
            )
        )
    for place in sorted(set(range(len(rows))) - set(places)):
        figure.add_annotation(
            x=0,
            xref="x2",
            xanchor="left",
            y=place,
            text="not known",
            showarrow=False,
            font={"size": 12, "color": ground.muted},
        )
    figure.update_layout(barmode="stack", bargap=0.22)


def _span_bins(rows: Sequence[SourceRow]) -> range:
    """Return the bins from the lowest to the highest that occurs."""
    shares = np.array([row.bins for row in rows if row.is_binned], dtype=np.float64)
    found = np.flatnonzero((shares > 0).any(axis=0)).tolist()
    return range(found[0], found[-1] + 1)


def _name_bin(number: int) -> str:
    """Return "between .8 and .9"; what is negative was counted in the first."""
    if number == 0:
        return "below .1"
    return f"between {write_tenth(number / BINS)} and {write_tenth((number + 1) / BINS)}"


def _tell_share(name: str, number: int, share: float) -> str:
    written = f"{share:.0f} %" if share >= 1 else "under 1 %"
    return escape_label(f"{cut_hover(name)}: {written} of queries {_name_bin(number)}")


def _add_key(figure: go.Figure, bins: range, scale: str, ground: Ground) -> None:
    """Say above the right panel which colour is which bin, of what."""
    above = LEGEND_LINE * bool(figure.layout.showlegend)
    edges = np.linspace(0, 1, len(bins) + 1).tolist()
    colors = [shade(b / (BINS - 1), ground) for b in bins]
    steps = zip(pairwise(edges), colors, strict=True)
    places = [b / BINS for b in (*bins, bins[-1] + 1)]
    bar = {
        "orientation": "h",
        "thickness": 8,
        "len": RIGHT[1] - RIGHT[0],
        "x": RIGHT[0],
        "xanchor": "left",
        "xpad": 0,
        "y": 1 - above / figure.layout.height,
        "yref": "container",  # in pixels from the top, and else it would push the rows down
        "yanchor": "top",
        "ypad": 6,
        "outlinewidth": 0,
        "ticks": "",
        "ticklabelposition": "outside top",
        "tickvals": places,
        "ticktext": [write_tenth(place) for place in places],
        "tickfont": {"size": 12, "color": ground.muted},
    }
    figure.add_annotation(
        text=escape_label(scale),
        x=sum(RIGHT) / 2,
        xanchor="center",
        xref="paper",
        y=1,
        yref="y domain",
        yanchor="bottom",
        showarrow=False,
        font={"size": 12, "color": ground.muted},
    )
    figure.add_trace(
        go.Scatter(
            x=[None],
            y=[None],
            mode="markers",
            marker={"color": [places[0]], "coloraxis": "coloraxis"},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    figure.update_layout(
        coloraxis={
            "cmin": places[0],
            "cmax": places[-1],
            "colorscale": [[edge, color] for ends, color in steps for edge in ends],
            "colorbar": bar,
        }
    )


def _make_share_axis(title: str, ground: Ground) -> dict[str, object]:
    return {
        "domain": RIGHT,
        "range": [0, 100],
        "title": {"text": title, "standoff": 6, "font": {"size": 12, "color": ground.muted}},
        "tickvals": [0, 50, 100],
        "ticktext": ["0", "50 %", "100 %"],
        "ticklabeloverflow": "allow",
        "tickfont": {"size": 12, "color": ground.muted},
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
    }


def _name_groups(figure: go.Figure, groups: Sequence[str], ground: Ground) -> None:
    """Say at the top which dots are filled and which are open."""
    for number, group in enumerate(groups):
        symbol = "circle-open" if number else "circle"
        figure.add_trace(
            go.Scatter(
                x=[None],
                y=[None],
                mode="markers",
                marker={"size": 9, "color": ground.muted, "symbol": symbol},
                name=escape_label(cut_name(group, NAME_WIDTH)),
                showlegend=True,
            )
        )
    lay_legend(figure, ground)
