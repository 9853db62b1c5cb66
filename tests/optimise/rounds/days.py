"""Days for the tests of planned rounds: drawn, small, with everything a problem can have."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np

from carbon.optimise.rounds.problem import Break, Network, Problem, Stop, Traffic, VehicleType

H = 3600.0


def line(places_km, speed_kmh=36.0):
    """Return a network on a straight road."""
    x = np.array(places_km, dtype=float)
    metres = 1000 * np.abs(x[:, None] - x)
    nowhere = np.full(len(x), np.nan)
    return Network(nowhere, nowhere, (None,) * len(x), metres[None], metres[None] / (speed_kmh / 3.6), "line")


def van(**changes):
    """Return a vehicle with round figures."""
    base = VehicleType(
        "van", 2, 0, 0, 100.0, shift=(8 * H, 18 * H), energy_per_km=0.2, energy_per_km_kg=0.001, co2e_kg_per_energy=3.0,
        co2e_kg_per_use=1.0, money_per_km=0.5, money_per_hour=20.0, money_per_use=10.0, money_per_energy=2.0,
    )  # fmt: skip
    return replace(base, **changes)


def rich(seed: int, stops: int = 10) -> Problem:
    """Return a day with windows, skills, zones, collections, prizes, reloads, two depots, rests and traffic."""
    draw = random.Random(seed)
    nodes = stops + 2
    x, y = (np.array([draw.uniform(0, 20) for _ in range(nodes)]) for _ in range(2))
    metres = np.round(1300 * np.hypot(x[:, None] - x, y[:, None] - y))
    zone = tuple(draw.choice(["in", "out", None]) for _ in range(nodes))
    asked = []
    for number in range(stops):
        opens = draw.uniform(8, 12) * H
        windows = draw.choice(
            [(), ((opens, opens + 1.5 * H),), ((opens, opens + H), (opens + 2.5 * H, opens + 3.5 * H))]
        )
        asked.append(
            Stop(
                f"s{number}",
                number + 2,
                delivery_kg=draw.uniform(1, 40),
                delivery_m3=draw.uniform(0.01, 0.2),
                collection_kg=draw.choice([0.0, 0.0, draw.uniform(1, 20)]),
                windows=windows,
                service_s=draw.uniform(60, 400),
                ready_s=draw.choice([0.0, 0.0, 8.5 * H]),
                prize_money=draw.choice([None, None, None, 5.0]),
                skills=frozenset(["lift"]) if draw.random() < 0.2 else frozenset(),
                zone=zone[number + 2],
                depot=draw.choice([None, None, 0, 1]),
            )
        )
    rush = tuple(1.6 if hour in (8, 9, 16, 17) else 1.0 for hour in range(24))
    fleet = (
        van(id="diesel", count=3, range_km=120.0, rest=Break(0.5 * H, 11 * H, 13 * H), skills=frozenset(["lift"]),
            reload_at=(0,), reload_s=600.0, most_rounds=3, volume_m3=1.0),
        van(id="bike", count=3, start=1, end=1, payload_kg=60.0, range_km=40.0, speed=(0.8,) * 24, longest_s=5 * H,
            energy_per_km=0.02, waiting_is_paid=False, reload_at=(1,), reload_s=300.0, recharges=True, most_rounds=2),
        van(id="electric", count=2, start=1, end=1, co2e_kg_per_energy=0.4, forbidden_zones=frozenset(["out"]),
            skills=frozenset(["lift"])),
    )  # fmt: skip
    network = Network(x, y, zone, metres[None], metres[None] / 8, "drawn")
    traffic = Traffic({"": rush, "in": tuple(1.2 * each for each in rush)})
    return Problem(tuple(asked), fleet, network, traffic, {0: "a", 1: "b"}, "EUR")


def plain(seed: int, stops: int = 12) -> Problem:
    """Return a day with windows and two vehicle types, whose best plan short searches find."""
    draw = random.Random(seed)
    x, y = (np.array([draw.uniform(0, 10) for _ in range(stops + 1)]) for _ in range(2))
    metres = np.round(1300 * np.hypot(x[:, None] - x, y[:, None] - y))
    asked = []
    for number in range(stops):
        opens = draw.uniform(8, 14) * H
        windows = ((opens, opens + 2 * H),) if draw.random() < 0.5 else ()
        asked.append(Stop(f"s{number}", number + 1, delivery_kg=draw.uniform(1, 20), windows=windows, service_s=200.0))
    fleet = (
        van(count=2),
        van(id="bike", count=2, payload_kg=50.0, energy_per_km=0.02, range_km=40.0, co2e_kg_per_use=0.2),
    )
    nowhere = np.full(stops + 1, np.nan)
    network = Network(nowhere, nowhere, (None,) * (stops + 1), metres[None], metres[None] / 7, "drawn")
    return Problem(tuple(asked), fleet, network, depots={0: "a"}, currency="EUR")
