"""What `carbon route` and `carbon replan` have in common: options, and what is told while they work."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from carbon.cli.common import err, mass_text, note
from carbon.errors import InputError

if TYPE_CHECKING:
    from carbon.optimise.rounds.intake import Rounds
    from carbon.optimise.routing import Progress as Found

_USUAL = Path("organisation.yaml")


def _day(text: str | date) -> date:
    try:
        return datetime.strptime(str(text)[:10], "%Y-%m-%d").date()
    except ValueError:
        raise InputError("not a date", found=text, expected="YYYY-MM-DD", mend="write --day 2026-03-02") from None


FleetFile = Annotated[Path, typer.Option("--fleet", help="Fleet file: depots, vehicles, costs, zones (YAML).")]
Day = Annotated[
    date | None,
    typer.Option("--day", parser=_day, metavar="DATE", help="Whose parcels are delivered, and whose factors count."),
]
Services = Annotated[
    list[str] | None, typer.Option("--service", help="Of an orders file, only this service's parcels; repeatable.")
]
Matrix = Annotated[
    Path | None, typer.Option(help="Distances and times: from, to, distance_km, duration_min; or a square.")
]
Osrm = Annotated[str | None, typer.Option(help="Address of an OSRM-compatible server, such as http://localhost:5000.")]
Traffic = Annotated[
    list[str] | None,
    typer.Option(help="Multipliers of driving times by zone and hour: a CSV file, or its URL; repeatable (weather)."),
]
OrganisationFile = Annotated[
    Path | None, typer.Option(help="Organisation file: for an orders file, and for depots that are its sites.")
]
Returns = Annotated[bool, typer.Option("--returns", help="Of an orders file, collect what came back that day.")]
CarbonPrice = Annotated[str | None, typer.Option(help="Price of CO2e for money or weighted, such as '90 EUR/t'.")]
FillHoles = Annotated[
    bool, typer.Option("--fill-holes", help="Great circle x circuity stands in for ways the matrix lacks.")
]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds a server may take for one answer.")]
Cache = Annotated[Path | None, typer.Option(help="File for servers' answers; your cache folder otherwise.")]
Seconds = Annotated[float, typer.Option(min=0.1, help="Time to look for a better plan.")]
Seed = Annotated[int, typer.Option(help="The same seed, time apart, looks the same way.")]
MappingFile = Annotated[Path | None, typer.Option(help="Mapping file of the stops or orders: headers, units.")]


def organisation_or_usual(path: Path | None) -> Path | None:
    """Return the organisation file that is named; where none is, the one that lies in the folder, as for the other commands."""
    return _USUAL if path is None and _USUAL.is_file() else path


@contextmanager
def asking(quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Yield what is told while a server is asked for ways; a bar on a terminal."""
    if quiet or not err.is_terminal:
        yield lambda step, done, expected: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def update(step: str, done: int, expected: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=expected)
            bar.update(tasks[step], completed=done)

        yield update


@contextmanager
def planning(
    rounds: Rounds, seconds: float, quiet: bool
) -> Iterator[tuple[Callable[[], bool], Callable[[Found], Any]]]:
    """Yield what a planner asks whether to stop, and what it tells each better plan.

    The first Ctrl-C ends the search and keeps the best plan; the second one ends the command.
    """
    stopped = False

    def interrupt(number: int, frame: object) -> None:
        nonlocal stopped
        if stopped:
            raise KeyboardInterrupt
        stopped = True
        note("stopping; the best plan so far is kept (Ctrl-C again ends without it)")

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        if quiet or not err.is_terminal:
            yield lambda: stopped, lambda plan: None
            return
        with Progress(*columns, console=err, transient=True) as bar:
            task = bar.add_task(f"planning {len(rounds.problem.stops):,} stops", total=None)

            def improved(plan: Found) -> None:
                bar.update(task, description=found_text(rounds, plan, seconds), refresh=True)

            yield lambda: stopped, improved
    finally:
        signal.signal(signal.SIGINT, before)


def found_text(rounds: Rounds, plan: Found, seconds: float) -> str:
    """Return the line that tells of a better plan."""
    money = f", {plan.money:,.2f} {rounds.problem.currency}" if rounds.problem.currency else ""
    left = f", {plan.unserved:,} unserved" if plan.unserved else ""
    return f"{mass_text(plan.co2e_kg)} CO2e{money}{left} (found after {plan.after_s:.1f} of {seconds:g} s)"
