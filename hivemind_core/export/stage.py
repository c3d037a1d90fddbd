"""How figures stand on slides: beside or below their words, and how far they are enlarged.

Figures are made for a page, with letters of 12 pixels. A slide is seen from the last row: there a
figure is drawn in less room than it was made for and enlarged, as far as its rows stay apart.
`deck.js` follows the same rule, in windows of any size.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go

from hivemind_core.exhibit import Exhibit, Panel
from hivemind_core.export.live import LIVE

TALL = 520  # pixels: a lone figure as high as that stands beside its words
ROOM_BELOW = 440  # pixels of a slide of 1280 x 720 that are left below words, about
LETTER, LARGE = 12, 16  # pixels of letters, as made, and as a slide of 1280 x 720 should show them
SMALL = 14  # pixels of letters below which several figures are shown one a slide
ROOM_ACROSS, GUTTER, CAPTION = 1204, 18, 50  # pixels: of a slide, between figures, words above one
LINE, SPACE = 1.3, 0.2  # height of a line, and space between names of several, in letters
ALONE = 1.2  # height of a name of one line
LEAST_HEIGHT, LEAST_WIDTH = 260, 440  # pixels in which a figure without rows can be drawn
MADE_HEIGHT, MADE_WIDTH = 330, 560  # pixels that a figure wants if it does not say more
LEAST_SHARE = 0.8  # of its own height that a figure can do with of which nothing else is known
SMALLEST, LARGEST = 0.6, 2.6
TOP, BOTTOM = 16, 48  # margins of the template
MANY = 12  # rows of a matrix whose columns go unnamed on a slide
HEAD = 40  # pixels above a matrix without names


def split_views(exhibits: Sequence[Exhibit]) -> list[tuple[int, int | None]]:
    """Return which figures each slide shows: a view's number, and one figure's or None for all.

    Figures side by side that would have to be small are shown one a slide. A live view stays one:
    its figures stand where it runs.
    """
    slides: list[tuple[int, int | None]] = []
    for number, exhibit in enumerate(exhibits):
        parts = len(exhibit.panels)
        is_split = parts > 1 and exhibit.view.page != LIVE and _is_crowded(exhibit.panels)
        slides += [(number, part if is_split else None) for part in range(parts if is_split else 1)]
    return slides


def take_part(exhibit: Exhibit, part: int | None) -> Exhibit:
    """Return one figure of a view as a view of its own, with its sentence; all of it for None."""
    if part is None or part >= len(exhibit.panels):
        return exhibit
    panel = exhibit.panels[part]
    is_first = part == 0
    reading = exhibit.reading if is_first else panel.reading or exhibit.reading
    return replace(
        exhibit,
        title=f"{exhibit.title} ({part + 1} of {len(exhibit.panels)})",
        reading=reading,
        panels=(replace(panel, reading=panel.reading if is_first else "", basis=""),),
        basis="\n".join(filter(None, [panel.basis, exhibit.basis])),
        tables=exhibit.tables if is_first else {},
    )


def _is_crowded(panels: Sequence[Panel]) -> bool:
    """Return whether a figure of several would have letters too small for the last row."""
    number = len(panels)
    across = number if number < 4 else -(-number // 2)
    down = -(-number // across)
    has_words = any(panel.reading for panel in panels)
    width = (ROOM_ACROSS - GUTTER * (across - 1)) / across
    height = (ROOM_BELOW - GUTTER * (down - 1)) / down - CAPTION * has_words
    least = SMALL / LETTER
    return any(choose_scale(set_on_slide(one.figure), width, height) < least for one in panels)


def stands_aside(panels: Sequence[Panel]) -> bool:
    """Return whether the one figure of a view is too tall to stand below its words.

    That it is, too, where its rows would leave it less than large letters there.
    """
    if len(panels) != 1:
        return False
    figure = panels[0].figure
    has_rows = any(_measure_rows(axis) for axis in figure.select_yaxes())
    is_full = has_rows and find_least(figure) * LARGE / LETTER > ROOM_BELOW
    return float(figure.layout.height or 0) >= TALL or is_full


def set_on_slide(figure: go.Figure) -> go.Figure:
    """Return a figure as a slide shows it; the one that is given stays as it is.

    A slide is wide, and a map keeps its aspect: what stands under it would make it small, so it
    stands beside it. Maps under which colours are explained keep them there. A large matrix names
    its rows alone: its columns are in the same order. Letters are as large as the others at least.
    """
    layout = figure.layout
    has_bar = bool(layout.coloraxis.showscale) or any(
        trace.type == "heatmap" for trace in figure.data
    )
    if layout.yaxis.scaleanchor != "x":
        return figure
    if has_bar:
        return _drop_columns(figure)
    if layout.legend.orientation != "h":
        return figure
    letters = {"font": {"size": LETTER}, "grouptitlefont": {"size": LETTER}}
    beside = {"orientation": "v", "x": 1.02, "xanchor": "left", "y": 1, "yanchor": "top"}
    return go.Figure(figure).update_layout(
        legend=beside | letters | {"maxheight": None, "tracegroupgap": 10}, margin={"b": 8}
    )


def _drop_columns(figure: go.Figure) -> go.Figure:
    """Return a large matrix without the names of its columns, which are those of its rows."""
    told = figure.layout.annotations
    rows = {note.text for note in told if not note.textangle and note.xanchor == "right"}
    kept = [note for note in told if note.textangle != -90 or note.text not in rows]
    top = figure.layout.margin.t
    if len(told) - len(kept) <= MANY or top is None:
        return figure
    freed = max(top - HEAD, 0)
    height = figure.layout.height
    staged = go.Figure(figure)
    staged.layout.annotations = kept  # an update would merge them with those that are there
    return staged.update_layout(margin={"t": top - freed}, height=height and height - freed)


def find_least(figure: go.Figure) -> float:
    """Return the height in pixels below which rows of a figure would run into each other."""
    layout = figure.layout
    top, bottom = (
        default if side is None else float(side)
        for side, default in ((layout.margin.t, TOP), (layout.margin.b, BOTTOM))
    )
    rows = [needed for axis in figure.select_yaxes() if (needed := _measure_rows(axis))]
    if rows:
        return max(top + bottom + max(rows), LEAST_HEIGHT)
    return max(LEAST_SHARE * float(layout.height or 0), LEAST_HEIGHT)


def _measure_rows(axis: Any) -> float:  # noqa: ANN401 - Plotly's axes have no common type
    """Return the height of the rows that an axis names; 0 where it counts or measures."""
    places, names = axis.tickvals, axis.ticktext
    if places is None or names is None or not len(names):
        return 0
    if list(places) != list(range(len(names))):
        return 0
    span = abs(float(np.subtract(*axis.range))) if axis.range else len(names)
    low, high = axis.domain or (0, 1)
    lines = max(str(name).count("<br>") + 1 for name in names)
    letter = axis.tickfont.size or LETTER
    needed = lines * LINE + SPACE if lines > 1 else ALONE
    return span * needed * letter / (high - low)


def choose_scale(figure: go.Figure, width: float, height: float) -> float:
    """Return what a figure is enlarged by in a place of so many pixels on a slide of 1280 x 720."""
    least = find_least(figure)
    made = max(float(figure.layout.height or 0), MADE_HEIGHT, least)
    roomy = min(height / made, width / MADE_WIDTH)
    legible = min(LARGE / LETTER, height / least, width / LEAST_WIDTH)
    return min(max(roomy, legible, SMALLEST), LARGEST)
