"""Public instances as problems of ours, beside plain PyVRP; a plan of ours is judged by PyVRP's own figures."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import numpy as np
import pyvrp
from pyvrp.stop import MaxRuntime

from benchmarks.routing_data import Public
from carbon.optimise.rounds.plan import RoundPlan
from carbon.optimise.rounds.problem import Network, Problem, Stop, VehicleType

_ENDLESS = 2**40


def read(given: Public) -> pyvrp.ProblemData:
    """Read an instance as PyVRP does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pyvrp.read(given.path, round_func=given.rounding)


def plain(data: pyvrp.ProblemData, seconds: float, seed: int) -> int | None:
    """Return the cost that PyVRP alone finds; None where it finds no plan."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = pyvrp.solve(data, MaxRuntime(seconds), seed=seed, collect_stats=False, display=False)
    return found.cost() if found.is_feasible() else None


def problem_of(data: pyvrp.ProblemData) -> Problem:
    """Return an instance as a problem whose money is its cost; ValueError for what a problem of ours cannot say."""
    clients, depots, types = data.clients(), data.depots(), data.vehicle_types()
    if data.num_shipments or data.num_load_dimensions > 1 or any(each.unit_duration_cost for each in types):
        raise ValueError("has shipments, several load dimensions or paid hours")
    if any(each.group is not None for each in clients):
        raise ValueError("has groups of clients")
    stops = tuple(
        Stop(
            str(number),
            each.location,
            delivery_kg=float(sum(each.delivery)),
            collection_kg=float(sum(each.pickup)),
            windows=((float(each.tw_early), _time(each.tw_late)),),
            service_s=float(each.service_duration),
            ready_s=float(each.release_time),
            prize_money=None if each.required else float(each.prize),
        )
        for number, each in enumerate(clients)
    )
    fleet = tuple(_vehicle(number, each, depots) for number, each in enumerate(types))
    profiles = range(data.num_profiles)
    network = Network(
        np.full(data.num_locations, math.nan),
        np.full(data.num_locations, math.nan),
        (None,) * data.num_locations,
        np.stack([data.distance_matrix(each) for each in profiles]).astype(float),
        np.stack([data.duration_matrix(each) for each in profiles]).astype(float),
        "instance",
    )
    return Problem(stops, fleet, network, depots={each.location: str(number) for number, each in enumerate(depots)})


def _vehicle(number: int, each: pyvrp.VehicleType, depots: list[pyvrp.Depot]) -> VehicleType:
    reload = [depots[place] for place in each.reload_depots]
    seconds = {depot.service_duration for depot in reload}
    if len(seconds) > 1 or depots[each.start_depot].service_duration:
        raise ValueError("has depots that take time, or different times")
    begins = max(each.tw_early, depots[each.start_depot].tw_early)
    ends = min(_time(each.tw_late), _time(depots[each.end_depot].tw_late))
    return VehicleType(
        str(number),
        each.num_available,
        depots[each.start_depot].location,
        depots[each.end_depot].location,
        float(each.capacity[0]) if each.capacity else math.inf,
        profile=each.profile,
        range_km=each.max_distance / 1000 if each.max_distance < _ENDLESS else math.inf,
        shift=(float(begins), ends),
        longest_s=_time(each.shift_duration),
        money_per_km=1000.0 * each.unit_distance_cost,
        money_per_use=float(each.fixed_cost),
        waiting_is_paid=False,
        reload_at=tuple(depot.location for depot in reload),
        reload_s=float(seconds.pop()) if seconds else 0.0,
        most_rounds=min(each.max_trips, len(depots) + _ENDLESS) if reload else 1,
    )


def _time(value: int) -> float:
    return float(min(value, _ENDLESS))


def cost(data: pyvrp.ProblemData, plan: RoundPlan) -> int | None:
    """Return what a plan of ours costs by PyVRP's reckoning, None where it breaks a limit there."""
    depot_at: dict[int, int] = {}
    for number, each in enumerate(data.depots()):
        depot_at.setdefault(each.location, number)
    depot, client = pyvrp.ActivityType.DEPOT, pyvrp.ActivityType.CLIENT
    routes = []
    for timed in plan.duties:
        activities = []
        for number, each in enumerate(timed.duty.rounds):
            if number:
                activities.append(pyvrp.Activity(depot, depot_at[each.start]))
            activities += [pyvrp.Activity(client, stop) for stop in each.stops]
        routes.append(pyvrp.Route(data, activities, timed.duty.vehicle))
    solution = pyvrp.Solution(data, routes)
    if not solution.is_feasible():
        return None
    return pyvrp.CostEvaluator([0.0] * data.num_load_dimensions, 0.0, 0.0).cost(solution)


def both(
    given: Public, seconds: float, seed: int, ours: Callable[[Problem], RoundPlan]
) -> tuple[int | None, int | None]:
    """Return the costs of our engine and of PyVRP alone, one after the other."""
    data = read(given)
    plan = ours(problem_of(data))
    return cost(data, plan), plain(data, seconds, seed)
