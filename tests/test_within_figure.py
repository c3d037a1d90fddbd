"""The figure of similarity within each source: dots, intervals, marks, and queries in bins."""

from dataclasses import replace
from math import nan

import numpy as np
import plotly.graph_objects as go
import pytest

from hivemind_core.figures.palette import DARK, LIGHT, Ground, Ink, shade
from hivemind_core.figures.rows import make_similarity_axis, name_rows, write_tenth
from hivemind_core.figures.within import SourceRow, describe_within, draw_within
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.homogeneity import count_in_bins
from hivemind_core.measures.resampling import Estimate

HOSTILE = "<img src=x onerror=alert(1)> %{x} &amp; " + "long " * 40
BINS = np.array([0, 0, 0, 0, 0, 0, 0, 36, 0.5, 63.5])


def make_row(
    name: str = "gpt-4o", mean: float = 0.78, bins: Floats | None = BINS, group: str = ""
) -> SourceRow:
    return SourceRow(name, Estimate(mean, mean - 0.08, mean + 0.03, 100), bins, group)


def draw(rows: list[SourceRow], marks: tuple[tuple[str, float], ...] = ()) -> go.Figure:
    return draw_within(rows, marks, {"gpt-4o": Ink("#123456", "square")}, LIGHT)


def list_bars(figure: go.Figure) -> list[go.Bar]:
    return [trace for trace in figure.data if isinstance(trace, go.Bar)]


def list_dots(figure: go.Figure) -> list[go.Scatter]:
    return [t for t in figure.data if isinstance(t, go.Scatter) and t.hoverinfo == "text"]


def list_words(figure: go.Figure) -> list[str]:
    return [annotation.text for annotation in figure.layout.annotations]


def test_a_row_has_a_dot_with_its_interval_and_its_value() -> None:
    figure = draw([make_row()])
    (dot,) = list_dots(figure)
    assert (dot.x, dot.y) == ((0.78,), (0,))
    assert dot.error_x.array == pytest.approx([0.03])
    assert dot.error_x.arrayminus == pytest.approx([0.08])
    assert (dot.marker.color, dot.marker.symbol) == ("#123456", "square")
    assert dot.hovertext == ("gpt-4o: 0.780, 95 % interval .70 to .81, 100 queries",)
    assert list_words(figure) == [".78", "cosine similarity"]


def test_bars_are_the_shares_of_the_bins_that_occur() -> None:
    bars = list_bars(draw([make_row()]))
    assert [bar.name for bar in bars] == [
        "between .7 and .8",
        "between .8 and .9",
        "between .9 and 1",
    ]
    assert [bar.x for bar in bars] == [(36,), (0.5,), (63.5,)]
    assert [bar.hovertext[0] for bar in bars] == [
        "gpt-4o: 36 % of queries between .7 and .8",
        "gpt-4o: under 1 % of queries between .8 and .9",
        "gpt-4o: 64 % of queries between .9 and 1",
    ]


def test_what_is_negative_was_counted_below_a_tenth() -> None:
    bars = list_bars(draw([make_row(bins=count_in_bins(np.array([-0.4, 0.05])))]))
    assert [bar.hovertext[0] for bar in bars] == ["gpt-4o: 100 % of queries below .1"]


@pytest.mark.parametrize("ground", [LIGHT, DARK])
def test_a_bin_has_the_same_colour_whichever_others_occur(ground: Ground) -> None:
    low, high = np.zeros(10), np.zeros(10)
    low[[0, 9]], high[9] = 50, 100
    figures = [draw_within([make_row(bins=bins)], (), {}, ground) for bins in (low, high)]
    colors = [[bar.marker.color for bar in list_bars(figure)] for figure in figures]
    assert colors == [[ground.ramp[0], ground.ramp[-1]], [ground.ramp[-1]]]


def test_the_key_spans_the_bins_that_occur() -> None:
    key = draw([make_row()]).layout.coloraxis
    assert (key.cmin, key.cmax) == (0.7, 1.0)
    assert key.colorbar.ticktext == (".7", ".8", ".9", "1")
    assert [color for _, color in key.colorscale][::2] == [
        shade(number / 9, LIGHT) for number in (7, 8, 9)
    ]


def test_rows_stand_in_the_order_given_from_the_top() -> None:
    figure = draw([make_row("low", 0.2), make_row("high", 0.9)])
    assert [(dot.name, dot.y[0]) for dot in list_dots(figure)] == [("low", 0), ("high", 1)]
    assert figure.layout.yaxis.ticktext == ("low", "high")
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]


@pytest.mark.parametrize("unknown", [None, np.full(10, nan)])
def test_unknown_bins_are_said_to_be_unknown(unknown: Floats | None) -> None:
    figure = draw([make_row("a", bins=unknown), make_row("b")])
    assert {y for bar in list_bars(figure) for y in bar.y} == {1}
    (told,) = [a for a in figure.layout.annotations if a.text == "not known"]
    assert told.y == 0


def test_without_any_bins_the_left_panel_takes_the_width() -> None:
    figure = draw([make_row(bins=None)])
    assert not list_bars(figure)
    assert figure.layout.xaxis.domain is None
    assert figure.layout.coloraxis.colorbar.tickvals is None


def test_no_rows_give_an_empty_figure() -> None:
    figure = draw([])
    assert not figure.data
    assert figure.layout.height > 0
    assert describe_within([]) == "No source has a similarity within it."


def test_one_query_has_no_interval() -> None:
    figure = draw([SourceRow("a", Estimate(0.5, queries=1), None)])
    (dot,) = list_dots(figure)
    assert dot.error_x.array is None
    assert dot.hovertext == ("a: 0.500, 1 query",)


def test_marks_are_named_where_they_are_and_do_not_cover_each_other() -> None:
    marks = (("people", 0.35), ("unrelated", 0.06), ("shuffled", 0.08), ("nothing", nan))
    figure = draw([make_row()], marks)
    assert [shape.x0 for shape in figure.layout.shapes] == [0.06, 0.08, 0.35]
    named = {a.text: a for a in figure.layout.annotations}
    assert set(named) == {
        ".78",
        "people .35",
        "unrelated .06",
        "shuffled .08",
        "cosine similarity",
    }
    assert named["unrelated .06"].yshift == named["people .35"].yshift == 0
    assert named["people .35"].xanchor == "left"  # centred it would run into the other
    assert named["shuffled .08"].yshift > 0
    assert figure.layout.margin.t >= 2 * 17


def test_the_axis_goes_from_0_to_1_and_lower_where_it_must() -> None:
    assert draw([make_row()]).layout.xaxis.ticktext == ("0", ".2", ".4", ".6", ".8", "1")
    row = SourceRow("a", Estimate(0.01, -0.31, 0.2, 9), None)
    axis = draw([row]).layout.xaxis
    assert axis.range[0] < -0.31
    assert axis.ticktext[:2] == ("−.2", "0")
    assert make_similarity_axis([nan], "", LIGHT) == make_similarity_axis([], "", LIGHT)


@pytest.mark.parametrize("value, text", [(0.0, "0"), (1.0, "1"), (0.3, ".3"), (-0.2, "−.2")])
def test_tenths_are_written_short(value: float, text: str) -> None:
    assert write_tenth(value) == text


def test_the_smaller_group_is_filled_and_both_are_named() -> None:
    rows = [make_row(group="published"), make_row("b", group="yours")]
    rows.append(make_row("c", 0.2, group="published"))
    figure = draw(rows)
    symbols = {dot.name: dot.marker.symbol for dot in list_dots(figure)}
    assert symbols == {"gpt-4o": "square-open", "b": "circle", "c": "circle-open"}
    listed = {trace.name: trace.marker.symbol for trace in figure.data if trace.showlegend}
    assert listed == {"yours": "circle", "published": "circle-open"}
    assert list_dots(figure)[1].hovertext[0].endswith(" · yours")


def test_one_group_needs_no_legend() -> None:
    figure = draw([make_row(group="yours"), make_row("b", group="yours")])
    assert figure.layout.showlegend is False
    assert not [trace for trace in figure.data if trace.showlegend]


def test_people_stay_an_open_diamond_in_a_group() -> None:
    rows = [make_row("people", group="b"), make_row("b", group="a"), make_row("c", group="b")]
    inks = {"people": Ink(LIGHT.muted, "diamond-open")}
    symbols = [dot.marker.symbol for dot in list_dots(draw_within(rows, (), inks, LIGHT))]
    assert symbols[0] == "diamond-open"


@pytest.mark.parametrize("rows, height", [(1, 30), (5, 30), (25, 23), (79, 16)])
def test_many_rows_are_lower(rows: int, height: int) -> None:
    names = [f"source {number}" for number in range(rows)]
    assert name_rows(names)[1] == height
    figure = draw([make_row(name) for name in names])
    layout = figure.layout
    assert layout.height == rows * height + layout.margin.t + layout.margin.b
    assert list(layout.yaxis.ticktext) == names


def test_a_model_and_its_strategy_have_a_line_each_among_few_rows() -> None:
    labels, height = name_rows(["a · b", "c"])
    assert labels == ["a<br>b", "c"]
    assert height > 30
    labels, height = name_rows(["a · b"] * 79)
    assert labels[0] == "a · b"
    assert height == 16


def test_names_are_escaped_and_cut_everywhere() -> None:
    figure = draw([make_row(HOSTILE, group="<b>g"), make_row("b", group="h")], (("<i>", 0.3),))
    labels = [*figure.layout.yaxis.ticktext, *list_words(figure)]
    hovers = [text for trace in figure.data for text in trace.hovertext or ()]
    names = [trace.name for trace in figure.data if trace.name]
    assert len(hovers) > 3
    for text in (*labels, *hovers, *names):
        assert "<" not in text.replace("<br>", "")
    assert max(len(text) for text in labels) < 50
    assert max(len(text) for text in hovers) < 160
    assert not any(trace.hovertemplate for trace in figure.data)  # in which %{x} would be read


@pytest.mark.parametrize("ground", [LIGHT, DARK])
def test_shades_run_along_the_ramp(ground: Ground) -> None:
    steps = [shade(share, ground) for share in np.linspace(0, 1, len(ground.ramp))]
    assert tuple(steps) == ground.ramp
    assert shade(-1, ground) == ground.ramp[0]
    assert shade(2, ground) == ground.ramp[-1]


def test_the_words_give_the_ends_and_the_queries_above() -> None:
    rows = [make_row("a", 0.2, None), make_row("b", 0.9), make_row("c", 0.5)]
    assert describe_within(rows) == (
        "Similarity within 3 sources: from b at .90 to a at .20. "
        "On average over 2 sources by models, 64 % of queries are at .8 or above."
    )
    people = replace(make_row("people", 0.1), is_model=False)
    assert people.is_binned
    assert "On average over 2 sources by models, 64 % of" in describe_within([*rows, people])
    assert describe_within([people]) == "Similarity within 1 source: people at .10."
    assert describe_within(rows[:1]) == "Similarity within 1 source: a at .20."


@pytest.mark.parametrize("ground", [LIGHT, DARK])
def test_nothing_is_dragged_or_too_small_to_read(ground: Ground) -> None:
    figure = draw_within([make_row()], (("people", 0.3),), {}, ground)
    axes = (figure.layout.xaxis, figure.layout.xaxis2, figure.layout.yaxis)
    assert figure.layout.dragmode is False
    assert all(axis.fixedrange for axis in axes)
    assert all(axis.tickfont.size >= 12 for axis in axes)
    assert figure.layout.paper_bgcolor is None
