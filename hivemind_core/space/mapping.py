"""One map with everything the pages say of it: points, clusters, key words, trust."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from hivemind_core.corpus.views import POINTS
from hivemind_core.space.cluster import cluster, list_members
from hivemind_core.space.keywords import find_keywords
from hivemind_core.space.project import measure_trust, project


@dataclass(frozen=True)
class MapInput:
    """The responses of one map, in the order of (query id, response id).

    Attributes
    ----------
    key : str
        Stands for this input: equal keys give equal maps.
    response_ids, query_ids, sources, texts : sequences of str, length n
    models : sequence of str or None
        None for people and unknown writers.
    vectors : (n, d) float32
        Unit rows.
    note : str or None
        What to know of the choice of responses.
    """

    key: str
    response_ids: Sequence[str]
    query_ids: Sequence[str]
    sources: Sequence[str]
    models: Sequence[str | None]
    texts: Sequence[str]
    vectors: NDArray[np.float32]
    note: str | None = None


@dataclass(frozen=True)
class Map:
    """One map, ready to be stored.

    Attributes
    ----------
    points : pyarrow.Table
        Columns of `corpus.views.POINTS`, rows as given.
    clusters : list of dict
        Columns of `corpus.views.CLUSTERS`, largest cluster first.
    quality : dict
        Columns of `corpus.views.QUALITY`.
    """

    points: pa.Table
    clusters: list[dict[str, Any]]
    quality: dict[str, Any]


def draw_map(given: MapInput) -> Map:
    """Return the map of some responses.

    Runs on one thread: sums in another order would change the last bits, and with them the map.
    """
    with threadpool_limits(limits=1):
        layout = project(given.vectors)
        found = cluster(layout.points)
        trust = measure_trust(given.vectors, layout.points)
        umap = layout.method == "umap"
        principal_trust = measure_trust(given.vectors, layout.principal) if umap else trust
    columns = {
        "response_id": pa.array(given.response_ids, pa.string()),
        "query_id": pa.array(given.query_ids, pa.string()),
        "source": pa.array(given.sources, pa.string()),
        "x": layout.points[:, 0],
        "y": layout.points[:, 1],
        "pca_x": layout.principal[:, 0],
        "pca_y": layout.principal[:, 1],
        "cluster": found.labels,
        "wording": number_wordings(given.query_ids, given.texts),
        "characters": np.array([len(text) for text in given.texts], np.int32),
    }
    return Map(
        pa.table(columns, schema=POINTS),
        _describe_clusters(given, found.labels),
        {
            "responses": len(given.response_ids),
            "distinct_texts": len(set(columns["wording"].tolist())),
            "method": layout.method,
            "n_neighbors": layout.neighbours,
            "min_cluster_size": found.min_cluster_size,
            "clusters": found.count,
            "noise_share": _number(found.noise_share),
            "trustworthiness": _number(trust),
            "pca_trustworthiness": _number(principal_trust),
            "stability": _number(found.stability),
            "reason": "; ".join(x for x in (given.note, layout.reason, found.reason) if x) or None,
        },
    )


def number_wordings(query_ids: Sequence[str], texts: Sequence[str]) -> NDArray[np.int32]:
    """Return a number for each answer: equal where answers to one query say word for word the same.

    White space around a text does not count. Numbers rise with the first answer of a wording.
    """
    numbers: dict[tuple[str, str], int] = {}
    pairs = zip(query_ids, (text.strip() for text in texts), strict=True)
    return np.array([numbers.setdefault(pair, len(numbers)) for pair in pairs], np.int32)


def _describe_clusters(given: MapInput, labels: NDArray[np.int32]) -> list[dict[str, Any]]:
    keywords = find_keywords(given.texts, labels)
    rows = []
    for members in list_members(labels, given.vectors, given.sources):
        inside = np.flatnonzero(labels == members.cluster).tolist()
        rows.append(
            {
                "cluster": members.cluster,
                "size": members.size,
                "sources": [name for name, _ in members.sources],
                "source_counts": [count for _, count in members.sources],
                "models": len({given.models[i] for i in inside} - {None}),
                "medoid": given.response_ids[members.medoid],
                "keywords": list(keywords[members.cluster]),
            }
        )
    return rows


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
