"""The legend of a map for paper: what the marks are, under the name of each model."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from hivemind_core.export.about import clean_text
from hivemind_core.export.paper import Print
from hivemind_core.figures.coloring import Scale, bound_values, choose_ticks, place_values
from hivemind_core.figures.layers import Layer, MapStyle, cut_name, shorten_name
from hivemind_core.figures.palette import HUMAN_SYMBOL, Ink, shade

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D

MARKS = {
    "circle": "o",
    "square": "s",
    "triangle-up": "^",
    "triangle-down": "v",
    "pentagon": "p",
    "hexagram": "*",
    "cross": "P",
    "x": "x",
    HUMAN_SYMBOL: "D",
    "circle-open": "o",
}
OPEN = {HUMAN_SYMBOL, "circle-open"}
MOST_COLUMNS = 8
GAP = 6.0  # points between blocks
SMALL = 6.0  # points, at a font scale of 1
NAME_WIDTHS = (24, 36, 60)  # characters: the first that leaves names apart


def add_print_legend(
    figure: "Figure", layers: Sequence[Layer], style: MapStyle, printed: Print
) -> float:
    """Draw the legend at the foot of a figure, and return the inches that it takes.

    Strategies stand under the name of their model. Without anything to explain it takes none.
    """
    listed = sorted((layer for layer in layers if layer.is_listed), key=lambda layer: layer.rank)
    if isinstance(style.paint, Scale) and any(layer.values is not None for layer in layers):
        listed = [*_list_steps(style.paint, style), *listed]
    blocks = [
        (model, list(held))
        for model, held in groupby(_gather(listed), key=lambda layer: layer.model)
    ]
    headings = shorten_apart([model for model, _ in blocks])
    drawn = [
        _draw_block(figure, heading, held, style, printed)
        for heading, (_, held) in zip(headings, blocks, strict=True)
    ]
    return _stand(figure, drawn)


def _list_steps(scale: Scale, style: MapStyle) -> list[Layer]:
    """Return a few round numbers with the colours that they have."""
    low, high = bound_values(place_values(scale))
    nobody = np.empty(0, np.int64)
    return [
        Layer(
            nobody, text, "", Ink(shade((at - low) / (high - low), style.ground)), model=scale.title
        )
        for at, text in choose_ticks(low, high, is_log=scale.is_log)
    ]


def _gather(listed: Sequence[Layer]) -> list[Layer]:
    """Return layers with those of a model together, models in order, and what has none last."""
    models = list(dict.fromkeys(layer.model for layer in listed))
    return sorted(listed, key=lambda layer: (not layer.model, models.index(layer.model)))


def shorten_apart(names: Sequence[str]) -> list[str]:
    """Return names as short as they can be without two that differ becoming the same."""
    flat = [clean_text(name) for name in names]
    for width in NAME_WIDTHS:
        short = [shorten_name(name, width) for name in flat]
        if len(set(short)) == len(set(flat)):
            return short
    return [cut_name(name, max(map(len, flat))) for name in flat]


def _draw_block(
    figure: "Figure", heading: str, held: Sequence[Layer], style: MapStyle, printed: Print
) -> "Legend":
    """Draw the entries of one model, below each other, or numbers and others, beside each other."""
    names = shorten_apart([layer.name for layer in held])
    if isinstance(style.paint, Scale):
        names = [
            name if layer.values is None else f"by {name}"
            for name, layer in zip(names, held, strict=True)
        ]
    is_column = heading and not isinstance(style.paint, Scale)
    for columns in range(1 if is_column else min(len(names), MOST_COLUMNS), 0, -1):
        drawn = figure.legend(
            [_draw_mark(layer) for layer in held],
            names,
            title=heading or None,
            title_fontproperties={"weight": "bold", "size": SMALL * printed.font_scale},
            alignment="left",
            loc="upper left",
            ncols=columns,
            fontsize=SMALL * printed.font_scale,
            frameon=False,
            handletextpad=0.1,
            columnspacing=1.0,
            labelcolor=style.ground.ink,
            borderaxespad=0,
        )
        drawn.get_title().set_color(style.ground.ink)
        if columns == 1 or drawn.get_window_extent().width <= figure.bbox.width:
            break
        drawn.remove()
    return drawn


def _draw_mark(layer: Layer) -> "Line2D":
    from matplotlib.lines import Line2D

    return Line2D(
        [],
        [],
        linestyle="none",
        marker=MARKS.get(layer.ink.symbol, "o"),
        markersize=3.5,
        color=layer.ink.color,
        markerfacecolor="none" if layer.ink.symbol in OPEN else layer.ink.color,
        markeredgewidth=0.5,
    )


def _stand(figure: "Figure", blocks: Sequence["Legend"]) -> float:
    """Stand blocks beside each other, in rows; return the inches that these take."""
    rows: list[list[tuple[Legend, float, float]]] = []
    x = 0.0
    for block in blocks:
        box = block.get_window_extent()
        if not rows or x + box.width > figure.bbox.width:
            rows.append([])
            x = 0.0
        rows[-1].append((block, x, float(box.height)))
        x += box.width + GAP * figure.dpi / 72
    top = total = sum(max(height for _, _, height in row) for row in rows)
    for row in rows:
        for block, x, _ in row:
            # In inches: a file has other pixels than what was measured.
            at = (x / figure.dpi, top / figure.dpi)
            block.set_bbox_to_anchor(at, transform=figure.dpi_scale_trans)
        top -= max(height for _, _, height in row)
    return float(total / figure.dpi)
