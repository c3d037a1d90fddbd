"""A live session as a file: who was asked what, and every word at the time at which it came.

JSON Lines: a first line that says what was asked, then an event a line. No key is in it, and of
an address no more than the host that an error may name.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any, TypeAlias, TypeGuard

from hivemind_core.corpus.identity import Source, name_sources
from hivemind_core.errors import InputError, shorten

VERSION = 1
MOST_BYTES = 20_000_000
MOST_ANSWERS = 2_000
LARGEST = 1_000_000
"""Of any number: seconds (eleven days), tokens, dollars."""
LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Asked:
    """What is asked in a live session.

    Attributes
    ----------
    query_id, query : str
    sources : tuple of Source
        Each model under each strategy; those of the plain strategy have none.
    samples : int
        Answers of each source.
    strategies : tuple of str or None
        In the order in which they were chosen: others are held against the first.
    chained : tuple of str or None
        Those of them under which a model was shown its earlier answers, so that each follows from
        the ones before.
    """

    query_id: str
    query: str
    sources: tuple[Source, ...]
    samples: int
    strategies: tuple[str | None, ...] = (None,)
    chained: tuple[str | None, ...] = ()

    @property
    def total(self) -> int:
        """Answers that are asked for."""
        return len(self.sources) * self.samples


@dataclass(frozen=True)
class Heard:
    """What has come of an answer so far.

    Attributes
    ----------
    at : float
        Seconds since the session began.
    source, sample : int
        Place of the source among those asked, and number of the sample.
    more : str
        What came since.
    anew : bool
        Whether the answer begins again.
    """

    at: float
    source: int
    sample: int
    more: str
    anew: bool = False


@dataclass(frozen=True)
class Landed:
    """What became of one sample.

    Attributes
    ----------
    at, source, sample
        As for `Heard`.
    text : str or None
        The answer; None where there is none.
    error : str or None
        Why there is none.
    finish_reason : str or None
    seconds : float
        What the service took.
    tokens : int or None
        Of the answer, as the service counts them.
    usd : float or None
        None where no price is stated.
    is_known : bool
        Whether an earlier session had asked for it.
    """

    at: float
    source: int
    sample: int
    text: str | None = None
    error: str | None = None
    finish_reason: str | None = None
    seconds: float = 0.0
    tokens: int | None = None
    usd: float | None = None
    is_known: bool = False


Event: TypeAlias = Heard | Landed


@dataclass(frozen=True)
class Recording:
    """A live session.

    Attributes
    ----------
    asked : Asked
    events : tuple of Heard or Landed
        In the order in which they came.
    created : str
        ISO 8601.
    """

    asked: Asked
    events: tuple[Event, ...]
    created: str = ""

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.events[-1].at if self.events else 0.0


def format_recording(recording: Recording) -> bytes:
    """Return a recording as the bytes of a file."""
    asked = recording.asked
    head = {
        "recording": VERSION,
        "created": recording.created,
        "query_id": asked.query_id,
        "query": asked.query,
        "sources": [[source.model, source.strategy] for source in asked.sources],
        "samples": asked.samples,
        "strategies": list(asked.strategies),
        "chained": list(asked.chained),
    }
    lines = [head, *(_describe(event) for event in recording.events)]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def _describe(event: Event) -> dict[str, Any]:
    told = {"at": round(event.at, 3)} | {
        name: value for name, value in asdict(event).items() if name != "at"
    }
    defaults = {field.name: field.default for field in fields(event)}
    return {
        name: round(value, 9) if isinstance(value, float) else value
        for name, value in told.items()
        if name in ("at", "source", "sample", "more") or value != defaults[name]
    }


def parse_recording(content: bytes, where: str) -> Recording:
    """Return the recording that a file holds.

    Parameters
    ----------
    content : bytes
    where : str
        What the file is called, for errors.

    Raises
    ------
    InputError
        If it is no recording, is one of a newer version, or an event in it cannot be.
    """
    if len(content) > MOST_BYTES:
        rule = f"a recording has at most {MOST_BYTES:,} bytes"
        raise InputError(rule, where=where, found=f"{len(content):,}")
    try:
        written = enumerate(content.decode().split("\n"), 1)
        lines = [(number, json.loads(line)) for number, line in written if line.strip()]
    except (ValueError, RecursionError) as error:
        raise InputError("a recording is JSON Lines", where=where, found=str(error)) from error
    head: Any = lines[0][1] if lines else None
    if not isinstance(head, dict) or "recording" not in head:
        raise InputError("the first line says what was asked", where=where, found="none that does")
    asked = _read_head(head, where)
    events = tuple(
        _read_event(line, asked, f"{where}, line {number}") for number, line in lines[1:]
    )
    _check_order(events, [number for number, _ in lines[1:]], asked, where)
    created = head.get("created")
    return Recording(asked, events, created if _is_text(created) else "")


def _check_order(events: Sequence[Event], numbers: Sequence[int], asked: Asked, where: str) -> None:
    """Raise InputError, with its line, at the first event that cannot follow those before it."""
    latest, landed = 0.0, set[tuple[int, int]]()
    for event, number in zip(events, numbers, strict=True):
        line = f"{where}, line {number}"
        if event.at < latest:
            found = f"{event.at:g} s after {latest:g} s"
            raise InputError("events come in the order of their time", where=line, found=found)
        latest = event.at
        if not isinstance(event, Landed):
            continue
        slot = (event.source, event.sample)
        if slot in landed:
            found = f"source {event.source}, sample {event.sample} again"
            raise InputError("a sample lands once", where=line, found=found)
        landed.add(slot)
        if len(landed) > asked.total:
            rule = f"at most the {asked.total:,} samples that were asked for land"
            raise InputError(rule, where=line, found="one more")


def _read_head(head: Mapping[str, Any], where: str) -> Asked:
    if head["recording"] != VERSION:
        raise InputError(
            f"a recording is of version {VERSION}",
            where=where,
            found=shorten(head["recording"]),
            remedy="A newer version of the software made it",
        )
    texts = [head.get("query_id"), head.get("query")]
    pairs: Any = head.get("sources")
    samples: Any = head.get("samples")
    strategies: Any = head.get("strategies", [None])
    chained: Any = head.get("chained", [])
    if not (
        all(_is_text(text) and text.strip() for text in texts)
        and _is_list(pairs, _is_pair)
        and _is_list(strategies, _is_name)
        and len({tuple(pair) for pair in pairs}) == len(pairs)
        and {pair[1] for pair in pairs} == set(strategies)
        and len(set(strategies)) == len(strategies)
        and (chained == [] or _is_list(chained, _is_name))
        and set(chained) <= set(strategies)
        and _is_number(samples)
        and 1 <= len(pairs) * samples <= MOST_ANSWERS
    ):
        raise InputError(
            "a recording says query_id, query, sources as [model, strategy], samples, strategies",
            where=f"{where}, line 1",
            found=shorten(head),
        )
    named = {(one.model, one.strategy): one for one in name_sources(map(tuple, pairs))}
    sources = tuple(named[pair[0], pair[1]] for pair in pairs)
    return Asked(str(texts[0]), str(texts[1]), sources, samples, tuple(strategies), tuple(chained))


def _is_list(value: object, fits: Callable[[object], bool]) -> bool:
    return isinstance(value, list) and bool(value) and all(map(fits, value))


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST


def _is_amount(value: object) -> bool:
    """Whether it is a number that a clock or a bill can show: neither nan nor infinite."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value <= LARGEST


def _is_text(value: object) -> TypeGuard[str]:
    """Whether it is text that can be written: half a character of UTF-16 cannot."""
    return isinstance(value, str) and not LONE_SURROGATE.search(value)


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and _is_text(value[0]) and _is_name(value[1])


def _is_name(value: object) -> bool:
    return value is None or _is_text(value)


_FITTING: Mapping[str, Callable[[object], bool]] = MappingProxyType(
    {
        **dict.fromkeys(("source", "sample", "tokens"), _is_number),
        **dict.fromkeys(("at", "seconds", "usd"), _is_amount),
        **dict.fromkeys(("more", "text", "error", "finish_reason"), _is_text),
        **dict.fromkeys(("anew", "is_known"), lambda value: isinstance(value, bool)),
    }
)


def _read_event(line: object, asked: Asked, where: str) -> Event:
    if not isinstance(line, dict):
        raise InputError("an event is an object", where=where, found=shorten(line))
    told = {name: value for name, value in line.items() if value is not None}
    kind = Heard if "more" in told else Landed
    fits = (
        told.keys() <= {field.name for field in fields(kind)}
        and told.keys() >= {"at", "source", "sample"}
        and all(_FITTING[name](value) for name, value in told.items())
        and told["source"] < len(asked.sources)
        and len(told.keys() & {"more", "text", "error"}) == 1
    )
    if not fits:
        rule = "an event says at, source, sample, and either more, or text, or error"
        raise InputError(rule, where=where, found=shorten(line))
    return kind(**told)


def list_answers(events: Sequence[Event]) -> list[Landed]:
    """Return what became of every sample, in the order in which it did."""
    return [event for event in events if isinstance(event, Landed)]
