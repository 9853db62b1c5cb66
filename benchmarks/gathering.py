"""The lower limit: what numpy needs to read the orders, gather coefficients, and write as many columns.

``python -m benchmarks.gathering FOLDER`` checks nothing, knows every lane's distance beforehand, and writes parts
encoded as the ledger's are, on all cores. No engine that writes these columns with pyarrow can be much faster.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.merging import geodesics_km
from benchmarks.shape import Column, read_shape

_ROWS = 131_072
_KEYS = ["service", "origin_site", "destination_postcode", "package"]


class Gathering:
    """Coefficients by code, and the columns to write."""

    def __init__(self, folder: Path):
        self._folder, self._columns = folder, read_shape(folder)
        tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in ("packages", "services", "sites")}
        zones = pd.read_csv(folder / "places.csv", usecols=["postcode", "latitude", "longitude"])
        self._words = {
            "service": pa.array(tables["services"].pop("service")).cast(pa.string()),
            "origin_site": pa.array(tables["sites"]["origin_site"]).cast(pa.string()),
            "destination_postcode": pa.array(zones["postcode"]).cast(pa.string()),
            "package": pa.array(tables["packages"].pop("package")).cast(pa.string()),
        }
        self._by_service, self._by_package = tables["services"], tables["packages"]
        lanes = tables["sites"].merge(zones, how="cross")
        self._lane_km = geodesics_km(lanes).reshape(len(tables["sites"]), len(zones))

    def run(self) -> None:
        """Read, gather and write all parts."""
        (self._folder / "parts").mkdir()
        orders = pq.ParquetFile(self._folder / "orders.parquet", read_dictionary=_KEYS)
        waiting: deque = deque()
        workers = os.cpu_count() or 1
        with ThreadPoolExecutor(workers) as pool:
            for number, batch in enumerate(orders.iter_batches(_ROWS)):
                waiting.append(pool.submit(self._part, number, batch))
                if len(waiting) > workers:
                    waiting.popleft().result()
            for each in waiting:
                each.result()

    def _part(self, number: int, batch: pa.RecordBatch) -> None:
        codes = {key: self._codes(batch.column(key), key) for key in _KEYS}
        package = {name: values.to_numpy()[codes["package"]] for name, values in self._by_package.items()}
        service = {name: values.to_numpy()[codes["service"]] for name, values in self._by_service.items()}
        gross_mass_kg = batch.column("goods_mass_kg").to_numpy() + package["packaging_mass_kg"]
        km = self._lane_km[codes["origin_site"], codes["destination_postcode"]]
        line_haul = gross_mass_kg * km * service["line_haul_co2e_kg_per_kg_km"]
        hubs = gross_mass_kg * service["hubs_co2e_kg_per_kg"]
        total = line_haul + hubs + service["last_mile_co2e_kg"]
        total += package["packaging_co2e_kg"] + package["end_of_life_co2e_kg"]
        floats = [gross_mass_kg, km, line_haul, hubs, total]
        arrays = {column.name: self._array(column, batch, floats) for column in self._columns}
        texts = [name for name, array in arrays.items() if pa.types.is_dictionary(array.type)]
        pq.write_table(
            pa.table(arrays),
            self._folder / "parts" / f"part-{number:05d}.parquet",
            row_group_size=_ROWS,
            compression="zstd",
            compression_level=1,
            use_dictionary=texts or False,
        )

    def _codes(self, column: pa.DictionaryArray, key: str) -> np.ndarray:
        found = pa.compute.index_in(column.dictionary, value_set=self._words[key]).to_numpy()
        return found[column.indices.to_numpy()]

    @staticmethod
    def _array(column: Column, batch: pa.RecordBatch, floats: list[np.ndarray]) -> pa.Array:
        if column.kind == "date":
            return batch.column("shipped_on")
        if column.kind == "text":
            named = {"parcel_id": "parcel_id", "order_id": "parcel_id", "site": "origin_site", "origin": "origin_site"}
            return batch.column(named.get(column.name, column.name if column.name in _KEYS else "service"))
        if column.kind == "integer":
            return pa.array(np.arange(len(batch)) if not column.few else np.zeros(len(batch), dtype=np.int32))
        if column.few:
            return pa.array(np.zeros(len(batch)))
        floats.append(floats.pop(0))
        return pa.array(floats[-1])


if __name__ == "__main__":
    started = time.perf_counter()
    Gathering(Path(sys.argv[1])).run()
    print(json.dumps({"seconds": time.perf_counter() - started}))
