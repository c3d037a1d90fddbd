"""The tables of views: maps, clusters and measures, as the pages read them."""

import json
import shlex
from collections.abc import Collection, Mapping
from typing import Any

import pyarrow as pa

from hivemind_core.corpus.store import Corpus, views_file, write_files
from hivemind_core.corpus.tables import QUERIES, RESPONSES
from hivemind_core.errors import CorpusError

STAMP = "build.json"
VERSION = 5
"""Part of every stamp: raise it when the same corpus gives other views."""

POINTS = pa.schema(
    [
        ("response_id", pa.string()),
        ("query_id", pa.string()),
        ("source", pa.string()),
        ("x", pa.float32()),
        ("y", pa.float32()),
        ("pca_x", pa.float32()),
        ("pca_y", pa.float32()),
        ("cluster", pa.int32()),
        ("wording", pa.int32()),
        ("characters", pa.int32()),
    ]
)
"""Equal `wording` within a query: word for word the same, white space around the text apart."""

QUERY_MAP = pa.schema(
    [
        ("query_id", pa.string()),
        ("x", pa.float32()),
        ("y", pa.float32()),
        ("pca_x", pa.float32()),
        ("pca_y", pa.float32()),
    ]
)
"""Where each query lies among the others, by its own text; no rows where it cannot be said."""
QUERY_MAP_NOTES = b"map"
"""Key in that table's metadata: how far the map can be trusted, or why there is none, as JSON."""

LINKAGES = pa.schema(
    [
        ("query_id", pa.string()),
        ("sense", pa.string()),
        ("left", pa.int32()),
        ("right", pa.int32()),
        ("sameness", pa.float32()),
        ("medoid", pa.int32()),
        ("keywords", pa.list_(pa.string())),
    ]
)
"""The merges of each query under each sense of sameness, in their order. Nodes are numbered as in
`space.groups.Linkage`; the answers are those of the query in `maps.parquet`, in their order there.
"""

GROUPS = pa.schema(
    [
        ("query_id", pa.string()),
        ("sense", pa.string()),
        ("threshold", pa.float64()),
        ("answers", pa.int64()),
        ("different", pa.int64()),
        ("size", pa.int64()),
        ("models", pa.int64()),
        ("medoid", pa.string()),
    ]
)
"""The near-identical groups of each query at the threshold to start with: how many different
answers there are, and the group that most models share; null where no two answers are alike.
"""

CLUSTERS = pa.schema(
    [
        ("cluster", pa.int32()),
        ("size", pa.int64()),
        ("sources", pa.list_(pa.string())),
        ("source_counts", pa.list_(pa.int64())),
        ("models", pa.int64()),
        ("medoid", pa.string()),
        ("keywords", pa.list_(pa.string())),
    ]
)
QUALITY = pa.schema(
    [
        ("responses", pa.int64()),
        ("distinct_texts", pa.int64()),
        ("method", pa.string()),
        ("n_neighbors", pa.int64()),
        ("min_cluster_size", pa.int64()),
        ("clusters", pa.int64()),
        ("noise_share", pa.float64()),
        ("trustworthiness", pa.float64()),
        ("pca_trustworthiness", pa.float64()),
        ("stability", pa.float64()),
        ("reason", pa.string()),
    ]
)
INTRA = pa.schema(
    [
        ("query_id", pa.string()),
        ("source", pa.string()),
        ("n", pa.int64()),
        ("similarity", pa.float64()),
        ("centred", pa.float64()),
        ("length_matched", pa.float64()),
        ("lexical", pa.float64()),
        ("vendi", pa.float64()),
        ("distinct", pa.float64()),
    ]
)
INTER = pa.schema(
    [
        ("query_id", pa.string()),
        ("source_a", pa.string()),
        ("source_b", pa.string()),
        ("n_pairs", pa.int64()),
        ("similarity", pa.float64()),
        ("centred", pa.float64()),
        ("length_matched", pa.float64()),
        ("lexical", pa.float64()),
    ]
)
NEAREST = pa.schema(
    [("query_id", pa.string()), ("neighbours", pa.int64()), ("models", pa.float64())]
)
MEASURES: Mapping[str, pa.Schema] = {"intra": INTRA, "inter": INTER, "nearest": NEAREST}

MAP_TABLES = (
    "maps",
    "clusters",
    "map_quality",
    "category_maps",
    "category_clusters",
    "category_quality",
)
FILES = (
    *(f"{name}.parquet" for name in (*MAP_TABLES, "query_map", "linkages", "groups", *MEASURES)),
    "summary.json",
    STAMP,
)

SHOWN = (
    "maps.parquet",
    "clusters.parquet",
    "map_quality.parquet",
    "linkages.parquet",
    "groups.parquet",
    "summary.json",
)
"""What has to be there for an encoder to count as built."""


def add_scope(scope: str, schema: pa.Schema) -> pa.Schema:
    """Return a schema with the column in front that says which map a row belongs to."""
    if scope in schema.names:
        return schema
    return pa.schema([(scope, pa.string()), *schema])


def keep_current(before: Corpus, after: Corpus, changed: Collection[str]) -> Corpus:
    """Let views that were up to date stay so, where only judgements and scores have changed.

    Views are made of queries, answers and vectors; what people or scorers say changes none.

    Parameters
    ----------
    before, after : Corpus
        As it was before a write, and as it is.
    changed : collection of str
        Names of the tables that the write replaced.

    Returns
    -------
    Corpus
        As it is now: `after`, with the stamps of its views renewed.
    """
    if set(changed) & {QUERIES.name, RESPONSES.name}:
        return after
    files: dict[str, pa.Table | bytes] = {}
    for encoder in after.manifest.encoders:
        file = views_file(encoder, STAMP)
        try:
            stamp = json.loads(after.filesystem.cat_file(after.path(file)))
            is_current = stamp["content_hash"] == before.manifest.content_hash
        except (OSError, ValueError, TypeError, KeyError):
            continue
        if is_current:
            renewed = stamp | {"content_hash": after.manifest.content_hash}
            files[file] = (json.dumps(renewed, indent=2, ensure_ascii=False) + "\n").encode()
    return write_files(after, files) if files else after


def list_views(encoder: str) -> tuple[str, ...]:
    """Return the files that a build writes for an encoder."""
    return tuple(views_file(encoder, name) for name in FILES)


def list_built(corpus: Corpus) -> tuple[str, ...]:
    """Return the encoders of a corpus whose views are all there."""
    return tuple(
        encoder
        for encoder in corpus.manifest.encoders
        if all(corpus.has(views_file(encoder, file)) for file in SHOWN)
    )


def read_json(corpus: Corpus, file: str) -> Any:  # noqa: ANN401 - JSON
    """Return what a JSON file of a corpus holds.

    Raises
    ------
    CorpusError
        If it is not there, or not whole.
    """
    try:
        return json.loads(corpus.filesystem.cat_file(corpus.path(file)))
    except (OSError, ValueError) as error:
        raise CorpusError(
            "the file must be whole JSON",
            where=corpus.path(file),
            found=str(error),
            remedy=f"`hivemind build {shlex.quote(corpus.locator)}` writes it again",
        ) from error


def has_grown(corpus: Corpus, encoder: str) -> bool:
    """Whether a corpus holds other answers than those that its views were built from."""
    stamp = read_json(corpus, views_file(encoder, STAMP))
    return bool(stamp.get("content_hash") != corpus.manifest.content_hash)
