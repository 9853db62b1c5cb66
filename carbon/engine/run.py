"""Running a plan over orders: chunks in, footprint tables out, in order, with bounded memory."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from carbon.engine.columns import Fallback
from carbon.engine.footprint import activity_table, footprint_schema, footprint_table, totals_of
from carbon.engine.frame import FrameMaker
from carbon.engine.kernel import ActivityKey, evaluate, merge_activity
from carbon.engine.plan import Plan
from carbon.engine.rejecting import REASONS, Rejecting
from carbon.engine.survey import Survey
from carbon.orders.places import Places
from carbon.orders.pseudonym import key_from_environment, pseudonymise
from carbon.orders.rejects import Reject
from carbon.orders.table import OrdersChunk, OrdersInput

#: Says for parcel ids which an earlier run already holds.
Recorded = Callable[[pa.ChunkedArray], np.ndarray]


@dataclass
class ChunkResult:
    """Footprints and rejects of one chunk, rows in = footprints + rejects."""

    table: pa.Table
    rejects: list[Reject]
    row_count: int


@dataclass
class Running:
    """A run under way: iterate to get chunks, then read what was summed.

    Attributes
    ----------
    activity : mapping
        Filled while iterating; `activity_table` gives it as a table.
    totals_kg, fallbacks : mapping
        Sums of the result columns; number of parcels by fallback.
    """

    plan: Plan
    orders: OrdersInput
    survey: Survey
    places: Places
    recorded: Recorded | None = None
    activity: dict[ActivityKey, tuple[float, float]] = field(default_factory=dict)
    totals_kg: Counter = field(default_factory=Counter)
    fallbacks: Counter = field(default_factory=Counter)
    reject_reasons: Counter = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._maker = FrameMaker(self.plan, self.places, self.survey.rounds)
        self.schema = footprint_schema(self.plan, self._maker.leg_positions, "line_categories" in self.orders.schema.names)
        setup = self.plan.context.organisation
        self._pseudonym_key = key_from_environment() if setup.method.pseudonymise_orders else None
        self._first_ids: dict[int, str] = {}
        self._later = np.array(sorted(self.survey.duplicates), dtype=np.int64)
        self._earlier = np.unique(np.array(list(self.survey.duplicates.values()), dtype=np.int64))
        if self.plan.profile.has_rounds and setup.method.round_allocation == "mass_distance":
            self._maker.round_mass_distance = self._round_mass_distance()

    def __iter__(self) -> Iterator[ChunkResult]:
        workers = os.cpu_count() or 1
        waiting: deque[Future] = deque()
        with ThreadPoolExecutor(max_workers=workers) as pool:
            try:
                for chunk in self.orders.chunks():
                    kept, rejects = self._without_known(chunk)
                    waiting.append(pool.submit(self._calculate, kept, [*chunk.rejects, *rejects]))
                    if len(waiting) > workers:
                        yield self._collect(waiting.popleft())
                while waiting:
                    yield self._collect(waiting.popleft())
            finally:
                for future in waiting:
                    future.cancel()

    def activity_table(self) -> pa.Table:
        """Return the run's activity."""
        return activity_table(self.plan, self.activity)

    def factor_ids(self) -> set[str]:
        """Return the ids of all factors that some parcel used."""
        return {self.plan.blocks[position].bindings[index].factor.id for position, index, _, _ in self.activity}

    def _calculate(self, chunk: OrdersChunk, rejects: list[Reject]) -> tuple:
        rejecting = Rejecting()
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            evaluated = evaluate(self.plan, self._maker.make(chunk, rejecting), rejecting)
        rejects = sorted([*rejects, *rejecting.rejects], key=lambda reject: reject.row)
        table = footprint_table(self.plan, evaluated, self.schema)
        flags = evaluated.frame.fallbacks
        fallbacks = {flag.name.lower(): int(((flags & int(flag)) != 0).sum()) for flag in Fallback if flag}
        result = ChunkResult(table, rejects, table.num_rows + len(rejects))
        return result, evaluated.activity, totals_of(evaluated), fallbacks

    def _collect(self, future: Future) -> ChunkResult:
        result, activity, totals, fallbacks = future.result()
        merge_activity(self.activity, activity)
        self.totals_kg.update(totals)
        self.fallbacks.update({name: count for name, count in fallbacks.items() if count})
        self.reject_reasons.update(reject.reason for reject in result.rejects)
        return result

    def _without_known(self, chunk: OrdersChunk) -> tuple[OrdersChunk, list[Reject]]:
        """Take out parcels that stand twice in the file, or in an earlier run."""
        rejects: list[Reject] = []
        table, rows = chunk.table, chunk.rows
        if self._pseudonym_key is not None:
            table = pseudonymise(table, self._pseudonym_key)
            chunk = OrdersChunk(table, rows, chunk.rejects)
        keep = np.ones(len(rows), dtype=bool)
        if self._earlier.size:
            for position in np.flatnonzero(np.isin(rows, self._earlier)).tolist():
                self._first_ids[int(rows[position])] = table["parcel_id"][position].as_py()
            for position in np.flatnonzero(np.isin(rows, self._later)).tolist():
                row = int(rows[position])
                parcel, first = table["parcel_id"][position].as_py(), self.survey.duplicates[row]
                if self._first_ids.get(first) == parcel:
                    keep[position] = False
                    rejects.append(_reject(row, parcel, "duplicate", f"row {first}"))
        if self.recorded is not None and table.num_rows:
            held = self.recorded(table["parcel_id"]) & keep
            for position in np.flatnonzero(held).tolist():
                rejects.append(_reject(int(rows[position]), table["parcel_id"][position].as_py(), "already_recorded"))
            keep &= ~held
        if keep.all():
            return chunk, rejects
        return OrdersChunk(table.filter(pa.array(keep)), rows[keep], chunk.rejects), rejects

    def _round_mass_distance(self) -> np.ndarray:
        """A pass of its own: sum of mass x great-circle distance of every recorded round."""
        sums = np.zeros(len(self.survey.rounds))
        for chunk in self.orders.chunks():
            frame = self._maker.make(self._without_known(chunk)[0], Rejecting())
            codes = frame.columns["_round"].astype(np.int64)
            product = frame.columns["gross_mass_kg"] * frame.columns["radial_km"]
            usable = codes >= 0
            sums += np.bincount(codes[usable], product[usable], minlength=len(sums))
        self._first_ids.clear()
        return sums


def _reject(row: int, parcel: str, reason: str, detail: str = "") -> Reject:
    problem, _, mend = REASONS[reason]
    return Reject(row, parcel, "parcel_id", parcel, reason, f"{problem}: {mend}" + (f" ({detail})" if detail else ""))
