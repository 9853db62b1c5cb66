"""What has become of each duty by now: legs that stay, where the vehicle is, what it has on board, what it has still to do."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from carbon.errors import InputError
from carbon.optimise.rounds.output import clock
from carbon.optimise.rounds.plan import Leg
from carbon.optimise.rounds.problem import Problem, Stop, VehicleType
from carbon.optimise.rounds.replanning.clockwork import Clockwork, Visit, Way, in_order, settled
from carbon.optimise.rounds.replanning.events import Event, Kind, latest, of_duty
from carbon.optimise.rounds.replanning.plan_file import OldDuty, OldLeg, OldPlan, State, spot_name

_M_PER_KM = 1_000.0
_SAME_S = 1e-6


@dataclass(frozen=True)
class Past:
    """A leg that stays: done, under way, failed, or cut short.

    Attributes
    ----------
    figures : Leg
        Its times, loads, energy and both figures; nodes and stop are of no account.
    delivery_kg, collection_kg : float
        What really changed hands.
    """

    round: int
    place: str
    is_depot: bool
    state: State
    figures: Leg
    delivery_kg: float
    collection_kg: float


@dataclass(frozen=True)
class Duty:
    """A duty by now.

    Attributes
    ----------
    vehicle : int
        Type in the fleet as read.
    past : tuple of Past
    broken : bool
    place : str or None
        Where the vehicle is, or will be when the leg that has begun is over; None: it has not left.
    free_s : float
        When it can go on from there; of one that has not left, when it can leave at the earliest.
    round : int
        The round it is on; 0: it stands at a depot.
    begun : int
        Rounds it has begun.
    on_board : tuple of str
        Open stops whose goods it carries.
    load_kg, load_m3 : float
        Everything on board.
    driven_km : float
        Since the start or the last recharge.
    rested : bool
    ahead : tuple of (tuple of str, str)
        Stops of each round still to be driven, in the plan's order, and the depot it ends at; the first is the round it is on.
    again : dict
        Stops that failed and may be tried again today: windows.
    returning : tuple of str
        Failed deliveries that come back.
    """

    number: int
    vehicle: int
    past: tuple[Past, ...]
    broken: bool
    place: str | None
    free_s: float
    round: int
    begun: int
    on_board: tuple[str, ...]
    load_kg: float
    load_m3: float
    driven_km: float
    rested: bool
    ahead: tuple[tuple[tuple[str, ...], str], ...]
    again: Mapping[str, tuple[tuple[float, float], ...]]
    returning: tuple[str, ...]

    @property
    def left_s(self) -> float:
        """When it left its depot first."""
        return self.past[0].figures.depart_s if self.past else math.inf

    @property
    def over(self) -> bool:
        """Whether it has nothing more to do of the plan, at a depot."""
        return bool(self.past) and not self.round and not self.ahead


def happened(
    plan: OldPlan, events: Sequence[Event], now_s: float, problem: Problem, way: Mapping[int, Way]
) -> tuple[Duty, ...]:
    """Return each duty by now.

    Parameters
    ----------
    problem : Problem
        The day as read; its stops may lack those that are done.
    way : mapping
        By vehicle type: ways between places by name.

    Raises
    ------
    InputError
        If events do not fit the plan.
    """
    types = {each.id: at for at, each in enumerate(problem.fleet)}
    stops = {stop.id: stop for stop in problem.stops}
    # A delivery that failed may be planned again, on any vehicle.
    open_ = {leg.place for duty in plan.duties for leg in duty.legs if not settled(leg)}
    open_ |= {each.stop for duty in plan.duties for each in duty.held}
    return tuple(
        _Replay(duty, events, now_s, types[duty.vehicle], problem, stops, way, open_).run() for duty in plan.duties
    )


class _Replay:
    def __init__(
        self, duty: OldDuty, told: Sequence[Event], now_s: float, vehicle: int, problem: Problem,
        stops: Mapping[str, Stop], way: Mapping[int, Way], open_: Collection[str],
    ):  # fmt: skip
        self.duty, self.now_s, self.vehicle = duty, now_s, vehicle
        events = self.events = of_duty(told, duty.number)
        # A vehicle that was to leave late leaves no earlier when the day is planned again.
        self.was_late = any(each.kind is Kind.LATE and each.duty == duty.number for each in told)
        self.kind: VehicleType = problem.fleet[vehicle]
        self.stops, self.way, self.open_ = stops, way[vehicle], open_
        self.told = {each.stop: each for each in events if each.kind in (Kind.DONE, Kind.FAILED)}
        self.skipped = {each.stop for each in events if each.kind is Kind.SKIPPED}

    def run(self) -> Duty:
        legs = in_order(self._duty_with_held(), self.told, self.skipped)
        told_s = max((each.time_s for each in self.told.values()), default=-math.inf)
        late, seen, broken = (self._after(kind, told_s) for kind in (Kind.LATE, Kind.SEEN, Kind.BROKEN))
        if late is not None and seen is not None and late.time_s > seen.time_s:
            seen = None
        visits = Clockwork(self.duty, self.way).visits(legs, self.told, late)
        if broken is not None:
            return self._broken(visits, broken)
        if seen is not None:
            return self._seen(visits, seen)
        count = self._begun(visits, self.now_s)
        if any(each.leg.state is State.BROKEN for each in visits[:count]):
            return self._made(visits, visits[:count], broken=True)
        return self._made(visits, visits[:count])

    def _duty_with_held(self) -> OldDuty:
        """Return the duty with the stops that were not planned, whose goods are on board, and that were served after all."""
        legs = list(self.duty.legs)
        for number, each in enumerate(self.duty.held, 1):
            event, stop = self.told.get(each.stop), self.stops.get(each.stop)
            if event is None or stop is None:
                continue
            leg = OldLeg(
                -number, each.round, each.stop, False, State.PLANNED, 0.0, 0.0, 0.0, stop.service_s, 0.0, each.delivery_kg,
                0.0, 0.0, 0.0, 0.0, 0.0,
            )  # fmt: skip
            before = [
                other.round < each.round or (
                    other.round == each.round and not other.is_depot
                    and (settled(other) or 0.0 < other.leave_s <= event.time_s)
                )
                for other in legs
            ]  # fmt: skip
            legs.insert(sum(before), leg)
        return replace(self.duty, legs=tuple(legs))

    def _after(self, kind: Kind, told_s: float) -> Event | None:
        """Return the last event of a kind, where no stop was told later."""
        found = latest(self.events, kind)
        return found if found is not None and found.time_s >= told_s else None

    def _begun(self, visits: Sequence[Visit], until_s: float) -> int:
        """Return how many legs have begun, or were told."""
        count = 0
        for at, each in enumerate(visits, 1):
            known = (
                settled(each.leg)
                or each.leg.state is State.UNDER_WAY
                or (not each.leg.is_depot and each.leg.place in self.told)
            )
            if known or each.depart_s < until_s - _SAME_S:
                count = at
        return count

    def _arrived(self, visits: Sequence[Visit], until_s: float) -> int:
        count = 0
        for at, each in enumerate(visits, 1):
            known = settled(each.leg) or (not each.leg.is_depot and each.leg.place in self.told)
            if known or each.arrive_s <= until_s + _SAME_S:
                count = at
        return count

    # Seen, or broken down ------------------------------------------------------------------------------------------

    def _seen(self, visits: list[Visit], event: Event) -> Duty:
        count = self._arrived(visits, event.time_s)
        if event.stop is not None:
            named = [at for at, each in enumerate(visits) if each.leg.place == event.stop and not settled(each.leg)]
            if not named or any(at >= named[0] for at, each in enumerate(visits) if each.leg.place in self.told):
                raise InputError(
                    f"{event.text}: its next stop is done already", found=event.stop,
                    expected="a stop that is still to come", mend="name another stop, or none",
                )  # fmt: skip
            count = named[0]
        if count >= len(visits) or (not count and visits[0].depart_s > event.time_s):
            raise InputError(
                f"duty {self.duty.number} was seen on the road, and is at its depot by the plan",
                found=f"{clock(event.time_s)[:5]}, line {event.line}",
                expected=f"a time between {clock(visits[0].depart_s)[:5]} and {clock(visits[-1].arrive_s)[:5]}",
                mend="tell its stops done with their times, or name its next stop",
            )
        name = spot_name(event.latitude, event.longitude)
        return self._cut(visits, count, name, self.now_s, State.SEEN, None)

    def _broken(self, visits: list[Visit], event: Event) -> Duty:
        count = self._arrived(visits, event.time_s)
        if count < len(visits) and visits[count].depart_s < event.time_s:
            next_ = visits[count]
            name = f"on the way to {next_.leg.place}"
            if event.latitude is not None and event.longitude is not None:
                return self._cut(
                    visits, count, spot_name(event.latitude, event.longitude), event.time_s, State.BROKEN, None
                )
            share = (event.time_s - next_.depart_s) / (next_.arrive_s - next_.depart_s)
            return self._cut(visits, count, name, event.time_s, State.BROKEN, share * next_.distance_km)
        # Where it stands is told by a leg of no length, so that the next re-planning knows of it.
        last = visits[count - 1] if count else None
        leg = visits[count].leg if count < len(visits) else replace(last.leg, round=last.leg.round + 1, load_kg=0.0)
        leg = replace(
            leg, place=f"broken down at {last.leg.place if last else 'its depot'}", is_depot=False, state=State.BROKEN,
            delivery_kg=0.0, collection_kg=0.0, rest_s=0.0,
        )  # fmt: skip
        at_s = event.time_s if last is None else max(event.time_s, last.leave_s)
        past = [*visits[:count], Visit(leg, at_s, at_s, at_s, at_s, 0.0)]
        return self._made([*past, *visits[count:]], past, broken=True)

    def _cut(
        self, visits: list[Visit], count: int, name: str, at_s: float, state: State, driven_km: float | None
    ) -> Duty:
        """Return the duty with a leg that ends on the road."""
        next_ = visits[count]
        if driven_km is None:
            found = self.way(visits[count - 1].leg.place if count else None, name)
            if found is None:
                raise InputError(
                    f"nothing knows the way to where duty {self.duty.number} was seen", found=name,
                    expected="a network that knows coordinates: great circle, a server, or a matrix with --fill-holes",
                    mend="tell how late it is instead (late), or name the place in the matrix",
                )  # fmt: skip
            driven_km = found[0]
        leg = replace(
            next_.leg, place=name, is_depot=False, state=state, delivery_kg=0.0, collection_kg=0.0, rest_s=0.0
        )
        at_s = max(at_s, next_.depart_s)
        past = [*visits[:count], Visit(leg, next_.depart_s, at_s, at_s, at_s, driven_km)]
        return self._made([*past, *visits[count:]], past, broken=state is State.BROKEN)

    # What follows --------------------------------------------------------------------------------------------------

    def _made(self, visits: Sequence[Visit], past: Sequence[Visit], broken: bool = False) -> Duty:
        self._load_kg = self._load_m3 = self._driven_km = 0.0
        told = tuple(self._past(each, at, past) for at, each in enumerate(past))
        rest = list(visits[len(past) :])
        last = past[-1] if past else None
        where = past[-2] if len(past) > 1 and _stands(last) else None if _stands(last) else last
        at_depot = where is None or where.leg.is_depot
        round_ = 0 if at_depot else last.leg.round
        ahead = self._ahead(rest, round_)
        again, returning = self._failed(past)
        if last is None:
            free_s = max(rest[0].depart_s, self.now_s) if self.was_late else self.now_s
        elif last.leg.is_depot and not ahead and math.isclose(last.leave_s, last.arrive_s):
            free_s = max(last.leave_s + self.kind.reload_s, self.now_s)
        else:
            free_s = max(last.leave_s, self.now_s)
        if at_depot:
            self._load_kg = self._load_m3 = 0.0
            if self.kind.recharges:
                self._driven_km = 0.0
        return Duty(
            self.duty.number, self.vehicle, told, broken, None if last is None else last.leg.place, free_s, round_,
            0 if last is None else last.leg.round, self._on_board(past, ahead, round_, again), self._load_kg,
            self._load_m3, self._driven_km, any(each.figures.rest_s for each in told), ahead, again, returning,
        )  # fmt: skip

    def _past(self, visit: Visit, at: int, past: Sequence[Visit]) -> Past:
        leg, kind = visit.leg, self.kind
        opens = not at or past[at - 1].leg.is_depot
        if opens:
            first = next((each for each in self.duty.legs if each.round == leg.round), leg)
            self._load_kg, self._load_m3 = (0.0, 0.0) if _stands(visit) else (first.load_kg, first.load_m3)
            if kind.recharges:
                self._driven_km = 0.0
        self._driven_km += visit.distance_km
        load_kg, load_m3 = self._load_kg, self._load_m3
        energy = visit.distance_km * (kind.energy_per_km + kind.energy_per_km_kg * load_kg)
        state = self._state(visit)
        if state is State.UNDER_WAY and at < len(past) - 1:
            state = State.DONE  # it has been left, or the vehicle stands there
        served = state in (State.DONE, State.UNDER_WAY) and not leg.is_depot
        delivery_kg, collection_kg = (leg.delivery_kg, leg.collection_kg) if served else (0.0, 0.0)
        if served:
            self._load_kg += collection_kg - delivery_kg
            self._load_m3 -= self._volume(leg)
        figures = Leg(
            -1, -1, None, visit.depart_s, visit.arrive_s, visit.begin_s, visit.leave_s, leg.rest_s,
            visit.distance_km * _M_PER_KM, load_kg, load_m3, energy, energy * kind.co2e_kg_per_energy,
            visit.distance_km * kind.money_per_km + energy * kind.money_per_energy,
        )  # fmt: skip
        return Past(leg.round, leg.place, leg.is_depot, state, figures, delivery_kg, collection_kg)

    def _state(self, visit: Visit) -> State:
        event = self.told.get(visit.leg.place)
        if settled(visit.leg):
            return visit.leg.state
        if event is not None and not visit.leg.is_depot:
            return State.FAILED if event.kind is Kind.FAILED else State.DONE
        if visit.leg.state in (State.SEEN, State.BROKEN):
            return visit.leg.state
        return State.DONE if visit.leave_s <= self.now_s + _SAME_S else State.UNDER_WAY

    def _volume(self, leg: OldLeg) -> float:
        """Return by how much a stop makes the load smaller [m3]: what the plan's next leg has less."""
        legs = self.duty.legs
        at = next((place for place, each in enumerate(legs) if each.line == leg.line), None)
        if at is None:
            return self.stops[leg.place].delivery_m3
        return leg.load_m3 - legs[at + 1].load_m3 if at + 1 < len(legs) else 0.0

    def _ahead(self, rest: Sequence[Visit], round_: int) -> tuple[tuple[tuple[str, ...], str], ...]:
        made: list[tuple[tuple[str, ...], str]] = []
        stops: list[str] = []
        for each in rest:
            if each.leg.is_depot:
                made.append((tuple(stops), each.leg.place))
                stops = []
            else:
                stops.append(each.leg.place)
        return tuple(made)

    def _failed(self, past: Sequence[Visit]) -> tuple[dict[str, tuple[tuple[float, float], ...]], tuple[str, ...]]:
        again, returning = {}, []
        for each in past:
            if self._state(each) is not State.FAILED:
                continue
            event = self.told.get(each.leg.place)
            if event is not None and event.again:
                again[each.leg.place] = event.again
            elif event is not None or each.leg.place not in self.open_:
                returning.append(each.leg.place)
        return again, tuple(returning)

    def _on_board(
        self, past: Sequence[Visit], ahead: Sequence[tuple[tuple[str, ...], str]], round_: int,
        again: Mapping[str, object],
    ) -> tuple[str, ...]:  # fmt: skip
        if not round_:
            return ()
        mine = {leg.place for leg in self.duty.legs if leg.round == round_ and not leg.is_depot}
        held = [each.stop for each in self.duty.held if each.round == round_]
        tried = [name for name in sorted(mine) if name in self.skipped or name in again]
        open_ = [*(ahead[0][0] if ahead else ()), *tried, *held]
        mine.update(held)
        return tuple(name for name in dict.fromkeys(open_) if name in self.stops and self._brings(mine, name))

    def _brings(self, mine: Collection[str], name: str) -> bool:
        stop = self.stops[name]
        return name in mine and (stop.delivery_kg > 0 or stop.delivery_m3 > 0 or bool(stop.parcels))


def _stands(visit: Visit | None) -> bool:
    """Whether a leg only tells that a vehicle broke down where it stood."""
    return visit is not None and visit.leg.state is State.BROKEN and not visit.distance_km
