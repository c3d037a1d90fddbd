import re
import sys
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from hivemind_core.corpus.identity import Source
from hivemind_core.errors import WorkError
from hivemind_core.export.paper import COLUMN, Print
from hivemind_core.export.print_legend import shorten_apart
from hivemind_core.export.print_map import draw_print_map, tell_topic, write_map
from hivemind_core.figures.coloring import Paint, Scale, paint_sources
from hivemind_core.figures.layers import MapPoints, MapStyle
from hivemind_core.figures.palette import LIGHT, assign_inks
from hivemind_core.figures.topics import Topic

NAMES = ("gpt-4o", "gemini-2.5-flash", "human")
INKS = assign_inks([Source(name, name, None) for name in NAMES], LIGHT)


def make_map(n: int = 400, clusters: int = 14) -> tuple[MapPoints, MapStyle, list[Topic]]:
    rng = np.random.default_rng(3)
    codes, cluster = rng.integers(0, 3, n), rng.integers(0, clusters, n)
    places = 3 * rng.normal(size=(clusters, 2))[cluster] + 0.4 * rng.normal(size=(n, 2))
    ids = tuple(map(str, range(n)))
    points = MapPoints(ids, tuple(NAMES[i] for i in codes), cluster, places)
    paint = Paint(NAMES, tuple(INKS[name] for name in NAMES), codes)
    labels = [
        Topic(tuple(np.flatnonzero(cluster == c).tolist()), ("cluster", f"number-{c}", "river"))
        for c in range(clusters)
    ]
    return points, MapStyle(paint, LIGHT, people=frozenset({"human"})), labels


def find_boxes(figure: Any) -> list[Any]:
    renderer = figure.canvas.get_renderer()
    return [text.get_window_extent(renderer) for text in figure.axes[0].texts]


@pytest.mark.parametrize("clusters", [1, 14, 60])
def test_labels_cover_no_other_label_at_column_width(clusters: int) -> None:
    points, style, labels = make_map(400, clusters)
    figure = draw_print_map(points, style, labels, Print(COLUMN))
    boxes = find_boxes(figure)
    assert min(clusters, 10) <= len(boxes) <= clusters
    assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]
    page = figure.bbox
    assert all(page.contains(box.x0, box.y0) and page.contains(box.x1, box.y1) for box in boxes)
    assert all(text.get_fontsize() >= 7 for text in figure.axes[0].texts)
    assert figure.get_figwidth() * 25.4 == pytest.approx(COLUMN)


@pytest.mark.parametrize(
    ("form", "start"), [("pdf", b"%PDF"), ("png", b"\x89PNG"), ("svg", b"<?x")]
)
def test_equal_maps_give_equal_bytes(form: Any, start: bytes) -> None:
    content = write_map(*make_map(), form)
    assert content.startswith(start)
    assert content == write_map(*make_map(), form)


def test_a_pdf_has_the_fonts_and_the_size_that_publishers_take() -> None:
    content = write_map(*make_map(), "pdf", Print(COLUMN, 60.0))
    (box,) = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", content)
    assert [float(side) / 72 * 25.4 for side in box] == pytest.approx([85, 60], abs=0.1)
    assert b"/Type3" not in content
    assert b"/Subtype /Image" not in content


def test_hostile_labels_are_text() -> None:
    points, style, labels = make_map(100, 2)
    hostile = [
        Topic(labels[0].members, ("$\\frac{<b>&",)),
        Topic(labels[1].members, ("流れ \x00\ud800",)),
    ]
    content = write_map(points, style, hostile, "svg").decode()
    assert "$\\frac{&lt;b&gt;&amp;" in content
    assert "流れ" in content


def test_maps_without_points_labels_or_names() -> None:
    none = MapPoints((), (), np.empty(0, np.int64), np.empty((0, 2)))
    empty = MapStyle(Paint((), (), np.empty(0, np.int64)), LIGHT)
    assert write_map(none, empty, [], "pdf").startswith(b"%PDF")
    points, style, labels = make_map(50, 2)
    bare = [Topic((), ("nowhere",)), Topic(labels[0].members, ())]
    assert draw_print_map(points, style, bare, Print(COLUMN)).axes[0].texts[:] == []


def test_numbers_colour_a_map() -> None:
    points, style, labels = make_map(100, 3)
    scale = Scale("characters", np.arange(100.0))
    content = write_map(points, MapStyle(scale, LIGHT, people=style.people), labels, "svg")
    assert len(set(re.findall(rb"fill: (#[0-9a-f]{6})", content))) > 10


def test_a_map_coloured_by_numbers_says_which_colour_is_which() -> None:
    points, style, _ = make_map(100, 3)
    scaled = replace(style, paint=Scale("characters", np.arange(100.0)))
    figure = draw_print_map(points, scaled, [], Print(COLUMN))
    legends = read_legends(figure)
    assert legends["characters"] == ["0", "20", "40", "60", "80"]
    assert legends[""] == ["by people"]
    marks = figure.legends[0].legend_handles
    assert len({mark.get_color() for mark in marks}) == 5
    assert marks[0].get_color() == LIGHT.ramp[0]


def find_radius(marks: Any) -> float:
    return float(np.sqrt(marks.get_sizes()[0]) / 2 * marks.figure.dpi / 72)


@pytest.mark.parametrize("clusters", [1, 14, 60])
def test_labels_and_their_lines_cover_no_mark(clusters: int) -> None:
    figure = draw_print_map(*make_map(400, clusters), Print(COLUMN))
    axes = figure.axes[0]
    drawn = [marks for marks in axes.collections if len(marks.get_offsets())]
    places = axes.transData.transform(np.vstack([np.asarray(m.get_offsets()) for m in drawn]))
    radius = find_radius(drawn[0])
    assert len(places) == 400
    for box in find_boxes(figure):
        nearest = np.clip(places, box.min, box.max)
        assert np.linalg.norm(nearest - places, axis=1).min() > radius
    for line in axes.lines:
        start, end = axes.transData.transform(line.get_xydata())
        steps = np.linspace(start, end, 100)[:, None] - places
        assert np.linalg.norm(steps, axis=2).min() > radius


def test_every_label_keeps_its_count() -> None:
    figure = draw_print_map(*make_map(400, 14), Print(COLUMN))
    counts = {len(topic.members) for topic in make_map(400, 14)[2]}
    for text in figure.axes[0].texts:
        found = re.search(r"\(([\d,]+)\)$", text.get_text())
        assert found is not None
        assert int(found[1].replace(",", "")) in counts


@pytest.mark.parametrize(
    ("words", "count", "told"),
    [
        (("moon", "earth", "weight"), 3, "moon, earth,\nweight (3)"),
        (("describes", "physics", "presence"), 7, "describes,\nphysics (7)"),
        (("attraction", "objects", "force"), 12, "attraction,\nobjects (12)"),
        (("sea",), 1234, "sea (1,234)"),
        (("antidisestablishmentarianism", "a"), 5, "antidisesta…ianism\n(5)"),
        ((), 5, "(5)"),
    ],
)
def test_words_are_left_out_before_the_count(words: tuple[str, ...], count: int, told: str) -> None:
    assert tell_topic(words, count) == told


def draw_legends(pairs: list[tuple[str, str | None]], printed: Print) -> Any:
    sources = [Source(f"{m} · {s}" if s else m, m, s) for m, s in pairs]
    names = tuple(source.name for source in sources)
    n = len(names)
    points = MapPoints(names, names, np.zeros(n, np.int64), np.eye(n, 2) + np.arange(n)[:, None])
    style = MapStyle(paint_sources(names, assign_inks(sources, LIGHT)), LIGHT)
    return draw_print_map(points, style, [], printed)


def read_legends(figure: Any) -> dict[str, list[str]]:
    return {
        legend.get_title().get_text(): [text.get_text() for text in legend.get_texts()]
        for legend in figure.legends
    }


def test_strategies_stand_under_the_name_of_their_model() -> None:
    strategies = ["min-p 0.1", "persona"]
    pairs = [(m, s) for m in ("org/model-a", "org/model-b") for s in strategies]
    figure = draw_legends(list(pairs), Print(COLUMN))
    assert read_legends(figure) == {"org/model-a": strategies, "org/model-b": strategies}
    plain = draw_legends([("a", None), ("b", "persona")], Print(COLUMN))
    assert read_legends(plain) == {"": ["a", "b · persona"]}


@pytest.mark.parametrize("height", [None, 90.0])
def test_legends_stand_apart_on_the_page_and_below_the_map(height: float | None) -> None:
    pairs = [(f"laboratory/long-model-{i}b-instruct", f"p {j}") for i in range(5) for j in "ab"]
    figure = draw_legends(list(pairs), Print(COLUMN, height))
    figure.canvas.draw()
    boxes = [legend.get_window_extent().padded(-0.01) for legend in figure.legends]
    assert len(boxes) == 5
    assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]
    assert all(box.x0 >= -1 and box.x1 <= figure.bbox.width + 1 for box in boxes)
    assert max(box.y1 for box in boxes) <= figure.axes[0].bbox.y0 + 1
    assert min(box.y0 for box in boxes) >= -1


def test_a_legend_of_many_models_makes_a_figure_taller() -> None:
    few = draw_legends([("a", None)], Print(COLUMN))
    many = draw_legends(
        [(f"laboratory/long-model-{i}b-instruct", None) for i in range(40)], Print(COLUMN)
    )
    assert many.get_figheight() > few.get_figheight()
    assert many.axes[0].bbox.height > 0.5 * many.axes[0].bbox.width


def test_names_that_differ_stay_apart_when_they_are_shortened() -> None:
    assert shorten_apart(["org/model-a", "org/model-b"]) == ["org/model-a", "org/model-b"]
    long = ["x" * 20 + f"-{i}-" + "y" * 30 for i in range(3)]
    assert len(set(shorten_apart(long))) == 3
    assert shorten_apart([]) == []


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(
        WorkError, match=r"found no matplotlib. Run pip install 'hivemind-atlas\[print\]'"
    ):
        write_map(*make_map(10, 1), "pdf")
