"""Different answers among k: rarefaction, the k to compare at, and planted ideas."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from hivemind_core.measurement import COSINE, DISTINCT, VENDI, find_threshold, measure_corpus
from hivemind_core.measures.distinct import choose_k, count_distinct
from tests.planted import ENCODER, list_responses, make_ideas, write_corpus


def test_hand_worked_values() -> None:
    # Of the three pairs among a, a, b one holds one group and two hold both.
    assert count_distinct(np.array([0, 0, 1]), 2) == pytest.approx(5 / 3)
    assert count_distinct(np.array([4, 4, 4]), 2) == 1
    assert count_distinct(np.arange(6), 4) == pytest.approx(4)


@pytest.mark.parametrize("seed", range(4))
def test_equal_to_the_mean_over_all_draws(seed: int) -> None:
    groups = np.random.default_rng(seed).integers(0, 4, 9)
    for k in range(1, 10):
        draws = [len(set(groups[list(chosen)].tolist())) for chosen in combinations(range(9), k)]
        assert count_distinct(groups, k) == pytest.approx(np.mean(draws))


def test_all_answers_hold_all_groups_and_one_answer_holds_one() -> None:
    groups = np.array([7, 7, 2, 5, 5, 5])
    assert count_distinct(groups, 6) == 3
    assert count_distinct(groups, 1) == pytest.approx(1)


def test_names_and_order_of_groups_do_not_count() -> None:
    rng = np.random.default_rng(1)
    groups = rng.integers(0, 5, 30)
    renamed = rng.permutation(5)[rng.permutation(groups)]
    assert count_distinct(renamed, 8) == pytest.approx(count_distinct(groups, 8))


def test_many_answers_overflow_nothing() -> None:
    assert count_distinct(np.arange(3000), 10) == pytest.approx(10)
    assert count_distinct(np.arange(3000) % 2, 50) == pytest.approx(2)


@pytest.mark.parametrize(("answers", "k"), [(0, 1), (0, 0), (3, 4), (3, 0), (3, -1)])
def test_too_few_answers_are_nan(answers: int, k: int) -> None:
    assert np.isnan(count_distinct(np.zeros(answers, int), k))


def test_k_is_the_least_median_of_sources_that_repeat_themselves() -> None:
    assert choose_k(np.array([[8, 50], [8, 50], [7, 50]])) == 8
    assert choose_k(np.array([[50], [50]])) == 10
    assert choose_k(np.array([[50], [50]]), most=20) == 20
    # Queries that a source left out do not count, nor does a source that answers once.
    assert choose_k(np.array([[6, 1, 9], [0, 1, 9], [0, 1, 9]])) == 6
    # Half of the queries have enough answers for a k between two numbers.
    assert choose_k(np.array([[2], [5]])) == 3


@pytest.mark.parametrize("counts", [np.zeros((0, 3)), np.zeros((4, 2)), np.ones((4, 2))])
def test_where_no_source_repeats_itself_there_is_no_k(counts: np.ndarray) -> None:
    assert choose_k(counts.astype(np.int64)) == 0
    assert np.isnan(count_distinct(np.zeros(3, int), 0))


@pytest.mark.parametrize(("cosine", "different"), [(0.89, 2), (0.91, 1)])
def test_answers_are_told_apart_by_the_threshold_of_the_encoder(
    tmp_path: Path, cosine: float, different: int
) -> None:
    vectors = np.tile([[1, 0], [cosine, np.sqrt(1 - cosine**2)]], (3, 1))
    corpus = write_corpus(tmp_path / "c", list_responses(3, ("alpha",), 2), vectors)
    measured = measure_corpus(corpus, ENCODER)
    assert measured.threshold == find_threshold(ENCODER) == 0.9
    assert measured.within[DISTINCT] == pytest.approx(np.full((3, 1), different))


def test_planted_ideas_are_counted(tmp_path: Path) -> None:
    """Ten answers to each query: four ideas of 4, 3, 2 and 1, their wording a little apart."""
    responses = list_responses(5, ("narrow", "wide"), 10)
    shares = np.repeat(np.arange(4), [4, 3, 2, 1])
    ideas = np.array(
        [10 * int(str(row["query_id"])[1:])
         + (int(shares[int(str(row["sample"]))]) if row["model"] == "narrow"
            else int(str(row["sample"])))
         for row in responses]
    )  # fmt: skip
    vectors = make_ideas(ideas, d=1024, noise=0.1)
    measured = measure_corpus(write_corpus(tmp_path / "c", responses, vectors), ENCODER)
    assert measured.k == 10
    assert measured.within[DISTINCT].tolist() == [[4, 10]] * 5
    sizes = np.array([4, 3, 2, 1])
    effective = np.exp(-np.sum(sizes / 10 * np.log(sizes / 10)))
    assert measured.within[VENDI][:, 0] == pytest.approx(np.full(5, effective), rel=0.05)
    assert measured.within[VENDI][:, 1] == pytest.approx(np.full(5, 10), rel=0.05)
    same = np.sum(sizes * (sizes - 1)) / 90
    assert measured.within[COSINE].mean(axis=0) == pytest.approx([same, 0], abs=0.03)


def test_equally_frequent_ideas_give_their_number_and_its_inverse(tmp_path: Path) -> None:
    responses = list_responses(4, ("alpha",), 60)
    ideas = np.array([int(str(row["sample"])) % 6 for row in responses])
    vectors = make_ideas(ideas, d=1024, noise=0.05)
    measured = measure_corpus(write_corpus(tmp_path / "c", responses, vectors), ENCODER)
    # Of ten answers drawn from six ideas of ten answers each, some ideas are missed.
    drawn = [len(set(np.random.default_rng(i).permutation(60)[:10] % 6)) for i in range(2000)]
    assert measured.k == 10
    assert measured.within[DISTINCT] == pytest.approx(np.full((4, 1), np.mean(drawn)), abs=0.05)
    assert measured.within[VENDI] == pytest.approx(np.full((4, 1), 6), rel=0.05)
    assert measured.within[COSINE] == pytest.approx(np.full((4, 1), 1 / 6), abs=0.03)
