"""Two sides on the queries they share: what stands for what, and paired differences."""

from pathlib import Path

import numpy as np
import pytest

from hivemind_core.comparison import (
    Pairing,
    estimate_differences,
    match_models,
    match_queries,
    pair_measures,
)
from hivemind_core.corpus.identity import name_sources
from hivemind_core.estimation import Bootstrap
from hivemind_core.measurement import COSINE, VENDI, measure_corpus
from hivemind_core.measures.arrays import Floats
from tests.measured import make_measured, name_models
from tests.planted import ENCODER, list_responses, make_ideas, make_unit_rows, write_corpus

NAN = float("nan")
FEW = Bootstrap(draws=200)


def pair(first: Floats, second: Floats) -> Pairing:
    """Return the pairing of two sides of the same models and queries."""
    models = name_models(*"abcdef"[: first.shape[1]])
    sides = (make_measured(models, {COSINE: first}), make_measured(models, {COSINE: second}))
    queries = [(i, i) for i in sides[0].query_ids]
    return pair_measures(sides, match_models(models, models), queries)


def test_queries_match_by_what_they_say() -> None:
    first = {"a": "Name a  colour", "b": "Tell a joke.", "c": "Straße?"}
    second = {"x": " name a\ncolour ", "y": "Tell a joke", "z": "STRASSE?"}
    assert match_queries(first, second) == [("a", "x"), ("c", "z")]
    assert match_queries(first, {}) == match_queries({}, second) == []


def test_of_queries_that_say_the_same_the_first_id_counts() -> None:
    first = {"b": "One", "a": "one ", "c": "two"}
    second = {"z": "ONE", "y": "one", "x": "Two", "w": "three"}
    assert match_queries(first, second) == [("a", "y"), ("c", "x")]


def test_models_match_by_name_and_people_are_none() -> None:
    first = name_sources([("a", None), ("b", None), ("human", None)])
    second = name_sources([("b", None), ("c", None), ("human", None)])
    found = match_models(first, second)
    assert [(name, one.name, other.name) for name, one, other in found] == [("b", "b", "b")]
    assert match_models(first, ()) == match_models((), second) == []


def test_a_model_of_one_strategy_on_each_side_matches_whatever_it_is_called() -> None:
    both = name_sources([("a", "cold"), ("a", "hot"), ("b", "cold"), ("b", "hot")])
    cold, hot = ([s for s in both if s.strategy == strategy] for strategy in ("cold", "hot"))
    found = match_models(cold, hot)
    assert [(name, one.strategy, other.strategy) for name, one, other in found] == [
        ("a", "cold", "hot"), ("b", "cold", "hot")
    ]  # fmt: skip
    # Beside the whole corpus each strategy stands for itself.
    assert [name for name, *_ in match_models(both, hot)] == ["a · hot", "b · hot"]
    # Which of two strategies a third one stands for is not said.
    assert match_models(both, name_sources([("a", "warm")])) == []


def test_holes_of_either_side_are_holes_of_both() -> None:
    models = name_models("a", "b")
    sides = (
        make_measured(models, {COSINE: np.array([[0.1, NAN], [0.3, 0.4], [0.5, 0.6]])}),
        make_measured(models, {COSINE: np.array([[0.2, 0.5], [NAN, 0.7]])}),
    )
    queries = [("q002", "q000"), ("q001", "q001"), ("q000", "q009")]  # the last is missing there
    found = pair_measures(sides, match_models(models, models), queries)
    assert found.names == ("a", "b")
    assert found.queries == tuple(queries)
    assert found.first == pytest.approx(np.array([[0.5, 0.6], [NAN, 0.4], [NAN, NAN]]), nan_ok=True)
    assert found.second == pytest.approx(
        np.array([[0.2, 0.5], [NAN, 0.7], [NAN, NAN]]), nan_ok=True
    )


def test_a_source_that_a_side_never_measured_is_a_hole() -> None:
    known, measured = (
        name_models("a", "b"),
        make_measured(name_models("a"), {VENDI: np.ones((2, 1))}),
    )
    queries = [(i, i) for i in measured.query_ids]
    found = pair_measures((measured, measured), match_models(known, known), queries, VENDI)
    assert np.isnan(found.first).tolist() == [[False, True]] * 2
    assert [d.name for d in estimate_differences(found, FEW)] == ["a"]


def test_hand_worked_differences() -> None:
    first = np.array([[0.1, 0.4], [0.3, NAN], [0.5, 0.8]])
    second = np.array([[0.2, 0.9], [0.3, 0.5], [0.8, 0.7]])
    total, a, b = estimate_differences(pair(first, second), FEW)
    assert [d.name for d in (total, a, b)] == ["all models", "a", "b"]
    assert [d.models for d in (total, a, b)] == [2, 1, 1]
    assert (a.first.mean, a.second.mean) == pytest.approx((0.3, 13 / 30))
    assert a.difference.mean == pytest.approx((0.1 + 0 + 0.3) / 3)
    assert b.difference.mean == pytest.approx((0.5 - 0.1) / 2)
    assert (a.difference.queries, b.difference.queries) == (3, 2)
    # By query: .25 to .55, .3 to .3 for a alone, .65 to .75.
    assert total.first.mean == pytest.approx(0.4)
    assert total.difference.mean == pytest.approx((0.3 + 0 + 0.1) / 3)


def test_a_mean_counts_the_models_that_have_a_number() -> None:
    values = np.array([[0.1, NAN, 0.5, 0.2], [0.2, NAN, 0.4, NAN]])
    found = estimate_differences(pair(values, values + 0.1), FEW)
    assert [d.name for d in found] == ["all models", "a", "c", "d"]
    assert [d.models for d in found] == [3, 1, 1, 1]


def test_two_equal_sides_differ_by_nothing() -> None:
    values = np.random.default_rng(0).random((10, 3))
    for one in estimate_differences(pair(values, values), FEW):
        assert (one.difference.mean, one.difference.interval) == (0, [0, 0])
        assert one.first == one.second
        assert one.first.high > one.first.low


def test_pairing_takes_out_what_queries_have_in_common() -> None:
    rng = np.random.default_rng(1)
    first = rng.random((40, 2))
    second = first + 0.05 + 0.02 * rng.normal(size=(40, 2))
    for one in estimate_differences(pair(first, second), Bootstrap()):
        assert one.difference.mean == pytest.approx(one.second.mean - one.first.mean)
        width = one.difference.high - one.difference.low
        assert width < 0.15 * np.hypot(
            one.first.high - one.first.low, one.second.high - one.second.low
        )
        assert one.difference.low > 0  # though the intervals of the sides overlap
        assert one.first.high > one.second.low


def test_swapped_sides_turn_the_sign_and_renaming_changes_nothing() -> None:
    first, second = np.random.default_rng(2).random((2, 12, 3))
    there, back = (estimate_differences(pair(*s), FEW) for s in ((first, second), (second, first)))
    for one, other in zip(there, back, strict=True):
        assert other.difference.mean == pytest.approx(-one.difference.mean)
        assert other.difference.low == pytest.approx(-one.difference.high)
    moved = estimate_differences(pair(first[:, [2, 0, 1]], second[:, [2, 0, 1]]), FEW)
    assert moved[0].difference.mean == pytest.approx(there[0].difference.mean)
    assert [d.difference for d in moved[1:]] == [there[i].difference for i in (3, 1, 2)]


@pytest.mark.parametrize("queries", [0, 3])
def test_without_common_queries_there_are_no_rows(queries: int) -> None:
    values, nothing = np.ones((queries, 2)), np.full((queries, 2), NAN)
    assert estimate_differences(pair(values, nothing), FEW) == ()


def test_one_model_has_no_row_for_all_and_one_query_no_interval() -> None:
    (one,) = estimate_differences(pair(np.array([[0.2]]), np.array([[0.5]])), FEW)
    assert (one.name, one.models, one.difference.interval) == ("a", 1, None)
    assert one.difference.mean == pytest.approx(0.3)
    assert estimate_differences(pair(np.ones((2, 0)), np.ones((2, 0))), FEW) == ()


def test_a_planted_change_between_strategies_is_found(tmp_path: Path) -> None:
    """Asked the second way, models give an idea of their own each time."""
    responses = list_responses(8, ("alpha", "beta", "human"), 6)
    ideas = np.arange(len(responses))
    for n, row in enumerate(responses):
        if row["model"] != "human":
            row["strategy"] = "varied" if n % 2 else "plain"
            ideas[n] = n if n % 2 else 0
    corpus = write_corpus(tmp_path / "c", responses, make_ideas(ideas, d=128, noise=0.3))
    measured = measure_corpus(corpus, ENCODER)
    sides = (
        [source for source in corpus.manifest.sources if source.strategy == strategy]
        for strategy in ("plain", "varied")
    )
    models = match_models(*sides)
    queries = [(i, i) for i in measured.query_ids]
    found = estimate_differences(pair_measures((measured, measured), models, queries), FEW)
    assert [one.name for one in found] == ["all models", "alpha", "beta"]
    for one in found:
        assert one.difference.mean == pytest.approx(-0.92, abs=0.06)
        assert one.difference.high < -0.8
    again = write_corpus(tmp_path / "d", responses, make_unit_rows(len(responses), 128))
    other = measure_corpus(again, ENCODER)
    null = estimate_differences(pair_measures((other, other), models, queries), FEW)
    assert all(abs(one.difference.mean) < 0.06 for one in null)
