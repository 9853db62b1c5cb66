"""Casting and checking columns at once; only failing rows are looked at one by one."""

from __future__ import annotations

import datetime
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.errors import InputError
from carbon.orders.columns import Column
from carbon.units import parse_unit

_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_MAX_TEXT = 200
_FORMULA = "^[=+@＝＋＠－-]"
_DATE_FORMATS = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日"]
#: Columns that name something: two ids that look the same must be the same.
_IDS = ("parcel_id", "order_id")
_JOINERS, _LETTER = r"\x{200c}\x{200d}", r"\p{L}\p{M}"  # joiners belong to the spelling of Persian and Indian words
_INVISIBLE = rf"[^\P{{Cf}}{_JOINERS}]|(?:^|[^{_LETTER}])[{_JOINERS}]|[{_JOINERS}](?:[^{_LETTER}]|$)"
_EARLIEST = datetime.date(2000, 1, 1)
#: First bytes of text that needs a closer look: formula signs, blanks, and lead bytes of Unicode blanks and wide signs.
_SUSPECT_FIRST = np.zeros(256, dtype=bool)
_SUSPECT_FIRST[[*b"=+-@", *range(33), 0x7F, 0xC2, 0xE1, 0xE2, 0xE3, 0xEF]] = True
_SUSPECT_LAST = np.zeros(256, dtype=bool)
_SUSPECT_LAST[[*range(33), 0x7F, *range(0x80, 0x8B), 0x9F, 0xA0, 0xA8, 0xA9, 0xAF]] = True


class Problems:
    """The first problem of each failing row of a chunk.

    Attributes
    ----------
    bad : numpy.ndarray of bool
        Rows that have one.
    found : list
        Column, reason, and the positions of the rows.
    """

    def __init__(self, count: int):
        self.bad = np.zeros(count, dtype=bool)
        self.found: list[tuple[str, str, np.ndarray]] = []

    def add(self, mask: np.ndarray, column: str, reason: str) -> None:
        """Note a problem for the rows of `mask` that have none yet."""
        if not mask.any():
            return
        positions = np.flatnonzero(mask & ~self.bad)
        if positions.size:
            self.found.append((column, reason, positions))
            self.bad |= mask

    @property
    def first(self) -> dict[int, tuple[str, str]]:
        """Position to column and reason, row by row."""
        return {at: (column, reason) for column, reason, positions in self.found for at in positions.tolist()}


class WordProblems:
    """Problems of the words of a coded column, noted for every row that has the word.

    Parameters
    ----------
    problems : Problems
        Of the rows.
    codes : numpy.ndarray of int, shape (rows,)
        Position of each row's word, -1 where it is null.
    """

    def __init__(self, problems: Problems, codes: np.ndarray):
        self._problems, self._codes = problems, codes

    def add(self, mask: np.ndarray, column: str, reason: str) -> None:
        """Note a problem of the words of `mask`."""
        if mask.any():
            self._problems.add(np.append(mask, False)[self._codes], column, reason)


def is_coded_text(kind: pa.DataType) -> bool:
    """Tell whether cells are positions in a list of words."""
    return pa.types.is_dictionary(kind) and (
        pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type)
    )


def codes_of(array: pa.DictionaryArray) -> np.ndarray:
    """Return the position of each row's word, -1 where it is null; int32, shape (rows,)."""
    return array.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32, copy=False)


def plain(array: pa.Array) -> pa.Array:
    """Return an array without dictionary, and text as plain `string`."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_large_string(array.type) or pa.types.is_string_view(array.type):
        array = array.cast(pa.string())
    return array


def supported(kind: pa.DataType) -> bool:
    """Tell whether cells of this Arrow type can be read at all (lists, structs and bytes cannot)."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return not (
        pa.types.is_nested(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def to_text(array: pa.Array, column: Column, problems: Problems) -> pa.Array:
    """Return trimmed text, empty cells as null.

    Formulas, control characters, long texts, and ids with invisible characters are problems.
    """
    if pa.types.is_floating(array.type):  # ids and postcodes that pandas turned into floats
        whole = pc.equal(array, pc.floor(array))
        if pc.all(pc.fill_null(whole, True)).as_py():
            array = array.cast(pa.int64(), safe=False)
    if not pa.types.is_string(array.type):
        return array.cast(pa.string())
    if len(array) == 0 or array.null_count == len(array):
        return array
    offsets, data = _buffers(array)
    length = np.diff(offsets)
    filled = np.flatnonzero(length)
    suspect = len(filled) < len(array) - array.null_count or bool(
        _SUSPECT_FIRST[data[offsets[:-1][filled]]].any() or _SUSPECT_LAST[data[offsets[1:][filled] - 1]].any()
    )
    if suspect:
        array = pc.utf8_trim_whitespace(array)
        array = pc.if_else(pc.equal(pc.binary_length(array), 0), pa.scalar(None, pa.string()), array)
        problems.add(truth(pc.match_substring_regex(array, _FORMULA)), column.name, "formula")
    span = data[offsets[0] : offsets[-1]]
    if len(span) and span.min() < 32:
        problems.add(truth(pc.match_substring_regex(array, r"[\x00-\x1f]")), column.name, "control_character")
    if column.name in _IDS and len(span) and span.max() > 127:
        problems.add(truth(pc.match_substring_regex(array, _INVISIBLE)), column.name, "control_character")
    if len(length) and length.max() > _MAX_TEXT:
        problems.add(truth(pc.greater(pc.utf8_length(array), _MAX_TEXT)), column.name, "too_long")
    return array


def _buffers(array: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    _, offsets, data = array.buffers()
    offsets = np.frombuffer(offsets, dtype=np.int32)[array.offset : array.offset + len(array) + 1]
    return offsets, np.frombuffer(data, dtype=np.uint8) if data is not None else np.zeros(0, dtype=np.uint8)


def truth(mask: pa.Array) -> np.ndarray:
    """Return an Arrow mask as numpy, null as false."""
    return pc.fill_null(mask, False).to_numpy(zero_copy_only=False)


def to_number(array: pa.Array, column: Column, problems: Problems, decimal: str = ".") -> pa.Array:
    """Return finite float64; text that is not a number, NaN and infinity are problems."""
    if pa.types.is_temporal(array.type):
        problems.add(truth(array.is_valid()), column.name, "not_a_number")
        return pa.nulls(len(array), pa.float64())
    if pa.types.is_string(array.type):
        array = pc.utf8_trim_whitespace(array)
        array = pc.if_else(pc.equal(pc.binary_length(array), 0), pa.scalar(None, pa.string()), array)
        if decimal == ",":
            array = pc.replace_substring(pc.replace_substring(array, ".", "\ue000"), ",", ".")
        good = pc.match_substring_regex(array, _NUMBER)
        wrong = truth(pc.invert(good))
        if wrong.any():
            problems.add(wrong, column.name, "not_a_number")
            array = pc.if_else(good, array, pa.scalar(None, pa.string()))
    array = array.cast(pa.float64(), safe=False)
    infinite = truth(pc.invert(pc.is_finite(array)))
    if infinite.any():
        problems.add(infinite, column.name, "not_a_number")
        array = pc.if_else(pa.array(infinite), pa.scalar(None, pa.float64()), array)
    return array


def to_date(array: pa.Array, column: Column, problems: Problems, form: str | None, today: datetime.date) -> pa.Array:
    """Return date32; impossible days, and days before 2000 or more than 366 days ahead, are problems."""
    if pa.types.is_timestamp(array.type) or pa.types.is_date(array.type):
        dates = array.cast(pa.date32(), safe=False)
    elif pa.types.is_string(array.type) or (pa.types.is_integer(array.type) and (form or "") == "%Y%m%d"):
        array = pc.utf8_trim_whitespace(array.cast(pa.string()))
        array = pc.if_else(pc.equal(pc.binary_length(array), 0), pa.scalar(None, pa.string()), array)
        dates = _parse_dates(array, form)
        problems.add(truth(pc.and_(array.is_valid(), dates.is_null())), column.name, "not_a_date")
    else:
        problems.add(truth(array.is_valid()), column.name, "not_a_date")
        return pa.nulls(len(array), pa.date32())
    low, high = (pa.scalar(day, pa.date32()) for day in (_EARLIEST, today + datetime.timedelta(days=366)))
    problems.add(truth(pc.or_(pc.less(dates, low), pc.greater(dates, high))), column.name, "impossible_date")
    return dates


def _parse_dates(array: pa.Array, form: str | None) -> pa.Array:
    coded = array.dictionary_encode()
    words = coded.dictionary
    if form is None:
        words = pc.replace_substring_regex(
            words, r"^([0-9]{4}.+[0-9日])[T ]+[0-9]{1,2}:[0-9][0-9:.,]*(Z|[+-][0-9:]+)?$", r"\1"
        )
    try:
        if form is None:
            return words.cast(pa.date32()).take(coded.indices)
    except pa.ArrowInvalid:
        pass
    return _strptime(words, [form] if form else _DATE_FORMATS).take(coded.indices)


def is_date_format(form: str) -> bool:
    """Tell whether all directives of a date format are known."""
    import duckdb

    try:
        _strptime(pa.array([""]), [form])
    except duckdb.Error:
        return False
    return True


def _strptime(words: pa.Array, formats: list[str]) -> pa.Array:
    import duckdb

    with duckdb.connect() as connection:
        # pyarrow's strptime makes 2 March of 30 February; DuckDB's refuses it
        connection.register("words", pa.table({"word": words}))
        table = connection.sql(
            "SELECT try_strptime(word, ?)::DATE AS day FROM words", params=[formats]
        ).to_arrow_table()
    return table.column("day").combine_chunks().cast(pa.date32())


def check_bounds(array: pa.Array, column: Column, problems: Problems) -> None:
    """Note values below or above the column's bounds."""
    bounds = pc.min_max(array)
    least, most = bounds["min"].as_py(), bounds["max"].as_py()
    if least is None:
        return
    if least < column.low or (column.above and least == column.low):
        too_low = pc.less_equal if column.above else pc.less
        problems.add(truth(too_low(array, column.low)), column.name, "too_low")
    if most > column.high:
        problems.add(truth(pc.greater(array, column.high)), column.name, "too_high")


def to_integer(array: pa.Array, column: Column, problems: Problems) -> pa.Array:
    """Return int32 of whole numbers within the column's bounds."""
    check_bounds(array, column, problems)
    problems.add(truth(pc.not_equal(array, pc.floor(array))), column.name, "not_an_integer")
    safe = pc.if_else(pc.less(pc.abs(array), 2**31 - 1), array, pa.scalar(None, pa.float64()))
    return safe.cast(pa.int32(), safe=False)


@lru_cache(maxsize=1024)
def unit_scale(unit: str, canonical: str) -> float | None:
    """Return what a number in `unit` is multiplied by, or None if the unit is unknown or of another kind."""
    try:
        return (1 * parse_unit(unit)).to(canonical).magnitude
    except (InputError, ValueError, TypeError, AttributeError):
        return None
    except Exception as error:  # pint's own errors, which only units.py may name
        if type(error).__module__.startswith("pint"):
            return None
        raise


def convert(array: pa.Array, column: Column, units: pa.Array | str, problems: Problems) -> pa.Array:
    """Convert numbers from one unit, or from the unit in each row, to the column's own."""
    if isinstance(units, str):
        return pc.multiply(array, unit_scale(units, column.unit))
    coded = pc.utf8_trim_whitespace(plain(units).cast(pa.string())).dictionary_encode()
    scales = [unit_scale(word, column.unit) for word in coded.dictionary.to_pylist()]
    scale = pa.array(scales, pa.float64()).take(coded.indices)
    problems.add(truth(pc.and_(array.is_valid(), scale.is_null())), column.name, "unknown_unit")
    return pc.multiply(array, scale)
