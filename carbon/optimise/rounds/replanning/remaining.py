"""What is still to be planned: open stops, vehicles where they are, and the rest of the fleet.

A vehicle on the road has to come back whatever else it does. Its way home is a stop of its own, without goods or time, at the place
where its duty ends: so its kilometres and hours count in every plan, and a plan that changes nothing is compared fairly.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from carbon.errors import InputError, Where
from carbon.optimise.rounds.costing import Costing
from carbon.optimise.rounds.output import clock
from carbon.optimise.rounds.pool import Route
from carbon.optimise.rounds.problem import Problem, Stop, VehicleType
from carbon.optimise.rounds.replanning.happened import Duty
from carbon.optimise.rounds.replanning.plan_file import OldPlan, State
from carbon.optimise.rounds.timing import HOUR_S, arrive

_M_PER_KM = 1_000.0
_OWN = "{vehicle} of duty {duty}"
_HOME = "way home of duty {duty}"


@dataclass(frozen=True)
class Remaining:
    """The rest of the day as a problem of its own.

    Attributes
    ----------
    problem : Problem
    base : tuple of int
        Vehicle type in the fleet as read, of each type.
    duty : tuple of (int or None)
        Number of the duty that a type is, of vehicles that have one of their own.
    homes : frozenset of int
        Stops that are ways home.
    kept : list of (int, Route)
        Duty numbers with what is left of the plan, as it stands.
    on_broken : dict of str to int
        Stops whose goods are on board of a vehicle that broke down: its duty.
    withdrawn : dict of str to int
        Stops of the plan that are gone from the stops file: their duty.
    notes : tuple of str
    """

    problem: Problem
    base: tuple[int, ...]
    duty: tuple[int | None, ...]
    homes: frozenset[int]
    kept: tuple[tuple[int, Route], ...]
    on_broken: Mapping[str, int]
    withdrawn: Mapping[str, int]
    notes: tuple[str, ...]


def remaining(
    problem: Problem,
    plan: OldPlan,
    duties: Sequence[Duty],
    windows: Mapping[str, tuple[tuple[float, float], ...]],
    nodes: Mapping[str, int],
    now_s: float,
) -> Remaining:
    """Return the rest of the day.

    Parameters
    ----------
    problem : Problem
        The day as read.
    windows : mapping
        Stops that failed, and when they may be tried again.
    nodes : mapping
        Of stops, depots by name, and places where vehicles were seen.
    """
    return _Builder(problem, plan, duties, windows, nodes, now_s).build()


class _Builder:
    def __init__(self, problem, plan, duties, windows, nodes, now_s):
        self.problem: Problem = problem
        self.plan: OldPlan = plan
        self.duties: Sequence[Duty] = duties
        self.windows, self.nodes, self.now_s = windows, nodes, now_s
        self.notes: list[str] = []

    def build(self) -> Remaining:
        stops, on_broken, withdrawn = self._stops()
        position = {stop.id: at for at, stop in enumerate(stops)}
        types, base, owners = self._pooled()
        for duty in self.duties:
            made = self._own(duty, position)
            if made is not None:
                types.append(made)
                base.append(duty.vehicle)
                owners.append(duty.number)
        # What a customer accepts of a type, he accepts of each vehicle of it.
        names: dict[str, set[str]] = {}
        for each, of in zip(types, base, strict=True):
            names.setdefault(self.problem.fleet[of].id, set()).add(each.id)
        stops = [
            stop if stop.vehicles is None
            else replace(stop, vehicles=frozenset().union(*(names.get(each, {each}) for each in stop.vehicles)))
            for stop in stops
        ]  # fmt: skip
        homes: dict[int, int] = {}
        for at, each in enumerate(types):
            if owners[at] is not None and each.under_way and each.start not in (each.end, *self.problem.depots):
                homes[at] = len(stops)
                stops.append(Stop(_HOME.format(duty=owners[at]), each.end, vehicles=frozenset([each.id])))
        made = replace(self.problem, stops=tuple(stops), fleet=tuple(types))
        made = self._relaxed(made, homes, owners)
        kept = self._kept(made, position, owners, homes)
        return Remaining(
            made, tuple(base), tuple(owners), frozenset(homes.values()), kept, on_broken, withdrawn, tuple(self.notes)
        )

    # Stops ---------------------------------------------------------------------------------------------------------

    def _stops(self) -> tuple[list[Stop], dict[str, int], dict[str, int]]:
        """Return the open stops, those on a broken vehicle, and those that are gone from the file."""
        over = {
            each.place for duty in self.duties for each in duty.past
            if not each.is_depot and each.state in (State.DONE, State.UNDER_WAY)
        }  # fmt: skip
        over |= {name for duty in self.duties for name in duty.returning}
        on_broken = {name: duty.number for duty in self.duties if duty.broken for name in duty.on_board}
        known = {stop.id for stop in self.problem.stops}
        withdrawn = {
            name: duty.number
            for duty in self.duties
            for stops, _ in duty.ahead
            for name in stops
            if name not in known and name not in over
        }
        planned = self._planned_kg()
        left = []
        for stop in self.problem.stops:
            if stop.id in over or stop.id in on_broken:
                continue
            stop = replace(stop, windows=self.windows.get(stop.id, stop.windows))
            if stop.id in planned and planned[stop.id] != stop.delivery_kg:
                self.notes.append(
                    f"{stop.id}: {planned[stop.id]:g} kg are on board, the stops file says {stop.delivery_kg:g} kg: what "
                    "is on board counts"
                )
                stop = replace(stop, delivery_kg=planned[stop.id])
            left.append(stop)
        return left, on_broken, withdrawn

    def _planned_kg(self) -> dict[str, float]:
        on_board = {name for duty in self.duties for name in duty.on_board}
        planned = {
            leg.place: leg.delivery_kg
            for duty in self.plan.duties
            for leg in duty.legs
            if leg.place in on_board and leg.state not in (State.FAILED, State.SEEN)
        }
        held = {each.stop: each.delivery_kg for duty in self.plan.duties for each in duty.held if each.stop in on_board}
        return planned | held

    # Vehicles ------------------------------------------------------------------------------------------------------

    def _pooled(self) -> tuple[list[VehicleType], list[int], list[int | None]]:
        """Return the vehicles that have not left, as the fleet file has them."""
        gone = Counter(duty.vehicle for duty in self.duties if duty.past or duty.broken or self._late(duty))
        types, base = [], []
        for at, each in enumerate(self.problem.fleet):
            if gone[at] > each.count:
                raise InputError(
                    f"the plan uses more vehicles {each.id} than there are", found=f"{gone[at]:,}",
                    expected=f"{each.count:,}, of the fleet file", mend="give the fleet file that the plan was made with",
                    where=Where(self.plan.name),
                )  # fmt: skip
            opens_s = max(each.shift[0], self.now_s)
            if each.count > gone[at] and opens_s < each.shift[1]:
                types.append(replace(each, count=each.count - gone[at], shift=(opens_s, each.shift[1])))
                base.append(at)
        return types, base, [None] * len(types)

    def _late(self, duty: Duty) -> bool:
        """Whether a vehicle that has not left leaves later than it could: it is told apart."""
        return not duty.past and not duty.broken and duty.free_s > self.now_s

    def _own(self, duty: Duty, position: Mapping[str, int]) -> VehicleType | None:
        """Return a vehicle that has left, or leaves late, as a type; None where it can do no more."""
        each = self.problem.fleet[duty.vehicle]
        if duty.broken or (not duty.past and not self._late(duty)):
            return None
        name = _OWN.format(vehicle=each.id, duty=duty.number)
        if not duty.past:
            opens_s = max(each.shift[0], duty.free_s)
            return None if opens_s >= each.shift[1] else replace(each, id=name, count=1, shift=(opens_s, each.shift[1]))
        rounds = max(1, each.most_rounds) - duty.begun + (1 if duty.round else 0)
        node = self._node(duty)
        if not duty.round and (rounds < 1 or node not in each.reload_at or duty.free_s >= each.shift[1]):
            return None
        ends_s = min(each.shift[1], duty.left_s + each.longest_s)
        carried = [position[stop] for stop in duty.on_board if stop in position]
        held = [self._held(stop) for stop in duty.on_board if stop in position]
        # A vehicle that stood at its depot was paid for that, too.
        stood_s = duty.free_s - duty.past[-1].figures.leave_s if each.waiting_is_paid else 0.0
        return replace(
            each, id=name, count=1, start=node, shift=(duty.free_s, ends_s), longest_s=math.inf,
            rest=None if duty.rested else each.rest, co2e_kg_per_use=0.0,
            money_per_use=each.money_per_hour * max(0.0, stood_s) / HOUR_S, most_rounds=rounds,
            on_board=tuple(carried), under_way=True, driven_km=duty.driven_km,
            carried_kg=_rest_of(duty.load_kg, [kg for kg, _ in held]),
            carried_m3=_rest_of(duty.load_m3, [m3 for _, m3 in held]),
        )  # fmt: skip

    def _held(self, name: str) -> tuple[float, float]:
        stop = next(stop for stop in self.problem.stops if stop.id == name)
        return self._planned_kg().get(name, stop.delivery_kg), stop.delivery_m3

    def _node(self, duty: Duty) -> int:
        node = self.nodes.get(duty.place)
        if node is None:
            raise InputError(
                f"where duty {duty.number} is has no place",
                found=f"{duty.place}, which is gone from the stops file",
                expected="the stop where the vehicle is, or to which it is driving",
                mend="put its row back: what is done stays done. If the customer has cancelled, tell where the vehicle is (seen)",
                where=Where(self.plan.name),
            )
        return node

    def _relaxed(self, made: Problem, homes: Mapping[int, int], owners: Sequence[int | None]) -> Problem:
        """Widen what a vehicle cannot keep even if it drives straight home: it has to come home."""
        costing, fleet = Costing(made), list(made.fleet)
        for at in homes:
            each, how = fleet[at], costing.vehicles[at]
            driving_s, rates = how.duration[each.start][each.end], how.rates[each.end]
            distance_km = how.distance[each.start][each.end] / _M_PER_KM
            if not math.isfinite(distance_km + driving_s):
                raise InputError(
                    f"there is no way home for duty {owners[at]}", found="a hole of the matrix",
                    expected=f"a way from {self._place(owners[at])} to {made.depots[each.end]}", mend="fill the hole",
                )  # fmt: skip
            back_s = each.shift[0] + driving_s if rates is None else arrive(each.shift[0], driving_s, rates)
            if back_s > each.shift[1]:
                self.notes.append(
                    f"duty {owners[at]} is back {clock(back_s)[:5]} at the earliest, after {clock(each.shift[1])[:5]}, "
                    "the end of its shift or its longest time"
                )
            if each.driven_km + distance_km > each.range_km:
                self.notes.append(f"duty {owners[at]} may not come home: {distance_km:,.1f} km are beyond its range")
            load_kg = each.carried_kg + math.fsum(made.stops[stop].delivery_kg for stop in each.on_board)
            load_m3 = each.carried_m3 + math.fsum(made.stops[stop].delivery_m3 for stop in each.on_board)
            rest = each.rest
            if rest is not None and back_s > rest.latest_s:
                self.notes.append(
                    f"the rest of duty {owners[at]} was due by {clock(rest.latest_s)[:5]}: it is taken late, if at all"
                )
                rest = replace(rest, latest_s=back_s)
            fleet[at] = replace(
                each, shift=(each.shift[0], max(each.shift[1], back_s)), rest=rest,
                range_km=max(each.range_km, each.driven_km + distance_km),
                payload_kg=max(each.payload_kg, load_kg), volume_m3=max(each.volume_m3, load_m3),
            )  # fmt: skip
        return replace(made, fleet=tuple(fleet))

    def _place(self, number: int | None) -> str:
        return str(next(duty.place for duty in self.duties if duty.number == number))

    # The plan as it stands -----------------------------------------------------------------------------------------

    def _kept(
        self, made: Problem, position: Mapping[str, int], owners: Sequence[int | None], homes: Mapping[int, int]
    ) -> tuple[tuple[int, Route], ...]:
        pooled = {each.id: at for at, each in enumerate(made.fleet) if owners[at] is None}
        own = {number: at for at, number in enumerate(owners) if number is not None}
        kept = []
        for duty in self.duties:
            at = own.get(duty.number)
            if at is None and not duty.past and not duty.broken:
                at = pooled.get(self.problem.fleet[duty.vehicle].id)
            if at is None:
                continue
            tours, start = [], made.fleet[at].start
            for number, (stops, depot) in enumerate(duty.ahead):
                mine = [position[stop] for stop in stops if stop in position]
                last = number == len(duty.ahead) - 1
                # Who only drives back before a further round has his way home as the one stop of this one.
                if at in homes and (last or not mine):
                    mine.append(homes[at])
                end = self.nodes[depot]
                if mine:
                    tours.append((start, tuple(mine), end))
                    start = end
            tours = _one_home(tours, homes.get(at))
            if tours:
                kept.append((duty.number, (at, tuple(tours))))
        return tuple(kept)


def _one_home(tours: list[tuple[int, tuple[int, ...], int]], home: int | None) -> list:
    """Return rounds with the way home in the first of them that has it."""
    seen, made = False, []
    for start, stops, end in tours:
        stops = tuple(stop for stop in stops if stop != home or not seen)
        seen = seen or home in stops
        if stops:
            made.append((start, stops, end))
    return made


def _rest_of(load: float, parts: Sequence[float]) -> float:
    rest = load - math.fsum(parts)
    return rest if rest > 1e-9 * max(1.0, load) else 0.0
