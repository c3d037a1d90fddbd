"""Ranks and their correlation, with scipy as the oracle."""

import numpy as np
import pytest
from scipy.stats import rankdata, spearmanr

from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.ranking import correlate_ranks, rank_columns

NAN = float("nan")


def make_values(sources: int, columns: int, seed: int = 0) -> Floats:
    """Return random values with ties."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 6, (sources, columns)).astype(np.float64)


def test_hand_worked_ranks() -> None:
    values = np.array([[0.2, 5.0], [0.9, NAN], [0.2, 7.0], [0.1, NAN]])
    expected = np.array([[2.5, 2], [1, NAN], [2.5, 1], [4, NAN]])
    assert rank_columns(values) == pytest.approx(expected, nan_ok=True)


def test_ranks_are_those_of_scipy_from_the_top() -> None:
    values = make_values(12, 5)
    expected = [rankdata(-column) for column in values.T]
    assert np.array_equal(rank_columns(values), np.array(expected).T)


def test_ranks_of_nothing() -> None:
    assert rank_columns(np.zeros((0, 3))).shape == (0, 3)
    assert rank_columns(np.zeros((3, 0))).shape == (3, 0)
    assert np.isnan(rank_columns(np.full((3, 2), NAN))).all()
    assert rank_columns(np.array([[4.0]])).tolist() == [[1]]
    assert rank_columns(np.full((5, 1), 0.3)).ravel().tolist() == [3] * 5


def test_hand_worked_correlation() -> None:
    # One swap of neighbours among five: 1 - 6 x 2 / (5 x 24) = .9.
    values = np.array([[1, 1], [2, 3], [3, 2], [4, 4], [5, 5]], np.float64)
    assert correlate_ranks(values) == pytest.approx(np.array([[1, 0.9], [0.9, 1]]))
    assert correlate_ranks(values * [1, -1])[0, 1] == pytest.approx(-0.9)


@pytest.mark.parametrize("seed", range(4))
def test_correlations_are_those_of_scipy(seed: int) -> None:
    values = make_values(15, 4, seed)
    assert correlate_ranks(values) == pytest.approx(spearmanr(values).statistic)


def test_each_two_columns_are_compared_on_the_rows_they_share() -> None:
    values = make_values(12, 3, 7)
    values[:3, 0] = values[9:, 1] = NAN
    found = correlate_ranks(values)
    assert found[0, 1] == pytest.approx(spearmanr(values[3:9, :2]).statistic)
    assert found[0, 2] == pytest.approx(spearmanr(values[3:, [0, 2]]).statistic)
    assert found[1, 2] == pytest.approx(spearmanr(values[:9, 1:]).statistic)
    assert np.array_equal(found, found.T)


def test_order_of_rows_and_rising_transformations_change_nothing() -> None:
    values = make_values(10, 3, 1)
    order = np.random.default_rng(0).permutation(10)
    assert correlate_ranks(values[order]) == pytest.approx(correlate_ranks(values))
    assert correlate_ranks(np.exp(values)) == pytest.approx(correlate_ranks(values))


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_under_three_rows_there_is_no_correlation(rows: int) -> None:
    assert np.isnan(correlate_ranks(np.arange(2.0 * rows).reshape(rows, 2))).all()


def test_a_constant_column_has_no_correlation_and_not_zero() -> None:
    values = np.column_stack([np.arange(5.0), np.full(5, 0.7), np.full(5, NAN)])
    found = correlate_ranks(values)
    assert found[0, 0] == pytest.approx(1)
    assert np.isnan(found).sum() == 8
    assert correlate_ranks(np.zeros((4, 0))).shape == (0, 0)
