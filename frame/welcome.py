"""What a visitor can do next: look at a striking query, bring own answers, fetch known data."""

from dataclasses import dataclass

import streamlit as st

from frame import sheets
from frame.loading import Book, list_built, list_shelf
from frame.offers import Offer, is_running, open_arrival, show_offer
from frame.picker import IMPORT_COMMAND
from frame.theme import write_note
from hivemind_core.corpus.locations import find_corpora_folder
from hivemind_core.evaluation import list_annotations


@dataclass(frozen=True)
class Known:
    """Public data that one click fetches.

    Attributes
    ----------
    name : str
        Of its importer and its folder.
    title, words : str
    """

    name: str
    title: str
    words: str


NOVELTY_BENCH = Known(
    "novelty-bench",
    "Fetch NoveltyBench",
    "100 queries answered by people and by models, from the public files of its authors. "
    "Needs the network once; encoding and mapping take some minutes.",
)
INFINITY_CHAT = Known(
    "infinity-chat",
    "Fetch Infinity-Chat",
    "The paper's data: 26,070 open-ended queries with their categories, and responses that people "
    "rated and compared. From the Hugging Face hub; needs the network once.",
)


def show_next_steps(book: Book | None) -> None:
    """Show what to do next."""
    offers = {known: offer_fetch(known, is_built=True) for known in (NOVELTY_BENCH, INFINITY_CHAT)}
    for offer in offers.values():
        open_arrival(offer)
    st.subheader("What to do next", anchor=False)
    if book is not None:
        _show_striking(book)
        _show_other_pages(book)
    for known, offer in offers.items():
        if is_running(offer) or not _is_here(offer.corpus):
            show_fetch(known, offer)
    _show_import()


def _show_striking(book: Book) -> None:
    st.markdown("**Look at a striking query**")
    query_id = sheets.find_striking_query(book)
    if query_id is None:
        write_note("No query of this corpus has a group of answers that read alike.", "striking")
        return
    text = sheets.read_catalogue(book).labels[query_id]
    write_note(f"Its most striking group of answers that read alike is to “{text}”", "striking")
    link = {
        "corpus": st.session_state["shelved"].name,
        "hash": book.manifest.content_hash[:12],
        "query": query_id,
    }
    st.page_link(
        "pages/atlas_page.py",
        label="Open it in the Atlas",
        icon=":material/arrow_forward:",
        query_params=link,
    )


def _show_other_pages(book: Book) -> None:
    st.page_link("pages/taxonomy_page.py", label="Browse its queries by category")
    if list_annotations(book.corpus):
        label = "See where evaluators stop agreeing with people"
        st.page_link("pages/calibration_page.py", label=label)


def _show_import() -> None:
    st.markdown("**Look at your own answers**")
    write_note("JSON lines, CSV or Parquet with the columns query, model and response:", "import")
    st.code(IMPORT_COMMAND, language=None, wrap_lines=True)


def offer_fetch(known: Known, *, is_built: bool) -> Offer:
    """Return the offer to fetch public data, and to build it if wanted."""
    folder = find_folder(known)
    importing, building = ("import", known.name, folder), ("build", folder)
    commands = (importing, building) if is_built else (importing,)
    return Offer(known.name, folder, "Fetch it", commands, folder)


def offer_labels() -> None:
    """Offer Infinity-Chat's human labels where a corpus has none: fetch them, or open them."""
    offer = offer_fetch(INFINITY_CHAT, is_built=False)
    open_arrival(offer)
    if any(shelved.locator == offer.corpus for shelved in list_shelf()) and not is_running(offer):
        write_note("Infinity-Chat, with its human labels, is among your corpora.", "labels")
        st.button(
            "Open it",
            key="labels-open",
            on_click=lambda: st.session_state.update(arrived=offer.corpus),
        )
        return
    show_fetch(INFINITY_CHAT, offer)


def find_folder(known: Known) -> str:
    """Return where public data is fetched to."""
    return str((find_corpora_folder() / known.name).resolve())


def _is_here(folder: str) -> bool:
    """Whether a corpus lies there that is built."""
    for shelved in list_shelf():
        if shelved.locator == folder and shelved.corpus is not None:
            return bool(list_built(shelved.corpus, shelved.locator, shelved.stamp))
    return False


def show_fetch(known: Known, offer: Offer) -> None:
    """Show what public data there is, and the button that fetches it."""
    st.markdown(f"**{known.title}**")
    write_note(known.words, f"{known.name}-words")
    show_offer(offer)
