"""The map of the queries themselves: which ask for like things."""

import json
import math
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from hivemind_core.corpus.views import QUERY_MAP, QUERY_MAP_NOTES
from hivemind_core.space.project import measure_trust, project


def draw_query_map(query_ids: Sequence[str], vectors: NDArray[np.float32]) -> pa.Table:
    """Return where each query lies.

    Runs on one thread, as the maps of answers do.

    Parameters
    ----------
    query_ids : sequence of str, length n
    vectors : (n, d) float32
        Unit rows.

    Returns
    -------
    pyarrow.Table
        Columns of `corpus.views.QUERY_MAP`, rows as given; its metadata says how far the map can
        be trusted: method, reason, trustworthiness, pca_trustworthiness.
    """
    with threadpool_limits(limits=1):
        layout = project(vectors)
        trust = measure_trust(vectors, layout.points)
        principal_trust = measure_trust(vectors, layout.principal)
    notes = {
        "method": layout.method,
        "reason": layout.reason and layout.reason.replace("answers", "queries"),
        "trustworthiness": None if math.isnan(trust) else trust,
        "pca_trustworthiness": None if math.isnan(principal_trust) else principal_trust,
    }
    columns = {
        "query_id": pa.array(query_ids, pa.string()),
        "x": layout.points[:, 0],
        "y": layout.points[:, 1],
        "pca_x": layout.principal[:, 0],
        "pca_y": layout.principal[:, 1],
    }
    table = pa.table(columns, schema=QUERY_MAP)
    return table.replace_schema_metadata({QUERY_MAP_NOTES: json.dumps(notes).encode()})


def explain_query_map(reason: str, *, has_failed: bool = False) -> pa.Table:
    """Return the table without rows, with the reason why, and whether to try again."""
    notes = {"method": None, "reason": reason, "has_failed": has_failed}
    return QUERY_MAP.empty_table().replace_schema_metadata(
        {QUERY_MAP_NOTES: json.dumps(notes).encode()}
    )


def has_failed(table: pa.Table) -> bool:
    """Whether a map could not be drawn this time, and may be the next."""
    return bool(json.loads(table.schema.metadata[QUERY_MAP_NOTES]).get("has_failed"))
