"""What the queries of a corpus ask for: shares of categories, what goes together, the map."""

import json

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from frame import address, loading
from frame.address import choose_one
from frame.browsing import Search, Shelfmark, group_queries
from frame.exhibits import take_basis, take_figure
from frame.loading import Book
from frame.showing import PLAIN, draw_figure, offer_rows, show_rows, write_basis
from frame.theme import find_ground, write_finding, write_note
from hivemind_core.corpus.exports import cite, name_stem
from hivemind_core.corpus.views import QUERY_MAP_NOTES
from hivemind_core.figures.layout import close_gaps, turn_to_frame
from hivemind_core.figures.numbers import count, write_number
from hivemind_core.figures.query_map import QueryPoints, describe_query_map, draw_query_map
from hivemind_core.figures.shares import (
    describe_shares,
    draw_shares,
    explain_shares,
    list_shares,
    tabulate_shares,
)
from hivemind_core.figures.together import (
    Together,
    describe_together,
    draw_together,
    tabulate_together,
)
from hivemind_core.measures.arrays import Integers
from hivemind_core.measures.labels import count_together, measure_lift, share_together

TOOLS = {
    "displaylogo": False,
    "displayModeBar": True,
    "scrollZoom": True,
    "modeBarButtonsToRemove": ["toImage", "autoScale2d"],
}
WIDE = 1.9  # width of the map over its height


def show_published() -> None:
    """Show the published shares, where there is no corpus."""
    rows = list_shares((), None, 0)
    words = describe_shares(rows, 0)
    write_finding(words, "shares")
    draw_figure(draw_shares(rows, find_ground()), "shares", words)
    write_basis(explain_shares(rows, 0), "shares")
    about: dict[str, str | bool] = {"source": "arXiv 2510.22954, Figure 2"}
    show_rows(tabulate_shares(rows), "shares", "published-taxonomy", about)


def show_shares(book: Book, shelf: Shelfmark) -> None:
    """Show how many queries are of each category, beside the published shares."""
    counts = shelf.membership.sum(axis=0).tolist()
    rows = list_shares(shelf.names, counts, len(shelf))
    words = describe_shares(rows, len(shelf))
    write_finding(words, "shares")
    draw_figure(draw_shares(rows, find_ground()), "shares", words)
    bare = int((~shelf.membership.any(axis=1)).sum()) if len(shelf) else 0
    write_basis(explain_shares(rows, bare), "shares")
    name, about = name_stem(book.manifest, "categories"), cite(book.manifest)
    title = "The shares as a table"
    offer_rows(title, "shares-table", lambda: tabulate_shares(rows), name, about)
    _show_novel(book, shelf)


def _show_novel(book: Book, shelf: Shelfmark) -> None:
    if not shelf.novel:
        return
    title = f"{count(len(shelf.novel), 'label')} beyond the paper's 17, under “Other”"
    rows = [{"label": label, "queries": number} for label, number in shelf.novel]
    name, about = name_stem(book.manifest, "labels"), cite(book.manifest)
    offer_rows(title, "novel", lambda: rows, name, about)


@st.cache_resource(max_entries=8, show_spinner=False)
def _count_together(_shelf: Shelfmark, key: tuple[str, int, str]) -> Together:
    counts = count_together(_shelf.membership)
    lift = measure_lift(counts, len(_shelf))
    return Together(_shelf.names, counts, share_together(counts), lift)


def show_together(book: Book, shelf: Shelfmark) -> None:
    """Show which categories are on the same queries; a click on a cell lists these."""
    together = _count_together(shelf, book.key)
    words = describe_together(together)
    write_finding(words, "together")
    if len(shelf.names) < 2:
        return
    chart = "chart-together"
    st.plotly_chart(
        take_figure(draw_together(together, find_ground()), words),
        key=chart,
        on_select=lambda: _take_cell(chart, shelf.names),
        selection_mode="points",
        config=PLAIN,
        alt=words,
    )
    write_basis(
        "Each row: of its queries, the share that is of the column too. Times chance is what a "
        "rare pair of categories shows largest by luck.",
        "together",
    )
    write_note("Click a cell to read its queries.", "how-together")
    name, about = name_stem(book.manifest, "categories-together"), cite(book.manifest)
    title = "Every two as a table"
    offer_rows(title, "together-table", lambda: tabulate_together(together), name, about)


def _take_cell(chart: str, names: tuple[str, ...]) -> None:
    points = st.session_state[chart]["selection"]["points"]
    if not points:
        return
    row, column = points[0]["customdata"]
    address.overrule("topic", "also")
    st.session_state.update(topic=names[row], also=names[column])


@st.cache_resource(max_entries=4, show_spinner=False)
def _place_queries(
    _book: Book, _shelf: Shelfmark, key: tuple[object, ...], projection: str
) -> QueryPoints | str:
    if not loading.has_view(_book, "query_map.parquet"):
        return f"An earlier version built this corpus: {_book.build_command}"
    table = loading.read_view(_book, "query_map.parquet")
    if not len(table):
        notes = json.loads((table.schema.metadata or {}).get(QUERY_MAP_NOTES, b"{}"))
        return str(notes.get("reason", "it was not drawn"))
    x, y = ("x", "y") if projection == "UMAP" else ("pca_x", "pca_y")
    places = np.column_stack([table[x].to_numpy(), table[y].to_numpy()]).astype(np.float64)
    if projection == "UMAP":
        places = close_gaps(places)
    places = turn_to_frame(places, WIDE)
    ids = _shelf.rows["query_id"].to_pylist()
    number = {query_id: row for row, query_id in enumerate(ids)}
    rows = np.array([number[query_id] for query_id in table["query_id"].to_pylist()], np.int64)
    names, groups = group_queries(_shelf)
    return QueryPoints(places.astype(np.float32), groups[rows], names, rows)


def show_map(book: Book, shelf: Shelfmark, search: Search, rows: Integers) -> Integers | None:
    """Show where the queries lie; return the rows of those that were picked, None: all.

    What the sidebar narrows stands out on the map; without it, colour is the category.
    """
    if not book.encoder:
        write_finding("The map of the queries is drawn by a build:", "query-map")
        st.code(book.build_command, language=None, wrap_lines=True)
        return None
    with st.sidebar:
        projection = choose_one("Map", ["UMAP", "PCA"], "queries_as")
    points = _place_queries(book, shelf, (*book.key, book.encoder), projection)
    if isinstance(points, str):
        write_finding(f"There is no map of the queries: {points}", "query-map")
        return None
    marked = _mark(points, search, rows, len(shelf))
    words = describe_query_map(points, marked)
    write_finding(words, "query-map")
    chart = f"query-map-{projection}-{hash((book.key, search))}"
    event = st.plotly_chart(
        take_figure(draw_query_map(points, marked, find_ground()), words),
        key=chart,
        on_select="rerun",
        selection_mode=("points", "box", "lasso"),
        config=TOOLS,
        alt=words,
    )
    _write_trust(book, projection)
    picked = [point["customdata"] for point in event["selection"]["points"]]
    return np.unique(np.array(picked, np.int64)) if picked else None


def _mark(
    points: QueryPoints, search: Search, rows: Integers, total: int
) -> NDArray[np.bool_] | None:
    if search == Search():
        return None
    chosen = np.zeros(total, bool)
    chosen[rows] = True
    return chosen[points.rows]


def _write_trust(book: Book, projection: str) -> None:
    table = loading.read_view(book, "query_map.parquet")
    notes = json.loads((table.schema.metadata or {}).get(QUERY_MAP_NOTES, b"{}"))
    is_drawn = projection == "UMAP" and notes["method"] == "umap"
    trust = notes["trustworthiness" if is_drawn else "pca_trustworthiness"]
    reason = f" ({notes['reason']})" if projection == "UMAP" and notes["reason"] else ""
    told = (
        f"{'UMAP' if is_drawn else 'PCA'} of {book.encoder} vectors of the queries{reason}; "
        f"trustworthiness {write_number(trust)}. Near queries ask alike; far distances mean "
        "little. A query of several categories has the colour of the least common one."
    )
    take_basis(told)
    write_note(told, "query-map")
    write_note("Lasso, or click, to read.", "how-query-map")
