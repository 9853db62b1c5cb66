"""Orders packed piece by piece, on all cores where that is faster: the same results, in the order of the file."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from carbon.optimise.decide import Decider, Order
from carbon.optimise.lines_output import Part, parts_of
from carbon.optimise.options import Decision, Unpacked
from carbon.optimise.output import SheetWriter, plan_text, unpacked_text
from carbon.optimise.rows import Candidate, packed_table, parcels_table
from carbon.optimise.scarce import Shares, Wish, shared_out
from carbon.optimise.summary import Packing
from carbon.orders.rejects import Reject

#: Orders from which it is worth while to start other processes, each of which reads plan and compiled functions first.
WORTH_WHILE = 20_000
#: Pieces under way for each process.
_AHEAD = 2


@dataclass(frozen=True)
class Piece:
    """Some rows of the orders file.

    Attributes
    ----------
    rows : sequence of int
        Where they stand in the file.
    orders, unpacked : list
        Rows with their items, and those that cannot be packed.
    """

    table: pa.Table
    rows: list[int]
    orders: list[Order]
    unpacked: list[Unpacked]


@dataclass(frozen=True)
class Packed:
    """What became of a piece.

    Attributes
    ----------
    table : pyarrow.Table
        Rows to write.
    plan : list of str
        JSON of each order, where a plan is wanted.
    part : Packing
        Its share of the sums.
    split : dict of str to list of Part
        Parcel id to parcels, of orders that go in several.
    """

    table: pa.Table
    plan: list[str]
    rejects: list[Reject]
    part: Packing
    split: dict[str, list[Part]]


class Packer:
    """Decides pieces and makes all of what is written of them; other processes do so with copies of it.

    Parameters
    ----------
    plan, ranges : bool
        Whether a plan is wanted, and ranges in it.
    """

    def __init__(self, decider: Decider, drawer: SheetWriter, objective: str, plan: bool, ranges: bool):
        self.decider, self._drawer, self._objective, self._plan, self._ranges = decider, drawer, objective, plan, ranges
        self._closed: Mapping[int, frozenset[str]] = {}

    @property
    def is_independent(self) -> bool:
        """Whether what one order gets leaves others alone."""
        return not self.decider.stock.left

    def share_out(self, pieces: Iterable[Piece]) -> Shares:
        """Look at all orders, and settle which of them get what there is too little of."""
        wishes = [
            Wish(piece.rows[position], ways)
            for piece in pieces
            for position, ways in self.decider.wishes(piece.table, piece.orders)
        ]
        shares = shared_out(wishes, self.decider.stock.left)
        self._closed = shares.closed
        return shares

    def pack(self, piece: Piece) -> Packed:
        """Pack one piece."""
        evaluator, holder, table = self.decider.evaluator, self.decider.holder, piece.table
        part = Packing(self._objective, evaluator.money.currency)
        asked, drawn = holder.asked, self._drawer.count
        ids = list(zip(table["parcel_id"].to_pylist(), table["order_id"].to_pylist(), strict=True))
        unpacked = list(piece.unpacked)
        decisions: list[Decision] = []
        closed = {position: self._closed[row] for position, row in enumerate(piece.rows) if row in self._closed}
        for decided in self.decider.decide(table, piece.orders, closed):
            (unpacked if isinstance(decided, Unpacked) else decisions).append(decided)
        by_position = {order.position: order for order in piece.orders}
        candidates: list[Candidate] = []
        plan: list[str] = []
        split: dict[str, list[Part]] = {}
        for decision in decisions:
            order = by_position[decision.position]
            part.take(decision, holder.catalogue, holder, order.load)
            part.sizes_stood_in += bool(order.notes)
            part.timed_out += any(each.code == "time_ran_out" for each in decision.lost)
            part.masses_differ += abs(order.goods.mass_kg - order.load.mass_kg) > 0.01 * order.load.mass_kg
            self._drawer.add(*ids[decision.position], decision)
            mine = _candidates(order, decision)
            candidates += mine
            if len(mine) > 1:
                parcel_id = ids[decision.position][0]
                split[parcel_id] = parts_of(parcel_id, order, decision)
            if self._plan:
                differs = self._difference(table, order, decision, mine) if self._ranges else None
                plan.append(
                    plan_text(
                        *ids[decision.position], decision, evaluator.money.currency, holder.catalogue.filled, differs
                    )
                )
        part.kept += len(unpacked)
        part.reasons.update(each.code for each in unpacked)
        unpacked.sort(key=lambda each: each.position)
        if self._plan:
            plan += [unpacked_text(*ids[each.position], each) for each in unpacked]
        rejects = [
            Reject(piece.rows[each.position], ids[each.position][0], None, each.detail or None, each.code,
                   f"{each.sentence}; the order keeps its package")
            for each in unpacked
        ]  # fmt: skip
        part.questions, part.sheets = holder.asked - asked, self._drawer.count - drawn
        return Packed(packed_table(table, candidates, [each.position for each in unpacked]), plan, rejects, part, split)

    def _difference(self, table: pa.Table, order: Order, decision: Decision, mine: list[Candidate]):
        if decision.chosen.packages == (order.today,) or not np.isfinite(decision.today.co2e_kg):
            return None
        today = Candidate(decision.position, order.goods, None, order.today, True)
        return self.decider.evaluator.difference(parcels_table(table, [today]), parcels_table(table, mine))


def _candidates(order: Order, decision: Decision) -> list[Candidate]:
    """Return the rows that an order becomes."""
    found = []
    for each in decision.chosen.filled:
        same = len(decision.chosen.filled) == 1 and each.package == order.today
        found.append(Candidate(decision.position, order.goods, None if same else each.load, each.package, same))
    return found


def packed(packer: Packer, pieces: Iterable[Piece], expected: int, cores: int | None = None) -> Iterator[Packed]:
    """Yield what becomes of each piece, in their order.

    Parameters
    ----------
    expected : int
        Orders, as far as is known: for a few, other processes take longer to start than they spare.
    cores : int, optional
        Processes; by default all cores from `WORTH_WHILE` orders on. Orders that share a limited stock are decided in
        one process, one after the other.
    """
    if cores is None:
        cores = (os.cpu_count() or 1) if expected >= WORTH_WHILE else 1
    if cores == 1 or not packer.is_independent:
        yield from map(packer.pack, pieces)
        return
    waiting: deque[Future] = deque()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(cores, mp_context=context, initializer=_start, initargs=(packer,)) as pool:
        try:
            for piece in pieces:
                waiting.append(pool.submit(_pack_there, piece))
                if len(waiting) > _AHEAD * cores:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


_here: list[Packer] = []


def _start(packer: Packer) -> None:
    """Keep a process's own packer."""
    pa.set_cpu_count(1)
    _here[:] = [packer]


def _pack_there(piece: Piece) -> Packed:
    return _here[0].pack(piece)
