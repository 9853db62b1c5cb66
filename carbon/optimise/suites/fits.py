"""Which orders fit which sizes: exact for one piece, by a packer for several, with as few packings as possible.

If an order fits a size it fits every size at least as large, and if a packer finds no way into a size it is not asked
for smaller ones. So the packer is asked for the size that settles most others, whatever its answer, until all are
settled. That no way was found proves nothing: a packer that searches may miss a fit, but never claims one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from carbon.errors import InputError
from carbon.optimise.items import Box, Item, Parcel, Size
from carbon.optimise.suites.needs import any_holds, is_fixed, is_free, needed_sizes, ways

#: Says of each size whether it holds the items: ``fits(items, sizes) -> array of bool``.
Fits = Callable[[tuple[Item, ...], Sequence[Size]], np.ndarray]


def by_packing(fit: Callable[[tuple[Item, ...], Box], Parcel | None]) -> Fits:
    """Make a rule of a packer.

    Parameters
    ----------
    fit : callable
        Puts all items into one box, or returns None.
    """

    def fits(items: tuple[Item, ...], sizes: Sequence[Size]) -> np.ndarray:
        classes = frozenset(item.temperature for item in items)
        boxes = (Box("x".join(map(str, size)), tuple(size), tuple(size), temperatures=classes) for size in sizes)
        return np.array([fit(items, box) is not None for box in boxes], dtype=bool)

    return fits


def by_blocks(items: tuple[Item, ...], sizes: Sequence[Size]) -> np.ndarray:
    """Say which sizes hold an order as blocks side by side: quick, and on the safe side.

    Orders with rules that blocks do not keep (nothing on top, apart) fit nothing by this rule.
    """
    if any(math.isfinite(item.top_load_kg) or item.apart_from for item in items):
        return np.zeros(len(sizes), dtype=bool)
    return any_holds(needed_sizes(items, most=24), np.array(sizes, dtype=np.int64), is_free(items), is_fixed(items))


def one_piece(item: Item, sizes: Sequence[Size]) -> np.ndarray:
    """Say which sizes hold one piece: exact, since a box that fits a box fits it along the axes."""
    return any_holds(ways(item), np.array(sizes, dtype=np.int64), any_way=False, fixed=True)


def fit_matrix(
    orders: Sequence[tuple[Item, ...]],
    sizes: Sequence[Size],
    fits: Fits,
    surely: Fits | None = None,
    max_load_kg: float = math.inf,
) -> np.ndarray:
    """Say which orders fit which sizes.

    Parameters
    ----------
    orders : sequence
        Items of each order.
    sizes : sequence of Size
        Inner sizes.
    fits : callable
        Asked for orders of several pieces, one size at a time.
    surely : callable, optional
        A quicker rule that never claims a fit that `fits` could not find, as `by_blocks` where nothing must be
        supported: only sizes that it leaves open are packed.
    max_load_kg : float
        Of any of these cartons; heavier orders fit none.

    Returns
    -------
    array of bool, orders x sizes

    Raises
    ------
    InputError
        If an order has no pieces.
    """
    rooms = np.array(sizes, dtype=np.int64).reshape(-1, 3)
    free = _Order(rooms, any_way=True)
    upright = _Order(rooms, any_way=False)
    matrix = np.zeros((len(orders), len(rooms)), dtype=bool)
    known: dict[tuple[Item, ...], np.ndarray] = {}
    for row, items in enumerate(orders):
        pieces = sum(item.quantity for item in items)
        if pieces < 1:
            raise InputError("an order has no pieces", found=f"order {row + 1}", expected="at least one item")
        if items not in known:
            if math.fsum(item.mass_kg * item.quantity for item in items) > max_load_kg:
                known[items] = matrix[row]
            elif pieces == 1:
                known[items] = one_piece(next(item for item in items if item.quantity), rooms)
            else:
                known[items] = (free if is_free(items) else upright).settle(items, fits, surely)
        matrix[row] = known[items]
    return matrix


class _Order:
    """Sizes and which of them hold which other ones."""

    def __init__(self, rooms: np.ndarray, any_way: bool):
        self._rooms = rooms
        keys = np.sort(rooms, axis=1) if any_way else rooms
        #: [a, b]: whatever fits a fits b.
        self._within = (keys[:, None, :] <= keys[None, :, :]).all(axis=2)
        self._volume = rooms.prod(axis=1)

    def settle(self, items: tuple[Item, ...], fits: Fits, surely: Fits | None) -> np.ndarray:
        """Ask the packer until every size is settled."""
        volume = sum(math.prod(item.size) * item.quantity for item in items)
        open_ = self._volume >= volume
        for item in items:
            if item.quantity:
                open_ &= one_piece(item, self._rooms)
        held = np.zeros(len(self._rooms), dtype=bool)
        if surely is not None:
            held = open_ & surely(items, self._rooms)
            open_ &= ~held
        while open_.any():
            rest = np.flatnonzero(open_)
            within = self._within[np.ix_(rest, rest)]
            # as many settled as possible even if the answer is the less welcome one
            asked = rest[np.minimum(within.sum(axis=0), within.sum(axis=1)).argmax()]
            if fits(items, [tuple(self._rooms[asked].tolist())])[0]:
                held |= self._within[asked]
                open_ &= ~self._within[asked]
            else:
                open_ &= ~self._within[:, asked]
        return held
