"""Groups of near-identical answers: complete linkage, stored once, cut anew at any threshold."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

MOST_ANSWERS = 8000
"""Pairs are all held at once: 64 million of them take half a gigabyte."""
PRECISION = 6  # digits to which samenesses are compared, so that equal pairs tie


@dataclass(frozen=True)
class Linkage:
    """The merges of a complete linkage, the most alike first.

    Attributes
    ----------
    left, right : (n - 1,) int32
        Merged nodes: 0 to n - 1 are the answers, n + k is what merge k made.
    sameness : (n - 1,) float32
        Of the least alike pair, one from each side; never rises from merge to merge.
    """

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    sameness: NDArray[np.float32]


def link(sameness: NDArray[np.floating]) -> Linkage:
    """Return the complete linkage of answers.

    Parameters
    ----------
    sameness : (n, n) float
        Symmetric; of larger values the answers are more alike. n may be 0 or 1: no merges.

    Notes
    -----
    Complete linkage never chains: in a group cut at t *every* pair has at least t. The price is
    that of several ways to join equally alike answers one is taken, by row order.
    """
    n = len(sameness)
    if n < 2:
        return Linkage(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32))
    from scipy.cluster.hierarchy import linkage

    above = sameness[np.triu_indices(n, 1)].astype(np.float64)
    # The method is for distances, which may not be negative: the strongest pair gets none.
    strongest = float(above.max())
    merges = linkage(np.round(strongest - above, PRECISION), method="complete")
    return Linkage(
        merges[:, 0].astype(np.int32),
        merges[:, 1].astype(np.int32),
        np.round(strongest - merges[:, 2], PRECISION).astype(np.float32),
    )


@dataclass(frozen=True)
class Cut:
    """Groups in which every pair of answers has at least a threshold.

    Attributes
    ----------
    labels : (n,) int32
        0 for the largest group, then 1, …; equal ones by their first answer. An answer like no
        other is a group of its own.
    nodes : (g,) int32
        Node of the linkage that each group is.
    """

    labels: NDArray[np.int32]
    nodes: NDArray[np.int32]


def cut(linkage: Linkage, threshold: float) -> Cut:
    """Return the groups in which every pair of answers has at least the threshold.

    Parameters
    ----------
    linkage : Linkage
        Of n answers, n at least 1.
    threshold : float
    """
    n = len(linkage.left) + 1
    merged = int(np.count_nonzero(linkage.sameness >= threshold - 10**-PRECISION))
    group = list(range(n + merged))
    left, right = linkage.left[:merged].tolist(), linkage.right[:merged].tolist()
    for merge in range(merged - 1, -1, -1):
        group[left[merge]] = group[right[merge]] = group[n + merge]
    nodes, first, labels, sizes = np.unique(
        group[:n], return_index=True, return_inverse=True, return_counts=True
    )
    order = np.lexsort((first, -sizes))
    rank = np.empty(len(sizes), np.int32)
    rank[order] = np.arange(len(sizes))
    return Cut(rank[labels], nodes[order].astype(np.int32))


@dataclass(frozen=True)
class Group:
    """Answers that are near-identical.

    Attributes
    ----------
    number : int
    rows : tuple of int
        Of the answers, ascending.
    models : int
        Distinct models among them; people and withheld writers are none.
    sources : tuple of (str, int)
        Answers by source, most first.
    wordings : int
        Distinct texts: fewer than the answers where some are word for word the same.
    """

    number: int
    rows: tuple[int, ...]
    models: int
    sources: tuple[tuple[str, int], ...]
    wordings: int

    @property
    def size(self) -> int:
        """Number of answers."""
        return len(self.rows)


def list_groups(
    labels: NDArray[np.integer],
    sources: Sequence[str],
    models: Sequence[str | None],
    wordings: NDArray[np.integer],
) -> list[Group]:
    """Return the groups in reading order: shared by most models first, then the largest.

    Parameters
    ----------
    labels : (n,) int
        Group of each answer; those with a negative one are left out.
    sources : sequence of str, length n
    models : sequence of str or None, length n
        None for people and withheld writers.
    wordings : (n,) int
        Equal for answers that are word for word the same.
    """
    order = np.argsort(labels, kind="stable")
    order = order[np.searchsorted(labels[order], 0) :]
    words = wordings.tolist()
    groups = []
    for number, found in groupby(order.tolist(), key=labels.tolist().__getitem__):
        rows = tuple(found)
        counts: dict[str, int] = {}
        for row in rows:
            counts[sources[row]] = counts.get(sources[row], 0) + 1
        ranked = tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
        written = len({models[row] for row in rows} - {None})
        groups.append(Group(number, rows, written, ranked, len({words[row] for row in rows})))
    return sorted(groups, key=lambda group: (-group.models, -group.size, group.number))
