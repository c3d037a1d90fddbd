"""What sampling costs: an upper bound before, and a cap that is never passed."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from hivemind_core.errors import InputError
from hivemind_core.models.endpoints import Endpoint
from hivemind_core.models.requests import Outcome, Request

LEAST_CHARACTERS = 1.0
"""Characters a token has at least, on average: no prompt has more tokens than characters."""
USUAL_CHARACTERS = 4.0
"""Characters that a token of English has on average: for an estimate, not for a bound."""
MILLION = 1e6


@dataclass(frozen=True)
class Cost:
    """What some requests may cost.

    Attributes
    ----------
    requests : int
    likely, most : float or None
        USD, with every answer as long as max_tokens lets it be: with the usual length of a token
        in the prompt, and with the shortest. Of those with a price; None where none has one.
    unpriced : int
        Requests whose price is not stated.
    """

    requests: int
    likely: float | None
    most: float | None
    unpriced: int = 0


def bound_cost(endpoint: Endpoint, request: Request, characters: float) -> float | None:
    """Return what one attempt may cost in USD; None where a price or max_tokens is not stated."""
    tokens = request.parameters.get("max_tokens")
    if endpoint.input_price is None or endpoint.output_price is None or tokens is None:
        return None
    length = sum(len(message["content"]) for message in request.messages)
    told = length / characters * endpoint.input_price
    return (told + float(str(tokens)) * endpoint.output_price) / MILLION


def preview_cost(pairs: Iterable[tuple[Endpoint, Request]]) -> Cost:
    """Return what requests may cost together, each sent once."""
    listed = list(pairs)
    likely, most = (
        [
            cost
            for endpoint, request in listed
            if (cost := bound_cost(endpoint, request, characters)) is not None
        ]
        for characters in (USUAL_CHARACTERS, LEAST_CHARACTERS)
    )
    return Cost(
        len(listed),
        sum(likely) if likely else None,
        sum(most) if most else None,
        len(listed) - len(most),
    )


def price_outcome(endpoint: Endpoint, outcome: Outcome) -> float:
    """Return what an answer cost in USD; its bound where the service does not count tokens."""
    if outcome.input_tokens is None or outcome.output_tokens is None:
        bound = bound_cost(endpoint, outcome.request, LEAST_CHARACTERS)
        return bound or 0.0
    told = outcome.input_tokens * (endpoint.input_price or 0.0)
    return (told + outcome.output_tokens * (endpoint.output_price or 0.0)) / MILLION


class Purse:
    """Money that may be spent: every attempt is set aside at its bound before it is sent.

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
        if budget is not None and not budget >= 0:
            raise InputError("a budget is 0 USD or more", where="--budget", found=str(budget))
        self.budget = budget
        self.spent = 0.0
        self._held = 0.0
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
        bound = bound_cost(endpoint, request, LEAST_CHARACTERS)
        with self._lock:
            if bound is None or self.spent + bound > self.budget:
                return False
            if self.spent + self._held + bound > self.budget:
                return None
            self._held += bound
            return True

    def settle(self, endpoint: Endpoint, outcome: Outcome) -> None:
        """Count what a request has cost in all its attempts, and free what they held."""
        bound = bound_cost(endpoint, outcome.request, LEAST_CHARACTERS)
        if self.budget is None or bound is None:
            return
        last = bound if outcome.text is None else price_outcome(endpoint, outcome)
        with self._lock:
            self._held = max(self._held - outcome.attempts * bound, 0.0)
            if outcome.attempts:
                self.spent += (outcome.attempts - 1) * bound + last


def check_budget(budget: float | None, pairs: Iterable[tuple[Endpoint, Request]]) -> None:
    """Refuse a cap that cannot be kept, before anything is sent.

    Raises
    ------
    InputError
        If there is a cap, and a model without a price.
    """
    if budget is None:
        return
    for endpoint, request in pairs:
        if bound_cost(endpoint, request, LEAST_CHARACTERS) is None:
            raise InputError(
                "a budget needs the prices of every model, and max_tokens",
                where=f"endpoint {endpoint.name}",
                found=f"none for {request.model}",
                remedy="Give input_price and output_price in the file of endpoints",
            )
