"""Give a talk of pinned views: put them in order, present them, and take them away."""

import streamlit as st

from frame import decks
from frame.away import show_away
from frame.picker import guard
from frame.presenting import show_presenting
from frame.shelving import show_choice
from frame.slides import show_slides
from frame.theme import write_heading, write_note


def show_page() -> None:
    """Draw the page."""
    write_heading("Give a talk")
    write_note(decks.read_again(), "talk-fault")
    show_choice()
    deck = decks.find_deck()
    if deck is None:
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        show_slides(deck)
    with right:
        if not deck.slides:
            write_note("There is nothing to present yet.", "talk-empty")
            return
        presented = show_presenting(deck)
        show_away(deck, presented)


guard(show_page)
