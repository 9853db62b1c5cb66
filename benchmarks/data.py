"""A merchant, a places file and orders to measure with, the same in every run.

``python -m benchmarks.data FOLDER PARCELS`` writes ``organisation.yaml``, ``places.csv`` and ``orders.parquet``: 20,000
destination zones, 10 sites, 3 services, 40 packages. ``--marketplace`` writes ``marketplace.parquet`` instead: the same
parcels, but each from a seller's to a buyer's own coordinates and postcode, so that there are as many lanes as parcels.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

ZONES, SITES, PACKAGES = 20_000, 10, 40
SERVICES = ("standard", "electric", "pickup")
_CHUNK = 500_000

_ORGANISATION = """\
name: Benchmark merchant
country: GB
defaults: {service: standard}
sites:
%(sites)s
packages:
%(packages)s
services:
  standard:
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


def site_place(number: int) -> tuple[float, float]:
    """Return latitude and longitude [degree] of a site."""
    return 51.5 + number * 0.3, -2 + number * 0.2


def write_merchant(folder: Path) -> None:
    """Write ``organisation.yaml`` and ``places.csv``."""
    sites = "\n".join(
        f"  site{number}: {{place: {{country: GB, latitude: {latitude}, longitude: {longitude}}}}}"
        for number, (latitude, longitude) in enumerate(map(site_place, range(SITES)))
    )
    packages = "\n".join(
        f"  box{i}: {{inner: {150 + 10 * i}x{120 + 8 * i}x{60 + 6 * i} mm, mass: {60 + 15 * i} g, recycled_content: 0.7}}"
        for i in range(PACKAGES)
    )
    (folder / "organisation.yaml").write_text(_ORGANISATION % {"sites": sites, "packages": packages}, encoding="utf-8")
    draw = np.random.default_rng(1)
    zones = {
        "country": pa.array(["GB"] * ZONES),
        "postcode": pa.array([f"Z{number:05d}" for number in range(ZONES)]),
        "latitude": draw.uniform(50.5, 57.5, ZONES),
        "longitude": draw.uniform(-4.5, 1.2, ZONES),
    }
    pyarrow.csv.write_csv(pa.table(zones), folder / "places.csv")


def write_orders(path: Path, parcels: int) -> None:
    """Write orders whose parcels go from a site to a zone."""
    zones = pa.array([f"Z{number:05d}" for number in range(ZONES)])
    sites = pa.array([f"site{number}" for number in range(SITES)])

    def lanes(draw: np.random.Generator, first: int, count: int) -> dict[str, pa.Array]:
        return {
            "origin_site": _drawn(draw, sites, count),
            "destination_country": _same("GB", count),
            "destination_postcode": _drawn(draw, zones, count),
        }

    _write(path, parcels, lanes)


def write_marketplace(path: Path, parcels: int) -> None:
    """Write orders of which no two parcels share a place."""

    def lanes(draw: np.random.Generator, first: int, count: int) -> dict[str, pa.Array]:
        numbers = np.arange(first, first + count)
        return {
            "origin_country": _same("GB", count),
            "origin_postcode": _numbered("S", numbers),
            "origin_latitude": pa.array(draw.uniform(50.5, 57.5, count)),
            "origin_longitude": pa.array(draw.uniform(-4.5, 1.2, count)),
            "destination_country": _same("GB", count),
            "destination_postcode": _numbered("B", numbers),
            "destination_latitude": pa.array(draw.uniform(50.5, 57.5, count)),
            "destination_longitude": pa.array(draw.uniform(-4.5, 1.2, count)),
        }

    _write(path, parcels, lanes)


def _write(path: Path, parcels: int, lanes: Callable[[np.random.Generator, int, int], dict[str, pa.Array]]) -> None:
    draw, writer = np.random.default_rng(2), None
    packages = pa.array([f"box{number}" for number in range(PACKAGES)])
    for first in range(0, parcels, _CHUNK):
        count = min(_CHUNK, parcels - first)
        day = np.datetime64("2025-01-01") + draw.integers(0, 365, count)
        columns = {
            "parcel_id": _numbered("P", np.arange(first, first + count)),
            "shipped_on": pa.array(day.astype("datetime64[D]")),
            "service": _drawn(draw, pa.array(SERVICES), count, [0.6, 0.25, 0.15]),
            **lanes(draw, first, count),
            "goods_mass_kg": pa.array(draw.lognormal(0.1, 0.9, count).clip(0.02, 60)),
            "goods_volume_m3": pa.array(draw.lognormal(-5.6, 0.8, count).clip(1e-5, 0.5)),
            "package": _drawn(draw, packages, count),
        }
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    writer.close()


def _drawn(draw: np.random.Generator, words: pa.Array, count: int, p: list[float] | None = None) -> pa.Array:
    return words.take(pa.array(draw.choice(len(words), count, p=p)))


def _same(word: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(word), count)


def _numbered(letter: str, numbers: np.ndarray) -> pa.Array:
    """Return texts of one length, such as P1000000042."""
    return pc.binary_join_element_wise(letter, pa.array(numbers + 10**9).cast(pa.string()), "")


def main() -> None:
    """Write what the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("parcels", type=int)
    parser.add_argument("--marketplace", action="store_true")
    given = parser.parse_args()
    write_merchant(given.folder)
    if given.marketplace:
        write_marketplace(given.folder / "marketplace.parquet", given.parcels)
    else:
        write_orders(given.folder / "orders.parquet", given.parcels)


if __name__ == "__main__":
    main()
