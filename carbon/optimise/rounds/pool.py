"""Every duty seen, evaluated exactly once, and the best plan that can be put together from them.

Which duties to take is a set partitioning problem: every stop once, no more vehicles of a type than there are. HiGHS
solves its linear relaxation over the whole pool; only duties whose reduced cost is within what is still open can be in a better plan,
and it branches on those alone. Both figures of a duty are kept, so that one pool serves every objective.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence

import highspy
import numpy as np

from carbon.optimise.rounds.costing import Costing, Tour
from carbon.optimise.rounds.problem import Objective
from carbon.optimise.rounds.timing import HOUR_S

Route = tuple[int, tuple[Tour, ...]]
#: Duties of one vehicle type over the same stops that are kept, none beaten by another in both figures.
_ALTERNATIVES = 4
#: Leaving out a stop that must be served, as a multiple of the dearest duty.
_LEFT_OUT = 20.0
_TOLERANCE = 1e-9
_MOST_COLUMNS = 60_000
#: Where no clock ends it, a solver may spend minutes at the first of its nodes over more.
_MOST_WITHOUT_CLOCK = 3_000


class Pool:
    """Duties by vehicle type and set of stops."""

    def __init__(self, costing: Costing):
        self.costing = costing
        self._known: dict[Route, tuple[float, float] | None] = {}
        self._dearest: dict[Objective, float] = {}
        self._best: dict[tuple[int, frozenset[int]], list[tuple[float, float, tuple[Tour, ...]]]] = {}

    def __len__(self) -> int:
        return len(self._best)

    def figures(self, route: Route) -> tuple[float, float] | None:
        """Return kg CO2e and money of a duty, None where it breaks a rule; a duty that keeps them all is kept."""
        if route in self._known:
            return self._known[route]
        found = self._known[route] = self.costing.figures(*route)
        if found is not None:
            self._keep(route, found)
        return found

    def value(self, route: Route, objective: Objective) -> float:
        """Return what a duty costs, infinite where it breaks a rule."""
        found = self.figures(route)
        return math.inf if found is None else objective.of(*found)

    def _keep(self, route: Route, found: tuple[float, float]) -> None:
        vehicle, tours = route
        key = (vehicle, frozenset(stop for _, stops, _ in tours for stop in stops))
        kept = self._best.setdefault(key, [])
        if any(co2e_kg <= found[0] and money <= found[1] for co2e_kg, money, _ in kept):
            return
        kept[:] = [each for each in kept if each[0] < found[0] or each[1] < found[1]]
        kept.append((*found, tours))
        if len(kept) > _ALTERNATIVES:
            kept.sort(key=lambda each: each[0])
            del kept[len(kept) // 2]

    def add(self, route: Route) -> None:
        """Take a duty in, in either direction."""
        if route not in self._known:
            self.figures(route)
            vehicle, tours = route
            if tours[0][0] == tours[-1][2]:
                self.figures((vehicle, tuple((end, stops[::-1], start) for start, stops, end in tours[::-1])))

    def add_for_all(self, route: Route) -> None:
        """Take a duty in for every vehicle type that begins and ends there."""
        fleet = self.costing.problem.fleet
        own = fleet[route[0]]
        for vehicle, each in enumerate(fleet):
            if (each.start, each.end) == (own.start, own.end):
                self.add((vehicle, route[1]))

    def best_of(self, route: Route, objective: Objective) -> Route:
        """Return the best duty known, this one included, of the same vehicle type over the same stops."""
        self.figures(route)
        key = (route[0], frozenset(stop for _, stops, _ in route[1] for stop in stops))
        kept = self._best.get(key)
        if not kept:
            return route
        return route[0], min(kept, key=lambda each: objective.of(each[0], each[1]))[2]

    def total(self, routes: Iterable[Route], objective: Objective) -> float:
        """Return what duties cost together."""
        return math.fsum(self.value(route, objective) for route in routes)

    def price(self, stop: int, objective: Objective) -> float:
        """Return what leaving a stop out counts: its prize, or more than any duty where it must be served."""
        prize = objective.prize(self.costing.problem.stops[stop])
        dear = self._dear(objective)
        return dear * self.costing.weight[stop] if math.isinf(prize) else min(dear, prize)

    def _dear(self, objective: Objective) -> float:
        if objective not in self._dearest:
            how, network = self.costing.vehicles, self.costing.problem.network
            metres = float(np.max(network.distance_m, where=np.isfinite(network.distance_m), initial=0.0))
            self._dearest[objective] = _LEFT_OUT * max(
                objective.of(
                    each.type.co2e_kg_per_use + each.co2e_per_m * metres,
                    each.type.money_per_use + each.money_per_m * metres
                    + each.type.money_per_hour * (each.type.shift[1] - each.type.shift[0]) / HOUR_S,
                )
                for each in how
            ) + 1.0  # fmt: skip
        return self._dearest[objective]

    def worth(self, routes: Sequence[Route], objective: Objective) -> float:
        """Return what a plan costs with what it leaves out."""
        served = {stop for _, tours in routes for _, stops, _ in tours for stop in stops}
        left = [stop for stop in range(len(self.costing.problem.stops)) if stop not in served]
        return self.total(routes, objective) + math.fsum(self.price(stop, objective) for stop in left)

    def combine(
        self,
        objective: Objective,
        start: Sequence[Route],
        seconds: float,
        stop: Callable[[], bool] | None = None,
        most_money: float = math.inf,
        most_co2e_kg: float = math.inf,
        nodes: int | None = None,
    ) -> list[Route]:
        """Return the best plan of duties in the pool, the given one if none is better.

        Parameters
        ----------
        start : sequence of (int, tuple)
            A plan to improve on; a stop in none of its duties is left out at `Objective.prize`, or at a price above any duty's.
        most_money, most_co2e_kg : float
            What the plan may cost at most in either figure, besides what is minimised.
        nodes : int, optional
            Branch into so many at most: with endless seconds, the same comes out every time.
        """
        began = time.perf_counter()
        columns = [
            (vehicle, stops, objective.of(*kept[:2]), kept)
            for (vehicle, stops), all_kept in self._best.items()
            for kept in (all_kept if math.isfinite(most_money) or math.isfinite(most_co2e_kg) else
                         [min(all_kept, key=lambda each: objective.of(each[0], each[1]))])
        ]  # fmt: skip
        if not columns or (stop is not None and stop()):
            return list(start)
        if len(columns) > _MOST_COLUMNS:
            columns.sort(key=lambda each: each[2] / len(each[1]))
            del columns[_MOST_COLUMNS:]
        costs = np.array([each[2] for each in columns])
        prizes = np.array([self.price(place, objective) for place in range(len(self.costing.problem.stops))])
        limits = [(most_money, np.array([each[3][1] for each in columns])),
                  (most_co2e_kg, np.array([each[3][0] for each in columns]))]  # fmt: skip
        limits = [(most, figures) for most, figures in limits if math.isfinite(most)]
        programme = _Programme(columns, costs, prizes, [each.count for each in self.costing.problem.fleet], limits)
        left = seconds - (time.perf_counter() - began)
        relaxed = programme.relaxed(max(left, 0.05))
        upper = self.worth(start, objective)
        if relaxed is None:
            return list(start)
        bound, reduced = relaxed
        kept = np.flatnonzero(reduced <= max(upper - bound, 0.0) + _TOLERANCE * abs(upper))
        if upper - bound <= _TOLERANCE * abs(upper) or not len(kept):
            return list(start)
        if math.isinf(seconds):
            kept = np.sort(kept[np.argsort(reduced[kept], kind="stable")[:_MOST_WITHOUT_CLOCK]])
        left = seconds - (time.perf_counter() - began)
        chosen = programme.best(kept, max(left, 0.05), upper, nodes)
        if chosen is None:
            return list(start)
        return [(columns[place][0], columns[place][3][2]) for place in chosen]


class _Programme:
    """The set partitioning problem for HiGHS: a column a duty, and one a stop left out."""

    def __init__(self, columns: list, costs: np.ndarray, prizes: np.ndarray, counts: list[int], limits: list):
        self._columns, self._costs, self._prizes, self._counts, self._limits = columns, costs, prizes, counts, limits

    def _solver(self, kept: Sequence[int], seconds: float) -> highspy.Highs:
        stops, types = len(self._prizes), len(self._counts)
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("time_limit", seconds)
        solver.setOptionValue("random_seed", 0)
        endless = highspy.kHighsInf
        for _ in range(stops):
            solver.addRow(1.0, 1.0, 0, [], [])
        for count in self._counts:
            solver.addRow(-endless, float(count), 0, [], [])
        for most, _ in self._limits:
            solver.addRow(-endless, float(most), 0, [], [])
        indices: list[int] = []
        values: list[float] = []
        starts = []
        for place in kept:
            vehicle, served, *_ = self._columns[place]
            starts.append(len(indices))
            indices += [*sorted(served), stops + vehicle]
            values += [1.0] * (len(served) + 1)
            for number, (_, figures) in enumerate(self._limits):
                indices.append(stops + types + number)
                values.append(float(figures[place]))
        for place in range(stops):
            starts.append(len(indices))
            indices.append(place)
            values.append(1.0)
        costs = np.concatenate([self._costs[kept], self._prizes])
        solver.addCols(
            len(costs), costs, np.zeros(len(costs)), np.full(len(costs), 1.0), len(indices),
            np.array(starts, dtype=np.int32), np.array(indices, dtype=np.int32), np.array(values),
        )  # fmt: skip
        return solver

    def relaxed(self, seconds: float) -> tuple[float, np.ndarray] | None:
        """Return the relaxation's value and the duties' reduced costs."""
        solver = self._solver(np.arange(len(self._columns)), seconds)
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        reduced = np.array(solver.getSolution().col_dual)[: len(self._columns)]
        return solver.getInfo().objective_function_value, reduced

    def best(self, kept: np.ndarray, seconds: float, upper: float, nodes: int | None = None) -> list[int] | None:
        """Return the duties of a plan that costs less than `upper`."""
        solver = self._solver(kept, seconds)
        columns = len(kept) + len(self._prizes)
        solver.changeColsIntegrality(
            columns, np.arange(columns, dtype=np.int32), np.full(columns, highspy.HighsVarType.kInteger)
        )
        solver.setOptionValue("objective_bound", upper)
        solver.setOptionValue("mip_rel_gap", 1e-6)
        if nodes is not None:
            solver.setOptionValue("mip_max_nodes", nodes)
        solver.run()
        info = solver.getInfo()
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        if info.objective_function_value >= upper - _TOLERANCE * abs(upper):
            return None
        values = np.array(solver.getSolution().col_value)[: len(kept)]
        return [int(kept[place]) for place in np.flatnonzero(values > 0.5)]
