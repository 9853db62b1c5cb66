"""A part of a run's footprints: encoded, hashed and written by whoever computed it, local thread or worker."""

from __future__ import annotations

import contextlib
import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from carbon.engine.kernel import RESULTS
from carbon.ledger.closing import refuse_closed
from carbon.ledger.files import disk_error
from carbon.ledger.manifest import FOOTPRINTS, problem

_SEARCHED = ("parcel_id", "order_id", "shipped_on", "row", "total_co2e_kg")
_IDS = ("parcel_id", "order_id")
_COUNTED = ("row",)
_CODEC = pa.Codec("zstd", compression_level=1)
#: A column is judged by so many values: few are an eighth of them, and worth compressing is what loses a seventh.
_SAMPLE, _FEW, _WORTH_SHARE = 1024, 8, 0.86


@dataclass(frozen=True)
class Part:
    """What is known of a part once it is on the disk.

    Attributes
    ----------
    name : str
        ``footprints.parquet/part-00000.parquet``, as in the manifest.
    sums : mapping
        Result column to its sum [kg CO2e].
    """

    name: str
    sha256: str
    rows: int
    sums: Mapping[str, float]
    first_day: date
    last_day: date


@dataclass(frozen=True)
class PartWriter:
    """Writes parts into a run's folder; holds no state, so that threads and workers may share it.

    Parameters
    ----------
    ledger, folder : Path
        The ledger, for messages, and the run's folder.
    schema : pyarrow.Schema
    closed : frozenset of str
        Closed months.
    """

    ledger: Path
    folder: Path
    schema: pa.Schema
    closed: frozenset[str]

    def write(self, number: int, table: pa.Table) -> Part | None:
        """Write one part; None where there is no row.

        Raises
        ------
        LedgerError
            If a parcel lies in a closed period, a result is not finite, or the disk is full.
        """
        if table.num_rows == 0:
            return None
        days = pc.min_max(table["shipped_on"]).as_py()
        if self.closed:
            refuse_closed(self.ledger, table["shipped_on"], self.closed)
        sums = {name: float(np.sum(table[name].to_numpy())) for name in RESULTS if name in self.schema.names}
        for name, total in sums.items():
            if not math.isfinite(total):
                raise problem(
                    self.folder,
                    f"a footprint is not a finite number ({name})",
                    "report this; nothing of this run was kept",
                )
        name = part_name(number)
        content = self._encoded(table)
        # Two attempts of one task may write at once: each its own file, and the name goes to a whole one.
        attempt = self.folder / f"{name}.{uuid4().hex}.tmp"
        try:
            attempt.write_bytes(content)
            attempt.replace(self.folder / name)
        except OSError as error:
            with contextlib.suppress(OSError):
                attempt.unlink(missing_ok=True)
            raise disk_error(self.folder / name, error) from error
        return Part(name, hashlib.sha256(content).hexdigest(), table.num_rows, sums, days["min"], days["max"])

    def keeping(self, also_table: bool) -> Callable[[int, pa.Table], tuple[Part | None, pa.Table | None]]:
        """Return a function that writes the n-th part, and hands the table on where that is wanted."""
        return _Keeping(self, also_table)

    def write_empty(self) -> tuple[str, str]:
        """Write a part without rows, so that a run of rejects still has a table; return its name and hash."""
        content = self._encoded(self.schema.empty_table())
        (self.folder / part_name(0)).write_bytes(content)
        return part_name(0), hashlib.sha256(content).hexdigest()

    def _encoded(self, table: pa.Table) -> pa.Buffer:
        sink = pa.BufferOutputStream()
        with parquet_writer(sink, self.schema, table) as writer:
            writer.write_table(table, row_group_size=max(table.num_rows, 1))
        return sink.getvalue()


@dataclass(frozen=True)
class _Keeping:
    """A class, not a closure, so that it may travel to workers."""

    parts: PartWriter
    also_table: bool

    def __call__(self, number: int, table: pa.Table) -> tuple[Part | None, pa.Table | None]:
        return self.parts.write(number, table), table if self.also_table else None


@dataclass(frozen=True)
class RecordedIds:
    """Parcel ids of footprint files; iterate for them in pieces, as often as wanted."""

    files: Sequence[Path]

    def __iter__(self) -> Iterator[pa.Array]:
        for path in self.files:
            try:
                with pq.ParquetFile(path) as file:
                    for batch in file.iter_batches(columns=["parcel_id"]):
                        yield batch["parcel_id"]
            except (OSError, pa.ArrowException) as error:
                raise problem(
                    path, f"cannot be read ({error})", "restore the file from a copy, then run `carbon verify`"
                ) from error


def part_name(number: int) -> str:
    """Return the name of the n-th part of a run, from 0."""
    return f"{FOOTPRINTS}/part-{number:05d}.parquet"


def parquet_writer(target: Path | pa.NativeFile, schema: pa.Schema, sample: pa.Table | None = None) -> pq.ParquetWriter:
    """Return a writer, each column encoded as its kind, or a sample of it, asks for.

    Values that are few are written by code; a number that hardly gets smaller is not compressed, which would take a
    quarter of the time. Least and greatest values are kept of columns that are searched; of the others they would
    cost a sixth of the writing.
    """
    coded = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    packed = set(schema.names)
    if sample is not None and sample.num_rows:
        for name in (field.name for field in schema if field.name not in (*coded, *_IDS)):
            few, compressible = _judged(sample[name])
            if few:
                coded.append(name)
            elif not compressible:
                packed.remove(name)
    counted = [name for name in _COUNTED if name in schema.names and name not in coded]
    return pq.ParquetWriter(
        target,
        schema,
        compression={name: _CODEC.name if name in packed else "none" for name in schema.names},
        compression_level=dict.fromkeys(packed, _CODEC.compression_level),
        use_dictionary=coded or False,
        column_encoding=dict.fromkeys(counted, "DELTA_BINARY_PACKED") or None,
        write_statistics=[name for name in _SEARCHED if name in schema.names] or False,
    )


def _judged(column: pa.ChunkedArray) -> tuple[bool, bool]:
    """Return whether a column has few values, and whether compressing them is worth the time."""
    step = max(len(column) // _SAMPLE, 1)
    values = column.take(pa.array(np.arange(0, len(column), step)))
    if pa.types.is_nested(values.type):
        return False, True
    if len(pc.unique(values)) * _FEW <= len(values):
        return True, True
    if not pa.types.is_floating(values.type):
        return False, True
    content = values.to_numpy().tobytes()
    return False, _CODEC.compress(content).size < _WORTH_SHARE * len(content)
