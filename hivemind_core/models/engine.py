"""Asks an endpoint many things at once, in any weather: one outcome for every request.

Asked again, with growing pauses and eight times at most, is what may go better the next time:
time-outs, lost connections, 408, 409, 429, 5xx, bodies that cannot be read, answers without
words. A 401, 403 or 404, or a quota that is used up, ends the model; all else ends the request.
What waits for its next attempt holds no place: others are asked meanwhile. Only where nobody can
connect, time after time, all end.
"""

import asyncio
import random
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from hivemind_core.models.endpoints import (
    MAX_TOKENS,
    MAX_TOKENS_LATER,
    NATIVE,
    Endpoint,
    make_client,
)
from hivemind_core.models.pace import Pace
from hivemind_core.models.replies import (
    Failure,
    Reply,
    misread,
    read_reply,
    read_status,
    read_trouble,
)
from hivemind_core.models.requests import Outcome, Request, check_request

ATTEMPTS = 8
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
LONGEST_WAIT = 600.0  # seconds that Retry-After may ask for
WORTH_TELLING = 5.0  # seconds of a wait that people are told of
PATIENCE = 3
"""How many times as long as it may be silent a service may go on without a word of an answer."""
POLL_SECONDS = 0.05
CANCELLED = "cancelled"
SPENT = "the budget is spent"
STREAM, COUNTED = "stream", "stream_options"
"""What a stream is asked for with, and that it counts its tokens: some services take neither."""

Keep = Callable[[Outcome], None]
Admit = Callable[[Request], bool | None]
"""Asked before every attempt; False: it is not sent, and the request ends; None: not yet."""
Hear = Callable[[Request, str], None]
"""Told, while an answer streams in, all that has come of it; "" where it begins anew."""
Lose = Callable[[Request], None]
"""Told of every attempt that failed and is not the last."""
Hold = Callable[[str, float], None]
"""Told the name of a model and for how many seconds its service asks not to be asked."""


@dataclass(frozen=True)
class Ears:
    """Who listens to a call of the engine.

    Attributes
    ----------
    keep : Keep
    admit : Admit
    hear : Hear or None
        None: answers come whole, in one piece.
    lose : Lose
    hold : Hold
    """

    keep: Keep
    admit: Admit = lambda _: True
    hear: Hear | None = None
    lose: Lose = lambda _: None
    hold: Hold = lambda _, __: None


@dataclass(frozen=True)
class Conditions:
    """What the engine needs of the world: a clock, sleep and chance.

    Attributes
    ----------
    clock : callable
        Seconds on a clock that only goes forward.
    sleep : callable
    chance : random.Random
        Spreads pauses, so that requests that failed together do not return together.
    """

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: random.Random = field(default_factory=random.Random)


def ask(
    endpoint: Endpoint,
    requests: Iterable[Request],
    ears: Ears,
    *,
    stop: threading.Event | None = None,
    conditions: Conditions | None = None,
) -> None:
    """Ask an endpoint many things; see `ask_all`. Runs its own event loop, in this thread."""
    asyncio.run(ask_all(endpoint, requests, ears, stop=stop, conditions=conditions))


async def ask_all(
    endpoint: Endpoint,
    requests: Iterable[Request],
    ears: Ears,
    *,
    stop: threading.Event | None = None,
    conditions: Conditions | None = None,
) -> None:
    """Ask an endpoint many things, as many at once as it bears.

    Parameters
    ----------
    endpoint : Endpoint
    requests : iterable of Request
        All are checked before the first is sent.
    ears : Ears
        `keep` is called with each outcome the moment it is there, exactly once a request, in the
        thread of the event loop. An outcome has a text, or an error that says why not.
    stop : threading.Event, optional
        Set from anywhere: what is in flight is given up, and the rest is not sent.
    conditions : Conditions, optional

    Raises
    ------
    InputError
        If a request is refused by `check_request`; nothing is sent then.
    """
    waiting = list(requests)
    for request in waiting:
        check_request(request)
    async with make_client(endpoint) as client:
        run = _Run(endpoint, client, ears, conditions or Conditions())
        await run.work(waiting, stop or threading.Event())


@dataclass(order=True)
class _Errand:
    """A request on its way; who was asked for first goes first."""

    number: int
    request: Request = field(compare=False)
    attempts: int = field(default=0, compare=False)
    began: float | None = field(default=None, compare=False)


class _Run:
    """One call of `ask_all`."""

    def __init__(self, endpoint: Endpoint, client: Any, ears: Ears, conditions: Conditions) -> None:  # noqa: ANN401
        self._endpoint, self._ears, self._conditions = endpoint, ears, conditions
        self._create = client.chat.completions.with_streaming_response.create
        self._pace = Pace(endpoint.max_concurrency, conditions.clock)
        self._queue: asyncio.PriorityQueue[_Errand] = asyncio.PriorityQueue()
        self._open: dict[int, _Errand] = {}
        self._resting: set[asyncio.Task[None]] = set()
        self._ended: dict[str, Failure] = {}
        self._unwanted: dict[str, set[str]] = {}
        self._losses = 0
        self._gone: Failure | None = None

    async def work(self, requests: list[Request], stop: threading.Event) -> None:
        """Let workers take requests from the queue until all have ended, or it is stopped."""
        self._open = {number: _Errand(number, one) for number, one in enumerate(requests)}
        for errand in self._open.values():
            self._queue.put_nowait(errand)
        count = min(self._endpoint.max_concurrency, len(requests))
        work = [self._serve() for _ in range(count)]
        tasks = [asyncio.create_task(one) for one in (self._queue.join(), _watch(stop), *work)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            flying = [*tasks, *self._resting]
            for task in flying:
                task.cancel()
            await asyncio.gather(*flying, return_exceptions=True)
        for task in done:
            task.result()
        for errand in list(self._open.values()):
            self._end(errand, Outcome(errand.request, attempts=errand.attempts, error=CANCELLED))

    async def _serve(self) -> None:
        while True:
            errand = await self._queue.get()
            async with self._pace.enter():
                after = await self._advance(errand)
            if isinstance(after, Outcome):
                self._end(errand, after)
                self._queue.task_done()
            else:
                rest = asyncio.create_task(self._put_off(errand, after))
                self._resting.add(rest)
                rest.add_done_callback(self._resting.discard)

    async def _put_off(self, errand: _Errand, seconds: float) -> None:
        if seconds:
            await self._conditions.sleep(seconds)
        self._queue.put_nowait(errand)
        self._queue.task_done()  # of the time that it was taken before

    def _end(self, errand: _Errand, outcome: Outcome) -> None:
        del self._open[errand.number]
        now = self._conditions.clock()
        began = now if errand.began is None else errand.began
        self._ears.keep(replace(outcome, seconds=now - began))

    async def _advance(self, errand: _Errand) -> Outcome | float:
        """Attempt a request; return what became of it, or the seconds until it is next tried."""
        request = errand.request
        if errand.began is None:
            errand.began = self._conditions.clock()
        while True:
            ended = self._ended.get(request.model) or self._gone
            sent, left_out = self._choose_parameters(request)
            about = Outcome(request, attempts=errand.attempts, sent=sent, left_out=left_out)
            if ended is not None:
                return replace(about, error=ended.error, status=ended.status)
            if wait := self._pace.find_wait(request.model):
                return wait
            is_admitted = self._ears.admit(request)
            if is_admitted is not None:
                break
            await self._conditions.sleep(POLL_SECONDS)
        if not is_admitted:
            return replace(about, error=SPENT)
        errand.attempts += 1
        about = replace(about, attempts=errand.attempts)
        losses = self._losses
        reply = await self._attempt(request, sent)
        if isinstance(reply, Reply):
            self._losses = 0
            self._pace.take_answer()
            return replace(about, **vars(reply))
        pause = self._note(errand, reply, losses)
        if pause is not None:
            self._ears.lose(request)
            return pause
        return replace(
            about, error=reply.error, status=reply.status, finish_reason=reply.finish_reason
        )

    async def _attempt(self, request: Request, sent: dict[str, object]) -> Reply | Failure:
        """Ask once; return the answer, or why there is none."""
        import anyio
        import httpx2
        import openai

        endpoint, listening = self._endpoint, self._choose_stream(request)
        try:
            async with asyncio.timeout(PATIENCE * endpoint.seconds) as patience:
                return await self._send(request, sent, listening, patience)
        except openai.APIStatusError as error:
            return read_status(endpoint, error, (*sent, *reversed(listening)))
        except openai.APIConnectionError as error:
            return read_trouble(endpoint, error.__cause__ or error)
        except (httpx2.HTTPError, OSError, anyio.EndOfStream) as error:
            return read_trouble(endpoint, error)
        except (openai.APIError, ValueError, TypeError, AttributeError, LookupError) as error:
            return misread(endpoint, str(error))

    async def _send(
        self,
        request: Request,
        sent: dict[str, object],
        listening: dict[str, object],
        patience: asyncio.Timeout,
    ) -> Reply | Failure:
        options: dict[str, Any] = {
            "model": request.model,
            "messages": [dict(message) for message in request.messages],
            "extra_body": {k: v for k, v in sent.items() if k not in NATIVE} or None,
            **{name: value for name, value in sent.items() if name in NATIVE},
            **listening,
        }
        tell = self._ears.hear if listening else None

        def hear(said: str) -> None:
            now = asyncio.get_running_loop().time()
            patience.reschedule(now + PATIENCE * self._endpoint.seconds)
            if tell is not None:
                tell(request, said)

        if tell is not None:
            tell(request, "")
        most = float(str(request.parameters.get(MAX_TOKENS, "inf")))
        async with self._create(**options) as response:
            return await read_reply(self._endpoint, response, most, hear)

    def _choose_stream(self, request: Request) -> dict[str, object]:
        """Return what an answer is streamed with; nothing where it comes whole."""
        unwanted = self._unwanted.get(request.model, set())
        if self._ears.hear is None or STREAM in unwanted:
            return {}
        counted = {} if COUNTED in unwanted else {COUNTED: {"include_usage": True}}
        return {STREAM: True, **counted}

    def _choose_parameters(self, request: Request) -> tuple[dict[str, object], tuple[str, ...]]:
        return self._endpoint.divide(request.parameters, self._unwanted.get(request.model, ()))

    def _note(self, errand: _Errand, failure: Failure, losses: int) -> float | None:
        """Take in a failed attempt; return the seconds until the next, None where there is none."""
        model = errand.request.model
        self._note_loss(failure, losses)
        if failure.parameter == MAX_TOKENS_LATER:
            return None  # to ask without a limit could cost anything
        if failure.parameter is not None:
            self._unwanted.setdefault(model, set()).add(failure.parameter)
            return 0.0
        if failure.ends_model:
            self._ended[model] = failure
        if not failure.again:
            return None
        if failure.status == 429:
            self._pace.take_refusal()
        elif failure.status is not None and failure.status >= 500:
            self._pace.take_failure()
        wait = min(failure.wait or 0.0, LONGEST_WAIT)
        if self._pace.take_wait(model, wait) and wait >= WORTH_TELLING:
            self._ears.hold(model, wait)
        pause = self._choose_pause(errand.attempts)
        return max(pause, wait) if errand.attempts < ATTEMPTS else None

    def _note_loss(self, failure: Failure, losses: int) -> None:
        """Hold all back where nobody is there, and end all where that stays so."""
        if not failure.lost:
            self._losses = 0
        elif losses == self._losses:  # those in flight together are lost together: that counts once
            self._losses += 1
            self._pace.take_loss(self._choose_pause(self._losses))
        if self._losses >= ATTEMPTS:
            self._gone = failure

    def _choose_pause(self, attempts: int) -> float:
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempts - 1))
        return pause * (0.5 + self._conditions.chance.random() / 2)


async def _watch(stop: threading.Event) -> None:
    """Return once it is set."""
    while not stop.is_set():
        await asyncio.sleep(POLL_SECONDS)
