"""What a map says in words and as a table: the finding above it, its twin below."""

from collections.abc import Sequence

import pyarrow as pa
import streamlit as st

from frame import loading, sheets
from frame.controls import Shelf, offer_neighbours
from frame.drawing import Look, find_scorer
from frame.exhibits import take_table
from frame.grouping import Grouping
from frame.loading import Book
from frame.pane import Pane, count_present, cut_text, number_labels, read_texts
from frame.picker import say_growth
from frame.sheets import Sheet, describe_place, read_catalogue
from frame.showing import write_scope
from frame.theme import write_finding, write_heading
from hivemind_core.corpus.exports import cite, name_stem
from hivemind_core.figures.numbers import count, write_number
from hivemind_core.figures.reading import describe_entry, tell_finding, tell_ideas, tell_unbuilt

TEXTS_SHOWN = 5_000  # answers of a map whose table holds their texts
TABLE_CUT = 300
NAME_CUT = 40  # characters of a query id or a category in the name of a file


def show_head(book: Book, sheet: Sheet, grouping: Grouping | None, shelf: Shelf) -> None:
    """Write what the map is of, and what it says in a sentence.

    `grouping` is None where clusters are listed.
    """
    with st.container(
        horizontal=True, key="head", vertical_alignment="center", horizontal_alignment="distribute"
    ):
        write_scope(_name_origin(book, sheet), "kicker")
        offer_neighbours(shelf)
    write_heading(describe_place(book, sheet.place))
    write_finding(_tell(book, sheet, grouping))
    if grouping is not None and grouping.is_linked:
        people = {source.name for source in book.manifest.sources if source.is_human}
        by_people = [name in people for name in sheet.sources]
        repeats = len(sheet) - len(set(sheet.wordings.tolist()))
        write_scope(tell_ideas(grouping.labels.tolist(), by_people, repeats), "ideas")
    say_growth(book)


def _name_origin(book: Book, sheet: Sheet) -> str:
    if sheet.place.kind == "category":
        asked = count(len(set(sheet.query_ids)), "query")
        return f"{book.manifest.name} · {asked} on one map"
    categories = read_catalogue(book).categories
    names = [name for name, ids in categories.items() if sheet.place.name in ids]
    return " · ".join([book.manifest.name, *names])


def _tell(book: Book, sheet: Sheet, grouping: Grouping | None) -> str:
    if sheet.unbuilt and not sheet.present:
        return tell_unbuilt(sheet.unbuilt)
    if grouping is not None and not grouping.is_linked:
        grouping = None
    entries = sheet.clusters if grouping is None else grouping.entries
    told = tell_finding(
        entries,
        count_present(sheet, entries[0]) if grouping and entries else sheet.present,
        book.manifest.sources,
        sheet.quality.get("distinct_texts") or 0,
        sheet.unplaced,
        are_groups=grouping is not None,
    )
    if grouping and entries and sheet.place.kind == "category":
        return f"To one query, {told[:1].lower()}{told[1:]}"
    return told


def describe_chart(pane: Pane, look: Look) -> str:
    """Return the alternative text of a map: what it is of, how it is drawn, what it shows."""
    book, sheet = pane.book, pane.sheet
    listed = look.listing == "Groups" and pane.grouping is not None
    entries = pane.grouping.entries if listed and pane.grouping else sheet.clusters
    thing = "group of near-identical answers" if listed else "cluster"
    plural = "groups of near-identical answers" if listed else "clusters"
    by = "a score" if find_scorer(book, look.coloring) else look.coloring.lower()
    told = (
        f"{look.projection} map of {count(len(sheet), 'answer')} by "
        f"{count(len(sheet.present), 'source')}, coloured by {by}, with "
        f"{len(entries):,} {thing if len(entries) == 1 else plural}."
    )
    if entries:
        first = describe_entry(
            entries[0],
            count_present(sheet, entries[0]) if listed else sheet.present,
            book.manifest.sources,
        )
        told += f" The first of the list: {first}."
    return f"{told} The list beside it says the same in words, the table below it by answer."


def show_table(pane: Pane) -> None:
    """Offer the map as a table, one row an answer."""
    manifest = pane.book.manifest
    name = name_stem(manifest, f"{pane.sheet.place.name[:NAME_CUT]}-map")
    take_table(name, lambda: _tabulate(pane), cite(manifest, pane.book.encoder))
    table = st.expander("The map as a table", key="table", on_change="rerun", bind="query-params")
    if table.open:
        table.dataframe(_tabulate(pane), hide_index=True, alt="Every answer of the map, one a row")


def _tabulate(pane: Pane) -> pa.Table:
    sheet, grouping = pane.sheet, pane.grouping
    columns = {
        "response": pa.array(sheet.ids, pa.string()),
        "source": pa.array(sheet.sources, pa.string()),
        "characters": pa.array(sheet.characters),
        "cluster": number_labels(sheet.umap.clusters.tolist()),
    }
    if sheet.place.kind == "category":
        labels = sheets.read_catalogue(pane.book).labels
        columns["query"] = pa.array([labels[one] for one in sheet.query_ids], pa.string())
    if grouping is not None:
        columns["group"] = number_labels(grouping.numbers.tolist())
    if len(sheet) <= TEXTS_SHOWN:
        texts = read_texts(pane, sheet.ids)
        told = [cut_text(texts.get(one), TABLE_CUT) for one in sheet.ids]
        columns["answer"] = pa.array(told, pa.string())
    columns["x"] = pa.array(sheet.umap.places[:, 0])
    columns["y"] = pa.array(sheet.umap.places[:, 1])
    return pa.table(columns)


def tell_scores(pane: Pane, look: Look, rows: Sequence[int]) -> str:
    """Return the scores of answers that are word for word the same, where scores are shown."""
    scorer = find_scorer(pane.book, look.coloring)
    if scorer is None:
        return ""
    scores = loading.read_scores(pane.book, scorer)
    found = [scores[one] for one in (pane.sheet.ids[row] for row in rows) if one in scores]
    if not found:
        return f"{scorer.title}: not scored"
    low, high = write_number(min(found)), write_number(max(found))
    return f"{scorer.title}: {low}" if low == high else f"{scorer.title}: {low} to {high}"
