"""How large a figure is printed, and how large its letters are."""

from dataclasses import dataclass
from textwrap import wrap

import plotly.graph_objects as go

from hivemind_core.errors import InputError

COLUMN, FULL = 85.0, 178.0  # millimetres of a column and of a page of two
INCH = 25.4  # millimetres
PIXEL = INCH / 96
ASPECT = 0.62
NARROWEST, WIDEST = 20.0, 2000.0
TITLE_SIZE = 12
LETTER = 0.56  # width of a letter to its height, at the most of what is usual
LINE = 1.35
BOTTOM = 48  # pixels under a figure that says nothing else
LARGEST_PICTURE = 12_000  # points along a side: beyond it, browsers give none


@dataclass(frozen=True)
class Print:
    """The size of a figure on paper.

    Attributes
    ----------
    width : float
        In mm; a column is 85, a whole page 178.
    height : float, optional
        In mm; without one, as the figure is made, or a flat one.
    font_scale : float
        1 prints the letters of a page, of 11 and 12 pixels, with 8 to 9 points; .8 with 6.5 to 7,
        which leaves the figure more room.
    dpi : int
        Points an inch, of pictures.

    Raises
    ------
    InputError
        If a figure of that size cannot be drawn.
    """

    width: float = FULL
    height: float | None = None
    font_scale: float = 1.0
    dpi: int = 300

    def __post_init__(self) -> None:
        sides = [side for side in (self.width, self.height) if side is not None]
        if not all(NARROWEST <= side <= WIDEST for side in sides):
            raise InputError(
                f"a printed figure is {NARROWEST:g} to {WIDEST:g} mm wide and high",
                found=" x ".join(f"{side:g}" for side in sides),
            )
        if not 0.3 <= self.font_scale <= 4:
            raise InputError("letters are scaled by .3 to 4", found=f"{self.font_scale:g}")
        if not 36 <= self.dpi <= 1200 or max(sides) / INCH * self.dpi > LARGEST_PICTURE:
            raise InputError(
                f"a picture has 36 to 1200 dpi and at most {LARGEST_PICTURE:,} points a side",
                found=f"{max(sides):g} mm at {self.dpi} dpi",
            )


@dataclass(frozen=True)
class Size:
    """What a figure is drawn in, in pixels, and what that is enlarged by."""

    width: int
    height: int
    scale: float


def fit_figure(figure: go.Figure, printed: Print) -> Size:
    """Return the size in which a figure is drawn so that it prints as asked.

    Titles under it are broken where they are wider than what they stand under.
    """
    scale = printed.font_scale
    width = printed.width / PIXEL / scale
    more = _fold_titles(figure, width)
    if printed.height is not None:
        height = printed.height / PIXEL / scale
    else:
        height = float(figure.layout.height or width * ASPECT) + more
    longest = WIDEST / PIXEL / scale
    return Size(round(width), round(min(height, longest)), scale)


def _fold_titles(figure: go.Figure, width: float) -> float:
    """Break titles of axes that would run into their neighbours; return the height that takes."""
    more = 0.0
    for axis in figure.select_xaxes():
        size = axis.title.font.size or TITLE_SIZE
        left, right = axis.domain or (0, 1)
        room = max(int((right - left) * width / (LETTER * size)), 8)
        lines = wrap(axis.title.text or "", room, break_long_words=False)
        if len(lines) > 1 and "<" not in axis.title.text:
            axis.title.text = "<br>".join(lines)
            more = max(more, (len(lines) - 1) * LINE * size)
    if more:
        figure.update_layout(margin={"b": (figure.layout.margin.b or BOTTOM) + more})
    return more
