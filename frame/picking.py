"""Which answers are picked, how the address says it, and what of that is drawn into the figure.

Plotly keeps a lasso only as long as its figure stays the same. So a lasso changes what is picked
and not what is drawn; anything else that changes the figure draws the pick into it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from frame import address
from frame.grouping import Grouping
from frame.packing import pack_rows, unpack_rows
from frame.picker import is_other_state
from frame.sheets import Sheet

Kind = Literal["group", "cluster", "once", "like", "points"]
KINDS: tuple[Kind, ...] = ("group", "cluster", "once", "like", "points")
ONCE = "1"
LONGEST_LINK = 6000  # characters of picked points in an address


@dataclass(frozen=True)
class Pick:
    """Answers that a visitor wants to read.

    Attributes
    ----------
    kind : str
        A "group" of near-identical answers, a "cluster", all that are said "once", those most
        "like" one answer, or "points" of the map.
    name : str
        What the address says of it: response id of an answer of the group, number of the
        cluster, response id that others are like, packed rows.
    rows : tuple of int
        Rows of the sheet.
    """

    kind: Kind
    name: str
    rows: tuple[int, ...]


def follow_sheet(
    sheet: Sheet, grouping: Grouping | None, look: object, nearest: Collection[int] | None
) -> Pick | None:
    """Return the pick on this sheet, after another sheet, a link or another look of the map.

    Parameters
    ----------
    sheet : Sheet
    grouping : Grouping or None
        A group is told by one of its answers, so that it grows and shrinks with the threshold.
    look : object
        All that the figure depends on besides the pick.
    nearest : collection of int or None
        Rows most like the answer that was asked for, see `ask_like`.
    """
    state = st.session_state
    is_new = _enter_sheet(sheet)
    pick = _resolve(sheet, grouping, nearest)
    if pick is None:
        state["pick"] = state["drawn"] = None
    elif is_new or state.get("look") != look or pick.kind != "points":
        state["drawn"] = pick
    state["look"] = look
    for kind in KINDS:
        name = pick.name if pick is not None and pick.kind == kind else None
        address.record(kind, name, LONGEST_LINK)
    return pick


def _enter_sheet(sheet: Sheet) -> bool:
    """Take up what a link, a search or the browser's Back asks for; return whether one does."""
    state, is_new = st.session_state, False
    owner = (sheet.place, sheet.ids[:1], len(sheet))
    if state.get("pick_owner") != owner:
        state["pick_owner"], state["pick"], state["drawn"] = owner, None, None
        state["before"] = None
    for kind in KINDS:
        changed, given = address.watch(kind)
        if changed and given and kind == "points" and is_other_state():
            continue
        if changed and given:
            state["pick"], is_new = (kind, given), True
        elif changed and state.get("pick") and state["pick"][0] == kind:
            state["pick"] = None
    found = state.pop("found", None)
    if found is not None:
        state["pick"] = ("points", pack_rows(sheet.find_rows(found), len(sheet)))
    return is_new or found is not None


def _resolve(
    sheet: Sheet, grouping: Grouping | None, nearest: Collection[int] | None
) -> Pick | None:
    """Return the pick with its rows; None where it has none on this sheet."""
    asked: tuple[Kind, str] | None = st.session_state.get("pick")
    if asked is None:
        return None
    kind, name = asked
    rows: Iterable[int] = ()
    if kind == "points":
        rows = unpack_rows(name, len(sheet))
    elif kind == "cluster":
        found = [e.rows for e in sheet.clusters if str(e.number + 1) == name]
        rows = found[0] if found else ()
    elif kind == "like":
        rows = nearest or ()
    elif grouping is not None and kind == "once":
        rows = grouping.lone if name == ONCE else ()
    elif grouping is not None:
        anchor = sheet.find_rows([name])
        entry = grouping.find_entry(anchor[0]) if anchor else None
        rows = entry.rows if entry else anchor
    return Pick(kind, name, tuple(rows)) if rows else None


def ask_like() -> str | None:
    """Return the response id that others are to be like, if that is what is picked."""
    changed, given = address.watch("like")
    if changed:
        return given or None
    asked = st.session_state.get("pick")
    return asked[1] if asked is not None and asked[0] == "like" else None


def list_drawn() -> tuple[int, ...]:
    """Return the rows that the figure shows strong."""
    drawn: Pick | None = st.session_state.get("drawn")
    return () if drawn is None else drawn.rows


def pick(kind: Kind, name: str) -> None:
    """Take answers to read; those like one of them lead back to what is read now."""
    before = st.session_state.get("pick")
    if kind != "like":
        st.session_state["before"] = None
    elif before is not None and before[0] != "like":
        st.session_state["before"] = before
    st.session_state["pick"] = (kind, name)


def go_back() -> None:
    """Go back to what was read before, or to the reading list."""
    before = st.session_state.pop("before", None)
    pick_nothing()
    st.session_state["pick"] = before


def pick_found(query_id: str, response_ids: tuple[str, ...]) -> None:
    """Take answers that a search found, once the map of their query is open."""
    address.overrule("query", "category")
    st.session_state["query"], st.session_state["category"] = query_id, ""
    st.session_state["view"] = "Query"
    st.session_state["found"] = response_ids


def pick_nothing() -> None:
    """Drop what is picked."""
    st.session_state["pick"] = st.session_state["drawn"] = None
    st.session_state["resets"] = count_resets() + 1


def count_resets() -> int:
    """Return how often a pick was dropped: a part of the chart's key.

    A new key gives a chart without the lasso that the browser still shows.
    """
    return int(st.session_state.get("resets", 0))


def take_selection(key: str, total: int) -> None:
    """Take what was clicked, boxed or lassoed on a map of so many answers."""
    points = st.session_state[key]["selection"]["points"]
    rows = sorted({_read_row(point["customdata"]) for point in points})
    before = st.session_state.get("pick")
    if rows and rows[-1] < total:
        st.session_state["pick"] = ("points", pack_rows(rows, total))
    elif before is not None and before[0] == "points":
        st.session_state["pick"] = st.session_state["drawn"] = None


def _read_row(customdata: object) -> int:
    return int(customdata[0] if isinstance(customdata, list) else str(customdata))
