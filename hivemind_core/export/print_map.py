"""A map for paper: drawn by Matplotlib, with labels that cover neither each other nor much else."""

import warnings
from collections.abc import Sequence
from io import BytesIO
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from hivemind_core.errors import WorkError
from hivemind_core.export.about import clean_text
from hivemind_core.export.paper import COLUMN, INCH, Print
from hivemind_core.export.stamp import Stamp
from hivemind_core.figures.coloring import Scale
from hivemind_core.figures.halos import Halo
from hivemind_core.figures.layers import Layer, MapPoints, MapStyle, cut_name, split_layers
from hivemind_core.figures.layout import Points, fan_out, measure_extent, turn_to_frame
from hivemind_core.figures.palette import HUMAN_SYMBOL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

EXTRA = "pip install 'hivemind-atlas[print]'"
LETTERS, SMALL = 7.0, 6.0  # points, at a font scale of 1
FAMILIES = ["Arial", "Helvetica", "Liberation Sans", "DejaVu Sans"]
MARKS = {
    "circle": "o",
    "square": "s",
    "triangle-up": "^",
    "triangle-down": "v",
    "pentagon": "p",
    "hexagram": "*",
    "cross": "P",
    "x": "x",
    HUMAN_SYMBOL: "D",
    "circle-open": "o",
}
OPEN = {HUMAN_SYMBOL, "circle-open"}
SIZES = ((400, 9.0), (2500, 5.0), (10_000, 2.0))  # points up to that many, square points of each
LEAST_SIZE = 0.8
LABEL_WIDTH, LABEL_LINES = 18, 2  # characters, and lines
NAME_WIDTH = 24
OBSTACLES = 800  # points that labels keep clear of: more takes long and changes little
REACHES = (0.12, 0.3)  # how far from its points a label may stand, in shares of the map
PAD = 0.06


def write_map(
    points: MapPoints,
    style: MapStyle,
    labels: Sequence[Halo],
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
    labels : sequence of Halo
        What groups of points are about, the most important first. Where there is no room for a
        label without covering another, it is left out. Untrusted.
    form : {"pdf", "svg", "png"}
    printed : Print, optional
        As wide as a column without one.
    stamp : Stamp, optional
        What the file says of itself.

    Raises
    ------
    WorkError
        If Matplotlib or what places labels is not installed.
    """
    printed = printed or Print(COLUMN)
    try:
        import textalloc  # noqa: F401
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
    points: MapPoints, style: MapStyle, labels: Sequence[Halo], printed: Print
) -> "Figure":
    """Return a labelled map as a figure of Matplotlib's; see `write_map`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width = printed.width / INCH
    height = printed.height / INCH if printed.height is not None else width * 0.85
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    places = fan_out(turn_to_frame(points.places, width / height))
    layers = split_layers(points, style)
    foot = _add_legend(figure, layers, style, printed)
    axes = figure.add_axes((0.01, foot, 0.98, 0.99 - foot))
    axes.set_axis_off()
    _set_bounds(axes, places)
    for layer in layers:
        _draw_layer(axes, layer, places, style)
    _add_labels(axes, places, labels, style, printed)
    return figure


def _list_families() -> list[str]:
    from matplotlib import font_manager

    known = {font.name for font in font_manager.fontManager.ttflist}
    return [family for family in FAMILIES if family in known]


def _set_bounds(axes: "Axes", places: Points) -> None:
    extent = measure_extent(places)
    low = places.min(axis=0) if len(places) else np.zeros(2)
    high = places.max(axis=0) if len(places) else np.ones(2)
    middle, sides = (low + high) / 2, high - low + 2 * PAD * extent
    frame = axes.get_window_extent()
    aspect = frame.width / frame.height
    half = max(sides[0], sides[1] * aspect) / 2
    axes.set_xlim(middle[0] - half, middle[0] + half)
    axes.set_ylim(middle[1] - half / aspect, middle[1] + half / aspect)


def _draw_layer(axes: "Axes", layer: Layer, places: Points, style: MapStyle) -> None:
    rows = layer.rows
    size = next((size for most, size in SIZES if len(places) <= most), LEAST_SIZE)
    look: dict[str, Any] = {"s": size, "alpha": layer.opacity or 0.5}
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


def _add_legend(
    figure: "Figure", layers: Sequence[Layer], style: MapStyle, printed: Print
) -> float:
    """Draw the legend at the foot and return the share of the height that it takes."""
    from matplotlib.lines import Line2D

    listed = sorted((layer for layer in layers if layer.is_listed), key=lambda layer: layer.rank)
    size = SMALL * printed.font_scale
    names = [clean_text(cut_name(layer.name, NAME_WIDTH)) for layer in listed]
    if isinstance(style.paint, Scale):
        names = [
            name if layer.values is None else f"by {name}"
            for name, layer in zip(names, listed, strict=True)
        ]
    if not names:
        return 0.01
    handles = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=MARKS.get(layer.ink.symbol, "o"),
            markersize=3.5,
            color=layer.ink.color,
            markerfacecolor="none" if layer.ink.symbol in OPEN else layer.ink.color,
            markeredgewidth=0.5,
        )
        for layer in listed
    ]
    letters = printed.width / INCH * 72 / (0.6 * size)
    columns = int(max(1, min(len(names), letters // (max(map(len, names)) + 6))))
    drawn = figure.legend(
        handles,
        names,
        loc="lower left",
        bbox_to_anchor=(0.0, 0.0),
        ncols=columns,
        fontsize=size,
        frameon=False,
        handletextpad=0.1,
        columnspacing=1.0,
        labelcolor=style.ground.ink,
        borderaxespad=0.2,
    )
    box = drawn.get_window_extent()
    return min(float(box.height) / (figure.dpi * figure.get_figheight()) + 0.01, 0.5)


def _add_labels(
    axes: "Axes", places: Points, labels: Sequence[Halo], style: MapStyle, printed: Print
) -> None:
    """Write labels: clear of the points where there is room, else over them, never over another."""
    told = [(_fold(label.label), places[list(label.members)]) for label in labels]
    waiting = [(text, np.median(at, axis=0)) for text, at in told if text and len(at)]
    if not waiting:
        return
    step = max(len(places) // OBSTACLES, 1)
    clear = places[::step]
    written: list[Text] = []
    for reach, obstacles in zip(REACHES, (clear, np.empty((0, 2))), strict=True):
        held = [_find_box(axes, text) for text in written]
        blocked = np.vstack([obstacles, *(_fill_box(axes, box) for box in held)])
        placed = _place(axes, waiting, blocked, reach, style, printed)
        written += _drop_overlapping(axes, [text for text in placed if text is not None], held)
        waiting = [each for each, text in zip(waiting, placed, strict=True) if text is None]
        if not waiting:
            return


def _place(
    axes: "Axes",
    waiting: Sequence[tuple[str, NDArray[np.float64]]],
    blocked: Points,
    reach: float,
    style: MapStyle,
    printed: Print,
) -> list["Text | None"]:
    from textalloc import allocate

    around = blocked if len(blocked) else np.array([[at[0], at[1]] for _, at in waiting])
    found = allocate(
        axes,
        [at[0] for _, at in waiting],
        [at[1] for _, at in waiting],
        [text for text, _ in waiting],
        x_scatter=around[:, 0],
        y_scatter=around[:, 1],
        textsize=LETTERS * printed.font_scale,
        textcolor=style.ground.ink,
        linecolor=style.ground.muted,
        linewidth=0.4,
        margin=0.006,
        min_distance=0.004,
        max_distance=reach,
        nbr_candidates=400,
        draw_all=False,
        bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.4},
        linespacing=1.0,
    )
    return cast("list[Text | None]", found[2])


def _drop_overlapping(
    axes: "Axes", texts: Sequence["Text"], held: Sequence["Bbox"]
) -> list["Text"]:
    """Return labels without those that cover an earlier one or leave the page; they are removed."""
    page = axes.figure.bbox
    kept: list[Text] = []
    boxes = list(held)
    for text in texts:
        box = _find_box(axes, text)
        inside = page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1
        if not inside or any(box.overlaps(other) for other in boxes):
            text.remove()
            continue
        boxes.append(box)
        kept.append(text)
    return kept


def _find_box(axes: "Axes", text: "Text") -> "Bbox":
    return text.get_window_extent(axes.figure.canvas.get_renderer())  # type: ignore[attr-defined]


def _fill_box(axes: "Axes", box: "Bbox") -> Points:
    """Return places all over a box, close enough that no label fits between them."""
    x, y = np.meshgrid(np.linspace(box.x0, box.x1, 24), np.linspace(box.y0, box.y1, 8))
    return axes.transData.inverted().transform(np.column_stack([x.ravel(), y.ravel()]))


def _fold(label: str) -> str:
    """Return a label in two short lines at the most."""
    lines = wrap(clean_text(label), LABEL_WIDTH, max_lines=LABEL_LINES, placeholder="…")
    return "\n".join(lines)
