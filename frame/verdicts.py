"""Evaluators against people: all of them, one of them, and the items behind a number."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import streamlit as st

from frame import address, judging
from frame.address import choose, choose_one
from frame.asking import choose_scorer, choose_scorers
from frame.exhibits import take_figure, take_table
from frame.judging import Judgements, Question
from frame.loading import Book
from frame.pane import cut_text
from frame.prose import show_marked, style_prose
from frame.scoring import show_record
from frame.showing import (
    PLAIN,
    draw_figure,
    format_columns,
    offer_rows,
    show_rows,
    write_basis,
    write_scope,
)
from frame.theme import find_ground, write_finding, write_note
from hivemind_core.calibration import BIN, DISAGREED, SIMILAR, ScorerReport
from hivemind_core.corpus.exports import Citation, cite, name_stem
from hivemind_core.evaluation import Scorer
from hivemind_core.figures.curves import add_targets, describe_curves, draw_curves
from hivemind_core.figures.judging import (
    AXES,
    EXPLAINED,
    TITLES,
    count_values,
    draw_curve,
    list_items,
    list_verdicts,
    name_slices,
    order_items,
    tabulate_scorers,
    tabulate_slices,
    tell_panel,
    tell_scorers,
    tell_slice,
)
from hivemind_core.figures.labels import describe_labels, draw_labels, write_labels
from hivemind_core.figures.scatter import ItemPoints, describe_scatter, draw_scatter
from hivemind_core.figures.verdicts import describe_verdicts, draw_verdicts
from hivemind_core.measures.slices import Mask

TEXT_CUT = 3000
LONGEST_NUMBER = 9  # digits of an item in a link
SLICED = {TITLES[kind]: kind for kind in (BIN, DISAGREED, SIMILAR)}
ALL_ITEMS = "All"
SPLIT, UNANIMOUS = "Split first", "Unanimous first"


def find_mark(question: Question) -> str:
    """Return what is written across figures of made-up judgements."""
    return "" if question.plan is None else "SIMULATED"


def cite_question(book: Book, question: Question) -> Citation:
    """Return what the numbers are of."""
    return cite(book.manifest) | {
        "annotation": question.annotation,
        "criterion": question.criterion or "",
        "disagreement": question.disagreement,
        "bins": str(question.bins),
        "without_people": question.without_people,
        "simulated": book.manifest.simulated or question.plan is not None,
        "plan": "" if question.plan is None else str(question.plan),
    }


def name_file(book: Book, question: Question, what: str) -> str:
    """Return the name of a file of numbers, without its ending."""
    made_up = "simulated" if question.plan is not None else ""
    parts = (what, question.annotation, question.criterion or "", made_up)
    return name_stem(book.manifest, "-".join(filter(None, parts)))


def show_panel(judgements: Judgements) -> None:
    """Say what people judged, and how far they agree."""
    write_scope(tell_panel(judgements.panel, judgements.alpha, judgements.ceiling), "panel")


def show_scorers(book: Book, question: Question) -> None:
    """Show the verdict on every scorer."""
    head = st.container()
    scorers = choose_scorers(book, question)
    if not scorers:
        write_finding("No scorer is chosen, or none scored these items.", "scorers")
        return
    reports = judging.judge(book, question, scorers)
    with head:
        write_finding(tell_scorers(reports), "scorers")
    rows, mark = list_verdicts(reports), find_mark(question)
    draw_figure(draw_verdicts(rows, find_ground(), mark), "verdicts", describe_verdicts(rows, mark))
    write_basis(EXPLAINED, "verdicts")
    name = name_file(book, question, "scorers")
    show_rows(tabulate_scorers(reports), "scorers", name, cite_question(book, question))


def show_scorer(book: Book, question: Question) -> None:
    """Show one scorer slice by slice, and its items."""
    scorer = choose_scorer(book, question)
    if scorer is None:
        write_finding("No scorer scored these items.", "scorer")
        return
    report = judging.judge_beside(book, question, scorer)
    write_finding(f"{scorer.name}: {report.verdict}", "scorer")
    kind = SLICED[choose_one("Slices", list(SLICED), "sliced", is_labelled=False)]
    judgements = judging.read_judgements(book, question)
    name = _choose_looked_at(judgements, kind)
    _show_curve(book, question, report, kind, name)
    _show_scatter(book, question, scorer)
    show_record(book, scorer.name)
    _show_looked_at(book, question, name)


def _list_slices(judgements: Judgements, kind: str) -> dict[str, int]:
    """Return the slices of a kind by name, with their place among all."""
    names = name_slices(judgements.slices)
    return {names[n]: n for n, part in enumerate(judgements.slices) if part.kind == kind}


def _choose_looked_at(judgements: Judgements, kind: str) -> str | None:
    """Return the slice of a kind that is looked at, set by a click on the curve or the slider."""
    names = list(_list_slices(judgements, kind))
    if not names:
        return None
    address.follow("slice", "slice", names)
    looked = st.session_state.get("slice")
    name = looked if looked in names else names[-1]
    address.record("slice", name)
    st.session_state["slice"] = name
    return name


def _show_curve(
    book: Book, question: Question, report: ScorerReport, kind: str, name: str | None
) -> None:
    curve, mark = draw_curve(report, kind), find_mark(question)
    places = _list_slices(judging.read_judgements(book, question), kind)
    names = list(places)
    is_reversed, ground = kind != BIN, find_ground()
    figure = draw_curves([curve], AXES[kind], {}, ground, is_reversed=is_reversed, mark=mark)
    add_targets(figure, curve, names.index(name) if name in names else None, ground)
    chart, words = f"chart-curve-{kind}", describe_curves([curve], mark)
    told = "" if name is None else tell_slice(name, report.slices[places[name]])
    st.plotly_chart(
        take_figure(figure, words, told),
        key=chart,
        on_select=lambda: _take_slice(chart, names),
        selection_mode="points",
        config=PLAIN,
        alt=words,
    )
    if name is not None and len(names) > 1:
        slider = f"looked-{kind}"
        st.session_state[slider] = name
        st.select_slider(
            "Slice",
            names,
            key=slider,
            on_change=lambda: _look_at(st.session_state[slider]),
            label_visibility="collapsed",
        )
    if name is not None:
        write_note(told, "slice")
    write_basis(EXPLAINED, "curve")
    stem = name_file(book, question, f"slices-{report.scorer.name}")
    about = cite_question(book, question)
    offer_rows("Every slice as a table", "slices", lambda: tabulate_slices(report), stem, about)


def _take_slice(chart: str, names: Sequence[str]) -> None:
    points = st.session_state[chart]["selection"]["points"]
    if points:
        _look_at(names[int(points[0]["customdata"])])


def _look_at(name: str) -> None:
    st.session_state["slice"] = name
    address.overrule("slice")


def _show_looked_at(book: Book, question: Question, name: str | None) -> None:
    """Show the items of the slice that is looked at, the most split first, and one of them."""
    judgements = judging.read_judgements(book, question)
    names = name_slices(judgements.slices)
    mask = judgements.slices[names.index(name)].mask if name in names else None
    order = order_items(judgements.disagreement, is_split_first=True)
    order = [item for item in order if mask is None or mask[item]]
    if not order:
        return
    st.subheader(f"Items of {name}" if name else "Items", anchor=False)
    _show_beside(book, question, order, SPLIT)


def _show_scatter(book: Book, question: Question, scorer: Scorer) -> None:
    """Show score against what people say, an item a point; a click opens one below."""
    judgements = judging.read_judgements(book, question)
    panel = judgements.panel
    st.subheader("Every item", anchor=False)
    points = ItemPoints(
        panel.scores[scorer], panel.means, judgements.disagreement, np.arange(len(panel))
    )
    turned = " (turned round: lower is better)" if scorer.higher_is_better is False else ""
    mean = "mean rating" if question.annotation == "absolute" else "mean preference"
    titles = (f"{scorer.name}{turned}", mean, question.disagreement)
    mark = find_mark(question)
    words = describe_scatter(points, titles, mark)
    figure = draw_scatter(points, titles, find_ground(), mark)
    st.plotly_chart(
        take_figure(figure, words, "Every item"),
        key="scatter",
        on_select=_take_item,
        selection_mode="points",
        config=PLAIN,
        alt=words,
    )


def _take_item() -> None:
    points = st.session_state["scatter"]["selection"]["points"]
    if points:
        st.session_state["item"] = int(points[0]["customdata"][0])
        address.overrule("item")


def follow_item(items: int) -> int | None:
    """Return the item that is open, in step with the address."""
    given = address.read_new("item")
    if given is not None:
        is_number = given.isascii() and given.isdecimal() and len(given) <= LONGEST_NUMBER
        st.session_state["item"] = int(given) if is_number else None
    item = st.session_state.get("item")
    if item is None or item >= items:
        return None
    address.record("item", str(item))
    return int(item)


def show_items(book: Book, question: Question) -> None:
    """Show the items from split to unanimous, and one of them in full."""
    judgements = judging.read_judgements(book, question)
    how = choose_one("Order", [SPLIT, UNANIMOUS], "order_items", is_labelled=False)
    order = order_items(judgements.disagreement, is_split_first=how == SPLIT)
    mask = _choose_slice(judgements)
    order = [item for item in order if mask is None or mask[item]]
    if not order:
        write_finding("No item is in this slice.", "items")
        return
    _show_beside(book, question, order, how)


def _show_beside(book: Book, question: Question, order: Sequence[int], how: str) -> None:
    """Show items as a list, and beside it the one that is open, or the first."""
    judgements = judging.read_judgements(book, question)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _show_list(book, judgements, order, how)
    with right:
        item = follow_item(len(judgements.panel))
        show_item(book, question, order[0] if item is None else item)


def _choose_slice(judgements: Judgements) -> Mask | None:
    """Show the slices whose items can be listed; None: all of them."""
    names = [ALL_ITEMS, *name_slices(judgements.slices)]
    name = choose("slice", "Items of", names, names[0], place=st.container())
    return None if name == ALL_ITEMS else judgements.slices[names.index(name) - 1].mask


def _show_list(book: Book, judgements: Judgements, order: Sequence[int], how: str) -> None:
    texts = judging.read_queries_of(book, judgements.panel)
    rows = list_items(judgements.panel, judgements.disagreement, order, texts)
    table = pa.Table.from_pylist(rows)
    take_table(name_stem(book.manifest, "items"), lambda: table, cite(book.manifest))
    chart = f"items-{how}-{len(order)}"
    st.dataframe(
        table,
        hide_index=True,
        key=chart,
        height=560,
        column_config=format_columns(table),
        on_select=lambda: _take_row(chart, order),
        selection_mode="single-row",
    )


def _take_row(chart: str, order: Sequence[int]) -> None:
    rows = st.session_state[chart]["selection"]["rows"]
    if rows:
        st.session_state["item"] = order[rows[0]]
        address.overrule("item")


def show_item(book: Book, question: Question, item: int) -> None:
    """Show one item: how it was judged, the query, and the answer or answers."""
    panel = judging.read_judgements(book, question).panel
    values, counts = count_values(panel, item)
    words = write_labels(counts, values)
    with st.container(border=True, key="item-open", gap="xsmall"):
        write_note(f"Labels {words}", "item-labels")
        mark = find_mark(question)
        figure = draw_labels(counts, values, find_ground(), mark)
        draw_figure(figure, "labels", describe_labels(counts, values, mark), f"Labels {words}")
        query, about = judging.read_query(book, panel, item), cite_question(book, question)
        write_note(f"To: {cut_text(query, 600)}", "item-query")
        style_prose()
        answers = judging.read_item(book, panel, item)
        take_table(name_file(book, question, "item"), lambda: _tabulate_item(query, answers), about)
        for place, (source, text) in enumerate(answers):
            st.text(source)
            show_marked(cut_text(text, TEXT_CUT), [], f"item-{place}")


def _tabulate_item(query: str, answers: Sequence[tuple[str, str | None]]) -> pa.Table:
    rows = [{"query": query, "source": source, "response": text} for source, text in answers]
    return pa.Table.from_pylist(rows)
