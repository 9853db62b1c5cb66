"""Opening what the user gave: CSV, Excel, Parquet (a file or a folder) or a table in memory."""

from __future__ import annotations

import datetime
import hashlib
import zipfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from carbon.errors import OrdersError, Where
from carbon.orders import text
from carbon.orders.mapping import Mapping
from carbon.orders.parquet import ParquetSource
from carbon.orders.raw import RawBatch, Unchanged, hash_file

#: How large a workbook may be in memory, at least, and by its size on the disk.
_UNPACKED_BYTES, _MOST_PACKED = 256 * 1024 * 1024, 100


class CsvSource:
    """A CSV file; every cell is text."""

    def __init__(self, path: Path, mapping: Mapping):
        self.name, self._unchanged = str(path), Unchanged([path])
        self._file = text.inspect(path, mapping)
        self.headers, self.row_estimate = self._file.headers, max(self._file.lines - 1, 0)
        self.encoding = self._file.encoding.removesuffix("-sig")

    def sha256(self) -> str:
        """Return the hash of the file's bytes."""
        return self._file.sha256

    def batches(self, wanted: list[str], rows: int) -> Iterator[RawBatch]:
        """Yield the wanted columns in pieces of at most `rows`."""
        self._unchanged.check()
        for batch, numbers, broken in text.read_batches(self._file, wanted):
            for start in range(0, max(len(batch), 1), rows):
                part = batch.slice(start, rows)
                columns = dict(zip(wanted, part.columns, strict=True))
                yield RawBatch(columns, numbers[start : start + rows], broken if start == 0 else [])
        self._unchanged.check()


class TableSource:
    """A table in memory: Arrow, pandas, or a sheet of Excel."""

    encoding = None

    def __init__(self, table: pa.Table, name: str, rows: np.ndarray | None = None, digest: str | None = None):
        self.name, self._table, self._digest = name, table, digest
        self.headers, self.row_estimate = table.column_names, table.num_rows
        self._rows = np.arange(1, table.num_rows + 1, dtype=np.int64) if rows is None else rows

    def sha256(self) -> str:
        """Return the hash of the file, or of the table's Arrow stream."""
        return self._digest or self._stream_hash

    @cached_property
    def _stream_hash(self) -> str:
        sink = _HashSink()
        with pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), self._table.schema) as writer:
            writer.write_table(self._table.combine_chunks())
        return sink.digest.hexdigest()

    def batches(self, wanted: list[str], rows: int) -> Iterator[RawBatch]:
        """Yield the wanted columns in pieces of at most `rows`."""
        for start in range(0, self._table.num_rows, rows):
            part = self._table.slice(start, rows)
            columns = {}
            for name in wanted:
                column = part.column(name).combine_chunks()
                columns[name] = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
            yield RawBatch(columns, self._rows[start : start + rows])


class _HashSink:
    """A writable stream that keeps only the hash."""

    closed = False

    def __init__(self):
        self.digest = hashlib.sha256()

    def write(self, data) -> int:
        self.digest.update(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing to close."""


Source = CsvSource | ParquetSource | TableSource


def open_source(source: Any, mapping: Mapping) -> Source:
    """Open a path, DataFrame or Arrow table.

    Raises
    ------
    OrdersError
        If there is no such file, its kind is unknown, or it cannot be read at all.
    """
    if isinstance(source, pa.Table):
        return TableSource(source, "<Arrow table>")
    if hasattr(source, "to_parquet") and hasattr(source, "columns"):
        return TableSource(from_frame(source), "<DataFrame>")
    if not isinstance(source, (str, Path)):
        raise OrdersError(
            "this is no orders input", found=type(source).__name__, expected="a path, DataFrame or Arrow table"
        )
    path = Path(source)
    if not path.exists():
        raise OrdersError(
            "no such file", found=path.name, expected="an existing file", mend=_near_files(path), where=Where(str(path))
        )
    try:
        if path.is_dir():
            return ParquetSource(path)
        if path.stat().st_size == 0:
            raise OrdersError.of("empty_file", where=Where(str(path)))
        with open(path, "rb") as stream:
            magic = stream.read(8)
        ending = path.suffix.lower()
        if magic[:4] == b"PAR1" or ending in (".parquet", ".pq"):
            return ParquetSource(path)
        if magic[:4] == b"PK\x03\x04" or ending in (".xlsx", ".xlsm"):
            table, rows = _excel(path, mapping.sheet)
            return TableSource(table, str(path), rows, hash_file(path))
        if magic == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
            raise OrdersError.of("old_excel", found=path.name, where=Where(str(path)))
        return CsvSource(path, mapping)
    except OSError as error:
        raise OrdersError(
            "the file cannot be read",
            found=error.strerror or str(error),
            mend="check its permissions",
            where=Where(str(path)),
        ) from None


def _near_files(path: Path) -> str:
    import difflib

    names = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, names, n=2)
    return f"did you mean {' or '.join(near)}?" if near else "check the path"


def from_frame(frame: Any) -> pa.Table:
    """Return a DataFrame as an Arrow table; NaN and NaT are missing values, columns of mixed objects become text."""
    arrays = []
    for position in range(frame.shape[1]):
        series = frame.iloc[:, position]
        try:
            arrays.append(pa.Array.from_pandas(series))
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
            arrays.append(pa.Array.from_pandas(series.map(_cell_text, na_action="ignore").astype(object)))
    names = [str(name) for name in frame.columns]
    return pa.table([pa.chunked_array([a]) if isinstance(a, pa.Array) else a for a in arrays], names=names)


def _unpacked(path: Path, where: Where) -> None:
    """Refuse a workbook that is small on the disk and boundless in memory."""
    with zipfile.ZipFile(path) as packed:
        size = sum(each.file_size for each in packed.infolist())
    if size > max(_UNPACKED_BYTES, _MOST_PACKED * path.stat().st_size):
        raise OrdersError(
            "the Excel file grows too much when it is unpacked",
            found=f"{path.stat().st_size:,} bytes that hold {size:,}",
            expected=f"at most {_MOST_PACKED} times as many",
            mend="save it as CSV or Parquet",
            where=where,
        )


def _excel(path: Path, sheet: str | None) -> tuple[pa.Table, np.ndarray]:
    """Read one sheet; formulas count by the value Excel stored for them."""
    import openpyxl

    where = Where(str(path))
    try:
        _unpacked(path, where)
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except OrdersError:
        raise
    except (
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        OSError,
        SyntaxError,
        EOFError,
        openpyxl.utils.exceptions.InvalidFileException,
    ) as error:
        raise OrdersError.of("excel", str(error), where=where) from None
    if sheet is not None and sheet not in book.sheetnames:
        raise OrdersError("no such sheet", found=", ".join(book.sheetnames), expected=sheet, where=where)
    page = book[sheet] if sheet else book.worksheets[0]
    page.reset_dimensions()
    try:
        lines = page.iter_rows(values_only=True)
        head = next((line for line in lines if any(cell is not None for cell in line)), ())
        headers = ["" if cell is None else str(cell) for cell in head]
        while headers and not headers[-1].strip():
            headers.pop()
        cells: list[list[str | None]] = [[] for _ in headers]
        rows: list[int] = []
        for number, line in enumerate(lines, 1):
            if all(cell is None for cell in line):
                continue
            rows.append(number)
            for position, column in enumerate(cells):
                column.append(_cell_text(line[position]) if position < len(line) else None)
    except (zipfile.BadZipFile, ValueError, SyntaxError, EOFError, KeyError) as error:
        raise OrdersError.of("excel", str(error), where=where) from None
    finally:
        book.close()
    arrays = [pa.array(column, pa.string()) for column in cells]
    table = pa.Table.from_arrays(arrays, names=headers) if headers else pa.table({})
    return table, np.array(rows, dtype=np.int64)


def _cell_text(cell: Any) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, (datetime.datetime, datetime.date)):
        return cell.isoformat()[:10]
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)
