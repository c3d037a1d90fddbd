"""Which deck is worked on: one of the folder, one that came with the software, or a new one."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from frame import decks
from frame.theme import write_note
from hivemind_core.corpus.deck_file import LARGEST, name_stem
from hivemind_core.deck import Deck, parse_deck
from hivemind_core.errors import HivemindError
from hivemind_core.figures.numbers import count

UNSAVED, SHIPPED = "unsaved", "shipped"
MOST_TOLD = 10  # decks that cannot be read


def attempt(work: Callable[[], object]) -> bool:
    """Do something to a deck, and keep for the page why it did not go; return whether it went."""
    try:
        work()
    except HivemindError as error:
        st.session_state["talk_told"] = str(error)
        return False
    return True


def show_choice() -> None:
    """Show which deck is worked on, its title, and how another one comes here."""
    names = _list_names()
    chosen = _find_chosen()
    with st.container(horizontal=True, vertical_alignment="bottom", key="talk-choice"):
        if chosen in names:
            st.session_state["talk-deck"] = chosen
        st.selectbox(
            "Deck",
            list(names),
            index=None if chosen is None else 0,
            key="talk-deck",
            format_func=lambda key: names.get(key, key),
            placeholder="No deck yet",
            on_change=_open,
        )
        if (deck := decks.find_deck()) is not None:
            st.session_state["talk-title"] = deck.title
            st.text_input(
                "Title", key="talk-title", max_chars=decks.LONGEST_TITLE, on_change=_rename
            )
        with st.popover("Another deck", key="talk-another"):
            _offer_others()
    write_note(st.session_state.pop("talk_told", ""), "talk-told")
    _tell_unreadable()
    if decks.is_shipped():
        write_note(
            "This deck came with the software. The first change makes a copy of your own.",
            "talk-shipped",
        )


def name_file(deck: Deck) -> str:
    """Return the title of a deck as the name of a file, without an ending."""
    return name_stem(deck.title) or "talk"


def _list_names() -> dict[str, str]:
    """Return the titles of all decks that can be worked on, by what they are told apart by."""
    names = {path.name: title for title, path in decks.list_decks().items()}
    names |= {f"{SHIPPED}/{title}": f"{title} (as it came)" for title in decks.list_shipped()}
    deck = decks.find_deck()
    if deck is not None and decks.find_deck_path() is None and not decks.is_shipped():
        names[UNSAVED] = deck.title
    return names


def _tell_unreadable() -> None:
    """Say which decks of the folder cannot be read; of the one that is open, the page says it."""
    path, found = decks.find_deck_path(), decks.list_unreadable()
    told = [words for name, words in found.items() if path is None or name != path.name]
    for place, words in enumerate(told[:MOST_TOLD]):
        write_note(f"Cannot be read: {words}", f"talk-unreadable-{place}")
    if len(told) > MOST_TOLD:
        more = count(len(told) - MOST_TOLD, "other deck")
        write_note(f"{more} cannot be read either.", "talk-unreadable-more")


def _find_chosen() -> str | None:
    deck, path = decks.find_deck(), decks.find_deck_path()
    if deck is None:
        return None
    if decks.is_shipped():
        return f"{SHIPPED}/{deck.title}"
    return UNSAVED if path is None else path.name


def _open() -> None:
    name = st.session_state["talk-deck"]
    if name is None or name == UNSAVED:
        return
    kind, _, title = str(name).partition("/")
    if kind == SHIPPED and title:
        attempt(lambda: decks.open_shipped(title))
    else:
        attempt(lambda: decks.open_deck(str(name)))


def _rename() -> None:
    title = str(st.session_state["talk-title"]).strip()
    if title:
        attempt(lambda: decks.change_deck(lambda deck: replace(deck, title=title)))


def _offer_others() -> None:
    title = st.text_input(
        "Title of a new one", decks.NEW, max_chars=decks.LONGEST_TITLE, key="talk-new-title"
    )
    st.button("Begin it", key="talk-new", on_click=_begin, args=(Deck(title.strip() or decks.NEW),))
    given = st.file_uploader("Or a deck from a file", type=["json"], key="talk-file")
    if given is None:
        return
    if given.size > LARGEST:
        write_note(f"A deck has at most {LARGEST:,} bytes.", "talk-file-fault")
        return
    try:
        deck = parse_deck(given.getvalue().decode("utf-8-sig"), "this file")
    except (HivemindError, UnicodeDecodeError) as error:
        told = str(error) if isinstance(error, HivemindError) else "A deck is UTF-8 text."
        write_note(told, "talk-file-fault")
        return
    st.button("Open it", key="talk-upload", on_click=_begin, args=(deck,))


def _begin(deck: Deck) -> None:
    if told := decks.start_deck(deck):
        st.session_state["talk_told"] = told
