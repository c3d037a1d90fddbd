"""What responses leave unsaid: their query's id, their own id, their sample number."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from hivemind_core.corpus.identity import make_id, make_query_id
from hivemind_core.corpus.records import Record
from hivemind_core.corpus.rows import Sieve
from hivemind_core.corpus.tables import RESPONSES
from hivemind_core.corpus.taxonomy import map_label
from hivemind_core.errors import InputError

Values = dict[str, Any]

UNKNOWN_QUERY = "a query_id must belong to a query whose text is known"
AMBIGUOUS_QUERY = "a query's text must name one query where its id is not given"


def settle_queries(
    held: Iterable[Values], given: Iterable[Record], responses: Iterable[Record], sieve: Sieve
) -> tuple[list[Record], list[Record]]:
    """Give every query its id and categories, and every response the id of its query.

    Parameters
    ----------
    held : iterable of dict
        The queries that the corpus holds.
    given : iterable of Record
        Rows of a file of queries.
    responses : iterable of Record
        Rows of responses; each has a query_id, the text of its query, or both.
    sieve : Sieve
        Told of responses whose query is not known.

    Returns
    -------
    queries, responses : list of Record
        The queries given and those that responses brought with them; one query can come more
        than once. The responses with a query_id, and without the columns of the query.

    Raises
    ------
    InputError
        If the query of a response is not known and `sieve` refuses it.
    """
    queries = [_name_query(record) for record in given]
    responses = list(responses)
    texts = {row["query_id"]: row["query"] for row in held}
    texts |= {r.values["query_id"]: r.values["query"] for r in queries}
    for record in responses:
        query_id, query = record.values.get("query_id"), record.values.get("query")
        if query_id is not None and query is not None:
            texts.setdefault(query_id, query)
    ids: dict[str, set[str]] = defaultdict(set)
    for query_id, query in texts.items():
        ids[query].add(query_id)
    settled = []
    for record in responses:
        try:
            query_id = _find_query(record, texts, ids)
        except InputError as refusal:
            sieve.refuse(RESPONSES.name, refusal)
            continue
        settled.append(Record(record.values | {"query_id": query_id}, record.place))
    own = set(RESPONSES.schema.names)
    bare = [Record({k: v for k, v in r.values.items() if k in own}, r.place) for r in settled]
    listed = {record.values["query_id"]: record.values["query"] for record in queries}
    brought = [
        record
        for record in _derive_queries(settled, texts)
        if record.values["categories"]
        or listed.get(record.values["query_id"]) != record.values["query"]
    ]
    return queries + brought, bare


def _find_query(record: Record, texts: dict[str, str], ids: dict[str, set[str]]) -> str:
    query_id, query = record.values.get("query_id"), record.values.get("query")
    if query_id is not None:
        if query is None and query_id not in texts:
            raise InputError(UNKNOWN_QUERY, where=record.place, found=f"query_id {query_id!r}")
        return str(query_id)
    candidates = ids[str(query)]
    if len(candidates) != 1:
        made = make_query_id(str(query))
        if candidates and made not in candidates:
            found = ", ".join(sorted(candidates))
            raise InputError(AMBIGUOUS_QUERY, where=record.place, found=found)
        ids[str(query)] = candidates = {made}
    return next(iter(candidates))


def _name_query(record: Record) -> Record:
    values = dict(record.values)
    if values.get("query_id") is None:
        values["query_id"] = make_query_id(values["query"])
    return Record(values | categorise(values.get("categories"), values.get("labels")), record.place)


def categorise(categories: list[str] | None, labels: list[str] | None) -> Values:
    """Return categories by the paper's names where they map, and labels as the source gave them."""
    named = categories if categories is not None else labels
    if named is None:
        return {"categories": None, "labels": labels}
    mapped = list(dict.fromkeys(map_label(name) or name for name in named))
    return {"categories": mapped, "labels": labels if labels is not None else list(named)}


def _derive_queries(responses: list[Record], texts: Mapping[str, str]) -> list[Record]:
    """Return the queries that responses carry, with the labels of all their rows together."""
    places: dict[tuple[str, str], str] = {}
    named: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for values, place in responses:
        query_id, query = values["query_id"], values.get("query")
        places.setdefault((query_id, texts[query_id] if query is None else query), place)
        for column in ("categories", "labels"):
            named[query_id][column].update(values.get(column) or ())
    records = []
    for (query_id, query), place in places.items():
        sets = named[query_id]
        both = categorise(sorted(sets["categories"]) or None, sorted(sets["labels"]) or None)
        records.append(Record({"query_id": query_id, "query": query} | both, place))
    return records


_SOURCE = ("query_id", "model", "strategy")
_IDENTITY = ("response_id", "sample")
_CONTENT = tuple(n for n in RESPONSES.schema.names if n not in ("text", *_IDENTITY))

SourceKey = tuple[str | None, ...]
Content = tuple[str, bool, str]


def identify(held: Iterable[Values], responses: Iterable[Record]) -> list[Record]:
    """Give every response its sample number and id where its source does not.

    A response without id and sample whose content the corpus holds is that one; the others are
    numbered from 0 for each query, model and strategy, in the order of their texts, past the
    numbers that are taken. Verbatim repeats in one import therefore stay apart, and the same
    import again, or one that has grown, brings only what is new.

    Parameters
    ----------
    held : iterable of dict
        The responses that the corpus holds.
    responses : iterable of Record
        With query_id.

    Returns
    -------
    list of Record
        In the order given, each with response_id. A null sample beside an id is withheld, and
        stays null.
    """
    held = list(held)
    drafts = [_Draft(record) for record in responses]
    samples = {row["response_id"]: row["sample"] for row in held}
    taken: dict[SourceKey, set[int | None]] = defaultdict(set)
    for row in held:
        taken[_find_source(row)].add(row["sample"])
    for draft in drafts:
        draft.inherit(samples)
        taken[draft.source].add(draft.values.get("sample"))
    unnumbered = [draft for draft in drafts if draft.lacks_number]
    claimed = {draft.response_id for draft in drafts if not draft.lacks_number}
    _number(_match(unnumbered, held, claimed), taken)
    return [
        Record(draft.values | {"response_id": draft.response_id}, draft.place) for draft in drafts
    ]


class _Draft:
    """A response on its way to an id."""

    def __init__(self, record: Record) -> None:
        self.values = dict(record.values)
        self.place = record.place
        self.source = _find_source(self.values)

    @property
    def given_id(self) -> str | None:
        return self.values.get("response_id")

    @property
    def lacks_number(self) -> bool:
        is_absent = self.given_id is None or "sample" not in self.values
        return self.values.get("sample") is None and is_absent

    @property
    def response_id(self) -> str:
        parts = (*self.source, self.values.get("sample"), self.values.get("text"))
        return self.given_id or make_id("response", *parts)

    @cached_property
    def content(self) -> Content:
        return describe_content(self.values)

    def inherit(self, samples: Mapping[str, int | None]) -> None:
        """Take the number of the held response of the same id."""
        if self.given_id is not None and self.given_id in samples and self.lacks_number:
            self.values["sample"] = samples[self.given_id]


def _find_source(values: Values) -> SourceKey:
    return tuple(values.get(name) for name in _SOURCE)


def describe_content(values: Values) -> Content:
    """Return a response without its id and sample number, to compare and to sort by its text."""
    text = values.get("text")
    return text or "", text is None, repr([values.get(name) for name in _CONTENT])


def _match(drafts: list[_Draft], held: list[Values], claimed: set[str]) -> list[_Draft]:
    """Give drafts without id the identity of a held response of equal content; return the rest."""
    if all(draft.given_id is not None for draft in drafts):
        return drafts
    pool: dict[Content, list[Values]] = defaultdict(list)
    for row in sorted(held, key=lambda row: row["response_id"], reverse=True):
        if row["response_id"] not in claimed:
            pool[describe_content(row)].append(row)
    rest = []
    for draft in drafts:
        same = pool.get(draft.content) if draft.given_id is None else None
        if same:
            row = same.pop()
            draft.values.update({name: row[name] for name in _IDENTITY})
        else:
            rest.append(draft)
    return rest


def _number(drafts: list[_Draft], taken: Mapping[SourceKey, set[int | None]]) -> None:
    following: dict[SourceKey, int] = defaultdict(int)
    known: dict[str, int] = {}
    for draft in sorted(drafts, key=lambda draft: (draft.content, draft.given_id or "")):
        number = known.get(draft.given_id or "")  # the same row twice is one response
        if number is None:
            number = following[draft.source]
            while number in taken[draft.source]:
                number += 1
            following[draft.source] = number + 1
        if draft.given_id is not None:
            known[draft.given_id] = number
        draft.values["sample"] = number


def count_repeats(responses: Iterable[Values]) -> int:
    """Return how many responses repeat another of the same source and query word for word."""
    texts = [(_find_source(row), row["text"]) for row in responses if row["text"] is not None]
    return len(texts) - len(set(texts))
