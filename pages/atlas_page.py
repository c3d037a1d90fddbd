"""What do the answers say? The map of one query, or of one category."""

import streamlit as st

from frame import picking, sheets
from frame.address import choose
from frame.answers import show_list, show_picked
from frame.loading import Book
from frame.picker import guard, say_growth, take_book
from frame.sheets import Place, Projection, Sheet
from frame.theme import find_ground, write_finding, write_heading, write_note
from hivemind_core.figures.atlas import Coloring
from hivemind_core.figures.palette import Ground, assign_inks
from hivemind_core.figures.reading import describe_map, tell_finding, tell_unbuilt

READ_WITH_CARE = "Near points read alike; distance between far groups means nothing."
TOOLS = {
    "displaylogo": False,
    "displayModeBar": True,
    "scrollZoom": False,
    "modeBarButtonsToRemove": ["toImage", "zoomIn2d", "zoomOut2d", "autoScale2d"],
}


def choose_place(book: Book) -> Place | None:
    """Show the choice of a query or a category in the sidebar, and return it."""
    catalogue, mapped = sheets.read_catalogue(book), sheets.list_mapped_categories(book)
    kind: str | None = "Query"
    if mapped:
        kind = st.sidebar.segmented_control(
            "Map of",
            ["Query", "Category"],
            default="Query",
            required=True,
            key="view",
            bind="query-params",
        )
    if kind == "Category":
        name = choose("map_category", "Category", mapped, mapped[0], sheets.name_category)
        return Place("category", name)
    category = ""
    if catalogue.categories:
        names = ["", *catalogue.categories]
        category = choose("category", "Category", names, "", sheets.name_category)
    ids = catalogue.categories[category] if category else tuple(catalogue.labels)
    if not ids:
        return None
    first = sheets.find_striking_query(book, ids) or ids[0]
    return Place("query", choose("query", "Query", ids, first, catalogue.labels.__getitem__))


def choose_look(sheet: Sheet) -> tuple[Coloring, Projection]:
    """Show how the map can be drawn, and return what was chosen."""
    coloring = st.sidebar.segmented_control(
        "Colour",
        ["Source", "Cluster"],
        default="Source",
        required=True,
        key="colour",
        bind="query-params",
    )
    projection = st.sidebar.segmented_control(
        "Map",
        ["UMAP", "PCA"],
        default="UMAP",
        required=True,
        key="map",
        bind="query-params",
    )
    if sheet.quality.get("method") == "pca":
        projection = "PCA"
    return ("cluster" if coloring == "Cluster" else "source"), (
        "PCA" if projection == "PCA" else "UMAP"
    )


def show_head(book: Book, sheet: Sheet) -> None:
    """Write what the map is of, and what it says in a sentence."""
    place, catalogue = sheet.place, sheets.read_catalogue(book)
    if place.kind == "category":
        asked = len(set(sheet.query_ids.values()))
        write_note(f"{book.manifest.name} · {asked:,} queries on one map", "kicker")
        write_heading(place.name)
    else:
        names = [n for n, ids in catalogue.categories.items() if place.name in ids]
        write_note(" · ".join([book.manifest.name, *names]), "kicker")
        write_heading(catalogue.queries[place.name])
    distinct = sheet.quality.get("distinct_texts") or 0
    write_finding(
        tell_unbuilt(sheet.unbuilt)
        if sheet.unbuilt and not sheet.present
        else tell_finding(
            sheet.entries, sheet.present, book.manifest.sources, distinct, sheet.unplaced
        )
    )
    say_growth(book)


def show_map(
    book: Book, sheet: Sheet, look: tuple[Coloring, Projection, Ground], finding: str
) -> None:
    """Draw the map and say under it how far to trust it."""
    figure, key = sheets.draw_sheet(book, sheet, picking.list_drawn(), look)
    chart = f"map-{key}-{picking.count_resets()}"
    with st.container(key="chart"):
        st.plotly_chart(
            figure,
            key=chart,
            on_select=lambda: picking.take_selection(chart),
            selection_mode=("points", "box", "lasso"),
            config=TOOLS,
            height="stretch",
            alt=finding,
        )
    trust = describe_map(sheet.quality, sheet.unplaced, look[1])
    if sheet.unbuilt:
        trust += f" {tell_unbuilt(sheet.unbuilt)}"
    write_note(f"{look[1]} of {book.encoder} vectors: {trust} {READ_WITH_CARE}", "trust")


def show_page() -> None:
    """Draw the page."""
    book = take_book()
    if book is None:
        return
    place = choose_place(book)
    if place is None:
        write_finding("This corpus holds no queries.")
        return
    sheet = sheets.read_sheet(book, place)
    ground = find_ground()
    look = (*choose_look(sheet), ground)
    pick = picking.follow_sheet(sheet, look)
    with st.container(gap="xsmall"):
        show_head(book, sheet)
    if not sheet.query_ids:
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        show_map(book, sheet, look, sheets.describe_chart(book, sheet))
    inks = assign_inks(book.manifest.sources, ground)
    with right:
        st.subheader("What they say", anchor=False)
        with st.container(key="panel"):
            if pick is None:
                show_list(book, sheet, inks)
            else:
                show_picked(book, sheet, pick, inks)


guard(show_page)
