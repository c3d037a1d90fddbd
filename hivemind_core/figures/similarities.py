"""How similar every two models are: the values, how they are arranged, and what they say."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hivemind_core.figures.numbers import count, write_number
from hivemind_core.measures.arrays import Floats, Integers
from hivemind_core.measures.ordering import Dendrogram


@dataclass(frozen=True, eq=False)
class MatrixView:
    """The similarities of m models, and how they are arranged.

    Attributes
    ----------
    names : tuple of str, length m
        Plain text, untrusted.
    values : (m, m) float64
        Symmetric: similarity between every two models and, on the diagonal, within one; nan where
        it is undefined.
    order : (m,) int64
        Models from the first row to the last, and from the first column to the last.
    dendrogram : Dendrogram or None
        Drawn beside the matrix; its order is then `order`.
    groups : tuple of str or None
        Family of each model, as plain text, where they are arranged by family: set apart by lines,
        and named where no dendrogram is drawn.
    thing : str
        What a row is.
    """

    names: tuple[str, ...]
    values: Floats
    order: Integers
    dendrogram: Dendrogram | None = None
    groups: tuple[str, ...] | None = None
    thing: str = "model"

    def __len__(self) -> int:
        return len(self.names)

    @property
    def arranged(self) -> Floats:
        """The values as they are drawn."""
        return self.values[np.ix_(self.order, self.order)]

    @property
    def tree(self) -> Dendrogram | None:
        """The dendrogram, where it has merges that can be drawn."""
        tree = self.dendrogram
        return tree if tree is not None and np.isfinite(tree.similarity).any() else None


def bound_between(values: Floats) -> tuple[float, float]:
    """Return both ends of the similarities between models, which the colours range over.

    A lone number gets a width; with none between models, those within are taken; 0 to 1 for none.
    """
    between = values[~np.eye(len(values), dtype=bool)]
    known = between[np.isfinite(between)]
    if len(known) == 0:
        known = values[np.isfinite(values)]
    if len(known) == 0:
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    return (low, high) if high - low > 1e-6 else (low - 0.05, high + 0.05)


def describe_matrix(view: MatrixView) -> str:
    """Return the matrix in words, for those who do not see it: plain text, names untrusted."""
    head = f"Matrix of the similarities of {count(len(view), view.thing)}"
    pairs = [pair for pair in rank_pairs(view) if np.isfinite(pair[2])]
    if not pairs:
        return f"{head}: no query was answered by two of them."
    (a, b, high), (c, d, low) = pairs[0], pairs[-1]
    most = f"most alike are {view.names[a]} and {view.names[b]} ({write_number(high)})"
    if len(pairs) == 1:
        return f"{head}: {view.names[a]} and {view.names[b]} have {write_number(high)}."
    least = f"least alike {view.names[c]} and {view.names[d]} ({write_number(low)})"
    return f"{head}: {most}, {least}. {_describe_order(view)}"


def _describe_order(view: MatrixView) -> str:
    if view.groups is not None:
        return "Rows and columns are arranged by family."
    if view.dendrogram is not None:
        return "Rows and columns are arranged so that similar models lie together, with the tree."
    return "Rows and columns are in the same order."


def rank_pairs(view: MatrixView) -> list[tuple[int, int, float]]:
    """Return every two models once with their similarity, highest first, undefined (nan) last."""
    rows, columns = np.triu_indices(len(view), 1)
    values = view.values[rows, columns]
    ranked = np.argsort(-values, kind="stable")  # nan is sorted to the end
    return [(int(rows[i]), int(columns[i]), float(values[i])) for i in ranked]


def list_pairs(view: MatrixView) -> list[dict[str, object]]:
    """Return the matrix as rows of a table, highest similarity first; undefined ones are None."""
    return [
        {
            "model": view.names[a],
            "other model": view.names[b],
            "similarity": value if np.isfinite(value) else None,
        }
        for a, b, value in rank_pairs(view)
    ]


def rank_partners(view: MatrixView, row: int) -> list[tuple[int, float]]:
    """Return the other models with their similarity to one, highest first.

    Undefined ones are left out; equal ones are in the order of the names.
    """
    values = view.values[row].copy()
    values[row] = np.nan
    ranked: NDArray[np.intp] = np.argsort(-values, kind="stable")
    return [(int(i), float(values[i])) for i in ranked if np.isfinite(values[i])]
