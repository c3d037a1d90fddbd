"""How alike single answers are: those most like one, and two side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from frame import address, loading
from frame.loading import Book
from frame.pane import Pane, cut_text, read_texts
from frame.picker import is_other_state
from frame.picking import Pick
from frame.prose import show_difference, style_prose
from frame.sheets import Sheet
from frame.theme import write_note
from hivemind_core.figures.numbers import write_number, write_percent
from hivemind_core.figures.phrases import compare_words
from hivemind_core.space.neighbours import find_nearest
from hivemind_core.space.sameness import compare_all

NEAREST = 15  # wordings: verbatim repeats would crowd out all else
PAIR_LONGEST = 20_000  # characters of each text that are compared at once


@dataclass(frozen=True)
class Likeness:
    """How alike one answer and others are.

    Attributes
    ----------
    rows : tuple of int
        Rows of the sheet, the most alike first: the answer itself, then its nearest.
    cosines : tuple of float
    """

    rows: tuple[int, ...]
    cosines: tuple[float, ...]


def find_alike(book: Book, sheet: Sheet, response_id: str | None) -> Likeness | None:
    """Return the answers of a sheet that are most like one; None where it has no place there."""
    if response_id is None:
        return None
    return _find_alike(book, sheet, (*book.key, book.encoder, sheet.place), response_id)


@st.cache_resource(max_entries=32, show_spinner=False)
def _find_alike(
    _book: Book, _sheet: Sheet, key: tuple[object, ...], response_id: str
) -> Likeness | None:
    queries = tuple(sorted(set(_sheet.query_ids)))
    places, vectors = loading.read_unit_vectors(_book, queries)
    row_of = {one: row for row, one in enumerate(_sheet.ids) if one in places}
    if response_id not in row_of:
        return None
    ids = list(row_of)
    chosen = vectors[[places[one] for one in ids]]
    nearest, cosines = find_nearest(chosen, ids.index(response_id), len(ids))
    rows = [row_of[ids[i]] for i in nearest.tolist()]
    kept = set(list(dict.fromkeys(_sheet.wordings[rows].tolist()))[: NEAREST + 1])
    pairs = [
        (row, cosine)
        for row, cosine in zip(rows, cosines.tolist(), strict=True)
        if int(_sheet.wordings[row]) in kept
    ]
    return Likeness(tuple(row for row, _ in pairs), tuple(cosine for _, cosine in pairs))


def tell_alike(pane: Pane, pick: Pick, alike: Likeness | None) -> dict[int, str]:
    """Return in words how like the first of the picked answers the others are, by row."""
    if pick.kind != "like" or alike is None:
        return {}
    cosine = dict(zip(alike.rows, alike.cosines, strict=True))
    told = {row: f"cosine {write_number(cosine[row])}" for row in pick.rows}
    told[pick.rows[0]] = "the answer that the others are like"
    for row, chance in _estimate(pane, pick.rows).items():
        told[row] += f" · chance that people call them the same {write_percent(chance)}"
    return told


def _estimate(pane: Pane, rows: Sequence[int]) -> Mapping[int, float]:
    """Return the chance that people call each answer the same as the first, where calibrated.

    People judged answers to one query, so answers to others have none.
    """
    calibration = loading.find_calibration(pane.book)
    query_id = pane.sheet.query_ids[rows[0]]
    asked = [row for row in rows if pane.sheet.query_ids[row] == query_id]
    if calibration is None or len(asked) < 2:
        return {}
    ids = [pane.sheet.ids[row] for row in asked]
    texts = read_texts(pane, ids)
    places, vectors = loading.read_unit_vectors(pane.book, (query_id,))
    chosen = vectors[[places[one] for one in ids]]
    chances = compare_all([texts[one] or "" for one in ids], chosen, calibration)[0]
    return {row: float(chances[i]) for i, row in enumerate(asked) if i}


def follow_pair(sheet: Sheet) -> tuple[str, ...]:
    """Return the response ids to compare, none, one or two, in step with the address."""
    changed, given = address.watch("pair")
    if changed and not is_other_state():
        st.session_state["pair"] = _read_pair(given or "", sheet)
    pair: tuple[str, ...] = st.session_state.get("pair", ())
    if any(one not in set(sheet.ids) for one in pair):
        pair = st.session_state["pair"] = ()
    address.record("pair", _write_pair(pair, sheet) if len(pair) == 2 else None)
    return pair


def _write_pair(pair: tuple[str, ...], sheet: Sheet) -> str:
    """Return two answers as their rows: response ids may hold any letter."""
    return "-".join(str(sheet.find_rows([one])[0]) for one in pair)


def _read_pair(given: str, sheet: Sheet) -> tuple[str, ...]:
    parts = given.split("-")
    rows = [int(part) for part in parts if part.isascii() and part.isdecimal() and len(part) < 9]
    if len(parts) != 2 or len(rows) != 2 or max(rows) >= len(sheet):
        return ()
    return tuple(sheet.ids[row] for row in rows)


def take_for_pair(response_id: str) -> None:
    """Take an answer to compare: the first, or the second."""
    pair: tuple[str, ...] = st.session_state.get("pair", ())
    is_first = len(pair) != 1 or pair[0] == response_id
    st.session_state["pair"] = (response_id,) if is_first else (*pair, response_id)


def drop_pair() -> None:
    """Compare nothing any more."""
    st.session_state["pair"] = ()


def show_pair(pane: Pane, pair: tuple[str, ...]) -> None:
    """Show two answers side by side in a window of their own: what only one says, how alike."""
    st.dialog("Two answers side by side", width="large", on_dismiss=drop_pair)(_show_pair)(
        pane, pair
    )


def _show_pair(pane: Pane, pair: tuple[str, ...]) -> None:
    style_prose()
    rows = [pane.sheet.find_rows([one])[0] for one in pair]
    found = read_texts(pane, pair)
    texts = [found.get(one) or "" for one in pair]
    write_note(_tell_pair(pane, rows), "pair")
    names = [pane.sheet.sources[row] for row in rows]
    pieces = compare_words(*(cut_text(text, PAIR_LONGEST) for text in texts))
    show_difference(names[0], names[1], pieces, "pair")


def _tell_pair(pane: Pane, rows: Sequence[int]) -> str:
    queries = tuple(sorted({pane.sheet.query_ids[row] for row in rows}))
    places, vectors = loading.read_unit_vectors(pane.book, queries)
    first, second = (vectors[places[pane.sheet.ids[row]]] for row in rows)
    told = [f"Cosine {write_number(float(np.clip(first @ second, -1, 1)))}"]
    chance = _estimate(pane, rows).get(rows[1])
    if chance is not None:
        told.append(f"chance that people call them the same {write_percent(chance)}")
    if len(queries) > 1:
        told.append("answers to different queries, which people did not judge")
    return f"{' · '.join(told)}. Marked is where they differ."
