"""Mean cosines from sums of vectors, against hand-worked values and the definition."""

from itertools import combinations, product

import numpy as np
import pytest

from hivemind_core.measures.homogeneity import (
    Floor,
    FloorSums,
    count_in_bins,
    include_self_pairs,
    measure_floor,
    measure_inter,
    measure_intra,
    share_above,
    sum_by_source,
)
from tests.planted import make_ideas, make_unit_rows

EAST, NORTH = [1.0, 0.0], [0.0, 1.0]


def test_hand_worked_values() -> None:
    rows = np.array([EAST, EAST, NORTH, EAST, NORTH], np.float32)
    sums = sum_by_source(rows, np.array([0, 0, 0, 1, 1]), 2)
    # Source 0: three pairs, one of them equal. Source 1: one orthogonal pair.
    assert measure_intra(sums) == pytest.approx([1 / 3, 0])
    # Cross pairs: each of the two EAST meets one EAST of two, NORTH one NORTH of two.
    inter = measure_inter(sums)
    assert inter[0, 1] == inter[1, 0] == pytest.approx(0.5)
    assert np.isnan(inter.diagonal()).all()


def test_equal_to_the_definition_on_random_rows() -> None:
    rows = make_unit_rows(40, 17).astype(np.float64)
    sources = np.random.default_rng(3).integers(0, 4, 40)
    sums = sum_by_source(rows.astype(np.float32), sources, 4)
    intra, inter = measure_intra(sums), measure_inter(sums)
    for a in range(4):
        own = rows[sources == a]
        assert intra[a] == pytest.approx(
            np.mean([x @ y for x, y in combinations(own, 2)]), abs=1e-6
        )
        for b in range(a):
            cross = [x @ y for x, y in product(own, rows[sources == b])]
            assert inter[a, b] == pytest.approx(np.mean(cross), abs=1e-6)


def test_row_order_rotation_and_renaming_change_nothing() -> None:
    rng = np.random.default_rng(0)
    rows, sources = make_unit_rows(30, 8), rng.integers(0, 3, 30)
    order, rotation = rng.permutation(30), np.linalg.qr(rng.normal(size=(8, 8)))[0]
    names = np.array([2, 0, 1])
    plain = measure_inter(sum_by_source(rows, sources, 3))
    moved = measure_inter(
        sum_by_source((rows[order] @ rotation).astype(np.float32), names[sources[order]], 3)
    )
    assert moved[np.ix_(names, names)] == pytest.approx(plain, abs=1e-6, nan_ok=True)


@pytest.mark.parametrize("counts", [[0, 0], [1, 0], [1, 1], [2, 0]])
def test_too_few_rows_are_nan_and_not_zero(counts: list[int]) -> None:
    sources = np.repeat([0, 1], counts)
    sums = sum_by_source(make_unit_rows(len(sources), 4), sources, 2)
    assert np.isnan(measure_intra(sums)).tolist() == [count < 2 for count in counts]
    assert np.isnan(measure_inter(sums)[0, 1]) == (0 in counts)


def test_a_zero_row_gives_no_number_above_one() -> None:
    rows = np.zeros((3, 4), np.float32)
    assert measure_intra(sum_by_source(rows, np.zeros(3, int), 1)) == pytest.approx([0])


@pytest.mark.parametrize("sign", [1, -1])
def test_rows_that_are_unit_up_to_their_last_digit_give_no_cosine_beyond_one(sign: int) -> None:
    row = np.array([1.0000001, 0], np.float32)
    assert row[0] > 1
    rows, sources = np.array([row, sign * row, row, sign * row]), np.array([0, 0, 1, 1])
    sums = sum_by_source(rows, sources, 2)
    assert measure_intra(sums).tolist() == [sign, sign]
    same = sum_by_source(np.array([row, row, sign * row, sign * row]), sources, 2)
    assert measure_inter(same)[0, 1] == sign


def test_planted_ideas_come_back() -> None:
    # Without noise, two answers share one of k equally frequent ideas with known frequency.
    ideas = np.tile(np.arange(5), 20)
    rows = make_ideas(ideas, d=512, noise=0.0)
    expected_same = (20 * 19) / (100 * 99) * 5
    (intra,) = measure_intra(sum_by_source(rows, np.zeros(100, int), 1))
    assert intra == pytest.approx(expected_same, abs=0.05)


def test_self_pairs_reproduce_the_printed_diagonal() -> None:
    assert include_self_pairs(np.array([0.85]), 50) == pytest.approx([(1 + 49 * 0.85) / 50])


def add_queries(*queries: list[list[float]]) -> FloorSums:
    sums = FloorSums(np.zeros(2))
    for rows in queries:
        sums = sums.add(sum_by_source(np.array(rows, np.float32), np.zeros(len(rows), int), 1))
    return sums


def test_floor_pairs_only_different_queries() -> None:
    # Of four pairs two are equal and two orthogonal.
    assert measure_floor(add_queries([EAST, EAST], [EAST, NORTH])) == Floor(0.5, 4)


def test_floor_of_one_query_is_nan() -> None:
    floor = measure_floor(add_queries([EAST] * 5))
    assert np.isnan(floor.mean)
    assert floor.pairs == 0


def test_floor_is_equal_to_the_definition() -> None:
    rows, queries = make_unit_rows(20, 2, seed=5), np.random.default_rng(1).integers(0, 4, 20)
    floor = measure_floor(add_queries(*(rows[queries == q].tolist() for q in range(4))))
    apart = [(i, j) for i, j in combinations(range(20), 2) if queries[i] != queries[j]]
    assert floor.pairs == len(apart)
    expected = np.mean([rows[i].astype(float) @ rows[j] for i, j in apart])
    assert floor.mean == pytest.approx(expected, abs=1e-6)


def test_bins_sum_to_100_and_lose_no_collapsed_query() -> None:
    bins = count_in_bins(np.array([1.0000001, 1.0, 0.95, -0.01, 0.05, np.nan]))
    assert bins.sum() == pytest.approx(100)
    assert bins[0] == pytest.approx(40)
    assert bins[9] == pytest.approx(60)


def test_bins_and_share_of_nothing_are_nan() -> None:
    assert np.isnan(count_in_bins(np.array([np.nan]))).all()
    assert np.isnan(share_above(np.zeros(0)))


def test_share_counts_queries_strictly_above() -> None:
    assert share_above(np.array([0.8, 0.81, 0.9, 0.1, np.nan])) == 50
