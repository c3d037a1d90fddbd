"""Rated items, a point each: score against mean rating, coloured by disagreement."""

from dataclasses import dataclass
from math import isnan

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from hivemind_core.figures.axes import TALL, TITLE_WIDTH, Part, lay_axes, make_axis, pad_bounds
from hivemind_core.figures.coloring import Scale, bound_values, choose_ticks
from hivemind_core.figures.layers import MapStyle, cut_name
from hivemind_core.figures.legend import add_colors
from hivemind_core.figures.numbers import count, escape_label, write_number
from hivemind_core.figures.palette import Ground
from hivemind_core.figures.ranges import GOLDEN
from hivemind_core.figures.rows import cut_hover
from hivemind_core.figures.stamp import stamp_figure, stamp_words
from hivemind_core.measures.arrays import Floats, Integers
from hivemind_core.measures.spearman import correlate

WEBGL_FROM = 3000
SIZES = ((400, 8), (2500, 6), (10_000, 4))  # points up to that many, and their size
JITTER = 0.04  # of a step of the rating: how far a point is moved at most


@dataclass(frozen=True, eq=False)
class ItemPoints:
    """Rated items, a point each.

    Attributes
    ----------
    scores, means : (n,) float64
        Of a scorer, and the mean rating by people; an item without either is not drawn.
    disagreement : (n,) float64
        nan where it is not known.
    rows : (n,) int64
        What a click on the point reports.
    step : float
        Between two neighbouring ratings.
    """

    scores: Floats
    means: Floats
    disagreement: Floats
    rows: Integers
    step: float = 1.0

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which items have a score and a rating."""
        return np.asarray(np.isfinite(self.scores) & np.isfinite(self.means), bool)


def draw_scatter(
    points: ItemPoints, titles: tuple[str, str, str], ground: Ground, mark: str = ""
) -> go.Figure:
    """Return the score of each item against its mean rating, coloured by disagreement.

    Parameters
    ----------
    points : ItemPoints
        None at all gives an empty panel.
    titles : (str, str, str)
        What scores, mean ratings and disagreement are: untrusted.
    ground : Ground
    mark : str

    Notes
    -----
    Along the axis of ratings each point is moved, always in the same way, by at most .04 of a
    step between two ratings, so that items with equal means do not hide each other; pointed at,
    it tells the true mean. `customdata` is a list with the row of each item. A selection leaves
    the looks alone. One score far from all others squeezes these: give ranks then.
    """
    known = points.known
    has_color = np.isfinite(points.disagreement)
    figure = go.Figure()
    kind = go.Scattergl if _is_many(points) else go.Scatter
    for chosen in (np.flatnonzero(known & ~has_color), np.flatnonzero(known & has_color)):
        if len(chosen):
            figure.add_trace(kind(**_make_items(points, chosen, titles, ground)))
    means, scores = points.means[known], points.scores[known]
    span, levels = pad_bounds(_move(points)[known], 0.04), pad_bounds(scores, 0.06)
    lay_axes(
        figure,
        make_axis(titles[1], span, _choose_ticks(means), ground),
        make_axis(titles[0], levels, _choose_ticks(scores), ground, has_grid=True),
        feet=2,
        height=TALL,
    )
    figure.update_layout(clickmode="event+select")
    _add_bar(figure, Scale(titles[2], points.disagreement[known & has_color]), ground)
    return stamp_figure(figure, mark, ground)


def describe_scatter(points: ItemPoints, titles: tuple[str, str, str], mark: str = "") -> str:
    """Return the figure in words: how many items, and how the two are correlated."""
    known = points.known
    if not known.any():
        return stamp_words(mark, "No item has both a score and a mean rating.")
    rho = correlate(points.scores[known], points.means[known])
    told = f"{count(int(known.sum()), 'item')}: {cut_hover(titles[0])} against "
    told += f"{cut_hover(titles[1])}, "
    told += "no correlation defined" if isnan(rho) else f"Spearman's rho {write_number(rho)}"
    missing = int((~known).sum())
    if missing:
        told += f"; left out: {count(missing, 'item')} without a score or a rating"
    return stamp_words(mark, f"{told}.")


def _is_many(points: ItemPoints) -> bool:
    return int(points.known.sum()) > WEBGL_FROM


def _move(points: ItemPoints) -> Floats:
    """Return the mean ratings, each moved a little by the row of its item."""
    scattered = ((points.rows * GOLDEN) % 1 - 0.5) * 2
    return np.asarray(points.means + scattered * JITTER * points.step, np.float64)


def _choose_ticks(values: Floats) -> list[tuple[float, str]]:
    ticks = choose_ticks(*bound_values(values), is_log=False)
    return [(place, text.replace("-", "−")) for place, text in ticks]


def _make_items(
    points: ItemPoints, chosen: NDArray[np.intp], titles: tuple[str, str, str], ground: Ground
) -> Part:
    """Return a trace of items that all have a disagreement, or that all lack one."""
    values = points.disagreement[chosen]
    is_known = bool(np.isfinite(values).all())
    look = {
        "size": next((size for most, size in SIZES if len(points.rows) <= most), 3),
        "opacity": 0.85 if len(points.rows) <= SIZES[1][0] else 0.6,
    }
    # WebGL multiplies what is selected, or not, with the opacity of all; SVG replaces that.
    same = {"marker": {"opacity": 1 if _is_many(points) else look["opacity"]}}
    color: Part = {"color": ground.muted}
    hover = f"{_guard(titles[1])} %{{text:.2f}}<br>{_guard(titles[0])} %{{y:.4~g}}"
    if is_known:
        color = {"color": np.round(values, 4), "coloraxis": "coloraxis"}
        hover += f"<br>{_guard(titles[2])} %{{marker.color:.2f}}"
    return {
        "x": np.round(_move(points)[chosen], 4),
        "y": points.scores[chosen],
        "text": np.round(points.means[chosen], 4).tolist(),
        "mode": "markers",
        "marker": look | color,
        # As lists: of an array's rows Streamlit would report objects.
        "customdata": points.rows[chosen, None].tolist(),
        "name": "items" if is_known else "disagreement not known",
        "hovertemplate": f"{hover}<extra></extra>",
        "selected": same,
        "unselected": same,
        "showlegend": False,
    }


def _guard(title: str) -> str:
    """Return untrusted text as a part of a template of Plotly's: no markup and no variables."""
    return escape_label(cut_name(title, TITLE_WIDTH)).replace("%", "&#37;")


def _add_bar(figure: go.Figure, scale: Scale, ground: Ground) -> None:
    """Give the disagreements their colours, and say above the points which is which."""
    add_colors(figure, scale, MapStyle(scale, ground))
    figure.update_coloraxes(
        colorbar={
            "x": 1,
            "xanchor": "right",
            "xpad": 0,
            "y": 1,
            "yref": "container",
            "title": {"font": {"size": 12}},
            "tickfont": {"size": 12},
        }
    )
    figure.update_layout(margin={"t": 58})
