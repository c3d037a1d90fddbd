"""Mean cosines within and between sources, and their floor, from sums of vectors.

The mean cosine of all pairs of unit rows follows from their sum alone, so that the work grows
with the number of responses and not with its square.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hivemind_core.measures.arrays import Floats, Integers


@dataclass(frozen=True)
class Sums:
    """What the mean cosines of one query need of its vectors.

    Attributes
    ----------
    vectors : (s, d) float64
        Sum of the rows of each source.
    squares : (s,) float64
        Sum of the squared lengths of the rows of each source.
    counts : (s,) int64
        Rows of each source.
    """

    vectors: Floats
    squares: Floats
    counts: Integers


def sum_by_source(vectors: NDArray[np.float32], sources: Integers, count: int) -> Sums:
    """Return the sums that `measure_intra`, `measure_inter` and `measure_floor` take.

    Parameters
    ----------
    vectors : (n, d) float32
        Unit rows; n may be 0.
    sources : (n,) int
        Source of each row, 0 <= source < count.
    count : int
        Number of sources s; those without rows have sums of 0.
    """
    order = np.argsort(sources, kind="stable")
    present, starts = np.unique(sources[order], return_index=True)
    sums = Sums(
        np.zeros((count, vectors.shape[1])), np.zeros(count), np.bincount(sources, minlength=count)
    )
    if len(vectors):
        rows = vectors if np.array_equal(order, np.arange(len(order))) else vectors[order]
        lengths = np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
        sums.squares[present] = np.add.reduceat(lengths, starts)
        for source, start in zip(present, starts, strict=True):
            stop = start + sums.counts[source]
            sums.vectors[source] = rows[start:stop].sum(axis=0, dtype=np.float64)
    return sums


def measure_intra(sums: Sums) -> Floats:
    """Return the mean cosine within each source: how far it repeats itself on one query.

    Intra = (|sum v|^2 - sum |v|^2) / (n (n - 1)), the mean over the pairs i < j.

    Returns
    -------
    (s,) float64
        In [-1, 1]; nan for sources with fewer than two rows.

    Notes
    -----
    Misleads where answers are long or formatted alike, and across encoders: compare it with the
    floor of the same encoder. The paper's printed diagonal counts each response with itself; see
    `include_self_pairs`.
    """
    n = sums.counts.astype(np.float64)
    products = np.einsum("ij,ij->i", sums.vectors, sums.vectors) - sums.squares
    pairs = n * (n - 1)
    return np.divide(products, pairs, out=np.full(len(n), np.nan), where=pairs > 0)


def measure_inter(sums: Sums) -> Floats:
    """Return the mean cosine between each two sources over all cross pairs of one query.

    Inter = (sum of a) . (sum of b) / (n_a n_b).

    Returns
    -------
    (s, s) float64
        Symmetric, in [-1, 1]; nan on the diagonal and where a source has no rows.
    """
    n = sums.counts.astype(np.float64)
    pairs = np.outer(n, n)
    np.fill_diagonal(pairs, 0)
    products = sums.vectors @ sums.vectors.T
    return np.divide(products, pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0)


def include_self_pairs(intra: Floats, samples: int) -> Floats:
    """Return intra as the paper prints it: with each response paired with itself.

    printed = (1 + (k - 1) intra) / k, about .003 higher at k = 50.
    """
    return (1 + (samples - 1) * intra) / samples


def measure_floor(query_sums: Floats, query_counts: Integers) -> tuple[float, int]:
    """Return the mean cosine of all pairs that answer different queries, and their number.

    Floor = (|sum over all|^2 - sum over queries |sum|^2) / (n^2 - sum n_q^2).

    Parameters
    ----------
    query_sums : (q, d) float64
        Sum of all unit rows of each query.
    query_counts : (q,) int

    Returns
    -------
    mean : float
        What unrelated answers reach under this encoder; nan under two queries.
    pairs : int

    Notes
    -----
    Every pair counts once, so queries with many answers weigh more.
    """
    n = int(query_counts.sum())
    pairs = (n * n - int((query_counts.astype(np.int64) ** 2).sum())) // 2
    if pairs == 0:
        return float("nan"), 0
    total = query_sums.sum(axis=0)
    products = total @ total - np.einsum("ij,ij->", query_sums, query_sums)
    return float(products / (2 * pairs)), pairs


def count_in_bins(intra: Floats) -> Floats:
    """Return the share of queries in each of ten bins of similarity, in per cent.

    Parameters
    ----------
    intra : (q,) float64
        One value a query; nan are left out. Values are clipped to [0, 1]: rounding takes fully
        collapsed queries above 1, and they must not fall out.

    Returns
    -------
    (10,) float64
        0-0.1 first; sums to 100; all nan without values.
    """
    values = np.clip(intra[~np.isnan(intra)], 0, 1)
    if len(values) == 0:
        return np.full(10, np.nan)
    counts, _ = np.histogram(values, bins=10, range=(0, 1))
    return 100 * counts / len(values)


def share_above(intra: Floats, threshold: float = 0.8) -> float:
    """Return the share of queries above a similarity, in per cent; nan without values.

    The paper's headline, 79 % above 0.8, is this share averaged over 25 models.
    """
    values = intra[~np.isnan(intra)]
    return float(100 * np.mean(values > threshold)) if len(values) else float("nan")
