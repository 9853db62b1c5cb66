"""A duty step by step, forwards and backwards in time, for the verifier: rules 2 to 5 of docs/rounds.md.

Shares no code with what plans.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from carbon.optimise.rounds.plan import Duty, Round
from carbon.optimise.rounds.problem import HOURS, Problem, Stop, VehicleType

HOUR_S = 3_600.0
#: A limit is kept when it is overstepped by less, as a share of itself.
CLOSE = 1e-9


@dataclass(frozen=True)
class Step:
    """A leg to be driven: its nodes, the stop it leads to, its round, and whether it is the round's first."""

    start: int
    end: int
    stop: int | None
    round: Round
    opens: bool


def beyond(value: float, limit: float) -> bool:
    """Return whether a value is above a limit, by more than rounding."""
    return value > limit and not math.isclose(value, limit, rel_tol=CLOSE, abs_tol=CLOSE)


def steps_of(problem: Problem, duty: Duty) -> tuple[Step, ...]:
    """Return the legs of a duty, in order."""
    steps = []
    for each in duty.rounds:
        places = [(each.start, None), *((problem.stops[stop].node, stop) for stop in each.stops), (each.end, None)]
        for position, ((start, _), (end, stop)) in enumerate(pairwise(places)):
            steps.append(Step(start, end, stop, each, position == 0))
    return tuple(steps)


def ready_of(problem: Problem, each: Round) -> float:
    """Return when everything is ready that a round delivers (rule 2); before all time where nothing has to be."""
    return max((problem.stops[stop].ready_s for stop in each.stops), default=-math.inf)


def pace(problem: Problem, vehicle: VehicleType, node: int, hour: int) -> float:
    """Return seconds driven for each of the network's, towards a node in an hour (rule 3)."""
    traffic = problem.traffic.of(problem.network.zone[node])
    multiplier = 1.0 if traffic is None else traffic[hour % HOURS]
    return multiplier / (1.0 if vehicle.speed is None else vehicle.speed[hour % HOURS])


def go(problem: Problem, vehicle: VehicleType, step: Step, depart_s: float) -> float:
    """Return when a vehicle that departs at a time arrives: hour by hour (rule 3)."""
    left_s = float(problem.network.duration_s[vehicle.profile, step.start, step.end])
    if not math.isfinite(left_s) or not math.isfinite(depart_s):
        return math.inf
    now_s, hour = depart_s, math.floor(depart_s / HOUR_S)
    while True:
        each = pace(problem, vehicle, step.end, hour)
        ends_s = (hour + 1) * HOUR_S
        if now_s + left_s * each <= ends_s:
            return now_s + left_s * each
        left_s -= (ends_s - now_s) / each
        now_s, hour = ends_s, hour + 1


def go_back(problem: Problem, vehicle: VehicleType, step: Step, arrive_s: float) -> float:
    """Return when a vehicle departs that arrives at a time: `go` the other way."""
    left_s = float(problem.network.duration_s[vehicle.profile, step.start, step.end])
    if not math.isfinite(left_s) or not math.isfinite(arrive_s):
        return -math.inf
    now_s, hour = arrive_s, math.ceil(arrive_s / HOUR_S) - 1
    while True:
        each = pace(problem, vehicle, step.end, hour)
        begins_s = hour * HOUR_S
        if now_s - left_s * each >= begins_s:
            return now_s - left_s * each
        left_s -= (now_s - begins_s) / each
        now_s, hour = begins_s, hour - 1


def opening(stop: Stop, free_s: float) -> float:
    """Return when service begins for a vehicle that is free at a time; infinite when all windows are over (rule 4)."""
    if not stop.windows:
        return free_s
    return min((max(free_s, begins) for begins, ends in stop.windows if not beyond(free_s, ends)), default=math.inf)


def opening_back(stop: Stop, begin_s: float) -> float:
    """Return when a vehicle is free at the latest whose service begins by a time: `opening` the other way."""
    if not stop.windows:
        return begin_s
    return max((min(begin_s, ends) for begins, ends in stop.windows if begins <= begin_s), default=-math.inf)
