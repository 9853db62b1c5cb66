"""Days that are re-planned in tests: a straight road, a plan written to a file and read again, events."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from carbon.optimise.rounds.costing import Costing
from carbon.optimise.rounds.intake import Rounds
from carbon.optimise.rounds.output import plan_csv
from carbon.optimise.rounds.plan import Duty, Round, RoundPlan, Timed
from carbon.optimise.rounds.problem import Objective, Problem, Stop
from carbon.optimise.rounds.replanning.events import read_events
from carbon.optimise.rounds.replanning.plan_file import OldPlan, read_plan
from carbon.optimise.rounds.replanning.replan import Replanned, Situation, replan, situation_of
from carbon.orders.stops import EVENT_COLUMNS
from tests.optimise.rounds.days import H, line, van

#: Kilometres of the depot and of stops along the road; 36 km/h, so 100 s a kilometre.
ROAD = (0.0, 5.0, 10.0, 15.0, 20.0, 6.0, 12.0, 30.0)
SERVICE_S = 300.0


def stop(at: int, **changes: Any) -> Stop:
    """Return the stop at a node of the road: 10 kg, five minutes."""
    return replace(Stop(f"s{at}", at, delivery_kg=10.0, service_s=SERVICE_S), **changes)


def road(*stops: Stop, fleet: Sequence | None = None, **changes: Any) -> Problem:
    """Return a day on the road with one van, or another fleet."""
    return Problem(
        stops, tuple(fleet or (van(count=1, waiting_is_paid=True),)), line(ROAD), depots={0: "depot"}, currency="EUR",
        **changes,
    )  # fmt: skip


def planned(
    problem: Problem, *duties: Sequence[Sequence[int]], vehicle: int = 0, departure_s: float = 8 * H
) -> RoundPlan:
    """Return a plan of duties, each a list of rounds of nodes; all of one type, leaving at one time."""
    at = {each.node: place for place, each in enumerate(problem.stops)}
    made = []
    for rounds in duties:
        duty = Duty(vehicle, tuple(Round(0, tuple(at[node] for node in each), 0) for each in rounds), departure_s)
        timed = Costing(problem).timed(duty)
        assert isinstance(timed, Timed), timed
        made.append(timed)
    return RoundPlan(tuple(made), (), sum(each.co2e_kg for each in made), sum(each.money for each in made))


def written(problem: Problem, plan: RoundPlan, folder: Path) -> Path:
    """Write a plan as `carbon route` does."""
    path = folder / "plan.csv"
    path.write_text("\ufeff" + plan_csv(problem, plan), encoding="utf-8", newline="")
    return path


def read_rounds_of(problem: Problem) -> Rounds:
    """Return a problem as if it had been read from files."""
    return Rounds(problem, date(2026, 3, 2), None, None, {}, 0, 0, {}, (), (), ())


def events_file(folder: Path, *rows: dict[str, Any]) -> Path:
    """Write events."""
    path = folder / "events.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [column.name for column in EVENT_COLUMNS])
        writer.writeheader()
        writer.writerows(rows)
    return path


def at(
    problem: Problem, plan: RoundPlan | Path, now_s: float, folder: Path, *events: dict[str, Any],
    now: Problem | None = None, spots: Sequence[str] = (),
) -> Situation:  # fmt: skip
    """Return a day by now: planned for one problem, with another one's stops where the day has changed."""
    path = plan if isinstance(plan, Path) else written(problem, plan, folder)
    old: OldPlan = read_plan(path, frozenset(problem.depots.values()))
    told = read_events(events_file(folder, *events), old, now_s) if events else ()
    return situation_of(read_rounds_of(now or problem), old, told, now_s, spots)


def again(situation: Situation, objective: Objective | None = None, **options: Any) -> Replanned:
    """Re-plan, by iterations, so that a seed gives the same plan every time."""
    return replan(situation, objective or Objective(), **({"iterations": 60} | options))


def legs_of(told: Replanned, duty: int) -> list[tuple[str, str]]:
    """Return place and state of a duty's legs."""
    return [(leg.place, str(leg.state)) for leg in told.legs if leg.duty == duty]


def kinds(told: Replanned) -> dict[str, str]:
    """Return the change of each stop that has one."""
    return {each.stop: str(each.kind) for each in told.changes}
