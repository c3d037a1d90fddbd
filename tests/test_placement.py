from itertools import combinations

import numpy as np
import pytest

from hivemind_core.figures.placement import Circles, Room, Spot, Tag, place_tags

FRAME = (0.0, 0.0, 100.0, 100.0)
SIZE = (20.0, 10.0)
REACHES = (1.0, 6.0, 15.0)


def circle(*rows: tuple[float, float, float]) -> Circles:
    return np.array(rows, float).reshape(-1, 3)


def place_one(group: Circles, obstacles: Circles, room: Room | None = None) -> Spot | None:
    room = room or Room(FRAME, np.vstack([group, obstacles]))
    (spot,) = place_tags([Tag(group, (SIZE,))], room, REACHES)
    return spot


def is_clear(spot: Spot, circles: Circles) -> bool:
    """Whether a box keeps off circles, by the definition: no point of it is inside one."""
    left, foot, right, top = spot.box
    x, y = np.meshgrid(np.linspace(left, right, 60), np.linspace(foot, top, 60))
    away = np.hypot(x[..., None] - circles[:, 0], y[..., None] - circles[:, 1])
    return bool((away >= circles[:, 2] - 1e-9).all())


def test_a_label_stands_above_its_group_then_below_then_aside() -> None:
    group = circle((50, 50, 5))
    spot = place_one(group, circle())
    # Above: a box 20 x 10 whose foot is the radius and the first reach above the middle.
    assert spot is not None
    assert spot.box == pytest.approx((40, 56, 60, 66))
    assert (spot.tail, spot.tip, spot.distance) == ((50.0, 56.0), (50.0, 55.0), 1.0)
    above, below, right = circle((50, 62, 2)), circle((50, 38, 2)), circle((63, 50, 2))
    spot = place_one(group, above)
    assert spot is not None
    assert spot.box == pytest.approx((40, 34, 60, 44))
    spot = place_one(group, np.vstack([above, below]))
    assert spot is not None
    assert spot.box == pytest.approx((56, 45, 76, 55))
    spot = place_one(group, np.vstack([above, below, right]))
    assert spot is not None
    assert spot.box == pytest.approx((24, 45, 44, 55))


def test_a_corner_touches_its_circle_at_the_reach() -> None:
    group = circle((50, 50, 5))
    room = Room((52.0, 52.0, 100.0, 100.0), group)
    (spot,) = place_tags([Tag(group, ((10.0, 10.0),))], room, REACHES)
    assert spot is not None
    corner = 50 + 6 / np.sqrt(2)
    assert spot.box == pytest.approx((corner, corner, corner + 10, corner + 10))
    assert spot.distance == pytest.approx(1)


def test_a_label_farther_away_has_a_line_that_crosses_nothing() -> None:
    group = circle((50, 50, 2))
    ring = [(50 + 9 * np.cos(a), 50 + 9 * np.sin(a), 1.0) for a in np.arange(0, 5.6, 0.7)]
    spot = place_one(group, circle(*ring))
    assert spot is not None
    assert spot.distance > REACHES[0]
    steps = np.linspace(spot.tip, spot.tail, 200)[:, None] - circle(*ring)[:, :2]
    assert np.linalg.norm(steps, axis=2).min() > 1
    closed = [(50 + 9 * np.cos(a), 50 + 9 * np.sin(a), 1.5) for a in np.arange(0, 6.2, 0.2)]
    assert place_one(group, circle(*closed)) is None


def test_labels_cover_no_mark_no_other_label_and_no_line() -> None:
    rng = np.random.default_rng(1)
    marks = np.column_stack([rng.uniform(10, 90, (60, 2)), np.full(60, 1.0)])
    tags = [Tag(marks[n : n + 3], (SIZE, (12.0, 16.0))) for n in range(0, 60, 3)]
    spots = place_tags(tags, Room(FRAME, marks), REACHES)
    placed = [spot for spot in spots if spot is not None]
    assert len(placed) >= 5
    assert {spot.form for spot in placed} == {0, 1}
    for spot in placed:
        left, foot, right, top = spot.box
        assert (right - left, top - foot) == pytest.approx((SIZE, (12.0, 16.0))[spot.form])
        assert min(left, foot) >= 0
        assert max(right, top) <= 100
        assert is_clear(spot, marks)
        near = [np.linspace(other.tip, other.tail, 50)[:, None] for other in placed]
        inside = [(line > (left, foot)) & (line < (right, top)) for line in near]
        assert not any(each.all(axis=2).any() for each in inside)
    for a, b in combinations([spot.box for spot in placed], 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_the_unit_and_the_order_of_marks_decide_nothing() -> None:
    rng = np.random.default_rng(2)
    marks = np.column_stack([rng.uniform(10, 90, (400, 2)), np.full(400, 0.8)])
    group = marks[:4]
    spot = place_one(group, marks)
    assert spot is not None
    assert place_one(group, marks[::-1].copy()) == spot
    frame = (0.0, 0.0, 800.0, 800.0)
    tags = [Tag(group * 8, ((SIZE[0] * 8, SIZE[1] * 8),))]
    (scaled,) = place_tags(tags, Room(frame, marks * 8), [8 * reach for reach in REACHES])
    assert scaled is not None
    assert np.array(scaled.box) / 8 == pytest.approx(spot.box)


def test_no_rival_is_nearer_than_the_group() -> None:
    group, rival = circle((50, 50, 5)), circle((50, 66, 2))
    marks = np.vstack([group, rival, circle((50, 38, 2))])
    tag = Tag(group, ((4.0, 2.0),))
    (free,) = place_tags([tag], Room(FRAME, marks), [6.0])
    (held,) = place_tags([tag], Room(FRAME, marks, np.vstack([group, rival])), [6.0])
    assert free is not None
    assert held is not None
    assert free.box == pytest.approx((48, 61, 52, 63))  # 6 from its group, and 1 from the other
    assert held.box[3] < 61


def test_where_no_place_is_free_there_is_none() -> None:
    everywhere = circle(*((x, y, 3.0) for x in range(0, 101, 5) for y in range(0, 101, 5)))
    group = circle((50, 50, 5))
    assert place_one(group, everywhere) is None
    assert place_one(circle(), circle()) is None
    assert place_one(group, circle(), Room((0, 0, 19, 100), group)) is None
    assert place_tags([], Room(FRAME, everywhere), REACHES) == []


def test_many_labels_of_one_group_do_not_pile_up() -> None:
    group = circle((50, 50, 0), (50, 50, 0))
    spots = place_tags([Tag(group, (SIZE,))] * 40, Room(FRAME, group), REACHES)
    boxes = [spot.box for spot in spots if spot is not None]
    assert 2 <= len(boxes) == len(set(boxes)) < 40
