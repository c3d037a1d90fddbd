"""Models among the nearest answers: how this differs between queries, for each N."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go

from hivemind_core.figures.estimates import list_ends
from hivemind_core.figures.numbers import count
from hivemind_core.figures.palette import Ground, fade
from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.resampling import Estimate

OUTLIERS = 50
REACH = 1.5  # of the height of a box: how far Tukey's whiskers go
ALONE = 5  # the step between boxes where there is one

Line = list[tuple[float, float]]
EXPLAINED = (
    "For each answer by a model, its N nearest by models to the same query, by cosine; distinct "
    "models among them, averaged over the answers of a query; a box over queries. People are left "
    "out, strategies of one model count once. By chance: the same if models were dealt to the "
    "answers blindly. Models with few answers are rarely near."
)


@dataclass(frozen=True)
class Box:
    """The values of all queries for one N.

    Attributes
    ----------
    neighbours : int
        N.
    queries : int
        Queries with a value, at least one.
    mean, median : float
    quartiles, whiskers : (float, float)
        Lower and upper. Whiskers end at the outermost values within 1.5 heights of the box.
    outliers : tuple of float
        What lies beyond the whiskers, rising; of more than 50, 50 spread over their ranks.
    """

    neighbours: int
    queries: int
    mean: float
    median: float
    quartiles: tuple[float, float]
    whiskers: tuple[float, float]
    outliers: tuple[float, ...]


def draw_nearest_boxes(
    nearest: Floats,
    neighbours: Sequence[int],
    models: int,
    ground: Ground,
    expected: Sequence[float] = (),
) -> go.Figure:
    """Return a box over queries for each N, between fully separated and fully mixed.

    Parameters
    ----------
    nearest : (q, n) float64
        Distinct models among the N nearest answers, by query and N; nan where undefined. An N
        that is undefined everywhere has no box.
    neighbours : sequence of int, length n
        The N, rising.
    models : int
        Models of the corpus.
    ground : Ground
    expected : sequence of float, length n, optional
        What N answers hold that are drawn blindly; nan where undefined.

    Notes
    -----
    The upper line is the most that N answers can hold, min(N, models). Misleads where some
    queries have answers by fewer models: they cannot reach that line.
    """
    boxes = _make_boxes(nearest, neighbours)
    figure = go.Figure()
    places = [box.neighbours for box in boxes] or list(neighbours) or [ALONE]
    step = min((after - before for before, after in pairwise(places)), default=ALONE)
    ends = (places[0] - 0.6 * step, places[-1] + 0.6 * step)
    bounds = _bound_places(places, ends, models)
    _draw_bounds(figure, bounds, ends, ground)
    if len(expected):
        held = {box.neighbours for box in boxes}
        pairs = zip(neighbours, expected, strict=True)
        _draw_expected(figure, [(n, y) for n, y in pairs if n in held], ground)
    if boxes:
        _draw_boxes(figure, boxes, min(0.55 * step, 0.09 * (ends[1] - ends[0])), ground)
    top = max(2.0, *(y for line in bounds.values() for _, y in line))
    _lay_out(figure, ends, [box.neighbours for box in boxes], top, ground)
    return figure


def tabulate_nearest(
    nearest: Floats,
    neighbours: Sequence[int],
    expected: Sequence[float] = (),
    estimates: Sequence[Estimate] = (),
) -> list[dict[str, object]]:
    """Return the figure as rows: of each N that is defined, its queries, mean and quartiles.

    With `estimates`, one an N, the ends of its interval follow the mean; with `expected`, what
    blind chance gives comes last.
    """
    ends = dict(zip(neighbours, estimates, strict=True)) if len(estimates) else {}
    chance = dict(zip(neighbours, expected, strict=True)) if len(expected) else {}
    return [
        {
            "nearest answers (N)": box.neighbours,
            "queries": box.queries,
            "mean": box.mean,
            **(list_ends(ends[box.neighbours]) if ends else {}),
            "lower quartile": box.quartiles[0],
            "median": box.median,
            "upper quartile": box.quartiles[1],
            **({"by chance": chance[box.neighbours]} if chance else {}),
        }
        for box in _make_boxes(nearest, neighbours)
    ]


def describe_nearest(nearest: Floats, neighbours: Sequence[int], models: int) -> str:
    """Return the figure in words: the median at the smallest and at the largest N."""
    boxes = _make_boxes(nearest, neighbours)
    if not boxes:
        return "Models among the nearest answers are undefined: no query has enough answers."
    told = [f"{box.median:.1f} among the {box.neighbours} nearest answers" for box in boxes]
    ends = " and ".join([told[0], *told[1:][-1:]])
    return f"Of {count(models, 'model')}, the median query has {ends}."


def _make_boxes(nearest: Floats, neighbours: Sequence[int]) -> list[Box]:
    columns = zip(neighbours, nearest.T, strict=True)
    known = [(n, np.sort(values[~np.isnan(values)])) for n, values in columns]
    return [_make_box(n, values) for n, values in known if len(values)]


def _make_box(neighbours: int, values: Floats) -> Box:
    """Return the box of values without nan, rising."""
    lower, median, upper = np.percentile(values, [25, 50, 75]).tolist()
    reach = REACH * (upper - lower)
    is_near = (values >= lower - reach) & (values <= upper + reach)
    near, far = values[is_near], values[~is_near]
    if len(far) > OUTLIERS:
        far = far[np.linspace(0, len(far) - 1, OUTLIERS).round().astype(np.int64)]
    return Box(
        neighbours,
        len(values),
        float(values.mean()),
        median,
        (lower, upper),
        # A quartile lies between two values, so that the outermost near one may be within the box.
        (min(float(near[0]), lower), max(float(near[-1]), upper)),
        tuple(far.tolist()),
    )


def _draw_boxes(figure: go.Figure, boxes: Sequence[Box], width: float, ground: Ground) -> None:
    places = [box.neighbours for box in boxes]
    figure.add_trace(
        go.Box(
            x=places,
            q1=[box.quartiles[0] for box in boxes],
            median=[box.median for box in boxes],
            q3=[box.quartiles[1] for box in boxes],
            lowerfence=[box.whiskers[0] for box in boxes],
            upperfence=[box.whiskers[1] for box in boxes],
            width=width,
            whiskerwidth=0,
            line={"color": ground.accent, "width": 1.5},
            fillcolor=fade(ground.accent, 0.18),
            hoverinfo="skip",
        )
    )
    outliers = [(box.neighbours, value) for box in boxes for value in box.outliers]
    figure.add_trace(
        go.Scatter(
            x=[place for place, _ in outliers],
            y=[value for _, value in outliers],
            mode="markers",
            marker={"size": 4, "color": fade(ground.accent, 0.6)},
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=places,
            y=[box.mean for box in boxes],
            mode="markers",
            marker={"size": 6, "color": ground.ink, "symbol": "diamond"},
            hovertext=[_tell(box) for box in boxes],
            hoverinfo="text",
        )
    )


def _draw_expected(figure: go.Figure, line: Sequence[tuple[float, float]], ground: Ground) -> None:
    """Draw what blind chance would give, with its name at its second point."""
    if not line:
        return
    figure.add_trace(
        go.Scatter(
            x=[x for x, _ in line],
            y=[y for _, y in line],
            mode="lines+markers",
            line={"color": ground.muted, "width": 1.5},
            marker={"size": 5, "color": ground.muted},
            name="by chance",
            hovertemplate="by chance %{y:.2f}<extra></extra>",
        )
    )
    figure.add_annotation(
        x=line[:2][-1][0],
        y=line[:2][-1][1],
        text="by chance",
        xanchor="left",
        yanchor="top",
        xshift=6,
        showarrow=False,
        font={"size": 12, "color": ground.muted},
    )


def _tell(box: Box) -> str:
    low, high = box.quartiles
    return (
        f"N = {box.neighbours}: median {box.median:.2f}, mean {box.mean:.2f}<br>"
        f"the middle half of {count(box.queries, 'query')}: {low:.2f} to {high:.2f}"
    )


def _bound_places(places: Sequence[int], ends: tuple[float, float], models: int) -> dict[str, Line]:
    """Return what N answers hold at least and at most, as named lines; of one model both are one.

    The upper one bends where there are as many answers as models.
    """
    bends = [float(models)] if places[0] < models < places[-1] else []
    corners = [ends[0], float(places[0]), *bends, float(places[-1]), ends[1]]
    most = [(x, float(min(max(x, places[0]), places[-1], models))) for x in corners]
    least = [(end, 1.0) for end in ends]
    return {"fully separated": least} | ({"fully mixed": most} if models > 1 else {})


def _draw_bounds(
    figure: go.Figure, bounds: dict[str, Line], ends: tuple[float, float], ground: Ground
) -> None:
    """Draw the lines that all boxes lie between, with their names outside of these."""
    for words, line in bounds.items():
        figure.add_trace(
            go.Scatter(
                x=[x for x, _ in line],
                y=[y for _, y in line],
                mode="lines",
                line={"color": ground.muted, "width": 1, "dash": "dot"},
                name=words,
                hoverinfo="skip",
            )
        )
        figure.add_annotation(
            x=ends[1],
            y=line[-1][1],
            text=words,
            xanchor="right",
            yanchor="bottom" if words == "fully mixed" else "top",
            showarrow=False,
            font={"size": 12, "color": ground.muted},
        )


def _lay_out(
    figure: go.Figure,
    ends: tuple[float, float],
    neighbours: Sequence[int],
    top: float,
    ground: Ground,
) -> None:
    font = {"size": 12, "color": ground.muted}
    axis = {"zeroline": False, "gridcolor": ground.line, "fixedrange": True, "tickfont": font}
    pad = 0.1 * (top - 1)
    figure.update_layout(
        height=320,
        margin={"l": 8, "r": 12, "t": 8, "b": 48},
        showlegend=False,
        hovermode="x",
        dragmode=False,
        xaxis={
            "range": list(ends),
            "tickvals": list(neighbours),
            "title": {"text": "nearest answers (N)", "standoff": 6, "font": font},
            "showgrid": False,
            **axis,
        },
        yaxis={
            "range": [1 - pad, top + pad],
            "tickvals": _list_ticks(top),
            "title": {"text": "models among them", "standoff": 8, "font": font},
            "automargin": "left",
            **axis,
        },
    )


def _list_ticks(top: float) -> list[int]:
    """Return 1 and a few round numbers of models."""
    step = next((step for step in (1, 2, 5, 10, 20, 50) if top / step <= 6), 100)
    return [1, *(n for n in range(step, int(top) + 1, step) if n > 1)]
