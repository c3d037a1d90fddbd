"""Strategies side by side on the query that was asked: which breaks the hivemind, at what cost."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from frame.loading import Book
from frame.showing import draw_figure, show_rows, write_basis
from frame.theme import find_ground, write_lead, write_note
from hivemind_core.corpus.exports import Citation
from hivemind_core.corpus.identity import Source
from hivemind_core.corpus.published import read_published
from hivemind_core.errors import HivemindError
from hivemind_core.figures.difference import describe_differences, draw_differences
from hivemind_core.figures.live import (
    ink_arms,
    list_differences,
    name_strategy,
    tabulate_arms,
    tabulate_sources,
    tell_arms,
    tell_published_standing,
    tell_standing,
)
from hivemind_core.live.reading import Reading, measure_scores
from hivemind_core.live.session import BROKEN, Scene, Session
from hivemind_core.live.standing import (
    choose_rivals,
    find_published_standing,
    find_standing,
    measure_queries,
)
from hivemind_core.measures.arms import Change
from hivemind_core.measures.arrays import Floats
from hivemind_core.models.scorer import Item, Verdict
from hivemind_core.progress import report_nothing
from hivemind_core.scoring import FORMS, find_scorers

TICK = 1.0  # seconds between two looks at scores on their way
BASIS = (
    "Intervals are over the answers, for this query only. A difference is over the models that "
    "have both strategies; under five answers of a model there is no interval. Different answers "
    "are counted by cosine, each model's own alone, and have no interval: an answer drawn twice "
    "would count as a repeat. Where a model was shown its earlier answers, as under “be "
    "different”, they are one series, which does not say how another would come out: there is no "
    "interval."
)


@st.cache_resource(max_entries=16, show_spinner="Looking at the other queries …")
def _measure(
    _book: Book,
    key: tuple[object, ...],
    sources: tuple[Source, ...],
    samples: int,
    without: str,
) -> Floats:
    return measure_queries(_book.corpus, _book.encoder, sources, samples, without)


def show_standing(session: Session, reading: Reading, encoder: str, book: Book | None) -> None:
    """Say where the query stands among those of the corpus that is open, or in the paper's figure.

    What is held against the others is the first strategy, and of it the models that they have.
    """
    asked = session.asked
    first = [i for i in _list_first(session) if _list_rows(reading, i)]
    samples = min((len(_list_rows(reading, i)) for i in first), default=0)
    if book is not None and book.encoder == encoder and samples > 1:
        held = tuple(one for one in book.manifest.sources if one.is_model)
        wanted = [asked.sources[i] for i in first]
        rivals, is_same = choose_rivals(wanted, held)
        key = (*book.key, book.encoder)
        values = _measure(book, key, rivals, samples, asked.query_id)
        pairs = {(one.model, one.strategy) for one in rivals}
        own = [
            reading.within[i].mean
            for i in first
            if not is_same or (asked.sources[i].model, asked.sources[i].strategy) in pairs
        ]
        standing = find_standing(float(np.mean(own)), values, rivals, is_same=is_same)
        write_note(tell_standing(standing, samples, book.manifest.name), "live-standing")
        if not standing.reason:
            return
    value = reading.arms[0].within.value.mean if reading.arms else float("nan")
    told = find_published_standing(value, read_published())
    write_note(tell_published_standing(told, encoder), "live-published")


def _list_first(session: Session) -> list[int]:
    """Return the places of the sources of the first strategy."""
    first = session.asked.strategies[0]
    return [i for i, one in enumerate(session.asked.sources) if one.strategy == first]


def _list_rows(reading: Reading, source: int) -> list[int]:
    return [row for row, one in enumerate(reading.answers) if one.source == source]


@dataclass
class Scoring:
    """Scores of a session's answers, on their way.

    Attributes
    ----------
    session : Session
    name : str
        What the scorer was called.
    scores : mapping of str to (n,) float64
        By scorer, of each answer of the reading.
    fault : str
        Why there are none.
    done, total : int
    is_over : bool
        Set last: what it says before may still change.
    """

    session: Session
    name: str
    scores: dict[str, Floats] = field(default_factory=dict)
    fault: str = ""
    done: int = 0
    total: int = 0
    is_over: bool = False


def _score(scoring: Scoring, query: str, reading: Reading) -> None:
    """Score the answers of a reading, in a thread of its own."""
    fault = BROKEN
    try:
        scorers = find_scorers(scoring.name, os.environ)
        items = [Item(query, str(one.text)) for one in reading.answers]
        scoring.total = len(items) * len(scorers)
        for scorer in scorers:
            values = np.full(len(items), np.nan)

            def keep(place: int, verdict: Verdict, values: Floats = values) -> None:
                scoring.done += 1
                if verdict.scores:
                    values[place] = next(iter(verdict.scores.values()))

            scorer.score(items, keep, report_nothing)
            scoring.scores[scorer.name] = values
        fault = ""
    except HivemindError as error:
        fault = str(error)
    finally:
        scoring.fault, scoring.is_over = fault, True


def show_remedies(session: Session, scene: Scene, citation: Citation) -> None:
    """Show the strategies side by side, what each changes, and the numbers as a file."""
    reading = scene.reading
    if reading is None or not reading.answers:
        return
    scores = _show_scoring(session, reading)
    if len(reading.arms) > 1:
        _show_arms(reading, scores, citation)
    st.subheader("Answers by source", anchor=False)
    rows = tabulate_sources(session.asked, scene.landed, reading)
    show_rows(rows, "live-sources", "live-sources", citation)


def _show_arms(
    reading: Reading, scores: Mapping[str, tuple[Change, ...]], citation: Citation
) -> None:
    st.subheader("Which remedy breaks the hivemind?", anchor=False)
    write_lead(tell_arms(reading.arms), "live-arms")
    rows = list_differences(reading.arms)
    if rows:
        names = (name_strategy(reading.arms[0].strategy), "the strategy")
        ground = find_ground()
        inks = ink_arms([arm.strategy for arm in reading.arms], ground)
        figure = draw_differences(rows, names, ground, inks, "likeness within models")
        draw_figure(figure, "live-arms", describe_differences(rows, names))
    write_basis(BASIS, "live-arms")
    show_rows(tabulate_arms(reading.arms, reading.k, scores), "arms", "live-strategies", citation)


def _show_scoring(session: Session, reading: Reading) -> dict[str, tuple[Change, ...]]:
    """Offer a scorer for the answers, and return what it says of each strategy."""
    scoring: Scoring | None = st.session_state.get("live-scoring")
    if scoring is not None and scoring.session is not session:
        scoring = None  # it was of an earlier one
    if scoring is None or (scoring.is_over and scoring.fault):
        title, is_open = "Score the answers too", scoring is not None  # to say what went wrong
        box = st.expander(title, is_open, key="live-scorer", on_change="rerun")
        if box.open:
            with box:
                _offer_scorer(session, reading)
                if scoring is not None:
                    write_note(f"No scores: {scoring.fault}", "live-scoring")
        return {}
    if not scoring.is_over:
        st.fragment(_watch, run_every=TICK)(scoring)
        return {}
    return {
        name: measure_scores(session.asked, reading, values)
        for name, values in scoring.scores.items()
        if len(values) == len(reading.answers)
    }


def _watch(scoring: Scoring) -> None:
    """Say how far the scores are, again and again, until they can be shown."""
    write_note(f"Scoring: {scoring.done:,} of {scoring.total:,}", "live-scoring")
    if scoring.is_over:
        st.rerun()


def _offer_scorer(session: Session, reading: Reading) -> None:
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    name = left.text_input("Scorer", key="live-scorer-name", placeholder=FORMS, max_chars=300)
    if right.button("Score them", key="live-score", disabled=not name.strip()):
        scoring = st.session_state["live-scoring"] = Scoring(session, name.strip())
        work = (scoring, session.asked.query, reading)
        threading.Thread(target=_score, args=work, daemon=True).start()
        st.rerun()
