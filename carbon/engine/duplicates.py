"""Finding parcel ids that stand twice, in bounded memory: hash partitions on disk, candidates compared exactly."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

_PARTITIONS = 64
_RECORD = np.dtype([("hash", "<u8"), ("row", "<i8")])


def hashes_of(ids: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """Return a 64-bit hash of each id; equal ids have equal hashes, in every run and on every machine."""
    ids_table = pa.table({"id": ids})
    with duckdb.connect() as connection:
        found = connection.from_arrow(ids_table).project("hash(id) AS h").fetchnumpy()["h"]
    return np.asarray(found, dtype=np.uint64)


class DuplicateFinder:
    """Collects ids chunk by chunk; `candidates` names the rows whose hash was seen before."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="carbon-ids-")
        # Closed by `candidates`; the folder goes with this object in any case.
        self._files = [open(Path(self._folder.name) / str(number), "wb") for number in range(_PARTITIONS)]  # noqa: SIM115

    def add(self, hashes: np.ndarray, rows: np.ndarray) -> None:
        """Add one chunk: hashes of the ids and their row numbers, both of shape (rows,)."""
        records = np.empty(len(hashes), dtype=_RECORD)
        records["hash"], records["row"] = hashes, rows
        partition = (hashes >> np.uint64(58)).astype(np.int64)
        order = np.argsort(partition, kind="stable")
        bounds = np.searchsorted(partition[order], np.arange(_PARTITIONS + 1))
        for number, file in enumerate(self._files):
            file.write(records[order[bounds[number] : bounds[number + 1]]].tobytes())

    def candidates(self) -> np.ndarray:
        """Return (row, earlier row) pairs with equal hashes, shape (n, 2), and free the disk."""
        pairs = []
        for file in self._files:
            file.close()
            records = np.fromfile(file.name, dtype=_RECORD)
            records = records[np.lexsort((records["row"], records["hash"]))]
            same = np.flatnonzero(records["hash"][1:] == records["hash"][:-1]) + 1
            if same.size:
                first = np.arange(len(records))
                starts = np.r_[True, records["hash"][1:] != records["hash"][:-1]]
                first = np.maximum.accumulate(np.where(starts, first, 0))
                pairs.append(np.stack([records["row"][same], records["row"][first[same]]], axis=1))
        self._folder.cleanup()
        return np.concatenate(pairs) if pairs else np.empty((0, 2), dtype=np.int64)
