"""What really happened since the plan was made, and whether it can have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from carbon.errors import InputError, Where
from carbon.optimise.rounds.output import clock
from carbon.optimise.rounds.replanning.plan_file import OldDuty, OldPlan, State, near
from carbon.orders.stops import read_events as _read

_MINUTE_S = 60.0


class Kind(StrEnum):
    """What can happen."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    LATE = "late"
    SEEN = "seen"
    BROKEN = "broken_down"


_OF_STOPS = (Kind.DONE, Kind.FAILED, Kind.SKIPPED)


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    Attributes
    ----------
    duty : int
        Its number in the plan.
    stop : str or None
        Of `SEEN`, the vehicle's next one.
    late_s : float
    again : tuple of (float, float)
        Of `FAILED`: when another attempt may begin; none: it comes back.
    known : bool
        The plan has it already: a file of events may grow all day.
    """

    line: int
    kind: Kind
    time_s: float
    duty: int
    stop: str | None = None
    late_s: float = 0.0
    latitude: float | None = None
    longitude: float | None = None
    again: tuple[tuple[float, float], ...] = ()
    known: bool = False

    @property
    def text(self) -> str:
        """What a message calls it."""
        return f"{self.stop or f'duty {self.duty}'} {self.kind} {clock(self.time_s)[:5]} (line {self.line})"


def read_events(source: Any, plan: OldPlan, now_s: float) -> tuple[Event, ...]:
    """Read an events file.

    Raises
    ------
    InputError
        If an event is of no stop or duty of the plan, lies in the future, or contradicts another one.
    """
    name = str(source) if isinstance(source, (str, Path)) else "events"
    table = _read(source)
    found = []
    for at, row in enumerate(table.rows):
        cells = {column: values[at] for column, values in table.columns.items()}
        found.append(_event(cells, plan, now_s, name, row + 1))
    found = [replace(each, known=each.known or _known(each, plan)) for each in found]
    _agree([each for each in found if not each.known], plan, name)
    return tuple(sorted(found, key=lambda each: (each.time_s, each.line)))


def _known(event: Event, plan: OldPlan) -> bool:
    """Whether the plan has an event already."""
    if event.kind not in _OF_STOPS:
        return event.time_s <= plan.as_of_s
    if event.kind is Kind.SKIPPED:
        return event.time_s <= plan.as_of_s
    legs = [leg for duty in plan.holding(event.stop) for leg in duty.legs if leg.place == event.stop]
    return any(leg.state == str(event.kind) and abs(leg.leave_s - event.time_s) < _MINUTE_S for leg in legs)


def _event(cells: dict[str, Any], plan: OldPlan, now_s: float, name: str, line: int) -> Event:
    word = cells["event"].strip().casefold().replace(" ", "_")
    if word not in set(Kind):
        raise _wrong("no such event", cells["event"], ", ".join(Kind), name, line, "event")
    kind, time_s = Kind(word), cells["time"]
    if time_s > now_s:
        raise InputError(
            "an event lies in the future", found=clock(time_s)[:5], expected=f"{clock(now_s)[:5]} (--now) or before",
            mend="correct the time, or give a later --now", where=Where(name, line, "time"),
        )  # fmt: skip
    try:
        duty = _duty(cells, kind, plan, name, line)
    except InputError:
        if time_s > plan.as_of_s:
            raise
        # Told before, of a duty that has none of it any more.
        return Event(line, kind, time_s, 0, cells["stop"], again=cells["again"] or (), known=True)
    if kind is Kind.LATE and cells["late_min"] is None:
        raise _wrong("nothing says how late the vehicle is", "an empty cell", "minutes", name, line, "late_min")
    if kind is Kind.SEEN and (cells["latitude"] is None or cells["longitude"] is None):
        raise _wrong("nothing says where the vehicle was seen", "an empty cell", "degrees", name, line, "latitude")
    if kind is not Kind.FAILED and cells["again"]:
        raise _wrong("'again' is for failed deliveries", f"event {kind}", "an empty cell", name, line, "again")
    if any(closes <= now_s for _, closes in cells["again"] or ()):
        raise _wrong("another attempt would lie in the past", clock(now_s)[:5], "a later window", name, line, "again")
    return Event(
        line, kind, time_s, duty.number, cells["stop"], (cells["late_min"] or 0.0) * _MINUTE_S, cells["latitude"],
        cells["longitude"], cells["again"] or (),
    )  # fmt: skip


def _duty(cells: dict[str, Any], kind: Kind, plan: OldPlan, name: str, line: int) -> OldDuty:
    """Return the duty that an event is of: the one named, or the one that has its stop."""
    numbers = [str(duty.number) for duty in plan.duties]
    given, stop = cells["duty"], cells["stop"]
    named = None
    if given is not None:
        if given.strip() not in numbers:
            raise _wrong("no such duty in the plan", given, near(given, numbers), name, line, "duty")
        named = plan.of(int(given))
    if kind in _OF_STOPS or stop is not None:
        if stop is None:
            raise _wrong("nothing says which stop it was", "an empty cell", "a stop of the plan", name, line, "stop")
        holding = plan.holding(stop)
        if not holding:
            stops = [each for duty in plan.duties for each in duty.stops]
            raise _wrong("no such stop in the plan", stop, near(stop, stops), name, line, "stop")
        if named is not None and named not in holding:
            raise InputError(
                f"stop {stop} is not of duty {named.number}", found=f"duty {named.number}",
                expected=f"duty {holding[-1].number}, which the plan says", mend="correct the stop or the duty",
                where=Where(name, line, "duty"),
            )  # fmt: skip
        return named or holding[-1]
    if named is None:
        raise _wrong("nothing says which vehicle it was", "an empty cell", "the duty's number", name, line, "duty")
    return named


def _agree(events: Sequence[Event], plan: OldPlan, name: str) -> None:
    """Refuse events that cannot both have happened."""
    last: dict[str, Event] = {}
    for each in events:
        if any(leg.state is State.BROKEN for leg in plan.of(each.duty).legs):
            raise _wrong(
                "an event is of a vehicle that has broken down", each.text, f"nothing more of duty {each.duty}", name,
                each.line, "duty",
            )  # fmt: skip
        if each.kind in _OF_STOPS:
            if each.stop in last:
                raise _both(last[each.stop], each, "one event a stop", name)
            last[each.stop] = each
            legs = [leg for leg in plan.of(each.duty).legs if leg.place == each.stop]
            over = legs and legs[-1].state in (State.DONE, State.FAILED)
            if over and each.kind is not Kind(str(legs[-1].state)):
                raise _wrong(
                    "an event is of a stop that is over", each.text, f"nothing: the plan has it as {legs[-1].state}",
                    name, each.line, "stop",
                )  # fmt: skip
    for broken in (each for each in events if each.kind is Kind.BROKEN):
        for each in events:
            if each.duty == broken.duty and each is not broken and each.time_s > broken.time_s:
                raise _both(broken, each, "nothing of a duty after it broke down", name)
    for kind in (Kind.LATE, Kind.SEEN, Kind.BROKEN):
        known: dict[tuple[int, float], Event] = {}
        for each in events:
            if each.kind is kind and known.setdefault((each.duty, each.time_s), each) is not each:
                raise _both(known[each.duty, each.time_s], each, "one of both", name)


def latest(events: Sequence[Event], kind: Kind) -> Event | None:
    """Return the last event of a kind; what was told before it is overtaken."""
    return next((each for each in reversed(events) if each.kind is kind), None)


def of_duty(events: Sequence[Event], duty: int) -> list[Event]:
    """Return the events of a duty that are new to the plan, in time."""
    return [each for each in events if each.duty == duty and not each.known]


def _both(one: Event, other: Event, expected: str, name: str) -> InputError:
    return InputError(
        "two events contradict each other", found=f"{one.text} and {other.text}", expected=expected,
        mend="leave one of them out", where=Where(name, other.line),
    )  # fmt: skip


def _wrong(problem: str, found: str, expected: str, name: str, line: int, column: str) -> InputError:
    return InputError(problem, found=found, expected=expected, mend="correct the cell", where=Where(name, line, column))
