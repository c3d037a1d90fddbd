"""The figure of two settings: both means of each source, and the difference with its interval."""

from math import nan

import plotly.graph_objects as go
import pytest

from hivemind_core.figures.difference import (
    DifferenceRow,
    describe_differences,
    draw_differences,
    write_change,
)
from hivemind_core.figures.palette import DARK, LIGHT, Ground, Ink
from hivemind_core.measures.resampling import UNDEFINED, Estimate

HOSTILE = "<img src=x onerror=alert(1)> %{x} &amp; " + "long " * 40
SETTINGS = ("as asked", "asked to differ")


def make_row(name: str = "gpt-4o", change: float = -0.12, arm: float = 0.05) -> DifferenceRow:
    first, second = Estimate(0.8, 0.7, 0.9, 50), Estimate(0.8 + change, 0.6, 0.9, 50)
    return DifferenceRow(name, first, second, Estimate(change, change - arm, change + arm, 50))


def draw(rows: list[DifferenceRow], ground: Ground = LIGHT) -> go.Figure:
    return draw_differences(rows, SETTINGS, ground, {"gpt-4o": Ink("#123456")})


def list_pairs(figure: go.Figure) -> list[go.Scatter]:
    return [trace for trace in figure.data if trace.mode == "lines+markers"]


def list_changes(figure: go.Figure) -> list[go.Scatter]:
    return [trace for trace in figure.data if trace.xaxis == "x2"]


def test_a_row_has_both_means_and_the_difference_with_its_interval() -> None:
    figure = draw([make_row()])
    (pair,), (change,) = list_pairs(figure), list_changes(figure)
    assert pair.x == pytest.approx([0.8, 0.68])
    assert pair.marker.color == (LIGHT.paper, "#123456")  # the first is hollow
    assert pair.hovertext[0] == "gpt-4o: as asked .80 → asked to differ .68"
    assert change.x == pytest.approx([-0.12])
    assert change.error_x.array == pytest.approx([0.05])
    assert change.hovertext == ("gpt-4o: −.12, 95 % interval −.17 to −.07, 50 queries",)
    assert [annotation.text for annotation in figure.layout.annotations] == ["−.12"]
    (zero,) = figure.layout.shapes
    assert (zero.x0, zero.x1, zero.xref) == (0, 0, "x2")


@pytest.mark.parametrize("ground", [LIGHT, DARK])
@pytest.mark.parametrize(
    "change, arm, is_clear",
    [
        (-0.1, 0.05, True),
        (0.1, 0.05, True),
        (0.1, 0.1, False),
        (0.0, 0.1, False),
        (0.2, nan, False),
    ],
)
def test_an_interval_that_leaves_out_zero_is_in_full_ink(
    change: float, arm: float, is_clear: bool, ground: Ground
) -> None:
    row = make_row(change=change, arm=arm)
    figure = draw([row], ground)
    assert row.is_clear == is_clear
    assert (list_changes(figure)[0].marker.color == "#123456") == is_clear
    assert (list_pairs(figure)[0].line.color == "#123456") == is_clear
    (told,) = figure.layout.annotations
    assert told.font.color == (ground.ink if is_clear else ground.muted)


def test_what_is_undefined_is_a_dash_and_no_dot() -> None:
    first = Estimate(0.6, queries=1)
    figure = draw([DifferenceRow("a", first, UNDEFINED, UNDEFINED)])
    (pair,), (change,) = list_pairs(figure), list_changes(figure)
    assert (pair.x, change.x) == ((0.6,), ())
    assert pair.marker.color == (LIGHT.paper,)
    assert pair.hovertext == ("a: as asked .60",)
    assert figure.layout.annotations[0].text == "–"
    figure = draw([DifferenceRow("a", UNDEFINED, UNDEFINED, UNDEFINED)])
    assert not list_pairs(figure)[0].x


def test_no_rows_give_an_empty_figure() -> None:
    figure = draw([])
    assert not list_pairs(figure)
    low, high = figure.layout.xaxis2.range
    assert low < 0 < high
    assert describe_differences([], SETTINGS) == (
        "No source can be compared between as asked and asked to differ."
    )


def test_rows_stand_in_the_order_given_from_the_top() -> None:
    figure = draw([make_row("b", 0.1), make_row("a", -0.2)])
    assert figure.layout.yaxis.ticktext == ("b", "a")
    assert [pair.y[0] for pair in list_pairs(figure)] == [0, 1]
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]


def test_the_axis_holds_every_interval_and_zero() -> None:
    axis = draw([make_row(change=0.4, arm=0.3), make_row(change=0.2, arm=0.1)]).layout.xaxis2
    assert axis.range[0] < 0
    assert axis.range[1] > 0.7
    assert axis.ticktext[axis.tickvals.index(0)] == "0"
    assert axis.ticktext[-1].startswith("+.")


def test_a_negative_mean_widens_the_cosine_axis() -> None:
    row = make_row(change=-0.95)
    assert draw([row]).layout.xaxis.range[0] < -0.15


def test_the_legend_names_the_settings() -> None:
    figure = draw([make_row()])
    listed = {trace.name: trace.marker.symbol for trace in figure.data if trace.showlegend}
    assert listed == {"as asked": "circle-open", "asked to differ": "circle"}


@pytest.mark.parametrize(
    "value, text",
    [(0.12, "+.12"), (-0.12, "−.12"), (-0.004, ".00"), (0.0, ".00"), (1.0, "+1.00"), (nan, "–")],
)
def test_changes_are_written_with_their_sign(value: float, text: str) -> None:
    assert write_change(value) == text


def test_names_are_escaped_and_cut_everywhere() -> None:
    figure = draw_differences([make_row(HOSTILE)], (HOSTILE, "<b>second</b>"), LIGHT, {})
    labels = list(figure.layout.yaxis.ticktext)
    labels += [trace.name for trace in figure.data if trace.showlegend]
    hovers = [text for trace in figure.data for text in trace.hovertext or ()]
    assert len(hovers) == 3
    for text in (*labels, *hovers):
        assert "<" not in text
    assert max(len(text) for text in labels) < 60
    assert max(len(text) for text in hovers) < 300
    assert not any(trace.hovertemplate for trace in figure.data)


def test_the_words_count_what_is_clear() -> None:
    rows = [make_row("a", -0.2), make_row("b", 0.1), make_row("c", 0.01), make_row("d", -0.1)]
    rows.append(DifferenceRow("e", UNDEFINED, UNDEFINED, UNDEFINED))
    assert describe_differences(rows, SETTINGS) == (
        "Clearly less similar to themselves in asked to differ than in as asked: 2 of 4 sources; "
        "clearly more: 1. The widest difference is −.20, of a."
    )


@pytest.mark.parametrize("ground", [LIGHT, DARK])
@pytest.mark.parametrize("rows", [1, 25, 79])
def test_every_size_is_still_and_high_enough(rows: int, ground: Ground) -> None:
    layout = draw([make_row(f"s{number}") for number in range(rows)], ground).layout
    assert layout.dragmode is False
    for axis in (layout.xaxis, layout.xaxis2, layout.yaxis):
        assert axis.fixedrange
        assert axis.tickfont.size >= 12
    inner = layout.height - layout.margin.t - layout.margin.b
    assert inner >= 16 * rows
