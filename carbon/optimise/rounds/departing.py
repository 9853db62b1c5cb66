"""When a duty leaves and where its driver rests, where neither is said: rules 5 and 14 of docs/rounds.md, for the verifier.

The return is a function of the departure that never falls, made of straight pieces. It bends or jumps only where
something happens on the way: an hour begins, a window opens or ends, a rest may begin. So the best departure is among the
latest ones that still come in time for one of these; each is followed back to the depot, then forward to see what it gives.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from carbon.optimise.rounds.plan import Duty
from carbon.optimise.rounds.problem import Break, Problem, VehicleType
from carbon.optimise.rounds.ways import (
    HOUR_S,
    Step,
    beyond,
    go,
    go_back,
    opening,
    opening_back,
    pace,
    ready_of,
    steps_of,
)

#: Of departures whose hours differ by less, the latest is taken [s].
_SAME_S = 1e-6


@dataclass(frozen=True)
class Choice:
    """A departure that keeps the rules of time, where the rest is, when the vehicle is back, hours paid if waiting is."""

    departure_s: float
    rest_leg: int | None
    back_s: float
    paid_s: float


def best(problem: Problem, duty: Duty) -> tuple[float, int | None]:
    """Return a duty's departure and the leg its rest comes after (None: no rest); the given departure where it has one."""
    if duty.departure_s is not None:
        found = _try(problem, duty, duty.departure_s)
        return duty.departure_s, None if found is None else found.rest_leg
    found = choose(problem, duty)
    return (earliest(problem, duty), None) if found is None else (found.departure_s, found.rest_leg)


def earliest(problem: Problem, duty: Duty) -> float:
    """Return the first time a duty may leave, by rules 1 and 2."""
    return max(problem.fleet[duty.vehicle].shift[0], ready_of(problem, duty.rounds[0]))


def choose(problem: Problem, duty: Duty) -> Choice | None:
    """Return the best departure by rule 14, whatever the duty's own; None where no departure keeps rules 1 to 6."""
    vehicle = problem.fleet[duty.vehicle]
    first_s = earliest(problem, duty)
    times = {first_s, *(time_s for time_s in _bends(problem, duty) if time_s > first_s)}
    tried = [found for found in (_try(problem, duty, time_s) for time_s in sorted(times)) if found is not None]
    kept = [found for found in tried if _keeps(vehicle, found)]
    if not kept:
        return None
    if vehicle.under_way or not vehicle.waiting_is_paid:
        before = [found.departure_s for found in tried if found.departure_s < kept[0].departure_s]
        return _first_kept(problem, duty, before[-1], kept[0]) if before else kept[0]
    fewest_s = min(found.paid_s for found in kept)
    return [found for found in kept if found.paid_s <= fewest_s + _SAME_S][-1]


def _first_kept(problem: Problem, duty: Duty, early_s: float, kept: Choice) -> Choice:
    """Return the earliest departure that keeps the rules, between one that lasts too long and the next bend, by halving."""
    while True:
        middle_s = (early_s + kept.departure_s) / 2
        if not early_s < middle_s < kept.departure_s:
            return kept
        found = _try(problem, duty, middle_s)
        if found is not None and _keeps(problem.fleet[duty.vehicle], found):
            kept = found
        else:
            early_s = middle_s


def rest_needed(problem: Problem, duty: Duty, departure_s: float) -> bool:
    """Return whether a duty needs its rest: without it, it ends after the rest's latest begin (rule 5)."""
    rest = problem.fleet[duty.vehicle].rest
    return rest is not None and beyond(_unrested(problem, duty, departure_s), rest.latest_s)


def _keeps(vehicle: VehicleType, found: Choice) -> bool:
    """Return whether a duty keeps to the shift and the longest time (rule 6)."""
    lasts_s = found.back_s - found.departure_s
    return not beyond(found.back_s, vehicle.shift[1]) and not beyond(lasts_s, vehicle.longest_s)


def _next(problem: Problem, duty: Duty, steps: tuple[Step, ...], position: int, free_s: float) -> float:
    """Return when a vehicle that is free after a leg leaves for the next one; infinite after all windows (rules 2, 4)."""
    stop = steps[position].stop
    if stop is not None:
        return opening(problem.stops[stop], free_s) + problem.stops[stop].service_s
    reloaded_s = free_s + problem.fleet[duty.vehicle].reload_s
    return max(reloaded_s, ready_of(problem, steps[position + 1].round))


def _next_back(problem: Problem, duty: Duty, steps: tuple[Step, ...], position: int, leave_s: float) -> float:
    """Return when a vehicle is free at the latest that leaves by a time: `_next` the other way."""
    stop = steps[position].stop
    if stop is not None:
        return opening_back(problem.stops[stop], leave_s - problem.stops[stop].service_s)
    late = ready_of(problem, steps[position + 1].round) > leave_s
    return -math.inf if late else leave_s - problem.fleet[duty.vehicle].reload_s


def _rested(rest: Break, arrive_s: float) -> float:
    starts_s = max(arrive_s, rest.earliest_s)
    return math.inf if beyond(starts_s, rest.latest_s) else starts_s + rest.duration_s


def _rested_back(rest: Break, free_s: float) -> float:
    starts_s = min(free_s - rest.duration_s, rest.latest_s)
    return starts_s if starts_s >= rest.earliest_s else -math.inf


def _unrested(problem: Problem, duty: Duty, departure_s: float) -> float:
    """Return when the vehicle is back that does not rest; infinite where it cannot serve."""
    steps, vehicle = steps_of(problem, duty), problem.fleet[duty.vehicle]
    now_s = departure_s
    for position, step in enumerate(steps):
        now_s = go(problem, vehicle, step, now_s)
        if position < len(steps) - 1:
            now_s = _next(problem, duty, steps, position, now_s)
    return now_s


def _try(problem: Problem, duty: Duty, departure_s: float) -> Choice | None:
    """Return what a departure gives, with the rest where the vehicle is back first; None where it cannot serve."""
    steps, vehicle = steps_of(problem, duty), problem.fleet[duty.vehicle]
    rest = vehicle.rest
    back_s = _unrested(problem, duty, departure_s)
    if math.isinf(back_s):
        return None
    if rest is None or not beyond(back_s, rest.latest_s):
        return Choice(departure_s, None, back_s, back_s - departure_s)
    # Two ways on: not rested yet, and rested already (the earlier arrival of all places to rest, and that place).
    fresh_s, done_s, place = departure_s, math.inf, None
    for position, step in enumerate(steps):
        fresh_s, done_s = go(problem, vehicle, step, fresh_s), go(problem, vehicle, step, done_s)
        if position == len(steps) - 1:
            break
        here_s = _next(problem, duty, steps, position, _rested(rest, fresh_s))
        done_s = _next(problem, duty, steps, position, done_s)
        if here_s < done_s:
            done_s, place = here_s, position
        fresh_s = _next(problem, duty, steps, position, fresh_s)
    return None if math.isinf(done_s) else Choice(departure_s, place, done_s, done_s - departure_s - rest.duration_s)


def _bends(problem: Problem, duty: Duty) -> Iterator[float]:
    """Yield the departures at which the return bends or jumps."""
    steps, vehicle = steps_of(problem, duty), problem.fleet[duty.vehicle]
    rest = vehicle.rest
    first, last = (math.floor(limit_s / HOUR_S) for limit_s in vehicle.shift)
    # A leg bends at the hours at which its own pace changes, whether it begins or ends in one.
    hours = [
        {
            hour * HOUR_S
            for hour in range(first, last + 2)
            if pace(problem, vehicle, step.end, hour) != pace(problem, vehicle, step.end, hour - 1)
        }
        for step in steps
    ]
    yield from hours[0]
    for position, step in enumerate(steps):
        arrivals, departures = set(hours[position]), set(hours[position + 1] if position < len(steps) - 1 else ())
        if step.stop is not None:
            arrivals |= {bound for window in problem.stops[step.stop].windows for bound in window}
        elif position < len(steps) - 1:
            departures.add(ready_of(problem, steps[position + 1].round))
            departures |= {time_s + vehicle.reload_s for time_s in arrivals}
        if rest is not None:
            arrivals |= {time_s - rest.duration_s for time_s in arrivals} | {rest.earliest_s, rest.latest_s}
        if position == len(steps) - 1:
            arrivals.add(vehicle.shift[1])
        for time_s in arrivals:
            yield from _back(problem, duty, steps, position, arrive_s=time_s)
        if position < len(steps) - 1:
            for time_s in departures:
                yield from _left(problem, duty, steps, position, time_s)


def _left(problem: Problem, duty: Duty, steps: tuple[Step, ...], position: int, leave_s: float) -> Iterator[float]:
    """Yield the latest departures, without and with a rest, that leave the place after a leg by a time."""
    rest = problem.fleet[duty.vehicle].rest
    free_s = _next_back(problem, duty, steps, position, leave_s)
    yield from _back(problem, duty, steps, position, free_s)
    if rest is not None:
        yield from _back(problem, duty, steps, position, _rested_back(rest, free_s))


def _back(problem: Problem, duty: Duty, steps: tuple[Step, ...], position: int, arrive_s: float) -> Iterator[float]:
    """Yield the latest departures that end a leg by a time: one without a rest on the way, one with it."""
    vehicle = problem.fleet[duty.vehicle]
    plain_s, rested_s = arrive_s, -math.inf
    for at in range(position, -1, -1):
        plain_s, rested_s = (go_back(problem, vehicle, steps[at], time_s) for time_s in (plain_s, rested_s))
        if at:
            plain_s, rested_s = (_next_back(problem, duty, steps, at - 1, time_s) for time_s in (plain_s, rested_s))
            if vehicle.rest is not None:
                rested_s = max(rested_s, _rested_back(vehicle.rest, plain_s))
    yield from (time_s for time_s in (plain_s, rested_s) if math.isfinite(time_s))
