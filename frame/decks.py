"""The deck that a visitor works on: in the session, and in the folder of decks where there is one.

A deck that lies in the folder is read anew before it is changed, for somebody may have edited it.
One that comes with the software stays as it is: the first change makes a copy.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import streamlit as st

from hivemind_core.corpus.deck_file import (
    add_deck_file,
    change_deck_file,
    list_deck_files,
    read_deck_file,
)
from hivemind_core.corpus.locations import find_decks_folder, find_shipped
from hivemind_core.deck import Deck, format_deck, parse_deck
from hivemind_core.errors import InputError, WorkError

NEW = "My talk"
SHIPPED = "decks"
LONGEST_TITLE, LONGEST_WORDS = 400, 4000  # characters of what is typed


def list_decks(environment: Mapping[str, str] = os.environ) -> dict[str, Path]:
    """Return the decks of the folder that can be read, by a name unlike any other's."""
    found: dict[str, Path] = {}
    for path, read in _read_folder(environment):
        if isinstance(read, Deck):
            name = read.title or path.stem
            while name in found:
                name = f"{name} ({path.stem})"
            found[name] = path
    return found


def list_unreadable(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return why each deck of the folder that cannot be read cannot, by the name of its file."""
    return {
        path.name: str(read).replace(str(path), path.name)
        for path, read in _read_folder(environment)
        if isinstance(read, InputError)
    }


def _read_folder(environment: Mapping[str, str]) -> Iterator[tuple[Path, Deck | InputError]]:
    folder = find_decks_folder(environment)
    for path in list_deck_files(folder) if folder is not None else ():
        try:
            yield path, parse_deck(read_deck_file(path), path.name)
        except InputError as error:
            yield path, error


def find_latest(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the deck that was written last of those that can be read; None without any."""
    return max(list_decks(environment).values(), key=_read_time, default=None)


def _read_time(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:  # it has just been taken away
        return 0


def find_deck() -> Deck | None:
    """Return the deck that is worked on; None before there is any."""
    deck: Deck | None = st.session_state.get("deck")
    return deck


def find_deck_path() -> Path | None:
    """Return the file of the deck that is worked on; None where only the session has it."""
    path: str | None = st.session_state.get("deck_path")
    return None if path is None else Path(path)


def open_deck(name: str, environment: Mapping[str, str] = os.environ) -> Deck:
    """Take a deck of the folder to work on, by the name of its file.

    Raises
    ------
    InputError
        If there is no folder, or the deck cannot be read.
    """
    folder = find_decks_folder(environment)
    if folder is None:
        raise InputError("there is no folder of decks", remedy="Set HIVEMIND_DECKS to one")
    path = folder / Path(name).name  # a visitor names it: it lies in the folder, whatever they say
    return _work_on(parse_deck(read_deck_file(path), path.name), path)


def list_shipped() -> dict[str, Path]:
    """Return the decks that come with the software, by title."""
    found = list_deck_files(find_shipped(SHIPPED))
    return {parse_deck(read_deck_file(path), path.name).title: path for path in found}


def open_shipped(title: str) -> Deck:
    """Take a deck that comes with the software to work on; InputError where there is none."""
    path = list_shipped().get(title)
    if path is None:
        raise InputError("no such deck comes with the software", found=title)
    return _work_on(parse_deck(read_deck_file(path), path.name), is_shipped=True)


def _work_on(deck: Deck, path: Path | None = None, *, is_shipped: bool = False) -> Deck:
    """Take a deck to work on; what was removed from another one does not come back to it."""
    st.session_state.update(
        deck=deck,
        deck_path=None if path is None else str(path),
        deck_is_shipped=is_shipped,
        talk_removed=None,
    )
    return deck


def is_shipped() -> bool:
    """Whether the deck that is worked on is still as it came with the software."""
    return bool(st.session_state.get("deck_is_shipped"))


def read_again(environment: Mapping[str, str] = os.environ) -> str:
    """Read the deck that is worked on again, or open a first one; return what is wrong, if any.

    The first one is that of the folder which was written last, else one that comes with this.
    """
    path = find_deck_path()
    try:
        if path is not None:
            st.session_state["deck"] = parse_deck(read_deck_file(path), path.name)
        elif find_deck() is None:
            latest = find_latest(environment)
            if latest is not None:
                open_deck(latest.name, environment)
            elif shipped := list_shipped():
                open_shipped(next(iter(shipped)))
    except InputError as error:
        return str(error)
    return ""


def start_deck(deck: Deck, environment: Mapping[str, str] = os.environ) -> str:
    """Take a new deck to work on, also as a file; return why there is none, empty if there is."""
    _work_on(deck)
    folder = find_decks_folder(environment)
    if folder is None:
        return "It is kept while this tab is open: take it away as a file to keep it."
    try:
        path = add_deck_file(folder, deck.title, format_deck(deck))
    except WorkError as error:
        return f"It is kept while this tab is open only: {error}"
    st.session_state["deck_path"] = str(path)
    return ""


def change_deck(
    change: Callable[[Deck], Deck], environment: Mapping[str, str] = os.environ
) -> Deck:
    """Change the deck that is worked on, in the session and in its file.

    The copy of one that came with the software may have no file: then `talk_told` says why.

    Raises
    ------
    InputError
        If the file cannot be read any more, or `change` raises one.
    WorkError
        If it cannot be written.
    """
    path, deck = find_deck_path(), find_deck() or Deck(NEW)
    if is_shipped():
        deck = change(deck)
        if told := start_deck(deck, environment):
            st.session_state["talk_told"] = told
    elif path is None:
        deck = change(deck)
    else:
        text = change_deck_file(path, lambda old: format_deck(change(parse_deck(old, path.name))))
        deck = parse_deck(text, path.name)
    st.session_state["deck"] = deck
    return deck
