"""Groups of near-identical answers on a sheet, cut at a threshold."""

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
import streamlit as st
from numpy.typing import NDArray

from frame import loading
from frame.loading import Book
from frame.sheets import Sheet
from hivemind_core.figures.reading import Entry, list_group_entries
from hivemind_core.space.groups import list_groups
from hivemind_core.space.linking import (
    COSINE,
    PEOPLE,
    NamedLinkage,
    cut_named,
    gather_groups,
    read_linkage,
    split_by_query,
)

Sense = str
SAME_VECTOR = 0.99999


@dataclass(frozen=True)
class Grouping:
    """The groups of a sheet at a threshold.

    Attributes
    ----------
    sense : str
    threshold : float
    labels : (n,) int64
        Group of each row of the sheet, 0 the largest; -1 where its query has no linkage.
    entries : tuple of Entry
        Groups of at least two answers, as a reading list.
    lone : tuple of int
        Rows of the answers that are like no other.
    """

    sense: Sense
    threshold: float
    labels: NDArray[np.int64]
    entries: tuple[Entry, ...]
    lone: tuple[int, ...]

    @property
    def numbers(self) -> NDArray[np.int64]:
        """Place of each row's group in the list, from 0; -1 where it is alone or not linked."""
        numbers = np.full(len(self.labels), -1, np.int64)
        for place, entry in enumerate(self.entries):
            numbers[list(entry.rows)] = place
        return numbers

    @property
    def is_linked(self) -> bool:
        """Whether any answer of the sheet has been linked."""
        return bool((self.labels >= 0).any())

    def find_entry(self, row: int) -> Entry | None:
        """Return the group that a row of the sheet is in; None where it is alone."""
        number = self.labels[row]
        return next((entry for entry in self.entries if entry.number == number), None)


def list_senses(book: Book) -> tuple[Sense, ...]:
    """Return the senses of sameness that a corpus was linked by: people's judgement first."""
    return _list_senses(book, (*book.key, book.encoder))


@st.cache_resource(max_entries=16, show_spinner=False)
def _list_senses(_book: Book, key: tuple[object, ...]) -> tuple[Sense, ...]:
    rows = loading.read_view(_book, "linkages.parquet")
    found = set(pc.unique(rows["sense"]).to_pylist())
    return tuple(sorted(found, key=lambda sense: (sense != PEOPLE, sense != COSINE, sense)))


def count_blurred(book: Book, sheet: Sheet) -> int:
    """Return the answers whose words differ from another's and whose vector does not.

    The encoder cannot tell them apart: it may know none of their words, or have cut them.
    """
    if COSINE not in list_senses(book):
        return 0
    found = cut_sheet(book, sheet, COSINE, SAME_VECTOR).entries
    return sum(entry.size for entry in found if entry.wordings > 1)


def cut_sheet(book: Book, sheet: Sheet, sense: Sense, threshold: float) -> Grouping:
    """Return the groups of a sheet at a threshold."""
    key = (*book.key, book.encoder, sheet.place)
    return _cut_sheet(book, sheet, key, sense, threshold)


@st.cache_resource(max_entries=64, show_spinner=False)
def _cut_sheet(
    _book: Book, _sheet: Sheet, key: tuple[object, ...], sense: Sense, threshold: float
) -> Grouping:
    linkages = _link_sheet(_book, _sheet, key, sense)
    cuts = [(ids, cut_named(named, threshold)) for ids, named in linkages]
    found = gather_groups(cuts, _sheet.ids)
    models = {source.name: source.model for source in _book.manifest.models}
    written = [models.get(name) for name in _sheet.sources]
    groups = list_groups(found.labels, _sheet.sources, written, _sheet.wordings)
    entries = list_group_entries(
        (group for group in groups if group.size > 1), found.medoids, found.keywords
    )
    lone = tuple(group.rows[0] for group in groups if group.size == 1)
    return Grouping(sense, threshold, found.labels, tuple(entries), lone)


@st.cache_resource(max_entries=16, show_spinner=False)
def _link_sheet(
    _book: Book, _sheet: Sheet, key: tuple[object, ...], sense: Sense
) -> tuple[tuple[tuple[str, ...], NamedLinkage], ...]:
    """Return the ids of each query's answers and their linkage, for the queries that have one."""
    queries = tuple(sorted(set(_sheet.query_ids)))
    answers = split_by_query(loading.read_view_part(_book, "maps.parquet", "query_id", queries))
    rows = loading.read_view_part(_book, "linkages.parquet", "query_id", queries)
    merges = dict(split_by_query(rows.filter(pc.equal(rows["sense"], sense))))
    empty = rows.slice(0, 0)
    found = [
        (tuple(mine["response_id"].to_pylist()), merges.get(query_id, empty))
        for query_id, mine in answers
    ]
    return tuple(
        (ids, read_linkage(merged)) for ids, merged in found if len(merged) == len(ids) - 1
    )
