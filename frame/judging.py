"""Panels of annotators and scorers, read once and kept, and how far they agree."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from frame import address, loading, sheets
from frame.loading import Book
from hivemind_core.calibration import (
    PanelSlice,
    ScorerReport,
    calibrate,
    find_ceiling,
    list_slices,
    measure_disagreement,
    name_scorers,
)
from hivemind_core.evaluation import (
    WITHOUT,
    Annotation,
    Panel,
    Scorer,
    list_criteria,
    read_panel,
)
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.disagreement import measure_alpha
from hivemind_core.measures.miscalibration import draw_items
from hivemind_core.measures.spearman import correlate
from hivemind_core.measures.votes import ShareResult, share_by_prediction, share_majority
from hivemind_core.simulation import Plan, simulate_panel

SHOWN_FIRST = 12
MOST_SIMULATED = 3000


@dataclass(frozen=True)
class Question:
    """What is asked of a corpus's judgements.

    Attributes
    ----------
    annotation : str
    criterion : str or None
    without_people : bool
    disagreement : str
        One of DISAGREEMENTS.
    bins : int
    plan : Plan or None
        A made-up panel over the same answers, instead of the corpus's own judgements.
    """

    annotation: Annotation
    criterion: str | None
    without_people: bool
    disagreement: str
    bins: int
    plan: Plan | None = None


@dataclass(frozen=True, eq=False)
class Judgements:
    """A panel, its slices, and how far its annotators agree."""

    panel: Panel
    disagreement: Floats
    slices: tuple[PanelSlice, ...]
    alpha: float
    ceiling: float


@dataclass(frozen=True)
class Votes:
    """How often a scorer takes the larger side, by split, and how its predictions hold."""

    scorer: Scorer
    majority: tuple[ShareResult, ...]
    reliability: tuple[ShareResult, ...]


@st.cache_resource(max_entries=16, show_spinner=False)
def _list_criteria(
    _book: Book, key: tuple[str, int, str], annotation: Annotation
) -> tuple[str | None, ...]:
    return list_criteria(_book.corpus, annotation)


def read_criteria(book: Book, annotation: Annotation) -> tuple[str | None, ...]:
    """Return the criteria that people judged by."""
    return _list_criteria(book, book.key, annotation)


@st.cache_resource(max_entries=8, show_spinner="Reading the judgements …")
def _read_judgements(_book: Book, key: tuple[str, int, str], question: Question) -> Judgements:
    panel = _make_panel(_book, question)
    return Judgements(
        panel,
        measure_disagreement(panel, question.disagreement),
        list_slices(panel, question.bins, question.disagreement),
        measure_alpha(panel.labels),
        find_ceiling(panel.labels),
    )


def _make_panel(book: Book, question: Question) -> Panel:
    if question.plan is None:
        return read_panel(
            book.corpus,
            question.annotation,
            WITHOUT if question.criterion is None else question.criterion,
            without_people=question.without_people,
        )
    rows = loading.read_answer_ids(book)
    step = max(-(-len(rows["response_id"]) // MOST_SIMULATED), 1)
    asked = rows["query_id"][::step]
    query_ids = sorted(set(asked))
    places = {query_id: n for n, query_id in enumerate(query_ids)}
    items = [(one,) for one in rows["response_id"][::step]]
    return simulate_panel(items, [places[one] for one in asked], query_ids, question.plan)


def read_judgements(book: Book, question: Question) -> Judgements:
    """Return what people and scorers say, as a question asks for it."""
    return _read_judgements(book, book.key, question)


@st.cache_resource(max_entries=16, show_spinner="Drawing 2,000 samples of the queries …")
def _calibrate(
    _judgements: Judgements, key: tuple[object, ...], scorers: tuple[Scorer, ...]
) -> tuple[ScorerReport, ...]:
    return calibrate(_judgements.panel, scorers, _judgements.slices)


def judge(book: Book, question: Question, scorers: Sequence[Scorer]) -> tuple[ScorerReport, ...]:
    """Return how far some scorers agree with people."""
    judgements = read_judgements(book, question)
    return _calibrate(judgements, (*book.key, question), tuple(scorers))


@st.cache_resource(max_entries=16, show_spinner="Counting votes …")
def _count_votes(
    _judgements: Judgements, key: tuple[object, ...], scorers: tuple[Scorer, ...]
) -> tuple[Votes, ...]:
    panel = _judgements.panel
    items = draw_items(panel.means, panel.queries)
    return tuple(
        Votes(
            scorer,
            share_majority(panel.labels, panel.scores[scorer], items),
            share_by_prediction(panel.labels, panel.scores[scorer], items),
        )
        for scorer in scorers
    )


def count_votes(book: Book, question: Question, scorers: Sequence[Scorer]) -> tuple[Votes, ...]:
    """Return which sides some scorers take on pairs that people compared."""
    judgements = read_judgements(book, question)
    return _count_votes(judgements, (*book.key, question), tuple(scorers))


def judge_beside(book: Book, question: Question, scorer: Scorer) -> ScorerReport:
    """Return how far one scorer agrees, judged with the others that are shown first or chosen.

    Its verdict depends on how many are judged with it: so it is the same here as among them.
    """
    ranked = rank_scorers(book, question)
    names = name_scorers(ranked)
    linked, first = st.query_params.get_all("beside"), names[:SHOWN_FIRST]
    chosen = linked or st.session_state.get("scorers") or first
    address.note("beside", tuple(chosen))
    named = zip(names, ranked, strict=True)
    beside = [one for name, one in named if name in chosen or one == scorer]
    reports = judge(book, question, beside)
    return next(report for report in reports if report.scorer == scorer)


@st.cache_resource(max_entries=16, show_spinner=False)
def _rank_scorers(_judgements: Judgements, key: tuple[object, ...]) -> tuple[Scorer, ...]:
    panel = _judgements.panel
    agreement = {one: correlate(scores, panel.means) for one, scores in panel.scores.items()}
    return tuple(sorted(agreement, key=lambda one: (-abs(np.nan_to_num(agreement[one])), one.name)))


def rank_scorers(book: Book, question: Question) -> tuple[Scorer, ...]:
    """Return the scorers of a panel, those most strongly related to people first."""
    return _rank_scorers(read_judgements(book, question), (*book.key, question))


def read_item(book: Book, panel: Panel, item: int) -> list[tuple[str, str | None]]:
    """Return who wrote the answer or answers of an item, and their texts."""
    query_id = panel.query_ids[int(panel.queries[item])]
    rows = loading.read_responses(book, (query_id,)).to_pylist()
    known = {row["response_id"]: row for row in rows}
    found = [known[one] for one in panel.items[item] if one in known]
    find = book.manifest.find_source
    return [(find(row["model"], row["strategy"]).name, row["text"]) for row in found]


def read_query(book: Book, panel: Panel, item: int) -> str:
    """Return the query that an item answers."""
    return sheets.read_catalogue(book).queries[panel.query_ids[int(panel.queries[item])]]


def read_queries_of(book: Book, panel: Panel) -> list[str]:
    """Return the queries of a panel by its own numbers, each on one line."""
    labels = sheets.read_catalogue(book).labels
    return [labels[one] for one in panel.query_ids]
