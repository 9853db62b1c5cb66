"""Many orders over all cores: equal orders are solved once, results come in the order of the orders, memory is flat."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum

from carbon.optimise.items import Box, Item, Parcel, Placement
from carbon.optimise.placing.fitting import Choice, Fitting, Reason, preference, smallest
from carbon.optimise.placing.given import sort_key
from carbon.optimise.placing.search import Search
from carbon.optimise.placing.splitting import LeftOut, Split, Unpacked, split

#: Results that are remembered.
REMEMBERED = 20_000
#: Orders that one process gets at a time, and chunks under way for each.
_CHUNK, _AHEAD = 64, 4
#: Different orders that are solved here before it is worth while to start other processes.
_ALONE = 200
#: Orders timed here then, and what sorting out an order and moving it there and back takes one process: where solving it
#: takes less, other processes would only wait for this one.
_TIMED, _MOVING_S = 100, 0.0003


class Task(StrEnum):
    """What is done with each order."""

    SMALLEST = "smallest"
    SPLIT = "split"


_TASKS: dict[Task, Callable] = {Task.SMALLEST: smallest, Task.SPLIT: split}


@dataclass
class _Waiting:
    """An order whose result is not out yet, and the position of each sorted item in it."""

    key: tuple
    positions: list[int]


def smallest_many(
    orders: Iterable[Sequence[Item]], boxes: Sequence[Box], search: Search | None = None,
    by_volume: bool = True, cores: int | None = None,
) -> Iterator[Choice]:  # fmt: skip
    """Yield `smallest` of each order, in their order.

    Parameters
    ----------
    cores : int, optional
        Processes; all cores by default. A search with a constraint runs in this process. The results are the same.
    """
    return _many(Task.SMALLEST, orders, boxes, search or Search(), by_volume, cores)


def split_many(
    orders: Iterable[Sequence[Item]], boxes: Sequence[Box], search: Search | None = None,
    by_volume: bool = True, cores: int | None = None,
) -> Iterator[Split]:  # fmt: skip
    """Yield `split` of each order, in their order; see `smallest_many`. Limited supply is that of each order."""
    return _many(Task.SPLIT, orders, boxes, search or Search(), by_volume, cores)


def _many(
    task: Task, orders: Iterable[Sequence[Item]], boxes: Sequence[Box], search: Search, by_volume: bool,
    cores: int | None,
) -> Iterator:  # fmt: skip
    if search.constraint is not None:
        # The caller's function may tell items apart that are equal here.
        for items in orders:
            yield _TASKS[task](items, boxes, search, by_volume)
        return
    boxes = sorted(boxes, key=preference) if by_volume else boxes
    batch = _Batch(task, tuple(boxes), search, False, cores or os.cpu_count() or 1)
    try:
        for items in orders:
            batch.add(items)
            yield from batch.ready(at_most=_CHUNK * _AHEAD * batch.cores)
        batch.flush()
        yield from batch.ready(at_most=0)
    finally:
        batch.close()


class _Batch:
    def __init__(self, task: Task, boxes: tuple[Box, ...], search: Search, by_volume: bool, cores: int):
        self.arguments = (task, boxes, search, by_volume)
        self.cores = cores
        self.waiting: deque[_Waiting] = deque()
        self.known: OrderedDict[tuple, object] = OrderedDict()
        self.under_way: dict[tuple, tuple[Future, int]] = {}
        self.users: dict[tuple, int] = {}
        self.chunk: list[tuple[tuple, list[Item]]] = []
        self.solved_here = 0
        self.timed: list[float] = []
        self.pool: ProcessPoolExecutor | None = None

    def add(self, items: Sequence[Item]) -> None:
        """Take an order in."""
        keys = [sort_key(item) for item in items]
        positions = sorted(range(len(items)), key=keys.__getitem__)
        key = tuple([keys[position] for position in positions])
        self.waiting.append(_Waiting(key, positions))
        self.users[key] = self.users.get(key, 0) + 1
        if key in self.known:
            self.known.move_to_end(key)
            return
        if key in self.under_way or any(key == other for other, _ in self.chunk):
            return
        ordered = [items[position] for position in positions]
        if self._stays_here():
            self._remember(key, self._solved(ordered))
            return
        self.chunk.append((key, ordered))
        if len(self.chunk) == _CHUNK:
            self.flush()

    def _stays_here(self) -> bool:
        """Say whether the next order is solved in this process: the first ones, and all that are soon solved."""
        if self.cores == 1 or self.solved_here < _ALONE or len(self.timed) < _TIMED:
            return True
        return bool(self.timed) and sorted(self.timed)[len(self.timed) // 2] < _MOVING_S

    def _solved(self, items: list[Item]) -> object:
        task, boxes, search, by_volume = self.arguments
        if search.compiled is None and self.solved_here < _ALONE:
            # For a few orders it takes longer to load the compiled functions than to do without.
            search = replace(search, compiled=False)
        started = time.perf_counter()
        result = _solve(task, boxes, search, by_volume, [items])[0]
        if self.solved_here >= _ALONE and len(self.timed) < _TIMED:
            self.timed.append(time.perf_counter() - started)
        self.solved_here += 1
        return result

    def flush(self) -> None:
        """Send out what was gathered."""
        if not self.chunk:
            return
        if self.pool is None:
            self.pool = ProcessPoolExecutor(self.cores, mp_context=multiprocessing.get_context("spawn"))
        future = self.pool.submit(_solve_there, *self.arguments, [items for _, items in self.chunk])
        for number, (key, _) in enumerate(self.chunk):
            self.under_way[key] = (future, number)
        self.chunk = []

    def ready(self, at_most: int) -> Iterator:
        """Yield results from the first order on, waiting only while more than so many are out."""
        while self.waiting:
            first = self.waiting[0]
            if first.key not in self.known:
                if first.key not in self.under_way:
                    if len(self.waiting) <= at_most:
                        return
                    self.flush()
                future, _ = self.under_way[first.key]
                if not future.done() and len(self.waiting) <= at_most:
                    return
                self._collect(future)
            result = self.known[first.key]
            self.waiting.popleft()
            self.users[first.key] -= 1
            if not self.users[first.key]:
                del self.users[first.key]
            self._forget()
            yield _with_positions(result, first.positions)

    def _collect(self, future: Future) -> None:
        results = future.result()
        done = [(key, number) for key, (other, number) in self.under_way.items() if other is future]
        for key, number in done:
            del self.under_way[key]
            task, boxes, _, _ = self.arguments
            self._remember(key, _received(task, boxes, results[number]))

    def _remember(self, key: tuple, result: object) -> None:
        self.known[key] = result

    def _forget(self) -> None:
        """Drop what was not used for longest; never what an order still waits for."""
        while len(self.known) > REMEMBERED:
            key = next(iter(self.known))
            if key in self.users:
                return
            del self.known[key]

    def close(self) -> None:
        """End the processes."""
        if self.pool is not None:
            self.pool.shutdown(wait=True, cancel_futures=True)


def _solve(task: Task, boxes: tuple[Box, ...], search: Search, by_volume: bool, orders: list[list[Item]]) -> list:
    return [_TASKS[task](items, boxes, search, by_volume) for items in orders]


def _solve_there(task: Task, boxes: tuple[Box, ...], search: Search, by_volume: bool, orders: list[list[Item]]) -> list:
    """Solve in another process, and return what is quick to send: plain tuples, boxes by their number."""
    numbers = {id(box): number for number, box in enumerate(boxes)}

    def sent(parcel: Parcel | None) -> tuple | None:
        if parcel is None:
            return None
        return numbers[id(parcel.box)], parcel.inside, [(each.item, each.at, each.size) for each in parcel.placements]

    results = []
    for found in _solve(task, boxes, search, by_volume, orders):
        if isinstance(found, Choice):
            refused = [(numbers[id(each.box)], each.reason.name, each.timed_out) for each in found.refused]
            results.append((sent(found.parcel), refused, found.timed_out))
        else:
            left_out = [(each.item, each.quantity, each.reason.name) for each in found.left_out]
            results.append(([sent(parcel) for parcel in found.parcels], left_out, found.least, found.timed_out))
    return results


def _received(task: Task, boxes: tuple[Box, ...], sent: tuple) -> Choice | Split:
    """Return a result that another process sent."""

    def parcel(given: tuple | None) -> Parcel | None:
        if given is None:
            return None
        number, inside, placements = given
        return Parcel(boxes[number], inside, tuple([Placement(*each) for each in placements]))

    if task is Task.SMALLEST:
        found, refused, timed_out = sent
        fittings = tuple([Fitting(boxes[number], None, Reason[name], over) for number, name, over in refused])
        return Choice(parcel(found), fittings, timed_out)
    parcels, left_out, least, timed_out = sent
    left = tuple([LeftOut(item, quantity, Unpacked[name]) for item, quantity, name in left_out])
    return Split(tuple([parcel(each) for each in parcels]), left, least, timed_out)


def _with_positions(result, positions: list[int]):
    """Return a result of sorted items for the items as the order has them."""
    if positions == sorted(positions):
        return result

    def moved(parcel: Parcel | None) -> Parcel | None:
        if parcel is None:
            return None
        return replace(parcel, placements=tuple([replace(p, item=positions[p.item]) for p in parcel.placements]))

    if isinstance(result, Choice):
        return replace(result, parcel=moved(result.parcel))
    return replace(
        result,
        parcels=tuple(moved(parcel) for parcel in result.parcels),
        left_out=tuple(replace(each, item=positions[each.item]) for each in result.left_out),
    )
