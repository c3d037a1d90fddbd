"""What do the queries ask for? Categories, what goes together, a map, and every query to read."""

import streamlit as st

from frame import asked, browsing, exhibits
from frame.address import choose_one
from frame.loading import Book
from frame.picker import IMPORT_COMMAND, guard, has_corpus, take_any
from frame.theme import write_finding, write_heading, write_note
from hivemind_core.figures.numbers import count

SHARES, TOGETHER, MAP = "Shares", "Together", "Map"


def show_corpus(book: Book) -> None:
    """Show what the queries of a corpus ask for."""
    shelf = browsing.read_shelfmark(book)
    if not len(shelf):
        write_finding("This corpus holds no queries.")
        asked.show_published()
        return
    search = browsing.choose_search(shelf)
    rows = browsing.find_queries(shelf, search)
    part = choose_one("Question", (SHARES, TOGETHER, MAP), "taxonomy", is_labelled=False)
    exhibits.take_part(part)
    told = "All of this corpus." if len(rows) == len(shelf) else f"Of {count(len(shelf), 'query')}."
    found = st.container()  # what was searched for comes before the figure
    if part == SHARES:
        asked.show_shares(book, shelf)
    elif part == TOGETHER:
        asked.show_together(book, shelf)
    else:
        picked = asked.show_map(book, shelf, search, rows)
        if picked is not None:
            rows, told = picked, "Picked on the map."
    with found if search.words else st.container():
        browsing.offer_categories(shelf, search.words)
        browsing.show_queries(book, shelf, rows, told)


def show_page() -> None:
    """Draw the page."""
    if not has_corpus():
        write_heading("What do the queries ask for?")
        write_note("No corpus yet: these are the paper's figures. Bring your own:", "nothing")
        st.code(IMPORT_COMMAND, language=None, wrap_lines=True)
        asked.show_published()
        return
    book = take_any()
    if book is None:
        return
    write_heading("What do the queries ask for?")
    show_corpus(book)


guard(show_page)
