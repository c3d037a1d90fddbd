"""Where do evaluators stop agreeing with people? By how much people disagree with each other."""

import streamlit as st

from frame import asking, exhibits, judging
from frame.judging import Question
from frame.loading import Book
from frame.picker import IMPORT_COMMAND, guard, has_corpus, take_judged
from frame.printed import show_printed
from frame.scoring import offer_scoring
from frame.theme import write_finding, write_heading, write_note
from frame.verdicts import show_items, show_panel, show_scorer, show_scorers
from frame.voting import show_votes
from frame.welcome import offer_labels

NO_JUDGEMENTS = (
    "People judged nothing in this corpus. Bring ratings or preferences, and scores, with one "
    "command; these are the paper's own figures:"
)
NO_ANSWERS = "This corpus has no answers that judgements could be made up about."
NO_CORPUS = "No corpus yet: these are the paper's figures. Bring your own answers:"
IMPORT = """\
hivemind import files CORPUS --ratings ratings.csv --scores scores.csv
hivemind import files CORPUS --preferences preferences.csv --pair-scores pair-scores.csv"""


def show_question(book: Book, question: Question, part: str) -> None:
    """Show one question about evaluators."""
    judgements = judging.read_judgements(book, question)
    show_panel(judgements)
    if not len(judgements.panel):
        made_up = judgements.panel.simulated
        write_finding(NO_ANSWERS if made_up else "No item here has two labels.", "panel")
    elif part == asking.SCORERS:
        show_scorers(book, question)
    elif part == asking.ONE:
        show_scorer(book, question)
    elif part == asking.VOTES:
        show_votes(book, question)
    else:
        show_items(book, question)


def show_published() -> None:
    """Show the published figures."""
    exhibits.take_published("judgements", asking.PUBLISHED)
    exhibits.take_part(asking.PUBLISHED)
    show_printed()


def show_nothing() -> None:
    """Say how to bring judgements, above the published figures."""
    write_note(NO_JUDGEMENTS, "none")
    st.code(IMPORT, language=None, wrap_lines=True)
    offer_labels()
    show_published()


def show_page() -> None:
    """Draw the page."""
    judgements = asking.choose_judgements(has_corpus=has_corpus())
    if judgements == asking.PUBLISHED:
        write_heading("Where do evaluators stop agreeing with people?")
        if not has_corpus():
            write_note(NO_CORPUS, "none")
            st.code(IMPORT_COMMAND, language=None, wrap_lines=True)
            offer_labels()
        show_published()
        return
    book = take_judged()
    if book is None:
        return
    write_heading("Where do evaluators stop agreeing with people?")
    question = asking.choose_question(book, judgements)
    if question is None:
        show_nothing()
        return
    part = asking.choose_part(question)
    exhibits.take_part(part)
    exhibits.take_part("" if judgements == asking.MINE else judgements)
    show_question(book, question, part)
    if judgements == asking.MINE:
        offer_scoring(book)


guard(show_page)
