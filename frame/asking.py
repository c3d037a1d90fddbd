"""What a visitor chooses on the Calibration page: whose judgements, and how they are read."""

from collections.abc import Container

import streamlit as st

from frame import address, judging
from frame.address import choose, choose_one
from frame.judging import Question
from frame.loading import Book
from hivemind_core.calibration import BINS, DISAGREEMENTS, name_scorers
from hivemind_core.evaluation import Annotation, Scorer, list_annotations
from hivemind_core.simulation import Plan

MINE, PUBLISHED, SIMULATED = "Of this corpus", "Published", "Simulated"
SCORERS, ONE, VOTES, ITEMS = "All scorers", "One scorer", "Votes", "Items"
PARTS = {"absolute": (SCORERS, ONE, ITEMS), "pairwise": (SCORERS, ONE, VOTES, ITEMS)}
ANNOTATED = {"absolute": "Ratings", "pairwise": "Preferences"}
WITHOUT_CRITERION = "(no criterion)"


def choose_judgements(*, has_corpus: bool) -> str:
    """Show in the sidebar whose judgements there are, and return those that were chosen."""
    if not has_corpus:
        return PUBLISHED
    return choose("judgements", "Judgements", [MINE, PUBLISHED, SIMULATED], MINE)


def choose_question(book: Book, judgements: str) -> Question | None:
    """Show in the sidebar how judgements are read; None where the corpus has none."""
    if judgements == SIMULATED:
        return _choose_simulation()
    held = list_annotations(book.corpus)
    if not held:
        return None
    annotation: Annotation = held[0]
    if len(held) > 1:
        name = choose("annotation", "Judged by", list(held), held[0], ANNOTATED.__getitem__)
        annotation = next(one for one in held if one == name)
    criteria = judging.read_criteria(book, annotation)
    names = [WITHOUT_CRITERION if one is None else one for one in criteria]
    criterion = choose("criterion", "Criterion", names, names[0]) if len(names) > 1 else names[0]
    people = any(source.is_human for source in book.manifest.sources)
    without = people and st.sidebar.toggle(
        "Leave people's answers out",
        help="Answers by people may be the references that metrics compare with.",
        **address.bind("without_people"),
    )
    how, bins = _choose_bins()
    chosen = criteria[names.index(criterion)]
    return Question(annotation, chosen, bool(without), how, bins)


def _choose_bins() -> tuple[str, int]:
    names = list(DISAGREEMENTS)
    how = choose("disagreement", "Disagreement", names, names[0], str.capitalize)
    bins = st.sidebar.slider("Bins", 2, 10, BINS, **address.bind("bins"))
    return how, int(bins)


def _choose_simulation() -> Question:
    """Show in the sidebar what is made up, and return it."""
    with st.sidebar:
        lost = st.slider(
            "Planted miscalibration (%)",
            0,
            100,
            100,
            10,
            help="How much of its relation to quality the miscalibrated scorer loses where people "
            "disagree most.",
            **address.bind("planted"),
        )
        seed = st.number_input("Seed", 0, 9999, 0, **address.bind("seed"))
    how, bins = _choose_bins()
    plan = Plan(miscalibration=int(lost) / 100, seed=int(seed))
    return Question("absolute", None, without_people=False, disagreement=how, bins=bins, plan=plan)


def choose_part(question: Question) -> str:
    """Show which questions the page answers, and return the one that was chosen."""
    return choose_one("Question", PARTS[question.annotation], "calibration", is_labelled=False)


def choose_scorers(book: Book, question: Question) -> tuple[Scorer, ...]:
    """Show which scorers are compared, the strongest first, and return those chosen."""
    ranked = judging.rank_scorers(book, question)
    by_name = dict(zip(name_scorers(ranked), ranked, strict=True))
    names = list(by_name)
    first = names[: judging.SHOWN_FIRST]
    _drop_scorers(first, by_name)
    address.record("beside", None)  # what a link said of it is chosen here
    chosen = st.multiselect(
        "Scorers",
        names,
        first,
        select_all=True,
        **address.bind("scorers"),
    )
    return tuple(by_name[name] for name in chosen if name in by_name)


def _drop_scorers(first: list[str], known: Container[str]) -> None:
    """Forget the scorers of other judgements, unless somebody chose some that are here too."""
    kept: list[str] = st.session_state.get("scorers") or []
    offered = st.session_state.get("scorers_offered", first)
    st.session_state["scorers_offered"] = first
    is_chosen = kept != offered and any(name in known for name in kept)
    if kept and first != offered and not is_chosen:
        del st.session_state["scorers"]


def choose_scorer(book: Book, question: Question) -> Scorer | None:
    """Show which scorer is looked at, and return it."""
    ranked = judging.rank_scorers(book, question)
    if not ranked:
        return None
    names = name_scorers(ranked)
    name = choose("scorer", "Scorer", names, names[0], place=st.container())
    return ranked[names.index(name)]
