"""The axes of figures of scorers against people: what they range over, and what is written there.

An axis is a dict, as Plotly takes it.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import ceil, floor

import numpy as np
import plotly.graph_objects as go

from hivemind_core.figures.coloring import bound_values
from hivemind_core.figures.layers import cut_name
from hivemind_core.figures.numbers import escape_label, write_percent
from hivemind_core.figures.palette import Ground

TITLE_WIDTH = 40  # characters
LINE = 17  # pixels of a line of text
HEIGHT, TALL = 380, 440  # pixels

Part = dict[str, object]


def pad_bounds(values: Iterable[float], share: float = 0.05) -> tuple[float, float]:
    """Return ends that hold all values that are known, with room of a share of their range."""
    low, high = bound_values(np.array(list(values), np.float64))
    pad = share * (high - low)
    return low - pad, high + pad


def bound_agreement(values: Iterable[float]) -> tuple[float, float]:
    """Return ends that hold 0, and .2 at least, so that noise does not look like a finding."""
    return pad_bounds([0.0, 0.2, *values])


def span_places(
    places: Sequence[float], *, is_reversed: bool = False
) -> tuple[tuple[float, float], float]:
    """Return the ends of an axis from left to right, and the smallest step between places.

    At the right there is room for what leads from lines to their names.
    """
    held = sorted(places) or [0.0]
    step = min((after - before for before, after in pairwise(held)), default=1.0)
    near = 0.4 * step
    far = max(near, 0.09 * (held[-1] - held[0]))
    if is_reversed:
        return (held[-1] + near, held[0] - far), step
    return (held[0] - near, held[-1] + far), step


def make_axis(
    title: str,
    edges: tuple[float, float],
    ticks: Sequence[tuple[float, str]],
    ground: Ground,
    *,
    has_grid: bool = False,
) -> Part:
    """Return an axis from one edge to the other.

    Parameters
    ----------
    title : str
        Untrusted, and cut where it is long.
    edges : (float, float)
        Left and right, or bottom and top.
    ticks : sequence of (float, str)
        Places and what is written there, as Plotly reads it: escape what is untrusted.
    ground : Ground
    has_grid : bool
        Whether lines run through the figure at the ticks.
    """
    font = {"size": 12, "color": ground.muted}
    shown = escape_label(cut_name(title, TITLE_WIDTH))
    return {
        "range": list(edges),
        "title": {"text": shown, "standoff": 8, "font": font},
        "tickvals": [place for place, _ in ticks],
        "ticktext": [text for _, text in ticks],
        "tickfont": font,
        "autotickangles": [0, 90],  # slanted, labels of two lines would cover each other
        "ticks": "",
        "showgrid": has_grid,
        "gridcolor": ground.line,
        "zeroline": False,
        "fixedrange": True,
    }


def make_agreement_axis(low: float, high: float, ground: Ground, most: int = 8) -> Part:
    """Return an axis of Spearman's rho with people, with a line at 0 and so many steps at most."""
    ticks = [(tick, _write_tick(tick)) for tick in list_ticks(low, high, most)]
    axis = make_axis("Spearman's rho with people", (low, high), ticks, ground, has_grid=True)
    return axis | {"zeroline": True, "zerolinecolor": ground.muted}


def make_share_axis(title: str, edges: tuple[float, float], ground: Ground) -> Part:
    """Return an axis of shares, in per cent."""
    ticks = [(tick, write_percent(tick)) for tick in list_ticks(*edges)]
    return make_axis(title, edges, ticks, ground, has_grid=True)


def list_ticks(low: float, high: float, most: int = 8) -> list[float]:
    """Return round numbers from one end to the other, about so many steps at most."""
    step = next((step for step in (0.05, 0.1, 0.2, 0.5) if (high - low) / step <= most), 1.0)
    return [round(k * step, 2) for k in range(ceil(low / step), floor(high / step) + 1)]


def _write_tick(tick: float) -> str:
    """Return a round number without the zero before its point: ".25", "0", "−.5"."""
    return f"{tick:.4g}".replace("0.", ".").replace("-", "−")


def write_n(numbers: Iterable[int]) -> str:
    """Return "n = 150", or "n = 148–150" where scorers differ; there is at least one number."""
    found = sorted(set(numbers))
    return "n = " + "–".join(f"{number:,}" for number in dict.fromkeys((found[0], found[-1])))


def lay_axes(figure: go.Figure, x: Part, y: Part, *, feet: int, height: int = HEIGHT) -> None:
    """Give a figure its axes and its height in pixels, with so many lines of text under it."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 16, "t": 12, "b": 14 + LINE * feet},
        showlegend=False,
        hovermode="closest",
        dragmode=False,
        xaxis=x,
        yaxis=y | {"automargin": "left"},
    )
