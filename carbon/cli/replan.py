"""`carbon replan`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from carbon.cli.common import (
    AsJson,
    FactorFiles,
    LinesFile,
    PlacesFile,
    RejectsFile,
    app,
    mass_text,
    note,
    out,
    print_json,
)
from carbon.cli.layout import say, table_of
from carbon.cli.rounds import (
    Cache,
    CarbonPrice,
    Day,
    FillHoles,
    FleetFile,
    MappingFile,
    Matrix,
    OrganisationFile,
    Osrm,
    Returns,
    Seconds,
    Seed,
    Services,
    Timeout,
    Traffic,
    asking,
    organisation_or_usual,
    planning,
)
from carbon.errors import InputError
from carbon.optimise.rounds.goal import Goal

if TYPE_CHECKING:
    from carbon.optimise.rounds.replanning.changes import Change
    from carbon.optimise.rounds.replanning.replan import Replanned

#: Lines on the screen: changes, and what cannot be kept.
_SHOWN, _MISSED = 30, 8


def _moment(text: str | datetime) -> datetime:
    for form in ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"):
        try:
            return datetime.strptime(str(text).strip(), form)
        except ValueError:
            continue
    raise InputError(
        "not a time",
        found=text,
        expected="YYYY-MM-DD HH:MM, in the time of the plan",
        mend='write --now "2026-03-02 11:30"',
    )


@app.command("replan")
def replan_command(
    stops: Annotated[Path, typer.Argument(help="The day's stops or orders file as it is now: CSV, Excel, Parquet.")],
    fleet: FleetFile,
    plan: Annotated[
        Path, typer.Option("--plan", help="The plan being driven: what `carbon route -o` or this command wrote.")
    ],
    now: Annotated[datetime, typer.Option("--now", parser=_moment, metavar="TIME", help='Such as "2026-03-02 11:30".')],
    output: Annotated[Path, typer.Option("-o", "--output", help="The whole day to write, leg by leg (CSV).")],
    events: Annotated[
        Path | None, typer.Option(help="What happened: done, failed, late ... Otherwise all went as planned.")
    ] = None,
    changes: Annotated[Path | None, typer.Option(help="Write what changes, stop by stop, here (CSV).")] = None,
    worth: Annotated[
        str | None,
        typer.Option(help="What a change has to save: 2% of what its vehicles have to come, '0.5 kg', '3 GBP'."),
    ] = None,
    tell: Annotated[float, typer.Option(min=0, help="From how many minutes on a new time is told.")] = 10.0,
    organisation: OrganisationFile = None,
    day: Day = None,
    service: Services = None,
    returns: Returns = False,
    objective: Annotated[Goal, typer.Option(help="What is to be low; not front.")] = Goal.CO2E,
    carbon_price: CarbonPrice = None,
    matrix: Matrix = None,
    osrm: Osrm = None,
    fill_holes: FillHoles = False,
    timeout: Timeout = 20.0,
    cache: Cache = None,
    traffic: Traffic = None,
    seconds: Seconds = 20.0,
    seed: Seed = 1,
    geojson: Annotated[Path | None, typer.Option(help="Write what is still to be driven for a map here.")] = None,
    gpx: Annotated[Path | None, typer.Option(help="Write GPX tracks of what is still to be driven here.")] = None,
    factors: FactorFiles = None,
    mapping: MappingFile = None,
    lines: LinesFile = None,
    places: PlacesFile = None,
    rejects: RejectsFile = None,
    as_json: AsJson = False,
) -> None:
    """Re-plan delivery rounds during the day: what is done stays, and only what pays is changed."""
    from carbon.optimise.rounds.aims import objective_of
    from carbon.optimise.rounds.replanning.files import write_day
    from carbon.optimise.rounds.replanning.replan import plain_notes, read_situation, replan

    if objective is Goal.FRONT:
        raise InputError(
            "a day that is being driven has one plan", found="--objective front", expected="co2e, money or weighted"
        )
    with asking(as_json) as progress:
        situation = read_situation(
            stops,
            fleet,
            organisation_or_usual(organisation),
            plan,
            now,
            events,
            day=day,
            services=service or (),
            returns=returns,
            matrix=matrix,
            osrm=osrm,
            fill_holes=fill_holes,
            traffic=traffic,
            factors=factors or (),
            places=places,
            mapping=mapping,
            lines=lines,
            cache=cache,
            timeout_s=timeout,
            rejects_file=rejects,
            progress=progress,
        )
    wanted = objective_of(objective, carbon_price, situation.rounds)
    with planning(situation.rounds, seconds, as_json) as (stop, progress):
        told = replan(
            situation, wanted, worth=worth, tell_min=tell, seconds=seconds, seed=seed, stop=stop, progress=progress
        )
    files = write_day(told, output, changes, geojson, gpx)
    if as_json:
        print_json(told.as_dict() | {"files": [str(path) for path in files]})
        return
    for part in _shown(told):
        out.print(part) if isinstance(part, Table) else say(part)
    for path in files:
        say(f"written: {path}")
    for text in [*plain_notes(situation.rounds), *situation.notes]:
        note(f"note: {text}")
    if situation.rounds.rejects and rejects is None:
        note("the refused rows, with reasons: add --rejects rejects.csv")


def _shown(told: Replanned) -> Iterator[str | Table]:
    """Yield where the day stands, what is still to come, and what changes."""
    found = told.as_dict()
    currency = found["currency"]

    def figures(part: dict) -> str:
        money = f", {part['money']:,.2f} {currency}" if currency else ""
        return f"{part['stops']:,} stops, {part['distance_km']:,.1f} km, {mass_text(part['co2e_kg'])} CO2e{money}"

    parts = found["figures"]
    yield f"{found['day']} at {found['now'][:5]}"
    yield f"done or under way: {figures(parts['done'])}"
    yield f"still to come:     {figures(parts['to_come'])}"
    yield f"the whole day:     {figures(parts['day'])}"
    yield _saved(found)
    missed = found["missed_as_planned"]
    for text in missed[:_MISSED]:
        yield f"as planned, this cannot be kept: {text}"
    if len(missed) > _MISSED:
        yield f"and {len(missed) - _MISSED:,} more that cannot be kept: see --json"
    rows = [
        (f"{each['duty']} {each['vehicle']}", f"{each['done']:,}", f"{each['to_come']:,}") for each in found["duties"]
    ]
    yield table_of(("vehicle", "done", "to come"), rows)
    if not told.changes:
        yield "nothing changes"
        return
    yield f"changes: {len(told.changes):,}"
    yield table_of(("stop", "change", "duty", "planned", "now"), [_row(each) for each in told.changes[:_SHOWN]])
    for each in told.changes[:_SHOWN]:
        if each.reason:
            yield f"  {each.stop}: {each.reason}"
    if len(told.changes) > _SHOWN:
        yield f"and {len(told.changes) - _SHOWN:,} more: add --changes changes.csv"


def _row(change: Change) -> tuple[str, ...]:
    row = change.as_dict()
    duties = [f"{number}" if number else "-" for number in (change.from_duty, change.to_duty)]
    return (
        change.stop,
        str(change.kind).replace("_", " "),
        duties[0] if duties[0] == duties[1] else " > ".join(duties),
        (row["planned"] or "-")[:5],
        (row["now"] or "-")[:5],
    )


def _saved(found: dict) -> str:
    """Say what the changes save, and what others were not worth."""
    parts, currency = found["figures"], found["currency"]
    before, after = parts["to_come_unchanged"], parts["to_come"]
    text = "the plan is kept as it stands"
    if found["groups_changed"]:
        stops = after["stops"] - before["stops"]
        served = (
            f", {abs(stops):,} stop{'' if abs(stops) == 1 else 's'} {'more' if stops > 0 else 'less'}" if stops else ""
        )
        text = "beside the plan kept as it stands: " + _less(before, after, currency) + served
    if found["groups_not_worth_it"]:
        text += f"; not worth it (less than {found['worth']}): {_less(found['not_worth_it'], None, currency)}"
    return text


def _less(before: dict, after: dict | None, currency: str | None) -> str:
    """Say by how much one plan has less than another, in kg CO2e and money."""
    parts = []
    for name, shown in (
        ("co2e_kg", lambda kg: f"{mass_text(kg)} CO2e"),
        ("money", lambda sum_: f"{sum_:,.2f} {currency}"),
    ):
        if name == "money" and not currency:
            continue
        less = before[name] - (after[name] if after else 0.0)
        parts.append(f"{shown(abs(less))} {'less' if less >= 0 else 'more'}")
    return " and ".join(parts)
