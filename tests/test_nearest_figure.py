"""The boxes of models among the nearest answers, and their table."""

from math import nan

import numpy as np
import plotly.graph_objects as go
import pytest

from hivemind_core.figures.nearest import (
    OUTLIERS,
    describe_nearest,
    draw_nearest_boxes,
    tabulate_nearest,
)
from hivemind_core.figures.palette import DARK, LIGHT, Ground
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.nearest import NEIGHBOURS
from hivemind_core.measures.resampling import Estimate

TWO = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 4.0], [4.0, nan], [20.0, nan]])


def find_box(figure: go.Figure) -> go.Box:
    (box,) = [trace for trace in figure.data if isinstance(trace, go.Box)]
    return box


def find_points(figure: go.Figure) -> tuple[go.Scatter, go.Scatter]:
    outliers, means = [t for t in figure.data if getattr(t, "mode", "") == "markers"]
    return outliers, means


def find_bounds(figure: go.Figure) -> dict[str, list[tuple[float, float]]]:
    lines = [trace for trace in figure.data if getattr(trace, "mode", "") == "lines"]
    return {line.name: list(zip(line.x, line.y, strict=True)) for line in lines}


def test_quartiles_whiskers_and_outliers_worked_by_hand() -> None:
    figure = draw_nearest_boxes(TWO, (5, 10), 25, LIGHT)
    box = find_box(figure)
    assert box.x == (5, 10)
    assert (box.q1, box.median, box.q3) == ((2, 1.5), (3, 2), (4, 3))
    # 4 + 1.5 (4 - 2) = 7 leaves 20 out.
    assert (box.lowerfence, box.upperfence) == ((1, 1), (4, 4))
    outliers, means = find_points(figure)
    assert (outliers.x, outliers.y) == ((5,), (20,))
    assert means.y == pytest.approx([6, 7 / 3])
    assert means.hovertext[0] == (
        "N = 5: median 3.00, mean 6.00<br>the middle half of 5 queries: 2.00 to 4.00"
    )


def test_the_table_says_what_the_boxes_show() -> None:
    assert tabulate_nearest(TWO, (5, 10))[0] == {
        "nearest answers (N)": 5,
        "queries": 5,
        "mean": 6.0,
        "lower quartile": 2.0,
        "median": 3.0,
        "upper quartile": 4.0,
    }
    assert [row["queries"] for row in tabulate_nearest(TWO, (5, 10))] == [5, 3]


def test_the_interval_of_a_mean_follows_it() -> None:
    rows = tabulate_nearest(TWO, (5, 10), [], [Estimate(6.0, 2.5, 9.5, 5), Estimate(7 / 3)])
    assert list(rows[0].items())[2:5] == [("mean", 6.0), ("95 % from", 2.5), ("95 % to", 9.5)]
    assert list(rows[1].values())[3:5] == [None, None]


def test_the_table_ends_with_what_chance_gives() -> None:
    plain, rows = tabulate_nearest(TWO, (5, 10)), tabulate_nearest(TWO, (5, 10), [3.5, 4.25])
    assert [list(row)[-1] for row in rows] == ["by chance"] * 2
    assert [row.pop("by chance") for row in rows] == [3.5, 4.25]
    assert rows == plain
    # An N without a box takes nothing of the others' chance.
    values = np.array([[nan, 2.0], [nan, 3.0]])
    (row,) = tabulate_nearest(values, (5, 10), [nan, 4.25])
    assert (row["nearest answers (N)"], row["by chance"]) == (10, 4.25)
    with pytest.raises(ValueError, match="zip"):
        tabulate_nearest(TWO, (5, 10), [3.5])


def find_chance(figure: go.Figure) -> list[go.Scatter]:
    return [trace for trace in figure.data if trace.name == "by chance"]


def test_what_chance_gives_is_a_line_with_its_name() -> None:
    figure = draw_nearest_boxes(TWO, (5, 10), 25, LIGHT, [3.5, 4.25])
    (line,) = find_chance(figure)
    assert (line.x, line.y) == ((5, 10), (3.5, 4.25))
    (name,) = [words for words in figure.layout.annotations if words.text == "by chance"]
    assert (name.x, name.y, name.font.size) == (10, 4.25, 12)
    plain = draw_nearest_boxes(TWO, (5, 10), 25, LIGHT)
    assert not find_chance(plain)
    assert find_box(plain) == find_box(figure)
    assert plain.layout.yaxis.range == figure.layout.yaxis.range


def test_chance_is_drawn_where_there_are_boxes_alone() -> None:
    values = np.array([[nan, 2.0, nan], [nan, 3.0, nan]])
    (line,) = find_chance(draw_nearest_boxes(values, (5, 10, 15), 9, LIGHT, [2.5, 3.5, nan]))
    assert (line.x, line.y) == ((10,), (3.5,))
    nothing = draw_nearest_boxes(np.full((2, 3), nan), (5, 10, 15), 9, LIGHT, [nan] * 3)
    assert not find_chance(nothing)
    assert "by chance" not in {words.text for words in nothing.layout.annotations}
    with pytest.raises(ValueError, match="zip"):
        draw_nearest_boxes(values, (5, 10, 15), 9, LIGHT, [2.5])


def test_order_of_queries_does_not_matter() -> None:
    values = np.random.default_rng(0).uniform(1, 5, (40, 10))
    turned = draw_nearest_boxes(values[::-1], NEIGHBOURS, 9, LIGHT)
    assert turned.to_json() == draw_nearest_boxes(values, NEIGHBOURS, 9, LIGHT).to_json()


def test_an_undefined_n_is_left_out() -> None:
    values = np.full((3, 10), nan)
    values[:, 1] = [2, 3, 4]
    values[0, 4] = 2
    figure = draw_nearest_boxes(values, NEIGHBOURS, 9, LIGHT)
    assert find_box(figure).x == figure.layout.xaxis.tickvals == (10, 25)
    assert [row["nearest answers (N)"] for row in tabulate_nearest(values, NEIGHBOURS)] == [10, 25]


@pytest.mark.parametrize("values", [np.full((3, 10), nan), np.empty((0, 10))])
def test_nothing_defined_has_no_boxes(values: Floats) -> None:
    figure = draw_nearest_boxes(values, NEIGHBOURS, 5, LIGHT)
    assert not [trace for trace in figure.data if isinstance(trace, go.Box)]
    assert figure.layout.xaxis.tickvals == ()
    assert tabulate_nearest(values, NEIGHBOURS) == []
    assert "undefined" in describe_nearest(values, NEIGHBOURS, 5)


def test_a_lone_query_is_a_box_without_height() -> None:
    box = find_box(draw_nearest_boxes(np.array([[2.5]]), (5,), 4, LIGHT))
    assert [box[key] for key in ("lowerfence", "q1", "median", "q3", "upperfence")] == [(2.5,)] * 5


def test_whiskers_never_end_inside_the_box() -> None:
    # The upper quartile lies at 250.75, between 1 and 1000, and 1000 is beyond the whisker.
    box = find_box(draw_nearest_boxes(np.array([[1.0], [1.0], [1.0], [1000.0]]), (5,), 4, LIGHT))
    assert box.upperfence[0] >= box.q3[0]
    assert box.lowerfence[0] <= box.q1[0]


def test_many_queries_stay_a_small_figure_with_their_extremes() -> None:
    values = np.random.default_rng(1).standard_t(1, (20_000, 10)) + 10
    figure = draw_nearest_boxes(values, NEIGHBOURS, 25, LIGHT)
    outliers, _ = find_points(figure)
    assert len(outliers.y) == OUTLIERS * 10
    first = [y for x, y in zip(outliers.x, outliers.y, strict=True) if x == NEIGHBOURS[0]]
    assert (min(first), max(first)) == (values[:, 0].min(), values[:, 0].max())
    assert len(figure.to_json()) < 60_000


def test_bounds_are_one_and_the_most_that_n_answers_hold() -> None:
    values = np.ones((2, 3))
    bounds = find_bounds(draw_nearest_boxes(values, (5, 10, 15), 12, LIGHT))
    assert {y for _, y in bounds["fully separated"]} == {1}
    assert bounds["fully mixed"][1:-1] == [(5, 5), (12, 12), (15, 12)]
    assert [y for _, y in bounds["fully mixed"]] == [5, 5, 12, 12, 12]
    bounds = find_bounds(draw_nearest_boxes(values, (5, 10, 15), 79, LIGHT))
    assert [y for _, y in bounds["fully mixed"]] == [5, 5, 15, 15]
    bounds = find_bounds(draw_nearest_boxes(values, (5, 10, 15), 3, LIGHT))
    assert {y for _, y in bounds["fully mixed"]} == {3}


def test_one_model_is_separated_and_mixed_at_once() -> None:
    figure = draw_nearest_boxes(np.ones((2, 1)), (5,), 1, LIGHT)
    assert list(find_bounds(figure)) == ["fully separated"]
    assert len(figure.layout.annotations) == 1


@pytest.mark.parametrize("models, ticks", [(3, [1, 2, 3]), (25, [1, 5, 10, 15, 20, 25])])
def test_ticks_are_one_and_round_numbers(models: int, ticks: list[int]) -> None:
    figure = draw_nearest_boxes(np.ones((2, 10)), NEIGHBOURS, models, LIGHT)
    assert list(figure.layout.yaxis.tickvals) == ticks
    assert figure.layout.yaxis.range[1] > models


def test_the_words_give_the_medians_at_both_ends() -> None:
    assert describe_nearest(TWO, (5, 10), 25) == (
        "Of 25 models, the median query has 3.0 among the 5 nearest answers and 2.0 among the 10 "
        "nearest answers."
    )
    assert describe_nearest(TWO[:, :1], (5,), 25) == (
        "Of 25 models, the median query has 3.0 among the 5 nearest answers."
    )


def test_as_many_columns_as_n_are_needed() -> None:
    with pytest.raises(ValueError, match="zip"):
        draw_nearest_boxes(TWO, (5, 10, 15), 25, LIGHT)


@pytest.mark.parametrize("ground", [LIGHT, DARK])
def test_the_figure_is_still_and_of_the_palette(ground: Ground) -> None:
    layout = draw_nearest_boxes(TWO, (5, 10), 25, ground).layout
    assert layout.dragmode is False
    for axis in (layout.xaxis, layout.yaxis):
        assert axis.fixedrange
        assert (axis.tickfont.color, axis.tickfont.size) == (ground.muted, 12)
