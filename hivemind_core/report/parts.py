"""What a report is made of, free of how it is written: sections of words, figures and tables.

Every text is plain and may come from a corpus; it is escaped where it becomes a file.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Literal, TypeAlias

import plotly.graph_objects as go

from hivemind_core.figures.numbers import write_number
from hivemind_core.figures.palette import DARK, LIGHT, Ground
from hivemind_core.measures.resampling import Estimate

WIDTH = 680  # pixels of a figure: as wide as a page of paper
DIGITS = 3
LONG = 24  # rows from which on a table is folded on a screen
DASH = "–"

Tone: TypeAlias = Literal["finding", "text", "note", "warning", "code"]


@dataclass(frozen=True)
class Words:
    """A paragraph: a finding is set large, a note is small print."""

    text: str
    tone: Tone = "text"


@dataclass(frozen=True)
class Terms:
    """Names and what is said of each."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Points:
    """A list; each point may lead to a section."""

    points: tuple[tuple[str, str], ...]
    """Text, and the anchor of a section or nothing."""


@dataclass(frozen=True)
class Cell:
    """A number or a text, and small print under it, such as an interval."""

    text: str
    under: str = ""


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes
    ----------
    caption : str
    columns : tuple of str
    rows : tuple of tuple of Cell
        As long as the columns each.
    texts : frozenset of int
        Columns that hold words; the others hold numbers and are set to the right.
    foot : int
        Rows at the end that are set apart: what the others are held against.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    texts: frozenset[int] = frozenset({0})
    foot: int = 0

    @property
    def is_long(self) -> bool:
        """Whether it is folded on a screen, and shown whole on paper."""
        return len(self.rows) > LONG


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure on either ground, and in words."""

    light: go.Figure
    dark: go.Figure
    words: str


@dataclass(frozen=True)
class Heading:
    """The head of a part of a section."""

    text: str


Part: TypeAlias = Words | Terms | Points | Grid | Drawing | Heading


@dataclass(frozen=True)
class Section:
    """A part of the report that the table of contents names.

    Attributes
    ----------
    anchor : str
        Of its address: letters and hyphens.
    title : str
    parts : tuple of Part
    findings : tuple of str
        What it says, in a sentence each; none where it says nothing of the corpus's numbers.
    """

    anchor: str
    title: str
    parts: tuple[Part, ...]
    findings: tuple[str, ...] = ()


def draw_twice(draw: Callable[[Ground], go.Figure], words: str) -> Drawing:
    """Return a figure as it is drawn on light and on dark ground."""
    return Drawing(draw(LIGHT), draw(DARK), words)


def take_notes(*notes: str) -> tuple[Words, ...]:
    """Return small print as one paragraph; nothing where there is none."""
    told = " ".join(filter(None, notes))
    return (Words(told, "note"),) if told else ()


def show_estimate(estimate: Estimate, digits: int = DIGITS) -> Cell:
    """Return a mean with its interval under it."""
    return Cell(write_number(estimate.mean, digits), show_ends(estimate.interval, digits))


def show_ends(interval: Sequence[float | None] | None, digits: int = DIGITS) -> str:
    """Return the ends of an interval; nothing where it is undefined."""
    if interval is None or any(end is None or isnan(end) for end in interval):
        return ""
    return " to ".join(write_number(end, digits) for end in interval)


def show_number(value: float | None, digits: int = DIGITS) -> Cell:
    """Return a number; a dash where it is undefined."""
    return Cell(write_number(value, digits))


def make_grid(caption: str, rows: Sequence[Mapping[str, object]]) -> Grid:
    """Return rows of numbers as a table; the ends of an interval stand under its middle.

    Parameters
    ----------
    caption : str
    rows : sequence of mapping
        One column a key; all rows have the same. Columns that end in "from" and "to" are the ends
        of the column before them.
    """
    names = list(rows[0]) if rows else []
    shown = [name for name in names if not name.endswith((" from", " to"))]
    texts = {n for n, name in enumerate(shown) if any(isinstance(row[name], str) for row in rows)}
    cells = tuple(tuple(_show(row, names, name) for name in shown) for row in rows)
    return Grid(caption, tuple(shown), cells, frozenset(texts | {0}))


def _show(row: Mapping[str, object], names: Sequence[str], name: str) -> Cell:
    place = names.index(name)
    ends = [end for end in names[place + 1 : place + 3] if end.endswith((" from", " to"))]
    interval = [row[end] for end in ends]
    held = [end for end in interval if isinstance(end, float)]
    return Cell(write_value(row[name], name), show_ends(held if len(held) == 2 else None))


def write_value(value: object, name: str) -> str:
    """Return a value of a column as it is printed: three digits, one for per cent; "–" for none."""
    if value is None or (isinstance(value, float) and isnan(value)):
        return DASH
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float) and name.endswith("(%)"):
        return f"{value:.1f}"
    if isinstance(value, float):
        whole = name in {"parameter"} or name.startswith("rank by")
        return f"{value:g}" if whole else write_number(value, DIGITS)
    return str(value)
