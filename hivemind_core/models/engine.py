"""Asks an endpoint many things at once, in any weather: one outcome for every request.

Asked again, with growing pauses and eight times at most, is what may go better the next time:
time-outs, lost connections, 408, 409, 429, 5xx, bodies that cannot be read, answers without
words. A 401, 403 or 404 ends the model; all else ends the request.
"""

import asyncio
import random
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from hivemind_core.errors import shorten
from hivemind_core.models.endpoints import (
    MAX_TOKENS,
    MAX_TOKENS_LATER,
    NATIVE,
    Endpoint,
    make_client,
)
from hivemind_core.models.pace import Pace
from hivemind_core.models.replies import (
    WIDTH,
    Failure,
    Reply,
    read_status,
    read_stream,
    read_whole,
)
from hivemind_core.models.requests import Outcome, Request, check_request

ATTEMPTS = 8
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
LONGEST_WAIT = 600.0  # seconds that Retry-After may ask for
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


@dataclass(frozen=True)
class Ears:
    """Who listens to a call of the engine.

    Attributes
    ----------
    keep : Keep
    admit : Admit
    hear : Hear or None
        None: answers come whole, in one piece.
    """

    keep: Keep
    admit: Admit = lambda _: True
    hear: Hear | None = None


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
        await run.work(list(reversed(waiting)), stop or threading.Event())


class _Run:
    """One call of `ask_all`."""

    def __init__(self, endpoint: Endpoint, client: Any, ears: Ears, conditions: Conditions) -> None:  # noqa: ANN401
        self._endpoint, self._client, self._keep = endpoint, client, ears.keep
        self._admit, self._hear = ears.admit, ears.hear
        self._conditions = conditions
        self._pace = Pace(endpoint.max_concurrency, conditions.clock, conditions.sleep)
        self._ended: dict[str, Failure] = {}
        self._unwanted: dict[str, set[str]] = {}
        self._answered = 0
        self._gone: Failure | None = None

    async def work(self, waiting: list[Request], stop: threading.Event) -> None:
        """Let workers take requests from the end of the list until it is empty, or stopped."""
        count = min(self._endpoint.max_concurrency, len(waiting))
        workers = [asyncio.create_task(self._serve(waiting)) for _ in range(count)]
        watch = asyncio.create_task(_watch(stop, workers))
        try:
            await asyncio.gather(*workers)
        except asyncio.CancelledError:
            if not stop.is_set():
                raise
            await asyncio.gather(*workers, return_exceptions=True)
            for request in reversed(waiting):
                self._keep(Outcome(request, error=CANCELLED))
        finally:
            watch.cancel()
            for worker in workers:
                worker.cancel()

    async def _serve(self, waiting: list[Request]) -> None:
        while waiting:
            request = waiting.pop()
            started = self._conditions.clock()
            outcome = Outcome(request, error=CANCELLED)
            try:
                outcome = await self._settle(request)
            finally:
                self._keep(replace(outcome, seconds=self._conditions.clock() - started))

    async def _settle(self, request: Request) -> Outcome:
        """Return what becomes of a request, asked as often as it takes."""
        attempts = 0
        while True:
            ended = self._ended.get(request.model) or self._gone
            sent, left_out = self._choose_parameters(request)
            about = Outcome(request, attempts=attempts, sent=sent, left_out=left_out)
            if ended is not None:
                return replace(about, error=ended.error, status=ended.status)
            before = self._answered
            async with self._pace.enter():
                if self._ended.get(request.model) or self._gone:
                    continue
                is_admitted = self._admit(request)
                if is_admitted:
                    attempts += 1
                    about = replace(about, attempts=attempts)
                    reply = await self._attempt(request, sent)
            if is_admitted is None:
                await self._conditions.sleep(POLL_SECONDS)
                continue
            if not is_admitted:
                return replace(about, error=SPENT)
            if isinstance(reply, Reply):
                self._answered += 1
                self._pace.take_answer()
                return replace(about, **vars(reply))
            if self._note(request, reply, attempts, before):
                await self._pause(reply, attempts)
            else:
                return replace(
                    about,
                    error=reply.error,
                    status=reply.status,
                    finish_reason=reply.finish_reason,
                )

    async def _attempt(self, request: Request, sent: dict[str, object]) -> Reply | Failure:
        """Ask once; return the answer, or why there is none."""
        import httpx2
        import openai

        endpoint, listening = self._endpoint, self._choose_stream(request)
        try:
            return await self._send(request, sent, listening)
        except openai.APIStatusError as error:
            return read_status(endpoint, error, (*sent, *reversed(listening)))
        except httpx2.HTTPError as error:  # openai passes on what breaks a stream
            words = shorten(endpoint.hide_key(str(error)), WIDTH)
            return Failure(f"an answer that was cut: {words}", again=True)
        except openai.APITimeoutError:
            return Failure("no answer in time", again=True)
        except openai.APIConnectionError as error:
            cause = shorten(endpoint.hide_key(str(error.__cause__ or error)), WIDTH)
            return Failure(f"no connection to {endpoint.host}: {cause}", again=True, lost=True)
        except (openai.APIError, ValueError, TypeError, AttributeError, LookupError) as error:
            # openai 3.54 raises plain errors for a body that is cut, no JSON, or of another shape.
            words = shorten(endpoint.hide_key(str(error)), WIDTH)
            return Failure(f"an answer that cannot be read: {words}", again=True)

    async def _send(
        self, request: Request, sent: dict[str, object], listening: dict[str, object]
    ) -> Reply | Failure:
        options: dict[str, Any] = {
            "model": request.model,
            "messages": [dict(message) for message in request.messages],
            "extra_body": {k: v for k, v in sent.items() if k not in NATIVE} or None,
            **{name: value for name, value in sent.items() if name in NATIVE},
            **listening,
        }
        hear = self._hear
        if hear is None or not listening:
            return read_whole(await self._client.chat.completions.create(**options))
        hear(request, "")
        most = float(str(request.parameters.get(MAX_TOKENS, "inf")))
        stream = await self._client.chat.completions.create(**options)
        return await read_stream(stream, most, lambda said: hear(request, said))

    def _choose_stream(self, request: Request) -> dict[str, object]:
        """Return what an answer is streamed with; nothing where it comes whole."""
        unwanted = self._unwanted.get(request.model, set())
        if self._hear is None or STREAM in unwanted:
            return {}
        counted = {} if COUNTED in unwanted else {COUNTED: {"include_usage": True}}
        return {STREAM: True, **counted}

    def _choose_parameters(self, request: Request) -> tuple[dict[str, object], tuple[str, ...]]:
        return self._endpoint.divide(request.parameters, self._unwanted.get(request.model, ()))

    def _note(self, request: Request, failure: Failure, attempts: int, before: int) -> bool:
        """Take in a failed attempt, and return whether to try again."""
        if failure.parameter == MAX_TOKENS_LATER:
            return False  # to ask without a limit could cost anything
        if failure.parameter is not None:
            self._unwanted.setdefault(request.model, set()).add(failure.parameter)
            return True
        if failure.status == 429:
            self._pace.take_refusal(min(failure.wait or 0.0, LONGEST_WAIT))
        elif failure.again:
            self._pace.take_failure()
        if failure.ends_model:
            self._ended[request.model] = failure
        if failure.again and attempts < ATTEMPTS:
            return True
        # Where nobody is there, the others need not wait as long to learn it.
        if failure.lost and self._answered == before:
            self._gone = failure
        return False

    async def _pause(self, failure: Failure, attempts: int) -> None:
        if failure.parameter is not None:
            return
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempts - 1))
        spread = pause * (0.5 + self._conditions.chance.random() / 2)
        await self._conditions.sleep(max(spread, min(failure.wait or 0.0, LONGEST_WAIT)))


async def _watch(stop: threading.Event, workers: list["asyncio.Task[None]"]) -> None:
    while not stop.is_set():
        await asyncio.sleep(POLL_SECONDS)
    for worker in workers:
        worker.cancel()
