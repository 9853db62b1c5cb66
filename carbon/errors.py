"""Every error the project raises on purpose.

CarbonError                 anything below; the command line prints it and exits with `exit_code`
├── InputError          2   what the user gave is wrong: says found, expected, where, mend
│   ├── UnitError           a unit or quantity
│   ├── FactorError         a factor table, or a factor that cannot be found
│   ├── OrganisationError   the organisation file
│   ├── OrdersError         an orders, lines or places file as a whole (single rows become rejects)
│   └── RoiError            a measure that the ledger or the organisation file says too little for
└── WorkError           1   the input was fine, the work failed
    ├── LedgerError         the ledger cannot be read, written or trusted
    ├── AccessError         whoever is signed in may not do this
    └── ReportError         a report cannot be rendered
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self

#: What is told in the language of a page: what libraries find, in words of ours, and what is wrong with a file as a
#: whole. Code -> what is wrong, what is expected, the way out; a library's own words are only quoted.
FAULTS = MappingProxyType({
    "yaml": ("not valid YAML", "YAML", "check indentation, colons and quotes on that line"),
    "json": ("not valid JSON", "JSON", "look at column {column}"),
    "key_twice": ("key '{key}' stands twice in one mapping", "", "leave out one of the two, or rename it"),
    "odd_key": ("a key is a list or a mapping", "a word or a number", "write the key as a word"),
    "unknown_key": ("unknown key '{key}'", "", "check the spelling against `carbon schema`"),
    "missing_key": ("key '{key}' is missing", "", "add it"),
    "number": ("not a number", "a number", "write digits with a decimal point"),
    "whole_number": ("not a whole number", "a whole number", "write digits alone"),
    "truth": ("neither true nor false", "true or false", "write one of them"),
    "text": ("not text", "text", "put it in quotes"),
    "choice": ("not one of the words of this key", "{expected}", "write one of them"),
    "bounds": ("out of bounds", "{expected}", "correct the value or its unit"),
    "length": ("too few or too many of them", "{expected}", "add what is missing, or leave out what is too much"),
    "form": ("not of this form", "{expected}", "write it in that form"),
    "list": ("not a list", "a list", "begin each entry with a dash"),
    "mapping": ("not keys with values", "keys with values", "write each as `key: value`, indented alike"),
    "date": ("not a date", "YYYY-MM-DD", "write it in that form"),
    "value": ("the value cannot be used", "", "compare it with `carbon schema`"),
    "csv": ("the CSV file cannot be read", "rows of cells, lines that end in LF or CRLF", "export it again, or save it as Parquet"),
    "gzip": ("the packed file is cut short or damaged", "a whole .gz file", "export or copy it again"),
    "excel": ("the Excel file cannot be read", "a whole .xlsx file without password", "open it in Excel and save it again"),
    "parquet": ("the Parquet file is cut short or damaged", "a whole Parquet file", "copy or export it again"),
    "table": ("the table cannot be read", "CSV in UTF-8, or Parquet", "save it again in that format"),
    "empty_file": ("the file is empty", "a header line and one row per parcel", "export it again"),
    "no_rows": ("the table has a header line and no rows", "one row per parcel", "export it again"),
    "encoding": ("the text encoding is not recognised", "UTF-8, UTF-16 or GB18030/GBK",
                 "save the file as UTF-8, or name its encoding in a mapping file, such as `encoding: cp1252`"),
    "other_encoding": ("the file is not {wanted}", "UTF-8, UTF-16 or GB18030/GBK",
                       "save the file as UTF-8, or name its encoding in a mapping file, such as `encoding: cp1252`"),
    "not_text_file": ("this is not a text file", "CSV, Excel or Parquet", "check the file's ending"),
    "no_column": ("no column is recognised", "{expected}", "rename the headers, or say which is which in a mapping file (--mapping)"),
    "column_missing": ("required column {columns} is missing", "{expected}", "{near}rename the header or map it in a mapping file"),
    "header_twice": ("a header stands twice", "each header once", "rename or delete one of the columns"),
    "old_excel": ("Excel files of the old kind are not read", ".xlsx, CSV or Parquet", "save it as .xlsx or CSV"),
    "ledger_file": ("a file of the ledger cannot be read", "", "restore it from a copy, then run `carbon verify`"),
})  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """What a library found, so that it can be told in any language.

    Attributes
    ----------
    code : str
        Of `FAULTS`.
    detail : str
        The library's own words, English.
    values : mapping
        What fills the places of the texts.
    more : int
        How many further faults were found.
    """

    code: str
    detail: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    more: int = 0

    def told(self, part: int) -> str | None:
        """Return what is wrong (0), what is expected (1) or the way out (2), in English; None where there is none."""
        text = FAULTS[self.code][part]
        return text.format_map(self.values) if text else None


@dataclass(frozen=True)
class Where:
    """A place in a user's file; the parts that are known are printed."""

    file: str | None = None
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        parts = [
            self.file,
            f"line {self.row}" if self.row is not None else None,
            f"'{self.column}'" if self.column is not None else None,
        ]
        return ", ".join(part for part in parts if part)


class CarbonError(Exception):
    """Base of all deliberate errors; `str(error)` is a whole message for the user.

    Attributes
    ----------
    fault : Fault or None
        Where a library said what is wrong.
    """

    exit_code = 1
    fault: Fault | None = None


class InputError(CarbonError, ValueError):
    """What the user gave cannot be used.

    It is a ValueError, too, so that a schema that meets it adds the key it stands under.

    Parameters
    ----------
    problem : str
        One clause saying what is wrong.
    found, expected, mend : str, optional
        What stands there, what should, and what to do about it.
    where : Where, optional
        File, line and key or column.
    """

    exit_code = 2

    def __init__(
        self,
        problem: str,
        *,
        found: object = None,
        expected: str | None = None,
        mend: str | None = None,
        where: Where | None = None,
    ):
        self.problem, self.found, self.expected, self.mend = problem, found, expected, mend
        self.where = where or Where()
        super().__init__(problem)

    @classmethod
    def of(
        cls, code: str, detail: str = "", /, *, found: object = None, where: Where | None = None, more: int = 0, **values: str
    ) -> Self:  # fmt: skip
        """Return the error of something that a library found.

        Parameters
        ----------
        code : str
            Of `FAULTS`.
        detail : str
            The library's own words.
        more : int
            How many further faults the file has.
        **values
            What fills the places of the texts.
        """
        fault = Fault(code, " ".join(detail.split())[:300], values, more)
        problem = f"{fault.told(0)} (and {more} more in this file)" if more else fault.told(0)
        made = cls(problem or "", found=found, expected=fault.told(1), mend=fault.told(2), where=where)
        made.fault = fault
        return made

    def at(self, where: Where) -> InputError:
        """Return self with a place added, for callers that know the file."""
        self.where = where
        return self

    def __str__(self) -> str:
        place = str(self.where)
        lines = [f"{place}: {self.problem}" if place else self.problem]
        if self.found is not None:
            lines.append(f"  found:    {self.found}")
        if self.expected is not None:
            lines.append(f"  expected: {self.expected}")
        if self.mend is not None:
            lines.append(f"  mend:     {self.mend}")
        if self.fault is not None and self.fault.detail:
            lines.append(f'  detail:   "{self.fault.detail}"')
        return "\n".join(lines)


class UnitError(InputError):
    """A unit or quantity that cannot be read, or of the wrong dimension."""


class FactorError(InputError):
    """A factor row that is wrong, or an activity that no factor serves."""


class OrganisationError(InputError):
    """The organisation file is wrong."""


class OrdersError(InputError):
    """An orders, lines or places file cannot be used at all."""


class RoiError(InputError):
    """A measure without baseline, or one that lacks a number."""


class WorkError(CarbonError):
    """The input was right but the work could not be done."""


class LedgerError(WorkError):
    """The ledger cannot be read, written or trusted."""


class AccessError(WorkError):
    """Whoever asks may not do this, or is not known."""


class ReportError(WorkError):
    """A report cannot be rendered."""
