"""What do the answers say? The map of one query, or of one category."""

import streamlit as st

from frame import picking, sheets
from frame.answers import show_picked, tell_pick
from frame.controls import choose_listing, choose_look, choose_place
from frame.drawing import Look, draw_sheet
from frame.entries import show_list
from frame.finding import describe_chart, show_head, show_table, tell_values
from frame.grouping import cut_sheet
from frame.likeness import drop_pair, find_alike, follow_pair, show_pair, tell_alike
from frame.pane import Pane
from frame.picker import guard, take_book
from frame.search import ask_words, open_category, open_query, show_results
from frame.taking import offer_files
from frame.theme import find_ground, write_finding, write_note
from hivemind_core.figures.palette import assign_inks
from hivemind_core.figures.reading import describe_map, tell_unbuilt

READ_WITH_CARE = "Near points read alike; distance on the map is not similarity."
TOOLS = {
    "displaylogo": False,
    "displayModeBar": True,
    "scrollZoom": False,
    "modeBarButtonsToRemove": ["toImage", "zoomIn2d", "zoomOut2d", "autoScale2d"],
}


def show_map(pane: Pane, look: Look, alt: str) -> None:
    """Draw the map, say under it how far to trust it, and offer it as a table."""
    book, sheet = pane.book, pane.sheet
    figure, key = draw_sheet(book, sheet, pane.grouping, look, picking.list_drawn())
    chart = f"map-{key}-{picking.count_resets()}"
    with st.container(key="chart"):
        st.plotly_chart(
            figure,
            key=chart,
            on_select=lambda: picking.take_selection(chart, len(sheet)),
            selection_mode=("points", "box", "lasso"),
            config=TOOLS,
            height="stretch",
            alt=alt,
        )
    trust = describe_map(sheet.quality, sheet.unplaced, look.projection)
    if sheet.unbuilt:
        trust += f" {tell_unbuilt(sheet.unbuilt)}"
    write_note(f"{look.projection} of {book.encoder} vectors: {trust} {READ_WITH_CARE}", "trust")
    show_table(pane)


def show_panel(pane: Pane, look: Look, words: str, pick: picking.Pick | None) -> None:
    """Show what was picked, else what a search found, else the reading list."""
    if pick is not None:
        with st.container(horizontal=True, horizontal_alignment="distribute", key="picked"):
            st.button("← Back", key="back", type="tertiary", on_click=picking.pick_nothing)
            offer_files(pane, pick.rows, "selection")
        st.markdown(f"**{tell_pick(pane, pick)}**")
        _say_first(pane)
        _show_answers(pane, look, pick)
    elif words:
        show_results(pane.book, words, open_category(pane.book), open_query, picking.pick_found)
    else:
        listed = look.listing == "Groups" and pane.grouping is not None
        entries = pane.grouping.entries if listed and pane.grouping else pane.sheet.clusters
        show_list(pane, entries, "group" if listed else "cluster")
        offer_files(pane, range(len(pane.sheet)), "map")


def _say_first(pane: Pane) -> None:
    """Say that an answer waits to be compared with another."""
    pair: tuple[str, ...] = st.session_state.get("pair", ())
    if len(pair) != 1:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="first"):
        source = pane.sheet.sources[pane.sheet.find_rows(pair)[0]]
        write_note(f"An answer by {source} waits to be compared: choose another.", "first")
        st.button("Never mind", key="drop-pair", type="tertiary", on_click=drop_pair)


def _show_answers(pane: Pane, look: Look, pick: picking.Pick) -> None:
    alike = find_alike(pane.book, pane.sheet, picking.ask_like())
    values = tell_alike(pane, pick, alike) or tell_values(pane, look, pick.rows)
    show_picked(pane, pick, values)


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
    head = st.container(gap="xsmall")
    if not len(sheet):
        with head:
            show_head(book, sheet, None, shelf)
        return
    left, right = st.columns([3, 2], gap="large")
    with right:
        listing = choose_listing(book, sheet)
    grouping = cut_sheet(book, sheet, *listing[1:]) if listing[1] else None
    look = choose_look(book, sheet, find_ground(), listing)
    alike = find_alike(book, sheet, picking.ask_like())
    pick = picking.follow_sheet(sheet, grouping, look, alike.rows if alike else None)
    pair = follow_pair(sheet)
    pane = Pane(book, sheet, grouping, assign_inks(book.manifest.sources, look.ground))
    with head:
        show_head(book, sheet, grouping if look.listing == "Groups" else None, shelf)
    with left:
        show_map(pane, look, describe_chart(pane, look))
    with right, st.container(key="panel"):
        show_panel(pane, look, words, pick)
    if len(pair) == 2:
        show_pair(pane, pair)


guard(show_page)
