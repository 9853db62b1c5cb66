"""No report is made of a ledger that does not verify."""

from __future__ import annotations

from pathlib import Path

from carbon.errors import ReportError
from carbon.ledger import verify


def check_ledger(ledger_folder: Path | str) -> None:
    """Verify a ledger before anything is said of it.

    Raises
    ------
    ReportError
        If a hash, count or sum is not as recorded.
    """
    checked = verify(ledger_folder)
    if not checked.ok and checked.runs:
        raise ReportError(
            f"{ledger_folder}: the ledger does not verify, so no report is made of it\n  found:    {'; '.join(map(str, checked.problems[:3]))}\n"
            "  expected: every hash, count and sum as recorded\n  mend:     see `carbon verify`, and restore the ledger from a copy"
        )
