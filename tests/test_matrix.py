"""The matrix of similarities between models: what is drawn where, and its twins in words."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from hivemind_core.figures.layers import SHORT_WIDTH, shorten_name
from hivemind_core.figures.matrix import (
    BLACK_OR_WHITE,
    LARGEST_CELL,
    MOST_WITH_COLUMNS,
    MOST_WITH_VALUES,
    SMALLEST_CELL,
    draw_matrix,
)
from hivemind_core.figures.merges import trace_merges
from hivemind_core.figures.palette import DARK, LIGHT, Ground, choose_readable, shade
from hivemind_core.figures.similarities import (
    MatrixView,
    bound_between,
    describe_matrix,
    list_pairs,
    rank_partners,
)
from hivemind_core.measures.ordering import Dendrogram, order_by_family, order_by_similarity

HOSTILE = (
    "<b>bold</b> <a href='http://example.com'>x</a>",
    "<img src=x onerror=alert(1)>",
    "%{x} &amp; \n {text}",
    "</span><script>",
    "",
)
BY_HAND = np.array([[0.9, 0.8, 0.5], [0.8, 0.7, np.nan], [0.5, np.nan, np.nan]])


def make_view(m: int, *, is_grouped: bool = False, seed: int = 0) -> MatrixView:
    """Return models with distinct similarities, as a tree orders them or by three families."""
    values = np.random.default_rng(seed).uniform(0.5, 0.8, (m, m))
    values = (values + values.T) / 2
    np.fill_diagonal(values, 0.95)
    names = tuple(f"model-{number}" for number in range(m))
    if is_grouped:
        families = tuple(("gpt", "olmo", "qwen")[number % 3] for number in range(m))
        return MatrixView(names, values, order_by_family(families, values), None, families)
    tree = order_by_similarity(values)
    return MatrixView(names, values, tree.order, tree)


def find_traces(figure: go.Figure, mode: str) -> list[Any]:
    return [trace for trace in figure.data if trace.type == "scatter" and trace.mode == mode]


def find_targets(figure: go.Figure) -> dict[str, Any]:
    """Return the points that can be hovered and clicked, by the name of their trace."""
    return {t.name: t for t in find_traces(figure, "markers") if t.hoverinfo != "skip"}


def find_names(figure: go.Figure, *, turned: bool = False) -> list[Any]:
    """Return the names on the left from top to bottom, or those above from left to right."""
    if turned:
        return [words for words in figure.layout.annotations if words.textangle == -90]
    return [words for words in figure.layout.annotations if words.xanchor == "right"]


@pytest.mark.parametrize("is_grouped", [False, True])
def test_every_cell_can_be_clicked_and_tells_its_models(is_grouped: bool) -> None:
    view = make_view(7, is_grouped=is_grouped)
    figure = draw_matrix(view, LIGHT)
    found = {}
    for trace in find_targets(figure).values():
        assert trace.marker.size <= 6  # Plotly hits the nearest of small points alone
        for x, y, told, value in zip(trace.x, trace.y, trace.customdata, trace.text, strict=True):
            assert told == [view.order[y], view.order[x]]
            assert float(value) == pytest.approx(view.values[tuple(told)], abs=1e-4)
            found[tuple(told)] = float(value)
    assert len(found) == 49
    cells = next(trace for trace in figure.data if trace.type == "heatmap")
    assert cells.z == pytest.approx(view.values[np.ix_(view.order, view.order)])
    assert [words.text for words in find_names(figure)] == [view.names[i] for i in view.order]


@pytest.mark.parametrize("m", [3, 40])
def test_a_selection_does_not_change_the_looks(m: int) -> None:
    view = make_view(m)
    view.values[0, 1] = view.values[1, 0] = np.nan
    figure = draw_matrix(view, DARK)
    for trace in find_traces(figure, "markers"):
        looks = {trace.marker.opacity, trace.selected.marker.opacity}
        assert looks == {trace.unselected.marker.opacity}
    for trace in find_traces(figure, "text"):
        inks = {trace.textfont.color, trace.selected.textfont.color}
        assert inks == {trace.unselected.textfont.color}
    assert (figure.layout.clickmode, figure.layout.dragmode) == ("event+select", False)


def test_colours_range_over_the_pairs_and_not_over_the_diagonal() -> None:
    view = make_view(6)
    axis = draw_matrix(view, LIGHT).layout.coloraxis
    pairs = [row["similarity"] for row in list_pairs(view)]
    assert (axis.cmax, axis.cmin) == (pairs[0], pairs[-1])
    assert [color for _, color in axis.colorscale] == list(LIGHT.ramp)
    assert draw_matrix(view, LIGHT, scale="<i>").layout.coloraxis.colorbar.title.text == "&lt;i&gt;"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0.9, 0.7], [0.7, 0.8]]), (0.65, 0.75)),
        (np.array([[0.9, np.nan], [np.nan, 0.8]]), (0.8, 0.9)),
        (np.array([[0.9]]), (0.85, 0.95)),
        (np.full((2, 2), np.nan), (0, 1)),
        (np.empty((0, 0)), (0, 1)),
    ],
)
def test_too_few_values_still_have_a_range(
    values: np.ndarray, expected: tuple[float, float]
) -> None:
    assert bound_between(values) == pytest.approx(expected)


def test_what_is_undefined_is_marked_and_says_why() -> None:
    view = MatrixView(("a", "b", "c"), BY_HAND, np.arange(3))
    figure = draw_matrix(view, LIGHT)
    traces = find_targets(figure)
    assert sorted(traces["undefined"].customdata) == [[1, 2], [2, 1]]
    assert "no query answered by both" in traces["undefined"].hovertemplate
    assert traces["undefined within"].customdata == ([2, 2],)
    assert {trace.marker.opacity for trace in traces.values()} == {0}
    (gaps,) = (trace for trace in find_traces(figure, "markers") if trace.name == "gaps")
    assert set(zip(gaps.y, gaps.x, strict=True)) == {(1, 2), (2, 1), (2, 2)}
    assert gaps.marker.opacity > 0
    assert sorted(text for t in find_traces(figure, "text") for text in t.text) == sorted(
        [".90", ".80", ".80", ".70", ".50", ".50"]
    )


@pytest.mark.parametrize("m", [1, MOST_WITH_VALUES, MOST_WITH_VALUES + 1])
def test_values_are_printed_where_they_have_room(m: int) -> None:
    figure = draw_matrix(make_view(m), LIGHT)
    printed = sum(len(trace.text) for trace in find_traces(figure, "text"))
    assert printed == (m * m if m <= MOST_WITH_VALUES else 0)


@pytest.mark.parametrize("m", [MOST_WITH_COLUMNS, MOST_WITH_COLUMNS + 1])
def test_columns_are_named_where_names_have_room(m: int) -> None:
    figure = draw_matrix(make_view(m), LIGHT)
    assert len(find_names(figure)) == m
    assert len(find_names(figure, turned=True)) == (m if m <= MOST_WITH_COLUMNS else 0)


def measure_luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("ground", [LIGHT, DARK])
def test_values_are_read_on_every_colour(ground: Ground) -> None:
    assert shade(0, ground) == ground.ramp[0]
    assert shade(1, ground) == ground.ramp[-1]
    for share in np.linspace(0, 1, 101).tolist():
        color = shade(share, ground)
        pair = sorted(
            measure_luminance(one) for one in (color, choose_readable(color, BLACK_OR_WHITE))
        )
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5


@pytest.mark.parametrize("is_grouped", [False, True])
@pytest.mark.parametrize("m", [2, 5, 10, 25, 79])
def test_cells_are_square_where_they_have_room_and_always_fit(m: int, is_grouped: bool) -> None:
    view = make_view(m, is_grouped=is_grouped)
    for width in (760, 1400):
        layout = draw_matrix(view, LIGHT, width=width).layout
        rows = layout.yaxis.range[0] - layout.yaxis.range[1]
        row = (layout.height - layout.margin.t - layout.margin.b) / rows
        column = row / layout.yaxis.scaleratio
        cells = layout.xaxis.range[1] - layout.xaxis.range[0]
        assert layout.margin.l + layout.margin.r + cells * column <= width + 1
        assert SMALLEST_CELL <= round(row, 1) <= LARGEST_CELL
        if m <= 10:  # a layout's height is whole pixels
            assert row == pytest.approx(LARGEST_CELL, abs=0.3)
        assert (layout.yaxis.scaleratio == 1) == (m < 79 or width == 1400)


def test_trees_stand_beside_their_rows() -> None:
    view = make_view(9)
    figure = draw_matrix(view, LIGHT)
    (tree,) = find_traces(figure, "lines")
    assert np.nanmin(tree.x) > 8.5
    assert np.nanmax(tree.x) < figure.layout.xaxis.range[1]
    assert {round(float(y), 3) for y in tree.y if np.isfinite(y)} >= set(range(9))
    above = [words for words in figure.layout.annotations if words.x > 8.5]
    assert above[0].text == "joined at"
    assert 1 <= len(above) - 1 <= 3
    ticks = [(words.x, float(words.text)) for words in above[1:]]
    assert np.corrcoef(np.array(ticks).T)[0, 1] == pytest.approx(-1)


def test_brackets_of_three_rows_by_hand() -> None:
    order, sides = np.array([1, 0, 2]), ([1, 3], [0, 2])
    left, right = (np.array(side, np.int32) for side in sides)
    similarity, place = trace_merges(Dendrogram(order, left, right, np.array([0.9, 0.4])))
    inf, nan = np.inf, np.nan
    assert similarity == pytest.approx(
        [inf, 0.9, 0.9, inf, nan, 0.9, 0.4, 0.4, inf, nan], nan_ok=True
    )
    assert place == pytest.approx([0, 0, 1, 1, nan, 0.5, 0.5, 2, 2, nan], nan_ok=True)


def test_families_are_set_apart_and_named() -> None:
    view = make_view(6, is_grouped=True)
    figure = draw_matrix(view, LIGHT)
    beside = [(words.text, words.y) for words in figure.layout.annotations if words.x == 5.5]
    assert beside == [("gpt", 0.5), ("olmo", 2.5), ("qwen", 4.5)]
    assert not find_traces(figure, "lines")
    lines = figure.layout.shapes[0].path
    assert lines == "M-0.5,1.5L5.5,1.5M1.5,-0.5L1.5,5.5M-0.5,3.5L5.5,3.5M3.5,-0.5L3.5,5.5"


def test_a_picked_cell_is_outlined_at_its_place() -> None:
    view = make_view(6)
    row, column = 4, 1
    figure = draw_matrix(view, DARK, picked=(row, column))
    outline = figure.layout.shapes[-1]
    centre = ((outline.y0 + outline.y1) / 2, (outline.x0 + outline.x1) / 2)
    assert [view.order[round(place)] for place in centre] == [row, column]
    assert outline.line.color == DARK.ink
    strong = {words.text for words in find_names(figure) if words.font.weight}
    assert strong == {"model-4", "model-1"}
    assert len(figure.layout.shapes) == len(draw_matrix(view, DARK).layout.shapes) + 2


def test_rows_that_were_not_looked_for_fade() -> None:
    view = make_view(6)
    figure = draw_matrix(view, LIGHT, found=[2, 5])
    veils = [shape for shape in figure.layout.shapes if shape.fillcolor == LIGHT.paper]
    assert {view.order[round(veil.y0 + 0.5)] for veil in veils} == {0, 1, 3, 4}
    assert {w.text for w in find_names(figure) if w.opacity == 1} == {"model-2", "model-5"}
    plain = draw_matrix(view, LIGHT)
    assert not [shape for shape in plain.layout.shapes if shape.fillcolor]
    assert {words.opacity for words in find_names(plain)} == {1}


@pytest.mark.parametrize("is_grouped", [False, True])
def test_hostile_names_are_no_markup(is_grouped: bool) -> None:
    values = make_view(len(HOSTILE)).values
    tree = order_by_similarity(values)
    shown = (None, HOSTILE) if is_grouped else (tree, None)
    view = MatrixView(HOSTILE, values, tree.order, *shown)
    figure = draw_matrix(view, LIGHT, picked=(0, 1), found=[2], scale=HOSTILE[1])
    words = [one.text for one in figure.layout.annotations]
    words += [one.hovertext for one in figure.layout.annotations if one.hovertext]
    words += [*figure.layout.xaxis.ticktext, *figure.layout.yaxis.ticktext]
    words += [figure.layout.coloraxis.colorbar.title.text]
    assert not [text for text in words if "<" in text]
    assert "%{x} &amp;amp; {text}" in words
    # Templates hold no name: what is in one would be read as a variable.
    for trace in find_targets(figure).values():
        assert "example" not in trace.hovertemplate
        assert trace.hovertemplate.count("%{") <= 3


def test_long_names_are_cut_and_stand_in_full_on_hover() -> None:
    long = "meta-llama/Meta-Llama-3.1-405B-Instruct-Turbo"
    view = MatrixView((long, "short"), np.full((2, 2), 0.5), np.arange(2))
    full = draw_matrix(view, LIGHT)
    assert [words.hovertext for words in find_names(full)] == [long, None]
    assert len(find_names(full)[0].text) == SHORT_WIDTH
    assert full.layout.yaxis.ticktext == (long, "short")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Qwen/Qwen2-7B", "Qwen/Qwen2-7B"),
        ("meta-llama/Llama-3.1-8B-Instruct", "Llama-3.1-8B-Instruct"),
        ("a name / of several words", "a name / of se…l words"),
        ("two\nlines", "two lines"),
        ("", ""),
    ],
)
def test_names_are_shortened_at_their_maker(name: str, expected: str) -> None:
    assert shorten_name(name) == expected


@pytest.mark.parametrize("m", [0, 1, 2, 4])
@pytest.mark.parametrize("ground", [LIGHT, DARK])
def test_without_values_there_is_a_matrix_without_a_scale(m: int, ground: Ground) -> None:
    values = np.full((m, m), np.nan)
    tree = order_by_similarity(values)
    view = MatrixView(tuple("abcd"[:m]), values, tree.order, tree)
    figure = draw_matrix(view, ground)
    assert not figure.layout.coloraxis.showscale
    assert not find_traces(figure, "lines")
    assert sum(len(trace.x) for trace in find_targets(figure).values()) == m * m
    assert describe_matrix(view) == (
        f"Matrix of the similarities of {m} model{'' if m == 1 else 's'}: "
        "no query was answered by two of them."
    )


def test_writing_is_large_enough_and_axes_stand_still() -> None:
    for is_grouped in (False, True):
        layout = draw_matrix(make_view(12, is_grouped=is_grouped), LIGHT).layout
        bar = layout.coloraxis.colorbar
        fonts = [words.font for words in layout.annotations] + [bar.tickfont, bar.title.font]
        assert min(font.size for font in fonts) >= 12
        assert layout.xaxis.fixedrange
        assert layout.yaxis.fixedrange


def test_a_large_matrix_stays_light() -> None:
    assert len(draw_matrix(make_view(79), LIGHT).to_json()) < 300_000


def test_the_matrix_in_words() -> None:
    view = MatrixView(("a", "b", "c"), BY_HAND, np.arange(3))
    start = "Matrix of the similarities of 3 models: most alike are a and b (.80), least alike "
    assert describe_matrix(view) == f"{start}a and c (.50). Rows and columns are in the same order."
    grouped = MatrixView(view.names, BY_HAND, np.arange(3), None, ("x", "x", "y"))
    assert describe_matrix(grouped).endswith(" arranged by family.")
    assert "similar models lie together" in describe_matrix(make_view(3))
    pair = MatrixView(("a", "b"), BY_HAND[:2, :2], np.arange(2))
    assert describe_matrix(pair) == "Matrix of the similarities of 2 models: a and b have .80."


def test_the_words_say_what_a_row_is() -> None:
    told = [
        describe_matrix(
            MatrixView(tuple("abc"[:m]), BY_HAND[:m, :m], np.arange(m), thing="category")
        )
        for m in (1, 3)
    ]
    assert told[0].startswith("Matrix of the similarities of 1 category: ")
    assert told[1].startswith("Matrix of the similarities of 3 categories: ")


def test_the_matrix_as_a_table() -> None:
    view = MatrixView(("a", "b", "c"), BY_HAND, np.array([2, 0, 1]))
    assert list_pairs(view) == [
        {"model": "a", "other model": "b", "similarity": 0.8},
        {"model": "a", "other model": "c", "similarity": 0.5},
        {"model": "b", "other model": "c", "similarity": None},
    ]
    assert list_pairs(MatrixView((), np.empty((0, 0)), np.arange(0))) == []
    assert len(list_pairs(make_view(7))) == 21


def test_partners_are_ranked_without_the_model_itself() -> None:
    view = MatrixView(("a", "b", "c"), BY_HAND, np.array([2, 0, 1]))
    assert rank_partners(view, 0) == [(1, 0.8), (2, 0.5)]
    assert rank_partners(view, 1) == [(0, 0.8)]
    equal = MatrixView(("a", "b", "c"), np.full((3, 3), 0.6), np.arange(3))
    assert rank_partners(equal, 1) == [(0, 0.6), (2, 0.6)]
    assert np.isfinite(view.values[0, 0])  # what was given is left as it was
