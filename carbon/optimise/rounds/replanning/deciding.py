"""What is changed: the plan as it stands, mended where it must be, against the best one found; only what pays is taken.

Vehicles that exchange stops between the two plans form a group. Each group is judged by itself: it is changed where that serves
more, or saves more than it has to be worth; every other group goes on as planned.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from carbon.errors import InputError, UnitError
from carbon.optimise.rounds.mending import mend
from carbon.optimise.rounds.plan import RoundPlan
from carbon.optimise.rounds.pool import Pool, Route
from carbon.optimise.rounds.problem import Objective, Problem
from carbon.optimise.rounds.search import Budget, Search
from carbon.optimise.routing import Progress, Task, teller, verified
from carbon.units import parse_quantity

_LESS = 1e-9


@dataclass(frozen=True)
class Worth:
    """What a change has to save: a share of what its vehicles have still to come, or an amount of the objective."""

    share: float = 0.02
    amount: float = 0.0
    text: str = "2%"

    def of(self, value: float) -> float:
        """Return the least saving for vehicles that cost so much."""
        return self.share * value + self.amount


@dataclass(frozen=True)
class Decision:
    """The plan for the rest of the day.

    Attributes
    ----------
    plan, kept : RoundPlan
        The one that is driven, and the one that changes nothing that need not be; both accepted by the verifier.
    labels, kept_labels : tuple of int or None
        Number of the duty of each duty of `plan` and of `kept`; None: a vehicle that had none.
    groups, changed : int
        Groups of vehicles for which something else was found, and those that were changed.
    too_little : int
        Groups for which something was found that saves too little.
    forgone_co2e_kg, forgone_money : float
        What the changes that were not worth it would have saved.
    """

    plan: RoundPlan
    kept: RoundPlan
    labels: tuple[int | None, ...]
    kept_labels: tuple[int | None, ...]
    groups: int
    changed: int
    too_little: int = 0
    forgone_co2e_kg: float = 0.0
    forgone_money: float = 0.0


@dataclass
class _Group:
    kept: list[int] = field(default_factory=list)
    found: list[int] = field(default_factory=list)
    gain: float = 0.0
    more: int = 0
    leaves_out: bool = False
    take: bool = False


def worth_of(text: str | None, objective: Objective, currency: str) -> Worth:
    """Read what a change has to save, such as ``2%``, ``0.5 kg`` or ``3 GBP``.

    Raises
    ------
    InputError
        If it is none of these, or of what the objective does not count.
    """
    if text is None:
        return Worth()
    stated = text.strip()
    expected = "a share such as 2%, kg CO2e such as '0.5 kg'" + (
        f", or money such as '3 {currency}'" if currency else ""
    )
    try:
        if stated.endswith("%"):
            share = float(stated[:-1]) / 100
            if 0 <= share < 1:
                return Worth(share, 0.0, stated)
        elif currency and stated.upper().endswith(currency):
            amount = float(stated[: -len(currency)])
            if amount >= 0 and objective.money_weight:
                return Worth(0.0, objective.money_weight * amount, stated)
            expected = "kg CO2e or a share: the objective counts no money"
        else:
            amount = float(parse_quantity(stated, "kg").to("kg").magnitude)
            if amount >= 0 and objective.co2e_weight:
                return Worth(0.0, objective.co2e_weight * amount, stated)
            expected = "money or a share: the objective counts no kg CO2e"
    except (ValueError, UnitError, AttributeError) as error:
        raise InputError("--worth cannot be read", found=text, expected=expected, mend="write --worth 2%") from error
    raise InputError("--worth cannot be used", found=text, expected=expected, mend="write --worth 2%")


def decide(
    problem: Problem,
    kept: Sequence[tuple[int, Route]],
    owners: Sequence[int | None],
    homes: Collection[int],
    objective: Objective,
    worth: Worth,
    *,
    seconds: float = math.inf,
    iterations: float = math.inf,
    seed: int = 0,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Decision:
    """Return the plan for the rest of the day.

    Parameters
    ----------
    problem : Problem
    kept : sequence of (int, Route)
        Duty numbers with what is left of the plan.
    owners : sequence of (int or None)
        Number of the duty that each vehicle type is.
    homes : collection of int
        Stops that are ways home.
    """
    budget = Budget(seconds, iterations, stop)
    task = Task(problem)
    pool = Pool(task.costing)
    stands = mend(pool, objective, _feasible(pool, objective, task.left([route for _, route in kept])), lambda: False)
    tell = None if progress is None else teller(pool, budget.began, len(task.set_aside), progress)
    if tell is not None:
        tell(stands)
    found = Search(pool, objective, budget, seed, tell, stands).run()
    groups = _groups(stands, found)
    for group in groups:
        _judge(group, pool, objective, stands, found, worth)
    _within_fleet(groups, stands, found, pool)
    other = [group for group in groups if group.gain or group.more]
    left = [group for group in other if not group.take and group.gain > 0 and not group.leaves_out]
    less = [
        math.fsum(pool.figures(stands[at])[number] for group in left for at in group.kept)
        - math.fsum(pool.figures(found[at])[number] for group in left for at in group.found)
        for number in (0, 1)
    ]
    taken = []
    for group in groups:
        taken += [found[at] for at in group.found] if group.take else [stands[at] for at in group.kept]
    ways_home = {stop for at in homes for route in task.left([(0, ((0, (at,), 0),))]) for stop in stops_of(route)}
    taken, stands = ([_home_last(pool, objective, route, ways_home) for route in each] for each in (taken, stands))
    labels, kept_labels = (_labels(task, each, kept, owners) for each in (taken, stands))
    return Decision(
        verified(problem, task.plan(taken, objective)), verified(problem, task.plan(stands, objective)),
        labels, kept_labels, len(other), sum(group.take for group in groups), len(left), *less,
    )  # fmt: skip


# The plan as it stands -----------------------------------------------------------------------------------------------


def _feasible(pool: Pool, objective: Objective, plan: Sequence[Route]) -> list[Route]:
    """Return duties without the stops that they can no longer keep."""
    return [made for made in (_thinned(pool, objective, route) for route in plan) if made is not None]


def _thinned(pool: Pool, objective: Objective, route: Route) -> Route | None:
    """Return a duty without as few stops as can be: without one of them, else those that fit one after the other."""
    if pool.figures(route) is not None:
        return route
    vehicle, tours = route
    stops = [stop for _, each, _ in tours for stop in each]
    single = [made for stop in stops if (made := _only(route, [each for each in stops if each != stop])) is not None]
    fits = [made for made in single if pool.figures(made) is not None]
    if fits:
        # Of several, the one that leaves the best plan; a way home cannot be left out.
        return min(fits, key=lambda made: pool.worth([made], objective))
    kind = pool.costing.problem.fleet[vehicle]
    served = [stop for stop in stops if pool.costing.problem.stops[stop].vehicles == frozenset([kind.id])]
    for stop in stops:
        made = _only(route, [each for each in stops if each in served or each == stop])
        if stop not in served and made is not None and pool.figures(made) is not None:
            served.append(stop)
    return _only(route, [stop for stop in stops if stop in served])


def _only(route: Route, stops: Sequence[int]) -> Route | None:
    """Return a duty with these of its stops; None where none is left."""
    vehicle, tours = route
    kept = [(start, tuple(stop for stop in each if stop in stops), end) for start, each, end in tours]
    kept = [each for each in kept if each[1]]
    if not kept:
        return None
    kept[0], kept[-1] = (tours[0][0], *kept[0][1:]), (*kept[-1][:2], tours[-1][2])
    kept[0] = (tours[0][0], *kept[0][1:])
    return vehicle, tuple(kept)


def _home_last(pool: Pool, objective: Objective, route: Route, homes: Collection[int]) -> Route:
    """Return a duty whose way home comes last: passed on the way it is another visit of the depot."""
    vehicle, tours = route
    mine = stops_of(route) & set(homes)
    if not mine or tours[-1][1][-1] in mine:
        return route
    (home,) = mine
    rest = [(start, tuple(stop for stop in stops if stop != home), end) for start, stops, end in tours]
    if not all(stops for _, stops, _ in rest):  # it drives home and begins another round
        return route
    start, stops, end = rest[-1]
    made = (vehicle, (*rest[:-1], (start, (*stops, home), end)))
    value, before = pool.value(made, objective), pool.value(route, objective)
    return made if value <= before + _LESS * (1 + before) else route


# Groups --------------------------------------------------------------------------------------------------------------


def stops_of(route: Route) -> frozenset[int]:
    """Return the stops of a duty."""
    return frozenset(stop for _, stops, _ in route[1] for stop in stops)


def _groups(kept: Sequence[Route], found: Sequence[Route]) -> list[_Group]:
    """Return the parts of two plans that have no stop in common."""
    owner: dict[int, int] = {}
    root: list[int] = []

    def top(at: int) -> int:
        while root[at] != at:
            at = root[at]
        return at

    routes = [*kept, *found]
    for at, route in enumerate(routes):
        root.append(at)
        for stop in stops_of(route):
            other = owner.setdefault(stop, at)
            root[top(at)] = top(other)
    made: dict[int, _Group] = {}
    for at in range(len(routes)):
        group = made.setdefault(top(at), _Group())
        if at < len(kept):
            group.kept.append(at)
        else:
            group.found.append(at - len(kept))
    return list(made.values())


def _judge(
    group: _Group, pool: Pool, objective: Objective, kept: Sequence[Route], found: Sequence[Route], worth: Worth
) -> None:
    old, new = [kept[at] for at in group.kept], [found[at] for at in group.found]
    if sorted(old) == sorted(new):
        return
    served_old, served_new = (frozenset().union(*map(stops_of, each)) for each in (old, new))
    stops = pool.costing.problem.stops
    must = [
        sum(math.isinf(objective.prize(stops[stop])) for stop in one - other)
        for one, other in ((served_new, served_old), (served_old, served_new))
    ]
    group.more = must[0] - must[1]
    spent = pool.total(old, objective)
    prizes = [
        math.fsum(pool.price(stop, objective) for stop in one - other if math.isfinite(objective.prize(stops[stop])))
        for one, other in ((served_new, served_old), (served_old, served_new))
    ]
    group.gain = spent - pool.total(new, objective) + prizes[0] - prizes[1]
    if group.more:
        group.take = group.more > 0
    elif must[1]:  # nobody is left out for the sake of somebody else
        group.leaves_out = True
    else:
        group.take = group.gain > max(worth.of(spent), _LESS * (1 + spent))


def _within_fleet(groups: Sequence[_Group], kept: Sequence[Route], found: Sequence[Route], pool: Pool) -> None:
    """Give up the changes that save least, where all of them together need more vehicles than there are."""
    fleet = pool.costing.problem.fleet

    def more(group: _Group) -> Counter:
        count = Counter(found[at][0] for at in group.found)
        count.subtract(kept[at][0] for at in group.kept)
        return count

    while True:
        used = Counter(route[0] for route in kept)
        for group in groups:
            if group.take:
                used.update(more(group))
        over = [vehicle for vehicle, count in used.items() if count > fleet[vehicle].count]
        if not over:
            return
        needy = [group for group in groups if group.take and more(group)[over[0]] > 0]
        min(needy, key=lambda group: (group.more, group.gain)).take = False


# Names ---------------------------------------------------------------------------------------------------------------


def _labels(
    task: Task, routes: Sequence[Route], kept: Sequence[tuple[int, Route]], owners: Sequence[int | None]
) -> tuple[int | None, ...]:
    """Return the duty's number of each route, in the order the plan tells them: of vehicles alike, by what they share."""
    ordered = sorted(routes)
    labels: list[int | None] = [owners[vehicle] for vehicle, _ in ordered]
    waiting = [(number, route) for number, route in kept if owners[route[0]] is None]
    left = {number: frozenset().union(*map(stops_of, task.left([route]))) for number, route in waiting}
    vehicle_of = {number: route[0] for number, route in waiting}
    pairs = sorted(
        (
            (-len(stops_of(route) & left[number]), at, number)
            for at, route in enumerate(ordered)
            for number in left
            if labels[at] is None and route[0] == vehicle_of[number] and stops_of(route) & left[number]
        )
    )
    for _, at, number in pairs:
        if labels[at] is None and number in left:
            labels[at] = number
            del left[number]
    return tuple(labels)
