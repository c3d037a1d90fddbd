"""Whom a visitor may ask: the services of the file of endpoints, their keys, and a model here.

Keys come from the environment, from `.streamlit/secrets.toml`, or from a password field whose
content stays in the visitor's session. They go into no link, log, file or cache key.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from frame.theme import write_note
from hivemind_core.corpus.identity import make_id
from hivemind_core.corpus.locations import find_endpoint_file
from hivemind_core.errors import InputError, shorten
from hivemind_core.models.endpoint_file import (
    LOCAL,
    PRESETS,
    Plan,
    Served,
    find_variables,
    parse_models,
    parse_strategies,
    read_content,
)
from hivemind_core.models.local import is_available

SWITCH = "HIVEMIND_VISITORS_ADD_SERVICES"
SAMPLE = """\
[endpoints.openai]
models = ["gpt-4o-mini"]
input_price = 0.15      # USD per million tokens
output_price = 0.60

[endpoints.ollama]
models = ["llama3.2"]"""
OWN_SERVICES = 4


@dataclass(frozen=True)
class Services:
    """Whom a visitor may ask, and how.

    Attributes
    ----------
    plan : Plan
        The models that can be asked now.
    keyless : tuple of (str, str)
        Endpoints that wait for a key, and what it is called.
    faults : tuple of str
        What is wrong with the file, or why there is no model here.
    """

    plan: Plan
    keyless: tuple[tuple[str, str], ...]
    faults: tuple[str, ...]


def may_add(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether visitors may name services of their own: a way into this machine's network."""
    return environment.get(SWITCH, "").casefold() in ("1", "true", "yes", "on")


def list_services(environment: Mapping[str, str] = os.environ) -> Services:
    """Return whom this visitor may ask: the file's services, own ones, and the model here."""
    path = find_endpoint_file(environment)
    faults: list[str] = []
    content: dict[str, Any] = {}
    if path.is_file():
        try:
            content = read_content(path)
        except InputError as error:
            faults.append(str(error))
    missing = is_available()
    if missing is not None:
        faults.append(missing)
    return _gather(content, _gather_keys(environment), path, faults)


def _gather(
    content: dict[str, Any], keys: dict[str, str], path: Path, faults: list[str]
) -> Services:
    try:
        strategies = parse_strategies(content, str(path))
        variables = find_variables(content, str(path))
    except InputError as error:
        return Services(Plan((), parse_strategies({}, "")), (), (*faults, str(error)))
    tables = dict(content.get("endpoints", {}))
    keyless = [(name, variable) for name, variable in variables.items() if _lacks(variable, keys)]
    for name, _ in keyless:
        tables.pop(name)
    models: list[Served] = []
    if is_available() is None:
        tables.setdefault(LOCAL, {})
    for name, given in {**tables, **_list_own()}.items():
        try:
            models += parse_models({"endpoints": {name: given}}, keys, f"{path}, {name}")
        except InputError as error:
            faults.append(str(error))
    named = {served.model: served for served in reversed(models)}
    kept = tuple(served for served in models if named[served.model] is served)
    twice = sorted({served.model for served in models if served not in kept})
    faults += [f"{name} is named twice; the first is asked" for name in twice]
    return Services(Plan(kept, strategies), tuple(keyless), tuple(faults))


def _lacks(variable: str, keys: Mapping[str, str]) -> bool:
    return bool(variable) and not keys.get(variable)


def _gather_keys(environment: Mapping[str, str]) -> dict[str, str]:
    """Return keys by their name: those of the environment, of the secrets, of this session."""
    return {**environment, **_read_secrets(), **st.session_state.get("keys", {})}


def _read_secrets() -> dict[str, str]:
    try:
        return {name: value for name, value in st.secrets.items() if isinstance(value, str)}
    except (FileNotFoundError, OSError):  # there are none
        return {}


def _list_own() -> dict[str, dict[str, Any]]:
    """Return the services that this visitor named, where that is allowed."""
    return dict(st.session_state.get("services", {})) if may_add() else {}


def show_settings(services: Services) -> None:
    """Show whom can be asked, take keys, and, where it is allowed, services."""
    rows = [
        {
            "model": served.model,
            "service": served.endpoint.name,
            "at": "this machine, when it is asked"
            if served.endpoint.name == LOCAL
            else served.endpoint.host,
            "takes": _write_taken(served),
            "USD per million tokens": _write_price(served),
            "at once": served.endpoint.max_concurrency,
        }
        for served in services.plan.models
    ]
    if rows:
        st.dataframe(rows, hide_index=True, key="services-table")
    for fault in services.faults:
        write_note(fault, f"fault-{fault}")
    for name, variable in services.keyless:
        st.text_input(
            f"Key for {name}",
            type="password",
            key=f"key-{name}",
            help=f"Held in this session alone. {variable} in the environment does the same.",
            on_change=_take_key,
            args=(name, variable),
            autocomplete="off",
        )
    if may_add():
        _offer_service()
    else:
        write_note(
            f"Services stand in {find_endpoint_file()}; presets know the address of "
            f"{', '.join(name for name in PRESETS if name != LOCAL)}. For example:",
            "services-file",
        )
        st.code(SAMPLE, language="toml")


def _write_taken(served: Served) -> str:
    taken = served.endpoint.takes
    return "the common parameters" if taken is None else ", ".join(taken) or "none"


def _write_price(served: Served) -> str:
    told = (served.endpoint.input_price, served.endpoint.output_price)
    if told == (0.0, 0.0):
        return "free"
    return "not stated" if None in told else f"{told[0]:g} in, {told[1]:g} out"


def _take_key(name: str, variable: str) -> None:
    """Keep a key apart from its field, which forgets it when the page is left."""
    typed = str(st.session_state.pop(f"key-{name}", "")).strip()
    if typed:
        st.session_state.setdefault("keys", {})[variable] = typed


def _offer_service() -> None:
    with st.form("add-service", border=True, clear_on_submit=True):
        left, right = st.columns(2)
        name = left.text_input("Name", max_chars=40)
        address = right.text_input("Base URL", placeholder="https://…/v1", max_chars=300)
        models = left.text_input("Models, with commas between", max_chars=400)
        key = right.text_input("Key", type="password", max_chars=400, autocomplete="off")
        if st.form_submit_button("Add this service"):
            _add_service(name.strip(), address.strip(), models, key.strip())


def _add_service(name: str, address: str, models: str, key: str) -> None:
    own: dict[str, dict[str, Any]] = st.session_state.setdefault("services", {})
    listed = [one.strip() for one in models.split(",") if one.strip()]
    variable = f"KEY_OF_{make_id(name)}"  # no variable of the server's is called so
    # Without a key of its own it gets none: a preset's would send the server's key to the visitor.
    given = {"base_url": address, "models": listed, "api_key_env": variable if key else ""}
    try:
        if not name or name in PRESETS or (name not in own and len(own) >= OWN_SERVICES):
            rule = (
                "a service has a name that no preset has, and a visitor adds at most "
                f"{OWN_SERVICES}"
            )
            raise InputError(rule, found=shorten(name))
        parse_models({"endpoints": {name: given}}, {variable: key}, name)
    except InputError as error:
        write_note(str(error), "service-fault")
        return
    own[name] = given
    if key:
        st.session_state.setdefault("keys", {})[variable] = key
    st.rerun()
