"""The queries of a corpus by category: which are looked at, and the list of them to read."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import streamlit as st
from numpy.typing import NDArray

from frame import address, loading
from frame.address import choose
from frame.exhibits import take_table
from frame.loading import Book
from frame.pane import cut_text
from frame.sheets import name_category
from frame.theme import write_note
from hivemind_core.corpus.exports import cite, name_stem, write_rows
from hivemind_core.corpus.search import search_categories, search_queries
from hivemind_core.corpus.taxonomy import map_label, read_taxonomy
from hivemind_core.figures.numbers import count
from hivemind_core.figures.taxonomy import NONE, OTHER
from hivemind_core.measures.arrays import Integers

SHOWN, MORE = 12, 50
LONGEST = 200  # characters of a search
TEXT_CUT = 600
ANYWHERE, ANSWERED, UNANSWERED = "With or without", "With answers", "Without"


@dataclass(frozen=True, eq=False)
class Shelfmark:
    """The queries of a corpus and their categories.

    Attributes
    ----------
    rows : pyarrow.Table
        The queries table.
    names : tuple of str, length k
        Categories: the paper's in its order, then the corpus's own, the most frequent first.
    membership : (n, k) bool
    answers : (n,) int64
        Responses to each query.
    novel : tuple of (str, int)
        Labels of queries under "Other", with their queries, the most frequent first.
    labelled : pyarrow.Table
        The queries with their labels in place of their text, to search.
    places : mapping of str to int
        Row by query id.
    """

    rows: pa.Table
    names: tuple[str, ...]
    membership: NDArray[np.bool_]
    answers: Integers
    novel: tuple[tuple[str, int], ...]
    labelled: pa.Table
    places: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Search:
    """Which queries are looked at.

    Attributes
    ----------
    words : str
    topic, also : str
        Categories that a query must have; empty: any.
    split : str
        Empty: any.
    answered : str
    """

    words: str = ""
    topic: str = ""
    also: str = ""
    split: str = ""
    answered: str = ANYWHERE


@st.cache_resource(max_entries=8, show_spinner=False)
def _read_shelfmark(_book: Book, key: tuple[str, int, str]) -> Shelfmark:
    rows = loading.read_queries(_book)
    given = [categories or () for categories in rows["categories"].to_pylist()]
    names = _order_categories(given)
    places = {name: place for place, name in enumerate(names)}
    membership = np.zeros((len(rows), len(names)), bool)
    for row, categories in enumerate(given):
        membership[row, [places[name] for name in categories]] = True
    counts = loading.count_by_query(_book)
    ids = rows["query_id"].to_pylist()
    answers = np.array([counts.get(query_id, 0) for query_id in ids], np.int64)
    labels = pa.array([" ".join(x or ()) for x in rows["labels"].to_pylist()], pa.string())
    return Shelfmark(
        rows,
        names,
        membership,
        answers,
        _count_novel(rows, given),
        pa.table({"query_id": rows["query_id"], "query": labels}),
        {query_id: row for row, query_id in enumerate(ids)},
    )


def _order_categories(given: Sequence[Sequence[str]]) -> tuple[str, ...]:
    counted = Counter(name for categories in given for name in set(categories))
    paper = [sub.name for sub in read_taxonomy() if sub.name in counted]
    own = sorted(counted.keys() - set(paper), key=lambda name: (-counted[name], name))
    return (*paper, *(name for name in own if name != OTHER), *(OTHER,) * (OTHER in counted))


def _count_novel(rows: pa.Table, given: Sequence[Sequence[str]]) -> tuple[tuple[str, int], ...]:
    counted: Counter[str] = Counter()
    for categories, labels in zip(given, rows["labels"].to_pylist(), strict=True):
        if OTHER in categories:
            counted.update(label for label in set(labels or ()) if map_label(label) is None)
    return tuple(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def read_shelfmark(book: Book) -> Shelfmark:
    """Return the queries of a corpus and their categories."""
    return _read_shelfmark(book, book.key)


def group_queries(shelf: Shelfmark) -> tuple[tuple[str, ...], Integers]:
    """Return what each query is coloured by: of its categories above, the least common one.

    Returns
    -------
    names : tuple of str
    groups : (n,) int64
        Place in `names`.
    """
    above = {sub.name: sub.category for sub in read_taxonomy()}
    tops = tuple(dict.fromkeys(above.get(name, name) for name in shelf.names))
    held = np.zeros((len(shelf), len(tops)), bool)
    for place, name in enumerate(shelf.names):
        held[:, tops.index(above.get(name, name))] |= shelf.membership[:, place]
    rarity = np.where(held, held.sum(axis=0), np.iinfo(np.int64).max)
    groups = rarity.argmin(axis=1) if tops else np.zeros(len(shelf), np.int64)
    return (*tops, NONE), np.where(held.any(axis=1), groups, len(tops))


def choose_search(shelf: Shelfmark) -> Search:
    """Show in the sidebar which queries are looked at, and return what was chosen."""
    words = st.sidebar.text_input(
        "Search queries",
        type="search",
        placeholder="words, or a category",
        live="200ms",
        max_chars=LONGEST,
        **address.bind("asked"),
    )
    topic = also = split = ""
    if shelf.names:
        topic = choose("topic", "Category", ["", *shelf.names], "", name_category)
    if topic:
        others = [name for name in shelf.names if name != topic]
        also = choose("also", "And also", ["", *others], "", lambda name: name or "Any other")
    splits = sorted({name for name in shelf.rows["split"].to_pylist() if name})
    if splits:
        split = choose("split", "Part", ["", *splits], "", lambda name: name or "All parts")
    answered = ANYWHERE
    if 0 < int((shelf.answers > 0).sum()) < len(shelf):
        answered = choose("answered", "Answers", [ANYWHERE, ANSWERED, UNANSWERED], ANYWHERE)
    return Search(" ".join((words or "").split()), topic, also, split, answered)


def find_queries(shelf: Shelfmark, search: Search) -> Integers:
    """Return the rows of the queries that are looked at; those that fit the words best come first.

    Words are looked for in the query and in its labels.
    """
    keep = np.ones(len(shelf), bool)
    for name in (search.topic, search.also):
        if name:
            keep &= shelf.membership[:, shelf.names.index(name)]
    if search.split:
        keep &= np.array([split == search.split for split in shelf.rows["split"].to_pylist()])
    if search.answered != ANYWHERE:
        keep &= (shelf.answers > 0) == (search.answered == ANSWERED)
    if not search.words:
        return np.flatnonzero(keep)
    found = _find_words(shelf, search.words)
    return found[keep[found]]


def _find_words(shelf: Shelfmark, words: str) -> Integers:
    found = (*search_queries(shelf.rows, words), *search_queries(shelf.labelled, words))
    ranked = [shelf.places[query_id] for query_id in found]
    return np.array(list(dict.fromkeys(ranked)), np.int64)


def offer_categories(shelf: Shelfmark, words: str) -> None:
    """Offer the categories that a search means, by their own or by another name."""
    hits = search_categories(shelf.names, words)[:4] if words else ()
    if not hits:
        return
    with st.container(horizontal=True, gap="small", key="topics"):
        for place, hit in enumerate(hits):
            also = f" ({hit.also})" if hit.also else ""
            is_ours = hit.name in {sub.name for sub in read_taxonomy()} | {OTHER}
            st.button(
                f"Category {hit.name}{also}" if is_ours else f"Category {place + 1}",
                key=f"topic-{place}",
                type="tertiary",
                help=None if is_ours else "A category of this corpus",
                on_click=_open_topic,
                args=(hit.name,),
            )


def _open_topic(name: str) -> None:
    address.overrule("topic")
    st.session_state.update(topic=name, asked="")


def show_queries(book: Book, shelf: Shelfmark, rows: Integers, told: str) -> None:
    """Show queries to read, with their categories and what leads on from them."""
    st.subheader(f"Queries · {len(rows):,}", anchor=False)
    write_note(told, "queries")
    take_table(
        name_stem(book.manifest, "queries"),
        lambda: shelf.rows.take(pa.array(rows)),
        cite(book.manifest),
    )
    key = f"queries-shown-{hash((book.key, rows.tobytes()))}"
    shown = st.session_state.get(key, SHOWN)
    picked = shelf.rows.take(pa.array(rows[:shown])).to_pylist()
    for place, (row, query) in enumerate(zip(rows[:shown].tolist(), picked, strict=True)):
        with st.container(border=True, key=f"query-{place}", gap="xsmall"):
            st.text(cut_text(query["query"], TEXT_CUT), width="stretch")
            write_note(_describe_query(shelf, row, query), f"query-{place}")
            _lead_on(query["query_id"], query["query"], int(shelf.answers[row]))
    with st.container(horizontal=True, gap="small", key="queries-actions"):
        if shown < len(rows):
            st.button(
                f"Show {min(MORE, len(rows) - shown)} more of {len(rows):,}",
                key="more-queries",
                on_click=st.session_state.update,
                args=({key: shown + MORE},),
            )
        if len(rows):
            st.download_button(
                f"Take {count(len(rows), 'query')} (CSV)",
                lambda: write_rows(shelf.rows.take(pa.array(rows)), "csv", cite(book.manifest)),
                f"{name_stem(book.manifest, 'queries')}.csv",
                "text/csv",
                key="take-queries",
                type="tertiary",
                on_click="ignore",
            )


def _describe_query(shelf: Shelfmark, row: int, query: dict[str, object]) -> str:
    held = [name for name, has in zip(shelf.names, shelf.membership[row], strict=True) if has]
    labels = query["labels"] if isinstance(query["labels"], list) and OTHER in held else []
    given = f"labelled {', '.join(map(str, labels))}" if labels else ""
    number = int(shelf.answers[row])
    answers = count(number, "answer") if number else "no answers yet"
    split = str(query["split"] or "")
    return " · ".join(filter(None, [", ".join(held) or NONE, given, split, answers]))


def _lead_on(query_id: str, query: str, answers: int) -> None:
    """Show what leads on from a query: its answers, or models to ask."""
    if not answers:
        st.page_link(
            "pages/live_page.py",
            label="Ask models",
            icon=":material/arrow_forward:",
            query_params={"ask": query},
        )
    else:
        st.page_link(
            "pages/atlas_page.py",
            label="Its answers in the Atlas",
            icon=":material/arrow_forward:",
            query_params={"query": query_id, "view": "Query"},
        )
