"""Finding parcel ids that stand twice, or in an earlier run, in bounded memory.

Ids are partitioned by hash into files; within a partition equal hashes are candidates, and candidates are compared
exactly, so that a collision costs nobody a parcel.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.errors import WorkError

_PARTITION_BITS = 6
#: A connection a thread: opening one costs more than hashing a chunk.
_THREAD = threading.local()
_SCHEMA = pa.schema([("hash", pa.uint64()), ("row", pa.int64()), ("id", pa.string())])
#: Row number of an id that an earlier run holds; sorts before every row of the input.
RECORDED = -1


@dataclass(frozen=True)
class Duplicates:
    """Rows whose parcel must not count.

    Attributes
    ----------
    rows, first : numpy.ndarray of int64, shape (n,)
        Rows whose id stands in an earlier row, ascending, and that row.
    recorded : numpy.ndarray of bool
        By row number: whether an earlier run holds the id; empty where none does.
    example : str or None
        One such id.
    """

    rows: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    first: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    recorded: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=bool))
    example: str | None = None

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.rows.size or self.recorded.any())

    def first_rows(self, rows: np.ndarray) -> np.ndarray:
        """Return the earlier row of each row, 0 where there is none."""
        if not self.rows.size or not rows.size:
            return np.zeros(len(rows), dtype=np.int64)
        place = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return np.where(self.rows[place] == rows, self.first[place], 0)

    def are_recorded(self, rows: np.ndarray) -> np.ndarray:
        """Return which rows an earlier run holds."""
        known = rows < len(self.recorded)
        held = np.zeros(len(rows), dtype=bool)
        held[known] = self.recorded[rows[known]]
        return held


def hashes_of(ids: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """Return a 64-bit hash of each id; equal ids have equal hashes."""
    if not hasattr(_THREAD, "connection"):
        _THREAD.connection = duckdb.connect(config={"threads": 1})  # callers are threads already
    found = _THREAD.connection.from_arrow(pa.table({"id": ids})).project("hash(id) AS h").fetchnumpy()["h"]
    return np.asarray(found, dtype=np.uint64)


def partitioned(ids: pa.ChunkedArray | pa.Array, rows: np.ndarray | None) -> list[pa.RecordBatch | None]:
    """Return ids with hash and row, one batch for each partition; `rows` is None for recorded ids."""
    ids = ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
    hashes = hashes_of(ids)
    rows = np.full(len(hashes), RECORDED, dtype=np.int64) if rows is None else rows
    partition = (hashes >> np.uint64(64 - _PARTITION_BITS)).astype(np.uint8)
    order = np.argsort(partition, kind="stable")
    bounds = np.searchsorted(partition[order], np.arange((1 << _PARTITION_BITS) + 1))
    whole = pa.record_batch(
        [pa.array(hashes[order]), pa.array(rows[order]), ids.take(pa.array(order)).cast(pa.string())], schema=_SCHEMA
    )
    pairs = zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    return [whole.slice(start, stop - start) if stop > start else None for start, stop in pairs]


@contextlib.contextmanager
def _said(folder: str) -> Iterator[None]:
    """Name the folder where its disk fails, and the way to another one."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise WorkError(
            f"{folder}: the ids of the parcels cannot be compared there; nothing was recorded\n"
            f"  found:    {str(error).splitlines()[0][:200]}\n"
            "  expected: about 40 bytes of disk for each parcel\n"
            "  mend:     free some space, or name a folder on another disk in TMPDIR"
        ) from error


class DuplicateFinder:
    """Collects ids piece by piece, in the order of their rows; `finish` names those that stand twice."""

    def __init__(self) -> None:
        with _said(tempfile.gettempdir()):
            self._folder = tempfile.TemporaryDirectory(prefix="carbon-ids-", ignore_cleanup_errors=True)
        self._paths = [Path(self._folder.name) / str(number) for number in range(1 << _PARTITION_BITS)]
        self._writers = [pa.ipc.new_stream(str(path), _SCHEMA) for path in self._paths]
        self._last_row = 0

    def add(self, ids: pa.ChunkedArray | pa.Array, rows: np.ndarray | None) -> None:
        """Add ids with their row numbers, shape (rows,); None for ids that an earlier run holds."""
        self.add_partitioned(partitioned(ids, rows), int(rows[-1]) if rows is not None and len(rows) else 0)

    def add_partitioned(self, batches: Sequence[pa.RecordBatch | None], last_row: int) -> None:
        """Add what `partitioned` made, perhaps elsewhere."""
        self._last_row = max(self._last_row, last_row)
        with _said(self._folder.name):
            for writer, batch in zip(self._writers, batches, strict=True):
                if batch is not None:
                    writer.write_batch(batch)

    def finish(self) -> Duplicates:
        """Compare, and free the disk."""
        rows, first, example = [], [], None
        recorded = np.empty(0, dtype=bool)
        for writer, path in zip(self._writers, self._paths, strict=True):
            with _said(self._folder.name):
                writer.close()
                with pa.ipc.open_stream(str(path)) as stream:
                    candidates = _candidates(stream.read_all())
                path.unlink()
            if candidates is None:
                continue
            mine, earlier, ids = candidates
            held = earlier == RECORDED
            if held.any():
                recorded = np.zeros(self._last_row + 1, dtype=bool) if not recorded.size else recorded
                recorded[mine[held]] = True
            rows.append(mine[~held])
            first.append(earlier[~held])
            example = example or ids[0].as_py()
        self._folder.cleanup()
        if not rows:
            return Duplicates()
        every, earlier = np.concatenate(rows), np.concatenate(first)
        order = np.argsort(every)
        return Duplicates(every[order], earlier[order], recorded, example)


def _candidates(table: pa.Table) -> tuple[np.ndarray, np.ndarray, pa.Array] | None:
    """Return rows whose id stands earlier in a partition, that earlier row, and the ids; None where there is none."""
    hashes = table["hash"].to_numpy()
    ordered = np.sort(hashes)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not twice.size:
        return None
    place = np.minimum(np.searchsorted(twice, hashes), len(twice) - 1)
    few = table.filter(pa.array(twice[place] == hashes)).combine_chunks()
    rows = few["row"].to_numpy()
    order = np.argsort(rows, kind="stable")
    rows, ids = rows[order], few["id"].combine_chunks().take(pa.array(order))
    codes = pc.dictionary_encode(ids).indices.to_numpy(zero_copy_only=False)
    _, start, group = np.unique(codes, return_index=True, return_inverse=True)
    earlier = rows[start][group]
    later = (np.arange(len(rows)) != start[group]) & (rows != RECORDED)
    return (rows[later], earlier[later], ids.filter(pa.array(later))) if later.any() else None
