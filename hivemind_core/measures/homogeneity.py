"""Mean cosines within and between sources, and their floor, from sums of vectors.

The mean cosine of all pairs of unit rows follows from their sum alone, so that the work grows
with the number of responses and not with its square.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hivemind_core.measures.arrays import Floats, Integers

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, eq=False)
class Sums:
    """What the mean cosines of one query need of its vectors.

    Attributes
    ----------
    products : (s, s) float64
        Dot products of the sums of the rows of each two sources.
    squares : (s,) float64
        Sum of the squared lengths of the rows of each source.
    counts : (s,) int64
        Rows of each source.
    total : (d,) float64
        Sum of all rows.
    """

    products: Floats
    squares: Floats
    counts: Integers
    total: Floats


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
    counts = np.bincount(sources, minlength=count)
    sums, squares = np.zeros((count, vectors.shape[1])), np.zeros(count)
    if len(vectors):
        rows = vectors if np.array_equal(order, np.arange(len(order))) else vectors[order]
        lengths = np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
        squares[present] = np.add.reduceat(lengths, starts)
        for source, start in zip(present, starts, strict=True):
            sums[source] = rows[start : start + counts[source]].sum(axis=0, dtype=np.float64)
    return Sums(sums @ sums.T, squares, counts, sums.sum(axis=0))


def sum_sparse_by_source(rows: "csr_matrix", sources: Integers, count: int) -> Sums:
    """Return the same sums as `sum_by_source` of sparse rows."""
    from scipy.sparse import csr_matrix

    n = rows.shape[0]
    members = csr_matrix((np.ones(n), (sources, np.arange(n))), shape=(count, n))
    sums = members @ rows
    lengths = np.asarray(rows.multiply(rows).sum(axis=1)).ravel()
    return Sums(
        (sums @ sums.T).toarray(),
        np.bincount(sources, lengths, minlength=count).astype(np.float64),
        np.bincount(sources, minlength=count),
        np.asarray(sums.sum(axis=0)).ravel(),
    )


def measure_intra(sums: Sums) -> Floats:
    """Return the mean cosine within each source: how far it repeats itself on one query.

    Intra = (|sum v|^2 - sum |v|^2) / (n (n - 1)), the mean over the pairs i < j.

    Parameters
    ----------
    sums : Sums

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
    products = sums.products.diagonal() - sums.squares
    pairs = n * (n - 1)
    return _divide(products, pairs)


def measure_inter(sums: Sums) -> Floats:
    """Return the mean cosine between each two sources over all cross pairs of one query.

    Inter = (sum of a) . (sum of b) / (n_a n_b).

    Parameters
    ----------
    sums : Sums

    Returns
    -------
    (s, s) float64
        Symmetric, in [-1, 1]; nan on the diagonal and where a source has no rows.

    Notes
    -----
    High where the query leaves little to say, whoever answers: compare it with what each source
    reaches with itself, and with people. Misleads as `measure_intra` does.
    """
    n = sums.counts.astype(np.float64)
    pairs = np.outer(n, n)
    np.fill_diagonal(pairs, 0)
    return _divide(sums.products, pairs)


def _divide(products: Floats, pairs: Floats) -> Floats:
    """Return mean cosines of so many pairs; nan where there are none.

    Rows of float32 are unit to seven digits only: what they make of equal answers is clipped to 1.
    """
    means = np.divide(products, pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0)
    return np.clip(means, -1, 1)


def include_self_pairs(intra: Floats, samples: int) -> Floats:
    """Return intra as the paper prints it: with each response paired with itself.

    printed = (1 + (k - 1) intra) / k, about .003 higher at k = 50.

    Parameters
    ----------
    intra : float64
        Of any shape; nan stays nan.
    samples : int
        k, the responses to each query.

    Notes
    -----
    For reproduction only: with fewer samples it is higher, whatever they say.
    """
    return (1 + (samples - 1) * intra) / samples


@dataclass(frozen=True, eq=False)
class FloorSums:
    """What the floor needs of the queries read so far.

    Attributes
    ----------
    total : (d,) float64
        Sum of all rows.
    products : float
        Sum over queries of |sum of the query's rows|^2.
    answers : int
        Rows.
    pairs : int
        Pairs of rows of different queries.
    """

    total: Floats
    products: float = 0.0
    answers: int = 0
    pairs: int = 0

    def add(self, query: Sums) -> "FloorSums":
        """Return the sums with a further query."""
        n = int(query.counts.sum())
        return FloorSums(
            self.total + query.total,
            self.products + float(query.total @ query.total),
            self.answers + n,
            self.pairs + self.answers * n,
        )


@dataclass(frozen=True)
class Floor:
    """What unrelated answers reach: nan under two queries.

    Attributes
    ----------
    mean : float
    pairs : int
        Pairs it is the mean of.
    """

    mean: float
    pairs: int


def measure_floor(sums: FloorSums) -> Floor:
    """Return the mean cosine of all pairs that answer different queries.

    Floor = (|sum over all|^2 - sum over queries |sum|^2) / (n^2 - sum n_q^2).

    Parameters
    ----------
    sums : FloorSums
        Of all queries.

    Notes
    -----
    What unrelated answers reach under this encoder. Every pair counts once, so queries with many
    answers weigh more.
    """
    if sums.pairs == 0:
        return Floor(float("nan"), 0)
    return Floor(float((sums.total @ sums.total - sums.products) / (2 * sums.pairs)), sums.pairs)


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

    Notes
    -----
    What lies in which bin depends on the encoder's scale, and a bin's edge parts what is alike.
    """
    values = np.clip(intra[~np.isnan(intra)], 0, 1)
    if len(values) == 0:
        return np.full(10, np.nan)
    counts, _ = np.histogram(values, bins=10, range=(0, 1))
    return 100 * counts / len(values)


def share_above(intra: Floats, threshold: float = 0.8) -> float:
    """Return the share of queries above a similarity, in per cent; nan without values.

    The paper's headline, 79 % above 0.8, is this share averaged over 25 models.

    Parameters
    ----------
    intra : (q,) float64
        nan are left out.
    threshold : float
        A query exactly at it is not above.

    Notes
    -----
    A share of queries, not of pairs of answers. Under another encoder the same answers give
    another share, since .8 means something else there.
    """
    values = intra[~np.isnan(intra)]
    return float(100 * np.mean(values > threshold)) if len(values) else float("nan")
