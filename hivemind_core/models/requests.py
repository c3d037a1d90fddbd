"""Requests to a model and what became of them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from hivemind_core.errors import InputError, shorten

LONGEST_PROMPT = 100_000  # characters; below it nothing is refused
RANGES: Mapping[str, tuple[float, float]] = {
    "temperature": (0, 10),
    "top_p": (0, 1),
    "min_p": (0, 1),
    "max_tokens": (1, 1_000_000),
}

Message = Mapping[str, str]


@dataclass(frozen=True)
class Request:
    """One answer to ask for.

    Attributes
    ----------
    key : str
        Tells it from every other one: the repeat is part of it.
    model : str
    messages : tuple of mapping
        Each with role and content.
    parameters : mapping
        Such as temperature; an endpoint is sent those that it takes.
    """

    key: str
    model: str
    messages: tuple[Message, ...]
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of a request.

    Attributes
    ----------
    request : Request
    text : str or None
        The answer; None where there is none.
    finish_reason : str or None
    input_tokens, output_tokens : int or None
        As the service counts them; None where it does not say.
    seconds : float
        From the first attempt to the end, waiting included.
    attempts : int
        Times it was sent.
    error : str or None
        Why there is no answer, in one line without a key.
    status : int or None
        HTTP status of the last failure, if there was one.
    sent : mapping
        Parameters that were sent.
    left_out : tuple of str
        Parameters that the endpoint does not take.
    """

    request: Request
    text: str | None = None
    finish_reason: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    seconds: float = 0.0
    attempts: int = 0
    error: str | None = None
    status: int | None = None
    sent: Mapping[str, object] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def check_request(request: Request) -> None:
    """Refuse what no service should be sent.

    Raises
    ------
    InputError
        If it names no model, says nothing, is longer than 100,000 characters, or a parameter is
        out of range.
    """
    length = sum(len(message.get("content", "")) for message in request.messages)
    if not request.model.strip():
        raise InputError("a request must name a model", where=request.key)
    if not length:
        raise InputError("a request must say something", where=request.key)
    if length >= LONGEST_PROMPT:
        rule = f"a prompt has less than {LONGEST_PROMPT:,} characters"
        raise InputError(rule, where=request.key, found=f"{length:,}")
    for name, (low, high) in RANGES.items():
        value = request.parameters.get(name, low)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value) or not low <= value <= high:  # type: ignore[arg-type,operator]
            rule = f"{name} is a number from {low:g} to {high:g}"
            raise InputError(rule, where=request.key, found=shorten(value))
