"""How many models are among the nearest responses."""

import numpy as np
from numpy.typing import NDArray

from hivemind_core.measures.arrays import Floats, Integers

NEIGHBOURS = tuple(range(5, 51, 5))
PRECISION = 1_000_000


def count_nearest_models(
    vectors: NDArray[np.float32],
    models: Integers,
    neighbours: tuple[int, ...] = NEIGHBOURS,
) -> Floats:
    """Return the mean number of distinct models among the N nearest responses of one query.

    For each response its N nearest others by cosine, rounded to 1e-6; of equally near ones the
    row that comes first is nearer, so give rows in the order of their response ids.

    Parameters
    ----------
    vectors : (n, d) float32
        Unit rows: responses by models to one query, no people.
    models : (n,) int
        Model of each row (the model, not the source: strategies of one model count once).
    neighbours : tuple of int
        The N, ascending.

    Returns
    -------
    (len(neighbours),) float64
        In [1, min(N, models)]: 1 where models keep to themselves. nan where n <= N.

    Notes
    -----
    Misleads where models have unequal numbers of responses: a model with few is rarely near.
    """
    n = len(vectors)
    counts = np.full(len(neighbours), np.nan)
    usable = [count for count in neighbours if count < n]
    if not usable:
        return counts
    near = _rank_nearest(vectors, usable[-1])
    is_new = _find_first_seen(models[near])
    seen = np.cumsum(is_new.sum(axis=0, dtype=np.int64)) / n
    counts[: len(usable)] = seen[np.array(usable) - 1]
    return counts


def _rank_nearest(vectors: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    """Return each row's nearest other rows, nearest first, shape (n, count).

    Cosine and row number go into one integer key, which makes ties exact and one partial sort
    enough for every N. Keys are of the smallest type that holds them: sorting is memory-bound.
    """
    n = len(vectors)
    rows = vectors.astype(np.float64)
    steps = rows @ rows.T
    steps *= -PRECISION
    np.rint(steps, out=steps)
    np.clip(steps, -PRECISION, PRECISION, out=steps)
    np.fill_diagonal(steps, PRECISION + 1)  # itself is farthest
    steps += PRECISION
    width = np.uint32 if (2 * PRECISION + 2) * n < 2**32 else np.uint64
    keys: NDArray[np.unsignedinteger] = steps.astype(width)
    np.multiply(keys, width(n), out=keys)
    np.add(keys, np.arange(n, dtype=width), out=keys)
    keys.partition(count - 1, axis=1)
    nearest = np.sort(keys[:, :count], axis=1)
    return (nearest % width(n)).astype(np.intp)


def _find_first_seen(models: Integers) -> NDArray[np.bool_]:
    """Return where a model appears for the first time in its row, shape as given."""
    order = np.argsort(models, axis=1, kind="stable")
    ranked = np.take_along_axis(models, order, axis=1)
    first = np.ones(models.shape, bool)
    first[:, 1:] = ranked[:, 1:] != ranked[:, :-1]
    found = np.empty_like(first)
    np.put_along_axis(found, order, first, axis=1)
    return found


def expect_models(counts: Integers, neighbours: tuple[int, ...] = NEIGHBOURS) -> Floats:
    """Return the models among N answers drawn blindly: what full mixture would give by chance.

    For an answer of model a, N of the other answers are drawn without replacement; the expected
    number of models among them is sum over b of 1 - C(M - m_b, N) / C(M, N), where m_b counts
    the other answers of b, and M all of them. Averaged over the answers of the query.

    Parameters
    ----------
    counts : (q, m) int
        Answers of each model to each query.
    neighbours : tuple of int

    Returns
    -------
    (q, len(neighbours)) float64
        In [1, min(N, models)]; nan where a query has no more than N answers.

    Notes
    -----
    `count_nearest_models` lies below where models keep to themselves, and cannot pass it by much:
    with few answers beyond N, both are near the number of models whatever they say.
    """
    kinds, places = np.unique(counts, axis=0, return_inverse=True)
    rows = np.array([_expect(kind, neighbours) for kind in kinds])
    return rows.reshape(-1, len(neighbours))[places.ravel()]


def _expect(counts: Integers, neighbours: tuple[int, ...]) -> Floats:
    """Return the expected models among N others for one query."""
    from scipy.special import gammaln

    total = int(counts.sum()) - 1
    others = np.maximum(counts[None, :] - np.eye(len(counts), dtype=np.int64), 0)
    left = total - others
    result = np.full(len(neighbours), np.nan)
    for place, n in enumerate(neighbours):
        if n > total:
            continue
        # log of C(left, n) / C(total, n); fewer than n left: no draw misses the model.
        enough = left >= n
        safe = np.where(enough, left, n)
        missed = np.exp(
            gammaln(safe + 1) - gammaln(safe - n + 1) - gammaln(total + 1) + gammaln(total - n + 1)
        )
        models = (1 - np.where(enough, missed, 0)).sum(axis=1)
        result[place] = models @ counts / counts.sum()
    return result
