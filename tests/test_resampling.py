"""Bootstrap over queries."""

import numpy as np
import pytest

from hivemind_core.measures.resampling import average, draw_weights, find_interval, resample


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
