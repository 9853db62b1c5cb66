"""A search in districts: for days too large to be searched as a whole.

The stops are split (`splitting`), each district is searched by itself with the vehicles its duties use and those that stand idle, and what
it finds replaces its part of the plan where that is better. Then the borders are drawn anew, so that the next districts mend them.
The duties that the districts' plans went through, tried on every vehicle type, are put together to a plan of the whole day in between.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from carbon.optimise.rounds.costing import Costing
from carbon.optimise.rounds.engine import Engine
from carbon.optimise.rounds.mending import sound
from carbon.optimise.rounds.pool import Pool, Route
from carbon.optimise.rounds.problem import Network, Objective, Problem
from carbon.optimise.rounds.search import Budget, Search
from carbon.optimise.rounds.splitting import Splitter

#: From so many stops on a day is split, into districts of about so many.
LARGE = 1000
SIZE = 650
#: Share of the whole for the first plan, how many splits follow, and what one programme over all duties may take.
_FIRST, _WHOLE, _SPLITS, _COMBINE = 0.005, 0.15, 4, 0.02
_NODES = 50
_NOWHERE = -1
_LESS = 1e-9


@dataclass(frozen=True)
class District:
    """A part of the day as a problem of its own.

    Attributes
    ----------
    stops, nodes : tuple of int
        Which stops and nodes of the whole day its own are.
    duties : tuple of (int, tuple)
        The plan's duties in it, in the whole day's numbers.
    """

    problem: Problem
    stops: tuple[int, ...]
    nodes: tuple[int, ...]
    duties: tuple[Route, ...]

    def start(self) -> list[Route]:
        """Return its duties in its own numbers."""
        stop = {each: number for number, each in enumerate(self.stops)}
        node = {each: number for number, each in enumerate(self.nodes)}
        return [_renamed(route, stop, node) for route in self.duties]

    def whole(self, routes: Sequence[Route]) -> list[Route]:
        """Return routes of its own in the whole day's numbers."""
        return [_renamed(route, self.stops, self.nodes) for route in routes]


def _renamed(route: Route, stop, node) -> Route:
    vehicle, tours = route
    return vehicle, tuple((node[start], tuple(stop[each] for each in stops), node[end]) for start, stops, end in tours)


class Districts:
    """One large problem and objective; the same face as `Search`.

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
        size: int = SIZE,
    ):
        self.pool, self.objective, self.budget, self._tell = pool, objective, budget, tell
        self.best = list(start)
        self.worth = pool.worth(self.best, objective)
        self._problem = pool.costing.problem
        self._seed, self._size = seed, size
        self._splitter = Splitter(self._problem, seed)

    def run(self) -> list[Route]:
        """Return the best plan found within the budget."""
        budget = self.budget
        if not self.best:
            self._pass(_FIRST)
        if not budget.over():
            self._whole(_WHOLE)
        done = 0
        while not budget.over():
            # What is left is shared among the splits still to come, the last of which takes it all.
            self._pass(1.0 / max(1, _SPLITS - done))
            done += 1
            self._combine()
        return self.best

    # Parts ---------------------------------------------------------------------------------------------------------

    def split(self) -> list[list[int]]:
        """Return the stops of each district, by the plan in hand."""
        units = self._units()
        count = max(1, round(len(self._problem.stops) / self._size))
        return [
            sorted(stop for number in each for stop in units[number]) for each in self._splitter.split(units, count)
        ]

    def _units(self) -> list[tuple[int, ...]]:
        """Return what stays together: duties with what their vehicles have on board, and stops by themselves."""
        together = [[stop for _, stops, _ in tours for stop in stops] for _, tours in self.best]
        together += [list(each.on_board) for each in self._problem.fleet if each.on_board]
        unit_of: dict[int, int] = {}
        units: list[list[int]] = []
        for each in together:
            known = sorted({unit_of[stop] for stop in each if stop in unit_of})
            merged = list(dict.fromkeys([*(stop for number in known for stop in units[number]), *each]))
            for number in known:
                units[number] = []
            units.append(merged)
            unit_of.update(dict.fromkeys(merged, len(units) - 1))
        units += [[stop] for stop in range(len(self._problem.stops)) if stop not in unit_of]
        return [tuple(each) for each in units if each]

    def district(self, stops: Sequence[int], later: float = 0.0) -> District:
        """Return a district of these stops: a problem with its duties' vehicles, and its share of the idle ones.

        Parameters
        ----------
        stops : sequence of int
        later : float
            Mass without a duty in the districts to come: they need their part of the idle vehicles, too.
        """
        problem, own = self._problem, frozenset(stops)
        duties = tuple(route for route in self.best if route[1][0][1][0] in own)
        idle = [each.count for each in problem.fleet]
        for vehicle, _ in self.best:
            idle[vehicle] -= 1
        needed = self._without_duty(stops)
        share = needed / (needed + later) if later else 1.0
        caps = [math.ceil(count * share - _LESS) for count in idle]
        for vehicle, _ in duties:
            caps[vehicle] += 1
        place = {stop: number for number, stop in enumerate(stops)}
        fleet = []
        for kind, count in zip(problem.fleet, caps, strict=True):
            # What it has on board is delivered by no other vehicle, so that it belongs to these stops' district.
            away = bool(kind.on_board) and not own.issuperset(kind.on_board)
            fleet.append((kind, 0 if away else count, tuple(place[stop] for stop in kind.on_board if not away)))
        nodes = dict.fromkeys(
            node for kind, *_ in fleet for node in (kind.start, kind.end, *kind.reload_at)
        ) | dict.fromkeys(problem.depots)
        nodes = tuple(dict.fromkeys([*nodes, *(problem.stops[stop].node for stop in stops)]))
        at = {node: number for number, node in enumerate(nodes)}
        made = [
            replace(
                kind, count=count, on_board=on_board, start=at[kind.start], end=at[kind.end],
                reload_at=tuple(at[node] for node in kind.reload_at),
            )
            for kind, count, on_board in fleet
        ]  # fmt: skip
        part = replace(
            problem,
            stops=tuple(_moved(problem.stops[stop], at) for stop in stops),
            fleet=tuple(made),
            network=_network(problem.network, nodes),
            depots={at[node]: name for node, name in problem.depots.items()},
        )
        return District(part, tuple(stops), nodes, duties)

    def _without_duty(self, stops: Sequence[int]) -> float:
        """Return the mass, and a little a stop, of what no duty serves."""
        served = {stop for _, tours in self.best for _, those, _ in tours for stop in those}
        costing = self.pool.costing
        return math.fsum(costing.delivery[stop] + 1e-3 for stop in stops if stop not in served)

    def _whole(self, share: float) -> None:
        """Run the engine on the whole day: it sees which vehicles go where, which no district does."""
        problem = self._problem

        def heard(routes: list[Route], best: bool) -> None:
            if best:
                self._take([self.pool.best_of(route, self.objective) for route in routes])

        full = [each.count for each in problem.fleet]
        engine = Engine(self.pool.costing, self.objective, full, self._seed, heard, quiet=True)
        engine.run(self.budget.share(share))
        # Where no plan keeps all limits, districts mend what does; and where a plan breaks a rule that the engine does not see.
        self._take(sound(self.pool, engine.last_routes()))

    # Searches ------------------------------------------------------------------------------------------------------

    def _pass(self, share: float) -> None:
        """Search every district of a new split, for a share of what is left of the budget together."""
        parts = self.split()
        budget = self.budget
        until = budget.rest() * (1 - share)
        for number, stops in enumerate(parts):
            if budget.over():
                return
            # By the clock, what one leaves over or takes too much the others share.
            left = max(0.0, budget.rest() - until) * len(stops) / sum(len(each) for each in parts[number:])
            later = math.fsum(self._without_duty(each) for each in parts[number + 1 :])
            self._solve(self.district(stops, later), budget.part(left))

    def _solve(self, district: District, budget: Budget) -> None:
        kept = [route for route in self.best if route not in set(district.duties)]
        seen: list[list[Route]] = []

        def heard(routes: list[Route]) -> None:
            found = district.whole(routes)
            seen.append(found)
            self._take([*kept, *found])

        pool = Pool(Costing(district.problem))
        search = Search(pool, self.objective, budget, self._seed, heard, district.start(), onward=True)
        self._seed += 1009
        heard(search.run())
        for routes in seen:
            for route in routes:
                self.pool.add_for_all(route)
        self.budget.used += budget.used

    def _combine(self) -> None:
        budget = self.budget
        if budget.stopped():
            return
        seconds = min(_COMBINE * budget.seconds, budget.left_s()) if budget.by_clock else math.inf
        if seconds > 0:
            self._take(self.pool.combine(self.objective, self.best, seconds, budget.asked, nodes=_NODES))

    def _take(self, plan: list[Route]) -> None:
        worth = self.pool.worth(plan, self.objective)
        if worth < self.worth - _LESS * (1 + abs(self.worth)):
            self.best, self.worth = plan, worth
            if self._tell is not None:
                self._tell(self.best)


def searching(
    pool: Pool,
    objective: Objective,
    budget: Budget,
    seed: int,
    tell: Callable[[list[Route]], None] | None = None,
    start: Sequence[Route] = (),
) -> Search | Districts:
    """Return the search that suits a day's size."""
    kind = Districts if len(pool.costing.problem.stops) >= LARGE else Search
    return kind(pool, objective, budget, seed, tell, start)


def _moved(stop, at: dict[int, int]):
    # At a depot that no vehicle uses no goods are fetched: they are on board.
    return replace(stop, node=at[stop.node], depot=None if stop.depot is None else at.get(stop.depot, _NOWHERE))


def _network(network: Network, nodes: tuple[int, ...]) -> Network:
    chosen = np.array(nodes)
    return Network(
        network.latitude[chosen],
        network.longitude[chosen],
        tuple(network.zone[node] for node in nodes),
        network.distance_m[:, chosen[:, None], chosen],
        network.duration_s[:, chosen[:, None], chosen],
        network.basis,
    )
