"""The front between kg CO2e and money: plans of which none is beaten in both.

Both ends are searched first, with one pool. Then money is limited step by step between its ends, and the plan with the fewest
kilograms is put together from the pool; short searches of weighted sums fill the pool between the ends. Every plan is
exact, and those that another beats are dropped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from carbon.optimise.front import non_dominated
from carbon.optimise.rounds.districts import searching
from carbon.optimise.rounds.plan import RoundPlan
from carbon.optimise.rounds.pool import Pool, Route
from carbon.optimise.rounds.problem import Objective, Problem
from carbon.optimise.rounds.search import Budget
from carbon.optimise.routing import Progress, Task, teller, verified

_KG, _MONEY = Objective(1.0, 0.0), Objective(0.0, 1.0)
#: Shares of the whole for each end, for all weighted sums; the rest is for programmes over the pool.
_END, _BETWEEN = 0.35, 0.2
_WEIGHTS = 3
_NODES = 200


def plan_front(
    problem: Problem,
    points: int = 7,
    *,
    seconds: float = math.inf,
    iterations: float = math.inf,
    seed: int = 0,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> list[RoundPlan]:
    """Return plans by ascending kg CO2e and descending money, none beaten by another.

    A stop with a prize is served wherever it can be, as in the plan of the fewest kilograms: plans of a front serve the same stops, or
    they could not be compared.

    Parameters
    ----------
    points : int
        How many limits of money are tried, ends included.
    seconds, iterations : float
        One of them ends the search, as in `plan_rounds`.
    """
    if math.isinf(seconds) == math.isinf(iterations):
        raise ValueError("give either seconds or iterations")
    whole = Budget(seconds, iterations, stop)
    task = Task(_all_served(problem))
    pool = Pool(task.costing)
    plans: list[list[Route]] = []
    tell = None if progress is None else teller(pool, whole.began, len(task.set_aside), progress)

    def search(objective: Objective, share: float) -> list[Route]:
        start = min(plans, key=lambda plan: pool.worth(plan, objective), default=[])
        budget = Budget(share * seconds, share * iterations, stop)
        found = searching(pool, objective, budget, seed, tell, start).run()
        plans.append(found)
        return found

    ends = [search(_KG, _END), search(_MONEY, _END)]
    low, high = (_figures(pool, plan) for plan in ends)
    spread_kg, spread_money = high[0] - low[0], low[1] - high[1]
    if spread_kg > 0 and spread_money > 0:
        for number in range(1, _WEIGHTS + 1):
            share = number / (_WEIGHTS + 1)
            search(Objective((1 - share) / spread_kg, share / spread_money), _BETWEEN / _WEIGHTS)
        left = (1 - 2 * _END - _BETWEEN) * seconds / max(1, points - 2)
        for most in np.linspace(low[1], high[1], points)[1:-1].tolist():
            if not whole.stopped():
                start = [plan for plan in plans if _figures(pool, plan)[1] <= most]
                best = min(start, key=lambda plan: pool.worth(plan, _KG), default=ends[1])
                plans.append(pool.combine(_KG, best, left, stop, most_money=most, nodes=_NODES))
    return _kept(task, pool, plans)


def _kept(task: Task, pool: Pool, plans: Sequence[list[Route]]) -> list[RoundPlan]:
    """Return the plans that serve most, without those that another beats, each pair of figures once."""
    served = [sum(len(stops) for _, tours in plan for _, stops, _ in tours) for plan in plans]
    most = [plan for plan, count in zip(plans, served, strict=True) if count == max(served)]
    figures = [_figures(pool, plan) for plan in most]
    found: list[RoundPlan] = []
    last: tuple[float, float] | None = None
    for place in non_dominated(figures).tolist():
        if figures[place] != last:
            found.append(verified(task.problem, task.plan(most[place], _KG)))
        last = figures[place]
    return found


def _figures(pool: Pool, plan: Sequence[Route]) -> tuple[float, float]:
    both = [pool.figures(route) for route in sorted(plan)]
    return math.fsum(each[0] for each in both), math.fsum(each[1] for each in both)


def _all_served(problem: Problem) -> Problem:
    return replace(problem, stops=tuple(replace(stop, prize_money=None) for stop in problem.stops))
