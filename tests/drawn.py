"""Small figures of scorers against people, and how their parts are found."""

from collections.abc import Callable, Iterator
from math import isnan, nan
from typing import Any

import numpy as np
import plotly.graph_objects as go

from hivemind_core.figures.curves import Curve, Slice, describe_curves, draw_curves
from hivemind_core.figures.labels import describe_labels, draw_labels
from hivemind_core.figures.palette import LIGHT, Ground, Ink
from hivemind_core.figures.scatter import ItemPoints, describe_scatter, draw_scatter
from hivemind_core.figures.verdicts import VerdictRow, describe_verdicts, draw_verdicts
from hivemind_core.figures.votes import (
    ReliabilityRow,
    VoteRow,
    describe_reliability,
    describe_votes,
    draw_reliability,
    draw_votes,
)
from hivemind_core.measures.miscalibration import SliceResult

HOSTILE = "<img src=x onerror=alert(1)> %{x} &amp; " + "long " * 40
TITLES = ("score", "mean rating", "entropy")
INKS = {"gpt-4o": Ink("#123456"), "b": Ink("#654321", "square")}
Figures = tuple[Callable[[str], go.Figure], Callable[[str], str]]


def make_result(spearman: float = 0.3, expected: float = 0.35, n: int = 150) -> SliceResult:
    gap = spearman - expected
    return SliceResult(
        n,
        50,
        spearman,
        spearman - 0.1,
        spearman + 0.1,
        expected,
        expected - 0.05,
        expected + 0.05,
        gap,
        gap - 0.02,
        gap + 0.02,
        0.01,
    )


TOO_FEW = SliceResult(12, 3, reason="too few to say")


def make_curve(scorer: str = "gpt-4o", *values: float) -> Curve:
    """Return a curve over as many bins as values; one at nan has too few items."""
    held = values or (0.5, 0.4, 0.1)
    results = [TOO_FEW if isnan(value) else make_result(value) for value in held]
    slices = [
        Slice(f"bin {i} of {len(held)}", i, result, 0.9 if not result.reason else nan)
        for i, result in enumerate(results, 1)
    ]
    return Curve(scorer, make_result(0.36, n=750), tuple(slices))


def make_row(scorer: str = "gpt-4o", kind: str = "lm", gap: float = -0.2) -> VerdictRow:
    return VerdictRow(scorer, kind, make_result(0.4), make_result(0.3 + gap, 0.3), 0.01)


def make_points(n: int = 5) -> ItemPoints:
    ranks = np.arange(n, dtype=np.float64)
    return ItemPoints(ranks, ranks % 4 + 1, ranks / max(n, 1), np.arange(n, dtype=np.int64) + 10)


def make_votes(scorer: str = "gpt-4o") -> VoteRow:
    return VoteRow(
        scorer, (0.55, 0.75, 0.95), (0.5, nan, 0.8), (0.4, nan, 0.7), (0.6, nan, 0.9), (40, 3, 60)
    )


def make_reliability(scorer: str = "gpt-4o") -> ReliabilityRow:
    return ReliabilityRow(scorer, (0.2, 0.6), (0.3, 0.6), (0.2, 0.5), (0.4, 0.7), (100, 25))


def draw(*curves: Curve, ground: Ground = LIGHT, is_reversed: bool = False) -> go.Figure:
    return draw_curves(curves, "disagreement", INKS, ground, is_reversed=is_reversed)


def find(figure: go.Figure, name: str) -> Any:
    (trace,) = [trace for trace in figure.data if trace.name == name]
    return trace


def list_words(figure: go.Figure) -> list[str]:
    return [annotation.text for annotation in figure.layout.annotations]


def walk(part: object) -> Iterator[str]:
    """Yield every text of a figure."""
    if isinstance(part, dict):
        for value in part.values():
            yield from walk(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from walk(value)
    elif isinstance(part, str):
        yield part


def draw_all(name: str = "gpt-4o", ground: Ground = LIGHT) -> dict[str, Figures]:
    """Return every figure, as a function of its mark, with its words."""
    one, two = make_curve(name), make_curve("b", 0.2, nan, 0.1)
    rows = [make_row(name), make_row("b", name, 0.001)]
    points, titles = make_points(), (name, name, name)
    votes, reliability = [make_votes(name)], [make_reliability(name)]
    return {
        "one": (
            lambda mark: draw_curves([one], name, INKS, ground, mark=mark),
            lambda mark: describe_curves([one], mark),
        ),
        "several": (
            lambda mark: draw_curves([one, two], name, INKS, ground, mark=mark),
            lambda mark: describe_curves([one, two], mark),
        ),
        "many": (
            lambda mark: draw_curves([two] * 8 + [one], name, INKS, ground, mark=mark),
            lambda mark: describe_curves([two] * 8 + [one], mark),
        ),
        "verdicts": (
            lambda mark: draw_verdicts(rows, ground, mark),
            lambda mark: describe_verdicts(rows, mark),
        ),
        "scatter": (
            lambda mark: draw_scatter(points, titles, ground, mark),
            lambda mark: describe_scatter(points, titles, mark),
        ),
        "labels": (
            lambda mark: draw_labels([3, 0, 2], [1, 2, 3], ground, mark),
            lambda mark: describe_labels([3, 0, 2], [1, 2, 3], mark),
        ),
        "votes": (
            lambda mark: draw_votes(votes, INKS, ground, mark),
            lambda mark: describe_votes(votes, mark),
        ),
        "reliability": (
            lambda mark: draw_reliability(reliability, INKS, ground, mark),
            lambda mark: describe_reliability(reliability, mark),
        ),
    }
