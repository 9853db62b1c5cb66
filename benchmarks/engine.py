"""The engine from a Parquet file to a written ledger, against DuckDB copying the same columns in the same run."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measure import Measure, Usage, run_module

_ORGANISATION = """\
name: Benchmark merchant
country: GB
defaults: {service: standard}
sites:
%(sites)s
packages:
%(packages)s
services:
  standard: &standard
    chain:
      - {stage: line_haul, vehicle: road.hgv.articulated_33t.average}
      - {stage: hubs, activity: hub.ambient.transshipment}
      - {stage: last_mile, vehicle: road.van.class_3.diesel}
  electric:
    chain:
      - {stage: line_haul, vehicle: road.hgv.articulated_33t.average, load: 0.7, empty_running: 0.2}
      - {stage: last_mile, vehicle: road.van.class_3.battery_electric}
  pickup:
    chain:
      - {stage: line_haul, vehicle: road.hgv.rigid_17t.average}
      - {stage: last_mile, vehicle: road.van.class_3.diesel, customer_trip: {distance: 5 km, car_share: 0.3}}
"""
_ZONES, _SITES, _PACKAGES, _CHUNK = 20_000, 10, 40, 500_000


def run(parcels: int, runs: int) -> list[Measure]:
    """Return times, memory and the ratio to the copy; goals hold for one million parcels on two cores."""
    with tempfile.TemporaryDirectory(prefix="carbon-benchmark-") as name:
        folder = Path(name)
        _write_merchant(folder)
        _write_orders(folder / "orders.parquet", parcels)
        ours: list[Usage] = []
        copies: list[Usage] = []
        for number in range(runs):
            ledger = folder / f"ledger{number}"
            ours.append(_calculate(folder, ledger))
            copies.append(_copy(folder, ledger))
        columns = _ledger_columns(folder / "ledger0")
    seconds, copy_seconds = (statistics.median(usage.seconds for usage in each) for each in (ours, copies))
    peak_mb = max(usage.peak_mb for usage in ours)
    at_goal_size = parcels == 1_000_000
    return [
        Measure("parcels", parcels, "1"),
        Measure("whole command", seconds, "s", "< 30 s at 1,000,000 parcels", seconds < 30 if at_goal_size else None),
        Measure("peak memory", peak_mb, "MB", "< 1,500 MB", peak_mb < 1500),
        Measure("rate", parcels / seconds, "parcels/s"),
        Measure("DuckDB copy of as many columns", copy_seconds, "s"),
        Measure("whole command over DuckDB copy", seconds / copy_seconds, "ratio"),
        Measure("footprint columns written", columns, "1"),
    ]


def _calculate(folder: Path, ledger: Path) -> Usage:
    return run_module(
        "-m",
        "carbon",
        "calculate",
        str(folder / "orders.parquet"),
        "--organisation",
        str(folder / "organisation.yaml"),
        "--places",
        str(folder / "places.csv"),
        "--ledger",
        str(ledger),
        "--json",
    )


def _copy(folder: Path, ledger: Path) -> Usage:
    """Copy the run's own footprint columns: what any engine must at least write, after reading the orders."""
    footprints = next(ledger.glob("runs/*/footprints.parquet"))
    script = (
        "import duckdb, sys; orders, footprints, out = sys.argv[1:]\n"
        "duckdb.sql(f\"SELECT count(parcel_id), sum(goods_mass_kg) FROM read_parquet('{orders}')\").fetchall()\n"
        "duckdb.sql(f\"COPY (SELECT * FROM read_parquet('{footprints}')) TO '{out}' (FORMAT parquet, COMPRESSION zstd)\")"
    )
    return run_module("-c", script, str(folder / "orders.parquet"), str(footprints), str(folder / "copy.parquet"))


def _ledger_columns(ledger: Path) -> int:
    return len(pq.read_schema(next(ledger.glob("runs/*/footprints.parquet"))).names)


def _write_merchant(folder: Path) -> None:
    sites = "\n".join(
        f"  site{i}: {{place: {{country: GB, latitude: {51.5 + i * 0.3}, longitude: {-2 + i * 0.2}}}}}"
        for i in range(_SITES)
    )
    packages = "\n".join(
        f"  box{i}: {{inner: {150 + 10 * i}x{120 + 8 * i}x{60 + 6 * i} mm, mass: {60 + 15 * i} g, recycled_content: 0.7}}"
        for i in range(_PACKAGES)
    )
    (folder / "organisation.yaml").write_text(_ORGANISATION % {"sites": sites, "packages": packages}, encoding="utf-8")
    draw = np.random.default_rng(1)
    zones = pa.table(
        {
            "country": ["GB"] * _ZONES,
            "postcode": [f"Z{i:05d}" for i in range(_ZONES)],
            "latitude": draw.uniform(50.5, 57.5, _ZONES),
            "longitude": draw.uniform(-4.5, 1.2, _ZONES),
        }
    )
    with duckdb.connect() as connection:
        connection.from_arrow(zones).write_csv(str(folder / "places.csv"))


def _write_orders(path: Path, parcels: int) -> None:
    draw = np.random.default_rng(2)
    writer = None
    for start in range(0, parcels, _CHUNK):
        count = min(_CHUNK, parcels - start)
        day = np.datetime64("2025-01-01") + draw.integers(0, 365, count)
        table = pa.table(
            {
                "parcel_id": pa.array([f"P{start + i:010d}" for i in range(count)]),
                "shipped_on": pa.array(day.astype("datetime64[D]")),
                "service": pa.array(draw.choice(["standard", "electric", "pickup"], count, p=[0.6, 0.25, 0.15])),
                "origin_site": pa.array([f"site{i}" for i in draw.integers(0, _SITES, count)]),
                "destination_country": pa.array(["GB"] * count),
                "destination_postcode": pa.array([f"Z{i:05d}" for i in draw.integers(0, _ZONES, count)]),
                "goods_mass_kg": draw.lognormal(0.1, 0.9, count).clip(0.02, 60),
                "goods_volume_m3": draw.lognormal(-5.6, 0.8, count).clip(1e-5, 0.5),
                "package": pa.array([f"box{i}" for i in draw.integers(0, _PACKAGES, count)]),
            }
        )
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    writer.close()
