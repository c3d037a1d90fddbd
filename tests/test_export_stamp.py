import io
import json
from dataclasses import replace
from typing import Literal
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from hivemind_core.exhibit import View
from hivemind_core.export.about import describe_exhibit, list_origins
from hivemind_core.export.print_map import write_map
from hivemind_core.export.stamp import Stamp, make_stamp, stamp_png, stamp_svg, write_heading
from tests.exhibits import HASH, make_exhibit, make_hostile
from tests.test_export_print_map import make_map

SVG = "{http://www.w3.org/2000/svg}"
BARE = '<svg xmlns="http://www.w3.org/2000/svg" width="3mm"><g/></svg>'


def draw_png() -> bytes:
    sink = io.BytesIO()
    Image.new("RGB", (3, 2), (180, 83, 9)).save(sink, "png")
    return sink.getvalue()


def test_an_svg_says_what_it_is_of() -> None:
    exhibit = make_exhibit()
    root = ET.fromstring(stamp_svg(BARE, make_stamp(exhibit, "Three points.")))  # noqa: S314
    assert [part.tag.removeprefix(SVG) for part in root] == ["title", "desc", "metadata", "g"]
    title, words, told = (part.text or "" for part in list(root)[:3])
    assert title.startswith("Write a metaphor about time. · two-rivers · 0123456789ab")
    assert words == "Three points."
    assert json.loads(told) == describe_exhibit(exhibit)
    assert json.loads(told)["content_hash"] == HASH
    assert json.loads(told)["parameters"]["query"] == "q7"


def test_a_png_says_what_it_is_of_and_how_large_it_is() -> None:
    exhibit = make_exhibit("Is time a river? שלום 🌊")
    content = stamp_png(draw_png(), make_stamp(exhibit, "Three points."), 300)
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()
        told = picture.text  # type: ignore[attr-defined]
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert picture.getpixel((2, 1)) == (180, 83, 9)
    assert told["Title"] == exhibit.title
    assert told["Description"] == "Three points."
    assert told["Source"].endswith("hivemind-atlas 9.8.7")
    assert json.loads(told["Comment"]) == describe_exhibit(exhibit)


def test_hostile_text_stays_text_in_a_picture() -> None:
    hostile = make_hostile()
    stamp = make_stamp(hostile, hostile.panels[0].words)
    root = ET.fromstring(stamp_svg(BARE, stamp))  # noqa: S314
    assert [part.tag.removeprefix(SVG) for part in root.iter()][1:] == [
        "title",
        "desc",
        "metadata",
        "g",
    ]
    assert "<script>" in (root[1].text or "")
    with Image.open(io.BytesIO(stamp_png(draw_png(), stamp, 72))) as picture:
        picture.load()
        assert picture.text["Title"] == stamp.title  # type: ignore[attr-defined]


def test_a_stamp_without_words_has_none() -> None:
    stamp = Stamp("A\ntitle", "", "", "{}")
    assert write_heading(stamp) == "A title"
    with Image.open(io.BytesIO(stamp_png(draw_png(), stamp, 72))) as picture:
        picture.load()
        assert "Description" not in picture.text  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", ["svg", "png", "pdf"])
def test_a_labelled_map_says_what_it_is_of(form: Literal["svg", "png", "pdf"]) -> None:
    stamp = make_stamp(make_exhibit(), "Four hundred points.")
    content = write_map(*make_map(), form, stamp=stamp)
    assert content == write_map(*make_map(), form, stamp=stamp)
    if form == "svg":
        told = "".join(ET.fromstring(content).itertext())  # noqa: S314
        assert stamp.title in told
        assert stamp.words in told
        assert HASH in told
    elif form == "png":
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
            assert picture.text["Comment"] == stamp.about  # type: ignore[attr-defined]
            assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    else:
        assert b"/Title (Write a metaphor about time.)" in content
        assert "Four hundred points.".encode("utf-16-be") in content
        assert HASH.encode() in content


def test_parameters_of_several_values_are_told_with_commas() -> None:
    view = View("atlas", {"show": ("a", "b"), "query": "q7", "none": ()}, "two-rivers", HASH)
    told = dict(list_origins(replace(make_exhibit(), view=view)))
    assert told["parameter: show"] == "a, b"
    assert "parameter: none" not in told
