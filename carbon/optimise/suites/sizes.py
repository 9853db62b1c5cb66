"""Which sizes of carton could be made at all: a board plant's limits, and sizes that orders need.

Sizes are inner ones; height is vertical, length at least width.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from carbon.errors import InputError
from carbon.optimise.items import TENTHS_PER_M, Item, Size
from carbon.optimise.suites.needs import is_free, needed_sizes
from carbon.optimise.suites.thinning import blank_m2, thinned

_TENTHS_PER_MM = TENTHS_PER_M // 1000
#: Steps of the grid by which orders are grouped, along each of length, width and height.
_STEPS = 16


@dataclass(frozen=True)
class PlantLimits:
    """What a board plant makes.

    Attributes
    ----------
    least, most : Size
        Inner length, width and height.
    grid : int
        Step of the inner sizes [tenth of a millimetre].
    board : int
        Thickness of the board, by its flute [tenth of a millimetre].
    joint : int
        Manufacturer's joint [tenth of a millimetre].
    blank : tuple of int
        Longest and widest blank the machine takes [tenth of a millimetre].
    """

    least: Size
    most: Size
    grid: int
    board: int
    joint: int
    blank: tuple[int, int]

    def __post_init__(self):
        """Refuse limits that no carton can meet.

        Raises
        ------
        InputError
        """
        if self.grid < 1 or min(self.least) < 1 or self.board < 0 or self.joint < 0:
            raise InputError(
                "a limit of the board plant is not positive",
                found=f"grid {self.grid}, least {self.least}, board {self.board}, joint {self.joint}",
                expected="grid and sizes from 1, board and joint from 0 tenths of a millimetre",
            )
        if any(low > high for low, high in zip(self.least, self.most, strict=True)):
            raise InputError(
                "the board plant's largest carton is below its smallest",
                found=f"{self.most} below {self.least}",
                expected="largest length, width and height of at least the smallest",
            )

    def allows(self, size: Size) -> bool:
        """Say whether the plant makes a carton of this inner size."""
        length, width, _ = size
        blank_length, blank_width = blank_of(size, self.joint)
        return (
            length >= width
            and all(low <= each <= high for low, each, high in zip(self.least, size, self.most, strict=True))
            and blank_length <= self.blank[0]
            and blank_width <= self.blank[1]
        )

    def at_least(self, size: Size) -> Size | None:
        """Return the smallest size on the grid that holds `size`, None where the plant makes none."""
        length, width, height = size
        length, width = max(length, width), min(length, width)
        raised = (max(each, low) for each, low in zip((length, width, height), self.least, strict=True))
        on_grid = tuple(-(-each // self.grid) * self.grid for each in raised)
        return on_grid if self.allows(on_grid) else None


def blank_of(size: Size, joint: int) -> tuple[int, int]:
    """Return length and width of a slotted carton's blank: 2 L + 2 W + joint, and H + W.

    Four walls in a row and the joint; above and below each wall a flap of half the width.
    """
    length, width, height = size
    return 2 * (length + width) + joint, height + width


def outer_of(size: Size, board: int) -> Size:
    """Return the outer size: one wall on each side, two flaps above and two below."""
    length, width, height = size
    return length + 2 * board, width + 2 * board, height + 4 * board


def orientations(size: Size, free: bool) -> list[Size]:
    """Return the cartons that are the same room: three if it may lie on any side, else one."""
    if not free:
        return [(max(size[:2]), min(size[:2]), size[2])]
    large, middle, small = sorted(size, reverse=True)
    return list(dict.fromkeys([(large, middle, small), (large, small, middle), (middle, small, large)]))


def candidate_sizes(
    orders: Sequence[tuple[Item, ...]],
    times: Sequence[float],
    limits: PlantLimits,
    stock: Iterable[Size] = (),
    most: int = 500,
) -> list[Size]:
    """Return sizes worth choosing from.

    They are: for each order the sizes that some way of putting its pieces together needs; for groups of orders the
    smallest room that holds each of them in one of these ways; the stock sizes as they are. Of rooms that differ only
    in which side is up, the one of least board comes, unless an order minds; longer lists are thinned by how much
    board and empty space each further size saves.

    Parameters
    ----------
    orders, times : sequence
        Items of each order, and how often it occurs.
    limits : PlantLimits
        Kept by all but stock sizes, which exist.
    stock : iterable of Size
        Never thinned out.
    most : int
        How many sizes to return at most; stock sizes are kept beyond that.

    Returns
    -------
    list of Size
        By volume, without doubles.
    """
    if len(orders) != len(times):
        raise InputError(
            "not every order says how often it occurs", found=len(times), expected=f"{len(orders)} numbers"
        )
    stock = list(dict.fromkeys(stock))
    any_way = all(is_free(items) for items in orders)
    needs = [needed_sizes(items) for items in orders]
    wanted = dict.fromkeys(_joins(needs, any_way), any_way)
    for items, rooms in zip(orders, needs, strict=True):
        for room in rooms:
            wanted[room] = wanted.get(room, False) or is_free(items)
    made: set[Size] = set()
    for room, free in wanted.items():
        could = [found for each in orientations(room, free) if (found := limits.at_least(each)) is not None]
        could.sort(key=lambda each: blank_m2(each, limits.joint))
        made.update(could[:1] if any_way else could)
    made -= set(stock)
    room = max(most - len(stock), 0)
    sizes = sorted(made)
    if len(sizes) > room:
        sizes = thinned(sizes, needs, np.asarray(times, dtype=float), any_way, limits.joint, room)
    return sorted({*sizes, *stock}, key=lambda size: (math.prod(size), size))


def _joins(needs: list[list[Size]], any_way: bool) -> set[Size]:
    """Return the smallest rooms of groups of orders: those within each box of a coarse grid, and all together."""
    first = np.array([each[0] for each in needs], dtype=np.int64).reshape(-1, 3)
    if not len(first):
        return set()
    if any_way:
        first = -np.sort(-first, axis=1)
    else:
        first[:, :2] = -np.sort(-first[:, :2], axis=1)
    steps = [
        np.unique(np.quantile(first[:, axis], np.linspace(0, 1, _STEPS + 1)[1:], method="higher")) for axis in range(3)
    ]
    grid = np.array(np.meshgrid(*steps, indexing="ij")).reshape(3, -1).T
    found = set()
    for corner in grid:
        inside = first[(first <= corner).all(axis=1)]
        if len(inside):
            found.add(tuple(inside.max(axis=0).tolist()))
    return found


def nearby_sizes(chosen: Iterable[Size], limits: PlantLimits, known: Iterable[Size] = ()) -> list[Size]:
    """Return sizes a few steps of the grid from chosen ones that the plant makes and that are not known yet.

    Each length alone is changed by up to three steps; two of them are made one step smaller, or one smaller and one
    larger.

    Parameters
    ----------
    chosen, known : iterable of Size
    limits : PlantLimits
    """
    steps = {tuple(step if axis == own else 0 for axis in range(3)) for own in range(3) for step in range(-3, 4)}
    steps |= {step for step in product((-1, 0, 1), repeat=3) if sum(step) in (-2, 0) and sum(map(abs, step)) == 2}
    found = {
        tuple(length + limits.grid * step for length, step in zip(size, each, strict=True))
        for size in chosen
        for each in steps
    }
    return sorted(size for size in found - set(known) if limits.allows(size))
