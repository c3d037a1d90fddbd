"""What queries ask for: shares of categories, which go together, and a map of the queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from hivemind_core.corpus.taxonomy import read_taxonomy
from hivemind_core.figures.axes import make_axis
from hivemind_core.figures.layers import cut_name
from hivemind_core.figures.numbers import count, escape_label
from hivemind_core.figures.palette import (
    BLUE,
    GREEN,
    NEUTRAL,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    YELLOW,
    Ground,
    fade,
    tint,
)
from hivemind_core.measures.arrays import Floats, Integers

OTHER, NONE = "Other", "No category"
HUES = (VERMILION, ORANGE, BLUE, PURPLE, SKY, GREEN)
ROW_HEIGHT, CELL = 25, 30  # pixels
NAME_WIDTH = 38  # characters
POINT, MARKED = 3.5, 4.5  # pixels
RARE = 30  # queries: under so many a lift is noise


@dataclass(frozen=True)
class CategoryShare:
    """How many queries are of a category.

    Attributes
    ----------
    group : str
        The paper's category above it; itself where it has none.
    name : str
        Untrusted.
    queries : int or None
        Of the corpus; None where there is none.
    share, published : float or None
        In per cent of all queries: of the corpus, and as the paper has it.
    """

    group: str
    name: str
    queries: int | None
    share: float | None
    published: float | None


def list_shares(
    names: Sequence[str], counts: Sequence[int] | None, total: int
) -> tuple[CategoryShare, ...]:
    """Return the share of every category: the paper's first, in its order, then the corpus's own.

    Parameters
    ----------
    names : sequence of str
        Categories of the corpus.
    counts : sequence of int or None
        Queries of each; None where there is no corpus.
    total : int
        All queries.
    """
    held = dict(zip(names, counts, strict=True)) if counts is not None else {}
    paper = {sub.name: sub for sub in read_taxonomy()}
    is_papers = counts is None or any(name in paper for name in held)
    rows = [
        CategoryShare(
            sub.category,
            sub.name,
            None if counts is None else held.get(sub.name, 0),
            None if counts is None else _share(held.get(sub.name, 0), total),
            sub.share_pct,
        )
        for sub in (paper.values() if is_papers else ())
    ]
    rows += [
        CategoryShare(name, name, number, _share(number, total), None)
        for name, number in held.items()
        if name not in paper
    ]
    return tuple(rows)


def _share(number: int, total: int) -> float | None:
    return 100 * number / total if total else None


def describe_shares(rows: Sequence[CategoryShare], total: int) -> str:
    """Return what the shares say, in a sentence."""
    known = [row for row in rows if row.share is not None]
    if not known:
        top = max(rows, key=lambda row: row.published or 0)
        return (
            f"The paper's queries ask most often for {top.name} ({top.published:.0f} %); a query "
            "may be of several categories."
        )
    named = [row for row in known if row.queries and row.name != OTHER]
    ranked = sorted(named, key=lambda row: -(row.share or 0))[:2]
    told = " and ".join(f"{row.share:.0f} % are of {row.name}" for row in ranked)
    if not told:
        return f"None of {count(total, 'query')} has a category of its own."
    return f"Of {count(total, 'query')}, {told}."


def explain_shares(rows: Sequence[CategoryShare], bare: int) -> str:
    """Return what the shares rest on."""
    total = sum(row.share for row in rows if row.share is not None)
    published = sum(row.published for row in rows if row.published is not None)
    parts = []
    if any(row.share is not None for row in rows):
        parts.append(
            f"Bars: the corpus. A query may be of several categories, so that shares sum to "
            f"{total:.0f} %; {count(bare, 'query')} of none."
        )
    if published:
        parts.append(f"Diamonds: as published, of 26,070 queries; these sum to {published:.0f} %.")
    return " ".join(parts)


def tabulate_shares(rows: Sequence[CategoryShare]) -> list[dict[str, object]]:
    """Return the shares as a table."""
    return [
        {
            "category": row.group,
            "subcategory": row.name,
            "queries": row.queries,
            "share (%)": row.share,
            "published (%)": row.published,
        }
        for row in rows
    ]


def find_hues(groups: Sequence[str], ground: Ground) -> dict[str, str]:
    """Return the colour of each of the paper's categories, and of what a corpus has of its own."""
    paper = list(dict.fromkeys(sub.category for sub in read_taxonomy()))
    hues = {name: tint(hue, ground.tint) for name, hue in zip(paper, HUES, strict=True)}
    own = [name for name in groups if name not in hues and name not in (OTHER, NONE)]
    free = [tint(hue, ground.tint) for hue in (*HUES, YELLOW)]
    hues |= {name: free[i % len(free)] for i, name in enumerate(dict.fromkeys(own))}
    return hues | {OTHER: NEUTRAL, NONE: ground.line}


def draw_shares(rows: Sequence[CategoryShare], ground: Ground) -> go.Figure:
    """Return a bar for the share of each category, and a diamond where the paper has it."""
    hues = find_hues([row.group for row in rows], ground)
    turned = list(reversed(rows))
    places = list(range(len(turned)))
    figure = go.Figure()
    if any(row.share is not None for row in turned):
        figure.add_trace(
            go.Bar(
                x=[row.share for row in turned],
                y=places,
                orientation="h",
                marker={"color": [hues[row.group] for row in turned]},
                text=[escape_label(row.name) for row in turned],
                textposition="none",
                hovertemplate="%{text}<br>%{x:.1f} % of this corpus<extra></extra>",
                width=0.66,
            )
        )
    figure.add_trace(
        go.Scatter(
            x=[row.published for row in turned],
            y=places,
            mode="markers",
            marker={
                "symbol": "diamond-open",
                "size": 9,
                "color": ground.ink,
                "line": {"width": 1.6},
            },
            text=[escape_label(row.name) for row in turned],
            hovertemplate="%{text}<br>%{x:.1f} % as published<extra></extra>",
        )
    )
    most = max([1.0, *(v for row in rows for v in (row.share, row.published) if v is not None)])
    ticks = [(tick, f"{tick} %") for tick in range(0, 101, 10 if most > 25 else 5) if tick <= most]
    axis = make_axis("Share of queries", (0, 1.06 * most), ticks, ground, has_grid=True)
    names = [(place, escape_label(cut_name(row.name, NAME_WIDTH))) for place, row in
             zip(places, turned, strict=True)]  # fmt: skip
    _lay(figure, axis, names, ground, 70 + ROW_HEIGHT * len(rows))
    _name_groups(figure, turned, hues)
    return figure


def _name_groups(figure: go.Figure, turned: Sequence[CategoryShare], hues: dict[str, str]) -> None:
    """Write the paper's category beside the rows that lie in it, in their colour."""
    for group in dict.fromkeys(row.group for row in turned):
        places = [place for place, row in enumerate(turned) if row.group == group]
        if len(places) > 1:
            figure.add_annotation(
                x=1,
                xref="paper",
                xanchor="right",
                y=sum(places) / len(places),
                text=escape_label(group),
                showarrow=False,
                font={"size": 12, "color": hues[group]},
            )


def _lay(
    figure: go.Figure,
    axis: dict[str, object],
    names: Sequence[tuple[int, str]],
    ground: Ground,
    height: int,
) -> None:
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 16, "t": 8, "b": 44},
        showlegend=False,
        hovermode="closest",
        dragmode=False,
        xaxis=axis,
        yaxis={
            "range": [-0.6, len(names) - 0.4],
            "tickvals": [place for place, _ in names],
            "ticktext": [name for _, name in names],
            "tickfont": {"size": 13, "color": ground.ink},
            "ticks": "",
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "automargin": True,
        },
    )


@dataclass(frozen=True, eq=False)
class Together:
    """Which categories go together.

    Attributes
    ----------
    names : tuple of str, length k
        Untrusted.
    counts : (k, k) int64
        Queries of both.
    shares : (k, k) float64
        Of the queries of the row, those of the column too.
    lift : (k, k) float64
        Against chance.
    """

    names: tuple[str, ...]
    counts: Integers
    shares: Floats
    lift: Floats


def describe_together(together: Together) -> str:
    """Return which two categories go together most, against chance."""
    known = np.where(np.triu(together.counts, 1) >= RARE, together.lift, np.nan)
    if np.isnan(known).all():
        return "No two categories share enough queries to say what goes together."
    row, column = np.unravel_index(int(np.nanargmax(known)), known.shape)
    if known[row, column] <= 1:
        return "No two categories go together more often than by chance."
    first, second = together.names[row], together.names[column]
    return (
        f"{first} and {second} go together most: on {together.counts[row, column]:,} queries, "
        f"{together.lift[row, column]:.1f} times as often as by chance."
    )


def tabulate_together(together: Together) -> list[dict[str, object]]:
    """Return every two categories that meet, those most often together first."""
    rows = [
        {
            "one": together.names[i],
            "other": together.names[j],
            "queries": int(together.counts[i, j]),
            "of the one (%)": 100 * float(together.shares[i, j]),
            "of the other (%)": 100 * float(together.shares[j, i]),
            "times chance": float(together.lift[i, j]),
        }
        for i in range(len(together.names))
        for j in range(i + 1, len(together.names))
        if together.counts[i, j]
    ]
    return sorted(rows, key=lambda row: -int(str(row["queries"])))


def draw_together(together: Together, ground: Ground) -> go.Figure:
    """Return a matrix: of the queries of a row, the share that is of the column too.

    A cell can be clicked: invisible marks over it carry its row and column.
    """
    k = len(together.names)
    percent = 100 * together.shares
    most = float(np.nanmax(percent)) if not np.isnan(percent).all() else 1.0
    ramp = [ground.paper, *ground.ramp]
    scale = [[i / (len(ramp) - 1), color] for i, color in enumerate(ramp)]
    figure = go.Figure(
        go.Heatmap(
            z=percent,
            zmin=0,
            zmax=max(most, 1.0),
            colorscale=scale,
            xgap=1,
            ygap=1,
            hoverinfo="skip",
            colorbar={
                "title": {"text": "% of the row", "font": {"color": ground.muted, "size": 12}},
                "tickfont": {"color": ground.muted, "size": 12},
                "thickness": 10,
                "outlinewidth": 0,
            },
        )
    )
    figure.add_trace(_make_cells(together, ground))
    names = [escape_label(cut_name(name, NAME_WIDTH)) for name in together.names]
    font = {"size": 12, "color": ground.ink}
    shared = {"ticks": "", "showgrid": False, "zeroline": False, "fixedrange": True}
    shared |= {"tickvals": list(range(k)), "ticktext": names, "tickfont": font}
    figure.update_layout(
        height=max(320, 190 + CELL * k),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=False,
        hovermode="closest",
        dragmode=False,
        clickmode="event+select",
        xaxis=shared | {"range": [-0.5, k - 0.5], "tickangle": -55, "automargin": True},
        yaxis=shared | {"range": [k - 0.5, -0.5], "automargin": True},
    )
    return figure


def _make_cells(together: Together, ground: Ground) -> go.Scatter:
    cells = [(i, j) for i, row in enumerate(together.counts) for j in range(len(row)) if i != j]
    texts = [
        f"{escape_label(together.names[i])}<br>also {escape_label(together.names[j])}<br>"
        f"{count(int(together.counts[i, j]), 'query')}, {100 * together.shares[i, j]:.0f} % of the "
        f"first, {together.lift[i, j]:.1f} times chance"
        for i, j in cells
    ]
    unseen = {"opacity": 0}
    return go.Scatter(
        x=[j for _, j in cells],
        y=[i for i, _ in cells],
        mode="markers",
        marker={"size": CELL - 4, "symbol": "square", "color": fade(ground.ink, 0)},
        selected={"marker": unseen},
        unselected={"marker": unseen},
        customdata=[[i, j] for i, j in cells],
        text=texts,
        hovertemplate="%{text}<extra></extra>",
    )


@dataclass(frozen=True, eq=False)
class QueryPoints:
    """Where queries lie, and what each is coloured by.

    Attributes
    ----------
    places : (n, 2) float32
    groups : (n,) int64
        Place in `names`.
    names : tuple of str
        Untrusted.
    rows : (n,) int64
        What a query is told by when its point is picked.
    """

    places: NDArray[np.float32]
    groups: Integers
    names: tuple[str, ...]
    rows: Integers


def draw_query_map(
    points: QueryPoints, marked: NDArray[np.bool_] | None, ground: Ground
) -> go.Figure:
    """Return the queries as points, coloured by category; those marked stand out, if some are.

    Nothing but places and row numbers is sent, so that 26,070 queries stay under a megabyte.
    """
    figure = go.Figure()
    if marked is None:
        hues = find_hues(points.names, ground)
        sizes = np.bincount(points.groups, minlength=len(points.names))
        for group in sorted(range(len(points.names)), key=lambda g: -sizes[g]):
            of_it = points.groups == group
            if of_it.any():
                name = points.names[group]
                figure.add_trace(_make_points(points, of_it, hues[name], POINT, name))
    else:
        figure.add_trace(_make_points(points, ~marked, ground.line, POINT, "the others"))
        figure.add_trace(_make_points(points, marked, ground.accent, MARKED, "chosen"))
    side = {"visible": False, "fixedrange": False}
    figure.update_layout(
        height=560,
        margin={"l": 0, "r": 0, "t": 4, "b": 0},
        dragmode="lasso",
        hovermode=False,
        clickmode="event+select",
        showlegend=marked is None,
        legend={
            "orientation": "h",
            "y": -0.02,
            "yanchor": "top",
            "x": 0,
            "font": {"size": 12, "color": ground.ink},
            "itemsizing": "constant",
            "itemclick": "toggle",
        },
        xaxis=side,
        yaxis=side | {"scaleanchor": "x"},
    )
    return figure


def _make_points(
    points: QueryPoints, chosen: NDArray[np.bool_], color: str, size: float, name: str
) -> go.Scattergl:
    options: dict[str, Any] = {"size": size, "color": color, "opacity": 0.75}
    return go.Scattergl(
        x=points.places[chosen, 0],
        y=points.places[chosen, 1],
        mode="markers",
        marker=options,
        customdata=points.rows[chosen].tolist(),
        name=escape_label(cut_name(name, NAME_WIDTH)),
        unselected={"marker": {"opacity": 0.15}},
    )


def describe_query_map(points: QueryPoints, marked: NDArray[np.bool_] | None) -> str:
    """Return what the map shows, in a sentence."""
    total = count(len(points.rows), "query")
    if marked is None:
        return f"{total} by what they ask, coloured by category."
    return f"{int(marked.sum()):,} of {total} stand out: what is chosen at the side."
