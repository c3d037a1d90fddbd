"""The labels that people gave one item: a very small histogram, and the same in words."""

from collections.abc import Sequence

import plotly.graph_objects as go

from hivemind_core.figures.axes import make_axis
from hivemind_core.figures.numbers import count
from hivemind_core.figures.palette import Ground
from hivemind_core.figures.stamp import stamp_figure, stamp_words


def draw_labels(
    counts: Sequence[int], values: Sequence[float], ground: Ground, mark: str = ""
) -> go.Figure:
    """Return a very small histogram of the labels of one item, with the values under it.

    Parameters
    ----------
    counts : sequence of int, length v
        Labels of each value.
    values : sequence of float, length v
        Of the scale, rising; those that nobody gave too.
    ground : Ground
    mark : str

    Raises
    ------
    ValueError
        If there are not as many counts as values.
    """
    pairs = zip(counts, values, strict=True)
    told = [f"{_write_value(value)}: {count(number, 'label')}" for number, value in pairs]
    figure = go.Figure(
        go.Bar(
            x=list(range(len(values))),
            y=list(counts),
            marker={"color": ground.accent},
            width=0.7,
            hovertext=told,
            hoverinfo="text",
            showlegend=False,
        )
    )
    ticks = [(float(place), _write_value(value)) for place, value in enumerate(values)]
    edges = (-0.6, max(len(values), 1) - 0.4)
    baseline = {"showline": True, "linecolor": ground.line, "linewidth": 1}
    figure.update_layout(
        height=62,
        margin={"l": 0, "r": 0, "t": 4, "b": 20, "pad": 0},
        showlegend=False,
        hovermode="closest",
        dragmode=False,
        xaxis=make_axis("", edges, ticks, ground) | baseline,
        yaxis={"visible": False, "range": [0, max([1, *counts])], "fixedrange": True},
    )
    return stamp_figure(figure, mark, ground)


def write_labels(counts: Sequence[int], values: Sequence[float]) -> str:
    """Return the labels of one item in words: "1: 3, 2: 0, 3: 12"."""
    pairs = zip(counts, values, strict=True)
    return ", ".join(f"{_write_value(value)}: {number}" for number, value in pairs)


def describe_labels(counts: Sequence[int], values: Sequence[float], mark: str = "") -> str:
    """Return the figure in words: how many labels there are, and how many of each value."""
    if not sum(counts):
        return stamp_words(mark, "No labels.")
    return stamp_words(mark, f"{count(sum(counts), 'label')}; {write_labels(counts, values)}.")


def _write_value(value: float) -> str:
    return f"{value:g}".replace("-", "−")
