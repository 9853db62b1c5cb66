"""When a duty really was where: the plan's legs, moved to the times that were told."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from carbon.errors import InputError
from carbon.optimise.rounds.output import clock
from carbon.optimise.rounds.replanning.events import Event
from carbon.optimise.rounds.replanning.plan_file import OldDuty, OldLeg, State

_SAME_S = 1e-6
#: From a place to a place: km and seconds, None where the network does not know them.
Way = Callable[[str | None, str], tuple[float, float] | None]


@dataclass(frozen=True)
class Visit:
    """A leg as it was driven, or would be if the day went on as planned."""

    leg: OldLeg
    depart_s: float
    arrive_s: float
    begin_s: float
    leave_s: float
    distance_km: float


def settled(leg: OldLeg) -> bool:
    """Whether the plan itself knows that a leg is over."""
    return leg.state in (State.DONE, State.FAILED, State.SEEN, State.BROKEN)


def in_order(duty: OldDuty, told: Mapping[str, Event], skipped: set[str]) -> list[OldLeg]:
    """Return a duty's legs in the order they were driven: told stops by their times, at the places of told stops.

    Raises
    ------
    InputError
        If a stop of a later round came before one of an earlier round.
    """
    legs = [leg for leg in duty.legs if settled(leg) or leg.is_depot or leg.place not in skipped]
    mine = [at for at, leg in enumerate(legs) if not settled(leg) and leg.place in told]
    by_time = sorted(mine, key=lambda at: (told[legs[at].place].time_s, at))
    for early, late in pairwise(by_time):
        if legs[early].round > legs[late].round:
            one, other = told[legs[late].place], told[legs[early].place]
            raise InputError(
                "two events contradict each other", found=f"{other.text} before {one.text}",
                expected=f"round {legs[late].round} of duty {duty.number} before round {legs[early].round}",
                mend="correct the times",
            )  # fmt: skip
    made = list(legs)
    for place, at in zip(mine, by_time, strict=True):
        made[place] = legs[at]
    return made


class Clockwork:
    """Times of one duty.

    Parameters
    ----------
    way : callable
        For legs that the plan has not: stops in another order, or after one that was skipped.
    """

    def __init__(self, duty: OldDuty, way: Way):
        self._duty, self._way = duty, way
        self._before = {
            (leg.place, leg.line): None if not at else duty.legs[at - 1].place for at, leg in enumerate(duty.legs)
        }

    def visits(self, legs: Sequence[OldLeg], told: Mapping[str, Event], late: Event | None) -> list[Visit]:
        """Return all legs with their times: as told, between them in proportion, after them as planned.

        Parameters
        ----------
        late : Event or None
            Only one that comes after all told stops.

        Raises
        ------
        InputError
            If a told time cannot be, or a way is needed that nothing knows.
        """
        made: list[Visit] = []
        open_: list[OldLeg] = []
        for leg in legs:
            if settled(leg):
                made.append(Visit(leg, leg.depart_s, leg.arrive_s, leg.begin_s, leg.leave_s, leg.distance_km))
                continue
            open_.append(leg)
            if not leg.is_depot and leg.place in told:
                made += self._until(open_, made[-1] if made else None, told[leg.place])
                open_ = []
        return made + self._onward(open_, made[-1] if made else None, late)

    def _until(self, legs: Sequence[OldLeg], last: Visit | None, event: Event) -> list[Visit]:
        """Return legs up to a stop that was left at a told time."""
        found = self._onward(legs, last, None)
        begun_s = found[0].depart_s
        if last is not None and event.time_s < last.leave_s - _SAME_S:
            raise InputError(
                f"{event.text} cannot be", found=f"{last.leg.place} of the same duty was left {clock(last.leave_s)}",
                expected="a later time", mend=f"correct it, or tell when {last.leg.place} was done",
            )  # fmt: skip
        end = found[-1]
        over_s = end.leave_s - event.time_s
        if over_s > _SAME_S and last is None:  # it left before its time
            return [_moved(each, lambda time_s: time_s - over_s) for each in found]
        if over_s > _SAME_S:
            share = (event.time_s - begun_s) / (end.leave_s - begun_s) if event.time_s > begun_s else 0.0
            return [_moved(each, lambda time_s: begun_s + (time_s - begun_s) * share) for each in found]
        # Late: on the way there.
        served_s, before_s = end.leave_s - end.begin_s, end.begin_s - end.arrive_s
        begin_s = event.time_s - served_s
        found[-1] = Visit(end.leg, end.depart_s, begin_s - before_s, begin_s, event.time_s, end.distance_km)
        return found

    def _onward(self, legs: Sequence[OldLeg], last: Visit | None, late: Event | None) -> list[Visit]:
        """Return legs as they go on by themselves; waits for windows and goods take up what was lost."""
        made: list[Visit] = []
        for leg in legs:
            distance_km, driving_s = self._driven(leg, last)
            planned_s = self._planned_leave(leg)
            if last is None or (last.leg.is_depot and leg.depart_s > planned_s + _SAME_S):
                depart_s = leg.depart_s if last is None else max(last.leave_s, leg.depart_s)
            else:
                depart_s = last.leave_s
            arrive_s = depart_s + driving_s
            if late is not None and leg.arrive_s + late.late_s > late.time_s:
                if last is None and leg.depart_s >= late.time_s:  # it has not left
                    depart_s += late.late_s
                arrive_s = max(depart_s, leg.arrive_s + late.late_s)
                late = None
            begin_s = arrive_s + leg.rest_s
            if leg.begin_s - leg.arrive_s - leg.rest_s > _SAME_S:
                begin_s = max(begin_s, leg.begin_s)
            last = Visit(leg, depart_s, arrive_s, begin_s, begin_s + (leg.leave_s - leg.begin_s), distance_km)
            made.append(last)
        return made

    def _planned_leave(self, leg: OldLeg) -> float:
        at = next((place for place, each in enumerate(self._duty.legs) if each.line == leg.line), 0)
        return self._duty.legs[at - 1].leave_s if at else -math.inf

    def _driven(self, leg: OldLeg, last: Visit | None) -> tuple[float, float]:
        """Return km and seconds of a leg, by the plan where it has it."""
        start = None if last is None else last.leg.place
        if self._before.get((leg.place, leg.line), leg.place) == start:
            return leg.distance_km, leg.arrive_s - leg.depart_s
        found = self._way(start, leg.place)
        if found is None:
            raise InputError(
                f"nothing knows the way from {start or 'the depot'} to {leg.place}, which the plan does not drive",
                found="a stop that is gone from the stops file, or a hole of the matrix", expected="both in the file",
                mend="put the stop back: what is done stays as it was",
            )  # fmt: skip
        return found


def _moved(visit: Visit, move: Callable[[float], float]) -> Visit:
    times = (move(each) for each in (visit.depart_s, visit.arrive_s, visit.begin_s, visit.leave_s))
    return Visit(visit.leg, *times, visit.distance_km)
