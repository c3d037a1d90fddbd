"""Take what a page shows away as a file: a quiet button at the foot of the sidebar, and a window.

The file is made of the view as a deck of one slide, in the background, as a talk's is.
"""

import streamlit as st

from frame import exhibits
from frame.away import refuse_form, show_download
from frame.exhibits import Record
from frame.making import Making, follow, plan_file
from frame.theme import write_note
from hivemind_core.deck import Deck, Slide
from hivemind_core.exhibit import View
from hivemind_core.export.files import NEEDS_RENDERER, Form, name_ending

WORDS: dict[Form, str] = {
    "html": "One page that opens anywhere (HTML)",
    "pdf": "A page to print (PDF)",
    "pptx": "A slide (PowerPoint)",
    "svg": "Figures (SVG)",
    "png": "Figures (PNG)",
    "csv": "Numbers (CSV)",
    "parquet": "Numbers (Parquet)",
}


def offer_taking(record: Record, view: View) -> None:
    """Offer to take a view as a file; nothing where a still would show nothing."""
    if list_forms(record):
        st.button(
            "Take this view",
            key="take-view",
            type="tertiary",
            icon=":material/download:",
            on_click=st.session_state.update,
            args=({"taken": view},),
        )


def show_window(record: Record, view: View) -> None:
    """Show the window, from run to run, as long as the page shows the view it was opened for."""
    if st.session_state.get("taken") == view and list_forms(record):
        st.dialog("Take this view", on_dismiss=close_window)(_ask)(record, view)
    else:
        close_window()


def close_window() -> None:
    """Close the window, and do not open it again."""
    st.session_state["taken"] = None


def list_forms(record: Record) -> tuple[Form, ...]:
    """Return the forms that a view can have: none while it goes on, figures where it has some."""
    if record.is_live or record.is_bare or not record.panels:
        return ()
    return tuple(form for form in WORDS if record.tables or form not in ("csv", "parquet"))


def _ask(record: Record, view: View) -> None:
    """Ask for the form, and make it."""
    forms, refused = list_forms(record), refuse_form("pdf")
    if refused:
        write_note(refused, "take-no-renderer")
        forms = tuple(form for form in forms if form not in NEEDS_RENDERER)
    if st.session_state.get("take-view-as") not in forms:
        st.session_state["take-view-as"] = forms[0]
    form = st.selectbox(
        "As",
        forms,
        key="take-view-as",
        format_func=WORDS.__getitem__,
        persist_state="session",
    )
    deck = Deck(exhibits.name_view(record), (Slide(view),))
    ending = name_ending(form, len(record.panels), len(record.tables))
    follow(plan_file("take-view", deck, ending), "Make it", _show_made)


def _show_made(making: Making) -> None:
    show_download(making, "take-view-download")
