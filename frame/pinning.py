"""Pin what a page shows to a deck: a quiet button at the foot of the sidebar, and a window."""

from collections.abc import Mapping

import streamlit as st

from frame import decks, exhibits
from frame.carrying import close_window, offer_taking, show_window
from frame.decks import LONGEST_TITLE, LONGEST_WORDS
from frame.exhibits import Record
from frame.theme import write_note
from hivemind_core.corpus.identity import make_id
from hivemind_core.deck import Deck, Slide, add_slide
from hivemind_core.errors import HivemindError
from hivemind_core.exhibit import View

A_NEW_ONE, UNSAVED = "A new deck", "unsaved"


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
    view = exhibits.describe_view(record)
    with st.sidebar:
        with st.container(horizontal=True, gap="xsmall", key="view-actions"):
            icon = ":material/push_pin:"
            is_wanted = st.button("Pin this view", key="pin", type="tertiary", icon=icon)
            offer_taking(record, view)
        write_note(st.session_state.pop("pin_told", ""), "pin-told")
    st.session_state.pop("pinned", None)
    if is_wanted:
        close_window()
        st.dialog("Pin this view")(_ask)(record, view)
    else:
        show_window(record, view)


def _ask(record: Record, view: View) -> None:
    """Ask for the words of the slide, and for its deck; once it is pinned, go back to the page."""
    state = st.session_state
    if state.pop("pinned", False):
        st.rerun()
    chosen = [f"{name}={value}" for name, value in view.parameters.items()]
    pins = str(state.get("pins", 0))  # a form of its own for each: words are not pinned twice
    key = make_id(pins, view.page, view.corpus, view.content_hash, *chosen)
    titles, title = _list_decks(), exhibits.name_view(record)[:LONGEST_TITLE]
    with st.form(f"pin-{key}", border=False):
        st.text_area("Title", title, key=f"pin-title-{key}", max_chars=LONGEST_TITLE)
        st.text_area(
            "Reading",
            record.reading[:LONGEST_WORDS],
            key=f"pin-reading-{key}",
            max_chars=LONGEST_WORDS,
            help="Left as it is, it is read off the data again whenever the slide is drawn.",
        )
        st.text_area("Note for the speaker", key=f"pin-note-{key}", max_chars=LONGEST_WORDS)
        st.selectbox(
            "Deck",
            list(titles),
            list(titles).index(_find_first(titles)),
            key=f"pin-deck-{key}",
            format_func=titles.__getitem__,
        )
        given = (view, record.reading, key)
        st.form_submit_button("Pin", type="primary", on_click=_pin, args=given)
    write_note(state.pop("pin_told", ""), "pin-failed")


def _list_decks() -> dict[str, str]:
    """Return the titles of the decks that a slide can go to, by file or by what else they are."""
    titles = {path.name: title for title, path in decks.list_decks().items()}
    deck = decks.find_deck()
    if deck is not None and decks.find_deck_path() is None:
        titles[UNSAVED] = deck.title
    return titles | {A_NEW_ONE: A_NEW_ONE}


def _find_first(titles: Mapping[str, str]) -> str:
    """Return which deck is offered first: the one worked on, else the one last written."""
    if UNSAVED in titles:
        return UNSAVED
    path = decks.find_deck_path()
    if path is not None and path.name in titles:
        return path.name
    latest = decks.find_latest()
    return latest.name if latest is not None and latest.name in titles else A_NEW_ONE


def _pin(view: View, reading: str, key: str) -> None:
    """Add a slide, with the words that were typed; a reading that nobody changed stays out."""
    state = st.session_state
    typed = " ".join(str(state[f"pin-reading-{key}"]).split())
    slide = Slide(
        view,
        str(state[f"pin-title-{key}"]).strip(),
        "" if typed == " ".join(reading[:LONGEST_WORDS].split()) else typed,
        str(state[f"pin-note-{key}"]).strip(),
    )
    try:
        told = _choose_deck(str(state[f"pin-deck-{key}"]))
        deck = decks.change_deck(lambda old: add_slide(old, slide))
        told = told or state.pop("talk_told", "")
    except HivemindError as error:
        state["pin_told"] = str(error)
        return
    state["pins"], state["pinned"] = state.get("pins", 0) + 1, True
    state["pin_told"] = f"Pinned as slide {len(deck.slides)} of “{deck.title}”. {told}".strip()


def _choose_deck(name: str) -> str:
    """Take a deck to work on; return what to know about it."""
    if name == A_NEW_ONE:
        return decks.start_deck(Deck(decks.NEW))
    path = decks.find_deck_path()
    if name != UNSAVED and (path is None or path.name != name):
        decks.open_deck(name)
    return ""
