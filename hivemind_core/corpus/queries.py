"""Which query a row belongs to: by its id, or by its text."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from hivemind_core.corpus.identity import make_query_id
from hivemind_core.corpus.records import CORPUS, Record
from hivemind_core.corpus.rows import Sieve
from hivemind_core.corpus.taxonomy import map_label
from hivemind_core.errors import InputError, shorten

Values = dict[str, Any]

NO_QUERY = "a text needs its query, by query_id or query"
UNKNOWN_QUERY = "a query_id must belong to a query whose text is known"
AMBIGUOUS_QUERY = "a query's text must name one query where its id is not given"
OTHER_QUERY = "rows of queries with one query_id must be the same"


class QueryFinder:
    """The queries of a corpus and of one import, by id and by text.

    Of several texts under one id the corpus's own is taken, else that of a file of queries, else
    that of other rows; of several of these the one that sorts first: the order of rows decides
    nothing.

    Parameters
    ----------
    held : iterable of dict
        The queries that the corpus holds.
    listed : iterable of Record
        Rows of a file of queries, with their ids.
    carried : iterable of Record
        Other rows; those that have both a query_id and a query say what the text of that id is.
    """

    def __init__(
        self, held: Iterable[Values], listed: Iterable[Record], carried: Iterable[Record]
    ) -> None:
        own = {row["query_id"]: (row["query"], CORPUS) for row in held}
        self._texts = _choose_texts(carried) | _choose_texts(listed) | own
        self._ids: dict[str, set[str]] = defaultdict(set)
        for query_id, (text, _) in self._texts.items():
            self._ids[text].add(query_id)

    def find(self, record: Record) -> str:
        """Return the id of the query of a row that has its id, its text, or both.

        Raises
        ------
        InputError
            If there is neither, the id is not known or has another text, or the text is that of
            several queries.
        """
        query_id, query = record.values.get("query_id"), record.values.get("query")
        if query_id is None and query is None:
            raise InputError(NO_QUERY, where=record.place)
        if query_id is None:
            query_id = self._find_text(str(query), record.place)
        elif query is None and query_id not in self._texts:
            raise InputError(UNKNOWN_QUERY, where=record.place, found=f"query_id {query_id!r}")
        text, place = self._texts.get(query_id, (query, ""))
        if query is not None and query != text:
            found = f"query {shorten(query)}, and {shorten(text)} in {place}"
            raise InputError(OTHER_QUERY, where=record.place, found=found)
        return str(query_id)

    def _find_text(self, query: str, place: str) -> str:
        candidates = self._ids.get(query, set())
        made = make_query_id(query)
        if len(candidates) > 1 and made not in candidates:
            found = ", ".join(sorted(candidates))
            raise InputError(AMBIGUOUS_QUERY, where=place, found=found)
        return next(iter(candidates)) if len(candidates) == 1 else made

    def settle(self, records: Iterable[Record], table: str, sieve: Sieve) -> list[Record]:
        """Return the rows whose query is found, with its id; `sieve` is told of the others."""
        settled = []
        for record in records:
            try:
                query_id = self.find(record)
            except InputError as refusal:
                sieve.refuse(table, refusal)
                continue
            settled.append(Record(record.values | {"query_id": query_id}, record.place))
        return settled

    def derive(self, asking: Iterable[Record], listed: Iterable[Record]) -> list[Record]:
        """Return the queries that rows carry, with the labels of all their rows together.

        Parameters
        ----------
        asking : iterable of Record
            Settled rows that have a query, categories and labels, or lack them.
        listed : iterable of Record
            The rows of queries that are there anyway; one of them needs another row only for the
            sake of its categories.
        """
        queries: dict[str, tuple[str, str]] = {}
        named: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for values, place in asking:
            query_id, query = values["query_id"], values.get("query")
            text = self._texts[query_id][0] if query is None else query
            queries.setdefault(query_id, (text, place))
            for column in ("categories", "labels"):
                named[query_id][column].update(values.get(column) or ())
        known = {record.values["query_id"] for record in listed}
        return [
            Record({"query_id": query_id, "query": text} | both, place)
            for query_id, (text, place) in queries.items()
            if (both := _join_labels(named[query_id]))["categories"] or query_id not in known
        ]


def _choose_texts(records: Iterable[Record]) -> dict[str, tuple[str, str]]:
    """Return the text of every id that a row has with its text, and the place of that row."""
    texts: dict[str, tuple[str, str]] = {}
    for values, place in records:
        query_id, query = values.get("query_id"), values.get("query")
        if query_id is not None and query is not None:
            texts[query_id] = min(texts.get(query_id, (query, place)), (query, place))
    return texts


def name_query(record: Record) -> Record:
    """Return a row of a file of queries with its id and its categories."""
    values = dict(record.values)
    if values.get("query_id") is None:
        values["query_id"] = make_query_id(values["query"])
    return Record(
        values | _categorise(values.get("categories"), values.get("labels")), record.place
    )


def _join_labels(named: Mapping[str, set[str]]) -> Values:
    return _categorise(sorted(named["categories"]) or None, sorted(named["labels"]) or None)


def _categorise(categories: list[str] | None, labels: list[str] | None) -> Values:
    """Return categories by the paper's names where they map, and labels as the source gave them."""
    named = categories if categories is not None else labels
    if named is None:
        return {"categories": None, "labels": labels}
    mapped = list(dict.fromkeys(map_label(name) or name for name in named))
    return {"categories": mapped, "labels": labels if labels is not None else list(named)}
