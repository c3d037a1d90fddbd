"""Endpoints and strategies in one TOML file: who is asked, and how.

```toml
[endpoints.openrouter]
base_url = "https://openrouter.ai/api/v1"
api_key_env = "OPENROUTER_API_KEY"
models = ["openai/gpt-4o", "google/gemini-2.5-flash"]
takes = ["temperature", "top_p", "max_tokens", "seed"]   # optional
input_price = 2.5       # USD per million tokens, optional
output_price = 10.0
max_concurrency = 20

[endpoints.local]       # the small model that comes with the software, started when it is asked

[strategies.warm]
temperature = 1.5
system = "You are a poet."
```
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from hivemind_core.errors import InputError, shorten
from hivemind_core.models.endpoints import Endpoint, split_address
from hivemind_core.models.strategies import BUILT_IN, Strategy, make_strategy

ON_DEMAND_URL = "http://127.0.0.1:0/v1"
"""Where nobody can be: stands for a server that `local` starts when it is needed."""
LOCAL = "local"

PRESETS: Mapping[str, Mapping[str, Any]] = {
    LOCAL: {
        "base_url": ON_DEMAND_URL,
        "models": ["SmolLM2-135M-Instruct"],
        "takes": ["temperature", "top_p", "min_p", "max_tokens", "seed"],
        "max_concurrency": 4,
        "seconds": 600,  # on a busy machine a long answer takes minutes
        "input_price": 0.0,
        "output_price": 0.0,
    },
    "openai": {"base_url": "https://api.openai.com/v1", "api_key_env": "OPENAI_API_KEY"},
    "anthropic": {"base_url": "https://api.anthropic.com/v1", "api_key_env": "ANTHROPIC_API_KEY"},
    "google": {
        "base_url": "https://generativelanguage.googleapis.com/v1beta/openai",
        "api_key_env": "GEMINI_API_KEY",
    },
    "openrouter": {
        "base_url": "https://openrouter.ai/api/v1",
        "api_key_env": "OPENROUTER_API_KEY",
    },
    "together": {"base_url": "https://api.together.xyz/v1", "api_key_env": "TOGETHER_API_KEY"},
    "ollama": {
        "base_url": "http://127.0.0.1:11434/v1",
        "takes": ["temperature", "top_p", "max_tokens", "seed"],
        "max_concurrency": 4,
    },
    "vllm": {
        "base_url": "http://127.0.0.1:8000/v1",
        "takes": ["temperature", "top_p", "min_p", "max_tokens", "seed"],
        "max_concurrency": 50,
    },
    "llama.cpp": {
        "base_url": "http://127.0.0.1:8080/v1",
        "takes": ["temperature", "top_p", "min_p", "max_tokens", "seed"],
        "max_concurrency": 4,
    },
}
"""What an endpoint of that name starts from; the file says the rest."""

_TEXTS = ("base_url", "api_key_env")
_LISTS = ("models", "takes")
_NUMBERS = ("input_price", "output_price", "max_concurrency", "seconds")
_OWN = {field.name for field in fields(Endpoint)}


@dataclass(frozen=True)
class Served:
    """A model and the endpoint that serves it."""

    model: str
    endpoint: Endpoint


@dataclass(frozen=True)
class Plan:
    """Whom a file names, and how they may be asked.

    Attributes
    ----------
    models : tuple of Served
    strategies : mapping of str to Strategy
        Those that come with the software, and the file's own.
    """

    models: tuple[Served, ...]
    strategies: Mapping[str, Strategy]


def read_plan(path: Path, environment: Mapping[str, str]) -> Plan:
    """Read endpoints and strategies from a TOML file.

    Parameters
    ----------
    path : Path
    environment : mapping
        Holds the keys, under the names that the file gives.

    Raises
    ------
    InputError
        If the file cannot be read, or says what is no endpoint or strategy.
    """
    return parse_plan(read_content(path), environment, str(path))


def read_content(path: Path) -> dict[str, Any]:
    """Return what a TOML file says, unchecked.

    Raises
    ------
    InputError
        If it cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            "the file must be readable", where=str(path), found=error.strerror or str(error)
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("the file must be TOML", where=str(path), found=str(error)) from error


def find_plan(name: str, environment: Mapping[str, str]) -> Plan:
    """Return the plan of a file; of `local`, where no file has that name, the local model's.

    Raises
    ------
    InputError
        See `read_plan`.
    """
    if name == LOCAL and not Path(name).exists():
        return parse_plan({"endpoints": {LOCAL: {}}}, environment, LOCAL)
    return read_plan(Path(name), environment)


def parse_plan(content: Mapping[str, Any], environment: Mapping[str, str], where: str) -> Plan:
    """Return what the content of a file says; see `read_plan`."""
    unknown = content.keys() - {"endpoints", "strategies"}
    if unknown:
        raise InputError(
            "a file of endpoints holds [endpoints.NAME] and [strategies.NAME]",
            where=where,
            found=min(unknown),
        )
    return Plan(parse_models(content, environment, where), parse_strategies(content, where))


def parse_strategies(content: Mapping[str, Any], where: str) -> dict[str, Strategy]:
    """Return the strategies that come with the software, and a file's own; see `read_plan`."""
    strategies = dict(BUILT_IN)
    for name, given in _list_tables(content, "strategies", where):
        strategies[name] = make_strategy(name, given, f"{where}, strategies.{name}")
    return strategies


def find_variables(content: Mapping[str, Any], where: str) -> dict[str, str]:
    """Return, by the name of each endpoint of a file, what its key is called; "" without one.

    Raises
    ------
    InputError
        If the endpoints are no tables, or a name is no text.
    """
    found = {}
    for name, given in _list_tables(content, "endpoints", where):
        variable = {**PRESETS.get(name, {}), **given}.get("api_key_env", "")
        _check_value("api_key_env", variable, f"{where}, endpoints.{name}")
        _check_variable(variable, f"{where}, endpoints.{name}")
        found[name] = variable
    return found


def parse_models(
    content: Mapping[str, Any], environment: Mapping[str, str], where: str
) -> tuple[Served, ...]:
    """Return the models of all endpoints of a file; see `read_plan`."""
    models = tuple(
        served
        for name, given in _list_tables(content, "endpoints", where)
        for served in make_endpoint(name, given, environment, f"{where}, endpoints.{name}")
    )
    if not models:
        raise InputError("a file of endpoints must name a model", where=where, found="none")
    names = [served.model for served in models]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        rule = "a model may be named once: its answers would be taken for one model's"
        raise InputError(rule, where=where, found=twice[0])
    return models


def _list_tables(
    content: Mapping[str, Any], kind: str, where: str
) -> list[tuple[str, Mapping[str, Any]]]:
    tables = content.get(kind, {})
    if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
        raise InputError(f"{kind} are tables: [{kind}.NAME]", where=where, found=shorten(tables))
    return list(tables.items())


def make_endpoint(
    name: str, given: Mapping[str, Any], environment: Mapping[str, str], where: str
) -> tuple[Served, ...]:
    """Return the models of one endpoint, with the key that the environment holds.

    Raises
    ------
    InputError
        If a value is missing, unknown or of a wrong type, or the key is not set.
    """
    values = {**PRESETS.get(name, {}), **given}
    for key, value in values.items():
        _check_value(key, value, where)
    if "base_url" not in values:
        raise InputError("an endpoint has a base_url", where=where, found="none")
    _check_local(values, where)
    variable = values.get("api_key_env", "")
    _check_variable(variable, where)
    _check_address(values["base_url"], where)
    # A key that was read from a file often has a line end behind it.
    key = environment.get(variable, "").strip() if variable else ""
    if variable and not key:
        raise InputError("the key must be in the environment", where=where, found=f"no {variable}")
    own = {k: v for k, v in values.items() if k in _OWN}
    if "takes" in own:
        own["takes"] = tuple(own["takes"])
    endpoint = replace(Endpoint(name, values["base_url"], key), **own)
    return tuple(Served(model, endpoint) for model in values.get("models", ()))


def _check_address(base_url: str, where: str) -> None:
    """Refuse an address that may hold a key, without repeating it."""
    parts = split_address(base_url, where)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InputError(
            "a base URL holds no user, password or query",
            where=where,
            found=f"one at {parts.hostname} that does",
            remedy="Name the environment variable of the key as api_key_env",
        )


def _check_variable(name: str, where: str) -> None:
    """Refuse what names no environment variable, without saying it: it may be the key itself."""
    if name and not name.isidentifier():
        raise InputError(
            "api_key_env is the name of an environment variable",
            where=where,
            found="something else, which is not repeated: it may be a key",
        )


def _check_local(values: Mapping[str, Any], where: str) -> None:
    """Refuse another model of the server that is started here: its name would be a lie."""
    own = PRESETS[LOCAL]["models"]
    if values["base_url"] == ON_DEMAND_URL and values.get("models") != own:
        raise InputError(
            f"the local model is {own[0]}",
            where=where,
            found=shorten(values.get("models")),
            remedy="Give the base_url of a server that serves others",
        )


def _check_value(key: str, value: object, where: str) -> None:
    if key in _TEXTS:
        fits, kind = isinstance(value, str), "a text"
    elif key in _LISTS:
        fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
        kind = "a list of texts"
    elif key in _NUMBERS:
        wanted = int if key == "max_concurrency" else (int, float)
        fits = isinstance(value, wanted) and not isinstance(value, bool)
        kind = "a whole number" if wanted is int else "a number"
    else:
        known = ", ".join((*_TEXTS, *_LISTS, *_NUMBERS))
        raise InputError(f"an endpoint has {known}", where=where, found=key)
    if not fits:
        raise InputError(f"{key} is {kind}", where=where, found=shorten(value))
