"""A problem in the engine's whole numbers, and the engine's routes as duties.

Distances are metres, but where `legs` says otherwise; vehicle types of the same roads share a profile. What the engine cannot know (load on
board, hour of traffic) is put in as it was in the last plan, a rest as a shorter shift; `costing` judges what comes out.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np
import pyvrp
from pyvrp import Activity, ActivityType, Client, ClientGroup, Depot, Location, ProblemData, Solution

from carbon.optimise.rounds.costing import M_PER_KM, Costing, Tour
from carbon.optimise.rounds.legs import Hints, Legs
from carbon.optimise.rounds.problem import Objective
from carbon.optimise.rounds.timing import HOUR_S

#: A leg that a vehicle may not drive, as a multiple of the dearest it may.
_FORBIDDEN = 50
_MOST = 2**40
#: Seconds of a way that there is not: fined by the second, so that more would not fit the engine's numbers.
_NEVER_S = 2**30
_WHOLE = 1e-6
_LOAD_SCALES = (1, 10, 100, 1000)

#: A vehicle type and its rounds, as the search has a duty.
Route = tuple[int, tuple[Tour, ...]]


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
        self.legs = Legs(costing, objective, hints, self._types, self._nodes, len(self._depots))
        #: Client to stop: a stop with several windows is several clients.
        self._stop_of: list[int] = []
        self.data = self._build(caps, optional)
        self._clients_of: dict[int, list[int]] = {}
        for client, stop in enumerate(self._stop_of):
            self._clients_of.setdefault(stop, []).append(client)

    # There ---------------------------------------------------------------------------------------------------------

    def _build(self, caps: Sequence[int], optional: bool) -> ProblemData:
        locations = [Location(0, 0) for _ in self._nodes]
        first = len(self._depots)
        depots = [Depot(place, service_duration=math.ceil(seconds)) for place, (_, seconds) in enumerate(self._depots)]
        legs = {number: self.legs.dearest(number) for number in self._types}
        dearest = self.legs.scale * max(legs.values(), default=1.0)
        cheapest = min((each for each in self.legs.unit_costs.values() if each), default=1)
        self._forbidden = min(_MOST, math.ceil(_FORBIDDEN * max(1.0, dearest) / cheapest))
        whole = round(self._worth_more(legs))
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

    def _worth_more(self, dearest_legs: dict[int, float]) -> float:
        """Return more than serving any one stop costs, in the engine's units."""
        dearest = 0.0
        for number, leg in dearest_legs.items():
            kind = self._problem.fleet[number]
            use = self._objective.of(kind.co2e_kg_per_use, kind.money_per_use)
            hours = self._objective.of(0.0, kind.money_per_hour) / HOUR_S * (kind.shift[1] - kind.shift[0])
            dearest = max(dearest, use + hours + 4 * leg)
        return min(_MOST, 2 * dearest * self.legs.scale + 1)

    def _clients(self, first: int, optional: bool, whole: int) -> tuple[list[Client], list[ClientGroup]]:
        costing, clients, groups = self._costing, [], []
        self.load_scale = self._load_scale()
        for place, stop in enumerate(self._problem.stops):
            prize = self._objective.prize(stop)
            wanted = math.isinf(prize)
            if wanted:
                worth = whole * costing.weight[place]
            else:
                beyond_service = max(0.0, prize - self.legs.service_cost * stop.service_s)
                worth = min(whole, round(beyond_service * self.legs.scale))
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
        seconds, lengths, forbidden = self.legs.seconds(number), self.legs.lengths(number), self._forbidden
        # A leg without a cost is fine, one without a way is not.
        way = np.isfinite(lengths) & np.isfinite(seconds)
        matrix = np.round(np.where(way, lengths, forbidden))
        seconds = np.where(way, np.ceil(seconds - 1e-6), _NEVER_S)
        for place in range(len(self._problem.stops)):
            wrong = self._costing.depot[place]
            reach = (
                wrong is not None and place not in how.on_board and wrong not in (how.type.start, *how.type.reload_at)
            )
            # Who is on the road and may not reload delivers what is on board and nothing else.
            reach |= on_the_road and place not in how.on_board and self._costing.delivery[place] > 0
            if not how.may[place] or reach:
                matrix[:, first + place] = forbidden
                if not self.legs.unit_costs[number]:
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
            extra["max_distance"] = min(_MOST, max(0, math.floor(self.legs.reach(number, reach_m) + _WHOLE)))
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
            fixed_cost=round(value(kind.co2e_kg_per_use, kind.money_per_use) * self.legs.scale),
            tw_early=math.ceil(kind.shift[0]),
            tw_late=_whole(kind.shift[1] - rest_s),
            unit_distance_cost=self.legs.unit_costs[number],
            unit_duration_cost=self.legs.second_costs[number],
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
