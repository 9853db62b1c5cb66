"""A day planned as a whole: what is left at pick-up points, what goes through satellites, and the rounds."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from carbon.optimise.front import non_dominated
from carbon.optimise.rounds.frontier import plan_front
from carbon.optimise.rounds.intake import Rounds
from carbon.optimise.rounds.pickup import Consolidation, consolidate
from carbon.optimise.rounds.plan import RoundPlan
from carbon.optimise.rounds.problem import Objective, Problem
from carbon.optimise.rounds.satellites import Planned, plan_through_satellites
from carbon.optimise.routing import Progress, plan_rounds

#: Part of the seconds for trying which stops to leave at points, the solver's seconds for one try, and how many tries at most.
_POINTS, _TRY_S, _TRIES = 0.35, 0.4, 60
#: Part of the seconds for satellites, where points are asked for as well.
_SATELLITES = 0.3
_ENDS = (Objective(1.0, 0.0), Objective(0.0, 1.0))


@dataclass(frozen=True)
class DayPlan:
    """Plans of a day, each with the problem that it solves.

    Attributes
    ----------
    planned : tuple of Planned
        Several for a front, the least kg CO2e first.
    at_points : Consolidation or None
        What was left at pick-up points, its plans those of the short tries; None where there are none.
    doors : Problem or None
        The same day with every stop at its door; None where it is the day planned.
    """

    planned: tuple[Planned, ...]
    at_points: Consolidation | None = None
    doors: Problem | None = None

    @property
    def trips_co2e_kg(self) -> float:
        """Of customers' own ways to pick-up points."""
        return 0.0 if self.at_points is None else self.at_points.trips_co2e_kg


def plan_day(
    rounds: Rounds,
    objective: Objective,
    *,
    front: bool = False,
    seconds: float,
    seed: int = 0,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> DayPlan:
    """Plan the day that was read.

    Parameters
    ----------
    objective : Objective
        Of a front, none counts.
    front : bool
        Whether every trade-off of kg CO2e and money is asked for; then every stop stays at its door.
    seconds : float
    """
    until = time.perf_counter() + seconds
    asked = {"seed": seed, "stop": stop, "progress": progress}
    if front:
        # Customers' trips have kilograms and no price: beside a front of both they would be a third figure.
        return DayPlan(_front(rounds.problem, seconds, asked))
    if not (rounds.points and rounds.willing and rounds.trip is not None):
        return DayPlan((plan_through_satellites(rounds.problem, objective, seconds=seconds, **asked),))
    # Satellites first: what a detour costs depends on who drives it.
    doors = rounds.problem
    if doors.satellites:
        doors = plan_through_satellites(doors, objective, seconds=_SATELLITES * seconds, **asked).problem
    at_points = _left_at_points(rounds, doors, objective, _POINTS * seconds, seed, stop)
    left_s = max(until - time.perf_counter(), 0.1)
    plan = plan_rounds(at_points.problem, objective, seconds=left_s, **asked)
    return _not_worse(objective, DayPlan((Planned(at_points.problem, plan),), at_points, doors))


def _not_worse(objective: Objective, day: DayPlan) -> DayPlan:
    """Return the plan, or that of every stop at its door that was found on the way, should it be better after all."""
    at_points, (planned,) = day.at_points, day.planned
    if not at_points.moved:
        return day
    with_trips = objective.of(planned.plan.co2e_kg + at_points.trips_co2e_kg, planned.plan.money)
    without = objective.of(at_points.before.co2e_kg, at_points.before.money)
    if (len(at_points.before.unserved), without) >= (len(planned.plan.unserved), with_trips):
        return day
    unmoved = replace(at_points, problem=day.doors, plan=at_points.before, moved={}, trips_co2e_kg=0.0)
    return DayPlan((Planned(day.doors, at_points.before),), unmoved, day.doors)


def _left_at_points(
    rounds: Rounds, doors: Problem, objective: Objective, seconds: float, seed: int, stop: Callable[[], bool] | None
) -> Consolidation:
    until = time.perf_counter() + seconds
    each_s = min(_TRY_S, seconds / 4)

    def over() -> bool:
        return (stop is not None and stop()) or time.perf_counter() > until

    def solve(problem: Problem) -> RoundPlan:
        return plan_rounds(problem, objective, seconds=each_s, seed=seed, stop=stop)

    tries = max(1, min(_TRIES, int(seconds / each_s)))
    return consolidate(doors, rounds.points, rounds.willing, rounds.trip, solve, objective, tries, over)


def _front(problem: Problem, seconds: float, asked: dict) -> tuple[Planned, ...]:
    """Return the front; with satellites, over the days decided for each end, which may differ in what goes through them."""
    if not problem.satellites:
        return tuple(Planned(problem, plan) for plan in plan_front(problem, seconds=seconds, **asked))
    looking = [plan_through_satellites(problem, end, seconds=0.25 * seconds, **asked) for end in _ENDS]
    days: list[Problem] = []
    for each in looking:
        if each.problem not in days:
            days.append(each.problem)
    found = list(looking)
    for day in days:
        plans = plan_front(day, seconds=0.5 * seconds / len(days), **asked)
        found += [Planned(day, plan) for plan in plans]
    fewest = min(len(each.plan.unserved) for each in found)
    found = [each for each in found if len(each.plan.unserved) == fewest]
    figures = [(each.plan.co2e_kg, each.plan.money) for each in found]
    order = [found[place] for place in non_dominated(figures).tolist()]
    groups = itertools.groupby(order, key=lambda each: (each.plan.co2e_kg, each.plan.money))
    return tuple(next(group) for _, group in groups)
