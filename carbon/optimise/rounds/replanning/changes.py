"""What a re-planned day changes, stop by stop: for drivers, and for customers who were told a time."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from carbon.optimise.rounds.output import clock
from carbon.optimise.rounds.plan import RoundPlan, Why
from carbon.optimise.rounds.replanning.happened import Duty
from carbon.optimise.rounds.replanning.plan_file import OldPlan, State
from carbon.optimise.rounds.replanning.remaining import Remaining
from carbon.optimise.rounds.replanning.whole import DayLeg
from carbon.optimise.rounds.words import WHY
from carbon.orders.rejects import neutral

_MINUTE_S = 60.0


class Kind(StrEnum):
    """What changes for a stop, the weightiest first: a stop has one row, and its times stand in it in any case."""

    DROPPED = "dropped"
    NOT_SERVED = "not_served"
    WITHDRAWN = "withdrawn"
    COMES_BACK = "comes_back"
    AGAIN = "tried_again"
    NEW = "new"
    MOVED = "moved"
    ORDER = "order"
    TIME = "time"


@dataclass(frozen=True)
class Change:
    """What changes for one stop.

    Attributes
    ----------
    from_duty, to_duty : int or None
        Numbers of the duties it was and is on.
    planned_s, now_s : float or None
        When service was to begin, and begins now.
    reason : str
    """

    stop: str
    kind: Kind
    from_duty: int | None
    to_duty: int | None
    planned_s: float | None
    now_s: float | None
    reason: str = ""

    @property
    def later_min(self) -> float | None:
        """By how many minutes it is later; below zero, earlier."""
        return None if self.planned_s is None or self.now_s is None else (self.now_s - self.planned_s) / _MINUTE_S

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        later_min = self.later_min
        return {
            "stop": self.stop,
            "change": str(self.kind),
            "from_duty": self.from_duty,
            "to_duty": self.to_duty,
            "planned": None if self.planned_s is None else clock(self.planned_s),
            "now": None if self.now_s is None else clock(self.now_s),
            "later_min": None if later_min is None else round(later_min, 1),
            "reason": self.reason,
        }


#: Columns of the file of changes.
CHANGE_COLUMNS = ("stop", "change", "from_duty", "to_duty", "planned", "now", "later_min", "reason")


def changes_of(
    plan: OldPlan,
    duties: Sequence[Duty],
    left: Remaining,
    planned: RoundPlan,
    legs: Sequence[DayLeg],
    tell_s: float,
) -> tuple[Change, ...]:
    """Return the changes, in the order of `Kind`, then of the new times.

    Parameters
    ----------
    legs : sequence of DayLeg
        The whole day as it is now.
    tell_s : float
        From how much earlier or later on a time is a change.
    """
    before = {
        leg.place: (duty.number, leg.begin_s)
        for duty in plan.duties
        for leg in duty.legs
        if not leg.is_depot and leg.state in (State.PLANNED, State.UNDER_WAY)
    }
    after = {leg.place: leg for leg in legs if not leg.is_depot and leg.state is State.PLANNED}
    under_way = {leg.place: leg for leg in legs if not leg.is_depot and leg.state is State.UNDER_WAY}
    failed = {name for duty in duties for name in duty.again}
    found = [_gone(name, number, before, "gone from the stops file") for name, number in left.withdrawn.items()]
    for duty in duties:
        for name in duty.returning:
            if name in before:
                found.append(Change(name, Kind.COMES_BACK, duty.number, None, before[name][1], None, "delivery failed"))
    for name, number in left.on_broken.items():
        reason = f"on board of duty {number}, which has broken down"
        kind = Kind.DROPPED if name in before else Kind.NOT_SERVED
        found.append(Change(name, kind, number, None, before.get(name, (0, None))[1], None, reason))
    vehicles = list(zip(left.problem.fleet, left.duty, strict=True))
    for each in planned.unserved:
        name = left.problem.stops[each.stop].id
        number, planned_s = before.get(name, (None, None))
        holder = next((own for kind, own in vehicles if each.stop in kind.on_board), None)
        serve = each.would_serve
        if holder is not None and each.why is not Why.NOT_WORTH_IT:
            serve = f"a wider window or a longer shift: duty {holder} has it on board"
        reason = f"{WHY['en'][each.why]}; what would serve it: {serve}"
        found.append(Change(name, Kind.DROPPED if number else Kind.NOT_SERVED, number, None, planned_s, None, reason))
    moved_in_order = _out_of_order(before, after)
    for name, leg in {**under_way, **after}.items():
        number, planned_s = before.get(name, (None, None))
        begin_s = leg.figures.begin_s
        kind = _kind(name, number, leg, failed, moved_in_order, planned_s, tell_s)
        if kind is not None:
            found.append(Change(name, kind, number, leg.duty, planned_s, begin_s))
    order = list(Kind)
    return tuple(
        sorted(found, key=lambda each: (order.index(each.kind), each.now_s or each.planned_s or 0.0, each.stop))
    )


def _gone(name: str, number: int, before: Mapping[str, tuple[int, float]], reason: str) -> Change:
    return Change(name, Kind.WITHDRAWN, number, None, before[name][1], None, reason)


def _kind(
    name: str, number: int | None, leg: DayLeg, failed: Collection[str], moved: Collection[str],
    planned_s: float | None, tell_s: float,
) -> Kind | None:  # fmt: skip
    if number is None:
        return Kind.NEW
    if name in failed:
        return Kind.AGAIN
    if number != leg.duty:
        return Kind.MOVED
    if name in moved:
        return Kind.ORDER
    return Kind.TIME if abs(leg.figures.begin_s - planned_s) >= tell_s else None


def _out_of_order(before: Mapping[str, tuple[int, float]], after: Mapping[str, DayLeg]) -> set[str]:
    """Return stops that changed places within their duty: those outside the longest run that kept its order."""
    found: set[str] = set()
    for duty in {leg.duty for leg in after.values()}:
        mine = [name for name, leg in after.items() if leg.duty == duty and before.get(name, (None,))[0] == duty]
        found |= set(mine) - set(_longest_rising(mine, lambda name: before[name][1]))
    return found


def _longest_rising(names: Sequence[str], value: Any) -> list[str]:
    best: list[list[str]] = []
    for at, name in enumerate(names):
        runs = [best[other] for other in range(at) if value(names[other]) <= value(name)]
        best.append([*max(runs, key=len, default=[]), name])
    return max(best, key=len, default=[])


def changes_csv(changes: Sequence[Change]) -> str:
    """Return the changes as CSV; text that a spreadsheet would run as a formula gets an apostrophe."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(CHANGE_COLUMNS)
    for each in changes:
        writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in each.as_dict().values()])
    return target.getvalue()
