"""What stands under a map: the legend, and the colour bar."""

from collections import Counter

import numpy as np
import plotly.graph_objects as go

from hivemind_core.figures.coloring import Scale, bound_values, choose_ticks, place_values
from hivemind_core.figures.layers import Layer, MapStyle, cut_name
from hivemind_core.figures.numbers import escape_label
from hivemind_core.figures.palette import Ground

LEGEND_ROW = 20
LEGEND_WIDTH = 450  # pixels of a map on a small screen
LEGEND_ROWS = 6
NAME_WIDTH = 32
BAR_HEIGHT = 44
TOOLS_WIDTH = 32  # of Plotly's tool bar, which else would lie over points


def add_legend(figure: go.Figure, listed: list[Layer], *, has_bar: bool) -> None:
    """Put a quiet legend under the map: a lone entry beside a colour bar, more entries below it."""
    height = LEGEND_ROW * min(_count_legend_rows(listed), LEGEND_ROWS)
    place: dict[str, object] = {"x": 0, "y": -0.02, "yanchor": "top"}
    if has_bar and len(listed) < 2:
        place |= {"x": 1, "xanchor": "right"}
        height = BAR_HEIGHT
    elif has_bar:
        place |= {"yref": "container", "y": 0, "yanchor": "bottom"}
        height += BAR_HEIGHT - 10
    figure.update_layout(
        margin={"l": 0, "r": TOOLS_WIDTH, "t": 8, "b": 14 + height},
        showlegend=bool(listed),
        legend={
            "orientation": "h",
            "font": {"size": 11},
            "title": {"text": ""},
            "itemsizing": "constant",
            # Entries of several traces share a group too, and are not to be set apart for it.
            "traceorder": "grouped" if any(layer.model for layer in listed) else "normal",
            "tracegroupgap": 4,
            "grouptitlefont": {"size": 11},
            "maxheight": LEGEND_ROW * LEGEND_ROWS,
            **place,
        },
    )


def _count_legend_rows(listed: list[Layer]) -> int:
    """Return how many rows the legend takes on a small screen."""
    strategies = Counter(layer.model for layer in listed if layer.model)
    if strategies:
        return max(strategies.values()) + 1
    longest = max((len(cut_name(layer.name, NAME_WIDTH)) for layer in listed), default=0)
    columns = max(1, LEGEND_WIDTH // (6 * longest + 45))
    return -(-len(listed) // columns)


def make_bar(title: str, ticks: list[tuple[float, str]], ground: Ground) -> dict[str, object]:
    """Return a thin colour bar under the left of the map."""
    return {
        "orientation": "h",
        "thickness": 8,
        "lenmode": "pixels",
        "len": 190,
        "x": 0,
        "xanchor": "left",
        "xpad": 10,
        "y": 0,
        "yanchor": "top",
        "ypad": 4,
        "outlinewidth": 0,
        "title": {
            "text": escape_label(cut_name(title, NAME_WIDTH)),
            "side": "top",
            "font": {"size": 11, "color": ground.muted},
        },
        "tickvals": [place for place, _ in ticks],
        "ticktext": [text for _, text in ticks],
        "tickfont": {"size": 11, "color": ground.muted},
        "ticks": "",
    }


def add_colors(figure: go.Figure, scale: Scale, style: MapStyle) -> None:
    """Give the numbers of a scale their colours, and say below the map which is which."""
    low, high = bound_values(place_values(scale))
    ramp = style.ground.ramp
    steps = np.linspace(0, 1, len(ramp)).tolist()
    ticks = choose_ticks(low, high, is_log=scale.is_log)
    is_known = bool(np.isfinite(place_values(scale)).any())
    figure.update_layout(
        coloraxis={
            "cmin": low,
            "cmax": high,
            "colorscale": [list(stop) for stop in zip(steps, ramp, strict=True)],
            "showscale": is_known and not style.is_density,
            "colorbar": make_bar(scale.title, ticks, style.ground),
        }
    )
