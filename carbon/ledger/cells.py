"""Cells: what parcels that are alike add up to. Most questions are about them, so that the parcels themselves are read once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import duckdb
import pyarrow as pa

from carbon.engine.columns import Fallback
from carbon.engine.kernel import TOTAL, TTW, UNSPLIT, WTT, stage_column
from carbon.ledger.period import Period
from carbon.terms import Stage

#: What tells a cell: parcels that agree in all of it are in one.
KEYS = ("month", "service", "site", "package", "origin_region", "destination_region", "fallbacks")
_RESULTS = [*(stage_column(stage) for stage in Stage), TOTAL, WTT, TTW, UNSPLIT]
_ATTEMPTS = "delivery_attempts"
_SUMS = f"""
count(*) AS parcels, min(shipped_on) AS first_day, max(shipped_on) AS last_day,
{", ".join(f'fsum("{name}") AS "{name}"' for name in _RESULTS)},
sum(packaging_mass_kg) AS packaging_mass_kg, sum(gross_mass_kg) AS gross_mass_kg, sum(empty_volume_m3) AS empty_volume_m3,
sum(empty_volume_m3 + goods_volume_m3) AS inner_volume_m3, sum(returned) AS returned
"""
#: Cells held at most, of all runs together: some 300 MB.
_MOST = 1_000_000
#: Sets of runs whose orders are counted at most: those that count, before and after a new one.
_MOST_COUNTS = 16
#: Periods begin no earlier; and months that one number of a query can hold.
_FIRST_YEAR, _BITS = 1000, 126

#: Returns a connection to the footprints of some runs.
Reader = Callable[[list[str]], duckdb.DuckDBPyConnection]


def view(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the view ``cells`` of a connection's ``footprints``: added up anew for every question, but for what it asks alone."""
    connection.execute(f"CREATE VIEW cells AS {_query(connection, KEYS)}")


def keep(connection: duckdb.DuckDBPyConnection) -> None:
    """Add a connection's cells up, once for all questions that follow."""
    connection.execute("CREATE TABLE kept AS SELECT * FROM cells")
    connection.execute("CREATE OR REPLACE VIEW cells AS SELECT * FROM kept")


class Cells:
    """The cells of runs that were asked about, for any number of questions and periods; runs never change.

    They are held by the hash of a run's manifest, so that a new run is read when it is first asked about, and only it. May be used
    from several threads.
    """

    def __init__(self) -> None:
        self._held: dict[str, pa.Table] = {}
        self._orders: dict[frozenset[str], list[tuple[int, int]]] = {}
        self._lock = threading.Lock()

    def lay(
        self, connection: duckdb.DuckDBPyConnection, runs: Mapping[str, str], period: Period | None, read: Reader
    ) -> None:
        """Give a connection the cells of some runs in the place of its view.

        Parameters
        ----------
        runs : mapping
            Run to the hash of its manifest.
        period : Period or None
            Whole months, as cells are.
        read : callable
            Asked for the runs that are not held.
        """
        with self._lock:
            missing = [run for run, name in runs.items() if name not in self._held]
            if missing:
                self._held |= {runs[run]: table for run, table in _added_up(missing, read).items()}
            # What was asked about last stays.
            found = {name: self._held.pop(name) for name in runs.values()}
            self._held |= found
            while len(self._held) > len(found) and sum(each.num_rows for each in self._held.values()) > _MOST:
                del self._held[next(iter(self._held))]
        connection.register("held_cells", pa.concat_tables(found.values(), promote_options="default"))
        query, wanted = "SELECT * FROM held_cells", []
        if period is not None:
            query, wanted = f"{query} WHERE month BETWEEN $1 AND $2", [period.first_month, period.last_month]
        connection.execute(f"CREATE TABLE kept AS {query}", wanted)
        connection.execute("CREATE OR REPLACE VIEW cells AS SELECT * FROM kept")

    def orders(self, runs: Mapping[str, str], period: Period | None, read: Reader) -> int:
        """Return how many orders have a parcel in a period; parameters as of `lay`.

        All orders are looked at once; those with parcels in the same months are from then on one number.
        """
        key = frozenset(runs.values())
        with self._lock:
            found = self._orders.pop(key, None)
            if found is None:
                with read(list(runs)) as connection:
                    found = _orders_by_months(connection)
            self._orders[key] = found
            while len(self._orders) > _MOST_COUNTS:
                del self._orders[next(iter(self._orders))]
        wanted = -1 if period is None else sum(1 << _number(month) for month in period.months())
        return sum(orders for months, orders in found if months & wanted)


def _orders_by_months(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, int]]:
    """Return sets of months, as numbers with a bit for each month, with how many orders have parcels in just these months."""
    number = f"((year(shipped_on) - {_FIRST_YEAR}) * 12 + month(shipped_on) - 1)"
    [(first, last)] = connection.execute(f"SELECT min({number}), max({number}) FROM footprints").fetchall()
    if first is None:
        return []
    starts = range(first, last + 1, _BITS)
    parts = ", ".join(
        f"bit_or(CASE WHEN {number} BETWEEN {start} AND {start + _BITS - 1} "
        f"THEN 1::HUGEINT << ({number} - {start}) ELSE 0 END) AS part_{place}"
        for place, start in enumerate(starts)
    )
    rows = connection.execute(
        f"SELECT * EXCLUDE (order_id), count(*) FROM (SELECT order_id, {parts} FROM footprints WHERE order_id IS NOT NULL "
        "GROUP BY order_id) GROUP BY ALL"
    ).fetchall()
    return [(sum(part << start for part, start in zip(row, starts, strict=False)), row[-1]) for row in rows]


def _number(month: str) -> int:
    """Return which month a text such as ``2025-01`` means, counted from the first that is known."""
    return (int(month[:4]) - _FIRST_YEAR) * 12 + int(month[5:]) - 1


def _added_up(runs: list[str], read: Reader) -> dict[str, pa.Table]:
    """Return the cells of each of some runs, by one pass over all of them."""
    with read(runs) as connection:
        if len(runs) == 1:
            return {runs[0]: connection.sql(_query(connection, KEYS)).to_arrow_table()}
        whole = connection.sql(_query(connection, ("run", *KEYS))).to_arrow_table()
    of_run = whole["run"].to_pylist()
    places: dict[str, list[int]] = {run: [] for run in runs}
    for place, run in enumerate(of_run):
        places[run].append(place)
    whole = whole.drop_columns(["run"])
    return {run: whole.take(pa.array(mine, pa.int64())) for run, mine in places.items()}


def _query(connection: duckdb.DuckDBPyConnection, keys: tuple[str, ...]) -> str:
    # Orders need not say how often a delivery was attempted; then no column holds it.
    known = f"{_ATTEMPTS} IS NOT NULL AND NOT isnan({_ATTEMPTS})"
    known, again = (known, f"{known} AND {_ATTEMPTS} > 1") if _has_attempts(connection) else ("false", "false")
    attempts = f"count(*) FILTER ({known}) AS attempts_known, count(*) FILTER ({again}) AS attempted_again"
    return f"SELECT {', '.join(keys)}, {_SUMS}, {attempts} FROM footprints GROUP BY {', '.join(keys)}"


def _has_attempts(connection: duckdb.DuckDBPyConnection) -> bool:
    return _ATTEMPTS in (row[0] for row in connection.execute("DESCRIBE footprints").fetchall())


def sums(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Return every figure that all cells together give."""
    columns = [f'coalesce(fsum("{name}"), 0.0) AS "{name}"' for name in _RESULTS]
    columns += [
        f"coalesce(sum(parcels) FILTER ((fallbacks & {int(flag)}) <> 0), 0)::BIGINT AS {flag.name}"
        for flag in Fallback
        if flag
    ]
    found = connection.execute(
        "SELECT coalesce(sum(parcels), 0)::BIGINT AS parcels, min(first_day) AS first_day, max(last_day) AS last_day, "
        f"sum(empty_volume_m3) / nullif(sum(inner_volume_m3), 0) AS empty_share, {', '.join(columns)} FROM cells"
    )
    names = [column[0] for column in found.description]
    return dict(zip(names, found.fetchall()[0], strict=True))
