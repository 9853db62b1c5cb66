"""A shop with cartons, mailer, reusable box and prices, and what it is to pack."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from carbon.optimise.packing import pack
from carbon.optimise.summary import Packing
from carbon.organisation import Organisation
from tests.engine.small import COVENTRY, HUB, LINE_HAUL, VAN, merchant, orders, parcel

FILL = {"material": "paper", "density": "12 kg/m**3", "recycled_content": 1.0}
PACKAGES: dict[str, dict[str, Any]] = {
    "small": {"inner": "250x180x100 mm", "mass": "118 g", "void_fill": FILL, "max_load": "8 kg"},
    "medium": {"inner": "350x250x180 mm", "mass": "262 g", "void_fill": FILL, "max_load": "15 kg"},
    "large": {"inner": "450x350x300 mm", "mass": "560 g", "void_fill": FILL, "max_load": "25 kg"},
    "mailer": {"kind": "mailer", "inner": "450x350x70 mm", "material": "ldpe", "mass": "26 g", "max_load": "5 kg"},
}
OWN = {"own": {"kind": "own_container", "mass": "0 g", "extras": [{"material": "paper", "mass": "3 g"}]}}
REUSABLE = {
    "round_box": {
        "inner": "360x260x190 mm", "material": "pp", "mass": "640 g",
        "reuse": {"uses": 50, "loss_rate": 0.02, "return_vehicle": "road.van.class_3.diesel", "return_distance": "60 km"},
    }
}  # fmt: skip
#: Cost of each package and a tariff by band.
PRICES = {"small": "0.24 GBP", "medium": "0.46 GBP", "large": "0.88 GBP", "mailer": "0.11 GBP"}
TARIFF = {"bands": [{"up_to": "2 kg", "price": "2.95 GBP"}, {"up_to": "30 kg", "price": "5.90 GBP"}]}


def shop(packages: dict[str, Any] | None = None, service: dict[str, Any] | None = None, **changes: Any) -> Organisation:
    """Return a merchant without metered sites, so that no parcel's figure depends on how many there are."""
    road = {"chain": [LINE_HAUL, HUB, VAN], **(service or {})}
    whole = {"sites": {"coventry": {"place": COVENTRY}}, "services": {"road": road}}
    return merchant(packages=packages or PACKAGES, **(whole | changes))


def priced(packages: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return packages with costs."""
    return {key: {**each, "cost": PRICES.get(key, "0.30 GBP")} for key, each in (packages or PACKAGES).items()}


def item(order: str = "P1", **values: Any) -> dict[str, Any]:
    """Return one row of items: a piece of 300 x 200 x 60 mm and 0.9 kg."""
    row = {"parcel_id": order, "sku": "A", "quantity": 1, "unit_mass_kg": 0.9}
    return row | {"length_m": 0.3, "width_m": 0.2, "height_m": 0.06} | values


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write rows as CSV; what a row lacks is empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    return path


def packed(
    folder: Path,
    items: list[dict[str, Any]],
    rows: list[dict[str, Any]] | None = None,
    organisation=None,
    **options: Any,
) -> tuple[Packing, dict[str, Any]]:
    """Pack, and return the summary and the plan."""
    rows = rows or [parcel(name, package="large") for name in dict.fromkeys(each["parcel_id"] for each in items)]
    done = pack(
        orders(*rows), write(folder / "items.csv", items), organisation or shop(), folder / "packed.csv",
        plan=folder / "plan.json", rejects_file=folder / "rejects.csv", **options,
    )  # fmt: skip
    return done, json.loads((folder / "plan.json").read_text(encoding="utf-8"))


def read(path: Path) -> list[dict[str, str]]:
    """Read a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
