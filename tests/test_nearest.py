"""Models among the N nearest, against the definition; among N drawn blindly, against chance."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from numpy.typing import NDArray

from hivemind_core.measures.nearest import (
    NEIGHBOURS,
    count_nearest_models,
    expect_models,
)
from tests.planted import make_ideas, make_unit_rows


def count_by_definition(
    rows: NDArray[np.float32], models: NDArray[np.int64], neighbours: tuple[int, ...]
) -> list[float]:
    """Sort all others by rounded cosine and place, anew for every response and N."""
    exact = rows.astype(np.float64)
    means = []
    for count in neighbours:
        seen = []
        for i in range(len(rows)):
            cosines = np.round(exact @ exact[i], 6)
            order = [j for j in np.lexsort((np.arange(len(rows)), -cosines)) if j != i]
            seen.append(len({models[j] for j in order[:count]}))
        means.append(float(np.mean(seen)))
    return means


@pytest.mark.parametrize("seed", range(3))
def test_equal_to_the_definition_with_many_ties(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = make_unit_rows(12, 6, seed)[rng.integers(0, 12, 80)]
    models = rng.integers(0, 5, 80)
    counted = count_nearest_models(rows, models, (5, 10, 40))
    assert counted.tolist() == count_by_definition(rows, models, (5, 10, 40))


def test_models_that_keep_to_themselves_give_one() -> None:
    models = np.repeat(np.arange(4), 15)
    rows = make_ideas(models, noise=0.2)
    assert count_nearest_models(rows, models, (5, 10)).tolist() == [1, 1]


def test_one_shared_answer_gives_every_model() -> None:
    models = np.arange(12) % 3
    rows = np.tile(make_unit_rows(1, 5), (12, 1))
    assert count_nearest_models(rows, models, (10,)).tolist() == [3]


def test_too_few_responses_are_nan() -> None:
    counted = count_nearest_models(make_unit_rows(11, 4), np.arange(11) % 2)
    assert np.isnan(counted).tolist() == [count >= 11 for count in NEIGHBOURS]
    assert np.isnan(count_nearest_models(make_unit_rows(0, 4), np.zeros(0, int))).all()


def test_many_responses_take_wider_keys_and_count_the_same() -> None:
    rows = make_unit_rows(40, 6)[np.arange(2200) % 40]
    models = np.arange(2200) % 7
    half = count_nearest_models(rows[:1100], models[:1100], (5, 20))
    assert half.tolist() == count_by_definition(rows[:1100], models[:1100], (5, 20))
    whole = count_nearest_models(rows, models, (5,))
    assert whole.tolist() == count_by_definition(rows, models, (5,))


def test_models_drawn_blindly_worked_by_hand() -> None:
    # To an answer of a, one of a and one of b are left; to the one of b, both of a.
    found = expect_models(np.array([[2, 1]]), (1, 2))
    assert found == pytest.approx(np.array([[1, 5 / 3]]))
    # Of 3, 2 and 1: two of five others hold 1.8, 1.7 and 1.6 models.
    assert expect_models(np.array([[3, 2, 1]]), (2,)) == pytest.approx(
        np.array([[(3 * 1.8 + 2 * 1.7 + 1.6) / 6]])
    )


@pytest.mark.parametrize("seed", range(4))
def test_models_drawn_blindly_are_those_of_all_draws(seed: int) -> None:
    counts = np.random.default_rng(seed).integers(0, 4, 4)
    counts[0] += 2
    written = np.repeat(np.arange(4), counts).tolist()
    neighbours = tuple(range(1, len(written)))
    for n, found in zip(neighbours, expect_models(counts[None], neighbours)[0], strict=True):
        seen = [
            len({others[i] for i in drawn})
            for place in range(len(written))
            for others in [written[:place] + written[place + 1 :]]
            for drawn in combinations(range(len(others)), n)
        ]
        assert found == pytest.approx(np.mean(seen))


def test_models_dealt_to_the_answers_blindly_give_what_is_expected() -> None:
    rng = np.random.default_rng(0)
    counts = np.array([[12, 7, 1, 0, 25]])
    models, rows = np.repeat(np.arange(5), counts[0]), make_unit_rows(45, 6)
    dealt = [count_nearest_models(rows, rng.permutation(models), (5, 10, 40)) for _ in range(1500)]
    found = expect_models(counts, (5, 10, 40))[0]
    assert np.mean(dealt, axis=0) == pytest.approx(found, abs=0.015)


def test_many_answers_lose_no_digits() -> None:
    counts = np.array([[50] * 79])
    missed = comb(3949 - 50, 50) / comb(3949, 50), comb(3949 - 49, 50) / comb(3949, 50)
    expected = 79 - 78 * missed[0] - missed[1]
    assert expect_models(counts, (50,))[0, 0] == pytest.approx(expected, rel=1e-9)


def test_expected_models_lie_between_one_and_the_most_and_grow_with_n() -> None:
    counts = np.random.default_rng(1).integers(0, 9, (40, 6))
    found = expect_models(counts)
    bound = np.minimum((counts > 0).sum(axis=1)[:, None], NEIGHBOURS)
    held = ~np.isnan(found)
    assert held.any()
    assert (found[held] >= 1).all()
    assert (found[held] <= bound[held] + 1e-9).all()
    assert (np.diff(found, axis=1)[held[:, 1:]] >= -1e-9).all()


def test_names_of_models_and_order_of_queries_change_no_expectation() -> None:
    rng = np.random.default_rng(2)
    counts = rng.integers(0, 9, (20, 5))
    found, order = expect_models(counts), rng.permutation(20)
    assert np.allclose(expect_models(counts[order]), found[order], equal_nan=True)
    assert np.allclose(expect_models(counts[:, ::-1]), found, equal_nan=True)
    apart = np.insert(counts, 2, 0, axis=1)  # one more model, that answers nothing
    assert np.allclose(expect_models(apart), found, equal_nan=True)


def test_one_model_is_expected_alone_and_too_few_answers_are_nan() -> None:
    assert expect_models(np.array([[9]]), (1, 8)).tolist() == [[1, 1]]
    for total in (0, 1, 5, 6, 11, 51):
        counts = np.array([[total, 0]])
        rows = make_unit_rows(total, 4)
        counted = count_nearest_models(rows, np.zeros(total, int))
        assert np.isnan(expect_models(counts)[0]).tolist() == np.isnan(counted).tolist()
    for shape in ((0, 3), (0, 0), (2, 0)):
        found = expect_models(np.zeros(shape, np.int64))
        assert found.shape == (shape[0], len(NEIGHBOURS))
        assert np.isnan(found).all()
