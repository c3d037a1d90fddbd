"""The corpus picker in the sidebar, and what is said where there is nothing to show."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from frame import address, exhibits
from frame.loading import (
    Book,
    Shelved,
    count_texts,
    count_unbuilt,
    has_grown,
    has_view,
    list_built,
    list_shelf,
)
from frame.theme import write_finding, write_heading, write_note
from hivemind_core.errors import HivemindError
from hivemind_core.figures.reading import tell_growth
from hivemind_core.space.encoders import DEFAULT_ENCODER

HASH_SHOWN = 12
IMPORT_COMMAND = """\
hivemind import files my-corpus --responses answers.jsonl
hivemind build my-corpus
hivemind app my-corpus"""


def pick_corpus() -> None:
    """Show the picker and keep the choice, its faults and its encoder in the session."""
    shelf = {shelved.name: shelved for shelved in list_shelf()}
    st.session_state["shelved"] = None
    if not shelf:
        return
    missing = address.follow("corpus", "corpus", shelf)
    linked = address.read_new("hash")
    arrived = st.session_state.pop("arrived", None)
    for shelved in shelf.values():
        if shelved.locator == arrived:
            st.session_state["corpus"] = shelved.name
    if st.session_state.get("corpus") not in shelf:
        st.session_state["corpus"] = next(iter(shelf))
    name = st.sidebar.selectbox("Corpus", list(shelf), key="corpus", persist_state="session")
    shelved = shelf[str(name)]
    st.session_state["shelved"] = shelved
    _say_differences(shelved, missing, linked)
    address.record("corpus", shelved.name)
    if shelved.corpus is not None:
        address.record("hash", shelved.corpus.manifest.content_hash[:HASH_SHOWN])


def _say_differences(shelved: Shelved, missing: str | None, linked: str | None) -> None:
    """Say in words where a link means another corpus, until another one is picked."""
    if missing is not None:
        words = f"The link asks for the corpus “{missing}”, which is not here."
        st.session_state["difference"] = (shelved.name, words)
    elif linked and shelved.corpus is not None:
        actual = shelved.corpus.manifest.content_hash
        words = (
            "The link was made with another state of this corpus: its answers differ from those "
            f"here (content {linked[:HASH_SHOWN]}, here {actual[:HASH_SHOWN]})."
        )
        same = actual.startswith(linked[:HASH_SHOWN])
        st.session_state["difference"] = None if same else (shelved.name, words)
    kept = st.session_state.get("difference")
    if kept and kept[0] == shelved.name:
        write_note(kept[1], "difference")


def is_other_state() -> bool:
    """Whether the link was made with another corpus than the one here: its rows mean others."""
    shelved: Shelved | None = st.session_state.get("shelved")
    kept = st.session_state.get("difference")
    return bool(kept and shelved is not None and kept[0] == shelved.name)


def has_corpus() -> bool:
    """Whether there is any corpus to pick."""
    return st.session_state.get("shelved") is not None


def take_book() -> Book | None:
    """Return the corpus that is picked, built and sound; else say what to do and return None."""
    book = take_judged()
    if book is None:
        return None
    name, locator = st.session_state["shelved"].name, book.corpus.locator
    built = list_built(book.corpus, locator, book.stamp)
    if not built and not any(count_texts(book).values()):
        _say(f"{name} has no maps", "No answer in it has a text that could be mapped.")
        return None
    if not built:
        _say(f"{name} has no maps yet", "One command makes its maps and measures:")
        st.code(book.build_command, language=None, wrap_lines=True)
        return None
    return replace(book, encoder=_choose_encoder(built))


def take_judged() -> Book | None:
    """Return the corpus that is picked, built or not; else say what to do and return None."""
    shelved: Shelved | None = st.session_state.get("shelved")
    if shelved is None:
        _say_nothing_here()
        return None
    if shelved.corpus is None:
        _say(f"{shelved.name} cannot be opened", shelved.fault)
        return None
    return Book(shelved.corpus, shelved.stamp, "")


def take_any() -> Book | None:
    """Return the corpus that is picked, with an encoder if it is built; else say what to do.

    A corpus that nobody answered is built as far as its queries go.
    """
    book = take_judged()
    if book is None:
        return None
    built = list_built(book.corpus, book.corpus.locator, book.stamp)
    if built:
        return replace(book, encoder=_choose_encoder(built))
    asked = replace(book, encoder=DEFAULT_ENCODER)
    return asked if has_view(asked, "query_map.parquet") else book


def find_built() -> Book | None:
    """Return the corpus that is picked if it is sound and built, without a word where it is not."""
    shelved: Shelved | None = st.session_state.get("shelved")
    if shelved is None or shelved.corpus is None:
        return None
    built = list_built(shelved.corpus, shelved.corpus.locator, shelved.stamp)
    if not built:
        return None
    return Book(shelved.corpus, shelved.stamp, _choose_encoder(built))


def _choose_encoder(built: Sequence[str]) -> str:
    """Return the encoder whose views are shown; a link says it, for others may be built later."""
    if len(built) > 1:
        return address.choose("encoder", "Encoder", built, built[0])
    if address.follow("encoder", "encoder", set(built)):
        st.sidebar.caption("Encoder: the link asks for one that is not here.")
    address.record("encoder", built[0])
    return built[0]


def say_growth(book: Book) -> None:
    """Say so where answers have come since the corpus was built."""
    if has_grown(book):
        told = tell_growth(count_unbuilt(book), book.build_command)
        exhibits.take_scope(told)
        write_note(told, "growth")


def say_unmeasured(book: Book) -> None:
    """Say why a corpus whose views are there is not measured, and what to do, if there is any."""
    if not any(count_texts(book).values()):
        write_finding("No answer in this corpus has a text that could be measured.")
        return
    write_finding("These measures were made by an earlier version. One command makes them anew:")
    st.code(book.build_command, language=None, wrap_lines=True)


def guard(show_page: Callable[[], None]) -> None:
    """Draw a page; where its corpus turns out to be damaged, say so in the page's own words."""
    try:
        show_page()
    except HivemindError as error:
        _say("This corpus is not sound", str(error))


def _say(heading: str, words: str) -> None:
    exhibits.take_nothing()
    write_heading(heading, "state")
    write_finding(words, "state")


def _say_nothing_here() -> None:
    _say(
        "No corpus yet",
        "A corpus is a folder of answers from language models. Bring your own with two commands, "
        "or fetch one from the overview.",
    )
    st.code(IMPORT_COMMAND, language=None, wrap_lines=True)
