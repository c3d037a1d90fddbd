"""Centred cosines: the definition, what they are freed of, and what they are relative to."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hivemind_core.measurement import CENTRED, COSINE, Homogeneity, average_vectors, measure_corpus
from hivemind_core.measures.centring import centre
from tests.planted import ENCODER, list_responses, make_ideas, make_unit_rows, write_corpus


def test_hand_worked_value() -> None:
    rows = centre(np.eye(2, dtype=np.float32), np.array([0.5, 0.5]))
    # (1, 0) - (.5, .5) = (.5, -.5), and the other one its opposite: orthogonal rows become -1.
    assert rows == pytest.approx(np.array([[1, -1], [-1, 1]]) / np.sqrt(2))
    assert rows[0] @ rows[1] == pytest.approx(-1)


def test_equal_to_the_definition_on_random_rows() -> None:
    vectors, mean = make_unit_rows(30, 9), np.random.default_rng(1).normal(size=9) / 5
    expected = [(row - mean) / np.linalg.norm(row - mean) for row in vectors.astype(np.float64)]
    assert centre(vectors, mean) == pytest.approx(np.array(expected), abs=1e-6)
    assert centre(vectors, mean).dtype == np.float32


def test_a_mean_of_zero_changes_nothing_and_the_rows_given_stay() -> None:
    vectors = make_unit_rows(5, 4)
    before = vectors.copy()
    assert centre(vectors, np.zeros(4)) == pytest.approx(before, abs=1e-6)
    centre(vectors, np.full(4, 0.3))
    assert np.array_equal(vectors, before)


def test_rotation_and_row_order_move_rows_alone() -> None:
    rng = np.random.default_rng(2)
    vectors, mean = make_unit_rows(12, 6), rng.normal(size=6) / 4
    order, rotation = rng.permutation(12), np.linalg.qr(rng.normal(size=(6, 6)))[0]
    turned = centre((vectors[order] @ rotation).astype(np.float32), mean @ rotation)
    assert turned == pytest.approx(centre(vectors, mean)[order] @ rotation, abs=1e-5)


def test_a_row_equal_to_the_mean_is_zero_and_no_rows_stay_none() -> None:
    rows = np.array([[0.6, 0.8], [1, 0]], np.float32)
    centred = centre(rows, rows[0].astype(np.float64))
    assert centred[0].tolist() == [0, 0]
    assert np.linalg.norm(centred[1]) == pytest.approx(1)
    assert centre(rows[:0], np.zeros(2)).shape == (0, 2)


@pytest.mark.parametrize(("apart", "length"), [(0, 0), (4e-7, 0), (1e-5, 1)])
def test_what_rounding_leaves_of_a_row_has_no_direction(apart: float, length: int) -> None:
    rows = np.array([[0.6, 0.8], [0.8, 0.6]], np.float32)
    centred = centre(rows, rows[0] + np.array([apart, 0.0]))
    assert np.linalg.norm(centred[0]) == pytest.approx(length, abs=1e-6)
    assert np.linalg.norm(centred[1]) == pytest.approx(1, abs=1e-6)


def measure(folder: Path, vectors: NDArray[np.floating], queries: int = 12) -> Homogeneity:
    """Measure the first queries of two models that give four answers to each."""
    responses = list_responses(queries, ("alpha", "beta"), 4)
    return measure_corpus(write_corpus(folder, responses, vectors[: len(responses)]), ENCODER)


def plant_answers(queries: int = 12) -> NDArray[np.float32]:
    """Return answers of which those to one query share an idea."""
    return make_ideas(np.repeat(np.arange(queries), 8), d=256, noise=0.8)


def test_what_an_encoder_adds_to_all_answers_is_removed(tmp_path: Path) -> None:
    plain = plant_answers()
    pushed = plain + make_unit_rows(1, 256, seed=9)
    pushed /= np.linalg.norm(pushed, axis=1, keepdims=True)
    first, second = measure(tmp_path / "plain", plain), measure(tmp_path / "pushed", pushed)
    raised = second.within[COSINE].mean() - first.within[COSINE].mean()
    assert raised > 0.15
    assert second.floors[COSINE].mean - first.floors[COSINE].mean > 0.4
    for part in ("within", "between"):
        centred = [getattr(measured, part)[CENTRED].mean() for measured in (first, second)]
        assert centred[1] == pytest.approx(centred[0], abs=0.02)
    assert second.floors[CENTRED].mean == pytest.approx(first.floors[CENTRED].mean, abs=0.02)
    assert second.floors[CENTRED].mean == pytest.approx(-1 / 11, abs=0.05)


@pytest.mark.parametrize("queries", [9, 10])
def test_under_ten_queries_there_is_no_mean_of_a_corpus(tmp_path: Path, queries: int) -> None:
    measured = measure(tmp_path / "c", plant_answers(queries), queries)
    responses = list_responses(queries, ("a",), 1)
    corpus = write_corpus(tmp_path / "d", responses, make_unit_rows(queries, 8))
    assert (average_vectors(corpus, ENCODER) is None) == (queries < 10)
    for values in (measured.within[CENTRED], measured.between[CENTRED]):
        assert np.isnan(values).all() == (queries < 10)
    assert np.isnan(measured.floors[CENTRED].mean) == (queries < 10)
    assert not np.isnan(measured.within[COSINE]).any()


def test_the_mean_of_a_corpus_is_that_of_all_its_unit_rows(tmp_path: Path) -> None:
    responses, vectors = list_responses(10, ("a", "human"), 2), make_unit_rows(40, 8)
    corpus = write_corpus(tmp_path / "c", responses, 3 * vectors)
    mean = average_vectors(corpus, ENCODER)
    assert mean == pytest.approx(vectors.mean(axis=0, dtype=np.float64), abs=1e-6)


def test_the_number_is_relative_to_the_rest_of_the_corpus(tmp_path: Path) -> None:
    vectors = plant_answers(24)
    vectors[96:] += 2 * make_unit_rows(1, 256, seed=5)  # further queries, of another topic
    few = measure(tmp_path / "few", vectors, 12)
    many = measure(tmp_path / "many", vectors, 24).choose(few.query_ids)
    assert np.array_equal(few.within[COSINE], many.within[COSINE])
    assert np.abs(few.within[CENTRED] - many.within[CENTRED]).min() > 0.03
