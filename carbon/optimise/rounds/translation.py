"""A problem in the engine's whole numbers, and the engine's routes as duties.

A leg's metres are the engine's distances and what a metre emits or costs is its type's unit cost, so that a range stays a range and types of the
same roads share a profile. Unit costs are the smallest whole numbers in the types' proportion. What the engine cannot know (load on board, hour
of traffic, waiting that is not paid) is put in as it was in the last plan, a rest as a shorter shift; `costing` judges what comes out.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyvrp
from pyvrp import Activity, ActivityType, Client, ClientGroup, Depot, Location, ProblemData, Solution

from carbon.optimise.rounds.costing import M_PER_KM, Costing, Tour
from carbon.optimise.rounds.problem import HOURS, Objective
from carbon.optimise.rounds.timing import HOUR_S

#: How far unit costs may be off the types' proportion, how many scales are tried for that, what a leg to a near neighbour costs at least.
_OFF, _SCALES, _LEG_COSTS = 0.005, 10_000, 2000
#: Share of all legs that are near ones.
_NEAR = 0.1
#: A leg that a vehicle may not drive, as a multiple of the dearest it may.
_FORBIDDEN = 50
_MOST = 2**40
#: Seconds of a way that there is not: fined by the second, so that more would not fit the engine's numbers.
_NEVER_S = 2**30
_WHOLE = 1e-6
#: Rows of a matrix from which the scale is told, at least.
_ROWS = 500
_LOAD_SCALES = (1, 10, 100, 1000)

#: A vehicle type and its rounds, as the search has a duty.
Route = tuple[int, tuple[Tour, ...]]


@dataclass
class Hints:
    """What a plan taught about what the engine does not see.

    Attributes
    ----------
    load_kg : dict of int to float
        Mean mass on board, by vehicle type.
    arrival_s : dict of int to float
        When a stop was reached.
    pace_s_per_m : dict of int to float
        Mean seconds a metre, by vehicle type.
    """

    load_kg: dict[int, float] = field(default_factory=dict)
    arrival_s: dict[int, float] = field(default_factory=dict)
    pace_s_per_m: dict[int, float] = field(default_factory=dict)


class Translation:
    """A problem for the engine, and the way back."""

    def __init__(self, costing: Costing, objective: Objective, caps: Sequence[int], hints: Hints, optional: bool):
        self._costing, self._objective, self._hints = costing, objective, hints
        problem = self._problem = costing.problem
        self._types = [
            number for number, each in enumerate(problem.fleet) if caps[number] > 0 and costing.vehicles[number]
        ]
        #: Depots: node and seconds of reloading there; start and end have none.
        self._depots: list[tuple[int, float]] = []
        for number in self._types:
            each = problem.fleet[number]
            for place in [(each.start, 0.0), (each.end, 0.0), *((node, each.reload_s) for node in each.reload_at)]:
                if place not in self._depots:
                    self._depots.append(place)
        self._nodes = [node for node, _ in self._depots] + [stop.node for stop in problem.stops]
        #: Whether a type's hours are the engine's to count: it knows no waiting that is not paid.
        self._in_hours = {number: self._counts_hours(number) for number in self._types}
        #: What a second and a metre cost, by type.
        self._per_s = {number: self._hourly(number) * self._in_hours[number] for number in self._types}
        self._per_m = {number: self._metre_cost(number) for number in self._types}
        self._scale()
        self.unit_costs = {number: _unit(self._per_m[number] * self.scale) for number in self._types}
        #: Client to stop: a stop with several windows is several clients.
        self._stop_of: list[int] = []
        self.data = self._build(caps, optional)
        self._clients_of: dict[int, list[int]] = {}
        for client, stop in enumerate(self._stop_of):
            self._clients_of.setdefault(stop, []).append(client)

    # What a leg costs ----------------------------------------------------------------------------------------------

    def _hourly(self, number: int) -> float:
        """Return what a paid second costs."""
        return self._objective.of(0.0, self._problem.fleet[number].money_per_hour) / HOUR_S

    def _counts_hours(self, number: int) -> bool:
        # Beside a type whose waiting is paid, driving and service must cost the others as much: then waiting does, too.
        return any(self._problem.fleet[each].waiting_is_paid and self._hourly(each) > 0 for each in self._types)

    def _metre_cost(self, number: int) -> float:
        """Return what a metre costs with the last plan's load on board, and at its pace where hours are the driving's."""
        how, hints = self._costing.vehicles[number], self._hints
        guess = min(how.type.payload_kg, sum(self._costing.delivery)) / 2
        load = hints.load_kg.get(number, guess)
        per_m = self._objective.of(
            how.co2e_per_m + how.co2e_per_m_kg * load, how.money_per_m + how.money_per_m_kg * load
        )
        if self._hourly(number) and not self._in_hours[number]:
            per_m += self._hourly(number) * (hints.pace_s_per_m.get(number) or self._pace_s_per_m(number))
        return per_m

    def _pace_s_per_m(self, number: int) -> float:
        metres, seconds = self._metres(number), self._seconds(number)
        near = np.isfinite(metres) & np.isfinite(seconds) & (metres > 0)
        if not near.any():
            return 0.0
        near &= metres <= np.quantile(metres[near], _NEAR)
        return float(seconds[near].sum() / metres[near].sum())

    def _metres(self, number: int) -> np.ndarray:
        nodes = np.array(self._nodes)
        return self._problem.network.distance_m[self._problem.fleet[number].profile][np.ix_(nodes, nodes)]

    def _seconds(self, number: int) -> np.ndarray:
        """Return the legs' seconds at the hour they were last driven."""
        how = self._costing.vehicles[number]
        kind = how.type
        nodes = np.array(self._nodes)
        seconds = self._problem.network.duration_s[kind.profile][np.ix_(nodes, nodes)].copy()
        first = int(kind.shift[0] // HOUR_S)
        last = max(first + 1, math.ceil(min(kind.shift[1], (first + HOURS) * HOUR_S) / HOUR_S))
        for column, node in enumerate(self._nodes):
            rates = how.rates[node]
            if rates is None:
                continue
            arrival = self._hints.arrival_s.get(column - len(self._depots))
            if arrival is not None:
                rate = rates[int(arrival // HOUR_S) % HOURS]
            else:
                rate = sum(rates[hour % HOURS] for hour in range(first, last)) / (last - first)
            seconds[:, column] *= rate
        return seconds

    def _scale(self) -> None:
        # Of a large day, some rows tell what a leg costs as well as all.
        every = max(1, len(self._nodes) // _ROWS)
        legs = [self._per_m[number] * self._metres(number)[::every] for number in self._types]
        values = np.concatenate([each[np.isfinite(each) & (each > 0)] for each in legs]) if legs else np.array([])
        # The leg to a near neighbour is what routes are made of.
        near = float(np.quantile(values, _NEAR)) if len(values) else 0.0
        self.scale, whole = _proportion([*self._per_m.values(), *self._per_s.values()], near)
        #: What a near leg costs, and how many times as much as need be: what else is counted in costs keeps its proportion to them.
        self.typical = near * self.scale if near else 1.0
        self.finer = 1.0 if whole else max(1.0, self.typical / _LEG_COSTS)

    # There ---------------------------------------------------------------------------------------------------------

    def _build(self, caps: Sequence[int], optional: bool) -> ProblemData:
        locations = [Location(0, 0) for _ in self._nodes]
        first = len(self._depots)
        depots = [Depot(place, service_duration=math.ceil(seconds)) for place, (_, seconds) in enumerate(self._depots)]
        longest = {number: self._longest_m(number) for number in self._types}
        dearest = max((self.unit_costs[number] * most for number, most in longest.items()), default=1.0)
        cheapest = min((each for each in self.unit_costs.values() if each), default=1)
        self._forbidden_m = min(_MOST, math.ceil(_FORBIDDEN * max(1.0, dearest) / cheapest))
        whole = round(self._worth_more(longest))
        clients, groups = self._clients(first, optional, whole)
        profiles: dict[tuple[bytes, bytes], int] = {}
        distances, durations, types = [], [], []
        for number in self._types:
            matrix, seconds = self._matrices(number)
            key = (hashlib.sha256(matrix).digest(), hashlib.sha256(seconds).digest())
            if key not in profiles:
                profiles[key] = len(distances)
                distances.append(matrix)
                durations.append(seconds)
            types.append(self._vehicle(number, caps[number], profiles[key]))
        return ProblemData(locations, clients, depots, types, distances, durations, groups)

    def _longest_m(self, number: int) -> float:
        metres = self._metres(number)
        return float(metres[np.isfinite(metres)].max(initial=0.0))

    def _worth_more(self, longest_m: dict[int, float]) -> float:
        """Return more than serving any one stop costs, in the engine's units."""
        dearest = 0.0
        for number, most in longest_m.items():
            kind = self._problem.fleet[number]
            use = self._objective.of(kind.co2e_kg_per_use, kind.money_per_use)
            hours = self._hourly(number) * (kind.shift[1] - kind.shift[0])
            dearest = max(dearest, use + hours + 4 * self._per_m[number] * most)
        return min(_MOST, 2 * dearest * self.scale + 1)

    def _clients(self, first: int, optional: bool, whole: int) -> tuple[list[Client], list[ClientGroup]]:
        costing, clients, groups = self._costing, [], []
        self.load_scale = self._load_scale()
        # Service that no unit cost holds is paid whoever serves.
        served = min((self._hourly(number) for number in self._types if not self._in_hours[number]), default=0.0)
        for place, stop in enumerate(self._problem.stops):
            prize = self._objective.prize(stop)
            wanted = math.isinf(prize)
            worth = (
                whole * costing.weight[place]
                if wanted
                else min(whole, round(max(0.0, prize - served * stop.service_s) * self.scale))
            )
            required = wanted and not optional
            delivery = [math.ceil(stop.delivery_kg * self.load_scale - 1e-6)]
            pickup = [math.ceil(stop.collection_kg * self.load_scale - 1e-6)]
            if costing._volumes:
                delivery.append(math.ceil(stop.delivery_m3 * self.volume_scale - 1e-6))
                pickup.append(math.ceil(stop.collection_m3 * self.volume_scale - 1e-6))
            windows = stop.windows or ((0.0, math.inf),)
            several = len(windows) > 1
            if several:
                groups.append(ClientGroup(required=required))
            for opens, closes in windows:
                if several:
                    groups[-1].add_client(len(clients))
                self._stop_of.append(place)
                clients.append(
                    Client(
                        first + place,
                        delivery,
                        pickup,
                        service_duration=math.ceil(stop.service_s),
                        tw_early=math.ceil(opens),
                        tw_late=_whole(closes),
                        release_time=math.ceil(stop.ready_s),
                        prize=0 if required else worth,
                        required=required and not several,
                        group=len(groups) - 1 if several else None,
                    )
                )
        return clients, groups

    def _load_scale(self) -> int:
        masses = [value for stop in self._problem.stops for value in (stop.delivery_kg, stop.collection_kg)]
        volumes = sum(stop.delivery_m3 + stop.collection_m3 for stop in self._problem.stops)
        self.volume_scale = 1e6 / volumes if volumes else 1.0
        for scale in _LOAD_SCALES:
            if all(abs(value * scale - round(value * scale)) < 1e-6 for value in masses):
                return scale
        return _LOAD_SCALES[-1]

    def _matrices(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        how, first = self._costing.vehicles[number], len(self._depots)
        on_the_road = how.type.start not in self._costing.depots and how.type.most_rounds <= 1
        seconds, metres, forbidden = self._seconds(number), self._metres(number), self._forbidden_m
        # A leg without a cost is fine, one without a way is not.
        with np.errstate(invalid="ignore"):
            matrix = np.where(np.isfinite(metres), np.round(metres), forbidden)
        seconds = np.where(np.isfinite(seconds), np.ceil(seconds - 1e-6), _NEVER_S)
        for place in range(len(self._problem.stops)):
            wrong = self._costing.depot[place]
            reach = (
                wrong is not None and place not in how.on_board and wrong not in (how.type.start, *how.type.reload_at)
            )
            # Who is on the road and may not reload delivers what is on board and nothing else.
            reach |= on_the_road and place not in how.on_board and self._costing.delivery[place] > 0
            if not how.may[place] or reach:
                matrix[:, first + place] = forbidden
                if not self.unit_costs[number]:
                    seconds[:, first + place] = _NEVER_S
        np.fill_diagonal(matrix, 0)
        np.fill_diagonal(seconds, 0)
        return matrix.astype(np.int64), seconds.astype(np.int64)

    def _vehicle(self, number: int, cap: int, profile: int) -> pyvrp.VehicleType:
        kind, value = self._problem.fleet[number], self._objective.of
        capacity = [math.floor(min(_MOST, kind.payload_kg * self.load_scale) + 1e-6)]
        if self._costing._volumes:
            capacity.append(math.floor(min(_MOST, kind.volume_m3 * self.volume_scale) + 1e-6))
        most = max(1, kind.most_rounds) if kind.reload_at else 1
        extra: dict[str, int] = {}
        if math.isfinite(kind.range_km):
            reach_m = (kind.range_km * (most if kind.recharges else 1) - kind.driven_km) * M_PER_KM
            extra["max_distance"] = min(_MOST, max(0, math.floor(reach_m + _WHOLE)))
        rest_s = 0.0
        if kind.rest is not None and kind.shift[1] > kind.rest.latest_s:
            rest_s = min(kind.rest.duration_s, kind.shift[1] - kind.rest.latest_s)
        if kind.longest_s < kind.shift[1] - kind.shift[0]:
            extra["shift_duration"] = math.floor(kind.longest_s - rest_s)
        if most > 1:
            extra["max_reloads"] = most - 1
        if kind.under_way and kind.start not in self._costing.depots:
            extra["start_late"] = math.ceil(kind.shift[0])
        carried = [kind.carried_kg * self.load_scale, kind.carried_m3 * getattr(self, "volume_scale", 0.0)]
        return pyvrp.VehicleType(
            min(cap, len(self._problem.stops)),
            capacity,
            start_depot=self._depots.index((kind.start, 0.0)),
            end_depot=self._depots.index((kind.end, 0.0)),
            fixed_cost=round(value(kind.co2e_kg_per_use, kind.money_per_use) * self.scale),
            tw_early=math.ceil(kind.shift[0]),
            tw_late=_whole(kind.shift[1] - rest_s),
            unit_distance_cost=self.unit_costs[number],
            unit_duration_cost=_unit(self._per_s[number] * self.scale),
            profile=profile,
            initial_load=[math.ceil(each) for each in carried[: len(capacity)]],
            reload_depots=[self._depots.index((node, kind.reload_s)) for node in kind.reload_at] if most > 1 else [],
            **extra,
        )

    # And back ------------------------------------------------------------------------------------------------------

    def routes(self, solution: Solution) -> list[Route]:
        """Return a solution's routes as duties of the search."""
        found = []
        for route in solution.routes():
            number = self._types[route.vehicle_type()]
            tours: list[Tour] = []
            start, stops = None, []
            for activity in route:
                if activity.is_depot():
                    node = self._depots[activity.idx][0]
                    if start is not None and stops:
                        tours.append((start, tuple(stops), node))
                        stops = []
                    start = node
                else:
                    stops.append(self._stop_of[activity.idx])
            if tours:
                found.append((number, tuple(tours)))
        return found

    def solution(self, routes: Sequence[Route]) -> Solution | None:
        """Return duties as a start for the engine; None where there are vehicles it has not."""
        made = []
        for number, tours in routes:
            if number not in self._types:
                return None
            activities: list[Activity] = []
            for place, (start, stops, _) in enumerate(tours):
                if place:
                    depot = (start, self._problem.fleet[number].reload_s)
                    activities.append(Activity(ActivityType.DEPOT, self._depots.index(depot)))
                activities += [Activity(ActivityType.CLIENT, self._client(stop)) for stop in stops]
            made.append(pyvrp.Route(self.data, activities, self._types.index(number)))
        used = [sum(route.vehicle_type() == place for route in made) for place in range(len(self._types))]
        if any(count > kind.num_available for count, kind in zip(used, self.data.vehicle_types(), strict=True)):
            return None
        return Solution(self.data, made)

    def _client(self, stop: int) -> int:
        """Return the client that a stop is; of several windows, the one in which it was reached or the next."""
        clients = self._clients_of[stop]
        arrival = self._hints.arrival_s.get(stop, 0.0)
        closes = [window[1] for window in self._problem.stops[stop].windows]
        return next((each for each, late in zip(clients, closes, strict=False) if arrival <= late), clients[-1])


def _whole(seconds: float) -> int:
    return np.iinfo(np.int64).max if math.isinf(seconds) else math.floor(seconds)


def _unit(cost: float) -> int:
    return max(1, round(cost)) if cost > 0 else 0


def _proportion(costs: Sequence[float], near: float) -> tuple[float, bool]:
    """Return by what costs become whole numbers in their proportion, and whether they are without: the least that serves.

    Numbers are no larger than need be: the engine is the worse for large ones. A near leg costs enough for what else is in whole units.
    """
    known = np.array(sorted({each for each in costs if each > 0}))
    if not len(known) or (known[0] >= 1 and np.all(np.abs(known - np.round(known)) < _WHOLE)):
        return 1.0, True
    least = max(1, math.ceil(known[-1] * _LEG_COSTS / near)) if near else 1
    scales = np.arange(least, least + _SCALES) / known[-1]
    exact = known[:, None] * scales
    off = np.abs(np.maximum(1.0, np.round(exact)) / exact - 1).max(axis=0)
    enough = np.flatnonzero(off <= _OFF)
    return float(scales[enough[0] if len(enough) else np.argmin(off)]), False
