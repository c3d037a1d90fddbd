"""Spearman's correlation, draw by draw, with scipy on the expanded resample as the oracle."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.spearman import correlate, correlate_draws, rank_draws

NAN = float("nan")
DRAWS = 150  # more than are worked on together


def make_weights(queries: int, each: int, seed: int = 0) -> Floats:
    """Return weights of draws over queries that hold equally many items, (n, DRAWS)."""
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(queries, np.full(queries, 1 / queries), size=DRAWS)
    return np.repeat(drawn.T, each, axis=0).astype(np.float64)


def correlate_slowly(first: Floats, second: Floats, weights: Floats) -> Floats:
    """Return scipy's correlation of items repeated as often as they are drawn."""
    found = []
    for column in weights.T.astype(int):
        a, b = np.repeat(first, column), np.repeat(second, column)
        varied = len(np.unique(a)) > 1 and len(np.unique(b)) > 1
        found.append(spearmanr(a, b).statistic if varied else NAN)
    return np.array(found)


def test_hand_worked_correlation() -> None:
    # One swap of neighbours among five: 1 - 6 x 2 / (5 x 24) = .9.
    first, second = np.arange(5.0), np.array([0.0, 2, 1, 3, 4])
    assert correlate(first, second) == pytest.approx(0.9)
    assert correlate(first, -second) == pytest.approx(-0.9)
    # Ranks 1.5, 1.5, 3 against 1, 2.5, 2.5: (.5 - .25 + .5) / 1.5.
    tied = correlate(np.array([1.0, 1, 2]), np.array([5.0, 7, 7]))
    assert tied == pytest.approx(0.5)


def test_a_hand_worked_draw() -> None:
    # The draw takes the first item twice: ranks 1.5, 1.5, 3 against 2.5, 2.5, 1; the third never.
    weights = np.array([[2.0], [1], [0]])
    ranked = rank_draws(np.array([9.0, 4, 6]), weights)
    assert ranked.moments.ravel() == pytest.approx([1, -1, 0])
    assert ranked.scale == pytest.approx([np.sqrt(1.5)])
    assert correlate_draws(np.array([1.0, 2, 3]), ranked) == pytest.approx([-1])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("values", ["tied", "continuous", "tied against continuous"])
def test_every_draw_is_equal_to_scipy(values: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=(2, 40))
    if values != "continuous":
        second = np.rint(second)
    if values == "tied":
        first = np.rint(first)
    weights = make_weights(8, 5, seed)
    assert (weights == 0).any(axis=0).any()  # draws that miss items
    found = correlate_draws(first, rank_draws(second, weights))
    slow = correlate_slowly(first, second, weights)
    assert found == pytest.approx(slow, abs=1e-12, nan_ok=True)


def test_draws_of_a_part_of_the_queries_are_equal_to_scipy() -> None:
    # Items of two of eight queries: one draw in ten takes neither, more take one alone.
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 10))
    weights = make_weights(8, 5)[:10]
    found = correlate_draws(first, rank_draws(second, weights))
    empty = weights.sum(axis=0) == 0
    assert empty.any()
    assert np.array_equal(np.isnan(found), empty)
    slow = correlate_slowly(first, second, weights)
    assert found == pytest.approx(slow, abs=1e-12, nan_ok=True)


def test_a_draw_in_which_either_is_constant_is_nan_and_not_zero() -> None:
    first, second = np.array([1.0, 2, 3, 4]), np.array([7.0, 7, 8, 9])
    weights = np.array([[1.0, 1, 3, 0], [1, 1, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0]])
    found = correlate_draws(first, rank_draws(second, weights))
    assert np.isnan(found).tolist() == [False, True, True, True]
    assert np.isnan(correlate_draws(np.full(4, 0.1), rank_draws(second, weights))).all()


@pytest.mark.parametrize("seed", range(3))
def test_items_that_lack_either_are_left_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=30), np.rint(rng.normal(size=30))
    first[:6] = second[4:11] = NAN
    assert correlate(first, second) == pytest.approx(spearmanr(first[11:], second[11:]).statistic)


def test_of_too_little_there_is_no_correlation() -> None:
    none = np.zeros(0)
    assert np.isnan(correlate(none, none))
    assert np.isnan(correlate(np.ones(1), np.ones(1)))
    assert np.isnan(correlate(np.array([1.0, NAN, 2]), np.array([NAN, 1.0, NAN])))
    assert np.isnan(correlate(np.full(5, 3.0), np.arange(5.0)))
    assert np.isnan(correlate(np.arange(5.0), np.full(5, 0.1)))
    ranked = rank_draws(none, np.zeros((0, 3)))
    assert np.isnan(correlate_draws(none, ranked)).tolist() == [True] * 3
    assert correlate_draws(np.arange(4.0), rank_draws(np.ones(4), np.ones((4, 0)))).shape == (0,)


def test_order_rising_transformations_and_roles_change_nothing() -> None:
    rng = np.random.default_rng(4)
    first, second = np.rint(2 * rng.normal(size=(2, 40)))
    weights, order = make_weights(8, 5), rng.permutation(40)
    found = correlate_draws(first, rank_draws(second, weights))
    moved = correlate_draws(first[order], rank_draws(second[order], weights[order]))
    assert moved == pytest.approx(found, abs=1e-12)
    assert np.array_equal(correlate_draws(np.exp(first), rank_draws(second, weights)), found)
    assert correlate_draws(second, rank_draws(first, weights)) == pytest.approx(found, abs=1e-12)
    assert correlate_draws(-first, rank_draws(second, weights)) == pytest.approx(-found, abs=1e-12)


def test_endless_scores_are_ranked_last() -> None:
    scores = np.array([-np.inf, 0.3, 0.1, np.inf, np.inf])
    people = np.array([1.0, 3, 2, 5, 4])
    assert correlate(scores, people) == correlate(np.array([0.0, 3, 2, 9, 9]), people)


def test_no_correlation_leaves_its_range() -> None:
    values = np.random.default_rng(0).normal(size=400)
    found = correlate_draws(values, rank_draws(values, make_weights(40, 10)))
    assert found == pytest.approx(np.ones(DRAWS), abs=1e-12)
    assert found.max() <= 1
