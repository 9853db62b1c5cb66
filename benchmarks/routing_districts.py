"""Large days planned in districts, beside the same search unsplit with the same seconds and with many more."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks import routing_drawn
from benchmarks.conditions import Conditions
from benchmarks.measure import Measure
from carbon.optimise.rounds.districts import Districts
from carbon.optimise.rounds.plan import RoundPlan
from carbon.optimise.rounds.pool import Pool
from carbon.optimise.rounds.problem import Objective, Problem
from carbon.optimise.rounds.search import Budget, Search
from carbon.optimise.routing import Task, verified

STOPS, SECONDS, LONGER = 2000, 300.0, 3600.0
GOAL_PERCENT = 3.0
_FIRST_S = 10.0
_SMOKE_STOPS, _SMOKE_SECONDS = 120, 1.0
_KG, _MONEY = Objective(1.0, 0.0), Objective(0.0, 1.0)


def run(stops: int, seconds: float, longer: float, seed: int, smoke: bool, say: Callable[[str], None]) -> list[Measure]:
    """Measure a mixed day by kg CO2e and a plain one by money, on one thread, one search after the other.

    Parameters
    ----------
    longer : float
        Seconds of the unsplit search that districts are held against; 0: it is left out, and no goal is judged.
    """
    if smoke:
        stops, seconds, longer = min(stops, _SMOKE_STOPS), _SMOKE_SECONDS, 2 * _SMOKE_SECONDS
    measures: list[Measure] = []
    conditions = Conditions()
    for name, problem, objective in (
        ("mixed", routing_drawn.mixed(stops), _KG),
        ("plain", routing_drawn.plain(stops), _MONEY),
    ):
        label, unit = f"rounds, {name} day of {stops:,} stops", "kg CO2e" if objective is _KG else "EUR"
        split, first_s = _planned(Districts, problem, objective, seconds, seed)
        measures.append(Measure(f"{label}: first plan that serves all", first_s, "s", f"<= {_FIRST_S:g}",
                                None if smoke or first_s is None else first_s <= _FIRST_S))  # fmt: skip
        figures = {f"in districts, {seconds:g} s": split}
        figures[f"unsplit, {seconds:g} s"], _ = _planned(Search, problem, objective, seconds, seed)
        if longer:
            figures[f"unsplit, {longer:g} s"], _ = _planned(Search, problem, objective, longer, seed)
        for how, plan in figures.items():
            value = objective.of(plan.co2e_kg, plan.money)
            say(f"{label}: {value:,.2f} {unit} {how}, {len(plan.unserved)} stops not served")
            measures.append(Measure(f"{label}: {how}", value, unit))
            if how == next(iter(figures)):
                continue
            above = 100 * (objective.of(split.co2e_kg, split.money) / value - 1)
            whole = not plan.unserved and not split.unserved
            goal = f"<= {GOAL_PERCENT:g}" if longer and how == list(figures)[-1] else None
            holds = None if smoke or goal is None else whole and above <= GOAL_PERCENT
            measures.append(Measure(f"{label}: districts above {how}", above if whole else None, "%", goal, holds))
    return [*measures, *conditions.measures()]


def _planned(
    kind: type[Districts] | type[Search], problem: Problem, objective: Objective, seconds: float, seed: int
) -> tuple[RoundPlan, float | None]:
    """Return the plan of a search, accepted by the verifier, and after how long it first served all that can be served."""
    budget = Budget(seconds)
    task = Task(problem)
    wanted, first = len(task.costing.problem.stops), []

    def tell(routes: list) -> None:
        if not first and sum(len(stops) for _, tours in routes for _, stops, _ in tours) == wanted:
            first.append(time.perf_counter() - budget.began)

    routes = kind(Pool(task.costing), objective, budget, seed, tell).run()
    return verified(problem, task.plan(routes, objective)), first[0] if first else None
