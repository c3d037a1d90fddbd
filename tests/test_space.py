"""Maps, clusters and key words on planted structure and degenerate input."""

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hivemind_core.space.cluster import (
    NOISE,
    choose_min_cluster_size,
    cluster,
    find_medoid,
    list_members,
)
from hivemind_core.space.keywords import find_keywords
from hivemind_core.space.mapping import MapInput, draw_map
from hivemind_core.space.neighbours import find_neighbours
from hivemind_core.space.project import FITTING, measure_trust, project, project_principal
from tests.planted import make_ideas, make_unit_rows


def make_input(vectors: np.ndarray, texts: list[str] | None = None) -> MapInput:
    n = len(vectors)
    return MapInput(
        key="k",
        response_ids=[f"r{i:04}" for i in range(n)],
        query_ids=["q"] * n,
        sources=[("alpha", "beta", "human")[i % 3] for i in range(n)],
        models=[("alpha", "beta", None)[i % 3] for i in range(n)],
        texts=texts or [f"text {i}" for i in range(n)],
        vectors=vectors,
    )


def test_neighbours_equal_a_full_sort_and_start_with_oneself() -> None:
    rows = make_unit_rows(2500, 8)
    indices, distances = find_neighbours(rows, 5)
    assert (indices[:, 0] == np.arange(2500)).all()
    assert (np.diff(distances, axis=1) >= 0).all()
    cosines = rows[1700] @ rows.T
    cosines[1700] = -2
    assert set(indices[1700, 1:]) == set(np.argsort(-cosines)[:4])


def test_a_row_is_its_own_first_neighbour_among_verbatim_repeats() -> None:
    indices, distances = find_neighbours(np.tile(make_unit_rows(1, 4), (6, 1)), 3)
    assert indices[:, 0].tolist() == list(range(6))
    assert distances == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("count", [0, 4])
def test_impossible_numbers_of_neighbours_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=r"expected 1 <= count <= 3"):
        find_neighbours(make_unit_rows(3, 4), count)


def test_planted_ideas_become_clusters_that_can_be_trusted() -> None:
    ideas = np.repeat(np.arange(6), 20)
    drawn = draw_map(make_input(make_ideas(ideas, noise=0.5)))
    labels = np.array(drawn.points["cluster"])
    assert drawn.quality["clusters"] == 6
    assert drawn.quality["noise_share"] < 0.05
    assert drawn.quality["trustworthiness"] > 0.9
    assert drawn.quality["stability"] > 0.6
    for idea in range(6):
        assert len(set(labels[ideas == idea]) - {NOISE}) == 1


def test_unrelated_answers_are_not_sold_as_stable_clusters() -> None:
    planted = draw_map(make_input(make_ideas(np.repeat(np.arange(6), 20), noise=0.5)))
    unrelated = draw_map(make_input(make_unit_rows(120, 64)))
    assert unrelated.quality["trustworthiness"] < planted.quality["trustworthiness"] - 0.1
    assert unrelated.quality["stability"] < planted.quality["stability"]


def test_equal_input_gives_equal_maps() -> None:
    vectors = make_ideas(np.arange(60) % 5, noise=0.5)
    first, second = (draw_map(make_input(vectors)) for _ in range(2))
    assert first.points.equals(second.points)
    assert first.clusters == second.clusters


@pytest.mark.parametrize("n", [0, 1, 2, 3, 9, 10])
def test_few_answers_have_a_map_too(n: int) -> None:
    drawn = draw_map(make_input(make_unit_rows(n, 32)))
    points = np.array([drawn.points["x"], drawn.points["y"]])
    assert points.shape == (2, n)
    assert np.isfinite(points).all()
    assert drawn.quality["method"] == ("umap" if n >= 10 else "pca")
    assert (drawn.quality["reason"] is None) == (n >= 10)


@pytest.mark.parametrize("n", [1, 2, 12, 60])
def test_identical_answers_lie_on_one_spot_in_one_cluster(n: int) -> None:
    drawn = draw_map(make_input(np.tile(make_unit_rows(1, 16), (n, 1)), ["same"] * n))
    assert len(set(zip(*(drawn.points[c].to_pylist() for c in "xy"), strict=True))) == 1
    assert drawn.quality["clusters"] == (1 if n >= 3 else 0)
    assert drawn.quality["distinct_texts"] == 1


def test_one_map_is_fitted_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Watched:
        def __init__(self, **_: Any) -> None:
            assert not FITTING.locked()

        def fit_transform(self, rows: np.ndarray) -> np.ndarray:
            assert FITTING.locked()
            return np.zeros((len(rows), 2))

    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=Watched))
    assert project(make_unit_rows(12, 4)).method == "umap"
    assert not FITTING.locked()

    def fall(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Watched, "fit_transform", fall)
    with pytest.raises(ZeroDivisionError):
        project(make_unit_rows(12, 4))
    assert not FITTING.locked()


def test_principal_components_of_a_line_lie_on_it() -> None:
    rows = np.outer([-1.0, 0.0, 1.0, 2.0], [0.6, 0.8, 0.0]).astype(np.float32)
    points = project_principal(rows)
    assert points[:, 0] == pytest.approx([-1.5, -0.5, 0.5, 1.5], abs=1e-6)
    assert points[:, 1] == pytest.approx(0, abs=1e-6)


def test_principal_components_agree_for_wide_and_tall_input() -> None:
    rows = make_unit_rows(12, 12)
    wide = np.hstack([rows, np.zeros((12, 20), np.float32)])
    assert project_principal(wide) == pytest.approx(project_principal(rows), abs=1e-5)


def test_trust_is_one_where_the_map_is_the_space_and_nan_for_three_rows() -> None:
    angles = np.linspace(0, 3, 40)
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert measure_trust(rows, rows) == pytest.approx(1, abs=5e-3)  # mirrored pairs tie
    assert np.isnan(measure_trust(rows[:3], rows[:3]))


def test_large_maps_are_judged_by_a_sample() -> None:
    rows = make_unit_rows(2500, 2)
    assert measure_trust(rows, rows) == pytest.approx(1, abs=1e-3)


def test_clusters_are_numbered_by_size() -> None:
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(0, 0.1, (12, 2)), rng.normal(9, 0.1, (30, 2))])
    found = cluster(points.astype(np.float32))
    assert found.count == 2
    assert (found.labels[12:] == 0).all()
    assert (found.labels[:12] == 1).all()


def test_the_smallest_cluster_grows_with_the_map() -> None:
    assert [choose_min_cluster_size(n) for n in (0, 9, 58, 1250)] == [3, 3, 3, 14]


def test_fewer_points_than_a_cluster_are_noise_with_a_reason() -> None:
    found = cluster(np.zeros((2, 2), np.float32))
    assert found.labels.tolist() == [NOISE, NOISE]
    assert "needs 3 answers" in str(found.reason)


def test_the_medoid_is_the_most_central_and_the_first_of_equals() -> None:
    angles = np.array([0.0, 0.5, 1.0, 0.5])
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert find_medoid(rows, np.arange(4)) == 1


def test_members_are_counted_by_source() -> None:
    rows = make_unit_rows(5, 4)
    (members,) = list_members(np.array([0, 0, 0, 0, -1], np.int32), rows, list("baabz"))
    assert members.sources == (("a", 2), ("b", 2))
    assert members.size == 4


def test_keywords_are_the_words_of_one_cluster() -> None:
    texts = ["the river flows", "a river of time", "a thief steals", "time is a thief"] * 3
    labels = np.array([0, 0, 1, 1] * 3, np.int32)
    rivers, thieves = find_keywords(texts, labels)
    assert rivers[0] == "river"
    assert thieves[0] == "thief"


def test_a_hand_worked_keyword_order() -> None:
    # Cluster 0: "red" 2 of 3 words, "sun" 1 of 3; "red" also is 1 of 3 words of cluster 1.
    # A = 3 words; weights: red 2/3 log(1 + 3/3) = .46, sun 1/3 log(1 + 3/1) = .46 + a little.
    first, _ = find_keywords(["red red sun", "red moon moon"], np.array([0, 1], np.int32))
    red, sun = 2 / 3 * np.log(1 + 2 / 3), 1 / 3 * np.log(1 + 2)
    assert first == (("sun", "red") if sun > red else ("red", "sun"))


@pytest.mark.parametrize("texts", [["", "", ""], ["the and of", "…", "42 7"]])
def test_texts_without_words_have_no_keywords(texts: list[str]) -> None:
    assert find_keywords(texts, np.zeros(3, np.int32)) == [()]
    assert find_keywords(texts, np.full(3, -1, np.int32)) == []


def test_runs_of_letters_that_are_no_words_are_no_keywords() -> None:
    texts = ["a" * 50_000 + " river", "b" * 31 + " river", "c" * 30 + " river"]
    (words,) = find_keywords(texts, np.zeros(3, np.int32))
    assert set(words) == {"river", "c" * 30}
