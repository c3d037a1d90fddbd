"""The tree beside a matrix: which models are joined, and at which similarity."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from hivemind_core.figures.coloring import choose_few_ticks
from hivemind_core.figures.palette import Ground
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.ordering import Dendrogram

Part = dict[str, Any]  # of a figure, as Plotly reads it
BESIDE = 10  # pixels between the matrix and what stands beside it
TREE_WIDTH, TREE_TICKS = 84, 3


def _bound_tree(tree: Dendrogram) -> tuple[float, float]:
    """Return the similarities at the far and at the near end of the tree's scale."""
    low, high = float(tree.similarity.min()), float(tree.similarity.max())
    spare = max(0.04 - (high - low), 0) / 2
    span = max(high - low, 0.04)
    return low - spare - 0.05 * span, high + spare + 0.15 * span


def _place(similarity: Floats, tree: Dendrogram, column: float) -> Floats:
    """Return where similarities lie to the right of the matrix, in cells."""
    low, high = _bound_tree(tree)
    share = (high - np.minimum(similarity, high)) / (high - low)
    return len(tree.order) - 0.5 + (BESIDE + TREE_WIDTH * share) / column


def draw_tree(tree: Dendrogram, column: float, ground: Ground) -> object:
    """Return the merges, to the right of the rows: the most similar next to them."""
    similarity, y = trace_merges(tree)
    return go.Scatter(
        x=_place(similarity, tree, column).astype(np.float32),
        y=y.astype(np.float32),
        mode="lines",
        name="tree",
        hoverinfo="skip",
        line={"color": ground.muted, "width": 1},
    )


def trace_merges(tree: Dendrogram) -> tuple[Floats, Floats]:
    """Return the brackets of a tree as one line with gaps.

    Returns
    -------
    similarity : (5 (m - 1),) float64
        Four corners a merge, and a nan; infinite where a leaf begins.
    place : (5 (m - 1),) float64
        0 is the first leaf; a merge stands midway between what it joins.
    """
    m = len(tree.order)
    places = [*np.argsort(tree.order).tolist(), *[0.0] * (m - 1)]
    levels = [*[np.inf] * m, *tree.similarity.tolist()]
    x, y = [], []
    for node, (left, right) in enumerate(zip(tree.left, tree.right, strict=True), m):
        places[node] = (places[left] + places[right]) / 2
        x += [levels[left], levels[node], levels[node], levels[right], np.nan]
        y += [places[left], places[left], places[right], places[right], np.nan]
    return np.array(x), np.array(y)


def list_levels(tree: Dendrogram, column: float) -> list[tuple[float, str]]:
    """Return where the ticks of the tree's scale are, in cells, and how they are written."""
    ticks = choose_few_ticks(*_bound_tree(tree), TREE_TICKS)
    places = _place(np.array([value for value, _ in ticks]), tree, column).tolist()
    return [(place, text) for place, (_, text) in zip(places, ticks, strict=True)]


def rule_tree(tree: Dendrogram, column: float, ground: Ground) -> list[Part]:
    """Return a line down the tree for each tick of its scale."""
    ends = {"type": "line", "y0": -0.5, "y1": len(tree.order) - 0.5, "layer": "below"}
    line = {"color": ground.line, "width": 1}
    return [{"x0": x, "x1": x, "line": line, **ends} for x, _ in list_levels(tree, column)]
