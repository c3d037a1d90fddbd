"""Reads what a service replied: an answer, whole or streamed, or why there is none.

Services send what they like under the name of the protocol; nothing is taken for what it should be.
"""

import math
import re
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from hivemind_core.errors import shorten
from hivemind_core.models.endpoints import Endpoint

AGAIN = (408, 409, 429)
ENDS_MODEL = (401, 403, 404)
NAMES_PARAMETER = (400, 422)
UNSUPPORTED = ("unsupported", "not support", "not permitted", "unrecognized")
FILTERED = "the content filter held the answer back"
NO_ROOM = "max_tokens left no room for an answer"
CUT = "length"
WIDTH, LONGEST_REASON = 200, 40
MOST_TOKENS = 1_000_000  # a service that counts more has not counted
MOST_CHARACTERS = 8
"""Characters of a token, on average: an answer with more has more tokens than it was asked for."""


@dataclass(frozen=True)
class Reply:
    """An answer.

    Attributes
    ----------
    text : str
        With words in it.
    finish_reason : str or None
    input_tokens, output_tokens : int or None
    """

    text: str
    finish_reason: str | None
    input_tokens: int | None = None
    output_tokens: int | None = None


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


def read_whole(reply: object) -> Reply | Failure:
    """Return the answer in a reply that came in one piece."""
    choice = _find_choice(reply)
    message = getattr(choice, "message", None)
    if message is None:
        return Failure("an answer that cannot be read: it has no choices", again=True)
    return _judge(
        _read_text(message),
        _read_reason(getattr(choice, "finish_reason", None)),
        getattr(reply, "usage", None),
    )


async def read_stream(
    stream: object, most_tokens: float, hear: Callable[[str], None]
) -> Reply | Failure:
    """Return the answer that streams in; one without an end is none.

    Parameters
    ----------
    stream : openai.AsyncStream
    most_tokens : float
        How long it may be; infinite where nothing says so. It is cut where it is longer for sure:
        what more the service says is not paid for.
    hear : callable
        Told, with every piece, all that has come.
    """
    if not isinstance(stream, AsyncIterable):
        return Failure("an answer that cannot be read: it is no stream", again=True)
    import httpx2

    said, left = "", most_tokens * MOST_CHARACTERS
    reason = usage = None
    try:
        async with stream:  # type: ignore[attr-defined]
            async for chunk in stream:
                usage = getattr(chunk, "usage", None) or usage
                choice = _find_choice(chunk)
                reason = _read_reason(getattr(choice, "finish_reason", None)) or reason
                if piece := _read_text(getattr(choice, "delta", None)):
                    said += piece
                    hear(_mend(said))
                if len(said) > left:
                    reason = CUT
                    break
    except httpx2.HTTPError:
        if reason is None:  # else only the count of its tokens is lost
            raise
    if reason is None:
        return Failure("an answer that was cut: it has no end", again=True)
    return _judge(said, reason, usage)


def _judge(said: str, reason: str | None, usage: object) -> Reply | Failure:
    """Return what was said as an answer, else why it is none."""
    if reason == "content_filter":
        return Failure(FILTERED, finish_reason=reason)
    if not said.strip():
        if reason == CUT:
            return Failure(NO_ROOM, finish_reason=reason)
        return Failure("an answer without words", again=True, finish_reason=reason)
    counts = [
        _read_count(getattr(usage, f"{kind}_tokens", None)) for kind in ("prompt", "completion")
    ]
    return Reply(_mend(said), reason, *counts)


def _find_choice(reply: object) -> object:
    choices = getattr(reply, "choices", None)
    return choices[0] if isinstance(choices, list) and choices else None


def _read_text(message: object) -> str:
    """Return the words of a message, or a piece of one; of a refusal where it has no others."""
    content = getattr(message, "content", None)
    if isinstance(content, list):  # some services send parts, and their thoughts among them
        parts = [part for part in content if isinstance(part, dict) and part.get("type") == "text"]
        content = "".join(str(part.get("text") or "") for part in parts)
    told = content or getattr(message, "refusal", None)
    return told if isinstance(told, str) else ""


def _read_reason(value: object) -> str | None:
    return _mend(value[:LONGEST_REASON]) if isinstance(value, str) and value else None


def _read_count(value: object) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool)
    return value if is_count and 0 <= value <= MOST_TOKENS else None  # type: ignore[operator,return-value]


def _mend(text: str) -> str:
    """Return text with halves of characters joined, and those that stay alone replaced.

    JSON can spell halves, services cut between them, and no file can hold one.
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def read_status(endpoint: Endpoint, error: Any, names: Iterable[str]) -> Failure:  # noqa: ANN401
    """Return what an error of a service says.

    Parameters
    ----------
    endpoint : Endpoint
    error : openai.APIStatusError
    names : iterable of str
        Of the parameters that were sent.
    """
    status = error.status_code
    body = error.body if isinstance(error.body, dict) else {}
    said = str(body.get("message") or error)
    words = shorten(endpoint.hide_key(said).split("\n", maxsplit=1)[0], WIDTH)
    is_about = status in NAMES_PARAMETER
    return Failure(
        f"status {status}: {words}",
        status,
        again=status in AGAIN or status >= 500,
        ends_model=status in ENDS_MODEL,
        wait=read_wait(error.response.headers.get("retry-after"), datetime.now(UTC)),
        parameter=_find_parameter(f"{said} {_read_code(body)}", names) if is_about else None,
    )


def _read_code(body: Mapping[str, object]) -> str:
    """Return what an error says beside its words: "unsupported_value stream"."""
    return f"{body.get('code') or ''} {body.get('param') or ''}"


def _find_parameter(said: str, names: Iterable[str]) -> str | None:
    """Return the parameter that a service says it does not take."""
    words = said.casefold()
    if not any(sign in words for sign in UNSUPPORTED):
        return None
    return next((name for name in names if re.search(rf"\b{re.escape(name)}\b", words)), None)


def read_wait(header: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for, by number or by date."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        pass
    else:
        return max(0.0, seconds) if math.isfinite(seconds) else None
    try:
        return max(0.0, (parsedate_to_datetime(header) - now).total_seconds())
    except (ValueError, TypeError):
        return None
