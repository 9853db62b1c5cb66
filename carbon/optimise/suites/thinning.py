"""A long list of sizes made short without losing those that a good set of cartons could have.

Looked at with a rough cost, board and room in equal parts, and the sizes that orders need instead of a packer.
"""

from __future__ import annotations

import heapq

import numpy as np

from carbon.engine.packages import carton_mass
from carbon.optimise.items import TENTHS_PER_M, Size
from carbon.optimise.suites.choice import suite_problem
from carbon.optimise.suites.needs import any_holds
from carbon.optimise.suites.search import Search

#: Orders, drawn by how often they occur, that are looked at.
_ORDERS = 1_500
_ORDERS_OF_SETS = 600
#: Sets of so many sizes, and the share of the list that their sizes' best replacements may take.
_COUNTS = (2, 4, 8, 16)
_SHARE = 0.6


def blank_m2(size: Size, joint: int) -> float:
    """Return the area of a slotted carton's blank, by the rule that the engine weighs cartons with."""
    sizes_m = [each / TENTHS_PER_M for each in (*size, joint)]
    return float(carton_mass(*sizes_m, 1.0))


def thinned(
    sizes: list[Size], needs: list[list[Size]], times: np.ndarray, any_way: bool, joint: int, most: int
) -> list[Size]:
    """Keep at most so many sizes.

    First come good sets of a few sizes and what could best replace each of their sizes: the neighbourhood in which the
    best sets lie. The rest goes to the sizes that, taken one by one, save most: those that single orders want.

    Parameters
    ----------
    sizes : list of Size
    needs : list
        For each order, rooms that would hold it.
    times : array
        How often each order occurs.
    any_way : bool
        Whether every order may lie on any side.
    joint : int
        Manufacturer's joint [tenth of a millimetre].
    most : int
    """
    needs, times = _drawn(needs, times, _ORDERS)
    rooms = np.array(sizes, dtype=np.int64)
    fits = np.array([any_holds(each, rooms, any_way) for each in needs])
    volume = rooms.prod(axis=1) / TENTHS_PER_M**3
    board = np.array([blank_m2(size, joint) for size in sizes])
    rough = volume / volume.mean() + board / board.mean()
    held = fits.any(axis=1)
    if not held.any():
        return sizes[:most]
    cost, times = np.where(fits[held], rough, np.inf), times[held]
    kept = _near_good_sets(cost, times, most)
    return [sizes[size] for size in _greedily(cost, times, kept, most)]


def _drawn(orders: list, times: np.ndarray, most: int) -> tuple[list, np.ndarray]:
    if len(times) <= most:
        return orders, times
    drawn = np.sort(np.random.default_rng(0).choice(len(times), most, replace=False, p=times / times.sum()))
    return [orders[order] for order in drawn], times[drawn]


def _near_good_sets(cost: np.ndarray, times: np.ndarray, most: int) -> list[int]:
    rows, times = _drawn(list(range(len(times))), times, _ORDERS_OF_SETS)
    search = Search(suite_problem(cost[rows], times))
    each = int(_SHARE * most / sum(_COUNTS))
    kept: list[int] = []
    start: tuple[int, ...] = ()
    for count in _COUNTS:
        good = search.improve(search.greedy(count, start), count)
        start = good.chosen
        near = search.alternatives(good, each) if each else np.empty(0, dtype=np.intp)
        kept += [*good.chosen, *near.tolist()]
    return list(dict.fromkeys(kept))[:most]


def _greedily(cost: np.ndarray, times: np.ndarray, kept: list[int], most: int) -> list[int]:
    """Add the size that saves most until there are enough.

    What a further size saves only falls while others are added, so that a size whose last known saving is not the
    largest need not be looked at again.
    """
    finite = np.isfinite(cost)
    unheld = 2 * cost[finite].max()
    cost = np.where(finite, cost, unheld)
    best = np.minimum(unheld, cost[:, kept].min(axis=1)) if kept else np.full(len(cost), unheld)
    chosen = set(kept)
    savings = times @ np.maximum(best[:, None] - cost, 0.0)
    heap = [(-saving, size) for size, saving in enumerate(savings.tolist()) if size not in chosen]
    heapq.heapify(heap)
    kept = list(kept)
    while heap and len(kept) < most:
        saving, size = heapq.heappop(heap)
        now = -float(times @ np.maximum(best - cost[:, size], 0.0))
        if heap and now > heap[0][0] and now != saving:
            heapq.heappush(heap, (now, size))
            continue
        kept.append(size)
        best = np.minimum(best, cost[:, size])
    return kept
