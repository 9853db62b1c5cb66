"""Stops that no vehicle of the fleet can serve, whatever the plan: each with the reason and what would serve it.

Each stop is looked at alone: the vehicle goes there from its depot and back, at the shift's best time. What passes here
may still find no place in a plan.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

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


@dataclass(frozen=True)
class _Refusal:
    """Why one vehicle cannot serve a stop; the nearer it comes to it, the more its text helps."""

    why: Why
    text: str
    nearness: float = 0.0


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
    if not fleet:
        return ()
    for position, stop in enumerate(problem.stops):
        refusals = []
        for vehicle in fleet:
            refusal = _refusal(problem, vehicle, stop)
            if refusal is None:
                break
            refusals.append(refusal)
        else:
            nearest = max(refusals, key=lambda each: (_ORDER.index(each.why), each.nearness))
            found.append(Unserved(position, nearest.why, nearest.text))
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


def _refusal(problem: Problem, vehicle: VehicleType, stop: Stop) -> _Refusal | None:
    if stop.vehicles is not None and vehicle.id not in stop.vehicles:
        words = f"one of {', '.join(sorted(stop.vehicles))} in the fleet, or another choice of vehicle"
        return _Refusal(Why.NO_VEHICLE_ACCEPTED, words)
    if stop.zone in vehicle.forbidden_zones:
        return _Refusal(Why.FORBIDDEN_ZONE, f"a vehicle that may enter zone {stop.zone}")
    if not stop.skills <= vehicle.skills:
        lacking = sorted(stop.skills - vehicle.skills)
        return _Refusal(Why.NO_SUCH_SKILL, f"a vehicle with {', '.join(lacking)}", -len(lacking))
    most_kg, most_m3 = max(stop.delivery_kg, stop.collection_kg), max(stop.delivery_m3, stop.collection_m3)
    if most_kg > vehicle.payload_kg:
        has = f"{vehicle.id} has {vehicle.payload_kg:,.0f} kg"
        words = f"a vehicle of {most_kg:,.0f} kg payload ({has}), or the stop shared out"
        return _Refusal(Why.TOO_HEAVY, words, vehicle.payload_kg)
    if most_m3 > vehicle.volume_m3:
        has = f"{vehicle.id} has {vehicle.volume_m3:,.2f} m3"
        words = f"a vehicle of {most_m3:,.2f} m3 ({has}), or the stop shared out"
        return _Refusal(Why.TOO_LARGE, words, vehicle.volume_m3)
    return _on_the_way(problem, vehicle, stop)


def _on_the_way(problem: Problem, vehicle: VehicleType, stop: Stop) -> _Refusal | None:
    """Judge the round to this stop alone; a vehicle whose goods lie elsewhere loads there if it may."""
    starts = [vehicle.start, *vehicle.reload_at]
    if stop.depot is not None:
        starts = [depot for depot in starts if depot == stop.depot]
    if not starts:
        depot = problem.depots.get(stop.depot, str(stop.depot))
        return _Refusal(Why.UNREACHABLE, f"a vehicle that starts or reloads at {depot}, where the goods lie")
    metres, seconds = problem.network.distance_m[vehicle.profile], problem.network.duration_s[vehicle.profile]
    best = _Refusal(Why.UNREACHABLE, "a way to the place: look at its coordinates, or at the matrix", 1.0)
    for start in dict.fromkeys(starts):
        there_m, back_m = float(metres[start, stop.node]), float(metres[stop.node, vehicle.end])
        first_m = 0.0 if start == vehicle.start else float(metres[vehicle.start, start])
        if not all(map(math.isfinite, (there_m, back_m, first_m))):
            continue
        driven_km = (there_m + back_m) / 1000 + (0.0 if vehicle.recharges else first_m / 1000)
        if driven_km > vehicle.range_km * (1 + 1e-9):
            has = f"{vehicle.id} has {vehicle.range_km:,.0f} km"
            words = f"a range of {driven_km:,.0f} km ({has}), or a nearer depot"
            best = _Refusal(Why.OUT_OF_RANGE, words, vehicle.range_km - driven_km)
            continue
        first_s = 0.0 if start == vehicle.start else float(seconds[vehicle.start, start])
        late = _late(problem, vehicle, stop, first_s, start, seconds)
        if late is None:
            return None
        best = late
    return best


def _late(
    problem: Problem, vehicle: VehicleType, stop: Stop, first_s: float, start: int, seconds: np.ndarray
) -> _Refusal | None:
    """Judge times by the fastest hour of the day: whoever is too late then is always too late."""
    pace = _fastest(problem, vehicle, stop.zone)
    there_s = float(seconds[start, stop.node]) * pace
    back_s = float(seconds[stop.node, vehicle.end]) * _fastest(problem, vehicle, problem.network.zone[vehicle.end])
    if start != vehicle.start:
        first_s = first_s * _fastest(problem, vehicle, problem.network.zone[start]) + vehicle.reload_s
    opens, closes = vehicle.shift
    leaves = max(opens + first_s, stop.ready_s if stop.delivery_kg or stop.delivery_m3 else 0.0)
    arrives = leaves + there_s
    windows = stop.windows or ((-math.inf, math.inf),)
    begins = next((max(arrives, low) for low, high in windows if arrives <= high), None)
    if begins is None:
        last = windows[-1][1]
        gap = f"it closes {clock(last)}; {vehicle.id} leaves {clock(leaves)} at the earliest"
        words = f"a window until {clock(arrives)} or later ({gap}), or an earlier shift"
        return _Refusal(Why.OUT_OF_TIME, words, last - arrives)
    home = begins + stop.service_s + back_s
    if home > closes:
        words = f"a shift until {clock(home)} ({vehicle.id} ends {clock(closes)}), or an earlier window"
        return _Refusal(Why.OUT_OF_TIME, words, closes - home)
    needs_s = first_s + there_s + stop.service_s + back_s
    if needs_s > vehicle.longest_s:
        has = f"{vehicle.id} may be out {vehicle.longest_s / _HOUR_S:.1f} h"
        words = f"{needs_s / _HOUR_S:.1f} h on the road ({has})"
        return _Refusal(Why.OUT_OF_TIME, words, vehicle.longest_s - needs_s)
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
