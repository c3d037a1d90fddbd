"""A deck as a file to take away: made in the background, then downloaded."""

import streamlit as st

from frame.making import Making, follow, is_running, plan_file
from frame.shelving import name_file
from frame.theme import write_note
from hivemind_core.deck import Deck, format_deck
from hivemind_core.errors import WorkError, make_sentence
from hivemind_core.export.files import NEEDS_RENDERER, TYPES, find_form
from hivemind_core.export.renderer import find_renderer

ENDINGS = {
    "html": "One page that opens anywhere (HTML)",
    "pdf": "PDF, a page a view",
    "pptx": "Slides with notes (PPTX)",
    "svg.zip": "Figures (SVG)",
    "png.zip": "Figures (PNG)",
    "csv.zip": "Numbers (CSV)",
    "parquet.zip": "Numbers (Parquet)",
}


def show_away(deck: Deck, presented: Making) -> None:
    """Show in which forms the talk can be taken away, and make the one that is chosen.

    `presented` is the file that the page makes already, to present it.
    """
    st.subheader("Take it away", anchor=False)
    st.download_button(
        "The deck itself (JSON)",
        format_deck(deck),
        f"{name_file(deck)}.json",
        "application/json",
        key="talk-json",
        on_click="ignore",
    )
    ending = str(
        st.selectbox(
            "As",
            list(ENDINGS),
            key="talk-as",
            format_func=ENDINGS.__getitem__,
            persist_state="session",
        )
    )
    if refused := refuse_form(ending):
        write_note(refused, "talk-no-renderer")
        return
    making = plan_file("talk-away", deck, ending)
    if making.file == presented.file and is_running(presented):
        write_note("It is the page that is being drawn to be presented.", "talk-same")
        return
    follow(making, "Make it", show_download)


def refuse_form(ending: str) -> str:
    """Return why a file cannot be made here, in a sentence; empty where it can."""
    if find_form(f"talk.{ending}") in NEEDS_RENDERER:
        try:
            find_renderer()
        except WorkError as error:
            return make_sentence(error)
    return ""


def show_download(making: Making, key: str = "talk-download") -> None:
    """Offer the file that was made."""
    st.download_button(
        "Download",
        making.file.read_bytes,
        f"{name_file(making.deck)}.{making.ending}",
        TYPES[making.ending.rpartition(".")[2]],
        key=key,
        on_click="ignore",
    )
