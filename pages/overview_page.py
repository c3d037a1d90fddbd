"""What a corpus says, on one screen: what it holds, its three numbers, and what to do next."""

import plotly.graph_objects as go
import streamlit as st

from frame import loading
from frame.loading import Book
from frame.picker import guard, say_growth, take_book
from frame.showing import draw_figure, offer_rows, write_basis, write_scope
from frame.theme import find_ground, write_finding, write_heading
from frame.welcome import show_next_steps
from hivemind_core.corpus.exports import cite, name_stem
from hivemind_core.figures import homogeneity
from hivemind_core.figures.contents import count_contents, describe_contents
from hivemind_core.figures.homogeneity import Reading
from hivemind_core.figures.palette import assign_inks


def show_contents(book: Book) -> None:
    """Say what the corpus holds."""
    manifest = book.manifest
    write_heading(manifest.name)
    write_scope("\n".join(describe_contents(manifest)), "contents")
    counts = count_contents(manifest, loading.count_answers(book))
    for column, (label, value) in zip(st.columns(len(counts)), counts.items(), strict=True):
        column.metric(label, value)


def show_reading(book: Book, name: str, title: str, reading: Reading, figure: go.Figure) -> None:
    """Show one number: its sentence, its chart, what it rests on, and its table."""
    st.subheader(title, anchor=False)
    write_finding(reading.sentence, name)
    if reading.rows:
        draw_figure(figure, name, reading.sentence)
    write_basis(reading.basis, name)
    if reading.rows:
        about, file = cite(book.manifest, book.encoder), name_stem(book.manifest, name)
        offer_rows("The numbers as a table", f"table-{name}", lambda: reading.rows, file, about)


def show_numbers(book: Book) -> None:
    """Show the three numbers of the corpus with their controls."""
    summary, sources = loading.read_summary(book), book.manifest.sources
    ground = find_ground()
    left, right = st.columns([1, 1], gap="large")
    with left:
        show_reading(
            book,
            "within",
            "Repetition within a model",
            homogeneity.read_within(summary, sources),
            homogeneity.draw_within(summary, assign_inks(sources, ground), ground),
        )
        st.page_link("pages/homogeneity_page.py", label="Every control, and the answers behind it")
        show_next_steps(book)
    with right:
        show_reading(
            book,
            "between",
            "Similarity between models",
            homogeneity.read_between(summary, sources),
            homogeneity.draw_between(summary, sources, ground),
        )
        show_reading(
            book,
            "nearest",
            "Models among the nearest answers",
            homogeneity.read_nearest(summary, sources),
            homogeneity.draw_nearest(summary, sources, ground),
        )


def show_page() -> None:
    """Draw the page."""
    book = take_book()
    if book is None:
        show_next_steps(None)
        return
    show_contents(book)
    say_growth(book)
    show_numbers(book)


guard(show_page)
