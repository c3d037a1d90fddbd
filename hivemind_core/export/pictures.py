"""Figures as SVG, PNG and PDF, in the size of a print."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any

import plotly.graph_objects as go

from hivemind_core.export.document import Document, read_part, write_data
from hivemind_core.export.dressing import FONTS, dress_figure, list_text
from hivemind_core.export.fonts import write_faces
from hivemind_core.export.paper import PIXEL, Print, Size, fit_figure
from hivemind_core.export.renderer import Photograph, Sitting, find_renderer, render
from hivemind_core.export.stamp import ROOT, Stamp, stamp_svg
from hivemind_core.figures.palette import LIGHT, Ground

PAPER = replace(LIGHT, paper="#FFFFFF")
PAPER_FONTS = 'Arial, Helvetica, "Liberation Sans", "DejaVu Sans", sans-serif'
SHEET = "html,body{margin:0}svg{display:block}"


@dataclass(frozen=True)
class Drawing:
    """A figure drawn as SVG.

    Attributes
    ----------
    markup : str
        An `svg` element.
    size : Size
        That its coordinates run over.
    faces : str
        Style rules with the typeface that it is set in; empty where it is set in the machine's.
    """

    markup: str
    size: Size
    faces: str = ""


def draw_vectors(
    figures: Sequence[go.Figure],
    printed: Sequence[Print],
    ground: Ground = PAPER,
    *,
    carries_type: bool = True,
) -> list[Drawing]:
    """Return figures as SVG, one each.

    Parameters
    ----------
    figures : sequence of plotly Figure
    printed : sequence of Print
        As many.
    ground : Ground
    carries_type : bool
        Whether they are set in Inter, which browsers put into PDF as outlines (Type 3); publishers
        refuse those, so that a PDF for paper is set in the machine's own typeface.

    Raises
    ------
    WorkError
        If no browser can be asked to draw them.
    """
    if not figures:
        return []
    find_renderer()
    fonts = FONTS if carries_type else PAPER_FONTS
    dressed = [dress_figure(figure, ground, fonts) for figure in figures]
    sizes = [fit_figure(*pair) for pair in zip(dressed, printed, strict=True)]
    text = "".join(list_text(figure.to_plotly_json()) for figure in dressed)
    faces = write_faces(text) if carries_type else ""
    markups = render(_write_workshop(dressed, sizes, faces), _draw_all(len(figures)))
    return [
        Drawing(_set_size(markup, size), size, faces)
        for markup, size in zip(markups, sizes, strict=True)
    ]


def write_svg(drawing: Drawing, stamp: Stamp | None = None) -> bytes:
    """Return a drawing as the bytes of an SVG file, which says what it is of."""
    markup = drawing.markup
    if drawing.faces:
        style = f"<style>{drawing.faces}</style>"
        markup = ROOT.sub(lambda root: root[0] + style, markup, count=1)
    if stamp is not None:
        markup = stamp_svg(markup, stamp)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + markup).encode()


def write_png(drawings: Sequence[Drawing], dpi: int) -> list[bytes]:
    """Return drawings as the bytes of PNG files, with so many points an inch of paper."""
    if not drawings:
        return []
    places, foot = [], 0.0
    for drawing in drawings:
        width, height = _measure_pixels(drawing)
        places.append(Photograph(0, foot, width, height))
        foot += height
    body = "".join(drawing.markup for drawing in drawings)

    async def take(sitting: Sitting) -> list[bytes]:
        await sitting.evaluate("document.fonts.ready.then(() => true)")
        return [await sitting.photograph(place, dpi / 96) for place in places]

    return render(Document("figures", body, drawings[0].faces + SHEET).write(), take)


def write_pdf(drawings: Sequence[Drawing], title: str = "figures") -> bytes:
    """Return drawings as the bytes of one PDF file: a page each, exactly as large as it is.

    Of what a PDF can say of itself, a browser writes the title alone.
    """
    rules, bodies = [*(drawing.faces for drawing in drawings[:1]), SHEET], []
    for number, drawing in enumerate(drawings):
        width, height = _measure_pixels(drawing)
        rules.append(f"@page p{number}{{size:{width:g}px {height:g}px;margin:0}}")
        rules.append(f".p{number}{{page:p{number};break-after:page;overflow:hidden}}")
        rules.append(f".p{number}{{height:{height - 0.5:g}px}}")
        bodies.append(f'<div class="p{number}">{drawing.markup}</div>')
    rules.append("div:last-of-type{break-after:auto}")

    async def press(sitting: Sitting) -> bytes:
        await sitting.evaluate("document.fonts.ready.then(() => true)")
        return await sitting.print_pages()

    return render(Document(title, "".join(bodies), "".join(rules)).write(), press)


def print_deck(page: bytes) -> bytes:
    """Return a file that `write_html` made as PDF: a page a view, in the shape of a slide."""

    async def press(sitting: Sitting) -> bytes:
        await sitting.evaluate("window.prepareForPrint().then(() => true)")
        return await sitting.print_pages()

    return render(page, press)


def _measure_pixels(drawing: Drawing) -> tuple[float, float]:
    size = drawing.size
    return size.width * size.scale, size.height * size.scale


def _write_workshop(figures: Sequence[go.Figure], sizes: Sequence[Size], faces: str) -> bytes:
    """Return a page that draws figures when it is asked to."""
    from plotly.offline import get_plotlyjs

    held = []
    for number, (figure, size) in enumerate(zip(figures, sizes, strict=True)):
        figure.update_layout(width=size.width, height=size.height, autosize=False)
        held.append(write_data(f"figure-{number}", figure.to_json()))
    letters = '<p class="letters">Letters <b>of</b> Inter: āḁ₿</p>'
    style = faces + ".letters{font-family:Inter;position:absolute;visibility:hidden}"
    scripts = (get_plotlyjs(), read_part("workshop.js"))
    return Document("workshop", "".join([letters, *held]), style, scripts).write()


def _draw_all(number: int) -> Callable[[Sitting], Coroutine[Any, Any, list[str]]]:
    async def draw(sitting: Sitting) -> list[str]:
        return [str(await sitting.evaluate(f"drawVectors({place})")) for place in range(number)]

    return draw


def _set_size(markup: str, size: Size) -> str:
    """Return SVG whose root says how large it is on paper."""
    width, height = size.width * size.scale, size.height * size.scale
    root = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width * PIXEL:.3f}mm" height="{height * PIXEL:.3f}mm" '
        f'viewBox="0 0 {size.width} {size.height}">'
    )
    return ROOT.sub(lambda _: root, markup, count=1)
