"""Scorers in rows: agreements, differences, what is clear, kinds, and words."""

from dataclasses import replace
from math import nan
from typing import Any

import plotly.graph_objects as go
import pytest

from hivemind_core.figures.palette import DARK, LIGHT, Ground, mix
from hivemind_core.figures.verdicts import describe_verdicts, draw_verdicts
from tests.drawn import TOO_FEW, find, list_words, make_result, make_row


def test_no_scorers_give_empty_panels() -> None:
    assert draw_verdicts([], LIGHT).layout.height > 0
    assert describe_verdicts([]) == (
        "No scorer can be judged on the items people disagree about most."
    )


def list_differences(figure: go.Figure) -> list[Any]:
    return [trace for trace in figure.data if trace.name == "difference"]


def test_a_row_has_both_agreements_the_expectation_and_the_difference() -> None:
    figure = draw_verdicts([make_row()], LIGHT)
    full, part = (trace for trace in figure.data if trace.name == "spearman")
    assert (full.x, part.x) == ((0.4,), (pytest.approx(0.1),))
    assert full.y[0] < 0 < part.y[0]  # the row is 0; below is larger
    assert find(figure, "expected").x == (0.3,)
    (difference,) = list_differences(figure)
    assert difference.x == pytest.approx([-0.2])
    assert difference.error_x.array == pytest.approx([0.02])
    assert difference.xaxis == "x2"
    assert difference.hovertext == (
        "gpt-4o<br>all items: .40 (.30 to .50; 150 items)<br>"
        "most disagreed: .10 (.00 to .20; 150 items)<br>range alone would give .30<br>"
        "difference −.20, 95 % interval −.22 to −.18<br>adjusted p .010",
    )
    assert list_words(figure) == ["−.20"]
    assert figure.layout.xaxis.title.text == "Spearman's rho with people"


@pytest.mark.parametrize("ground", [LIGHT, DARK])
@pytest.mark.parametrize(
    "gap, p, is_clear",
    [
        (-0.2, 0.05, True),
        (0.2, 0.01, True),
        (-0.2, 0.051, False),
        (0.01, 0.01, False),
        (-0.02, 0.01, False),  # the interval ends at 0
        (-0.2, nan, False),
    ],
)
def test_only_what_the_interval_and_p_hold_up_is_in_full_ink(
    gap: float, p: float, is_clear: bool, ground: Ground
) -> None:
    row = replace(make_row(gap=0), disagreed=make_result(gap, 0.0), p_adjusted=p)
    figure = draw_verdicts([row], ground)
    assert row.is_clear == is_clear
    (difference,) = list_differences(figure)
    faded = mix(ground.accent, ground.paper, 0.5)
    assert difference.marker.color == (ground.accent if is_clear else faded)
    (value,) = figure.layout.annotations
    assert value.font.color == (ground.ink if is_clear else ground.muted)


def test_a_row_without_a_verdict_says_why() -> None:
    rows = [replace(make_row(), disagreed=TOO_FEW, p_adjusted=nan), make_row("b")]
    figure = draw_verdicts(rows, LIGHT)
    assert list_words(figure) == ["–", "too few to say", "−.20"]
    assert sum(len(trace.x) for trace in list_differences(figure)) == 1
    hovers = [text for trace in figure.data for text in trace.hovertext or ()]
    assert (
        "gpt-4o<br>all items: .40 (.30 to .50; 150 items)<br>"
        "most disagreed: too few to say (12 items)"
    ) in hovers


def test_scorers_of_a_kind_stand_together_under_its_name() -> None:
    rows = [make_row("a"), make_row("r", "reward_model"), make_row("c"), make_row("x", "<i>new")]
    figure = draw_verdicts(rows, LIGHT)
    assert figure.layout.yaxis.ticktext == (
        "<b>Language models</b>",
        "a",
        "c",
        "<b>Reward models</b>",
        "r",
        "<b>&lt;i&gt;new</b>",
        "x",
    )
    (difference,) = list_differences(figure)
    assert [round(y) for y in difference.y] == [1, 4, 2, 6]
    assert draw_verdicts(rows[:1], LIGHT).layout.yaxis.ticktext == ("a",)


@pytest.mark.parametrize("count", [1, 6, 66, 100])
def test_rows_have_room_and_axes_hold_what_they_show(count: int) -> None:
    rows = [make_row(f"s{i}", "lm", i / count - 0.5) for i in range(count)]
    figure = draw_verdicts(rows, LIGHT, "SIMULATED")
    layout = figure.layout
    inner = layout.height - layout.margin.t - layout.margin.b
    assert inner >= 16 * count
    low, high = layout.xaxis2.range
    assert low < -0.5 - 0.02
    assert low < 0 < high
    assert 0 in layout.xaxis2.tickvals
    assert (layout.xaxis.zeroline, layout.xaxis2.zeroline) == (True, True)
    assert layout.xaxis.range[0] < min(0.3 - 0.5 - 0.1, 0)
    stamps = [each for each in layout.annotations if each.text == "SIMULATED"]
    assert len(stamps) == max(1, round(inner / 420))
    assert len(figure.data) <= 13


def test_verdicts_in_words() -> None:
    rows = [make_row(), make_row("b", gap=0.1), make_row("c", gap=0.001)]
    rows.append(replace(make_row("d"), disagreed=TOO_FEW))
    assert describe_verdicts(rows) == (
        "On the items people disagree about most, clearly below what range alone would give: "
        "1 of 3 scorers; clearly above: 1. The widest difference is −.20, of gpt-4o. "
        "1 cannot be judged."
    )
