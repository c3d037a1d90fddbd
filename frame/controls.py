"""What a visitor chooses on the Atlas page: where to look, how the map is drawn, what is listed."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from frame import address, sheets
from frame.address import choose, choose_one, read_new
from frame.drawing import Look, Projection, list_colorings
from frame.grouping import list_senses
from frame.loading import Book, find_calibration
from frame.sheets import Place, Sheet
from frame.theme import write_note
from hivemind_core.figures.palette import Ground
from hivemind_core.figures.reading import tell_agreement
from hivemind_core.space.linking import COSINE, PEOPLE, find_default, find_lowest

MANY = 20_000
SENSES = {PEOPLE: "People", COSINE: "Cosine"}
JUDGE = "Judge"
HIGHEST, STEP = 0.99, 0.01


@dataclass(frozen=True)
class Shelf:
    """The places that can be looked at, one of which is open.

    Attributes
    ----------
    key : str
        Of the box that they are chosen in.
    options : tuple of str
    place : Place
    """

    key: str
    options: tuple[str, ...]
    place: Place


def choose_place(book: Book) -> Shelf | None:
    """Show the choice of a query or a category in the sidebar, and return it."""
    catalogue, mapped = sheets.read_catalogue(book), sheets.list_mapped_categories(book)
    kind = "Query"
    if mapped:
        with st.sidebar:
            kind = choose_one("Map of", ["Query", "Category"], "view")
    if kind == "Category":
        name = choose("map_category", "Category", mapped, mapped[0], sheets.name_category)
        return Shelf("map_category", tuple(mapped), Place("category", name))
    category = ""
    if catalogue.categories:
        names = ["", *catalogue.categories]
        category = choose("category", "Category", names, "", sheets.name_category)
    ids = catalogue.offer(category, read_new("query") or st.session_state.get("query"))
    if not ids:
        return None
    first = sheets.find_striking_query(book, ids) or ids[0]
    chosen = choose("query", "Query", ids, first, catalogue.spell)
    return Shelf("query", ids, Place("query", chosen))


def offer_neighbours(shelf: Shelf) -> None:
    """Offer the place before and the one after in the list, by button and by keyboard."""
    place, last = shelf.options.index(shelf.place.name), len(shelf.options) - 1
    thing = "query" if shelf.key == "query" else "category"
    with st.container(
        horizontal=True,
        gap="xsmall",
        key="neighbours",
        vertical_alignment="center",
        width="content",
    ):
        for label, step, icon in (("Previous", -1, "left"), ("Next", 1, "right")):
            other = min(max(place + step, 0), last)
            st.button(
                label,
                key=f"go-{step}",
                icon=f":material/chevron_{icon}:",
                icon_position="left" if step < 0 else "right",
                type="tertiary",
                help=f"{label} {thing}: {place + 1:,} of {last + 1:,} is open",
                shortcut="Shift+Left" if step < 0 else "Shift+Right",
                disabled=other == place,
                on_click=st.session_state.update,
                args=({shelf.key: shelf.options[other]},),
            )


def choose_coloring(book: Book) -> str:
    """Show in the sidebar what the map can be coloured by, and return what was chosen."""
    names = list_colorings(book, has_groups=bool(list_senses(book)))
    return choose("colour", "Colour", names, names[0])


def choose_look(
    book: Book, sheet: Sheet, ground: Ground, coloring: str, listing: tuple[str, str, float]
) -> Look:
    """Show in the sidebar how else the map can be drawn, and return what was chosen.

    `listing` is what `choose_listing` returned.
    """
    listed, sense, threshold = listing
    shown = _choose_shown(book, sheet)
    is_drawn = sheet.quality.get("method") != "pca"
    with st.sidebar:
        chosen = choose_one("Map", ["UMAP", "PCA"], "map") if is_drawn else "PCA"
        is_many = len(sheet) > MANY
        is_density = is_many and choose_one("Drawn as", ["Density", "Points"], "draw") == "Density"
    projection: Projection = "PCA" if chosen == "PCA" else "UMAP"
    drawn = sense if listed == "Groups" or coloring == "Group" else ""
    return Look(
        coloring,
        projection,
        is_density,
        shown,
        ground,
        listed,
        drawn,
        threshold if drawn else 0.0,
    )


def _choose_shown(book: Book, sheet: Sheet) -> tuple[str, ...]:
    """Show the choice of sources that are drawn against the rest; none: all are."""
    names = [source.name for source in book.manifest.sources]
    if len(names) < 2:
        return ()
    chosen = st.sidebar.multiselect(
        "Show alone",
        names,
        placeholder="All, or pick some",
        select_all=False,
        **address.bind("show"),
    )
    present = sheet.present
    return tuple(name for name in chosen if name in present)


def choose_listing(book: Book, coloring: str) -> tuple[str, str, float]:
    """Show above the list what it holds, and from which threshold on answers are the same.

    The threshold is shown where groups are listed, or colour the map.

    Returns
    -------
    listing : str
        "Groups" or "Clusters".
    sense : str
        Empty where there are no groups, or none are shown.
    threshold : float
    """
    senses = list_senses(book)
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="says"
    ):
        st.subheader("What they say", anchor=False, width="content")
        if not senses:
            return "Clusters", "", 0.0
        listing = choose_one("List", ["Groups", "Clusters"], "list", is_labelled=False)
    if listing == "Clusters" and coloring != "Group":
        write_note("Clusters are HDBSCAN's, of the map: they follow where the points lie.", "list")
        return "Clusters", "", 0.0
    sense = _choose_sense(senses)
    threshold = _choose_threshold(book, sense)
    write_note(tell_agreement(find_calibration(book), sense, threshold), "agreement")
    return listing, sense, threshold


def _choose_sense(senses: Sequence[str]) -> str:
    """Return the sense of sameness; where there is one only, there is no choice."""

    def spell(sense: str) -> str:
        return SENSES.get(sense, JUDGE)

    chosen = st.segmented_control(
        "Same by",
        senses,
        format_func=spell,
        default=senses[0],
        required=True,
        help="People: the estimated chance that people would call two answers the same. "
        "Cosine: of their vectors.",
        **address.bind("same", spell),
    )
    return senses[0] if chosen is None else str(chosen)


def _choose_threshold(book: Book, sense: str) -> float:
    """Show the slider, which starts at the default of the sense."""
    kind = sense if sense in SENSES else JUDGE.lower()
    threshold = st.slider(
        "Same from",
        find_lowest(sense),
        HIGHEST,
        find_default(sense, find_calibration(book)),
        STEP,
        label_visibility="collapsed",
        **address.bind(f"at_{kind}"),
    )
    return round(float(threshold), 4)
