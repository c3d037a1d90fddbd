"""Within models: how far each repeats itself, ranked, with every control beside it."""

import streamlit as st

from frame import measuring
from frame.loading import Book
from frame.measuring import Scope
from frame.showing import draw_figure, offer_rows, show_rows, write_basis
from frame.theme import find_ground, write_finding
from hivemind_core.corpus.exports import name_stem
from hivemind_core.estimation import Estimates
from hivemind_core.figures.findings import (
    MEANINGS,
    SCALES,
    list_controls,
    tabulate_within,
    tell_floor,
    tell_interval,
    tell_missing,
    tell_unequal,
    tell_within,
)
from hivemind_core.figures.palette import assign_inks
from hivemind_core.figures.ranking import list_marks, list_rows
from hivemind_core.figures.within import SourceRow, describe_within, draw_within
from hivemind_core.measures.homogeneity import share_above


def list_sources(numbers: Estimates, scope: Scope, group: str = "") -> list[SourceRow]:
    """Return the sources of a corpus, the one that repeats itself most first."""
    measured = numbers.measured
    values = None if numbers.is_single else measured.within[scope.measure]
    return list_rows(measured.sources, numbers.within, values, group)


def show_within(book: Book, scope: Scope, numbers: Estimates) -> None:
    """Show the ranking of sources, the paper's figure beside it, and all controls below."""
    measured, rows = numbers.measured, list_sources(numbers, scope)
    words = tell_within(measured.sources, numbers.within, numbers.people, numbers.floor)
    write_finding(words, "within")
    if not rows:
        return
    ground = find_ground()
    inks = assign_inks(book.manifest.sources, ground)
    figure = draw_within(
        rows, list_marks(numbers.floor, numbers.people), inks, ground, SCALES[scope.measure]
    )
    draw_figure(figure, "within", describe_within(rows))
    told = [MEANINGS[scope.measure], _tell_interval(scope, numbers)]
    told += [
        tell_floor(measured.floors[scope.measure], scope.measure),
        tell_unequal(measured.counts, measured.k, measured.threshold),
        tell_missing(measured.sources, numbers.within, numbers.reason),
    ]
    write_basis(" ".join(filter(None, told)), "within")
    _show_controls(book, scope, numbers)


def _tell_interval(scope: Scope, numbers: Estimates) -> str:
    return tell_interval(scope.pooling, scope.measure, is_query=numbers.is_single)


def _show_controls(book: Book, scope: Scope, numbers: Estimates) -> None:
    """Show every control of every source, and offer them with their intervals."""
    measured = numbers.measured
    estimates = measuring.estimate_all(book, scope) | {scope.measure: numbers.within}
    citation = measuring.cite_scope(book, scope, measured)
    st.subheader("Every control", anchor=False)
    table = tabulate_within(
        measured.sources,
        estimates,
        scope.measure,
        numbers.floor,
        measured.k,
        [share_above(column) for column in measured.within[scope.measure].T],
    )
    show_rows(table, "within", name_stem(book.manifest, scope.name("within")), citation)
    offer_rows(
        "Every control with its interval",
        "controls",
        lambda: list_controls(measured.sources, estimates, measured.k),
        name_stem(book.manifest, scope.name("controls")),
        citation,
    )
