"""What the address bar says: every choice can be shared as a link.

Streamlit's own binding writes what a widget shows; ids are shorter and outlive a change of
wording, so they are kept in step here. An address that somebody else wrote, by a link or by the
browser's Back, wins over the session; the session wins over an address it wrote itself.
"""

from collections.abc import Callable, Container, Sequence
from typing import Any, Literal, TypedDict

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def enter_page(page: str) -> None:
    """Note which page is about to run, and what the browser has taken out of its address.

    On the page that ran before, a missing parameter means that Back took it away; on another
    page, that it was never there, and the session writes it. An address without any parameter is
    that of the page's arrival: what was chosen stays, and is not written, so that the next Back
    leaves the page.
    """
    state = st.session_state
    stayed = state.get("page") == page
    state["page"] = page
    state["chosen"], state["bound"] = {}, {}
    written: dict[str, str] = state.setdefault("written", {})
    state["cleared"] = {name for name in written if stayed and name not in st.query_params}
    state["undone"] = state["cleared"] if len(st.query_params) else set()
    for name in state["cleared"]:
        del written[name]


def watch(name: str) -> tuple[bool, str | None]:
    """Return whether somebody else has set a query parameter, and what it says now."""
    given = st.query_params.get(name)
    if name in st.session_state.get("undone", ()):
        return True, None
    return given is not None and given != st.session_state.get("written", {}).get(name), given


def read_new(name: str) -> str | None:
    """Return a query parameter that a link has set; None if the session wrote it itself."""
    changed, given = watch(name)
    return given if changed else None


def follow(name: str, key: str, options: Container[str]) -> str | None:
    """Set a widget's value from the address, before the widget is made.

    Parameters
    ----------
    name : str
        Query parameter.
    key : str
        Key of the widget in the session.
    options : container of str
        What the widget can be.

    Returns
    -------
    str or None
        What the address asks for and does not exist.
    """
    given = read_new(name)
    if given is None:
        return None
    if given in options:
        st.session_state[key] = given
        return None
    return given


def note(name: str, value: str | tuple[str, ...] | None) -> None:
    """Note a choice for what is pinned, whether the address says it or not; None: none is made."""
    st.session_state.setdefault("chosen", {})[name] = value


def list_choices() -> dict[str, str | tuple[str, ...] | None]:
    """Return what was chosen in this run, by query parameter; None where none was.

    Unlike the address, it says what Back took out and what is too long for a link.
    """
    chosen: dict[str, str | tuple[str, ...] | None] = dict(st.session_state.get("chosen", {}))
    bound: dict[str, Callable[[object], str]] = st.session_state.get("bound", {})
    for name, spell in bound.items():
        value = st.session_state.get(name)
        if isinstance(value, list | tuple):
            chosen[name] = tuple(map(spell, value))
        else:
            chosen[name] = None if value is None else spell(value)
    return chosen


def spell_value(value: object) -> str:
    """Return the value of a widget as an address says it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.10g}" if isinstance(value, float) else str(value)


class Binding(TypedDict):
    """What makes a widget's value a part of the address."""

    key: str
    bind: Literal["query-params"]
    persist_state: Literal["session"]


def bind(name: str, spell: Callable[[Any], str] = spell_value) -> Binding:
    """Return what binds a widget to a query parameter, which is its key in the session too.

    `spell` is what an option is called in the address: its `format_func`, where it has one.
    """
    st.session_state.setdefault("bound", {})[name] = spell
    return {"key": name, "bind": "query-params", "persist_state": "session"}


def record(name: str, value: str | None, longest: int | None = None) -> None:
    """Note a choice for the address, which `leave_page` writes; None takes it away.

    What Back has just taken out stays out until the next choice: writing it again would make
    Back useless. What is longer than `longest` stays out too.
    """
    note(name, value)
    if value is not None and longest is not None and len(value) > longest:
        value = None
    if name in st.session_state.get("cleared", ()):
        return
    written: dict[str, str] = st.session_state.setdefault("written", {})
    if value is None:
        written.pop(name, None)
    else:
        written[name] = value
    st.session_state.setdefault("recorded", {})[name] = value


def leave_page() -> None:
    """Write all that was recorded into the address, at once: one step for the browser's Back."""
    recorded: dict[str, str | None] = st.session_state.pop("recorded", {})
    changed: dict[str, list[str]] = {}
    for name, value in recorded.items():
        if (value or "") != st.query_params.get(name, ""):
            changed[name] = [] if value is None else [value]  # an empty list takes it away
    if changed:
        st.query_params.update(changed)


def overrule(*names: str) -> None:
    """Let what a callback puts into the session win over what the address says of it."""
    written: dict[str, str] = st.session_state.setdefault("written", {})
    for name in names:
        if name in st.query_params:
            written[name] = st.query_params[name]


def choose(
    name: str,
    label: str,
    options: Sequence[str],
    default: str,
    spell: Callable[[str], str] = str,
    place: DeltaGenerator | None = None,
) -> str:
    """Show a box to choose from by typing, in step with the address.

    Parameters
    ----------
    name : str
        Query parameter and key in the session.
    label : str
    options : sequence of str
        At least one.
    default : str
        Taken where neither the address nor the session names one of the options.
    spell : callable
        What an option is called in the box.
    place : DeltaGenerator, optional
        Where it stands; the sidebar by default.
    """
    place = st.sidebar if place is None else place
    known = set(options)
    missing = follow(name, name, known)
    if st.session_state.get(name) not in known or watch(name) == (True, None):
        st.session_state[name] = default
    chosen = place.selectbox(
        label,
        options,
        key=name,
        format_func=spell,
        filter_mode="contains",
        persist_state="session",
    )
    if missing:
        say_missing(label, place)
    value = default if chosen is None else str(chosen)
    record(name, value or None)
    return value


def choose_one(label: str, options: Sequence[str], key: str, *, is_labelled: bool = True) -> str:
    """Show a few choices side by side, in step with the address; the first is the default.

    What was chosen among other options is forgotten; what a link asks for among other options is
    told.
    """
    held, given = st.session_state.get(key), st.query_params.get(key)
    if held not in (None, *options):
        st.session_state[key] = options[0]
    chosen = st.segmented_control(
        label,
        options,
        default=options[0],
        required=True,
        label_visibility="visible" if is_labelled else "collapsed",
        **bind(key),
    )
    if given and given not in (held, *options):
        say_missing(label)
    return options[0] if chosen is None else chosen


def say_missing(label: str, place: DeltaGenerator | None = None) -> None:
    """Say under a choice that a link asks for what is not among its options."""
    words = f"{label}: the link asks for one that is not here."
    (place.caption if place is not None else st.caption)(words)
