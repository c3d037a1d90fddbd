"""The three numbers of a corpus: within models, between models, and among nearest answers.

Everything here reads the object that `hivemind measure --json` prints.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from hivemind_core.corpus.identity import Source
from hivemind_core.figures.numbers import count, escape_label, write_interval, write_number
from hivemind_core.figures.palette import Ground, Ink
from hivemind_core.measures.resampling import FEWEST_QUERIES

Summary = Mapping[str, Any]
ROW_HEIGHT = 30
SIDE = 150


@dataclass(frozen=True)
class Reading:
    """A chart in words: its one-sentence reading, what it rests on, and its numbers as rows."""

    sentence: str
    basis: str
    rows: tuple[dict[str, object], ...]


def rank_sources(summary: Summary) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the sources whose repetition is defined, highest first."""
    defined = [(k, v) for k, v in summary["intra"].items() if _get(v, "mean") is not None]
    return sorted(defined, key=lambda item: (-item[1]["mean"], item[0]))


def _get(part: Mapping[str, Any] | None, name: str) -> Any:  # noqa: ANN401 - JSON
    return None if part is None else part.get(name)


def _people(summary: Summary) -> float | None:
    value: float | None = _get(summary["human"], "mean")
    return value


def _floor(summary: Summary) -> float | None:
    value: float | None = _get(summary["floor"], "mean")
    return value


def average_within(summary: Summary, sources: Iterable[Source]) -> float | None:
    """Return the mean repetition of the models, each model once; None without any."""
    by_model: dict[str, list[float]] = {}
    names = {s.name: s.model for s in sources if s.is_model and s.model is not None}
    for name, part in rank_sources(summary):
        if name in names:
            by_model.setdefault(names[name], []).append(part["mean"])
    means = [float(np.mean(values)) for values in by_model.values()]
    return float(np.mean(means)) if means else None


def read_within(summary: Summary, sources: Iterable[Source]) -> Reading:
    """Return the reading of repetition within a model."""
    models = {s.name for s in sources if s.is_model}
    ranked = rank_sources(summary)
    top = next(((name, part) for name, part in ranked if name in models), None)
    rows = tuple(
        {
            "source": name,
            "mean cosine": part["mean"],
            "95 % interval": write_interval(part.get("ci95")),
            "queries": part["queries"],
            "queries above .8 (%)": part.get("share_above_0_8"),
            "Vendi score": part.get("vendi"),
        }
        for name, part in ranked
    )
    if top is None:
        reason = "no model answered a query twice"
        return Reading(f"Repetition within a model is undefined: {reason}.", "", rows)
    against = []
    if (people := _people(summary)) is not None:
        against.append(f"{write_number(people)} for people")
    if (floor := _floor(summary)) is not None:
        against.append(f"{write_number(floor)} for unrelated answers")
    tail = f", against {' and '.join(against)}" if against else ""
    sentence = f"{top[0]} repeats itself: {write_number(top[1]['mean'])}{tail}."
    basis = (
        f"Mean cosine of a source's answers to the same query, over "
        f"{count(summary['queries'], 'query')}; {_explain_bars(summary)}"
    )
    if (pairs := _get(summary["floor"], "n_pairs")) and floor is not None:
        basis += f" Unrelated: {pairs:,} pairs of answers to different queries."
    return Reading(sentence, basis, rows)


def draw_within(summary: Summary, inks: Mapping[str, Ink], ground: Ground) -> go.Figure:
    """Return the ranked dot plot of repetition, with the floor and the people's line."""
    ranked = rank_sources(summary)[::-1]
    figure = go.Figure()
    for place, (name, part) in enumerate(ranked):
        ink = inks.get(name, Ink(ground.muted))
        low, high = part.get("ci95") or (None, None)
        arms = None
        if low is not None and high is not None:
            arms = {
                "type": "data",
                "symmetric": False,
                "array": [high - part["mean"]],
                "arrayminus": [part["mean"] - low],
                "color": ink.color,
                "thickness": 1.5,
                "width": 0,
            }
        figure.add_trace(
            go.Scatter(
                x=[part["mean"]],
                y=[place],
                error_x=arms,
                mode="markers",
                marker={"size": 11, "color": ink.color, "symbol": ink.symbol},
                name=escape_label(name),
                hovertemplate=f"%{{x:.3f}} · {count(part['queries'], 'query')}",
            )
        )
    _draw_controls(figure, summary, ground)
    _lay_out_similarity(figure, [_fold(name) for name, _ in ranked], ground)
    return figure


def _fold(name: str, width: int = 24) -> str:
    """Return a source's name for the side of a chart: model and strategy on a line each."""
    lines = name.split(" · ", 1)
    return "<br>".join(
        escape_label(line if len(line) <= width else line[: width - 1] + "…") for line in lines
    )


def _draw_controls(figure: go.Figure, summary: Summary, ground: Ground) -> None:
    """Draw the floor and the people's mean as dotted lines with their names above."""
    floor, people = _floor(summary), _people(summary)
    for words, value in (("unrelated", floor), ("people", people)):
        if value is None:
            continue
        crowded = words == "people" and floor is not None and abs(value - floor) < 0.4
        figure.add_vline(
            x=value,
            line={"color": ground.muted, "width": 1, "dash": "dot"},
            annotation={
                "text": f"{words} {write_number(value)}",
                "font": {"size": 12, "color": ground.muted},
                "yanchor": "bottom",
                "y": 1,
                "yref": "paper",
                "showarrow": False,
                "xanchor": "left" if crowded else "center",
            },
        )


def _lay_out_similarity(figure: go.Figure, names: list[str], ground: Ground) -> None:
    """Give a dot plot names on the left, values on the right, a cosine axis from 0 to 1."""
    for trace in figure.data:
        figure.add_annotation(
            x=1,
            xref="paper",
            xanchor="left",
            xshift=8,
            y=trace.y[0],
            text=write_number(trace.x[0]),
            showarrow=False,
            font={"size": 13, "color": ground.ink},
        )
    row = ROW_HEIGHT + 6 * any("<br>" in name for name in names)
    figure.update_layout(
        height=max(len(names), 1) * row + 76,
        margin={"l": SIDE, "r": 40, "t": 26, "b": 40},
        showlegend=False,
        hovermode="closest",
        dragmode=False,
    )
    figure.update_xaxes(
        range=[_lowest(figure), 1.03],
        title={"text": "mean cosine similarity", "font": {"size": 12, "color": ground.muted}},
        tickvals=[0, 0.2, 0.4, 0.6, 0.8, 1],
        tickfont={"size": 12, "color": ground.muted},
        ticktext=["0", ".2", ".4", ".6", ".8", "1"],
        showgrid=True,
        gridcolor=ground.line,
        zeroline=False,
        fixedrange=True,
    )
    figure.update_yaxes(
        range=[-0.6, len(names) - 0.3],
        tickvals=list(range(len(names))),
        ticktext=names,
        tickfont={"size": 12, "color": ground.ink},
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )


def _lowest(figure: go.Figure) -> float:
    """Return where a cosine axis starts: at 0, or lower where a mean is negative."""
    return min([-0.02, *(float(x) - 0.05 for trace in figure.data for x in trace.x)])


def read_between(summary: Summary, sources: Iterable[Source]) -> Reading:
    """Return the reading of similarity between models: the gap to repetition within them."""
    inter, models = summary["inter"], summary["models"]
    mean = _get(inter, "mean")
    within = average_within(summary, sources)
    if mean is None:
        reason = _get(inter, "reason") or summary.get("reason") or "it takes two models"
        return Reading(f"Similarity between models is undefined: {reason}.", "", ())
    rows = tuple(
        {"model": a, "other model": b, "mean cosine": inter["matrix"][i][j]}
        for i, a in enumerate(models)
        for j, b in enumerate(models)
        if i < j and inter["matrix"][i][j] is not None
    )
    sentence = f"Answers by different models are at {write_number(mean)}"
    if within is not None:
        sentence += (
            f", answers by one model at {write_number(within)}: "
            f"a gap of {write_number(within - mean)}"
        )
    basis = (
        f"Mean cosine of answers to the same query, over {count(len(models), 'source')} and "
        f"{count(summary['queries'], 'query')}{_explain_interval(inter.get('ci95'))}. Strategies "
        "of one model are not counted as different models. The gap is taken before rounding."
    )
    return Reading(sentence + ".", basis, rows)


def _explain_bars(summary: Summary) -> str:
    if any(part.get("ci95") for part in summary["intra"].values()):
        return "bars are 95 % intervals over queries."
    return f"an interval needs {FEWEST_QUERIES} queries."


def _explain_interval(interval: list[float] | None) -> str:
    if interval is None:
        return f"; an interval needs {FEWEST_QUERIES} queries"
    return f"; between: 95 % interval {write_interval(interval)}"


def draw_between(summary: Summary, sources: Iterable[Source], ground: Ground) -> go.Figure:
    """Return within and between on one cosine axis, with the floor and the people's line."""
    inter = summary["inter"]
    between, within = _get(inter, "mean"), average_within(summary, sources)
    low, high = _get(inter, "ci95") or (None, None)
    figure = go.Figure()
    shown = [("between models", between, "circle"), ("within a model", within, "circle-open")]
    for place, (words, value, symbol) in enumerate(shown):
        if value is None:
            continue
        arms = None
        if words == "between models" and low is not None and high is not None:
            arms = {
                "type": "data",
                "symmetric": False,
                "array": [high - value],
                "arrayminus": [value - low],
                "thickness": 1.5,
                "width": 0,
            }
        figure.add_trace(
            go.Scatter(
                x=[value],
                y=[place],
                error_x=arms,
                mode="markers",
                marker={"size": 11, "color": ground.accent, "symbol": symbol},
                name=words,
                hovertemplate="%{x:.3f}",
            )
        )
    _draw_controls(figure, summary, ground)
    _lay_out_similarity(figure, [words for words, _, _ in shown], ground)
    figure.update_layout(margin={"l": 110})
    return figure


def list_nearest(summary: Summary) -> list[tuple[int, float]]:
    """Return (N, models among the N nearest) where it is defined, N rising."""
    counts = summary["nearest_models"] or {}
    pairs = [(int(n), value) for n, value in counts.items() if n.isdigit() and value is not None]
    return sorted(pairs)


def count_models(sources: Iterable[Source]) -> int:
    """Return the distinct models among sources."""
    return len({source.model for source in sources if source.is_model})


def read_nearest(summary: Summary, sources: Iterable[Source]) -> Reading:
    """Return the reading of the models among the N nearest answers."""
    pairs, models = list_nearest(summary), count_models(sources)
    rows: tuple[dict[str, object], ...] = tuple(
        {"nearest answers": n, "models among them": value} for n, value in pairs
    )
    if not pairs:
        reason = summary.get("nearest_models_reason") or "no query has more than five answers"
        if isinstance(summary["nearest_models"], Mapping):
            reason = summary["nearest_models"].get("reason") or reason
        return Reading(f"Models among the nearest answers are undefined: {reason}.", "", rows)
    n, value = pairs[0]
    sentence = (
        f"Among the {n} answers nearest to an answer, {value:.1f} of {count(models, 'model')}"
    )
    basis = (
        "Distinct models among the N nearest answers by models to the same query, averaged over "
        f"{count(summary['queries'], 'query')}: 1 is fully separated, {models} fully mixed; "
        "N answers cannot hold more than N models."
    )
    return Reading(f"{sentence} appear on average.", basis, rows)


def draw_nearest(summary: Summary, sources: Iterable[Source], ground: Ground) -> go.Figure:
    """Return the line of models over N, between fully separated and fully mixed."""
    pairs, models = list_nearest(summary), count_models(sources)
    figure = go.Figure(
        go.Scatter(
            x=[n for n, _ in pairs],
            y=[value for _, value in pairs],
            mode="lines+markers",
            line={"color": ground.accent, "width": 2},
            marker={"size": 7, "color": ground.accent},
            hovertemplate="N = %{x}: %{y:.2f} models<extra></extra>",
        )
    )
    for level, words in {1: "fully separated", models: "fully mixed"}.items():
        figure.add_hline(
            y=level,
            line={"color": ground.muted, "width": 1, "dash": "dot"},
            annotation={
                "text": words,
                "font": {"size": 12, "color": ground.muted},
                "xanchor": "right",
                "x": 1,
            },
        )
    figure.update_layout(
        height=230,
        margin={"l": 40, "r": 12, "t": 22, "b": 40},
        showlegend=False,
        dragmode=False,
    )
    axis = {
        "zeroline": False,
        "gridcolor": ground.line,
        "fixedrange": True,
        "tickfont": {"size": 12, "color": ground.muted},
    }
    figure.update_xaxes(
        title={"text": "nearest answers (N)", "font": {"size": 12, "color": ground.muted}},
        showgrid=False,
        tickvals=[n for n, _ in pairs],
        **axis,
    )
    step = max(1, round(models / 5))
    pad = 0.15 * max(models - 1, 1)
    figure.update_yaxes(range=[1 - pad, max(models, 2) + pad], tick0=1, dtick=step, **axis)
    return figure
