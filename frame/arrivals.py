"""A live session on its page: progress, the map on which answers land, and what they say."""

import os
from collections.abc import Sequence

import numpy as np
import pyarrow.compute as pc
import streamlit as st

from frame import loading, sheets
from frame.exhibits import take_figure
from frame.loading import Book
from frame.pane import cut_beginning, cut_text
from frame.sheets import Place, Sheet
from frame.theme import draw_shares, find_ground, write_finding, write_note
from hivemind_core.corpus.cache import VectorCache
from hivemind_core.corpus.calibration import read_calibration
from hivemind_core.corpus.identity import Source, name_sources
from hivemind_core.corpus.locations import find_cache_folder
from hivemind_core.corpus.recording import Asked
from hivemind_core.errors import HivemindError
from hivemind_core.figures.layers import MapPoints
from hivemind_core.figures.layout import Points, close_gaps, turn_to_frame
from hivemind_core.figures.live import (
    Style,
    describe_arrivals,
    draw_arrivals,
    ink_shown,
    list_entries,
    list_faults,
    name_shown,
    tell_arrivals,
    tell_likeness,
)
from hivemind_core.figures.numbers import count
from hivemind_core.figures.palette import Ink, assign_inks
from hivemind_core.figures.reading import Entry
from hivemind_core.live.reading import Frozen, Reader, Reading
from hivemind_core.live.session import Scene, Session
from hivemind_core.progress import describe_wait
from hivemind_core.space.encoders import DEFAULT_ENCODER, Encoder, find_encoder

ARRIVED, UMAP = "As they came", "UMAP"
ENTRIES_SHOWN = 8
COMING_SHOWN = 3
FAULTS_SHOWN = 4
COMING_CUT, MEDOID_CUT = 220, 280
PLAIN = {"displayModeBar": False}


@st.cache_resource(max_entries=4, show_spinner=False)
def _load_encoder(name: str) -> Encoder:
    return find_encoder(name, os.environ)


def choose_encoder(book: Book | None) -> Encoder:
    """Return the encoder of the corpus that is open, or the one that comes with the software."""
    if book is not None and book.encoder:
        try:
            return _load_encoder(book.encoder)
        except HivemindError:  # the corpus was given its vectors
            pass
    return _load_encoder(DEFAULT_ENCODER)


def make_reader(asked: Asked, book: Book | None) -> Reader:
    """Return what reads the answers to a query: on the corpus's map of it, where it has one."""
    encoder = choose_encoder(book)
    cache = VectorCache(find_cache_folder() / "vectors.sqlite")
    calibration = read_calibration(encoder.name)
    is_held = book is not None and book.encoder == encoder.name
    frozen = find_frozen(book, asked.query_id) if book is not None and is_held else None
    return Reader(asked, encoder, cache, calibration, frozen)


def find_frozen(book: Book, query_id: str) -> Frozen | None:
    """Return the map of a query of a corpus; None where it has none."""
    if query_id not in sheets.read_catalogue(book).queries:
        return None
    sheet = sheets.read_sheet(book, Place("query", query_id))
    if not len(sheet):
        return None
    rows, vectors = loading.read_unit_vectors(book, (query_id,))
    held = [place for place, one in enumerate(sheet.ids) if one in rows]
    anchors = vectors[[rows[sheet.ids[place]] for place in held]]
    return Frozen(anchors, _lay_out(sheet)[held])


def _lay_out(sheet: Sheet) -> Points:
    """Return where the answers of a corpus lie, as the Atlas draws them."""
    return turn_to_frame(close_gaps(sheet.umap.places))


def find_rest(book: Book | None, asked: Asked, reading: Reader) -> MapPoints | None:
    """Return what lies on the map already, where answers are placed on that of a corpus."""
    if book is None or reading.frozen is None:
        return None
    sheet = sheets.read_sheet(book, Place("query", asked.query_id))
    return MapPoints(sheet.ids, sheet.sources, sheet.umap.clusters, _lay_out(sheet))


def ink_sources(asked: Asked, book: Book | None) -> dict[str, Ink]:
    """Return the inks of all sources: a model has the same one as in the corpus that is open."""
    held: tuple[Source, ...] = () if book is None else book.manifest.sources
    pairs = {(one.model, one.strategy) for one in (*held, *asked.sources)}
    together = {(one.model, one.strategy): one for one in name_sources(pairs)}
    inks = assign_inks(together.values(), find_ground())
    names = {one.name: together[one.model, one.strategy].name for one in (*held, *asked.sources)}
    return {name: inks[other] for name, other in names.items()}


def show_progress(session: Session, scene: Scene) -> None:
    """Show how many answers are here, source by source, and what is being said."""
    asked = session.asked
    failed = sum(one.text is None for one in scene.landed)
    here = len(scene.landed) - failed
    told = f"{here:,} of {count(asked.total, 'answer')} · {scene.seconds:.0f} s"
    if failed:
        told += f" · {failed:,} will not come"
    st.progress(min(len(scene.landed) / asked.total, 1.0), text=told)
    waits = [describe_wait(model, seconds) for model, seconds in scene.waits.items()]
    if waits:
        write_note("\n".join(waits), "live-waits")
    write_note("\n".join(_tell_source(asked, scene, i) for i in range(len(asked.sources))), "here")
    for place, (slot, text) in enumerate(_list_coming(scene)):
        with st.container(border=True, key=f"coming-{place}", gap="xsmall"):
            write_note(name_shown(asked)[slot[0]], f"coming-{place}")
            st.text(cut_beginning(text, COMING_CUT), width="stretch")


def _tell_source(asked: Asked, scene: Scene, number: int) -> str:
    own = [one for one in scene.landed if one.source == number]
    came = sum(one.text is not None for one in own)
    lost = f", {len(own) - came:,} without" if len(own) > came else ""
    return f"{name_shown(asked)[number]}: {came:,} of {asked.samples:,}{lost}"


def _list_coming(scene: Scene) -> list[tuple[tuple[int, int], str]]:
    begun = [(slot, text) for slot, text in scene.said.items() if text.strip()]
    return begun[:COMING_SHOWN]


def show_arrivals(session: Session, scene: Scene, book: Book | None, reader: Reader) -> None:
    """Show the map on which answers land."""
    reading = scene.reading
    if reading is None or not reading.answers:
        _say_waiting(scene)
        return
    style = Style(
        reading.places,
        ink_sources(session.asked, book),
        find_ground(),
        find_rest(book, session.asked, reader),
    )
    kind = "as they came, on the two directions in which the first ones differ most"
    if style.rest is not None:
        kind = "on the corpus's own map of this query, which stays as it is"
    if scene.final is not None and _choose_map() == UMAP:
        is_umap = scene.final.method == "umap"
        points = np.asarray(scene.final.points, np.float64)
        places = close_gaps(points) if is_umap else points
        style = Style(places, style.inks, style.ground, is_turned=True)
        kind = f"by {scene.final.method.upper()}"
        if scene.final.reason:
            kind += f" ({scene.final.reason})"
    with st.container(key="chart-live"):
        words = describe_arrivals(session.asked, reading)
        st.plotly_chart(
            take_figure(draw_arrivals(session.asked, reading, style), words),
            key="live-map",
            config=PLAIN,
            alt=words,
        )
    told = f"{count(len(reading.answers), 'answer')}, {kind}; {reader.encoder.name} vectors."
    told += " Near points read alike; distance is not similarity."
    if scene.is_read and not scene.is_settled:
        told += " A map by UMAP is being drawn."
    write_note(told, "live-trust")


def _choose_map() -> str:
    """Show the choice between the map on which answers landed and one of all of them."""
    chosen = st.segmented_control(
        "Map",
        [ARRIVED, UMAP],
        default=ARRIVED,
        required=True,
        key="live-map-kind",
        persist_state="session",
        label_visibility="collapsed",
    )
    return ARRIVED if chosen is None else str(chosen)


def _say_waiting(scene: Scene) -> None:
    if scene.state == "failed":
        write_note(scene.fault, "live-fault")
    elif any(one.text is not None for one in scene.landed):
        write_note("The encoder is being loaded; the first answers land in a moment.", "live-wait")
    elif scene.is_settled:
        write_note("No answer came that could be placed.", "live-none")
    else:
        write_note("Waiting for the first answer.", "live-wait")


def show_head(session: Session, scene: Scene) -> None:
    """Write what the answers say in a sentence, and how alike they are."""
    is_over = scene.is_read or bool(scene.fault)
    waiting = 0 if is_over else sum(one.text is not None for one in scene.landed)
    write_finding(tell_arrivals(session.asked, scene.reading, waiting), "live")
    arms = scene.reading.arms if scene.reading is not None else ()
    write_note(tell_likeness(arms), "live-likeness")
    if scene.state == "failed" or (scene.fault and scene.is_settled):
        write_note(f"It did not go through: {scene.fault}", "live-failed")
    elif scene.state == "cancelled":
        write_note("Stopped; what had come stays.", "live-stopped")
    faults = list_faults(session.asked, scene.landed)
    if scene.state != "running" and len(faults) > FAULTS_SHOWN:
        missing = sum(one.text is None for one in scene.landed)
        box = st.expander(f"Why {count(missing, 'answer')} did not come", key="live-why")
        with box:
            write_note("\n".join(faults), "live-missing")
    else:
        write_note("\n".join(faults[:FAULTS_SHOWN]), "live-missing")


def show_groups(session: Session, reading: Reading, inks: dict[str, Ink]) -> None:
    """Show the groups of near-identical answers to read, and what was said once."""
    entries = list_entries(reading)
    alone = [group.rows[0] for group in reading.groups if group.size == 1]
    if not entries:
        write_note("No two answers are nearly the same.", "live-groups")
    for place, entry in enumerate(entries[:ENTRIES_SHOWN]):
        _show_entry(session.asked, reading, entry, inks, place)
    if alone:
        box = st.expander(f"Said once: {count(len(alone), 'answer')}", key="live-once")
        with box:
            _show_alone(session.asked, reading, alone)


def _show_entry(
    asked: Asked, reading: Reading, entry: Entry, inks: dict[str, Ink], place: int
) -> None:
    told = count(entry.size, "answer")
    if entry.models > 1:
        told += f" · {count(entry.models, 'model')}"
    if entry.wordings < entry.size:
        told += f" · {count(entry.wordings, 'wording')}"
    with st.container(border=True, key=f"live-group-{place}", gap="xsmall"):
        st.markdown(f"**{told}**")
        middle = reading.answers[int(entry.medoid)]
        st.text(cut_text(middle.text, MEDOID_CUT), width="stretch")
        called = dict(zip((one.name for one in asked.sources), name_shown(asked), strict=True))
        written = [(called[name], n) for name, n in entry.sources]
        own = ink_shown(asked, inks, find_ground())
        draw_shares([(own[name].color, name, n) for name, n in written])
        write_note(" · ".join(f"{name} {n:,}" for name, n in written), f"live-sources-{place}")
        if entry.wordings > 1:
            box = st.expander("Read all", key=f"live-all-{place}", on_change="rerun")
            if box.open:
                with box:
                    _show_alone(asked, reading, entry.rows)


def _show_alone(asked: Asked, reading: Reading, rows: Sequence[int]) -> None:
    for row in rows:
        answer = reading.answers[row]
        with st.container(border=True, key=f"live-answer-{row}", gap="xsmall"):
            write_note(name_shown(asked)[answer.source], f"live-voice-{row}")
            st.text(cut_text(answer.text, 1500), width="stretch")


def find_query(book: Book | None, text: str) -> str | None:
    """Return the id of the query of a corpus that says exactly this; None where it has none."""
    if book is None:
        return None
    rows = loading.read_queries(book)
    found = rows.filter(pc.equal(pc.utf8_trim_whitespace(rows["query"]), text.strip()))
    return str(found["query_id"][0].as_py()) if len(found) else None
