"""What sampling costs: an upper bound before, and a cap that is never passed."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from hivemind_core.errors import InputError
from hivemind_core.models.endpoints import MAX_TOKENS, MAX_TOKENS_LATER, Endpoint
from hivemind_core.models.requests import Outcome, Request

MILLION = 1e6


@dataclass(frozen=True)
class Cost:
    """What some requests may cost.

    Attributes
    ----------
    requests : int
    most : float or None
        USD, with every answer as long as max_tokens lets it be, and a token for every character
        of the prompt. Of those with a price; None where none has one.
    unpriced : int
        Requests whose price is not stated.
    """

    requests: int
    most: float | None
    unpriced: int = 0


def bound_cost(endpoint: Endpoint, request: Request) -> float | None:
    """Return what one attempt may cost in USD; None where no price is stated, or no limit sent.

    No prompt has more tokens than characters.
    """
    sent, _ = endpoint.divide(request.parameters)
    tokens = sent.get(MAX_TOKENS, sent.get(MAX_TOKENS_LATER))
    if endpoint.input_price is None or endpoint.output_price is None or tokens is None:
        return None
    length = sum(len(message["content"]) for message in request.messages)
    told = length * endpoint.input_price
    return (told + float(str(tokens)) * endpoint.output_price) / MILLION


def preview_cost(pairs: Iterable[tuple[Endpoint, Request]]) -> Cost:
    """Return what requests may cost together, each sent once."""
    bounds = [bound_cost(endpoint, request) for endpoint, request in pairs]
    priced = [bound for bound in bounds if bound is not None]
    return Cost(len(bounds), sum(priced) if priced else None, len(bounds) - len(priced))


def price_outcome(endpoint: Endpoint, outcome: Outcome) -> float:
    """Return what an answer cost in USD; its bound where the service does not count tokens."""
    if outcome.input_tokens is None or outcome.output_tokens is None:
        bound = bound_cost(endpoint, outcome.request)
        return bound or 0.0
    told = outcome.input_tokens * (endpoint.input_price or 0.0)
    return (told + outcome.output_tokens * (endpoint.output_price or 0.0)) / MILLION


class Purse:
    """Money that may be spent: every attempt is set aside at its bound before it is sent.

    Requests are told apart by their keys.

    Parameters
    ----------
    budget : float or None
        USD; None: no cap.

    Attributes
    ----------
    spent : float
        What answers cost, and failed attempts at their bound: services charge for some of these.

    Notes
    -----
    A service that gives more tokens than it was asked for costs more than its bound: this is
    counted as soon as it is known, and nothing is sent after it.
    """

    def __init__(self, budget: float | None) -> None:
        self.budget = budget
        self.spent = 0.0
        self._held: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, endpoint: Endpoint, request: Request) -> bool | None:
        """Set the bound of one attempt aside.

        Returns
        -------
        bool or None
            False where it is not there any more; None where what is in flight holds it, so that
            it may be there later.
        """
        if self.budget is None:
            return True
        bound = bound_cost(endpoint, request)
        with self._lock:
            if bound is None or self.spent + bound > self.budget:
                return False
            if self.spent + sum(self._held.values()) + bound > self.budget:
                return None
            self._held[request.key] = bound
            return True

    def lose(self, request: Request) -> None:
        """Count an attempt that failed at its bound; were it held, others would wait for it."""
        with self._lock:
            self.spent += self._held.pop(request.key, 0.0)

    def settle(self, endpoint: Endpoint, outcome: Outcome) -> None:
        """Count what the last attempt of a request has cost, and free what it held."""
        with self._lock:
            held = self._held.pop(outcome.request.key, 0.0)
            self.spent += held if outcome.text is None else price_outcome(endpoint, outcome)


def check_budget(budget: float | None, pairs: Iterable[tuple[Endpoint, Request]]) -> None:
    """Refuse a cap that cannot be kept, before anything is sent.

    Raises
    ------
    InputError
        If it is below 0, or there is a model without a price, or one that takes no limit.
    """
    if budget is None:
        return
    if not budget >= 0:
        raise InputError("a budget is 0 USD or more", where="--budget", found=str(budget))
    for endpoint, request in pairs:
        if bound_cost(endpoint, request) is None:
            raise InputError(
                "a budget needs the prices of every model, and that it takes max_tokens",
                where=f"endpoint {endpoint.name}",
                found=f"one of them missing for {request.model}",
                remedy="Give input_price, output_price and takes in the file of endpoints",
            )
