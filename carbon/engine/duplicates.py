"""Finding parcel ids that stand twice, or in an earlier run, in bounded memory.

Ids are partitioned by hash into files; within a partition equal hashes are candidates, and candidates are compared
exactly, so that a collision costs nobody a parcel.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.engine.hashing import hashes_of
from carbon.engine.workers import ordered
from carbon.errors import WorkError

_PARTITION_BITS = 6
#: So many runs are named in a message.
_NAMED = 3
_SCHEMA = pa.schema([("hash", pa.uint64()), ("row", pa.int64()), ("id", pa.string())])
_Candidates = tuple[np.ndarray, np.ndarray, str]
#: Run to the parcel ids that it holds, in pieces.
Recorded = Mapping[str, Iterable[pa.Array]]


class HeldBy(dict[str, int]):
    """Earlier runs, and how many parcels of an input they hold.

    Attributes
    ----------
    sizes : mapping
        Run to the number of all its parcels, as far as known.
    """

    sizes: Mapping[str, int] = {}

    def __str__(self) -> str:
        named = [f"run {run} ({count:,})" for run, count in list(self.items())[:_NAMED]]
        return ", ".join([*named, *([f"{len(self) - _NAMED:,} more"] if len(self) > _NAMED else [])])

    @property
    def advice(self) -> str:
        """What to do about it: only a run that the input holds whole can be replaced by it."""
        whole = [run for run, count in self.items() if self.sizes.get(run) == count]
        if whole:
            options = " ".join(f"--restate {run}" for run in whole[:_NAMED])
            return f"nothing, if they are the same; to count these values instead: {options}"
        return "nothing, if they are the same; newer values come with a run's whole file and --restate RUN"


@dataclass(frozen=True)
class Duplicates:
    """Rows whose parcel must not count.

    Attributes
    ----------
    rows, first : numpy.ndarray of int64, shape (n,)
        Rows whose id stands in an earlier row, ascending, and that row.
    recorded : numpy.ndarray of int
        By row number: which of `runs` holds the id, from 1, 0 for none; empty where none holds any.
    runs : tuple of str
        The earlier runs that were compared with.
    example : str or None
        One such id.
    """

    rows: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    first: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    recorded: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.uint8))
    runs: tuple[str, ...] = ()
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

    def held_by(self, rows: np.ndarray) -> np.ndarray:
        """Return which of `runs` holds each row's id, from 1; 0 for none."""
        known = rows < len(self.recorded)
        held = np.zeros(len(rows), dtype=np.int64)
        held[known] = self.recorded[rows[known]]
        return held

    def held_counts(self) -> HeldBy:
        """Return how many rows each earlier run holds, most first."""
        counts = np.bincount(self.recorded, minlength=len(self.runs) + 1)[1:].tolist()
        found = sorted(zip(counts, self.runs, strict=True), reverse=True)
        return HeldBy((run, count) for count, run in found if count)


def partitioned(ids: pa.ChunkedArray | pa.Array, rows: np.ndarray) -> list[pa.RecordBatch | None]:
    """Return ids with hash and row, one batch for each partition."""
    ids = ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
    hashes = hashes_of(ids)
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
    """Collects ids piece by piece, in the order of their rows; `finish` names those that stand twice.

    The files have no name: whatever becomes of this process, the system frees their disk when it ends.
    """

    def __init__(self) -> None:
        self._folder = tempfile.gettempdir()
        with _said(self._folder):
            self._files = [tempfile.TemporaryFile() for _ in range(1 << _PARTITION_BITS)]  # noqa: SIM115
        self._writers = [pa.ipc.new_stream(pa.PythonFile(file, "w"), _SCHEMA) for file in self._files]
        self._runs: list[str] = []
        self._last_row = 0

    def add(self, ids: pa.ChunkedArray | pa.Array, rows: np.ndarray) -> None:
        """Add ids with their row numbers, shape (rows,)."""
        self.add_partitioned(partitioned(ids, rows), int(rows[-1]) if len(rows) else 0)

    def hold(self, run: str, ids: Iterable[pa.Array]) -> None:
        """Add ids that an earlier run holds; their row numbers lie before every row of the input."""
        self._runs.append(run)
        for piece in ids:
            self.add_partitioned(partitioned(piece, np.full(len(piece), -len(self._runs), dtype=np.int64)), 0)

    def add_partitioned(self, batches: Sequence[pa.RecordBatch | None], last_row: int) -> None:
        """Add what `partitioned` made, perhaps elsewhere."""
        self._last_row = max(self._last_row, last_row)
        with _said(self._folder):
            for writer, batch in zip(self._writers, batches, strict=True):
                if batch is not None:
                    writer.write_batch(batch)

    def _compared(self, partition: tuple[pa.ipc.RecordBatchStreamWriter, IO[bytes]]) -> _Candidates | None:
        writer, file = partition
        with _said(self._folder):
            writer.close()
            file.seek(0)
            with pa.ipc.open_stream(pa.PythonFile(file, "r")) as stream:
                found = _candidates(stream.read_all())
            file.close()
        return found

    def finish(self) -> Duplicates:
        """Compare, and free the disk."""
        rows, first, example = [], [], None
        recorded = np.empty(0, dtype=np.min_scalar_type(len(self._runs)))
        for candidates in ordered(self._compared, zip(self._writers, self._files, strict=True)):
            if candidates is None:
                continue
            mine, earlier, first_id = candidates
            held = earlier < 0
            if held.any():
                recorded = np.zeros(self._last_row + 1, dtype=recorded.dtype) if not recorded.size else recorded
                recorded[mine[held]] = -earlier[held]
                mine, earlier = mine[~held], earlier[~held]
            rows.append(mine)
            first.append(earlier)
            example = example or first_id
        if not rows:
            return Duplicates()
        every, earlier = (np.concatenate(part) if len(part) > 1 else part[0] for part in (rows, first))
        del rows, first
        if (every[1:] < every[:-1]).any():
            order = np.argsort(every)
            every, earlier = every[order], earlier[order]
        return Duplicates(every, earlier, recorded, tuple(self._runs), example)


def _candidates(table: pa.Table) -> _Candidates | None:
    """Return rows whose id stands earlier in a partition, that earlier row, and one id; None where there is none.

    Of an id in each row of a long file (the wrong column was taken for it) nothing is held longer than it is needed.
    """
    hashes = table["hash"].to_numpy()
    ascending = np.sort(hashes)
    twice = np.unique(ascending[1:][ascending[1:] == ascending[:-1]])
    del ascending
    if not twice.size:
        return None
    place = np.minimum(np.searchsorted(twice, hashes), len(twice) - 1)
    few = table.select(["row", "id"]).filter(pa.array(twice[place] == hashes))
    del table, hashes, place
    ids = pc.dictionary_encode(few["id"]).combine_chunks()
    rows, codes = few["row"].to_numpy(), ids.indices.to_numpy(zero_copy_only=False)
    del few
    # Ids came in the order of their rows, those of earlier runs before all: a code's first place is its earliest row.
    start = np.searchsorted(np.maximum.accumulate(codes), np.arange(len(ids.dictionary)))
    later = rows >= 0
    later[start] = False
    if not later.any():
        return None
    codes = codes[later]
    return rows[later], rows[start][codes], ids.dictionary[int(codes[0])].as_py()
