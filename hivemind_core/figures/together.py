"""Which categories go together on queries: a matrix of cells, and the same in words."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from hivemind_core.figures.layers import cut_name
from hivemind_core.figures.numbers import count, escape_label
from hivemind_core.figures.palette import Ground, fade
from hivemind_core.figures.taxonomy import NAME_WIDTH
from hivemind_core.measures.arrays import Floats, Integers

CELL = 30  # pixels
RARE = 30  # queries: under so many a lift is noise


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
