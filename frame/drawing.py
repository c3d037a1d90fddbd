"""The map of a sheet as a figure: what colours it, and what is marked on it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from frame import loading
from frame.grouping import Grouping
from frame.loading import Book, Scorer
from frame.sheets import Sheet
from hivemind_core.corpus.identity import make_id
from hivemind_core.figures import coloring
from hivemind_core.figures.atlas import LabelledMap, draw_map
from hivemind_core.figures.coloring import Paint, Scale
from hivemind_core.figures.halos import Halo
from hivemind_core.figures.layers import MapPoints, MapStyle
from hivemind_core.figures.layout import close_gaps
from hivemind_core.figures.numbers import count
from hivemind_core.figures.palette import LIGHT, Ground, assign_inks
from hivemind_core.figures.reading import Entry
from hivemind_core.figures.topics import Topic

Projection = Literal["UMAP", "PCA"]
SCORE = "Score: "
LEAST_HALO = 3  # a circle around two points says little


@dataclass(frozen=True)
class Look:
    """All that the figure of a sheet depends on, besides what is picked.

    Attributes
    ----------
    coloring : str
        "Model", "Family", "Cluster", "Group", "Length", "Strategy", or "Score: " and a scorer.
    projection : "UMAP" or "PCA"
    is_density : bool
    shown : tuple of str
        Sources shown alone; none: all.
    ground : Ground
    listing : "Groups" or "Clusters"
        Whose labels stand on the map.
    sense, threshold : str, float
        Of the groups; "" and 0 where they are neither drawn nor listed.
    """

    coloring: str
    projection: Projection
    is_density: bool
    shown: tuple[str, ...]
    ground: Ground
    listing: str
    sense: str
    threshold: float


def list_colorings(book: Book, *, has_groups: bool) -> list[str]:
    """Return what the maps of a corpus can be coloured by."""
    names = ["Model", "Family", "Cluster"]
    if has_groups:
        names.append("Group")
    names.append("Length")
    if len({source.strategy for source in book.manifest.models}) > 1:
        names.append("Strategy")
    return [*names, *(f"{SCORE}{scorer.title}" for scorer in loading.list_scorers(book))]


def find_scorer(book: Book, name: str) -> Scorer | None:
    """Return the scorer that a colouring is by; None for other colourings."""
    titled = {f"{SCORE}{scorer.title}": scorer for scorer in loading.list_scorers(book)}
    return titled.get(name)


def draw_sheet(
    book: Book, sheet: Sheet, grouping: Grouping | None, look: Look, picked: Sequence[int]
) -> tuple[go.Figure, str]:
    """Return the map as a figure and a key: same figure, same object, same key.

    Plotly forgets a selection when its figure changes, so the figure may only change with what
    it shows.
    """
    key = _make_key(book, sheet, look, picked)
    return _draw_sheet(book, sheet, grouping, look, tuple(picked), key), key


def _make_key(book: Book, sheet: Sheet, look: Look, picked: Sequence[int] = ()) -> str:
    """Return what tells a drawing of a sheet from every other one."""
    seen = (look.coloring, look.projection, look.is_density, *look.shown, look.ground.paper)
    cut = (look.listing, look.sense, look.threshold)
    place = (sheet.place.kind, sheet.place.name)
    return make_id(*book.key, book.encoder, *place, *seen, *cut, *picked)


@st.cache_resource(max_entries=24, show_spinner=False)
def _draw_sheet(
    _book: Book,
    _sheet: Sheet,
    _grouping: Grouping | None,
    _look: Look,
    _picked: tuple[int, ...],
    key: str,
) -> go.Figure:
    return draw_map(
        _place(_sheet, _look),
        _choose_style(_book, _sheet, _grouping, _look),
        picked=[_sheet.ids[row] for row in _picked],
        halos=[]
        if _look.projection == "PCA"
        else _list_halos(_list_entries(_sheet, _grouping, _look)),
    )


def _place(sheet: Sheet, look: Look) -> MapPoints:
    # How far apart islands lie means nothing under UMAP; under PCA it does.
    if look.projection == "PCA":
        return sheet.pca
    return replace(sheet.umap, places=close_gaps(sheet.umap.places))


def _list_entries(sheet: Sheet, grouping: Grouping | None, look: Look) -> Sequence[Entry]:
    is_grouped = look.listing == "Groups" and grouping is not None
    return grouping.entries if is_grouped and grouping is not None else sheet.clusters


def _choose_style(book: Book, sheet: Sheet, grouping: Grouping | None, look: Look) -> MapStyle:
    return MapStyle(
        _paint(book, sheet, grouping, look),
        look.ground,
        frozenset(source.name for source in book.manifest.sources if source.is_human),
        frozenset(look.shown),
        look.is_density,
    )


def label_sheet(book: Book, sheet: Sheet, grouping: Grouping | None, look: Look) -> LabelledMap:
    """Return what the map of a sheet is drawn from for print: labelled with what groups say."""
    on_paper = replace(look, ground=LIGHT)
    return _label_sheet(book, sheet, grouping, on_paper, _make_key(book, sheet, on_paper))


@st.cache_resource(max_entries=24, show_spinner=False)
def _label_sheet(
    _book: Book, _sheet: Sheet, _grouping: Grouping | None, _look: Look, key: str
) -> LabelledMap:
    return LabelledMap(
        _place(_sheet, _look),
        _choose_style(_book, _sheet, _grouping, _look),
        tuple(
            Topic(entry.rows, entry.keywords)
            for entry in _list_entries(_sheet, _grouping, _look)
            if entry.keywords and entry.size >= LEAST_HALO
        ),
    )


def _list_halos(entries: Collection[Entry]) -> list[Halo]:
    """Return labels for the entries of most models, the first of the reading list."""
    return [
        Halo(entry.rows, f"{count(entry.size, 'answer')} · {count(entry.models, 'model')}")
        for entry in entries
        if entry.models > 1 and entry.size >= LEAST_HALO
    ]


def _paint(book: Book, sheet: Sheet, grouping: Grouping | None, look: Look) -> Paint | Scale:
    """Return what colours the points."""
    scorer = find_scorer(book, look.coloring)
    if scorer is not None:
        scores = loading.read_scores(book, scorer)
        values = np.array([scores.get(one, np.nan) for one in sheet.ids], np.float64)
        return coloring.scale_scores(values, scorer.title)
    sources, ground = book.manifest.sources, look.ground
    inks = assign_inks(sources, ground)
    paints: dict[str, Callable[[], Paint | Scale]] = {
        "Family": lambda: coloring.paint_families(sheet.sources, sources, inks, ground),
        "Strategy": lambda: coloring.paint_strategies(sheet.sources, sources, ground),
        "Length": lambda: coloring.scale_lengths(sheet.characters),
        "Cluster": lambda: coloring.paint_numbered(
            sheet.umap.clusters, "cluster", "in no cluster", ground
        ),
    }
    if grouping is not None:
        paints["Group"] = lambda: coloring.paint_numbered(
            grouping.numbers, "group", "said once", ground
        )
    return paints.get(look.coloring, lambda: coloring.paint_sources(sheet.sources, inks))()
