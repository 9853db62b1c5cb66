"""Which parcels are already in the ledger: hashes first, exact comparison of the few that agree."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from carbon.engine.duplicates import hashes_of
from carbon.ledger.manifest import problem


class RecordedParcels:
    """Says of parcel ids whether one of the given footprint files holds them.

    Twelve bytes are kept for each recorded parcel: a 64-bit hash and its row group. Ids whose hash is known
    are compared exactly with the ids of those row groups, so that no chance agreement rejects a parcel.

    Parameters
    ----------
    files : sequence of Path
        ``footprints.parquet`` of every run that counts.
    """

    def __init__(self, files: Sequence[Path]):
        self._groups: list[tuple[Path, int]] = []
        hashes, groups = [], []
        for path in files:
            with _opened(path) as file:
                for number in range(file.num_row_groups):
                    found = hashes_of(file.read_row_group(number, columns=["parcel_id"])["parcel_id"])
                    hashes.append(found)
                    groups.append(np.full(len(found), len(self._groups), dtype=np.uint32))
                    self._groups.append((path, number))
        everything = np.concatenate(hashes) if hashes else np.empty(0, dtype=np.uint64)
        order = np.argsort(everything)
        self._hashes = everything[order]
        self._group_of = (np.concatenate(groups) if groups else np.empty(0, dtype=np.uint32))[order]

    def __call__(self, ids: pa.ChunkedArray | pa.Array) -> np.ndarray:
        """Return a mask, shape (ids,), true where the parcel is recorded."""
        held = np.zeros(len(ids), dtype=bool)
        if not len(ids) or not self._hashes.size:
            return held
        hashes = hashes_of(ids)
        start = np.searchsorted(self._hashes, hashes, side="left")
        last = len(self._hashes) - 1
        candidates = np.flatnonzero((start <= last) & (self._hashes[np.minimum(start, last)] == hashes))
        if not candidates.size:
            return held
        start = start[candidates]
        stop = np.searchsorted(self._hashes, hashes[candidates], side="right")
        wanted = set(np.unique(self._group_of[start]).tolist())
        for position in np.flatnonzero(stop - start > 1).tolist():
            wanted.update(self._group_of[start[position] : stop[position]].tolist())
        known = ids.take(pa.array(candidates)).cast(pa.string())
        exact = np.zeros(len(candidates), dtype=bool)
        for group in sorted(wanted):
            path, number = self._groups[group]
            with _opened(path) as file:
                stored = file.read_row_group(number, columns=["parcel_id"])["parcel_id"]
            exact |= np.asarray(pc.is_in(known, value_set=stored.cast(pa.string())))
        held[candidates[exact]] = True
        return held


def _opened(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise problem(
            path, f"cannot be read ({error})", "restore the file from a copy, then run `carbon verify`"
        ) from error
