"""Orders packed piece by piece, on all cores where that is faster: the same results, in the order of the file.

Pieces fall into shares that are decided by themselves, each always by the same process, whether there are several or one.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from carbon.optimise.decide import Decider, Order
from carbon.optimise.lines_output import Part, parts_of
from carbon.optimise.options import Decision, Unpacked
from carbon.optimise.order_items import orders_with
from carbon.optimise.output import SheetWriter, plan_text, unpacked_text
from carbon.optimise.pieces import SHARES, Piece
from carbon.optimise.placing.warming import warm
from carbon.optimise.rows import Candidate, packed_table, parcels_table
from carbon.optimise.scarce import Shares, Wish, shared_out
from carbon.optimise.summary import Packing
from carbon.orders.items import by_position
from carbon.orders.rejects import Reject, Rejects

#: Orders from which it is worth while to start other processes, each of which reads plan and compiled functions first.
WORTH_WHILE = 20_000
#: Pieces under way beside the one that is waited for.
_AHEAD = 2
#: Other processes make and keep so many objects between two looks for what can be forgotten.
_OBJECTS = 50_000


@dataclass(frozen=True)
class Packed:
    """What became of a piece.

    Attributes
    ----------
    table : pyarrow.Table
        Rows to write.
    rows : numpy.ndarray of int64
        Row of the orders file that each of them is of.
    plan : list of (int, str)
        Row and JSON of each order, where a plan is wanted.
    part : Packing
        Its share of the sums.
    split : dict of str to list of Part
        Parcel id to parcels, of orders that go in several.
    """

    table: pa.Table
    rows: np.ndarray
    plan: list[tuple[int, str]]
    rejects: list[Reject]
    part: Packing
    split: dict[str, list[Part]]

    @classmethod
    def joined(cls, shares: list[Packed]) -> Packed:
        """Return what became of a piece from what became of its shares, in the order of the file."""
        rows = np.concatenate([share.rows for share in shares])
        order = np.argsort(rows, kind="stable")
        table = pa.concat_tables([share.table for share in shares]).take(pa.array(order))
        part = Packing(shares[0].part.objective, shares[0].part.currency)
        for share in shares:
            part.merge(share.part)
        plan = sorted((each for share in shares for each in share.plan), key=lambda each: each[0])
        rejects = sorted((each for share in shares for each in share.rejects), key=lambda each: each.row)
        split = {key: parts for share in shares for key, parts in share.split.items()}
        return cls(table, rows[order], plan, rejects, part, split)


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
        #: Whether what one order gets leaves others alone: of what there is none, nobody gets anything.
        self.is_independent = not any(decider.stock.left.values())

    def share_out(self, pieces: Iterable[Piece]) -> Shares:
        """Look at all orders, and settle which of them get what there is too little of."""
        wishes = [
            Wish(int(piece.rows[position]), ways)
            for piece in pieces
            for position, ways in self.decider.wishes(piece.table, self._orders(piece)[0])
        ]
        shares = shared_out(wishes, self.decider.stock.left)
        self._closed = shares.closed
        return shares

    def _orders(self, piece: Piece) -> tuple[list[Order], list[Unpacked]]:
        """Return the orders of a piece, and those that cannot be packed."""
        orders: list[Order] = []
        unpacked: list[Unpacked] = []
        setup = self.decider.evaluator.plan.context.organisation
        for made in orders_with(piece.table, by_position(piece.items), setup, piece.repeated):
            (unpacked if isinstance(made, Unpacked) else orders).append(made)
        return orders, unpacked

    def pack(self, piece: Piece) -> Packed:
        """Pack one piece, or a share of one."""
        evaluator, holder, table = self.decider.evaluator, self.decider.holder, piece.table
        part = Packing(self._objective, evaluator.money.currency)
        asked, drawn = holder.asked, self._drawer.count
        ids = list(zip(table["parcel_id"].to_pylist(), table["order_id"].to_pylist(), strict=True))
        orders, unpacked = self._orders(piece)
        decisions: list[Decision] = []
        rows = piece.rows.tolist()
        closed = {position: self._closed[row] for position, row in enumerate(rows) if row in self._closed}
        for decided in self.decider.decide(table, orders, closed):
            (unpacked if isinstance(decided, Unpacked) else decisions).append(decided)
        by_position = {order.position: order for order in orders}
        candidates: list[Candidate] = []
        plan: list[tuple[int, str]] = []
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
                text = plan_text(
                    *ids[decision.position], decision, evaluator.money.currency, holder.catalogue.filled, differs
                )
                plan.append((rows[decision.position], text))
        part.kept += len(unpacked)
        part.reasons.update(each.code for each in unpacked)
        unpacked.sort(key=lambda each: each.position)
        if self._plan:
            plan += [(rows[each.position], unpacked_text(*ids[each.position], each)) for each in unpacked]
        rejects = [
            Reject(rows[each.position], ids[each.position][0], None, each.detail or None, each.code,
                   f"{each.sentence}; the order keeps its package")
            for each in unpacked
        ]  # fmt: skip
        part.questions, part.sheets = holder.asked - asked, self._drawer.count - drawn
        written, positions = packed_table(table, candidates, [each.position for each in unpacked])
        return Packed(written, piece.rows[positions], plan, rejects, part, split)

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


class Workers:
    """Processes that decide, each the same shares of every piece; started before it is known what they are to do.

    Parameters
    ----------
    expected : int
        Orders, as far as is known: for a few, other processes take longer to start than they spare.
    cores : int, optional
        Processes; by default all cores from `WORTH_WHILE` orders on.
    """

    def __init__(self, expected: int, cores: int | None):
        if cores is None:
            cores = (os.cpu_count() or 1) if expected >= WORTH_WHILE else 1
        self._pools: list[ProcessPoolExecutor] = []
        if cores > 1:
            context = _context()
            self._pools = [ProcessPoolExecutor(1, mp_context=context) for _ in range(min(cores, SHARES))]
            for pool in self._pools:
                pool.submit(_start)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *failure: object) -> None:
        for pool in self._pools:
            pool.shutdown(wait=True, cancel_futures=True)

    def packed(self, packer: Packer, pieces: Iterable[Piece]) -> Iterator[tuple[Rejects, Packed]]:
        """Yield what each piece had refused and what became of the rest, in the order of the pieces.

        Orders that share a limited stock are decided in this process, one after the other in the order of the file.
        """
        if not packer.is_independent:
            for piece in pieces:
                yield piece.refused, packer.pack(piece)
        elif not self._pools:
            for piece in pieces:
                yield piece.refused, Packed.joined([packer.pack(share) for share in piece.shares()])
        else:
            yield from self._by_others(packer, pieces)

    def _by_others(self, packer: Packer, pieces: Iterable[Piece]) -> Iterator[tuple[Rejects, Packed]]:
        copy = pickle.dumps(packer)
        for pool in self._pools:
            pool.submit(_keep, copy).result()
        waiting: deque[tuple[Rejects, list[Future]]] = deque()
        for piece in pieces:
            futures = [
                self._pools[number % len(self._pools)].submit(_pack_there, share)
                for number, share in enumerate(piece.shares())
            ]
            waiting.append((piece.refused, futures))
            if len(waiting) > _AHEAD:
                yield _done(*waiting.popleft())
        while waiting:
            yield _done(*waiting.popleft())


def _done(refused: Rejects, futures: list[Future]) -> tuple[Rejects, Packed]:
    return refused, Packed.joined([future.result() for future in futures])


def _context():
    """Return how processes are started: as copies of one that has all loaded, where the system can do that."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["carbon.optimise.forked"])
    return context


_here: list[Packer] = []


def _start() -> None:
    """Load what deciding needs, where this process was not made with it."""
    warm()
    pa.set_cpu_count(1)


def _keep(copy: bytes) -> None:
    """Keep a process's own packer; what is there now stays, so that nobody need look at it again and again."""
    _here[:] = [pickle.loads(copy)]
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS, 20, 50)


def _pack_there(piece: Piece) -> Packed:
    return _here[0].pack(piece)
