"""Running a plan over orders: chunks in, footprint tables out, in order, with bounded memory."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from carbon.engine.columns import Fallback
from carbon.engine.footprint import activity_table, footprint_schema, footprint_table, totals_of
from carbon.engine.frame_maker import FrameMaker
from carbon.engine.intake import Intake
from carbon.engine.kernel import ActivityKey, evaluate, merge_activity
from carbon.engine.plan import Plan
from carbon.engine.rejecting import Rejecting
from carbon.orders.places import Places
from carbon.orders.rejects import Reject
from carbon.orders.table import OrdersChunk


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
    intake: Intake
    places: Places
    activity: dict[ActivityKey, tuple[float, float]] = field(default_factory=dict)
    totals_kg: Counter = field(default_factory=Counter)
    fallbacks: Counter = field(default_factory=Counter)
    reject_reasons: Counter = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._maker = FrameMaker(self.plan.groundwork, self.places, self.plan.totals.rounds)
        has_lines = "line_categories" in self.intake.orders.schema.names
        self.schema = footprint_schema(self.plan, self._maker.leg_positions, has_lines)

    def __iter__(self) -> Iterator[ChunkResult]:
        workers = os.cpu_count() or 1
        waiting: deque[Future] = deque()
        with ThreadPoolExecutor(max_workers=workers) as pool:
            try:
                for chunk in self.intake.chunks():
                    waiting.append(pool.submit(self._calculate, chunk))
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

    def _calculate(self, chunk: OrdersChunk) -> tuple:
        rejecting = Rejecting()
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            evaluated = evaluate(self.plan, self._maker.make(chunk, rejecting), rejecting)
        rejects = sorted([*chunk.rejects, *rejecting.rejects], key=lambda reject: reject.row)
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
