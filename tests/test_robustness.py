"""Rankings of models under every measure and encoder, and how far they agree."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

from hivemind_core.corpus.identity import name_sources
from hivemind_core.estimation import Bootstrap, draw_within
from hivemind_core.measurement import (
    CENTRED,
    COSINE,
    DISTINCT,
    LENGTH_MATCHED,
    LEXICAL,
    VENDI,
    Homogeneity,
)
from hivemind_core.measures.arrays import Floats
from hivemind_core.robustness import Control, compare_rankings, list_controls
from tests.measured import make_measured, name_models

MODELS = ("a", "b", "c", "d", "e")
FEW = Bootstrap(draws=60)


def make_values(seed: int = 0, noise: float = 0.2, queries: int = 15) -> Floats:
    """Return values that fall from model to model, with noise."""
    rng = np.random.default_rng(seed)
    return np.linspace(0.9, 0.3, 5) + noise * rng.normal(size=(queries, 5))


def measure(**within: Floats) -> Homogeneity:
    return make_measured(name_models(*MODELS), within)


def test_controls_are_every_measure_of_every_encoder_and_wording_once() -> None:
    controls = list_controls(["one", "two"])
    assert len(controls) == len(set(controls)) == 11
    assert controls[0] == Control(COSINE, "one")
    assert [control.encoder for control in controls] == ["one"] * 5 + ["two"] * 5 + [""]
    assert [c for c in controls if c.measure == LEXICAL] == [Control(LEXICAL, "")]
    assert list_controls([]) == ()


def test_hand_worked_ranking() -> None:
    values = np.array([[0.9, 0.5, 0.7, 0.1, 0.3]] * 3)
    groups = np.array([[2.0, 4, 1, 9, 4]] * 3)
    found = compare_rankings({"e": measure(cosine=values, distinct=groups)}, FEW)
    assert found.controls == (Control(COSINE, "e"), Control(DISTINCT, "e"))
    assert found.sources == MODELS
    assert pytest.approx(np.array([values[0], groups[0]])) == found.values.T
    # The fewer different answers, the more homogeneous: c first, b and e share 3 and 4.
    assert found.ranks.T.tolist() == [[1, 3, 2, 5, 4], [2, 3.5, 1, 5, 3.5]]
    expected = spearmanr(values[0], -groups[0]).statistic
    assert found.correlations[0, 1] == pytest.approx(expected)


def test_identical_measures_agree_in_every_draw() -> None:
    values = make_values()
    found = compare_rankings({"e": measure(cosine=values, centred=2 * values - 1)}, FEW)
    assert found.correlations == pytest.approx(np.ones((2, 2)))
    assert (found.low[0, 1], found.high[0, 1]) == pytest.approx((1, 1))


@pytest.mark.parametrize("diversity", [VENDI, DISTINCT])
def test_diversity_is_turned(diversity: str) -> None:
    values = make_values()
    found = compare_rankings({"e": measure(**{COSINE: values, diversity: 10 - 9 * values})}, FEW)
    assert found.correlations[0, 1] == pytest.approx(1)
    assert np.array_equal(found.ranks[:, 0], found.ranks[:, 1])
    assert found.values[:, 1] == pytest.approx(10 - 9 * values.mean(axis=0))


def test_wording_counts_once_whatever_the_encoders() -> None:
    words = make_values(3)
    one = measure(cosine=make_values(1), lexical=words)
    two = measure(cosine=make_values(2), lexical=words)
    found = compare_rankings({"one": one, "two": two}, FEW)
    assert found.controls == (Control(COSINE, "one"), Control(COSINE, "two"), Control(LEXICAL, ""))
    assert found.values[:, 2] == pytest.approx(words.mean(axis=0))


def test_correlations_and_intervals_are_those_of_scipy() -> None:
    one, two = measure(cosine=make_values(1)), measure(cosine=make_values(2))
    found = compare_rankings({"one": one, "two": two}, FEW)
    draws = [draw_within(measured, FEW) for measured in (one, two)]
    rho = [spearmanr(*rows).statistic for rows in zip(*draws, strict=True)]
    assert found.correlations[0, 1] == found.correlations[1, 0] == pytest.approx(rho[0])
    low, high = np.percentile(rho[1:], [2.5, 97.5])
    assert (found.low[0, 1], found.high[1, 0]) == pytest.approx((low, high))
    assert np.isnan(found.low.diagonal()).all()
    assert low <= rho[0] <= high


def test_people_are_not_ranked() -> None:
    values = make_values()
    sources = name_sources((model, None) for model in (*MODELS, "human"))
    people = {COSINE: np.column_stack([values, np.ones(15)])}
    found = compare_rankings({"e": make_measured(sources, people)}, FEW)
    alone = compare_rankings({"e": measure(cosine=values)}, FEW)
    assert found.sources == MODELS
    assert np.array_equal(found.ranks, alone.ranks)


def test_order_and_names_of_models_change_no_rank() -> None:
    values, other = make_values(1), make_values(2)
    plain = compare_rankings({"e": measure(cosine=values, centred=other)}, FEW)
    order = np.array([3, 0, 4, 1, 2])
    moved = compare_rankings({"e": measure(cosine=values[:, order], centred=other[:, order])}, FEW)
    assert np.array_equal(moved.ranks, plain.ranks[order])
    assert moved.correlations == pytest.approx(plain.correlations)
    assert (moved.low[0, 1], moved.high[0, 1]) == pytest.approx((plain.low[0, 1], plain.high[0, 1]))
    shuffled = np.random.default_rng(0).permutation(15)
    mixed = compare_rankings({"e": measure(cosine=values[shuffled], centred=other[shuffled])}, FEW)
    assert mixed.ranks.tolist() == plain.ranks.tolist()


def test_a_model_that_one_encoder_lacks_is_compared_nowhere() -> None:
    one, whole = measure(cosine=make_values(1)), make_values(2)
    two = make_measured(name_models(*MODELS[:4]), {COSINE: whole[:, :4]})
    found = compare_rankings({"one": one, "two": two}, FEW)
    assert found.sources == MODELS
    assert np.isnan(found.values).tolist() == [[False, False]] * 4 + [[False, True]]
    assert found.ranks[4, 0] == 5
    assert np.isnan(found.ranks[4, 1])
    expected = spearmanr(found.values[:4]).statistic
    assert found.correlations[0, 1] == pytest.approx(expected)


def test_controls_without_a_value_are_left_out() -> None:
    found = compare_rankings({"e": measure(length_matched=make_values())}, FEW)
    assert found.controls == (Control(LENGTH_MATCHED, "e"),)
    nothing = compare_rankings({"e": measure(centred=np.full((4, 5), np.nan))}, FEW)
    assert (nothing.controls, nothing.values.shape) == ((), (5, 0))
    assert nothing.correlations.shape == nothing.low.shape == (0, 0)
    empty = compare_rankings({}, FEW)
    assert (empty.sources, empty.controls, empty.ranks.shape) == ((), (), (0, 0))


def test_two_models_and_no_spread_have_no_correlation_and_not_zero() -> None:
    values = make_values()
    two = make_measured(name_models("a", "b"), {COSINE: values[:, :2], CENTRED: values[:, :2]})
    flat = measure(cosine=values, centred=np.full((15, 5), 0.5))
    for found in (compare_rankings({"e": measured}, FEW) for measured in (two, flat)):
        assert np.isnan(found.correlations[0, 1])
        assert np.isnan(found.low[0, 1])
        assert not np.isnan(found.ranks).any()


@pytest.mark.parametrize("queries", [1, 4, 5])
def test_few_common_queries_have_correlations_and_no_interval(queries: int) -> None:
    one, two = (measure(cosine=make_values(seed, queries=6)) for seed in (1, 2))
    asked = one.query_ids[:queries]
    found = compare_rankings({"one": one, "two": two.choose(asked)}, FEW)
    assert not np.isnan(found.correlations[0, 1])
    assert np.isnan([found.low[0, 1], found.high[0, 1]]).tolist() == [queries < 5] * 2


def test_seed_and_pooling() -> None:
    values = make_values(1, noise=0.4)
    counts = np.random.default_rng(0).integers(2, 40, (15, 5))
    measured = replace(measure(cosine=values, centred=make_values(2, 0.4)), counts=counts)
    first, again, other = (
        compare_rankings({"e": measured}, Bootstrap(draws=60, seed=seed)) for seed in (1, 1, 2)
    )
    assert np.array_equal(first.low, again.low, equal_nan=True)
    assert (first.low[0, 1], first.high[0, 1]) != (other.low[0, 1], other.high[0, 1])
    pooled = compare_rankings({"e": measured}, Bootstrap("pairs", 60)).values[:, 0]
    weights = counts * (counts - 1) / 2
    assert pooled == pytest.approx(np.average(values, weights=weights, axis=0))
