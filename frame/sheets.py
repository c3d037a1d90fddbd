"""What the Atlas page shows at one time: the map of a query's answers, or of a category's."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from frame import loading
from frame.loading import Book
from hivemind_core.corpus.identity import make_id
from hivemind_core.corpus.taxonomy import list_other_names
from hivemind_core.figures.atlas import Coloring, Halo, MapPoints, MapStyle, draw_map
from hivemind_core.figures.numbers import count
from hivemind_core.figures.palette import Ground, assign_inks
from hivemind_core.figures.reading import (
    Entry,
    Voice,
    group_answers,
    list_entries,
    rank_striking,
)

Projection = Literal["UMAP", "PCA"]
LABEL_WIDTH = 240


@dataclass(frozen=True)
class Place:
    """What a map is of: a query, or a category."""

    kind: Literal["query", "category"]
    name: str


@dataclass(frozen=True)
class Sheet:
    """One map, its clusters and how far to trust it.

    Attributes
    ----------
    place : Place
    umap, pca : MapPoints
        The answers that have a place on the map, in either projection.
    query_ids : mapping of str to str
        Query of each response.
    entries : tuple of Entry
        The reading list.
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
    query_ids: Mapping[str, str]
    entries: tuple[Entry, ...]
    quality: Mapping[str, Any]
    unplaced: int
    unbuilt: int = 0

    @property
    def present(self) -> Counter[str]:
        """Answers on the map by source."""
        return Counter(self.umap.sources)

    def find_members(self, cluster: int) -> tuple[str, ...]:
        """Return the response ids of a cluster."""
        rows = np.flatnonzero(self.umap.clusters == cluster)
        return tuple(self.umap.ids[i] for i in rows)


@st.cache_resource(max_entries=32, show_spinner=False)
def _read_sheet(_book: Book, key: tuple[object, ...], place: Place) -> Sheet:
    prefix = "category_" if place.kind == "category" else ""
    column = "category" if place.kind == "category" else "query_id"
    names = (f"{prefix}maps", f"{prefix}clusters", "category_quality" if prefix else "map_quality")
    rows, clusters, qualities = (
        loading.read_view_part(_book, f"{name}.parquet", column, place.name) for name in names
    )
    placed = rows.filter(pc.and_(pc.is_finite(rows["x"]), pc.is_finite(rows["y"])).fill_null(False))
    found = qualities.to_pylist()
    missing = _count_responses(loading.count_by_query(_book), _book, place) - len(placed)
    told = _count_responses(loading.count_texts(_book), _book, place) - len(placed)
    unbuilt = max(told, 0) if loading.has_grown(_book) else 0
    return Sheet(
        place,
        _place(placed, "x", "y"),
        _place(placed, "pca_x", "pca_y"),
        dict(zip(rows["response_id"].to_pylist(), rows["query_id"].to_pylist(), strict=True)),
        tuple(list_entries(clusters.to_pylist())),
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


def draw_sheet(
    book: Book,
    sheet: Sheet,
    picked: Collection[str],
    look: tuple[Coloring, Projection, Ground],
) -> tuple[go.Figure, str]:
    """Return the map as a figure and a key: same figure, same object, same key.

    Plotly forgets a selection when its figure changes, so the figure may only change with what
    it shows.
    """
    key = make_id(*book.key, book.encoder, *_spell(sheet.place), *look[:2], look[2].paper, *picked)
    return _draw_sheet(book, sheet, tuple(picked), look, key), key


def _spell(place: Place) -> tuple[str, str]:
    return place.kind, place.name


def describe_chart(book: Book, sheet: Sheet) -> str:
    """Return the alternative text of a map."""
    sources = count(len(sheet.present), "source")
    groups = count(len(sheet.entries), "cluster")
    return (
        f"Map of {count(len(sheet.umap), 'answer')} by {sources} in {groups}, made with "
        f"{book.encoder}. The list beside it gives every cluster in words."
    )


@st.cache_resource(max_entries=24, show_spinner=False)
def _draw_sheet(
    _book: Book,
    _sheet: Sheet,
    _picked: tuple[str, ...],
    _look: tuple[Coloring, Projection, Ground],
    key: str,
) -> go.Figure:
    coloring, projection, ground = _look
    style = MapStyle(coloring, assign_inks(_book.manifest.sources, ground), ground)
    points = _sheet.pca if projection == "PCA" else _sheet.umap
    halos = [] if projection == "PCA" else list_halos(_sheet.entries)
    return draw_map(points, style, picked=_picked, halos=halos)


def list_halos(entries: Collection[Entry]) -> list[Halo]:
    """Return labels for the clusters of most models, the first of the reading list."""
    return [
        Halo(e.cluster, f"{count(e.size, 'answer')} · {count(e.models, 'model')}")
        for e in entries
        if e.models > 1
    ]


def read_voices(book: Book, sheet: Sheet, ids: Collection[str]) -> list[Voice]:
    """Return some answers of a sheet by source, with their texts."""
    rows = _read_rows(book, sheet, ids)
    people = {source.name for source in book.manifest.sources if source.is_human}
    return group_answers(rows, people)


def read_text(book: Book, sheet: Sheet, ids: Collection[str]) -> dict[str, str | None]:
    """Return the texts of some answers of a sheet, by id."""
    return {row["response_id"]: row["text"] for row in _read_rows(book, sheet, ids)}


def _read_rows(book: Book, sheet: Sheet, ids: Collection[str]) -> list[dict[str, Any]]:
    wanted = [x for x in ids if x in sheet.query_ids]
    queries = tuple(sorted({sheet.query_ids[x] for x in wanted}))
    rows = loading.read_texts(book, queries)
    rows = rows.filter(pc.is_in(rows["response_id"], pa.array(wanted, pa.string())))
    find = {(s.model, s.strategy): s.name for s in book.manifest.sources}
    return [
        {
            "response_id": row["response_id"],
            "text": row["text"],
            "source": find[row["model"], row["strategy"]],
        }
        for row in rows.select(["response_id", "model", "strategy", "text"]).to_pylist()
    ]


@dataclass(frozen=True)
class Catalogue:
    """The queries and categories of a corpus, to choose from.

    Attributes
    ----------
    labels : mapping of str to str
        What a query is called in the list, by query id: unlike any other.
    queries : mapping of str to str
        Whole queries by id.
    categories : mapping of str to tuple of str
        Query ids by category, in the order of the category's size.
    """

    labels: Mapping[str, str]
    queries: Mapping[str, str]
    categories: Mapping[str, tuple[str, ...]]


@st.cache_resource(max_entries=16, show_spinner=False)
def _read_catalogue(_book: Book, key: tuple[str, int, str]) -> Catalogue:
    rows = loading.read_queries(_book).select(["query_id", "query", "categories"]).to_pylist()
    rows.sort(key=lambda row: (row["query"].casefold(), row["query_id"]))
    labels: dict[str, str] = {}
    members: dict[str, list[str]] = {}
    for row in rows:
        label = " ".join(row["query"].split())
        labels[row["query_id"]] = label if len(label) <= LABEL_WIDTH else label[:LABEL_WIDTH] + "…"
        for category in row["categories"] or ():
            members.setdefault(category, []).append(row["query_id"])
    twice = {label for label, n in Counter(labels.values()).items() if n > 1}
    labels = {k: f"{v} [{k[:8]}]" if v in twice or not v else v for k, v in labels.items()}
    ranked = sorted(members.items(), key=lambda item: (-len(item[1]), item[0]))
    queries = {row["query_id"]: row["query"] for row in rows}
    return Catalogue(labels, queries, {name: tuple(ids) for name, ids in ranked})


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
    clusters = loading.read_view(_book, "clusters.parquet")
    qualities = loading.read_view(_book, "map_quality.parquet")
    return tuple(
        rank_striking(
            clusters.select(["query_id", "size", "models"]).to_pylist(),
            qualities.select(["query_id", "responses", "stability"]).to_pylist(),
        )
    )


def find_striking_query(book: Book, among: Collection[str] | None = None) -> str | None:
    """Return the query that is most worth a look; None where no query has a cluster."""
    ranked = _rank_queries(book, (*book.key, book.encoder))
    known = read_catalogue(book).queries if among is None else set(among)
    return next((query_id for query_id in ranked if query_id in known), None)
