"""What do the answers say? The map of one query, or of one category."""

import streamlit as st

from frame import picking, sheets
from frame.answers import tell_pick
from frame.controls import Shelf, choose_coloring, choose_listing, choose_look, choose_place
from frame.drawing import Look, draw_sheet, label_sheet
from frame.exhibits import take_basis, take_figure, take_scope
from frame.finding import describe_chart, show_head, show_table
from frame.grouping import count_blurred, cut_sheet
from frame.likeness import find_alike, follow_pair, show_pair
from frame.loading import Book
from frame.pane import Pane
from frame.panel import Wish, show_found, show_panel
from frame.picker import guard, take_book
from frame.search import ask_words
from frame.sheets import Sheet
from frame.taking import offer_print
from frame.theme import find_ground, write_finding, write_note
from hivemind_core.figures.numbers import count
from hivemind_core.figures.palette import assign_inks
from hivemind_core.figures.reading import describe_map, tell_unbuilt

READ_WITH_CARE = (
    "Near points read alike; distance on the map is not similarity. Repeats, which share one "
    "spot, are fanned out."
)
TOOLS = {
    "displaylogo": False,
    "displayModeBar": True,
    "scrollZoom": False,
    "modeBarButtonsToRemove": ["toImage", "zoomIn2d", "zoomOut2d", "autoScale2d"],
}


def show_map(pane: Pane, look: Look) -> None:
    """Draw the map, say under it how far to trust it, and offer it as a table."""
    book, sheet = pane.book, pane.sheet
    figure, key = draw_sheet(book, sheet, pane.grouping, look, picking.list_drawn())
    chart = f"map-{key}-{picking.count_resets()}"
    alternative = describe_chart(pane, look)
    labelled = label_sheet(book, sheet, pane.grouping, look)
    with st.container(key="chart"):
        st.plotly_chart(
            take_figure(figure, alternative, labelled=labelled),
            key=chart,
            on_select=lambda: picking.take_selection(chart, len(sheet)),
            selection_mode=("points", "box", "lasso"),
            config=TOOLS,
            height="stretch",
            alt=alternative,
        )
    trust = describe_map(sheet.quality, sheet.unplaced, look.projection)
    if sheet.unbuilt:
        trust += f" {tell_unbuilt(sheet.unbuilt)}"
    if blurred := count_blurred(book, sheet):
        trust += f" {count(blurred, 'answer')} share a vector with one that is written differently."
    told = f"{look.projection} of {book.encoder} vectors: {trust} {READ_WITH_CARE}"
    take_basis(told)
    write_note(told, "trust")
    offer_print(pane, labelled)
    show_table(pane)


def show_sheet(book: Book, shelf: Shelf, sheet: Sheet, words: str) -> None:
    """Draw a map, what it says above it, and what can be read beside it."""
    head = st.container(gap="xsmall")
    coloring = choose_coloring(book)
    left, right = st.columns([3, 2], gap="large")
    with right:
        listing = choose_listing(book, coloring)
    grouping = cut_sheet(book, sheet, *listing[1:]) if listing[1] else None
    look = choose_look(book, sheet, find_ground(), coloring, listing)
    alike = find_alike(book, sheet, picking.ask_like())
    pick = picking.follow_sheet(sheet, grouping, look, alike.rows if alike else None)
    pair = follow_pair(sheet)
    pane = Pane(book, sheet, grouping, assign_inks(book.manifest.sources, look.ground))
    with head:
        show_head(book, sheet, grouping if look.listing == "Groups" else None, shelf)
    with left:
        show_map(pane, look)
    if pick is not None:
        take_scope(tell_pick(pane, pick))
    with right:
        show_panel(pane, look, Wish(words, pick, alike))
    if len(pair) == 2:
        show_pair(pane, pair)


def show_page() -> None:
    """Draw the page."""
    book = take_book()
    if book is None:
        return
    words = ask_words()
    shelf = choose_place(book)
    if shelf is None:
        write_finding("This corpus holds no queries.")
        return
    sheet = sheets.read_sheet(book, shelf.place)
    if len(sheet):
        show_sheet(book, shelf, sheet, words)
        return
    show_head(book, sheet, None, shelf)
    if words:
        show_found(book, words)


guard(show_page)
