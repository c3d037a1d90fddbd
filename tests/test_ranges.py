"""Rows of points beside each other: where they lie, and what stands at them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from hivemind_core.figures.palette import DARK, LIGHT, Ground
from hivemind_core.figures.ranges import Strip, draw_ranges

MARKUP = "<b>bold</b> <a href='http://example.com'>x</a> %{x} &amp;"
ESCAPED = "&lt;b&gt;bold&lt;/b&gt; &lt;a href='http://example.com'&gt;x&lt;/a&gt; %{x} &amp;amp;"
SCALE = "mean cosine, a point a pair"


def make_strip(name: str, values: Sequence[float], *, is_strong: bool = False) -> Strip:
    labels = tuple(f"{name} {number}" for number in range(len(values)))
    return Strip(name, np.array(values, np.float64), labels, is_strong)


YOURS = make_strip("yours", [0.25, 0.75], is_strong=True)
THEIRS = make_strip("published", [0.7, 0.8, 0.9])


def list_means(figure: go.Figure) -> list[float]:
    return [shape.x0 for shape in figure.layout.shapes]


def name_rows(figure: go.Figure) -> dict[int, str]:
    axis = figure.layout.yaxis
    return dict(zip(axis.tickvals, axis.ticktext, strict=True))


def test_every_value_is_a_point_in_the_row_of_its_strip() -> None:
    figure = draw_ranges([YOURS, THEIRS], LIGHT, SCALE)
    assert name_rows(figure) == {1: "yours", 0: "published"}
    drawn = {trace.name: trace for trace in figure.data}
    assert list(drawn["yours"].x) == [0.25, 0.75]
    assert list(drawn["published"].x) == [0.7, 0.8, 0.9]
    assert np.all(np.abs(np.array(drawn["yours"].y) - 1) < 0.5)
    assert np.all(np.abs(np.array(drawn["published"].y)) < 0.5)
    assert list(drawn["yours"].text) == ["yours 0", "yours 1"]


def test_a_line_stands_at_the_mean_of_every_strip() -> None:
    figure = draw_ranges([YOURS, THEIRS], LIGHT, SCALE)
    assert list_means(figure) == pytest.approx([0.8, 0.5])
    assert [note.text for note in figure.layout.annotations] == ["mean .80", "mean .50"]
    reach = np.array([(shape.y0, shape.y1) for shape in figure.layout.shapes])
    assert reach == pytest.approx(np.array([(-0.42, 0.42), (0.58, 1.42)]))


def test_equal_values_are_told_apart_always_in_the_same_way() -> None:
    tied = make_strip("tied", [0.5] * 40)
    places = [tuple(draw_ranges([tied], LIGHT, SCALE).data[0].y) for _ in range(2)]
    assert places[0] == places[1]
    assert len(set(places[0])) == 40
    assert list_means(draw_ranges([tied], LIGHT, SCALE)) == [0.5]


def test_the_axis_holds_what_is_negative_too() -> None:
    def bound(*strips: Strip) -> tuple[float, float]:
        return tuple(draw_ranges(strips, LIGHT, SCALE).layout.xaxis.range)

    assert bound(YOURS, THEIRS) == bound() == (-0.02, 1.02)
    assert bound(YOURS, make_strip("low", [-0.5, 1.0])) == (-0.52, 1.02)


@pytest.mark.parametrize("strips", [[], [make_strip("none", [])]])
def test_nothing_is_drawn_of_nothing(strips: list[Strip]) -> None:
    figure = draw_ranges(strips, LIGHT, SCALE)
    assert not figure.data
    assert not figure.layout.shapes
    assert not figure.layout.annotations
    assert figure.layout.height > 0
    assert list(name_rows(figure).values()) == [strip.name for strip in strips]


def test_an_empty_strip_keeps_its_row() -> None:
    figure = draw_ranges([make_strip("none", []), THEIRS], LIGHT, SCALE)
    assert name_rows(figure) == {1: "none", 0: "published"}
    assert [trace.name for trace in figure.data] == ["published"]


def test_one_value_is_its_own_mean() -> None:
    figure = draw_ranges([make_strip("one", [0.4])], LIGHT, SCALE)
    assert list_means(figure) == [0.4]
    assert list(figure.data[0].x) == [0.4]


def test_a_row_more_is_a_row_higher() -> None:
    heights = [draw_ranges([THEIRS] * rows, LIGHT, SCALE).layout.height for rows in (1, 2, 3)]
    assert heights[1] - heights[0] == heights[2] - heights[1] > 0


def test_names_and_labels_stay_text() -> None:
    hostile = Strip(MARKUP, np.array([0.5]), (MARKUP,), is_strong=True)
    figure = draw_ranges([hostile], LIGHT, SCALE)
    (trace,) = figure.data
    assert trace.name == ESCAPED
    assert list(trace.text) == [ESCAPED]
    assert list(name_rows(figure).values()) == [ESCAPED]
    assert MARKUP not in str(figure.to_dict())
    # Plotly puts the text into the template, and does not read it as one.
    assert trace.hovertemplate == "%{text}<br>%{x:.3f}<extra></extra>"


@pytest.mark.parametrize("ground", [LIGHT, DARK])
def test_what_the_reader_brought_stands_out(ground: Ground) -> None:
    figure = draw_ranges([YOURS, THEIRS], ground, SCALE)
    drawn: dict[str, Any] = {trace.name: trace.marker for trace in figure.data}
    assert drawn["yours"].size > drawn["published"].size
    assert drawn["yours"].color != drawn["published"].color
    assert {shape.line.color for shape in figure.layout.shapes} == {ground.ink}
    assert figure.layout.xaxis.title.font.color == ground.muted
    assert figure.layout.paper_bgcolor is None


def test_the_figure_is_only_looked_at() -> None:
    layout = draw_ranges([YOURS, THEIRS], LIGHT, SCALE).layout
    assert layout.xaxis.fixedrange
    assert layout.yaxis.fixedrange
    assert layout.dragmode is False
    assert layout.xaxis.title.text == SCALE
    sizes = [layout.xaxis.tickfont.size, layout.yaxis.tickfont.size, layout.xaxis.title.font.size]
    assert min([*sizes, *(note.font.size for note in layout.annotations)]) >= 12
