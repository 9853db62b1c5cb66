"""Re-planning a day: the story.

The plan is read with what happened. Legs that are done or have begun stay. What is left becomes a problem of its own, in which vehicles
begin where they are and goods on board stay on board. The plan as it stands is set against a better one, and only what pays
is changed. Nothing is returned before the past is seen to be untouched and the verifier has accepted what is planned.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from carbon.errors import InputError, Where
from carbon.optimise.rounds.drafts import Spot
from carbon.optimise.rounds.intake import Rounds, read_rounds
from carbon.optimise.rounds.output import clock
from carbon.optimise.rounds.plan import Duty as PlannedDuty
from carbon.optimise.rounds.plan import Round
from carbon.optimise.rounds.possible import counted
from carbon.optimise.rounds.problem import DAY_S, Objective, Problem
from carbon.optimise.rounds.replanning.changes import Change, changes_of
from carbon.optimise.rounds.replanning.deciding import Decision, decide, worth_of
from carbon.optimise.rounds.replanning.events import Event, Kind, read_events
from carbon.optimise.rounds.replanning.happened import Duty, happened
from carbon.optimise.rounds.replanning.plan_file import OldPlan, near, read_plan, spot_name, spots_of
from carbon.optimise.rounds.replanning.remaining import Remaining, remaining
from carbon.optimise.rounds.replanning.whole import DayLeg, check_past, day_legs, gone_by, places_of, to_come
from carbon.optimise.rounds.supplies import SUPPLY
from carbon.optimise.rounds.verifying import recompute, verify_duty
from carbon.optimise.routing import Progress
from carbon.organisation.fleet import Fleet, read_fleet

_M_PER_KM = 1_000.0
_MINUTE_S = 60.0
#: A plan's energy and the fleet's agree when they differ by less, as a share.
_CLOSE = 1e-6


@dataclass(frozen=True)
class Situation:
    """A day by now: what was read, what happened, what is left.

    Attributes
    ----------
    missed : tuple of str
        Rules that the plan as it stands would break from now on.
    """

    rounds: Rounds
    plan: OldPlan
    events: tuple[Event, ...]
    now_s: float
    duties: tuple[Duty, ...]
    left: Remaining
    missed: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Replanned:
    """The day as it is planned now.

    Attributes
    ----------
    legs : tuple of DayLeg
        Of the whole day.
    numbers : tuple of int
        Of each duty of the plan for the rest of the day.
    """

    situation: Situation
    decision: Decision
    legs: tuple[DayLeg, ...]
    numbers: tuple[int, ...]
    changes: tuple[Change, ...]
    worth: str

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        situation, decision = self.situation, self.decision
        problem, homes = situation.rounds.problem, situation.left.homes
        done, come = gone_by(problem, situation.duties), to_come(decision.plan, homes)
        stands = to_come(decision.kept, homes)
        return {
            "day": situation.rounds.day.isoformat(),
            "now": clock(situation.now_s),
            "currency": problem.currency or None,
            "figures": {
                "done": done.as_dict(problem.currency),
                "to_come": come.as_dict(problem.currency),
                "day": (done + come).as_dict(problem.currency),
                "to_come_unchanged": stands.as_dict(problem.currency),
            },
            "worth": self.worth,
            "groups_that_could_change": decision.groups,
            "groups_changed": decision.changed,
            "groups_not_worth_it": decision.too_little,
            "not_worth_it": {
                "co2e_kg": decision.forgone_co2e_kg,
                "money": decision.forgone_money if problem.currency else None,
            },
            "missed_as_planned": list(situation.missed),
            "changes": [each.as_dict() for each in self.changes],
            "duties": [
                {
                    "duty": number,
                    "vehicle": mine[0].vehicle,
                    "done": _count(mine, False),
                    "to_come": _count(mine, True),
                    "legs": [_leg(leg) for leg in mine],
                }
                for number, mine in self.by_duty().items()
            ],
            "notes": [*situation.rounds.notes, *situation.notes],
        }

    def by_duty(self) -> dict[int, list[DayLeg]]:
        """Return the day's legs of each duty."""
        found: dict[int, list[DayLeg]] = {}
        for leg in self.legs:
            found.setdefault(leg.duty, []).append(leg)
        return found


def _leg(leg: DayLeg) -> dict[str, Any]:
    times = {name: clock(getattr(leg.figures, f"{name}_s")) for name in ("depart", "arrive", "begin", "leave")}
    return {"round": leg.round, "stop": leg.place, "state": str(leg.state), **times, "co2e_kg": leg.figures.co2e_kg}


def _count(legs: Sequence[DayLeg], planned: bool) -> int:
    return sum(not leg.is_depot and leg.state in (("planned",) if planned else ("done", "under_way")) for leg in legs)


def seconds_of(now: datetime, day: date) -> float:
    """Return a moment as seconds from the midnight that begins the day.

    Raises
    ------
    InputError
        If it lies before the day, or more than a day after it.
    """
    now_s = (now - datetime(day.year, day.month, day.day)).total_seconds()
    if not 0 <= now_s <= 2 * DAY_S:
        raise InputError(
            "now lies outside the day that is planned", found=f"{now:%Y-%m-%d %H:%M}", expected=f"a time of {day}",
            mend="correct --now, or name the plan's day with --day",
        )  # fmt: skip
    return now_s


def read_situation(
    stops: Any,
    fleet: Path | str | Fleet,
    organisation: Any,
    plan: Path | str,
    now: datetime,
    events: Any = None,
    *,
    day: date | None = None,
    **reading: Any,
) -> Situation:
    """Read a day by now.

    Parameters
    ----------
    stops, fleet, organisation, reading
        As `carbon.optimise.rounds.intake.read_rounds` takes them; the stops as they are now.
    plan : path
        What `carbon route -o`, or an earlier re-planning, wrote.
    now : datetime.datetime
    events : path, optional
        What happened; without it, and where it says nothing, the plan is taken to have run as planned.

    Raises
    ------
    InputError
        If something cannot be, with the way out.
    """
    day = day or now.date()
    now_s = seconds_of(now, day)
    fleet = fleet if isinstance(fleet, Fleet) else read_fleet(fleet)
    old = read_plan(plan, frozenset(depot.name or key for key, depot in fleet.depots.items()))
    _refuse_elsewhere(old, fleet)
    told = read_events(events, old, now_s) if events is not None else ()
    spots = {name: Spot(name, latitude, longitude) for name, latitude, longitude in spots_of(old)}
    for each in told:
        if each.kind in (Kind.SEEN, Kind.BROKEN) and each.latitude is not None and each.longitude is not None:
            name = spot_name(each.latitude, each.longitude)
            spots[name] = Spot(name, each.latitude, each.longitude)
    rounds = read_rounds(stops, fleet, organisation, day=day, spots=tuple(spots.values()), **reading)
    return situation_of(rounds, old, told, now_s, tuple(spots))


def _refuse_elsewhere(plan: OldPlan, fleet: Fleet) -> None:
    """Refuse a plan that goes through satellites or pick-up points: what is left of such a decision is not known from its legs."""
    for duty in plan.duties:
        for leg in duty.legs:
            if leg.place.startswith(SUPPLY) or leg.place.split(" from ")[0].split(" by ")[0] in fleet.pickup_points:
                raise InputError(
                    "a plan through satellites or pick-up points cannot be re-planned",
                    found=leg.place,
                    expected="a plan that serves each stop from a depot, at its door",
                    mend="plan what is left with `carbon route`, each vehicle's shift beginning now",
                    where=Where(plan.name, leg.line, "stop"),
                )


def situation_of(
    rounds: Rounds, plan: OldPlan, events: tuple[Event, ...], now_s: float, spots: Sequence[str] = ()
) -> Situation:
    """Return a day by now, of what was read."""
    problem = rounds.problem
    _of_this_day(problem, plan)
    first = len(problem.network.zone) - len(spots)
    nodes = places_of(problem, {name: first + at for at, name in enumerate(spots)})
    ways = {at: _way(problem, at, nodes) for at in range(len(problem.fleet))}
    duties = happened(plan, events, now_s, problem, ways)
    windows = {each.stop: each.again for each in events if each.kind is Kind.FAILED and each.again}
    left = remaining(problem, plan, duties, windows, nodes, now_s)
    if not any(at not in left.homes for at in range(len(left.problem.stops))) and all(
        duty.over or duty.broken for duty in duties
    ):
        raise InputError(
            "nothing is left to plan", found=f"every stop of the plan is over by {clock(now_s)[:5]}",
            expected="a time within the plan, or a stop that is still open", mend="correct --now, or add stops",
            where=Where(plan.name),
        )  # fmt: skip
    notes = list(left.notes)
    if not any(duty.past for duty in duties):
        notes.append("no vehicle has left yet")
    known = {each.text for each in events if each.known}
    if known:
        notes.append(f"the plan has them already: {len(known):,} events")
    return Situation(rounds, plan, events, now_s, duties, left, missed(left), tuple(notes))


def replan(
    situation: Situation,
    objective: Objective,
    *,
    worth: str | None = None,
    tell_min: float = 10.0,
    seconds: float = math.inf,
    iterations: float = math.inf,
    seed: int = 0,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Replanned:
    """Plan the rest of a day.

    Parameters
    ----------
    worth : str, optional
        What a change has to save: a share of what its vehicles have still to come (2 % otherwise), kg CO2e or money.
    tell_min : float
        From how many minutes on a new time is a change.
    seconds, iterations, seed, stop, progress
        As `carbon.optimise.routing.plan_rounds` takes them.
    """
    left = situation.left
    least = worth_of(worth, objective, situation.rounds.problem.currency)
    decision = decide(
        left.problem, left.kept, left.duty, left.homes, objective, least,
        seconds=seconds, iterations=iterations, seed=seed, stop=stop, progress=progress,
    )  # fmt: skip
    legs, numbers = day_legs(situation.rounds.problem, situation.duties, left, decision)
    check_past(situation.plan, situation.events, legs, situation.now_s)
    changes = changes_of(situation.plan, situation.duties, left, decision.plan, legs, tell_min * _MINUTE_S)
    return Replanned(situation, decision, tuple(legs), numbers, changes, least.text)


def missed(left: Remaining) -> tuple[str, ...]:
    """Return what the plan as it stands would break from now on: windows, shifts, rests."""
    told = []
    for number, (vehicle, tours) in left.kept:
        duty = PlannedDuty(vehicle, tuple(Round(*tour) for tour in tours))
        timed = recompute(left.problem, duty)
        found = verify_duty(left.problem, timed)
        for leg in timed.legs:
            windows = () if leg.stop is None else left.problem.stops[leg.stop].windows
            if windows and leg.begin_s > windows[-1][1] + 1e-6:
                name = left.problem.stops[leg.stop].id
                told.append(
                    f"duty {number}, {name}: service would begin {_at(leg.begin_s)}, its window ends {_at(windows[-1][1])}"
                )
        back_s, ends_s = timed.legs[-1].arrive_s, left.problem.fleet[vehicle].shift[1]
        if any(each.rule == 6 for each in found):
            told.append(f"duty {number} would be back {_at(back_s)}, and may be out until {_at(ends_s)}")
        rest = left.problem.fleet[vehicle].rest
        if rest is not None and any(each.rule == 5 for each in found):
            told.append(f"duty {number} would have no time for its rest before {_at(rest.latest_s)}")
        told += [
            f"duty {number}: {each.found}, where {each.expected} is expected"
            for each in found
            if each.rule not in (4, 5, 6)
        ]
    return tuple(told)


def _at(time_s: float) -> str:
    return clock(time_s)[:5] if math.isfinite(time_s) else "never"


def _of_this_day(problem: Problem, plan: OldPlan) -> None:
    """Refuse a plan of another day, another fleet, or one that was edited."""
    types = {each.id: each for each in problem.fleet}
    for duty in plan.duties:
        if duty.vehicle not in types:
            raise InputError(
                "no such vehicle in the fleet", found=duty.vehicle, expected=near(duty.vehicle, list(types)),
                mend="give the fleet file that the plan was made with", where=Where(plan.name, duty.legs[0].line, "vehicle"),
            )  # fmt: skip
        kind = types[duty.vehicle]
        for leg in duty.legs:
            energy = leg.distance_km * (kind.energy_per_km + kind.energy_per_km_kg * leg.load_kg)
            if not math.isclose(energy, leg.energy, rel_tol=_CLOSE, abs_tol=1e-9):
                raise InputError(
                    f"the energy of a leg is not what {kind.id} uses",
                    found=f"{leg.energy:g} {kind.energy_unit}", expected=f"{energy:g} {kind.energy_unit}, of {leg.distance_km:g} km",
                    mend="give the plan as it was written, with the fleet file and the factors it was made with",
                    where=Where(plan.name, leg.line, "energy"),
                )  # fmt: skip
    mine = [name for duty in plan.duties for name in duty.stops]
    known = {stop.id for stop in problem.stops}
    if mine and not known.intersection(mine):
        raise InputError(
            "no stop of the plan is in the stops file: is it the plan of another day?",
            found=", ".join(mine[:3]), expected=near(mine[0], sorted(known)),
            mend="give the day's own plan; of an orders file, name the day (--day) and the services (--service)",
            where=Where(plan.name),
        )  # fmt: skip


def _way(
    problem: Problem, vehicle: int, nodes: Mapping[str, int]
) -> Callable[[str | None, str], tuple[float, float] | None]:
    kind = problem.fleet[vehicle]
    metres, seconds = problem.network.distance_m[kind.profile], problem.network.duration_s[kind.profile]

    def way(start: str | None, end: str) -> tuple[float, float] | None:
        one, other = kind.start if start is None else nodes.get(start), nodes.get(end)
        if one is None or other is None or not math.isfinite(metres[one, other] + seconds[one, other]):
            return None
        return float(metres[one, other]) / _M_PER_KM, float(seconds[one, other])

    return way


def plain_notes(rounds: Rounds) -> list[str]:
    """Return what a reader must know of what was read; that a stop cannot be served is told of what is left alone."""
    told = set(counted(rounds.problem, rounds.impossible))
    return [text for text in rounds.notes if text not in told]
