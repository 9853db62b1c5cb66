"""The orders table: opened from any file, read in checked chunks, no row lost."""

from __future__ import annotations

import datetime
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.errors import OrdersError, Where
from carbon.orders import check, countries
from carbon.orders.columns import BY_NAME, COLUMNS, LINE_FIELDS, REQUIRED, SCHEMA, Column
from carbon.orders.declared import LAPSED
from carbon.orders.lines import FILLED_TEXTS, Lines
from carbon.orders.mapping import Mapping, bind, read_mapping
from carbon.orders.parquet import ParquetSource, Piece
from carbon.orders.raw import RawBatch, hash_file
from carbon.orders.rejects import Reject, Rejects, cell_texts, mends_by_word, sentence
from carbon.orders.source import Source, open_source

__all__ = ["BY_NAME", "COLUMNS", "SCHEMA", "Column", "OrdersChunk", "OrdersInput"]

_ROWS = 131_072
#: Columns that are read by their codes where a file has them.
_CODED = frozenset(
    (
        *("service", "origin_site", "package", "product_category", "currency"),
        *(f"{end}_{part}" for end in ("origin", "destination") for part in ("country", "postcode", "city")),
    )
)


@dataclass
class OrdersChunk:
    """A piece of the orders table.

    Attributes
    ----------
    table : pyarrow.Table
        All canonical columns in their Arrow types, null where absent; only rows that passed. Text may be coded, as a
        dictionary of words.
    rows : numpy.ndarray of int64
        1-based data row number of each row of `table`.
    rejects : Rejects
        The other rows.
    """

    table: pa.Table
    rows: np.ndarray
    rejects: Rejects = field(default_factory=Rejects)


class OrdersInput:
    """An orders file or table, opened and its header checked; rows are read by `chunks`.

    Attributes
    ----------
    name : str
        Path, or a word for a table in memory.
    encoding : str or None
        Of a CSV file.
    row_estimate : int
        Number of rows; for CSV the number of lines below the header, which may be a little more.
    ignored : list of str
        Headers that feed no canonical column; these cells are not kept anywhere.
    notes : collections.Counter
        What the last complete pass counted beside rejects, such as conflicts between orders and lines.
    """

    def __init__(self, source: Source, mapping: Mapping, extras: list[Path], lines: Lines | None, today: datetime.date):
        self._source, self._mapping, self._extras, self._lines, self._today = source, mapping, extras, lines, today
        self.name, self.row_estimate, self.encoding = source.name, source.row_estimate, source.encoding
        self._bound, self.ignored = bind(mapping, source.headers, source.name)
        units = {key: column.unit_from for key, column in mapping.columns.items() if column.unit_from}
        self._wanted = list(dict.fromkeys([*self._bound.values(), *units.values()]))
        self.notes: Counter[str] = Counter()
        self._hashes: dict[str, str] = {}

    @classmethod
    def open(
        cls,
        source: Any,
        *,
        mapping: Path | str | None = None,
        lines: Path | str | None = None,
        articles: Path | str | None = None,
        today: datetime.date | None = None,
    ) -> OrdersInput:
        """Open orders and check everything that does not need the rows.

        Parameters
        ----------
        source : path, pandas.DataFrame or pyarrow.Table
            CSV (plain or .gz), Excel (.xlsx), a Parquet file or a folder of them, or a table.
        mapping : path, optional
            Mapping file for foreign headers, units, dates and encodings.
        lines : path, optional
            Items of the parcels; fills what the orders leave empty.
        articles : path, optional
            Declared footprints of the lines' articles, each for the days that it is valid on.
        today : datetime.date, optional
            Dates may lie at most 366 days after it.

        Raises
        ------
        OrdersError
            If a file is absent, empty, damaged, of an unknown encoding, or lacks required columns.
        """
        mapped = read_mapping(mapping)
        opened = open_source(source, mapped)
        if opened.headers and not opened.row_estimate:
            raise OrdersError.of("no_rows", found=", ".join(opened.headers[:12]), where=Where(opened.name))
        if articles is not None and lines is None:
            raise OrdersError(
                "articles without lines: which parcel holds them is not known",
                found=str(articles),
                expected="a lines file with `sku`, too",
                where=Where(opened.name),
            )
        extras = [Path(path) for path in (mapping, lines, articles) if path is not None]
        held = Lines(lines, articles) if lines is not None else None
        return cls(opened, mapped, extras, held, today or datetime.date.today())

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema of every chunk's table, but for coded text."""
        return pa.schema([*SCHEMA, *LINE_FIELDS, LAPSED]) if self._lines else SCHEMA

    @property
    def has_lines(self) -> bool:
        """Whether a lines file was given."""
        return self._lines is not None

    @property
    def given(self) -> tuple[str, ...]:
        """Canonical columns that the file or its mapping states."""
        constants = {name for name, column in self._mapping.columns.items() if column.value is not None}
        return tuple(column.name for column in COLUMNS if column.name in self._bound or column.name in constants)

    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of each file read: orders, then mapping, lines and articles if given; each is read for it once."""
        if not self._hashes:
            self._hashes = {self.name: self._source.sha256()} | {str(path): hash_file(path) for path in self._extras}
        return self._hashes

    def sha256(self) -> str:
        """Return the SHA-256 of the orders file or, with mapping, lines or articles, of the hashes of all in that order."""
        digests = list(self.hashes().values())
        return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()

    def chunks(self, rows: int = _ROWS) -> Iterator[OrdersChunk]:
        """Read the rows, checked, in pieces of at most `rows`; may be called again."""
        self.notes = Counter()
        for raw in self._source.batches(self._wanted, rows):
            chunk = self._supported(raw)
            self.notes["rows"] += len(chunk.rows) + len(chunk.rejects)
            yield chunk
        if self._lines:
            self.notes["lines_without_parcel"] += self._lines.unmatched()

    def by_article(self, footprints: Sequence[str], spend: pa.Table, key: bytes | None) -> pa.RecordBatchReader | None:
        """Return a run by month and article, from the files of its parcels; None without a lines file.

        Parameters and result as of `carbon.orders.by_article`.
        """
        return self._lines.by_article(footprints, spend, key) if self._lines is not None else None

    def pieces(self) -> list[Piece]:
        """Return the parts of the orders that workers elsewhere can read by themselves.

        Raises
        ------
        OrdersError
            If the orders are not Parquet, or need a lines file.
        """
        if self._lines is not None or not isinstance(self._source, ParquetSource):
            raise OrdersError(
                "these orders cannot be shared out among workers",
                found="a lines file" if self._lines is not None else "CSV, Excel or a table in memory",
                expected="Parquet that holds the values of the lines",
                mend="run with --engine local, or write the orders as Parquet",
                where=Where(self.name),
            )
        return self._source.pieces(self._wanted, _ROWS)

    def chunks_of(self, piece: Piece) -> Iterator[OrdersChunk]:
        """Read one piece, checked, in chunks as `chunks` makes them."""
        return map(self._supported, self._source.read(piece, self._wanted, _ROWS))

    def _supported(self, raw: RawBatch) -> OrdersChunk:
        for header in self._wanted:
            if not check.supported(raw.columns[header].type):
                raise OrdersError(
                    "a column of this type cannot be read",
                    found=str(raw.columns[header].type),
                    expected="text, numbers or dates",
                    where=Where(self.name, None, header),
                )
        return self.check(raw)

    def check(self, raw: RawBatch) -> OrdersChunk:
        """Return the rows of a batch that pass, and the others with their reasons."""
        count = len(raw.rows)
        problems = check.Problems(count)
        columns: dict[str, pa.Array] = {}
        for column in COLUMNS:
            columns[column.name] = self._column(column, raw, count, problems)
        for name in REQUIRED:
            problems.add(_null(columns[name]), name, "missing")
        _check_places(columns, problems)
        early = pc.less(columns["returned_on"], columns["shipped_on"])
        problems.add(check.truth(early), "returned_on", "returned_before_shipped")
        given = columns["order_id"].null_count < count
        columns["order_id"] = pc.coalesce(columns["order_id"], columns["parcel_id"]) if given else columns["parcel_id"]
        if self._lines:
            self._lines.fill(columns, problems, self.notes)
        table = pa.table({name: columns[name] for name in self.schema.names})
        named = bool(self._wanted) and self._wanted[0] == self._bound.get("parcel_id")
        broken = Rejects.of(
            Reject(row.row, row.first if named else None, None, row.found, row.reason, sentence(row.reason))
            for row in raw.broken
        )
        if problems.bad.any():
            table = table.filter(pa.array(~problems.bad))
        refused = [self._refused(raw, columns, *problem) for problem in problems.found]
        return OrdersChunk(table, raw.rows[~problems.bad], Rejects.joined([broken, *refused]))

    def _column(self, column: Column, raw: RawBatch, count: int, problems: check.Problems) -> pa.Array:
        mapped = self._mapping.columns.get(column.name)
        header = self._bound.get(column.name)
        if header is not None:
            array = raw.columns[header]
        elif mapped is not None:
            array = pa.array([str(mapped.value)] * count, pa.string())
        else:
            return _absent(count, column.arrow_type)
        if column.kind == "text":
            return self._text(array, column, problems)
        array = check.plain(array)
        if column.kind == "date":
            return check.to_date(array, column, problems, mapped.format if mapped else None, self._today)
        array = check.to_number(array, column, problems, self._mapping.decimal)
        if mapped is not None and (mapped.unit or mapped.unit_from):
            array = check.convert(array, column, mapped.unit or raw.columns[mapped.unit_from], problems)
        if column.kind == "integer":
            return check.to_integer(array, column, problems)
        check.check_bounds(array, column, problems)
        return array

    def _text(self, array: pa.Array, column: Column, problems: check.Problems) -> pa.Array:
        """Return checked text; a coded column has each of its words checked once, and stays coded if none changes."""
        filled = self._lines is not None and column.name in FILLED_TEXTS
        if not check.is_coded_text(array.type) or column.name not in _CODED or filled:
            return _checked_text(check.plain(array), column, problems)
        words = check.plain(array.dictionary)
        checked = _checked_text(words, column, check.WordProblems(problems, check.codes_of(array)))
        if checked is words or checked.equals(words):
            return pa.DictionaryArray.from_arrays(array.indices.cast(pa.int32()), words)
        return checked.take(array.indices)

    def _refused(
        self, raw: RawBatch, columns: dict[str, pa.Array], name: str, reason: str, positions: np.ndarray
    ) -> Rejects:
        """Return the rows of one problem; only what differs is looked at by itself."""
        at = pa.array(positions)
        header, id_header = self._bound.get(name), self._bound.get("parcel_id")
        shown = self._mapping.columns[name].unit_from if reason == "unknown_unit" else header
        if reason == "bad_line":
            found = self._lines.complaints(columns["parcel_id"].take(at))
        else:
            found = _cells(raw, shown, at)
        kind = BY_NAME[name].rule if reason.startswith(("too_", "not_a")) and reason != "too_long" else None
        mends: str | pa.Array = sentence(reason, kind)
        if reason == "unknown_country":
            mends = mends_by_word(found, mends, lambda word: _nearer(reason, word))
        column = name if header in (None, name) else f"{name} ({header})"
        rows = pa.array(raw.rows[positions])
        return Rejects.alike(rows, _cells(raw, id_header, at), column, found, reason, mends)


def _nearer(reason: str, word: str) -> str | None:
    near = countries.near(word)
    return f"{sentence(reason)}; did you mean {near}?" if near else None


def _cells(raw: RawBatch, header: str | None, at: pa.Array) -> pa.Array:
    """Return what stands in some rows of a column."""
    return pa.nulls(len(at), pa.string()) if header is None else cell_texts(raw.columns[header].take(at))


def _checked_text(array: pa.Array, column: Column, problems: check.Problems | check.WordProblems) -> pa.Array:
    array = check.to_text(array, column, problems)
    if column.name.endswith("_country"):
        array = countries.to_iso2(array, column.name, problems.add)
    elif column.name == "currency":
        array = pc.utf8_upper(array)
        problems.add(check.truth(pc.invert(pc.match_substring_regex(array, "^[A-Z]{3}$"))), "currency", "bad_currency")
    return array


@lru_cache(maxsize=16)
def _absent(count: int, kind: pa.DataType) -> pa.Array:
    """A column that the file does not have; arrays never change, so that chunks may share it."""
    return pa.nulls(count, kind)


def _null(array: pa.Array) -> np.ndarray:
    if array.null_count in (0, len(array)):
        return np.full(len(array), array.null_count > 0)
    return array.is_null().to_numpy(zero_copy_only=False)


def _check_places(columns: dict[str, pa.Array], problems: check.Problems) -> None:
    for end in ("origin", "destination"):
        latitude, longitude = columns[f"{end}_latitude"], columns[f"{end}_longitude"]
        if latitude.null_count == longitude.null_count == len(latitude):
            continue
        half = _null(latitude) != _null(longitude)
        problems.add(half, f"{end}_latitude", "incomplete_coordinates")
        zero = pc.and_(pc.equal(latitude, 0.0), pc.equal(longitude, 0.0))
        problems.add(check.truth(zero), f"{end}_latitude", "null_island")
    nowhere = _null(columns["destination_latitude"])
    for part in ("country", "postcode", "city"):
        nowhere = nowhere & _null(columns[f"destination_{part}"])
    problems.add(nowhere, "destination_country", "no_destination")
