"""Long lists: some now, more when asked."""

from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

from hivemind_core.figures.numbers import count

Thing = TypeVar("Thing")

MORE = 100


def take_more(name: str, things: Sequence[Thing], step: int) -> Sequence[Thing]:
    """Return as many things as were asked for so far of what is picked on this sheet."""
    return things[: st.session_state.get(_name(name), step)]


def offer_more(name: str, total: int, shown: int, thing: str) -> None:
    """Offer the next hundred things of a list, where there are more than are shown."""
    if shown < total:
        st.button(
            f"Show {count(min(total - shown, MORE), thing)} more of {total:,}",
            key=f"more-{name}",
            on_click=st.session_state.update,
            args=({_name(name): shown + MORE},),
        )


def _name(name: str) -> str:
    """Return the key of how many are shown, for this sheet and this pick alone."""
    state = st.session_state
    return f"asked-{name}-{hash((state.get('pick_owner'), state.get('pick')))}"
