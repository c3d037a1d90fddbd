"""Ids made from content, and the names of sources."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, count

from hivemind_core.corpus.tables import HUMAN

UNKNOWN = "unknown"
ID_HEX_DIGITS = 20  # 80 bits: one collision in a billion corpora of a million responses


def make_id(*parts: object) -> str:
    """Return a content-made id: the start of the SHA-256 of the parts as JSON.

    Parameters
    ----------
    *parts : str, int, float or None
        What identifies the thing. None and "" differ, and so do ("a", "b") and ("ab",).

    Returns
    -------
    str
        20 hexadecimal digits.
    """
    content = json.dumps(parts, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(content.encode("ascii")).hexdigest()[:ID_HEX_DIGITS]


def make_query_id(query: str) -> str:
    """Return the id of a query that its source left without one."""
    return make_id("query", query)


@dataclass(frozen=True)
class Source:
    """What wrote a response: a model and the strategy it was asked with.

    Attributes
    ----------
    name : str
        How it is printed: `model`, or `model · strategy` where the model has several strategies
        and this one has a name.
    model, strategy : str or None
        None where the source data withholds the model or names no strategy.
    """

    name: str
    model: str | None
    strategy: str | None

    @property
    def is_human(self) -> bool:
        """Whether people wrote it: a baseline, not a model."""
        return self.model is not None and self.model.casefold() == HUMAN

    @property
    def is_model(self) -> bool:
        """Whether a known language model wrote it."""
        return self.model is not None and not self.is_human


def name_sources(written: Iterable[tuple[str | None, str | None]]) -> tuple[Source, ...]:
    """Return the sources behind (model, strategy) pairs, named, in the order of their names.

    A name depends on all the pairs, so give those of a whole corpus. Pairs without a model share
    the name "unknown" and are no model; no other two sources have one name: where a model is
    called like another's strategy, a number tells them apart. People come last.
    """
    pairs = sorted(set(written), key=_spell)
    strategies: dict[str | None, set[str | None]] = {}
    for model, strategy in pairs:
        strategies.setdefault(model, set()).add(strategy)
    sources: list[Source] = []
    taken: set[str] = set()
    for model, strategy in pairs:
        name = UNKNOWN if model is None else model
        if model is not None and len(strategies[model]) > 1 and strategy is not None:
            name = f"{name} · {strategy}"
        if model is not None:
            name = _avoid(name, taken)
        taken.add(name)
        sources.append(Source(name, model, strategy))
    return tuple(sorted(sources, key=lambda source: (source.is_human, source.name)))


def _spell(pair: tuple[str | None, str | None]) -> tuple[bool, str, bool, str]:
    """Return what puts pairs into one order; a withheld model is first and keeps its name."""
    model, strategy = pair
    return model is not None, model or "", strategy is not None, strategy or ""


def _avoid(name: str, taken: set[str]) -> str:
    numbered = (f"{name} ({number})" for number in count(2))
    return next(n for n in chain([name], numbered) if n not in taken)
