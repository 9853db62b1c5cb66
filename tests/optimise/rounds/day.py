"""A day worked out by hand: places along one road, a kilometre a minute, and a van that serves two of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from carbon.optimise.rounds.plan import Duty, Leg, Round, RoundPlan, Timed
from carbon.optimise.rounds.problem import Network, Problem, Stop, Traffic, VehicleType

#: Depot, Ann, Ben, Cleo and a second depot: where along the road [km].
ROAD_KM = (0.0, 10.0, 20.0, 30.0, 25.0)
DEPOT, SECOND = 0, 4

ANN = Stop("ann", 1, delivery_kg=100.0, delivery_m3=1.0, service_s=300.0, parcels=("P1", "P2"))
BEN = Stop("ben", 2, delivery_kg=50.0, delivery_m3=0.5, collection_kg=20.0, service_s=300.0, parcels=("P3",))
CLEO = Stop("cleo", 3, delivery_kg=40.0, delivery_m3=0.4, service_s=300.0, parcels=("P4",))

VAN = VehicleType(
    "van", 1, DEPOT, DEPOT, 200.0, volume_m3=4.0, carrier="fuel.diesel_blend", energy_unit="l", energy_per_km=0.1,
    energy_per_km_kg=0.0001, co2e_kg_per_energy=3.0, co2e_kg_per_use=1.0, money_per_km=0.2, money_per_hour=18.0,
    money_per_use=50.0, money_per_energy=1.5,
)  # fmt: skip


def network(zone: tuple[str | None, ...] = (None,) * 5) -> Network:
    """Return the road as a network."""
    km = np.array(ROAD_KM)
    apart = np.abs(km[:, None] - km[None, :])
    return Network(np.full(5, 52.0), km / 100, zone, apart[None] * 1000, apart[None] * 60)


def problem(
    *stops: Stop, fleet: tuple[VehicleType, ...] = (VAN,), traffic: Traffic | None = None, **more: Any
) -> Problem:
    """Return a day with stops, Ann and Ben if none are given."""
    made = {"network": network(), "traffic": traffic or Traffic(), "depots": {DEPOT: "hub", SECOND: "second"}} | more
    return Problem(stops or (ANN, BEN), fleet, currency="EUR", **made)


def hand_made() -> RoundPlan:
    """Return the plan hub 08:00 - Ann - Ben - hub 08:50, every figure of it worked out on paper.

    Legs of 10, 10 and 20 km with 150, 50 and 20 kg draw 10 x 0.115, 10 x 0.105 and 20 x 0.102 l: 4.24 l in all,
    12.72 kg and 1 kg of the van. Money: 40 km 8, 4.24 l 6.36, 50 minutes 15, the van 50.
    """
    legs = (
        Leg(0, 1, 0, 28_800, 29_400, 29_400, 29_700, 0.0, 10_000, 150, 1.5, 1.15, 3.45, 3.725),
        Leg(1, 2, 1, 29_700, 30_300, 30_300, 30_600, 0.0, 10_000, 50, 0.5, 1.05, 3.15, 3.575),
        Leg(2, 0, None, 30_600, 31_800, 31_800, 31_800, 0.0, 20_000, 20, 0.0, 2.04, 6.12, 7.06),
    )
    duty = Duty(0, (Round(DEPOT, (0, 1), DEPOT),), 28_800)
    timed = Timed(duty, legs, (0,), 40_000, 0.0, 3_000, 4.24, 13.72, 79.36)
    return RoundPlan((timed,), (), 13.72, 79.36)


def plan_of(*timed: Timed, **more: Any) -> RoundPlan:
    """Return duties as a plan, its figures their sums."""
    return RoundPlan(
        timed, co2e_kg=sum(each.co2e_kg for each in timed), money=sum(each.money for each in timed), **more
    )


def one_round(*stops: int, departure_s: float | None = 28_800, vehicle: int = 0, depot: int = DEPOT) -> Duty:
    """Return a duty of one round from a depot and back."""
    return Duty(vehicle, (Round(depot, stops, depot),), departure_s)


def van(**changes: Any) -> VehicleType:
    """Return the van with other properties."""
    return replace(VAN, **changes)
