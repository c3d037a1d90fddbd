"""Clusters of a map: HDBSCAN, how stable they are, who is in them and what stands for them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NOISE = -1


@dataclass(frozen=True)
class Clustering:
    """Clusters of the points of a map.

    Attributes
    ----------
    labels : (n,) int32
        0 for the largest cluster, then 1, …; -1 for noise.
    min_cluster_size : int
    noise_share : float
        Share of points in no cluster; nan without points.
    stability : float
        See `cluster`; nan where `reason` says so.
    reason : str or None
        Why there are no clusters, or no stability.
    """

    labels: NDArray[np.int32]
    min_cluster_size: int
    noise_share: float
    stability: float
    reason: str | None

    @property
    def count(self) -> int:
        """Number of clusters."""
        return 1 + int(self.labels.max(initial=NOISE))


def choose_min_cluster_size(n: int) -> int:
    """Return 2/5 of the square root of n, at least 3: 3 for 60 answers, 14 for 1,250."""
    return max(3, round(0.4 * np.sqrt(n)))


def cluster(points: NDArray[np.float32], min_cluster_size: int | None = None) -> Clustering:
    """Find the clusters of a map with HDBSCAN.

    Stability is the mean adjusted Rand index between these clusters and those at half and at
    twice the `min_cluster_size` (noise counts as a cluster): 1 where the setting does not matter,
    near 0 where one step to either side gives other clusters.

    Parameters
    ----------
    points : (n, 2) float32
        n may be 0.
    min_cluster_size : int, optional
        `choose_min_cluster_size(n)` by default.

    Returns
    -------
    Clustering
        Points that all lie on one spot are one cluster; fewer points than the smallest cluster
        are all noise.

    Notes
    -----
    Clusters are of the map, not of the space: a map that cannot be trusted has clusters that
    cannot be trusted either. HDBSCAN never finds a single cluster that holds everything.
    """
    n = len(points)
    size = choose_min_cluster_size(n) if min_cluster_size is None else min_cluster_size
    if n < size:
        reason = f"a cluster needs {size} answers, here are {n}"
        share = 1.0 if n else float("nan")
        return Clustering(np.full(n, NOISE, np.int32), size, share, float("nan"), reason)
    if np.ptp(points, axis=0).max() < 1e-9:
        reason = "all answers lie on one spot"
        return Clustering(np.zeros(n, np.int32), size, 0.0, float("nan"), reason)
    labels = _fit_hdbscan(points, size)
    others = [_fit_hdbscan(points, other) for other in (max(2, size // 2), 2 * size)]
    stability = float(np.mean([_compare(labels, other) for other in others]))
    return Clustering(labels, size, float(np.mean(labels == NOISE)), stability, None)


def _fit_hdbscan(points: NDArray[np.float32], size: int) -> NDArray[np.int32]:
    from hdbscan import HDBSCAN

    if size > len(points):
        return np.full(len(points), NOISE, np.int32)
    model = HDBSCAN(
        min_cluster_size=size,
        min_samples=max(1, size // 3),
        approx_min_span_tree=False,
        core_dist_n_jobs=1,
    )
    return _sort_by_size(model.fit_predict(np.asarray(points, np.float64)))


def _sort_by_size(labels: NDArray[np.integer]) -> NDArray[np.int32]:
    """Return labels numbered from the largest cluster; equal ones by their first point."""
    names, first, counts = np.unique(labels, return_index=True, return_counts=True)
    order = [i for i in np.lexsort((first, -counts)) if names[i] != NOISE]
    numbers = {int(names[i]): rank for rank, i in enumerate(order)}
    return np.array([numbers.get(int(label), NOISE) for label in labels], np.int32)


def _compare(first: NDArray[np.int32], second: NDArray[np.int32]) -> float:
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(first, second))


@dataclass(frozen=True)
class Members:
    """Who is in a cluster.

    Attributes
    ----------
    cluster, size : int
    sources : tuple of (str, int)
        Source names and their numbers of answers, most first.
    medoid : int
        Row of the member that is most like all the others.
    """

    cluster: int
    size: int
    sources: tuple[tuple[str, int], ...]
    medoid: int


def list_members(
    labels: NDArray[np.int32], vectors: NDArray[np.float32], sources: Sequence[str]
) -> list[Members]:
    """Return who is in each cluster, largest cluster first; noise is none."""
    found = []
    for number in range(int(labels.max(initial=NOISE)) + 1):
        rows = np.flatnonzero(labels == number)
        counts = Counter(sources[row] for row in rows.tolist())
        ranked = tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
        found.append(Members(number, len(rows), ranked, find_medoid(vectors, rows)))
    return found


def find_medoid(vectors: NDArray[np.floating], rows: NDArray[np.intp]) -> int:
    """Return the row with the highest mean cosine to the others; the first of equals.

    For unit rows that is the one nearest to their sum. Cosines within 1e-6 are equal, so that
    verbatim repeats tie.
    """
    chosen = vectors[rows].astype(np.float64)
    means = chosen @ chosen.mean(axis=0)
    return int(rows[np.argmax(means >= means.max() - 1e-6)])
