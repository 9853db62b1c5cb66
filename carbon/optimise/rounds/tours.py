"""The rounds of a plan one by one, each with its name and its part of the duty's figures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from carbon.optimise.rounds.metrics import rounds_of
from carbon.optimise.rounds.plan import Leg, Round, RoundPlan, Timed
from carbon.optimise.rounds.problem import Problem, VehicleType

_M_PER_KM = 1_000.0


@dataclass(frozen=True)
class Tour:
    """One round of a plan.

    Attributes
    ----------
    duty, number : int
        Positions of the duty in the plan, and of the round in the duty.
    vehicle : VehicleType
    round : Round
    legs : tuple of Leg
        Its own, the way back included.
    distance_km, energy : float
        Sums of its legs.
    co2e_kg : float
        Its legs', and its part by distance of what the vehicle causes by being used.
    """

    duty: int
    number: int
    vehicle: VehicleType
    round: Round
    legs: tuple[Leg, ...]
    distance_km: float
    energy: float
    co2e_kg: float

    @property
    def id(self) -> str:
        """Its name, the same in every file about the plan."""
        return f"duty-{self.duty + 1}-round-{self.number + 1}"


def tours(problem: Problem, plan: RoundPlan) -> Iterator[Tour]:
    """Yield the rounds of all duties of a plan, in order."""
    for position, timed in enumerate(plan.duties):
        yield from tours_of(problem, timed, position)


def tours_of(problem: Problem, timed: Timed, duty: int) -> Iterator[Tour]:
    """Yield the rounds of one duty."""
    vehicle = problem.fleet[timed.duty.vehicle]
    parts = list(rounds_of(timed))
    driven_m = [math.fsum(leg.distance_m for leg in legs) for legs in parts]
    whole_m = math.fsum(driven_m)
    for number, (each, legs, own_m) in enumerate(zip(timed.duty.rounds, parts, driven_m, strict=True)):
        share = own_m / whole_m if whole_m else 1 / len(parts)
        yield Tour(
            duty, number, vehicle, each, legs, own_m / _M_PER_KM, math.fsum(leg.energy for leg in legs),
            math.fsum([*(leg.co2e_kg for leg in legs), vehicle.co2e_kg_per_use * share]),
        )  # fmt: skip
