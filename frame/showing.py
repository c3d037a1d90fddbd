"""One figure a screen: its sentence above it, what it rests on below, and its table to take."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import pyarrow as pa
import streamlit as st

from frame.exhibits import take_basis, take_figure, take_scope, take_table
from frame.theme import write_note
from hivemind_core.corpus.exports import Citation, format_citation, write_rows

PLAIN = {"displayModeBar": False}
Rows = Sequence[Mapping[str, object]]
SHORT, TALL = 30, 640  # rows that are shown at once, and pixels of a longer table


def draw_figure(figure: go.Figure, key: str, words: str, reading: str = "") -> None:
    """Draw a figure that is only looked at.

    `words` is its alternative text, `reading` what it says where no sentence above it does.
    """
    st.plotly_chart(
        take_figure(figure, words, reading), key=f"chart-{key}", config=PLAIN, alt=words
    )


def offer_rows(
    title: str, key: str, make_rows: Callable[[], Rows], name: str, citation: Citation
) -> None:
    """Offer numbers as a table in a box that starts closed.

    Parameters
    ----------
    title : str
        Of the box.
    key : str
        Of the box, unlike any other on the page.
    make_rows : callable
        Returns the rows; called when the box is open, or somebody takes the view away.
    name : str
        Of the file, without its ending.
    citation : dict of str
        What the numbers are of.
    """
    take_table(name, lambda: _tabulate(make_rows()), citation)
    box = st.expander(title, key=key, on_change="rerun")
    if box.open:
        with box:
            show_rows(make_rows(), f"in-{key}", name, citation)


def _tabulate(rows: Rows) -> pa.Table:
    return pa.Table.from_pylist([dict(row) for row in rows])


def show_rows(rows: Rows, key: str, name: str, citation: Citation) -> None:
    """Show numbers as a table, and offer them as a file.

    Parameters
    ----------
    rows : sequence of mapping
        One column a key; all rows have the same.
    key : str
        Unlike any other on the page.
    name : str
        Of the file, without its ending.
    citation : dict of str
        What the numbers are of.
    """
    if not rows:
        return
    table = _tabulate(rows)
    take_table(name, lambda: table, citation)
    st.dataframe(
        table,
        hide_index=True,
        key=f"table-{key}",
        height="content" if len(rows) <= SHORT else TALL,
        column_config=format_columns(table),
    )
    with st.container(horizontal=True, gap="small", key=f"take-{key}"):
        st.download_button(
            "Take the numbers (CSV)",
            lambda: write_rows(table, "csv", citation),
            f"{name}.csv",
            "text/csv",
            key=f"csv-{key}",
            type="tertiary",
            on_click="ignore",
        )
        st.download_button(
            "What they are of (JSON)",
            format_citation(citation),
            f"{name}-about.json",
            "application/json",
            key=f"about-{key}",
            type="tertiary",
            on_click="ignore",
        )


def format_columns(table: pa.Table) -> dict[str, Any]:
    """Return how the numbers of a table are written: three digits, one for per cent."""
    return {
        field.name: st.column_config.NumberColumn(format=_choose_format(field.name))
        for field in table.schema
        if pa.types.is_floating(field.type)
    }


def _choose_format(name: str) -> str:
    if name.startswith("rank by"):
        return "%g"
    return "%.1f" if name.endswith("(%)") else "%.3f"


def write_basis(words: str, key: str) -> None:
    """Write in small print what a figure rests on."""
    take_basis(words)
    write_note(words, f"basis-{key}")


def write_scope(words: str, key: str) -> None:
    """Write in small print what a whole page is of."""
    take_scope(words)
    write_note(words, key)
