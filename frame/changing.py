"""Change: one corpus or strategy against another, on the queries that both answer."""

from dataclasses import dataclass
from itertools import combinations
from math import isnan

import streamlit as st

from frame import measuring, sheets
from frame.address import choose
from frame.loading import Book, list_built, list_shelf
from frame.measuring import Scope
from frame.showing import draw_figure, offer_rows, show_rows, write_basis
from frame.theme import find_ground, write_finding, write_note
from hivemind_core.comparison import (
    Pairing,
    estimate_differences,
    match_models,
    match_queries,
    pair_measures,
)
from hivemind_core.corpus.exports import Citation, cite, name_stem
from hivemind_core.corpus.identity import Source
from hivemind_core.estimation import Bootstrap, explain_undefined
from hivemind_core.figures.changes import list_changes, tabulate_differences, tell_differences
from hivemind_core.figures.difference import DifferenceRow, draw_differences
from hivemind_core.figures.findings import MEANINGS, SCALES, TITLES
from hivemind_core.figures.palette import Ink, assign_inks
from hivemind_core.measurement import Homogeneity

NO_STRATEGY = "no strategy"
BASIS = (
    "Mean over the queries that a model answered on both sides, each query once; the difference is "
    "taken query by query, and its 95 % interval from 1,000 draws of the queries. An interval "
    "that leaves out 0 says that the change is no accident of the queries, not what caused it."
)


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two that are compared: a corpus, or one strategy in it."""

    name: str
    book: Book
    measured: Homogeneity
    sources: tuple[Source, ...]


def list_sides(book: Book) -> dict[str, Side]:
    """Return what can be compared under the encoder: corpora and their strategies, by name."""
    sides: dict[str, Side] = {}
    for shelved in list_shelf():
        if shelved.corpus is None:
            continue
        built = list_built(shelved.corpus, shelved.locator, shelved.stamp)
        if book.encoder not in built:
            continue
        other = Book(shelved.corpus, shelved.stamp, book.encoder)
        measured = measuring.read_homogeneity(other)
        if measured is not None:
            sides |= {side.name: side for side in _split(shelved.name, other, measured)}
    return sides


def _split(name: str, book: Book, measured: Homogeneity) -> list[Side]:
    """Return a corpus as a whole, and by strategy where models have several."""
    sources = book.manifest.sources
    found = [Side(name, book, measured, sources)]
    models = [source for source in sources if source.is_model]
    repeated = len({source.model for source in models}) < len(models)
    for strategy in dict.fromkeys(s.strategy for s in models) if repeated else ():
        chosen = tuple(s for s in models if s.strategy == strategy)
        found.append(Side(f"{name} · {strategy or NO_STRATEGY}", book, measured, chosen))
    return found


def show_change(book: Book, scope: Scope) -> None:
    """Show how far each model changes from one side to the other, with paired intervals."""
    sides = list_sides(book)
    names = list(sides)
    if len(names) < 2:
        write_finding(
            "There is one corpus here under this encoder, and no model in it has two strategies.",
            "change",
        )
        return
    first, second = _choose_sides(book, sides)
    pairing = _pair(first, second, scope)
    found = estimate_differences(pairing, Bootstrap())
    rows = [DifferenceRow(d.name, d.first, d.second, d.difference) for d in found]
    labels = first.name, second.name
    changes = [d.difference for d in found]
    models = sum(d.models == 1 for d in found)
    names = [d.name for d in found]
    words = tell_differences(names, changes, labels, models)
    write_finding(words, "change")
    if not rows:
        write_note(_explain_nothing(first, second, scope), "change-none")
        return
    figure = draw_differences(
        rows, labels, find_ground(), _ink(first, second), SCALES[scope.measure]
    )
    draw_figure(figure, "change", words)
    write_basis(f"{MEANINGS[scope.measure]} {BASIS}", "change")
    table = tabulate_differences([(d.name, d.first, d.second, d.difference) for d in found])
    name, citation = name_stem(book.manifest, scope.name("change")), _cite(first, second, scope)
    show_rows(table, "change", name, citation)
    _show_queries(pairing, first, f"{name}-by-query", citation)


def _explain_nothing(first: Side, second: Side, scope: Scope) -> str:
    """Return why no model can be compared."""
    for side in (first, second):
        if isnan(side.measured.floors[scope.measure].mean):
            reason = explain_undefined(side.measured, scope.measure)
            return f"{TITLES[scope.measure]} is undefined here: {reason}."
    return "Queries are matched by their text, models by their names."


def _ink(first: Side, second: Side) -> dict[str, Ink]:
    """Return the ink of each model that both sides have, by its name on both."""
    sources = {*first.book.manifest.sources, *second.book.manifest.sources}
    inks = assign_inks(sources, find_ground())
    return {name: inks[one.name] for name, one, _ in match_models(first.sources, second.sources)}


def _cite(first: Side, second: Side, scope: Scope) -> Citation:
    """Return what the numbers are of: both sides, and the measure."""
    own, other = (cite(side.book.manifest, side.book.encoder) for side in (first, second))
    to = {"to": second.name, "to_corpus": other["corpus"], "to_content_hash": other["content_hash"]}
    about = {"measure": scope.measure, "category": scope.category}
    return own | {"from": first.name} | to | about


def _choose_sides(book: Book, sides: dict[str, Side]) -> tuple[Side, Side]:
    """Show the two sides to choose."""
    names = list(sides)
    start = _find_start(book, sides)
    left, right = st.columns(2, gap="small")
    first = choose("from", "From", names, start[0], place=left)
    second = choose("to", "To", names, start[1], place=right)
    return sides[first], sides[second]


def _find_start(book: Book, sides: dict[str, Side]) -> tuple[str, str]:
    """Return the two strategies of this corpus that most models share, or another corpus."""
    own = [name for name, side in sides.items() if side.book.key == book.key]
    pairs = list(combinations(own[1:], 2))
    shared = {(a, b): len(match_models(sides[a].sources, sides[b].sources)) for a, b in pairs}
    if any(shared.values()):
        return max(pairs, key=shared.__getitem__)
    first = own[0] if own else next(iter(sides))
    others = [name for name, side in sides.items() if side.book.key != sides[first].book.key]
    if not others:
        return first, own[-1] if own else first
    return first, max(others, key=lambda name: len(_match(sides[first], sides[name])))


def _pair(first: Side, second: Side, scope: Scope) -> Pairing:
    """Return the measures of both sides on their common queries of the scope."""
    queries = _match(first, second)
    for place, side in enumerate((first, second)):
        members = sheets.read_catalogue(side.book).categories.get(scope.category)
        if members is not None:  # a category of either side will do
            queries = [pair for pair in queries if pair[place] in set(members)]
            break
    models = match_models(first.sources, second.sources)
    return pair_measures((first.measured, second.measured), models, queries, scope.measure)


def _match(first: Side, second: Side) -> list[tuple[str, str]]:
    """Return the ids of the measured queries that both sides have."""
    texts = [sheets.read_catalogue(side.book).queries for side in (first, second)]
    own, other = (
        {one: text[one] for one in side.measured.query_ids if one in text}
        for side, text in zip((first, second), texts, strict=True)
    )
    return match_queries(own, other)


def _show_queries(pairing: Pairing, first: Side, name: str, citation: Citation) -> None:
    """Offer the queries, those that change most first."""

    def make_rows() -> list[dict[str, object]]:
        labels = sheets.read_catalogue(first.book).labels
        queries = [labels[one] for one, _ in pairing.queries]
        return list_changes(pairing.names, pairing.first, pairing.second, queries)

    offer_rows("Query by query", "changes", make_rows, name, citation)
