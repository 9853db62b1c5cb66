"""Orders of the sample merchant for a ledger of any size, the same in every run.

``python -m benchmarks.app_data FOLDER PARCELS`` writes ``organisation.yaml``, ``places.csv`` and ``orders.parquet``. The merchant is
the one of ``carbon init``, so that every page of the app has something to show: sites with meters, carriers, returns, measures, a
checkout. A year of some parcels is drawn and repeated with new ids, rounds, masses, volumes and values; parcels to Great Britain
go to one of 3,000 postcode areas. Meter readings and revenue grow with the parcels.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from carbon.sample import write_sample

_DRAWN, AREAS = 20_000, 3_000
#: That are made at a time.
_COPIES = 25
#: A number between 0 and 1 that a parcel has of its own.
_CHANCE = "((hash(parcel_id, copy, {salt}) % 1000003) / 1000003)"
_AT_HOME = "destination_country = 'GB' AND destination_latitude = '' AND service <> 'gb_cargo_bike'"
_ORDERS = f"""
SELECT
    parcel_id || '-' || copy AS parcel_id, order_id || '-' || copy AS order_id, shipped_on::DATE AS shipped_on,
    service, origin_site, destination_country,
    CASE WHEN {_AT_HOME} THEN format('Z{{:04d}}1AA', hash(order_id, copy) % {AREAS}) END AS destination_postcode,
    CASE WHEN {_AT_HOME} THEN NULL ELSE destination_city END AS destination_city,
    nullif(destination_latitude, '')::DOUBLE AS destination_latitude,
    nullif(destination_longitude, '')::DOUBLE AS destination_longitude,
    round(nullif(goods_mass_kg, '')::DOUBLE * (0.5 + {_CHANCE.format(salt=1)}), 3) + 0.001 AS goods_mass_kg,
    round(nullif(goods_volume_m3, '')::DOUBLE * (0.5 + 0.5 * {_CHANCE.format(salt=2)}), 5) + 0.00001 AS goods_volume_m3,
    nullif(package, '') AS package, nullif(item_count, '')::INTEGER AS item_count,
    nullif(product_category, '') AS product_category,
    round(nullif(goods_value, '')::DOUBLE * (0.5 + {_CHANCE.format(salt=3)}), 2) + 0.01 AS goods_value, currency,
    nullif(delivery_attempts, '')::INTEGER AS delivery_attempts,
    nullif(round_id, '') || '-' || copy AS round_id, nullif(round_distance_km, '')::DOUBLE AS round_distance_km,
    nullif(storage_days, '')::INTEGER AS storage_days, nullif(returned_on, '')::DATE AS returned_on
FROM drawn, (SELECT range AS copy FROM range($first, $beyond))
ORDER BY copy, number LIMIT $most
"""
#: What the sample has wrong on purpose, and the second parcel of an id.
_RIGHT = """
SELECT *, row_number() OVER () AS number FROM read_csv($file, all_varchar = true, nullstr = '\\N')
WHERE try_cast(shipped_on AS DATE) IS NOT NULL AND length(destination_country) = 2 AND service <> 'gb_drone'
    AND destination_city NOT LIKE '=%' AND coalesce(try_cast(nullif(goods_mass_kg, '') AS DOUBLE), 1) BETWEEN 0 AND 1000
QUALIFY row_number() OVER (PARTITION BY parcel_id ORDER BY shipped_on) = 1
"""


def write_merchant(folder: Path, parcels: int) -> None:
    """Write the orders, the places and an organisation file for so many parcels."""
    drawn, _, organisation = write_sample(folder / "drawn", parcels=_DRAWN)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE drawn AS {_RIGHT}", {"file": str(drawn)})
        [(rows,)] = connection.execute("SELECT count(*) FROM drawn").fetchall()
        writer = None
        for first in range(0, -(-parcels // rows), _COPIES):
            part = {"first": first, "beyond": first + _COPIES, "most": min(_COPIES * rows, parcels - first * rows)}
            table = connection.sql(_ORDERS, params=part).to_arrow_table()
            writer = writer or pq.ParquetWriter(folder / "orders.parquet", table.schema)
            writer.write_table(table)
        writer.close()
    text = organisation.read_text(encoding="utf-8")
    (folder / "organisation.yaml").write_text(_grown(text, parcels / rows), encoding="utf-8")
    _write_places(folder / "places.csv")


def _grown(text: str, times: float) -> str:
    """Return an organisation file whose meters, parcels they stand for, and revenue are so many times as large."""

    def larger(found: re.Match) -> str:
        return f"{found[1]}{float(found[2]) * times:.1f}"

    text = re.sub(r"( quantity: )([\d.]+)(?=.*outbound)", larger, text)
    text = re.sub(r"(outbound: \{parcels: )(\d+)", lambda each: f"{each[1]}{max(1, round(int(each[2]) * times))}", text)
    return re.sub(r"(?m)^(  2025: )(\d+)(?= GBP$)", larger, text)


def _write_places(path: Path) -> None:
    draw = np.random.default_rng(1)
    areas = {
        "country": pa.array(["GB"] * AREAS),
        "postcode": pa.array([f"Z{number:04d}1AA" for number in range(AREAS)]),
        "latitude": draw.uniform(50.5, 57.5, AREAS),
        "longitude": draw.uniform(-4.5, 1.2, AREAS),
    }
    pyarrow.csv.write_csv(pa.table(areas), path)


def main() -> None:
    """Write what the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("parcels", type=int)
    given = parser.parse_args()
    write_merchant(given.folder, given.parcels)


if __name__ == "__main__":
    main()
