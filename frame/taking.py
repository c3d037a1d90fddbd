"""Answers to take away, as files."""

from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec

import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from frame import loading
from frame.finding import NAME_CUT
from frame.grouping import Grouping
from frame.pane import Pane, number_labels
from hivemind_core.corpus.exports import (
    FORMS,
    Form,
    cite,
    format_citation,
    name_export,
    write_rows,
)
from hivemind_core.corpus.tables import RESPONSES
from hivemind_core.exhibit import Exhibit, View
from hivemind_core.figures.atlas import LabelledMap
from hivemind_core.figures.numbers import count

TYPES = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet", "jsonl": "text/plain"}
LABELS = {"csv": "CSV", "parquet": "Parquet", "jsonl": "JSON Lines"}


def offer_files(pane: Pane, rows: Sequence[int], what: str) -> None:
    """Offer some answers of a sheet as files; they are made when one is asked for."""
    citation = cite(pane.book.manifest, pane.book.encoder)
    what = f"{pane.sheet.place.name[:NAME_CUT]}-{what}"
    with st.popover(f"Take {count(len(rows), 'answer')} away", key="take", type="tertiary"):
        for form in FORMS:
            st.download_button(
                LABELS[form],
                partial(_write, pane, tuple(rows), form),
                name_export(pane.book.manifest, what, form),
                TYPES[form],
                key=f"take-{form}",
                on_click="ignore",
            )
        st.download_button(
            "What they are from (JSON)",
            format_citation(citation),
            name_export(pane.book.manifest, f"{what}-about", "json"),
            "application/json",
            key="take-about",
            on_click="ignore",
        )


def offer_print(pane: Pane, labelled: LabelledMap) -> None:
    """Offer the map as a picture for print, labelled with what its groups say."""
    if find_spec("matplotlib") is None or not len(labelled.points):
        return
    name = name_export(pane.book.manifest, f"{pane.sheet.place.name[:NAME_CUT]}-map", "pdf")
    st.download_button(
        "Take the map for print (PDF, labelled, 85 mm)",
        partial(_print_map, pane, labelled),
        name,
        "application/pdf",
        key="take-print",
        type="tertiary",
        on_click="ignore",
    )


def _print_map(pane: Pane, labelled: LabelledMap) -> bytes:
    from hivemind_core.export.print_map import write_map
    from hivemind_core.export.stamp import make_stamp

    citation = cite(pane.book.manifest, pane.book.encoder)
    exhibit = Exhibit(View("atlas"), pane.sheet.place.name, "", citation=citation)
    stamp = make_stamp(exhibit, "")
    return write_map(labelled.points, labelled.style, labelled.labels, "pdf", stamp=stamp)


def _write(pane: Pane, rows: tuple[int, ...], form: Form) -> bytes:
    return write_rows(gather_rows(pane, rows), form, cite(pane.book.manifest, pane.book.encoder))


def gather_rows(pane: Pane, rows: Sequence[int]) -> pa.Table:
    """Return some answers of a sheet as a table, in the order of the rows.

    Columns: those of the responses table, the query, the source, the cluster, the group with the
    sense and threshold it was cut at, and the place on the map. Null cluster or group: in none.
    """
    sheet = pane.sheet
    told = pa.table({"response_id": pa.array([sheet.ids[row] for row in rows], pa.string())})
    queries = tuple(sorted({sheet.query_ids[row] for row in rows}))
    found = loading.read_responses(pane.book, queries).select(RESPONSES.schema.names)
    places = pc.index_in(told["response_id"], found["response_id"].combine_chunks())
    table = found.take(places.combine_chunks())
    texts = loading.read_queries(pane.book)
    asked = dict(zip(texts["query_id"].to_pylist(), texts["query"].to_pylist(), strict=True))
    columns = {
        "query": pa.array([asked[sheet.query_ids[row]] for row in rows], pa.string()),
        "source": pa.array([sheet.sources[row] for row in rows], pa.string()),
        "cluster": number_labels([int(sheet.umap.clusters[row]) for row in rows]),
        **_gather_groups(pane.grouping, rows),
        "x": sheet.umap.places[list(rows), 0],
        "y": sheet.umap.places[list(rows), 1],
    }
    for name, values in columns.items():
        table = table.append_column(name, pa.array(values))
    return table


def _gather_groups(grouping: Grouping | None, rows: Sequence[int]) -> dict[str, pa.Array]:
    if grouping is None:
        return {}
    numbers = grouping.numbers
    return {
        "near_identical_group": number_labels([int(numbers[row]) for row in rows]),
        "sameness": pa.array([grouping.sense] * len(rows), pa.string()),
        "threshold": pa.array([grouping.threshold] * len(rows), pa.float64()),
    }
