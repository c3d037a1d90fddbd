"""Figures are pure functions: these tests read what they would send to a browser."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from hivemind_core.corpus.identity import Source, name_sources
from hivemind_core.corpus.manifest import Manifest
from hivemind_core.figures import homogeneity
from hivemind_core.figures.atlas import (
    NAME_WIDTH,
    UNPICKED,
    Halo,
    MapPoints,
    MapStyle,
    draw_map,
)
from hivemind_core.figures.coloring import (
    Paint,
    Scale,
    paint_families,
    paint_numbered,
    paint_sources,
    paint_strategies,
    scale_lengths,
    scale_scores,
)
from hivemind_core.figures.contents import count_contents, describe_contents
from hivemind_core.figures.layout import (
    FAN_STEP,
    close_gaps,
    fan_out,
    measure_extent,
    turn_to_frame,
)
from hivemind_core.figures.numbers import (
    count,
    escape_label,
    isolate_words,
    write_interval,
    write_number,
)
from hivemind_core.figures.palette import (
    DARK,
    HUES,
    HUMAN_SYMBOL,
    LIGHT,
    Ground,
    Ink,
    assign_inks,
    choose_ground,
    find_family,
    ink_cluster,
    ink_text,
    measure_contrast,
    tint,
)

PAIRS: list[tuple[str | None, str | None]] = [
    ("gpt-4o", None),
    ("gemini-1.5-pro", None),
    ("olmo2-7b", "plain"),
    ("olmo2-7b", "random"),
    ("acme-1", None),
    ("human", None),
    (None, None),
]
SOURCES = name_sources(PAIRS)
MAX_PAYLOAD = 60_000


def make_points(n: int, seed: int = 0) -> MapPoints:
    generator = np.random.default_rng(seed)
    names = [source.name for source in SOURCES]
    return MapPoints(
        tuple(f"{i:020x}" for i in range(n)),
        tuple(names[i % len(names)] for i in range(n)),
        (np.arange(n) % 12 - 1).astype(np.int64),
        generator.normal(size=(n, 2)),
    )


def place(*sources: str) -> MapPoints:
    """Return an answer by each of these sources, in a row."""
    n = len(sources)
    places = np.column_stack([np.arange(n), np.zeros(n)]).astype(float)
    return MapPoints(tuple(f"id-{i}" for i in range(n)), sources, np.full(n, -1), places)


PAINTS = ("source", "family", "strategy", "cluster", "length", "score")


def make_style(points: MapPoints, by: str = "source", ground: Ground = LIGHT) -> MapStyle:
    inks = assign_inks(SOURCES, ground)
    numbers = np.arange(len(points))
    paints: dict[str, Callable[[], Paint | Scale]] = {
        "source": lambda: paint_sources(points.sources, inks),
        "family": lambda: paint_families(points.sources, SOURCES, inks, ground),
        "strategy": lambda: paint_strategies(points.sources, SOURCES, ground),
        "cluster": lambda: paint_numbered(points.clusters, "cluster", "in no cluster", ground),
        "length": lambda: scale_lengths(numbers * 10 - 10),
        "score": lambda: scale_scores(np.where(numbers % 3, numbers, np.nan), "quality"),
    }
    return MapStyle(paints[by](), ground, frozenset({"human"}))


def list_points(figure: go.Figure) -> list[Any]:
    """Return the traces that hold points: no picture of a density and no lone legend entry."""
    return [trace for trace in figure.data if trace.customdata is not None]


def read_rows(figure: go.Figure) -> list[int]:
    return sorted(int(row) for trace in list_points(figure) for row in trace.customdata)


def read_picked(figure: go.Figure) -> list[int]:
    traces = list_points(figure)
    return sorted(int(t.customdata[i]) for t in traces for i in t.selectedpoints)


def read_json(figure: go.Figure) -> str:
    text = str(figure.to_json())
    assert json.loads(text)
    return text.encode().decode("unicode_escape")


@pytest.mark.parametrize("by", PAINTS)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 50])
@pytest.mark.parametrize("is_density", [False, True])
@pytest.mark.parametrize("shown", [(), ("gpt-4o",), ("human", "acme-1"), ("nobody",)])
def test_every_row_is_in_one_trace(
    by: str, n: int, is_density: bool, shown: tuple[str, ...]
) -> None:
    points = make_points(n)
    style = make_style(points, by)
    style = replace(style, is_density=is_density, shown=frozenset(shown))
    figure = draw_map(points, style)
    assert read_rows(figure) == list(range(n))
    assert all(t.customdata.dtype == np.int32 for t in list_points(figure))
    assert all(len(t.x) == len(t.customdata) for t in list_points(figure))


@pytest.mark.parametrize("by", PAINTS)
@pytest.mark.parametrize("is_density", [False, True])
def test_a_point_lies_where_it_was_put_whatever_it_is_coloured_by(
    by: str, is_density: bool
) -> None:
    points = make_points(60)
    figure = draw_map(points, replace(make_style(points, by), is_density=is_density))
    found = np.empty((60, 2))
    for trace in list_points(figure):
        found[trace.customdata] = np.column_stack([trace.x, trace.y])
    assert found == pytest.approx(turn_to_frame(points.places), rel=1e-5)


@pytest.mark.parametrize("is_density", [False, True])
@pytest.mark.parametrize("by", PAINTS)
def test_places_and_values_that_coincide_are_drawn(by: str, is_density: bool) -> None:
    points = replace(make_points(30), places=np.ones((30, 2)))
    figure = draw_map(points, replace(make_style(points, by), is_density=is_density))
    assert read_rows(figure) == list(range(30))
    low, high = figure.layout.xaxis.range
    assert high > low


@pytest.mark.parametrize("by", PAINTS)
def test_a_map_of_1250_answers_is_light_and_holds_no_ids_and_no_texts(by: str) -> None:
    points = make_points(1250)
    halos = [Halo((0, 1), "9 answers · 2 models")]
    figure = draw_map(points, make_style(points, by), picked=points.ids[5:9], halos=halos)
    sent = read_json(figure)
    assert len(sent) < MAX_PAYLOAD
    assert not [x for x in points.ids if x in sent]
    assert {trace.type for trace in figure.data} == {"scatter"}
    assert all(t.x.dtype == t.y.dtype == np.float32 for t in list_points(figure))
    assert all(t.text is None or t.text.dtype.kind == "f" for t in list_points(figure))


def test_only_large_maps_use_webgl() -> None:
    points = make_points(5000)
    figure = draw_map(points, make_style(points))
    assert {trace.type for trace in figure.data} == {"scattergl"}


def test_a_map_has_equal_aspect_and_no_axes() -> None:
    points = make_points(30)
    layout = draw_map(points, make_style(points)).layout
    assert layout.yaxis.scaleanchor == "x"
    assert (layout.xaxis.visible, layout.yaxis.visible) == (False, False)


def test_a_map_takes_clicks_on_single_points() -> None:
    points = make_points(3)
    layout = draw_map(points, make_style(points)).layout
    assert (layout.dragmode, layout.clickmode) == ("pan", "event+select")


@pytest.mark.parametrize("by", PAINTS)
@pytest.mark.parametrize("is_density", [False, True])
def test_picked_answers_stay_strong(by: str, is_density: bool) -> None:
    points = make_points(40)
    style = replace(make_style(points, by), is_density=is_density, shown=frozenset({"gpt-4o"}))
    figure = draw_map(points, style, picked=[points.ids[i] for i in (0, 7, 30)] + ["nobody"])
    assert read_picked(figure) == [0, 7, 30]
    for trace in list_points(figure):
        assert trace.selected.marker.opacity == 1
        assert trace.unselected.marker.opacity <= UNPICKED
    plain = draw_map(points, style)
    assert all(t.selectedpoints is None for t in list_points(plain))


HOSTILE = "<a href='http://example.com'>x</a> %{customdata}"


@pytest.mark.parametrize("is_density", [False, True])
def test_names_cannot_write_markup_or_templates(is_density: bool) -> None:
    points = place(HOSTILE, HOSTILE, "b")
    known = [Source(HOSTILE, HOSTILE, HOSTILE), Source("b", "b", None)]
    inks = assign_inks(known, LIGHT)
    paints: list[Paint | Scale] = [
        paint_sources(points.sources, inks),
        paint_families(points.sources, known, inks, LIGHT),
        paint_strategies(points.sources, known, LIGHT),
        paint_numbered(np.zeros(3, np.int64), HOSTILE, HOSTILE, LIGHT),
        scale_scores([1.0, 2.0, np.nan], HOSTILE),
        Scale(HOSTILE, np.arange(3.0), is_log=True),
    ]
    for paint in paints:
        style = MapStyle(paint, LIGHT, frozenset({HOSTILE}), is_density=is_density)
        figure = draw_map(points, style, halos=[Halo((0,), HOSTILE)])
        assert "<a" not in read_json(figure)
        assert all("%{customdata" not in t.hovertemplate for t in list_points(figure))


def test_long_names_are_cut_in_the_middle() -> None:
    name = "organisation/" + "very-" * 500 + "long-7b"
    points = place(name)
    style = MapStyle(paint_sources(points.sources, {name: Ink("#000000")}), LIGHT)
    (trace,) = draw_map(points, style).data
    assert trace.name.startswith("organisation/very-")
    assert trace.name.endswith("long-7b")
    assert "…" in trace.name
    assert len(trace.name) == NAME_WIDTH
    assert len(trace.hovertemplate) < 150


def test_a_legend_of_many_models_scrolls() -> None:
    names = [f"organisation/model-with-a-long-name-{i}" for i in range(79)]
    points = place(*names)
    inks = assign_inks([Source(name, name, None) for name in names], LIGHT)
    layout = draw_map(points, MapStyle(paint_sources(points.sources, inks), LIGHT)).layout
    assert layout.legend.maxheight <= layout.margin.b < 150


def test_strategies_stand_under_their_model_where_every_model_has_several() -> None:
    sources = name_sources([(m, s) for m in ("a", "b") for s in ("plain", "persona")])
    points = place(*(source.name for source in sources))
    style = MapStyle(paint_sources(points.sources, assign_inks(sources, LIGHT)), LIGHT)
    figure = draw_map(points, style)
    assert {(t.legendgroup, t.name) for t in figure.data} == {
        (model, strategy) for model in "ab" for strategy in ("plain", "persona")
    }
    assert figure.layout.legend.traceorder == "grouped"
    plain = make_points(9)
    figure = draw_map(plain, make_style(plain))
    assert all(t.legendgroup is None for t in figure.data)
    assert figure.layout.legend.traceorder == "normal"


def test_a_wide_group_has_no_halo() -> None:
    places = np.array([[0, 0], [0.1, 0], [10, 0], [0, 9.0], [10, 9]])
    points = replace(place(*["gpt-4o"] * 5), places=places)
    halos = [Halo((0, 1), "near"), Halo((2, 3), "far"), Halo((), "nobody"), Halo((4,), "fourth")]
    figure = draw_map(points, make_style(points), halos=halos)
    assert [a.text for a in figure.layout.annotations] == ["near"]
    assert len(figure.layout.shapes) == 1


def read_label_boxes(figure: go.Figure, width: float) -> list[tuple[float, float, float, float]]:
    """Return left, foot, right, top of the labels of a map so many pixels wide, at 6 a letter."""
    low, high = figure.layout.xaxis.range
    pixel = (high - low) / width
    boxes = []
    for note in figure.layout.annotations:
        lines = note.text.split("<br>")
        sides = 6 * max(map(len, lines)) * pixel, 14 * len(lines) * pixel
        at = (note.x, note.y) if note.ax is None else (note.ax, note.ay)
        shares = {"left": 0.0, "bottom": 0.0, "center": 0.5, "middle": 0.5, "right": 1, "top": 1}
        left, foot = (
            where - shares[anchor] * side
            for where, anchor, side in zip(at, (note.xanchor, note.yanchor), sides, strict=True)
        )
        boxes.append((left, foot, left + sides[0], foot + sides[1]))
    return boxes


@pytest.mark.parametrize("seed", range(6))
def test_labels_of_halos_cover_no_mark_and_not_each_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    middles = np.array([[0, 0], [6, 1], [3, 5], [8, 6.0]])
    places = np.repeat(middles, 5, axis=0) + 0.3 * rng.normal(size=(20, 2))
    points = replace(place(*["gpt-4o"] * 20), places=places)
    halos = [Halo(tuple(range(n, n + 5)), "5 answers · 5 models") for n in (0, 5, 10)]
    figure = draw_map(points, make_style(points), halos=halos)
    marks = np.vstack([np.column_stack([trace.x, trace.y]) for trace in list_points(figure)])
    low, high = figure.layout.xaxis.range
    foot, top = figure.layout.yaxis.range
    # As wide as on a small screen, where the frame is 345 x 230 pixels, and wider.
    small = min(345, 230 * (high - low) / (top - foot))
    assert len(figure.layout.annotations) == 3
    assert all(note.bgcolor is None for note in figure.layout.annotations)
    for width in (small, 2 * small, 4 * small):
        reach = 4.5 * (high - low) / width
        boxes = read_label_boxes(figure, width)
        for box in boxes:
            assert low <= box[0]
            assert box[2] <= high
            assert foot <= box[1]
            assert box[3] <= top
            nearest = np.clip(marks, box[:2], box[2:])
            assert np.linalg.norm(nearest - marks, axis=1).min() > reach
        for one, other in combinations(boxes, 2):
            assert one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]


def test_a_label_without_a_free_place_is_left_out() -> None:
    grid = np.array([[x, y] for x in range(20) for y in range(20)], float)
    points = replace(place(*["gpt-4o"] * 400), places=grid)
    layout = draw_map(points, make_style(points), halos=[Halo((189, 190, 210), "3 answers")]).layout
    assert len(layout.shapes) == 1
    assert not layout.annotations


def test_people_are_open_diamonds_in_every_colouring() -> None:
    points = make_points(70)
    by_people = {i for i, source in enumerate(points.sources) if source == "human"}
    for by in PAINTS:
        for shown in ((), ("gpt-4o",), ("human",)):
            for is_density in (False, True):
                style = replace(make_style(points, by), shown=frozenset(shown))
                figure = draw_map(points, replace(style, is_density=is_density))
                diamonds = [t for t in list_points(figure) if t.marker.symbol == HUMAN_SYMBOL]
                assert {int(row) for t in diamonds for row in t.customdata} == by_people
                assert all(t.marker.opacity > 0 for t in diamonds)


def test_people_have_one_entry_and_stay_neutral_among_clusters() -> None:
    points = replace(place("human", "gpt-4o", "human"), clusters=np.array([0, 0, 1]))
    figure = draw_map(points, make_style(points, "cluster"))
    assert [(t.name, t.showlegend) for t in figure.data] == [
        ("cluster 1", True),
        ("people", True),
        ("people", False),
    ]
    assert [t.marker.color for t in figure.data[1:]] == [LIGHT.muted] * 2
    assert [t.hovertemplate for t in figure.data[1:]] == [
        "people · cluster 1<extra></extra>",
        "people · cluster 2<extra></extra>",
    ]
    assert {t.legendgroup for t in figure.data[1:]} == {"people"}


def test_numbers_have_one_colour_scale_and_say_what_is_not_known() -> None:
    points = place("gpt-4o", "human", "gpt-4o", "human", "acme-1")
    scale = scale_scores([0.25, 0.75, np.nan, np.nan, 0.5], "quality")
    figure = draw_map(points, MapStyle(scale, DARK, frozenset({"human"})))
    found = {t.name: t for t in list_points(figure)}
    assert found["quality"].marker.color.tolist() == [0.25, 0.5]
    assert found["people"].marker.color.tolist() == [0.75]
    assert found["not scored"].customdata.tolist() == [2]
    assert found["people, not scored"].customdata.tolist() == [3]
    assert found["not scored"].marker.color == DARK.muted
    assert found["quality"].hovertemplate == "quality: %{text:,.3~f}<extra></extra>"
    assert found["people"].hovertemplate == "people · quality: %{text:,.3~f}<extra></extra>"
    axis = figure.layout.coloraxis
    assert (axis.cmin, axis.cmax) == (0.25, 0.75)
    assert tuple(color for _, color in axis.colorscale) == DARK.ramp
    assert axis.colorbar.ticktext == ("0.3", "0.4", "0.5", "0.6", "0.7")
    listed = [(t.name, t.marker.color) for t in figure.data if t.showlegend is not False]
    assert ("people", DARK.muted) in listed
    assert "quality" not in dict(listed)


def test_lengths_are_logarithmic() -> None:
    points = place("gpt-4o", "gpt-4o", "acme-1")
    figure = draw_map(points, MapStyle(scale_lengths(np.array([10, 1000, -1])), LIGHT))
    known = next(t for t in figure.data if t.name == "characters")
    assert known.marker.color.tolist() == [1, 3]
    assert known.text.tolist() == [10, 1000]
    assert known.hovertemplate == "%{text:,.0f} characters<extra></extra>"
    assert figure.layout.coloraxis.colorbar.ticktext == ("10", "100", "1,000")
    assert next(t for t in figure.data if t.name == "not known").customdata.tolist() == [2]


@pytest.mark.parametrize(
    "values", [[], [np.nan, np.nan], [3.0], [3.0, 3.0], [1e308, -1e308], [1e-320, 0]]
)
def test_numbers_that_do_not_range_are_drawn(values: list[float]) -> None:
    points = place(*["gpt-4o"] * len(values))
    figure = draw_map(points, MapStyle(scale_scores(values, "quality"), LIGHT))
    assert read_rows(figure) == list(range(len(values)))
    assert figure.layout.coloraxis.showscale == (3.0 in values or 0 in values)
    assert figure.layout.coloraxis.cmin < figure.layout.coloraxis.cmax


def test_sources_shown_alone_stand_against_a_faint_rest() -> None:
    points = place("gpt-4o", "acme-1", "human", "unknown", "gpt-4o")
    style = replace(make_style(points), shown=frozenset({"gpt-4o"}))
    figure = draw_map(points, style)
    assert [(t.name, t.customdata.tolist(), t.showlegend) for t in figure.data] == [
        ("the rest", [1, 3], True),
        ("the rest", [2], False),
        ("gpt-4o", [0, 4], True),
    ]
    rest, people, shown = figure.data
    assert rest.marker.color == people.marker.color == LIGHT.muted
    assert rest.marker.opacity == people.marker.opacity < shown.marker.opacity / 2
    assert people.marker.symbol == HUMAN_SYMBOL
    assert shown.marker.color == assign_inks(SOURCES, LIGHT)["gpt-4o"].color


def test_the_density_counts_answers_and_leaves_every_point_to_be_selected() -> None:
    points = place("gpt-4o", "acme-1", "human", "gpt-4o")
    style = replace(make_style(points), is_density=True)
    figure = draw_map(points, style)
    heat = figure.data[0]
    assert heat.type == "heatmap"
    assert np.nansum(10**heat.z) == pytest.approx(4)
    assert heat.hoverinfo == "skip"
    assert read_rows(figure) == [0, 1, 2, 3]
    unseen = [t for t in list_points(figure) if t.marker.opacity == 0]
    assert sorted(t.name for t in unseen) == ["acme-1", "gpt-4o"]
    assert [t.name for t in list_points(figure) if t.showlegend] == ["human"]
    alone = draw_map(points, replace(style, shown=frozenset({"gpt-4o"})))
    assert np.nansum(10 ** alone.data[0].z) == pytest.approx(2)
    assert read_rows(alone) == [0, 1, 2, 3]


def test_a_density_does_not_fan_repeats_out() -> None:
    points = replace(place("a", "b", "c"), places=np.array([[0.0, 0], [0, 0], [1, 0]]))
    style = replace(make_style(points), is_density=True)
    figure = draw_map(points, style)
    assert np.nanmax(figure.data[0].z) == pytest.approx(np.log10(2))
    traces = list_points(figure)
    assert len({(x, y) for t in traces for x, y in zip(t.x, t.y, strict=True)}) == 2


def test_turning_keeps_distances_and_fills_the_frame() -> None:
    line = np.array([[0.0, 0.0], [0.0, 1.0], [0.0, 4.0]])
    turned = turn_to_frame(line, aspect=2)
    assert max(np.ptp(turned[:, 0]) / 2, np.ptp(turned[:, 1])) < 2 < np.ptp(line[:, 1])
    assert turned.max(axis=0) == pytest.approx(-turned.min(axis=0))
    cloud = np.random.default_rng(1).normal(size=(20, 2))
    before = np.linalg.norm(cloud[:, None] - cloud[None], axis=2)
    after = turn_to_frame(cloud)
    assert np.linalg.norm(after[:, None] - after[None], axis=2) == pytest.approx(before)


def test_repeats_are_fanned_out_and_others_stay() -> None:
    places = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    fanned = fan_out(places)
    assert fanned[:2] == pytest.approx(places[:2])
    assert np.linalg.norm(fanned[2] - fanned[0]) == pytest.approx(10 * FAN_STEP)
    assert len(np.unique(fanned.round(6), axis=0)) == 4


def test_places_that_coincide_or_are_none_have_an_extent() -> None:
    assert measure_extent(np.zeros((0, 2))) == 1
    assert measure_extent(np.ones((5, 2))) == 1
    assert len(np.unique(fan_out(np.ones((5, 2))).round(9), axis=0)) == 5


def test_wide_gaps_are_narrowed_and_what_lies_together_stays() -> None:
    rng = np.random.default_rng(0)
    near, far = rng.uniform(0, 4, (300, 2)), rng.uniform(300, 304, (200, 2))
    places = np.concatenate([near, far])
    closed = close_gaps(places)
    for island in (slice(0, 300), slice(300, 500)):
        moved = closed[island] - places[island]
        assert np.allclose(moved, moved[0])
    assert measure_extent(closed) < 20 < measure_extent(places)
    between = np.linalg.norm(closed[:300, None] - closed[None, 300:], axis=2).min()
    assert 0.05 * measure_extent(closed) < between < 0.2 * measure_extent(closed)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_few_or_equal_places_have_no_gaps(n: int) -> None:
    assert np.array_equal(close_gaps(np.ones((n, 2))), np.ones((n, 2)))


def test_places_without_wide_gaps_stay() -> None:
    places = np.random.default_rng(1).uniform(size=(500, 2))
    assert np.array_equal(close_gaps(places), places)


@pytest.mark.parametrize("ground", [LIGHT, DARK])
def test_every_source_has_its_own_ink(ground: Ground) -> None:
    inks = assign_inks(SOURCES, ground)
    assert len(set(inks.values())) == len(inks) == len(SOURCES)
    assert inks["human"].symbol == HUMAN_SYMBOL
    assert assign_inks(reversed(SOURCES), ground) == inks


def test_a_colour_does_not_depend_on_which_sources_are_shown() -> None:
    inks = assign_inks(SOURCES, LIGHT)
    points = make_points(70)
    some = MapPoints(points.ids[:2], points.sources[:2], points.clusters[:2], points.places[:2])
    whole = {t.name: t.marker.color for t in draw_map(points, make_style(points)).data}
    part = {t.name: t.marker.color for t in draw_map(some, make_style(some)).data}
    assert part == {name: whole[name] for name in part}
    assert whole["gpt-4o"] == inks["gpt-4o"].color == "#D55E00"


def test_families_share_a_hue_and_differ_in_symbol() -> None:
    inks = assign_inks(SOURCES, LIGHT)
    plain, random = inks["olmo2-7b · plain"], inks["olmo2-7b · random"]
    assert plain.symbol != random.symbol
    assert plain.color != random.color
    assert (find_family("CrPO-llama-3.1-8b"), find_family("Llama-3-70B")) == ("llama", "llama")
    assert find_family("acme-1") == find_family("org/acme-2-large") == "acme"
    assert find_family("42") == "42"


def test_more_families_than_hues_still_differ() -> None:
    many = name_sources([(f"{letter}family-1", None) for letter in "abcdefghijklmnop"])
    inks = assign_inks(many, LIGHT)
    assert len(set(inks.values())) == len(many)


def test_tints() -> None:
    assert tint("#000000", 0.5) == "#808080"
    assert tint("#FFFFFF", -1.0) == "#000000"
    assert tint("#D55E00", 0.0) == "#D55E00"
    assert choose_ground(dark=True) is DARK
    assert len({ink_cluster(c, LIGHT) for c in range(-1, 7)}) == 8


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.784, ".78"),
        (1.0, "1.00"),
        (0.996, "1.00"),
        (12.5, "12.50"),
        (10.0, "10.00"),
        (-0.021, "−.02"),
        (-0.996, "−1.00"),
        (-1.0, "−1.00"),
        (-12.5, "−12.50"),
        (-0.004, ".00"),
        (-0.0, ".00"),
        (0.0, ".00"),
        (float("nan"), "–"),
        (None, "–"),
    ],
)
def test_numbers_are_written_short(value: float | None, text: str) -> None:
    assert write_number(value) == text


def test_counts_and_intervals() -> None:
    assert count(1, "query") == "1 query"
    assert count(1250, "query") == "1,250 queries"
    assert write_interval([0.5, 0.61]) == ".50 to .61"
    assert write_interval([-1.0, -0.001]) == "−1.00 to .00"
    assert write_number(-0.0004, 3) == ".000"
    assert write_number(-0.9996, 3) == "−1.000"
    assert write_interval(None) == "–"


SUMMARY = {
    "queries": 100,
    "models": ["gpt-4o", "gemini-1.5-pro"],
    "floor": {"mean": 0.06, "n_pairs": 1000},
    "human": {"mean": 0.35},
    "intra": {
        "gpt-4o": {"mean": 0.78, "ci95": [0.7, 0.8], "queries": 100},
        "gemini-1.5-pro": {"mean": 0.6, "ci95": [0.5, 0.7], "queries": 90},
        "human": {"mean": 0.35, "ci95": None, "queries": 100},
        "olmo2-7b · plain": {"mean": None, "reason": "one answer a query", "queries": 0},
    },
    "inter": {"mean": 0.55, "ci95": [0.5, 0.6], "matrix": [[None, 0.55], [0.55, None]]},
    "nearest_models": {"5": 1.6, "10": 1.9, "15": None},
}


def test_within_models_is_read_against_its_controls() -> None:
    reading = homogeneity.read_within(SUMMARY, SOURCES)
    assert reading.sentence == (
        "gpt-4o repeats itself: .78, against .35 for people and .06 for unrelated answers."
    )
    assert "100 queries" in reading.basis
    assert [row["source"] for row in reading.rows] == ["gpt-4o", "gemini-1.5-pro", "human"]


def test_between_models_is_read_as_a_gap() -> None:
    reading = homogeneity.read_between(SUMMARY, SOURCES)
    assert reading.sentence == (
        "Answers by different models are at .55, answers by one model at .69: a gap of .14."
    )
    assert "severe" not in reading.sentence
    assert [row["mean cosine"] for row in reading.rows] == [0.55]


def test_a_model_counts_once_however_many_strategies_it_has() -> None:
    intra = {
        "olmo2-7b · plain": {"mean": 0.2},
        "olmo2-7b · random": {"mean": 0.4},
        "gpt-4o": {"mean": 0.9},
    }
    assert homogeneity.average_within({"intra": intra}, SOURCES) == pytest.approx(0.6)


def test_nearest_models_lists_where_it_is_defined() -> None:
    assert homogeneity.list_nearest(SUMMARY) == [(5, 1.6), (10, 1.9)]
    reading = homogeneity.read_nearest(SUMMARY, SOURCES)
    assert reading.sentence.startswith("Among the 5 answers nearest to an answer, 1.6 of 4 models")


def test_undefined_numbers_say_why() -> None:
    nothing = {
        "queries": 0,
        "models": [],
        "floor": {"mean": None, "reason": "one query"},
        "human": None,
        "intra": {},
        "inter": {"mean": None, "reason": "one model"},
        "nearest_models": None,
    }
    assert "undefined" in homogeneity.read_within(nothing, ()).sentence
    assert homogeneity.read_between(nothing, ()).sentence.endswith("undefined: one model.")
    assert "undefined" in homogeneity.read_nearest(nothing, ()).sentence
    assert homogeneity.average_within(nothing, ()) is None
    assert len(homogeneity.draw_within(nothing, {}, LIGHT).data) == 0


@pytest.mark.parametrize("ground", [LIGHT, DARK])
def test_charts_show_intervals_floor_and_people(ground: Ground) -> None:
    within = homogeneity.draw_within(SUMMARY, assign_inks(SOURCES, ground), ground)
    top = next(trace for trace in within.data if trace.name == "gpt-4o")
    assert top.error_x.array[0] == pytest.approx(0.02)
    assert top.error_x.arrayminus[0] == pytest.approx(0.08)
    words = {annotation.text for annotation in within.layout.annotations}
    assert {"unrelated .06", "people .35", ".78"} <= words
    between = homogeneity.draw_between(SUMMARY, SOURCES, ground)
    assert sorted(trace.x[0] for trace in between.data) == pytest.approx([0.55, 0.69])
    nearest = homogeneity.draw_nearest(SUMMARY, SOURCES, ground)
    assert list(nearest.data[0].y) == [1.6, 1.9]
    assert {a.text for a in nearest.layout.annotations} == {"fully separated", "fully mixed"}


def test_answers_of_a_withheld_model_are_seen_and_told_apart() -> None:
    assert assign_inks(SOURCES, LIGHT)["unknown"].symbol == "x"
    *_, last = describe_contents(Manifest("x", withheld={"model": 4, "text": 1}))
    assert last == (
        "On maps, but left out of measures: 4 answers whose model its source withholds."
    )


def test_contents_tell_models_from_people_and_what_is_left_out() -> None:
    manifest = Manifest(
        "x",
        licence="MIT",
        simulated=True,
        sources=SOURCES,
        rows={"queries": 3, "responses": 1200},
        withheld={"text": 1, "empty": 2, "model": 0},
    )
    counts = count_contents(manifest, {"human": 8})
    assert counts["Models"] == "4"
    assert counts["Sources"] == "7"
    assert counts["Answers"] == "1,200"
    assert counts["Answers by people"] == "8"
    first, last = describe_contents(manifest)
    assert first == "licence: MIT · partly simulated · strategies: plain, random"
    assert "1 answer whose text its source withholds, 2 empty answers." in last


def test_a_circle_is_not_drawn_where_most_in_it_are_others() -> None:
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    ring = 0.5 * np.column_stack([np.cos(angles), np.sin(angles)])
    corners = np.array([[-9.0, -9], [9, 9], [-9, 9], [9, -9]])
    places = np.concatenate([ring, 0.2 * ring, corners])
    names = ("gpt-4o",) * len(places)
    points = MapPoints(tuple(map(str, range(28))), names, np.zeros(28, np.int64), places)
    few, half = Halo((0, 3, 6, 9), "4 answers"), Halo(tuple(range(12)), "12 answers")
    style = make_style(points)
    assert not draw_map(points, style, halos=[few]).layout.shapes
    assert len(draw_map(points, style, halos=[half]).layout.shapes) == 1


@pytest.mark.parametrize(
    ("model", "family"), [("model-7", "model-7"), ("llm_2", "llm_2"), ("acme-1", "acme")]
)
def test_a_word_that_any_model_is_called_by_is_no_family(model: str, family: str) -> None:
    assert find_family(model) == family


@pytest.mark.parametrize("ground", [LIGHT, DARK])
@pytest.mark.parametrize("hue", [*HUES, "#FFFFFF", "#000000"])
def test_letters_in_a_hue_can_be_read(hue: str, ground: Ground) -> None:
    color = ink_text(hue, ground)
    assert measure_contrast(color, ground.paper) >= 4.5
    if measure_contrast(hue, ground.paper) >= 4.5:
        assert color == hue


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("", ""),
        ("gpt-4o repeats itself: .32", "gpt-4o repeats itself: .32"),
        ("\u202emodel repeats itself: .32", "\ufffdmodel repeats itself: .32"),
        ("\u2067a\u200f and b\u061c\u2069: .41", "\ufffda\ufffd and b\ufffd\ufffd: .41"),
        ("דגם .32, מודל גדול-א .41", "\u2068דגם\u2069 .32, \u2068מודל גדול-א\u2069 .41"),
        ("مدل-3 and x", "\u2068مدل\u2069-3 and x"),
    ],
)
def test_no_name_turns_the_direction_of_a_sentence(sentence: str, told: str) -> None:
    assert isolate_words(sentence) == told
    assert isolate_words(told) == told
    assert escape_label(sentence) == told


def test_quotes_in_labels_are_written_as_they_are() -> None:
    assert escape_label("""<b>"it's"</b> & co""") == """&lt;b&gt;"it's"&lt;/b&gt; &amp; co"""
