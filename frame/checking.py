"""Robustness: whether the order of models stays the same under every control and encoder."""

import shlex
from dataclasses import replace

import streamlit as st

from frame import measuring
from frame.loading import Book, list_built
from frame.measuring import Scope
from frame.showing import draw_figure, offer_rows, show_rows, write_basis
from frame.theme import find_ground, write_finding, write_note
from hivemind_core.corpus.embeddings import count_missing
from hivemind_core.corpus.exports import cite, name_stem
from hivemind_core.figures.controls import (
    name_control,
    tabulate_agreement,
    tabulate_ranks,
    tell_robustness,
    tell_unbuilt_encoder,
)
from hivemind_core.figures.palette import assign_inks
from hivemind_core.figures.robustness import (
    EXPLAINED,
    describe_correlations,
    describe_ranks,
    draw_correlations,
    draw_ranks,
)

FEW = 7  # controls that stand side by side with how well they agree


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
    with st.container(key="split-robustness"):
        few = len(titles) <= FEW
        left, right = st.columns([3, 2], gap="large") if few else (st.container(), st.container())
    with left:
        figure = draw_ranks(found.sources, titles, found.ranks, inks, ground)
        draw_figure(figure, "ranks", describe_ranks(found.sources, titles, found.ranks))
    with right:
        figure = draw_correlations(titles, found.correlations, ground)
        draw_figure(figure, "agree", describe_correlations(titles, found.correlations))
    write_basis(EXPLAINED, "robustness")
    name = name_stem(book.manifest, scope.name("ranks"))
    citation = cite(book.manifest, ", ".join(encoders)) | {
        "category": scope.category,
        "query": scope.query,
        "pooling": scope.pooling,
    }
    rows = tabulate_ranks(found.sources, titles, found.values, found.ranks)
    show_rows(rows, "ranks", name, citation)
    offer_rows(
        "How well each two controls agree",
        "agreement",
        lambda: tabulate_agreement(titles, found.correlations, found.low, found.high),
        f"{name}-agreement",
        citation,
    )


def _name_unbuilt(book: Book, built: tuple[str, ...]) -> None:
    """Name the encoders whose vectors are there and not measured yet."""
    for name in book.manifest.encoders:
        if name not in built:
            missing = count_missing(book.corpus, name)
            write_note(tell_unbuilt_encoder(name, missing), f"unbuilt-{name}")
            command = ["hivemind", "build", book.corpus.locator, "--encoder", name]
            st.code(shlex.join(command), language=None, wrap_lines=True)
