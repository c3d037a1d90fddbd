"""Whether sources keep their order when encoder, control or measure changes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from textwrap import wrap

import numpy as np
import plotly.graph_objects as go

from hivemind_core.figures.layers import cut_name
from hivemind_core.figures.numbers import count, escape_label, write_number
from hivemind_core.figures.palette import Ground, Ink, choose_readable, fade, shade
from hivemind_core.figures.rows import cut_hover
from hivemind_core.measures.arrays import Floats

NAME_WIDTH = 24
MOST_NAMED = 30
ENDS_NAMED = 5
MOST_ABREAST = 3  # columns whose names stand side by side; those of more are slanted
LINE_WIDTH = 16
CELL = 44  # pixels
SLANT = 124  # pixels that slanted names are high
EXPLAINED = (
    "Rank 1 is the most homogeneous source under each control; Vendi score and distinct answers "
    "are turned round, and the Vendi score is left out where models have unequal numbers of "
    "answers. Spearman's rank correlation over the sources; its 95 % interval, from the same 1,000 "
    "draws of queries, is in the table below. With few sources one swap moves it far. Controls may "
    "disagree because lengths, wordings or encoders set sources apart, or because one counts how "
    "many answers differ and another how much."
)


def draw_ranks(
    names: Sequence[str],
    columns: Sequence[str],
    ranks: Floats,
    inks: Mapping[str, Ink],
    ground: Ground,
) -> go.Figure:
    """Return a bump chart: one line a source over the columns, with its name at both ends.

    Parameters
    ----------
    names, columns : sequence of str
        s sources and c columns, as encoders or controls: untrusted.
    ranks : (s, c) float64
        1 for the most homogeneous, equal ones at their mean rank; nan breaks a line.
    inks : mapping of str to Ink
        By source; one that it lacks is drawn in a neutral.
    ground : Ground

    Notes
    -----
    Of more than 30 sources only the first and the last five of the two outer columns have names
    and colours; the others are named where they are pointed at. Misleads where sources lie close:
    a long way in rank may be a short one in similarity.
    """
    figure = go.Figure()
    sides = [_place_names(names, ranks[:, side]) for side in (0, -1)] if columns else [{}, {}]
    named = {i for side in sides for i in side}
    # What has a name lies over what has none.
    for i in sorted(range(len(names)), key=lambda i: (i in named, i)):
        ink = inks.get(names[i], Ink(ground.muted))
        figure.add_trace(_draw_line(names[i], columns, ranks[i], ink))
        if i not in named:
            figure.data[-1].update(
                line={"width": 1, "color": fade(ground.muted, 0.4)},
                marker={"size": 4, "color": fade(ground.muted, 0.6), "symbol": "circle"},
            )
    _lay_out_ranks(figure, columns, ranks, ground)
    _name_lines(figure, names, ranks, sides, ground)
    return figure


def describe_ranks(names: Sequence[str], columns: Sequence[str], ranks: Floats) -> str:
    """Return the figure in words: who is first in most columns, and the source that moves most."""
    told = f"Ranks of {count(len(names), 'source')} in {count(len(columns), 'column')}."
    if not len(names) or not len(columns):
        return told
    held = np.where(np.isnan(ranks), np.inf, ranks)
    known = held[:, np.isfinite(held).any(axis=0)]
    firsts = Counter(names[i] for i in known.argmin(axis=0).tolist())
    if firsts:
        most = [f"{cut_hover(name)} ({n} of {len(columns)})" for name, n in firsts.most_common(3)]
        told += f" Most homogeneous: {', '.join(most)}."
    lowest = np.where(np.isnan(ranks), -np.inf, ranks).max(axis=1)
    moves = np.where(np.isfinite(lowest), lowest - held.min(axis=1), 0.0)
    if (moves > 0).any():
        i = int(moves.argmax())
        told += f" {cut_hover(names[i])} moves most, from {held[i].min():g} to {lowest[i]:g}."
    return told


def draw_correlations(columns: Sequence[str], matrix: Floats, ground: Ground) -> go.Figure:
    """Return the correlations of each two columns as a triangle of numbers.

    Parameters
    ----------
    columns : sequence of str
        Untrusted.
    matrix : (c, c) float64
        Spearman's correlation, in [-1, 1]; nan is written as a dash. The lower triangle is drawn.
    ground : Ground

    Notes
    -----
    Colours range from 0 to 1, and from -1 where a correlation is negative. None at all under two
    columns.
    """
    figure = go.Figure()
    size = max(len(columns) - 1, 0)
    cells = np.full((size, size), np.nan)
    rows, places = np.tril_indices(size)
    cells[rows, places] = matrix[rows + 1, places]
    lowest = -1.0 if bool((cells < 0).any()) else 0.0
    figure.add_trace(
        go.Heatmap(
            z=[[None if np.isnan(value) else float(value) for value in row] for row in cells],
            zmin=lowest,
            zmax=1,
            colorscale=[[k / 10, shade(k / 10, ground)] for k in range(11)],
            showscale=False,
            xgap=2,
            ygap=2,
            hovertext=[
                [_tell_pair(columns[x], columns[y + 1], cells[y, x]) for x in range(size)]
                for y in range(size)
            ],
            hoverinfo="text",
        )
    )
    for y, x in zip(rows.tolist(), places.tolist(), strict=True):
        value = float(cells[y, x])
        color = ground.muted
        if not np.isnan(value):
            filled = shade((value - lowest) / (1 - lowest), ground)
            color = choose_readable(filled, (ground.ink, ground.paper))
        figure.add_annotation(
            x=x,
            y=y,
            text=write_number(value),
            showarrow=False,
            font={"size": 12, "color": color},
        )
    _lay_out_correlations(figure, columns, ground)
    return figure


def describe_correlations(columns: Sequence[str], matrix: Floats) -> str:
    """Return the figure in words: the lowest and the highest correlation."""
    rows, places = np.tril_indices(len(columns), -1)
    pairs = [
        (float(matrix[i, j]), f"{cut_hover(columns[j])} and {cut_hover(columns[i])}")
        for i, j in zip(rows.tolist(), places.tolist(), strict=True)
        if not np.isnan(matrix[i, j])
    ]
    if not pairs:
        return "No two columns have a correlation."
    ends = [f"{write_number(value)} ({pair})" for value, pair in (min(pairs), max(pairs))]
    told = " to ".join(dict.fromkeys(ends))
    return f"Rank correlation between {count(len(columns), 'column')}: {told}."


def _place_names(names: Sequence[str], ranks: Floats) -> dict[int, int]:
    """Return the place from the top of the name of each source, by source.

    Those of one rank follow each other in the order of their names. What is not named is left out.
    """
    held = [i for i in range(len(names)) if not np.isnan(ranks[i])]
    order = sorted(held, key=lambda i: (ranks[i], names[i]))
    placed = {i: place for place, i in enumerate(order, 1)}
    if len(names) <= MOST_NAMED:
        return placed
    last = len(order) - ENDS_NAMED
    return {i: place for i, place in placed.items() if place <= ENDS_NAMED or place > last}


def _draw_line(name: str, columns: Sequence[str], ranks: Floats, ink: Ink) -> go.Scatter:
    known = [None if np.isnan(rank) else float(rank) for rank in ranks]
    return go.Scatter(
        x=list(range(len(columns))),
        y=known,
        mode="lines+markers",
        line={"width": 1.5, "color": ink.color},
        marker={"size": 7, "color": ink.color, "symbol": ink.symbol},
        name=escape_label(name),
        hovertext=[
            escape_label(f"{cut_hover(name)}: rank {rank} in {cut_hover(column)}")
            for column, rank in zip(columns, (f"{rank:g}" for rank in ranks), strict=True)
        ],
        hoverinfo="text",
        connectgaps=False,
        showlegend=False,
    )


def _lay_out_ranks(
    figure: go.Figure, columns: Sequence[str], ranks: Floats, ground: Ground
) -> None:
    rows, is_slanted = max(len(ranks), 1), len(columns) > MOST_ABREAST
    top = SLANT if is_slanted else 44
    figure.update_layout(
        height=rows * (22 if rows <= MOST_NAMED else 14) + top + 8,
        margin={"l": 8, "r": 8, "t": top, "b": 8},
        showlegend=False,
        hovermode="closest",
        dragmode=False,
        xaxis=_make_column_axis(columns, ground, is_slanted=is_slanted)
        | {"side": "top", "range": [-0.1, max(len(columns) - 1, 0) + 0.1], "showgrid": True},
    )


def _name_lines(
    figure: go.Figure,
    names: Sequence[str],
    ranks: Floats,
    sides: Sequence[Mapping[int, int]],
    ground: Ground,
) -> None:
    """Write the names beside the outer columns: as ticks, which make their own room."""
    axis = {
        "visible": bool(ranks.size),
        "range": [max(len(names), 1) + 0.6, 0.4],
        "tickfont": {"size": 12, "color": ground.ink},
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
    }
    cut = [escape_label(cut_name(name, NAME_WIDTH)) for name in names]
    left, right = sides[0], sides[-1] if ranks.shape[1] > 1 else {}
    figure.update_layout(
        yaxis=axis
        | {
            "tickvals": list(left.values()),
            "ticktext": [f"{cut[i]}  {ranks[i, 0]:g} " for i in left],
            "automargin": "left",
        },
        yaxis2=axis
        | {
            "overlaying": "y",
            "side": "right",
            "tickvals": list(right.values()),
            "ticktext": [f" {ranks[i, -1]:g}  {cut[i]}" for i in right],
            "automargin": True,
        },
    )
    # An axis without a trace is not drawn.
    figure.add_trace(go.Scatter(x=[None], y=[None], yaxis="y2", hoverinfo="skip", showlegend=False))


def _make_column_axis(
    columns: Sequence[str], ground: Ground, *, is_slanted: bool
) -> dict[str, object]:
    """Return an axis with the names of columns: slanted, or level and then folded."""
    folded = [
        [cut_name(name, NAME_WIDTH)]
        if is_slanted
        else wrap(name, LINE_WIDTH, max_lines=2, placeholder="…")
        for name in columns
    ]
    return {
        "visible": bool(columns),
        "tickvals": list(range(len(columns))),
        "ticktext": ["<br>".join(escape_label(line) for line in lines) for lines in folded],
        "tickangle": -40 if is_slanted else 0,
        "tickfont": {"size": 12, "color": ground.ink},
        "ticks": "",
        "ticklabeloverflow": "allow",
        "automargin": True,
        "showgrid": False,
        "gridcolor": ground.line,
        "zeroline": False,
        "fixedrange": True,
    }


def _lay_out_correlations(figure: go.Figure, columns: Sequence[str], ground: Ground) -> None:
    size = max(len(columns) - 1, 1)
    figure.update_layout(
        height=size * CELL + SLANT + 8,
        margin={"l": 8, "r": 8, "t": 8, "b": SLANT},
        showlegend=False,
        hovermode="closest",
        dragmode=False,
        xaxis=_make_column_axis(columns[:-1], ground, is_slanted=True)
        | {"range": [-0.5, size - 0.5], "constrain": "domain", "constraintoward": "left"},
        yaxis={
            "visible": len(columns) > 1,
            "range": [size - 0.5, -0.5],
            "tickvals": list(range(size)),
            "ticktext": [escape_label(cut_name(name, NAME_WIDTH)) for name in columns[1:]],
            "tickfont": {"size": 12, "color": ground.ink},
            "automargin": "left",
            "ticks": "",
            "ticklabelstandoff": 4,
            "scaleanchor": "x",
            "constrain": "domain",
            "constraintoward": "top",
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
    )


def _tell_pair(first: str, second: str, value: float) -> str:
    return escape_label(f"{cut_hover(first)} and {cut_hover(second)}: {write_number(value)}")
