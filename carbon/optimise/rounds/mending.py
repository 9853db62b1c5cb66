"""Stops that a plan leaves out are put where they cost least, exactly; dearest first to be without."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from carbon.optimise.rounds.pool import Pool, Route
from carbon.optimise.rounds.problem import Objective

_LESS = 1e-9


def sound(pool: Pool, plan: Sequence[Route]) -> list[Route]:
    """Return the duties that keep all rules, no more than there are vehicles, each stop once."""
    fleet = pool.costing.problem.fleet
    kept: list[Route] = []
    used = [0] * len(fleet)
    served: set[int] = set()
    for route in plan:
        stops = {stop for _, stops, _ in route[1] for stop in stops}
        if pool.figures(route) is not None and used[route[0]] < fleet[route[0]].count and not stops & served:
            used[route[0]] += 1
            served |= stops
            kept.append(route)
    return kept


def mend(pool: Pool, objective: Objective, plan: Sequence[Route], over: Callable[[], bool]) -> list[Route]:
    """Return a plan of the sound duties, with as many of the other stops put in as can be."""
    kept = sound(pool, plan)
    served = {stop for _, tours in kept for _, stops, _ in tours for stop in stops}
    left = [stop for stop in range(len(pool.costing.problem.stops)) if stop not in served]
    # What takes most of a vehicle is the hardest to place later.
    left.sort(key=lambda stop: (-pool.costing.delivery[stop], stop))
    for stop in left:
        if over():
            break
        _put(pool, objective, kept, stop)
    return kept


def _put(pool: Pool, objective: Objective, plan: list[Route], stop: int) -> None:
    least, place, best = pool.price(stop, objective), -1, None
    for number, (vehicle, tours) in enumerate(plan):
        before = pool.value((vehicle, tours), objective)
        for tour, (start, stops, end) in enumerate(tours):
            for position in range(len(stops) + 1):
                made = (start, (*stops[:position], stop, *stops[position:]), end)
                route = (vehicle, (*tours[:tour], made, *tours[tour + 1 :]))
                more = _value(pool, objective, route) - before
                if more < least - _LESS:
                    least, place, best = more, number, route
        last = (tours[-1][2], (stop,), tours[-1][2])
        more = _value(pool, objective, (vehicle, (*tours, last))) - before
        if more < least - _LESS:
            least, place, best = more, number, (vehicle, (*tours, last))
    fleet = pool.costing.problem.fleet
    for vehicle, kind in enumerate(fleet):
        if sum(each == vehicle for each, _ in plan) < kind.count:
            route = (vehicle, ((kind.start, (stop,), kind.end),))
            more = _value(pool, objective, route)
            if more < least - _LESS:
                least, place, best = more, len(plan), route
    if best is not None:
        pool.figures(best)
        plan[place : place + 1] = [best]


def _value(pool: Pool, objective: Objective, route: Route) -> float:
    """Return a value without filling the pool by all that was tried."""
    found = pool.costing.figures(*route)
    return math.inf if found is None else objective.of(*found)
