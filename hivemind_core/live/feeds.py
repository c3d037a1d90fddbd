"""Where the answers of a live session come from: models that are asked now, or a recording."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Protocol

from hivemind_core.corpus.identity import Source, name_sources
from hivemind_core.corpus.recording import Asked, Heard, Landed, Recording
from hivemind_core.errors import InputError
from hivemind_core.sampling.answers import Answer, price_answer
from hivemind_core.sampling.asking import Tools, sample
from hivemind_core.sampling.orders import PLAIN, Order, Place

MOST_ANSWERS = 600
"""Of one session: `hivemind sample` asks for more."""


class Listener(Protocol):
    """What takes in a session."""

    def hear(self, source: int, sample: int, text: str) -> None:
        """Take all that has come of an answer so far."""

    def land(self, landed: Landed) -> None:
        """Take what became of a sample; its time is set by the listener."""

    def hold(self, model: str, seconds: float) -> None:
        """Take that the service of a model asks not to be asked for so long."""


class Feed(Protocol):
    """Gives a listener every answer of a session, and returns when all have come."""

    def run(self, listener: Listener, stop: threading.Event) -> None:
        """Run until all has come, or until it is told to stop.

        Raises
        ------
        HivemindError
            If it cannot go on.
        """


def describe_order(order: Order) -> Asked:
    """Return what an order asks, as a session tells it.

    Raises
    ------
    InputError
        If it has more than one query, or asks for more answers than a session takes.
    """
    if len(order.queries) != 1:
        raise InputError("a live session asks one query", found=str(len(order.queries)))
    query = order.queries[0]
    pairs = [
        (served.model, _name_strategy(strategy.name))
        for strategy in order.strategies
        for served in order.models
    ]
    total = len(pairs) * order.samples
    if total > MOST_ANSWERS:
        raise InputError(
            f"a live session asks for at most {MOST_ANSWERS:,} answers",
            found=f"{total:,}",
            remedy="Take fewer samples, or `hivemind sample`",
        )
    strategies = tuple(_name_strategy(strategy.name) for strategy in order.strategies)
    chained = tuple(_name_strategy(one.name) for one in order.strategies if one.differs)
    sources = name_sources(pairs)
    return Asked(query.query_id, query.text, sources, order.samples, strategies, chained)


def _name_strategy(name: str) -> str | None:
    return None if name == PLAIN else name


def find_source(sources: tuple[Source, ...], place: Place) -> int:
    """Return the place of the source that an answer belongs to."""
    strategy = _name_strategy(place.strategy.name)
    return next(
        number
        for number, source in enumerate(sources)
        if (source.model, source.strategy) == (place.served.model, strategy)
    )


@dataclass
class SampleFeed:
    """Asks models now.

    Attributes
    ----------
    order : Order
    tools : Tools
        What it takes, hears and stops with is set here.
    answers : list of Answer
        What has come, for a corpus to keep.
    """

    order: Order
    tools: Tools
    answers: list[Answer] = field(default_factory=list)

    def run(self, listener: Listener, stop: threading.Event) -> None:
        """Ask, and tell the listener of every word; see `Feed`."""
        sources = describe_order(self.order).sources

        def take(answer: Answer) -> None:
            self.answers.append(answer)
            listener.land(_describe(answer, find_source(sources, answer.place)))

        def hear(place: Place, text: str) -> None:
            listener.hear(find_source(sources, place), place.sample, text)

        told = replace(self.tools, take=take, hear=hear, hold=listener.hold, stop=stop)
        sample(self.order, told)


def _describe(answer: Answer, source: int) -> Landed:
    outcome = answer.outcome
    return Landed(
        0.0,
        source,
        answer.place.sample,
        answer.text,
        answer.error,
        outcome.finish_reason,
        outcome.seconds,
        outcome.output_tokens,
        price_answer(answer),
        answer.is_known,
    )


@dataclass(frozen=True)
class ReplayFeed:
    """Plays a recording at the pace at which it was made, without a network.

    Attributes
    ----------
    recording : Recording
    pace : float
        How many times as fast.
    clock : callable
        Seconds on a clock that only goes forward.
    """

    recording: Recording
    pace: float = 1.0
    clock: Callable[[], float] = monotonic

    def run(self, listener: Listener, stop: threading.Event) -> None:
        """Play, and tell the listener of every word; see `Feed`."""
        begun, said = self.clock(), dict[tuple[int, int], str]()
        for event in self.recording.events:
            left = event.at / self.pace - (self.clock() - begun)
            if stop.wait(max(left, 0)):
                return
            slot = (event.source, event.sample)
            if isinstance(event, Heard):
                said[slot] = ("" if event.anew else said.get(slot, "")) + event.more
                listener.hear(*slot, said[slot])
            else:
                listener.land(event)
