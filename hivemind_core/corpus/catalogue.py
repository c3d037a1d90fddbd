"""The queries and categories of a corpus, to choose from, and how many answers they have."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from hivemind_core.corpus.store import Corpus
from hivemind_core.corpus.tables import QUERIES, RESPONSES

LABEL_WIDTH = 240


@dataclass(frozen=True)
class Catalogue:
    """The queries and categories of a corpus, to choose from.

    Attributes
    ----------
    labels : mapping of str to str
        What a query with answers is called in the list, by query id: unlike any other.
    queries : mapping of str to str
        Whole queries by id, those without answers too.
    categories : mapping of str to tuple of str
        Ids of queries with answers by category, in the order of the category's size.
    """

    labels: Mapping[str, str]
    queries: Mapping[str, str]
    categories: Mapping[str, tuple[str, ...]]

    def spell(self, query_id: str) -> str:
        """Return what a query is called in a list; of one without answers, its text."""
        return self.labels.get(query_id) or shorten_label(self.queries[query_id])

    def offer(self, category: str, asked: str | None) -> tuple[str, ...]:
        """Return the queries to choose from: those with answers, and one that is asked for."""
        ids = self.categories[category] if category else tuple(self.labels)
        is_extra = asked is not None and asked in self.queries and asked not in self.labels
        return (*ids, str(asked)) if is_extra else ids


def shorten_label(query: str) -> str:
    """Return a query in one line, cut to what a list shows."""
    label = " ".join(query.split())
    return label if len(label) <= LABEL_WIDTH else label[:LABEL_WIDTH] + "…"


def read_catalogue(corpus: Corpus) -> Catalogue:
    """Return the queries and categories of a corpus."""
    rows = corpus.read(QUERIES, columns=["query_id", "query", "categories"]).to_pylist()
    return make_catalogue(rows, count_by_query(corpus))


def make_catalogue(queries: Iterable[Mapping[str, Any]], answered: Collection[str]) -> Catalogue:
    """Return the catalogue of rows of the table of queries, and the ids that have answers."""
    rows = sorted(queries, key=lambda row: (row["query"].casefold(), row["query_id"]))
    labels: dict[str, str] = {}
    members: dict[str, list[str]] = {}
    for row in rows:
        if row["query_id"] not in answered:
            continue
        labels[row["query_id"]] = shorten_label(row["query"])
        for category in row["categories"] or ():
            members.setdefault(category, []).append(row["query_id"])
    twice = {label for label, n in Counter(labels.values()).items() if n > 1}
    labels = {k: f"{v} [{k[:8]}]" if v in twice or not v else v for k, v in labels.items()}
    ranked = sorted(members.items(), key=lambda item: (-len(item[1]), item[0]))
    return Catalogue(
        labels,
        {row["query_id"]: row["query"] for row in rows},
        {name: tuple(ids) for name, ids in ranked},
    )


def count_by_query(corpus: Corpus) -> dict[str, int]:
    """Return the responses of every query that has any."""
    counted = pc.value_counts(corpus.read(RESPONSES, columns=["query_id"])["query_id"])
    return {row["values"]: row["counts"] for row in counted.to_pylist()}


def count_by_source(corpus: Corpus) -> dict[str, int]:
    """Return the responses of every source, by its name."""
    rows = corpus.read(RESPONSES, columns=["model", "strategy"])
    counted = rows.group_by(["model", "strategy"]).aggregate([([], "count_all")]).to_pylist()
    counts: Counter[str] = Counter()
    for row in counted:
        name = corpus.manifest.find_source(row["model"], row["strategy"]).name
        counts[name] += row["count_all"]
    return dict(counts)
