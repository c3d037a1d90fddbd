"""What becomes of a live session: into a corpus, new or old, or a recording to play again."""

import os
import re
from pathlib import Path

import streamlit as st

from frame.loading import list_shelf
from frame.offers import Offer, show_offer
from frame.stage import find_sampling
from frame.theme import write_note
from hivemind_core.corpus.locations import find_corpora_folder, find_shipped
from hivemind_core.corpus.recording import Recording, format_recording, parse_recording
from hivemind_core.corpus.store import open_or_create
from hivemind_core.corpus.tables import RESPONSES
from hivemind_core.errors import HivemindError
from hivemind_core.figures.numbers import count
from hivemind_core.live.session import Session
from hivemind_core.sampling.storing import store

NEW = "A new corpus"
LONGEST_NAME = 60
SHIPPED = "live/recorded-session.jsonl"


def show_keeping(session: Session) -> None:
    """Offer to keep what came: in a corpus, and as a recording."""
    st.subheader("Keep it", anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        _offer_corpus(session)
    with right:
        write_note(
            "A recording plays this session again at the same pace, without a network.",
            "live-recording",
        )
        st.download_button(
            "Take the recording",
            lambda: format_recording(session.record()),
            f"{_shorten(session.asked.query)}.jsonl",
            "application/x-ndjson",
            key="live-take",
            on_click="ignore",
        )


def _offer_corpus(session: Session) -> None:
    sampling = find_sampling(session)
    if sampling is None:
        write_note("This is a replay: its answers are in its recording.", "live-replayed")
        return
    came = sum(answer.text is not None for answer in sampling.answers)
    if not came:
        write_note("No answer came, so that there is nothing to keep in a corpus.", "live-nothing")
        return
    locators = _list_writable()
    names = [NEW, *locators]
    first = names.index(name_open()) if name_open() in locators else 0
    chosen = str(st.selectbox("Corpus to keep it in", names, first, key="live-corpus"))
    name = ""
    if chosen == NEW:
        name = st.text_input("Its name", "live", max_chars=LONGEST_NAME, key="live-name").strip()
    locator = locators.get(chosen) or str((find_corpora_folder() / _shorten(name)).resolve())
    if fault := _refuse(chosen, name, locator):
        write_note(fault, "live-name")
    if st.button(f"Keep {count(came, 'answer')}", key="live-keep", disabled=bool(fault)):
        _keep(session, locator, name)
    kept: tuple[str, str] | None = st.session_state.get("live-kept")
    if kept is not None:
        write_note(kept[1], "live-kept")
        label = "Build its maps and open it"
        show_offer(Offer("live-build", kept[0], label, (("build", kept[0]),), kept[0]))


def name_open() -> str:
    """Return the name of the corpus that is open; empty without one."""
    shelved = st.session_state.get("shelved")
    return "" if shelved is None else str(shelved.name)


def _refuse(chosen: str, name: str, locator: str) -> str:
    """Return why a new corpus cannot be called so; empty where it can."""
    kept: tuple[str, str] | None = st.session_state.get("live-kept")
    if chosen != NEW or (kept is not None and kept[0] == locator):
        return ""
    if not re.search(r"[A-Za-z0-9]", name):
        return "A name has a letter or a digit."
    if Path(locator).exists():
        return "There is a corpus of that name: take it from the list, or another name."
    return ""


def _list_writable() -> dict[str, str]:
    """Return the local corpora that answers can be added to, by name: none that came with this."""
    shipped = str(find_shipped("").resolve())
    return {
        one.name: one.locator
        for one in list_shelf(os.environ)
        if one.corpus is not None
        and "://" not in one.locator
        and not one.locator.startswith(shipped)
    }


def _keep(session: Session, locator: str, name: str) -> None:
    sampling = find_sampling(session)
    if sampling is None:
        return
    try:
        corpus = open_or_create(locator, name)
        done = store(corpus, sampling.answers, sampling.tools.clock)
    except HivemindError as error:
        write_note(str(error), "live-not-kept")
        return
    taken = done.tables[RESPONSES.name]
    known = f", {taken.already_there:,} were there" if taken.already_there else ""
    where = f"{corpus.manifest.name} (folder {Path(locator).name})"
    words = f"Kept in {where}: {count(taken.taken, 'answer')}{known}."
    st.session_state["live-kept"] = (locator, words)


def _shorten(text: str) -> str:
    """Return a text as the name of a file."""
    cleaned = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").casefold()
    return cleaned[:LONGEST_NAME].strip("-") or "live"


def find_recording() -> Recording | None:
    """Return the session that comes with the software; None where it is not there."""
    path = find_shipped(SHIPPED)
    return parse_recording(path.read_bytes(), path.name) if path.is_file() else None
