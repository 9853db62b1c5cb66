"""A merchant with every kind of leg, package and site, and parcels drawn at random, for the laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from carbon.organisation import Organisation
from tests.engine.small import COVENTRY, HUB, LINE_HAUL, VAN, merchant
from tests.organisation.test_instruments import GOOD

RETURNS = {
    "reprocessing": "hub.ambient.transshipment",
    "package": "mailer",
    "write_off_share": 0.04,
    "write_off": "end_of_life.corrugated_board.landfill",
}
AIRPORTS = {
    "here": {"country": "GB", "latitude": 52.83, "longitude": -1.33},
    "there": {"country": "US", "latitude": 39.05, "longitude": -84.67},
}
AIR_CHAIN = [
    LINE_HAUL | {"to": "here"},
    {"stage": "line_haul", "vehicle": "air.long_haul.without_rf", "from": "here", "to": "there"},
    HUB | {"region": "US"},
    {"stage": "line_haul", "vehicle": "road.hgv.all.average", "from": "there", "region": "US"},
    {"stage": "last_mile", "vehicle": "road.van.average.unknown"},
]
DECLARED_METER = {
    "activity": "electricity.grid",
    "quantity": "500 kW*h",
    "from": "2025-01-01",
    "to": "2025-12-31",
    "outbound": {"parcels": 4000, "mass": "6 t", "volume_days": 900},
}
PLACES = {
    "GB": (51.51, -0.13),
    "DE": (52.52, 13.40),
    "FR": (48.86, 2.35),
    "US": (41.88, -87.63),
    "CN": (23.13, 113.26),
    "BR": (-23.55, -46.63),
}


def world(**changes: Any) -> Organisation:
    """Return a merchant whose parcels touch every model."""
    data: dict[str, Any] = {
        "places": AIRPORTS,
        "sites": {
            "coventry": {"place": COVENTRY, "energy": [DECLARED_METER]},
            "leipzig": {
                "place": {"country": "DE", "latitude": 51.4, "longitude": 12.25},
                "party": "carrier",
                "estimate": {"area": "900 m**2", "lighting": "led", "parcels_per_year": 50000},
            },
            "ningbo": {"place": {"country": "CN", "latitude": 29.87, "longitude": 121.55}, "party": "carrier"},
        },
        "instruments": {"wind": GOOD | {"quantity": "300 kW*h"}},
        "packages": {
            "box": {
                "inner": "350x250x180 mm",
                "mass": "262 g",
                "recycled_content": 0.7,
                "extras": [{"material": "pp", "mass": "2 g"}],
                "void_fill": {"material": "paper", "density": "12 kg/m**3", "recycled_content": 1.0},
            },
            "mailer": {"kind": "mailer", "inner": "450x350x70 mm", "material": "ldpe", "mass": "26 g"},
            "crate": {
                "inner": "360x260x190 mm",
                "material": "pp",
                "mass": "640 g",
                "reuse": {
                    "uses": 50,
                    "loss_rate": 0.03,
                    "return_vehicle": "road.van.class_3.diesel",
                    "return_distance": "60 km",
                    "washing": [{"activity": "electricity.grid", "quantity": "0.04 kW*h"}],
                },
            },
        },
        "services": {
            "road": {"chain": [LINE_HAUL, HUB, VAN], "returns": RETURNS},
            "laden": {
                "chain": [
                    {"stage": "line_haul", "vehicle": "road.hgv.rigid_17t", "load": 0.6, "empty_running": 0.2},
                    VAN,
                ]
            },
            "electric": {"chain": [LINE_HAUL, {"stage": "last_mile", "vehicle": "road.van.class_3.battery_electric"}]},
            "hydrogen": {
                "chain": [{"stage": "line_haul", "vehicle": "road.truck.hydrogen", "payload": "12 t", "load": 0.5}, VAN]
            },
            "volumetric": {
                "allocation": "volumetric",
                "volumetric_divisor": "5000 cm**3/kg",
                "chain": [LINE_HAUL, VAN],
            },
            "pickup": {
                "chain": [LINE_HAUL, VAN | {"failed_first_deliveries": 0, "customer_trip": {"parcels_per_trip": 1.2}}]
            },
            "reporting": {"chain": [LINE_HAUL, HUB, VAN], "reported": {"source": "carrier's letter"}, "party": "buyer"},
            "own": {
                "party": "own",
                "chain": [
                    {
                        "stage": "last_mile",
                        "party": "own",
                        "primary": True,
                        "energy": {"activity": "fuel.diesel_blend", "per_distance": "0.094 l/km"},
                    }
                ],
            },
            "air": {"chain": AIR_CHAIN},
        },
        "categories": {
            "rugs": {"activity": "product.spend.naics_314110"},
            "linen": {"activity": "product.spend.naics_314120"},
        },
    } | changes
    return merchant(**data)


def parcels(count: int = 240, seed: int = 1) -> pd.DataFrame:
    """Return parcels of all kinds; columns hold gaps, and none of them is a reject."""
    random = np.random.default_rng(seed)

    def some(values, share: float):
        return np.where(random.random(count) < share, values, None)

    services = list(world().services)
    countries = random.choice(list(PLACES), count)
    service = random.choice(services, count)
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(random.integers(0, 330, count), unit="D")
    rounds = random.integers(0, 8, count)
    table = pd.DataFrame(
        {
            "parcel_id": [f"P{n:05d}" for n in range(count)],
            "shipped_on": days.strftime("%Y-%m-%d"),
            "service": service,
            "origin_site": random.choice(["coventry", "leipzig", "ningbo"], count),
            "destination_country": countries,
            "destination_latitude": [PLACES[code][0] + random.normal(0, 0.2) for code in countries],
            "destination_longitude": [PLACES[code][1] + random.normal(0, 0.2) for code in countries],
            "goods_mass_kg": np.round(random.lognormal(0.2, 0.7, count), 3),
            "goods_volume_m3": np.round(random.lognormal(-5.2, 0.6, count), 6),
            "package": some(random.choice(["box", "mailer", "crate"], count), 0.9),
            "packaging_mass_kg": some(np.round(random.uniform(0.05, 0.6, count), 3), 0.3),
            "product_category": random.choice(["rugs", "linen"], count),
            "goods_value": np.round(random.lognormal(3.2, 0.6, count), 2),
            "currency": random.choice(["GBP", "EUR", "USD"], count),
            "product_co2e_kg": some(np.round(random.uniform(1, 9, count), 2), 0.2),
            "delivery_attempts": some(random.integers(1, 4, count), 0.3),
            "storage_days": random.integers(0, 60, count),
            "returned_on": some("2025-12-24", 0.15),
            "reported_co2e_kg": some(np.round(random.uniform(0.1, 0.9, count), 3), 0.5),
            "round_id": [f"R{n}" if kind == "own" and n < 6 else None for n, kind in zip(rounds, service, strict=True)],
        }
    )
    on_round = table["round_id"].notna()
    table.loc[on_round, "round_distance_km"] = 20.0 + table.loc[on_round, "round_id"].str[1:].astype(float)
    return table
