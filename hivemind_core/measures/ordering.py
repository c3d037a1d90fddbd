"""In which order models stand in a matrix of similarities, so that those alike lie together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hivemind_core.measures.arrays import Floats, Integers


@dataclass(frozen=True, eq=False)
class Dendrogram:
    """The merges of a clustering of m rows, the most similar first, and its leaves in order.

    Attributes
    ----------
    order : (m,) int64
        Rows from first to last leaf: those of a node lie together, its left before its right.
    left, right : (m - 1,) int32
        Merged nodes: 0 to m - 1 are the rows, m + k is what merge k made. Empty without rows.
    similarity : (m - 1,) float64
        Mean similarity of the pairs with one row on each side; never rises from merge to merge.
        All nan where no pair has a similarity.
    """

    order: Integers
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    similarity: Floats


def order_by_similarity(matrix: Floats) -> Dendrogram:
    """Return the average linkage of the rows, its leaves in the order that is smoothest.

    Groups are merged by the mean similarity of their pairs, as average linkage on 1 - similarity
    does. Of the orders that the merges allow, the one is taken in which neighbours are most
    similar in sum (optimal leaf ordering, Bar-Joseph et al. 2001), and of it and its mirror image
    the one that has the rows of high mean similarity rather before those of low.

    Parameters
    ----------
    matrix : (m, m) float64
        Symmetric similarities; the diagonal is ignored. m may be 0, 1 or 2.

    Returns
    -------
    Dendrogram
        In the given order where no pair has a similarity. It does not depend on the order of the
        rows given, except between rows whose similarities to the others are the same numbers.

    Raises
    ------
    ValueError
        If the matrix is not square.

    Notes
    -----
    A pair without a similarity, as of two models that never answered the same query, counts as
    the smallest one there is: it never draws together, and may set apart what nobody compared.
    Neighbours at the border of two groups need not be alike, and every order shows some structure,
    even that of noise: read the similarity at which groups are joined.
    """
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"expected a square matrix of similarities, got shape {matrix.shape}")
    filled = _fill(matrix)
    if len(matrix) < 2 or np.isnan(filled).all():
        return _chain(len(matrix))
    rows = _rank_rows(filled)
    return _name_rows(_link(filled[np.ix_(rows, rows)]), rows)


def _fill(matrix: Floats) -> Floats:
    """Return the similarities with the smallest in place of missing ones; nan on the diagonal."""
    values = (matrix + matrix.T) / 2
    np.fill_diagonal(values, np.nan)
    known = values[~np.isnan(values)]
    filled = np.where(np.isnan(values), known.min() if len(known) else np.nan, values)
    np.fill_diagonal(filled, np.nan)
    return np.asarray(filled, np.float64)


def _chain(m: int) -> Dendrogram:
    """Return m rows as they were given, joined one after the other at no similarity."""
    merges = max(m - 1, 0)
    left = np.where(np.arange(merges) == 0, 0, m - 1 + np.arange(merges))
    right = np.arange(1, merges + 1)
    return Dendrogram(
        np.arange(m), left.astype(np.int32), right.astype(np.int32), np.full(merges, np.nan)
    )


def _rank_rows(filled: Floats) -> Integers:
    """Return the rows by their own similarities, the highest first.

    What is done in this order, ties too, does not depend on the order in which rows were given.
    """
    profiles = np.sort(-filled, axis=1)[:, :-1]  # the diagonal, nan, is sorted to the end
    return np.lexsort(profiles.T[::-1]).astype(np.int64)


def _link(filled: Floats) -> Dendrogram:
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering

    above = filled[np.triu_indices(len(filled), 1)]
    # The method is for distances, which may not be negative: the strongest pair gets none.
    strongest = float(above.max())
    merges = optimal_leaf_ordering(linkage(strongest - above, method="average"), strongest - above)
    order, sides = leaves_list(merges).astype(np.int64), merges[:, :2].astype(np.int32)
    if _is_mirrored(order, np.nanmean(filled, axis=1)):
        order, sides = order[::-1], sides[:, ::-1]
    return Dendrogram(order, sides[:, 0], sides[:, 1], strongest - merges[:, 2])


def _is_mirrored(order: Integers, means: Floats) -> bool:
    """Whether the rows of high mean similarity lie rather at the end."""
    tilt = float((np.arange(len(order)) - (len(order) - 1) / 2) @ means[order])
    return tilt > 0 if abs(tilt) > 1e-9 else bool(order[0] > order[-1])


def _name_rows(linked: Dendrogram, rows: Integers) -> Dendrogram:
    """Return the same merges, of the rows that were given."""
    nodes = np.concatenate([rows, np.arange(len(rows), 2 * len(rows))]).astype(np.int32)
    return Dendrogram(
        rows[linked.order], nodes[linked.left], nodes[linked.right], linked.similarity
    )


def order_by_family(families: Sequence[str], matrix: Floats) -> Integers:
    """Return the rows family by family, to look a model up.

    Families are in the order of their names, as in an index; the members of one are in the order
    of `order_by_similarity`.

    Parameters
    ----------
    families : sequence of str, length m
        Family of each row.
    matrix : (m, m) float64
        As for `order_by_similarity`.

    Returns
    -------
    (m,) int64

    Raises
    ------
    ValueError
        If there is not one family a row, or the matrix is not square.

    Notes
    -----
    Families that lie side by side need not be alike.
    """
    if len(families) != len(matrix):
        raise ValueError(f"expected a family for each of {len(matrix)} rows, got {len(families)}")
    order = order_by_similarity(matrix).order.tolist()
    by_name = sorted(order, key=lambda row: (families[row].casefold(), families[row]))
    return np.array(by_name, np.int64)
