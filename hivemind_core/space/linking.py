"""All groups of near-identical answers that a query can have: linked, named, with key words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from hivemind_core.corpus.calibration import Calibration
from hivemind_core.corpus.pair_cache import PairCache
from hivemind_core.corpus.views import LINKAGES
from hivemind_core.progress import Report
from hivemind_core.space.cluster import find_medoid
from hivemind_core.space.groups import MOST_ANSWERS, Linkage, cut, link, list_groups
from hivemind_core.space.judge import PUBLISHED_JUDGE, PUBLISHED_THRESHOLD, Judge, judge_all
from hivemind_core.space.keywords import KEYWORDS, count_words, rank_words
from hivemind_core.space.mapping import MapInput, number_wordings
from hivemind_core.space.sameness import Matrix, compare_all

COSINE, PEOPLE = "cosine", "people"
LOWEST = MappingProxyType({COSINE: 0.3, PEOPLE: 0.2})
"""Thresholds below these are not offered: what would be grouped has little in common."""
UNCHECKED = MappingProxyType({COSINE: 0.9, PUBLISHED_JUDGE: round(PUBLISHED_THRESHOLD, 2)})
"""Where to cut first if no calibration says it."""
LOWEST_JUDGED, UNCHECKED_JUDGED = 0.05, 0.5


@dataclass(frozen=True)
class NamedLinkage:
    """The linkage of one query's answers, and what stands for each merge.

    Attributes
    ----------
    linkage : Linkage
    medoids : tuple of int or None, length n - 1
        Rows of the answers.
    keywords : tuple of tuple of str, length n - 1
    """

    linkage: Linkage
    medoids: tuple[int | None, ...]
    keywords: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class NamedCut:
    """The groups of one query at a threshold.

    Attributes
    ----------
    labels : (n,) int32
        See `groups.Cut`.
    medoids : tuple of int, length g
        The answer that stands for each group.
    keywords : tuple of tuple of str, length g
        None for an answer that is alone.
    """

    labels: NDArray[np.int32]
    medoids: tuple[int, ...]
    keywords: tuple[tuple[str, ...], ...]


def find_lowest(sense: str) -> float:
    """Return the lowest threshold at which groups of a sense are named."""
    return LOWEST.get(sense, LOWEST_JUDGED)


def find_default(sense: str, calibration: Calibration | None) -> float:
    """Return the threshold to start with: of the calibration, where it knows the sense."""
    if calibration is not None and sense in calibration.senses:
        return calibration.senses[sense].default
    return UNCHECKED.get(sense, UNCHECKED_JUDGED)


def read_linkage(rows: pa.Table) -> NamedLinkage:
    """Return the linkage that the rows of one query and one sense hold, n - 1 for n answers."""
    return NamedLinkage(
        Linkage(*(rows[name].to_numpy() for name in ("left", "right", "sameness"))),
        tuple(rows["medoid"].to_pylist()),
        tuple(tuple(words or ()) for words in rows["keywords"].to_pylist()),
    )


def cut_named(named: NamedLinkage, threshold: float) -> NamedCut:
    """Return the groups of one query at a threshold, with what stands for each.

    Parameters
    ----------
    named : NamedLinkage
    threshold : float
        At least the lowest of the sense; below it the first answer of a group stands for it.
    """
    found = cut(named.linkage, threshold)
    n = len(found.labels)
    _, first = np.unique(found.labels, return_index=True)
    medoids, keywords = [], []
    for node, row in zip(found.nodes.tolist(), first.tolist(), strict=True):
        medoid = named.medoids[node - n] if node >= n else node
        medoids.append(row if medoid is None else medoid)
        keywords.append(named.keywords[node - n] if node >= n else ())
    return NamedCut(found.labels, tuple(medoids), tuple(keywords))


@dataclass(frozen=True)
class NamedGroups:
    """The groups of all answers on a map.

    Attributes
    ----------
    labels : (n,) int64
        0 for the largest group, then 1, …; equal ones by their first answer. -1 for an answer
        whose query has no linkage.
    medoids : tuple of str, length g
        Response id of the answer that stands for each group: its medoid, or its first answer
        where the medoid is not on the map.
    keywords : tuple of tuple of str, length g
    """

    labels: NDArray[np.int64]
    medoids: tuple[str, ...]
    keywords: tuple[tuple[str, ...], ...]


def gather_groups(
    cuts: Sequence[tuple[Sequence[str], NamedCut]], ids: Sequence[str]
) -> NamedGroups:
    """Join the groups of some queries on one map, numbered from the largest.

    Parameters
    ----------
    cuts : sequence of (ids, NamedCut)
        Of each query, the ids of its answers and their groups.
    ids : sequence of str, length n
        Answers on the map; groups count only these.
    """
    known = [one for names, _ in cuts for one in names]
    offsets = np.cumsum([0, *(len(found.medoids) for _, found in cuts)])
    joined = [found.labels + start for (_, found), start in zip(cuts, offsets, strict=False)]
    medoids = [names[row] for names, found in cuts for row in found.medoids]
    keywords = [words for _, found in cuts for words in found.keywords]
    places = pc.index_in(pa.array(ids, pa.string()), pa.array(known, pa.string()))
    rows = places.fill_null(len(known)).to_numpy().astype(np.int64)
    labels = np.concatenate([*joined, [-1]]).astype(np.int64)[rows]
    names, first, inverse, sizes = np.unique(
        labels, return_index=True, return_inverse=True, return_counts=True
    )
    order = [i for i in np.lexsort((first, -sizes)) if names[i] >= 0]
    rank = np.full(len(names), -1)
    rank[order] = np.arange(len(order))
    on_map = set(ids)
    stand = [(medoids[int(names[i])], ids[int(first[i])]) for i in order]
    return NamedGroups(
        rank[inverse].astype(np.int64),
        tuple(medoid if medoid in on_map else member for medoid, member in stand),
        tuple(keywords[int(names[i])] for i in order),
    )


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


def link_by_judge(given: MapInput, judge: Judge, cache: PairCache, report: Report) -> pa.Table:
    """Return the linkage of one query by what a judge says of its answers; see `link_query`."""
    if not 2 <= len(given.texts) <= MOST_ANSWERS:
        return LINKAGES.empty_table()
    matrix = judge_all(given.texts, given.vectors, judge, cache, report)
    return describe_linkage(given, judge.name, matrix)


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
        At least one answer.
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
        medoids.append(find_medoid(exact, np.array(rows, np.intp)))
    return medoids


def _find_keywords(linkage: Linkage, texts: Sequence[str], count: int) -> list[tuple[str, ...]]:
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


def count_groups(
    linkages: pa.Table,
    points: pa.Table,
    models: Mapping[str, str | None],
    calibration: Calibration | None,
) -> list[dict[str, Any]]:
    """Return the groups of every query at the threshold to start with, in numbers.

    Parameters
    ----------
    linkages : pyarrow.Table
        Columns of `corpus.views.LINKAGES`, the rows of a query together.
    points : pyarrow.Table
        Columns of `corpus.views.POINTS`, the rows of a query together.
    models : mapping of str to str or None
        Model by source; None for people and withheld writers.
    calibration : Calibration or None

    Returns
    -------
    list of dict
        Columns of `corpus.views.GROUPS`. A query without a linkage has no row.
    """
    answers = dict(split_by_query(points))
    rows = []
    for query_id, merges in split_by_query(linkages):
        for sense in sorted(set(merges["sense"].to_pylist())):
            mine = merges.filter(pc.equal(merges["sense"], sense))
            threshold = find_default(sense, calibration)
            found = cut_named(read_linkage(mine), threshold)
            told = _describe_first(answers[query_id], found, models)
            rows.append({"query_id": query_id, "sense": sense, "threshold": threshold, **told})
    return rows


def _describe_first(
    answers: pa.Table, found: NamedCut, models: Mapping[str, str | None]
) -> dict[str, Any]:
    """Return the numbers of one query's groups, and the first group of the reading list."""
    sources = answers["source"].to_pylist()
    wordings = answers["wording"].to_numpy()
    groups = list_groups(found.labels, sources, [models.get(s) for s in sources], wordings)
    first = next((group for group in groups if group.size > 1), None)
    return {
        "answers": len(answers),
        "different": len(groups),
        "size": first and first.size,
        "models": first and first.models,
        "medoid": first and answers["response_id"][found.medoids[first.number]].as_py(),
    }


def split_by_query(rows: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Yield the rows of each query; those of one query must lie together."""
    if not len(rows):
        return
    runs = pc.run_end_encode(rows["query_id"].combine_chunks())
    start = 0
    for query_id, stop in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
        yield query_id, rows.slice(start, stop - start)
        start = stop
