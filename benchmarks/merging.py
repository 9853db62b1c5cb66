"""The usual way: a pandas pipeline that merges tables and computes five stage sums, and nothing else.

``python -m benchmarks.merging FOLDER [--lean]`` reads ``orders.parquet``, merges zones, sites, packages and services,
computes distances and the five stages of each parcel as columns, and prints their sums. It checks nothing, keeps
neither ranges nor parts (WTT, TTW) nor activity, and writes nothing.

The plain pipeline reads the file as it is and takes the same geodesics as `carbon`, so that both must arrive at the
same sums; what it takes to import them from there is printed, too, and is not the pipeline's own. The lean one is the
fastest we could make: it reads only the five columns it needs, keys as categoricals, and takes great circles on a
sphere.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

_KEYS = ["service", "origin_site", "destination_postcode", "package"]
_ENDS = ("site_latitude", "site_longitude", "latitude", "longitude")
_EARTH_RADIUS_KM = 6371.0088


def merged(folder: Path, lean: bool) -> pd.DataFrame:
    """Return the orders with everything that is known of their zone, site, package and service."""
    path = folder / "orders.parquet"
    if lean:
        orders = pd.read_parquet(path, columns=[*_KEYS, "goods_mass_kg"], read_dictionary=_KEYS)
    else:
        orders = pd.read_parquet(path)
    zones = pd.read_csv(folder / "places.csv", usecols=["postcode", "latitude", "longitude"])
    tables = {
        "destination_postcode": zones.rename(columns={"postcode": "destination_postcode"}),
        "origin_site": pd.read_parquet(folder / "sites.parquet"),
        "package": pd.read_parquet(folder / "packages.parquet"),
        "service": pd.read_parquet(folder / "services.parquet"),
    }
    for key, table in tables.items():
        if lean:  # only equal categories are merged by their codes
            table = table[table[key].isin(orders[key].cat.categories)].astype({key: orders[key].dtype})
        orders = orders.merge(table, on=key, how="left")
    return orders


def geodesics_km(table: pd.DataFrame) -> np.ndarray:
    """Return the distance from site to zone on the ellipsoid [km]."""
    from carbon.orders.distance import great_circle_km

    return great_circle_km(*(table[name] for name in _ENDS))


def great_circles_km(table: pd.DataFrame) -> pd.Series:
    """Return the distance from site to zone on a sphere [km]."""
    latitude_1, longitude_1, latitude_2, longitude_2 = (np.radians(table[name]) for name in _ENDS)
    chord = np.sin((latitude_2 - latitude_1) / 2) ** 2
    chord += np.cos(latitude_1) * np.cos(latitude_2) * np.sin((longitude_2 - longitude_1) / 2) ** 2
    return 2 * _EARTH_RADIUS_KM * np.arcsin(np.sqrt(chord))


def stages_kg(folder: Path, lean: bool) -> dict[str, float]:
    """Return the sums of the five stages [kg CO2e]."""
    orders = merged(folder, lean)
    orders["distance_km"] = (great_circles_km if lean else geodesics_km)(orders)
    gross_mass_kg = orders["goods_mass_kg"] + orders["packaging_mass_kg"]
    orders["line_haul_co2e_kg"] = gross_mass_kg * orders["distance_km"] * orders["line_haul_co2e_kg_per_kg_km"]
    orders["hubs_co2e_kg"] = gross_mass_kg * orders["hubs_co2e_kg_per_kg"]
    stages = ("packaging", "line_haul", "hubs", "last_mile", "end_of_life")
    return {stage: float(orders[f"{stage}_co2e_kg"].sum()) for stage in stages}


def import_geodesics() -> dict[str, float]:
    """Import what `geodesics_km` needs; return the seconds and megabytes this takes."""
    started, before_kb = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    import carbon.orders.distance  # noqa: F401

    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb
    return {"import_s": time.perf_counter() - started, "import_mb": grown_kb / 1024}


def main() -> None:
    """Run the pipeline that the command line names."""
    lean = "--lean" in sys.argv
    said = {"import_s": 0.0, "import_mb": 0.0} if lean else import_geodesics()
    print(json.dumps(said | {"stages_kg": stages_kg(Path(sys.argv[1]), lean)}))


if __name__ == "__main__":
    main()
