"""The search: short runs of the engine on parts of the fleet, all their duties in one pool, the promising parts longer.

An *arm* is how many of each vehicle type may be used. The engine seldom leaves a vehicle type out by itself, since every single stop
that moves over costs more; on an arm without it, it does not have to. Between runs the best plan is put together from
all duties seen, by all arms, and improved on exact figures.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from carbon.optimise.rounds.costing import Costing, Violation, duty_of
from carbon.optimise.rounds.engine import Engine, Limit
from carbon.optimise.rounds.legs import Hints
from carbon.optimise.rounds.mending import mend
from carbon.optimise.rounds.polish import Polish
from carbon.optimise.rounds.pool import Pool, Route
from carbon.optimise.rounds.problem import Objective

#: Share of the whole for the first run of the whole fleet, for one further run, for one programme over the pool, for one polish.
_FIRST, _RUN, _COMBINE, _POLISH = 0.1, 0.08, 0.06, 0.05
#: The same for the first run where it goes on from a plan that much was spent on.
_ONWARD = 0.85
_FIRST_LOOK_S = 0.25
#: An engine that runs by itself does better by our settings where vehicles reload and there are fewer stops than this; otherwise by
#: its package's own.
_OWN_SETTINGS = 400
#: Share of the seconds after which an engine that runs by itself must have found a plan.
_HOPE = 0.3
_LEADERS = 2
#: Runs without a better plan after which an arm begins anew.
_PATIENCE = 1
_NODES = 200
_LEAST_S = 0.05
_NEW = 1
_LESS = 1e-9
_WHOLE = 1e-6


@dataclass
class Budget:
    """What a search may take: seconds, or iterations of the engine, which give the same plan every time."""

    seconds: float = math.inf
    iterations: float = math.inf
    asked: Callable[[], bool] | None = None
    began: float = field(default_factory=time.perf_counter)
    used: float = 0.0

    @property
    def by_clock(self) -> bool:
        """Whether seconds end it."""
        return math.isinf(self.iterations)

    def share(self, part: float) -> Limit:
        """Return a limit of a part of the whole, and never beyond its end."""
        if self.by_clock:
            now = time.perf_counter()
            return Limit(min(now + part * self.seconds, self.began + self.seconds), asked=self.asked)
        count = max(1, min(round(part * self.iterations), self.iterations - self.used))
        self.used += count
        return Limit(iterations=count, asked=self.asked)

    def over(self) -> bool:
        """Say whether to end."""
        if self.asked is not None and self.asked():
            return True
        if self.by_clock:
            return time.perf_counter() >= self.began + self.seconds
        return self.used >= self.iterations

    def stopped(self) -> bool:
        """Say whether steps that are not counted must end: they always may by iterations."""
        return self.over() if self.by_clock else self.asked is not None and self.asked()

    def spell(self, part: float) -> Callable[[], bool]:
        """Return what says that a step that is not counted must end: after a part of the seconds, at the latest."""
        until = time.perf_counter() + part * self.seconds
        return lambda: self.stopped() or time.perf_counter() >= until

    def left_s(self) -> float:
        """Return the seconds left."""
        return self.began + self.seconds - time.perf_counter()

    def rest(self) -> float:
        """Return the share of the whole that is left."""
        if self.by_clock:
            return max(0.0, self.left_s() / self.seconds)
        return max(0.0, 1 - self.used / self.iterations)

    def part(self, share: float) -> Budget:
        """Return a budget of a share of the whole, for a search inside this one, which counts what that used."""
        if self.by_clock:
            return Budget(seconds=max(_LEAST_S, share * self.seconds), asked=self.asked)
        return Budget(iterations=max(1, round(share * self.iterations)), asked=self.asked)


@dataclass
class _Arm:
    caps: tuple[int, ...]
    engine: Engine | None = None
    best: float = math.inf
    idle: int = 0
    runs: int = 0


class Search:
    """One problem and objective, with a pool that other objectives may share.

    Parameters
    ----------
    start : sequence of (int, tuple)
        A plan that the search may not do worse than.
    onward : bool
        Whether the engine goes on from that plan: worth it where much was spent on it.

    Attributes
    ----------
    best : list of (int, tuple)
        The best plan so far.
    """

    def __init__(
        self,
        pool: Pool,
        objective: Objective,
        budget: Budget,
        seed: int,
        tell: Callable[[list[Route]], None] | None = None,
        start: Sequence[Route] = (),
        onward: bool = False,
    ):
        self.pool, self.objective, self.budget, self._tell = pool, objective, budget, tell
        self._onward = onward
        self._fleet = pool.costing.problem.fleet
        self.best = list(start)
        self.worth = pool.worth(self.best, objective)
        self._arms: dict[tuple[int, ...], _Arm] = {}
        self._seeds = itertools.count(seed)
        self._arm: _Arm | None = None
        self._optional = False
        #: Whether the engine runs by itself: then nothing is gathered, since that takes its time.
        self._alone = False
        self._waiting: list[list[Route]] = []

    # Runs ----------------------------------------------------------------------------------------------------------

    def run(self) -> list[Route]:
        """Return the best plan found within the budget."""
        budget = self.budget
        full = tuple(each.count for each in self._fleet)
        if not any(full) or not self.pool.costing.problem.stops:
            return self.best
        if is_plain(self.pool.costing, self.objective) and self._enough(full):
            self._go(self._of(full), 1.0, alone=True)
            if not self._misses_one() or budget.over():
                self._gather(last=True)
                return self.best
            self._arms.clear()
        if not (self._onward and self.best):
            look = min(_FIRST_LOOK_S / budget.seconds, _FIRST / 2) if budget.by_clock else _FIRST / 2
            self._go(self._of(full), look)
        if self._misses_one():
            self._gather(mending=True)
        if not budget.over():
            self._go(self._of(full), _ONWARD if self._onward else _FIRST)
            self._gather(mending=True)
        self._optional = self._misses_one()
        while not budget.over():
            for arm in self._next():
                if budget.over():
                    break
                self._go(arm, _RUN)
                self._gather()
        self._gather(last=True)
        return self.best

    def _of(self, caps: tuple[int, ...]) -> _Arm:
        return self._arms.setdefault(caps, _Arm(caps))

    def _enough(self, caps: Sequence[int]) -> bool:
        """Whether these vehicles hold all that must be delivered, and may serve each stop."""
        costing = self.pool.costing
        wanted = [place for place, stop in enumerate(costing.problem.stops) if math.isinf(self.objective.prize(stop))]
        room = sum(
            count * each.payload_kg * max(1, each.most_rounds) for count, each in zip(caps, self._fleet, strict=True)
        )
        if sum(costing.delivery[place] for place in wanted) > room:
            return False
        used = [costing.vehicles[number].may for number, count in enumerate(caps) if count]
        return all(any(may[place] for may in used) for place in wanted)

    def _next(self) -> list[_Arm]:
        """Return the arm of the best plan's vehicle types, the one not yet tried that differs least, and a good one."""
        full = tuple(each.count for each in self._fleet)
        used = [0] * len(full)
        for vehicle, _ in self.best:
            used[vehicle] += 1
        own = tuple(most if count else 0 for most, count in zip(full, used, strict=True))
        near = (_fewer if self._onward else _neighbours)(used, own, full)
        new = [caps for caps in near if not self._of(caps).runs and self._enough(caps)]
        tried = sorted((arm for arm in self._arms.values() if arm.runs), key=lambda arm: (arm.best, arm.caps))
        found = [self._of(caps) for caps in dict.fromkeys((own, tuple(used), *new[:_NEW])) if any(caps)]
        # The good ones take turns: those that ran least first.
        good = sorted(tried[: 2 * _LEADERS], key=lambda arm: (arm.runs, arm.best))
        found += [arm for arm in good if arm not in found][: _LEADERS - min(1, len(new))]
        return found

    def _go(self, arm: _Arm, share: float, alone: bool = False) -> None:
        """Run the engine on an arm: on from its last best, from the plan in hand, or anew."""
        fresh = arm.engine is None or arm.idle >= _PATIENCE
        again = self._onward or arm.runs % 2 == 1
        if fresh:
            # Every other time the engine is told what the best plan has on board.
            hints = self._hints() if self.best and again else Hints(arrival_s=self._hints().arrival_s)
            arm.engine = Engine(
                self.pool.costing,
                self.objective,
                arm.caps,
                next(self._seeds),
                self._heard,
                hints,
                self._optional,
                plain=alone and not self._is_ours(),
                quiet=alone,
            )
            arm.idle = 0
        self._arm, before, worth = arm, arm.best, self.worth
        limit = self.budget.share(share)
        self._alone = alone
        if alone:
            limit.asked = self._hopeless
        arm.engine.run(limit, self._within(arm) if fresh and again else None)
        self._waiting.append(arm.engine.last_routes())
        arm.runs += 1
        arm.idle = 0 if arm.best < before - _LESS or self.worth < worth - _LESS else arm.idle + 1

    def _within(self, arm: _Arm) -> list[Route] | None:
        """Return the best plan; going onward, without the smallest duties beyond what the arm has vehicles for."""
        if not self._onward:
            # With reloads or several windows, a short search does better anew.
            several = any(len(stop.windows) > 1 for stop in self.pool.costing.problem.stops)
            return None if several or any(len(tours) > 1 for _, tours in self.best) else self.best
        left, kept = list(arm.caps), []
        for route in sorted(self.best, key=lambda each: (-sum(len(stops) for _, stops, _ in each[1]), each)):
            if left[route[0]] > 0:
                left[route[0]] -= 1
                kept.append(route)
        return kept

    def _is_ours(self) -> bool:
        """Whether an engine that runs by itself takes our settings."""
        reloads = any(each.reload_at and each.most_rounds > 1 for each in self._fleet)
        return reloads and len(self.pool.costing.problem.stops) < _OWN_SETTINGS

    def _hopeless(self) -> bool:
        """Whether the engine by itself, for a good part of the seconds, found no plan that serves all."""
        budget = self.budget
        if budget.asked is not None and budget.asked():
            return True
        late = budget.by_clock and time.perf_counter() > budget.began + _HOPE * budget.seconds
        return late and self._misses_one()

    def _heard(self, routes: list[Route], best: bool) -> None:
        if not self._alone:
            for route in routes:
                if best:
                    self.pool.add_for_all(route)
                else:
                    self.pool.add(route)
        if best:
            routes = [self.pool.best_of(route, self.objective) for route in routes]
            worth = self.pool.worth(routes, self.objective)
            self._arm.best = min(self._arm.best, worth)
            self._take(routes, worth)

    # Plans ---------------------------------------------------------------------------------------------------------

    def _take(self, plan: list[Route], worth: float | None = None) -> None:
        worth = self.pool.worth(plan, self.objective) if worth is None else worth
        if worth < self.worth - _LESS * (1 + abs(self.worth)):
            self.best, self.worth = list(plan), worth
            if self._tell is not None:
                self._tell(self.best)

    def _gather(self, mending: bool = False, last: bool = False) -> None:
        """Put the best plan together from the pool, and improve it."""
        budget = self.budget
        if not last and budget.stopped():
            return
        if mending or self._misses_one():
            for routes in [*self._waiting[-_LEADERS:], self.best]:
                self._take(mend(self.pool, self.objective, routes, budget.stopped))
        self._waiting.clear()
        for _ in range(2):
            worth = self.worth
            seconds = min(_COMBINE * budget.seconds, budget.left_s()) if budget.by_clock else math.inf
            if seconds > 0:
                plan = self.pool.combine(self.objective, self.best, seconds, budget.asked, nodes=_NODES)
                self._take(plan)
            self._take(Polish(self.pool, self.objective, budget.spell(_POLISH)).improve(self.best))
            if self.worth >= worth - _LESS:
                break

    def _misses_one(self) -> bool:
        served = {stop for _, tours in self.best for _, stops, _ in tours for stop in stops}
        return any(
            place not in served and math.isinf(self.objective.prize(stop))
            for place, stop in enumerate(self.pool.costing.problem.stops)
        )

    def _hints(self) -> Hints:
        return hints_of(self.pool.costing, self.best)


def is_plain(costing: Costing, objective: Objective) -> bool:
    """Whether the engine, in whole numbers, sees all that there is: then it needs no help."""
    for how in costing.vehicles:
        kind = how.type
        hourly = objective.of(0.0, kind.money_per_hour)
        if (
            objective.of(how.co2e_per_m_kg, how.money_per_m_kg)
            or any(each is not None for each in how.rates)
            or kind.rest is not None
            or hourly
            or kind.on_board
            or (kind.recharges and math.isfinite(kind.range_km))
        ):
            return False
        per_m = objective.of(how.co2e_per_m, how.money_per_m)
        metres = costing.problem.network.distance_m[kind.profile]
        numbers = np.array([per_m, *metres[np.isfinite(metres)]])
        if per_m < 1 or np.abs(numbers - np.round(numbers)).max() > _WHOLE:
            return False
    return True


def hints_of(costing: Costing, plan: Sequence[Route]) -> Hints:
    """Return what a plan teaches the engine."""
    hints = Hints()
    metres: dict[int, float] = {}
    metre_kg: dict[int, float] = {}
    for route in plan:
        timed = costing.timed(duty_of(*route))
        if isinstance(timed, Violation):
            continue
        for leg in timed.legs:
            metres[route[0]] = metres.get(route[0], 0.0) + leg.distance_m
            metre_kg[route[0]] = metre_kg.get(route[0], 0.0) + leg.distance_m * leg.load_kg
            if leg.stop is not None:
                hints.arrival_s[leg.stop] = leg.arrive_s
    hints.load_kg = {number: metre_kg[number] / driven for number, driven in metres.items() if driven}
    return hints


def _fewer(used: Sequence[int], own: Sequence[int], full: Sequence[int]) -> list[tuple[int, ...]]:
    """Return arms with a vehicle less than a plan, before the others near it: one goes on from it with nearly all it has."""
    fewer = [(*used[:number], count - 1, *used[number + 1 :]) for number, count in enumerate(used) if count]
    return [tuple(each) for each in fewer] + _neighbours(used, own, full)


def _neighbours(used: Sequence[int], own: Sequence[int], full: Sequence[int]) -> list[tuple[int, ...]]:
    """Return arms near a plan: without one of its types, with one more type, with a vehicle less of a type."""
    without = [(*own[:number], 0, *own[number + 1 :]) for number, count in enumerate(used) if count]
    more = [(*own[:number], most, *own[number + 1 :]) for number, most in enumerate(full) if most and not own[number]]
    less = [(*own[:number], count - 1, *own[number + 1 :]) for number, count in enumerate(used) if count > 1]
    return [tuple(each) for each in without + less + more if tuple(each) != tuple(full)]
