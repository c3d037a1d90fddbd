"""Orders: queries x models x strategies x repeats, what each is asked, and what it may cost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hivemind_core.corpus.answer_journal import AnswerJournal, make_key
from hivemind_core.corpus.identity import make_query_id
from hivemind_core.corpus.records import LAYOUTS, read_records
from hivemind_core.corpus.rows import Sieve
from hivemind_core.corpus.tables import QUERIES
from hivemind_core.errors import InputError, shorten
from hivemind_core.models.budget import Cost, check_budget, preview_cost
from hivemind_core.models.endpoint_file import Plan, Served
from hivemind_core.models.endpoints import MAX_TOKENS
from hivemind_core.models.requests import Request, check_request
from hivemind_core.models.strategies import Strategy, write_messages

MOST_SAMPLES = 10_000
LIST_ATTEMPTS = 3
"""Times that a list is asked for: who gave none in three hardly will in eight, at eight prices."""
PLAIN = "plain"


@dataclass(frozen=True)
class Query:
    """A query to ask: its id in the corpus, and its text."""

    query_id: str
    text: str


@dataclass(frozen=True)
class Order:
    """What is to be sampled.

    Attributes
    ----------
    queries : tuple of Query
    models : tuple of Served
    strategies : tuple of Strategy
    samples : int
        Of each model, strategy and query.
    max_tokens : int
    budget : float or None
        USD.
    first : int
        Number of the first sample: above 0 where earlier ones are held already. A strategy that
        shows a model its earlier answers shows those of this order, and not the ones before.
    """

    queries: tuple[Query, ...]
    models: tuple[Served, ...]
    strategies: tuple[Strategy, ...]
    samples: int
    max_tokens: int = 512
    budget: float | None = None
    first: int = 0


@dataclass(frozen=True)
class Place:
    """Where one answer belongs."""

    query: Query
    served: Served
    strategy: Strategy
    sample: int


def choose_strategies(plan: Plan, names: Sequence[str]) -> tuple[Strategy, ...]:
    """Return strategies by their names.

    Raises
    ------
    InputError
        If one is unknown.
    """
    for name in names:
        if name not in plan.strategies:
            known = ", ".join(plan.strategies)
            raise InputError(f"a strategy is one of {known}", where="--strategy", found=name)
    return tuple(plan.strategies[name] for name in dict.fromkeys(names))


def read_queries(texts: Sequence[str], file: Path | None) -> tuple[Query, ...]:
    """Return the queries to ask: those given as texts, then those of a file.

    Raises
    ------
    InputError
        If one is empty, two of one id say different things, or the file cannot be read.
    """
    records = [] if file is None else read_records(file, LAYOUTS[QUERIES.name], Sieve())
    given = [Query(make_query_id(text), text) for text in texts]
    given += [
        Query(values.get("query_id") or make_query_id(values["query"]), values["query"])
        for values, _ in records
    ]
    for query in given:
        if not query.text.strip():
            raise InputError("a query must say something", found="an empty one")
    by_id: dict[str, str] = {}
    for query in given:
        if by_id.setdefault(query.query_id, query.text) != query.text:
            raise InputError(
                "queries of one query_id must be the same",
                where=f"query {query.query_id}",
                found=f"{shorten(by_id[query.query_id])}, and {shorten(query.text)}",
            )
    return tuple(dict.fromkeys(given))


def list_places(order: Order) -> list[Place]:
    """Return every answer that an order asks for, repeat after repeat.

    Raises
    ------
    InputError
        If there is nothing to ask, or a number is out of range.
    """
    if not 1 <= order.samples <= MOST_SAMPLES:
        rule = f"samples are from 1 to {MOST_SAMPLES:,}"
        raise InputError(rule, where="--samples", found=str(order.samples))
    if order.first < 0:
        raise InputError("samples are numbered from 0", found=str(order.first))
    for name, things in (("query", order.queries), ("strategy", order.strategies)):
        if not things:
            raise InputError(f"there must be a {name} to ask", found="none")
    return [
        Place(query, served, strategy, sample)
        for sample in range(order.first, order.first + order.samples)
        for query in order.queries
        for strategy in order.strategies
        for served in order.models
    ]


def preview(order: Order) -> Cost:
    """Return what an order may cost, checked as it would be before it is sent.

    A list may be paid for as often as it is asked for. What else is asked again has failed, which
    services do not charge for as a rule: only a budget counts it.

    Raises
    ------
    InputError
        If something in it cannot be sent, or its budget cannot be kept.
    """
    pairs, again = [], []
    for place in list_places(order):
        request = write_request(order, place, ())
        check_request(request)
        pairs.append((place.served.endpoint, request))
        again += pairs[-1:] * (LIST_ATTEMPTS - 1 if place.strategy.lists else 0)
    check_budget(order.budget, pairs)
    cost, more = preview_cost(pairs), preview_cost(again).most
    return cost if cost.most is None or more is None else replace(cost, most=cost.most + more)


def write_request(order: Order, place: Place, before: Sequence[str]) -> Request:
    """Return what a model is asked for one answer, `before` being its earlier ones."""
    parameters = {**place.strategy.parameters, MAX_TOKENS: order.max_tokens}
    messages = write_messages(place.strategy, place.query.text, place.sample, before)
    name = (place.query.query_id, place.served.model, place.strategy.name, place.sample)
    return Request("\x1f".join(map(str, name)), place.served.model, messages, parameters)


def make_place_key(place: Place, request: Request) -> bytes:
    """Return what an answer is kept under: everything that makes it, and no key of a service."""
    endpoint = place.served.endpoint
    sent, _ = endpoint.divide(request.parameters)
    messages = [dict(message) for message in request.messages]
    # The strategy is part of it: two that send the same are two draws, not one counted twice.
    asked = (endpoint.address, request.model, messages, sent)
    return make_key(*asked, place.strategy.name, place.sample)


def count_known(order: Order, journal: AnswerJournal) -> int:
    """Return how many answers of an order the journal has.

    Answers that build on earlier ones are not counted: what they are asked is not known yet.
    """
    alone = [place for place in list_places(order) if not place.strategy.differs]
    keys = [make_place_key(place, write_request(order, place, ())) for place in alone]
    return len(journal.read(keys))


def format_cost(cost: Cost, known: int = 0) -> str:
    """Return in a line what an order may cost.

    Parameters
    ----------
    cost : Cost
    known : int
        Answers that were asked for before: they cost nothing again.
    """
    told = f"{cost.requests:,} answers"
    if known:
        told += f", {known:,} of them known, which cost nothing again"
    if cost.most is None:
        return f"{told}; no prices are stated, so that the cost is not known"
    priced = f"{told}, at most {cost.most:.4f} USD"
    if not cost.unpriced:
        return priced
    return f"{priced} without the {cost.unpriced:,} whose price is not stated"
