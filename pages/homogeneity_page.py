"""How alike are the answers? Within models and between them, with every control."""

import streamlit as st

from frame import exhibits, measuring, scoping
from frame.changing import show_change
from frame.checking import show_robustness
from frame.loading import Book
from frame.matching import show_between
from frame.neighbouring import show_nearest
from frame.picker import IMPORT_COMMAND, guard, has_corpus, say_growth, say_unmeasured, take_book
from frame.publishing import (
    show_beside,
    show_published_between,
    show_published_within,
    take_models,
)
from frame.ranking import show_within
from frame.sheets import describe_scope
from frame.showing import write_scope
from frame.theme import write_finding, write_heading, write_note
from hivemind_core.figures.findings import TITLES


def show_corpus(book: Book, part: str) -> None:
    """Show one question about a corpus."""
    scope = scoping.choose_scope(book, part)
    if part != scoping.CHANGE:
        write_scope(describe_scope(book, scope.category, scope.query), "scope")
    numbers = measuring.estimate(book, scope)
    if numbers is None:
        say_unmeasured(book)
    elif not numbers.is_defined and part in (scoping.WITHIN, scoping.BETWEEN):
        write_finding(f"{TITLES[scope.measure]} is undefined here: {numbers.reason}.")
    elif part == scoping.WITHIN:
        show_within(book, scope, numbers)
    elif part == scoping.BETWEEN:
        show_between(book, scope, numbers)
    elif part == scoping.NEAREST:
        show_nearest(book, scope, numbers)
    elif part == scoping.ROBUSTNESS:
        show_robustness(book, scope)
    else:
        show_change(book, scope)


def say_nothing_here() -> None:
    """Say how to get a corpus, above the figures that need none."""
    write_note("No corpus yet: these are the paper's figures. Bring your own answers:", "nothing")
    st.code(IMPORT_COMMAND, language=None, wrap_lines=True)


def show_page() -> None:
    """Draw the page."""
    figures = scoping.choose_figures(has_corpus=has_corpus())
    book = None if figures == scoping.PUBLISHED else take_book()
    if figures != scoping.PUBLISHED and book is None:
        return
    write_heading("How alike are the answers?")
    part = scoping.choose_part(figures)
    exhibits.take_part(part)
    exhibits.take_part("" if figures == scoping.MINE else figures)
    if not has_corpus():
        say_nothing_here()
    if figures == scoping.PUBLISHED:
        exhibits.take_published("of", figures)
        paper = take_models(is_main=scoping.choose_subset())
        (show_published_within if part == scoping.WITHIN else show_published_between)(paper)
    elif figures == scoping.BOTH and book is not None and measuring.read_homogeneity(book):
        paper = take_models(is_main=scoping.choose_subset())
        show_beside(book, paper, is_within=part == scoping.WITHIN)
    elif book is not None:
        say_growth(book)
        show_corpus(book, part)


guard(show_page)
