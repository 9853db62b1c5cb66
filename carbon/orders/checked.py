"""Tables that are read whole and checked as orders are: one list of columns, one reject per bad row."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.errors import OrdersError, UnitError, Where
from carbon.orders import check, countries
from carbon.orders.columns import Column
from carbon.orders.mapping import Mapping, bind, read_mapping
from carbon.orders.raw import RawBatch
from carbon.orders.rejects import Reject, sentence
from carbon.orders.source import open_source

_ROWS = 131_072


@dataclass(frozen=True)
class CheckedTable:
    """The rows that passed, and the others.

    Attributes
    ----------
    columns : mapping
        Column to values; None where a cell is empty.
    rows : list of int
        1-based data row number of each row.
    given : frozenset of str
        Columns that the file or its mapping has.
    """

    name: str
    columns: dict[str, list[Any]]
    rows: list[int]
    rejects: list[Reject]
    given: frozenset[str]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Reading:
    """How a kind of table is read.

    Attributes
    ----------
    columns : tuple of Column
    mapping : type of Mapping
        Its `known` are the columns.
    key : str or None
        Column whose cell names a row in the rejects.
    required : tuple of str
        Columns the file must have, and cells that may not be empty.
    lists : frozenset of str
        Columns of several words, separated by ``;``.
    parsed : mapping
        Columns of text that a function reads; it raises UnitError.
    """

    columns: tuple[Column, ...]
    mapping: type[Mapping]
    key: str | None = None
    required: tuple[str, ...] = ()
    lists: frozenset[str] = frozenset()
    parsed: tuple[tuple[str, Callable[[str], Any]], ...] = ()


def read_checked(source: Any, reading: Reading, mapping: Path | str | None = None) -> CheckedTable:
    """Read a table whole.

    Parameters
    ----------
    source : path, pandas.DataFrame or pyarrow.Table
    reading : Reading
    mapping : path, optional
        Mapping file of foreign headers and units.

    Raises
    ------
    OrdersError
        If the file cannot be read, or lacks a required column.
    """
    mapped = read_mapping(mapping, reading.mapping)
    opened = open_source(source, mapped)
    bound, _ = bind(mapped, opened.headers, opened.name, required=reading.required)
    units = [column.unit_from for column in mapped.columns.values() if column.unit_from]
    wanted = list(dict.fromkeys([*bound.values(), *units]))
    table = CheckedTable(
        opened.name,
        {column.name: [] for column in reading.columns},
        [],
        [],
        frozenset(bound) | {name for name, column in mapped.columns.items() if column.value is not None},
    )
    for raw in opened.batches(wanted, _ROWS):
        _Batch(raw, reading, mapped, bound, opened.name).add_to(table)
    table.rejects.sort(key=lambda reject: reject.row)
    return table


def refuse_all(table: CheckedTable, what: str) -> None:
    """Refuse a table with a bad row: what is missing from it would be silent later.

    Raises
    ------
    OrdersError
        With the first bad row.
    """
    if table.rejects:
        first = table.rejects[0]
        raise OrdersError(
            f"a row of the {what} cannot be used ({len(table.rejects)} such rows)",
            found=first.found,
            mend=first.mend,
            where=Where(table.name, first.row + 1, first.column),
        )


class _Batch:
    """One batch of cells on its way into a table."""

    def __init__(self, raw: RawBatch, reading: Reading, mapping: Mapping, bound: dict[str, str], name: str):
        self.raw, self.reading, self.mapping, self.bound, self.name = raw, reading, mapping, bound, name
        self.count = len(raw.rows)
        self.problems = check.Problems(self.count)

    def add_to(self, table: CheckedTable) -> None:
        parsed = dict(self.reading.parsed)
        columns: dict[str, list[Any]] = {}
        for column in self.reading.columns:
            if column.name in self.reading.lists:
                columns[column.name] = self._words(column)
                continue
            array = self._column(column)
            if column.name in self.reading.required:
                self.problems.add(check.truth(pc.is_null(array)), column.name, "missing")
            values = array.to_pylist()
            columns[column.name] = (
                self._parsed(column, values, parsed[column.name]) if column.name in parsed else values
            )
        good = np.flatnonzero(~self.problems.bad).tolist()
        for name, values in columns.items():
            table.columns[name].extend(values[at] for at in good)
        table.rows.extend(int(self.raw.rows[at]) for at in good)
        for at, (name, reason) in self.problems.first.items():
            header = self.bound.get(name)
            shown = self.mapping.columns[name].unit_from if reason == "unknown_unit" else header
            cell = None if shown is None else self.raw.columns[shown][at].as_py()
            column = next(each for each in self.reading.columns if each.name == name)
            bounded = reason.startswith(("too_", "not_a_n", "not_an")) and reason != "too_long"
            label = name if header in (None, name) else f"{name} ({header})"
            mend = sentence(reason, column.rule if bounded else None)
            if name.endswith("latitude") and reason.startswith("too_"):
                mend += "; or latitude and longitude are swapped"
            found = None if cell is None else str(cell)[:200]
            table.rejects.append(Reject(int(self.raw.rows[at]), self._key(at), label, found, reason, mend))
        table.rejects.extend(
            Reject(row.row, None, None, row.found, row.reason, sentence(row.reason)) for row in self.raw.broken
        )

    def _key(self, at: int) -> str | None:
        header = self.bound.get(self.reading.key or "")
        cell = None if header is None else self.raw.columns[header][at].as_py()
        return None if cell is None else str(cell)[:200]

    def _cells(self, column: Column) -> pa.Array | None:
        header, mapped = self.bound.get(column.name), self.mapping.columns.get(column.name)
        if header is not None:
            array = check.plain(self.raw.columns[header])
            if not check.supported(array.type):
                raise OrdersError(
                    "a column of this type cannot be read",
                    found=str(array.type),
                    expected="text, numbers or dates",
                    where=Where(self.name, None, header),
                )
            return array
        return None if mapped is None else pa.array([str(mapped.value)] * self.count, pa.string())

    def _column(self, column: Column) -> pa.Array:
        array, mapped = self._cells(column), self.mapping.columns.get(column.name)
        if array is None:
            return pa.nulls(self.count, column.arrow_type)
        if column.kind == "text":
            array = check.to_text(array, column, self.problems)
            is_country = column.name.endswith("country")
            return countries.to_iso2(array, column.name, self.problems.add) if is_country else array
        if column.kind == "date":
            form = mapped.format if mapped else None
            return check.to_date(array, column, self.problems, form, datetime.date.today())
        array = check.to_number(array, column, self.problems, self.mapping.decimal)
        if mapped is not None and (mapped.unit or mapped.unit_from):
            array = check.convert(array, column, mapped.unit or self.raw.columns[mapped.unit_from], self.problems)
        if column.kind == "integer":
            return check.to_integer(array, column, self.problems)
        check.check_bounds(array, column, self.problems)
        return array

    def _parsed(self, column: Column, values: list[Any], parse: Callable[[str], Any]) -> list[Any]:
        found, wrong = [], np.zeros(self.count, dtype=bool)
        for at, text in enumerate(values):
            try:
                found.append(None if text is None else parse(text))
            except UnitError:
                found.append(None)
                wrong[at] = True
        self.problems.add(wrong, column.name, "not_a_time")
        return found

    def _words(self, column: Column) -> list[tuple[str, ...]]:
        """Words of each cell; the rules of text hold for each of them, not for the cell."""
        array = self._cells(column)
        if array is None:
            return [()] * self.count
        split = [_split(text) for text in array.cast(pa.string()).to_pylist()]
        owners = np.array([at for at, words in enumerate(split) for _ in words], dtype=np.int64)
        words = pa.array([word for each in split for word in each], pa.string())
        check.to_text(words, column, _Owned(self.problems, owners, self.count))
        return split


class _Owned:
    """Problems of words, noted for the row that has them."""

    def __init__(self, problems: check.Problems, owners: np.ndarray, count: int):
        self._problems, self._owners, self._count = problems, owners, count

    def add(self, mask: np.ndarray, column: str, reason: str) -> None:
        rows = np.zeros(self._count, dtype=bool)
        rows[self._owners[mask]] = True
        self._problems.add(rows, column, reason)


def _split(text: str | None) -> tuple[str, ...]:
    parts: Iterable[str] = () if text is None else text.replace("；", ";").split(";")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
