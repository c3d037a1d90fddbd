"""Strategies: ways of asking a model the same thing, some of them meant against repetition."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hivemind_core.errors import InputError, shorten
from hivemind_core.models.requests import RANGES, Message

PERSONAS = (
    *("a retired sailor", "a young nurse", "a strict judge", "a street musician"),
    *("a mountain farmer", "a chess champion", "a tired parent", "a museum guard"),
    *("a deep-sea diver", "a village baker", "a space engineer", "a stand-up comedian"),
    *("a history teacher", "a night-shift taxi driver", "a beekeeper", "a fashion designer"),
    *("a marathon runner", "a monk", "a used-car dealer", "a forest ranger"),
)
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
SEED_LENGTH = 12
SHOWN_BEFORE = 12  # earlier answers that are shown

LIST = """\
{query}

Give {count} different answers to this, as different from each other as you can, each with the \
probability from 0 to 1 that you would give it. Answer with JSON alone: \
[{{"answer": "…", "probability": 0.1}}, …]"""
SEEDED = """\
{query}

Let this random string decide between the ways in which you could answer, and do not mention it: \
{seed}"""
DIFFERENT = """\
{query}

These answers were given before:
{before}

Give one that is different from all of them in what it says. Answer with it alone."""

_PARAMETERS = ("temperature", "top_p", "min_p")
_ALLOWED = {*_PARAMETERS, "system", "personas", "lists", "seeds", "differs"}


@dataclass(frozen=True)
class Strategy:
    """One way of asking.

    Attributes
    ----------
    name : str
    parameters : mapping of str to float
        temperature, top_p, min_p.
    system : str
        System prompt; empty: none.
    personas : tuple of str
        One is taken for each sample, in turn, as the system prompt.
    lists : int
        Above 0: the model lists so many answers with probabilities, one of which is drawn
        (verbalized sampling, arXiv 2510.01171).
    seeds : bool
        Whether a random string is added that is to decide.
    differs : bool
        Whether earlier answers of the model are shown, and another is asked for.
    """

    name: str
    parameters: Mapping[str, float] = field(default_factory=dict, hash=False)
    system: str = ""
    personas: tuple[str, ...] = ()
    lists: int = 0
    seeds: bool = False
    differs: bool = False


BUILT_IN: Mapping[str, Strategy] = {
    one.name: one
    for one in (
        Strategy("plain"),
        Strategy("top-p 0.9", {"temperature": 1.0, "top_p": 0.9}),
        Strategy("min-p 0.1", {"temperature": 2.0, "top_p": 1.0, "min_p": 0.1}),
        Strategy("hot", {"temperature": 1.5}),
        Strategy("persona", personas=PERSONAS),
        Strategy("list, then choose", lists=5),
        Strategy("random seed", seeds=True),
        Strategy("be different", differs=True),
    )
}
"""Those that come with the software; the paper's two decodings are "top-p 0.9" and "min-p 0.1"."""


def is_chained(name: str | None) -> bool:
    """Whether a strategy that comes with the software shows a model its earlier answers."""
    return name is not None and name in BUILT_IN and BUILT_IN[name].differs


def make_strategy(name: str, given: Mapping[str, Any], where: str) -> Strategy:
    """Return the strategy that a file describes.

    Raises
    ------
    InputError
        If a key is unknown, or a value is of a wrong type or out of range.
    """
    unknown = given.keys() - _ALLOWED
    if unknown:
        raise InputError(
            f"a strategy has {', '.join(sorted(_ALLOWED))}", where=where, found=min(unknown)
        )
    for parameter in _PARAMETERS:
        low, high = RANGES[parameter]
        value = given.get(parameter, low)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not low <= value <= high:
            rule = f"{parameter} is a number from {low:g} to {high:g}"
            raise InputError(rule, where=where, found=shorten(value))
    lists, personas = given.get("lists", 0), given.get("personas", [])
    if isinstance(lists, bool) or not isinstance(lists, int) or not 0 <= lists <= 50:
        raise InputError("lists is a whole number up to 50", where=where, found=shorten(lists))
    if not isinstance(personas, list) or not all(isinstance(one, str) for one in personas):
        raise InputError("personas is a list of texts", where=where, found=shorten(personas))
    if not isinstance(given.get("system", ""), str):
        raise InputError("system is a text", where=where, found=shorten(given["system"]))
    for flag in ("seeds", "differs"):
        if not isinstance(given.get(flag, False), bool):
            raise InputError(f"{flag} is true or false", where=where, found=shorten(given[flag]))
    return Strategy(
        name,
        {p: float(given[p]) for p in _PARAMETERS if p in given},
        given.get("system", ""),
        tuple(personas),
        lists,
        given.get("seeds", False),
        given.get("differs", False),
    )


def write_messages(
    strategy: Strategy, query: str, sample: int, before: Sequence[str] = ()
) -> tuple[Message, ...]:
    """Return what a model is told for one sample.

    Parameters
    ----------
    strategy : Strategy
    query : str
    sample : int
        From 0; decides the persona and the random string, always alike.
    before : sequence of str
        Earlier answers of the same model, for a strategy that differs.
    """
    system = strategy.system
    if strategy.personas:
        system = f"You answer as {strategy.personas[sample % len(strategy.personas)]}."
    asked = query
    if strategy.seeds:
        draw = Random(f"{query}\x1f{sample}")  # noqa: S311 - no secret
        asked = SEEDED.format(
            query=asked, seed="".join(draw.choice(LETTERS) for _ in range(SEED_LENGTH))
        )
    if strategy.differs and before:
        shown = "\n".join(f"- {' '.join(text.split())}" for text in before[-SHOWN_BEFORE:])
        asked = DIFFERENT.format(query=asked, before=shown)
    if strategy.lists:
        asked = LIST.format(query=asked, count=strategy.lists)
    told: tuple[Message, ...] = ({"role": "user", "content": asked},)
    return ({"role": "system", "content": system}, *told) if system else told


def read_answer(strategy: Strategy, said: str, query: str, sample: int) -> str | None:
    """Return the answer in what a model said; None where a list was asked for and none is there.

    Of a list, one is drawn by the probabilities that the model gave, always alike for one sample.
    """
    if not strategy.lists:
        return said
    listed = _read_list(said)
    if not listed:
        return None
    draw = Random(f"draw\x1f{query}\x1f{sample}")  # noqa: S311 - no secret
    weights = [weight for _, weight in listed]
    return draw.choices([text for text, _ in listed], weights if sum(weights) > 0 else None)[0]


def _read_list(said: str) -> list[tuple[str, float]]:
    start, end = said.find("["), said.rfind("]")
    try:
        told = json.loads(said[start : end + 1]) if 0 <= start < end else None
    except (ValueError, RecursionError):
        return []
    if not isinstance(told, list):
        return []
    return [
        (one["answer"], _read_probability(one.get("probability")))
        for one in told
        if isinstance(one, dict) and isinstance(one.get("answer"), str) and one["answer"].strip()
    ]


def _read_probability(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return 0.0
    return min(max(float(value), 0.0), 1.0)
