"""Whether two runs of the same orders give every parcel the same figures.

``python -m benchmarks.comparing ONE OTHER`` compares the newest runs of two ledgers.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

from carbon.ledger import Ledger
from carbon.ledger.files import literal_path


def largest_difference(one: Path, other: Path) -> dict[str, float]:
    """Compare the newest runs of two ledgers.

    Returns
    -------
    dict
        `parcels` found in both, and `largest_difference` of any figure in kg CO2e, relative to the larger of both.
    """
    with duckdb.connect() as connection:
        for name, folder in (("one", one), ("other", other)):
            ledger = Ledger(folder)
            files = [literal_path(path) for path in ledger.footprint_files(ledger.current()[-1].run)]
            connection.read_parquet(files).create_view(name)
        results = [name for name, *_ in connection.sql("DESCRIBE one").fetchall() if name.endswith("co2e_kg")]
        worst = ", ".join(
            f"max(abs(one.{name} - other.{name}) / nullif(greatest(abs(one.{name}), abs(other.{name})), 0))"
            for name in results
        )
        query = f"SELECT count(*), {worst} FROM one JOIN other ON one.parcel_id = other.parcel_id"
        parcels, *found = connection.sql(query).fetchall()[0]
    return {"parcels": parcels, "largest_difference": max(value or 0.0 for value in found)}


if __name__ == "__main__":
    print(json.dumps(largest_difference(Path(sys.argv[1]), Path(sys.argv[2]))))
