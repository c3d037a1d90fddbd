"""Pictures, PDF and slides: what a browser draws."""

import asyncio
import io
import re
import zlib
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import plotly.graph_objects as go
import pytest
from PIL import Image

from hivemind_core.errors import WorkError
from hivemind_core.exhibit import Panel
from hivemind_core.export import renderer
from hivemind_core.export.document import Document
from hivemind_core.export.files import Options, write_file, write_parts
from hivemind_core.export.paper import Print
from hivemind_core.export.renderer import Sitting, render
from hivemind_core.figures.palette import DARK
from tests.exhibits import HOSTILE, draw_points, make_exhibit, make_hostile, make_talk

pytestmark = pytest.mark.browser

SVG = "{http://www.w3.org/2000/svg}"
COLUMN = Print(85.0, 60.0, font_scale=0.8, dpi=300)


@pytest.fixture(autouse=True)
def own_browser(chromium: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER_PATH", str(chromium))


def test_an_svg_is_as_large_as_asked_and_all_vectors() -> None:
    exhibit = make_exhibit(figure=draw_points(kind=go.Scattergl))
    root = ET.fromstring(write_file([exhibit], "svg", Options(printed=COLUMN)))  # noqa: S314
    assert root.tag == f"{SVG}svg"
    assert float((root.get("width") or "").removesuffix("mm")) == pytest.approx(85, abs=0.2)
    assert float((root.get("height") or "").removesuffix("mm")) == pytest.approx(60, abs=0.2)
    assert not list(root.iter(f"{SVG}image"))
    marks = [each for each in root.iter(f"{SVG}path") if each.get("class") == "point"]
    assert len(marks) == 3
    assert "model-a" in [text.strip() for text in root.itertext()]
    assert "font-family:Inter" in "".join(root.itertext())
    assert [each.tag.removeprefix(SVG) for each in root][:3] == ["title", "desc", "metadata"]
    assert root[1].text == "Three points on a line."


def test_hostile_figures_become_pictures_of_their_text() -> None:
    content = write_file([make_hostile()], "svg", Options(printed=Print(178.0)))
    root = ET.fromstring(content)  # noqa: S314
    tags = {each.tag.removeprefix(SVG) for each in root.iter()}
    assert not tags & {"script", "a", "foreignObject", "image"}
    assert HOSTILE[:40] in "".join(root.itertext())


def test_a_png_has_the_points_that_its_print_needs() -> None:
    content = write_file([make_exhibit()], "png", Options(printed=COLUMN))
    with Image.open(io.BytesIO(content)) as picture:
        width, height = picture.size
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert picture.info["Description"] == "Three points on a line."
        colors = picture.convert("RGB").getcolors(1 << 24)
    assert width == pytest.approx(85 / 25.4 * 300, abs=4)
    assert height == pytest.approx(60 / 25.4 * 300, abs=4)
    assert colors is not None
    assert max(colors)[1] == (255, 255, 255)
    assert (180, 83, 9) in {color for _, color in colors}  # the points


def test_a_dark_picture_has_a_dark_ground() -> None:
    exhibit = make_exhibit(figure=draw_points(DARK))
    content = write_file([exhibit], "png", Options(printed=COLUMN, is_dark=True))
    with Image.open(io.BytesIO(content)) as picture:
        colors = picture.convert("RGB").getcolors(1 << 24)
    assert colors is not None
    assert "#{:02X}{:02X}{:02X}".format(*max(colors)[1]) == DARK.paper


def test_figures_of_several_views_are_files_of_their_own() -> None:
    parts = write_parts(make_talk(2), "svg", Options(printed=COLUMN))
    assert set(parts) == {"1.svg", "2.svg", "about.json"}


def read_boxes(content: bytes) -> list[tuple[float, float]]:
    """Return width and height of every page of a PDF, in mm."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL)
    held = content + b"".join(_inflate(stream) for stream in streams)
    found = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", held)
    return [(float(w) / 72 * 25.4, float(h) / 72 * 25.4) for w, h in found]


def _inflate(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream.strip(b"\r\n"))
    except zlib.error:
        return b""


def test_a_pdf_of_figures_has_pages_of_their_size_and_fonts_that_publishers_take() -> None:
    figures = Options(printed=COLUMN, has_figures_alone=True)
    content = write_file(make_talk(2), "pdf", figures)
    assert content.startswith(b"%PDF")
    boxes = read_boxes(content)
    assert len(boxes) == 2
    for width, height in boxes:
        assert width == pytest.approx(85, abs=0.6)
        assert height == pytest.approx(60, abs=0.6)
    assert b"/Subtype /Image" not in content
    assert b"/Type3" not in content
    for told in ("View 1 of a talk · two-rivers", "View 2 of a talk"):
        assert told.encode("utf-16-be").hex().upper().encode() in content
    assert b"/TrueType" in content or b"/CIDFontType2" in content


@pytest.mark.parametrize("part", ["reading", "fault", "basis", "title"])
def test_no_words_are_long_enough_to_lose_a_figure_or_a_talk(part: str) -> None:
    for words in ("W" * 9000, "word " * 2000):
        content = write_file([make_exhibit(**{part: words}), make_exhibit()], "pdf")
        assert content.count(b"/Type /Page\n") == 2


def test_a_pdf_of_a_talk_has_a_page_a_view() -> None:
    content = write_file([*make_talk(2), make_exhibit("Long. " * 300, panels=())], "pdf")
    boxes = read_boxes(content)
    assert len(boxes) == 3
    assert all(width / height == pytest.approx(16 / 9, abs=0.01) for width, height in boxes)
    assert b"/Subtype /Image" not in content


def test_slides_hold_what_is_said_shown_and_noted() -> None:
    from pptx import Presentation

    two = (Panel(draw_points(), "Left.", "First"), Panel(draw_points(), "Right."))
    exhibits = [make_exhibit(), make_exhibit("Two", panels=two), make_exhibit(panels=())]
    deck = Presentation(io.BytesIO(write_file(exhibits, "pptx", Options("A talk"))))
    assert deck.core_properties.title == "A talk"
    slides = list(deck.slides)
    assert [slide.shapes.title.text_frame.text for slide in slides] == [
        "Write a metaphor about time.",
        "Two",
        "Write a metaphor about time.",
    ]
    first = "\n".join(s.text_frame.text for s in slides[0].shapes if s.has_text_frame)
    for told in ("Most say that time is a river.", "Cosine of 1,250", "0123456789ab", "CC0-1.0"):
        assert told in first
    assert slides[0].notes_slide.notes_text_frame.text.startswith("Say it slowly.")
    pictures = [[s for s in slide.shapes if s.shape_type == 13] for slide in slides]
    assert [len(each) for each in pictures] == [1, 2, 0]
    words = [p._element.nvPicPr.cNvPr.get("descr") for each in pictures for p in each]
    assert words == ["Three points on a line.", "Left.", "Right."]
    with Image.open(io.BytesIO(pictures[0][0].image.blob)) as picture:
        drawn = picture.width / picture.height
        assert picture.width > 2000
    assert drawn == pytest.approx(pictures[0][0].width / pictures[0][0].height, rel=0.02)
    assert len([s for s in slides[2].shapes if s.has_table]) == 1


def test_long_and_hostile_titles_stay_on_their_slide() -> None:
    from pptx import Presentation

    exhibits = [make_exhibit("A long query. " * n) for n in (1, 8, 20, 60, 500)] + [make_hostile()]
    deck = Presentation(io.BytesIO(write_file(exhibits, "pptx")))
    sizes = []
    for slide in deck.slides:
        assert not [
            shape.name
            for shape in slide.shapes
            if shape.top < 0 or shape.top + shape.height > deck.slide_height
        ]
        (picture,) = [shape for shape in slide.shapes if shape.shape_type == 13]
        title = slide.shapes.title
        assert picture.top >= title.top + title.height
        assert picture.height > deck.slide_height / 5
        sizes.append(title.text_frame.paragraphs[0].runs[0].font.size.pt)
    assert sizes[:5] == sorted(sizes[:5], reverse=True)
    assert sizes[0] == 30
    assert sizes[4] >= 9
    told = deck.slides[5].shapes.title.text_frame.text
    assert "<script>document.title='broken'</script>" in told
    full = deck.slides[4].notes_slide.notes_text_frame.text
    assert full.count("A long query.") == 500


def test_words_stand_beside_a_tall_figure_and_captions_above_others() -> None:
    from pptx import Presentation

    tall, low = draw_points(), draw_points()
    tall.update_layout(height=600)
    caption = "A heading of some length. " * 7
    long = make_exhibit("Long. " * 230, panels=(Panel(tall, "Tall."),))
    exhibits = [
        make_exhibit("A title of some length", panels=(Panel(tall, "Tall."),)),
        make_exhibit(panels=(Panel(low, "Left.", caption), Panel(low, "Right."))),
        replace(long, reading="Long. " * 150),
    ]
    deck = Presentation(io.BytesIO(write_file(exhibits, "pptx")))
    aside, beside, full = (list(slide.shapes) for slide in deck.slides)
    (picture,) = [shape for shape in aside if shape.shape_type == 13]
    words = [shape for shape in aside if shape.has_text_frame]
    assert all(shape.left + shape.width < picture.left for shape in words)
    assert picture.height > deck.slide_height * 0.8
    (above,) = [s for s in beside if s.has_text_frame and "heading" in s.text_frame.text]
    pictures = [shape for shape in beside if shape.shape_type == 13]
    assert above.text_frame.text == caption
    assert above.top + above.height <= pictures[0].top == pictures[1].top
    (picture,) = [shape for shape in full if shape.shape_type == 13]
    assert picture.top > full[0].top + full[0].height  # no room for so long a title beside it


def test_a_page_that_fails_is_an_error_in_one_line() -> None:
    async def fail(sitting: Sitting) -> object:
        return await sitting.evaluate("(() => { throw new Error('no ink') })()")

    with pytest.raises(WorkError, match="the browser could not draw; found Error: no ink"):
        render(Document("t", "").write(), fail)


def test_a_page_that_takes_too_long_says_how_long_it_was_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def wait(sitting: Sitting) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(renderer, "PATIENCE", 2.0)
    with pytest.raises(WorkError, match=r"could not draw; found nothing after 2 seconds\. HTML"):
        render(Document("t", "").write(), wait)


def test_a_page_that_is_drawn_reaches_nobody() -> None:
    async def look(sitting: Sitting) -> object:
        return await sitting.evaluate("fetch('http://127.0.0.1:9/').then(() => 1, e => e.name)")

    assert render(Document("t", "").write(), look) == "TypeError"


def test_a_browser_that_does_not_start_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("BROWSER_PATH", str(broken))
    left = tmp_path / "left"
    left.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(left))
    told = (
        r"chromium: the browser could not draw; found The browser [^'()]*\. HTML, CSV and Parquet"
    )
    with pytest.raises(WorkError, match=told):
        write_file(make_talk(1), "svg")
    assert list(left.iterdir()) == []
