"""A talk as PowerPoint slides: one view each, its figures as pictures, its note in the notes."""

from collections.abc import Sequence
from io import BytesIO
from textwrap import wrap
from typing import TYPE_CHECKING

from hivemind_core.errors import WorkError
from hivemind_core.exhibit import Exhibit
from hivemind_core.export.about import clean_text, write_citation
from hivemind_core.export.page import check_exhibits
from hivemind_core.export.paper import INCH, NARROWEST, Print
from hivemind_core.export.pictures import draw_vectors, write_png
from hivemind_core.export.renderer import EXTRA, WITHOUT
from hivemind_core.export.rows import write_value
from hivemind_core.export.stage import (
    choose_scale,
    set_on_slide,
    split_views,
    stands_aside,
    take_part,
)
from hivemind_core.figures.palette import LIGHT

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import pyarrow as pa
    from pptx.dml.color import RGBColor
    from pptx.presentation import Presentation as Deck
    from pptx.shapes.autoshape import Shape
    from pptx.slide import Slide
    from pptx.table import _Cell as Cell
    from pptx.util import Length

WIDTH, HEIGHT = 960, 540  # points: 16 to 9
PIXELS = 4 / 3  # of a slide of 1280 x 720, a point
EDGE, GAP, TOP, FOOT = 40.0, 14.0, 26.0, 16.0
ASIDE, LARGEST_ASIDE = 0.3, 22  # of the width, for words beside a figure, and points of a title
TITLES = ((60, 30), (140, 22), (320, 16), (700, 12), (1400, 9))  # characters up to, points
SMALLEST, LONGEST = 9, 1400  # points, and characters of a title that still fit in them
READINGS = ((160, 17), (320, 14), (700, 11))
# Width and height of a letter, in its size: in typefaces that stand in where Inter is not there.
LETTER, BOLD, LINE = 0.55, 0.57, 1.25
NARROW = 1.1  # more for a letter in a narrow column, where a long word shows
BASIS, CAPTION, CAPTION_LONGEST = 9, 12, 240  # points, points, and characters
ROWS, COLUMNS, CELL = 12, 6, 60  # of a table on a slide, and characters
FONT = "Inter"

Box = tuple[float, float, float, float]
"""Left, top, width and height, in points."""


def write_slides(exhibits: Sequence[Exhibit], title: str, *, dpi: int = 220) -> bytes:
    """Return exhibits as the bytes of a .pptx file.

    Parameters
    ----------
    exhibits : sequence of Exhibit
        With figures drawn on the light ground.
    title : str
        Of the file; untrusted.
    dpi : int
        Points an inch, of the pictures on a slide 13.3 inches wide.

    Raises
    ------
    InputError
        If there is nothing to show.
    WorkError
        If what writes slides or draws figures is not installed.
    """
    check_exhibits(exhibits)
    try:
        from pptx import Presentation
        from pptx.util import Pt
    except ImportError as error:
        raise WorkError(
            "slides need the package python-pptx", remedy=f"Run {EXTRA}. {WITHOUT}"
        ) from error
    deck = Presentation()
    deck.slide_width, deck.slide_height = Pt(WIDTH), Pt(HEIGHT)
    deck.core_properties.title = clean_text(title)[:250]
    deck.core_properties.author = ""
    slides = split_views(exhibits)
    pages = [_Page(take_part(exhibits[number], part)) for number, part in slides]
    pictures = _draw_figures(pages, dpi)
    for page in pages:
        _add_slide(deck, page, [pictures.pop(0) for _ in page.exhibit.panels])
    sink = BytesIO()
    deck.save(sink)
    return sink.getvalue()


class _Page:
    """Where the parts of an exhibit stand on its slide."""

    def __init__(self, exhibit: Exhibit) -> None:
        self.exhibit = exhibit
        self.figures = [set_on_slide(panel.figure) for panel in exhibit.panels]
        self.captions = [_shorten(panel.reading, CAPTION_LONGEST) for panel in exhibit.panels]
        self.title = _shorten(exhibit.title, LONGEST)
        self.reading = _shorten("\n".join(filter(None, (exhibit.reading, exhibit.fault))), 900)
        self.small = _shorten(
            "\n".join(filter(None, (exhibit.basis, write_citation(exhibit)))), 900
        )
        self.reading_size = _fit(self.reading, READINGS)
        if not (stands_aside(exhibit.panels) and self._set_aside()):
            self._set_above()

    def _set_above(self) -> None:
        """Let the words stand above the figures, and the small print below them."""
        room = WIDTH - 2 * EDGE
        self.title_size = _fit(self.title, TITLES)
        bottom = self._stack_words(room)
        foot = _measure(self.small, BASIS, room)
        self.small_box: Box = (EDGE, HEIGHT - FOOT - foot, room, foot)
        self.middle: Box = (EDGE, bottom + 8, room, max(self.small_box[1] - 16 - bottom, 60))

    def _set_aside(self) -> bool:
        """Let the words stand beside the figure; return whether there is room for them."""
        room = ASIDE * (WIDTH - 2 * EDGE)
        self.title_size = min(_fit(self.title, TITLES), LARGEST_ASIDE)
        bottom = self._stack_words(room)
        foot = _measure(self.small, BASIS, room)
        self.small_box = (EDGE, HEIGHT - FOOT - foot, room, foot)
        left = EDGE + room + 2 * GAP
        self.middle = (left, TOP, WIDTH - EDGE - left, HEIGHT - FOOT - TOP)
        return bottom + 8 <= self.small_box[1]

    def _stack_words(self, room: float) -> float:
        """Place title and reading at the top left; return where they end."""
        title = _measure(self.title, self.title_size, room, BOLD)
        self.title_box: Box = (EDGE, TOP, room, title)
        reading = _measure(self.reading, self.reading_size, room)
        self.reading_box: Box = (EDGE, TOP + title + 6, room, reading)
        return TOP + title + 6 + reading

    def list_boxes(self) -> list[Box]:
        """Return where each figure stands: side by side, and from four on in two rows."""
        number = len(self.figures)
        across = max(number if number < 4 else -(-number // 2), 1)
        down = -(-number // across) if number else 1
        left, top, width, height = self.middle
        w, h = (width - GAP * (across - 1)) / across, (height - GAP * (down - 1)) / down
        caption = min(self.measure_caption(w), h / 2)
        return [
            (left + i % across * (w + GAP), top + i // across * (h + GAP) + caption, w, h - caption)
            for i in range(number)
        ]

    def measure_caption(self, width: float) -> float:
        """Return the height that the longest caption of a figure takes, and some space below."""
        heights = [_measure(words, CAPTION, width, BOLD) for words in self.captions]
        return max(heights, default=0) + (4 if any(heights) else 0)


def _draw_figures(pages: Sequence[_Page], dpi: int) -> list[bytes]:
    """Return the pictures of all slides, each as large as its place."""
    figures = [figure for page in pages for figure in page.figures]
    boxes = [box for page in pages for box in page.list_boxes()]
    prints = [_choose_print(*pair) for pair in zip(figures, boxes, strict=True)]
    return write_png(draw_vectors(figures, prints, LIGHT), dpi)


def _choose_print(figure: "go.Figure", box: Box) -> Print:
    """Return a print as large as a place on a slide, with letters as large as its rows let be."""
    _, _, width, height = box
    scale = choose_scale(figure, width * PIXELS, height * PIXELS)
    return Print(max(width * INCH / 72, NARROWEST), max(height * INCH / 72, NARROWEST), scale)


def _add_slide(deck: "Deck", page: _Page, pictures: Sequence[bytes]) -> None:
    exhibit = page.exhibit
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    ground = slide.background.fill
    ground.solid()
    ground.fore_color.rgb = _read_color(LIGHT.paper)
    _place(slide.shapes.title, page.title_box)
    _write(slide.shapes.title, page.title, page.title_size, LIGHT.ink, is_bold=True)
    for box, words, size, color in (
        (page.reading_box, page.reading, page.reading_size, LIGHT.ink),
        (page.small_box, page.small, BASIS, LIGHT.muted),
    ):
        if words:
            _write(_add_box(slide, box), words, size, color)
    shown_in = zip(exhibit.panels, pictures, page.list_boxes(), page.captions, strict=True)
    for panel, picture, box, caption in shown_in:
        shown = slide.shapes.add_picture(BytesIO(picture), *_read_box(box))
        shown.name = "Figure"
        shown._element.nvPicPr.cNvPr.set("descr", clean_text(panel.words))
        if caption:
            left, top, width, _ = box
            high = page.measure_caption(width)
            above = _add_box(slide, (left, top - high, width, high))
            _write(above, caption, CAPTION, LIGHT.ink, is_bold=True)
    if not exhibit.panels and exhibit.tables:
        _add_table(slide, next(iter(exhibit.tables.values())), page.middle)
    slide.notes_slide.notes_text_frame.text = clean_text(_write_notes(exhibit))


def _write_notes(exhibit: Exhibit) -> str:
    small = [panel.basis for panel in exhibit.panels]
    parts = [exhibit.note, exhibit.title if len(exhibit.title) > LONGEST else "", *small]
    return "\n\n".join(filter(None, [*parts, exhibit.basis, write_citation(exhibit)]))


def _read_box(box: Box) -> "tuple[Length, Length, Length, Length]":
    from pptx.util import Pt

    left, top, width, height = box
    return Pt(left), Pt(top), Pt(width), Pt(height)


def _add_box(slide: "Slide", box: Box) -> "Shape":
    return slide.shapes.add_textbox(*_read_box(box))


def _place(shape: "Shape", box: Box) -> None:
    shape.left, shape.top, shape.width, shape.height = _read_box(box)


def _write(shape: "Shape", words: str, size: float, color: str, *, is_bold: bool = False) -> None:
    """Set the words of a shape: no margins, from the left upper corner."""
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
    from pptx.util import Pt

    frame = shape.text_frame
    frame.word_wrap = True
    frame.vertical_anchor = MSO_ANCHOR.TOP
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    frame.text = clean_text(words)
    for paragraph in frame.paragraphs:
        paragraph.alignment = PP_ALIGN.LEFT
        for run in paragraph.runs:
            run.font.size, run.font.name, run.font.bold = Pt(size), FONT, is_bold
            run.font.color.rgb = _read_color(color)


def _add_table(slide: "Slide", table: "pa.Table", box: Box) -> None:
    """Put the first rows of a table on a slide that has no figure."""
    shown = table.slice(0, ROWS).select(table.column_names[:COLUMNS])
    if not shown.num_columns:
        return
    rows = [
        shown.column_names,
        *zip(*(column.to_pylist() for column in shown.columns), strict=True),
    ]
    left, top, width, _ = box
    place = _read_box((left, top, width, 18.0 * len(rows)))
    cells = slide.shapes.add_table(len(rows), shown.num_columns, *place).table
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            words = value if i == 0 else write_value(value)
            _write_cell(cells.cell(i, j), _shorten(str(words), CELL), is_head=i == 0)


def _write_cell(cell: "Cell", words: str, *, is_head: bool) -> None:
    from pptx.util import Pt

    cell.fill.solid()
    cell.fill.fore_color.rgb = _read_color(LIGHT.line if is_head else LIGHT.paper)
    cell.text = clean_text(words)
    for paragraph in cell.text_frame.paragraphs:
        for run in paragraph.runs:
            run.font.size, run.font.name, run.font.bold = Pt(11), FONT, is_head
            run.font.color.rgb = _read_color(LIGHT.ink)


def _read_color(color: str) -> "RGBColor":
    from pptx.dml.color import RGBColor

    return RGBColor(*bytes.fromhex(color.removeprefix("#")))


def _shorten(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _fit(text: str, sizes: Sequence[tuple[int, int]]) -> int:
    """Return the points in which a text of that length is set."""
    return next((size for most, size in sizes if len(text) <= most), SMALLEST)


def _measure(text: str, size: float, width: float, letter: float = LETTER) -> float:
    """Return the height of a text in points."""
    across = max(int(width / (letter * size * (NARROW if width < WIDTH / 2 else 1))), 1)
    lines = sum(max(1, len(wrap(line, across))) for line in text.split("\n"))
    return (lines if text else 0) * size * LINE
