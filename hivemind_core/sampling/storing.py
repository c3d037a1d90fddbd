"""Keeps answers in a corpus, with a record of every request beside them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from hivemind_core.corpus.import_report import ImportReport
from hivemind_core.corpus.merge import Given, take
from hivemind_core.corpus.records import Record
from hivemind_core.corpus.rows import Sieve
from hivemind_core.corpus.store import Corpus, write_files
from hivemind_core.corpus.tables import QUERIES, RESPONSES
from hivemind_core.errors import InputError, shorten
from hivemind_core.models.endpoints import MAX_TOKENS, MAX_TOKENS_LATER
from hivemind_core.sampling.answers import Answer, price_answer
from hivemind_core.sampling.asking import Clock
from hivemind_core.sampling.orders import PLAIN, Query

LOG = "requests.parquet"

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


def check_queries(corpus: Corpus, queries: Iterable[Query]) -> None:
    """Refuse queries that a corpus could not take, before anybody is asked.

    Raises
    ------
    InputError
        If an id stands for another text there.
    """
    held = _read_texts(corpus)
    for query in queries:
        if query.text not in held.values() and query.query_id in held:
            raise InputError(
                "a query keeps its text; one of another text has another query_id",
                where=f"query {query.query_id}",
                found=f"{shorten(query.text)}, and {shorten(held[query.query_id])} in the corpus",
            )


def store(corpus: Corpus, answers: Sequence[Answer], clock: Clock) -> ImportReport:
    """Write answers into a corpus, new or old, and a record of every request beside them.

    Raises
    ------
    InputError
        See `check_queries`.
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
    ids = {text: query_id for query_id, text in _read_texts(corpus).items()}
    return [
        replace(answer, place=replace(answer.place, query=replace(query, query_id=ids[query.text])))
        if (query := answer.place.query).text in ids
        else answer
        for answer in answers
    ]


def _read_texts(corpus: Corpus) -> dict[str, str]:
    rows = corpus.read(QUERIES, columns=["query_id", "query"]).to_pydict()
    return dict(zip(rows["query_id"], rows["query"], strict=True))


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
        "usd": price_answer(answer),
        "seconds": round(outcome.seconds, 3),
        "attempts": sum(one.attempts for one in (*answer.discarded, outcome)),
        "status": outcome.status,
        "error": answer.error,
        "created": answer.created,
    }
