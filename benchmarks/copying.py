"""The yardstick: a plain DuckDB COPY from the orders to as many columns as a run writes.

``python -m benchmarks.copying FOLDER COMPRESSION`` reads all columns of ``orders.parquet`` and writes one Parquet file
with ``COPY ... (FORMAT parquet)``, otherwise with DuckDB's defaults: snappy (or the named compression), row groups of
122,880, rows in order, ``threads`` = cores. Against each column of the run's footprints stands one of the same kind:

- a text column gives the text column of the orders that it comes from (an id an id, a place its postcode area), or a
  constant where the run's is constant;
- a float column that differs from parcel to parcel gives the mass or volume times a number of its own; one of few
  values gives as many values by package; a constant one, or one without any value, gives a constant;
- the date gives the date, integers the row number or a constant.

So both write the same number of text, date, integer and float columns, of which as many are incompressible. The time
is that of the statement alone: neither the start of Python nor that of DuckDB is in it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import duckdb

from benchmarks.shape import Column, read_shape

#: Text columns of the footprints: what the copy takes for them.
_TEXTS = {
    "parcel_id": "parcel_id",
    "order_id": "parcel_id",
    "month": "origin_site",
    "service": "service",
    "package": "package",
    "site": "origin_site",
    "origin": "origin_site",
    "origin_region": "destination_country",
    "destination_region": "destination_country",
    "destination": "left(destination_postcode, 3)",
}
#: Every column of the orders; the copy must read them all.
READ = (
    "parcel_id",
    "shipped_on",
    "service",
    "origin_site",
    "destination_country",
    "destination_postcode",
    "goods_mass_kg",
    "goods_volume_m3",
    "package",
)


def select_list(columns: list[Column]) -> list[str]:
    """Return the expressions of the copy, one for each column."""
    chosen, floats = [], 0
    for column in columns:
        if column.kind == "text":
            text = "''" if column.constant and column.name not in _TEXTS else _TEXTS.get(column.name, "package")
        elif column.kind == "date":
            text = "shipped_on"
        elif column.constant:
            text = f"CAST(0 AS {column.type})"
        elif column.kind == "integer":
            number = "hash(package) % 2" if column.few else "file_row_number"
            text = f"CAST({number} AS {column.type})"
        elif column.few:
            text = f"CAST(hash(package) % {column.distinct} AS {column.type}) / 8"
        else:
            # Every sixth of the volume: both amounts of the orders are read, and every column has values of its own.
            floats += 1
            amount = "goods_volume_m3" if floats % 6 == 0 else "goods_mass_kg"
            text = f"CAST({amount} * (1 + {floats} / 1000.0) AS {column.type})"
        chosen.append(f'{text} AS "{column.name}"')
    return chosen


def copy(folder: Path, compression: str) -> float:
    """Copy the orders to ``copy.parquet``; return the seconds of the statement."""
    chosen = ", ".join(select_list(read_shape(folder)))
    with duckdb.connect() as connection:
        connection.execute(f"SET threads = {os.cpu_count() or 1}")
        orders = f"read_parquet('{folder / 'orders.parquet'}', file_row_number = true)"
        options = "FORMAT parquet" + (f", COMPRESSION {compression}" if compression != "default" else "")
        started = time.perf_counter()
        connection.execute(f"COPY (SELECT {chosen} FROM {orders}) TO '{folder / 'copy.parquet'}' ({options})")
        return time.perf_counter() - started


if __name__ == "__main__":
    print(json.dumps({"seconds": copy(Path(sys.argv[1]), sys.argv[2])}))
