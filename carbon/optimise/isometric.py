"""Boxes seen from front, right and above: what hides what, and where it lands on paper.

Coordinates here are *towards the viewer*: to the right, to the front, up. The view is along (1, 1, 1), so a box is seen as
a hexagon, and a point hides another if it lies on the same line and is nearer in all three coordinates at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

Point = tuple[float, float, float]
#: Visible faces: the axis that is normal to them.
RIGHT, FRONT, TOP = 0, 1, 2


@dataclass(frozen=True)
class Cuboid:
    """A box, or a part of one that had to be cut to be drawn.

    Attributes
    ----------
    number : int
        Which box it is, or is a part of.
    low, high : tuple
        Corners; `high` is nearer to the viewer.
    cut : frozenset of (int, int)
        Sides (axis, 0 for low or 1 for high) that are no sides of the box but cuts.
    """

    number: int
    low: tuple[int, int, int]
    high: tuple[int, int, int]
    cut: frozenset[tuple[int, int]] = frozenset()

    def split(self, axis: int, at: int) -> tuple[Cuboid, Cuboid]:
        """Return both parts of a cut."""
        below = tuple(at if each == axis else value for each, value in enumerate(self.high))
        above = tuple(at if each == axis else value for each, value in enumerate(self.low))
        return (
            replace(self, high=below, cut=(self.cut - {(axis, 1)}) | {(axis, 1)}),
            replace(self, low=above, cut=(self.cut - {(axis, 0)}) | {(axis, 0)}),
        )


def on_paper(point: Point) -> tuple[float, float]:
    """Return where a point is drawn: to the right, and down."""
    x, y, z = point
    return (x - y) * math.sqrt(3) / 2, (x + y) / 2 - z


def overlap(one: Cuboid, other: Cuboid) -> bool:
    """Whether two boxes cover some of the same paper.

    Both are hexagons with sides in the same three directions, so that they are apart only if they are apart across one
    of these.
    """
    for a, b in ((0, 1), (0, 2), (1, 2)):
        low, high = one.low[a] - one.high[b], one.high[a] - one.low[b]
        other_low, other_high = other.low[a] - other.high[b], other.high[a] - other.low[b]
        if high <= other_low or other_high <= low:
            return False
    return True


def behind(one: Cuboid, other: Cuboid) -> bool:
    """Whether the first may be hidden by the second: they overlap on paper, and it lies on the far side.

    Where two disjoint boxes overlap on paper, some line of sight meets both. On it, every coordinate of the nearer box is
    higher: so all axes that part the two agree on which is nearer, and any of them tells.
    """
    return overlap(one, other) and any(one.high[axis] <= other.low[axis] for axis in range(3))


def back_to_front(boxes: Sequence[Cuboid]) -> list[Cuboid]:
    """Return disjoint boxes in an order in which each may be painted over those before it.

    Three boxes can hide each other in a circle. One of them is cut then, along a side of another; in the worst case all
    are cut along all sides, and cells of one grid are ordered by the sum of their positions, so that this ends.
    """
    parts = list(boxes)
    while True:
        order, stuck = _sorted(parts)
        if not stuck:
            return order
        ring = _ring(stuck)
        parts = _cut(parts, ring)


def _sorted(parts: list[Cuboid]) -> tuple[list[Cuboid], list[Cuboid]]:
    """Boxes in order as far as there is one, and those that are left."""
    count = len(parts)
    hidden_by: list[list[int]] = [[] for _ in parts]
    waiting = [0] * count
    for i in range(count):
        for j in range(count):
            if i != j and behind(parts[i], parts[j]):
                hidden_by[i].append(j)
                waiting[j] += 1
    ready = [i for i in range(count) if not waiting[i]]
    order = []
    while ready:
        i = ready.pop(0)
        order.append(parts[i])
        for j in hidden_by[i]:
            waiting[j] -= 1
            if not waiting[j]:
                ready.append(j)
    return order, [parts[i] for i in range(count) if waiting[i]]


def _ring(stuck: list[Cuboid]) -> list[Cuboid]:
    """Return boxes that hide each other in a circle."""
    trail = [stuck[0]]
    while True:
        before = next(each for each in stuck if behind(each, trail[-1]))
        if before in trail:
            return trail[trail.index(before) :]
        trail.append(before)


def _cut(parts: list[Cuboid], ring: list[Cuboid]) -> list[Cuboid]:
    for one in ring:
        for other in ring:
            for axis in range(3):
                for at in (other.low[axis], other.high[axis]):
                    if one.low[axis] < at < one.high[axis]:
                        return [each for each in parts if each != one] + list(one.split(axis, at))
    raise AssertionError("boxes in a circle that no side of another crosses: they are not disjoint")


def faces(box: Cuboid) -> list[tuple[int, list[Point]]]:
    """Return the visible faces of a box or part, without cuts: axis and corners."""
    (x1, y1, z1), (x2, y2, z2) = box.low, box.high
    found = [
        (RIGHT, [(x2, y2, z1), (x2, y1, z1), (x2, y1, z2), (x2, y2, z2)]),
        (FRONT, [(x1, y2, z1), (x2, y2, z1), (x2, y2, z2), (x1, y2, z2)]),
        (TOP, [(x1, y2, z2), (x2, y2, z2), (x2, y1, z2), (x1, y1, z2)]),
    ]
    return [(axis, corners) for axis, corners in found if (axis, 1) not in box.cut]


def edges(box: Cuboid) -> list[tuple[Point, Point]]:
    """Return the visible edges of a box or part; where it was cut there is none."""
    found = []
    for axis in range(3):
        a, b = (each for each in range(3) if each != axis)
        for side_a, side_b in ((1, 1), (1, 0), (0, 1)):
            if {(a, side_a), (b, side_b)} & box.cut:
                continue
            ends = []
            for side in (0, 1):
                point = [0, 0, 0]
                point[axis] = (box.low, box.high)[side][axis]
                point[a] = (box.low, box.high)[side_a][a]
                point[b] = (box.low, box.high)[side_b][b]
                ends.append(tuple(point))
            found.append((ends[0], ends[1]))
    return found
