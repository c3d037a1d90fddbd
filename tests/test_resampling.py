"""Bootstrap over queries."""

import numpy as np
import pytest

from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.resampling import (
    CHUNK,
    UNDEFINED,
    Estimate,
    average,
    draw_weights,
    estimate_columns,
    find_interval,
    make_estimate,
    resample,
)

NAN = float("nan")


def draw(queries: int, draws: int = 300, seed: int = 0) -> list[Floats]:
    return list(draw_weights(queries, draws, np.random.default_rng(seed)))


def test_each_draw_takes_as_many_queries_as_there_are() -> None:
    weights = np.concatenate(list(draw_weights(7, 250, np.random.default_rng(0))))
    assert weights.shape == (250, 7)
    assert (weights.sum(axis=1) == 7).all()


def test_the_seed_repeats_the_draws() -> None:
    first, second = (list(draw_weights(5, 20, np.random.default_rng(4))) for _ in range(2))
    assert np.array_equal(first, second)


def test_equal_to_averaging_the_drawn_rows() -> None:
    rng = np.random.default_rng(1)
    values, counts = rng.normal(size=(6, 3)), rng.integers(1, 9, (6, 3)).astype(float)
    values[2, 1] = np.nan
    (weights,) = draw_weights(6, 50, rng)
    means = np.concatenate(resample(values, counts, [weights]))
    for draw, mean in zip(weights, means, strict=True):
        rows = np.repeat(np.arange(6), draw.astype(int))
        for column in range(3):
            kept = rows[~np.isnan(values[rows, column])]
            expected = np.average(values[kept, column], weights=counts[kept, column])
            assert mean[column] == pytest.approx(expected)


def test_average_leaves_nan_out_and_is_nan_of_nothing() -> None:
    values = np.array([[1.0, np.nan], [3.0, np.nan]])
    assert average(values, np.ones((2, 2))) == pytest.approx([2, np.nan], nan_ok=True)


def test_interval_covers_the_mean_of_normal_data_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(200):
        values = rng.normal(size=(60, 1))
        draws = np.concatenate(resample(values, np.ones((60, 1)), draw_weights(60, 400, rng)))
        low, high = find_interval(draws[:, 0])
        hits += low <= 0 <= high
    assert 180 <= hits <= 198


def test_interval_of_nothing_is_nan() -> None:
    assert np.isnan(find_interval(np.full(3, np.nan))).all()


def test_draws_come_in_chunks_and_without_queries_too() -> None:
    assert [len(chunk) for chunk in draw(4, 2 * CHUNK + 1)] == [CHUNK, CHUNK, 1]
    assert draw(4, 0) == []
    assert [chunk.shape for chunk in draw(0, 7)] == [(7, 0)]


def test_interval_by_hand() -> None:
    draws = np.arange(101.0)
    assert find_interval(draws) == pytest.approx((2.5, 97.5))
    assert find_interval(draws, level=0.8) == pytest.approx((10, 90))
    assert find_interval(np.append(draws, NAN)) == find_interval(draws)


def test_estimate_by_hand() -> None:
    draws = np.arange(101.0)
    five = make_estimate(50.0, draws, 5)
    assert (five.mean, five.low, five.high, five.queries) == pytest.approx((50, 2.5, 97.5, 5))
    four = make_estimate(50.0, draws, 4)  # of which few draws differ
    assert (four.mean, four.queries, four.interval) == (50, 4, None)
    assert make_estimate(NAN, draws, 5) is UNDEFINED
    assert make_estimate(50.0, np.full(9, NAN), 5).interval is None
    assert not UNDEFINED.is_defined


def test_columns_have_their_own_means_and_holes_and_the_same_draws() -> None:
    own = np.array([1.0, 2.0, 3.0, 3.0, 6.0])
    lone = np.array([NAN, 5.0, NAN, NAN, NAN])
    values = np.column_stack([own, 10 * own, lone, np.full(5, NAN)])
    first, tenfold, alone, nothing = estimate_columns(values, np.ones((5, 4)), draw(5))
    assert (first.mean, first.queries) == (3, 5)
    assert (tenfold.low, tenfold.high) == pytest.approx((10 * first.low, 10 * first.high))
    assert (alone.mean, alone.queries, alone.interval) == (5, 1, None)
    assert nothing is UNDEFINED
    assert 1 <= first.low < 3 < first.high <= 6


def test_columns_are_weighted() -> None:
    values, weights = np.array([[1.0], [4.0]]), np.array([[2.0], [1.0]])
    (found,) = estimate_columns(values, weights, draw(2))
    assert found.mean == pytest.approx(2)
    # Draws hold the first query alone, both, or the second alone.
    means = np.concatenate(resample(values, weights, draw(2)))
    assert set(np.round(means.ravel(), 9).tolist()) == {1, 2, 4}


def test_a_column_of_one_value_has_an_interval_without_width() -> None:
    (found,) = estimate_columns(np.full((6, 1), 0.25), np.ones((6, 1)), draw(6))
    assert found == Estimate(0.25, 0.25, 0.25, 6)


@pytest.mark.parametrize("shape", [(0, 2), (3, 0), (0, 0)])
def test_columns_of_nothing_are_undefined(shape: tuple[int, int]) -> None:
    found = estimate_columns(np.zeros(shape), np.ones(shape), draw(shape[0]))
    assert found == (UNDEFINED,) * shape[1]


def test_without_draws_there_is_a_mean_and_no_interval() -> None:
    (found,) = estimate_columns(np.array([[1.0], [3.0]]), np.ones((2, 1)), [])
    assert (found.mean, found.interval) == (2, None)
