"""Means over queries with their intervals: poolings, models and pairs, the gap, people."""

from dataclasses import replace

import numpy as np
import pytest

from hivemind_core.corpus.identity import name_sources
from hivemind_core.errors import InputError
from hivemind_core.estimation import (
    Bootstrap,
    arrange_matrix,
    average_defined,
    average_nearest,
    check_pooling,
    draw_within,
    estimate_above,
    estimate_between,
    estimate_gap,
    estimate_nearest,
    estimate_people,
    estimate_within,
    expect_nearest,
    find_model_pairs,
    pool_columns,
)
from hivemind_core.measurement import COSINE, VENDI, Homogeneity
from hivemind_core.measures.nearest import NEIGHBOURS, expect_models
from hivemind_core.measures.resampling import UNDEFINED
from tests.measured import make_measured, name_models

NAN = float("nan")
FEW = Bootstrap(draws=100)


def make_random(queries: int = 12, sources: int = 3, seed: int = 0) -> Homogeneity:
    rng = np.random.default_rng(seed)
    return make_measured(
        name_models(*"abcdefgh"[:sources]),
        {COSINE: rng.random((queries, sources))},
        {COSINE: rng.random((queries, sources * (sources - 1) // 2))},
    )


def test_hand_worked_means_in_both_poolings() -> None:
    within, between = np.array([[0.2, 0.4], [NAN, 0.8]]), np.array([[0.1], [0.6]])
    counts = np.array([[2, 4], [1, 3]])
    measured = make_measured(name_models("a", "b"), {COSINE: within}, {COSINE: between}, counts)
    by_query, by_pair = Bootstrap(draws=50), Bootstrap("pairs", 50)
    first, second = estimate_within(measured, by_query)
    assert (first.mean, first.queries, first.interval) == (0.2, 1, None)
    assert second.mean == pytest.approx(0.6)
    # Six pairs of .4, three of .8; between, eight pairs of .1 and three of .6.
    assert estimate_within(measured, by_pair)[1].mean == pytest.approx((6 * 0.4 + 3 * 0.8) / 9)
    assert estimate_between(measured, by_query)[0].mean == pytest.approx(0.35)
    assert estimate_between(measured, by_pair)[0].mean == pytest.approx((0.8 + 1.8) / 11)
    gap = estimate_gap(measured, by_query)
    assert (gap.within.mean, gap.between.mean) == pytest.approx((0.4, 0.35))
    assert gap.gap.mean == pytest.approx(0.05)


def test_pairs_of_models_are_pooled_or_count_alike() -> None:
    within, between = np.full((1, 3), 0.5), np.array([[0.1, 0.2, 0.6]])
    counts = np.array([[1, 2, 5]])
    models = name_models("a", "b", "c")
    measured = make_measured(models, {COSINE: within}, {COSINE: between}, counts)
    by_pair = estimate_gap(measured, Bootstrap("pairs", 10)).between.mean
    assert estimate_gap(measured, FEW).between.mean == pytest.approx(0.3)
    assert by_pair == pytest.approx((2 * 0.1 + 5 * 0.2 + 10 * 0.6) / 17)


def test_poolings_agree_on_a_complete_grid() -> None:
    measured = make_random()
    for estimate in (estimate_within, estimate_between):
        first, second = (estimate(measured, Bootstrap(pooling, 50)) for pooling in
                         ("queries", "pairs"))  # fmt: skip
        assert [vars(one) for one in first] == [pytest.approx(vars(one)) for one in second]


def test_the_observed_mean_stands_in_front_of_the_draws() -> None:
    measured = make_random()
    draws = draw_within(measured, FEW)
    assert draws.shape == (101, 3)
    assert draws[0] == pytest.approx(measured.within[COSINE].mean(axis=0))
    for column, one in enumerate(estimate_within(measured, FEW)):
        low, high = np.percentile(draws[1:, column], [2.5, 97.5])
        assert (one.low, one.high) == pytest.approx((low, high))


def test_the_seed_repeats_the_interval_and_another_moves_it() -> None:
    measured = make_random()
    first, again, other = (estimate_within(measured, Bootstrap(seed=s))[0] for s in (1, 1, 2))
    assert first == again
    assert first.mean == other.mean
    assert first.interval != other.interval


def test_order_of_queries_and_names_of_models_change_no_mean() -> None:
    measured, order = make_random(), np.random.default_rng(1).permutation(12)
    moved = make_measured(
        name_models("x", "y", "z"),
        {COSINE: measured.within[COSINE][order][:, [2, 0, 1]]},
        {COSINE: measured.between[COSINE][order][:, [1, 2, 0]]},
    )
    plain, renamed = estimate_within(measured, FEW), estimate_within(moved, FEW)
    assert [one.mean for one in renamed] == pytest.approx([plain[i].mean for i in (2, 0, 1)])
    assert estimate_gap(moved, FEW).gap.mean == pytest.approx(estimate_gap(measured, FEW).gap.mean)
    names = replace(measured, sources=name_models("x", "y", "z"))
    assert estimate_within(names, FEW) == plain


def test_a_hole_of_one_model_moves_no_estimate_of_another() -> None:
    measured = make_random()
    within, between = measured.within[COSINE].copy(), measured.between[COSINE].copy()
    within[3:, 2] = between[3:, 1:] = NAN  # the pairs (0, 2) and (1, 2)
    holes = make_measured(measured.sources, {COSINE: within}, {COSINE: between})
    assert estimate_within(holes, FEW)[:2] == estimate_within(measured, FEW)[:2]
    assert estimate_between(holes, FEW)[0] == estimate_between(measured, FEW)[0]
    assert estimate_within(holes, FEW)[2].queries == 3


def test_strategies_of_a_model_are_one_model_and_no_pair_of_models() -> None:
    written = [("a", "cold"), ("a", "hot"), ("b", None), ("human", None)]
    measured = make_measured(
        name_sources(written),
        {COSINE: np.array([[0.1, 0.3, 0.8, 0.9]] * 2)},
        {COSINE: np.array([[1.0, 0.2, 1.0, 0.4, 1.0, 1.0]] * 2)},
    )
    # Columns: cold-hot, cold-b, cold-human, hot-b, hot-human, b-human.
    assert find_model_pairs(measured) == [1, 3]
    gap = estimate_gap(measured, FEW)
    assert gap.within.mean == pytest.approx((0.2 + 0.8) / 2)
    assert gap.between.mean == pytest.approx(0.3)
    people = estimate_people(measured, FEW)
    assert people is not None
    assert (people.mean, people.queries) == pytest.approx((0.9, 2))


def test_the_gap_is_paired_by_query() -> None:
    # Queries differ far more than within and between differ on one query.
    rng = np.random.default_rng(0)
    level = rng.random((40, 1))
    within, between = level + 0.1 + 0.01 * rng.random((40, 2)), level + 0.01 * rng.random((40, 1))
    gap = estimate_gap(
        make_measured(name_models("a", "b"), {COSINE: within}, {COSINE: between}), Bootstrap()
    )
    assert gap.gap.mean == pytest.approx(gap.within.mean - gap.between.mean)
    assert gap.gap.low > 0.09
    assert gap.gap.high - gap.gap.low < 0.1 * (gap.within.high - gap.within.low)


def test_degenerate_measures_are_undefined_and_not_zero() -> None:
    empty = make_random().choose([])
    nothing = make_measured(name_models("a", "b"), {COSINE: np.full((3, 2), NAN)})
    for measured in (empty, nothing):
        assert set(estimate_within(measured, FEW)) == {UNDEFINED}
        assert set(estimate_between(measured, FEW)) == {UNDEFINED}
        gap = estimate_gap(measured, FEW)
        assert (gap.within, gap.between, gap.gap) == (UNDEFINED,) * 3
        assert estimate_people(measured, FEW) is None
        assert np.isnan(average_nearest(measured)).all()
    assert np.isnan(expect_nearest(empty)).tolist() == [True] * len(NEIGHBOURS)
    alone = make_measured(name_models("a"), {COSINE: np.array([[0.5], [0.7]])})
    assert estimate_gap(alone, FEW).between == UNDEFINED
    assert estimate_gap(alone, FEW).within.mean == pytest.approx(0.6)
    people = make_measured(name_sources([("human", None)]), {COSINE: np.full((2, 1), NAN)})
    assert estimate_people(people, FEW) == UNDEFINED
    assert estimate_gap(people, FEW).within == UNDEFINED


def test_chance_is_averaged_over_the_queries_that_reach_an_n() -> None:
    # Six answers reach N = 5, eleven N = 10; all others of the query are drawn then.
    counts = np.array([[3, 3], [10, 1], [2, 3]])
    measured = make_measured(name_models("a", "b"), {COSINE: np.full((3, 2), 0.5)}, counts=counts)
    found = expect_nearest(measured)
    # The lone answer of b has none of b beside it; one of a meets it in half of the draws.
    assert found[0] == pytest.approx((2 + (10 * 1.5 + 1) / 11) / 2)
    assert found[1] == pytest.approx((10 * 2 + 1) / 11)
    assert np.isnan(found).tolist() == [n > 10 for n in NEIGHBOURS]


def test_strategies_are_one_model_by_chance_and_people_are_left_out() -> None:
    sources = name_sources([("a", "cold"), ("a", "hot"), ("b", None), ("human", None)])
    counts = np.array([[4, 5, 6, 30], [1, 7, 2, 0]])
    measured = make_measured(sources, {COSINE: np.full((2, 4), 0.5)}, counts=counts)
    own = expect_models(np.array([[9, 6], [8, 2]]))
    assert expect_nearest(measured)[0] == pytest.approx(own[:, 0].mean())
    assert expect_nearest(measured)[1] == pytest.approx(own[0, 1])
    assert sources[-1].is_human
    alone = make_measured(sources[-1:], {COSINE: np.ones((2, 1))}, counts=counts[:, -1:])
    assert np.isnan(expect_nearest(alone)).all()


def test_one_query_has_a_mean_and_no_interval() -> None:
    measured = make_random(queries=1)
    gap = estimate_gap(measured, FEW)
    for one in (*estimate_within(measured, FEW), gap.within, gap.between, gap.gap):
        assert one.is_defined
        assert one.interval is None


def test_interval_covers_the_planted_mean_about_as_often_as_it_says() -> None:
    rng, hits = np.random.default_rng(0), np.zeros(2)
    for seed in range(200):
        values = 0.6 + 0.15 * rng.normal(size=(40, 2))
        measured = make_measured(name_models("a", "b"), {COSINE: values, VENDI: 5 * values})
        bootstrap = Bootstrap(draws=200, seed=seed)
        mean = estimate_gap(measured, bootstrap).within
        vendi = estimate_within(measured, bootstrap, VENDI)[0]
        hits += [mean.low <= 0.6 <= mean.high, vendi.low <= 3 <= vendi.high]
    assert hits.min() >= 178
    assert hits.max() <= 198


def test_small_parts() -> None:
    matrix = np.array([[NAN, 0.1, 0.2], [0.1, NAN, 0.3], [0.2, 0.3, NAN]])
    assert arrange_matrix([0.1, 0.2, 0.3], 3) == pytest.approx(matrix, nan_ok=True)
    assert np.isnan(arrange_matrix([], 1)).tolist() == [[True]]
    means = average_defined(np.array([[1, NAN, 3], [NAN] * 3]))
    assert means == pytest.approx([2, NAN], nan_ok=True)
    values, weights = pool_columns(np.array([[1, 4.0], [NAN, 2]]), np.array([[3, 1.0], [5, 2]]))
    assert (values.tolist(), weights.tolist()) == ([[1.75], [2]], [[4], [2]])
    with pytest.raises(InputError, match=r"pooling is one of queries, pairs.*'both'"):
        check_pooling("both")


def test_nearest_models_have_the_interval_of_the_queries() -> None:
    """Of queries at 1 and 3, draws lie between; of one query there is no interval."""
    within = {COSINE: np.full((6, 1), 0.5)}
    measured = make_measured(name_models("a"), within, {COSINE: np.empty((6, 0))})
    nearest = np.full((6, len(NEIGHBOURS)), NAN)
    nearest[:, 0], nearest[0, 1] = (1, 3, 1, 3, 1, 3), 2
    first, second, third, *_ = estimate_nearest(replace(measured, nearest=nearest), Bootstrap())
    assert (first.mean, first.queries) == (2, 6)
    assert 1 <= first.low < 2 < first.high <= 3
    assert (second.mean, second.interval, second.queries) == (2, None, 1)
    assert third == UNDEFINED


def test_the_share_of_queries_above_has_their_interval() -> None:
    """A query exactly at the threshold is not above; one without a value is not counted."""
    own = np.array([0.9, 0.8, 0.85, 0.1, 0.99, 0.2, NAN])
    within = {COSINE: np.column_stack([own, [NAN] * 6 + [0.81]])}
    measured = make_measured(name_models("a", "b"), within, {COSINE: np.full((7, 1), NAN)})
    first, second = estimate_above(measured, Bootstrap())
    assert (first.mean, first.queries) == (50, 6)
    assert 0 <= first.low < 50 < first.high <= 100
    assert (second.mean, second.interval, second.queries) == (100, None, 1)
