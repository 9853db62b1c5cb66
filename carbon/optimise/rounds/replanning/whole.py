"""The whole day again: the legs that stay, then the legs that are planned; its figures; and that the past is untouched."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from carbon.errors import WorkError
from carbon.optimise.rounds.metrics import rounds_of
from carbon.optimise.rounds.output import clock
from carbon.optimise.rounds.plan import Leg, Round, RoundPlan, Timed
from carbon.optimise.rounds.problem import Problem, Stop
from carbon.optimise.rounds.replanning.deciding import Decision
from carbon.optimise.rounds.replanning.events import Event, Kind
from carbon.optimise.rounds.replanning.happened import Duty
from carbon.optimise.rounds.replanning.plan_file import AS_OF, STATE, OldPlan, State
from carbon.optimise.rounds.replanning.remaining import Remaining
from carbon.optimise.rounds.timing import HOUR_S
from carbon.optimise.rounds.words import COLUMNS

_M_PER_KM = 1_000.0
_CLOSE = 1e-9


@dataclass(frozen=True)
class DayLeg:
    """A leg of the day, driven or planned."""

    duty: int
    vehicle: str
    round: int
    sequence: int
    place: str
    is_depot: bool
    state: State
    parcels: tuple[str, ...]
    figures: Leg
    delivery_kg: float
    collection_kg: float


@dataclass(frozen=True)
class Figures:
    """kg CO2e, money, km and stops of a part of the day."""

    co2e_kg: float
    money: float
    distance_km: float
    stops: int

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.co2e_kg + other.co2e_kg, self.money + other.money, self.distance_km + other.distance_km,
            self.stops + other.stops,
        )  # fmt: skip

    def as_dict(self, currency: str) -> dict[str, float | int | None]:
        """Return plain values."""
        return {
            "co2e_kg": self.co2e_kg,
            "money": self.money if currency else None,
            "distance_km": self.distance_km,
            "stops": self.stops,
        }


def without_homes(timed: Timed, homes: Collection[int]) -> Timed:
    """Return a duty without the stop that is its way home: the leg there is the leg to the depot."""
    legs: list[Leg] = []
    starts, home = [], None
    for part in rounds_of(timed):
        starts.append(len(legs))
        for leg in part:
            if home is not None:
                # Nothing is driven from the way home to the depot where it lies; a next stop begins there.
                legs.append(
                    replace(
                        home, end=leg.end, stop=leg.stop, begin_s=leg.begin_s, leave_s=leg.leave_s, rest_s=home.rest_s
                    )
                    if leg.stop is None and not leg.distance_m
                    else replace(leg, distance_m=home.distance_m + leg.distance_m, depart_s=home.depart_s,
                                 energy=home.energy + leg.energy, co2e_kg=home.co2e_kg + leg.co2e_kg,
                                 money=home.money + leg.money, rest_s=home.rest_s + leg.rest_s)
                )  # fmt: skip
                home = None
            elif leg.stop in homes:
                home = leg
            else:
                legs.append(leg)
    rounds = tuple(
        Round(each.start, tuple(stop for stop in each.stops if stop not in homes), each.end)
        for each in timed.duty.rounds
    )
    return replace(timed, duty=replace(timed.duty, rounds=rounds), legs=tuple(legs), starts=tuple(starts))


def to_come(plan: RoundPlan, homes: Collection[int]) -> Figures:
    """Return the figures of what is planned."""
    stops = sum(stop not in homes for timed in plan.duties for stop in timed.duty.stops)
    distance_km = math.fsum(timed.distance_m for timed in plan.duties) / _M_PER_KM
    return Figures(plan.co2e_kg, plan.money, distance_km, stops)


def gone_by(problem: Problem, duties: Sequence[Duty]) -> Figures:
    """Return the figures of the legs that stay, with the use of their vehicles and their hours."""
    co2e_kg, money, distance_km, stops = [], [], [], 0
    for duty in duties:
        if all(each.state is State.BROKEN and not each.figures.distance_m for each in duty.past):
            continue  # it has not left, or broke down before
        kind, legs = problem.fleet[duty.vehicle], [each.figures for each in duty.past]
        if kind.waiting_is_paid:
            paid_s = legs[-1].leave_s - legs[0].depart_s - math.fsum(leg.rest_s for leg in legs)
        else:
            paid_s = math.fsum(leg.arrive_s - leg.depart_s for leg in legs) + math.fsum(
                each.figures.leave_s - each.figures.begin_s for each in duty.past if not each.is_depot
            )
        co2e_kg += [kind.co2e_kg_per_use, *(leg.co2e_kg for leg in legs)]
        money += [kind.money_per_use, kind.money_per_hour * paid_s / HOUR_S, *(leg.money for leg in legs)]
        distance_km += [leg.distance_m / _M_PER_KM for leg in legs]
        stops += sum(not each.is_depot and each.state in (State.DONE, State.UNDER_WAY) for each in duty.past)
    return Figures(math.fsum(co2e_kg), math.fsum(money), math.fsum(distance_km), stops)


def day_legs(
    problem: Problem, duties: Sequence[Duty], left: Remaining, decision: Decision
) -> tuple[list[DayLeg], tuple[int, ...]]:
    """Return all legs of the day by duty, and the number of each duty of the plan; vehicles that had none get the next."""
    numbers = numbered(decision.labels, duties)
    planned = {number: timed for number, timed in zip(numbers, decision.plan.duties, strict=True)}
    before = {duty.number: duty for duty in duties}
    parcels = {stop.id: stop.parcels for stop in problem.stops}
    legs: list[DayLeg] = []
    for number in sorted({*planned, *(duty.number for duty in duties if duty.past)}):
        duty, timed = before.get(number), planned.get(number)
        vehicle = problem.fleet[duty.vehicle if duty else left.base[timed.duty.vehicle]].id
        mine: list[tuple[int, str, bool, State, Leg, float, float]] = [
            (each.round, each.place, each.is_depot, each.state, each.figures, each.delivery_kg, each.collection_kg)
            for each in (duty.past if duty else ())
        ]
        if timed is not None:
            if mine and mine[-1][2]:
                mine[-1] = _reloaded(mine[-1], problem.fleet[duty.vehicle].reload_s)
            first = 1 if duty is None else duty.round or duty.begun + 1
            for round_, part in enumerate(rounds_of(without_homes(timed, left.homes)), first):
                for leg in part:
                    stop = None if leg.stop is None else left.problem.stops[leg.stop]
                    place = left.problem.depots.get(leg.end, "") if stop is None else stop.id
                    goods = (0.0, 0.0) if stop is None else (stop.delivery_kg, stop.collection_kg)
                    mine.append((round_, place, stop is None, State.PLANNED, leg, *goods))
        sequence = 0
        for at, (round_, place, is_depot, state, leg, brought_kg, fetched_kg) in enumerate(mine):
            sequence = 1 if not at or mine[at - 1][0] != round_ else sequence + 1
            legs.append(
                DayLeg(
                    number, vehicle, round_, sequence, place, is_depot, state, parcels.get(place, ()), leg, brought_kg,
                    fetched_kg,
                )
            )  # fmt: skip
    return legs, numbers


def _reloaded(last: tuple, reload_s: float) -> tuple:
    """Return a leg to a depot from which a further round begins."""
    figures = last[4]
    return (*last[:4], replace(figures, leave_s=max(figures.leave_s, figures.begin_s + reload_s)), *last[5:])


def numbered(labels: Sequence[int | None], duties: Sequence[Duty]) -> tuple[int, ...]:
    """Return a number for each duty of a plan: its own, or the next free one."""
    free = max((duty.number for duty in duties), default=0)
    made = []
    for label in labels:
        if label is None:
            free += 1
        made.append(free if label is None else label)
    return tuple(made)


def row_of(leg: DayLeg, problem: Problem, as_of_s: float) -> dict[str, Any]:
    """Return a leg by the columns of a plan, with what became of it and when that was known."""
    figures, kind = leg.figures, next(each for each in problem.fleet if each.id == leg.vehicle)
    return {
        "duty": leg.duty,
        "vehicle": leg.vehicle,
        "round": leg.round,
        "sequence": leg.sequence,
        "stop": leg.place,
        "parcels": " ".join(leg.parcels),
        "depart": clock(figures.depart_s),
        "arrive": clock(figures.arrive_s),
        "begin": clock(figures.begin_s),
        "leave": clock(figures.leave_s),
        "depart_s": figures.depart_s,
        "arrive_s": figures.arrive_s,
        "begin_s": figures.begin_s,
        "leave_s": figures.leave_s,
        "rest_s": figures.rest_s,
        "delivery_kg": leg.delivery_kg,
        "collection_kg": leg.collection_kg,
        "load_kg": figures.load_kg,
        "load_m3": figures.load_m3,
        "distance_km": figures.distance_m / _M_PER_KM,
        "energy": figures.energy,
        "energy_unit": kind.energy_unit,
        "carrier": kind.carrier,
        "co2e_kg": figures.co2e_kg,
        "money": figures.money if problem.currency else None,
        "currency": problem.currency,
        STATE: str(leg.state),
        AS_OF: as_of_s,
    }


def on_board(problem: Problem, duties: Sequence[Duty], left: Remaining, plan: RoundPlan) -> list[tuple[int, int, Stop]]:
    """Return what lies on board and is not planned: number of the duty, its round, the stop."""
    holder = {
        left.problem.stops[stop].id: number
        for each, number in zip(left.problem.fleet, left.duty, strict=True)
        for stop in each.on_board
    }
    names = [left.problem.stops[each.stop].id for each in plan.unserved]
    held = {name: holder[name] for name in names if name in holder} | dict(left.on_broken)
    rounds = {duty.number: duty.round for duty in duties}
    stops = {stop.id: stop for stop in [*problem.stops, *left.problem.stops]}
    return [(number, rounds[number], stops[name]) for name, number in sorted(held.items(), key=lambda each: each[1])]


def held_row(number: int, round_: int, vehicle: str, stop: Stop) -> dict[str, Any]:
    """Return goods that lie on board for a stop that is not planned, by the columns of a plan."""
    row: dict[str, Any] = dict.fromkeys([*(key for key, _ in COLUMNS), STATE, AS_OF], None)
    row |= {"duty": number, "vehicle": vehicle, "round": round_, "stop": stop.id, "parcels": " ".join(stop.parcels)}
    return row | {"delivery_kg": stop.delivery_kg, "collection_kg": 0.0, STATE: str(State.ON_BOARD)}


def check_past(plan: OldPlan, events: Sequence[Event], legs: Sequence[DayLeg], now_s: float) -> None:
    """Compare the legs that stay with the plan and the events they are from, one by one.

    Raises
    ------
    WorkError
        If one of them is another, is at another time than told, or something planned lies in the past.
    """
    told = {(each.duty, each.stop): each for each in events if each.kind in (Kind.DONE, Kind.FAILED) and not each.known}
    moved = {each.duty for each in events if not each.known}
    for duty in plan.duties:
        stays = [leg for leg in legs if leg.duty == duty.number and leg.state is not State.PLANNED]
        for at, leg in enumerate(stays):
            event = told.get((leg.duty, leg.place))
            if event is not None and leg.state in (State.DONE, State.FAILED) and str(event.kind) == leg.state:
                _same(leg, "leave", leg.figures.leave_s, event.time_s)
            if duty.number in moved:
                continue
            old = duty.legs[at]
            if leg.place != old.place or leg.round != old.round:
                raise _changed(leg, f"leads to {leg.place}", f"to {old.place}, as planned")
            # At its end a duty leaves nothing; where another round follows, the vehicle reloads there.
            last = at == len(duty.legs) - 1
            for name in ("depart_s", "arrive_s", "begin_s", *(() if last else ("leave_s",))):
                _same(leg, name, getattr(leg.figures, name), getattr(old, name))
            _same(leg, "km", leg.figures.distance_m / _M_PER_KM, old.distance_km)
            _same(leg, "energy", leg.figures.energy, old.energy)
        if duty.number not in moved:
            begun = [old for old in duty.legs if old.depart_s < now_s - 1e-6 or old.state is not State.PLANNED]
            if len(begun) != len(stays):
                raise WorkError(f"duty {duty.number} has {len(stays)} legs that stay, and {len(begun)} have begun")
    early = [leg for leg in legs if leg.state is State.PLANNED and leg.figures.depart_s < now_s - 1e-3]
    if early:
        raise _changed(early[0], f"leaves {clock(early[0].figures.depart_s)}", f"{clock(now_s)} or later")


def _same(leg: DayLeg, name: str, found: float, expected: float) -> None:
    if not math.isclose(found, expected, rel_tol=_CLOSE, abs_tol=1e-6):
        raise _changed(leg, f"{name} {found!r}", f"{expected!r}")


def _changed(leg: DayLeg, found: str, expected: str) -> WorkError:
    return WorkError(
        f"re-planning changed what has happened, so that nothing is returned; please report it\n"
        f"  found:    duty {leg.duty}, leg to {leg.place}: {found}\n  expected: {expected}"
    )


def places_of(problem: Problem, spots: Mapping[str, int]) -> dict[str, int]:
    """Return the node of each place by its name."""
    return {
        **{name: node for node, name in problem.depots.items()},
        **{stop.id: stop.node for stop in problem.stops},
        **spots,
    }
