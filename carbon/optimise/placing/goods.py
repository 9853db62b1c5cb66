"""What is to be packed, as the search takes it: kinds, sizes as they may lie, the box in steps of a common measure.

Nothing here depends on the order in which items are given, on their names, or on which of two horizontal axes is
called the length: the same goods always come out the same.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import permutations

import numpy as np

from carbon.optimise.items import Box, Item, Placement, Rotation, Size
from carbon.optimise.placing.keyed import OCTAVE, mix

#: Sums of edges are listed for so many pieces; beyond, nearly every length is one.
SUMS_UP_TO = 12
#: Thicknesses of a flexible package that are tried.
THICKNESSES = 40
STRAIGHT = (0, 1, 2)
#: Three times 0.1 kg is no more than 0.3 kg, whatever the last bit says.
SLACK = 1 + 1e-10
#: Pieces beyond which arrays are faster.
_MANY = 200


def sizes_of(item: Item) -> tuple[Size, ...]:
    """Return the sizes an item may have as it lies: along length, width and height of the box."""
    return _sizes(item.size, item.rotation, item.may_stand)


@lru_cache(maxsize=10_000)
def _sizes(size: Size, rotation: Rotation, may_stand: frozenset[int]) -> tuple[Size, ...]:
    length, width, height = size
    if rotation is Rotation.NEVER:
        return (size,)
    if rotation is Rotation.THIS_WAY_UP:
        return tuple(sorted({(length, width, height), (width, length, height)}))
    ways = (way for way in permutations(range(3)) if way[2] in may_stand)
    return tuple(sorted({tuple(size[axis] for axis in way) for way in ways}))


@dataclass
class Kind:
    """Pieces that the search cannot tell apart.

    Attributes
    ----------
    sizes : tuple of Size
        As they may lie.
    bearing_kg : float
        Most mass on one of them; infinite where no mass of the goods could be too much, negative where nothing may
        lie on it.
    members : list of (int, int)
        Items, and how many pieces of each.
    quantity : int
        Number of pieces.
    volume : int
        Of one piece [cubic tenth of a millimetre].
    """

    sizes: tuple[Size, ...]
    mass_kg: float
    bearing_kg: float
    members: list[tuple[int, int]]
    quantity: int
    volume: int


class Goods:
    """Items in the canonical order of their kinds.

    Parameters
    ----------
    items : sequence of Item
    counts : sequence of int, optional
        How many pieces of each; all by default.
    apart : bool
        Keep every item a kind of its own: someone asks which item a piece is.
    """

    def __init__(self, items: Sequence[Item], counts: Sequence[int] | None = None, apart: bool = False):
        self.items = items
        counts = [item.quantity for item in items] if counts is None else counts
        self.mass_kg = math.fsum(item.mass_kg * count for item, count in zip(items, counts, strict=True))
        found: dict[tuple, Kind] = {}
        self.temperatures: set[str] = set()
        for position, (item, count) in enumerate(zip(items, counts, strict=True)):
            if count < 1:
                continue
            self.temperatures.add(item.temperature)
            sizes = sizes_of(item)
            bearing_kg = self._bearing_kg(item)
            key = (sizes, item.mass_kg, bearing_kg, position if apart else 0)
            kind = found.get(key)
            if kind is None:
                found[key] = Kind(sizes, item.mass_kg, bearing_kg, [(position, count)], count, math.prod(item.size))
            else:
                kind.members.append((position, count))
                kind.quantity += count
        self.kinds = list(found.values())
        self.kinds.sort(key=lambda kind: (-kind.volume, kind.sizes, -kind.mass_kg, kind.bearing_kg, kind.members))
        self.pieces = sum([kind.quantity for kind in self.kinds])
        self.volume = sum([kind.volume * kind.quantity for kind in self.kinds])
        self.loaded = any([kind.bearing_kg < math.inf for kind in self.kinds])
        self.step = math.gcd(*[edge for kind in self.kinds for edge in kind.sizes[0]]) or 1
        self._sums: list[int] | None = None

    def _bearing_kg(self, item: Item) -> float:
        """Return what a piece bears, less than nothing where it bears not even what has no mass."""
        if item.top_load_kg <= 0:
            return -1.0
        if item.top_load_kg >= (self.mass_kg - item.mass_kg) * SLACK:
            return math.inf
        return item.top_load_kg * SLACK

    @cached_property
    def apart(self) -> bool:
        """Whether some two pieces must not share a parcel."""
        there = [self.items[position] for kind in self.kinds for position, _ in kind.members]
        if len(self.temperatures) > 1:
            return True
        if not any(item.apart_from for item in there):
            return False
        pieces: Counter[str | None] = Counter()
        for kind in self.kinds:
            for position, count in kind.members:
                pieces[self.items[position].kind] += count
        # A piece may keep apart from others of its own kind, but not from itself.
        return any(pieces[other] > (item.kind == other) for item in there for other in item.apart_from)

    def is_longer_than(self, inside: Size) -> bool:
        """Say whether some piece alone does not fit into a room."""
        length, width, height = inside
        for kind in self.kinds:
            for x, y, z in kind.sizes:
                if x <= length and y <= width and z <= height:
                    break
            else:
                return True
        return False

    def sums(self) -> list[int] | None:
        """Return the lengths that edges along each axis can add up to, as bits, or None where they are too many."""
        if self._sums is None and self.pieces <= SUMS_UP_TO:
            axes = []
            for axis in STRAIGHT:
                edges = [({size[axis] // self.step for size in kind.sizes}, kind.quantity) for kind in self.kinds]
                if axes and edges == axes[0][0]:
                    axes.append(axes[0])
                else:
                    axes.append((edges, _reached(edges)))
            self._sums = [reached for _, reached in axes]
        return self._sums

    def room(self, inside: Size) -> Size:
        """Return the part of a box that can be used, in steps: no row of pieces ends beyond it."""
        length, width, height = inside
        room = (length // self.step, width // self.step, height // self.step)
        sums = self.sums()
        if sums is None:
            return room
        return tuple([(sums[axis] & ((2 << room[axis]) - 1)).bit_length() - 1 for axis in STRAIGHT])

    def fitting_sizes(self, room: Size, kinds: Iterable[Kind]) -> list[list[Size]]:
        """Return for each kind the sizes, in steps, that the room has place for."""
        step = self.step
        length, width, height = room[0] * step, room[1] * step, room[2] * step
        return [
            [(x // step, y // step, z // step) for x, y, z in kind.sizes if x <= length and y <= width and z <= height]
            for kind in kinds
        ]


def _reached(edges: list[tuple[set[int], int]]) -> int:
    reached = 1
    for choices, quantity in edges:
        for _ in range(quantity):
            longer = reached
            for edge in choices:
                longer |= reached << edge
            reached = longer
    return reached


@dataclass
class Problem:
    """Goods and one room for them, as the inner functions take them.

    Attributes
    ----------
    axes : tuple of int
        Axis of the box that stands first, second, third here.
    data, reals : list
        See `trying.find`.
    """

    goods: Goods
    axes: tuple[int, int, int]
    room: Size
    data: list[int]
    reals: list[float]
    rows: int
    kinds: list[Kind]

    def names(self) -> list[tuple[int, int]]:
        """Return a number for each piece that stays its own when other pieces go or rules change, and how bulky it is.

        It tells its edges, whichever way they may lie, and how many equal pieces come before. What doubles the volume
        adds as much to the bulk whatever the volume is, in whole numbers: the same on every machine.
        """
        found, seen, step = [], Counter(), self.goods.step
        for kind in self.kinds:
            a, b, c = sorted([edge // step for edge in kind.sizes[0]])
            bulk = ((kind.volume // step**3) ** OCTAVE).bit_length()
            for _ in range(kind.quantity):
                found.append((mix(mix(mix(a, b), c), seen[a, b, c]), bulk))
                seen[a, b, c] += 1
        return found

    def placements(self, pieces: int, laid: Sequence[Sequence[int]], kind: Sequence[int], hanging: bool) -> list:
        """Return pieces as placements in the order in which they are put in, none hanging in the air."""
        step = self.goods.step
        found = []
        for j in range(pieces):
            begin, end = [0, 0, 0], [0, 0, 0]
            for place, axis in enumerate(self.axes):
                begin[axis], end[axis] = int(laid[place][j]) * step, int(laid[place + 3][j]) * step
            found.append((begin[2], begin[1], begin[0], end[2], end[1], end[0], int(kind[j])))
        found.sort()
        if hanging:
            found = settle(found)
        left = [[list(member) for member in each.members] for each in self.kinds]
        placements = []
        for z, y, x, z2, y2, x2, k in found:
            members = left[k]
            members[0][1] -= 1
            item = members[0][0]
            if members[0][1] == 0:
                members.pop(0)
            placements.append(Placement(item, (x, y, z), (x2 - x, y2 - y, z2 - z)))
        return placements


def settle(found: list[tuple]) -> list[tuple]:
    """Lower pieces, the lowest first, until each lies on the floor or on another."""
    if len(found) > _MANY:
        return _settle_many(found)
    lowered: list[tuple] = []
    for z, y, x, z2, y2, x2, k in found:
        floor = 0
        for _, b, a, top, b2, a2, _ in lowered:
            if top > floor and a < x2 and x < a2 and b < y2 and y < b2:
                floor = top
        lowered.append((floor, y, x, z2 - z + floor, y2, x2, k))
    return sorted(lowered)


def _settle_many(found: list[tuple]) -> list[tuple]:
    """Do the same, comparing each piece with all lower ones at once."""
    given = np.array(found, np.int64)
    y, x, y2, x2 = (np.ascontiguousarray(given[:, column]) for column in (1, 2, 4, 5))
    tops = np.zeros(len(found), np.int64)
    lowered = []
    for i, piece in enumerate(found):
        over = (x[:i] < piece[5]) & (piece[2] < x2[:i]) & (y[:i] < piece[4]) & (piece[1] < y2[:i])
        floor = int(tops[:i][over].max(initial=0))
        tops[i] = piece[3] - piece[0] + floor
        lowered.append((floor, piece[1], piece[2], int(tops[i]), *piece[4:]))
    return sorted(lowered)


def problem(goods: Goods, inside: Size, turned: str, partly: bool = False) -> Problem | None:
    """Return the search's view of goods in a room, or None where a bound says that they cannot fit.

    Parameters
    ----------
    turned : str
        "all" where height is an axis like the others, "flat" where length and width may change places, "none".
    partly : bool
        Take the kinds that fit one by one, and none only where there is no such kind.
    """
    if not partly and goods.is_longer_than(inside):
        return None
    room = goods.room(inside)
    step = goods.step
    if not partly and goods.volume > math.prod(room) * step**3:
        return None
    sizes = goods.fitting_sizes(room, goods.kinds)
    pairs = list(zip(goods.kinds, sizes, strict=True))
    if partly:
        pairs = [(kind, each) for kind, each in pairs if each]
        if not pairs:
            return None
    elif not all(sizes):
        return None
    axes = STRAIGHT
    if turned != "none":
        axes, pairs = _turn(pairs, room, turned)
    return _problem(goods, axes, room, pairs)


def _turn(pairs: list[tuple[Kind, list[Size]]], room: Size, turned: str) -> tuple[Size, list]:
    """Put the axes in the order of the room's edges, the longest first, and kinds and sizes in the order of that."""
    length, width, height = room
    if length > width and (turned == "flat" or width > height):
        return STRAIGHT, pairs
    ways = [STRAIGHT, (1, 0, 2)] if turned == "flat" else list(permutations(STRAIGHT))
    longest = max([(room[a], room[b], room[c]) for a, b, c in ways])
    ways = [(a, b, c) for a, b, c in ways if (room[a], room[b], room[c]) == longest]
    found = []
    for a, b, c in ways:
        # Sorted by all sizes, as the kinds of goods are where no axis changes its place.
        keyed = [
            (
                (-kind.volume, sorted([(size[a], size[b], size[c]) for size in kind.sizes]), -kind.mass_kg,
                 kind.bearing_kg, kind.members),
                kind,
                sorted([(size[a], size[b], size[c]) for size in sizes]),
            )
            for kind, sizes in pairs
        ]  # fmt: skip
        keyed.sort(key=lambda each: each[0])
        found.append(([each[0][:4] for each in keyed], (a, b, c), [each[1:] for each in keyed]))
    _, axes, turned_pairs = min(found, key=lambda each: each[0])
    return axes, turned_pairs


def _problem(goods: Goods, axes: Size, room: Size, pairs: list[tuple[Kind, list[Size]]]) -> Problem:
    kinds = [kind for kind, _ in pairs]
    first, beyond, rows = [], [], []
    for _, sizes in pairs:
        first.append(len(rows))
        rows += sizes
        beyond.append(len(rows))
    data = [*first, *beyond, *[row[0] for row in rows], *[row[1] for row in rows], *[row[2] for row in rows]]
    data += [0] * (3 * len(kinds))
    for position, kind in enumerate(kinds):
        data += [position] * kind.quantity
    reals = [kind.mass_kg for kind in kinds] + [kind.bearing_kg for kind in kinds]
    a, b, c = axes
    return Problem(goods, axes, (room[a], room[b], room[c]), data, reals, len(rows), kinds)


def rooms(goods: Goods, box: Box, partly: bool = False) -> list[Size]:
    """Return the rooms a box can be: its inside, or those of a flexible package from the thinnest on.

    With `partly`, also those that some of the goods need no more than.

    A flexible package is only as thick as its content: the thicknesses that matter are sums of edges that may stand.
    """
    if not box.flexible:
        return [box.inner]
    length, width, thickest = box.inner
    thickest = min(thickest, length, width)
    least = 0 if partly else max((min(size[2] for size in kind.sizes) for kind in goods.kinds), default=0)
    sums = goods.sums()
    if sums is None:
        found = _few_sums(goods, thickest)
    else:
        found = [bit * goods.step for bit in range(1, thickest // goods.step + 1) if sums[2] >> bit & 1]
    found = [
        height for height in found
        if height >= least and (partly or (length - height) * (width - height) * height >= goods.volume)
    ]  # fmt: skip
    if len(found) > THICKNESSES:
        last = len(found) - 1
        found = sorted({found[round(i * last / (THICKNESSES - 1))] for i in range(THICKNESSES)})
    return [(length - height, width - height, height) for height in found]


def _few_sums(goods: Goods, thickest: int) -> list[int]:
    """Return sums of up to so many edges that the thickness is reached, for goods too many to list them all."""
    edges = sorted({size[2] for kind in goods.kinds for size in kind.sizes if size[2] <= thickest})
    reached = {0}
    for _ in range(min(goods.pieces, 6)):
        longer = reached | {sum_ + edge for sum_ in reached for edge in edges if sum_ + edge <= thickest}
        if longer == reached or len(longer) > 4000:
            break
        reached = longer
    return sorted(reached - {0} | {thickest})
