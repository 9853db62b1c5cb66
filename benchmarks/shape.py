"""What a run wrote, column by column, and what each package and service costs in it: what the peers need.

``python -m benchmarks.shape LEDGER FOLDER`` writes ``shape.json``, ``packages.parquet`` and ``services.parquet`` into
FOLDER and prints the number of columns and the stage sums of the run.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.data import SITES, site_place
from carbon.ledger import Ledger
from carbon.ledger.query import connect

#: The five stages that the pandas pipeline computes.
STAGES = ("packaging", "line_haul", "hubs", "last_mile", "end_of_life")

_SAMPLE = 200_000
_FEW = 1_000


@dataclass(frozen=True)
class Column:
    """A column of the footprints.

    Attributes
    ----------
    kind : str
        text, date, integer or float.
    type : str
        DuckDB's name of its type.
    distinct : int
        Number of different values among the first 200,000 parcels, about.
    """

    name: str
    kind: str
    type: str
    distinct: int

    @property
    def constant(self) -> bool:
        """Whether all parcels have the same value, or none."""
        return self.distinct <= 1

    @property
    def few(self) -> bool:
        """Whether there are so few values that any Parquet writer makes a dictionary of them."""
        return self.distinct <= _FEW


def read_shape(folder: Path) -> list[Column]:
    """Return the columns that `main` has found."""
    return [Column(**each) for each in json.loads((folder / "shape.json").read_text(encoding="utf-8"))]


def columns_of(connection: duckdb.DuckDBPyConnection) -> list[Column]:
    """Return the columns of the view ``footprints``, without ``run``, which no file has."""
    found = connection.sql(f"SUMMARIZE SELECT * EXCLUDE (run) FROM footprints LIMIT {_SAMPLE}")
    columns = []
    for name, kind, least, most, distinct in found.project(
        "column_name, column_type, min, max, approx_unique"
    ).fetchall():
        columns.append(Column(name, _kind(kind), kind, 1 if least == most else int(distinct)))
    return columns


def _kind(duckdb_type: str) -> str:
    if duckdb_type in ("DOUBLE", "FLOAT"):
        return "float"
    if duckdb_type == "DATE":
        return "date"
    return "text" if duckdb_type == "VARCHAR" or duckdb_type.startswith("ENUM") else "integer"


def write_tables(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write what an analyst would have as tables: kg by package, kg by service per kg and kg*km, sites.

    They are taken from the run itself, so that the pandas pipeline must arrive at the run's own sums.
    """
    connection.sql(
        "SELECT package, avg(packaging_mass_kg) AS packaging_mass_kg, avg(packaging_co2e_kg) AS packaging_co2e_kg, "
        "avg(end_of_life_co2e_kg) AS end_of_life_co2e_kg FROM footprints GROUP BY package ORDER BY package"
    ).write_parquet(str(folder / "packages.parquet"))
    connection.sql(
        "SELECT service, sum(line_haul_co2e_kg) / sum(gross_mass_kg * leg1_km) AS line_haul_co2e_kg_per_kg_km, "
        "sum(hubs_co2e_kg) / sum(gross_mass_kg) AS hubs_co2e_kg_per_kg, avg(last_mile_co2e_kg) AS last_mile_co2e_kg "
        "FROM footprints GROUP BY service ORDER BY service"
    ).write_parquet(str(folder / "services.parquet"))
    places = [site_place(number) for number in range(SITES)]
    sites = {
        "origin_site": [f"site{number}" for number in range(SITES)],
        "site_latitude": [latitude for latitude, _ in places],
        "site_longitude": [longitude for _, longitude in places],
    }
    pq.write_table(pa.table(sites), folder / "sites.parquet")


def main() -> None:
    """Write the shape of the newest run of a ledger."""
    ledger, folder = Path(sys.argv[1]), Path(sys.argv[2])
    with connect(Ledger(ledger)) as connection:
        columns = columns_of(connection)
        (folder / "shape.json").write_text(json.dumps([asdict(column) for column in columns]), encoding="utf-8")
        write_tables(connection, folder)
        sums = ", ".join(f"sum({stage}_co2e_kg)" for stage in STAGES)
        totals_kg = connection.sql(f"SELECT {sums} FROM footprints").fetchall()[0]
    said = {
        "columns_written": len(columns),
        "columns_read": len(pq.read_schema(folder / "orders.parquet").names),
        "footprint_bytes": sum(path.stat().st_size for path in Path(ledger).rglob("*") if path.is_file()),
        "stages_kg": dict(zip(STAGES, totals_kg, strict=True)),
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
