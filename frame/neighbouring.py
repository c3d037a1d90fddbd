"""Nearest answers: how many models are among the N answers nearest to an answer."""

from frame import measuring
from frame.loading import Book
from frame.measuring import Scope
from frame.showing import draw_figure, show_rows, write_basis
from frame.theme import find_ground, write_finding
from hivemind_core.corpus.exports import name_stem
from hivemind_core.estimation import Estimates, estimate_nearest, expect_nearest
from hivemind_core.figures.findings import tell_nearest
from hivemind_core.figures.homogeneity import count_models
from hivemind_core.figures.nearest import (
    EXPLAINED,
    describe_nearest,
    draw_nearest_boxes,
    tabulate_nearest,
)
from hivemind_core.measures.nearest import NEIGHBOURS


def show_nearest(book: Book, scope: Scope, numbers: Estimates) -> None:
    """Show a box over queries for each N, between fully separated and fully mixed."""
    measured = numbers.measured
    models = count_models(measured.sources)
    expected = expect_nearest(measured).tolist()
    estimates = estimate_nearest(measured, scope.bootstrap)
    words = tell_nearest(estimates, NEIGHBOURS, models, expected)
    write_finding(words, "nearest")
    rows = tabulate_nearest(measured.nearest, NEIGHBOURS, expected, estimates)
    if not rows:
        return
    figure = draw_nearest_boxes(measured.nearest, NEIGHBOURS, models, find_ground(), expected)
    alt = f"{words} {describe_nearest(measured.nearest, NEIGHBOURS, models)}"
    draw_figure(figure, "nearest", alt)
    write_basis(EXPLAINED, "nearest")
    name = name_stem(book.manifest, scope.name("nearest"))
    show_rows(rows, "nearest", name, measuring.cite_scope(book, scope, measured))
