"""Asks for what was ordered: endpoints -> engine -> journal."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from hivemind_core.corpus.answer_journal import AnswerJournal, Pen
from hivemind_core.models.budget import Purse
from hivemind_core.models.endpoints import Endpoint
from hivemind_core.models.engine import Conditions, Ears, ask_all
from hivemind_core.models.requests import Outcome, Request
from hivemind_core.models.strategies import read_answer
from hivemind_core.progress import Report, report_nothing
from hivemind_core.sampling.answers import Answer
from hivemind_core.sampling.orders import (
    LIST_ATTEMPTS,
    Order,
    Place,
    list_places,
    make_place_key,
    preview,
    write_request,
)

UNLISTED = "a list of answers was asked for, and none came"

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Tools:
    """What sampling works with.

    Attributes
    ----------
    journal : AnswerJournal
    take : callable
        Called with every answer the moment it is there.
    hear : callable or None
        Called with the place and all that has come of its answer, while it streams in.
    hold : callable
        Called with a model and the seconds for which its service asks not to be asked.
    stop : threading.Event
    report : Report
    conditions : Conditions or None
    clock : callable
    is_anew : bool
        Whether to ask, and pay, for what the journal has too.
    """

    journal: AnswerJournal
    take: Callable[[Answer], None] = lambda _: None
    hear: Callable[[Place, str], None] | None = None
    hold: Callable[[str, float], None] = lambda _, __: None
    stop: threading.Event = field(default_factory=threading.Event)
    report: Report = report_nothing
    conditions: Conditions | None = None
    clock: Clock = lambda: datetime.now(UTC)
    is_anew: bool = False


def sample(order: Order, tools: Tools) -> list[Answer]:
    """Ask for every answer of an order, and return them in its order.

    What the journal has is not asked again; what failed is. An answer is in the journal the
    moment it comes, so that a run that was killed goes on where it was.

    Raises
    ------
    InputError
        See `preview`; nothing is sent then.
    """
    preview(order)
    with tools.journal.open_pen() as pen:
        return asyncio.run(_Sampling(order, tools, pen).run())


class _Sampling:
    """One order on its way."""

    def __init__(self, order: Order, tools: Tools, pen: Pen) -> None:
        self._order, self._tools, self._pen = order, tools, pen
        self._purse = Purse(order.budget)
        self._places = list_places(order)
        self._answers: dict[Place, Answer] = {}
        self._asked: dict[str, Place] = {}
        self._keys: dict[Place, bytes] = {}
        self._discarded: dict[Place, tuple[Outcome, ...]] = defaultdict(tuple)

    async def run(self) -> list[Answer]:
        """Ask in rounds: all that stand alone at once, what builds on earlier answers after."""
        alone = [place for place in self._places if not place.strategy.differs]
        chained: dict[int, list[Place]] = defaultdict(list)
        for place in self._places:
            if place.strategy.differs:
                chained[place.sample].append(place)
        for round_ in (alone, *(chained[number] for number in sorted(chained))):
            while left := [place for place in round_ if place not in self._answers]:
                await self._ask(left)
        return [self._answers[place] for place in self._places]

    async def _ask(self, places: Sequence[Place]) -> None:
        """Ask for answers; those whose list did not come stay open while there are attempts."""
        requests = {
            place: write_request(self._order, place, self._list_before(place)) for place in places
        }
        self._asked |= {request.key: place for place, request in requests.items()}
        keys = {place: make_place_key(place, request) for place, request in requests.items()}
        self._keys |= keys
        wanted = [] if self._tools.is_anew else list(keys.values())
        known = self._tools.journal.read(wanted)
        by_endpoint: dict[Endpoint, list[Request]] = defaultdict(list)
        for place, request in requests.items():
            kept = known.get(keys[place])
            if kept is None or _read(place, kept["text"]) is None:
                by_endpoint[place.served.endpoint].append(request)
            else:
                created = kept.pop("created")
                self._take(place, Outcome(request, **kept), created, is_known=True)
        await asyncio.gather(
            *(self._ask_endpoint(endpoint, asked) for endpoint, asked in by_endpoint.items())
        )

    async def _ask_endpoint(self, endpoint: Endpoint, requests: Sequence[Request]) -> None:
        hear = self._tools.hear
        # Whole answers come from every service, with a count of their tokens, at a part of the
        # work. What streams in can be cut where it grows too long: with a cap that decides.
        if hear is None and self._purse.budget is not None:
            hear = _hear_nothing

        def keep(outcome: Outcome) -> None:
            self._purse.settle(endpoint, outcome)
            self._keep(outcome)

        ears = Ears(
            keep,
            lambda request: self._purse.take(endpoint, request),
            None if hear is None else lambda one, text: hear(self._asked[one.key], text),
            self._purse.lose,
            self._tools.hold,
        )
        tools = self._tools
        await ask_all(endpoint, requests, ears, stop=tools.stop, conditions=tools.conditions)

    def _list_before(self, place: Place) -> list[str]:
        """Return the model's earlier answers, where a strategy shows them, in their order."""
        if not place.strategy.differs:
            return []
        earlier = [replace(place, sample=number) for number in range(place.sample)]
        found = [self._answers[one].text for one in earlier if one in self._answers]
        return [text for text in found if text]

    def _keep(self, outcome: Outcome) -> None:
        place = self._asked[outcome.request.key]
        created = self._tools.clock().astimezone(UTC).isoformat(timespec="seconds")
        if outcome.text is not None and _read(place, outcome.text) is None:
            if len(self._discarded[place]) + 1 < LIST_ATTEMPTS:
                self._discarded[place] += (outcome,)
                return
        elif outcome.text is not None:
            content = {k: v for k, v in vars(outcome).items() if k != "request"}
            self._pen.write(self._keys[place], content | {"created": created})
        self._take(place, outcome, created)

    def _take(
        self, place: Place, outcome: Outcome, created: str, *, is_known: bool = False
    ) -> None:
        text, error = outcome.text, outcome.error
        if text is not None:
            text = _read(place, text)
            error = UNLISTED if text is None else None
        answer = Answer(place, text, outcome, error, created, is_known, self._discarded[place])
        self._answers[place] = answer
        self._tools.take(answer)
        self._tools.report("sample", len(self._answers), len(self._places))


def _read(place: Place, said: str) -> str | None:
    return read_answer(place.strategy, said, place.query.text, place.sample)


def _hear_nothing(place: Place, text: str) -> None:
    """Take no notice."""
