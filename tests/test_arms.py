"""Strategies side by side: the same models on both sides, and intervals over answers."""

from itertools import combinations, product

import numpy as np
import pytest

from hivemind_core.measures.arms import (
    Change,
    Design,
    compare_between,
    compare_means,
    compare_within,
)
from hivemind_core.measures.arrays import Floats, Integers
from hivemind_core.measures.resampling import UNDEFINED
from hivemind_core.measures.responses import draw_responses
from tests.planted import make_unit_rows


def make_design(models: int, arms: int) -> Design:
    """Return every model under every arm, arm after arm."""
    return Design(np.tile(np.arange(models), arms), np.repeat(np.arange(arms), models))


def compare_rows(rows: Floats) -> Floats:
    exact = rows.astype(np.float64)
    return exact @ exact.T


def find_within(cosines: Floats, sources: Integers, source: int) -> float:
    own = np.flatnonzero(sources == source)
    return float(np.mean([cosines[i, j] for i, j in combinations(own, 2)]))


def find_between(cosines: Floats, sources: Integers, one: int, other: int) -> float:
    pairs = product(np.flatnonzero(sources == one), np.flatnonzero(sources == other))
    return float(np.mean([cosines[i, j] for i, j in pairs]))


def list_means(changes: tuple[Change, ...]) -> list[tuple[float, float, int]]:
    return [(one.value.mean, one.difference.mean, one.models) for one in changes]


def test_hand_worked_difference_of_two_arms() -> None:
    # One model, two answers plain with a cosine of .9, two under the other arm with .2.
    cosines = np.eye(4)
    cosines[0, 1] = cosines[1, 0] = 0.9
    cosines[2, 3] = cosines[3, 2] = 0.2
    sources = np.array([0, 0, 1, 1])
    design = make_design(1, 2)
    plain, other = compare_within(draw_responses(cosines, sources, 2), design)
    assert plain.value.mean == pytest.approx(0.9)
    assert plain.difference is UNDEFINED
    assert other.value.mean == pytest.approx(0.2)
    assert other.difference.mean == pytest.approx(-0.7)
    assert other.models == 1
    assert other.difference.interval is None


def test_nothing_that_a_chain_enters_has_an_interval() -> None:
    rows = make_unit_rows(40, 6).astype(np.float64)
    sources, design = np.repeat(np.arange(4), 10), make_design(2, 2)
    chains = np.flatnonzero((design.arms == 1) & (design.models == 0))
    drawn = draw_responses(rows @ rows.T, sources, 4, chains=chains.tolist())
    lengths = np.arange(40.0)
    for changes in (
        compare_within(drawn, design),
        compare_between(drawn, design),
        compare_means(lengths, sources, drawn, design),
    ):
        assert changes[0].value.interval is not None
        assert changes[1].value.is_defined
        assert changes[1].difference.is_defined
        assert changes[1].value.interval is changes[1].difference.interval is None


def test_means_are_those_of_all_pairs_one_by_one() -> None:
    design = make_design(3, 2)
    sources = np.random.default_rng(1).permutation(np.repeat(np.arange(6), (4, 2, 5, 3, 6, 2)))
    cosines = compare_rows(make_unit_rows(len(sources), 5))
    drawn = draw_responses(cosines, sources, 6, draws=20)
    within = [find_within(cosines, sources, source) for source in range(6)]
    plain, other = compare_within(drawn, design)
    assert plain.value.mean == pytest.approx(np.mean(within[:3]))
    assert other.value.mean == pytest.approx(np.mean(within[3:]))
    assert other.difference.mean == pytest.approx(np.mean(within[3:]) - np.mean(within[:3]))
    pairs = [[(0, 1), (0, 2), (1, 2)], [(3, 4), (3, 5), (4, 5)]]
    means = [np.mean([find_between(cosines, sources, *pair) for pair in arm]) for arm in pairs]
    plain, other = compare_between(drawn, design)
    assert list_means((plain, other)) == [
        (pytest.approx(means[0]), pytest.approx(float("nan"), nan_ok=True), 0),
        (pytest.approx(means[1]), pytest.approx(means[1] - means[0]), 3),
    ]


def test_a_difference_is_over_the_models_that_have_both() -> None:
    # Model 0 answers once under the second arm: it counts for the value of the first alone.
    design = make_design(2, 2)
    sources = np.array([0, 0, 1, 1, 2, 3, 3])
    cosines = compare_rows(make_unit_rows(7, 4))
    drawn = draw_responses(cosines, sources, 4, draws=10)
    first, second = (find_within(cosines, sources, source) for source in (1, 3))
    plain, other = compare_within(drawn, design)
    assert plain.value.mean == pytest.approx((find_within(cosines, sources, 0) + first) / 2)
    assert other.value.mean == pytest.approx(second)
    assert other.difference.mean == pytest.approx(second - first)
    assert other.models == 1


def test_who_answered_does_not_decide_a_difference() -> None:
    """A model that repeats itself fails altogether under the second arm."""
    rows = np.repeat(np.eye(6)[[0, 1, 2, 3]], (5, 1, 1, 1), axis=0)
    rows = np.concatenate([rows, np.eye(6)[[1, 2, 3]]])
    sources = np.array([0] * 5 + [1] * 3 + [3] * 3)
    plain, other = compare_within(draw_responses(compare_rows(rows), sources, 4), make_design(2, 2))
    assert (plain.value.mean, other.value.mean) == pytest.approx((0.5, 0))
    assert other.difference.mean == pytest.approx(0)
    plain, other = compare_between(
        draw_responses(compare_rows(rows), sources, 4), make_design(2, 2)
    )
    assert plain.value.mean == pytest.approx(0)
    assert other == Change(UNDEFINED, UNDEFINED, 0)


def test_order_of_rows_and_of_sources_does_not_matter() -> None:
    design = Design(np.array([1, 0, 0, 1]), np.array([1, 0, 1, 0]))
    sources = np.repeat(np.arange(4), 3)
    rows = make_unit_rows(12, 5)
    lengths = np.arange(12.0)
    order = np.random.default_rng(0).permutation(12)
    turned, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(5, 5)))
    found = []
    # As given; rows in another order; the same sources in the order of the arms; turned.
    names = np.array([3, 0, 2, 1])
    sorted_design = Design(np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]))
    for taken, numbers, arms, values in (
        (rows, sources, design, lengths),
        (rows[order], sources[order], design, lengths[order]),
        (rows, names[sources], sorted_design, lengths),
        (rows @ turned, sources, design, lengths),
    ):
        drawn = draw_responses(compare_rows(taken), numbers, 4, draws=10)
        found.append(
            [
                *list_means(compare_within(drawn, arms)),
                *list_means(compare_between(drawn, arms)),
                *list_means(compare_means(values, numbers, drawn, arms)),
            ]
        )
    for other in found[1:]:
        assert np.array(other) == pytest.approx(np.array(found[0]), abs=1e-6, nan_ok=True)


def test_hand_worked_means_of_lengths() -> None:
    sources = np.array([0, 0, 1, 2, 2, 2])
    lengths = np.array([10, 20, 100, 1, 2, np.nan])
    drawn = draw_responses(np.eye(6), sources, 4)
    plain, other = compare_means(lengths, sources, drawn, make_design(2, 2))
    assert plain.value.mean == pytest.approx((15 + 100) / 2)
    assert other.value.mean == pytest.approx(1.5)
    assert other.difference.mean == pytest.approx(1.5 - 15)
    assert other.models == 1
    assert plain.value.interval is None


def test_answers_without_a_value_do_not_count_for_an_interval() -> None:
    sources = np.zeros(8, int)
    drawn = draw_responses(np.eye(8), sources, 1)
    told = np.array([1.0, 2, 3, 4, np.nan, np.nan, np.nan, np.nan])
    (few,) = compare_means(told, sources, drawn, make_design(1, 1))
    assert few.value.mean == pytest.approx(2.5)
    assert few.value.interval is None
    (enough,) = compare_means(np.arange(8.0), sources, drawn, make_design(1, 1))
    assert enough.value.low < 3.5 < enough.value.high
    (none,) = compare_means(np.full(8, np.nan), sources, drawn, make_design(1, 1))
    assert none == Change(UNDEFINED)


def test_the_interval_of_a_mean_is_that_of_drawing_answers() -> None:
    values, draws = np.array([1.0, 5, 2, 9, 4, 7]), 400
    counts = np.random.default_rng(5).multinomial(6, np.full(6, 1 / 6), size=draws)
    means = [np.repeat(values, drawn).mean() for drawn in counts]
    drawn = draw_responses(np.eye(6), np.zeros(6, int), 1, draws, seed=5)
    (found,) = compare_means(values, np.zeros(6, int), drawn, make_design(1, 1))
    assert found.value.interval == pytest.approx(np.percentile(means, [2.5, 97.5]))


def test_a_draw_takes_the_same_answers_of_a_model_in_all_its_pairs() -> None:
    """The interval of a mean over pairs, drawn once more answer by answer."""
    n, models, draws = 6, 3, 150
    sources = np.repeat(np.arange(models), n)
    cosines = compare_rows(make_unit_rows(n * models, 4))
    rng = np.random.default_rng(2)
    taken = [rng.multinomial(n, np.full(n, 1 / n), size=draws) for _ in range(models)]
    means = []
    for draw in range(draws):
        rows = [np.repeat(np.arange(n), taken[m][draw]) + n * m for m in range(models)]
        pairs = combinations(rows, 2)
        means.append(np.mean([cosines[np.ix_(one, other)].mean() for one, other in pairs]))
    drawn = draw_responses(cosines, sources, models, draws, seed=2)
    (found,) = compare_between(drawn, make_design(models, 1))
    assert found.value.interval == pytest.approx(np.percentile(means, [2.5, 97.5]))


def plant(first: Floats, second: Floats, n: int, seed: int) -> tuple[Floats, Integers]:
    """Return three models under two arms: an answer holds an idea with the arm's shares."""
    rng = np.random.default_rng(seed)
    drawn = [rng.choice(len(shares), 3 * n, p=shares) for shares in (first, second)]
    rows = np.eye(len(first))[np.concatenate(drawn)]
    return rows @ rows.T, np.repeat(np.arange(6), n)


def test_a_strategy_of_diverse_answers_lies_below_and_the_same_one_does_not() -> None:
    few, many = np.array([0.9, 0.05, 0.05, 0, 0, 0, 0, 0]), np.full(8, 1 / 8)
    drawn = draw_responses(*plant(few, many, 12, 0), 6)
    for compare in (compare_within, compare_between):
        plain, diverse = compare(drawn, make_design(3, 2))
        assert plain.value.mean - diverse.value.mean == pytest.approx(0.69, abs=0.25)
        assert diverse.difference.high < 0
    cosines, sources = plant(many, many, 12, 1)
    twice = np.tile(np.arange(36), 2)
    drawn = draw_responses(cosines[np.ix_(twice, twice)], sources, 6)
    for compare in (compare_within, compare_between):
        _, same = compare(drawn, make_design(3, 2))
        assert same.difference.mean == pytest.approx(0)
        assert same.difference.low < 0 < same.difference.high


def test_answers_that_are_all_equal_differ_by_nothing() -> None:
    sources = np.repeat(np.arange(4), 6)
    drawn = draw_responses(np.ones((24, 24)), sources, 4)
    design = make_design(2, 2)
    for compare in (compare_within, compare_between):
        _, other = compare(drawn, design)
        assert (other.value.mean, other.value.low, other.value.high) == pytest.approx((1, 1, 1))
        assert other.difference.mean == pytest.approx(0)
        assert other.difference.interval == pytest.approx([0, 0])


def test_intervals_cover_the_planted_numbers_about_as_often_as_they_say() -> None:
    """Pairs of models share answers: were they drawn apart, the interval would be too narrow."""
    shares = np.array([0.6, 0.2, 0.1, 0.1]), np.array([0.3, 0.3, 0.2, 0.2])
    truth = [float((one**2).sum()) for one in shares]
    hits = np.zeros(4)
    for seed in range(150):
        drawn = draw_responses(*plant(*shares, 10, seed), 6, 300, seed)
        found = [compare(drawn, make_design(3, 2)) for compare in (compare_within, compare_between)]
        hits += [
            low <= expected <= high
            for _, other in found
            for (low, high), expected in (
                ((other.value.low, other.value.high), truth[1]),
                ((other.difference.low, other.difference.high), truth[1] - truth[0]),
            )
        ]
    assert hits.min() >= 150 * 0.87
    assert hits[[1, 3]].max() < 150


@pytest.mark.parametrize("n", [0, 1])
def test_no_answer_and_one_say_nothing_of_likeness(n: int) -> None:
    design = make_design(2, 2)
    drawn = draw_responses(np.eye(n), np.zeros(n, int), 4)
    for changes in (compare_within(drawn, design), compare_between(drawn, design)):
        assert changes == (Change(UNDEFINED), Change(UNDEFINED))
    plain, other = compare_means(np.full(n, 7.0), np.zeros(n, int), drawn, design)
    assert (plain.value.mean == 7) == (n == 1)
    assert other == Change(UNDEFINED)


def test_one_model_has_no_other_and_one_arm_has_no_difference() -> None:
    sources = np.repeat([0, 1], 5)
    drawn = draw_responses(compare_rows(make_unit_rows(10, 4)), sources, 2)
    assert compare_between(drawn, make_design(1, 2)) == (Change(UNDEFINED), Change(UNDEFINED))
    (within,) = compare_within(drawn, make_design(2, 1))
    assert within.value.interval is not None
    assert within.difference is UNDEFINED
    (between,) = compare_between(drawn, make_design(2, 1))
    assert between.value.is_defined


def test_no_sources_at_all() -> None:
    nothing = np.zeros(0, np.int64)
    drawn, design = draw_responses(np.eye(0), nothing, 0), Design(nothing, nothing)
    assert design.count == 0
    assert compare_within(drawn, design) == compare_between(drawn, design) == ()
    assert compare_means(np.zeros(0), nothing, drawn, design) == ()
