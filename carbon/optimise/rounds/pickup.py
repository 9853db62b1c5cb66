"""Which stops to leave at a pick-up point instead of the door, customers' own trips counted.

A stop that moves saves a detour of the round and costs its customer a trip, counted as the ledger counts it:
round trip x share of parcels fetched by car / parcels fetched at once x kg per km (docs/method.md). Moves are tried in
the order of what they promise, and kept only where the plan that the solver makes with them is better, trips included.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from carbon.errors import InputError
from carbon.optimise.rounds.plan import RoundPlan
from carbon.optimise.rounds.problem import Objective, Problem, Stop

_M_PER_KM = 1_000.0

#: Where a stop goes: its position to the position of a point.
Moves = dict[int, int]
Solver = Callable[[Problem], RoundPlan]


@dataclass(frozen=True)
class PickupPoint:
    """A shop or locker that takes parcels for customers nearby.

    Attributes
    ----------
    id : str
        Differs from every stop's.
    node : int
        Its row in the network.
    capacity : int
        Parcels it takes in a day.
    windows : tuple of (float, float)
        When it takes them [s]; none: at any time.
    service_s, service_per_parcel_s : float
        Of a visit, and more for each parcel.
    """

    id: str
    node: int
    capacity: int
    windows: tuple[tuple[float, float], ...] = ()
    service_s: float = 0.0
    service_per_parcel_s: float = 0.0


@dataclass(frozen=True)
class OwnTrip:
    """A customer's own way to a point and back, as `customer_trip` of the organisation file has it.

    Attributes
    ----------
    car_share : float
        Share of parcels fetched by car on a trip made for that.
    co2e_kg_per_km : float
        Of that car, well to wheel.
    distance_km : float or None
        Round trip; None: the network's way from the stop to the point and back.
    parcels_per_trip : float
    """

    car_share: float
    co2e_kg_per_km: float
    distance_km: float | None = None
    parcels_per_trip: float = 1.0

    def co2e_kg(self, problem: Problem, stop: Stop, point: PickupPoint) -> float:
        """Return kg CO2e of fetching a stop's parcels at a point; infinite where there is no way."""
        distance_km = self.distance_km
        if distance_km is None:
            ways_m = problem.network.distance_m[0]
            distance_km = float(ways_m[stop.node, point.node] + ways_m[point.node, stop.node]) / _M_PER_KM
        return _parcels(stop) * distance_km * self.car_share / self.parcels_per_trip * self.co2e_kg_per_km


@dataclass(frozen=True)
class Consolidation:
    """What was decided.

    Attributes
    ----------
    problem, plan : Problem, RoundPlan
        With points in place of the stops that moved, and the solver's plan for it.
    moved : mapping of str to str
        Stop id to point id.
    trips_co2e_kg : float
        Of customers' own trips; not in the plan's figure.
    before : RoundPlan
        With every stop at its door.
    solves : int
        Plans that the solver was asked for.
    """

    problem: Problem
    plan: RoundPlan
    moved: Mapping[str, str]
    trips_co2e_kg: float
    before: RoundPlan
    solves: int

    @property
    def saved_co2e_kg(self) -> float:
        """Return what moving saves, customers' trips taken off; below zero where money decided otherwise."""
        return self.before.co2e_kg - self.plan.co2e_kg - self.trips_co2e_kg


@dataclass(frozen=True)
class _State:
    moves: Moves
    problem: Problem
    plan: RoundPlan
    trips_co2e_kg: float
    value: tuple[int, float]


def consolidate(
    problem: Problem,
    points: tuple[PickupPoint, ...],
    willing: Mapping[str, Collection[str]],
    trip: OwnTrip,
    solve: Solver,
    objective: Objective | None = None,
    most_solves: int = 100,
    over: Callable[[], bool] = lambda: False,
) -> Consolidation:
    """Decide which stops move to pick-up points.

    For each point the whole group that promises to save is tried first, since one stop alone seldom pays for the
    visit; then single stops are moved, and moved back, while that helps. Never worse than every stop at its door.

    Parameters
    ----------
    problem : Problem
    points : tuple of PickupPoint
    willing : mapping of str to collection of str
        Stop id to the points its customer would go to. A stop that is not named stays at its door, as does one where something
        is collected.
    trip : OwnTrip
    solve : callable
        Makes a plan for a problem; whatever it makes is compared.
    objective : Objective, optional
        What is to be low: kg CO2e, trips included, if none is given.
    most_solves : int
    over : callable
        Asked before each further plan; where it says so, the best so far is returned.
    """
    _check(problem, points, willing)
    search = _Search(problem, points, willing, trip, solve, objective or Objective(), most_solves, over)
    before = search.state({})
    best = search.groups(before)
    while search.left:
        better = search.single(best)
        if better is None:
            break
        best = better
    names = {problem.stops[stop].id: points[point].id for stop, point in sorted(best.moves.items())}
    return Consolidation(best.problem, best.plan, names, best.trips_co2e_kg, before.plan, search.solves)


def with_points(problem: Problem, points: tuple[PickupPoint, ...], moves: Moves) -> Problem:
    """Return the problem with stops moved to points: stops that stay, in their order, then a stop for each point used.

    Goods that lie at different depots, or are brought to a satellite by different visits, come to a point as stops of
    their own. What the stops need of a vehicle, the point needs.
    """
    stays = [position for position in range(len(problem.stops)) if position not in moves]
    visit_of = {name: stop.id for stop in problem.stops for name in stop.brings}
    groups: dict[tuple[int, int | None, str | None], list[Stop]] = {}
    for position, point in sorted(moves.items(), key=lambda each: (each[1], each[0])):
        stop = problem.stops[position]
        groups.setdefault((point, stop.depot, visit_of.get(stop.id)), []).append(stop)
    several = {point for point, *_ in groups if sum(each == point for each, *_ in groups) > 1}
    named: dict[str, str] = {}
    there: list[Stop] = []
    for (point, depot, visit), members in groups.items():
        name = points[point].id
        if point in several:
            name += f" from {problem.depots.get(depot, depot)}" if visit is None else f" by {visit}"
        there.append(_point_stop(problem, points[point], name, depot, members))
        named |= {stop.id: name for stop in members}
    made = [_renamed(problem.stops[position], named) for position in stays] + there
    where = {position: at for at, position in enumerate(stays)}
    fleet = tuple(
        replace(vehicle, on_board=tuple(where[stop] for stop in vehicle.on_board)) if vehicle.on_board else vehicle
        for vehicle in problem.fleet
    )
    return replace(problem, stops=tuple(made), fleet=fleet)


def _renamed(stop: Stop, named: Mapping[str, str]) -> Stop:
    """Return a stop whose goods are, in part, for points now."""
    if not stop.brings:
        return stop
    return replace(stop, brings=tuple(dict.fromkeys(named.get(name, name) for name in stop.brings)))


def _point_stop(problem: Problem, point: PickupPoint, name: str, depot: int | None, members: list[Stop]) -> Stop:
    accepted = [stop.vehicles for stop in members if stop.vehicles is not None]
    prizes = [stop.prize_money for stop in members]
    return Stop(
        name,
        point.node,
        delivery_kg=math.fsum(stop.delivery_kg for stop in members),
        delivery_m3=math.fsum(stop.delivery_m3 for stop in members),
        windows=point.windows,
        service_s=point.service_s + point.service_per_parcel_s * sum(map(_parcels, members)),
        ready_s=max(stop.ready_s for stop in members),
        prize_money=None if None in prizes else math.fsum(prizes),
        skills=frozenset().union(*(stop.skills for stop in members)),
        vehicles=frozenset.intersection(*accepted) if accepted else None,
        zone=problem.network.zone[point.node],
        depot=depot,
        parcels=tuple(parcel for stop in members for parcel in stop.parcels),
        priority=min(stop.priority for stop in members),
    )


class _Search:
    """Asks the solver, and counts how often."""

    def __init__(self, problem, points, willing, trip, solve, objective, most_solves, over):
        self.problem, self.points, self.solve, self.objective = problem, points, solve, objective
        self.solves, self._most, self._over = 0, most_solves, over
        ids = {point.id: position for position, point in enumerate(points)}
        under_way = {stop for vehicle in problem.fleet for stop in vehicle.on_board}
        self._trip_kg = {
            (position, ids[name]): trip.co2e_kg(problem, stop, points[ids[name]])
            for position, stop in enumerate(problem.stops)
            if position not in under_way and not stop.collection_kg and not stop.collection_m3
            for name in sorted(willing.get(stop.id, ()))
        }
        self._tried: set[frozenset[tuple[int, int]]] = set()

    @property
    def left(self) -> bool:
        """Whether the solver may be asked again."""
        return self.solves < self._most and not self._over()

    def state(self, moves: Moves) -> _State:
        """Return what the solver makes of moves, and its value: stops lost first, then the objective."""
        self.solves += 1
        self._tried.add(frozenset(moves.items()))
        made = with_points(self.problem, self.points, moves)
        plan = self.solve(made)
        trips_kg = math.fsum(self._trip_kg[each] for each in moves.items())
        prizes = [self.objective.prize(made.stops[each.stop]) for each in plan.unserved]
        lost = sum(
            max(len(made.stops[each.stop].parcels), 1)
            for each, prize in zip(plan.unserved, prizes, strict=True)
            if math.isinf(prize)
        )
        value = self.objective.of(plan.co2e_kg + trips_kg, plan.money)
        return _State(moves, made, plan, trips_kg, (lost, value + math.fsum(filter(math.isfinite, prizes))))

    def groups(self, best: _State) -> _State:
        """Return the best of opening points one after the other, each with all that it promises to save."""
        closed = set(range(len(self.points)))
        while closed and self.left:
            found = []
            for point in sorted(closed):
                moves = self._group(best, point)
                if moves and self.left and frozenset(moves.items()) not in self._tried:
                    found.append((self.state(moves), point))
            better = [each for each in found if _is_better(each[0], best)]
            if not better:
                break
            best, opened = min(better, key=lambda each: each[0].value)
            closed.discard(opened)
        return best

    def single(self, best: _State) -> _State | None:
        """Return the first state that one move, or one taken back, makes better; the most promising ones first."""
        promises = self._promises(best)
        forward = [
            (promises[position] - trip_kg, best.moves | {position: point})
            for (position, point), trip_kg in self._trip_kg.items()
            if best.moves.get(position) != point and position in promises and math.isfinite(trip_kg)
        ]
        back = [
            (self._trip_kg[each], {key: value for key, value in best.moves.items() if key != each[0]})
            for each in best.moves.items()
        ]
        for _, moves in sorted(forward + back, key=lambda each: -each[0]):
            if not self.left:
                return None
            if frozenset(moves.items()) in self._tried or not self._is_allowed(moves):
                continue
            found = self.state(moves)
            if _is_better(found, best):
                return found
        return None

    def _group(self, best: _State, point: int) -> Moves:
        """Return moves with all stops added that a point can take and that promise to save, the best first."""
        promises = self._promises(best)
        # What promises most comes first, should the point not have room for all; the visit itself is the solver's to weigh.
        candidates = sorted(
            (trip_kg - promises[position], position)
            for (position, to), trip_kg in self._trip_kg.items()
            if to == point and position not in best.moves and position in promises and math.isfinite(trip_kg)
        )
        moves = dict(best.moves)
        for gain, position in candidates:
            if gain < 0 and self._is_allowed(moves | {position: point}):
                moves[position] = point
        return moves if len(moves) > len(best.moves) else {}

    def _promises(self, best: _State) -> dict[int, float]:
        """Return, for each stop at its door, kg CO2e of what its round drives for it; infinite where it is not served.

        The half of both legs that meet at it, with the load on board: more than a single detour, so that neighbours who save
        only together are tried.
        """
        ids = {stop.id: position for position, stop in enumerate(self.problem.stops)}
        found: dict[int, float] = {}
        for timed in best.plan.duties:
            for leg, after in zip(timed.legs, timed.legs[1:], strict=False):
                position = None if leg.stop is None else ids.get(best.problem.stops[leg.stop].id)
                if position is not None:
                    found[position] = (leg.co2e_kg + after.co2e_kg) / 2
        for each in best.plan.unserved:
            position = ids.get(best.problem.stops[each.stop].id)
            if position is not None:
                found[position] = math.inf
        # At a point now: as good as any to be sent to another one.
        return found | dict.fromkeys(best.moves, 0.0)

    def _is_allowed(self, moves: Moves) -> bool:
        """Say whether points have room, and every point some vehicle that all its customers accept."""
        for number, point in enumerate(self.points):
            members = [self.problem.stops[position] for position, to in moves.items() if to == number]
            if sum(map(_parcels, members)) > point.capacity:
                return False
            accepted = [stop.vehicles for stop in members if stop.vehicles is not None]
            if accepted and not frozenset.intersection(*accepted):
                return False
        return True


def _is_better(one: _State, other: _State) -> bool:
    """Say whether a state loses fewer stops, or as few for a lower value; rounding is no reason to send a customer out."""
    if one.value[0] != other.value[0]:
        return one.value[0] < other.value[0]
    return one.value[1] < other.value[1] and not math.isclose(one.value[1], other.value[1], rel_tol=1e-9)


def _parcels(stop: Stop) -> int:
    """Return how many parcels a stop has; one where they are not named."""
    return max(len(stop.parcels), 1)


def _check(problem: Problem, points: tuple[PickupPoint, ...], willing: Mapping[str, Collection[str]]) -> None:
    stops, names = {stop.id for stop in problem.stops}, [point.id for point in points]
    twice: Iterator[str] = (name for name in names if names.count(name) > 1 or name in stops)
    for name in twice:
        raise InputError(f"pick-up point {name} has the id of another point or stop", mend="give it an id of its own")
    for point in points:
        if not 0 <= point.node < len(problem.network.zone):
            raise InputError(
                f"pick-up point {point.id} is not in the network", found=f"node {point.node}",
                expected=f"0 to {len(problem.network.zone) - 1}", mend="add it to the matrix",
            )  # fmt: skip
    for stop, accepted in willing.items():
        unknown = [name for name in accepted if name not in names]
        if stop not in stops or unknown:
            raise InputError(
                "a customer's choice of pick-up points names what does not exist",
                found=f"stop {stop}" if stop not in stops else f"point {unknown[0]}",
                expected="ids of the stops and of the points",
            )
