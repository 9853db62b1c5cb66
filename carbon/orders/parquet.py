"""Parquet orders: a file, or a folder of files of one kind, any of which may be damaged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from carbon.errors import OrdersError, Where
from carbon.orders.check import supported
from carbon.orders.raw import RawBatch, Unchanged, hash_file

#: Bytes of a column read at a time: buffering whole files ahead would hold them in memory.
_BUFFER = 1 << 20
#: Bytes before each plain text, which tell its length.
_LENGTH_BYTES = 4


@dataclass(frozen=True)
class _File:
    """A file as its footer describes it."""

    path: Path
    schema: pa.Schema
    rows: int
    coded: tuple[str, ...]


@dataclass(frozen=True)
class Piece:
    """A row group: what can be read without the rest.

    Attributes
    ----------
    first_row : int
        Number of its first row among all files, from 1.
    first_chunk : int
        Number of its first chunk, where each piece is cut by itself.
    """

    path: Path
    group: int
    rows: int
    first_row: int
    first_chunk: int


class ParquetSource:
    """A Parquet file, or a folder of them read in the order of their paths.

    Raises
    ------
    OrdersError
        Naming the file that is damaged, cut short, or of another kind than the others.
    """

    encoding = None

    def __init__(self, path: Path):
        self.name, paths = str(path), parquet_files(path)
        self._unchanged = Unchanged(paths)
        self._files = [_described(each) for each in paths]
        self.headers = self._files[0].schema.names
        for file in self._files:
            _check_names(file, self._files[0])
        self.row_estimate = sum(file.rows for file in self._files)

    def sha256(self) -> str:
        """Return the hash of the file's bytes; for a folder, of its files' names and hashes."""
        self._unchanged.check()
        if len(self._files) == 1 and str(self._files[0].path) == self.name:
            return hash_file(self._files[0].path)
        total = hashlib.sha256()
        for file in self._files:
            total.update(f"{file.path.relative_to(self.name).as_posix()} {hash_file(file.path)}\n".encode())
        return total.hexdigest()

    def batches(self, wanted: list[str], rows: int) -> Iterator[RawBatch]:
        """Yield the wanted columns in pieces of at most `rows`."""
        self._unchanged.check()
        _check_types(self._files, wanted)
        number = 1
        for file in self._files:
            yield from self._read(file.path, wanted, rows, number)
            number += file.rows
        self._unchanged.check()

    def pieces(self, wanted: list[str], rows: int) -> list[Piece]:
        """Return every row group, in order; checks what `batches` checks before it reads."""
        self._unchanged.check()
        _check_types(self._files, wanted)
        found, number, chunk = [], 1, 0
        for file in self._files:
            with _opened(file.path) as opened:
                counts = [opened.metadata.row_group(group).num_rows for group in range(opened.metadata.num_row_groups)]
            for group, count in enumerate(counts):
                found.append(Piece(file.path, group, count, number, chunk))
                number, chunk = number + count, chunk + -(-count // rows)
        return found

    def read(self, piece: Piece, wanted: list[str], rows: int) -> Iterator[RawBatch]:
        """Yield one row group in batches of at most `rows`."""
        yield from self._read(piece.path, wanted, rows, piece.first_row, [piece.group])
        self._unchanged.check()

    def _read(
        self, path: Path, wanted: list[str], rows: int, number: int, groups: list[int] | None = None
    ) -> Iterator[RawBatch]:
        try:
            opened = _opened(path, self._coded(path, wanted))
        except OrdersError:
            self._unchanged.check()  # a file that is gone is no damaged one
            raise
        with opened:
            try:
                for batch in opened.iter_batches(batch_size=rows, row_groups=groups, columns=wanted):
                    columns = {name: batch.column(batch.schema.get_field_index(name)) for name in wanted}
                    yield RawBatch(columns, np.arange(number, number + len(batch), dtype=np.int64))
                    number += len(batch)
            except (pa.ArrowException, OSError) as error:
                self._unchanged.check()
                raise _damaged(path, error, _damaged_part(opened, wanted)) from None

    def _coded(self, path: Path, wanted: list[str]) -> list[str]:
        """Return the wanted columns that the file holds by code: their words are decoded, and checked, only once."""
        return [name for file in self._files if file.path == path for name in file.coded if name in wanted]


def parquet_files(path: Path) -> list[Path]:
    """Return a Parquet file, or all of a folder without hidden ones and those named with an underscore."""
    if path.is_file():
        return [path]
    files = [
        file
        for file in sorted(path.rglob("*.parquet"))
        # a folder may be named so, too, and hold the parts
        if not file.is_dir() and not any(part.startswith((".", "_")) for part in file.relative_to(path).parts)
    ]
    if not files:
        raise OrdersError(
            "no Parquet file in this folder",
            expected="files that end in .parquet",
            where=Where(str(path)),
            mend="name the CSV or Excel file itself",
        )
    return files


def _opened(path: Path, coded: Sequence[str] = ()) -> pq.ParquetFile:
    try:
        # pages that carry a checksum are compared with it: flipped bits may well decode to wrong numbers
        return pq.ParquetFile(
            path,
            pre_buffer=False,
            buffer_size=_BUFFER,
            page_checksum_verification=True,
            read_dictionary=list(coded) or None,
        )
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from None


def _described(path: Path) -> _File:
    with _opened(path) as opened:
        return _File(path, opened.schema_arrow, opened.metadata.num_rows, _coded_texts(opened))


def _coded_texts(opened: pq.ParquetFile) -> tuple[str, ...]:
    """Return the text columns that take less room than plain text of any length: those with few words, by code."""
    metadata, names = opened.metadata, []
    for place in range(metadata.num_columns):
        name = metadata.schema.column(place).path
        if name not in opened.schema_arrow.names or not pa.types.is_string(opened.schema_arrow.field(name).type):
            continue
        found = [metadata.row_group(group).column(place) for group in range(metadata.num_row_groups)]
        size_bytes = sum(each.total_uncompressed_size for each in found)
        if all(each.has_dictionary_page for each in found) and size_bytes < _LENGTH_BYTES * metadata.num_rows:
            names.append(name)
    return tuple(names)


def _check_names(file: _File, first: _File) -> None:
    lacking = [name for name in first.schema.names if name not in file.schema.names]
    surplus = [name for name in file.schema.names if name not in first.schema.names]
    if lacking or surplus:
        parts = [
            f"{word} {', '.join(names[:12])}" for word, names in (("without", lacking), ("with", surplus)) if names
        ]
        raise OrdersError(
            "the files of this folder have different columns",
            found=" and ".join(parts),
            expected=f"the columns of {first.path.name}: {', '.join(first.schema.names)}",
            mend="keep exports of one kind in a folder",
            where=Where(str(file.path)),
        )


def _check_types(files: list[_File], wanted: list[str]) -> None:
    """Refuse columns that cannot be read, and those of which one file has text and another numbers or dates.

    Each value might be readable by itself, yet 01067 and 1067 would be two postcodes.
    """
    for name in wanted:
        for file in files:
            if not supported(file.schema.field(name).type):
                raise OrdersError(
                    "a column of this type cannot be read",
                    found=str(file.schema.field(name).type),
                    expected="text, numbers or dates",
                    mend="export the column as one of them, or leave it out",
                    where=Where(str(file.path), None, name),
                )
        if len({_kind(file.schema.field(name).type) for file in files} - {None}) > 1:
            _check_type([file for file in files if not _is_empty(file.path, name)], name)


def _check_type(files: list[_File], name: str) -> None:
    """Refuse the first file whose column is of another kind than in the first file."""
    types = [file.schema.field(name).type for file in files]
    for file, kind in zip(files, types, strict=True):
        if _kind(kind) != _kind(types[0]):
            raise OrdersError(
                "the files of this folder have different types in a column",
                found=f"{_kind(kind)} ({kind})",
                expected=f"{_kind(types[0])} ({types[0]}), as in {files[0].path.name}",
                mend="export all files in the same way",
                where=Where(str(file.path), None, name),
            )


def _is_empty(path: Path, name: str) -> bool:
    """Tell whether a file has no value in a column: its writer may have given it any type."""
    with _opened(path) as opened:
        metadata = opened.metadata
        if opened.schema_arrow.field(name).type == pa.null() or not metadata.num_rows:
            return True
        place = next(index for index in range(metadata.num_columns) if metadata.schema.column(index).path == name)
        found = [metadata.row_group(group).column(place).statistics for group in range(metadata.num_row_groups)]
        return all(each is not None and each.has_null_count for each in found) and (
            sum(each.null_count for each in found) == metadata.num_rows
        )


def _kind(kind: pa.DataType) -> str | None:
    """Return what cells of a type are, None where there is none."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_null(kind):
        return None
    if pa.types.is_temporal(kind):
        return "dates"
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    return "text" if text else "numbers"


def _damaged_part(opened: pq.ParquetFile, wanted: list[str]) -> str | None:
    """Return which rows cannot be read, where the others can."""
    first = 0
    for group in range(opened.metadata.num_row_groups):
        count = opened.metadata.row_group(group).num_rows
        try:
            opened.read_row_group(group, columns=wanted)
        except (pa.ArrowException, OSError):
            return f"row group {group + 1} of {opened.metadata.num_row_groups}, rows {first + 1:,} to {first + count:,}"
        first += count
    return None


def _damaged(path: Path, error: Exception, part: str | None = None) -> OrdersError:
    return OrdersError.of("parquet", str(error).splitlines()[0], found=part, where=Where(str(path)))
