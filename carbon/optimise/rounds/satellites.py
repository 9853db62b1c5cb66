"""Which stops go through which satellite: two echelons, line-haul rounds to satellites and the satellites' own rounds.

Each decision is an ordinary day (`carbon.optimise.rounds.supplies`), planned for a short while; its figures are exact. First
come no satellite at all, all that can go through one, and what a day proposes in which a satellite's goods cost what
bringing them would, at several shares of it; then one satellite closed, one duty's stops changed over, goods there later.
What is left of the time goes to the best.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from carbon.optimise.rounds.costing import Costing
from carbon.optimise.rounds.plan import RoundPlan
from carbon.optimise.rounds.problem import Objective, Problem
from carbon.optimise.rounds.search import Budget
from carbon.optimise.rounds.supplies import Decision, carriers, decided, eligible
from carbon.optimise.routing import Progress, plan_rounds

#: Part of the time for looking at decisions, and how many of them that should do for.
_LOOKING, _TRIES = 0.6, 16
#: The shortest look at one decision: so long, and more for each stop.
_LEAST_S, _LEAST_PER_STOP_S = 0.05, 0.004
#: Shares of what bringing goods costs, at which a day is asked what it would send through satellites.
_SHARES = (0.0, 0.5, 1.0, 2.0)
#: How much later than at the earliest goods may be at a satellite.
_LATER_S = (1_800.0, 3_600.0, 7_200.0)
_SAME = 1e-9


@dataclass(frozen=True)
class Planned:
    """A day as it was decided, and its plan."""

    problem: Problem
    plan: RoundPlan


@dataclass(frozen=True)
class _State:
    decision: Decision
    problem: Problem
    plan: RoundPlan
    value: tuple[int, float]


def plan_through_satellites(
    problem: Problem,
    objective: Objective,
    *,
    seconds: float = math.inf,
    iterations: float = math.inf,
    seed: int = 0,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Planned:
    """Plan a day with satellites; parameters are those of `carbon.optimise.routing.plan_rounds`.

    Returns
    -------
    Planned
        Its problem has a stop for each visit that brings goods to a satellite. Never worse than every stop served from its depot, for
        the time that was given to that.
    """
    if not problem.satellites:
        return Planned(
            problem,
            plan_rounds(
                problem, objective, seconds=seconds, iterations=iterations, seed=seed, stop=stop, progress=progress
            ),
        )
    search = _Search(problem, objective, Budget(seconds, iterations, stop), seed, progress)
    best = search.run()
    last = search.last(best)
    return Planned(last.problem, last.plan)


class _Search:
    """Decisions tried, each once."""

    def __init__(self, problem: Problem, objective: Objective, budget: Budget, seed: int, progress):
        self.problem, self.objective, self.budget, self.seed = problem, objective, budget, seed
        self._progress, self._best_told = progress, (math.inf, math.inf)
        self._seen: set = set()
        self._may = eligible(problem)
        self._least_s = _LEAST_S + _LEAST_PER_STOP_S * len(problem.stops)

    def run(self) -> _State:
        """Return the best decision found in the time for looking."""
        best = self._better(self._of(Decision()), self._all())
        for share in _SHARES:
            if self._late():
                return best
            best = self._better(best, self._proposed(share))
        while not self._late():
            for decision in self._near(best):
                if self._late():
                    return best
                found = self._better(best, decision)
                if found is not best:
                    best = found
                    break
            else:
                return best
        return best

    def last(self, best: _State) -> _State:
        """Return the best decision planned with all the time that is left, unless that is worse."""
        left = self._left(1.0)
        if left is None:
            return best
        again = self._planned(best.decision, best.problem, left)
        return best if again is None or not _is_better(again.value, best.value) else again

    # Time ----------------------------------------------------------------------------------------------------------

    def _late(self) -> bool:
        budget = self.budget
        if budget.by_clock:
            return budget.over() or budget.left_s() < (1 - _LOOKING) * budget.seconds
        return budget.stopped() or budget.used >= _LOOKING * budget.iterations

    def _left(self, part: float) -> dict[str, float] | None:
        """Return what one plan may take, None where nothing is left."""
        budget = self.budget
        if budget.asked is not None and budget.asked():
            return None
        if budget.by_clock:
            left_s = budget.left_s()
            return {"seconds": min(left_s, max(self._least_s, part * budget.seconds))} if left_s > 0 else None
        left = budget.iterations - budget.used
        if left < 1:
            return None
        count = min(left, max(1, round(part * budget.iterations)))
        budget.used += count
        return {"iterations": count}

    # Decisions -----------------------------------------------------------------------------------------------------

    def _better(self, best: _State, decision: Decision | None) -> _State:
        found = None if decision is None else self._of(decision)
        return found if found is not None and _is_better(found.value, best.value) else best

    def _of(self, decision: Decision) -> _State | None:
        """Return what becomes of a decision: None where it cannot be, or was tried before."""
        if decision.key in self._seen:
            return None
        self._seen.add(decision.key)
        made = decided(self.problem, decision)
        if made is None:
            return None
        # The first decision is looked at even if there is no time: something has to be answered.
        left = self._left(_LOOKING / _TRIES) or (
            {"seconds": self._least_s} if self.budget.by_clock else {"iterations": 1}
        )
        return self._planned(decision, made, left)

    def _planned(self, decision: Decision, made: Problem, left: dict[str, float]) -> _State | None:
        plan = plan_rounds(made, self.objective, seed=self.seed, stop=self.budget.asked, **left)
        missed = [made.stops[each.stop] for each in plan.unserved]
        if any(each.brings for each in missed):
            return None
        prizes = [self.objective.prize(each) for each in missed]
        value = self.objective.of(plan.co2e_kg, plan.money) + math.fsum(filter(math.isfinite, prizes))
        lost = sum(each.weight for each, prize in zip(missed, prizes, strict=True) if math.isinf(prize))
        state = _State(decision, made, plan, (lost, value))
        if self._progress is not None and _is_better(state.value, self._best_told):
            self._best_told = state.value
            after_s = self.budget.seconds - self.budget.left_s() if self.budget.by_clock else 0.0
            self._progress(Progress(after_s, plan.co2e_kg, plan.money, len(plan.unserved)))
        return state

    def _all(self) -> Decision:
        """Return everything through its nearest satellite."""
        metres, stops = self.problem.network.distance_m, self.problem.stops
        profile = {kind.start: kind.profile for kind in self.problem.fleet}
        return Decision(
            {
                stop: min(nodes, key=lambda node: (float(metres[profile[node], node, stops[stop].node]), node))
                for stop, nodes in self._may.items()
            }
        )

    def _proposed(self, share: float) -> Decision | None:
        """Return what goes through satellites where a vehicle of theirs costs, by its use, a share of bringing what it holds."""
        problem = self.problem
        fleet = []
        for kind in problem.fleet:
            if kind.start in problem.satellites:
                co2e_kg, money, there_s = self._bringing(kind.start, kind.payload_kg * max(1, kind.most_rounds))
                if there_s >= kind.shift[1]:
                    kind = replace(kind, count=0)
                else:
                    shift = (max(kind.shift[0], there_s), kind.shift[1])
                    kind = replace(
                        kind,
                        shift=shift,
                        co2e_kg_per_use=kind.co2e_kg_per_use + share * co2e_kg,
                        money_per_use=kind.money_per_use + share * money,
                    )
            fleet.append(kind)
        direct = decided(problem, Decision())
        stops = [
            replace(problem.stops[position], depot=None) if position in self._may else direct.stops[position]
            for position in range(len(problem.stops))
        ]
        left = self._left(_LOOKING / _TRIES)
        if left is None:
            return None
        asked = replace(problem, stops=tuple(stops), fleet=tuple(fleet), satellites={})
        plan = plan_rounds(asked, self.objective, seed=self.seed, stop=self.budget.asked, **left)
        via = {}
        for timed in plan.duties:
            for tour in timed.duty.rounds:
                via |= {stop: tour.start for stop in tour.stops if tour.start in self._may.get(stop, ())}
        return Decision(via)

    def _bringing(self, node: int, mass_kg: float) -> tuple[float, float, float]:
        """Return kg CO2e and money of bringing so much there, as part of a full vehicle's drive, and when it can be there."""
        problem = self.problem
        costing = Costing(problem)
        best = (math.inf, math.inf, math.inf)
        for kind in carriers(problem, node):
            how = costing.vehicles[problem.fleet.index(kind)]
            metres = how.distance[kind.start][node] + how.distance[node][kind.start]
            seconds = how.duration[kind.start][node]
            if not math.isfinite(metres + seconds):
                continue
            part = min(1.0, mass_kg / kind.payload_kg)
            hours = 2 * seconds / 3_600.0
            figures = (
                part * (kind.co2e_kg_per_use + metres * how.co2e_per_m),
                part * (kind.money_per_use + metres * how.money_per_m + hours * kind.money_per_hour),
            )
            there_s = kind.shift[0] + seconds + problem.satellites[node].unloading_s
            best = min(best, (*figures, there_s), key=lambda each: self.objective.of(each[0], each[1]))
        return best

    def _near(self, best: _State) -> Iterator[Decision]:
        """Yield decisions that differ little from the best: the largest differences first."""
        via, slack = dict(best.decision.via), dict(best.decision.slack_s)
        for node in sorted(set(via.values())):
            yield Decision({stop: to for stop, to in via.items() if to != node}, slack)
        for node in sorted(set(via.values())):
            for later_s in _LATER_S:
                yield Decision(via, slack | {node: later_s})
        for timed in best.plan.duties:
            start = timed.duty.rounds[0].start
            own = [stop for stop in timed.duty.stops if stop < len(self.problem.stops)]
            if start in self.problem.satellites:
                yield Decision({stop: to for stop, to in via.items() if stop not in own}, slack)
                continue
            for node in sorted(self.problem.satellites):
                there = {stop: node for stop in own if node in self._may.get(stop, ())}
                if there:
                    yield Decision(via | there, slack)
        for stop, nodes in self._may.items():
            if stop in via:
                yield Decision({each: to for each, to in via.items() if each != stop}, slack)
            else:
                for node in nodes:
                    yield Decision(via | {stop: node}, slack)


def _is_better(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Say whether less is lost, or as much for less."""
    if one[0] != other[0]:
        return one[0] < other[0]
    return one[1] < other[1] - _SAME * (1 + abs(one[1]))
