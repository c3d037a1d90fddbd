"""Sections as an HTML file that stands alone. Every text of theirs is escaped here."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import singledispatch

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from hivemind_core.export.document import Document, list_colors, read_part, write_data, write_text
from hivemind_core.export.dressing import dress_figure
from hivemind_core.export.fonts import write_faces
from hivemind_core.figures.numbers import isolate_words
from hivemind_core.figures.palette import DARK, LIGHT, Ground
from hivemind_core.report.parts import (
    WIDTH,
    Cell,
    Drawing,
    Grid,
    Heading,
    Part,
    Points,
    Section,
    Terms,
    Words,
)

PACKAGE = "hivemind_core.report"
SHORT = 12  # rows of a table that stays on one page of paper
PAGE_HEIGHT = 930  # pixels of a page of paper between its margins
OPENING_HEIGHT = 220  # pixels that a heading and the sentences over its figure take of them
# Plotly brings the style of its maps of the world, unless an element of that name is there; the
# policy of the file would refuse it, and no figure here needs it.
OWN_STYLES = re.compile(r'getElementById\("([0-9a-f]{64})"\)')
TAGS = {"code": "pre"}
NO_SCRIPT = (
    "Figures need scripts, which are switched off here. Every figure stands in words and in "
    "tables too."
)


@dataclass(frozen=True)
class Pages:
    """A report.

    Attributes
    ----------
    title, name, about : str
        Of the file, of the corpus, and what it holds in a line.
    warning : str
        Above everything; empty for none.
    sections : tuple of Section
    numbers : str
        All numbers as JSON.
    """

    title: str
    name: str
    about: str
    warning: str
    sections: tuple[Section, ...]
    numbers: str


def write_pages(pages: Pages) -> bytes:
    """Return a report as the bytes of an HTML file: it loads nothing, and nothing else may run."""
    sections = "\n".join(_write_section(n, one) for n, one in enumerate(pages.sections))
    figures = "\n".join(_write_figures(pages.sections))
    warning = f'<p class="warning" role="note">{write_text(pages.warning)}</p>'
    plotly = get_plotlyjs()
    kept = "".join(f'<style id="{name}"></style>' for name in OWN_STYLES.findall(plotly))
    body = (
        f'{kept}<a class="skip" href="#in-short">To the report</a>\n'
        f"{_write_contents(pages)}\n<main>\n"
        '<header><p class="kind">Homogeneity report</p>'
        f'<h1 dir="auto">{write_text(pages.name)}</h1>'
        f'<p class="note" dir="auto">{write_text(pages.about)}</p>{warning * bool(pages.warning)}'
        f'<noscript><p class="note">{write_text(NO_SCRIPT)}</p></noscript></header>\n'
        f'{sections}\n<p class="take"><button id="take" type="button" hidden>'
        "Take the numbers (JSON)</button></p>\n</main>\n"
        f"{figures}\n{write_data('numbers', pages.numbers)}"
    )
    style = write_faces(body) + _write_grounds() + read_part("report.css", PACKAGE)
    return Document(pages.title, body, style, (plotly, read_part("report.js", PACKAGE))).write()


def _write_grounds() -> str:
    """Return the colours of either ground as variables; paper is always light."""
    dark = f"@media screen and (prefers-color-scheme:dark){{:root{{{list_colors(DARK)}}}}}"
    return f":root{{--width:{WIDTH}px;{list_colors(LIGHT)}}}\n{dark}\n"


def _write_contents(pages: Pages) -> str:
    links = "".join(
        f'<li><a href="#{one.anchor}">{write_text(one.title)}</a></li>' for one in pages.sections
    )
    return f'<nav aria-label="Contents"><p>Contents</p><ol start="0">{links}</ol></nav>'


def _write_section(number: int, section: Section) -> str:
    """Return a section; what leads to its first figure stays with it on one page of paper."""
    parts = [_write(part, f"{section.anchor}-{n}") for n, part in enumerate(section.parts)]
    link = f'<a class="anchor" href="#{section.anchor}" aria-label="Link to this section">§</a>'
    shown = f'<span class="number">{number}</span> ' if number else ""
    heading = f"<h2>{shown}{write_text(section.title)} {link}</h2>"
    first = next((n for n, p in enumerate(section.parts) if isinstance(p, Drawing)), -1) + 1
    opening = "\n".join([heading, *parts[:first]])
    held = f'<div class="opening">\n{opening}\n</div>' if first else heading
    return "\n".join([f'<section id="{section.anchor}">', held, *parts[first:], "</section>"])


def _write_sentence(text: str) -> str:
    return write_text(isolate_words(text))


@singledispatch
def _write(part: Part, place: str) -> str:
    raise TypeError(f"no part of a report: {type(part).__name__}")


@_write.register
def _write_words(part: Words, place: str) -> str:
    tag = TAGS.get(part.tone, "p")
    write = write_text if part.tone == "code" else _write_sentence  # a command is copied as it is
    return f'<{tag} class="{part.tone}" dir="auto">{write(part.text)}</{tag}>'


@_write.register
def _write_heading(part: Heading, place: str) -> str:
    return f'<h3 id="{place}" dir="auto">{write_text(part.text)}</h3>'


@_write.register
def _write_terms(part: Terms, place: str) -> str:
    pairs = "".join(
        f'<div><dt>{write_text(name)}</dt><dd dir="auto">{write_text(text)}</dd></div>'
        for name, text in part.pairs
    )
    return f"<dl>{pairs}</dl>"


@_write.register
def _write_points(part: Points, place: str) -> str:
    items = []
    for text, anchor in part.points:
        told = _write_sentence(text)
        item = f'<a href="#{anchor}">{told}</a>' if anchor else told
        items.append(f'<li dir="auto">{item}</li>')
    return f"<ul>{''.join(items)}</ul>"


@_write.register
def _write_grid(part: Grid, place: str) -> str:
    if not part.rows:
        return ""
    head = "".join(
        f'<th scope="col"{_mark(n, part)}>{write_text(name)}</th>'
        for n, name in enumerate(part.columns)
    )
    held = len(part.rows) - part.foot
    rows = [_write_row(row, part) for row in part.rows]
    foot = f'<tbody class="foot">{"".join(rows[held:])}</tbody>' if part.foot else ""
    short = ' class="short"' if len(part.rows) <= SHORT else ""
    table = (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{write_text(part.caption)}">'
        f'<table id="{place}"{short}><caption>{_write_sentence(part.caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows[:held])}</tbody>{foot}</table></div>"
    )
    if not part.is_long:
        return table
    summary = f"{_write_sentence(part.caption)} ({len(part.rows):,} rows)"
    return f"<details><summary>{summary}</summary>{table}</details>"


def _write_row(row: Sequence[Cell], grid: Grid) -> str:
    cells = []
    for n, cell in enumerate(row):
        under = f"<small>{write_text(cell.under)}</small>" if cell.under else ""
        tag, scope = ("th", ' scope="row"') if n == 0 else ("td", "")
        cells.append(
            f'<{tag}{scope}{_mark(n, grid)} dir="auto">{write_text(cell.text)}{under}</{tag}>'
        )
    return f"<tr>{''.join(cells)}</tr>"


def _mark(column: int, grid: Grid) -> str:
    return ' class="words"' if column in grid.texts else ""


@_write.register
def _write_drawing(part: Drawing, place: str) -> str:
    height = float(part.light.layout.height or 0)
    shrink = min(1.0, (PAGE_HEIGHT - OPENING_HEIGHT) / height) if height else 1.0
    words = _write_sentence(part.words)
    return (
        f'<figure style="--shrink:{shrink:.3f};min-height:{height:.0f}px">'
        f'<div class="drawing" data-figure="{place}" role="img" aria-label="{words}"></div>'
        f"<figcaption>{words}</figcaption></figure>"
    )


def _write_figures(sections: Sequence[Section]) -> Iterator[str]:
    """Yield the figures as data, each on both grounds."""
    for section in sections:
        for n, part in enumerate(section.parts):
            if isinstance(part, Drawing):
                both = (_dress(part.light, LIGHT), _dress(part.dark, DARK))
                yield write_data(f"figure-{section.anchor}-{n}", f"[{','.join(both)}]")


def _dress(figure: go.Figure, ground: Ground) -> str:
    dressed = dress_figure(figure, ground)
    clear = "rgba(0,0,0,0)"  # what is printed has the white of its paper
    dressed.update_layout(width=WIDTH, autosize=False, paper_bgcolor=clear, plot_bgcolor=clear)
    written: str = dressed.to_json()
    return written
