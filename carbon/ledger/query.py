"""Questions to the runs that count, answered by DuckDB; what users type is only ever a bound parameter."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from carbon.engine.kernel import TOTAL, stage_column
from carbon.errors import LedgerError
from carbon.ledger.cells import Cells, view
from carbon.ledger.files import literal_path, sha256_of
from carbon.ledger.manifest import ACTIVITY, FOOTPRINTS, NAME, Manifest, problem, unreadable
from carbon.ledger.period import Period
from carbon.ledger.store import Ledger
from carbon.terms import DELIVERY_STAGES, Stage

#: [MB] Memory that queries may take for each core.
_MEMORY_MB = 64

Source = Ledger | Path | str | duckdb.DuckDBPyConnection

#: The run that a file belongs to: parts lie one folder deeper than the other files.
_RUN_OF_FILE = (
    f"CASE WHEN parse_path(filename, 'both_slash')[-2] = '{FOOTPRINTS}' THEN parse_path(filename, 'both_slash')[-3] "
    "ELSE parse_path(filename, 'both_slash')[-2] END"
)
_ORIGIN = "coalesce(nullif(site, ''), {place})"


def connect(
    ledger: Ledger | Path | str,
    *,
    period: Period | str | None = None,
    runs: Iterable[str] | None = None,
    cells: Cells | None = None,
) -> duckdb.DuckDBPyConnection:
    """Return a connection with the views ``footprints``, ``activity`` and ``cells``, the sums of parcels that are alike.

    Parameters
    ----------
    ledger : Ledger or path
    period : Period or str, optional
        Only parcels shipped in it; the whole ledger by default.
    runs : iterable of str, optional
        These runs instead of all that count; a restated run may be named, too.
    cells : Cells, optional
        Holds the cells of runs from question to question.

    Returns
    -------
    duckdb.DuckDBPyConnection
        In memory; the first two views have one more column, ``run``.

    Raises
    ------
    LedgerError
        If the ledger holds no run, or not the named one.
    """
    ledger = as_ledger(ledger)
    names = [ledger.run(run).run for run in runs] if runs is not None else [each.run for each in ledger.current()]
    if not names:
        raise no_run(ledger)
    connection = duckdb.connect(config=settings())
    for name_of, name in (("footprints", FOOTPRINTS), ("activity", ACTIVITY)):
        files = [literal_path(path) for run in names for path in _files(ledger, run, name)]
        try:
            found = connection.read_parquet(files, union_by_name=True, filename=True)
        except duckdb.Error as error:
            raise unreadable(ledger.folder, error) from error
        found = found.project(f"* EXCLUDE (filename), {_RUN_OF_FILE} AS run")
        if period is not None:
            found = found.filter(_within(name_of, Period.from_text(period)))
        found.create_view(name_of)
    view(connection)
    if cells is not None:
        wanted = Period.from_text(period) if period is not None else None
        cells.lay(connection, hashes_of(ledger, names), wanted, lambda missing: connect(ledger, runs=missing))
    return connection


def hashes_of(ledger: Ledger, runs: Iterable[str]) -> dict[str, str]:
    """Return runs with the hashes of their manifests, by which what was read of them is held."""
    return {run: sha256_of(ledger.file(run, NAME)) for run in runs}


def orders(
    connection: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    runs: Iterable[str],
    period: Period | None,
    cells: Cells | None = None,
) -> int:
    """Return how many orders have a parcel in a period: of what a connection sees, or from what is held of these runs."""
    if cells is not None:
        return cells.orders(hashes_of(ledger, runs), period, lambda names: connect(ledger, runs=names))
    # Grouping spills to the disk where a count of distinct texts would keep them all in memory.
    query = "SELECT count(*) FROM (SELECT order_id FROM footprints WHERE order_id IS NOT NULL GROUP BY ALL)"
    return connection.execute(query).fetchall()[0][0]


def no_run(ledger: Ledger) -> LedgerError:
    """Return the error of a ledger in which nothing counts."""
    return problem(ledger.folder, "the ledger holds no run", "run `carbon calculate ORDERS --ledger DIR` first")


def settings() -> dict[str, str]:
    """Return a query's settings: nothing is fetched, memory is bounded, and what does not fit goes to the system's temporary folder."""
    cores = os.cpu_count() or 1
    return {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "memory_limit": f"{_MEMORY_MB * max(cores, 2)}MB",
        # A name of its own: two processes that share a folder would take each other's files.
        "temp_directory": str(Path(tempfile.gettempdir()) / f"carbon-query-{uuid.uuid4().hex}"),
    }


def _files(ledger: Ledger, run: str, name: str) -> list[Path]:
    return ledger.footprint_files(run) if name == FOOTPRINTS else [ledger.file(run, name)]


def find(ledger: Source, text: str, *, period: Period | str | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Return the footprints of a parcel or order: the exact id, else the ids that begin with the text."""
    connection = _connection(ledger, period)
    text = text.strip()
    for condition in (
        "parcel_id = $text OR order_id = $text",
        "starts_with(parcel_id, $text) OR starts_with(order_id, $text)",
    ):
        found = rows_of(
            connection,
            f"SELECT * FROM footprints WHERE {condition} ORDER BY order_id, parcel_id LIMIT $limit",
            {"text": text, "limit": limit},
        )
        if found or not text:
            return found
    return []


def near_ids(connection: duckdb.DuckDBPyConnection, text: str, limit: int = 3) -> list[str]:
    """Return the order and parcel ids most like a text.

    Of ids that are alike, the first hundred times as many are looked at: an order of more parcels than that leaves fewer.
    """
    found = rows_of(
        connection,
        "SELECT DISTINCT id, likeness FROM (SELECT id, jaro_winkler_similarity(id, $text) AS likeness FROM "
        "(SELECT parcel_id AS id FROM footprints UNION ALL SELECT order_id FROM footprints WHERE order_id <> parcel_id) "
        "WHERE id IS NOT NULL ORDER BY likeness DESC, id LIMIT $many) ORDER BY likeness DESC, id LIMIT $limit",
        {"text": text, "limit": limit, "many": 100 * limit},
    )
    return [row["id"] for row in found]


def lanes(
    ledger: Source,
    *,
    period: Period | str | None = None,
    by: str = "region",
    limit: int = 20,
    stages: bool = False,
) -> pd.DataFrame:
    """Return the lanes with the most emissions.

    Parameters
    ----------
    by : "region" or "area"
        Whether destinations are regions, or postcode areas and cities.
    stages : bool
        Also one column a delivery stage [kg CO2e].

    Returns
    -------
    pandas.DataFrame
        origin (site, else region or area), destination, service, parcels, co2e_kg, kg_per_parcel.
    """
    place = {"region": "destination_region", "area": "destination"}[by]
    # Cells know regions alone.
    table, sums = ("cells", _SUMS) if by == "region" else ("footprints", _SUMS_OF_PARCELS)
    origin = _ORIGIN.format(place={"region": "origin_region", "area": "origin"}[by])
    more = "".join(f', sum("{stage_column(stage)}") AS "{stage}"' for stage in DELIVERY_STAGES) if stages else ""
    return _frame(
        _connection(ledger, period),
        f"SELECT {origin} AS origin, {place} AS destination, service, {sums}{more} FROM {table} "
        "GROUP BY ALL ORDER BY co2e_kg DESC, origin, destination, service LIMIT $limit",
        {"limit": limit},
    )


def trend(ledger: Source, *, period: Period | str | None = None) -> pd.DataFrame:
    """Return months by stages [kg CO2e]: month, parcels, one column a stage, total_kg (without product)."""
    sums = ", ".join(f'coalesce(sum("{stage_column(stage)}"), 0.0) AS "{stage}"' for stage in Stage)
    return _frame(
        _connection(ledger, period),
        f"SELECT month, {_COUNT} AS parcels, {sums}, sum({TOTAL}) AS total_kg FROM cells GROUP BY month ORDER BY month",
    )


def services(ledger: Source, *, period: Period | str | None = None) -> pd.DataFrame:
    """Return parcels and emissions by service, most first."""
    return _grouped(_connection(ledger, period), "service")


def packages(ledger: Source, *, period: Period | str | None = None) -> pd.DataFrame:
    """Return parcels and emissions by package, most first, with the packaging's own emissions."""
    return _grouped(
        _connection(ledger, period),
        "package",
        f"sum({stage_column(Stage.PACKAGING)} + {stage_column(Stage.END_OF_LIFE)}) AS packaging_kg, "
        "sum(packaging_mass_kg) AS packaging_mass_kg",
    )


def rejects(
    ledger: Ledger | Path | str, *, runs: Iterable[str] | None = None, limit: int | None = None
) -> pd.DataFrame:
    """Return refused rows of the runs that count; of erased files only the counts of the manifests are left."""
    ledger = as_ledger(ledger)
    names = list(runs) if runs is not None else [each.run for each in ledger.current()]
    columns = ["run", "row", "parcel_id", "column", "found", "reason", "mend"]
    files = [literal_path(path) for path in (ledger.rejects_file(run) for run in names) if path.is_file()]
    if not files:
        return pd.DataFrame(columns=columns)
    with duckdb.connect() as connection:
        found = connection.read_parquet(files, union_by_name=True, filename=True)
        found = found.project(
            "* EXCLUDE (filename), replace(parse_path(filename, 'both_slash')[-1], '.parquet', '') AS run"
        )
        found = found.order("run, row")
        return (found.limit(limit) if limit is not None else found).df()[columns]


def overlapping(manifests: Iterable[Manifest], period: Period | None) -> list[Manifest]:
    """Return the runs that may hold parcels of a period; a run without any parcel belongs to none."""
    manifests = list(manifests)
    if period is None:
        return manifests
    return [
        each
        for each in manifests
        if each.period.first_day is not None
        and each.period.first_day <= period.last_day
        and each.period.last_day >= period.first_day
    ]


def as_ledger(ledger: Ledger | Path | str) -> Ledger:
    """Return the ledger of a folder."""
    return ledger if isinstance(ledger, Ledger) else Ledger(ledger)


def rows_of(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Return a result as plain rows."""
    found = connection.execute(query, dict(parameters or {}))
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


_COUNT = "sum(parcels)::BIGINT"
_SUMS = f"{_COUNT} AS parcels, sum({TOTAL}) AS co2e_kg, sum({TOTAL}) / sum(parcels) AS kg_per_parcel"
_SUMS_OF_PARCELS = _SUMS.replace(_COUNT, "count(*)").replace("sum(parcels)", "count(*)")


def _grouped(connection: duckdb.DuckDBPyConnection, column: str, more: str = "") -> pd.DataFrame:
    tail = f", {more}" if more else ""
    return _frame(connection, f"SELECT {column}, {_SUMS}{tail} FROM cells GROUP BY ALL ORDER BY co2e_kg DESC, {column}")


def _frame(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    return connection.execute(query, dict(parameters or {})).df()


def _connection(source: Source, period: Period | str | None) -> duckdb.DuckDBPyConnection:
    if isinstance(source, duckdb.DuckDBPyConnection):
        return source
    return connect(source, period=period)


def _within(view: str, period: Period) -> duckdb.Expression:
    """A condition on days or months, made of values and not of text."""
    column, first, last = {
        "footprints": ("shipped_on", period.first_day, period.last_day),
        "activity": ("month", period.first_month, period.last_month),
    }[view]
    return duckdb.ColumnExpression(column).between(duckdb.ConstantExpression(first), duckdb.ConstantExpression(last))
