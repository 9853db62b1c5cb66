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
from carbon.optimise.suites.needs import any_holds, is_fixed, is_free, needed_sizes, smaller_or_equal, ways

#: Says of each size whether it holds the items: ``fits(items, sizes) -> array of bool``.
Fits = Callable[[tuple[Item, ...], Sequence[Size]], np.ndarray]
#: Returns how much of a size the items took up when they were packed into it, None where no way in was found.
Packs = Callable[[tuple[Item, ...], Size], Size | None]


def by_packing(fit: Callable[[tuple[Item, ...], Box], Parcel | None]) -> Packs:
    """Make a rule of a packer.

    Parameters
    ----------
    fit : callable
        Puts all items into one box, or returns None.
    """

    def packs(items: tuple[Item, ...], size: Size) -> Size | None:
        classes = frozenset(item.temperature for item in items)
        parcel = fit(items, Box("x".join(map(str, size)), size, size, temperatures=classes))
        if parcel is None:
            return None
        ends = [[a + b for a, b in zip(each.at, each.size, strict=True)] for each in parcel.placements]
        return tuple(map(max, zip(*ends, strict=True)))

    return packs


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
    packs: Packs | None = None,
    surely: Fits | None = None,
    max_load_kg: float = math.inf,
    known: dict[tuple[Item, ...], np.ndarray] | None = None,
) -> np.ndarray:
    """Say which orders fit which sizes.

    Parameters
    ----------
    orders : sequence
        Items of each order.
    sizes : sequence of Size
        Inner sizes.
    packs : callable, optional
        Asked for orders of several pieces, one size at a time; without it, they fit what `surely` says.
    surely : callable, optional
        A quicker rule that never claims a fit that is none, as `by_blocks` where nothing must be
        supported: only sizes that it leaves open are packed.
    max_load_kg : float
        Of any of these cartons; heavier orders fit none.
    known : dict, optional
        What fits equal orders, of earlier calls with the same sizes and rules; what is found is added.

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
    known = {} if known is None else known
    for row, items in enumerate(orders):
        pieces = sum(item.quantity for item in items)
        if pieces < 1:
            raise InputError("an order has no pieces", found=f"order {row + 1}", expected="at least one item")
        if items not in known:
            if math.fsum(item.mass_kg * item.quantity for item in items) > max_load_kg:
                known[items] = np.zeros(len(rooms), dtype=bool)
            elif pieces == 1:
                known[items] = one_piece(next(item for item in items if item.quantity), rooms)
            else:
                known[items] = (free if is_free(items) else upright).settle(items, packs, surely)
        matrix[row] = known[items]
    return matrix


class _Order:
    """Sizes and which of them hold which other ones."""

    def __init__(self, rooms: np.ndarray, any_way: bool):
        self._rooms = rooms
        #: [a, b]: whatever fits a fits b.
        self._within = smaller_or_equal(np.sort(rooms, axis=1) if any_way else rooms)
        # Numbers of sizes are counted exactly.
        self._counted = self._within.astype(np.float32)
        self._volume = rooms.prod(axis=1)

    def settle(self, items: tuple[Item, ...], packs: Packs | None, surely: Fits | None) -> np.ndarray:
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
        while packs is not None and open_.any():
            each = open_.astype(np.float32)
            # As many settled as possible even if the answer is the less welcome one.
            settled = np.minimum(self._counted @ each, each @ self._counted)
            asked = int(np.where(open_, settled, -1.0).argmax())
            taken_up = packs(items, tuple(self._rooms[asked].tolist()))
            if taken_up is None:
                open_ &= ~self._within[:, asked]
            else:
                # As it lies the order fits smaller sizes, too, turned about the vertical if it may be.
                fits = self._within[asked] | any_holds([taken_up], self._rooms, any_way=False, fixed=is_fixed(items))
                held |= fits
                open_ &= ~fits
        return held
