"""Orders as the engine reads them: pseudonyms where wanted, parcels that stand twice taken out, in every pass alike."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.engine.duplicates import Duplicates
from carbon.engine.rejecting import sentence_of
from carbon.orders.pseudonym import pseudonymise
from carbon.orders.rejects import Rejects
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
        self._duplicates, self.key = duplicates, key

    def admit(self, chunk: OrdersChunk) -> OrdersChunk:
        """Return a chunk without its duplicates; needs no other chunk, so that workers may do it."""
        table = pseudonymise(chunk.table, self.key) if self.key is not None else chunk.table
        rows = chunk.rows
        first, held = self._duplicates.first_rows(rows), self._duplicates.held_by(rows)
        keep = (first == 0) & (held == 0)
        if keep.all():
            return OrdersChunk(table, rows, chunk.rejects)
        again, known = np.flatnonzero((first > 0) & (held == 0)), np.flatnonzero(held > 0)
        earlier = pc.cast(pa.array(first[again]), pa.string())
        before = pc.binary_join_element_wise(sentence_of("duplicate"), " (row ", earlier, ")", "")
        of_run = pa.array([_recorded_in(run) for run in self._duplicates.runs], pa.string())
        rejects = Rejects.joined(
            [
                chunk.rejects,
                _refused(table, rows, again, "duplicate", before),
                _refused(table, rows, known, "already_recorded", of_run.take(pa.array(held[known] - 1))),
            ]
        )
        return OrdersChunk(table.filter(pa.array(keep)), rows[keep], rejects)


def _refused(table: pa.Table, rows: np.ndarray, positions: np.ndarray, reason: str, mends: pa.Array) -> Rejects:
    ids = table["parcel_id"].take(pa.array(positions))
    return Rejects.alike(pa.array(rows[positions]), ids, "parcel_id", ids, reason, mends)


def _recorded_in(run: str) -> str:
    return f"the parcel already counts in run {run}: nothing to do, or give that run's whole file with --restate {run}"
