"""Agreement on slices against what range alone would give: hand-worked, scipy as the oracle."""

from dataclasses import astuple

import numpy as np
import pytest
from scipy.stats import false_discovery_control, norm, spearmanr

from hivemind_core.measures.arrays import Floats
from hivemind_core.measures.miscalibration import (
    TOO_FEW,
    Items,
    SliceResult,
    adjust_p,
    correlate_within,
    draw_items,
    draw_slice,
    expect_agreement,
    find_p,
    find_shortage,
    find_trend,
    rank_items,
    summarise_slice,
)
from hivemind_core.measures.slices import Mask

NAN = float("nan")
DRAWS = 200


def make_scored(seed: int = 0, queries: int = 12, each: int = 6) -> tuple[Items, Floats]:
    """Return drawn items with tied mean ratings, and a scorer that follows them loosely."""
    rng = np.random.default_rng(seed)
    means = np.rint(4 * rng.normal(size=queries * each)) / 4
    scores = 0.6 * means + 0.8 * rng.normal(size=len(means))
    return draw_items(means, np.repeat(np.arange(queries), each), DRAWS, seed), scores


def compare(items: Items, scores: Floats, mask: Mask) -> SliceResult:
    part = rank_items(items.choose(mask)), scores[mask]
    return summarise_slice(part, draw_slice((rank_items(items), scores), part))


def expect(full: float, ratio: float) -> float:
    return float(expect_agreement(np.array([full]), np.array([ratio]))[0])


def test_hand_worked_expectation() -> None:
    # .25 / sqrt(1 + .25 x -.75)
    assert expect(0.5, 0.5) == pytest.approx(0.25 / np.sqrt(0.8125))
    assert expect(-0.5, 0.5) == pytest.approx(-0.25 / np.sqrt(0.8125))
    assert expect(0.37, 1) == 0.37  # all items
    assert expect(0, 0.3) == expect(0.4, 0) == 0
    assert 0.5 < expect(0.5, 1.3) < 1
    assert np.isnan([expect(1, 0), expect(NAN, 0.5)]).all()


def test_expectation_comes_true_for_a_straight_line_cut_by_mean_rating() -> None:
    rng = np.random.default_rng(0)
    means = rng.normal(size=200_000)
    scores = 0.4 * means + np.sqrt(1 - 0.16) * rng.normal(size=len(means))
    kept = np.abs(means) < 0.7
    found = np.corrcoef(means[kept], scores[kept])[0, 1]
    assert found == pytest.approx(expect(0.4, float(means[kept].std())), abs=0.01)


def test_draws_take_whole_queries_and_the_first_takes_all() -> None:
    queries = np.array([2, 0, 0, 1, 2])
    items = draw_items(np.arange(5.0), queries, 40, 0)
    assert items.weights.shape == (5, 41)
    assert items.weights[:, 0].tolist() == [1] * 5
    assert np.array_equal(items.weights[0], items.weights[4])
    assert (items.weights[[0, 1, 3]].sum(axis=0) == 3).all()


def test_a_seed_repeats_its_draws_and_a_slice_keeps_them() -> None:
    items, _ = make_scored()
    again = draw_items(items.means, items.queries, DRAWS, 0)
    assert np.array_equal(again.weights, items.weights)
    other = draw_items(items.means, items.queries, DRAWS, 1)
    assert not np.array_equal(other.weights, items.weights)
    mask = items.means > 0
    assert np.array_equal(items.choose(mask).weights, items.weights[mask])


def test_nothing_is_drawn_and_ranked_without_complaint() -> None:
    items = draw_items(np.zeros(0), np.zeros(0, np.int64), 10)
    ranked = rank_items(items)
    assert (items.weights.shape, ranked.deviation.shape) == ((0, 11), (11,))
    nothing = (ranked, np.zeros(0))
    result = summarise_slice(nothing, draw_slice(nothing, nothing))
    assert (result.n, result.queries, result.reason) == (0, 0, TOO_FEW)
    assert np.isnan(astuple(result)[2:-1]).all()


@pytest.mark.parametrize(
    ("queries", "each", "reason"),
    [(5, 4, ""), (4, 6, TOO_FEW), (1, 40, TOO_FEW), (19, 1, TOO_FEW), (20, 1, "")],
)
def test_twenty_items_of_five_queries_are_enough(queries: int, each: int, reason: str) -> None:
    items, scores = make_scored(queries=queries, each=each)
    assert find_shortage(items, scores) == reason


def test_constant_scores_and_ratings_are_nan_with_a_reason() -> None:
    items, scores = make_scored()
    everything = np.ones(len(scores), bool)
    equal = draw_items(np.full(len(scores), 3.1), items.queries, DRAWS)
    flat = compare(items, np.full(len(scores), 0.1), everything)
    unrated = compare(equal, scores, everything)
    for result, what in ((flat, "scores"), (unrated, "mean ratings")):
        assert (result.n, result.queries) == (72, 12)
        assert result.reason == f"the {what} are all equal"
        assert np.isnan(astuple(result)[2:-1]).all()


def resample_slowly(items: Items, scores: Floats, mask: Mask) -> Floats:
    """Return what is found and expected in a slice, (draws, 2), item by item."""
    rows = []
    for column in items.weights.T.astype(int):
        taken, own = np.repeat(np.arange(len(mask)), column), np.repeat(mask, column)
        means, said = items.means[taken], scores[taken]
        full = spearmanr(said, means).statistic
        u = means[own].std() / means.std()
        expected = full * u / np.sqrt(1 + full**2 * (u**2 - 1))
        rows.append((spearmanr(said[own], means[own]).statistic, expected))
    return np.array(rows)


def test_a_slice_is_equal_to_the_definition() -> None:
    items, scores = make_scored()
    mask = np.abs(items.means) < 1
    result, rows = compare(items, scores, mask), resample_slowly(items, scores, mask)
    apart = rows[:, 0] - rows[:, 1]
    low, high = np.percentile(apart[1:], [2.5, 97.5])
    found, expected = rows[0]
    assert (result.n, result.queries, result.reason) == (int(mask.sum()), 12, "")
    assert astuple(result)[2:-1] == pytest.approx(
        (
            *(found, *np.percentile(rows[1:, 0], [2.5, 97.5])),
            *(expected, expected + low - apart[0], expected + high - apart[0]),
            *(apart[0], low, high),
            find_p(apart[1:]),
        )
    )


def test_all_items_as_a_slice_differ_in_nothing() -> None:
    items, scores = make_scored()
    result = compare(items, scores, np.ones(len(scores), bool))
    assert result.expected == result.spearman
    assert (result.difference, result.difference_low, result.difference_high) == (0, 0, 0)
    assert result.p == 1


def test_turning_a_scorer_turns_everything_but_p() -> None:
    items, scores = make_scored()
    plain, turned = (compare(items, s, np.abs(items.means) < 1) for s in (scores, -scores))
    assert turned.difference == pytest.approx(-plain.difference)
    assert (turned.low, turned.null_low) == pytest.approx((-plain.high, -plain.null_high))
    assert turned.p == plain.p


def test_a_perfect_scorer_and_a_slice_that_is_constant_in_some_draws() -> None:
    # Of 36 items that stay only the last query's differ: a third of the draws misses it.
    queries = np.repeat(np.arange(7), 6)
    means = np.where(queries == 6, np.arange(42.0), 3)
    means[:6] = [1, 2, 4, 5, 6, 7]
    result = compare(draw_items(means, queries, DRAWS), means, queries > 0)
    assert (result.n, result.queries, result.reason) == (36, 6, "")
    assert (result.spearman, result.expected) == pytest.approx((1, 1))
    assert abs(result.difference_low) < 1e-6


def test_hand_worked_trend() -> None:
    # Line through -.2, 0, .4, .2, .1: slope (2 x .2 + .2 + 2 x .1) / 10, over four steps.
    bins = [np.array([first, 0.0, 0.1]) for first in (-0.2, 0, 0.4, 0.2, 0.1)]
    trend = find_trend(bins)
    assert trend.difference == pytest.approx(0.32)
    assert astuple(trend)[1:3] == pytest.approx((0, 0))
    two = [np.array([0.1, 0.2, 0.2]), np.array([-0.2, -0.1, NAN])]
    assert astuple(find_trend(two)) == pytest.approx((-0.3, -0.3, -0.3, 0))
    assert np.isnan([astuple(find_trend(few)) for few in ([], bins[:1])]).all()


def test_hand_worked_p() -> None:
    draws = np.array([*[-1.0] * 30, NAN, *[2.0] * 10])
    assert find_p(draws) == find_p(-draws) == pytest.approx(2 * 10 / 40)
    # Under ten draws on a side, a normal distribution tells: here with mean 3 and spread 1.
    far = 3 + np.array([-1.0, 1] * 50)
    assert find_p(far) == find_p(-far) == pytest.approx(2 * norm.sf(3))
    assert find_p(np.zeros(3)) == find_p(np.array([-1.0, 1])) == 1
    assert find_p(np.ones(3)) == 0  # no draw is anywhere near
    assert np.isnan([find_p(np.array([NAN])), find_p(np.zeros(0))]).all()


def test_hand_worked_adjustment() -> None:
    # Sorted .005, .01, .03, .04, times 4 over 1 to 4: .02, .02, .04, .04.
    assert adjust_p([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert adjust_p([0.9, NAN, 0.8]) == pytest.approx([0.9, NAN, 0.9], nan_ok=True)
    assert adjust_p([0.03]) == [0.03]
    assert adjust_p([]) == []
    assert np.isnan(adjust_p([NAN, NAN])).all()


@pytest.mark.parametrize("seed", range(4))
def test_adjustment_is_that_of_scipy(seed: int) -> None:
    p = np.round(np.random.default_rng(seed).random(30) ** 3, 2)  # with ties
    given = [NAN, *p.tolist(), NAN]
    found = adjust_p(given)
    assert found[1:-1] == pytest.approx(false_discovery_control(p))
    assert np.isnan([found[0], found[-1]]).all()


def test_agreement_within_queries_counts_each_query_with_five_items_once() -> None:
    queries = np.repeat([0, 1, 2, 3], [5, 6, 4, 5])
    means = np.concatenate([np.arange(5.0), np.arange(6.0), np.arange(4.0), np.arange(5.0)])
    scores = np.concatenate([np.arange(5.0), -np.arange(6.0), np.arange(4.0), np.full(5, 2.0)])
    # Query 0 gives 1, query 1 -1; query 2 has too few items, and query 3 equal scores.
    assert correlate_within(scores, means, queries) == pytest.approx((0, 2))
    scores[0] = NAN
    assert correlate_within(scores, means, queries) == pytest.approx((-1, 1))
    none = correlate_within(scores[11:], means[11:], queries[11:])
    assert none == pytest.approx((NAN, 0), nan_ok=True)
