"""All groups of near-identical answers that a query can have: linked, named, with key words."""

from collections.abc import Iterator, Sequence
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from hivemind_core.corpus.calibration import Calibration
from hivemind_core.corpus.views import LINKAGES
from hivemind_core.space.groups import MOST_ANSWERS, Linkage, link
from hivemind_core.space.keywords import KEYWORDS, count_words, rank_words
from hivemind_core.space.mapping import MapInput, number_wordings
from hivemind_core.space.sameness import Matrix, compare_all

COSINE, PEOPLE = "cosine", "people"
LOWEST = MappingProxyType({COSINE: 0.3, PEOPLE: 0.2})
"""Thresholds below these are not offered: what would be grouped has little in common."""
LOWEST_JUDGED = 0.05


def find_lowest(sense: str) -> float:
    """Return the lowest threshold at which groups of a sense are named."""
    return LOWEST.get(sense, LOWEST_JUDGED)


def link_query(given: MapInput, calibration: Calibration | None) -> pa.Table:
    """Return the linkages of one query by cosine and, where calibrated, as people would judge.

    Parameters
    ----------
    given : MapInput
        The responses of one query.
    calibration : Calibration or None
        Of the encoder that made the vectors.

    Returns
    -------
    pyarrow.Table
        Columns of `corpus.views.LINKAGES`; see `describe_linkage`. No rows for fewer than two
        responses, and for more than 8,000, whose pairs would not fit into memory.
    """
    if not 2 <= len(given.texts) <= MOST_ANSWERS:
        return LINKAGES.empty_table()
    with threadpool_limits(limits=1):
        tables = [describe_linkage(given, COSINE, compare_vectors(given))]
        if calibration is not None:
            matrix = compare_all(given.texts, given.vectors, calibration)
            tables.append(describe_linkage(given, PEOPLE, matrix))
    return pa.concat_tables(tables)


def compare_vectors(given: MapInput) -> Matrix:
    """Return the cosine of every two responses, shape (n, n); 1 where they are verbatim equal."""
    cosines = np.clip(given.vectors @ given.vectors.T, -1, 1)
    wording = number_wordings(given.query_ids, given.texts)
    cosines[wording[:, None] == wording[None, :]] = 1
    return np.asarray((cosines + cosines.T) / 2, np.float32)


def describe_linkage(given: MapInput, sense: str, sameness: Matrix) -> pa.Table:
    """Return the complete linkage of some answers, with the medoid and key words of each merge.

    Parameters
    ----------
    given : MapInput
    sense : str
    sameness : (n, n) float32

    Returns
    -------
    pyarrow.Table
        Columns of `corpus.views.LINKAGES`, n - 1 rows. The medoid (a row of `given`) is the
        answer with the highest mean cosine to the others of the group, whatever the sense. It and
        the key words are null below the lowest threshold offered.
    """
    linkage = link(sameness)
    named = int(np.count_nonzero(linkage.sameness >= find_lowest(sense) - 1e-6))
    medoids = _find_medoids(linkage, given.vectors, named)
    keywords = _find_keywords(linkage, given.texts, named)
    unnamed = [None] * (len(linkage.left) - named)
    return pa.table(
        {
            "query_id": pa.array([given.query_ids[0]] * len(linkage.left), pa.string()),
            "sense": pa.array([sense] * len(linkage.left), pa.string()),
            "left": linkage.left,
            "right": linkage.right,
            "sameness": linkage.sameness,
            "medoid": pa.array([*medoids, *unnamed], pa.int32()),
            "keywords": pa.array([*keywords, *unnamed], pa.list_(pa.string())),
        },
        schema=LINKAGES,
    )


def _list_sides(linkage: Linkage, count: int) -> Iterator[tuple[int, int]]:
    yield from zip(linkage.left[:count].tolist(), linkage.right[:count].tolist(), strict=True)


def _find_medoids(linkage: Linkage, vectors: NDArray[np.float32], count: int) -> list[int]:
    """Return the medoid of the first merges; of equals, to six digits, the first row."""
    exact = vectors.astype(np.float64)
    members: list[list[int]] = [[row] for row in range(len(vectors))]
    medoids = []
    for left, right in _list_sides(linkage, count):
        rows = sorted(members[left] + members[right])
        members[left] = members[right] = []  # a node is merged once
        members.append(rows)
        chosen = exact[rows]
        medoids.append(rows[int(np.argmax(np.round(chosen @ chosen.mean(axis=0), 6)))])
    return medoids


def _find_keywords(
    linkage: Linkage, texts: Sequence[str], count: int
) -> list[tuple[str, ...]]:
    """Return the key words of the first merges, held against all answers to the query."""
    counts, names = count_words(texts, least_texts=2)
    if not len(names):
        return [()] * count
    frequency = np.asarray(counts.sum(axis=0)).ravel()
    rarity = np.log1p(frequency.sum() / 2 / frequency)
    nodes: dict[int, NDArray[np.float64]] = {}

    def take(node: int) -> NDArray[np.float64]:
        return nodes.pop(node) if node >= len(texts) else counts[[node]].toarray()[0]

    found = []
    for merge, (left, right) in enumerate(_list_sides(linkage, count)):
        nodes[len(texts) + merge] = held = take(left) + take(right)
        found.append(rank_words(held * rarity, names, KEYWORDS))
    return found
