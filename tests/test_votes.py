"""Scorers against votes: shares over bins, predicted against observed, and words."""

from dataclasses import replace
from math import nan

import pytest

from hivemind_core.figures.palette import LIGHT
from hivemind_core.figures.votes import (
    describe_reliability,
    describe_votes,
    draw_reliability,
    draw_votes,
)
from tests.drawn import INKS, find, list_words, make_reliability, make_votes


def test_no_rows_give_empty_panels() -> None:
    assert draw_votes([], {}, LIGHT).layout.height > 0
    assert draw_reliability([], {}, LIGHT).layout.height > 0
    assert describe_votes([]) == "No scorer picks a side in any pair."
    assert describe_reliability([]) == "No scorer predicts a preference."


def test_votes_are_shares_over_bins_with_chance() -> None:
    figure = draw_votes([make_votes()], INKS, LIGHT)
    line = find(figure, "gpt-4o")
    assert line.y == (0.5, None, 0.8)
    assert line.error_y.array == pytest.approx([0.1, 0, 0.1])
    assert set(find(figure, "chance").y) == {0.5}
    assert figure.layout.xaxis.ticktext == (
        "50–65 %<br>n = 40",
        "65–85 %<br>n = 3",
        "85–100 %<br>n = 60",
    )
    assert list_words(figure) == ["chance", "gpt-4o"]
    assert find(figure, "gaps").hovertext == (
        "gpt-4o: too few to say; 3 pairs with 75 % of annotators on the larger side",
    )
    low, high = figure.layout.yaxis.range
    assert low < 0.4
    assert high > 0.9


def test_votes_in_words() -> None:
    better = replace(make_votes("b"), shares=(0.5, 0.6, 0.9))
    assert describe_votes([make_votes(), better]) == (
        "Picks the side most people picked, where they agree most: b in 90 % of 60 pairs with "
        "95 % on it; gpt-4o in 80 % of 60 pairs with 95 % on it."
    )
    assert describe_votes([make_votes()]).count("gpt-4o") == 1


def test_reliability_has_a_diagonal_and_points_by_their_pairs() -> None:
    figure = draw_reliability([make_reliability()], INKS, LIGHT)
    line = find(figure, "gpt-4o")
    assert (line.x, line.y) == ((0.2, 0.6), (0.3, 0.6))
    assert line.marker.size == (16, 8)  # the area goes by n
    assert line.error_y.arrayminus == pytest.approx([0.1, 0.1])
    diagonal = find(figure, "as predicted")
    assert diagonal.x == diagonal.y == (0, 1)
    assert line.hovertext[0] == (
        "gpt-4o: predicted 20 %, observed 30 % (95 % interval 20 % to 40 %), 100 pairs"
    )


def test_reliability_in_words_weighs_distances_by_pairs() -> None:
    # (.1 x 100 + 0 x 25) / 125
    assert describe_reliability([make_reliability()]) == (
        "Mean distance of predicted from observed shares: .08 for gpt-4o."
    )
    exact = replace(make_reliability("b"), observed=(0.2, nan))
    assert describe_reliability([make_reliability(), exact]).endswith(
        ".00 for b to .08 for gpt-4o."
    )


@pytest.mark.parametrize("count", [1, 8, 66])
def test_many_scorers_of_votes_and_reliability_are_grey(count: int) -> None:
    votes = draw_votes([make_votes(f"s{i}") for i in range(count)], {}, LIGHT)
    rows = draw_reliability([make_reliability(f"s{i}") for i in range(count)], {}, LIGHT)
    for figure in (votes, rows):
        named = [trace for trace in figure.data if trace.name.startswith("s")]
        assert len(named) == min(count, 8)
        assert any(trace.name == "others" for trace in figure.data) == (count > 8)
