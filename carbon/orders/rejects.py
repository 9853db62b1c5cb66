"""Rows that cannot be calculated: one reject per row, with a stable code and a way out."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO

import pyarrow as pa

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
    "bad_line": ("a line of this parcel cannot be used", "该包裹的明细行无效", "correct the row of the lines file"),
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
        A code of `REASONS`.
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


def sentence(reason: str, expected: str | None = None) -> str:
    """Return the English sentence of a code, with what was expected of this column."""
    problem, _, mend = REASONS[reason]
    return f"{problem}{f' (expected {expected})' if expected else ''}: {mend}"


def rejects_table(rejects: Iterable[Reject]) -> pa.Table:
    """Return rejects as an Arrow table with the columns of `Reject`."""
    return pa.Table.from_pylist([asdict(reject) for reject in rejects], schema=SCHEMA)


def neutral(cell: object) -> str:
    """Return a cell that no spreadsheet runs as a formula: a leading ``= + - @``, tab or return gets an apostrophe."""
    text = "" if cell is None else str(cell)
    return "'" + text if text.lstrip(" \u00a0\u3000")[:1] in tuple("=+-@\t\r\n＝＋－＠") else text


def rejects_csv(rejects: Iterable[Reject] | pa.Table, target: Path | str | IO[str]) -> int:
    """Write rejects as CSV for download (UTF-8 with byte-order mark, so that Excel reads Chinese).

    Parameters
    ----------
    rejects : iterable of Reject or pyarrow.Table
    target : path or text stream

    Returns
    -------
    int
        Number of rows written.
    """
    if isinstance(rejects, pa.Table):
        rejects = (Reject(**row) for batch in rejects.to_batches() for row in batch.to_pylist())
    if not hasattr(target, "write"):
        with open(target, "w", encoding="utf-8-sig", newline="") as stream:
            return rejects_csv(rejects, stream)
    writer = csv.writer(target)
    writer.writerow([field.name for field in fields(Reject)])
    count = 0
    for reject in rejects:
        writer.writerow([reject.row, *(neutral(getattr(reject, name)) for name in SCHEMA.names[1:])])
        count += 1
    return count
