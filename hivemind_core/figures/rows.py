"""Charts of sources in rows: their names, heights, axes, dots and intervals."""

from collections.abc import Iterable, Sequence
from math import ceil, isnan

import numpy as np
import plotly.graph_objects as go

from hivemind_core.figures.layers import cut_name, shorten_name
from hivemind_core.figures.numbers import escape_label
from hivemind_core.figures.palette import Ground
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.resampling import Estimate

NAME_WIDTH = 30
HOVER_WIDTH = 60
FOLDED_ROW = 36  # pixels that two lines of a name take
LEGEND_LINE = 24
FOOT = 48  # pixels under the rows: the axis and its title


def name_rows(names: Sequence[str]) -> tuple[list[str], int]:
    """Return names as labels beside rows, and the height of a row in pixels.

    Many rows are lower, and a name then has one line; among few rows a model and its strategy
    have a line each. What is too long is cut in its middle.
    """
    height = round(float(np.interp(len(names), [10, 40], [30, 16])))
    is_folded = height == 30 and any(" · " in name for name in names)
    lines = [name.split(" · ", 1) if is_folded else [name] for name in names]
    labels = [
        "<br>".join(escape_label(shorten_name(x, NAME_WIDTH)) for x in each) for each in lines
    ]
    return labels, FOLDED_ROW if is_folded else height


def lay_rows(figure: go.Figure, labels: Sequence[str], height: int, ground: Ground) -> None:
    """Give a figure rows from top to bottom with their names at the left."""
    figure.update_layout(
        height=max(len(labels), 1) * height + FOOT + 8,
        margin={"l": 8, "r": 24, "t": 8, "b": FOOT},
        showlegend=False,
        hovermode="closest",
        dragmode=False,
    )
    figure.update_layout(
        yaxis={
            "range": [max(len(labels), 1) - 0.5, -0.5],
            "tickvals": list(range(len(labels))),
            "ticktext": list(labels),
            "tickfont": {"size": 12, "color": ground.ink},
            "automargin": "left",
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        }
    )


def make_similarity_axis(ends: Iterable[float], title: str, ground: Ground) -> dict[str, object]:
    """Return a cosine axis from 0, or from the lowest of these where one is negative, to 1."""
    lowest = min([0.0, *(end for end in ends if not isnan(end))])
    ticks = [tick / 5 for tick in range(ceil(5 * lowest), 6)]
    return {
        "range": [min(-0.02, lowest - 0.05), 1.03],
        "title": {"text": title, "standoff": 6, "font": {"size": 12, "color": ground.muted}},
        "tickvals": ticks,
        "ticktext": [write_tenth(tick) for tick in ticks],
        "tickfont": {"size": 12, "color": ground.muted},
        "showgrid": True,
        "gridcolor": ground.line,
        "zeroline": False,
        "fixedrange": True,
    }


def write_tenth(value: float) -> str:
    """Return a similarity with one digit, ".8"; "0" and "1" where it is that."""
    return f"{value:.1f}".removesuffix(".0").replace("0.", ".").replace("-", "−")


def raise_top(figure: go.Figure, pixels: int) -> None:
    """Make room above the rows."""
    top, height = figure.layout.margin.t + pixels, figure.layout.height + pixels
    figure.update_layout(height=height, margin={"t": top})


def print_value(figure: go.Figure, place: int, text: str, color: str, axis: str = "x") -> None:
    """Print a number beside the right end of a row's panel."""
    figure.add_annotation(
        x=1,
        xref=f"{axis} domain",
        xanchor="left",
        xshift=8,
        y=place,
        text=text,
        showarrow=False,
        font={"size": 12, "color": color},
    )


def cut_hover(name: str) -> str:
    """Return a name as it is told where it is pointed at: what is too long is cut."""
    return cut_name(name, HOVER_WIDTH)


def make_arms(estimate: Estimate, color: str) -> dict[str, object] | None:
    """Return the interval of an estimate as the arms of its dot; None where it has none."""
    if estimate.interval is None:
        return None
    middle, low, high = np.array([[estimate.mean], [estimate.low], [estimate.high]])
    return span_arms(middle, low, high, color)


def span_arms(middle: Floats, low: Floats, high: Floats, color: str) -> dict[str, object]:
    """Return intervals as the arms of points; of no length where one is nan."""
    return {
        "type": "data",
        "symmetric": False,
        "array": np.maximum(np.nan_to_num(high - middle), 0).tolist(),
        "arrayminus": np.maximum(np.nan_to_num(middle - low), 0).tolist(),
        "color": color,
        "thickness": 1.5,
        "width": 0,
    }


def choose_dot(height: int) -> int:
    """Return the size of a dot in a row of that height, in pixels."""
    return int(np.clip(height // 2 - 1, 8, 11))


def lay_legend(figure: go.Figure, ground: Ground) -> None:
    """Put a quiet legend on a line of its own at the top left."""
    raise_top(figure, LEGEND_LINE)
    figure.update_layout(
        showlegend=True,
        legend={
            "orientation": "h",
            "traceorder": "normal",
            "x": 0,
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "font": {"size": 12, "color": ground.muted},
            "title": {"text": ""},
            "itemclick": False,
            "itemdoubleclick": False,
        },
    )
