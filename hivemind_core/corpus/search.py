"""Full text search over the answers, the queries and the categories of a corpus.

There is no index: 125,000 answers of 400 characters are read and searched in under a second.
What a search means is said in `terms`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, takewhile
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hivemind_core.corpus.parquet import name_file
from hivemind_core.corpus.store import Corpus
from hivemind_core.corpus.tables import RESPONSES
from hivemind_core.corpus.taxonomy import fold_label, list_spellings
from hivemind_core.corpus.terms import (
    Excerpt,
    Folding,
    Term,
    cut_excerpt,
    find_rows,
    fold,
    read_terms,
)

LIMIT = 2000
BATCH_ROWS = 8192
AKIN_LETTERS = 5
FILLERS = {"a", "about", "an", "for", "in", "of", "or", "query", "question", "the", "to", "with"}


@dataclass(frozen=True)
class QueryHits:
    """The answers to one query that were found.

    Attributes
    ----------
    query_id : str
    total : int
        All that hold every word.
    response_ids : tuple of str
        The first of them, in the order of the corpus: all, unless the search was capped here.
    sources : tuple of (str, int)
        All of them by source, most first.
    """

    query_id: str
    total: int
    response_ids: tuple[str, ...]
    sources: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Hits:
    """The answers that hold every word of a search.

    Attributes
    ----------
    words : str
        What was searched.
    total, queries : int
        Answers found, and the queries that they answer, in the whole corpus.
    by_query : tuple of QueryHits
        The queries with the most of them first, until `limit` answers are named.
    limit : int
    """

    words: str
    total: int
    queries: int
    by_query: tuple[QueryHits, ...]
    limit: int

    @property
    def is_capped(self) -> bool:
        """Whether more were found than are named."""
        return self.total > self.limit


@dataclass(frozen=True)
class Quote:
    """An answer that was found, in short.

    Attributes
    ----------
    response_id : str
    excerpt : Excerpt
    sources : tuple of (str, int)
        Who wrote this very text, and how often among what was found, most first.
    """

    response_id: str
    excerpt: Excerpt
    sources: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class CategoryHit:
    """A category that was found.

    Attributes
    ----------
    name : str
    also : str
        The other name that answered the search; empty where it was its own.
    """

    name: str
    also: str = ""


def search_answers(corpus: Corpus, words: str, limit: int = LIMIT) -> Hits:
    """Find the answers that hold every word of a search.

    Parameters
    ----------
    corpus : Corpus
        Read piece by piece: memory does not grow with it.
    words : str
        See `terms.read_terms`.
    limit : int
        Answers to name; all are counted.

    Returns
    -------
    Hits
        None where nothing is searched. Answers, not occurrences, are counted: of two models, the
        one that writes more at length is found more often.

    Raises
    ------
    CorpusError
        If the table of responses is damaged.
    """
    terms, folding = read_terms(words), Folding()
    columns = ["query_id", "response_id", "model", "strategy"]
    batches = _read_batches(corpus, [*columns, "text"]) if terms else ()
    found = [b.take(find_rows(b["text"], terms, folding)).select(columns) for b in batches]
    rows = pa.concat_tables([RESPONSES.empty().select(columns), *found])
    counted = pc.value_counts(rows["query_id"]).to_pylist()
    ranked = sorted(counted, key=lambda row: (-row["counts"], row["values"]))
    return Hits(words, len(rows), len(ranked), _name_hits(corpus, rows, ranked, limit), limit)


def _read_batches(corpus: Corpus, columns: list[str]) -> Iterator[pa.Table]:
    if not corpus.has(RESPONSES.file):
        return
    path = corpus.path(RESPONSES.file)
    with name_file(path), corpus.filesystem.open(path, "rb") as stream:
        file = pq.ParquetFile(stream)
        missing = set(columns) - set(file.schema_arrow.names)
        if missing:
            raise pa.ArrowInvalid(f"no column {', '.join(sorted(missing))}")
        for batch in file.iter_batches(BATCH_ROWS, columns=columns):
            yield pa.Table.from_batches([batch])


def _name_hits(
    corpus: Corpus, rows: pa.Table, ranked: list[dict[str, Any]], limit: int
) -> tuple[QueryHits, ...]:
    """Return the first queries of the ranking, until `limit` answers are named."""
    before = [0, *accumulate(int(row["counts"]) for row in ranked)]
    left = {row["values"]: limit - n for row, n in zip(ranked, before, strict=False) if n < limit}
    wanted = rows.filter(pc.is_in(rows["query_id"], pa.array(list(left), pa.string())))
    ids: dict[str, list[str]] = defaultdict(list)
    sources: dict[str, Counter[str]] = defaultdict(Counter)
    names = {(s.model, s.strategy): s.name for s in corpus.manifest.sources}
    for query_id, response_id, model, strategy in zip(
        *(column.to_pylist() for column in wanted.columns), strict=True
    ):
        ids[query_id].append(response_id)
        sources[query_id][names[model, strategy]] += 1
    return tuple(
        QueryHits(
            query_id,
            len(ids[query_id]),
            tuple(ids[query_id][:room]),
            _rank(sources[query_id]),
        )
        for query_id, room in left.items()
    )


def _rank(written: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(written.items(), key=lambda item: (-item[1], item[0])))


def quote_answers(
    corpus: Corpus, found: Iterable[QueryHits], words: str, each: int = 3
) -> dict[str, tuple[Quote, ...]]:
    """Return a few different answers that were found, for some queries, one a source first.

    Parameters
    ----------
    corpus : Corpus
    found : iterable of QueryHits
        Of `search_answers`, for the same words.
    words : str
        What the excerpts are cut around.
    each : int
        Answers to quote for a query.

    Returns
    -------
    dict of str to tuple of Quote
        By query id. A query none of whose answers are named has no quotes.
    """
    named = {hit.query_id: set(hit.response_ids) for hit in found}
    columns = ["query_id", "response_id", "model", "strategy", "text"]
    rows = corpus.read(RESPONSES, columns=columns, query_ids=named)
    by_text: dict[str, dict[str, list[dict[str, Any]]]] = {query_id: {} for query_id in named}
    for row in rows.to_pylist():
        if row["response_id"] in named[row["query_id"]]:
            by_text[row["query_id"]].setdefault(row["text"].strip(), []).append(row)
    names = {(s.model, s.strategy): s.name for s in corpus.manifest.sources}
    return {
        query_id: tuple(_quote(same, names, words) for same in _take_by_source(texts, each))
        for query_id, texts in by_text.items()
    }


def _take_by_source(
    texts: dict[str, list[dict[str, Any]]], each: int
) -> list[list[dict[str, Any]]]:
    """Return answers of as many sources as there are places for, in the order of the corpus."""
    turns: Counter[tuple[str, str]] = Counter()
    ranked: list[tuple[int, int, list[dict[str, Any]]]] = []
    for same in texts.values():
        source = (same[0]["model"], same[0]["strategy"])
        ranked.append((turns[source], len(ranked), same))
        turns[source] += 1
    return [same for *_, same in sorted(ranked, key=lambda turn: turn[:2])[:each]]


def _quote(
    same: list[dict[str, Any]], names: dict[tuple[str | None, str | None], str], words: str
) -> Quote:
    written = Counter(names[row["model"], row["strategy"]] for row in same)
    return Quote(same[0]["response_id"], cut_excerpt(same[0]["text"], words), _rank(written))


def search_queries(rows: pa.Table, words: str) -> tuple[str, ...]:
    """Find the queries that hold every word of a search.

    Parameters
    ----------
    rows : pyarrow.Table
        With `query_id` and `query`.
    words : str
        See `terms.read_terms`.

    Returns
    -------
    tuple of str
        Query ids, best first: those that hold the words side by side in the order typed, then
        the shorter ones. Empty where nothing is searched.
    """
    terms, folding = read_terms(words), Folding()
    if not terms:
        return ()
    found = rows.take(find_rows(rows["query"], terms, folding))
    together: set[int] = set()
    if len(terms) > 1:
        phrase = Term(" ".join(term.text for term in terms), terms[-1].is_whole)
        together = set(find_rows(found["query"], [phrase], folding).to_pylist())
    listed = zip(found["query_id"].to_pylist(), found["query"].to_pylist(), strict=True)
    ranked = sorted(
        (place not in together, len(query), query, query_id)
        for place, (query_id, query) in enumerate(listed)
    )
    return tuple(query_id for *_, query_id in ranked)


def search_categories(names: Iterable[str], words: str) -> tuple[CategoryHit, ...]:
    """Find categories by their own name, and by all else that they are called.

    Tolerates case, plurals, "&" for "and", other endings ("philosophy"), and words that are
    missing. Where no category has every word, those with most of them are found.

    Parameters
    ----------
    names : iterable of str
        Categories of a corpus; of those equally good, the earlier comes first.
    words : str

    Returns
    -------
    tuple of CategoryHit
        Best first. Empty where nothing is searched.
    """
    asked = _split_label(fold(words))
    asked = [word for word in asked if word not in FILLERS] or asked
    fits = [_fit(name, asked) for name in names] if asked else []
    best = max((fit.share for fit in fits), default=0.0)
    found = [fit for fit in fits if fit.share == best > 0.5]
    return tuple(fit.hit for fit in sorted(found, key=lambda fit: (-fit.best, -fit.own)))


@dataclass(frozen=True)
class _Fit:
    """How well a category answers a search.

    Attributes
    ----------
    hit : CategoryHit
    share : float
        Share of the words asked for that its names hold together.
    best, own : int
        Words that the best of its names holds, and those that its own does.
    """

    hit: CategoryHit
    share: float
    best: int
    own: int


def _fit(name: str, asked: list[str]) -> _Fit:
    spellings = list_spellings(name)
    held = [_find_akin(asked, _split_label(fold(spelling))) for spelling in spellings]
    best = max(range(len(held)), key=lambda i: (len(held[i]), -i))
    hit = CategoryHit(name, spellings[best] if best else "")
    return _Fit(hit, len(set().union(*held)) / len(set(asked)), len(held[best]), len(held[0]))


def _split_label(label: str) -> list[str]:
    return fold_label(label).split()


def _find_akin(asked: Iterable[str], words: list[str]) -> set[str]:
    return {word for word in asked if any(_is_akin(word, other) for other in words)}


def _is_akin(asked: str, word: str) -> bool:
    """Whether one word begins as the other does: "plan", "planning"; "philosophy", "-phical"."""
    shared = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(asked, word, strict=False))))
    return (
        asked == word
        or shared >= max(AKIN_LETTERS, 2 * max(len(asked), len(word)) / 3)
        or (shared == len(asked) >= 3)
    )
