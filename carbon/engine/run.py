"""Running a plan over one chunk of orders, and the sums over all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from carbon.engine.carried import CarriedSums
from carbon.engine.cells import Cells
from carbon.engine.columns import Fallback
from carbon.engine.footprint import activity_table, footprint_schema, footprint_table, totals_of
from carbon.engine.frame_maker import FrameMaker
from carbon.engine.kernel import evaluate
from carbon.engine.plan import Plan
from carbon.engine.rejecting import Rejecting
from carbon.orders.places import Places
from carbon.orders.rejects import Rejects
from carbon.orders.table import OrdersChunk

#: Does something with the n-th table of footprints as soon as it is computed, in the thread or worker that did.
Keep = Callable[[int, pa.Table], Any]


def in_memory(number: int, table: pa.Table) -> pa.Table:
    """Keep the table itself."""
    return table


@dataclass
class ChunkResult:
    """What became of one chunk: rows in = footprints + rejects.

    Attributes
    ----------
    kept : object
        What the run's `keep` made of the footprints.
    """

    kept: Any
    footprint_count: int
    rejects: Rejects
    cells: Cells
    carried: CarriedSums
    totals_kg: dict[str, float]
    fallbacks: dict[str, int]

    @property
    def row_count(self) -> int:
        """Rows in."""
        return self.footprint_count + len(self.rejects)


class ChunkRunner:
    """Computes chunks, each by itself; the same in a thread of one machine and in a worker of a cluster.

    Parameters
    ----------
    plan : Plan
    places : Places
    has_lines : bool
        Whether the orders have a lines file.
    """

    def __init__(self, plan: Plan, places: Places, has_lines: bool):
        self.plan = plan
        self._maker = FrameMaker(plan.groundwork, places, plan.totals.rounds)
        self.schema = footprint_schema(plan, self._maker.leg_positions, has_lines)

    def run(self, number: int, chunk: OrdersChunk, keep: Keep) -> ChunkResult:
        """Compute the n-th chunk."""
        rejecting = Rejecting()
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            evaluated = evaluate(self.plan, self._maker.make(chunk, rejecting), rejecting)
        table = footprint_table(self.plan, evaluated, self.schema)
        flags = evaluated.frame.fallbacks
        fallbacks = {flag.name.lower(): int(((flags & int(flag)) != 0).sum()) for flag in Fallback if flag}
        return ChunkResult(
            keep(number, table),
            table.num_rows,
            Rejects.joined([chunk.rejects, rejecting.rejects]),
            evaluated.cells,
            evaluated.carried,
            totals_of(evaluated),
            {name: count for name, count in fallbacks.items() if count},
        )


@dataclass
class Running:
    """The sums of a run while its chunks come in.

    Attributes
    ----------
    cells, carried : Cells, CarriedSums
        `activity_table` gives them as a table.
    totals_kg, fallbacks : mapping
        Sums of the result columns; number of parcels by fallback.
    """

    plan: Plan
    cells: Cells = field(init=False)
    carried: CarriedSums = field(init=False)
    totals_kg: Counter = field(default_factory=Counter)
    fallbacks: Counter = field(default_factory=Counter)
    reject_reasons: Counter = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.cells, self.carried = self.plan.new_cells(), CarriedSums.none(self.plan.context)

    def take(self, result: ChunkResult) -> None:
        """Add what became of one chunk to the run's sums."""
        self.cells.merge(result.cells)
        self.carried.merge(result.carried)
        self.totals_kg.update(result.totals_kg)
        self.fallbacks.update(result.fallbacks)
        self.reject_reasons.update(result.rejects.reasons())

    def activity_table(self) -> pa.Table:
        """Return the run's activity."""
        return activity_table(self.plan, self.cells, self.carried)

    def matches(self) -> dict[str, int]:
        """Return parcel lines by how their factor was found."""
        found: Counter[str] = Counter()
        for position, index, parcels in self.cells.parcels():
            found[self.plan.blocks[position].bindings[index].match.match] += int(parcels)
        return dict(found)

    def factor_ids(self) -> set[str]:
        """Return the ids of all factors that some parcel used."""
        return {self.plan.blocks[position].bindings[index].factor.id for position, index in self.cells.used()}
