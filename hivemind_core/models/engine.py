"""Asks an endpoint many things at once, in any weather: one outcome for every request.

Asked again, with growing pauses and eight times at most, is what may go better the next time:
time-outs, lost connections, 408, 409, 429, 5xx, bodies that cannot be read, answers without
words. A 401, 403 or 404 ends the model; all else ends the request.
"""

import asyncio
import math
import random
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Any

from hivemind_core.errors import shorten
from hivemind_core.models.endpoints import NATIVE, Endpoint, make_client
from hivemind_core.models.pace import Pace
from hivemind_core.models.requests import Outcome, Request, check_request

ATTEMPTS = 8
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
LONGEST_WAIT = 600.0  # seconds that Retry-After may ask for
AGAIN = (408, 409, 429)
ENDS_MODEL = (401, 403, 404)
POLL_SECONDS = 0.05
CANCELLED = "cancelled"
FILTERED = "the content filter held the answer back"
NO_ROOM = "max_tokens left no room for an answer"
SPENT = "the budget is spent"
WIDTH = 200
MOST_CHARACTERS = 8
"""Characters of a token, on average: an answer with more has more tokens than it was asked for."""

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


@dataclass(frozen=True)
class Failure:
    """Why an attempt gave no answer.

    Attributes
    ----------
    error : str
    status : int or None
    again : bool
        Whether the next attempt may go better.
    ends_model : bool
    lost : bool
        Whether the service was not reached at all.
    wait : float or None
        Seconds that the service asks to wait.
    parameter : str or None
        A parameter that the model does not take.
    finish_reason : str or None
    """

    error: str
    status: int | None = None
    again: bool = False
    ends_model: bool = False
    lost: bool = False
    wait: float | None = None
    parameter: str | None = None
    finish_reason: str | None = None


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
            if not isinstance(reply, Failure):
                self._answered += 1
                self._pace.take_answer()
                return _finish(about, reply)
            if self._note(request, reply, attempts, before):
                await self._pause(reply, attempts)
            else:
                return replace(
                    about,
                    error=reply.error,
                    status=reply.status,
                    finish_reason=reply.finish_reason,
                )

    async def _attempt(self, request: Request, sent: dict[str, object]) -> Any:  # noqa: ANN401
        """Ask once; return the reply, or why it is none."""
        import openai

        endpoint = self._endpoint
        beside = {name: value for name, value in sent.items() if name not in NATIVE}
        options: dict[str, Any] = {
            "model": request.model,
            "messages": [dict(message) for message in request.messages],
            "extra_body": beside or None,
            **{name: value for name, value in sent.items() if name in NATIVE},
        }
        try:
            if self._hear is not None:
                return await _stream((self._client, endpoint), request, options, self._hear)
            return _check_reply(await self._client.chat.completions.create(**options))
        except openai.APIStatusError as error:
            return _read_status(endpoint, error, sent)
        except openai.APITimeoutError:
            return Failure("no answer in time", again=True)
        except openai.APIConnectionError as error:
            cause = shorten(endpoint.hide_key(str(error.__cause__ or error)), WIDTH)
            return Failure(f"no connection to {endpoint.host}: {cause}", again=True, lost=True)
        except (openai.APIError, ValueError, TypeError) as error:
            # openai 3.54 raises plain ValueErrors for a body that is cut or no JSON.
            words = shorten(endpoint.hide_key(str(error)), WIDTH)
            return Failure(f"an answer that cannot be read: {words}", again=True)

    def _choose_parameters(self, request: Request) -> tuple[dict[str, object], tuple[str, ...]]:
        sent, left_out = self._endpoint.divide(request.parameters)
        unwanted = self._unwanted.get(request.model, set()) & sent.keys()
        kept = {name: value for name, value in sent.items() if name not in unwanted}
        return kept, tuple(sorted({*left_out, *unwanted}))

    def _note(self, request: Request, failure: Failure, attempts: int, before: int) -> bool:
        """Take in a failed attempt, and return whether to try again."""
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


def _finish(about: Outcome, reply: Any) -> Outcome:  # noqa: ANN401
    choice, usage = reply.choices[0], reply.usage
    return replace(
        about,
        text=_mend(_read_text(choice.message)),
        finish_reason=choice.finish_reason,
        input_tokens=getattr(usage, "prompt_tokens", None),
        output_tokens=getattr(usage, "completion_tokens", None),
    )


def _read_text(message: Any) -> str:  # noqa: ANN401
    return str(message.content or getattr(message, "refusal", None) or "")


def _mend(text: str) -> str:
    """Return text with halves of characters joined, and those that stay alone replaced.

    JSON can spell halves, services cut between them, and no file can hold one.
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@dataclass(frozen=True)
class _Heard:
    """An answer that streamed in, in the shape of a whole one."""

    choices: tuple[Any, ...]
    usage: Any


async def _stream(
    asked: tuple[Any, Endpoint],
    request: Request,
    options: dict[str, Any],
    hear: Hear,
) -> Any:  # noqa: ANN401
    """Ask once and listen; a stream without an end is a failure, and no answer."""
    import httpx2

    client, endpoint = asked
    asked_for = options.get("max_tokens") or options.get("max_completion_tokens") or math.inf
    hear(request, "")
    parts: list[str] = []
    left = asked_for * MOST_CHARACTERS
    reason = usage = None
    try:
        stream = await client.chat.completions.create(
            **options, stream=True, stream_options={"include_usage": True}
        )
        if not hasattr(stream, "__aiter__"):
            return Failure("an answer that cannot be read: it is no stream", again=True)
        async with stream:
            async for chunk in stream:
                usage = getattr(chunk, "usage", None) or usage
                for choice in (chunk.choices or ())[:1]:
                    reason = choice.finish_reason or reason
                    if choice.delta is not None and (piece := _read_text(choice.delta)):
                        parts.append(piece)
                        left -= len(piece)
                        hear(request, _mend("".join(parts)))
                if left < 0:  # the service goes on and on: what more it says is not paid for
                    reason = "length"
                    break
    except httpx2.HTTPError as error:
        words = shorten(endpoint.hide_key(str(error)), WIDTH)
        return Failure(f"an answer that was cut: {words}", again=True)
    if reason is None:
        return Failure("an answer that was cut: it has no end", again=True)
    message = SimpleNamespace(content="".join(parts))
    return _check_reply(_Heard((SimpleNamespace(message=message, finish_reason=reason),), usage))


def _check_reply(reply: Any) -> Any:  # noqa: ANN401
    """Return a reply that holds an answer, else why it holds none."""
    choices = getattr(reply, "choices", None)
    if not choices or getattr(choices[0], "message", None) is None:
        return Failure("an answer that cannot be read: it has no choices", again=True)
    reason = choices[0].finish_reason
    if reason == "content_filter":
        return Failure(FILTERED, finish_reason=reason)
    if not _read_text(choices[0].message):
        if reason == "length":
            return Failure(NO_ROOM, finish_reason=reason)
        return Failure("an answer without words", again=True, finish_reason=reason)
    return reply


def _read_status(endpoint: Endpoint, error: Any, sent: dict[str, object]) -> Failure:  # noqa: ANN401
    status = error.status_code
    body = error.body if isinstance(error.body, dict) else {}
    said = body.get("message") or str(error)
    words = shorten(endpoint.hide_key(str(said)).split("\n", maxsplit=1)[0], WIDTH)
    return Failure(
        f"status {status}: {words}",
        status,
        again=status in AGAIN or status >= 500,
        ends_model=status in ENDS_MODEL,
        wait=read_wait(error.response.headers.get("retry-after"), datetime.now(UTC)),
        parameter=_find_parameter(str(said), sent) if status == 400 else None,
    )


def _find_parameter(said: str, sent: dict[str, object]) -> str | None:
    """Return the parameter that a service says it does not support."""
    words = said.casefold()
    if "unsupported" not in words and "not support" not in words:
        return None
    return next((name for name in sent if name in words), None)


def read_wait(header: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for, by number or by date."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(header) - now).total_seconds())
    except (ValueError, TypeError):
        return None
