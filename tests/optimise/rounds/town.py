"""A town on one road, for plans that a reader can work out by hand: ten kilometres and ten minutes from node to node.

Nodes 0 and 4 are depots, A, B and C lie at nodes 1, 2 and 3 between them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from carbon.optimise.rounds.plan import Duty, Leg, Round, RoundPlan, Timed, Unserved, Why
from carbon.optimise.rounds.problem import Network, Problem, Stop, VehicleType
from carbon.optimise.rounds.recounting import recompute

NODES = 5
EIGHT = 28_800.0


def line(nodes: int = NODES, minutes_per_10_km: float = 10.0) -> Network:
    """Return the road: places 10 km apart, an hour for 60 km, at about 0.09 degrees of latitude each."""
    at = np.arange(nodes)
    gaps = np.abs(at[:, None] - at[None, :]).astype(float)
    return Network(
        50.0 + 0.09 * at, np.full(nodes, 8.0), (None,) * nodes,
        (gaps * 10_000.0)[None], (gaps * minutes_per_10_km * 60.0)[None], "test road",
    )  # fmt: skip


A = Stop(
    "A", 1, delivery_kg=40.0, delivery_m3=0.4, windows=((30_000.0, 32_400.0),), service_s=120.0, parcels=("P1", "P2")
)
B = Stop(
    "B", 2, delivery_kg=20.0, delivery_m3=0.2, collection_kg=10.0, collection_m3=0.1, service_s=60.0, parcels=("P3",)
)
VAN = VehicleType(
    "van", 2, 0, 0, payload_kg=100.0, volume_m3=2.0, range_km=100.0, shift=(EIGHT, 64_800.0), longest_s=36_000.0,
    carrier="fuel.diesel", energy_unit="l", energy_per_km=0.2, energy_per_km_kg=0.001, co2e_kg_per_energy=0.5,
    co2e_kg_per_use=2.0, money_per_km=0.3, money_per_hour=36.0, money_per_use=10.0, money_per_energy=0.1,
)  # fmt: skip
DEPOTS = {0: "west", 4: "east"}
TOWN = Problem((A, B), (VAN,), line(), depots=DEPOTS, currency="EUR")

#: 08:00 to A (10 min, waits until 08:20), B (10 min) and back (20 min). 60, 20 and 10 kg on board:
#: 10 km x 0.26 + 10 km x 0.22 + 20 km x 0.21 = 9 l. Paid 53 min = 3,180 s.
DAY = Duty(0, (Round(0, (0, 1), 0),), EIGHT)
BY_HAND = Timed(
    DAY,
    (
        Leg(0, 1, 0, 28_800.0, 29_400.0, 30_000.0, 30_120.0, 0.0, 10_000.0, 60.0, 0.6, 2.6, 1.3, 3.26),
        Leg(1, 2, 1, 30_120.0, 30_720.0, 30_720.0, 30_780.0, 0.0, 10_000.0, 20.0, 0.2, 2.2, 1.1, 3.22),
        Leg(2, 0, None, 30_780.0, 31_980.0, 31_980.0, 31_980.0, 0.0, 20_000.0, 10.0, 0.1, 4.2, 2.1, 6.42),
    ),
    (0,), 40_000.0, 0.0, 3_180.0, 9.0, 6.5, 54.7,
)  # fmt: skip
PLAN = RoundPlan((BY_HAND,), (), 6.5, 54.7)


def with_van(problem: Problem = TOWN, **changes) -> Problem:
    """Return a problem whose first vehicle type is another one."""
    return problem.with_fleet((replace(problem.fleet[0], **changes), *problem.fleet[1:]))


def with_stop(position: int, problem: Problem = TOWN, **changes) -> Problem:
    """Return a problem with a stop changed."""
    stops = list(problem.stops)
    stops[position] = replace(stops[position], **changes)
    return replace(problem, stops=tuple(stops))


def planned(problem: Problem, *duties: Duty, unserved: tuple[int, ...] = ()) -> RoundPlan:
    """Return a plan of duties with the figures that the verifier works out."""
    timed = tuple(recompute(problem, duty) for duty in duties)
    left = tuple(Unserved(stop, Why.NOT_FOUND, "one more vehicle") for stop in unserved)
    return RoundPlan(timed, left, sum(each.co2e_kg for each in timed), sum(each.money for each in timed))
