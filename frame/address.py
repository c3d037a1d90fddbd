"""What the address bar says: every choice can be shared as a link.

Streamlit's own binding writes what a widget shows; ids are shorter and outlive a change of
wording, so they are kept in step here. A link that was just followed wins over the session, the
session over an address it wrote itself.
"""

from collections.abc import Callable, Container, Sequence

import streamlit as st


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


def read_new(name: str) -> str | None:
    """Return a query parameter that a link has set; None if the session wrote it itself."""
    given = st.query_params.get(name)
    return None if given == st.session_state.get(_written(name)) else given


def record(name: str, value: str | None) -> None:
    """Write a choice to the address; None takes it away."""
    st.session_state[_written(name)] = value
    if value is None:
        if name in st.query_params:
            del st.query_params[name]
    elif st.query_params.get(name) != value:
        st.query_params[name] = value


def _written(name: str) -> str:
    return f"written-{name}"


def choose(
    name: str,
    label: str,
    options: Sequence[str],
    default: str,
    spell: Callable[[str], str] = str,
) -> str:
    """Show a box to choose from by typing, in the sidebar, in step with the address.

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
    """
    known = set(options)
    missing = follow(name, name, known)
    if st.session_state.get(name) not in known:
        st.session_state[name] = default
    chosen = st.sidebar.selectbox(
        label,
        options,
        key=name,
        format_func=spell,
        filter_mode="contains",
        persist_state="session",
    )
    if missing:
        st.sidebar.caption(f"The link asks for a {label.lower()} that is not here.")
    value = default if chosen is None else str(chosen)
    record(name, value or None)
    return value
