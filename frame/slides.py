"""The slides of a deck in their order: to read, to move, to word anew, to remove and bring back."""

from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st

from frame import decks
from frame.decks import LONGEST_TITLE, LONGEST_WORDS
from frame.loading import Shelved, list_shelf
from frame.pane import cut_text
from frame.rendering import CHOICES, check_view
from frame.shelving import attempt
from frame.theme import write_note
from hivemind_core.deck import Deck, Slide, add_slide, edit_slide, move_slide, remove_slide
from hivemind_core.errors import InputError
from hivemind_core.exhibit import View, write_query
from hivemind_core.figures.numbers import count

NOTE_CUT, WHERE_CUT = 160, 200
HOW_TO_PIN = (
    "No slide yet. Look at any page, and choose “Pin this view” at the foot of its sidebar: what "
    "you see becomes a slide."
)


def show_slides(deck: Deck) -> None:
    """Show the slides in their order, each with what can be done to it."""
    _offer_undo(deck)
    if not deck.slides:
        write_note(HOW_TO_PIN, "talk-none")
        return
    shelf = {shelved.name: shelved for shelved in list_shelf()}
    write_note(count(len(deck.slides), "slide"), "talk-count")
    for place, slide in enumerate(deck.slides):
        with st.container(border=True, key=f"slide-{place}", gap="xsmall"):
            _show_slide(slide, place, shelf)
            _offer_changes(deck, place)


def name_slide(slide: Slide) -> str:
    """Return what a slide is called: its title, or the page whose own title it takes."""
    return slide.title or f"{slide.view.page.capitalize()} (its own title)"


def tell_state(view: View, shelf: Mapping[str, Shelved]) -> str:
    """Return whether a view can be drawn here as it was pinned."""
    try:
        check_view(view)
    except InputError as error:
        return str(error)
    if not view.corpus:
        return "no corpus needed"
    shelved = shelf.get(view.corpus)
    if shelved is None:
        return "this corpus is not here"
    if shelved.corpus is None:
        return "this corpus cannot be opened"
    if not shelved.corpus.manifest.content_hash.startswith(view.content_hash):
        return "this corpus has changed since"
    return "as it was pinned" if view.content_hash else "here"


def _show_slide(slide: Slide, place: int, shelf: Mapping[str, Shelved]) -> None:
    with st.container(key=f"slide-title-{place}"):
        st.text(f"{place + 1}   {name_slide(slide)}", width="stretch")
    write_note(slide.reading, f"slide-reading-{place}")
    view = slide.view
    where = [view.page.capitalize(), view.corpus, tell_state(view, shelf)]
    write_note(" · ".join(cut_text(one, WHERE_CUT) for one in where if one), f"slide-where-{place}")
    if slide.note:
        write_note(f"Note: {cut_text(slide.note, NOTE_CUT)}", f"slide-note-{place}")


def _offer_changes(deck: Deck, place: int) -> None:
    slide, last = deck.slides[place], len(deck.slides) - 1
    with st.container(horizontal=True, vertical_alignment="center", key=f"actions-slide-{place}"):
        for label, to in (("Up", place - 1), ("Down", place + 1)):
            st.button(
                label,
                key=f"slide-{label}-{place}",
                type="tertiary",
                disabled=not 0 <= to <= last,
                on_click=_move,
                args=(slide, place, to),
            )
        if st.button("Edit", key=f"slide-edit-{place}", type="tertiary"):
            st.session_state.pop("talk_edited", None)
            st.dialog("Edit this slide")(_ask)(slide, place)
        given = (slide, place)
        st.button(
            "Remove", key=f"slide-remove-{place}", type="tertiary", on_click=_remove, args=given
        )
        if slide.view.page in CHOICES:
            st.page_link(
                f"pages/{slide.view.page}_page.py",
                label="Open its page",
                query_params=write_query(slide.view),
            )


def _change(slide: Slide, place: int, change: Callable[[Deck], Deck]) -> bool:
    """Change the deck, unless somebody else has put another slide there since it was shown."""

    def check_and_change(deck: Deck) -> Deck:
        if not place < len(deck.slides) or deck.slides[place] != slide:
            raise InputError("the deck was changed meanwhile", remedy="Look, and try again")
        return change(deck)

    return attempt(lambda: decks.change_deck(check_and_change))


def _move(slide: Slide, place: int, to: int) -> None:
    _change(slide, place, partial(move_slide, place=place, to=to))


def _remove(slide: Slide, place: int) -> None:
    if _change(slide, place, partial(remove_slide, place=place)):
        st.session_state["talk_removed"] = (place, slide)


def _offer_undo(deck: Deck) -> None:
    removed: tuple[int, Slide] | None = st.session_state.get("talk_removed")
    if removed is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="actions-undo"):
        write_note(f"Removed: {cut_text(name_slide(removed[1]), NOTE_CUT)}", "talk-removed")
        st.button("Undo", key="slide-undo", type="tertiary", on_click=_undo, args=removed)


def _undo(place: int, slide: Slide) -> None:
    def bring_back(deck: Deck) -> Deck:
        return add_slide(deck, slide, min(place, len(deck.slides)))

    if attempt(lambda: decks.change_deck(bring_back)):
        st.session_state["talk_removed"] = None


def _ask(slide: Slide, place: int) -> None:
    """Ask for other words; once they are kept, go back to the page."""
    if st.session_state.pop("talk_edited", False):
        st.rerun()
    with st.form(f"slide-words-{place}", border=False):
        help_text = "Left empty, it is what the page itself says when the slide is drawn."
        keys = {name: f"slide-{name}-{place}" for name in ("new-title", "new-reading", "new-note")}
        for label, name, value, longest in (
            ("Title", "new-title", slide.title, LONGEST_TITLE),
            ("Reading", "new-reading", slide.reading, LONGEST_WORDS),
            ("Note for the speaker", "new-note", slide.note, LONGEST_WORDS),
        ):
            tip = None if name == "new-note" else help_text
            most = max(longest, len(value))
            st.text_area(label, value, key=keys[name], max_chars=most, help=tip)
        st.form_submit_button("Keep", type="primary", on_click=_edit, args=(slide, place))
    write_note(st.session_state.pop("talk_told", ""), "slide-failed")


def _edit(slide: Slide, place: int) -> None:
    state = st.session_state
    title, reading, note = (
        str(state[f"slide-new-{name}-{place}"]).strip() for name in ("title", "reading", "note")
    )

    def change(deck: Deck) -> Deck:
        return edit_slide(deck, place, title=title, reading=reading, note=note)

    state["talk_edited"] = _change(slide, place, change)
