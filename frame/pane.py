"""What the reading pane is made of: texts from models, shown as plain text only."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from frame import loading
from frame.grouping import Grouping
from frame.loading import Book
from frame.sheets import Sheet, read_catalogue
from frame.theme import write_note
from hivemind_core.figures.palette import Ink
from hivemind_core.figures.reading import Entry

QUERY_CUT = 160
GLYPHS = {
    "circle": "●",
    "square": "■",
    "triangle-up": "▲",
    "triangle-down": "▼",
    "pentagon": "⬟",
    "hexagram": "✶",
    "cross": "✚",
    "diamond-open": "◇",
    "x": "✕",
}


@dataclass(frozen=True)
class Pane:
    """What the reading pane is of.

    Attributes
    ----------
    book : Book
    sheet : Sheet
    grouping : Grouping or None
    inks : mapping of str to Ink
        By source.
    """

    book: Book
    sheet: Sheet
    grouping: Grouping | None
    inks: Mapping[str, Ink]


def count_present(sheet: Sheet, group: Entry) -> Counter[str]:
    """Return the answers to the query of a group, by source: what its size is a share of."""
    if sheet.place.kind == "query":
        return sheet.present
    return sheet.count_answers(sheet.query_ids[group.rows[0]])


def read_texts(pane: Pane, ids: Collection[str]) -> dict[str, str | None]:
    """Return the texts of some answers, by response id."""
    query_of = dict(zip(pane.sheet.ids, pane.sheet.query_ids, strict=True))
    queries = tuple(sorted({query_of[one] for one in ids if one in query_of}))
    rows = loading.read_responses(pane.book, queries)
    found = rows.filter(pc.is_in(rows["response_id"], pa.array(list(ids), pa.string())))
    return dict(zip(found["response_id"].to_pylist(), found["text"].to_pylist(), strict=True))


def tell_query(pane: Pane, row: int, key: str) -> None:
    """Say which query an answer is to, where the map holds several."""
    if pane.sheet.place.kind == "category":
        query = read_catalogue(pane.book).labels[pane.sheet.query_ids[row]]
        write_note(f"to: {cut_text(query, QUERY_CUT)}", f"query-{key}")


def show_source(pane: Pane, source: str, key: str, words: str = "") -> None:
    """Show who wrote an answer: symbol and colour as on the map, and the name or other words."""
    ink = pane.inks.get(source)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        if ink is not None:
            st.html(
                f'<span aria-hidden="true" style="color:{ink.color}">{GLYPHS[ink.symbol]}</span>',
                width="content",
            )
        with st.container(key=f"voice-{key}"):
            st.text(words or source)


def cut_text(text: str | None, width: int) -> str:
    """Return at most so many characters of a text; in words where there is none."""
    if text is None:
        return "(text withheld by its source)"
    if not text.strip():
        return "(empty answer)"
    if len(text) <= width:
        return text
    whole = re.sub(r"\s+\S*$", "", text[: width + 1])  # no word is cut, but one that is very long
    return (whole if width / 2 < len(whole) <= width else text[:width]).rstrip() + " …"


def cut_beginning(text: str, width: int) -> str:
    """Return at most so many characters of the end of a text, from the beginning of a word."""
    if len(text) <= width:
        return text
    whole = re.sub(r"^\S*\s+", "", text[-width - 1 :])
    return "… " + (whole if width / 2 <= len(whole) <= width else text[-width:])


def number_labels(labels: Sequence[int]) -> pa.Array:
    """Return labels counted from 1, as people count; null where negative."""
    return pa.array([label + 1 if label >= 0 else None for label in labels], pa.int64())
