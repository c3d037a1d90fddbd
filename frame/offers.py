"""Work that a page offers: a button, then how far it is, then what came of it.

The work is a command in a process of its own (`frame/jobs.py`), so that no page switch ends it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from frame.jobs import News, command_line, open_registry
from frame.theme import write_note


@dataclass(frozen=True)
class Offer:
    """Work that a visitor can start.

    Attributes
    ----------
    key : str
        Of its widgets.
    job : str
        Its name among the jobs of the server: one of a name runs at a time.
    label : str
        Of the button that starts it.
    commands : tuple of tuple of str
        Our own commands without the program's name, one after the other.
    corpus : str
        Locator of the corpus that it makes or changes, which is opened when it is done.
    """

    key: str
    job: str
    label: str
    commands: tuple[tuple[str, ...], ...]
    corpus: str


def is_running(offer: Offer) -> bool:
    """Whether the work is going on."""
    job = open_registry().find(offer.job)
    return job is not None and job.news.state == "running"


def open_arrival(offer: Offer) -> None:
    """Open the corpus of an offer once its work is done."""
    registry = open_registry()
    job = registry.find(offer.job)
    if job is not None and job.news.state == "done":
        registry.forget(offer.job)
        st.session_state["arrived"] = offer.corpus
        st.rerun(scope="app")


def show_offer(offer: Offer) -> None:
    """Show the button, or how far the work is; the work itself lives outside the script."""
    polled = 1.0 if is_running(offer) else None
    st.fragment(_follow, run_every=polled)(offer)


def _follow(offer: Offer) -> None:
    job = open_registry().find(offer.job)
    news = job.news if job is not None else None
    if job is None or news is None or news.state in ("failed", "cancelled"):
        _show_start(offer, news)
    elif news.state == "running":
        _show_progress(offer, news)
        st.button("Cancel", key=f"{offer.key}-cancel", on_click=job.cancel)
    else:
        open_arrival(offer)


def _show_start(offer: Offer, news: News | None) -> None:
    if news is not None:
        words = (
            "Cancelled." if news.state == "cancelled" else f"It did not work. {_trim(news.words)}"
        )
        write_note(words, f"{offer.key}-ended")
    if st.button(offer.label if news is None else "Try again", key=f"{offer.key}-start"):
        open_registry().start(offer.job, _list_commands(offer.commands))
        st.rerun(scope="app")


def _list_commands(commands: Sequence[Sequence[str]]) -> list[list[str]]:
    return [command_line(*words) for words in commands]


def _trim(words: str) -> str:
    """Return an error of our command without the command's name."""
    return words.removeprefix("hivemind: ")


def _show_progress(offer: Offer, news: News) -> None:
    share = min(news.done / news.total, 1.0) if news.total else 0.0
    steps = f" · {news.done:,} of {news.total:,}" if news.total else ""
    st.progress(share, text="Working")
    write_note(f"{news.stage}{steps}", f"{offer.key}-stage")
