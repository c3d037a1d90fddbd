"""Curves over slices: their lines, what one is held against, gaps, and words."""

from dataclasses import replace
from math import nan

import pytest

from hivemind_core.figures.curves import Curve, add_targets, describe_curves, draw_curves
from hivemind_core.figures.palette import LIGHT
from tests.drawn import TOO_FEW, draw, find, list_words, make_curve


def test_no_curves_give_an_empty_panel() -> None:
    assert draw_curves([], "bins", {}, LIGHT).layout.height > 0
    assert describe_curves([]) == "No scorer can be held against people on any slice."


def test_one_scorer_stands_beside_all_that_it_is_held_against() -> None:
    figure = draw(make_curve())
    line = find(figure, "gpt-4o")
    assert line.y == (0.5, 0.4, 0.1)
    assert line.error_y.array == pytest.approx([0.1] * 3)
    assert line.line.color == "#123456"
    band, dashed = [trace for trace in figure.data if trace.name == "what range alone would give"]
    assert dashed.y == (0.35, 0.35, 0.35)
    assert dashed.line.dash == "dash"
    assert band.fill == "toself"
    assert {y and round(y, 9) for y in band.y} == {0.3, 0.4, None}
    full = find(figure, "all items .36")
    assert (set(full.y), full.line.dash) == ({0.36}, "dot")
    assert find(figure, "noise ceiling").y == (0.9, 0.9, 0.9)
    assert list_words(figure) == [
        "gpt-4o",
        "noise ceiling",
        "all items .36",
        "what range alone<br>would give",
    ]


def test_a_point_tells_its_interval_its_expectation_and_its_n() -> None:
    line = find(draw(make_curve()), "gpt-4o")
    assert line.hovertext[0] == (
        "gpt-4o, bin 1 of 3: .50, 95 % interval .40 to .60<br>"
        "range alone would give .35 (.30 to .40)<br>150 items, 50 queries"
    )


def test_n_stands_under_each_slice() -> None:
    one, other = make_curve(), make_curve("b", 0.1, nan, 0.3)
    axis = draw(one, other).layout.xaxis
    assert axis.tickvals == (1, 2, 3)
    assert axis.ticktext == (
        "bin 1 of 3<br>n = 150",
        "bin 2 of 3<br>n = 12–150",
        "bin 3 of 3<br>n = 150",
    )


def test_a_slice_with_a_reason_is_a_gap_that_tells_it() -> None:
    figure = draw(make_curve("gpt-4o", 0.5, nan, 0.1))
    line = find(figure, "gpt-4o")
    assert line.y == (0.5, None, 0.1)
    assert line.connectgaps is False
    gaps = find(figure, "gaps")
    assert gaps.x == (2,)
    assert gaps.hovertext == ("gpt-4o, bin 2 of 3: too few to say<br>12 items, 3 queries",)
    low, high = figure.layout.yaxis.range
    assert low < gaps.y[0] < high
    assert "gaps" not in {trace.name for trace in draw(make_curve()).data}


def test_the_band_breaks_at_a_gap_and_a_lone_piece_has_a_width() -> None:
    figure = draw(make_curve("gpt-4o", 0.5, 0.4, nan, 0.1))
    band = next(trace for trace in figure.data if trace.fill == "toself")
    pieces, piece = [], []
    for x in band.x:
        piece.append(x)
        if x is None:
            pieces.append(piece[:-1])
            piece = []
    assert [(min(each), max(each)) for each in pieces] == [
        (1, 2),
        (pytest.approx(4, abs=0.1), pytest.approx(4, abs=0.1)),
    ]
    assert min(pieces[1]) < 4 < max(pieces[1])


def test_without_any_number_there_are_only_gaps() -> None:
    curve = Curve("gpt-4o", TOO_FEW, make_curve("gpt-4o", nan, nan).slices)
    figure = draw(curve)
    assert find(figure, "gpt-4o").y == (None, None)
    assert len(find(figure, "gaps").x) == 2
    assert list_words(figure) == []
    assert describe_curves([curve]).startswith("No scorer")


@pytest.mark.parametrize("values", [(0.6, 0.7), (-0.6, -0.5), (0.0, 0.01), (-0.9, 0.95)])
def test_the_axis_holds_zero_and_every_interval(values: tuple[float, ...]) -> None:
    for curves in ([make_curve("a", *values)], [make_curve("a", *values), make_curve("b", 0.1)]):
        axis = draw(*curves).layout.yaxis
        low, high = axis.range
        assert low < 0 < high
        assert low < min(values) - 0.1
        assert high > max(values) + 0.1
        assert axis.zeroline
        assert 0 in axis.tickvals
        assert axis.ticktext[axis.tickvals.index(0)] == "0"


@pytest.mark.parametrize("is_reversed", [False, True])
def test_slices_run_from_left_to_right_whatever_their_order(is_reversed: bool) -> None:
    curve = make_curve()
    given = replace(curve, slices=curve.slices[::-1])
    figure, other = (draw(each, is_reversed=is_reversed) for each in (curve, given))
    assert find(figure, "gpt-4o").x == ((3, 2, 1) if is_reversed else (1, 2, 3))
    assert figure.to_json() == other.to_json()
    left, right = figure.layout.xaxis.range
    assert (left > right) == is_reversed
    leader = next(trace for trace in figure.data if trace.name == "leader")
    assert leader.x == (1 if is_reversed else 3, right)


def test_several_scorers_stand_beside_each_other_without_the_controls() -> None:
    figure = draw(make_curve(), make_curve("b"))
    one, other = find(figure, "gpt-4o"), find(figure, "b")
    assert one.x[0] < 1 < other.x[0]
    assert other.x[0] - one.x[0] < 0.2
    assert other.marker.symbol == "square"
    assert {trace.name for trace in figure.data} == {"gpt-4o", "b", "leader"}


def test_of_more_than_eight_the_first_eight_are_named_and_the_others_grey() -> None:
    curves = [make_curve(f"s{i}", 0.3, nan, i / 100) for i in range(66)]
    figure = draw(*curves)
    named = [trace for trace in figure.data if trace.name.startswith("s")]
    assert [trace.name for trace in named] == [f"s{i}" for i in range(8)]
    assert all(trace.error_y.array is None for trace in named)
    assert all(trace.x == (1, 2, 3) for trace in named)
    others = find(figure, "others")
    assert len(others.x) == 58 * 4
    assert others.hovertext[0].startswith("s8, bin 1 of 3: .30")
    assert others.y[:4] == (0.3, None, 0.08, None)
    assert set(list_words(figure)) == {*(f"s{i}" for i in range(8)), "58 others"}


def test_curves_in_words() -> None:
    assert describe_curves([make_curve()]) == (
        "gpt-4o agrees with people at .36 on all items and at .50 on bin 1 of 3, .10 on bin 3 of "
        "3, where range alone would give .35."
    )
    assert describe_curves([make_curve("gpt-4o", nan, 0.4)]) == (
        "gpt-4o agrees with people at .36 on all items and at .40 on bin 2 of 2, where range "
        "alone would give .35; 1 slice cannot be told."
    )
    assert describe_curves([make_curve(), make_curve("b", 0.2, 0.1, nan)]) == (
        "Agreement of 2 scorers with people: on the first slice .20 (b) to .50 (gpt-4o), on the "
        "last .10 (b) to .10 (gpt-4o)."
    )


def test_slices_with_a_number_can_be_clicked_and_nothing_under_them() -> None:
    curve = make_curve("judge", 0.5, nan, 0.3)
    figure = draw_curves([curve], "split", {}, LIGHT)
    under = len(figure.data)
    add_targets(figure, curve, 2, LIGHT)
    assert len(figure.data) == under + 1
    target = figure.data[-1]
    assert list(target.customdata) == [0, 2]
    assert list(target.y) == [0.5, 0.3]
    under_it = {trace.name: trace.hoverinfo for trace in figure.data[:-1]}
    assert under_it.pop("gaps") != "skip"
    assert set(under_it.values()) == {"skip"}
    marked = [shape for shape in figure.layout.shapes if shape.line.color == LIGHT.accent]
    assert [shape.x0 for shape in marked] == [curve.slices[2].x]
    bare = add_targets(draw_curves([curve], "split", {}, LIGHT), curve, None, LIGHT)
    assert not [shape for shape in bare.layout.shapes if shape.line.color == LIGHT.accent]
