"""A city with a satellite in its middle and the depot far out: vans come from there, bikes start at the satellite."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np

from carbon.optimise.rounds.problem import Network, Problem, Satellite, Stop, VehicleType

H = 3600.0
DEPOT, MICRO = 0, 1

VAN = VehicleType(
    "van", 3, DEPOT, DEPOT, 500.0, shift=(7 * H, 18 * H), carrier="fuel.diesel_blend", energy_unit="l", energy_per_km=0.1,
    energy_per_km_kg=0.00002, co2e_kg_per_energy=3.0, money_per_km=0.2, money_per_hour=18.0, money_per_use=40.0,
)  # fmt: skip
BIKE = VehicleType(
    "bike", 3, MICRO, MICRO, 120.0, profile=1, shift=(7 * H, 18 * H), carrier="electricity.grid", energy_unit="kWh",
    energy_per_km=0.02, co2e_kg_per_energy=0.2, money_per_hour=16.0, money_per_use=5.0, reload_at=(MICRO,), reload_s=600.0,
    most_rounds=3, range_km=60.0,
)  # fmt: skip
MICRO_HUB = Satellite(DEPOT, unloading_s=600.0, unloading_per_parcel_s=10.0)


def city(seed: int = 1, stops: int = 10, **changes: Any) -> Problem:
    """Return a day of stops around the satellite, 12 km from the depot as the crow flies; every third has a window."""
    draw = random.Random(seed)
    x = np.array([-12.0, 0.0, *(draw.uniform(-2.5, 2.5) for _ in range(stops))])
    y = np.array([0.0, 0.0, *(draw.uniform(-2.5, 2.5) for _ in range(stops))])
    metres = np.round(1300 * np.hypot(x[:, None] - x, y[:, None] - y))
    asked = tuple(
        Stop(
            f"s{number}",
            number + 2,
            delivery_kg=draw.uniform(1, 12),
            service_s=150.0,
            parcels=(f"P{number}",),
            windows=((11 * H, 13 * H),) if number % 3 == 0 else (),
        )
        for number in range(stops)
    )
    network = Network(
        52 + y / 111,
        x / 68,
        (None,) * (stops + 2),
        np.stack([metres, metres]),
        np.stack([metres / 8, metres / 4]),
        "drawn",
    )
    made = Problem(
        asked,
        (VAN, BIKE),
        network,
        depots={DEPOT: "main", MICRO: "micro"},
        currency="EUR",
        satellites={MICRO: MICRO_HUB},
    )
    return replace(made, **changes)
