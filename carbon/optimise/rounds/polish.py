"""A local search on exact figures: what the engine cannot see is load on board, and hours as they are.

Stops are moved, swapped and turned round within and between duties, duties exchange their tails and their vehicles. A change is first
judged by its legs alone, at the mean load of the vehicle; only what may pay is evaluated exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from carbon.optimise.rounds.costing import Tour
from carbon.optimise.rounds.pool import Pool, Route
from carbon.optimise.rounds.problem import Objective
from carbon.optimise.rounds.timing import HOUR_S

_NEIGHBOURS = 15
_SEGMENT = 3
#: Share of two duties' value by which legs alone may say worse and the exact figures still better.
_DOUBT = 0.01
#: The same for each share of a leg's cost that is the load's.
_LOAD_DOUBT = 0.25
_LESS = 1e-9

#: Positions of duties in the plan, and what they become; None: a vehicle less.
Change = list[tuple[int, Route | None]]


class Polish:
    """Improves plans of one problem for one objective; every duty it evaluates goes to the pool."""

    def __init__(self, pool: Pool, objective: Objective, stop: Callable[[], bool]):
        self.pool, self.objective, self._stop = pool, objective, stop
        costing = self._costing = pool.costing
        self._node = costing.node
        self._doubts: list[float] = []
        self._legs = [self._leg_costs(number) for number in range(len(costing.problem.fleet))]
        self._near = self._neighbours()

    def _leg_costs(self, number: int) -> list[list[float]]:
        how, network = self._costing.vehicles[number], self._costing.problem.network
        kind = how.type
        load = min(kind.payload_kg, sum(self._costing.delivery)) / 2
        per_m = self.objective.of(
            how.co2e_per_m + how.co2e_per_m_kg * load, how.money_per_m + how.money_per_m_kg * load
        )
        empty_per_m = self.objective.of(how.co2e_per_m, how.money_per_m)
        self._doubts.append(_DOUBT + (_LOAD_DOUBT * (per_m - empty_per_m) / per_m if per_m else 0.0))
        hourly = self.objective.of(0.0, kind.money_per_hour) / HOUR_S
        costs = per_m * network.distance_m[kind.profile]
        if hourly:
            costs = costs + hourly * network.duration_s[kind.profile]
        return np.nan_to_num(costs, nan=math.inf).tolist()

    def _neighbours(self) -> list[list[int]]:
        network = self._costing.problem.network
        nodes = np.array(self._node)
        metres = network.distance_m[0][np.ix_(nodes, nodes)]
        metres = metres + metres.T
        np.fill_diagonal(metres, math.inf)
        count = min(_NEIGHBOURS, len(nodes) - 1)
        return np.argsort(metres, axis=1, kind="stable")[:, :count].tolist()

    # The search ----------------------------------------------------------------------------------------------------

    def improve(self, plan: Sequence[Route]) -> list[Route]:
        """Return a plan that no single change improves, or as far as it came when told to stop."""
        plan = [self.pool.best_of(route, self.objective) for route in plan]
        values = [self.pool.value(route, self.objective) for route in plan]
        again = True
        while again and not self._stop():
            again = False
            for stop in range(len(self._node)):
                if self._stop():
                    break
                while self._try(plan, values, self._changes(plan, values, stop)):
                    again = True
            if not again:
                again = self._try(plan, values, self._exchanges(plan))
        return plan

    def _try(self, plan: list[Route], values: list[float], changes: Iterator[Change]) -> bool:
        """Make the first change that pays."""
        for change in changes:
            before = sum(values[place] for place, _ in change if place < len(plan))
            after = 0.0
            for _, route in change:
                if route is not None:
                    after += self.pool.value(route, self.objective)
                    if after >= before - _LESS:
                        break
            if after < before - _LESS * (1 + before):
                self._make(plan, values, change)
                return True
        return False

    def _make(self, plan: list[Route], values: list[float], change: Change) -> None:
        for place, route in sorted(change, key=lambda each: -each[0]):
            if route is None:
                del plan[place], values[place]
            elif place == len(plan):
                plan.append(route)
                values.append(self.pool.value(route, self.objective))
            else:
                plan[place] = self.pool.best_of(route, self.objective)
                values[place] = self.pool.value(plan[place], self.objective)

    def _spare(self, plan: Sequence[Route]) -> list[int]:
        """Return vehicle types of which one is not in use."""
        fleet = self._costing.problem.fleet
        used = [0] * len(fleet)
        for vehicle, _ in plan:
            used[vehicle] += 1
        return [number for number, each in enumerate(fleet) if used[number] < each.count]

    # Changes -------------------------------------------------------------------------------------------------------

    def _changes(self, plan: list[Route], values: list[float], stop: int) -> Iterator[Change]:
        place = {
            each: (duty, tour, position)
            for duty, (_, tours) in enumerate(plan)
            for tour, (_, stops, _) in enumerate(tours)
            for position, each in enumerate(stops)
        }
        if stop not in place:
            return
        for other in self._near[stop]:
            if other in place:
                yield from self._pairs(plan, values, place[stop], place[other])
        yield from self._to_spare(plan, values, place[stop])

    def _leg_sum(self, legs: list[list[float]], start: int, stops: Sequence[int], end: int) -> float:
        at, total = start, 0.0
        for stop in stops:
            to = self._node[stop]
            total += legs[at][to]
            at = to
        return total + legs[at][end]

    def _pairs(self, plan: list[Route], values: list[float], one: tuple, two: tuple) -> Iterator[Change]:
        (a, ta, i), (b, tb, j) = one, two
        va, tours_a = plan[a]
        vb, tours_b = plan[b]
        start_a, stops_a, end_a = tours_a[ta]
        start_b, stops_b, end_b = tours_b[tb]
        legs_a, legs_b = self._legs[va], self._legs[vb]
        doubt = self._doubts[va] * values[a] + (self._doubts[vb] * values[b] if a != b else 0.0)
        was = self._leg_sum(legs_a, start_a, stops_a, end_a)
        if (a, ta) == (b, tb):
            for stops in self._within(stops_a, i, j):
                if self._leg_sum(legs_a, start_a, stops, end_a) - was < doubt:
                    yield [(a, (va, _with(tours_a, ta, stops)))]
            return
        was += self._leg_sum(legs_b, start_b, stops_b, end_b)
        for new_a, new_b in self._between(stops_a, i, stops_b, j):
            now = self._leg_sum(legs_a, start_a, new_a, end_a) if new_a else 0.0
            now += self._leg_sum(legs_b, start_b, new_b, end_b) if new_b else 0.0
            if now - was >= doubt:
                continue
            if a == b:
                tours = _with(_with(tours_a, ta, new_a), tb, new_b)
                if all(stops for _, stops, _ in tours):
                    yield [(a, (va, tours))]
                continue
            made_a, made_b = _with(tours_a, ta, new_a), _with(tours_b, tb, new_b)
            change: Change = []
            for place, vehicle, tours in ((a, va, made_a), (b, vb, made_b)):
                whole = _joined(tours)
                change.append((place, (vehicle, whole) if whole else None))
            yield change

    def _within(self, stops: tuple[int, ...], i: int, j: int) -> Iterator[tuple[int, ...]]:
        low, high = min(i, j), max(i, j)
        yield stops[:low] + stops[low : high + 1][::-1] + stops[high + 1 :]
        yield stops[: low + 1] + stops[low + 1 : high + 1][::-1] + stops[high + 1 :]
        yield (*stops[:low], stops[high], *stops[low + 1 : high], stops[low], *stops[high + 1 :])
        for length in range(1, _SEGMENT + 1):
            part = stops[i : i + length]
            if len(part) < length or i <= j < i + length:
                continue
            rest = stops[:i] + stops[i + length :]
            at = j if j < i else j - length
            for piece in (part, part[::-1]) if length > 1 else (part,):
                yield rest[:at] + piece + rest[at:]
                yield rest[: at + 1] + piece + rest[at + 1 :]

    def _between(
        self, one: tuple[int, ...], i: int, two: tuple[int, ...], j: int
    ) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
        for length in range(1, _SEGMENT + 1):
            part = one[i : i + length]
            if len(part) < length:
                break
            rest = one[:i] + one[i + length :]
            for piece in (part, part[::-1]) if length > 1 else (part,):
                yield rest, two[:j] + piece + two[j:]
                yield rest, two[: j + 1] + piece + two[j + 1 :]
                for other in (1, 2):
                    if j + other <= len(two):
                        yield one[:i] + two[j : j + other] + one[i + length :], two[:j] + piece + two[j + other :]
        yield one[:i] + two[j:], two[:j] + one[i:]
        yield one[: i + 1] + two[j:], two[:j] + one[i + 1 :]
        yield one[:i] + two[j + 1 :], two[: j + 1] + one[i:]
        # Heads against tails, one of them the other way round.
        yield one[: i + 1] + two[: j + 1][::-1], one[i + 1 :][::-1] + two[j + 1 :]

    def _to_spare(self, plan: list[Route], values: list[float], place: tuple[int, int, int]) -> Iterator[Change]:
        duty, tour, position = place
        vehicle, tours = plan[duty]
        stops = tours[tour][1]
        for number in self._spare(plan):
            kind = self._costing.problem.fleet[number]
            for part, rest in (
                (stops[position : position + 1], stops[:position] + stops[position + 1 :]),
                (stops[position:], stops[:position]),
                (stops[: position + 1], stops[position + 1 :]),
            ):
                left = _joined(_with(tours, tour, rest))
                new: Route = (number, ((kind.start, part, kind.end),))
                yield [(duty, (vehicle, left) if left else None), (len(plan), new)]

    def _exchanges(self, plan: list[Route]) -> Iterator[Change]:
        """Yield duties on other vehicles."""
        spare = self._spare(plan)
        for place, (vehicle, tours) in enumerate(plan):
            for number in spare:
                if number != vehicle:
                    yield [(place, (number, tours))]
            for other in range(place):
                if plan[other][0] != vehicle:
                    yield [(place, (plan[other][0], tours)), (other, (vehicle, plan[other][1]))]


def _with(tours: tuple[Tour, ...], place: int, stops: tuple[int, ...]) -> tuple[Tour, ...]:
    start, _, end = tours[place]
    return (*tours[:place], (start, stops, end), *tours[place + 1 :])


def _joined(tours: tuple[Tour, ...]) -> tuple[Tour, ...]:
    """Return a duty without its empty rounds; one that then does not hang together is refused by the costing."""
    kept = [each for each in tours if each[1]]
    if kept and len(kept) < len(tours):
        kept[0] = (tours[0][0], *kept[0][1:])
        kept[-1] = (*kept[-1][:2], tours[-1][2])
    return tuple(kept)
