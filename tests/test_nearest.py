"""Models among the N nearest, against the definition."""

import numpy as np
import pytest
from numpy.typing import NDArray

from hivemind_core.measures.nearest import NEIGHBOURS, count_nearest_models
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
