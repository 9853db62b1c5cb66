"""Rooms that an order needs: the bounding sizes of a few ways of putting its pieces side by side.

They are upper bounds found quickly, not packings by a packer: each is a room that surely holds the pieces as boxes.
What a packer must also keep (what may lie on what, what may lie beside what) is not looked at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import permutations

import numpy as np

from carbon.optimise.items import Item, Rotation, Size

#: Ways that are followed up while pieces are added.
_WAYS = 16
#: Most rows that a block is tried with in one direction.
_ROWS = 30


def is_free(items: tuple[Item, ...]) -> bool:
    """Say whether all pieces may lie any way, so that the whole order may, too."""
    return all(item.rotation is Rotation.BEST_FIT and len(item.may_stand) == 3 for item in items)


def is_fixed(items: tuple[Item, ...]) -> bool:
    """Say whether a piece may not even be turned about the vertical."""
    return any(item.rotation is Rotation.NEVER for item in items)


def ways(item: Item) -> list[Size]:
    """Return how one piece may lie."""
    length, width, height = item.size
    if item.rotation is Rotation.NEVER:
        return [item.size]
    if item.rotation is Rotation.THIS_WAY_UP:
        return list(dict.fromkeys([(length, width, height), (width, length, height)]))
    turned = (way for way in permutations(range(3)) if way[2] in item.may_stand)
    return list(dict.fromkeys(tuple(item.size[axis] for axis in way) for way in turned))


def needed_sizes(items: tuple[Item, ...], most: int = 6) -> list[Size]:
    """Return rooms that hold an order, none larger in every direction than another; least volume first.

    Pieces of a kind are stacked to a block, blocks are joined along length, width or height, the largest first.

    Parameters
    ----------
    items : tuple of Item
    most : int
        How many rooms to return at most.
    """
    return [tuple(room) for room in _best(_rooms(items), most).tolist()]


@lru_cache(maxsize=4096)
def _rooms(items: tuple[Item, ...]) -> np.ndarray:
    """Return the rooms found; kept, because the same order is asked for its sizes and for its fits."""
    kinds = sorted(items, key=lambda item: -item.volume_m3 * item.quantity)
    rooms = np.zeros((1, 3), dtype=np.int64)
    for item in kinds:
        blocks = _blocks(item.size, item.rotation, item.may_stand, item.quantity)
        largest = np.maximum(rooms[:, None, :], blocks[None, :, :])
        together = rooms[:, None, :] + blocks[None, :, :]
        joined = np.repeat(largest[None], 3, axis=0)
        for axis in range(3):
            joined[axis, :, :, axis] = together[:, :, axis]
        rooms = _best(joined.reshape(-1, 3), _WAYS)
    if is_free(items):
        rooms = -np.sort(-rooms, axis=1)
    elif not is_fixed(items):
        rooms = np.column_stack([-np.sort(-rooms[:, :2], axis=1), rooms[:, 2]])
    return rooms


@lru_cache(maxsize=65_536)
def _blocks(size: Size, rotation: Rotation, may_stand: frozenset[int], quantity: int) -> np.ndarray:
    """Return the blocks that so many pieces of a kind can be stacked to."""
    piece = Item("", size, 0.0, rotation=rotation, may_stand=may_stand)
    blocks = set()
    for length, width, height in ways(piece):
        for along in _counts(quantity):
            layers = math.ceil(quantity / along)
            for across in _counts(layers):
                up = math.ceil(layers / across)
                blocks.add((along * length, across * width, up * height))
    return _best(np.array(sorted(blocks), dtype=np.int64), _WAYS)


def _counts(pieces: int) -> list[int]:
    """Return numbers of rows of which none is longer than it must be, for so many pieces."""
    return sorted({math.ceil(pieces / rows) for rows in range(1, min(pieces, _ROWS) + 1)} | {1})


def _best(rooms: np.ndarray, most: int) -> np.ndarray:
    """Return rooms of least volume and, for variety, of least surface; none that another one of them fits in."""
    sizes = rooms.astype(float)
    volume = sizes.prod(axis=1)
    surface = sizes[:, 0] * sizes[:, 1] + sizes[:, 0] * sizes[:, 2] + sizes[:, 1] * sizes[:, 2]
    few = most // 3
    by_volume = np.lexsort((surface, volume))[: 4 * most]
    by_surface = np.lexsort((volume, surface))[: 4 * few]
    kept = _minimal(rooms[by_volume])[: most - few]
    return _minimal(np.vstack([kept, _minimal(rooms[by_surface])[:few]]))


def _minimal(rooms: np.ndarray) -> np.ndarray:
    """Leave out doubles, and rooms that an earlier or smaller one fits in; the order is kept."""
    within = smaller_or_equal(rooms)
    # Of equal ones the first stays: an earlier one counts as smaller, a later one does not.
    within &= ~within.T | _earlier(len(rooms))
    return rooms[~within.any(axis=0)]


def smaller_or_equal(rooms: np.ndarray) -> np.ndarray:
    """Say of each two rooms, first and second, whether no length of the first is larger: n x n."""
    length, width, height = np.ascontiguousarray(rooms.T)
    within = length[:, None] <= length
    within &= width[:, None] <= width
    within &= height[:, None] <= height
    return within


@lru_cache(maxsize=256)
def _earlier(number: int) -> np.ndarray:
    return np.triu(np.ones((number, number), dtype=bool), 1)


def any_holds(needs: Sequence[Size], rooms: np.ndarray, any_way: bool, fixed: bool = False) -> np.ndarray:
    """Say which rooms hold any of the needed boxes.

    Parameters
    ----------
    needs : sequence of Size
    rooms : array of int, n x 3
    any_way, fixed : bool
        Whether the boxes may lie on any side, or may not be turned at all; else they turn about the vertical.

    Returns
    -------
    array of bool, n
    """
    boxes = np.array(needs, dtype=np.int64).reshape(-1, 3)
    if any_way:
        boxes, rooms = np.sort(boxes, axis=1), np.sort(rooms, axis=1)
    elif not fixed:
        boxes = np.column_stack([-np.sort(-boxes[:, :2], axis=1), boxes[:, 2]])
        rooms = np.column_stack([-np.sort(-rooms[:, :2], axis=1), rooms[:, 2]])
    # Length, width and height by themselves: many times quicker than all three of each pair at once.
    length, width, height = np.ascontiguousarray(rooms.T)
    found = np.zeros(len(rooms), dtype=bool)
    for x, y, z in boxes.tolist():
        found |= (length >= x) & (width >= y) & (height >= z)
    return found
