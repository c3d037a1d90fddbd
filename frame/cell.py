"""The evidence behind one cell: its queries one by one, and the closest answers of two sources."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import streamlit as st

from frame import address, sheets
from frame.exhibits import take_table
from frame.loading import Book
from frame.measuring import Answers, Scope, cite_scope, compare_answers, read_answers
from frame.pane import cut_text
from frame.prose import show_marked, style_prose
from frame.showing import format_columns
from frame.theme import write_finding, write_note
from hivemind_core.corpus.exports import name_stem
from hivemind_core.estimation import Estimates
from hivemind_core.figures.findings import list_cell, tell_cell, tell_closest, tell_verbatim
from hivemind_core.figures.numbers import isolate_words
from hivemind_core.figures.phrases import find_shared_phrases
from hivemind_core.measurement import COSINE, LENGTH_MATCHED
from hivemind_core.measures.closest import rank_closest

PAIRS = 4
TEXT_CUT = 1500
TABLE_HEIGHT = 420


@dataclass(frozen=True)
class Wording:
    """A text of one source: the row of one answer that has it, and how many have it."""

    row: int
    count: int


def show_cell(book: Book, scope: Scope, numbers: Estimates, picked: tuple[int, int]) -> str | None:
    """Show how alike two sources are query by query; return the query that is open, if any."""
    measured = numbers.measured
    names = measured.sources[picked[0]].name, measured.sources[picked[1]].name
    row, column = sorted(picked)
    pair = _find_pair(len(measured.sources), row, column)
    estimate = numbers.within[row] if row == column else numbers.between[pair]
    within = numbers.within[picked[0]].mean, numbers.within[picked[1]].mean
    words = tell_cell(names, estimate, within, numbers.floor, numbers.reason)
    write_finding(words, "cell")
    values = measured.within if row == column else measured.between
    rows = list_cell(
        values[scope.measure][:, row if row == column else pair],
        (
            measured.within[scope.measure][:, picked[0]],
            measured.within[scope.measure][:, picked[1]],
        ),
        [sheets.read_catalogue(book).labels[one] for one in measured.query_ids],
        names,
    )
    ids = [measured.query_ids[place] for place, _ in rows]
    take_table(
        name_stem(book.manifest, scope.name("cell")),
        lambda: pa.Table.from_pylist([cells for _, cells in rows]),
        cite_scope(book, scope, measured),
    )
    return _choose_query(ids, [cells for _, cells in rows], f"{picked[0]}-{picked[1]}")


def _find_pair(sources: int, row: int, column: int) -> int:
    """Return the column of `between` of two sources, row < column."""
    first, second = np.triu_indices(sources, 1)
    found = np.flatnonzero((first == row) & (second == column))
    return int(found[0]) if len(found) else -1


def _choose_query(ids: Sequence[str], rows: Sequence[dict[str, object]], key: str) -> str | None:
    """Show a row a query, the most alike first; return the one that was clicked, or the first."""
    if not ids:
        return None
    given = address.read_new("evidence")
    if given is not None:
        st.session_state["evidence"] = given
        if given not in ids:
            address.say_missing("Query")
    table, chart = pa.Table.from_pylist(list(rows)), f"queries-{key}"
    st.dataframe(
        table,
        hide_index=True,
        key=chart,
        column_config=format_columns(table),
        height=min(TABLE_HEIGHT, 36 * (len(rows) + 1)),
        on_select=lambda: _take_query(chart, ids),
        selection_mode="single-row",
    )
    chosen = st.session_state.get("evidence")
    address.record("evidence", chosen if chosen in ids else None)
    return chosen if chosen in ids else ids[0]


def _take_query(chart: str, ids: Sequence[str]) -> None:
    rows = st.session_state[chart]["selection"]["rows"]
    st.session_state["evidence"] = ids[rows[0]] if rows else None
    address.overrule("evidence")


def show_closest(book: Book, scope: Scope, names: tuple[str, str], query_id: str) -> None:
    """Show the closest answers of two sources to one query, with the phrases they share marked."""
    answers = read_answers(book, query_id)
    first, second = (list_wordings(answers, name) for name in names)
    is_same = names[0] == names[1]
    measure = scope.measure if scope.measure != LENGTH_MATCHED else COSINE
    alike = compare_answers(book, answers, measure)
    rows, columns = ([one.row for one in side] for side in (first, second))
    pairs = [] if alike is None else rank_closest(alike[rows][:, columns], PAIRS, is_same=is_same)
    st.subheader("The closest answers", anchor=False)
    write_finding(f"To “{cut_text(sheets.read_catalogue(book).queries[query_id], 400)}”", "closest")
    if is_same and first and max(one.count for one in first) > 1:
        write_note(tell_verbatim([one.count for one in first]), "verbatim")
    if not pairs:
        write_note("There are no two different answers to compare.", "closest-none")
    style_prose()
    for place, (i, j, similarity) in enumerate(pairs):
        pair = first[i], second[j]
        texts = [cut_text(answers.texts[wording.row], TEXT_CUT) for wording in pair]
        spans = find_shared_phrases(texts)
        is_equal = _are_equal(answers, *pair)
        words = tell_closest(similarity, measure, is_same=is_equal, has_marks=any(spans))
        write_note(words, f"closeness-{place}")
        for side, column in enumerate(st.columns(2, gap="medium")):
            with column, st.container(border=True, key=f"closest-{place}-{side}", gap="xsmall"):
                repeats = pair[side].count
                times = f" × {repeats}, word for word" if repeats > 1 else ""
                st.text(isolate_words(f"{names[side]}{times}"))
                show_marked(texts[side], spans[side], f"closest-{place}-{side}")
    st.page_link(
        "pages/atlas_page.py",
        label="See all answers to this query on the map",
        query_params={"query": query_id, "view": "Query"},
    )


def list_wordings(answers: Answers, source: str) -> list[Wording]:
    """Return the different texts of a source, in the order of its answers."""
    rows = [i for i, name in enumerate(answers.sources) if name == source]
    counts = Counter(answers.texts[i].strip() for i in rows)
    first: dict[str, int] = {}
    for i in rows:
        first.setdefault(answers.texts[i].strip(), i)
    return [Wording(row, counts[text]) for text, row in first.items()]


def _are_equal(answers: Answers, first: Wording, second: Wording) -> bool:
    return answers.texts[first.row].strip() == answers.texts[second.row].strip()
