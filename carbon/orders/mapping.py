"""The mapping file: foreign headers, units, constants, dates and encodings of a user's file."""

from __future__ import annotations

import difflib
from collections.abc import Mapping as Named
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from carbon import documents
from carbon.errors import InputError, OrdersError, Where
from carbon.orders.check import is_date_format
from carbon.orders.columns import BY_NAME, REQUIRED, Column
from carbon.units import parse_unit


class ColumnMapping(BaseModel):
    """Where one canonical column comes from.

    Attributes
    ----------
    from : str, optional
        Header in the user's file.
    value : str or number, optional
        A constant for all rows instead of a header.
    unit : str, optional
        Unit of the numbers in the file, converted to the column's unit.
    unit_from : str, optional
        Header of a column that holds each row's unit.
    format : str, optional
        Format of dates as in strptime, for instance ``%d/%m/%Y``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    source: str | None = Field(default=None, alias="from")
    value: str | float | int | None = None
    unit: str | None = None
    unit_from: str | None = None
    format: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value):
        return {"from": value} if isinstance(value, str) else value

    @field_validator("format")
    @classmethod
    def _known_format(cls, value):
        if value is not None and not is_date_format(value):
            raise OrdersError(
                "not a date format",
                found=value,
                expected="directives of strptime, such as %d/%m/%Y",
                mend="write %d for the day, %m for the month, %Y for the year of four digits",
            )
        return value

    @model_validator(mode="after")
    def _one_origin(self):
        if (self.source is None) == (self.value is None):
            raise OrdersError("a column needs either 'from' or 'value'", expected="one of the two")
        if self.unit is not None and self.unit_from is not None:
            raise OrdersError("a column has either 'unit' or 'unit_from'", expected="one of the two")
        return self


class Mapping(BaseModel):
    """A mapping file; canonical headers of the data file that it does not name are read as they are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: Canonical columns by name, and what lists them.
    known: ClassVar[Named[str, Column]] = BY_NAME
    listed: ClassVar[str] = "`carbon schema orders`"

    columns: dict[str, ColumnMapping] = Field(default_factory=dict)
    encoding: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    decimal: str = Field(default=".", pattern=r"^[.,]$")
    sheet: str | None = None

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value):
        if value is not None:
            try:
                "".encode(value)
            except LookupError:
                raise OrdersError(
                    "unknown encoding", found=value, expected="such as utf-8, gb18030, big5, cp1252"
                ) from None
        return value

    @model_validator(mode="after")
    def _known_columns(self):
        for name, column in self.columns.items():
            if name not in self.known:
                near = difflib.get_close_matches(name, self.known, n=3)
                raise OrdersError(
                    f"unknown canonical column '{name}'",
                    expected=f"a column of {self.listed}",
                    mend=f"did you mean {' or '.join(near)}?" if near else f"see {self.listed}",
                )
            unit = self.known[name].unit
            if (column.unit or column.unit_from) and unit in (None, "degree"):
                raise OrdersError(f"column '{name}' has no unit to convert", found=column.unit or column.unit_from)
            if column.unit and not parse_unit(column.unit).is_compatible_with(unit):
                raise OrdersError(f"column '{name}' is not measured in '{column.unit}'", expected=f"a unit of {unit}")
            if column.format and self.known[name].kind != "date":
                raise OrdersError(f"column '{name}' is not a date and takes no 'format'")
        return self


def read_mapping(path: Path | str | None, model: type[Mapping] = Mapping) -> Mapping:
    """Read a mapping file, or return the empty mapping.

    Raises
    ------
    OrdersError
        If a key, canonical column, unit or encoding is unknown.
    """
    if path is None:
        return model()
    try:
        return documents.validate(model, documents.read(path) or {}, str(path), OrdersError)
    except OrdersError as error:
        raise (error if error.where.file else error.at(Where(str(path)))) from None
    except InputError as error:  # a unit, or a file that is no YAML
        where = error.where if error.where.file else Where(str(path))
        raise OrdersError(
            error.problem, found=error.found, expected=error.expected, mend=error.mend, where=where
        ) from None


def bind(
    mapping: Mapping, headers: list[str], name: str, required: tuple[str, ...] = REQUIRED
) -> tuple[dict[str, str], list[str]]:
    """Decide which header of the file feeds which canonical column.

    Parameters
    ----------
    headers : list of str
        As in the file.
    name : str
        File name for messages.

    Returns
    -------
    bound : dict of str to str
        Canonical name to header (columns with a constant are not in it).
    ignored : list of str
        Headers that feed nothing.
    """
    where = Where(name, None, None)
    if not headers:
        raise OrdersError.of("empty_file", where=where)
    by_folded: dict[str, str] = {}
    for header in headers:
        by_folded.setdefault(header.strip().casefold(), header)
    bound: dict[str, str] = {}
    for canonical in mapping.known:
        column = mapping.columns.get(canonical)
        if column is None:
            if canonical in by_folded:
                bound[canonical] = by_folded[canonical]
        elif column.source is not None:
            bound[canonical] = _header(column.source, headers, name)
        if column is not None and column.unit_from is not None:
            _header(column.unit_from, headers, name)
    constants = {key for key, column in mapping.columns.items() if column.value is not None}
    _refuse_duplicates(bound, headers, name)
    missing = [key for key in required if key not in bound and key not in constants]
    if not bound:
        known = ", ".join([*list(mapping.known)[:10], "..."])
        raise OrdersError.of("no_column", found=", ".join(headers[:12]), where=where, expected=known)
    if missing:
        near = [
            f"'{hit}' for {key}"
            for key in missing
            for hit in difflib.get_close_matches(key, list(by_folded), n=1, cutoff=0.5)
        ]
        raise OrdersError.of(
            "column_missing",
            found=", ".join(headers[:30]),
            where=where,
            columns=" and ".join(missing),
            expected=", ".join(required),
            near=f"perhaps {', '.join(near)}: " if near else "",
        )
    used = {*bound.values(), *(column.unit_from for column in mapping.columns.values() if column.unit_from)}
    return bound, [header for header in headers if header not in used]


def _header(wanted: str, headers: list[str], name: str) -> str:
    for header in headers:
        if header == wanted or header.strip() == wanted.strip():
            return header
    near = difflib.get_close_matches(wanted, headers, n=3, cutoff=0.5)
    raise OrdersError(
        "the mapping names a header that the file does not have",
        found=", ".join(headers[:30]),
        expected=wanted,
        mend=f"did you mean {' or '.join(repr(hit) for hit in near)}?" if near else "correct the mapping file",
        where=Where(name, None, wanted),
    )


def _refuse_duplicates(bound: dict[str, str], headers: list[str], name: str) -> None:
    folded = [header.strip().casefold() for header in headers]
    for header in bound.values():
        if folded.count(header.strip().casefold()) > 1:
            raise OrdersError.of("header_twice", found=header, where=Where(name, 1, header))
