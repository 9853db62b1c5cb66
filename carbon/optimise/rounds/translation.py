"""A problem in the engine's whole numbers, and the engine's routes as duties.

Where metres and what one costs are whole numbers, a vehicle type's distances are metres, and types of the same roads share a profile.
Elsewhere each has its own, whose distances are what a leg costs there, so that costs are as fine as wished and what a driver is paid for
driving and service is in them; where a leg's cost is not in proportion to its metres, a range in costs is a guess, on the large side. What the engine cannot know (load on board, hour of traffic) is put in as it
was in the last plan, a rest as a shorter shift; `costing` judges what comes out.
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

#: What a typical leg costs in the engine's units, and a paid second at least.
_LEG_COSTS = 2000
_SECOND_COSTS = 20
#: A leg that a vehicle may not drive, as a multiple of the dearest it may.
_FORBIDDEN = 50
_MOST = 2**40
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
    extra : dict of int to float
        What a duty as long as its range costs beyond its metres, by vehicle type.
    """

    load_kg: dict[int, float] = field(default_factory=dict)
    arrival_s: dict[int, float] = field(default_factory=dict)
    extra: dict[int, float] = field(default_factory=dict)


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
        costs = {number: self._leg_costs(number) for number in self._types}
        self._scale(costs)
        #: What the engine's unit of distance costs: a metre, where that is a whole number, else one.
        self.unit_costs = {number: self._unit_cost(number) for number in self._types}
        #: Client to stop: a stop with several windows is several clients.
        self._stop_of: list[int] = []
        self.data = self._build(costs, caps, optional)
        self._clients_of: dict[int, list[int]] = {}
        for client, stop in enumerate(self._stop_of):
            self._clients_of.setdefault(stop, []).append(client)

    # What a leg costs ----------------------------------------------------------------------------------------------

    def _leg_costs(self, number: int) -> np.ndarray:
        how, hints = self._costing.vehicles[number], self._hints
        kind, value = how.type, self._objective.of
        guess = min(kind.payload_kg, sum(self._costing.delivery)) / 2
        load = hints.load_kg.get(number, guess)
        per_m = value(how.co2e_per_m + how.co2e_per_m_kg * load, how.money_per_m + how.money_per_m_kg * load)
        nodes = np.array(self._nodes)
        metres = self._problem.network.distance_m[kind.profile][np.ix_(nodes, nodes)]
        self._per_m = {**getattr(self, "_per_m", {}), number: per_m}
        costs = per_m * metres
        hourly = value(0.0, kind.money_per_hour) / HOUR_S
        if hourly and not kind.waiting_is_paid:
            costs = costs + hourly * self._seconds(number)
            service = np.array([0.0] * len(self._depots) + self._costing.service)
            costs = costs + hourly * service[None, :]
        return costs

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

    def _scale(self, costs: dict[int, np.ndarray]) -> None:
        # Of a large day, some rows tell what a leg costs as well as all.
        every = max(1, len(self._nodes) // _ROWS)
        finite = [rows[np.isfinite(rows) & (rows > 0)] for rows in (each[::every] for each in costs.values())]
        values = np.concatenate(finite) if finite else np.array([])
        if not len(values):
            self.scale, self.typical = 1.0, 1.0
            return
        whole = all(_are_whole(each[np.isfinite(each)]) for each in costs.values())
        # The leg to a near neighbour is what routes are made of.
        typical = float(np.quantile(values, 0.1)) or 1.0
        self.scale = 1.0 if whole and typical >= 1 else _LEG_COSTS / typical
        paid = [
            self._objective.of(0.0, self._problem.fleet[number].money_per_hour) / HOUR_S
            for number in costs
            if self._problem.fleet[number].waiting_is_paid and self._problem.fleet[number].money_per_hour
        ]
        paid = [each for each in paid if each > 0]
        if paid:
            self.scale = max(self.scale, _SECOND_COSTS / min(paid))
        self.typical = typical * self.scale

    def _unit_cost(self, number: int) -> int:
        kind, per_m = self._costing.vehicles[number].type, self._per_m[number]
        paid_driving = self._objective.of(0.0, kind.money_per_hour) and not kind.waiting_is_paid
        if self.scale != 1.0 or paid_driving or per_m < 1 or abs(per_m - round(per_m)) > _WHOLE:
            return 1
        metres = self._problem.network.distance_m[kind.profile]
        return round(per_m) if _are_whole(metres[np.isfinite(metres)]) else 1

    # There ---------------------------------------------------------------------------------------------------------

    def _build(self, costs: dict[int, np.ndarray], caps: Sequence[int], optional: bool) -> ProblemData:
        locations = [Location(0, 0) for _ in self._nodes]
        first = len(self._depots)
        depots = [Depot(place, service_duration=math.ceil(seconds)) for place, (_, seconds) in enumerate(self._depots)]
        dearest = max(
            (float(each[np.isfinite(each)].max(initial=0.0)) * self.scale for each in costs.values()), default=1.0
        )
        forbidden = min(_MOST, round(_FORBIDDEN * max(1.0, dearest)))
        self._forbidden = forbidden
        whole = round(self._worth_more(costs))
        clients, groups = self._clients(first, optional, whole)
        profiles: dict[tuple[bytes, bytes], int] = {}
        distances, durations, types = [], [], []
        for number in self._types:
            matrix, seconds = self._matrices(number, costs[number])
            key = (hashlib.sha256(matrix).digest(), hashlib.sha256(seconds).digest())
            if key not in profiles:
                profiles[key] = len(distances)
                distances.append(matrix)
                durations.append(seconds)
            types.append(self._vehicle(number, caps[number], profiles[key]))
        return ProblemData(locations, clients, depots, types, distances, durations, groups)

    def _worth_more(self, costs: dict[int, np.ndarray]) -> float:
        """Return more than serving any one stop costs, in the engine's units."""
        dearest = 0.0
        for number, each in costs.items():
            kind = self._problem.fleet[number]
            use = self._objective.of(kind.co2e_kg_per_use, kind.money_per_use)
            hours = self._objective.of(0.0, kind.money_per_hour) * (kind.shift[1] - kind.shift[0]) / HOUR_S
            dearest = max(dearest, use + hours + 4 * float(each[np.isfinite(each)].max(initial=0.0)))
        return min(_MOST, 2 * dearest * self.scale + 1)

    def _clients(self, first: int, optional: bool, whole: int) -> tuple[list[Client], list[ClientGroup]]:
        costing, clients, groups = self._costing, [], []
        self.load_scale = self._load_scale()
        for place, stop in enumerate(self._problem.stops):
            prize = self._objective.prize(stop)
            wanted = math.isinf(prize)
            worth = whole * costing.weight[place] if wanted else min(whole, round(prize * self.scale))
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

    def _matrices(self, number: int, costs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        how, first = self._costing.vehicles[number], len(self._depots)
        on_the_road = how.type.start not in self._costing.depots and how.type.most_rounds <= 1
        seconds, unit = self._seconds(number), self.unit_costs[number]
        forbidden = math.ceil(self._forbidden / unit)
        # A leg without a cost is fine, one without a way is not.
        with np.errstate(invalid="ignore"):
            matrix = np.where(np.isfinite(costs), np.round(costs * (self.scale / unit)), forbidden)
        seconds = np.where(np.isfinite(seconds), np.ceil(seconds - 1e-6), _MOST)
        for place in range(len(self._problem.stops)):
            wrong = self._costing.depot[place]
            reach = (
                wrong is not None and place not in how.on_board and wrong not in (how.type.start, *how.type.reload_at)
            )
            # Who is on the road and may not reload delivers what is on board and nothing else.
            reach |= on_the_road and place not in how.on_board and self._costing.delivery[place] > 0
            if not how.may[place] or reach:
                matrix[:, first + place] = forbidden
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
        if math.isfinite(kind.range_km) and self._per_m[number] > 0:
            reach_m = (kind.range_km * (most if kind.recharges else 1) - kind.driven_km) * M_PER_KM
            reach = self._per_m[number] * reach_m + self._beyond_metres(number, reach_m)
            extra["max_distance"] = min(_MOST, math.floor(reach * self.scale / self.unit_costs[number] + _WHOLE))
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
        hourly = value(0.0, kind.money_per_hour) / HOUR_S if kind.waiting_is_paid else 0.0
        return pyvrp.VehicleType(
            min(cap, len(self._problem.stops)),
            capacity,
            start_depot=self._depots.index((kind.start, 0.0)),
            end_depot=self._depots.index((kind.end, 0.0)),
            fixed_cost=round(value(kind.co2e_kg_per_use, kind.money_per_use) * self.scale),
            tw_early=math.ceil(kind.shift[0]),
            tw_late=_whole(kind.shift[1] - rest_s),
            unit_distance_cost=self.unit_costs[number],
            unit_duration_cost=round(hourly * self.scale),
            profile=profile,
            initial_load=[math.ceil(each) for each in carried[: len(capacity)]],
            reload_depots=[self._depots.index((node, kind.reload_s)) for node in kind.reload_at] if most > 1 else [],
            **extra,
        )

    def _beyond_metres(self, number: int, reach_m: float) -> float:
        """Return what a duty as long as its range costs beyond its metres, at most or as the last plan says."""
        if number in self._hints.extra:
            return self._hints.extra[number]
        kind = self._problem.fleet[number]
        hourly = self._objective.of(0.0, kind.money_per_hour) / HOUR_S
        if kind.waiting_is_paid or not hourly:
            return 0.0
        metres = self._problem.network.distance_m[kind.profile]
        seconds = self._problem.network.duration_s[kind.profile]
        known = np.isfinite(metres) & (metres > 0)
        if not known.any():
            return 0.0
        driving_s = reach_m * float(np.quantile(seconds[known] / metres[known], 0.9))
        longest_s = min(kind.shift[1] - kind.shift[0], kind.longest_s)
        service_s = min(sum(self._costing.service), max(0.0, longest_s - driving_s))
        return hourly * (min(driving_s, longest_s) + service_s)

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


def _are_whole(values: np.ndarray) -> bool:
    # Most that are not say so at once.
    return all(bool(np.all(np.abs(each - np.round(each)) < _WHOLE)) for each in (values[:_ROWS], values))


def _whole(seconds: float) -> int:
    return np.iinfo(np.int64).max if math.isinf(seconds) else math.floor(seconds)
