"""What a duty does and costs, exactly: `docs/rounds.md` in code. The verifier does the same on its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from carbon.optimise.rounds.driven import M_PER_KM, Driven, rows_of
from carbon.optimise.rounds.plan import Duty, Leg, Round, Timed
from carbon.optimise.rounds.problem import Problem, VehicleType
from carbon.optimise.rounds.timing import (
    HOUR_S,
    SLACK_S,
    Step,
    arrive,
    back_with_rest,
    best_departure,
    finish,
)

#: Share by which a limit may be exceeded: rounding.
SLACK = 1e-9

#: A round as the search has it: depot, stops, depot.
Tour = tuple[int, tuple[int, ...], int]


@dataclass(frozen=True)
class Violation:
    """Which rule of `docs/rounds.md` a duty breaks, and where."""

    rule: int
    text: str
    stop: int | None = None


class Costing:
    """Evaluates duties of one problem.

    Attributes
    ----------
    depots : frozenset of int
        Nodes where rounds may begin and end with goods.
    evaluated : int
        How many duties it was asked for.
    """

    def __init__(self, problem: Problem):
        self.problem = problem
        self.evaluated = 0
        stops = problem.stops
        self.node = [stop.node for stop in stops]
        self.delivery = [stop.delivery_kg for stop in stops]
        self.change = [stop.collection_kg - stop.delivery_kg for stop in stops]
        self.delivery_m3 = [stop.delivery_m3 for stop in stops]
        self.change_m3 = [stop.collection_m3 - stop.delivery_m3 for stop in stops]
        self.windows = [stop.windows for stop in stops]
        self.service = [stop.service_s for stop in stops]
        self.ready = [stop.ready_s for stop in stops]
        self.depot = [stop.depot for stop in stops]
        least = min((stop.weight for stop in stops), default=1)
        #: What leaving a stop out counts beside one of the last priority there is.
        self.weight = [stop.weight // least for stop in stops]
        self._any_depot = any(each is not None for each in self.depot)
        self._any_ready = any(each > 0 for each in self.ready)
        self._one_window = all(len(each) <= 1 for each in self.windows)
        self._volumes = any(stop.delivery_m3 or stop.collection_m3 for stop in stops)
        self.opens = [each[0][0] if each else -math.inf for each in self.windows]
        self.closes = [each[-1][1] if each else math.inf for each in self.windows]
        self.depots = frozenset(problem.depots) or frozenset(
            node for each in problem.fleet for node in (each.start, each.end, *each.reload_at)
        )
        self._on_board = {stop for each in problem.fleet for stop in each.on_board}
        distance, duration = rows_of(problem.network.distance_m), rows_of(problem.network.duration_s)
        self.vehicles = [
            Driven(problem, each, self._on_board - set(each.on_board), distance[each.profile], duration[each.profile])
            for each in problem.fleet
        ]

    # What the search asks, often -----------------------------------------------------------------------------------

    def figures(self, vehicle: int, tours: Sequence[Tour]) -> tuple[float, float] | None:
        """Return kg CO2e and money of a duty, None where it breaks a rule."""
        self.evaluated += 1
        how = self.vehicles[vehicle]
        kind = how.type
        if not self._allowed(how, tours):
            return None
        metres = metre_kg = 0.0
        since = kind.driven_km * M_PER_KM
        kept = kind.carried_kg + self._kept_on_board(how, tours, self.delivery) if how.on_board else kind.carried_kg
        limit_kg = kind.payload_kg * (1 + SLACK)
        range_m = kind.range_km * M_PER_KM * (1 + SLACK)
        node, change, distance = self.node, self.change, how.distance
        for start, stops, end in tours:
            load = sum([self.delivery[stop] for stop in stops]) + kept
            kept = 0.0
            if load > limit_kg:
                return None
            at, driven = start, 0.0
            for stop in stops:
                to = node[stop]
                leg = distance[at][to]
                driven += leg
                metre_kg += leg * load
                load += change[stop]
                if load > limit_kg:
                    return None
                at = to
            leg = distance[at][end]
            driven += leg
            metre_kg += leg * load
            metres += driven
            since += driven
            if since > range_m or since == math.inf:
                return None
            if kind.recharges:
                since = 0.0
        if self._volumes and self._too_large(how, tours) is not None:
            return None
        paid_s = self._paid(how, tours)
        if paid_s is None:
            return None
        co2e_kg = kind.co2e_kg_per_use + how.co2e_per_m * metres + how.co2e_per_m_kg * metre_kg
        money = kind.money_per_use + how.money_per_m * metres + how.money_per_m_kg * metre_kg
        return co2e_kg, money + kind.money_per_hour * paid_s / HOUR_S

    def _allowed(self, how: Driven, tours: Sequence[Tour]) -> bool:
        kind, may = how.type, how.may
        if tours[0][0] != kind.start or tours[-1][2] != kind.end or len(tours) > max(1, kind.most_rounds):
            return False
        for number, (start, stops, _end) in enumerate(tours):
            if not stops:
                return False
            for stop in stops:
                if not may[stop]:
                    return False
            if number and (start != tours[number - 1][2] or start not in kind.reload_at):
                return False
            if self._any_depot or self._on_board or start not in self.depots:
                for stop in stops:
                    if self._wrong_depot(how, number, start, stop):
                        return False
        return True

    def _wrong_depot(self, how: Driven, number: int, start: int, stop: int) -> bool:
        if stop in how.on_board:
            return number > 0
        if self.delivery[stop] <= 0 and self.delivery_m3[stop] <= 0:
            return False
        return self.depot[stop] not in (None, start) or start not in self.depots

    def _kept_on_board(self, how: Driven, tours: Sequence[Tour], values: list[float]) -> float:
        """Return what lies on board and is not delivered in the first round: it stays there until that ends."""
        return sum([values[stop] for stop in how.on_board.difference(tours[0][1])])

    def _too_large(self, how: Driven, tours: Sequence[Tour]) -> int | None:
        limit = how.type.volume_m3 * (1 + SLACK)
        kept = how.type.carried_m3 + self._kept_on_board(how, tours, self.delivery_m3)
        for _, stops, _ in tours:
            volume = sum([self.delivery_m3[stop] for stop in stops]) + kept
            kept = 0.0
            if volume > limit:
                return stops[0]
            for stop in stops:
                volume += self.change_m3[stop]
                if volume > limit:
                    return stop
        return None

    def _paid(self, how: Driven, tours: Sequence[Tour]) -> float | None:
        """Return the paid seconds at the best departure; None where times cannot be kept."""
        kind = how.type
        if not (how.plain and self._one_window and len(tours) == 1):
            steps = self.steps(how, tours)
            earliest = max(kind.shift[0], self._first_ready(tours))
            first = kind.under_way or not kind.waiting_is_paid
            if first and kind.longest_s >= kind.shift[1] - kind.shift[0]:
                # Who leaves later is not back earlier: the earliest departure decides.
                back, rest_at = back_with_rest(steps, earliest, kind.rest)
                if back > kind.shift[1] + SLACK_S:
                    return None
                if kind.waiting_is_paid:
                    return back - earliest - (kind.rest.duration_s if rest_at >= 0 else 0.0)
                return self._worked(steps, earliest, kind, rest_at)
            departure_s = best_departure(steps, (earliest, kind.shift[1]), kind.longest_s, kind.rest, not first)
            if departure_s is None:
                return None
            back, rest_at = back_with_rest(steps, departure_s, kind.rest)
            if not kind.waiting_is_paid:
                return self._worked(steps, departure_s, kind, rest_at)
            return back - departure_s - (kind.rest.duration_s if rest_at >= 0 else 0.0)
        # One round, one window a stop, no traffic, no rest: the latest departure that can be kept is the best.
        ((start, stops, end),) = tours
        node, duration, service, opens, closes = self.node, how.duration, self.service, self.opens, self.closes
        now = kind.shift[0]
        if self._any_ready:
            now = max(now, self._first_ready(tours))
        at, elapsed, latest = start, 0.0, math.inf
        for stop in stops:
            to = node[stop]
            leg = duration[at][to]
            now += leg
            elapsed += leg
            if closes[stop] - elapsed < latest:
                latest = closes[stop] - elapsed
            if now > closes[stop] + SLACK_S:
                return None
            if now < opens[stop]:
                now = opens[stop]
            now += service[stop]
            elapsed += service[stop]
            at = to
        now += duration[at][end]
        elapsed += duration[at][end]
        if now > kind.shift[1] + SLACK_S:
            return None
        if not kind.waiting_is_paid:
            return elapsed
        if kind.under_way:
            return now - max(kind.shift[0], self._first_ready(tours))
        latest = min(latest, kind.shift[1] - elapsed)
        return max(elapsed, now - latest)

    def _first_ready(self, tours: Sequence[Tour]) -> float:
        return max([self.ready[stop] for stop in tours[0][1]], default=0.0)

    def _worked(self, steps: Sequence[Step], departure_s: float, kind: VehicleType, rest_at: int) -> float:
        """Return seconds of driving and service."""
        if all(step.rates is None for step in steps):
            total = sum([step.seconds for step in steps])
        else:
            total, now = 0.0, departure_s
            for number, step in enumerate(steps):
                there = now + step.seconds if step.rates is None else arrive(now, step.seconds, step.rates)
                total += there - now
                now = finish(steps[number : number + 1], now, kind.rest, 0 if number == rest_at else -1)
        return total + sum([step.after_s for step in steps if step.is_stop])

    def steps(self, how: Driven, tours: Sequence[Tour]) -> list[Step]:
        """Return a duty as the steps that `timing` reads."""
        found = []
        duration, rates = how.duration, how.rates
        for number, (start, stops, end) in enumerate(tours):
            at = start
            for stop in stops:
                to = self.node[stop]
                found.append(Step(duration[at][to], rates[to], self.windows[stop], self.service[stop], 0.0, True, True))
                at = to
            if number + 1 < len(tours):
                ready_s = max([self.ready[stop] for stop in tours[number + 1][1]], default=0.0)
                found.append(Step(duration[at][end], rates[end], (), how.type.reload_s, ready_s, True, False))
            else:
                found.append(Step(duration[at][end], rates[end], (), 0.0, 0.0, False, False))
        return found

    # What a plan says ----------------------------------------------------------------------------------------------

    def timed(self, duty: Duty) -> Timed | Violation:
        """Return a duty with its legs and figures, or the rule it breaks."""
        how = self.vehicles[duty.vehicle]
        kind = how.type
        tours = tuple((each.start, each.stops, each.end) for each in duty.rounds)
        wrong = self._misuse(how, tours)
        if wrong is not None:
            return wrong
        steps = self.steps(how, tours)
        earliest = max(kind.shift[0], self._first_ready(tours))
        departure_s = duty.departure_s
        if departure_s is None:
            paid = kind.waiting_is_paid and not kind.under_way
            departure_s = best_departure(steps, (earliest, kind.shift[1]), kind.longest_s, kind.rest, paid)
            if departure_s is None:
                return self._late(how, steps, tours, earliest)
        elif departure_s < earliest - SLACK_S:
            return Violation(1, f"{kind.id} leaves at {departure_s:.0f} s, before {earliest:.0f} s")
        back, rest_at = back_with_rest(steps, departure_s, kind.rest)
        if back > kind.shift[1] + SLACK_S or back - departure_s > kind.longest_s + SLACK_S:
            return self._late(how, steps, tours, departure_s)
        return self._told(duty, how, tours, steps, departure_s, rest_at)

    def _misuse(self, how: Driven, tours: Sequence[Tour]) -> Violation | None:
        kind = how.type
        if not tours or any(not stops for _, stops, _ in tours):
            return Violation(7, f"{kind.id} has a round without stops")
        if not self._allowed(how, tours):
            for number, (start, stops, _) in enumerate(tours):
                for stop in stops:
                    if not how.may[stop] or self._wrong_depot(how, number, start, stop):
                        return Violation(9, f"{kind.id} may not serve {self.problem.stops[stop].id}", stop)
            return Violation(7, f"the rounds of {kind.id} do not begin and end where they may")
        since = kind.driven_km * M_PER_KM
        kept = kind.carried_kg + self._kept_on_board(how, tours, self.delivery)
        for start, stops, end in tours:
            load = sum(self.delivery[stop] for stop in stops) + kept
            kept, loads = 0.0, [load]
            for stop in stops:
                load += self.change[stop]
                loads.append(load)
            if max(loads) > kind.payload_kg * (1 + SLACK):
                return Violation(7, f"{max(loads):g} kg on board, {kind.id} holds {kind.payload_kg:g} kg")
            nodes = [start, *(self.node[stop] for stop in stops), end]
            driven = sum(how.distance[a][b] for a, b in pairwise(nodes))
            since += driven
            if not since <= kind.range_km * M_PER_KM * (1 + SLACK):
                return Violation(8, f"{since / M_PER_KM:g} km, {kind.id} reaches {kind.range_km:g} km")
            if math.isinf(driven):
                return Violation(8, f"there is no way for {kind.id}")
            if kind.recharges:
                since = 0.0
        large = self._too_large(how, tours)
        return None if large is None else Violation(7, f"{kind.id} holds {kind.volume_m3:g} m3", large)

    def _late(self, how: Driven, steps: Sequence[Step], tours: Sequence[Tour], departure_s: float) -> Violation:
        """Return the first stop that cannot be kept from a departure on, or what else about the times."""
        served = iter([stop for _, stops, _ in tours for stop in stops])
        now = departure_s
        for step in steps:
            stop = next(served, None) if step.is_stop else None
            now = finish([step], now)
            if math.isinf(now):
                return Violation(4, f"{how.type.id} comes after the last window of {self.problem.stops[stop].id}", stop)
        if now > how.type.shift[1] + SLACK_S:
            return Violation(6, f"{how.type.id} is back at {now:.0f} s, its shift ends at {how.type.shift[1]:.0f} s")
        if how.type.rest is not None and now > how.type.rest.latest_s:
            return Violation(5, f"{how.type.id} has no time to rest")
        return Violation(6, f"{how.type.id} is away for longer than {how.type.longest_s:.0f} s")

    def _told(
        self, duty: Duty, how: Driven, tours: Sequence[Tour], steps: Sequence[Step], departure_s: float, rest_at: int
    ) -> Timed:
        kind = how.type
        legs: list[Leg] = []
        starts: list[int] = []
        now, each = departure_s, iter(enumerate(steps))
        driving_s = service_s = 0.0
        for start, stops, end in tours:
            starts.append(len(legs))
            at = start
            load, volume = (sum(values[stop] for stop in stops) for values in (self.delivery, self.delivery_m3))
            if len(starts) == 1:
                load += kind.carried_kg + self._kept_on_board(how, tours, self.delivery)
                volume += kind.carried_m3 + self._kept_on_board(how, tours, self.delivery_m3)
            for stop in (*stops, None):
                number, step = next(each)
                to = end if stop is None else self.node[stop]
                there = now + step.seconds if step.rates is None else arrive(now, step.seconds, step.rates)
                rest_s = kind.rest.duration_s if number == rest_at else 0.0
                leave_s = finish([step._replace(ready_s=0.0)], now, kind.rest, 0 if rest_s else -1)
                distance = how.distance[at][to]
                energy = distance * (how.energy_per_m + how.energy_per_m_kg * load)
                legs.append(
                    Leg(
                        at, to, stop, now, there, leave_s - step.after_s, leave_s, rest_s, distance, load, volume,
                        energy, energy * kind.co2e_kg_per_energy,
                        distance * kind.money_per_km / M_PER_KM + energy * kind.money_per_energy,
                    )
                )  # fmt: skip
                driving_s += there - now
                now = max(leave_s, step.ready_s)
                at = to
                if stop is not None:
                    service_s += step.after_s
                    load, volume = load + self.change[stop], volume + self.change_m3[stop]
        rest_s = sum(leg.rest_s for leg in legs)
        paid_s = now - departure_s - rest_s if kind.waiting_is_paid else driving_s + service_s
        return Timed(
            duty=Duty(duty.vehicle, duty.rounds, departure_s),
            legs=tuple(legs),
            starts=tuple(starts),
            distance_m=math.fsum(leg.distance_m for leg in legs),
            empty_m=math.fsum(leg.distance_m for leg in legs if leg.load_kg <= SLACK and leg.load_m3 <= SLACK),
            paid_s=paid_s,
            energy=math.fsum(leg.energy for leg in legs),
            co2e_kg=kind.co2e_kg_per_use + math.fsum(leg.co2e_kg for leg in legs),
            money=kind.money_per_use + kind.money_per_hour * paid_s / HOUR_S + math.fsum(leg.money for leg in legs),
        )


def duty_of(vehicle: int, tours: Sequence[Tour]) -> Duty:
    """Return what the search has as a duty."""
    return Duty(vehicle, tuple(Round(start, tuple(stops), end) for start, stops, end in tours))
