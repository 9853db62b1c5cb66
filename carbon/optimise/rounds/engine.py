"""PyVRP as the engine, on a part of the fleet: run, heard, run again. `translation` says what it sees of a problem."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from pyvrp import (
    IteratedLocalSearch,
    IteratedLocalSearchParams,
    PenaltyManager,
    PenaltyParams,
    RandomNumberGenerator,
    Solution,
)
from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks
from pyvrp.search import OPERATORS, LocalSearch, NeighbourhoodParams, PerturbationManager, compute_neighbours

from carbon.optimise.rounds.costing import Costing
from carbon.optimise.rounds.legs import Hints
from carbon.optimise.rounds.problem import Objective
from carbon.optimise.rounds.translation import Route, Translation

#: Candidates this close to the best give their routes to the pool, every so many iterations.
_NEAR = 1.03
_EVERY = 4
#: What is over a limit costs, at first: load of a stop, part of a leg; late for so long, a leg; beyond a range, so much more than a leg.
_FINED_LOAD, _FINED_S, _FINED_RANGE = 0.1, 40, 20.0
#: What a unit over a limit costs at most, and a second's wait between neighbours, as the package has them: where legs are dearer than
#: those need be for `legs`, so many times as much.
_FINED_AT_MOST, _WAIT = 100_000.0, 0.2
#: How many iterations back a candidate is compared with.
_HISTORY = 50


@dataclass
class Limit:
    """When a run ends: at an instant of the clock, after so many iterations, or when asked to."""

    until: float = math.inf
    iterations: float = math.inf
    asked: Callable[[], bool] | None = None

    def over(self) -> bool:
        """Say whether to stop."""
        return self.iterations <= 0 or time.perf_counter() >= self.until or (self.asked is not None and self.asked())

    def __call__(self, best_cost: int) -> bool:
        """Count an iteration, as the engine asks for."""
        if self.over():
            return True
        self.iterations -= 1
        return False


class _Watch(IteratedLocalSearchCallbacks):
    def __init__(self, tell: Callable[[Solution, bool], None], every: int):
        self._tell, self._every, self._count = tell, every, 0
        self.current: Solution | None = None

    def on_best(self, best: Solution) -> None:
        if best.is_feasible():
            self._tell(best, True)

    def on_iteration(self, current, candidate, best, cost_evaluator) -> None:
        self._count += 1
        self.current = current
        if self._every and self._count % self._every == 0:
            cost = cost_evaluator.penalised_cost(candidate)
            if cost < _NEAR * cost_evaluator.penalised_cost(best):
                self._tell(candidate, False)


class Engine:
    """The engine on one fleet: it can be run again, from what it or somebody else found last.

    Parameters
    ----------
    caps : sequence of int
        How many of each vehicle type may be used.
    tell : callable
        Gets routes (list of `Route`) and whether they are a new best of this engine.
    plain : bool
        Whether the package's own settings are used.
    quiet : bool
        Whether only new bests are told, not what came near.
    optional : bool
        Whether every stop may be left out, at a price above any round's: for days on which not all can be served.
    """

    def __init__(
        self,
        costing: Costing,
        objective: Objective,
        caps: Sequence[int],
        seed: int,
        tell: Callable[[list[Route], bool], None],
        hints: Hints | None = None,
        optional: bool = False,
        plain: bool = False,
        quiet: bool = False,
    ):
        self._plain, self._quiet = plain, plain or quiet
        self._translation = Translation(costing, objective, caps, hints or Hints(), optional)
        self.data = self._translation.data
        self._fleet = costing.problem.fleet
        self._tell = tell
        self._rng = RandomNumberGenerator(seed=seed)
        self._search = LocalSearch(
            self.data, self._rng, compute_neighbours(self.data, self._near()), PerturbationManager()
        )
        for operator in OPERATORS:
            if operator.supports(self.data):
                self._search.add_operator(operator(self.data))
        self._penalties = self._fines()
        self._last: Solution | None = None

    def _fines(self) -> PenaltyManager:
        """Return what breaking a limit costs at first: about a leg for a stop too many, or for some minutes.

        The package begins a thousandfold higher, which takes thousands of iterations to come down.
        """
        if self._plain:
            params = PenaltyParams()
            return PenaltyManager(params.midpoint_penalties(self.data), params)
        leg = self._translation.legs.near
        most = _FINED_AT_MOST * self._translation.legs.finer
        params = PenaltyParams(solutions_between_updates=100, penalty_decrease=0.8, max_penalty=most)
        loads = np.array([client.delivery for client in self.data.clients()] or [[1]], dtype=float)
        loads += np.array([client.pickup for client in self.data.clients()] or [[1]], dtype=float)
        fines = [_FINED_LOAD * leg / max(1.0, each) for each in loads.mean(axis=0)]
        # One figure for all types: a metre too far costs more than one of the dearest that has a range.
        units = self._translation.legs.unit_costs
        ranged = [each for number, each in units.items() if math.isfinite(self._fleet[number].range_km)]
        return PenaltyManager((fines, leg / _FINED_S, _FINED_RANGE * max([1, *ranged])), params)

    def _near(self) -> NeighbourhoodParams:
        """Return what neighbours are, in which a wait keeps its proportion to a leg."""
        return NeighbourhoodParams(weight_wait_time=_WAIT * (1.0 if self._plain else self._translation.legs.finer))

    def run(self, limit: Limit, start: Sequence[Route] | None = None) -> None:
        """Go on until the limit, from the given routes, the last best, or anew."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            first = self._translation.solution(start) if start else self._last
            if first is None:
                random = Solution.make_random(self.data, self._rng)
                first = self._search(random, self._penalties.max_cost_evaluator(), exhaustive=True)
                if first.is_feasible():
                    self._heard(first, True)
            watch = _Watch(self._heard, every=0 if self._quiet else _EVERY)
            params = IteratedLocalSearchParams(callbacks=watch)
            if not self._plain:
                params = IteratedLocalSearchParams(history_length=_HISTORY, callbacks=watch)
            ils = IteratedLocalSearch(self.data, self._penalties, self._search, first, params)
            best = ils.run(limit, collect_stats=False).best
            # Where no plan keeps all limits yet, the way there is not given up.
            self._last = best if best.is_feasible() or watch.current is None else watch.current

    def last_routes(self) -> list[Route]:
        """Return the best so far, kept or not."""
        return [] if self._last is None else self._translation.routes(self._last)

    def _heard(self, solution: Solution, best: bool) -> None:
        self._tell(self._translation.routes(solution), best)
