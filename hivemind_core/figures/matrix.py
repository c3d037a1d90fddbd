"""How similar every two models are: a matrix of cells, with the tree or the families beside it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import plotly.graph_objects as go

from hivemind_core.figures.coloring import choose_few_ticks
from hivemind_core.figures.layers import HOVER_WIDTH, cut_name, shorten_name
from hivemind_core.figures.merges import BESIDE, TREE_WIDTH, Part, draw_tree, list_levels, rule_tree
from hivemind_core.figures.numbers import escape_label, write_number
from hivemind_core.figures.palette import Ground, choose_readable, shade
from hivemind_core.figures.similarities import MatrixView, bound_between
from hivemind_core.measures.ordering import Dendrogram

LARGEST_CELL, SMALLEST_CELL = 52, 12  # pixels; in lower rows names would lie on each other
LEAST_WIDTH = 4
MOST_WITH_COLUMNS = 30  # models whose columns are named
MOST_WITH_VALUES = 16  # models whose values are printed
BLACK_OR_WHITE = ("#000000", "#FFFFFF")  # one of them has a contrast of 4.5 with any colour
FAMILY_WIDTH = 14  # characters
CHARACTER = 7.3  # pixels, in the heavier weight
FONT, STRONG = 12, 600
BAR_HEIGHT, BAR_TICKS = 58, 6
PAD = 0.02  # of a cell, so that names at the border are within the axes
INSET = 0.4  # half the side of the frame that marks a cell of the diagonal
VEIL, GAP_OPACITY = 0.55, 0.7
FRAMED = "Framed: within a source. Colours range over pairs of different sources, and end there."


@dataclass(frozen=True)
class _Grid:
    """Pixels of a cell, of the margins, and of the tree between matrix and right margin."""

    row: float
    column: float
    left: float
    right: float
    top: float
    tree: float


def draw_matrix(
    view: MatrixView,
    ground: Ground,
    picked: tuple[int, int] | None = None,
    found: Collection[int] = (),
    scale: str = "mean cosine",
    width: int = 760,
) -> go.Figure:
    """Return the matrix as a figure, with (row, column) of `view.names` as `customdata`.

    The colours range over the similarities between models; within a model, on the framed diagonal,
    it may be higher and is then drawn in the last colour. A selection leaves the looks alone.

    Parameters
    ----------
    view : MatrixView
        No models give an empty figure.
    ground : Ground
    picked : (int, int), optional
        Row and column, as indices of the names, that are outlined.
    found : collection of int
        Indices of the names whose rows stay strong while the others fade; none: all are strong.
    scale : str
        What the values are; plain text.
    width : int
        Pixels that there are. Cells are square where all columns fit in at the height that the
        names of the rows need; else they are narrower than high.
    """
    grid = _measure_grid(view, width)
    traces = [_draw_cells(view), *_draw_gaps(view, grid, ground), *_draw_values(view, ground)]
    traces += _draw_targets(view)
    shapes = [*_separate_groups(view, ground), *_frame_diagonal(view, ground)]
    words = _name_models(view, picked or (), found, ground)
    if view.tree is not None:
        traces.append(draw_tree(view.tree, grid.column, ground))
        shapes += rule_tree(view.tree, grid.column, ground)
        words += _name_merges(view.tree, grid, ground)
    else:
        words += _name_groups(view, ground)
    shapes += _veil_rows(view, found, ground)
    shapes += _outline(view, grid, picked, ground)
    return go.Figure(
        data=traces,
        layout={
            "shapes": shapes,
            "annotations": words,
            "coloraxis": _choose_colors(view, scale, ground),
            "height": round(_span_cells(view) * grid.row + grid.top + BAR_HEIGHT),
            "margin": {"l": grid.left, "r": grid.right, "t": grid.top, "b": BAR_HEIGHT},
            "hoverdistance": round(np.hypot(grid.row, grid.column) / 2),
            **_lay_out(view, grid),
        },
    )


def _measure_grid(view: MatrixView, width: int) -> _Grid:
    """Return how the pixels are shared out."""
    left = 14 + CHARACTER * max((len(shorten_name(name)) for name in view.names), default=0)
    tree, right, top = 0.0, 12.0, 12.0
    if view.tree is not None:
        tree, top = BESIDE + TREE_WIDTH, 44.0
    elif view.groups is not None:
        longest = max((len(cut_name(name, FAMILY_WIDTH)) for name in view.groups), default=0)
        right = BESIDE + CHARACTER * longest
    if len(view) <= MOST_WITH_COLUMNS:
        top = max(top, left)
    room = (width - left - tree - right) / _span_cells(view)
    row = float(np.clip(room, SMALLEST_CELL, LARGEST_CELL))
    column = float(np.clip(room, LEAST_WIDTH, row))
    return _Grid(row, column, left, right, top, tree)


def _span_cells(view: MatrixView) -> float:
    """Return how many cells the matrix takes across and down, with what pads it."""
    return max(len(view), 1) + 2 * PAD


def _draw_cells(view: MatrixView) -> object:
    gap = 1 if len(view) <= MOST_WITH_COLUMNS else 0
    return go.Heatmap(
        z=view.arranged.astype(np.float32),
        coloraxis="coloraxis",
        name="cells",
        hoverinfo="skip",
        xgap=gap,
        ygap=gap,
    )


def _draw_targets(view: MatrixView) -> Iterator[object]:
    """Yield what is hovered and clicked: unseen points, one in the middle of each cell.

    A heatmap takes no part in selections.
    """
    values, own = view.arranged, np.eye(len(view), dtype=bool)
    known, both = np.isfinite(values), "%{y}<br>%{x}<br>"
    kinds = (
        ("between", known & ~own, both + "%{text:.3f}"),
        ("within", known & own, "%{y}<br>within the model<br>%{text:.3f}"),
        ("undefined", ~known & ~own, both + "no query answered by both"),
        ("undefined within", ~known & own, "%{y}<br>no query answered twice"),
    )
    for name, cells, hover in kinds:
        rows, columns = np.nonzero(cells)
        if len(rows) == 0:
            continue
        yield go.Scatter(
            x=columns.astype(np.int16),
            y=rows.astype(np.int16),
            # As lists: of an array's rows Streamlit would report objects.
            customdata=np.column_stack([view.order[rows], view.order[columns]]).tolist(),
            text=np.round(values[cells], 4),
            mode="markers",
            name=name,
            hovertemplate=f"{hover}<extra></extra>",
            # Of large points that overlap, the last would be hit, and not the nearest.
            marker={"size": 2, "opacity": 0},
            selected={"marker": {"opacity": 0}},
            unselected={"marker": {"opacity": 0}},
        )


def _draw_gaps(view: MatrixView, grid: _Grid, ground: Ground) -> Iterator[object]:
    """Yield a thin stroke in each cell that has no value."""
    rows, columns = np.nonzero(~np.isfinite(view.arranged))
    if len(rows) == 0:
        return
    yield go.Scatter(
        x=columns.astype(np.int16),
        y=rows.astype(np.int16),
        mode="markers",
        name="gaps",
        hoverinfo="skip",
        marker={
            "symbol": "line-ne-open",
            "size": grid.column / 2,
            "color": ground.muted,
            "opacity": GAP_OPACITY,
        },
        selected={"marker": {"opacity": GAP_OPACITY}},
        unselected={"marker": {"opacity": GAP_OPACITY}},
    )


def _draw_values(view: MatrixView, ground: Ground) -> Iterator[object]:
    """Yield the values as text, in black or in white, whichever stands out from the cell."""
    if len(view) > MOST_WITH_VALUES:
        return
    values, (low, high) = view.arranged, bound_between(view.values)
    rows, columns = np.nonzero(np.isfinite(values))
    shares = np.clip((values[rows, columns] - low) / (high - low), 0, 1)
    inks = np.array(
        [choose_readable(shade(share, ground), BLACK_OR_WHITE) for share in shares.tolist()]
    )
    for ink in np.unique(inks).tolist():
        chosen = np.flatnonzero(inks == ink)
        yield go.Scatter(
            x=columns[chosen].astype(np.int16),
            y=rows[chosen].astype(np.int16),
            text=[write_number(value) for value in values[rows, columns][chosen].tolist()],
            mode="text",
            name="values",
            hoverinfo="skip",
            textfont={"size": FONT, "color": ink},
            # A selection would fade it.
            selected={"textfont": {"color": ink}},
            unselected={"textfont": {"color": ink}},
        )


def _choose_colors(view: MatrixView, scale: str, ground: Ground) -> Part:
    """Return the colours, and a thin bar under the left of the matrix that says which is which."""
    low, high = bound_between(view.values)
    steps = np.linspace(0, 1, len(ground.ramp)).tolist()
    ticks = choose_few_ticks(low, high, BAR_TICKS)
    font = {"size": FONT, "color": ground.muted}
    return {
        "cmin": low,
        "cmax": high,
        "colorscale": [list(stop) for stop in zip(steps, ground.ramp, strict=True)],
        "showscale": bool(np.isfinite(view.values).any()),
        "colorbar": {
            "orientation": "h",
            "thickness": 8,
            "lenmode": "pixels",
            "len": 190,
            "x": 0,
            "xanchor": "left",
            "xpad": 0,
            "y": 0,
            "yanchor": "top",
            "ypad": 10,
            "outlinewidth": 0,
            "title": {"text": escape_label(cut_name(scale, 32)), "side": "top", "font": font},
            "tickvals": [value for value, _ in ticks],
            "ticktext": [text for _, text in ticks],
            "tickfont": font,
            "ticks": "",
        },
    }


def _name_merges(tree: Dendrogram, grid: _Grid, ground: Ground) -> list[Part]:
    """Return the words above the tree: what its scale is, and the ticks."""
    look: Part = {"y": -0.5, "yanchor": "bottom", "color": ground.muted}
    start = len(tree.order) - 0.5 + BESIDE / grid.column
    title = _write("joined at", x=start, xanchor="left", yshift=18, **look)
    ticks = list_levels(tree, grid.column)
    return [title, *(_write(text, x=place, **look) for place, text in ticks)]


def _list_runs(view: MatrixView) -> Iterator[tuple[str, int, int]]:
    """Yield the families from the first row on, each with its first place and the one after."""
    start = 0
    groups = view.groups or ()
    for name, rows in groupby(groups[row] for row in view.order.tolist() if groups):
        stop = start + len(list(rows))
        yield name, start, stop
        start = stop


def _name_groups(view: MatrixView, ground: Ground) -> list[Part]:
    """Return the name of each family, beside the middle of its rows."""
    look: Part = {
        "x": len(view) - 0.5,
        "xanchor": "left",
        "xshift": BESIDE - 2,
        "color": ground.muted,
    }
    return [
        _write(escape_label(cut_name(name, FAMILY_WIDTH)), y=(start + stop - 1) / 2, **look)
        for name, start, stop in _list_runs(view)
    ]


def _separate_groups(view: MatrixView, ground: Ground) -> list[Part]:
    """Return a line in the colour of the paper between families, across and down."""
    end = len(view) - 0.5
    edges = [start - 0.5 for _, start, _ in _list_runs(view)][1:]
    path = "".join(f"M-0.5,{e}L{end},{e}M{e},-0.5L{e},{end}" for e in edges)
    return [_draw_path(path, ground.paper, 2.5)] if path else []


def _frame_diagonal(view: MatrixView, ground: Ground) -> list[Part]:
    """Return a frame within each cell of the diagonal: it says how a model repeats itself."""
    known = np.flatnonzero(np.isfinite(view.arranged.diagonal())).tolist()
    ends = ((k - INSET, k + INSET) for k in known)
    path = "".join(f"M{a:g},{a:g}H{b:g}V{b:g}H{a:g}Z" for a, b in ends)
    return [_draw_path(path, ground.paper, 1)] if path else []


def _draw_path(path: str, color: str, width: float) -> Part:
    return {"type": "path", "path": path, "line": {"color": color, "width": width}}


def _veil_rows(view: MatrixView, found: Collection[int], ground: Ground) -> list[Part]:
    """Return what fades the rows that were not looked for."""
    kept = [row in found for row in view.order.tolist()]
    if not any(kept):
        return []
    veil = {"fillcolor": ground.paper, "opacity": VEIL, "line": {"width": 0}}
    sides = {"type": "rect", "x0": -0.5, "x1": len(view) - 0.5}
    faded = [place for place, is_kept in enumerate(kept) if not is_kept]
    return [{"y0": place - 0.5, "y1": place + 0.5, **sides, **veil} for place in faded]


def _outline(
    view: MatrixView, grid: _Grid, picked: tuple[int, int] | None, ground: Ground
) -> list[Part]:
    """Return a line around the picked cell: ink within paper, seen on every colour."""
    if picked is None:
        return []
    y, x = (int(np.flatnonzero(view.order == index)[0]) for index in picked)
    wide, high = 0.5 + 1 / grid.column, 0.5 + 1 / grid.row
    box = {"type": "rect", "x0": x - wide, "x1": x + wide, "y0": y - high, "y1": y + high}
    lines = ({"color": ground.paper, "width": 5}, {"color": ground.ink, "width": 2})
    return [{**box, "line": line} for line in lines]


def _name_models(
    view: MatrixView, picked: Collection[int], found: Collection[int], ground: Ground
) -> list[Part]:
    """Return the names on the left and, of few models, above the columns; in full on hover."""
    words = []
    for place, index in enumerate(view.order.tolist()):
        short, flat = shorten_name(view.names[index]), " ".join(view.names[index].split())
        is_strong = index in picked or index in found
        look: Part = {
            "color": ground.ink,
            "weight": STRONG if is_strong else None,
            "opacity": 0.5 if found and not is_strong else 1,
            "hovertext": escape_label(cut_name(flat, HOVER_WIDTH)) if short != flat else None,
        }
        name = escape_label(short)
        words.append(_write(name, x=-0.5, y=place, xanchor="right", xshift=-4, **look))
        if len(view) <= MOST_WITH_COLUMNS:
            turned: Part = {"textangle": -90, "yanchor": "bottom", "yshift": 4}
            words.append(_write(name, x=place, y=-0.5, **turned, **look))
    return words


def _write(text: str, *, color: str, weight: int | None = None, **place: object) -> Part:
    """Return escaped text at a place of the grid."""
    font = {"size": FONT, "color": color, "weight": weight}
    return {"text": text, "font": font, "showarrow": False, **place}


def _lay_out(view: MatrixView, grid: _Grid) -> Part:
    """Return axes that give the cells their size; hovering, they say the names in full."""
    names = [escape_label(cut_name(view.names[i], HOVER_WIDTH)) for i in view.order.tolist()]
    axis = {
        "tickmode": "array",
        "tickvals": list(range(len(view))),
        "ticktext": names,
        "showticklabels": False,
        "ticks": "",
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "fixedrange": True,
        "constrain": "domain",
    }
    low = -0.5 - PAD
    high = low + _span_cells(view)
    right = [low, high + grid.tree / grid.column]
    ratio = {"scaleanchor": "x", "scaleratio": grid.row / grid.column}
    return {
        "xaxis": {"range": right, "constraintoward": "left", **axis},
        "yaxis": {"range": [high, low], "constraintoward": "top", **ratio, **axis},
        "showlegend": False,
        "hovermode": "closest",
        "clickmode": "event+select",
        "dragmode": False,
    }
