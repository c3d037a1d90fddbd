"""Between models: how alike every two are, arranged by likeness or family; a cell opens."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from frame import address
from frame.address import choose, choose_one
from frame.cell import show_cell, show_closest
from frame.loading import Book
from frame.measuring import Estimates, Scope
from frame.showing import show_rows, write_basis
from frame.theme import find_ground, write_finding
from hivemind_core.corpus.exports import cite, name_stem
from hivemind_core.estimation import arrange_matrix
from hivemind_core.figures.findings import MEANINGS, SCALES, tell_between, tell_floor, tell_interval
from hivemind_core.figures.matrix import MatrixView, describe_matrix, draw_matrix, list_pairs
from hivemind_core.figures.palette import find_family
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.ordering import order_by_family, order_by_similarity

CLUSTERED, FAMILY = "By likeness", "By family"
PLAIN = {"displayModeBar": False}
MANY = 30  # sources from which on a matrix takes the whole page
WIDE, NARROW = 960, 560  # pixels that it has on a page of 1,440


def arrange_view(names: Sequence[str], values: Floats, families: Sequence[str]) -> MatrixView:
    """Show how the rows can be arranged, and return the matrix as it was chosen."""
    if choose_one("Arranged", [CLUSTERED, FAMILY], "order", is_labelled=False) == FAMILY:
        order = order_by_family(families, values)
        return MatrixView(tuple(names), values, order, None, tuple(families))
    tree = order_by_similarity(values)
    return MatrixView(tuple(names), values, tree.order, tree, None)


def split_page(sources: int) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Return where the matrix stands and where its open cell: side by side, or on each other."""
    if sources > MANY:
        cell = st.container()
        return st.container(), cell
    left, right = st.columns([3, 2], gap="large")
    return left, right


def draw_cells(view: MatrixView, picked: tuple[int, int] | None, scale: str) -> None:
    """Draw the matrix; a click on a cell picks its two models."""
    width = WIDE if len(view) > MANY else NARROW
    figure = draw_matrix(view, find_ground(), picked, scale=scale, width=width)
    st.plotly_chart(
        figure,
        key="matrix",
        on_select=lambda: _take_cell(view.names),
        selection_mode="points",
        config=PLAIN,
        alt=describe_matrix(view),
    )


def _take_cell(names: Sequence[str]) -> None:
    """Pick the two models of the cell that was clicked; a click beside the cells picks nothing."""
    points = st.session_state["matrix"]["selection"]["points"]
    if not points:
        return
    row, column = points[0]["customdata"][:2]
    st.session_state["first"], st.session_state["second"] = names[int(row)], names[int(column)]
    address.overrule("first", "second")


def choose_cell(view: MatrixView) -> tuple[int, int] | None:
    """Show the two models of the open cell, to be chosen by typing too; None without models."""
    if not view.names:
        return None
    pairs = np.where(np.eye(len(view), dtype=bool), np.nan, view.values)
    held = np.argwhere(pairs == np.nanmax(pairs)) if np.isfinite(pairs).any() else [(0, 0)]
    first, second = (view.names[int(i)] for i in held[0])
    left, right = st.columns(2, gap="small")
    one = choose("first", "Model", view.names, first, place=left)
    other = choose("second", "Other model", view.names, second, place=right)
    return view.names.index(one), view.names.index(other)


def show_between(book: Book, scope: Scope, numbers: Estimates) -> None:
    """Show the matrix, and the evidence behind the cell that is open."""
    measured = numbers.measured
    gap = numbers.gap
    write_finding(tell_between(gap.within, gap.between, gap.gap, numbers.floor), "between")
    names = [source.name for source in measured.sources]
    if len(names) < 2:
        return
    values = arrange_matrix([estimate.mean for estimate in numbers.between], len(names))
    np.fill_diagonal(values, [estimate.mean for estimate in numbers.within])
    families = [find_family(s.model or "") if s.is_model else "people" for s in measured.sources]
    left, right = split_page(len(names))
    with left:
        view = arrange_view(names, values, families)
        frame = st.container()
    with right:
        picked = choose_cell(view)
        query = show_cell(book, scope, numbers, picked) if picked else None
    with frame:
        draw_cells(view, picked, SCALES[scope.measure])
        told = [
            MEANINGS[scope.measure],
            tell_interval(scope.pooling, is_query=bool(scope.query)),
            tell_floor(measured.floors[scope.measure], scope.measure),
        ]
        write_basis(" ".join(told), "between")
        _show_pairs(book, view)
    if picked is not None and query is not None:
        show_closest(book, (names[picked[0]], names[picked[1]]), query)


def _show_pairs(book: Book, view: MatrixView) -> None:
    """Offer the matrix as a table: a row a pair."""
    table = st.expander("The matrix as a table", key="pairs", on_change="rerun")
    if table.open:
        with table:
            name = name_stem(book.manifest, "between")
            show_rows(list_pairs(view), "between", name, cite(book.manifest, book.encoder))
