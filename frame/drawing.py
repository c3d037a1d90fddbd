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
from hivemind_core.figures.atlas import draw_map
from hivemind_core.figures.coloring import Paint, Scale
from hivemind_core.figures.halos import Halo
from hivemind_core.figures.layers import MapStyle
from hivemind_core.figures.layout import close_gaps
from hivemind_core.figures.numbers import count
from hivemind_core.figures.palette import Ground, assign_inks
from hivemind_core.figures.reading import Entry

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
    seen = (look.coloring, look.projection, look.is_density, *look.shown, look.ground.paper)
    cut = (look.listing, look.sense, look.threshold)
    place = (sheet.place.kind, sheet.place.name)
    key = make_id(*book.key, book.encoder, *place, *seen, *cut, *picked)
    return _draw_sheet(book, sheet, grouping, look, tuple(picked), key), key


@st.cache_resource(max_entries=24, show_spinner=False)
def _draw_sheet(
    _book: Book,
    _sheet: Sheet,
    _grouping: Grouping | None,
    _look: Look,
    _picked: tuple[int, ...],
    key: str,
) -> go.Figure:
    # How far apart islands lie means nothing under UMAP; under PCA it does.
    umap = replace(_sheet.umap, places=close_gaps(_sheet.umap.places))
    points = _sheet.pca if _look.projection == "PCA" else umap
    entries = _sheet.clusters
    if _look.listing == "Groups" and _grouping is not None:
        entries = _grouping.entries
    return draw_map(
        points,
        MapStyle(
            _paint(_book, _sheet, _grouping, _look),
            _look.ground,
            frozenset(source.name for source in _book.manifest.sources if source.is_human),
            frozenset(_look.shown),
            _look.is_density,
        ),
        picked=[_sheet.ids[row] for row in _picked],
        halos=[] if _look.projection == "PCA" else _list_halos(entries),
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
