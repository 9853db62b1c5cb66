"""What every rendering of a table does alike: heads with units, sums, reasons over empty cells, decimal points in line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from carbon.reports.report import Column, Missing, Number, Table

_PLAIN = re.compile(r"^[<>−]?[0-9,]+(?:\.([0-9]+))?$")
#: As wide as a digit and as a point, so that figures stand decimal under decimal.
FIGURE_SPACE, POINT_SPACE = "\u2007", "\u2008"
#: What stands where there is nothing to say.
DASH = "–"


def head(column: Column) -> str:
    """Return a head with its unit; the unit stays on one line."""
    unit = column.unit.replace(" ", "\u00a0")
    return f"{column.title} ({unit})" if unit else column.title


def sums(table: Table) -> frozenset[int]:
    """Return the places of rows that are sums of others."""
    return frozenset({*table.sums, *range(len(table.rows) - table.totals, len(table.rows))})


def spans(table: Table) -> Iterator[tuple[int, int]]:
    """Yield row and first column of every reason that runs over the empty cells after it, to the row's end."""
    last = len(table.columns) - 1
    for position, row in enumerate(table.rows):
        for place, cell in enumerate(row):
            if isinstance(cell, Missing) and place < last and all(after == DASH for after in row[place + 1 :]):
                yield position, place


def padder(table: Table, place: int) -> Callable[[str], str]:
    """Return what pads a figure on the right, so that the column's decimal points stand under each other."""
    found = [_PLAIN.match(row[place].text) for row in table.rows if isinstance(row[place], Number)]
    most = max((len(match[1] or "") for match in found if match), default=0)

    def pad(text: str) -> str:
        match = _PLAIN.match(text)
        if not match or not most:
            return text
        decimals = len(match[1] or "")
        return text + ("" if decimals else POINT_SPACE) + FIGURE_SPACE * (most - decimals)

    return pad
