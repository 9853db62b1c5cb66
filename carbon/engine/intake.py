"""Orders as the engine reads them: pseudonyms where wanted, parcels that stand twice taken out, in every pass alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

from carbon.engine.rejecting import REASONS
from carbon.engine.survey import Survey
from carbon.orders.pseudonym import key_from_environment, pseudonymise
from carbon.orders.rejects import Reject
from carbon.orders.table import OrdersChunk, OrdersInput

#: Says for parcel ids which an earlier run already holds.
Recorded = Callable[[pa.ChunkedArray], np.ndarray]


class Intake:
    """The orders of a run without its duplicates.

    Parameters
    ----------
    orders : OrdersInput
    survey : Survey
        Names the rows whose id may stand in an earlier row.
    recorded : callable, optional
        Which parcels an earlier run holds.
    pseudonyms : bool
        Replace order and parcel ids by keyed pseudonyms.
    """

    def __init__(self, orders: OrdersInput, survey: Survey, recorded: Recorded | None = None, pseudonyms: bool = False):
        self.orders, self._survey, self._recorded = orders, survey, recorded
        self._key = key_from_environment() if pseudonyms else None
        pairs = survey.duplicates.items()
        self._candidates = np.unique(np.array([row for pair in pairs for row in pair], dtype=np.int64))

    def chunks(self) -> Iterator[OrdersChunk]:
        """Yield chunks in order; what was taken out is among their rejects."""
        seen: dict[int, dict[str, int]] = {}
        for chunk in self.orders.chunks():
            table = pseudonymise(chunk.table, self._key) if self._key is not None else chunk.table
            yield self._without_known(table, chunk, seen)

    def _without_known(self, table: pa.Table, chunk: OrdersChunk, seen: dict[int, dict[str, int]]) -> OrdersChunk:
        rows, rejects = chunk.rows, list(chunk.rejects)
        keep = np.ones(len(rows), dtype=bool)
        if self._candidates.size:
            for position in np.flatnonzero(np.isin(rows, self._candidates)).tolist():
                row, parcel = int(rows[position]), table["parcel_id"][position].as_py()
                # Rows of one hash are compared exactly, so that a collision costs nobody a parcel.
                group = seen.setdefault(self._survey.duplicates.get(row, row), {})
                first = group.setdefault(parcel, row)
                if first != row:
                    keep[position] = False
                    rejects.append(_reject(row, parcel, "duplicate", f"row {first}"))
        if self._recorded is not None and table.num_rows:
            held = self._recorded(table["parcel_id"]) & keep
            for position in np.flatnonzero(held).tolist():
                rejects.append(_reject(int(rows[position]), table["parcel_id"][position].as_py(), "already_recorded"))
            keep &= ~held
        if not keep.all():
            table, rows = table.filter(pa.array(keep)), rows[keep]
        return OrdersChunk(table, rows, rejects)


def _reject(row: int, parcel: str, reason: str, detail: str = "") -> Reject:
    problem, _, mend = REASONS[reason]
    return Reject(row, parcel, "parcel_id", parcel, reason, f"{problem}: {mend}" + (f" ({detail})" if detail else ""))
