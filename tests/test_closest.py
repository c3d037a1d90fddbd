"""The nearest pairs of answers, against a sort of all of them."""

from itertools import combinations, product

import numpy as np
import pytest
from numpy.typing import NDArray

from hivemind_core.measures.closest import rank_closest
from tests.planted import make_unit_rows

EAST, NORTH, BETWEEN = [1.0, 0.0], [0.0, 1.0], [0.8, 0.6]


def find_closest(
    first: NDArray[np.float32], second: NDArray[np.float32], count: int, *, is_same: bool = False
) -> list[tuple[int, int, float]]:
    """Return the pairs of unit rows with the highest cosines, highest first."""
    return rank_closest(first.astype(float) @ second.astype(float).T, count, is_same=is_same)


def test_hand_worked_pairs() -> None:
    first, second = np.array([EAST, NORTH], np.float32), np.array([BETWEEN, EAST], np.float32)
    assert find_closest(first, second, 3) == [(0, 1, 1.0), (0, 0, 0.8), (1, 0, 0.6)]
    own = np.array([EAST, NORTH, BETWEEN], np.float32)
    assert find_closest(own, own, 9, is_same=True) == [(0, 2, 0.8), (1, 2, 0.6), (0, 1, 0.0)]


@pytest.mark.parametrize("count", [1, 7, 500])
def test_equal_to_sorting_all_pairs(count: int) -> None:
    first, second = make_unit_rows(12, 5), make_unit_rows(9, 5, seed=1)
    cosines = np.round(first.astype(float) @ second.astype(float).T, 6)
    pairs = sorted(product(range(12), range(9)), key=lambda pair: -cosines[pair])[:count]
    found = find_closest(first, second, count)
    assert [(i, j) for i, j, _ in found] == pairs
    assert [cosine for *_, cosine in found] == [cosines[pair] for pair in pairs]
    assert all(type(i) is int and type(cosine) is float for i, _, cosine in found)


def test_the_same_rows_pair_once_and_never_with_themselves() -> None:
    rows = make_unit_rows(8, 3)
    found = find_closest(rows, rows, 100, is_same=True)
    assert sorted((i, j) for i, j, _ in found) == list(combinations(range(8), 2))
    whole = [pair for pair in find_closest(rows, rows, 100) if pair[0] < pair[1]]
    assert whole == found


def test_ties_come_in_the_order_of_rows() -> None:
    rows = np.tile(np.array([EAST, NORTH], np.float32), (20, 1))
    alike = [(i, j) for i, j in product(range(40), repeat=2) if i % 2 == j % 2]
    assert [pair[:2] for pair in find_closest(rows, rows, 800)] == alike
    once = [(i, j) for i, j in alike if i < j]
    assert [pair[:2] for pair in find_closest(rows, rows, 50, is_same=True)] == once[:50]


def test_what_rounding_sets_apart_still_ties() -> None:
    second = np.array([[1 - 1e-7, 0], EAST], np.float32)
    assert find_closest(np.array([EAST], np.float32), second, 2) == [(0, 0, 1.0), (0, 1, 1.0)]


def test_rotation_changes_no_pair_and_sides_may_be_swapped() -> None:
    first, second = make_unit_rows(10, 4), make_unit_rows(6, 4, seed=2)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0].astype(np.float32)
    plain, turned = find_closest(first, second, 8), find_closest(first @ turn, second @ turn, 8)
    assert [pair[:2] for pair in turned] == [pair[:2] for pair in plain]
    swapped = find_closest(second, first, 8)
    assert [(j, i, cosine) for i, j, cosine in swapped] == plain


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 3), (3, 0)])
def test_without_answers_there_are_no_pairs(first: int, second: int) -> None:
    assert find_closest(make_unit_rows(first, 4), make_unit_rows(second, 4), 5) == []


@pytest.mark.parametrize("rows", [0, 1])
def test_one_answer_is_no_pair(rows: int) -> None:
    own = make_unit_rows(rows, 4)
    assert find_closest(own, own, 5, is_same=True) == []


def test_similarities_are_ranked_by_hand() -> None:
    values = np.array([[0.2, 0.7, -0.5], [0.7, 0.9, 0.1]])
    assert rank_closest(values, 4) == [(1, 1, 0.9), (0, 1, 0.7), (1, 0, 0.7), (0, 0, 0.2)]
    own = np.array([[1, 0.2, 0.7], [0.2, 1, 0.7], [0.7, 0.7, 1]])
    assert rank_closest(own, 9, is_same=True) == [(0, 2, 0.7), (1, 2, 0.7), (0, 1, 0.2)]


def test_cosines_are_ranked_like_their_vectors_and_stay_as_they_are() -> None:
    rows = make_unit_rows(9, 5)
    cosines = rows.astype(np.float64) @ rows.astype(np.float64).T
    before = cosines.copy()
    for is_same in (False, True):
        found = rank_closest(cosines, 20, is_same=is_same)
        assert found == find_closest(rows, rows, 20, is_same=is_same)
    assert np.array_equal(cosines, before)


def test_undefined_similarities_are_no_pairs() -> None:
    values = np.array([[np.nan, 0.1], [0.3, np.nan]])
    assert rank_closest(values, 9) == [(1, 0, 0.3), (0, 1, 0.1)]
    assert rank_closest(values, 9, is_same=True) == [(0, 1, 0.1)]
    assert rank_closest(np.full((2, 2), np.nan), 9) == []
    for shape in ((0, 0), (0, 3), (3, 0)):
        assert rank_closest(np.empty(shape), 9) == []
    assert rank_closest(np.ones((1, 1)), 9, is_same=True) == []


def test_no_pairs_wanted_and_rows_of_zeros() -> None:
    rows = np.zeros((2, 4), np.float32)
    assert find_closest(rows, rows, 0) == []
    assert find_closest(rows, rows, 5, is_same=True) == [(0, 1, 0.0)]
