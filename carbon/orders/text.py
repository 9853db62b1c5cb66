"""CSV files: encoding, delimiter, and a stream in which a broken row breaks nothing but itself.

pyarrow reads the cells. Before it stands `CleanLines`, because one quotation mark that is never closed would
otherwise swallow the rows after it.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import itertools
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.csv

from carbon.errors import OrdersError, Where
from carbon.orders.encoding import BLOCK, decoded, find_encoding, open_bytes
from carbon.orders.mapping import Mapping

_SAMPLE = 1 << 20
_DELIMITERS = (",", ";", "\t", "|")
#: First cell of the line that stands in for a row with an open quotation mark (a private-use character).
_MARK = "\ue0f1unclosed\ue0f1"
_COMMA = "\ue0f2"
_END = "\ue0f1end\n"
_MAX_RECORD_LINES = 200


@dataclass(frozen=True)
class TextFile:
    """What one pass over a CSV file found out."""

    path: Path
    encoding: str
    delimiter: str
    headers: list[str]
    lines: int
    sha256: str


def inspect(path: Path, mapping: Mapping) -> TextFile:
    """Read a CSV file once: hash, strict decoding, number of lines, delimiter and headers.

    Raises
    ------
    OrdersError
        If it is empty, of an unknown encoding, packed and cut short, or not text.
    """
    name, digest = str(path), hashlib.sha256()
    with open(path, "rb") as raw:
        while block := raw.read(BLOCK):
            digest.update(block)
    try:
        with open_bytes(path) as stream:
            sample = stream.read(_SAMPLE)
        if not sample.strip():
            raise OrdersError.of("empty_file", where=Where(name))
        encoding, lines = find_encoding(path, sample, mapping.encoding)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise OrdersError.of("gzip", str(error), where=Where(name)) from None
    if "\0" in sample[:4096].decode(encoding, "ignore"):
        raise OrdersError.of("not_text_file", found="\\0", where=Where(name))
    stream = decoded(path, encoding)
    head, delimiter, rest = _header(stream, mapping.delimiter)
    if head and not rest.strip() and not stream.read(BLOCK).strip():
        raise OrdersError.of("no_rows", found=", ".join(head[:12]), where=Where(name))
    stream.close()
    return TextFile(path, encoding, delimiter, head, lines, digest.hexdigest())


def _header(stream: IO[bytes], delimiter: str | None) -> tuple[list[str], str, bytes]:
    """Take the header off a UTF-8 stream: cells, delimiter, and the bytes read beyond it."""
    head = stream.read(_SAMPLE)
    if not head.endswith(b"\n"):
        # Nothing but classic Mac OS ends no line for megabytes.
        head += stream.readline(-1 if b"\r" in head else BLOCK)
    if b"\n" not in head and b"\r" in head:  # line ends of classic Mac OS
        head = head.replace(b"\r", b"\n")
    feed = io.StringIO(head.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace"), newline="")
    line = next(feed, "")
    while line and (not line.strip() or line.lower().startswith("sep=")):
        line = next(feed, "")
    delimiter = delimiter or max(_DELIMITERS, key=line.count)
    reader = csv.reader(itertools.chain([line], feed), delimiter=delimiter)
    headers = next(reader, [])
    if reader.line_num > 20:
        raise OrdersError(
            "the header line has an unclosed quotation mark", found=line.strip()[:120], where=Where(None, 1)
        )
    while headers and not headers[-1].strip():
        headers.pop()
    return headers, delimiter, feed.read().encode()


class CleanLines(io.RawIOBase):
    """Lines of a UTF-8 stream in which every record is one line.

    A record whose quotation mark is closed on a later line is joined to one line. Where the lines after the mark
    are complete rows themselves, it was never meant to be open: the row with it is replaced by a line that cannot
    be a row (so that the reader counts and reports it), and the rows after it stay rows.
    """

    def __init__(self, stream: IO[bytes], first: bytes, cells: int, delimiter: str):
        self._stream, self._cells, self._delimiter = stream, cells, delimiter
        self._carry, self._out, self._ended = first, memoryview(b""), False

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer) -> int:
        """Fill `buffer` with clean lines; return the number of bytes, 0 at the end."""
        while not self._out and not self._ended:
            self._out = memoryview(self._next_block())
        count = min(len(buffer), len(self._out))
        buffer[:count] = self._out[:count]
        self._out = self._out[count:]
        return count

    def _next_block(self) -> bytes:
        try:
            return self._cleaned_block()
        except csv.Error as error:
            raise OrdersError.of("csv", str(error)) from None

    def _cleaned_block(self) -> bytes:
        block = self._stream.read(BLOCK)
        self._ended = not block
        data = self._carry + block
        if b"\n" not in data and b"\r" in data:
            data = data.replace(b"\r", b"\n")
        end = len(data) if self._ended else data.rfind(b"\n") + 1
        data, self._carry = data[:end], data[end:]
        if len(self._carry) > BLOCK:
            raise OrdersError(
                "a line does not end",
                found=f"more than {BLOCK >> 20} MB without a line end",
                expected="rows of cells, lines that end in LF or CRLF",
                mend="export it again, or save it as Parquet",
            )
        if b'"' not in data:
            return data
        numbers = np.frombuffer(data, dtype=np.uint8)
        ends = np.flatnonzero(numbers == 10) + 1
        if not len(ends) or ends[-1] != len(data):
            ends = np.append(ends, len(data))
        doubtful = self._doubtful(numbers, ends)
        return self._mended(data, ends, doubtful) if len(doubtful) else data

    def _doubtful(self, numbers: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Return the lines whose marks do not simply open and close cells by turns, or escape each other."""
        marks = np.flatnonzero(numbers == 34)
        upto = np.searchsorted(marks, ends)
        count = np.diff(upto, prepend=0)
        opens = (np.arange(len(marks)) - np.repeat(upto - count, count)) % 2 == 0
        around = np.concatenate([[10], numbers, [10]])
        edge = np.isin(np.where(opens, around[marks], around[marks + 2]), [ord(self._delimiter), 10, 13, 34])
        odd_places = np.searchsorted(ends, marks[~edge], side="right")
        return np.union1d(np.flatnonzero(count % 2), odd_places)

    def _mended(self, data: bytes, ends: np.ndarray, doubtful: np.ndarray) -> bytes:
        starts = np.concatenate([[0], ends[:-1]])
        parts, done = [], 0  # `done` counts lines already passed on
        for first in doubtful.tolist():
            if first < done:
                continue
            if not _is_open(self._line(data, starts, ends, first), self._delimiter):
                continue  # marks inside an unquoted cell are text, such as inches
            last, cells = self._record(data, starts, ends, first)
            if last is None and not self._ended and len(ends) - first < _MAX_RECORD_LINES:
                self._carry = data[starts[first] :] + self._carry
                parts.append(data[starts[done] : starts[first]])
                return b"".join(parts)
            parts.append(data[starts[done] : starts[first]])
            broken = last is None or cells != self._cells
            if broken or self._swallows([self._line(data, starts, ends, line) for line in range(first, last + 1)]):
                text = self._line(data, starts, ends, first).strip().replace('"', "").replace(self._delimiter, _COMMA)
                parts.append((_MARK + text[:1000] + self._delimiter * self._cells + "\n").encode())
                done = first + 1
            else:
                record = data[starts[first] : ends[last]].rstrip(b"\r\n")
                parts.append(record.replace(b"\r\n", b" ").replace(b"\n", b" ") + b"\n")
                done = last + 1
        if done < len(starts):
            parts.append(data[starts[done] :])
        return b"".join(parts)

    @staticmethod
    def _line(data: bytes, starts: np.ndarray, ends: np.ndarray, index: int) -> str:
        return data[starts[index] : ends[index]].decode("utf-8", "replace")

    def _record(self, data: bytes, starts: np.ndarray, ends: np.ndarray, first: int) -> tuple[int | None, int]:
        """Return the last line and the number of cells of the record that opens on line `first`."""
        stop = min(first + _MAX_RECORD_LINES, len(ends))
        lines = (self._line(data, starts, ends, line).rstrip("\r\n") + "\n" for line in range(first, stop))
        reader = csv.reader(itertools.chain(lines, [_END]), delimiter=self._delimiter)
        cells = len(next(reader, []))
        last = first + reader.line_num - 1
        return (last, cells) if last < stop else (None, 0)

    def _swallows(self, lines: list[str]) -> bool:
        """Tell whether a record over several lines, of the right number of cells, holds rows of their own."""
        if not _is_strict(lines, self._delimiter):
            return any(self._whole_row(line) for line in lines[1:])
        # valid CSV; its first and last lines are halves of one row unless both are whole with their mark as text
        if self._whole_opening(lines[0]) and self._prose_free(lines[-1]):
            return True
        return any('"' not in line and self._prose_free(line) for line in lines[1:-1])

    def _whole_row(self, line: str) -> bool:
        return not _is_open(line, self._delimiter) and len(self._split(line)) == self._cells

    def _whole_opening(self, line: str) -> bool:
        """Tell whether a line would be a whole row if the mark it leaves open were text."""
        cells = self._split(line)
        return len(cells) + cells[-1].count(self._delimiter) == self._cells

    def _prose_free(self, line: str) -> bool:
        # a sentence or an address has blanks after its commas, a row has not
        return self._whole_row(line) and not any(cell.startswith(" ") for cell in self._split(line)[1:])

    def _split(self, line: str) -> list[str]:
        return next(csv.reader([line], delimiter=self._delimiter), [])


def _is_open(line: str, delimiter: str) -> bool:
    """Tell whether a quoted cell is still open at the end of a line: then the reader goes on to the next one."""
    reader = csv.reader([line.rstrip("\r\n") + "\n", _END], delimiter=delimiter)
    next(reader, None)
    return reader.line_num > 1


def _is_strict(lines: list[str], delimiter: str) -> bool:
    """Tell whether lines are one record in which only a delimiter or the end follows a closing mark."""
    try:
        next(csv.reader((line.rstrip("\r\n") + "\n" for line in lines), delimiter=delimiter, strict=True), None)
    except csv.Error:
        return False
    return True


@dataclass(frozen=True)
class BrokenRow:
    """A row without the right number of cells."""

    row: int
    reason: str
    found: str | None
    first: str | None


def read_batches(file: TextFile, wanted: list[str]) -> Iterator[tuple[pa.RecordBatch, np.ndarray, list[BrokenRow]]]:
    """Stream the wanted columns as text, with data row numbers and the broken rows passed on the way.

    Parameters
    ----------
    wanted : list of str
        Headers to read; of a broken row the cell of the first one is passed on, to tell which row it is.
    """
    stream = decoded(file.path, file.encoding)
    headers, _, first = _header(stream, file.delimiter)
    cells = _cells(headers, first, file.delimiter)
    broken: list[BrokenRow] = []

    def note(row: pa.csv.InvalidRow) -> str:
        # of a broken row only its first wanted cell is kept: the others may be names and streets
        unclosed = row.text.startswith(_MARK)
        text = row.text.removeprefix(_MARK).replace(_COMMA, file.delimiter)
        line = next(csv.reader([text], delimiter=file.delimiter), [])
        reason = "unclosed_quote" if unclosed else "broken_row"
        found = None if unclosed else f"{row.actual_columns} cells instead of {cells}"
        broken.append(BrokenRow(row.number, reason, found, line[place][:200] if place < len(line) else None))
        return "skip"

    place = headers.index(wanted[0])
    names = [f"c{index}" for index in range(cells)]
    picked = [names[headers.index(header)] for header in wanted]
    clean = CleanLines(stream, first, cells, file.delimiter)
    reader = _reader(clean, names, picked, file, note)
    number, passed = 1, 0
    for batch in _readable(reader, file.path):
        taken = np.array([row.row for row in broken[passed:]], dtype=np.int64)
        rows = _free_numbers(number, len(batch), taken)
        number = int(rows[-1]) + 1 if len(rows) else number
        ready = [row for row in broken[passed:] if row.row < number]
        passed += len(ready)
        yield batch.rename_columns(wanted), rows, ready
    if broken[passed:]:
        empty = pa.RecordBatch.from_arrays([pa.array([], pa.string()) for _ in wanted], names=wanted)
        yield empty, np.zeros(0, dtype=np.int64), broken[passed:]


def _readable(reader, path: Path):
    try:
        yield from reader
    except pa.ArrowInvalid as error:
        raise OrdersError.of("csv", str(error), where=Where(str(path))) from None


def _reader(clean, names, picked, file, note):
    try:
        return pa.csv.open_csv(
            pa.PythonFile(io.BufferedReader(clean, 1 << 20), mode="r"),
            # one thread, because only then does the reader know the number of an invalid row
            read_options=pa.csv.ReadOptions(use_threads=False, block_size=8 << 20, column_names=names),
            parse_options=pa.csv.ParseOptions(delimiter=file.delimiter, invalid_row_handler=note),
            convert_options=pa.csv.ConvertOptions(
                include_columns=picked,
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        if "empty" in str(error).lower():
            return ()
        raise OrdersError.of("csv", str(error), where=Where(str(file.path))) from None


def _cells(headers: list[str], first: bytes, delimiter: str) -> int:
    """Number of cells of a row: the headers', or more where most rows end in delimiters that the header lacks."""
    lines = first[: 64 << 10].decode("utf-8", "replace").splitlines()[:101]
    rows = [row for row in csv.reader(lines[:100], delimiter=delimiter) if row]
    counts = Counter(len(row) for row in rows if not any(cell.strip() for cell in row[len(headers) :]))
    usual, times = counts.most_common(1)[0] if counts else (0, 0)
    return usual if usual > len(headers) and 2 * times > len(rows) else len(headers)


def _free_numbers(start: int, count: int, taken: np.ndarray) -> np.ndarray:
    """Return the `count` smallest numbers from `start` on that are not `taken` by broken rows."""
    numbers = np.arange(start, start + count + len(taken), dtype=np.int64)
    return numbers[~np.isin(numbers, taken)][:count]
