"""What a search found, in the reading pane: categories, queries, and answers by query.

Texts of a corpus, and the words of a search, which a link may carry, are never part of a label.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from frame import address, loading, picking
from frame.loading import Book
from frame.sheets import list_mapped_categories, read_catalogue
from frame.theme import write_note
from hivemind_core.corpus.search import (
    CategoryHit,
    Hits,
    QueryHits,
    Quote,
    quote_answers,
    search_answers,
    search_categories,
    search_queries,
)
from hivemind_core.corpus.taxonomy import read_taxonomy
from hivemind_core.corpus.terms import Excerpt, cut_excerpt, read_terms
from hivemind_core.figures.numbers import count

Thing = TypeVar("Thing")

SHOWN = 10
MORE = 25
LONGEST = 400  # characters of a search
HOW = (
    "All words must occur. A word finds every word that begins with it; "
    "“words in quotation marks” are found exactly so. Case and accents do not count."
)


@dataclass(frozen=True)
class Found:
    """All that a search found.

    Attributes
    ----------
    categories : tuple of CategoryHit
    queries : tuple of str
        Query ids, best first.
    answers : Hits
    """

    categories: tuple[CategoryHit, ...]
    queries: tuple[str, ...]
    answers: Hits


@st.cache_resource(max_entries=32, show_spinner="Reading every answer …")
def _find(_book: Book, key: tuple[str, int, str], words: str) -> Found:
    return Found(
        search_categories(read_catalogue(_book).categories, words),
        search_queries(loading.read_queries(_book), words),
        search_answers(_book.corpus, words),
    )


def find(book: Book, words: str) -> Found:
    """Return what the words of a search find in a corpus."""
    return _find(book, book.key, " ".join(words.split()))


@st.cache_resource(max_entries=64, show_spinner=False)
def _quote(
    _book: Book, key: tuple[str, int, str], words: str, found: tuple[QueryHits, ...]
) -> dict[str, tuple[Quote, ...]]:
    return quote_answers(_book.corpus, found, words)


def ask_words() -> str:
    """Show the search box in the sidebar, and return what was typed."""
    words = st.sidebar.text_input(
        "Search",
        type="search",
        placeholder="answers, queries, categories",
        on_change=picking.pick_nothing,
        max_chars=LONGEST,
        **address.bind("find"),
    )
    return " ".join((words or "").split())


def open_query(query_id: str) -> None:
    """Open a query that was found, and end the search."""
    address.overrule("query", "category")
    st.session_state.update(query=query_id, category="", view="Query", find="")


def open_category(book: Book) -> Callable[[str], None]:
    """Return what opens a category that was found: its map, or its queries where it has none."""
    mapped = list_mapped_categories(book)

    def open_it(name: str) -> None:
        address.overrule("query", "category", "map_category")
        if name in mapped:
            st.session_state.update(view="Category", map_category=name, find="")
        else:
            st.session_state.pop("query", None)
            st.session_state.update(view="Query", category=name, find="")

    return open_it


def show_results(
    book: Book,
    words: str,
    on_category: Callable[[str], None],
    on_query: Callable[[str], None],
    on_answer: Callable[[str, tuple[str, ...]], None],
) -> None:
    """Show what a search found: ten of each kind, and more when asked.

    Parameters
    ----------
    book : Book
    words : str
        As typed; see `terms.read_terms`.
    on_category, on_query : callable
        Called with the category's name, with the query's id, when one is opened.
    on_answer : callable
        Called with the query's id and the ids of its answers that were found.
    """
    if not read_terms(words):
        write_note(f"Type words to look for. {HOW}", "found-how")
        return
    found = find(book, words)
    _show_categories(book, words, found.categories, on_category)
    _show_queries(book, words, found.queries, on_query)
    _show_answers(book, words, found.answers, on_answer)
    write_note(_tell_missing(words, found), "found-none")


def _tell_missing(words: str, found: Found) -> str:
    """Return which kinds of things were not found, and how they were looked for."""
    kinds = {"category": found.categories, "query": found.queries, "answer": found.answers.total}
    missing = [kind for kind, things in kinds.items() if not things]
    if "answer" not in missing:
        return ""
    listed = ", no ".join(missing[:-1]) + " and no " * (len(missing) > 1) + missing[-1]
    terms = ", ".join(f"“{term.text}”" for term in read_terms(words))
    return f"No {listed} found for {terms}. {HOW}"


def _show_categories(
    book: Book, words: str, hits: Sequence[CategoryHit], on_category: Callable[[str], None]
) -> None:
    if not hits:
        return
    st.subheader("Categories", anchor=False)
    members = read_catalogue(book).categories
    ours = {subcategory.name for subcategory in read_taxonomy()}
    shown = _take_more("category", words, hits)
    for place, hit in enumerate(shown):
        known = hit.name in ours
        label = hit.name if known else f"Category {place + 1}"
        with st.container(key=f"found-category-{place}", gap="xsmall"):
            _offer(
                f"{label} · {count(len(members[hit.name]), 'query')}",
                f"category-{place}",
                on_category,
                hit.name,
            )
            if not known:
                st.text(hit.name)
            write_note(f"also called {hit.also}" if hit.also else "", f"found-also-{place}")
    _offer_more("category", words, len(hits), len(shown))


def _show_queries(
    book: Book, words: str, ids: Sequence[str], on_query: Callable[[str], None]
) -> None:
    if not ids:
        return
    st.subheader(f"Queries · {len(ids):,}", anchor=False)
    texts, answers = read_catalogue(book).queries, loading.count_by_query(book)
    shown = _take_more("query", words, ids)
    for place, query_id in enumerate(shown):
        with st.container(border=True, key=f"found-query-{place}", gap="xsmall"):
            if number := answers.get(query_id, 0):
                label = f"Query {place + 1} · {count(number, 'answer')}"
                _offer(label, f"query-{place}", on_query, query_id)
            else:
                write_note(f"Query {place + 1} · no answers yet", f"found-query-{place}")
            _show_excerpt(cut_excerpt(texts[query_id], words))
            if not answers.get(query_id):
                link = {"asked": words}
                label = "See it among the queries"
                st.page_link("pages/taxonomy_page.py", label=label, query_params=link)
    _offer_more("query", words, len(ids), len(shown))


def _show_answers(
    book: Book, words: str, hits: Hits, on_answer: Callable[[str, tuple[str, ...]], None]
) -> None:
    if not hits.total:
        return
    st.subheader(f"Answers · {hits.total:,}", anchor=False)
    write_note(_tell_answers(hits), "found-answers")
    shown = tuple(_take_more("answer", words, hits.by_query))
    quotes = _quote(book, book.key, words, shown)
    for place, hit in enumerate(shown):
        with st.container(border=True, key=f"found-answer-{place}", gap="xsmall"):
            _offer(
                _name_hit(hit),
                f"answer-{place}",
                on_answer,
                hit.query_id,
                hit.response_ids,
            )
            write_note(read_catalogue(book).labels[hit.query_id], f"found-asked-{place}")
            for number, quote in enumerate(quotes[hit.query_id]):
                _show_quote(quote, f"{place}-{number}")
    _offer_more("answer", words, len(hits.by_query), len(shown))


def _name_hit(hit: QueryHits) -> str:
    named = len(hit.response_ids)
    first = f"The first {named:,} of " if named < hit.total else ""
    return f"{first}{count(hit.total, 'answer')} · {count(len(hit.sources), 'source')}"


def _tell_answers(hits: Hits) -> str:
    told = f"In {count(hits.queries, 'query')}, those with the most answers first."
    if hits.is_capped:
        told += f" The first {hits.limit:,} can be opened; more words narrow the search."
    return told


def _show_quote(quote: Quote, key: str) -> None:
    _show_excerpt(quote.excerpt)
    write_note(_name_sources(quote), f"found-source-{key}")


def _name_sources(quote: Quote) -> str:
    names = ", ".join(f"{name} × {n}" if n > 1 else name for name, n in quote.sources)
    return f"{names}: word for word" if sum(n for _, n in quote.sources) > 1 else names


def _show_excerpt(excerpt: Excerpt) -> None:
    st.text(_mark(excerpt), width="stretch")


def _mark(excerpt: Excerpt) -> str:
    """Return the text of an excerpt with its hits in brackets."""
    marked = excerpt.text
    for start, stop in reversed(excerpt.spans):
        marked = f"{marked[:start]}[{marked[start:stop]}]{marked[stop:]}"
    return marked


def _offer(label: str, key: str, on_click: Callable[..., None], *args: object) -> None:
    st.button(label, key=f"open-found-{key}", type="tertiary", on_click=on_click, args=args)


def _take_more(kind: str, words: str, things: Sequence[Thing]) -> Sequence[Thing]:
    """Return as many things as were asked for since these words were searched."""
    asked, shown = st.session_state.get(f"found-{kind}", ("", SHOWN))
    return things[: shown if asked == words else SHOWN]


def _offer_more(kind: str, words: str, total: int, shown: int) -> None:
    if shown < total:
        st.button(
            f"Show {min(total - shown, MORE)} more of {total:,}",
            key=f"more-found-{kind}",
            on_click=lambda: st.session_state.update({f"found-{kind}": (words, shown + MORE)}),
        )
