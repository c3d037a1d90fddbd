"""Where labels stand beside what they name: on nothing that is drawn, and not on each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Circles = NDArray[np.float64]
"""Shape (n, 3): x, y and radius."""
Point = tuple[float, float]
Boxes = NDArray[np.float64]
"""Shape (n, 4): left, foot, right and top."""

# Above and below first: there a label is as near to its group as it can be, and stays centred.
DIRECTIONS = np.deg2rad(
    [90, 270, 0, 180, 45, 315, 135, 225, 65, 295, 115, 245, 22, 338, 158, 202, 78, 282, 102, 258]
)
ANCHORS = 16  # members of a group that places are looked for beside
CHUNK = 48  # places looked at together: one of the first is free, mostly
SAMPLE = 300
LINE_POINTS = 24  # that a line is looked at by


@dataclass(frozen=True, eq=False)
class Tag:
    """A label that is to stand beside a group, in any one unit.

    Attributes
    ----------
    group : float array, shape (k, 3)
        Circles: the group's marks, or one around all of them.
    sizes : tuple of (float, float)
        Width and height of each form that it can be written in, the best first.
    """

    group: Circles
    sizes: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Spot:
    """Where a label stands.

    Attributes
    ----------
    box : tuple of float
        Left, foot, right, top.
    tail, tip : tuple of float
        Of a line between label and group: the point of the box that is nearest, and its
        counterpart at the edge of the group.
    distance : float
        From tail to tip.
    form : int
        Which of the sizes of a label it is for.
    """

    box: tuple[float, float, float, float]
    tail: Point
    tip: Point
    distance: float
    form: int = 0


@dataclass(frozen=True, eq=False)
class Room:
    """What labels are placed in.

    Attributes
    ----------
    frame : tuple of float
        Left, foot, right and top of what a label may not leave.
    obstacles : float array, shape (n, 3)
        Circles that no label may cover, those of the groups too; nor does a line cross any
        but those of its own group.
    rivals : float array, shape (m, 3)
        Circles that a label may not be nearer to than to its group.
    """

    frame: tuple[float, float, float, float]
    obstacles: Circles
    rivals: Circles = field(default_factory=lambda: np.empty((0, 3)))


def place_tags(tags: Sequence[Tag], room: Room, reaches: Sequence[float]) -> list[Spot | None]:
    """Return a spot for each label where it covers nothing, as near to its group as there is one.

    Nor does the line between the two cover anything, so that it leads to no other group.

    Parameters
    ----------
    tags : sequence of Tag
        The most important first: it chooses first. Without a group, a label has no spot.
    room : Room
    reaches : sequence of float
        Distances from the group that are tried, rising, all above 0.

    Returns
    -------
    list of Spot or None
        As many as tags; None where no spot is free.
    """
    spots: list[Spot | None] = []
    obstacles = room.obstacles
    for tag in tags:
        held = [spot for spot in spots if spot is not None]
        spot = _find_spot(tag, room, obstacles, held, reaches)
        spots.append(spot)
        if spot is not None:  # what follows covers its line no more than a mark
            line = _walk(spot)
            beads = np.full((len(line), 1), 0.5 * spot.distance / (LINE_POINTS - 1))
            obstacles = np.vstack([obstacles, np.hstack([line, beads])])
    return spots


def _find_spot(
    tag: Tag, room: Room, obstacles: Circles, held: Sequence[Spot], reaches: Sequence[float]
) -> Spot | None:
    taken = np.array([spot.box for spot in held]).reshape(-1, 4)
    around = np.hstack([tag.group[:, :2], tag.group[:, :2]])
    for form, boxes in _propose(tag, room.frame, reaches):
        near = obstacles[_cover(_enclose(np.vstack([boxes, around])), obstacles)[0]]
        free = _drop_covering(boxes, near, taken)
        if not len(free):
            continue
        tails, tips = _join(free, tag.group)
        is_clear = ~_cross(tails, tips, near, tag.group)
        for box, tail, tip in zip(free[is_clear], tails[is_clear], tips[is_clear], strict=True):
            spot = _make_spot(box, tail, tip, form)
            line = np.tile(_walk(spot), 2)
            if (
                _is_nearest(spot, room.rivals)
                and not _overlap(line, taken).any()
                and not any(_meet(spot, other) for other in held)
            ):
                return spot
    return None


def _is_nearest(spot: Spot, rivals: Circles) -> bool:
    """Whether no rival is nearer to a label than its own group."""
    away = np.linalg.norm(_reach(np.array([spot.box]), rivals[:, :2])[0], axis=1) - rivals[:, 2]
    return bool((away >= spot.distance - 1e-9 * (1 + spot.distance)).all())


def _drop_covering(boxes: Boxes, near: Circles, taken: Boxes) -> Boxes:
    """Return the boxes that lie on nothing."""
    boxes = boxes[~_overlap(boxes, taken).any(axis=1)]
    # Among many thousands, a few hundred tell of most boxes that they lie on something.
    for some in (near[:: max(len(near) // SAMPLE, 1)], near):
        boxes = boxes[~_cover(boxes, some).any(axis=1)]
    return boxes


def _propose(
    tag: Tag, frame: tuple[float, float, float, float], reaches: Sequence[float]
) -> Iterator[tuple[int, Boxes]]:
    """Yield places inside a frame, some at a time, the nearest to the middle of a group first.

    All of one form of a label come before those of the next.
    """
    if not len(tag.group):
        return
    middle = np.median(tag.group[:, :2], axis=0)
    far = np.linalg.norm(tag.group[:, :2] - middle, axis=1)
    chosen = np.unique(np.linspace(0, len(far) - 1, min(len(far), ANCHORS)).round().astype(int))
    anchors = tag.group[np.argsort(far, kind="stable")[chosen]]
    ways = np.column_stack([np.cos(DIRECTIONS), np.sin(DIRECTIONS)])
    radii = np.add.outer(np.asarray(reaches, float), anchors[:, 2])[:, :, None]
    for form, size in enumerate(tag.sizes):
        half = np.array(size) / 2
        steps = _step_out(radii, ways, half)[..., None] * ways
        centres = (anchors[:, None, :2] + steps).reshape(-1, 2)
        boxes = np.hstack([centres - half, centres + half])
        is_inside = (boxes[:, :2] >= frame[:2]) & (boxes[:, 2:] <= frame[2:])
        boxes = boxes[is_inside.all(axis=1)]
        distance = np.linalg.norm(_reach(boxes, middle[None])[:, 0], axis=1)
        order = np.argsort(np.round(distance / (half.sum() or 1.0), 6), kind="stable")
        for start in range(0, len(order), CHUNK):
            yield form, boxes[order[start : start + CHUNK]]


def _step_out(
    radius: NDArray[np.float64], ways: NDArray[np.float64], half: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how far out a box has to move along each way till it just touches a circle."""
    across, up = np.maximum(np.abs(ways), 1e-12).T
    by_side, by_edge = (radius + half[0]) / across, (radius + half[1]) / up
    along = half[0] * across + half[1] * up
    by_corner = along + np.sqrt(np.maximum(along**2 - half @ half + radius**2, 0))
    sideways, upright = by_side * up <= half[1], by_edge * across <= half[0]
    return np.where(sideways, by_side, np.where(upright, by_edge, by_corner))


def _reach(boxes: Boxes, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ways from points to the nearest point of each box, shape (boxes, points, 2)."""
    nearest = np.clip(points, boxes[:, None, :2], boxes[:, None, 2:])
    return np.asarray(nearest - points)


def _cover(boxes: Boxes, circles: Circles) -> NDArray[np.bool_]:
    """Return which box lies on which circle; a touch is none."""
    across = np.maximum(boxes[:, None, 0] - circles[:, 0], circles[:, 0] - boxes[:, None, 2])
    up = np.maximum(boxes[:, None, 1] - circles[:, 1], circles[:, 1] - boxes[:, None, 3])
    away = np.maximum(across, 0) ** 2 + np.maximum(up, 0) ** 2
    return np.asarray(away < circles[:, 2] ** 2 * (1 - 1e-9))


def _overlap(boxes: Boxes, others: Boxes) -> NDArray[np.bool_]:
    """Return which boxes share a point."""
    return np.asarray(
        (boxes[:, None, 0] < others[:, 2])
        & (others[:, 0] < boxes[:, None, 2])
        & (boxes[:, None, 1] < others[:, 3])
        & (others[:, 1] < boxes[:, None, 3])
    )


def _enclose(boxes: Boxes) -> Boxes:
    return np.hstack([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])[None]


def _join(boxes: Boxes, group: Circles) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both ends of the shortest line from each box to a group, at the box and at the group.

    Shape (boxes, 2) each.
    """
    ways = _reach(boxes, group[:, :2])
    lengths = np.linalg.norm(ways, axis=2)
    nearest = np.argmin(np.round(lengths - group[:, 2], 9), axis=1)
    chosen = np.arange(len(boxes)), nearest
    middles, way, length = group[nearest], ways[chosen], lengths[chosen]
    share = middles[:, 2] / np.where(length > 0, length, np.inf)
    return middles[:, :2] + way, middles[:, :2] + way * np.minimum(share, 1)[:, None]


def _cross(
    tails: NDArray[np.float64], tips: NDArray[np.float64], obstacles: Circles, group: Circles
) -> NDArray[np.bool_]:
    """Return which lines meet a circle that lies in none of a group's."""
    ways = (tips - tails)[:, None]
    squares = np.maximum((ways**2).sum(axis=2), 1e-300)
    from_tails = obstacles[:, :2] - tails[:, None]
    shares = np.clip((from_tails * ways).sum(axis=2) / squares, 0, 1)
    away = ((from_tails - shares[..., None] * ways) ** 2).sum(axis=2)
    meets = away < obstacles[:, 2] ** 2 * (1 - 1e-9)
    met = np.flatnonzero(meets.any(axis=0))
    apart = np.linalg.norm(obstacles[met, None, :2] - group[:, :2], axis=2)
    is_own = (apart + obstacles[met, None, 2] <= group[:, 2] * (1 + 1e-9)).any(axis=1)
    return np.asarray(meets[:, met[~is_own]].any(axis=1))


def _make_spot(
    box: NDArray[np.float64], tail: NDArray[np.float64], tip: NDArray[np.float64], form: int
) -> Spot:
    left, foot, right, top = map(float, box)
    ends = (float(tail[0]), float(tail[1])), (float(tip[0]), float(tip[1]))
    return Spot((left, foot, right, top), *ends, float(np.linalg.norm(tail - tip)), form)


def _walk(spot: Spot) -> NDArray[np.float64]:
    """Return points along the line of a spot."""
    return np.linspace(spot.tip, spot.tail, LINE_POINTS + 2)[1:-1]


def _meet(spot: Spot, other: Spot) -> bool:
    """Whether two lines cross."""
    ends, others = (spot.tip, spot.tail), (other.tip, other.tail)
    return _turn(*ends, others[0]) * _turn(*ends, others[1]) < 0 and (
        _turn(*others, ends[0]) * _turn(*others, ends[1]) < 0
    )


def _turn(start: Point, end: Point, point: Point) -> float:
    """Return on which side of a line a point lies, by its sign."""
    return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])
