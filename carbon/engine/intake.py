"""Orders as the engine reads them: pseudonyms where wanted, parcels that stand twice taken out, in every pass alike."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from carbon.engine.duplicates import Duplicates
from carbon.engine.rejecting import REASONS
from carbon.orders.pseudonym import pseudonymise
from carbon.orders.rejects import Reject
from carbon.orders.table import OrdersChunk


class Intake:
    """The orders of a run without its duplicates.

    Parameters
    ----------
    duplicates : Duplicates
        Rows to leave out, from the first pass.
    key : bytes, optional
        Replace order and parcel ids by pseudonyms made with it.
    """

    def __init__(self, duplicates: Duplicates, key: bytes | None = None):
        self._duplicates, self._key = duplicates, key

    def admit(self, chunk: OrdersChunk) -> OrdersChunk:
        """Return a chunk without its duplicates; needs no other chunk, so that workers may do it."""
        table = pseudonymise(chunk.table, self._key) if self._key is not None else chunk.table
        rows, rejects = chunk.rows, list(chunk.rejects)
        first = self._duplicates.first_rows(rows)
        held = self._duplicates.are_recorded(rows)
        keep = (first == 0) & ~held
        if keep.all():
            return OrdersChunk(table, rows, rejects)
        for position in np.flatnonzero(~keep).tolist():
            row, parcel = int(rows[position]), table["parcel_id"][position].as_py()
            if held[position]:
                rejects.append(_reject(row, parcel, "already_recorded"))
            else:
                rejects.append(_reject(row, parcel, "duplicate", f"row {first[position]}"))
        return OrdersChunk(table.filter(pa.array(keep)), rows[keep], rejects)


def _reject(row: int, parcel: str, reason: str, detail: str = "") -> Reject:
    problem, _, mend = REASONS[reason]
    return Reject(row, parcel, "parcel_id", parcel, reason, f"{problem}: {mend}" + (f" ({detail})" if detail else ""))
