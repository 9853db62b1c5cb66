"""Legs between the engine's places: metres, seconds, and what they cost in its whole numbers.

A leg's metres are the engine's distances and what a metre emits or costs is its type's unit cost, so that a range stays a range and types of the
same roads share a profile. Unit costs are the smallest whole numbers in the types' proportion. Only where a driver's hours are paid but not for
waiting, which the engine cannot tell apart, and no metre can say them (it takes longer here than there, or others are paid for waiting), are a
type's distances what its legs cost, hours and service in them; a range is then a guess, on the large side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from carbon.optimise.rounds.costing import Costing
from carbon.optimise.rounds.problem import HOURS, Objective
from carbon.optimise.rounds.timing import HOUR_S

#: How far unit costs may be off the types' proportion, and how many scales are tried for that.
_OFF, _SCALES = 0.005, 10_000
#: What a leg to a near neighbour costs in the engine's units, and a paid second where distances are costs: at least.
_LEG_COSTS, _SECOND_COSTS = 2000, 20
#: Share of all legs that are near ones, and share of the seconds by which legs may differ from their type's pace if a metre is to say them.
_NEAR, _UNEVEN = 0.1, 0.05
#: Rows of a matrix from which the scale is told, at least.
_ROWS = 500
_WHOLE = 1e-6


@dataclass
class Hints:
    """What a plan taught about what the engine does not see.

    Attributes
    ----------
    load_kg : dict of int to float
        Mean mass on board, by vehicle type.
    arrival_s : dict of int to float
        When a stop was reached.
    """

    load_kg: dict[int, float] = field(default_factory=dict)
    arrival_s: dict[int, float] = field(default_factory=dict)


class Legs:
    """Legs of the vehicle types of one engine.

    Parameters
    ----------
    types, nodes : sequence of int
        Which vehicle types, and where the engine's depots and then the stops are.
    depots : int
        How many of the places are depots.

    Attributes
    ----------
    by_the_leg : bool
        Whether legs cost what no metre can say, so that their costs are the distances.
    scale : float
        What a unit of the objective is in the engine's costs.
    unit_costs : dict of int to int
        What a metre costs, by vehicle type; 1 where distances are costs.
    second_costs : dict of int to int
        What a second of a duty costs, waiting included.
    service_cost : float
        What a second of service costs whoever serves, in the objective's unit, where no unit cost holds it.
    near : float
        What the leg to a near neighbour costs.
    finer : float
        How many times as much that is as need be: what else is counted in costs keeps its proportion to legs.
    """

    def __init__(
        self,
        costing: Costing,
        objective: Objective,
        hints: Hints,
        types: Sequence[int],
        nodes: Sequence[int],
        depots: int,
    ):
        self._costing, self._objective, self._hints = costing, objective, hints
        problem = self._problem = costing.problem
        self._types, self._nodes, self._depots = types, np.array(nodes), depots
        #: What a paid second costs, by type, and what one costs that may be a wait: the others are in the metre or the leg.
        self._hourly = {each: objective.of(0.0, problem.fleet[each].money_per_hour) / HOUR_S for each in self._types}
        self._per_s = {each: cost * problem.fleet[each].waiting_is_paid for each, cost in self._hourly.items()}
        self.by_the_leg = self._has_uneven_hours()
        self._per_m = {number: self._metre_cost(number) for number in self._types}
        self._scale()
        self.unit_costs = {
            number: 1 if self.by_the_leg else _unit(self._per_m[number] * self.scale) for number in self._types
        }
        self.second_costs = {number: _unit(cost * self.scale) for number, cost in self._per_s.items()}
        free = [0.0] if self.by_the_leg else [cost - self._per_s[number] for number, cost in self._hourly.items()]
        self.service_cost = min(free, default=0.0)

    def _has_uneven_hours(self) -> bool:
        """Whether hours without waiting are paid that are not in proportion to metres, or beside those of waiting."""
        driven = [number for number in self._types if self._hourly[number] > self._per_s[number]]
        return bool(driven) and (any(self._per_s.values()) or any(self._pace(each)[1] > _UNEVEN for each in driven))

    def _pace(self, number: int) -> tuple[float, float]:
        """Return the seconds of a metre, and by what share of the seconds legs differ from that."""
        every = self._every()
        metres, seconds = self.metres(number)[::every], self.seconds(number)[::every]
        known = np.isfinite(metres) & np.isfinite(seconds)
        metres, seconds = metres[known], seconds[known]
        if not metres.any() or not seconds.any():
            return 0.0, float(seconds.any())
        pace_s_per_m = float(seconds.sum() / metres.sum())
        return pace_s_per_m, float(np.abs(seconds - pace_s_per_m * metres).sum() / seconds.sum())

    def _metre_cost(self, number: int) -> float:
        """Return what a metre costs with the last plan's load on board, and what is paid for its seconds where waiting is not."""
        how, hints = self._costing.vehicles[number], self._hints
        guess = min(how.type.payload_kg, sum(self._costing.delivery)) / 2
        load = hints.load_kg.get(number, guess)
        per_m = self._objective.of(
            how.co2e_per_m + how.co2e_per_m_kg * load, how.money_per_m + how.money_per_m_kg * load
        )
        if self._hourly[number] > self._per_s[number] and not self.by_the_leg:
            per_m += self._hourly[number] * self._pace(number)[0]
        return per_m

    def costs(self, number: int) -> np.ndarray:
        """Return what legs cost, without what is paid by the hour."""
        # A free type's metres cost nothing, but where there is no way there is none.
        with np.errstate(invalid="ignore"):
            costs = self._per_m[number] * self.metres(number)
        if self.by_the_leg and self._hourly[number] > self._per_s[number]:
            service = np.array([0.0] * self._depots + self._costing.service)
            costs = costs + self._hourly[number] * (self.seconds(number) + service[None, :])
        return costs

    def lengths(self, number: int) -> np.ndarray:
        """Return the engine's distances: metres, or costs."""
        return self.costs(number) * self.scale if self.by_the_leg else self.metres(number)

    def metres(self, number: int) -> np.ndarray:
        """Return the legs' metres."""
        return self._problem.network.distance_m[self._problem.fleet[number].profile][np.ix_(self._nodes, self._nodes)]

    def seconds(self, number: int) -> np.ndarray:
        """Return the legs' seconds at the hour they were last driven."""
        how = self._costing.vehicles[number]
        kind = how.type
        seconds = self._problem.network.duration_s[kind.profile][np.ix_(self._nodes, self._nodes)].copy()
        first = int(kind.shift[0] // HOUR_S)
        last = max(first + 1, math.ceil(min(kind.shift[1], (first + HOURS) * HOUR_S) / HOUR_S))
        for column, node in enumerate(self._nodes):
            rates = how.rates[node]
            if rates is None:
                continue
            arrival = self._hints.arrival_s.get(column - self._depots)
            if arrival is not None:
                rate = rates[int(arrival // HOUR_S) % HOURS]
            else:
                rate = sum(rates[hour % HOURS] for hour in range(first, last)) / (last - first)
            seconds[:, column] *= rate
        return seconds

    def _every(self) -> int:
        # Of a large day, some rows tell what legs are like as well as all.
        return max(1, len(self._nodes) // _ROWS)

    def _scale(self) -> None:
        every, legs = self._every(), [np.array([])]
        for number in self._types:
            costs = self.costs(number)[::every]
            if self._per_s[number]:
                costs = costs + self._per_s[number] * self.seconds(number)[::every]
            legs.append(costs[np.isfinite(costs) & (costs > 0)])
        values = np.concatenate(legs)
        # The leg to a near neighbour is what routes are made of.
        near = float(np.quantile(values, _NEAR)) if len(values) else 0.0
        waits = [each for each in self._per_s.values() if each > 0]
        whole = False
        if not near:
            # What is not driven has a price by the vehicle at most.
            uses = [self._objective.of(each.co2e_kg_per_use, each.money_per_use) for each in self._problem.fleet]
            self.scale = _LEG_COSTS / min((each for each in uses if each > 0), default=_LEG_COSTS)
        elif self.by_the_leg:
            self.scale = max(_LEG_COSTS / near, _SECOND_COSTS / min(waits, default=math.inf))
        else:
            self.scale, whole = _proportion([*self._per_m.values(), *waits], near)
        self.near = near * self.scale or 1.0
        self.finer = 1.0 if whole else max(1.0, self.near / _LEG_COSTS)

    def dearest(self, number: int) -> float:
        """Return what the dearest leg costs, in the objective's unit."""
        costs = self.costs(number)
        return float(costs[np.isfinite(costs)].max(initial=0.0))

    def reach(self, number: int, reach_m: float) -> float:
        """Return how long a duty may be by its range: in metres, or what such a duty costs at most."""
        if not self.by_the_leg:
            return reach_m
        kind, reach = self._problem.fleet[number], self._per_m[number] * reach_m
        metres = self._problem.network.distance_m[kind.profile]
        seconds = self._problem.network.duration_s[kind.profile]
        known = np.isfinite(metres) & (metres > 0)
        if self._hourly[number] > self._per_s[number] and known.any():
            driving_s = reach_m * float(np.quantile(seconds[known] / metres[known], 0.9))
            longest_s = min(kind.shift[1] - kind.shift[0], kind.longest_s)
            service_s = min(sum(self._costing.service), max(0.0, longest_s - driving_s))
            reach += self._hourly[number] * (min(driving_s, longest_s) + service_s)
        return reach * self.scale


def _unit(cost: float) -> int:
    return max(1, round(cost)) if cost > 0 else 0


def _proportion(costs: Sequence[float], near: float) -> tuple[float, bool]:
    """Return by what costs become whole numbers in their proportion, the least that serves, and whether they are as they stand.

    Numbers are no larger than need be: the engine is the worse for large ones. A near leg costs enough for what else is in whole units.
    """
    known = np.array(sorted({each for each in costs if each > 0}))
    if known[0] >= 1 and np.all(np.abs(known - np.round(known)) < _WHOLE):
        return 1.0, True
    least = max(1, math.ceil(known[-1] * _LEG_COSTS / near))
    scales = np.arange(least, least + _SCALES) / known[-1]
    exact = known[:, None] * scales
    off = np.abs(np.maximum(1.0, np.round(exact)) / exact - 1).max(axis=0)
    enough = np.flatnonzero(off <= _OFF)
    return float(scales[enough[0] if len(enough) else np.argmin(off)]), False
