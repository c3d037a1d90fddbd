"""A mark, such as SIMULATED: large and faint across a figure, and first in its words."""

import numpy as np
import plotly.graph_objects as go

from hivemind_core.figures.numbers import escape_label
from hivemind_core.figures.palette import Ground, fade

APART = 420  # pixels between the marks of a high figure


def stamp_figure(figure: go.Figure, mark: str, ground: Ground) -> go.Figure:
    """Write a mark across a figure, again and again where it is high.

    Parameters
    ----------
    figure : Figure
        With its height and its margins set.
    mark : str
        Nothing is written where it is empty.
    ground : Ground
    """
    if not mark:
        return figure
    margin = figure.layout.margin
    height = figure.layout.height - margin.t - margin.b
    rows = max(1, round(height / APART))
    size = float(np.clip(0.5 * height, 14, min(56, max(14, 500 / len(mark)))))
    for row in range(rows):
        figure.add_annotation(
            x=0.5,
            y=(row + 0.5) / rows,
            xref="paper",
            yref="paper",
            text=escape_label(mark),
            showarrow=False,
            textangle=-12 if height > 100 else 0,
            font={
                "size": size,
                "color": fade(ground.muted, 0.3),
                "weight": 700,
                "shadow": f"0 0 3px {fade(ground.paper, 0.65)}",
            },
        )
    return figure


def stamp_words(mark: str, words: str) -> str:
    """Return the words of a figure after its mark, if it has one."""
    return f"{mark}. {words}" if mark else words
