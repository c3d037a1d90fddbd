"""Intervals on one query: over its answers, whose copies are no repetition."""

from itertools import combinations

import numpy as np
import pytest

from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.homogeneity import measure_inter, measure_intra, sum_by_source
from hivemind_core.measures.resampling import UNDEFINED
from hivemind_core.measures.responses import draw_responses, estimate_responses
from tests.planted import make_unit_rows


def compare(n: int, d: int = 6, seed: int = 0) -> Floats:
    rows = make_unit_rows(n, d, seed).astype(np.float64)
    return rows @ rows.T


def test_hand_worked_means() -> None:
    cosines = np.array([[1, 0.2, 0.4], [0.2, 1, 0.9], [0.4, 0.9, 1]])
    within, between = estimate_responses(cosines, np.array([0, 0, 1]), 2)
    assert within[0].mean == pytest.approx(0.2)
    assert within[1] is UNDEFINED
    assert between[0].mean == pytest.approx((0.4 + 0.9) / 2)
    assert between[0].queries == 1


def test_means_are_those_of_the_query_whatever_the_order_of_rows() -> None:
    rng = np.random.default_rng(0)
    rows, sources = make_unit_rows(20, 5), rng.integers(0, 3, 20)
    sums = sum_by_source(rows, sources, 3)
    for order in (np.arange(20), rng.permutation(20)):
        shuffled = rows[order].astype(np.float64)
        within, between = estimate_responses(shuffled @ shuffled.T, sources[order], 3)
        assert [one.mean for one in within] == pytest.approx(measure_intra(sums), abs=1e-6)
        expected = measure_inter(sums)[np.triu_indices(3, 1)]
        assert [one.mean for one in between] == pytest.approx(expected, abs=1e-6)


def test_interval_is_that_of_drawing_answers_and_pairing_different_ones() -> None:
    cosines, n, draws = compare(5), 5, 200
    drawn = np.random.default_rng(3).multinomial(n, np.full(n, 1 / n), size=draws)
    means = []
    for counts in drawn:
        taken = np.repeat(np.arange(n), counts)
        pairs = [cosines[i, j] for i, j in combinations(taken, 2) if i != j]
        means += [np.mean(pairs)] if pairs else []
    (found,), _ = estimate_responses(cosines, np.zeros(n, int), 1, draws, seed=3)
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(means, [2.5, 97.5])))


def test_a_chain_is_one_draw_and_has_no_interval() -> None:
    cosines, sources = compare(24), np.repeat([0, 1, 2], 8)
    within, between = estimate_responses(cosines, sources, 3, chains=[1])
    alone, beside = estimate_responses(cosines, sources, 3)
    assert [one.mean for one in (*within, *between)] == [one.mean for one in (*alone, *beside)]
    assert [one.interval is None for one in within] == [False, True, False]
    assert [one.interval is None for one in between] == [True, False, True]
    assert (within[0], within[2], between[1]) == (alone[0], alone[2], beside[1])
    drawn = draw_responses(cosines, sources, 4, chains=[1, 3])
    assert (drawn.counts.tolist(), drawn.apart.tolist()) == ([8, 8, 8, 0], [8, 1, 8, 0])


def test_copies_of_an_answer_are_no_repetition() -> None:
    # Of ten answers that have nothing in common; counted as pairs, copies would say .1.
    within, between = estimate_responses(np.eye(20), np.repeat([0, 1], 10), 2)
    for one in (*within, *between):
        assert (one.mean, one.low, one.high) == (0, 0, 0)


def test_answers_that_are_all_equal_have_an_interval_of_one() -> None:
    within, between = estimate_responses(np.ones((10, 10)), np.repeat([0, 1], 5), 2)
    for one in (*within, *between):
        assert (one.mean, one.low, one.high) == pytest.approx((1, 1, 1))
    rounded = np.full((10, 10), 1.0000001)  # as unit rows of float32 give it
    for one in sum(estimate_responses(rounded, np.repeat([0, 1], 5), 2), ()):
        assert (one.mean, one.low, one.high) == (1, 1, 1)


def test_pairs_come_in_the_order_of_the_upper_triangle() -> None:
    cosines = np.eye(4)
    for value, (i, j) in enumerate(combinations(range(4), 2)):
        cosines[i, j] = cosines[j, i] = value / 10
    _, between = estimate_responses(cosines, np.arange(4), 4)
    assert [one.mean for one in between] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5])


def test_the_seed_repeats_the_interval_and_another_moves_it() -> None:
    cosines, sources = compare(12), np.zeros(12, int)
    first, again, other = (estimate_responses(cosines, sources, 1, seed=s) for s in (1, 1, 2))
    assert first == again
    assert first[0][0].mean == other[0][0].mean
    assert first[0][0].interval != other[0][0].interval


def test_sources_without_answers_are_undefined_and_not_zero() -> None:
    for n in (0, 1):
        within, between = estimate_responses(compare(n), np.zeros(n, int), 2)
        assert within == (UNDEFINED, UNDEFINED)
        assert between == (UNDEFINED,)
    assert estimate_responses(compare(0), np.zeros(0, int), 0) == ((), ())


@pytest.mark.parametrize("n", [8, 25])
def test_interval_covers_the_planted_mean_about_as_often_as_it_says(n: int) -> None:
    """Answers hold one of four ideas: two share one as often as the shares' squares sum to."""
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    truth = float((shares**2).sum())
    hits = np.zeros(2)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        rows = np.eye(4)[rng.choice(4, 2 * n, p=shares)]
        within, between = estimate_responses(rows @ rows.T, np.repeat([0, 1], n), 2, 300, seed)
        hits += [one.low <= truth <= one.high for one in (within[0], between[0])]
    assert hits.min() >= 172
    assert hits.max() < 200
