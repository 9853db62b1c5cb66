"""Closed periods: a small append-only file, one line per decision, each line linked to the one before."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from carbon.ledger.files import replace
from carbon.ledger.manifest import problem, user_name, utc_now
from carbon.ledger.period import Period, ranges_of


class Closing:
    """The file of closed periods.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path):
        self.path = path

    def months(self) -> set[str]:
        """Return every closed month.

        Raises
        ------
        LedgerError
            If a line was changed or taken out.
        """
        closed: set[str] = set()
        for entry in self._entries():
            months = Period.from_text(entry["period"]).months()
            closed = closed | set(months) if entry["action"] == "close" else closed - set(months)
        return closed

    def periods(self) -> list[Period]:
        """Return the closed periods, joined where they touch."""
        return ranges_of(self.months())

    def history(self) -> list[dict[str, str]]:
        """Return every decision: at, who, action, period, and why where it was said."""
        return [{name: text for name, text in entry.items() if name != "sha256"} for entry in self._entries()]

    def hashes(self) -> list[str]:
        """Return the hash of every decision, which stands for all before it."""
        return [entry["sha256"] for entry in self._entries()]

    def add(self, action: str, period: Period, why: str | None = None) -> None:
        """Append a decision."""
        entries = self._entries()
        entry = {
            "at": f"{utc_now():%Y-%m-%dT%H:%M:%SZ}",
            "who": user_name(),
            "action": action,
            "period": period.label,
        } | ({"why": why} if why else {})
        line = json.dumps(
            entry | {"sha256": _link(entries[-1]["sha256"] if entries else "", entry)}, ensure_ascii=False
        )
        known = self.path.read_bytes() if entries else b""
        replace(self.path, known + line.encode() + b"\n")  # a kill leaves no half line

    def _entries(self) -> list[dict]:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return []
        entries, previous = [], ""
        for number, line in enumerate(content.splitlines(keepends=True), 1):
            try:
                entry = json.loads(line)
                digest = entry.pop("sha256")
                whole = json.dumps(entry | {"sha256": digest}, ensure_ascii=False).encode() + b"\n" == line
                good = whole and digest == _link(previous, entry) and entry["action"] in ("close", "reopen")
            except (ValueError, KeyError, AttributeError, TypeError):
                good = False
            if not good:
                raise problem(
                    self.path, f"line {number} was changed", "restore the file from a copy, then run `carbon verify`"
                )
            entries.append(entry | {"sha256": digest})
            previous = digest
        return entries


def _link(previous: str, entry: dict) -> str:
    return hashlib.sha256((previous + json.dumps(entry, ensure_ascii=False, sort_keys=True)).encode()).hexdigest()


def refuse_closed(
    folder: Path, days: pa.ChunkedArray | pa.Array, closed: set[str] | frozenset[str], restates: str | None = None
) -> None:
    """Refuse days that lie in closed months.

    Parameters
    ----------
    restates : str, optional
        The days are of this run, which a new one wants to restate.

    Raises
    ------
    LedgerError
        Naming the months and the way out.
    """
    found = {f"{day:%Y-%m}" for day in pc.unique(days).to_pylist() if day is not None} & closed
    if not found:
        return
    months = ", ".join(sorted(found))
    reopen = " and ".join(f'`carbon period reopen {each.label} --why "..."`' for each in ranges_of(found))
    if restates is None:
        raise problem(
            folder,
            f"the period is closed: parcels shipped in {months}",
            f"leave these parcels out, or open the period again: {reopen}",
            expected="parcels of open periods",
        )
    raise problem(
        folder,
        f"the period is closed: the run to restate holds parcels shipped in {months}",
        f"open the period again ({reopen}), restate the run, and close it again; a late return or correction belongs to "
        "the month in which its parcel was shipped",
        found=restates,
        expected="a run of open periods",
    )
