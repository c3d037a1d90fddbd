"""Where some values lie beside others: a row of points each, with their mean."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from hivemind_core.figures.numbers import escape_label, write_number
from hivemind_core.figures.palette import Ground, fade
from hivemind_core.measures.arrays import Floats

ROW_HEIGHT = 110
SPREAD = 0.32  # of a row, that points are scattered over
GOLDEN = 0.6180339887


@dataclass(frozen=True, eq=False)
class Strip:
    """Some values of one kind.

    Attributes
    ----------
    name : str
        Untrusted.
    values : (n,) float64
        None nan.
    labels : tuple of str, length n
        What each value is of; untrusted.
    is_strong : bool
        Whether it is what the reader brought, and not what it is held against.
    """

    name: str
    values: Floats
    labels: tuple[str, ...]
    is_strong: bool


def draw_ranges(strips: Sequence[Strip], ground: Ground, scale: str) -> go.Figure:
    """Return a row of points for each strip, from top to bottom, with a line at their mean.

    Points are scattered over the height of their row only so that they can be told apart: always
    in the same way.
    """
    figure = go.Figure()
    for row, strip in enumerate(reversed(strips)):
        _draw_strip(figure, strip, row, ground)
    low = min([0.0, *(float(strip.values.min()) for strip in strips if len(strip.values))])
    figure.update_layout(
        height=70 + ROW_HEIGHT * max(len(strips), 1),
        margin={"l": 110, "r": 40, "t": 10, "b": 40},
        showlegend=False,
        hovermode="closest",
        dragmode=False,
    )
    figure.update_xaxes(
        range=[low - 0.02, 1.02],
        title={"text": scale, "font": {"size": 12, "color": ground.muted}},
        tickvals=[0, 0.2, 0.4, 0.6, 0.8, 1],
        ticktext=["0", ".2", ".4", ".6", ".8", "1"],
        tickfont={"size": 12, "color": ground.muted},
        gridcolor=ground.line,
        zeroline=False,
        fixedrange=True,
    )
    figure.update_yaxes(
        range=[-0.6, len(strips) - 0.4],
        tickvals=list(range(len(strips))),
        ticktext=[escape_label(strip.name) for strip in reversed(strips)],
        tickfont={"size": 13, "color": ground.ink},
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    return figure


def _draw_strip(figure: go.Figure, strip: Strip, row: int, ground: Ground) -> None:
    if not len(strip.values):
        return
    scattered = ((np.arange(len(strip.values)) * GOLDEN) % 1 - 0.5) * 2 * SPREAD
    color = ground.accent if strip.is_strong else ground.muted
    figure.add_trace(
        go.Scatter(
            x=np.round(strip.values, 4),
            y=np.round(row + scattered, 3),
            mode="markers",
            marker={"size": 8 if strip.is_strong else 5, "color": fade(color, 0.7)},
            text=[escape_label(label) for label in strip.labels],
            hovertemplate="%{text}<br>%{x:.3f}<extra></extra>",
            name=escape_label(strip.name),
        )
    )
    mean = float(strip.values.mean())
    figure.add_shape(
        type="line",
        x0=mean,
        x1=mean,
        y0=row - 0.42,
        y1=row + 0.42,
        line={"color": ground.ink, "width": 2},
    )
    figure.add_annotation(
        x=mean,
        y=row + 0.46,
        text=f"mean {write_number(mean)}",
        showarrow=False,
        yanchor="bottom",
        font={"size": 12, "color": ground.ink},
    )
