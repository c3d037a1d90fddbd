"""The paper's own figures, and a corpus laid beside them."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import streamlit as st

from frame import measuring
from frame.loading import Book
from frame.matching import MANY, arrange_view, choose_cell, draw_cells, split_page
from frame.measuring import Scope
from frame.picker import say_unmeasured
from frame.ranking import list_sources
from frame.showing import draw_figure, format_columns, offer_rows, show_rows, write_basis
from frame.theme import find_ground, write_finding, write_note
from hivemind_core.corpus import published
from hivemind_core.corpus.exports import Citation, cite, name_stem
from hivemind_core.corpus.identity import Source
from hivemind_core.corpus.published import Published
from hivemind_core.estimation import Estimates, find_model_pairs
from hivemind_core.figures.findings import SCALES, tell_cell
from hivemind_core.figures.numbers import count
from hivemind_core.figures.palette import Ink, assign_inks
from hivemind_core.figures.published import (
    list_partners,
    tabulate_beside,
    tabulate_published,
    tell_beside,
    tell_encoders,
    tell_published,
    tell_published_between,
)
from hivemind_core.figures.ranges import Strip, draw_ranges
from hivemind_core.figures.ranking import list_marks
from hivemind_core.figures.similarities import MatrixView, list_pairs, rank_partners
from hivemind_core.figures.within import SourceRow, describe_within, draw_within
from hivemind_core.measurement import COSINE
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.resampling import Estimate

YOURS, THEIRS = "yours", "published"
FILE = "artificial-hivemind-published"
BASIS = (
    f"From the paper “{published.TITLE}” ({published.LOCATOR}): {published.QUERIES} queries, "
    f"{published.SAMPLES} answers of each model to each, {published.DECODING}, encoder "
    f"{published.ENCODER}. Within: its diagonal, freed of each answer paired with itself. It "
    "prints neither floor, nor people, nor intervals, and gives no answers to read."
)


def cite_paper() -> Citation:
    """Return what the published figures are of."""
    return {
        "source": published.TITLE,
        "locator": published.LOCATOR,
        "encoder": published.ENCODER,
        "decoding": published.DECODING,
    }


def take_models(*, is_main: bool) -> Published:
    """Return the published figures of the paper's 25 models, or of all 79."""
    paper = published.read_published()
    return paper.choose_main() if is_main else paper


def show_published_within(paper: Published) -> None:
    """Show the published ranking of models, with the share of queries in each bin."""
    write_finding(tell_published(paper.within, paper.bins), "published")
    rows = _list_rows(paper)
    ground = find_ground()
    inks = assign_inks([Source(name, name, None) for name in paper.names], ground)
    draw_figure(draw_within(rows, [], inks, ground), "published-within", describe_within(rows))
    write_basis(BASIS, "published")
    table = tabulate_published(paper.names, paper.within, paper.bins)
    show_rows(table, "published-within", f"{FILE}-within", cite_paper())


def _list_rows(paper: Published, group: str = "") -> list[SourceRow]:
    order = np.argsort(-paper.within, kind="stable").tolist()
    return [
        SourceRow(
            paper.names[i],
            Estimate(float(paper.within[i]), queries=published.QUERIES),
            paper.bins[i],
            group,
        )
        for i in order
    ]


def show_published_between(paper: Published) -> None:
    """Show the published matrix, searched and arranged, and the models most like one."""
    write_finding(tell_published_between(paper.within, paper.between), "published")
    values = paper.between.copy()
    np.fill_diagonal(values, paper.within)
    left, right = split_page(len(paper.names))
    with left:
        view = arrange_view(paper.names, values, [model.family for model in paper.models])
        frame = st.container()
    with right:
        picked = choose_cell(view, _find_closest(paper.between))
        if picked is not None:
            _show_published_cell(paper, picked)
        beside = st.container()
    with frame:
        draw_cells(view, picked, SCALES[COSINE])
        write_basis(BASIS, "published")
        name, about = f"{FILE}-between", cite_paper()
        offer_rows("The matrix as a table", "pairs", lambda: list_pairs(view), name, about)
    if picked is not None:
        with beside if len(view) <= MANY else st.container():
            _show_partners(view, picked[0])


def _find_closest(between: Floats) -> tuple[int, int]:
    """Return the two models that are most alike."""
    row, column = np.unravel_index(int(np.nanargmax(between)), between.shape)
    return int(row), int(column)


def _show_partners(view: MatrixView, row: int) -> None:
    """Show all models by their likeness to one."""
    write_note(f"All models by their likeness to {view.names[row]}:", "partners")
    partners = [(view.names[i], value) for i, value in rank_partners(view, row)]
    table = pa.Table.from_pylist(list_partners(partners))
    st.dataframe(
        table,
        hide_index=True,
        height=420,
        key=f"partners-{row}",
        column_config=format_columns(table),
    )


def _show_published_cell(paper: Published, picked: tuple[int, int]) -> None:
    i, j = picked
    mean = paper.within[i] if i == j else paper.between[i, j]
    names = paper.names[i], paper.names[j]
    within = float(paper.within[i]), float(paper.within[j])
    estimate = Estimate(float(mean), queries=published.QUERIES)
    write_finding(tell_cell(names, estimate, within, float("nan"), ""), "cell")


def show_beside(book: Book, paper: Published, *, is_within: bool) -> None:
    """Show a corpus beside the published figures, with what stands between the two."""
    numbers = measuring.estimate(book, Scope())
    if numbers is None:
        say_unmeasured(book)
        return
    draw = _show_within_beside if is_within else _show_between_beside
    draw(book, paper, numbers)
    basis = f"{published.QUERIES} queries, {published.SAMPLES} answers each, {published.DECODING}"
    write_basis(f"{tell_encoders(book.encoder, published.ENCODER, basis)} {BASIS}", "beside")


def _show_within_beside(book: Book, paper: Published, numbers: Estimates) -> None:
    sources = book.manifest.sources
    models = {source.name for source in sources if source.is_model}
    mine = [row for row in list_sources(numbers, Scope(), YOURS) if row.name in models]
    theirs = [_tell_apart(row, models) for row in _list_rows(paper, THEIRS)]
    basis = count(len(paper.names), "model")
    words = tell_beside("within a model", numbers.gap.within, paper.within.tolist(), basis)
    write_finding(words, "beside")
    ground = find_ground()
    inks = {row.name: Ink(ground.muted) for row in theirs} | assign_inks(sources, ground)
    rows = sorted([*mine, *theirs], key=lambda row: -row.estimate.mean)
    marks = [(f"your {words}", value) for words, value in list_marks(numbers.floor, numbers.people)]
    figure = draw_within(rows, marks, inks, ground)
    draw_figure(figure, "beside-within", f"{words} {describe_within(rows)}")
    _show_table(book, [(row.name, row.group, row.estimate) for row in rows], "model")


def _tell_apart(row: SourceRow, taken: Collection[str]) -> SourceRow:
    """Return a published row under a name that no model of the corpus has."""
    return replace(row, name=f"{row.name} ({THEIRS})") if row.name in taken else row


def _show_between_beside(book: Book, paper: Published, numbers: Estimates) -> None:
    measured = numbers.measured
    names = [source.name for source in measured.sources]
    first, second = measured.pairs
    pairs = [n for n in find_model_pairs(measured) if numbers.between[n].is_defined]
    mine = np.array([numbers.between[n].mean for n in pairs])
    labels = tuple(f"{names[first[n]]} and {names[second[n]]}" for n in pairs)
    i, j = np.triu_indices(len(paper.names), 1)
    theirs = tuple(f"{paper.names[a]} and {paper.names[b]}" for a, b in zip(i, j, strict=True))
    published_pairs = paper.between[i, j]
    basis = f"{count(len(theirs), 'pair')} of {count(len(paper.names), 'model')}"
    mean = numbers.gap.between
    words = tell_beside("between models", mean, published_pairs.tolist(), basis)
    write_finding(words, "beside")
    strips = [
        Strip(YOURS, mine, labels, is_strong=True),
        Strip(THEIRS, published_pairs, theirs, is_strong=False),
    ]
    figure = draw_ranges(strips, find_ground(), f"{SCALES[COSINE]}, a point a pair of models")
    draw_figure(figure, "beside-between", words)
    own = [(label, YOURS, numbers.between[n]) for label, n in zip(labels, pairs, strict=True)]
    printed = [
        (label, THEIRS, Estimate(float(value), queries=published.QUERIES))
        for label, value in zip(theirs, published_pairs, strict=True)
    ]
    _show_table(book, [*own, *printed], "models")


def _show_table(book: Book, rows: Sequence[tuple[str, str, Estimate]], what: str) -> None:
    """Offer the figure as a table."""
    about = cite(book.manifest, book.encoder) | {"beside": published.LOCATOR}
    name, title = name_stem(book.manifest, "beside-published"), "The numbers as a table"
    offer_rows(title, "beside", lambda: tabulate_beside(rows, what), name, about)
