"""A map for paper: drawn by Matplotlib, with labels that cover nothing."""

import warnings
from collections.abc import Sequence
from io import BytesIO
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from hivemind_core.errors import WorkError
from hivemind_core.export.about import clean_text
from hivemind_core.export.paper import COLUMN, INCH, Print
from hivemind_core.export.print_legend import MARKS, OPEN, add_print_legend
from hivemind_core.export.stamp import Stamp
from hivemind_core.figures.layers import Layer, MapPoints, MapStyle, cut_name, split_layers
from hivemind_core.figures.layout import Points, fan_out, measure_extent, turn_to_frame
from hivemind_core.figures.placement import Room, Spot, Tag, place_tags
from hivemind_core.figures.topics import Topic, choose_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

EXTRA = "pip install 'hivemind-atlas[print]'"
LETTERS = 7.0  # points, at a font scale of 1
FAMILIES = ["Arial", "Helvetica", "Liberation Sans", "DejaVu Sans"]
SIZES = ((400, 9.0), (2500, 5.0), (10_000, 2.0))  # points up to that many, square points of each
LEAST_SIZE = 0.8
LABEL_WIDTH, LABEL_LINES = 18, 2  # characters, and lines
LABEL_AIR = 0.8  # points between a label and what is around it
REACHES = (1.0, 3.0, 6.0, 11.0, 18.0, 28.0, 42.0, 60.0)  # points from a group to its label
NEAR = 2.0  # points: a label farther away is led to its group by a line
PADS = (0.04, 0.12, 0.22)  # room around the map for labels: the first that holds all of them
HEIGHT, LEAST_HEIGHT = 0.85, 0.6  # of a figure, and of its map at the least, in widths
MOST_LEGEND = 0.7  # of a height that is given


def write_map(
    points: MapPoints,
    style: MapStyle,
    labels: Sequence[Topic],
    form: Literal["pdf", "svg", "png"],
    printed: Print | None = None,
    stamp: Stamp | None = None,
) -> bytes:
    """Return a labelled map as a picture for print.

    Parameters
    ----------
    points : MapPoints
        None at all give an empty frame.
    style : MapStyle
        Whose ground is the light one, for paper; a density is drawn as points.
    labels : sequence of Topic
        What groups of points are about, the most important first: untrusted. A label stands
        beside its group, or at the end of a line from it, where it covers nothing; without such
        a place it is left out.
    form : {"pdf", "svg", "png"}
    printed : Print, optional
        As wide as a column without one.
    stamp : Stamp, optional
        What the file says of itself.

    Raises
    ------
    WorkError
        If Matplotlib is not installed.
    """
    printed = printed or Print(COLUMN)
    try:
        from matplotlib import rc_context
    except ImportError as error:
        raise WorkError(
            "labelled maps for print need a package that is not installed",
            found=f"no {error.name}",
            remedy=f"Run {EXTRA}",
        ) from error
    settings: dict[Any, Any] = {
        "pdf.fonttype": 42,  # publishers refuse type 3
        "svg.fonttype": "none",
        "svg.hashsalt": "hivemind",
        "font.family": _list_families(),
        "text.parse_math": False,
    }
    with rc_context(settings), warnings.catch_warnings():
        # A letter that the typeface lacks is drawn as a box.
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from font")
        figure = draw_print_map(points, style, labels, printed)
        sink = BytesIO()
        told = _name_parts(stamp, form)
        figure.savefig(sink, format=form, dpi=printed.dpi, metadata=told)
    return sink.getvalue()


def _name_parts(stamp: Stamp | None, form: Literal["pdf", "svg", "png"]) -> dict[str, str | None]:
    """Return what a file says of itself as Matplotlib takes it: no date, no name of its own."""
    unsaid = {"pdf": "CreationDate", "svg": "Date", "png": "Software"}[form]
    silent: dict[str, str | None] = {unsaid: None}
    if stamp is None:
        return silent
    parts = stamp.name_parts()
    if form == "pdf":
        subject = " ".join(filter(None, (stamp.words, stamp.citation)))
        return silent | {"Title": stamp.title, "Subject": subject, "Keywords": stamp.about}
    if form == "svg":  # which has no place for a comment
        parts["Description"] = "\n".join((stamp.words, parts.pop("Comment")))
    return silent | {name: text for name, text in parts.items() if text}


def draw_print_map(
    points: MapPoints, style: MapStyle, labels: Sequence[Topic], printed: Print
) -> "Figure":
    """Return a labelled map as a figure of Matplotlib's; see `write_map`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width = printed.width / INCH
    height = printed.height / INCH if printed.height is not None else width * HEIGHT
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    layers = split_layers(points, style)
    foot = add_print_legend(figure, layers, style, printed)
    if printed.height is None:
        height = max(height, foot + LEAST_HEIGHT * width)
        figure.set_figheight(height)
    most = MOST_LEGEND if printed.height is not None else 1.0
    share = min(foot / height + 0.01, most)
    axes = figure.add_axes((0.01, share, 0.98, 0.99 - share))
    axes.set_axis_off()
    aspect = axes.bbox.width / axes.bbox.height
    places = fan_out(turn_to_frame(points.places, aspect))
    texts = _write_labels(axes, labels, style, printed)
    _set_labels(axes, places, texts, style)
    for layer in layers:
        _draw_layer(axes, layer, places, style)
    return figure


def _list_families() -> list[str]:
    from matplotlib import font_manager

    known = {font.name for font in font_manager.fontManager.ttflist}
    return [family for family in FAMILIES if family in known]


def _set_bounds(axes: "Axes", places: Points, pad: float) -> None:
    extent = measure_extent(places)
    low = places.min(axis=0) if len(places) else np.zeros(2)
    high = places.max(axis=0) if len(places) else np.ones(2)
    middle, sides = (low + high) / 2, high - low + 2 * pad * extent
    frame = axes.get_window_extent()
    aspect = frame.width / frame.height
    half = max(sides[0], sides[1] * aspect) / 2
    axes.set_xlim(middle[0] - half, middle[0] + half)
    axes.set_ylim(middle[1] - half / aspect, middle[1] + half / aspect)


def _draw_layer(axes: "Axes", layer: Layer, places: Points, style: MapStyle) -> None:
    rows = layer.rows
    look: dict[str, Any] = {"s": _find_size(len(places)), "alpha": layer.opacity or 0.5}
    symbol = layer.ink.symbol
    mark = MARKS.get(symbol, "o")
    if layer.values is not None:
        from matplotlib.colors import LinearSegmentedColormap

        ramp = LinearSegmentedColormap.from_list("ramp", list(style.ground.ramp))
        look |= {"c": layer.values, "cmap": ramp, "marker": mark, "linewidths": 0}
    elif symbol in OPEN:
        look |= {"facecolors": "none", "edgecolors": layer.ink.color, "linewidths": 0.5}
    else:
        look |= {"color": layer.ink.color, "linewidths": 0.5 if mark == "x" else 0}
    axes.scatter(places[rows, 0], places[rows, 1], **({"marker": mark} | look))


def _find_size(count: int) -> float:
    return next((size for most, size in SIZES if count <= most), LEAST_SIZE)


def _write_labels(
    axes: "Axes", labels: Sequence[Topic], style: MapStyle, printed: Print
) -> list[tuple["Text", Topic]]:
    """Write labels anywhere: how large they are is known once they are written."""
    told = []
    for label, words in zip(labels, choose_words(labels), strict=True):
        if words and label.members:
            text = axes.text(
                0,
                0,
                tell_topic(words, len(label.members)),
                fontsize=LETTERS * printed.font_scale,
                color=style.ground.ink,
                linespacing=1.0,
                ha="center",
                va="center",
                multialignment="center",
            )
            told.append((text, label))
    return told


def _set_labels(
    axes: "Axes", places: Points, texts: Sequence[tuple["Text", Topic]], style: MapStyle
) -> None:
    """Set labels where they cover nothing, with lines to groups that are not beside them.

    Those without such a place are removed, with more room around the map as few as can be.
    """
    best: tuple[int, float] = (-1, PADS[0])
    for pad in PADS:
        _set_bounds(axes, places, pad)
        found = sum(spot is not None for spot in _find_spots(axes, places, texts))
        if found > best[0]:
            best = (found, pad)
        if found == len(texts):
            break
    _set_bounds(axes, places, best[1])
    inverse = axes.transData.inverted()
    for (text, _), spot in zip(texts, _find_spots(axes, places, texts), strict=True):
        if spot is None:
            text.remove()
            continue
        left, foot, right, top = spot.box
        x, y = inverse.transform(((left + right) / 2, (foot + top) / 2))
        text.set_position((float(x), float(y)))
        # Its lines end at the side where the group is, and where a line to it begins.
        aside = round(spot.tip[0] - spot.tail[0], 3)
        text.set_multialignment("right" if aside > 0 else "left" if aside < 0 else "center")
        if spot.distance > NEAR * axes.figure.dpi / 72:
            line = inverse.transform([spot.tip, spot.tail])
            axes.plot(*line.T, color=style.ground.muted, linewidth=0.4, zorder=0.5)


def _find_spots(
    axes: "Axes", places: Points, texts: Sequence[tuple["Text", Topic]]
) -> list[Spot | None]:
    """Return a spot for each label, in pixels."""
    point = axes.figure.dpi / 72
    renderer = axes.figure.canvas.get_renderer()  # type: ignore[attr-defined]
    radius = (np.sqrt(_find_size(len(places))) / 2 + LABEL_AIR) * point
    marks = np.column_stack(
        [axes.transData.transform(places.reshape(-1, 2)), np.full(len(places), radius)]
    )
    tags = []
    for text, label in texts:
        box = text.get_window_extent(renderer)
        size = (box.width + 2 * point, box.height + point)
        tags.append(Tag(marks[list(label.members)], (size,)))
    room = Room((*axes.bbox.min, *axes.bbox.max), marks)
    return place_tags(tags, room, [reach * point for reach in REACHES])


def tell_topic(words: Sequence[str], count: int) -> str:
    """Return words and how many answers they are of, in two short lines at the most.

    Words are left out, the last first, never the count; a lone word is cut in its middle.
    """
    flat = [clean_text(word) for word in words]
    number = f"({count:,})"
    for kept in range(len(flat), 0, -1):
        text = f"{', '.join(flat[:kept])}\N{NO-BREAK SPACE}{number}"
        lines = wrap(text, LABEL_WIDTH, break_long_words=False, break_on_hyphens=False)
        if len(lines) <= LABEL_LINES and max(map(len, lines)) <= LABEL_WIDTH:
            return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")
    return f"{cut_name(flat[0], LABEL_WIDTH)}\n{number}" if flat else number
