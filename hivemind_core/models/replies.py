"""Reads what a service replied: an answer, whole or streamed, or why there is none.

Services send what they like under the name of the protocol; nothing is taken for what it should be.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from hivemind_core.errors import shorten
from hivemind_core.models.bodies import DONE, Body, read_events
from hivemind_core.models.endpoints import Endpoint

AGAIN = (408, 409, 429)
ENDS_MODEL = (401, 403, 404)
NAMES_PARAMETER = (400, 422)
UNSUPPORTED = ("unsupported", "not support", "not permitted", "unrecognized")
LASTING = re.compile(
    "insufficient_quota|invalid_api_key|authentication_error|permission_(error|denied)"
    "|model_not_found|billing_|account_deactivated"
)
WRONG_KEY = re.compile("(invalid|incorrect) (api )?key")
"""What an error says of its kind, or in words, that another attempt will not change."""
FILTERED = "the content filter held the answer back"
NO_ROOM = "max_tokens left no room for an answer"
CUT = "length"
TORN = "an answer that was cut"
UNSEEN = ("Zs", "Zl", "Zp", "Cc", "Cf")
"""Categories of Unicode: spaces, ends of lines, controls, and signs without width."""
WIDTH, LONGEST_REASON = 200, 40
MOST_ASKED = 86_400.0  # seconds; a service that asks for more than a day has not counted
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
        As the service states it, in its error where not in the head of its reply.
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


class Response(Body, Protocol):
    """What a service sends under status 200."""

    @property
    def headers(self) -> Mapping[str, str]:
        """What it says of its body."""


async def read_reply(
    endpoint: Endpoint, response: Response, most_tokens: float, hear: Callable[[str], None]
) -> Reply | Failure:
    """Return the answer that comes, in pieces or whole; one without an end is none.

    Parameters
    ----------
    endpoint : Endpoint
    response : Response
    most_tokens : float
        How long one in pieces may be; infinite where nothing says so. It is cut where it is longer
        for sure: what more the service says is not paid for.
    hear : callable
        Told, with every piece, all that has come.
    """
    import httpx2

    heard = _Heard(most_tokens * MOST_CHARACTERS, hear)
    try:
        async with aclosing(read_events(response)) as events:
            async for event in events:
                if not heard.take(event):
                    break
    except (ValueError, RecursionError) as error:
        if not heard.has_end:  # else only the count of its tokens is lost
            kind = response.headers.get("content-type", "").partition(";")[0].strip()
            is_other = kind and not re.search("json|event-stream", kind.casefold())
            return misread(endpoint, f"it sent {kind}" if is_other else str(error))
    except httpx2.HTTPError:
        if not heard.has_end:
            raise
    return heard.judge(endpoint)


class _Heard:
    """What has come of an answer so far.

    Parameters
    ----------
    most : float
        Characters of one that comes in pieces.
    hear : callable
    """

    def __init__(self, most: float, hear: Callable[[str], None]) -> None:
        self._most, self._hear = most, hear
        self._said = ""
        self._reason: str | None = None
        self._usage: object = None
        self._error: object = None
        self._is_done = self._has_choices = False

    @property
    def has_end(self) -> bool:
        """Whether nothing is missing but, perhaps, the count of its tokens."""
        return self._is_done or self._reason is not None

    def take(self, event: object) -> bool:
        """Take in an event; return whether there is any use in more."""
        self._is_done = self._is_done or event == DONE
        if not isinstance(event, dict):
            return True
        self._error = event.get("error")
        self._usage = event.get("usage") or self._usage
        choice = _find_choice(event)
        self._has_choices = self._has_choices or bool(choice)
        self._reason = _read_reason(choice.get("finish_reason")) or self._reason
        if "message" in choice and "delta" not in choice:
            self._said, self._is_done = _read_text(choice["message"]), True
        elif piece := _read_text(choice.get("delta")):
            self._said += piece
            self._hear(_mend(self._said))
            if len(self._said) > self._most:
                self._reason = CUT
                return False
        return not self._error

    def judge(self, endpoint: Endpoint) -> Reply | Failure:
        """Return it as an answer, else why it is none."""
        if self._error:
            return _read_error(endpoint, self._error)
        if not self._has_choices:
            return misread(endpoint, "it has no choices")
        if not self.has_end:
            return Failure(f"{TORN}: it has no end", again=True)
        return self._judge_words()

    def _judge_words(self) -> Reply | Failure:
        reason, said = self._reason, _mend(self._said)
        if reason == "content_filter":
            return Failure(FILTERED, finish_reason=reason)
        if not has_words(said):
            if reason == CUT:
                return Failure(NO_ROOM, finish_reason=reason)
            return Failure("an answer without words", again=True, finish_reason=reason)
        return Reply(said, reason, *_read_usage(self._usage))


def has_words(text: str) -> bool:
    """Whether there is anything to be seen in a text: not only spaces and signs without width."""
    return any(unicodedata.category(character) not in UNSEEN for character in text)


def _find_choice(event: Mapping[str, object]) -> Mapping[str, object]:
    choices = event.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def _read_text(message: object) -> str:
    """Return the words of a message, or a piece of one; of a refusal where it has no others."""
    if not isinstance(message, dict):
        return ""
    content = message.get("content")
    if isinstance(content, list):  # some services send parts, and their thoughts among them
        parts = [part for part in content if isinstance(part, dict) and part.get("type") == "text"]
        content = "".join(str(part.get("text") or "") for part in parts)
    told = content or message.get("refusal")
    return told if isinstance(told, str) else ""


def _read_usage(usage: object) -> tuple[int | None, int | None]:
    told = usage if isinstance(usage, dict) else {}
    return _read_count(told.get("prompt_tokens")), _read_count(told.get("completion_tokens"))


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


def read_trouble(endpoint: Endpoint, cause: BaseException) -> Failure:
    """Return what came in the way of a reply: only who could not connect knows of all the others.

    Parameters
    ----------
    endpoint : Endpoint
    cause : Exception
        Of httpx2, or of what lies below it.
    """
    import httpx2

    words = shorten(endpoint.hide_key(str(cause) or type(cause).__name__), WIDTH)
    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError):
        is_its = cause.request.url.netloc == httpx2.URL(endpoint.base_url).netloc
        where = endpoint.host if is_its else "where the service redirects to"
        return Failure(f"no connection to {where}: {words}", again=True, lost=is_its)
    if isinstance(cause, httpx2.TimeoutException | TimeoutError):
        return Failure("no answer in time", again=True)
    if isinstance(cause, httpx2.TooManyRedirects):
        return Failure("the service redirects again and again")
    if isinstance(cause, httpx2.DecodingError):
        return misread(endpoint, str(cause))
    return Failure(f"{TORN}: {words}", again=True)


def misread(endpoint: Endpoint, why: str) -> Failure:
    """Return that a reply came which is no answer of this protocol."""
    words = shorten(endpoint.hide_key(why), WIDTH)
    return Failure(f"an answer that cannot be read: {words}", again=True)


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
    parameter = None
    if status in NAMES_PARAMETER:
        parameter = _find_parameter(f"{said} {body.get('code')} {body.get('param')}", names)
    wait = read_wait(error.response.headers.get("retry-after"), datetime.now(UTC))
    failure = _describe_error(endpoint, body | {"message": said}, status)
    return replace(failure, parameter=parameter, wait=wait)


def _read_error(endpoint: Endpoint, told: object) -> Failure:
    """Return what an error says that came where an answer should have: under status 200."""
    body = told if isinstance(told, dict) else {"message": told}
    code = str(body.get("code"))
    status = int(code) if re.fullmatch("[45][0-9][0-9]", code) else None
    return _describe_error(endpoint, {"message": told} | body, status)


def _describe_error(endpoint: Endpoint, body: Mapping[str, object], status: int | None) -> Failure:
    said = str(body["message"])
    words = shorten(endpoint.hide_key(said).split("\n", maxsplit=1)[0], WIDTH)
    about = f"{body.get('type')} {body.get('code')}".casefold()
    lasts = bool(LASTING.search(about) or WRONG_KEY.search(said.casefold()))
    may_pass = status is None or status in AGAIN or status >= 500
    return Failure(
        f"status {status}: {words}" if status else f"an error in place of an answer: {words}",
        status,
        again=may_pass and not lasts,
        ends_model=lasts or status in ENDS_MODEL,
    )


def _find_parameter(said: str, names: Iterable[str]) -> str | None:
    """Return the parameter that a service says it does not take."""
    words = said.casefold()
    if not any(sign in words for sign in UNSUPPORTED):
        return None
    return next((name for name in names if re.search(rf"\b{re.escape(name)}\b", words)), None)


def read_wait(header: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for, by number or by date.

    None where it asks for nothing that can be meant: no number, less than 0, more than a day.
    """
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            # A date that is over, by the clock of this machine, asks for no wait at all.
            seconds = max(0.0, (parsedate_to_datetime(header) - now).total_seconds())
        except (ValueError, TypeError, OverflowError):
            return None
    return seconds if 0 <= seconds <= MOST_ASKED else None
