"""Ask models something now, and see where their answers land."""

import streamlit as st

import hivemind_core
from frame import address, exhibits
from frame.arrivals import (
    ink_sources,
    show_arrivals,
    show_groups,
    show_head,
    show_progress,
)
from frame.keeping import show_keeping
from frame.loading import Book
from frame.ordering import (
    find_still,
    is_linked_anew,
    is_replay_linked,
    note_live,
    read_pace,
    replay_shipped,
    show_order,
)
from frame.picker import find_built, guard
from frame.remedies import show_remedies, show_standing
from frame.stage import (
    find_session,
    has_lost_session,
    leave_session,
    name_stop,
    name_visitor,
    tell_feed,
)
from frame.theme import write_heading, write_note
from hivemind_core.corpus.exports import Citation
from hivemind_core.live.reading import Reader
from hivemind_core.live.session import Scene, Session

HEADING = "Ask the models yourself"
LOST = (
    "The session of this address is over: the server was started again. Every answer that had "
    "come is kept: asking the same again costs nothing for it."
)
TICK = 0.7  # seconds between two looks at a session
SLOW_TICK = 2.0  # where only the last map is awaited, which wants the processor


def cite_session(session: Session, encoder: str) -> Citation:
    """Return what the numbers of a session are of."""
    return {
        "query": session.asked.query,
        "asked": session.created,
        "samples": str(session.asked.samples),
        "encoder": encoder,
        "software": "hivemind-atlas",
        "version": hivemind_core.__version__,
    }


def show_stage(session: Session, book: Book | None, reader: Reader) -> None:
    """Show a session as it is at this moment; a script run on its own while it goes on."""
    scene = session.scene
    with st.container(key="live-stage"):
        show_head(session, scene)
        if scene.is_read and scene.reading is not None and scene.reading.answers:
            show_standing(session, scene.reading, reader.encoder.name, book)
        left, right = st.columns([3, 2], gap="large")
        with left:
            show_arrivals(session, scene, book, reader)
        with right:
            if scene.state == "running":
                st.button(name_stop(session), key="live-stop", on_click=session.cancel)
                show_progress(session, scene)
            elif scene.reading is not None:
                with st.container(key="scroll-live"):
                    show_groups(session, scene.reading, ink_sources(session.asked, book))
    if tell_stage(scene) != st.session_state.get("live-stage-drawn"):
        st.rerun()


def tell_stage(scene: Scene) -> tuple[bool, bool]:
    """Return what decides which parts the page has."""
    return scene.is_read, scene.is_settled


def show_session(session: Session, book: Book | None) -> None:
    """Show a session: running, or over with all that follows from it."""
    is_read, is_settled = st.session_state["live-stage-drawn"] = tell_stage(session.scene)
    address.record("session", name_visitor())
    address.note("session", None)  # what is pinned does not name it
    with st.container(
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
        key="live-top",
    ):
        write_note(tell_feed(session), "kicker")
        st.button("Ask something else", key="live-leave", type="tertiary", on_click=leave_session)
    write_heading(session.asked.query)
    reader = session.reader
    tick = SLOW_TICK if is_read else TICK
    st.fragment(show_stage, run_every=None if is_settled else tick)(session, book, reader)
    scene = session.scene
    if is_read and scene.reading is not None and scene.reading.answers:
        show_remedies(session, scene, cite_session(session, reader.encoder.name))
        show_keeping(session)


def show_still(book: Book | None) -> None:
    """Show what a link asks for, as it would be when it is over: a replay, else its query."""
    session = find_still(book)
    query = note_live(None, is_still=session is not None)
    write_heading(query or HEADING)
    if session is not None:
        scene, reader = session.scene, session.reader
        show_head(session, scene)
        show_arrivals(session, scene, book, reader)
        show_remedies(session, scene, cite_session(session, reader.encoder.name))


def show_page() -> None:
    """Draw the page; without a browser nothing begins: a replay is shown as it ended."""
    book = find_built()
    if "visited" in st.session_state:
        show_still(book)
        return
    note_live(find_session())
    if is_replay_linked():
        replay_shipped(book, read_pace())
    session = find_session()
    if session is not None and is_linked_anew() and session.scene.is_settled:
        leave_session()
        session = None
    if session is not None:
        show_session(session, book)
        return
    if st.context.is_embedded:  # the slide around it has a title
        exhibits.take_heading(HEADING)
    else:
        write_heading(HEADING)
    if has_lost_session():
        write_note(LOST, "live-lost")
    address.record("session", None)
    show_order(book)


guard(show_page)
