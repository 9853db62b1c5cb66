"""Stops that no vehicle of the fleet can serve, whatever the plan: each with the reason and what would serve it.

Each stop is looked at alone: the vehicle goes there from its depot and back, at the shift's best time. What passes here
may still find no place in a plan.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from carbon.optimise.rounds.plan import Unserved, Why
from carbon.optimise.rounds.problem import HOURS, Problem, Stop, VehicleType

_HOUR_S = 3600.0
#: Reasons, the one nearest to a served stop last: it is what a reader can mend.
_ORDER = (
    Why.NO_VEHICLE_ACCEPTED,
    Why.FORBIDDEN_ZONE,
    Why.NO_SUCH_SKILL,
    Why.TOO_HEAVY,
    Why.TOO_LARGE,
    Why.UNREACHABLE,
    Why.OUT_OF_RANGE,
    Why.OUT_OF_TIME,
)


def impossible(problem: Problem) -> tuple[Unserved, ...]:
    """Return the stops that no vehicle can serve, in the order of the problem.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    tuple of Unserved
    """
    found = []
    fleet = [vehicle for vehicle in problem.fleet if vehicle.count]
    for position, stop in enumerate(problem.stops):
        refusals = []
        for vehicle in fleet:
            refusal = _refusal(problem, vehicle, stop)
            if refusal is None:
                break
            refusals.append(refusal)
        else:
            why, text = max(refusals, key=lambda each: _ORDER.index(each[0]))
            found.append(Unserved(position, why, text))
    return tuple(found)


def counted(problem: Problem, unserved: tuple[Unserved, ...], shown: int = 3) -> list[str]:
    """Return one line for each reason, with some of its stops and what would serve the first."""
    counts = Counter(each.why for each in unserved)
    lines = []
    for why, count in counts.most_common():
        those = [each for each in unserved if each.why is why]
        named = ", ".join(problem.stops[each.stop].id for each in those[:shown]) + (" ..." if count > shown else "")
        stops = "stop" if count == 1 else "stops"
        lines.append(f"{count:,} {stops} cannot be served ({why}): {named}: {those[0].would_serve}")
    return lines


def _refusal(problem: Problem, vehicle: VehicleType, stop: Stop) -> tuple[Why, str] | None:
    if stop.vehicles is not None and vehicle.id not in stop.vehicles:
        return (
            Why.NO_VEHICLE_ACCEPTED,
            f"one of {', '.join(sorted(stop.vehicles))} in the fleet, or another choice of vehicle",
        )
    if stop.zone in vehicle.forbidden_zones:
        return Why.FORBIDDEN_ZONE, f"a vehicle that may enter zone {stop.zone}"
    if not stop.skills <= vehicle.skills:
        return Why.NO_SUCH_SKILL, f"a vehicle with {', '.join(sorted(stop.skills - vehicle.skills))}"
    most_kg, most_m3 = max(stop.delivery_kg, stop.collection_kg), max(stop.delivery_m3, stop.collection_m3)
    if most_kg > vehicle.payload_kg:
        return (
            Why.TOO_HEAVY,
            f"a vehicle of {most_kg:,.0f} kg payload ({vehicle.id} has {vehicle.payload_kg:,.0f} kg), or the stop shared out",
        )
    if most_m3 > vehicle.volume_m3:
        return (
            Why.TOO_LARGE,
            f"a vehicle of {most_m3:,.2f} m3 ({vehicle.id} has {vehicle.volume_m3:,.2f} m3), or the stop shared out",
        )
    return _on_the_way(problem, vehicle, stop)


def _on_the_way(problem: Problem, vehicle: VehicleType, stop: Stop) -> tuple[Why, str] | None:
    """Judge the round to this stop alone; a vehicle whose goods lie elsewhere loads there if it may."""
    starts = [vehicle.start, *vehicle.reload_at]
    if stop.depot is not None:
        starts = [depot for depot in starts if depot == stop.depot]
    if not starts:
        depot = problem.depots.get(stop.depot, str(stop.depot))
        return Why.UNREACHABLE, f"a vehicle that starts or reloads at {depot}, where the goods lie"
    metres, seconds = problem.network.distance_m[vehicle.profile], problem.network.duration_s[vehicle.profile]
    best: tuple[Why, str] | None = (Why.UNREACHABLE, "a way to the place: look at its coordinates, or at the matrix")
    for start in starts:
        there_m, back_m = float(metres[start, stop.node]), float(metres[stop.node, vehicle.end])
        first_m = 0.0 if start == vehicle.start else float(metres[vehicle.start, start])
        if not all(map(math.isfinite, (there_m, back_m, first_m))):
            continue
        driven_km = (there_m + back_m) / 1000 + (0.0 if vehicle.recharges else first_m / 1000)
        if driven_km > vehicle.range_km * (1 + 1e-9):
            best = (
                Why.OUT_OF_RANGE,
                f"a range of {driven_km:,.0f} km ({vehicle.id} has {vehicle.range_km:,.0f} km), or a nearer depot",
            )
            continue
        late = _late(problem, vehicle, stop, first_m and float(seconds[vehicle.start, start]), start, seconds)
        if late is None:
            return None
        best = late
    return best


def _late(
    problem: Problem, vehicle: VehicleType, stop: Stop, first_s: float, start: int, seconds: np.ndarray
) -> tuple[Why, str] | None:
    """Judge times by the fastest hour of the day: whoever is too late then is always too late."""
    pace = _fastest(problem, vehicle, stop.zone)
    back_pace = _fastest(problem, vehicle, problem.network.zone[vehicle.end])
    there_s, back_s = float(seconds[start, stop.node]) * pace, float(seconds[stop.node, vehicle.end]) * back_pace
    if start != vehicle.start:
        first_s = first_s * min(pace, back_pace) + vehicle.reload_s
    opens, closes = vehicle.shift
    leaves = max(opens + first_s, stop.ready_s if stop.delivery_kg or stop.delivery_m3 else 0.0)
    arrives = leaves + there_s
    windows = stop.windows or ((-math.inf, math.inf),)
    begins = next((max(arrives, low) for low, high in windows if arrives <= high), None)
    if begins is None:
        last = windows[-1][1]
        return Why.OUT_OF_TIME, (
            f"a window until {clock(arrives)} or later (it closes {clock(last)}; {vehicle.id} leaves {clock(leaves)} "
            "at the earliest), or an earlier shift"
        )
    home = begins + stop.service_s + back_s
    if home > closes:
        return Why.OUT_OF_TIME, f"a shift until {clock(home)} ({vehicle.id} ends {clock(closes)}), or an earlier window"
    needs_s = first_s + there_s + stop.service_s + back_s
    if needs_s > vehicle.longest_s:
        return (
            Why.OUT_OF_TIME,
            f"{needs_s / _HOUR_S:.1f} h on the road ({vehicle.id} may be out {vehicle.longest_s / _HOUR_S:.1f} h)",
        )
    return None


def _fastest(problem: Problem, vehicle: VehicleType, zone: str | None) -> float:
    """Return the lowest multiplier of driving times in any hour."""
    multipliers = problem.traffic.of(zone) or (1.0,) * HOURS
    speeds = vehicle.speed or (1.0,) * HOURS
    return min(each / speed for each, speed in zip(multipliers, speeds, strict=True))


def clock(seconds: float) -> str:
    """Return a time of day as ``08:30``; hours beyond 24 are the next day's."""
    minutes = math.ceil(seconds / 60 - 1e-9)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
