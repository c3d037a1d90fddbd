"""What responses leave unsaid: their own id and their sample number."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from hivemind_core.corpus.identity import make_id
from hivemind_core.corpus.records import Record
from hivemind_core.corpus.tables import RESPONSES

Values = dict[str, Any]

_OWN = frozenset(RESPONSES.schema.names)
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
        In the order given, each with response_id, without the columns of its query. A null
        sample beside an id is withheld, and stays null.
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
        self.values = {name: c for name, c in record.values.items() if name in _OWN}
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
