"""Figures are pure functions: these tests read what they would send to a browser."""

import numpy as np
import plotly.graph_objects as go
import pytest

from hivemind_core.corpus.identity import Source, name_sources
from hivemind_core.corpus.manifest import Manifest
from hivemind_core.figures import homogeneity
from hivemind_core.figures.atlas import Halo, MapPoints, MapStyle, draw_map
from hivemind_core.figures.contents import count_contents, describe_contents
from hivemind_core.figures.layout import FAN_STEP, fan_out, measure_extent, turn_to_frame
from hivemind_core.figures.numbers import count, write_interval, write_number
from hivemind_core.figures.palette import (
    DARK,
    HUMAN_SYMBOL,
    LIGHT,
    Ground,
    assign_inks,
    choose_ground,
    find_family,
    ink_cluster,
    tint,
)
from hivemind_core.figures.reading import (
    describe_map,
    group_answers,
    list_entries,
    rank_striking,
    tell_finding,
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
MAX_PAYLOAD = 200_000


def make_points(n: int, seed: int = 0) -> MapPoints:
    generator = np.random.default_rng(seed)
    names = [source.name for source in SOURCES]
    return MapPoints(
        tuple(f"{i:020x}" for i in range(n)),
        tuple(names[i % len(names)] for i in range(n)),
        (np.arange(n) % 12 - 1).astype(np.int64),
        generator.normal(size=(n, 2)),
    )


def make_style(coloring: str = "source", ground: Ground = LIGHT) -> MapStyle:
    return MapStyle(coloring, assign_inks(SOURCES, ground), ground)  # type: ignore[arg-type]


def read_ids(figure: go.Figure) -> list[str]:
    return [x for trace in figure.data for x in trace.customdata]


@pytest.mark.parametrize("coloring", ["source", "cluster"])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 50])
def test_a_map_carries_every_id_once(coloring: str, n: int) -> None:
    points = make_points(n)
    figure = draw_map(points, make_style(coloring))
    assert sorted(read_ids(figure)) == sorted(points.ids)


def test_a_map_of_1250_answers_is_light_and_holds_no_more_than_ids() -> None:
    figure = draw_map(make_points(1250), make_style(), halos=[Halo(0, "9 answers · 2 models")])
    assert len(figure.to_json()) < MAX_PAYLOAD
    assert all(trace.text is None and trace.hovertext is None for trace in figure.data)
    assert {trace.type for trace in figure.data} == {"scatter"}


def test_only_large_maps_use_webgl() -> None:
    figure = draw_map(make_points(5000), make_style())
    assert {trace.type for trace in figure.data} == {"scattergl"}


def test_a_map_has_equal_aspect_and_no_axes() -> None:
    layout = draw_map(make_points(30), make_style()).layout
    assert layout.yaxis.scaleanchor == "x"
    assert (layout.xaxis.visible, layout.yaxis.visible) == (False, False)


def test_a_map_takes_clicks_on_single_points() -> None:
    layout = draw_map(make_points(3), make_style()).layout
    assert (layout.dragmode, layout.clickmode) == ("pan", "event+select")


def test_picked_answers_stay_strong() -> None:
    points = make_points(40)
    figure = draw_map(points, make_style(), picked=points.ids[:3])
    chosen = [t.customdata[i] for t in figure.data for i in t.selectedpoints]
    assert sorted(chosen) == sorted(points.ids[:3])
    assert all(t.selectedpoints is None for t in draw_map(points, make_style()).data)


def test_names_of_sources_cannot_write_markup() -> None:
    name = "<a href='http://example.com'>x</a>"
    points = MapPoints(("1",), (name,), np.array([-1]), np.zeros((1, 2)))
    style = MapStyle("source", assign_inks([Source(name, name, None)], LIGHT), LIGHT)
    assert "<a" not in draw_map(points, style).to_json().encode().decode("unicode_escape")


def test_strategies_stand_under_their_model_where_every_model_has_several() -> None:
    sources = name_sources([(m, s) for m in ("a", "b") for s in ("plain", "persona")])
    names = tuple(source.name for source in sources)
    points = MapPoints(tuple("1234"), names, np.zeros(4, np.int64), np.eye(4)[:, :2])
    figure = draw_map(points, MapStyle("source", assign_inks(sources, LIGHT), LIGHT))
    assert {(t.legendgroup, t.name) for t in figure.data} == {
        (model, strategy) for model in "ab" for strategy in ("plain", "persona")
    }
    assert all(t.legendgroup is None for t in draw_map(make_points(9), make_style()).data)


def test_a_wide_cluster_has_no_halo() -> None:
    places = np.array([[0, 0], [0.1, 0], [10, 0], [0, 9.0], [10, 9]])
    points = MapPoints(
        tuple("abcde"), ("gpt-4o",) * 5, np.array([0, 0, 1, 1, -1]), places.astype(float)
    )
    halos = [Halo(0, "near"), Halo(1, "far"), Halo(7, "nobody")]
    figure = draw_map(points, make_style(), halos=halos)
    assert [a.text for a in figure.layout.annotations] == ["near"]
    assert len(figure.layout.shapes) == 1


def test_people_keep_their_symbol_in_both_colorings() -> None:
    points = MapPoints(("1", "2"), ("human", "gpt-4o"), np.array([0, 0]), np.eye(2))
    by_source = draw_map(points, make_style())
    assert [t.marker.symbol for t in by_source.data] == ["circle", HUMAN_SYMBOL]
    (by_cluster,) = draw_map(points, make_style("cluster")).data
    assert list(by_cluster.marker.symbol) == [HUMAN_SYMBOL, "circle"]


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
    whole = {t.name: t.marker.color for t in draw_map(points, make_style()).data}
    part = {t.name: t.marker.color for t in draw_map(some, make_style()).data}
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
    [(0.784, ".78"), (1.0, "1.00"), (0.996, "1.00"), (-0.021, "−.02"), (0.0, ".00"), (None, "–")],
)
def test_numbers_are_written_short(value: float | None, text: str) -> None:
    assert write_number(value) == text


def test_counts_and_intervals() -> None:
    assert count(1, "query") == "1 query"
    assert count(1250, "query") == "1,250 queries"
    assert write_interval([0.5, 0.61]) == ".50 to .61"
    assert write_interval(None) == "–"


CLUSTER_ROWS = [
    {
        "query_id": "a",
        "cluster": 0,
        "size": 9,
        "models": 1,
        "medoid": "m0",
        "keywords": ["river"],
        "sources": ["gpt-4o", "human"],
        "source_counts": [8, 1],
    },
    {
        "query_id": "b",
        "cluster": 1,
        "size": 5,
        "models": 3,
        "medoid": "m1",
        "keywords": None,
        "sources": ["gpt-4o", "gemini-1.5-pro", "olmo2-7b · plain"],
        "source_counts": [1, 3, 1],
    },
]


def test_the_reading_list_starts_with_most_models() -> None:
    entries = list_entries(CLUSTER_ROWS)
    assert [entry.cluster for entry in entries] == [1, 0]
    assert entries[0].sources[0] == ("gemini-1.5-pro", 3)
    assert entries[0].keywords == ()


def test_a_striking_query_has_a_stable_cluster_of_several_models() -> None:
    rows = [
        {"query_id": name, "size": size, "models": models}
        for name, size, models in [
            ("one model", 30, 1),
            ("all in one", 55, 4),
            ("unstable", 30, 4),
            ("striking", 25, 4),
            ("striking", 20, 3),
        ]
    ]
    stable = {"unstable": 0.2, "striking": 0.9}
    qualities = [
        {"query_id": row["query_id"], "responses": 58, "stability": stable.get(row["query_id"], 1)}
        for row in rows
    ]
    assert rank_striking(rows, qualities) == ["striking", "unstable", "all in one", "one model"]
    assert rank_striking([], []) == []
    assert rank_striking(rows[:1], []) == ["one model"]


def test_the_finding_counts_models_and_people_apart() -> None:
    from collections import Counter

    entries = list_entries(CLUSTER_ROWS)
    present = Counter({"gpt-4o": 10, "gemini-1.5-pro": 10, "human": 8})
    assert tell_finding(entries, present, SOURCES, 28) == (
        "8 of 20 answers, from 1 of 2 models, lie in one cluster; 1 of 8 answers by people does."
    )
    assert "word for word" in tell_finding(entries, present, SOURCES, 1)
    assert tell_finding([], Counter(), SOURCES, 0) == "Nobody answered this query."
    assert "no text" in tell_finding([], Counter(), SOURCES, 0, unplaced=3)
    assert "nothing to compare" in tell_finding([], Counter({"gpt-4o": 1}), SOURCES, 1)
    assert "no group" in tell_finding([], Counter({"gpt-4o": 3}), SOURCES, 3)


def test_answers_are_grouped_by_source_with_repeats_merged_and_people_last() -> None:
    rows = [
        {"response_id": str(i), "source": source, "text": text}
        for i, (source, text) in enumerate(
            [("human", "x"), ("human", "y"), ("m", "once"), ("human", None), ("m", "x"), ("m", "x")]
        )
    ]
    voices = group_answers(rows, {"human"})
    assert [voice.source for voice in voices] == ["m", "human"]
    assert voices[0].answers[0].text == "x"
    assert voices[0].answers[0].ids == ("4", "5")
    assert [answer.text for answer in voices[1].answers] == ["x", "y", None]
    assert group_answers([]) == []


def test_the_caption_says_how_far_to_trust_a_map_and_why_not() -> None:
    quality = {
        "responses": 58,
        "noise_share": 0.07,
        "trustworthiness": 0.93,
        "pca_trustworthiness": 0.8,
        "stability": float("nan"),
        "reason": "stability needs 20 answers",
    }
    caption = describe_map(quality, 2, "UMAP")
    assert "7 % of them in no cluster" in caption
    assert "(trustworthiness) .93" in caption
    assert "stability ." not in caption
    assert caption.endswith("Stability needs 20 answers.")
    assert "2 answers without text" in caption
    assert ".80" in describe_map(quality, 0, "PCA")
    assert describe_map({}, 0, "UMAP") == "how far to trust it was not measured."


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
