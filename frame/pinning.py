"""Pin what a page shows to a deck: a quiet button at the foot of the sidebar."""

from pathlib import Path

import streamlit as st

from frame import decks, exhibits
from frame.exhibits import Record
from frame.theme import write_note
from hivemind_core.corpus.identity import make_id
from hivemind_core.deck import Deck, Slide, add_slide
from hivemind_core.errors import HivemindError
from hivemind_core.exhibit import View

A_NEW_ONE = "A new deck"
LONGEST, LONGEST_NOTE = 400, 4000  # characters


def offer_pin() -> None:
    """Offer to pin what the page has just shown; a visit without a browser takes it instead."""
    record = exhibits.close_record()
    if record is None or not st.session_state.get("page"):
        return
    if "visited" in st.session_state:
        st.session_state["exhibit"] = exhibits.make_exhibit(record)
        return
    if not record.is_worth_pinning:
        return
    with st.sidebar:
        box = st.popover(
            "Pin this view",
            key="pin",
            type="tertiary",
            icon=":material/push_pin:",
            help="Keep it as a slide of a talk",
            on_change="rerun",
        )
    if box.open:
        with box:
            _ask(record)


def _ask(record: Record) -> None:
    """Ask for the words of the slide, and for its deck."""
    view = exhibits.describe_view(record)
    chosen = [f"{name}={value}" for name, value in view.parameters.items()]
    key = make_id(view.page, view.corpus, view.content_hash, *chosen)
    known = decks.list_decks()
    with st.form(f"pin-{key}", border=False):
        st.text_area("Title", record.title[:LONGEST], key=f"pin-title-{key}", max_chars=LONGEST)
        st.text_area(
            "Reading",
            record.reading[:LONGEST_NOTE],
            key=f"pin-reading-{key}",
            max_chars=LONGEST_NOTE,
            help="Left as it is, it is read off the data again whenever the slide is drawn.",
        )
        st.text_area("Note for the speaker", key=f"pin-note-{key}", max_chars=LONGEST_NOTE)
        names = [*known, *_list_unsaved(), A_NEW_ONE]
        st.selectbox("Deck", names, _find_place(known, names), key=f"pin-deck-{key}")
        st.form_submit_button("Pin", on_click=_pin, args=(view, record.reading, key))
    write_note(st.session_state.pop("pin_told", ""), "pin-told")


def _list_unsaved() -> list[str]:
    """Return the title of the deck that only the session has, if it has one."""
    deck = decks.find_deck()
    return [deck.title] if deck is not None and decks.find_deck_path() is None else []


def _find_place(known: dict[str, Path], names: list[str]) -> int:
    """Return which deck is offered first: the one worked on, else the one last written."""
    path, paths = decks.find_deck_path(), list(known.values())
    if path is not None and path in paths:
        return paths.index(path)
    if decks.find_deck() is None and paths:
        return paths.index(max(paths, key=lambda one: one.stat().st_mtime_ns))
    return names.index(A_NEW_ONE) - len(_list_unsaved())


def _pin(view: View, reading: str, key: str) -> None:
    """Add a slide, with the words that were typed; a reading that nobody changed stays out."""
    state = st.session_state
    typed = " ".join(str(state[f"pin-reading-{key}"]).split())
    slide = Slide(
        view,
        str(state[f"pin-title-{key}"]).strip(),
        "" if typed == " ".join(reading.split()) else typed,
        str(state[f"pin-note-{key}"]).strip(),
    )
    try:
        told = _choose_deck(str(state[f"pin-deck-{key}"]))
        deck = decks.change_deck(lambda old: add_slide(old, slide))
    except HivemindError as error:
        state["pin_told"] = str(error)
        return
    state["pin_told"] = f"Pinned as slide {len(deck.slides)} of “{deck.title}”. {told}".strip()


def _choose_deck(name: str) -> str:
    """Take the deck of that name to work on; return what to know about it."""
    path = decks.list_decks().get(name)
    if path is not None:
        decks.open_deck(path)
    elif name == A_NEW_ONE or decks.find_deck() is None:
        return decks.start_deck(Deck(decks.NEW))
    return ""
