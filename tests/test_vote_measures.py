"""Sides that people and scorers take, by hand and planted."""

import numpy as np
import pytest

from hivemind_core.measures.miscalibration import draw_items
from hivemind_core.measures.votes import (
    count_sides,
    predict_preference,
    share_by_prediction,
    share_majority,
)

NAN = float("nan")
LABELS = np.array([[2.0, 1, -1, 1], [-1, -2, -1, -1], [1, -1, 0, 0], [NAN, NAN, NAN, NAN]])


def test_hand_worked_sides() -> None:
    first, larger = count_sides(LABELS)
    assert first == pytest.approx([0.75, 0, 0.5, NAN], nan_ok=True)
    assert larger == pytest.approx([0.75, 1, 0.5, NAN], nan_ok=True)


def test_hand_worked_majorities() -> None:
    items = draw_items(np.zeros(4), np.arange(4), 50)
    found = share_majority(LABELS, np.array([0.3, 0.1, 5, 1]), items)
    # Right where three of four prefer the first, wrong where all prefer the second.
    assert [part.n for part in found] == [0, 0, 1, 0, 1]
    assert [part.share for part in found] == pytest.approx([NAN, NAN, 1, NAN, 0], nan_ok=True)
    assert [part.place for part in found] == pytest.approx([0.55, 0.65, 0.75, 0.85, 0.95])
    # A scorer that calls two answers equal takes no side.
    assert sum(part.n for part in share_majority(LABELS, np.zeros(4), items)) == 0
    assert sum(part.n for part in share_majority(LABELS, np.full(4, NAN), items)) == 0


def test_turning_every_pair_changes_no_majority() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(-2, 3, (60, 7)).astype(float)
    scores, items = rng.normal(size=60), draw_items(np.zeros(60), np.arange(60) // 3, 50)
    assert share_majority(labels, scores, items) == share_majority(-labels, -scores, items)


def draw_votes(scores: np.ndarray, slope: float, people: int = 40) -> np.ndarray:
    chance = 1 / (1 + np.exp(-slope * scores))
    votes = np.random.default_rng(1).random((len(scores), people)) < chance[:, None]
    return np.where(votes, 1.0, -1.0)


def test_a_planted_slope_is_found_and_its_curve_lies_on_the_diagonal() -> None:
    scores = np.random.default_rng(2).normal(size=400)
    labels = draw_votes(scores, 1.5)
    predicted = predict_preference(labels, scores)
    assert predicted == pytest.approx(1 / (1 + np.exp(-1.5 * scores)), abs=0.03)
    items = draw_items(np.zeros(400), np.arange(400) // 8, 200)
    curve = share_by_prediction(labels, scores, items)
    assert [part.n for part in curve] == [80] * 5
    for part in curve:
        assert part.share == pytest.approx(part.place, abs=0.05)
        assert part.low <= part.share <= part.high


def test_no_scores_predict_nothing() -> None:
    items = draw_items(np.zeros(4), np.arange(4), 10)
    assert share_by_prediction(LABELS, np.full(4, NAN), items) == ()
    assert predict_preference(LABELS, np.zeros(4)).tolist() == [0.5] * 4
    assert np.isnan(predict_preference(LABELS, np.full(4, NAN))).all()
    empty = draw_items(np.zeros(0), np.zeros(0, np.int64), 10)
    assert [part.n for part in share_majority(np.zeros((0, 3)), np.zeros(0), empty)] == [0] * 5
