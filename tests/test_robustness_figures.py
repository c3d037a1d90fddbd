"""The bump chart of ranks and the triangle of correlations."""

from math import nan

import numpy as np
import plotly.graph_objects as go
import pytest

from hivemind_core.figures.palette import DARK, LIGHT, Ground, Ink, shade
from hivemind_core.figures.robustness import (
    describe_correlations,
    describe_ranks,
    draw_correlations,
    draw_ranks,
)
from hivemind_core.measures.ranking import correlate_ranks, rank_columns

HOSTILE = "<img src=x onerror=alert(1)> %{x} &amp; " + "long " * 40
NAMES, COLUMNS = ("a", "b", "c"), ("raw", "centred", "n-grams")
RANKS = np.array([[1.0, 2.5, 1], [2, 1, nan], [3, 2.5, 2]])


def list_lines(figure: go.Figure) -> list[go.Scatter]:
    return [trace for trace in figure.data if trace.hoverinfo == "text"]


def list_ticks(axis: go.layout.YAxis) -> list[tuple[float, str]]:
    return [(v, " ".join(t.split())) for v, t in zip(axis.tickvals, axis.ticktext, strict=True)]


def test_a_line_a_source_through_its_ranks_first_on_top() -> None:
    figure = draw_ranks(NAMES, COLUMNS, RANKS, {"a": Ink("#123456", "square")}, LIGHT)
    lines = list_lines(figure)
    assert [(line.name, line.y) for line in lines] == [
        ("a", (1, 2.5, 1)),
        ("b", (2, 1, None)),
        ("c", (3, 2.5, 2)),
    ]
    assert (lines[0].line.color, lines[0].marker.symbol) == ("#123456", "square")
    assert lines[0].hovertext[1] == "a: rank 2.5 in centred"
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    assert figure.layout.yaxis2.range == figure.layout.yaxis.range
    assert figure.layout.xaxis.ticktext == COLUMNS


def test_names_stand_at_both_ends_with_their_ranks() -> None:
    figure = draw_ranks(NAMES, COLUMNS, RANKS, {}, LIGHT)
    assert list_ticks(figure.layout.yaxis) == [(1, "a 1"), (2, "b 2"), (3, "c 3")]
    assert list_ticks(figure.layout.yaxis2) == [(1, "1 a"), (2, "2 c")]  # b is undefined there


def test_ties_share_a_place_and_their_names_do_not() -> None:
    ranks = rank_columns(np.array([[0.5, 0.1], [0.5, 0.2], [0.9, 0.3]]))
    figure = draw_ranks(NAMES, COLUMNS[:2], ranks, {}, LIGHT)
    assert [line.y[0] for line in list_lines(figure)] == [2.5, 2.5, 1]
    assert list_ticks(figure.layout.yaxis) == [(1, "c 1"), (2, "a 2.5"), (3, "b 2.5")]


def test_one_column_has_names_at_one_end() -> None:
    figure = draw_ranks(NAMES, ("raw",), RANKS[:, :1], {}, LIGHT)
    assert len(list_ticks(figure.layout.yaxis)) == 3
    assert list_ticks(figure.layout.yaxis2) == []


@pytest.mark.parametrize("sources, columns", [(0, 2), (2, 0), (0, 0)])
def test_nothing_to_rank_is_an_empty_figure(sources: int, columns: int) -> None:
    ranks = np.empty((sources, columns))
    figure = draw_ranks(NAMES[:sources], COLUMNS[:columns], ranks, {}, LIGHT)
    assert figure.layout.yaxis.visible is False
    assert not [y for line in list_lines(figure) for y in line.y]
    assert describe_ranks(NAMES[:sources], COLUMNS[:columns], ranks).startswith("Ranks of ")


def test_all_undefined_draws_no_point() -> None:
    figure = draw_ranks(NAMES, COLUMNS, np.full((3, 3), nan), {}, LIGHT)
    assert {y for line in list_lines(figure) for y in line.y} == {None}
    assert list_ticks(figure.layout.yaxis) == []
    assert describe_ranks(NAMES, COLUMNS, np.full((3, 3), nan)) == (
        "Ranks of 3 sources in 3 columns."
    )


def test_of_many_sources_the_first_and_last_five_are_named() -> None:
    names = [f"s{number:02}" for number in range(79)]
    ranks = np.column_stack([np.arange(1.0, 80)] * 12)
    inks = {name: Ink("#123456") for name in names}
    figure = draw_ranks(names, [f"c{number}" for number in range(12)], ranks, inks, LIGHT)
    named = [*range(1, 6), *range(75, 80)]
    for axis in (figure.layout.yaxis, figure.layout.yaxis2):
        assert list(axis.tickvals) == named
    colored = {line.name for line in list_lines(figure) if line.line.color == "#123456"}
    assert colored == {names[place - 1] for place in named}
    # Drawn last, they lie over the others.
    assert {line.name for line in list_lines(figure)[-10:]} == colored
    assert all(line.hovertext for line in list_lines(figure))
    assert figure.layout.height < 1400


def test_thirty_sources_are_all_named() -> None:
    ranks = np.column_stack([np.arange(1.0, 31)] * 2)
    figure = draw_ranks([f"s{n}" for n in range(30)], COLUMNS[:2], ranks, {}, LIGHT)
    assert len(figure.layout.yaxis.tickvals) == 30


def test_names_of_many_columns_are_slanted() -> None:
    few, many = (
        draw_ranks(NAMES, ["text-embedding-3-small"] * n, np.ones((3, n)), {}, LIGHT).layout.xaxis
        for n in (3, 12)
    )
    assert (few.tickangle, few.ticktext[0]) == (0, "text-embedding-<br>3-small")
    assert many.tickangle < 0
    assert many.ticktext[0] == "text-embedding-3-small"


def test_names_are_escaped_and_cut_everywhere() -> None:
    names, columns = (HOSTILE, "b"), (HOSTILE, "<i>", "<b>" * 30)
    matrix = np.eye(3)
    figures = [
        draw_ranks(names, columns, np.array([[1.0, 1, 1], [2, 2, 2]]), {}, LIGHT),
        draw_correlations(columns, matrix, LIGHT),
    ]
    for figure in figures:
        axes = [*figure.select_xaxes(), *figure.select_yaxes()]
        labels = [text for axis in axes for text in axis.ticktext]
        hovers = np.ravel([trace.hovertext for trace in figure.data if trace.hovertext is not None])
        hovers = [text for each in hovers.tolist() for text in np.ravel(each).tolist()]
        assert len(labels) > 3
        assert len(hovers) > 3
        for text in (*labels, *hovers):
            assert "<" not in str(text).replace("<br>", "")
            assert len(str(text)) < 300
        assert not any(trace.hovertemplate for trace in figure.data)


def test_the_words_give_the_first_and_the_widest_move() -> None:
    assert describe_ranks(NAMES, COLUMNS, RANKS) == (
        "Ranks of 3 sources in 3 columns. Most homogeneous: a (2 of 3), b (1 of 3). "
        "a moves most, from 1 to 2.5."
    )


def test_the_lower_triangle_is_drawn_with_two_digits() -> None:
    matrix = np.array([[1, 0.934, -0.12], [0.934, 1, nan], [-0.12, nan, 1]])
    figure = draw_correlations(COLUMNS, matrix, LIGHT)
    (map_,) = figure.data
    assert list(map(list, map_.z)) == [[0.934, None], [-0.12, None]]
    assert figure.layout.xaxis.ticktext == ("raw", "centred")
    assert figure.layout.yaxis.ticktext == ("centred", "n-grams")
    written = {(a.x, a.y): a.text for a in figure.layout.annotations}
    assert written == {(0, 0): ".93", (0, 1): "−.12", (1, 1): "–"}
    assert map_.hovertext[1][0] == "raw and n-grams: −.12"
    assert figure.layout.yaxis.scaleanchor == "x"


def test_colours_begin_at_zero_unless_a_correlation_is_negative() -> None:
    for low, start in ((0.3, 0), (-0.01, -1)):
        (map_,) = draw_correlations(COLUMNS[:2], np.array([[1, low], [low, 1]]), LIGHT).data
        assert (map_.zmin, map_.zmax) == (start, 1)


@pytest.mark.parametrize("columns", [0, 1])
def test_fewer_than_two_columns_have_no_correlation(columns: int) -> None:
    figure = draw_correlations(COLUMNS[:columns], np.ones((columns, columns)), LIGHT)
    assert not figure.layout.annotations
    assert figure.layout.xaxis.visible is figure.layout.yaxis.visible is False
    assert describe_correlations(COLUMNS[:columns], np.ones((columns, columns))) == (
        "No two columns have a correlation."
    )


def test_undefined_correlations_are_dashes() -> None:
    matrix = np.full((3, 3), nan)
    assert {a.text for a in draw_correlations(COLUMNS, matrix, LIGHT).layout.annotations} == {"–"}
    assert describe_correlations(COLUMNS, matrix) == "No two columns have a correlation."


@pytest.mark.parametrize("ground", [LIGHT, DARK])
def test_every_number_is_read_on_its_cell(ground: Ground) -> None:
    values = np.linspace(0, 1, 41)
    for value in values:
        matrix = np.array([[1, value], [value, 1]])
        (told,) = draw_correlations(COLUMNS[:2], matrix, ground).layout.annotations
        assert contrast(told.font.color, shade(value, ground)) > 3.5


def contrast(first: str, second: str) -> float:
    """Return the contrast of WCAG 2, written out a second time."""
    light = []
    for color in (first, second):
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (
            p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        )
        light.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return (max(light) + 0.05) / (min(light) + 0.05)


def test_the_words_give_the_lowest_and_the_highest_correlation() -> None:
    values = np.array([[1.0, 1, 3], [2, 2, 2], [3, 3, 1], [4, 5, 4], [5, 4, 5]])
    assert describe_correlations(COLUMNS, correlate_ranks(values)) == (
        "Rank correlation between 3 columns: .50 (centred and n-grams) to .90 (raw and centred)."
    )
    assert describe_correlations(COLUMNS[:2], np.array([[1, 0.5], [0.5, 1]])) == (
        "Rank correlation between 2 columns: .50 (raw and centred)."
    )


@pytest.mark.parametrize("ground", [LIGHT, DARK])
def test_nothing_is_dragged_or_too_small_to_read(ground: Ground) -> None:
    figures = [draw_ranks(NAMES, COLUMNS, RANKS, {}, ground)]
    figures.append(draw_correlations(COLUMNS, np.eye(3), ground))
    for figure in figures:
        assert figure.layout.dragmode is False
        for axis in (figure.layout.xaxis, figure.layout.yaxis):
            assert axis.fixedrange
            assert axis.tickfont.size >= 12
            assert axis.tickfont.color == ground.ink
