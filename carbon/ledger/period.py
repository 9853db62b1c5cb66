"""Periods of whole months: ``2025``, ``2025-06``, ``2025-01..2025-06``."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from carbon.errors import InputError

_YEAR, _MONTH = re.compile(r"[12]\d{3}"), re.compile(r"[12]\d{3}-(?:0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True)
class Period:
    """A range of whole months, both ends included.

    Attributes
    ----------
    first_month, last_month : str
        ``2025-01``.
    """

    first_month: str
    last_month: str

    @classmethod
    def from_text(cls, text: str | Period) -> Period:
        """Read a year, a month or a range of either.

        Raises
        ------
        InputError
            If the text is none of these, or ends before it begins.
        """
        if isinstance(text, cls):
            return text
        parts = str(text).strip().split("..")
        if len(parts) > 2:
            raise _unreadable(text)
        period = cls(_end(parts[0], "01", text), _end(parts[-1], "12", text))
        if period.first_month > period.last_month:
            raise _unreadable(text)
        return period

    @property
    def first_day(self) -> date:
        """First day."""
        return date.fromisoformat(f"{self.first_month}-01")

    @property
    def last_day(self) -> date:
        """Last day."""
        year, month = map(int, self.last_month.split("-"))
        return date(year, month, calendar.monthrange(year, month)[1])

    @property
    def label(self) -> str:
        """The shortest text that `from_text` reads back."""
        first, last = self.first_month, self.last_month
        if first.endswith("-01") and last.endswith("-12"):
            return first[:4] if first[:4] == last[:4] else f"{first[:4]}..{last[:4]}"
        return first if first == last else f"{first}..{last}"

    def __str__(self) -> str:
        return self.label

    def contains(self, when: date | str) -> bool:
        """Whether a day, or a month written ``2025-06``, lies inside."""
        month = when if isinstance(when, str) else f"{when:%Y-%m}"
        return self.first_month <= month[:7] <= self.last_month

    def months(self) -> list[str]:
        """Return every month."""
        return [_text(number) for number in range(_number(self.first_month), _number(self.last_month) + 1)]


def ranges_of(months: Iterable[str]) -> list[Period]:
    """Return months joined to as few periods as possible, in order."""
    periods: list[Period] = []
    for month in sorted(set(months)):
        if periods and _number(periods[-1].last_month) + 1 == _number(month):
            periods[-1] = Period(periods[-1].first_month, month)
        else:
            periods.append(Period(month, month))
    return periods


def _end(part: str, month: str, text: object) -> str:
    part = part.strip()
    if _YEAR.fullmatch(part):
        return f"{part}-{month}"
    if _MONTH.fullmatch(part):
        return part
    raise _unreadable(text)


def _unreadable(text: object) -> InputError:
    return InputError(
        "not a period",
        found=text,
        expected="a year, a month or a range: 2025, 2025-06, 2025-01..2025-06",
        mend="write one of these",
    )


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def _text(number: int) -> str:
    return f"{number // 12:04d}-{number % 12 + 1:02d}"
