"""Samples of models: queries x models x strategies x repeats -> engine -> journal -> corpus."""

import asyncio
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from hivemind_core.corpus.answer_journal import AnswerJournal, Pen, make_key
from hivemind_core.corpus.identity import make_query_id
from hivemind_core.corpus.import_report import ImportReport
from hivemind_core.corpus.merge import Given, take
from hivemind_core.corpus.records import LAYOUTS, Record, read_records
from hivemind_core.corpus.rows import Sieve
from hivemind_core.corpus.store import Corpus, write_files
from hivemind_core.corpus.tables import QUERIES, RESPONSES
from hivemind_core.errors import InputError
from hivemind_core.models.budget import Cost, Purse, check_budget, preview_cost, price_outcome
from hivemind_core.models.endpoint_file import Plan, Served
from hivemind_core.models.endpoints import MAX_TOKENS, MAX_TOKENS_LATER, Endpoint
from hivemind_core.models.engine import Conditions, Ears, ask_all
from hivemind_core.models.requests import Outcome, Request, check_request
from hivemind_core.models.strategies import Strategy, read_answer, write_messages
from hivemind_core.progress import Report, report_nothing

LOG = "requests.parquet"
MOST_SAMPLES = 10_000
UNLISTED = "a list of answers was asked for, and none came"
PLAIN = "plain"

LOG_SCHEMA = pa.schema(
    [
        ("query_id", pa.string()),
        ("model", pa.string()),
        ("strategy", pa.string()),
        ("sample", pa.int64()),
        ("endpoint", pa.string()),
        ("sent", pa.string()),
        ("left_out", pa.list_(pa.string())),
        ("finish_reason", pa.string()),
        ("input_tokens", pa.int64()),
        ("output_tokens", pa.int64()),
        ("usd", pa.float64()),
        ("seconds", pa.float64()),
        ("attempts", pa.int64()),
        ("status", pa.int64()),
        ("error", pa.string()),
        ("created", pa.string()),
    ]
)
"""What a corpus keeps of every request."""

Clock = Callable[[], datetime]


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


@dataclass(frozen=True)
class Answer:
    """What became of one sample.

    Attributes
    ----------
    place : Place
    text : str or None
        The answer; None where there is none.
    outcome : Outcome
    error : str or None
    created : str
        ISO 8601.
    is_known : bool
        Whether an earlier run had asked.
    """

    place: Place
    text: str | None
    outcome: Outcome
    error: str | None
    created: str
    is_known: bool = False


@dataclass(frozen=True)
class Tools:
    """What sampling works with.

    Attributes
    ----------
    journal : AnswerJournal
    take : callable
        Called with every answer the moment it is there.
    hear : callable or None
        Called with the place and all that has come of its answer, while it streams in.
    stop : threading.Event
    report : Report
    conditions : Conditions or None
    clock : callable
    is_anew : bool
        Whether to ask, and pay, for what the journal has too.
    """

    journal: AnswerJournal
    take: Callable[[Answer], None] = lambda _: None
    hear: Callable[[Place, str], None] | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    report: Report = report_nothing
    conditions: Conditions | None = None
    clock: Clock = lambda: datetime.now(UTC)
    is_anew: bool = False


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
        If one is empty, or the file cannot be read.
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

    Raises
    ------
    InputError
        If something in it cannot be sent, or its budget cannot be kept.
    """
    pairs = []
    for place in list_places(order):
        request = _write(order, place, ())
        check_request(request)
        pairs.append((place.served.endpoint, request))
    check_budget(order.budget, pairs)
    return preview_cost(pairs)


def sample(order: Order, tools: Tools) -> list[Answer]:
    """Ask for every answer of an order, and return them in its order.

    What the journal has is not asked again; what failed is. An answer is in the journal the
    moment it comes, so that a run that was killed goes on where it was.

    Raises
    ------
    InputError
        See `preview`; nothing is sent then.
    """
    preview(order)
    with tools.journal.open_pen() as pen:
        return asyncio.run(_Sampling(order, tools, pen).run())


def _write(order: Order, place: Place, before: Sequence[str]) -> Request:
    parameters = {**place.strategy.parameters, MAX_TOKENS: order.max_tokens}
    messages = write_messages(place.strategy, place.query.text, place.sample, before)
    name = (place.query.query_id, place.served.model, place.strategy.name, place.sample)
    return Request("\x1f".join(map(str, name)), place.served.model, messages, parameters)


def _hear_nothing(place: Place, text: str) -> None:
    """Take no notice."""


def make_place_key(place: Place, request: Request) -> bytes:
    """Return what an answer is kept under: everything that makes it, and no key of a service."""
    endpoint = place.served.endpoint
    sent, _ = endpoint.divide(request.parameters)
    messages = [dict(message) for message in request.messages]
    # The strategy is part of it: two that send the same are two draws, not one counted twice.
    asked = (endpoint.address, request.model, messages, sent)
    return make_key(*asked, place.strategy.name, place.sample)


class _Sampling:
    """One order on its way."""

    def __init__(self, order: Order, tools: Tools, pen: Pen) -> None:
        self._order, self._tools, self._pen = order, tools, pen
        self._purse = Purse(order.budget)
        self._places = list_places(order)
        self._answers: dict[Place, Answer] = {}
        self._asked: dict[str, Place] = {}
        self._keys: dict[Place, bytes] = {}

    async def run(self) -> list[Answer]:
        """Ask in rounds: all that stand alone at once, what builds on earlier answers after."""
        alone = [place for place in self._places if not place.strategy.differs]
        chained: dict[int, list[Place]] = defaultdict(list)
        for place in self._places:
            if place.strategy.differs:
                chained[place.sample].append(place)
        await self._ask(alone)
        for number in sorted(chained):
            await self._ask(chained[number])
        return [self._answers[place] for place in self._places]

    async def _ask(self, places: Sequence[Place]) -> None:
        requests = {place: _write(self._order, place, self._list_before(place)) for place in places}
        self._asked |= {request.key: place for place, request in requests.items()}
        keys = {place: make_place_key(place, request) for place, request in requests.items()}
        self._keys |= keys
        wanted = [] if self._tools.is_anew else list(keys.values())
        known = self._tools.journal.read(wanted)
        by_endpoint: dict[Endpoint, list[Request]] = defaultdict(list)
        for place, request in requests.items():
            kept = known.get(keys[place])
            if kept is None:
                by_endpoint[place.served.endpoint].append(request)
            else:
                created = kept.pop("created")
                self._take(place, Outcome(request, **kept), created, is_known=True)
        await asyncio.gather(
            *(self._ask_endpoint(endpoint, asked) for endpoint, asked in by_endpoint.items())
        )

    async def _ask_endpoint(self, endpoint: Endpoint, requests: Sequence[Request]) -> None:
        hear = self._tools.hear
        if hear is None and self._purse.budget is not None:
            hear = _hear_nothing  # what streams in can be cut where it grows too long

        def keep(outcome: Outcome) -> None:
            self._purse.settle(endpoint, outcome)
            self._keep(outcome)

        ears = Ears(
            keep,
            lambda request: self._purse.take(endpoint, request),
            None if hear is None else lambda one, text: hear(self._asked[one.key], text),
        )
        tools = self._tools
        await ask_all(endpoint, requests, ears, stop=tools.stop, conditions=tools.conditions)

    def _list_before(self, place: Place) -> list[str]:
        """Return the model's earlier answers, where a strategy shows them, in their order."""
        if not place.strategy.differs:
            return []
        earlier = [replace(place, sample=number) for number in range(place.sample)]
        found = [self._answers[one].text for one in earlier if one in self._answers]
        return [text for text in found if text]

    def _keep(self, outcome: Outcome) -> None:
        place = self._asked[outcome.request.key]
        created = self._tools.clock().astimezone(UTC).isoformat(timespec="seconds")
        if outcome.text is not None:
            content = {k: v for k, v in vars(outcome).items() if k != "request"}
            self._pen.write(self._keys[place], content | {"created": created})
        self._take(place, outcome, created)

    def _take(
        self, place: Place, outcome: Outcome, created: str, *, is_known: bool = False
    ) -> None:
        text, error = outcome.text, outcome.error
        if text is not None:
            text = read_answer(place.strategy, text, place.query.text, place.sample)
            error = UNLISTED if text is None else None
        answer = Answer(place, text, outcome, error, created, is_known)
        self._answers[place] = answer
        self._tools.take(answer)
        self._tools.report("sample", len(self._answers), len(self._places))


def store(corpus: Corpus, answers: Sequence[Answer], clock: Clock) -> ImportReport:
    """Write answers into a corpus, new or old, and a record of every request beside them.

    Raises
    ------
    InputError
        If there is no answer and no corpus yet.
    """
    answers = _name_as_held(corpus, answers)
    queries = dict.fromkeys(answer.place.query for answer in answers)
    records = {
        QUERIES.name: [
            Record({"query_id": query.query_id, "query": query.text}, f"query {query.query_id}")
            for query in queries
        ],
        RESPONSES.name: [
            Record(_describe_response(answer), f"answer {number}")
            for number, answer in enumerate(answers)
            if answer.text is not None
        ],
    }
    written, done = take(corpus, Given(records), Sieve(), clock=clock)
    write_files(written, {LOG: _merge_log(written, answers)})
    return done


def _name_as_held(corpus: Corpus, answers: Sequence[Answer]) -> list[Answer]:
    """Return answers to the queries as the corpus names them, where it has the same text."""
    rows = corpus.read(QUERIES, columns=["query_id", "query"]).to_pydict()
    ids = dict(zip(rows["query"], rows["query_id"], strict=True))
    return [
        replace(answer, place=replace(answer.place, query=replace(query, query_id=ids[query.text])))
        if (query := answer.place.query).text in ids
        else answer
        for answer in answers
    ]


def _describe_response(answer: Answer) -> dict[str, Any]:
    place, outcome = answer.place, answer.outcome
    return {
        "query_id": place.query.query_id,
        "query": place.query.text,
        "model": place.served.model,
        "strategy": None if place.strategy.name == PLAIN else place.strategy.name,
        "sample": place.sample,
        "text": answer.text,
        "finish_reason": outcome.finish_reason,
        "created": answer.created,
        **{name: outcome.sent.get(name) for name in ("temperature", "top_p", "min_p")},
        "max_tokens": outcome.sent.get(MAX_TOKENS, outcome.sent.get(MAX_TOKENS_LATER)),
    }


def _merge_log(corpus: Corpus, answers: Iterable[Answer]) -> pa.Table:
    """Return the record of requests with those of this run; one that was known stays as it was."""
    names = ("query_id", "model", "strategy", "sample")
    held = corpus.read_file(LOG).to_pylist() if corpus.has(LOG) else []
    rows = {tuple(row[name] for name in names): row for row in held}
    for answer in answers:
        row = _describe_request(answer)
        key = tuple(row[name] for name in names)
        if not (answer.is_known and key in rows):
            rows[key] = row
    ordered = [rows[key] for key in sorted(rows, key=repr)]
    return pa.Table.from_pylist(ordered, schema=LOG_SCHEMA)


def _describe_request(answer: Answer) -> dict[str, Any]:
    import json

    place, outcome = answer.place, answer.outcome
    endpoint = place.served.endpoint
    has_price = endpoint.input_price is not None and endpoint.output_price is not None
    is_priced = has_price and outcome.text is not None
    return {
        "query_id": place.query.query_id,
        "model": place.served.model,
        "strategy": place.strategy.name,
        "sample": place.sample,
        "endpoint": endpoint.identity or endpoint.host,
        "sent": json.dumps(dict(outcome.sent), sort_keys=True),
        "left_out": list(outcome.left_out),
        "finish_reason": outcome.finish_reason,
        "input_tokens": outcome.input_tokens,
        "output_tokens": outcome.output_tokens,
        "usd": price_outcome(endpoint, outcome) if is_priced else None,
        "seconds": round(outcome.seconds, 3),
        "attempts": outcome.attempts,
        "status": outcome.status,
        "error": answer.error,
        "created": answer.created,
    }


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


def count_known(order: Order, journal: AnswerJournal) -> int:
    """Return how many answers of an order the journal has.

    Answers that build on earlier ones are not counted: what they are asked is not known yet.
    """
    alone = [place for place in list_places(order) if not place.strategy.differs]
    keys = [make_place_key(place, _write(order, place, ())) for place in alone]
    return len(journal.read(keys))


def count_answers(answers: Sequence[Answer]) -> dict[str, Any]:
    """Return how many answers came, and why others did not."""
    counted = Counter(answer.error for answer in answers)
    return {"answers": counted.pop(None, 0), "errors": dict(counted)}


def add_costs(answers: Iterable[Answer]) -> float:
    """Return in USD what the answers of a run cost that were paid for in it, as far as is known."""
    return sum(
        price_outcome(answer.place.served.endpoint, answer.outcome)
        for answer in answers
        if answer.text is not None and not answer.is_known
    )


def format_answers(answers: Sequence[Answer], budget: float | None = None) -> str:
    """Return what became of an order as lines for people."""
    came = sum(answer.text is not None for answer in answers)
    known = sum(answer.is_known for answer in answers)
    lines = [f"{came:,} of {len(answers):,} answers" + (f", {known:,} known" if known else "")]
    spent = add_costs(answers)
    if spent:
        lines[0] += f", {spent:.4f} USD"
    if budget is not None and spent > budget:
        lines.append("  more than the budget: a service gave more tokens than it was asked for")
    failed = Counter(
        (answer.place.served.model, answer.error) for answer in answers if answer.error
    )
    lines += [f"  {model}: {count:,} {error}" for (model, error), count in failed.most_common()]
    left = {
        (answer.place.served.model, name) for answer in answers for name in answer.outcome.left_out
    }
    lines += [f"  {model}: {name} was not sent, it is not taken" for model, name in sorted(left)]
    return "\n".join(lines)
