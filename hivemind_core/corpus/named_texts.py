"""Responses named by their texts: what is said of them needs no ids of ours."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from hivemind_core.corpus.identity import make_id
from hivemind_core.corpus.queries import QueryFinder
from hivemind_core.corpus.records import MISSING, Layout, Record
from hivemind_core.corpus.rows import Sieve
from hivemind_core.corpus.tables import QUERIES, RESPONSES
from hivemind_core.errors import InputError, shorten

UNKNOWN_TEXT = "a text must be that of a response to its query, and of one model if none is named"

_QUERY = tuple(column for column in QUERIES.columns if column.name in ("query_id", "query"))
_ANSWER = tuple(column for column in RESPONSES.columns if column.name in ("model", "text"))


class NamedText(NamedTuple):
    """A response as it is named without its id; a model of None is not named."""

    query_id: str
    model: str | None
    text: str


class TextFinder:
    """The responses of some queries, by model and text.

    A text is that of the model that is named with it. Where none is named it is the response whose
    model is withheld, or else that of the only model with this text; with several such models it
    is none of theirs. Of verbatim repeats it is the first in the order of the corpus.

    Parameters
    ----------
    responses : pyarrow.Table
        Arranged.
    query_ids : set of str
        The queries of interest.
    """

    def __init__(self, responses: pa.Table, query_ids: set[str]) -> None:
        self._writers: dict[tuple[str, str], dict[str | None, str]] = defaultdict(dict)
        names = ["query_id", "text", "model", "response_id"]
        for query_id, text, model, response_id in zip(
            *(responses[name].to_pylist() for name in names), strict=True
        ):
            if query_id in query_ids and text is not None:
                self._writers[query_id, text].setdefault(model, response_id)

    def find(self, named: NamedText) -> str | None:
        """Return the id of the response that is named, None where there is none."""
        writers = self._writers.get((named.query_id, named.text), {})
        if named.model is None and named.model not in writers and len(writers) == 1:
            return next(iter(writers.values()))
        return writers.get(named.model)

    def add(self, named: NamedText) -> str:
        """Return the id of the response that a text becomes where there is none."""
        made = make_id("pair response", *named)
        return self._writers[named.query_id, named.text].setdefault(named.model, made)


def allow_text(layout: Layout) -> Layout:
    """Return the layout of a file about responses that may name them by their texts."""
    columns = (*_QUERY, *_ANSWER)
    needed = tuple(
        (*group, "text") if group == ("response_id",) else group for group in layout.needed
    )
    spare = tuple(column.name for column in columns)
    return Layout(layout.table, (*layout.columns, *columns), needed, spare=spare)


def name_responses(
    table: str,
    records: Sequence[Record],
    finder: QueryFinder,
    responses: pa.Table,
    sieve: Sieve,
) -> list[Record]:
    """Give rows about responses the ids of these, where they name them by their texts.

    Parameters
    ----------
    table : str
    records : sequence of Record
    finder : QueryFinder
    responses : pyarrow.Table
        All those that the corpus and the import bring, arranged.
    sieve : Sieve
        Told of rows whose response is not found.

    Raises
    ------
    InputError
        If a text names no response, or several, and `sieve` refuses.
    """
    named = [record for record in records if record.values.get("response_id") is not None]
    texts = [record for record in records if record.values.get("response_id") is None]
    asked = finder.settle(texts, table, sieve)
    if not asked:
        return named
    found = TextFinder(responses, {record.values["query_id"] for record in asked})
    for record in asked:
        try:
            named.append(_name(record, found))
        except InputError as refusal:
            sieve.refuse(table, refusal)
    return named


def _name(record: Record, found: TextFinder) -> Record:
    values, place = record
    text = values.get("text")
    if text is None:
        raise InputError(MISSING, where=place, found="no response_id or text")
    response_id = found.find(NamedText(values["query_id"], values.get("model"), text))
    if response_id is None:
        raise InputError(UNKNOWN_TEXT, where=place, found=shorten(text))
    return Record({**values, "response_id": response_id}, place)
