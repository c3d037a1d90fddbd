"""Files that are made of a deck in the background, kept in the cache by all that decides them."""

import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

import hivemind_core
from frame.jobs import Job, News, command_line, open_registry
from frame.loading import list_shelf
from frame.theme import write_note
from hivemind_core.corpus.identity import make_id
from hivemind_core.corpus.locations import find_cache_folder
from hivemind_core.corpus.whole_file import write_whole
from hivemind_core.deck import Deck, format_deck
from hivemind_core.errors import HivemindError, WorkError

TICK = 1.0  # seconds between two looks at the work
MOST_KEPT = 30  # files


@dataclass(frozen=True)
class Making:
    """A file to be made of a deck.

    Attributes
    ----------
    key : str
        Of its widgets.
    deck : Deck
    folder : Path
        Where deck and file lie.
    ending : str
        Of the file, which says its form.
    live : str
        Address of a dashboard for live views; empty for none.
    """

    key: str
    deck: Deck
    folder: Path
    ending: str
    live: str = ""

    @property
    def file(self) -> Path:
        """The file, once it is made."""
        return self.folder / f"talk.{self.ending}"


def plan_file(
    key: str,
    deck: Deck,
    ending: str,
    live: str = "",
    environment: Mapping[str, str] = os.environ,
) -> Making:
    """Return what is to be made of a deck, of its corpora as they are now."""
    named = {slide.view.corpus for slide in deck.slides}
    shelf = [one for one in list_shelf(environment) if one.name in named]
    states = [f"{one.name} {one.locator} {one.stamp}" for one in shelf]
    text = format_deck(deck)
    name = make_id(text, ending, live, hivemind_core.__version__, *states)
    return Making(key, deck, find_cache_folder(environment) / "talks" / name, ending, live)


def is_running(making: Making) -> bool:
    """Whether the file is being made."""
    return _find_state(making) == "running"


def follow(making: Making, label: str, show_made: Callable[[Making], None]) -> None:
    """Show the button that starts the work, or how far it is, or what was made."""
    polled = TICK if is_running(making) else None
    st.fragment(_follow, run_every=polled)(making, label, show_made)


def _find_state(making: Making) -> str:
    job = open_registry().find(_name_job(making))
    return job.news.state if job is not None else ""


def _name_job(making: Making) -> str:
    return f"talk {making.file}"


def _follow(making: Making, label: str, show_made: Callable[[Making], None]) -> None:
    job = open_registry().find(_name_job(making))
    news = job.news if job is not None else None
    if job is not None and news is not None and news.state == "running":
        st.session_state[f"{making.key}-watched"] = True
        _show_progress(making, job, news)
    elif making.file.is_file():
        if st.session_state.pop(f"{making.key}-watched", False):
            st.rerun(scope="app")  # the page stops looking every second
        if news is not None and news.words:
            write_note(_trim(news.words), f"{making.key}-words")
        show_made(making)
    else:
        _show_start(making, label, news)


def _show_progress(making: Making, job: Job, news: News) -> None:
    share = min(news.done / news.total, 1.0) if news.total else 0.0
    steps = f" · {news.done:,} of {news.total:,}" if news.total else ""
    st.progress(share, text=f"{news.stage.capitalize()}{steps}")
    st.button("Cancel", key=f"{making.key}-cancel", on_click=job.cancel)


def _show_start(making: Making, label: str, news: News | None) -> None:
    told = "" if news is None else _tell_end(news)
    write_note(told, f"{making.key}-ended")
    if st.button("Try again" if told else label, key=f"{making.key}-start"):
        try:
            _start(making)
        except HivemindError as error:
            write_note(str(error), f"{making.key}-refused")
            return
        st.rerun(scope="app")


def _tell_end(news: News) -> str:
    """Return how work ended that left no file; nothing of a file that was cleared away since."""
    if news.state == "cancelled":
        return "Cancelled."
    return f"It did not work. {_trim(news.words)}" if news.state == "failed" else ""


def _start(making: Making) -> None:
    _clear(making.folder.parent)
    deck = making.folder / "deck.json"
    try:
        write_whole(deck, format_deck(making.deck).encode())
    except OSError as error:
        raise WorkError(
            "the file cannot be made",
            where=str(making.folder),
            found=(error.strerror or str(error)).lower(),
            remedy="Set HIVEMIND_CACHE to a folder that can be written",
        ) from error
    words = ["export", "--deck", str(deck), "--to", str(making.file)]
    if making.live:
        words += ["--live", making.live]
    open_registry().start(_name_job(making), [command_line(*words)])


def _clear(folder: Path) -> None:
    """Throw away what was made longest ago, beyond the most that is kept."""
    with suppress(OSError):
        kept = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in kept[MOST_KEPT - 1 :]:
            shutil.rmtree(path, ignore_errors=True)


def _trim(words: str) -> str:
    """Return a line of our command without the command's name."""
    return words.removeprefix("hivemind: ")
