import re
import sys
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from hivemind_core.corpus.identity import Source
from hivemind_core.errors import WorkError
from hivemind_core.export.paper import COLUMN, Print
from hivemind_core.export.print_map import draw_print_map, write_map
from hivemind_core.figures.coloring import Paint, Scale
from hivemind_core.figures.halos import Halo
from hivemind_core.figures.layers import MapPoints, MapStyle
from hivemind_core.figures.palette import LIGHT, assign_inks

NAMES = ("gpt-4o", "gemini-2.5-flash", "human")
INKS = assign_inks([Source(name, name, None) for name in NAMES], LIGHT)


def make_map(n: int = 400, clusters: int = 14) -> tuple[MapPoints, MapStyle, list[Halo]]:
    rng = np.random.default_rng(3)
    codes, cluster = rng.integers(0, 3, n), rng.integers(0, clusters, n)
    places = 3 * rng.normal(size=(clusters, 2))[cluster] + 0.4 * rng.normal(size=(n, 2))
    ids = tuple(map(str, range(n)))
    points = MapPoints(ids, tuple(NAMES[i] for i in codes), cluster, places)
    paint = Paint(NAMES, tuple(INKS[name] for name in NAMES), codes)
    labels = [
        Halo(tuple(np.flatnonzero(cluster == c).tolist()), f"cluster number {c}, river")
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
    hostile = [Halo(labels[0].members, "$\\frac{<b>&"), Halo(labels[1].members, "流れ \x00\ud800")]
    content = write_map(points, style, hostile, "svg").decode()
    assert "$\\frac{&lt;b&gt;&amp;" in content
    assert "流れ" in content


def test_maps_without_points_labels_or_names() -> None:
    none = MapPoints((), (), np.empty(0, np.int64), np.empty((0, 2)))
    empty = MapStyle(Paint((), (), np.empty(0, np.int64)), LIGHT)
    assert write_map(none, empty, [], "pdf").startswith(b"%PDF")
    points, style, labels = make_map(50, 2)
    bare = [Halo((), "nowhere"), Halo(labels[0].members, "")]
    assert draw_print_map(points, style, bare, Print(COLUMN)).axes[0].texts[:] == []


def test_numbers_colour_a_map() -> None:
    points, style, labels = make_map(100, 3)
    scale = Scale("characters", np.arange(100.0))
    content = write_map(points, MapStyle(scale, LIGHT, people=style.people), labels, "svg")
    assert len(set(re.findall(rb"fill: (#[0-9a-f]{6})", content))) > 10


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "textalloc", None)
    with pytest.raises(
        WorkError, match=r"found no textalloc. Run pip install 'hivemind-atlas\[print\]'"
    ):
        write_map(*make_map(10, 1), "pdf")
