"""The measures of queries as tables, and back."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from hivemind_core.corpus.identity import Source
from hivemind_core.corpus.store import Corpus, views_file
from hivemind_core.corpus.views import MEASURES, read_json
from hivemind_core.measurement import (
    COSINE,
    DIVERSITIES,
    SIMILARITIES,
    Homogeneity,
)
from hivemind_core.measures.arrays import Floats, Integers
from hivemind_core.measures.homogeneity import Floor
from hivemind_core.measures.nearest import NEIGHBOURS

COLUMNS = {COSINE: "similarity"}
"""What a measure is called in tables, where that is not its name."""


def tabulate(measured: Homogeneity) -> dict[str, pa.Table]:
    """Return the measures of every query as three tables, intra, inter and nearest.

    A row for each source that answers a query, and for each two that do; undefined is null.
    """
    names = np.array([source.name for source in measured.sources], object)
    queries = np.array(measured.query_ids, object)
    q, s = np.nonzero(measured.counts)
    first, second = measured.pairs
    n_pairs = measured.counts[:, first] * measured.counts[:, second]
    row, pair = np.nonzero(n_pairs)
    columns = {
        "intra": {
            "query_id": queries[q],
            "source": names[s],
            "n": measured.counts[q, s],
            **_spell({name: values[q, s] for name, values in measured.within.items()}),
        },
        "inter": {
            "query_id": queries[row],
            "source_a": names[first[pair]],
            "source_b": names[second[pair]],
            "n_pairs": n_pairs[row, pair],
            **_spell({name: values[row, pair] for name, values in measured.between.items()}),
        },
        "nearest": {
            "query_id": np.repeat(queries, len(NEIGHBOURS)),
            "neighbours": np.tile(NEIGHBOURS, len(queries)),
            "models": measured.nearest.ravel(),
        },
    }
    return {name: _build(part, MEASURES[name]) for name, part in columns.items()}


def _spell(values: Mapping[str, Floats]) -> dict[str, Floats]:
    return {COLUMNS.get(name, name): column for name, column in values.items()}


def _build(columns: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    """Return a table; nan becomes null."""
    arrays = [pa.array(columns[field.name], field.type, from_pandas=True) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def read_homogeneity(corpus: Corpus, encoder: str) -> Homogeneity | None:
    """Return the measures of every query that were built; None where an earlier version did.

    Raises
    ------
    CorpusError
        If a view is not there, or not whole.
    """
    about = read_json(corpus, views_file(encoder, "summary.json")).get("controls", {})
    if "sources" not in about:
        return None
    tables = {name: corpus.read_file(views_file(encoder, f"{name}.parquet")) for name in MEASURES}
    return restore(tables, about)


def restore(tables: Mapping[str, pa.Table], about: Mapping[str, Any]) -> Homogeneity:
    """Return the measures that tables hold, of the sources there were when they were taken.

    Parameters
    ----------
    tables : mapping of str to pyarrow.Table
        As `tabulate` makes them.
    about : mapping
        The "controls" of `summarise`: sources, floors, k and threshold.
    """
    known = tuple(Source(**source) for source in about["sources"])
    places = {source.name: i for i, source in enumerate(known)}
    queries = sorted(set(tables["intra"]["query_id"].to_pylist()))
    rows = {query_id: i for i, query_id in enumerate(queries)}
    q, s = len(queries), len(known)
    intra, inter, nearest = (tables[name] for name in MEASURES)
    where = _find(intra["query_id"], rows), _find(intra["source"], places)
    counts = np.zeros((q, s), np.int64)
    counts[where] = intra["n"].to_numpy()
    numbers = np.zeros((s, s), np.int64)
    first, second = np.triu_indices(s, 1)
    numbers[first, second] = numbers[second, first] = np.arange(len(first))
    pair = numbers[_find(inter["source_a"], places), _find(inter["source_b"], places)]
    between_where = _find(inter["query_id"], rows), pair
    near_where = (
        _find(nearest["query_id"], rows),
        _find(nearest["neighbours"], {n: i for i, n in enumerate(NEIGHBOURS)}),
    )
    return Homogeneity(
        known,
        tuple(queries),
        counts,
        _scatter(intra, (*SIMILARITIES, *DIVERSITIES), (q, s), where),
        _scatter(inter, SIMILARITIES, (q, s * (s - 1) // 2), between_where),
        _scatter(nearest, ("models",), (q, len(NEIGHBOURS)), near_where)["models"],
        {name: Floor(_read(x["mean"]), x["n_pairs"]) for name, x in about["floors"].items()},
        int(about["k"]),
        float(about["threshold"]),
    )


def _find(column: pa.ChunkedArray, places: Mapping[Any, int]) -> Integers:
    return np.array([places[value] for value in column.to_pylist()], np.int64)


def _scatter(
    rows: pa.Table,
    names: Sequence[str],
    shape: tuple[int, int],
    where: tuple[Integers, Integers],
) -> dict[str, Floats]:
    """Return an array of a shape for each column; nan where no row says anything."""
    arrays = {}
    for name in names:
        arrays[name] = np.full(shape, np.nan)
        arrays[name][where] = rows[COLUMNS.get(name, name)].to_numpy()
    return arrays


def _read(value: float | None) -> float:
    return float("nan") if value is None else value
