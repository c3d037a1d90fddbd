"""Edges that once gave wrong numbers: withheld texts, single answers, unequal counts, ties."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hivemind_core.comparison import match_models, match_queries, pair_measures
from hivemind_core.corpus.identity import name_sources
from hivemind_core.errors import InputError
from hivemind_core.estimation import Bootstrap, estimate_gap, estimate_within
from hivemind_core.measurement import Homogeneity, group_rows, measure_corpus
from hivemind_core.measures.distinct import count_distinct
from hivemind_core.measures.lengths import stratify
from hivemind_core.measures.responses import estimate_responses
from hivemind_core.robustness import compare_rankings
from hivemind_core.space.ngrams import encode_ngrams
from hivemind_core.summary import summarise
from hivemind_core.tabulation import restore, tabulate
from tests.measured import make_measured, name_models
from tests.planted import ENCODER, list_responses, make_ideas, make_unit_rows, write_corpus

NAN = float("nan")
FEW = Bootstrap(draws=100)
Rows = list[dict[str, Any]]
Measure = Callable[[Rows, np.ndarray], Homogeneity]


@pytest.fixture
def measure(tmp_path: Path) -> Measure:
    def run(responses: Rows, vectors: np.ndarray) -> Homogeneity:
        folder = tmp_path / f"corpus-{len(list(tmp_path.iterdir()))}"
        return measure_corpus(write_corpus(folder, responses, vectors), ENCODER)

    return run


def withhold_texts() -> Rows:
    return [row | {"text": None} for row in list_responses(3, ("a", "b"), 4)]


def test_withheld_texts_have_neither_wording_nor_length(measure: Measure) -> None:
    measured = measure(withhold_texts(), make_unit_rows(24, 16))
    assert np.isnan(measured.within["lexical"]).all()
    assert np.isnan(measured.floors["lexical"].mean)
    assert np.isnan(measured.within["length_matched"]).all()
    assert not np.isnan(measured.within["cosine"]).any()


def test_identical_answers_everywhere_have_no_centred_cosine_and_not_zero(
    measure: Measure,
) -> None:
    rows = list_responses(12, ("a", "b"), 4)
    measured = measure(rows, np.tile(make_unit_rows(1, 16), (len(rows), 1)))
    for values in (measured.within["centred"], measured.between["centred"]):
        assert np.isnan(values).all()
    assert np.isnan(measured.floors["centred"].mean)
    assert measured.within["cosine"] == pytest.approx(np.ones((12, 2)))
    controls = summarise("", "", measured, draws=5)["controls"]
    told = "all answers are the same, so that none lies to any side of their mean"
    assert controls["intra"]["centred"]["a"]["reason"] == told
    assert controls["floors"]["centred"]["reason"] == told


def test_answers_that_equal_the_mean_are_left_out_of_the_centred_measure(measure: Measure) -> None:
    """Two of 96 answers lie a little apart from the rest, on the same side of it."""
    rows = list_responses(12, ("a", "b"), 4)
    vectors = np.tile(np.array([[1, 0, 0, 0]], np.float32), (len(rows), 1))
    vectors[:2, 1] = 2e-5  # which takes the mean less than 1e-6 away from the others
    measured = measure(rows, vectors)
    within = measured.within["centred"]
    assert within[0, 0] == pytest.approx(1)
    assert np.isnan(within).sum() == within.size - 1
    assert np.isnan(measured.between["centred"]).all()
    assert np.isnan(measured.floors["centred"].mean)
    assert measured.counts.tolist() == [[4, 4]] * 12


def test_texts_without_words_have_no_wording(measure: Measure) -> None:
    rows = [row | {"text": "!!!"} for row in list_responses(3, ("a", "b"), 4)]
    measured = measure(rows, make_unit_rows(24, 16))
    assert np.isnan(measured.within["lexical"]).all()
    assert not np.isnan(measured.within["length_matched"]).any()


def test_one_answer_a_query_has_no_vendi_score_to_rank(measure: Measure) -> None:
    rows = [
        row
        for row in list_responses(4, ("a", "b", "c"), 4)
        if row["model"] != "a" or row["sample"] == 0
    ]
    found = compare_rankings({ENCODER: measure(rows, make_unit_rows(len(rows), 64))}, FEW)
    column = [control.measure for control in found.controls].index("vendi")
    assert np.isnan(found.ranks[0, column])


def test_all_vendi_scores_of_a_summary_agree(measure: Measure) -> None:
    measured = measure(list_responses(2, ("a",), 3)[:-2], np.eye(4, dtype=np.float32))
    summary = summarise("", "", measured)
    controls = summary["controls"]["intra"]["vendi"]["a"]
    assert summary["intra"]["a"]["vendi"] == pytest.approx(controls["mean"])


def test_a_query_of_no_weight_makes_no_interval(measure: Measure) -> None:
    measured = measure(list_responses(2, ("a",), 3)[:-2], np.eye(4, dtype=np.float32))
    (found,) = estimate_within(measured, Bootstrap("pairs"), "vendi")
    assert found.queries == 1
    assert found.interval is None


def test_vendi_scores_of_unequal_numbers_of_answers_are_not_ranked(measure: Measure) -> None:
    rows = [
        row
        for row in list_responses(4, ("a", "b", "c"), 20)
        if row["model"] != "a" or int(str(row["sample"])) < 2
    ]
    found = compare_rankings({ENCODER: measure(rows, make_unit_rows(len(rows), 64))}, FEW)
    measures = [control.measure for control in found.controls]
    assert "vendi" not in measures
    assert "distinct" in measures


@pytest.mark.parametrize("other", ["cold", None])
def test_one_strategy_is_matched_with_itself(other: str | None) -> None:
    first = name_sources([("alpha", "hot")])
    second = name_sources([("alpha", "hot"), ("alpha", other)])
    assert [(a.strategy, b.strategy) for _, a, b in match_models(first, second)] == [("hot", "hot")]


def test_distinct_answers_among_other_numbers_are_not_compared(measure: Measure) -> None:
    sides = [
        measure(rows, make_unit_rows(len(rows), 16))
        for rows in (list_responses(6, ("a",), 10), list_responses(6, ("a",), 4))
    ]
    models = match_models(sides[0].sources, sides[1].sources)
    queries = [(one, one) for one in sides[0].query_ids]
    with pytest.raises(InputError, match=r"equally many only.*among 10 and among 4"):
        pair_measures((sides[0], sides[1]), models, queries, "distinct")


@pytest.mark.parametrize("lengths", [[1] * 4 + [5] * 16 + [9] * 4, [1, *[5] * 7, 9]])
def test_ties_of_length_leave_no_stratum_empty(lengths: list[int]) -> None:
    assert len(set(stratify(np.array(lengths)).tolist())) == 3


def test_few_answers_have_no_interval_of_their_own() -> None:
    cosines = np.full((8, 8), 0.3) + 0.7 * np.eye(8)
    within, (between,) = estimate_responses(cosines, np.repeat([0, 1], [4, 4]), 2)
    assert [one.mean for one in within] == pytest.approx([0.3, 0.3])
    assert [one.interval for one in (*within, between)] == [None] * 3


def test_every_undefined_number_has_its_own_reason(measure: Measure) -> None:
    rows = [
        row
        for row in list_responses(5, ("a", "human"), 3)
        if row["model"] == "a" or row["sample"] == 0
    ]
    summary = summarise("", "", measure(rows, make_unit_rows(len(rows), 6)))
    assert summary["human"] == {"mean": None, "reason": "people answered no query twice"}
    controls = summary["controls"]
    assert "under ten queries" in controls["floors"]["centred"]["reason"]
    assert "different models" in controls["inter"]["cosine"]["between"]["reason"]


def test_the_interval_of_a_rank_correlation_is_of_the_same_models() -> None:
    rng = np.random.default_rng(0)
    steady = np.tile([0.9, 0.7, 0.5, NAN, NAN], (20, 1))
    cosine, lexical = steady + 0.01 * rng.normal(size=(20, 5)), steady.copy()
    cosine[0, 3:], lexical[0, 3:] = [0.95, 0.96], [0.1, 0.05]  # two models answered one query only
    measured = make_measured(name_models(*"abcde"), {"cosine": cosine, "lexical": lexical})
    found = compare_rankings({"e": measured}, FEW)
    assert found.low[0, 1] <= found.correlations[0, 1] <= found.high[0, 1]


def test_collapsed_models_tie(measure: Measure) -> None:
    rows = list_responses(4, ("a", "b", "c", "d"), 5)
    vectors = make_ideas(np.arange(len(rows)) // 5, d=64, noise=0.0)
    found = compare_rankings({ENCODER: measure(rows, vectors)}, FEW)
    assert found.ranks[:, 0].tolist() == [2.5] * 4


def test_k_different_answers_are_k_exactly() -> None:
    assert [count_distinct(np.arange(n), 10) for n in (10, 12, 17, 50)] == [10] * 4


def test_encoders_are_compared_on_the_queries_that_all_cover() -> None:
    whole = make_measured(name_models(*"abcd"), {"cosine": np.random.default_rng(0).random((6, 4))})
    part = whole.choose(whole.query_ids[1:])
    found = compare_rankings({"one": whole, "two": part}, FEW)
    common = compare_rankings({"one": part, "two": part}, FEW)
    assert found.low[0, 1] == common.low[0, 1] == pytest.approx(1)


def test_a_character_of_a_script_without_spaces_is_a_word() -> None:
    words = encode_ngrams(["我喜欢吃苹果和梨", "我喜欢吃苹果和香蕉"])
    assert (words @ words.T).toarray()[0, 1] > 0.5


def test_two_spellings_of_one_letter_are_one() -> None:
    words = encode_ngrams(["caf\u00e9 noir", "cafe\u0301 noir"])
    assert (words @ words.T).toarray()[0, 1] == pytest.approx(1)
    assert match_queries({"a": "caf\u00e9"}, {"b": "cafe\u0301"}) == [("a", "b")]


def test_no_rows_have_no_group() -> None:
    assert len(group_rows(np.zeros((0, 4), np.float32), 0.9)) == 0


def test_tables_are_read_by_names_and_not_by_places() -> None:
    within, between = np.full((1, 3), 0.5), np.array([[0.1, 0.2, 0.3]])
    measured = make_measured(name_models("a", "b", "c"), {"cosine": within}, {"cosine": between})
    about = summarise("", "", measured, draws=5)["controls"]
    back = restore(tabulate(measured), about | {"sources": about["sources"][::-1]})
    assert back.between["cosine"][0].tolist() == [0.3, 0.2, 0.1]


def test_a_gap_rests_on_queries_that_have_both_its_ends() -> None:
    within = np.array([[0.5, 0.5], [0.7, 0.7], [NAN, NAN], [NAN, NAN]])
    between = np.array([[NAN], [NAN], [0.1], [0.2]])
    measured = make_measured(name_models("a", "b"), {"cosine": within}, {"cosine": between})
    assert estimate_gap(measured, FEW).gap.queries == 0
