"""Between models: how alike every two are, arranged by likeness or family; a cell opens."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from frame import address, measuring
from frame.address import choose, choose_one
from frame.cell import show_cell, show_closest
from frame.exhibits import take_figure
from frame.loading import Book
from frame.measuring import Scope
from frame.showing import PLAIN, offer_rows, write_basis
from frame.theme import find_ground, write_finding
from hivemind_core.corpus.exports import name_stem
from hivemind_core.estimation import Estimates, find_model_pairs
from hivemind_core.figures.findings import (
    MEANINGS,
    SCALES,
    list_between,
    tell_between,
    tell_floor,
    tell_interval,
)
from hivemind_core.figures.matrix import FRAMED, draw_matrix
from hivemind_core.figures.palette import find_family
from hivemind_core.figures.similarities import MatrixView, describe_matrix
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.ordering import order_by_family, order_by_similarity

CLUSTERED, FAMILY = "By likeness", "By family"
MANY = 30  # sources from which on a matrix takes the whole page
WIDE, NARROW = 960, 560  # pixels that it has on a page of 1,440


def arrange_view(
    names: Sequence[str], values: Floats, families: Sequence[str], thing: str = "model"
) -> MatrixView:
    """Show how the rows can be arranged, and return the matrix as it was chosen."""
    if choose_one("Arranged", [CLUSTERED, FAMILY], "order", is_labelled=False) == FAMILY:
        order = order_by_family(families, values)
        return MatrixView(tuple(names), values, order, None, tuple(families), thing)
    tree = order_by_similarity(values)
    return MatrixView(tuple(names), values, tree.order, tree, None, thing)


def split_page(sources: int) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Return where the matrix stands and where its open cell: side by side, or on each other."""
    if sources > MANY:
        cell = st.container()
        return st.container(), cell
    with st.container(key="split-matrix"):
        left, right = st.columns([3, 2], gap="large")
    return left, right


def draw_cells(view: MatrixView, picked: tuple[int, int] | None, scale: str) -> None:
    """Draw the matrix; a click on a cell picks its two models."""
    width = WIDE if len(view) > MANY else NARROW
    figure = draw_matrix(view, find_ground(), picked, scale=scale, width=width)
    words = describe_matrix(view)
    st.plotly_chart(
        take_figure(figure, words),
        key="matrix",
        on_select=lambda: _take_cell(view.names),
        selection_mode="points",
        config=PLAIN,
        alt=words,
    )


def _take_cell(names: Sequence[str]) -> None:
    """Pick the two models of the cell that was clicked; a click beside the cells picks nothing."""
    points = st.session_state["matrix"]["selection"]["points"]
    if not points:
        return
    row, column = points[0]["customdata"][:2]
    st.session_state["first"], st.session_state["second"] = names[int(row)], names[int(column)]
    address.overrule("first", "second")


def choose_cell(view: MatrixView, start: tuple[int, int]) -> tuple[int, int] | None:
    """Show the two rows of the open cell, to be chosen by typing too; None without any.

    `start` are those of the cell that is open at first.
    """
    if not view.names:
        return None
    left, right = st.columns(2, gap="small")
    label = view.thing.capitalize()
    one = choose("first", label, view.names, view.names[start[0]], place=left)
    other = choose("second", f"Other {view.thing}", view.names, view.names[start[1]], place=right)
    return view.names.index(one), view.names.index(other)


def show_between(book: Book, scope: Scope, numbers: Estimates) -> None:
    """Show the matrix, and the evidence behind the cell that is open."""
    measured = numbers.measured
    gap = numbers.gap
    write_finding(tell_between(gap.within, gap.between, gap.gap, numbers.floor), "between")
    names = [source.name for source in measured.sources]
    if len(names) < 2:
        return
    families = [find_family(s.model or "") if s.is_model else "people" for s in measured.sources]
    left, right = split_page(len(names))
    with left:
        view = arrange_view(names, numbers.matrix, families, "source")
        frame = st.container()
    with right:
        picked = choose_cell(view, _find_start(numbers))
        query = show_cell(book, scope, numbers, picked) if picked else None
    with frame:
        draw_cells(view, picked, SCALES[scope.measure])
        told = [
            MEANINGS[scope.measure],
            FRAMED,
            tell_interval(scope.pooling, scope.measure, is_query=numbers.is_single),
            tell_floor(measured.floors[scope.measure], scope.measure),
        ]
        write_basis(" ".join(filter(None, told)), "between")
        _show_pairs(book, scope, numbers)
    if picked is not None and query is not None:
        show_closest(book, scope, (names[picked[0]], names[picked[1]]), query)


def _find_start(numbers: Estimates) -> tuple[int, int]:
    """Return the two models that are most alike, over at least half as many queries as any two."""
    measured = numbers.measured
    first, second = measured.pairs
    models = find_model_pairs(measured)
    most = max((numbers.between[n].queries for n in models), default=0)
    held = [n for n in models if numbers.between[n].queries * 2 >= max(most, 1)]
    if not held:
        return 0, min(1, len(measured.sources) - 1)
    best = max(held, key=lambda n: numbers.between[n].mean)
    return int(first[best]), int(second[best])


def _show_pairs(book: Book, scope: Scope, numbers: Estimates) -> None:
    """Offer the matrix as a table: a row a pair."""
    measured = numbers.measured

    def make_rows() -> list[dict[str, object]]:
        pairs = list(zip(*(part.tolist() for part in measured.pairs), strict=True))
        return list_between(measured.sources, pairs, numbers.between, numbers.within)

    name = name_stem(book.manifest, scope.name("between"))
    about = measuring.cite_scope(book, scope, measured)
    offer_rows("The matrix as a table", "pairs", make_rows, name, about)
