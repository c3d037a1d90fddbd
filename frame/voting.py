"""Pairs that people compared: which side scorers take, and how far to trust them."""

import streamlit as st

from frame import judging
from frame.asking import choose_scorers
from frame.judging import Question
from frame.loading import Book
from frame.showing import draw_figure, offer_rows, show_rows, write_basis
from frame.theme import find_ground, write_finding
from frame.verdicts import cite_question, find_mark, name_file
from hivemind_core.calibration import name_scorers
from hivemind_core.figures.judging import list_reliability, list_votes, tabulate_shares, tell_votes
from hivemind_core.figures.palette import HUES, Ink
from hivemind_core.figures.votes import (
    DRAWN,
    PREDICTED,
    SIDES,
    describe_reliability,
    describe_votes,
    draw_reliability,
    draw_votes,
)


def show_votes(book: Book, question: Question) -> None:
    """Show how often scorers side with most people, and whether their confidence holds."""
    head = st.container()
    scorers = choose_scorers(book, question)
    if not scorers:
        write_finding("No scorer is chosen, or none scored these pairs.", "votes")
        return
    votes = judging.count_votes(book, question, scorers)
    names = name_scorers([one.scorer for one in votes])
    majority = [(name, one.majority) for name, one in zip(names, votes, strict=True)]
    reliability = [(name, one.reliability) for name, one in zip(names, votes, strict=True)]
    with head:
        write_finding(tell_votes(majority), "votes")
    inks = {name: Ink(HUES[n % len(HUES)]) for n, name in enumerate(names)}
    ground, mark = find_ground(), find_mark(question)
    with st.container(key="split-votes"):
        left, right = st.columns(2, gap="large")
    with left:
        rows = [list_votes(*one) for one in majority]
        draw_figure(draw_votes(rows, inks, ground, mark), "votes", describe_votes(rows, mark))
    with right:
        curves = [list_reliability(*one) for one in reliability]
        figure = draw_reliability(curves, inks, ground, mark)
        draw_figure(figure, "reliability", describe_reliability(curves, mark))
    write_basis(f"Left: {SIDES} Right: {PREDICTED} {DRAWN}", "votes")
    name, citation = name_file(book, question, "votes"), cite_question(book, question)
    show_rows(tabulate_shares(majority, "on the larger side", "taken"), "votes", name, citation)
    offer_rows(
        "Predicted and observed as a table",
        "predicted",
        lambda: tabulate_shares(reliability, "predicted", "observed"),
        f"{name}-reliability",
        citation,
    )
