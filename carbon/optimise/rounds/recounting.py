"""What becomes of a duty, worked out anew for the verifier: times, loads, energy, both figures.

Follows docs/rounds.md, whose numbers stand in the comments, and shares no code with what plans. Written to be read
beside that page, not to be fast.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from carbon.optimise.rounds.departing import best
from carbon.optimise.rounds.plan import Duty, Leg, Timed
from carbon.optimise.rounds.problem import Problem, Stop
from carbon.optimise.rounds.ways import HOUR_S, Step, beyond, go, opening, ready_of, steps_of

_M_PER_KM = 1_000.0


@dataclass(frozen=True)
class Breach:
    """A rule of docs/rounds.md that a duty breaks.

    Attributes
    ----------
    rule : int
        Its number there.
    stop : int or None
        Position of the stop it breaks it at; None: at a depot, or as a whole.
    found, expected : str
    """

    rule: int
    stop: int | None
    found: str
    expected: str


@dataclass(frozen=True)
class Recount:
    """A duty worked out anew, and the rules of time and way it breaks."""

    timed: Timed
    breaches: tuple[Breach, ...]


def recompute(problem: Problem, duty: Duty) -> Timed:
    """Return a duty with its legs and figures, whether or not it keeps the rules.

    A departure that is not given, and the place of a rest, are those of rules 14 and 5; where no departure keeps the
    rules of time, it is the earliest.

    Parameters
    ----------
    problem : Problem
    duty : Duty
        With a vehicle, rounds and stops that exist.
    """
    departure_s, rest_leg = best(problem, duty)
    return recount(problem, duty, departure_s, rest_leg).timed


def recount(problem: Problem, duty: Duty, departure_s: float, rest_leg: int | None) -> Recount:
    """Return a duty that leaves at a time and rests after a leg, with what it breaks of rules 1 to 8.

    Parameters
    ----------
    problem : Problem
    duty : Duty
    departure_s : float
    rest_leg : int or None
        Position of the leg that the rest comes after; None: no rest.
    """
    vehicle = problem.fleet[duty.vehicle]
    steps = steps_of(problem, duty)
    rides, breaches = _times(problem, duty, departure_s, rest_leg, steps)
    on_legs = loads(problem, duty)
    legs = []
    for step, ride, (load_kg, load_m3) in zip(steps, rides, on_legs, strict=True):
        distance_m = float(problem.network.distance_m[vehicle.profile, step.start, step.end])
        km = distance_m / _M_PER_KM
        energy = km * (vehicle.energy_per_km + vehicle.energy_per_km_kg * load_kg)  # 11
        co2e_kg = energy * vehicle.co2e_kg_per_energy  # 12
        money = km * vehicle.money_per_km + energy * vehicle.money_per_energy  # 13
        legs.append(
            Leg(
                step.start, step.end, step.stop, ride.depart_s, ride.arrive_s, ride.begin_s, ride.leave_s, ride.rest_s,
                distance_m, load_kg, load_m3, energy, co2e_kg, money,
            )
        )  # fmt: skip
    if vehicle.waiting_is_paid:  # 13
        paid_s = legs[-1].arrive_s - legs[0].depart_s - math.fsum(leg.rest_s for leg in legs)
    else:
        driving_s = math.fsum(leg.arrive_s - leg.depart_s for leg in legs)
        paid_s = driving_s + math.fsum(problem.stops[stop].service_s for stop in duty.stops)
    timed = Timed(
        duty=replace(duty, departure_s=departure_s),
        legs=tuple(legs),
        starts=tuple(position for position, step in enumerate(steps) if step.opens),
        distance_m=math.fsum(leg.distance_m for leg in legs),
        empty_m=math.fsum(leg.distance_m for leg in legs if not leg.load_kg and not leg.load_m3),  # 15
        paid_s=paid_s,
        energy=math.fsum(leg.energy for leg in legs),
        co2e_kg=math.fsum([*(leg.co2e_kg for leg in legs), vehicle.co2e_kg_per_use]),  # 12
        money=math.fsum(
            [*(leg.money for leg in legs), paid_s / HOUR_S * vehicle.money_per_hour, vehicle.money_per_use]
        ),  # 13
    )
    return Recount(timed, (*breaches, *_ways(problem, timed)))


@dataclass(frozen=True)
class _Ride:
    depart_s: float
    arrive_s: float
    begin_s: float
    leave_s: float
    rest_s: float


def _times(
    problem: Problem, duty: Duty, departure_s: float, rest_leg: int | None, steps: tuple[Step, ...]
) -> tuple[list[_Ride], list[Breach]]:
    """Return the times of each leg, and what they break of rules 1 to 6."""
    vehicle = problem.fleet[duty.vehicle]
    rest, last = vehicle.rest, len(steps) - 1
    rides: list[_Ride] = []
    broken: list[Breach] = []
    opens_s, closes_s = vehicle.shift
    if beyond(opens_s, departure_s):  # 1
        broken.append(Breach(1, None, f"leaves at {departure_s:g} s", f"{opens_s:g} s or later"))
    now_s = departure_s
    for position, step in enumerate(steps):
        if step.opens:
            ready_s = ready_of(problem, step.round)
            if not position and beyond(ready_s, now_s):  # 2
                broken.append(
                    Breach(2, None, f"leaves at {now_s:g} s", f"{ready_s:g} s or later, when its goods are ready")
                )
            elif position:
                now_s = max(now_s, ready_s)
        depart_s = now_s
        arrive_s = go(problem, vehicle, step, depart_s)  # 3
        if math.isinf(arrive_s):
            broken.append(Breach(3, step.stop, f"no way from node {step.start} to node {step.end}", "a way"))
        free_s, rest_s = arrive_s, 0.0
        if position == rest_leg:  # 5
            starts_s = max(arrive_s, rest.earliest_s)
            if math.isfinite(starts_s) and beyond(starts_s, rest.latest_s):
                found = f"the rest begins at {starts_s:g} s"
                broken.append(Breach(5, step.stop, found, f"from {rest.earliest_s:g} to {rest.latest_s:g} s"))
            free_s, rest_s = starts_s + rest.duration_s, rest.duration_s
        if step.stop is not None:
            stop = problem.stops[step.stop]
            begin_s = opening(stop, free_s)  # 4
            if math.isinf(begin_s):
                if math.isfinite(free_s):
                    windows = " or ".join(f"{begins:g} to {ends:g} s" for begins, ends in stop.windows)
                    broken.append(Breach(4, step.stop, f"service could begin at {free_s:g} s", f"within {windows}"))
                begin_s = free_s
            leave_s = begin_s + stop.service_s
        else:
            begin_s = free_s
            leave_s = begin_s + (0.0 if position == last else vehicle.reload_s)  # 2
        rides.append(_Ride(depart_s, arrive_s, begin_s, leave_s, rest_s))
        now_s = leave_s
    back_s = rides[-1].arrive_s
    if math.isinf(back_s):
        return rides, broken
    if beyond(back_s, closes_s):  # 6
        broken.append(Breach(6, None, f"is back at {back_s:g} s", f"{closes_s:g} s or earlier"))
    if beyond(back_s - departure_s, vehicle.longest_s):
        broken.append(Breach(6, None, f"lasts {back_s - departure_s:g} s", f"{vehicle.longest_s:g} s at most"))
    return rides, broken


def loads(problem: Problem, duty: Duty) -> list[tuple[float, float]]:
    """Return what is on board of each leg [kg, m3], added up anew from the stops (rules 7 and 18)."""
    vehicle = problem.fleet[duty.vehicle]
    result = []
    for number, each in enumerate(duty.rounds):
        also_kg, also_m3 = (0.0, 0.0) if number else (vehicle.carried_kg, vehicle.carried_m3)  # 18
        stops = [problem.stops[stop] for stop in each.stops]
        stays = [problem.stops[stop] for stop in vehicle.on_board if number == 0 and stop not in each.stops]  # 18
        for served in range(len(stops) + 1):
            brought, taken = [*stays, *stops[served:]], stops[:served]
            result.append(
                (
                    math.fsum(
                        [also_kg, *(stop.delivery_kg for stop in brought), *(stop.collection_kg for stop in taken)]
                    ),
                    math.fsum(
                        [also_m3, *(stop.delivery_m3 for stop in brought), *(stop.collection_m3 for stop in taken)]
                    ),
                )
            )
    return result


def _ways(problem: Problem, timed: Timed) -> list[Breach]:
    """Return what a duty breaks of rules 7 (loads) and 8."""
    vehicle = problem.fleet[timed.duty.vehicle]
    broken = []
    for leg in timed.legs:
        if beyond(leg.load_kg, vehicle.payload_kg):  # 7
            broken.append(
                Breach(7, leg.stop, f"{leg.load_kg:g} kg on the way here", f"{vehicle.payload_kg:g} kg at most")
            )
        if beyond(leg.load_m3, vehicle.volume_m3):
            broken.append(
                Breach(7, leg.stop, f"{leg.load_m3:g} m3 on the way here", f"{vehicle.volume_m3:g} m3 at most")
            )
    ends = (*timed.starts[1:], len(timed.legs))
    rounds_m = [
        math.fsum(leg.distance_m for leg in timed.legs[begins:end])
        for begins, end in zip(timed.starts, ends, strict=True)
    ]
    rounds_m[0] += vehicle.driven_km * _M_PER_KM
    for driven_m in rounds_m if vehicle.recharges else [math.fsum(rounds_m)]:  # 8
        if beyond(driven_m, vehicle.range_km * _M_PER_KM):
            found = f"{driven_m:g} m without a recharge"
            broken.append(Breach(8, None, found, f"{vehicle.range_km * _M_PER_KM:g} m at most"))
    return broken


def delivers(stop: Stop) -> bool:
    """Return whether something is brought to a stop."""
    return stop.delivery_kg > 0 or stop.delivery_m3 > 0 or bool(stop.parcels)
