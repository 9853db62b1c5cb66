"""What parcels add up to by month, read once for the baselines of any number of periods."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import cached_property

import pandas as pd
import pyarrow as pa

from carbon.engine.carried import FREIGHT, GROSS
from carbon.ledger import Ledger, Period, connect
from carbon.ledger.query import hashes_of
from carbon.roi.months import of_months
from carbon.roi.runs import RunReader

#: Bins of the share of a package's inner volume that the goods take.
FILL_BINS = 100
MASSES = (FREIGHT, GROSS)
#: Sets of runs of which `Readings` holds what was read.
_MOST_HELD = 4


class Readings:
    """What parcels of runs add up to, for any number of baselines and periods; runs never change.

    It is held by the hashes of the runs' manifests: of a new run only that is read, and what a restated one gave goes. May be used
    from several threads.
    """

    def __init__(self) -> None:
        self._held: dict[frozenset[str], Parcels] = {}
        self._lock = threading.Lock()

    def of(self, ledger: Ledger) -> Parcels:
        """Return what the parcels of the runs that count add up to."""
        hashes = hashes_of(ledger, [each.run for each in ledger.current()])
        key = frozenset(hashes.values())
        with self._lock:
            if key not in self._held:
                known = {run: each for held in self._held.values() for run, each in held.runs.items() if run in hashes}
                self._held = dict(list(self._held.items())[1 - _MOST_HELD :])
                self._held[key] = Parcels(ledger, None, known)
            return self._held[key]


class Parcels:
    """What the parcels of the runs that count add up to, by month, read when it is first asked for.

    Parameters
    ----------
    ledger : Ledger
    period : Period or None
        All that will be asked about; the whole ledger by default.
    known : mapping, optional
        Runs that were read already.
    """

    def __init__(self, ledger: Ledger, period: Period | None, known: Mapping[str, RunReader] | None = None):
        self.ledger, self.period = ledger, period
        self.runs: dict[str, RunReader] = dict(known or {})
        self._units: dict[tuple, float] = next((each.units for each in self.runs.values()), {})
        self._lock = threading.RLock()

    def run(self, run: str) -> RunReader:
        """Return one of the runs."""
        with self._lock:
            if run not in self.runs:
                self.runs[run] = RunReader(self.ledger, run, self.period, self._units)
            return self.runs[run]

    def table(self, name: str, months: Sequence[str]) -> pd.DataFrame:
        """Return what all runs add up to in some months: ``fills``, ``volumetric`` or ``split`` of a baseline."""
        with self._lock:
            table = self._tables[name]
        return of_months(table, months, _TABLES[name][1])

    @cached_property
    def _tables(self) -> dict[str, pa.Table]:
        with connect(self.ledger, period=self.period) as connection:
            return {
                name: connection.sql(query, params={"bins": FILL_BINS} if "$bins" in query else None).to_arrow_table()
                for name, (query, _) in _TABLES.items()
            }


_FILLS = """
SELECT month, service, package, floor(goods_volume_m3 / (goods_volume_m3 + empty_volume_m3) * $bins) AS fill,
       count(*) AS parcels, sum(goods_volume_m3) AS goods_volume_m3,
       sum(goods_volume_m3 + empty_volume_m3) AS inner_volume_m3
FROM footprints WHERE goods_volume_m3 > 0 AND NOT isnan(goods_volume_m3) AND NOT isnan(empty_volume_m3)
GROUP BY ALL ORDER BY ALL
"""
_VOLUMETRIC = f"""
SELECT month, service, package,
       CASE WHEN goods_volume_m3 > 0 AND NOT isnan(goods_volume_m3) AND NOT isnan(empty_volume_m3)
            THEN floor(goods_volume_m3 / (goods_volume_m3 + empty_volume_m3) * $bins) ELSE -1 END AS fill,
       floor({GROSS} / {FREIGHT} * $bins) AS gross, sum({FREIGHT}) AS {FREIGHT}, sum({GROSS}) AS {GROSS}
FROM footprints WHERE {FREIGHT} > {GROSS} * (1 + 1e-9) GROUP BY ALL ORDER BY ALL
"""
_SPLIT = """
SELECT month, service, sum(parcels - 1)::DOUBLE AS parcels FROM (
  SELECT month, service, coalesce(site, '') AS site, order_id, shipped_on, count(*) AS parcels FROM footprints
  WHERE order_id IS NOT NULL AND order_id <> '' GROUP BY ALL HAVING count(*) > 1)
GROUP BY month, service ORDER BY month, service
"""
#: Tables over all runs, and what tells their rows besides the month.
_TABLES = {
    "fills": (_FILLS, ("service", "package", "fill")),
    "volumetric": (_VOLUMETRIC, ("service", "package", "fill", "gross")),
    "split": (_SPLIT, ("service",)),
}
