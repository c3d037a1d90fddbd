"""The reading pane beside a map: what was picked, else what a search found, else the list."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from frame import picking
from frame.answers import show_picked, tell_pick
from frame.drawing import Look
from frame.entries import show_list
from frame.exhibits import take_table
from frame.finding import NAME_CUT, tell_scores
from frame.likeness import Likeness, drop_pair, tell_alike
from frame.loading import Book
from frame.pane import Pane
from frame.picking import Pick
from frame.search import open_category, open_query, show_results
from frame.taking import gather_rows, offer_files
from frame.theme import write_note
from hivemind_core.corpus.exports import cite, name_stem
from hivemind_core.corpus.identity import make_id


@dataclass(frozen=True)
class Wish:
    """What a visitor wants to read.

    Attributes
    ----------
    words : str
        Of a search; empty where there is none.
    pick : Pick or None
    alike : Likeness or None
        Of the answer that the picked ones are like, if they are.
    """

    words: str
    pick: Pick | None
    alike: Likeness | None


def show_panel(pane: Pane, look: Look, wish: Wish) -> None:
    """Show the reading pane; another wish is shown from its beginning."""
    picked = (wish.pick.kind, wish.pick.name) if wish.pick else ()
    seen = make_id(
        *pane.book.key, pane.sheet.place.kind, pane.sheet.place.name, wish.words, *picked
    )
    with st.container(key="panel"), st.container(key=f"scroll-{seen}"):
        if wish.pick is not None:
            _show_pick(pane, look, wish.pick, wish.alike)
        elif wish.words:
            show_found(pane.book, wish.words)
        else:
            _show_all(pane, look)


def show_found(book: Book, words: str) -> None:
    """Show what a search found."""
    show_results(book, words, open_category(book), open_query, picking.pick_found)


def _show_pick(pane: Pane, look: Look, pick: Pick, alike: Likeness | None) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", key="picked"):
        st.button("← Back", key="back", type="tertiary", on_click=picking.go_back)
        offer_files(pane, pick.rows, "selection")
    _take_picked(pane, pick)
    st.markdown(f"**{tell_pick(pane, pick)}**")
    _say_first(pane)
    told = tell_alike(pane, pick, alike)

    def tell(rows: Sequence[int]) -> str:
        return told.get(rows[0], "") if told else tell_scores(pane, look, rows)

    show_picked(pane, pick, tell)


def _take_picked(pane: Pane, pick: Pick) -> None:
    """Let whoever takes the view away have the picked answers too."""
    manifest = pane.book.manifest
    name = name_stem(manifest, f"{pane.sheet.place.name[:NAME_CUT]}-selection")
    about = cite(manifest, pane.book.encoder)
    take_table(name, lambda: gather_rows(pane, pick.rows), about)


def _say_first(pane: Pane) -> None:
    """Say that an answer waits to be compared with another."""
    pair: tuple[str, ...] = st.session_state.get("pair", ())
    if len(pair) != 1:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="first"):
        source = pane.sheet.sources[pane.sheet.find_rows(pair)[0]]
        write_note(f"An answer by {source} waits to be compared: choose another.", "first")
        st.button("Never mind", key="drop-pair", type="tertiary", on_click=drop_pair)


def _show_all(pane: Pane, look: Look) -> None:
    if look.listing == "Groups" and pane.grouping is not None:
        show_list(pane, pane.grouping.entries, "group")
    else:
        show_list(pane, pane.sheet.clusters, "cluster")
    offer_files(pane, range(len(pane.sheet)), "map")
