"""Robustness: whether the order of models stays the same under every control and encoder."""

import shlex
from dataclasses import replace

import streamlit as st

from frame import measuring
from frame.loading import Book, list_built
from frame.measuring import Scope
from frame.showing import draw_figure, show_rows, write_basis
from frame.theme import find_ground, write_finding, write_note
from hivemind_core.corpus.exports import cite, name_stem
from hivemind_core.figures.findings import (
    name_control,
    tabulate_agreement,
    tabulate_ranks,
    tell_robustness,
)
from hivemind_core.figures.palette import assign_inks
from hivemind_core.figures.robustness import draw_correlations, draw_ranks

FEW = 7  # controls that stand side by side with how well they agree
BASIS = (
    "Rank 1 is the most homogeneous model under each control; Vendi score and distinct answers are "
    "turned round, and the Vendi score is left out where models have unequal numbers of answers. "
    "Spearman's rank correlation over the models, with its 95 % interval from the "
    "same 1,000 draws of queries. With few models one swap moves it far. Where controls disagree, "
    "what sets the models apart there is not meaning alone: length, wording, or the encoder's own "
    "floor."
)


def show_robustness(book: Book, scope: Scope) -> None:
    """Show the rank of every model under every control, and how well controls agree."""
    built = list_built(book.corpus, book.corpus.locator, book.stamp)
    encoders = [book.encoder, *(name for name in built if name != book.encoder)]
    found = measuring.rank_everywhere([replace(book, encoder=name) for name in encoders], scope)
    titles = [name_control(c.measure, c.encoder, encoders) for c in found.controls]
    words = tell_robustness(found.correlations, titles, len(found.sources))
    write_finding(words, "robustness")
    _name_unbuilt(book, built)
    if not found.sources or not titles:
        return
    ground = find_ground()
    inks = assign_inks(book.manifest.sources, ground)
    few = len(titles) <= FEW
    left, right = st.columns([3, 2], gap="large") if few else (st.container(), st.container())
    with left:
        draw_figure(draw_ranks(found.sources, titles, found.ranks, inks, ground), "ranks", words)
    with right:
        draw_figure(draw_correlations(titles, found.correlations, ground), "correlations", words)
    write_basis(BASIS, "robustness")
    name, citation = name_stem(book.manifest, "ranks"), cite(book.manifest)
    rows = tabulate_ranks(found.sources, titles, found.values, found.ranks)
    show_rows(rows, "ranks", name, citation)
    table = st.expander("How well each two controls agree", key="agreement", on_change="rerun")
    if table.open:
        with table:
            rows = tabulate_agreement(titles, found.correlations, found.low, found.high)
            show_rows(rows, "agreement", f"{name}-agreement", citation)


def _name_unbuilt(book: Book, built: tuple[str, ...]) -> None:
    """Name the encoders whose vectors are there and not measured yet."""
    for name in book.manifest.encoders:
        if name not in built:
            write_note(f"Vectors of {name} are here and not measured yet:", f"unbuilt-{name}")
            command = ["hivemind", "build", book.corpus.locator, "--encoder", name]
            st.code(shlex.join(command), language=None, wrap_lines=True)
