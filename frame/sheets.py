"""What the Atlas page shows at one time: the map of a query's answers, or of a category's."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st
from numpy.typing import NDArray

from frame import loading
from frame.loading import Book
from hivemind_core.corpus.catalogue import Catalogue, make_catalogue
from hivemind_core.corpus.taxonomy import list_other_names
from hivemind_core.figures.layers import MapPoints
from hivemind_core.figures.numbers import count
from hivemind_core.figures.reading import Entry, list_clusters, rank_striking


@dataclass(frozen=True)
class Place:
    """What a map is of: a query, or a category."""

    kind: Literal["query", "category"]
    name: str


@dataclass(frozen=True)
class Sheet:
    """One map, its clusters and how far to trust it. Answers are told by their row on it.

    Attributes
    ----------
    place : Place
    umap, pca : MapPoints
        The answers that have a place on the map, in either projection.
    query_ids : tuple of str, length n
    wordings : (n,) int64
        Equal for answers to a query that are word for word the same.
    characters : (n,) int64
    clusters : tuple of Entry
        The clusters as a reading list.
    quality : mapping
        Its row of map_quality; empty where there is none.
    unplaced : int
        Answers without a place: withheld or empty texts.
    unbuilt : int
        Answers without a place that came after the map was built.
    """

    place: Place
    umap: MapPoints
    pca: MapPoints
    query_ids: tuple[str, ...]
    wordings: NDArray[np.int64]
    characters: NDArray[np.int64]
    clusters: tuple[Entry, ...]
    quality: Mapping[str, Any]
    unplaced: int
    unbuilt: int = 0

    def __len__(self) -> int:
        return len(self.query_ids)

    @property
    def ids(self) -> tuple[str, ...]:
        """Response ids by row."""
        return self.umap.ids

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of sources by row."""
        return self.umap.sources

    @property
    def present(self) -> Counter[str]:
        """Answers on the map by source."""
        return Counter(self.umap.sources)

    def count_answers(self, query_id: str) -> Counter[str]:
        """Return the answers on the map to one query, by source."""
        asked = zip(self.query_ids, self.umap.sources, strict=True)
        return Counter(source for one, source in asked if one == query_id)

    def find_rows(self, ids: Collection[str]) -> tuple[int, ...]:
        """Return the rows of some responses; those that are not on the map have none."""
        wanted = set(ids)
        return tuple(row for row, one in enumerate(self.ids) if one in wanted)


@st.cache_resource(max_entries=32, show_spinner=False)
def _read_sheet(_book: Book, key: tuple[object, ...], place: Place) -> Sheet:
    prefix = "category_" if place.kind == "category" else ""
    column = "category" if place.kind == "category" else "query_id"
    names = (f"{prefix}maps", f"{prefix}clusters", "category_quality" if prefix else "map_quality")
    rows, clusters, qualities = (
        loading.read_view_part(_book, f"{name}.parquet", column, (place.name,)) for name in names
    )
    placed = rows.filter(pc.and_(pc.is_finite(rows["x"]), pc.is_finite(rows["y"])).fill_null(False))
    found = qualities.to_pylist()
    missing = _count_responses(loading.count_by_query(_book), _book, place) - len(placed)
    told = _count_responses(loading.count_texts(_book), _book, place) - len(placed)
    unbuilt = max(told, 0) if loading.has_grown(_book) else 0
    wordings = placed["wording"].to_numpy().astype(np.int64)
    labels = placed["cluster"].to_pylist()
    return Sheet(
        place,
        _place(placed, "x", "y"),
        _place(placed, "pca_x", "pca_y"),
        tuple(placed["query_id"].to_pylist()),
        wordings,
        placed["characters"].to_numpy().astype(np.int64),
        tuple(list_clusters(clusters.to_pylist(), labels, wordings.tolist())),
        found[0] if found else {},
        missing - unbuilt,
        unbuilt,
    )


def _count_responses(counts: Mapping[str, int], book: Book, place: Place) -> int:
    """Return how many responses of a place are counted, mapped or not."""
    if place.kind == "query":
        return counts.get(place.name, 0)
    members = read_catalogue(book).categories.get(place.name, ())
    return sum(counts.get(query_id, 0) for query_id in members)


def _place(rows: pa.Table, x: str, y: str) -> MapPoints:
    places = np.column_stack([rows[x].to_numpy(), rows[y].to_numpy()]).astype(np.float64)
    return MapPoints(
        tuple(rows["response_id"].to_pylist()),
        tuple(rows["source"].to_pylist()),
        rows["cluster"].to_numpy().astype(np.int64),
        np.nan_to_num(places),
    )


def read_sheet(book: Book, place: Place) -> Sheet:
    """Return the map of a query or of a category."""
    return _read_sheet(book, (*book.key, book.encoder), place)


def describe_place(book: Book, place: Place) -> str:
    """Return what a map is of: the whole query, or the name of the category."""
    return place.name if place.kind == "category" else read_catalogue(book).queries[place.name]


def describe_scope(book: Book, category: str, query: str) -> str:
    """Return which queries of a corpus are looked at: one, those of a category, or all."""
    if query:
        return f"{book.manifest.name} · one query: {read_catalogue(book).spell(query)}"
    catalogue = read_catalogue(book)
    ids = catalogue.categories[category] if category else catalogue.labels
    told = f"{book.manifest.name} · {count(len(ids), 'query')}"
    return f"{told} of {category}" if category else told


@st.cache_resource(max_entries=16, show_spinner=False)
def _read_catalogue(_book: Book, key: tuple[str, int, str]) -> Catalogue:
    return make_catalogue(loading.read_queries(_book).to_pylist(), loading.count_by_query(_book))


def read_catalogue(book: Book) -> Catalogue:
    """Return the queries and categories to choose from."""
    return _read_catalogue(book, book.key)


def name_category(category: str) -> str:
    """Return a category with the other words people search it by; "" is all of them."""
    if not category:
        return "All categories"
    also = ", ".join(list_other_names(category))
    return f"{category} ({also})" if also else category


def list_mapped_categories(book: Book) -> list[str]:
    """Return the categories that have a map of their own."""
    if not loading.has_view(book, "category_quality.parquet"):
        return []
    mapped = set(loading.read_view(book, "category_quality.parquet")["category"].to_pylist())
    return [name for name in read_catalogue(book).categories if name in mapped]


@st.cache_resource(max_entries=16, show_spinner=False)
def _rank_queries(_book: Book, key: tuple[object, ...]) -> tuple[str, ...]:
    return tuple(rank_striking(loading.read_view(_book, "groups.parquet").to_pylist()))


def find_striking_query(book: Book, among: Collection[str] | None = None) -> str | None:
    """Return the query that is most worth a look; None where no two answers are alike."""
    ranked = _rank_queries(book, (*book.key, book.encoder))
    known = read_catalogue(book).labels if among is None else set(among)
    return next((query_id for query_id in ranked if query_id in known), None)
