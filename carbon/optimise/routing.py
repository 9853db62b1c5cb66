"""Rounds planned by kg CO2e, money, or both: the story.

What no vehicle can serve is set aside with its reason. Where the engine sees all there is (nothing depends on the load, no traffic, no
rest), it runs once, as it is. Otherwise short runs on parts of the fleet fill a pool of duties, from which the best plan is
put together and improved on exact figures (`carbon.optimise.rounds.search`). A large day is searched in districts, whose
borders move (`carbon.optimise.rounds.districts`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from carbon.errors import WorkError
from carbon.optimise.rounds.costing import Costing, Violation, duty_of
from carbon.optimise.rounds.districts import searching
from carbon.optimise.rounds.plan import Duty, Round, RoundPlan, Timed, Unserved, Why
from carbon.optimise.rounds.pool import Pool, Route
from carbon.optimise.rounds.possible import impossible
from carbon.optimise.rounds.problem import Objective, Problem, VehicleType
from carbon.optimise.rounds.reasons import alone, cannot, left_out
from carbon.optimise.rounds.search import Budget
from carbon.optimise.rounds.supplies import without_unbrought
from carbon.optimise.rounds.verifying import verify


@dataclass(frozen=True)
class Progress:
    """A better plan was found.

    Attributes
    ----------
    after_s : float
        Since the search began.
    unserved : int
        Stops that must be served, or have a prize, and are not.
    """

    after_s: float
    co2e_kg: float
    money: float
    unserved: int


def plan_rounds(
    problem: Problem,
    objective: Objective,
    *,
    seconds: float = math.inf,
    iterations: float = math.inf,
    seed: int = 0,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> RoundPlan:
    """Plan a day's rounds.

    Parameters
    ----------
    seconds, iterations : float
        One of them ends the search. With iterations of the engine, a seed gives the same plan every time.
    stop : callable, optional
        Asked often; where it says so, the best plan so far is returned.
    progress : callable, optional
        Told of each better plan.

    Raises
    ------
    ValueError
        If neither seconds nor iterations are given, or both.
    """
    if math.isinf(seconds) == math.isinf(iterations):
        raise ValueError("give either seconds or iterations")
    budget = Budget(seconds, iterations, stop)
    task = Task(problem)
    pool = Pool(task.costing)
    tell = None if progress is None else teller(pool, budget.began, len(task.set_aside), progress)
    routes = searching(pool, objective, budget, seed, tell).run()
    return verified(problem, task.plan(routes, objective))


def verified(problem: Problem, plan: RoundPlan) -> RoundPlan:
    """Return a plan that keeps every rule by the verifier's own count."""
    found = verify(problem, plan)
    if found:
        raise WorkError(
            f"the plan found breaks a rule, so that it is not returned; please report it\n  found:    {found[0]}"
        )
    return plan


class Task:
    """A problem without the stops that nobody can serve, and the way back to the whole one.

    Attributes
    ----------
    problem : Problem
    set_aside : tuple of Unserved
    costing : Costing
        Of the stops that are left.
    """

    def __init__(self, problem: Problem):
        self.problem = problem
        whole = Costing(problem)
        why = [alone(whole, stop) for stop in range(len(problem.stops))]
        lost = {name for stop, each in zip(problem.stops, why, strict=True) if each for name in stop.brings}
        why = [Why.NOT_BROUGHT if stop.id in lost else each for stop, each in zip(problem.stops, why, strict=True)]
        # What was said of a stop when the files were read says more than its reason, where that is the same.
        said = {each.stop: each for each in impossible(problem)}
        self.set_aside = tuple(
            said[stop] if stop in said and said[stop].why is each else cannot(stop, each)
            for stop, each in enumerate(why)
            if each is not None
        )
        self._kept = [stop for stop, each in enumerate(why) if each is None]
        self._whole = self.costing = whole
        if self.set_aside:
            new = {stop: place for place, stop in enumerate(self._kept)}
            fleet = [self._left(each, new) for each in problem.fleet]
            self.costing = Costing(
                replace(problem, stops=tuple(problem.stops[stop] for stop in self._kept), fleet=tuple(fleet))
            )

    def _left(self, vehicle: VehicleType, new: dict[int, int]) -> VehicleType:
        """Return a vehicle of the problem that is left: what is on board for a stop that is set aside stays there."""
        staying = [self.problem.stops[stop] for stop in vehicle.on_board if stop not in new]
        return replace(
            vehicle,
            on_board=tuple(new[stop] for stop in vehicle.on_board if stop in new),
            carried_kg=math.fsum([vehicle.carried_kg, *(stop.delivery_kg for stop in staying)]),
            carried_m3=math.fsum([vehicle.carried_m3, *(stop.delivery_m3 for stop in staying)]),
        )

    def left(self, routes: Sequence[Route]) -> list[Route]:
        """Return duties of the whole problem as duties of the one that is left, without rounds that are empty there."""
        new = {stop: place for place, stop in enumerate(self._kept)}
        made = []
        for vehicle, tours in routes:
            kept = ((start, tuple(new[stop] for stop in stops if stop in new), end) for start, stops, end in tours)
            made.append((vehicle, tuple(tour for tour in kept if tour[1])))
        return [route for route in made if route[1]]

    def plan(self, routes: Sequence[Route], objective: Objective) -> RoundPlan:
        """Return duties with their times and figures, and what is left out with its reason."""
        routes, unbrought = without_unbrought(self.costing, routes)
        timed = [self._timed(route) for route in sorted(routes)]
        served = {stop for duty in timed for stop in duty.duty.stops}
        unserved = list(self.set_aside)
        for place, stop in enumerate(self._kept):
            if stop in served:
                continue
            if place in unbrought:
                unserved.append(cannot(stop, Why.NOT_BROUGHT))
            else:
                found = left_out(self.costing, objective, routes, place)
                unserved.append(Unserved(stop, found.why, found.would_serve))
        return RoundPlan(
            duties=tuple(timed),
            unserved=tuple(sorted(unserved, key=lambda each: each.stop)),
            co2e_kg=math.fsum(each.co2e_kg for each in timed),
            money=math.fsum(each.money for each in timed),
        )

    def _timed(self, route: Route) -> Timed:
        duty = duty_of(*route)
        rounds = tuple(
            Round(each.start, tuple(self._kept[stop] for stop in each.stops), each.end) for each in duty.rounds
        )
        found = self._whole.timed(Duty(duty.vehicle, rounds))
        if isinstance(found, Violation):
            # The search takes in no duty that breaks a rule.
            raise AssertionError(f"the search returned a duty that cannot be driven: {found}")
        return found


def teller(
    pool: Pool, began: float, set_aside: int, progress: Callable[[Progress], None]
) -> Callable[[list[Route]], None]:
    """Return what a search calls with each better plan, so that `progress` hears of it."""

    def tell(routes: list[Route]) -> None:
        figures = [pool.figures(route) for route in routes]
        served = sum(len(stops) for _, tours in routes for _, stops, _ in tours)
        progress(
            Progress(
                time.perf_counter() - began,
                math.fsum(each[0] for each in figures),
                math.fsum(each[1] for each in figures),
                set_aside + len(pool.costing.problem.stops) - served,
            )
        )

    return tell
