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
        in the prompt, and with the shortest. None where a price is not stated.
    """

    requests: int
    likely: float | None
    most: float | None


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
    bounds: list[float | None] = []
    for characters in (USUAL_CHARACTERS, LEAST_CHARACTERS):
        costs = [bound_cost(endpoint, request, characters) for endpoint, request in listed]
        known = [cost for cost in costs if cost is not None]
        bounds.append(sum(known) if len(known) == len(costs) else None)
    return Cost(len(listed), *bounds)


def price_outcome(endpoint: Endpoint, outcome: Outcome) -> float:
    """Return what an answer cost in USD; its bound where the service does not count tokens."""
    if outcome.input_tokens is None or outcome.output_tokens is None:
        bound = bound_cost(endpoint, outcome.request, LEAST_CHARACTERS)
        return bound or 0.0
    told = outcome.input_tokens * (endpoint.input_price or 0.0)
    return (told + outcome.output_tokens * (endpoint.output_price or 0.0)) / MILLION


class Purse:
    """Money that may be spent: every attempt is paid for at its bound before it is sent.

    Parameters
    ----------
    budget : float or None
        USD; None: no cap.

    Notes
    -----
    An attempt that failed stays paid for at its bound: services charge for some of these.
    """

    def __init__(self, budget: float | None) -> None:
        if budget is not None and not budget >= 0:
            raise InputError("a budget is 0 USD or more", where="--budget", found=str(budget))
        self.budget = budget
        self.spent = 0.0
        self._lock = threading.Lock()

    def take(self, endpoint: Endpoint, request: Request) -> bool:
        """Set the bound of one attempt aside; False where it is not there any more."""
        if self.budget is None:
            return True
        bound = bound_cost(endpoint, request, LEAST_CHARACTERS)
        with self._lock:
            if bound is None or self.spent + bound > self.budget:
                return False
            self.spent += bound
            return True

    def settle(self, endpoint: Endpoint, outcome: Outcome) -> None:
        """Give back what an answer cost less than its bound."""
        bound = bound_cost(endpoint, outcome.request, LEAST_CHARACTERS)
        if self.budget is None or bound is None or outcome.text is None:
            return
        with self._lock:
            self.spent -= max(0.0, bound - price_outcome(endpoint, outcome))


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
