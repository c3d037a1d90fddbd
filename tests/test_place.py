"""New answers on a map that stands, and answers on a map that grows while they come."""

import numpy as np
import pytest
from numpy.typing import NDArray

from hivemind_core.space.place import lay_out_arrivals, place_rows
from hivemind_core.space.project import project_principal
from tests.planted import make_ideas, make_unit_rows

ANCHORS = np.eye(3, dtype=np.float32)
POINTS = np.array([[0, 0], [1, 0], [0, 1]], np.float32)


def turn(rows: NDArray[np.float32], seed: int = 1) -> NDArray[np.float32]:
    """Return the rows in a space that is turned at random."""
    d = rows.shape[1]
    turned, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))
    return np.asarray(rows @ turned, np.float32)


def measure_distances(points: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.linalg.norm(points[:, None] - points[None], axis=2), np.float32)


def test_hand_worked_place_between_two_neighbours() -> None:
    # cosines .8, .6, 0: weights 1, exp(-10), exp(-40) before they are divided by their sum.
    row = np.array([[0.8, 0.6, 0]], np.float32)
    w = np.exp([0.0, -10.0, -40.0])
    expected = (w[1] / w.sum(), w[2] / w.sum())
    assert place_rows(row, ANCHORS, POINTS)[0] == pytest.approx(expected, rel=1e-3)
    even = np.array([[0.5**0.5, 0.5**0.5, 0]], np.float32)
    assert place_rows(even, ANCHORS, POINTS)[0] == pytest.approx((0.5, 0), abs=1e-6)


def test_a_neighbour_that_is_a_little_nearer_weighs_twelve_times_as_much() -> None:
    anchors = np.array([[1, 0, 0], [0.95, (1 - 0.95**2) ** 0.5, 0]], np.float32)
    (x, _), *_ = place_rows(np.array([[1, 0, 0]], np.float32), anchors, POINTS[:2])
    assert (1 - x) / x == pytest.approx(12.18, rel=1e-3)


def test_only_the_fifteen_nearest_rows_count() -> None:
    anchors = np.repeat(np.array([[1, 0], [0.99, 0.141]], np.float32), (15, 400), axis=0)
    anchors /= np.linalg.norm(anchors, axis=1, keepdims=True)
    points = np.repeat(np.array([[0, 0], [9, 9]], np.float32), (15, 400), axis=0)
    placed = place_rows(np.array([[1, 0]], np.float32), anchors, points)
    assert placed[0].tolist() == [0, 0]


def test_places_follow_neither_the_order_of_the_map_nor_a_turn_of_the_space() -> None:
    anchors, rows = make_unit_rows(40, 8, 1), make_unit_rows(12, 8, 2)
    points = np.random.default_rng(3).normal(size=(40, 2))
    placed = place_rows(rows, anchors, points)
    order = np.random.default_rng(4).permutation(40)
    assert place_rows(rows, anchors[order], points[order]) == pytest.approx(placed, abs=1e-4)
    assert place_rows(turn(rows), turn(anchors), points) == pytest.approx(placed, abs=1e-4)
    alone = np.concatenate([place_rows(row[None], anchors, points) for row in rows])
    assert alone == pytest.approx(placed, abs=1e-4)


def test_repeats_land_on_one_spot_and_inside_of_the_map() -> None:
    anchors = make_unit_rows(50, 16)
    points = np.random.default_rng(0).uniform(-3, 3, (50, 2))
    rows = np.repeat(make_unit_rows(3, 16, 9), 5, axis=0)
    placed = place_rows(rows, anchors, points).reshape(3, 5, 2)
    assert np.ptp(placed, axis=1).max() < 1e-5
    assert np.abs(placed).max() <= 3
    assert np.ptp(placed[:, 0], axis=0).min() > 0


def test_new_answers_land_among_those_that_say_the_same() -> None:
    ideas = np.repeat(np.arange(4), 20)
    both = make_ideas(np.concatenate([ideas, np.arange(4)]))
    points = np.array([[0, 0], [10, 0], [0, 10], [10, 10]], np.float32)
    placed = place_rows(both[80:], both[:80], points[ideas])
    assert placed == pytest.approx(points, abs=0.1)


def test_nothing_to_place_and_nothing_to_place_it_on() -> None:
    for nothing in (np.zeros((0, 3), np.float32), np.zeros((0, 1), np.float32)):
        assert place_rows(nothing, ANCHORS, POINTS).shape == (0, 2)
    empty = place_rows(ANCHORS, np.zeros((0, 3), np.float32), np.zeros((0, 2)))
    assert empty.shape == (3, 2)
    assert np.isnan(empty).all()
    one = place_rows(ANCHORS, ANCHORS[:1], np.array([[7.0, 8.0]]))
    assert one.tolist() == [[7, 8]] * 3


def test_hand_worked_plane_of_three_arrivals() -> None:
    # Spread along the second axis is larger than along the first; the third has none.
    rows = np.array([[0, 1, 0], [0, -1, 0], [1, 0, 0]], np.float32)
    points = lay_out_arrivals(rows)
    assert np.abs(points[:, 0]) == pytest.approx([1, 1, 0], abs=1e-6)
    assert points[0, 0] == pytest.approx(-points[1, 0])
    assert np.abs(points[:, 1]) == pytest.approx([1 / 3, 1 / 3, 2 / 3], abs=1e-6)
    assert points[0, 1] == pytest.approx(points[1, 1])


def test_points_stay_until_twice_as_many_have_come() -> None:
    rows = make_ideas(np.random.default_rng(0).integers(0, 5, 60))
    at = {n: lay_out_arrivals(rows[:n]) for n in range(3, 61)}
    for first, last in ((3, 5), (6, 11), (12, 23), (24, 47), (48, 60)):
        for n in range(first, last):
            assert at[n + 1][:n] == pytest.approx(at[n], abs=1e-5)
    moved = [np.abs(at[n][: n - 1] - at[n - 1]).max() for n in (6, 12, 24, 48)]
    assert max(moved) > 1e-3


@pytest.mark.parametrize("seed", range(8))
def test_the_map_is_not_turned_over_where_it_gets_new_axes(seed: int) -> None:
    rows = make_ideas(np.random.default_rng(seed).integers(0, 4, 48), noise=0.5, seed=seed)
    for known in (6, 12, 24, 48):
        newer = lay_out_arrivals(rows[:known]).astype(np.float64)[: known // 2]
        older = lay_out_arrivals(rows[: known - 1]).astype(np.float64)[: known // 2]
        newer -= newer.mean(axis=0)
        older -= older.mean(axis=0)
        stay = np.linalg.norm(newer - older)
        angles = np.linspace(0, 2 * np.pi, 73)[1:-1]
        turns = [np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]) for a in angles]
        for one in (*turns, np.diag([1.0, -1.0]), np.diag([-1.0, 1.0])):
            assert stay <= np.linalg.norm(newer @ one - older) + 1e-4


def test_a_turn_of_the_space_keeps_all_distances_on_the_map() -> None:
    rows = make_ideas(np.random.default_rng(2).integers(0, 4, 30), d=12)
    found, turned = lay_out_arrivals(rows), lay_out_arrivals(turn(rows))
    assert measure_distances(turned) == pytest.approx(measure_distances(found), abs=1e-3)


def test_different_ideas_lie_apart_while_they_come() -> None:
    ideas = np.tile(np.arange(3), 6)
    points = lay_out_arrivals(make_ideas(ideas, noise=0.1))
    distances = measure_distances(points)
    same = ideas[:, None] == ideas[None]
    assert distances[same].max() < 0.5 * distances[~same].min()


def test_repeats_arrive_on_one_spot() -> None:
    rows = make_unit_rows(4, 16)[np.array([0, 0, 0, 1, 0, 2, 3, 1, 0])]
    for n in range(1, 10):
        points = lay_out_arrivals(rows[:n])
        assert points.shape == (n, 2)
        assert np.isfinite(points).all()
    assert np.ptp(points[[0, 1, 2, 4, 8]], axis=0).max() < 1e-6
    assert np.ptp(points[[3, 7]], axis=0).max() < 1e-6
    assert np.linalg.norm(points[0] - points[3]) > 0.5


def test_all_answers_alike_lie_on_one_spot() -> None:
    assert lay_out_arrivals(np.repeat(make_unit_rows(1, 9), 13, axis=0)) == pytest.approx(
        np.zeros((13, 2)), abs=1e-6
    )


@pytest.mark.parametrize("n", [0, 1, 2])
def test_fewer_than_three_arrivals_lie_on_a_line(n: int) -> None:
    rows = make_unit_rows(n, 5)
    assert lay_out_arrivals(rows).tolist() == project_principal(rows).tolist()
    assert lay_out_arrivals(rows)[:, 1] == pytest.approx(np.zeros(n), abs=1e-6)
    assert lay_out_arrivals(np.zeros((0, 1), np.float32)).shape == (0, 2)
