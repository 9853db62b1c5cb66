"""The plan that is being driven, read from the file that `carbon route` or an earlier re-planning wrote."""

from __future__ import annotations

import csv
import difflib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

from carbon.errors import InputError, Where
from carbon.optimise.rounds.words import COLUMNS

#: Sums of a plan's figures agree when they differ by less, as a share and as an amount.
_CLOSE, _ZERO = 1e-6, 1e-6
_NUMBERS = (
    "depart_s", "arrive_s", "begin_s", "leave_s", "rest_s", "delivery_kg", "collection_kg", "load_kg", "load_m3",
    "distance_km", "energy",
)  # fmt: skip
_NEEDED = ("duty", "vehicle", "round", "sequence", "stop", *_NUMBERS)
#: Columns of a plan that was re-planned: what became of a leg, and until when the plan knows what happened.
STATE, AS_OF = "state", "as_of_s"
#: What begins the name of a place where a vehicle was seen.
_SPOT = "at "
_EDITED = "give the file as it was written, not edited or sorted, with the fleet file it was planned with"


class State(StrEnum):
    """What has become of a leg."""

    DONE = "done"
    UNDER_WAY = "under_way"
    FAILED = "failed"
    SEEN = "seen"
    BROKEN = "broken_down"
    PLANNED = "planned"
    ON_BOARD = "on_board"


@dataclass(frozen=True)
class OldLeg:
    """A leg of the plan; `place` is a stop's id, or a depot's name (`is_depot`)."""

    line: int
    round: int
    place: str
    is_depot: bool
    state: State
    depart_s: float
    arrive_s: float
    begin_s: float
    leave_s: float
    rest_s: float
    delivery_kg: float
    collection_kg: float
    load_kg: float
    load_m3: float
    distance_km: float
    energy: float


@dataclass(frozen=True)
class Held:
    """Goods that lie on board for a stop that is not planned, in the round in which they were loaded."""

    stop: str
    round: int
    delivery_kg: float


@dataclass(frozen=True)
class OldDuty:
    """What one vehicle was planned to do."""

    number: int
    vehicle: str
    legs: tuple[OldLeg, ...]
    held: tuple[Held, ...] = ()

    @property
    def stops(self) -> list[str]:
        """Its stops, in order."""
        return [leg.place for leg in self.legs if not leg.is_depot]


@dataclass(frozen=True)
class OldPlan:
    """The plan as a whole, by duty number; `as_of_s`: until when it knows what happened."""

    name: str
    duties: tuple[OldDuty, ...]
    as_of_s: float = -math.inf

    def holding(self, stop: str) -> list[OldDuty]:
        """Return the duties that a stop stands in, one that has still to serve it last."""
        mine = [duty for duty in self.duties if stop in duty.stops or stop in [each.stop for each in duty.held]]
        return sorted(mine, key=lambda duty: any(leg.place == stop and leg.state is State.PLANNED for leg in duty.legs))

    def of(self, number: int) -> OldDuty | None:
        """Return the duty of a number."""
        return next((duty for duty in self.duties if duty.number == number), None)


def read_plan(path: Path | str, depots: frozenset[str]) -> OldPlan:
    """Read a plan, leg by leg.

    Parameters
    ----------
    path : path
    depots : frozenset of str
        Their names.

    Raises
    ------
    InputError
        If it is no plan, or one whose legs do not follow from each other.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            "the plan cannot be read", found=str(error), expected="the CSV file that `carbon route -o` wrote",
            where=Where(str(path)),
        ) from error  # fmt: skip
    keys = {heading: key for key, heading in COLUMNS}
    rows = [{keys.get(name or "", name or ""): cell for name, cell in row.items()} for row in rows]
    missing = [name for name in _NEEDED if rows and name not in rows[0]]
    if missing or not rows:
        raise InputError(
            f"no column '{missing[0]}' in the plan" if missing else "the plan has no row",
            found=", ".join(list(rows[0])[:8]) if rows else "an empty file",
            expected="the CSV file that `carbon route -o` wrote, with its seconds and loads",
            where=Where(str(path)),
        )
    duties: dict[int, tuple[str, list[OldLeg]]] = {}
    held: dict[int, list[Held]] = {}
    for line, row in enumerate(rows, 2):
        number, vehicle = _count(row, "duty", path, line), (row["vehicle"] or "").strip()
        known, legs = duties.setdefault(number, (vehicle, []))
        if known != vehicle:
            raise _edited(f"duty {number} has two vehicles", f"{known} and {vehicle}", path, line, "vehicle")
        if row.get(STATE) == State.ON_BOARD:
            load_kg = _number(row, "delivery_kg", path, line)
            held.setdefault(number, []).append(Held(_place(row), _count(row, "round", path, line), load_kg))
            continue
        legs.append(_leg(row, legs, depots, path, line))
    made = tuple(
        OldDuty(number, *_whole(each, path), tuple(held.get(number, ()))) for number, each in sorted(duties.items())
    )
    as_of_s = _number(rows[0], AS_OF, path, 2) if AS_OF in rows[0] else -math.inf
    plan = OldPlan(str(path), made, as_of_s)
    _once(plan)
    return plan


def _whole(duty: tuple[str, list[OldLeg]], path: Path) -> tuple[str, tuple[OldLeg, ...]]:
    vehicle, legs = duty
    # A vehicle that broke down is not back.
    if not legs[-1].is_depot and legs[-1].state is not State.BROKEN:
        raise _edited("a duty does not come back to a depot", legs[-1].place, path, legs[-1].line, "stop")
    return vehicle, tuple(legs)


def _leg(row: Mapping[str, str], before: list[OldLeg], depots: frozenset[str], path: Path, line: int) -> OldLeg:
    place = _place(row)
    if not place:
        raise _edited("a leg leads nowhere", "an empty cell", path, line, "stop")
    text = (row.get(STATE) or State.PLANNED).strip()
    if text not in set(State):
        raise _edited("no such state of a leg", text, path, line, "state")
    numbers = {name: _number(row, name, path, line) for name in _NUMBERS}
    leg = OldLeg(line, _count(row, "round", path, line), place, place in depots, State(text), **numbers)
    _follows(leg, before[-1] if before else None, _count(row, "sequence", path, line), before, path)
    return leg


def _place(row: Mapping[str, str]) -> str:
    place = (row["stop"] or "").strip()
    return place[1:] if place.startswith("'") else place  # what kept a spreadsheet from running it


def _follows(leg: OldLeg, last: OldLeg | None, sequence: int, before: list[OldLeg], path: Path) -> None:
    """Refuse a leg that cannot come after the last one."""
    opens = last is None or last.is_depot
    round_ = 1 if last is None else last.round + (1 if last.is_depot else 0)
    place = 1 if opens else 1 + sum(each.round == round_ for each in before)
    if leg.round != round_ or sequence != place:
        raise _edited(
            "the plan's legs are not in order", f"round {leg.round}, sequence {sequence}", path, leg.line, "sequence",
            f"round {round_}, sequence {place}",
        )  # fmt: skip
    times = [last.leave_s if last else leg.depart_s, leg.depart_s, leg.arrive_s, leg.begin_s, leg.leave_s]
    if any(late < early - _ZERO for early, late in pairwise(times)):
        raise _edited(
            "the plan's times run backwards", f"{leg.depart_s:g}, {leg.arrive_s:g}, {leg.begin_s:g}, {leg.leave_s:g} s",
            path, leg.line, "depart_s", "departure, arrival, begin, leave, each after the one before",
        )  # fmt: skip
    if not opens:
        load_kg = last.load_kg - last.delivery_kg + last.collection_kg
        if not math.isclose(load_kg, leg.load_kg, rel_tol=_CLOSE, abs_tol=_ZERO):
            raise _edited(
                "the plan's loads do not add up", f"{leg.load_kg:g} kg", path, leg.line, "load_kg", f"{load_kg:g} kg"
            )


def _once(plan: OldPlan) -> None:
    """Refuse a stop that is planned twice; one that failed may come again."""
    seen: dict[str, int] = {}
    for duty in plan.duties:
        for leg in duty.legs:
            if leg.is_depot or leg.state in (State.FAILED, State.SEEN, State.BROKEN):
                continue
            if leg.place in seen:
                raise _edited(
                    "a stop stands twice in the plan", f"{leg.place}, lines {seen[leg.place]} and {leg.line}",
                    Path(plan.name), leg.line, "stop",
                )  # fmt: skip
            seen[leg.place] = leg.line


def spots_of(plan: OldPlan) -> Iterator[tuple[str, float, float]]:
    """Yield the places of an earlier re-planning where vehicles were seen: name, latitude, longitude."""
    for duty in plan.duties:
        for leg in duty.legs:
            if leg.state is State.SEEN:
                try:
                    latitude, longitude = map(float, leg.place.removeprefix(_SPOT).split())
                except ValueError:
                    continue
                yield leg.place, latitude, longitude


def spot_name(latitude: float, longitude: float) -> str:
    """Return what a place is called where a vehicle was seen."""
    return f"{_SPOT}{latitude:.5f} {longitude:.5f}"


def near(text: str, known: list[str]) -> str:
    """Return what an unknown word may have meant."""
    found = difflib.get_close_matches(text, known, 3)
    return f"one of {', '.join(found)}" if found else f"one of {', '.join(known[:8])}{' ...' if len(known) > 8 else ''}"


def _edited(
    problem: str, found: str, path: Path, line: int, column: str, expected: str = "the file as it was written"
) -> InputError:
    return InputError(problem, found=found, expected=expected, mend=_EDITED, where=Where(str(path), line, column))


def _number(row: Mapping[str, str], column: str, path: Path, line: int) -> float:
    try:
        value = float(row[column])
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise _edited("not a number in the plan", str(row[column]), path, line, column, "a number")
    return value


def _count(row: Mapping[str, str], column: str, path: Path, line: int) -> int:
    value = _number(row, column, path, line)
    if value != int(value) or value < 1:
        raise _edited("not a whole number in the plan", str(row[column]), path, line, column, "1, 2, 3 ...")
    return int(value)
