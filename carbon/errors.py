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

from dataclasses import dataclass


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
    """Base of all deliberate errors; `str(error)` is a whole message for the user."""

    exit_code = 1


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
