"""Recorded orders: what the ledger holds of them, and whether its chain holds."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from carbon.labels.calculation import Record
from carbon.ledger import Explanation, Ledger, Manifest, Verification, connect, explain, verify
from carbon.ledger.manifest import FACTORS, problem

#: How long a recalculated chain is good for while no run is added.
_GOOD_FOR_S = 3_600.0


class Records:
    """A ledger that is read, and recalculated from time to time: hashing it for every page would be in nobody's interest.

    Raises
    ------
    LedgerError
        If it holds no run.
    """

    def __init__(self, folder: Path):
        self.ledger = Ledger(folder)
        if self.ledger.head() is None:  # more likely another folder than one that waits for its first run
            raise problem(folder, "the ledger holds no run", "name its folder, or run `carbon calculate` first")
        self._lock = threading.Lock()
        self._checked: tuple[str, float, datetime, Verification] | None = None

    def order(self, order_id: str) -> list[Explanation]:
        """Return an order's parcels as they are recalculated; none where it is not recorded.

        Raises
        ------
        LedgerError
            If the ledger cannot be read.
        """
        with connect(self.ledger) as connection:
            known = connection.execute("SELECT 1 FROM footprints WHERE order_id = $id LIMIT 1", {"id": order_id})
            if known.fetchone() is None:
                return []
        return explain(self.ledger, order_id)

    def manifest(self, run: str) -> Manifest:
        """Return a run's manifest."""
        return self.ledger.run(run)

    def factors_json(self, parcels: list[Explanation]) -> str:
        """Return the factors, with their sources, of the runs that hold some parcels."""
        books = [
            json.loads(self.ledger.file(run, FACTORS).read_text(encoding="utf-8"))
            for run in sorted({each.run for each in parcels})
        ]
        rows = {row["id"]: row for book in books for row in book["factors"]}
        sources = {key: source for book in books for key, source in book["sources"].items()}
        return json.dumps({"factors": list(rows.values()), "sources": sources})

    def record(self, parcels: list[Explanation]) -> Record:
        """Return what stands behind an order's figures."""
        head, checked_at, found = self._verified()
        return Record(
            run=parcels[0].run,
            head_sha256=head,
            checked_at=checked_at,
            intact=found.ok,
            agrees=all(each.agrees for each in parcels),
        )

    def _verified(self) -> tuple[str, datetime, Verification]:
        with self._lock:
            head = self.ledger.head_sha256()
            if self._checked is None or self._checked[0] != head or time.monotonic() > self._checked[1]:
                found = verify(self.ledger)
                self._checked = (head, time.monotonic() + _GOOD_FOR_S, datetime.now(UTC), found)
            return head, self._checked[2], self._checked[3]
