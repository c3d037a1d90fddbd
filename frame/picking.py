"""Which answers are picked on the map, and what of that is drawn into the figure.

Plotly keeps a lasso only as long as its figure stays the same. So a lasso changes what is picked
and not what is drawn; anything else that changes the figure draws the pick into it.
"""

from collections.abc import Collection
from dataclasses import dataclass

import streamlit as st

from frame import address
from frame.sheets import Sheet


@dataclass(frozen=True)
class Pick:
    """Answers that a visitor wants to read: a cluster, or points of the map.

    Attributes
    ----------
    cluster : int or None
        None where points were chosen by hand.
    ids : tuple of str
    """

    cluster: int | None
    ids: tuple[str, ...]


def follow_sheet(sheet: Sheet, look: tuple[object, ...]) -> Pick | None:
    """Return the pick on this sheet, after another sheet, a link or another look of the map."""
    owner = (sheet.place, sheet.umap.ids[:1], len(sheet.umap))
    state = st.session_state
    if state.get("pick_owner") != owner:
        state["pick_owner"], state["pick"], state["drawn"] = owner, None, None
    linked = address.read_new("cluster")
    if linked is not None and linked.isdecimal():
        members = sheet.find_members(int(linked) - 1)
        state["pick"] = state["drawn"] = Pick(int(linked) - 1, members) if members else None
    if state.get("look") != look:
        state["look"], state["drawn"] = look, state["pick"]
    pick: Pick | None = state["pick"]
    shown = None if pick is None or pick.cluster is None else str(pick.cluster + 1)
    address.record("cluster", shown)
    return pick


def list_drawn() -> tuple[str, ...]:
    """Return the ids that the figure shows strong."""
    drawn: Pick | None = st.session_state.get("drawn")
    return () if drawn is None else drawn.ids


def pick_cluster(cluster: int, members: Collection[str]) -> None:
    """Take a cluster of the reading list."""
    st.session_state["pick"] = st.session_state["drawn"] = Pick(cluster, tuple(members))


def pick_nothing() -> None:
    """Go back to the reading list."""
    st.session_state["pick"] = st.session_state["drawn"] = None
    st.session_state["resets"] = count_resets() + 1


def count_resets() -> int:
    """Return how often a pick was dropped: a part of the chart's key.

    A new key gives a chart without the lasso that the browser still shows.
    """
    return int(st.session_state.get("resets", 0))


def take_selection(key: str) -> None:
    """Take what was clicked, boxed or lassoed on the map."""
    points = st.session_state[key]["selection"]["points"]
    ids = tuple(dict.fromkeys(_read_id(point["customdata"]) for point in points))
    before: Pick | None = st.session_state.get("pick")
    if ids:
        st.session_state["pick"] = Pick(None, ids)
    elif before is not None and before.cluster is None:
        st.session_state["pick"] = st.session_state["drawn"] = None


def _read_id(customdata: object) -> str:
    return str(customdata[0]) if isinstance(customdata, list) else str(customdata)
