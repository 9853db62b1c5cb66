"""Rows that cannot be calculated: one reject per row, with a stable code and a way out."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Any, BinaryIO, overload

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

#: Code of a reject: what is wrong (English, Chinese) and how to mend it. Codes are stable, texts may improve.
REASONS: dict[str, tuple[str, str, str]] = {
    "broken_row": (
        "the row has too few or too many cells",
        "该行单元格数量不符",
        "quote cells that contain the delimiter",
    ),
    "unclosed_quote": ("a quotation mark is opened and not closed", "引号未闭合", "close or double the quotation mark"),
    "missing": ("a required value is missing", "缺少必填值", "fill it in"),
    "not_a_number": (
        "not a finite number",
        "不是有限数字",
        "write digits with a decimal point, or set `decimal` in the mapping",
    ),
    "unit_in_cell": (
        "the cell holds a unit, so that the column mixes them",
        "单元格含单位，整列单位不一",
        "write numbers alone; a mapping names the column's unit (`unit`), or the column that has each row's (`unit_from`)",
    ),
    "not_an_integer": ("not a whole number", "不是整数", "write a whole number"),
    "not_a_date": ("not a date", "不是日期", "write YYYY-MM-DD, or name the `format` in a mapping file"),
    "impossible_date": (
        "the date lies outside the accepted period",
        "日期超出允许范围",
        "write a date from 2000-01-01 to a year from now",
    ),
    "returned_before_shipped": (
        "returned before it was shipped",
        "退货日期早于发货日期",
        "correct one of the two dates",
    ),
    "too_low": (
        "below the lowest accepted value",
        "低于允许的最小值",
        "correct the value or its unit; leave unknown values empty",
    ),
    "too_high": ("above the highest accepted value", "高于允许的最大值", "correct the value or its unit"),
    "unknown_unit": (
        "the unit is unknown or of another kind",
        "单位未知或类型不符",
        "write a unit such as kg, g, lb, m**3, l, km",
    ),
    "formula": ("a text cell starts with = + - or @", "文本单元格以公式符号开头", "remove the first character"),
    "too_long": ("the text is longer than 200 characters", "文本超过 200 个字符", "shorten it"),
    "control_character": (
        "the text contains a control character",
        "文本含控制字符",
        "remove line breaks and invisible characters",
    ),
    "unknown_country": ("unknown country", "未知国家或地区", "write an ISO code, or the English or Chinese name"),
    "bad_currency": ("not a currency code", "不是货币代码", "write three letters of ISO 4217, such as EUR"),
    "incomplete_coordinates": ("latitude without longitude or the reverse", "经纬度不完整", "give both or neither"),
    "null_island": (
        "coordinates 0, 0 are a placeholder",
        "坐标 0, 0 为占位值",
        "leave both empty where the place is unknown",
    ),
    "no_destination": ("no destination", "缺少目的地", "give coordinates, a postcode, a city or a country"),
    "not_a_choice": ("not one of the words of this column", "不是该列允许的词", "write one of them"),
    "bad_gtin": (
        "not a GTIN, or its check digit is wrong",
        "不是 GTIN，或校验位有误",
        "copy it as it stands below the barcode (a spreadsheet drops leading zeros unless the column is text); leave it empty "
        "where there is none, or a shop's own number",
    ),
    "bad_line": ("a line of this parcel cannot be used", "该包裹的明细行无效", "correct the row of the lines file"),
}

#: The same of rows that are to be stops of a round.
STOP_REASONS: dict[str, tuple[str, str, str]] = {
    "not_a_time": ("not times of day", "不是时间", "write 08:00-10:00, several separated by ;"),
    "duplicate_stop": (
        "the stop id stands in an earlier row",
        "站点编号重复",
        "keep one row per stop, or give it an id of its own",
    ),
    "duplicate_parcel": (
        "a parcel of this stop is delivered at an earlier one",
        "该站点的包裹已在前面的站点派送",
        "name each parcel once",
    ),
    "no_load": (
        "nothing says what is delivered or collected",
        "缺少送货或取货质量",
        "give delivery_mass_kg or collection_mass_kg; 0 for a visit without goods",
    ),
    "no_place": (
        "no place",
        "缺少地点",
        "give coordinates, a postcode or a city, or list the stop in the matrix file",
    ),
    "place_not_found": (
        "the place is not found",
        "未找到该地点",
        "give coordinates, a known city, or a places file with the postcode (--places)",
    ),
    "unknown_depot": ("no such depot", "没有该车场", "name a depot of the fleet file"),
    "unknown_pickup_point": ("no such pick-up point", "没有该自提点", "name points of the fleet file, separated by ;"),
    "unknown_vehicle": ("no such vehicle type", "没有该车型", "name vehicle types of the fleet file, separated by ;"),
    "far_from_depots": (
        "the place lies too far from every depot for a round",
        "地点距所有车场过远",
        "correct the coordinates, or name a depot near it in the fleet file",
    ),
    "swapped_coordinates": (
        "latitude and longitude are swapped",
        "经纬度颠倒",
        "swap them back, or the two headers in a mapping file",
    ),
}


@dataclass(frozen=True, slots=True)
class Reject:
    """A refused row.

    Attributes
    ----------
    row : int
        1-based number of the data row: the line below the header is 1; blank lines do not count.
    parcel_id, column, found : str or None
        As the file has them; `column` is the canonical name, or the file's header where a mapping is used.
    reason : str
        A code of `REASONS`, or of `STOP_REASONS`.
    mend : str
        What is wrong, what is expected and what to do, in one English sentence.
    """

    row: int
    parcel_id: str | None
    column: str | None
    found: str | None
    reason: str
    mend: str


SCHEMA = pa.schema([("row", pa.int64()), *((field.name, pa.string()) for field in fields(Reject)[1:])])
#: What is alike in many rows is kept once.
_ALIKE = ("column", "reason", "mend")
_CODED = pa.dictionary(pa.int32(), pa.string())
CODED_SCHEMA = pa.schema([(field.name, _CODED if field.name in _ALIKE else field.type) for field in SCHEMA])
_RISKY = "^[ \u00a0\u3000]*[=+@\t\r\n＝＋－＠-]"
_MOST_TEXT = 200
#: Different words of a chunk for which near ones are looked up; a column of garbage has as many words as rows.
_MOST_WORDS = 100


class Rejects(Sequence[Reject]):
    """Refused rows in columns: ten million of them are no ten million objects.

    Parameters
    ----------
    table : pyarrow.Table
        With the columns of `CODED_SCHEMA`.
    """

    def __init__(self, table: pa.Table | None = None):
        self.table = CODED_SCHEMA.empty_table() if table is None else table

    @classmethod
    def of(cls, rejects: Iterable[Reject]) -> Rejects:
        """Return single rejects as columns."""
        if isinstance(rejects, Rejects):
            return rejects
        return cls(pa.Table.from_pylist([asdict(reject) for reject in rejects], schema=CODED_SCHEMA))

    @classmethod
    def alike(
        cls,
        rows: pa.Array,
        parcel_ids: pa.Array | pa.ChunkedArray,
        column: str | None,
        found: pa.Array | pa.ChunkedArray,
        reason: str,
        mends: str | pa.Array,
    ) -> Rejects:
        """Return rows that were refused for one reason.

        Parameters
        ----------
        mends : str or Arrow array of text
            One for all, or one a row.
        """
        count = len(rows)
        texts = _same(mends, count) if isinstance(mends, str) else mends.dictionary_encode()
        parts = [rows, parcel_ids, _same(column, count), found, _same(reason, count), texts]
        return cls(pa.table(dict(zip(CODED_SCHEMA.names, parts, strict=True)), schema=CODED_SCHEMA))

    @classmethod
    def joined(cls, parts: Iterable[Rejects]) -> Rejects:
        """Return several as one, in the order of their rows."""
        filled = [part.table for part in parts if len(part)]
        if not filled:
            return cls()
        table = pa.concat_tables(filled).unify_dictionaries().combine_chunks()
        return cls(table.take(pc.sort_indices(table, sort_keys=[("row", "ascending")])) if len(filled) > 1 else table)

    def __len__(self) -> int:
        return self.table.num_rows

    @overload
    def __getitem__(self, at: int) -> Reject: ...
    @overload
    def __getitem__(self, at: slice) -> Rejects: ...
    def __getitem__(self, at: int | slice) -> Reject | Rejects:
        if isinstance(at, slice):
            start, stop, step = at.indices(len(self))
            whole = self.table.slice(start, max(stop - start, 0)) if step == 1 else None
            return Rejects(self.table.take(pa.array(range(len(self))[at], pa.int64())) if whole is None else whole)
        return Reject(**self.table.slice(range(len(self))[at], 1).to_pylist()[0])

    def __iter__(self) -> Iterator[Reject]:
        for batch in self.table.to_batches():
            yield from (Reject(**row) for row in batch.to_pylist())

    def reasons(self) -> Counter[str]:
        """Return how many rows each code has."""
        counts = pc.value_counts(self.table["reason"].cast(pa.string()))
        return Counter({each["values"]: each["counts"] for each in counts.to_pylist()})


def _same(text: str | None, count: int) -> pa.DictionaryArray:
    word = pa.array([text], pa.string())
    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), count), word)


def cell_texts(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return cells as a reader sees them, at most 200 characters each."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_null(array.type):
        return array.cast(pa.string())
    if pa.types.is_string(array.type):
        return pc.utf8_slice_codeunits(array, 0, _MOST_TEXT)
    coded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    words = [None if word is None else str(word)[:_MOST_TEXT] for word in coded.dictionary.to_pylist()]
    return pa.array(words, pa.string()).take(coded.indices)


def mends_by_word(found: pa.Array, plain: str, better: Callable[[str], str | None]) -> pa.Array:
    """Return how to mend each cell: what `better` says of its word, else the plain text."""
    coded = found.dictionary_encode()
    texts = [better(word) if word else None for word in coded.dictionary[:_MOST_WORDS].to_pylist()]
    texts += [None] * (len(coded.dictionary) - len(texts))
    return pc.coalesce(pa.array(texts, pa.string()).take(coded.indices), pa.scalar(plain))


def sentence(reason: str, expected: str | None = None) -> str:
    """Return the English sentence of a code, with what was expected of this column."""
    problem, _, mend = REASONS.get(reason) or STOP_REASONS[reason]
    return f"{problem}{f' (expected {expected})' if expected else ''}: {mend}"


def rejects_table(rejects: Iterable[Reject]) -> pa.Table:
    """Return rejects as an Arrow table with the columns of `Reject`."""
    return Rejects.of(rejects).table.cast(SCHEMA)


def neutral(cell: object) -> str:
    """Return a cell that no spreadsheet runs as a formula: a leading ``= + - @``, tab or return gets an apostrophe."""
    text = "" if cell is None else str(cell)
    return "'" + text if text.lstrip(" \u00a0\u3000")[:1] in tuple("=+-@\t\r\n＝＋－＠") else text


def _neutral(table: pa.Table) -> pa.Table:
    """Return a table of rejects whose cells are as `neutral` makes them."""
    for position, name in enumerate(table.column_names[1:], 1):
        column = table[name]
        risky = pc.fill_null(pc.match_substring_regex(column, _RISKY), False)
        if pc.any(risky).as_py():
            marked = pc.binary_join_element_wise("'", column, "")
            table = table.set_column(position, name, pc.if_else(risky, marked, column))
    return table


class RejectsCsv:
    """Writes rejects as CSV, piece by piece (UTF-8 with byte-order mark, so that Excel reads Chinese).

    Parameters
    ----------
    target : binary stream
    """

    def __init__(self, target: BinaryIO):
        target.write(b"\xef\xbb\xbf")
        self._writer = pyarrow.csv.CSVWriter(target, SCHEMA)
        self.count = 0

    def write(self, rejects: Iterable[Reject] | pa.Table) -> None:
        """Add rejects."""
        table = rejects if isinstance(rejects, pa.Table) else Rejects.of(rejects).table
        self.count += table.num_rows
        self._writer.write_table(_neutral(table.select(SCHEMA.names).cast(SCHEMA)))

    def close(self) -> None:
        """Write what is left; the stream stays open."""
        self._writer.close()


def rejects_csv(rejects: Iterable[Reject] | pa.Table, target: Path | str | IO[str]) -> int:
    """Write rejects as CSV for download; see `RejectsCsv`.

    Parameters
    ----------
    rejects : iterable of Reject or pyarrow.Table
    target : path or text stream
        A text stream gets no byte-order mark.

    Returns
    -------
    int
        Number of rows written.
    """
    stream: Any = io.BytesIO() if hasattr(target, "write") else open(target, "wb")  # noqa: SIM115
    with stream:
        writer = RejectsCsv(stream)
        writer.write(rejects)
        writer.close()
        if hasattr(target, "write"):
            target.write(stream.getvalue().decode("utf-8-sig"))
    return writer.count
