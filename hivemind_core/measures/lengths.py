"""Similarity between answers of like length only: length is the first confound to rule out."""

import numpy as np

from hivemind_core.measures.arrays import Floats, Integers
from hivemind_core.measures.homogeneity import Sums, measure_inter, measure_intra

STRATA = 3


def stratify(lengths: Integers, strata: int = STRATA) -> Integers:
    """Return the stratum of each answer to one query: short, medium or long beside the others.

    Strata hold equally many answers, save that answers of one length share a stratum.

    Parameters
    ----------
    lengths : (n,) int
        Characters.
    strata : int

    Returns
    -------
    (n,) int64
        In [0, strata).

    Notes
    -----
    Short and long are so beside the other answers to the query: at one query of essays a short
    answer has more words than a long one at another.
    """
    if len(lengths) == 0:
        return np.zeros(0, np.int64)
    ranked = np.sort(lengths)
    first, last = (np.searchsorted(ranked, lengths, side) for side in ("left", "right"))
    return np.asarray((first + last) * strata // (2 * len(lengths) + 1), np.int64)


def pick_stratum(sums: Sums, stratum: int, strata: int = STRATA) -> Sums:
    """Return the sums of one stratum from those of source x strata + stratum."""
    own = slice(stratum, None, strata)
    return Sums(sums.products[own, own], sums.squares[own], sums.counts[own], sums.total)


def match_intra(sums: Sums, strata: int = STRATA) -> Floats:
    """Return the length-matched mean cosine within each source on one query.

    The mean cosine of pairs within each stratum, averaged over the strata that the source has a
    pair in; a stratum weighs what it holds of all answers to the query, for every source alike.

    Parameters
    ----------
    sums : Sums
        Of source x strata + stratum, see `sum_by_source`.
    strata : int

    Returns
    -------
    (s,) float64
        In [-1, 1]; nan for a source without two answers in one stratum.

    Notes
    -----
    A source whose answers all lie in one stratum is compared on that one alone. Strata follow
    the answers of all sources to the query: with other sources the number is another one.
    """
    parts = [measure_intra(pick_stratum(sums, i, strata)) for i in range(strata)]
    return _average(np.stack(parts), _weigh(sums, strata))


def match_inter(sums: Sums, strata: int = STRATA) -> Floats:
    """Return the length-matched mean cosine between each two sources on one query.

    As `match_intra`, over the strata that both sources have an answer in.

    Returns
    -------
    (s, s) float64
        Symmetric; nan on the diagonal and where the two share no stratum.

    Notes
    -----
    Two sources whose lengths hardly meet are compared on the few answers that do. Misleads
    otherwise as `match_intra` does.
    """
    parts = [measure_inter(pick_stratum(sums, i, strata)) for i in range(strata)]
    return _average(np.stack(parts), _weigh(sums, strata))


def _weigh(sums: Sums, strata: int) -> Floats:
    return sums.counts.reshape(-1, strata).sum(axis=0).astype(np.float64)


def _average(parts: Floats, weights: Floats) -> Floats:
    """Return the weighted mean over the first axis of what is defined; nan where nothing is."""
    shaped = weights.reshape(-1, *[1] * (parts.ndim - 1))
    counted = np.where(np.isnan(parts), 0.0, shaped)
    totals = counted.sum(axis=0)
    products = (np.nan_to_num(parts) * counted).sum(axis=0)
    return np.divide(products, totals, out=np.full(totals.shape, np.nan), where=totals > 0)
