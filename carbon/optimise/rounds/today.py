"""What a plan changes: set beside the plan driven today, or beside each vehicle taking the nearest stop that still fits."""

from __future__ import annotations

import csv
import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from carbon.errors import InputError, Where
from carbon.optimise.rounds.departing import earliest
from carbon.optimise.rounds.plan import Duty, Round, RoundPlan, Timed, Unserved, Why
from carbon.optimise.rounds.problem import Problem, VehicleType
from carbon.optimise.rounds.recounting import recount
from carbon.optimise.rounds.verifying import Finding, recompute, verify, verify_duty
from carbon.optimise.rounds.ways import Step, beyond, go, opening

_COLUMNS = ("duty", "vehicle", "sequence", "stop")
_GIVEN, _NEAREST = "given", "nearest_neighbour"
#: What today's plan is, as it is shown.
BASIS = {
    "en": {_GIVEN: "today's plan, as given", _NEAREST: "no plan of today given: each vehicle takes the nearest stop that fits"},
    "zh": {_GIVEN: "现行方案（由用户提供）", _NEAREST: "未提供现行方案：各车辆依次前往最近的可服务站点"},
}  # fmt: skip
#: Figures that are set side by side, in both languages.
FIGURES = {
    "co2e_kg": ("kg CO2e", "碳排放（kg CO2e）"),
    "money": ("money", "费用"),
    "distance_km": ("km driven", "行驶里程（km）"),
    "empty_share": ("empty running, share of km", "空驶率"),
    "vehicles": ("vehicles used", "使用车辆数"),
    "unserved": ("stops not served", "未服务站点数"),
}


@dataclass(frozen=True)
class Today:
    """The plan to compare with.

    Attributes
    ----------
    plan : RoundPlan
    basis : str
        ``given`` or ``nearest_neighbour``.
    broken : tuple of Finding
        Rules that it breaks: a plan that is driven today may.
    """

    plan: RoundPlan
    basis: str
    broken: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """Figures of today's plan and of the planned one, by the names of `FIGURES`; what does not exist is None."""

    basis: str
    today: Mapping[str, float | None]
    planned: Mapping[str, float | None]
    broken_today: int = 0

    @property
    def difference(self) -> dict[str, float | None]:
        """Planned less today's: below zero is less."""
        return {
            name: None
            if self.today[name] is None or self.planned[name] is None
            else self.planned[name] - self.today[name]
            for name in FIGURES
        }

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """Return the comparison as plain values."""
        return {
            "basis": self.basis,
            "basis_text": BASIS[language][self.basis],
            "today": dict(self.today),
            "planned": dict(self.planned),
            "difference": self.difference,
            "rules_broken_today": self.broken_today,
        }


def compare(plan: RoundPlan, today: Today, trips_co2e_kg: float = 0.0) -> Comparison:
    """Set a plan beside today's; kg CO2e of customers' own trips, which it makes needed, count with it."""
    planned = _figures(plan)
    planned["co2e_kg"] += trips_co2e_kg
    return Comparison(today.basis, _figures(today.plan), planned, len(today.broken))


def read_today(problem: Problem, path: Path | str) -> Today:
    """Read today's plan and work it out by the rules of docs/rounds.md.

    Parameters
    ----------
    problem : Problem
    path : path
        CSV of the columns `duty`, `vehicle`, `sequence`, `stop`, and `round` where a duty has several. A duty is any name,
        a vehicle and a stop are ids of the fleet and stops files; rows may stand in any order. Stops that are in no row
        are not served, rows that name a depot are passed over: the CSV of an earlier plan can be given as it is.

    Returns
    -------
    Today
        Rules that it breaks are listed, not refused.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            "today's plan cannot be read", found=str(error), expected="a CSV file in UTF-8", where=Where(str(path))
        ) from error
    return today_of(
        problem, [{(key or "").strip().lower(): value for key, value in row.items()} for row in rows], str(path)
    )


def today_of(problem: Problem, rows: Iterable[Mapping[str, Any]], name: str = "today's plan") -> Today:
    """Return today's plan from rows, as `read_today` does from a file."""
    rows = list(rows)
    missing = [column for column in _COLUMNS if rows and column not in rows[0]]
    if missing or not rows:
        raise InputError(
            f"no column '{missing[0]}'" if missing else "today's plan has no row",
            found=", ".join(rows[0]) if rows else "an empty file",
            expected=", ".join(_COLUMNS) + ", and round where a duty has several",
            where=Where(name),
        )
    vehicles = {vehicle.id: position for position, vehicle in enumerate(problem.fleet)}
    stops = {stop.id: position for position, stop in enumerate(problem.stops)}
    # A plan's own CSV has the way back to a depot as a row.
    ways_back = set(problem.depots.values()) - set(stops)
    seen: dict[int, int] = {}
    duties: dict[str, tuple[int, list[tuple[float, float, int]]]] = {}
    for line, row in enumerate(rows, 2):
        if str(row.get("stop") or "").strip() in ways_back:
            continue
        duty, vehicle = _text(row, "duty", name, line), _known(row, "vehicle", vehicles, name, line)
        stop = _known(row, "stop", stops, name, line)
        if stop in seen:
            raise InputError(
                f"stop {problem.stops[stop].id} stands in two rows", found=f"lines {seen[stop]} and {line}",
                expected="each stop once", where=Where(name, line, "stop"),
            )  # fmt: skip
        seen[stop] = line
        round_ = _number(row, "round", name, line) if row.get("round") not in (None, "") else 1.0
        first, places = duties.setdefault(duty, (vehicle, []))
        if first != vehicle:
            raise InputError(
                f"duty {duty} has two vehicles", found=f"{problem.fleet[first].id} and {problem.fleet[vehicle].id}",
                expected="one vehicle a duty", where=Where(name, line, "vehicle"),
            )  # fmt: skip
        place = (round_, _number(row, "sequence", name, line))
        if any(place == each[:2] for each in places):
            raise InputError(
                f"two stops of duty {duty} have the same place", found=f"sequence {place[1]:g}",
                expected="another number for each stop of a round", where=Where(name, line, "sequence"),
            )  # fmt: skip
        places.append((*place, stop))
    made = []
    for duty, (vehicle, places) in duties.items():
        timed = recompute(problem, _duty(problem, vehicle, places))
        hole = next((each for each in timed.legs if not math.isfinite(each.distance_m + each.arrive_s)), None)
        if hole is not None:
            raise InputError(
                f"duty {duty} drives where the network has no way", found=f"from node {hole.start} to node {hole.end}",
                expected="a way for every leg", mend="fill the hole of the matrix, or correct the row", where=Where(name),
            )  # fmt: skip
        made.append(timed)
    left = [
        Unserved(position, Why.NOT_FOUND, "a row in today's plan")
        for position in range(len(problem.stops))
        if position not in seen
    ]
    return _today(problem, made, left, _GIVEN)


def nearest_neighbour(problem: Problem) -> Today:
    """Return the plan of vehicles that take, one after the other, the nearest stop that still fits.

    Vehicles are filled in the fleet's order. A stop fits if the duty with it, back to its end, keeps every rule; one that
    did not fit is not tried again on that round. Where nothing fits any more, a vehicle that may reload begins a further
    round.
    """
    open_ = set(range(len(problem.stops)))
    duties: list[Timed] = []
    for position, vehicle in enumerate(problem.fleet):
        for _ in range(min(vehicle.count, len(problem.stops))):
            duty = _filled(problem, position, vehicle, open_)
            if duty is None:
                break
            open_ -= set(duty.stops)
            duties.append(recompute(problem, duty))
    left = [Unserved(stop, Why.NOT_FOUND, "a search for better rounds") for stop in sorted(open_)]
    return _today(problem, duties, left, _NEAREST)


def _today(problem: Problem, duties: list[Timed], left: list[Unserved], basis: str) -> Today:
    plan = RoundPlan(
        tuple(duties), tuple(left), math.fsum(each.co2e_kg for each in duties), math.fsum(each.money for each in duties)
    )
    return Today(plan, basis, tuple(verify(problem, plan)))


def _figures(plan: RoundPlan) -> dict[str, float | None]:
    distance_m, empty_m = (math.fsum(getattr(each, name) for each in plan.duties) for name in ("distance_m", "empty_m"))
    empty_share = empty_m / distance_m if distance_m else None
    values = (plan.co2e_kg, plan.money, distance_m / 1_000.0, empty_share, len(plan.duties), len(plan.unserved))
    return dict(zip(FIGURES, values, strict=True))


def _duty(problem: Problem, position: int, places: list[tuple[float, float, int]]) -> Duty:
    """Return stops as a duty; between rounds the vehicle goes to its first reload depot, else to where it begins."""
    vehicle = problem.fleet[position]
    between = vehicle.start if not vehicle.reload_at or vehicle.start in vehicle.reload_at else vehicle.reload_at[0]
    numbers = sorted({round_ for round_, _, _ in places})
    rounds = []
    for at, number in enumerate(numbers):
        stops = tuple(stop for round_, _, stop in sorted(places) if round_ == number)
        start = between if at else vehicle.start
        rounds.append(Round(start, stops, vehicle.end if at == len(numbers) - 1 else between))
    return Duty(position, tuple(rounds))


def _filled(problem: Problem, position: int, vehicle: VehicleType, open_: set[int]) -> Duty | None:
    """Return a vehicle's duty from nearest stop to nearest stop; None where none fits."""
    done: tuple[Round, ...] = ()
    left, start = set(open_), vehicle.start
    while True:
        stops = _round(problem, position, vehicle, done, start, left)
        if not stops:
            break
        left -= set(stops)
        done = (*done, Round(start, stops, vehicle.end))
        if len(done) >= vehicle.most_rounds or not vehicle.reload_at:
            break
        start = _nearest_depot(problem, vehicle, stops[-1])
        # The last round ends where the next one begins; the end of the duty is put right with its last round.
        done = (*done[:-1], Round(done[-1].start, stops, start))
    if not done:
        return None
    last = done[-1]
    return Duty(position, (*done[:-1], Round(last.start, last.stops, vehicle.end)))


def _round(
    problem: Problem, position: int, vehicle: VehicleType, done: tuple[Round, ...], start: int, left: set[int]
) -> tuple[int, ...]:
    stops: tuple[int, ...] = ()
    node, candidates = start, set(left)
    free_s = _free(problem, position, done, start, stops)
    distance_m = problem.network.distance_m[vehicle.profile]
    while candidates:
        nearest = min(candidates, key=lambda stop: (distance_m[node, problem.stops[stop].node], stop))
        candidates.discard(nearest)
        duty = Duty(position, (*done, Round(start, (*stops, nearest), vehicle.end)))
        if _might_fit(problem, duty, node, free_s) and _fits(problem, duty):
            stops, node = (*stops, nearest), problem.stops[nearest].node
            free_s = _free(problem, position, done, start, stops)
    return stops


def _free(problem: Problem, position: int, done: tuple[Round, ...], start: int, stops: tuple[int, ...]) -> float:
    """Return when a vehicle could leave for its next stop at the earliest, were it not to rest."""
    vehicle = problem.fleet[position]
    rounds = (*done, Round(start, stops, vehicle.end)) if stops else done
    if not rounds:
        return vehicle.shift[0]
    duty = Duty(position, rounds)
    last = recount(problem, duty, earliest(problem, duty), None).timed.legs[-1]
    return last.depart_s if stops else last.arrive_s + vehicle.reload_s


def _might_fit(problem: Problem, duty: Duty, node: int, free_s: float) -> bool:
    """Say whether the last stop of a duty could fit, by what is quickly seen: access, deliveries, times without a rest."""
    vehicle, round_ = problem.fleet[duty.vehicle], duty.rounds[-1]
    stop = problem.stops[round_.stops[-1]]
    brought = [problem.stops[each] for each in round_.stops]
    if (
        not vehicle.serves(stop)
        or beyond(math.fsum(each.delivery_kg for each in brought), vehicle.payload_kg)
        or beyond(math.fsum(each.delivery_m3 for each in brought), vehicle.volume_m3)
    ):
        return False
    begin_s = opening(stop, go(problem, vehicle, Step(node, stop.node, None, round_, False), free_s))
    back_s = go(problem, vehicle, Step(stop.node, round_.end, None, round_, False), begin_s + stop.service_s)
    return not beyond(back_s, vehicle.shift[1])


def _fits(problem: Problem, duty: Duty) -> bool:
    """Say whether a duty keeps every rule for some departure: the earliest, or a later one that makes it short enough."""
    vehicle = problem.fleet[duty.vehicle]
    early = recompute(problem, replace(duty, departure_s=earliest(problem, duty)))
    found = verify_duty(problem, early)
    late = any(each.rule == 6 for each in found) and not beyond(early.legs[-1].arrive_s, vehicle.shift[1])
    if late and {each.rule for each in found} == {6}:
        return not verify_duty(problem, recompute(problem, duty))
    return not found


def _nearest_depot(problem: Problem, vehicle: VehicleType, stop: int) -> int:
    distance_m = problem.network.distance_m[vehicle.profile, problem.stops[stop].node]
    return min(vehicle.reload_at, key=lambda node: (distance_m[node], node))


def _text(row: Mapping[str, Any], column: str, name: str, line: int) -> str:
    text = str(row.get(column) or "").strip()
    if not text:
        raise InputError("an empty cell", expected=f"a {column}", where=Where(name, line, column))
    return text


def _known(row: Mapping[str, Any], column: str, ids: Mapping[str, int], name: str, line: int) -> int:
    text = _text(row, column, name, line)
    if text not in ids:
        near = difflib.get_close_matches(text, ids, 3)
        raise InputError(
            f"no such {column}", found=text,
            expected=f"one of {', '.join(near)}" if near else f"an id of the {'fleet' if column == 'vehicle' else 'stops'} file",
            where=Where(name, line, column),
        )  # fmt: skip
    return ids[text]


def _number(row: Mapping[str, Any], column: str, name: str, line: int) -> float:
    text = _text(row, column, name, line)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError("not a number", found=text, expected="1, 2, 3 ...", where=Where(name, line, column))
    return value
