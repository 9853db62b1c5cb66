"""Looking through uploaded orders before anything is calculated: columns found, rows refused and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from app import session

#: How many refused rows a page shows; the download holds all of them.
PREVIEW = 50
_MOST_KEPT = 100_000


@dataclass
class Check:
    """What a look through the file found.

    Attributes
    ----------
    filled : mapping
        Canonical column to the number of rows that have it.
    examples : mapping
        Canonical column to its first value.
    ignored : list of str
        Headers that feed nothing.
    rejects : list
        Refused rows, the first hundred thousand.
    already : str or None
        A run that was made from this very file.
    """

    name: str
    sha256: str
    encoding: str | None
    ignored: list[str]
    rows: int = 0
    good: int = 0
    filled: Counter = field(default_factory=Counter)
    examples: dict[str, object] = field(default_factory=dict)
    reasons: Counter = field(default_factory=Counter)
    rejects: list = field(default_factory=list)
    already: str | None = None


def check(orders: Path, progress: Callable[[str, int, int], None], **inputs: Path | None) -> Check:
    """Read the whole file once, in pieces, and count.

    Raises
    ------
    InputError
        If the file cannot be used as a whole.
    """
    opened = session.OrdersInput.open(orders, **inputs)
    result = Check(orders.name, opened.sha256(), opened.encoding, list(opened.ignored))
    for chunk in opened.chunks():
        result.rows += len(chunk.rows) + len(chunk.rejects)
        result.good += len(chunk.rows)
        _count_filled(result, chunk.table)
        result.reasons.update(reject.reason for reject in chunk.rejects)
        result.rejects += chunk.rejects[: max(0, _MOST_KEPT - len(result.rejects))]
        progress("check", result.rows, opened.row_estimate)
    result.already = next((run.run for run in session.current_runs() if run.input_sha256 == result.sha256), None)
    return result


def _count_filled(result: Check, table: pa.Table) -> None:
    for name in table.column_names:
        column = table[name]
        filled = len(column) - column.null_count
        if filled:
            result.filled[name] += filled
            if name not in result.examples:
                result.examples[name] = column.drop_null()[0].as_py()
