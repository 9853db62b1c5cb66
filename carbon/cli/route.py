"""`carbon route`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    from carbon.optimise.rounds.answer import Answer
    from carbon.optimise.rounds.intake import Rounds


_BESIDE = {"given": "today's plan", "nearest_neighbour": "each vehicle driving to the nearest stop that fits"}


@app.command("route")
def route_command(
    stops: Annotated[Path, typer.Argument(help="A stops file, or an orders file: CSV, Excel, Parquet.")],
    fleet: FleetFile,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Plan to write, leg by leg (CSV).")] = None,
    organisation: OrganisationFile = None,
    day: Day = None,
    service: Services = None,
    returns: Returns = False,
    objective: Annotated[
        Goal, typer.Option(help="What is to be low; front: every trade-off of CO2e and money.")
    ] = Goal.CO2E,
    carbon_price: CarbonPrice = None,
    matrix: Matrix = None,
    osrm: Osrm = None,
    fill_holes: FillHoles = False,
    timeout: Timeout = 20.0,
    cache: Cache = None,
    traffic: Traffic = None,
    today: Annotated[
        Path | None, typer.Option(help="Today's plan to compare with; nearest neighbour otherwise.")
    ] = None,
    seconds: Seconds = 30.0,
    seed: Seed = 1,
    geojson: Annotated[Path | None, typer.Option(help="Write the rounds for a map here.")] = None,
    gpx: Annotated[Path | None, typer.Option(help="Folder for a GPX track of each vehicle.")] = None,
    orders_out: Annotated[
        Path | None, typer.Option(help="Write the orders once more, with the rounds and what they use.")
    ] = None,
    factors: FactorFiles = None,
    mapping: MappingFile = None,
    lines: LinesFile = None,
    places: PlacesFile = None,
    rejects: RejectsFile = None,
    check: Annotated[
        bool, typer.Option("--check", help="Read everything and say what would be planned; plan nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Plan delivery rounds by kg CO2e, money or both."""
    from carbon.optimise.rounds.aims import objective_of
    from carbon.optimise.rounds.intake import read_rounds

    if output is None and not check:
        raise InputError(
            "nowhere to write the plan", expected="-o plan.csv", mend="name a file, or only look with --check"
        )
    with asking(as_json) as progress:
        rounds = read_rounds(
            stops,
            fleet,
            organisation_or_usual(organisation),
            day=day,
            services=service or (),
            returns=returns,
            matrix=matrix,
            osrm=osrm,
            fill_holes=fill_holes,
            traffic=traffic or (),
            factors=factors or (),
            places=places,
            mapping=mapping,
            lines=lines,
            cache=cache,
            timeout_s=timeout,
            rejects_file=rejects,
            progress=progress,
        )
    wanted = objective_of(objective, carbon_price, rounds)
    if check:
        _tell(rounds, as_json, rejects)
        return
    from carbon.optimise.rounds.answer import answer
    from carbon.optimise.rounds.day_plan import plan_day

    front = objective is Goal.FRONT
    with planning(rounds, seconds, as_json) as (stop, progress):
        day_plan = plan_day(rounds, wanted, front=front, seconds=seconds, seed=seed, stop=stop, progress=progress)
    told = answer(
        rounds,
        day_plan,
        output,
        geojson=geojson,
        gpx=gpx,
        orders=stops,
        orders_out=orders_out,
        mapping=mapping,
        today=today,
    )
    if as_json:
        print_json(rounds.as_dict() | told.as_dict())
        return
    for part in [*_shown(rounds), *_answered(told)]:
        out.print(part) if isinstance(part, Table) else say(part)
    _notes(rounds, rejects)
    for text in told.notes():
        note(f"note: {text}")
    if orders_out is not None:
        note(f"next: carbon calculate {orders_out}")


def _answered(told: Answer) -> Iterator[str | Table]:
    """Yield what was planned, and how it compares with today."""
    currency = told.rounds.problem.currency
    money = f", {{:,.2f}} {currency}" if currency else ""
    for number, (problem, plan) in enumerate(((each.problem, each.plan) for each in told.day.planned), 1):
        head = f"plan {number}" if len(told.day.planned) > 1 else "plan"
        served = len(problem.stops) - len(plan.unserved)
        yield (
            f"{head}: {served:,} of {len(problem.stops):,} stops by {_counted(len(plan.duties), 'vehicle')}, "
            f"{mass_text(plan.co2e_kg)} CO2e{money.format(plan.money)}"
        )
    problem, first = told.day.planned[0].problem, told.day.planned[0].plan
    rows = [
        (
            f"{number} {problem.fleet[each.duty.vehicle].id}",
            f"{len(each.duty.rounds):,}",
            f"{len(each.duty.stops):,}",
            f"{each.distance_m / 1000:,.1f} km",
            f"{each.paid_s / 3600:,.1f} h",
            mass_text(each.co2e_kg),
            f"{each.money:,.2f}" if problem.currency else "",
        )
        for number, each in enumerate(first.duties, 1)
    ]
    yield table_of(("vehicle", "rounds", "stops", "driven", "paid", "CO2e", problem.currency or ""), rows)
    for each in first.unserved:
        yield f"  not served: {problem.stops[each.stop].id} ({each.why}): {each.would_serve}"
    yield from _elsewhere(told)
    used = told.metrics()
    yield f"empty running {share_text(used.empty_share)} of the km, fill rate {share_text(used.fill_mass)} of the payload-km"
    beside = told.comparison.as_dict()
    less = beside["difference"]
    if less["co2e_kg"] is not None:
        word = "less" if less["co2e_kg"] <= 0 else "more"
        yield (
            f"beside {_BESIDE[beside['basis']]}: {mass_text(abs(less['co2e_kg']))} CO2e {word} "
            f"({mass_text(beside['today']['co2e_kg'])} -> {mass_text(beside['planned']['co2e_kg'])})"
            + _left_out(beside)
        )
    for path in told.files:
        yield f"written: {path}"


def _elsewhere(told: Answer) -> Iterator[str]:
    """Say what is left at pick-up points, and what goes through satellites."""
    found = told.day.at_points
    if found is not None:
        points = len(set(found.moved.values()))
        yield (
            f"at pick-up points: {_counted(len(found.moved), 'stop')} at {_counted(points, 'point')}, customers' own trips "
            f"{mass_text(found.trips_co2e_kg)} CO2e, {mass_text(found.saved_co2e_kg)} saved with them (searches of equal length)"
            if found.moved
            else "at pick-up points: none, since nothing is saved once customers' own trips count"
        )
    problem, plan = told.day.planned[0].problem, told.day.planned[0].plan
    for node, satellite in problem.satellites.items():
        visits = [stop for stop in problem.stops if stop.brings and stop.node == node]
        served = sum(tour.start == node for each in plan.duties for tour in each.duty.rounds)
        yield (
            f"through {problem.depots[node]}: {_counted(sum(len(each.brings) for each in visits), 'stop')}, brought from "
            f"{problem.depots[satellite.supplier]} in {_counted(len(visits), 'visit')}, delivered in {_counted(served, 'round')}"
            if visits
            else f"through {problem.depots[node]}: nothing"
        )


def _left_out(beside: dict[str, Any]) -> str:
    """Say where the two plans do not serve the same: their kilograms are not those of the same work."""
    today, planned = (int(beside[which]["unserved"] or 0) for which in ("today", "planned"))
    if today == planned:
        return ""
    return f"; not the same work: that leaves out {_counted(today, 'stop')}, the plan {planned:,}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def share_text(value: float | None) -> str:
    """Return a share as a reader sees it; nothing has none."""
    return "-" if value is None else f"{value:.0%}"


def _tell(rounds: Rounds, as_json: bool, rejects: Path | None) -> None:
    """Print what would be planned."""
    if as_json:
        print_json(rounds.as_dict())
        return
    for part in [*_shown(rounds), _vehicles(rounds), *_origins(rounds)]:
        out.print(part) if isinstance(part, Table) else say(part)
    _notes(rounds, rejects)


def _notes(rounds: Rounds, rejects: Path | None) -> None:
    for text in rounds.notes:
        note(f"note: {text}")
    if rounds.rejects and rejects is None:
        note("the refused rows, with reasons: add --rejects rejects.csv")


def _shown(rounds: Rounds) -> Iterator[str | Table]:
    problem = rounds.problem
    left_out = "".join(f" + {count:,} {name}" for name, count in rounds.left_out.items())
    yield (
        f"{rounds.rows:,} rows = {rounds.taken:,} in {len(problem.stops):,} stops{left_out} "
        f"+ {len(rounds.rejects):,} refused"
    )
    brought, fetched = (sum(getattr(stop, name) for stop in problem.stops) for name in ("delivery_kg", "collection_kg"))
    parcels = sum(len(stop.parcels) for stop in problem.stops)
    goods = f"{parcels:,} parcels, " if parcels else ""
    back = f", {fetched:,.1f} kg to collect" if fetched else ""
    yield f"{rounds.day}: {goods}{brought:,.1f} kg to deliver{back}, from {', '.join(problem.depots.values())}"
    yield f"network: {problem.network.basis}"
    if problem.traffic.multiplier:
        zones = ", ".join(zone or "all others" for zone in problem.traffic.multiplier)
        yield f"traffic by hour: {zones}"


def _vehicles(rounds: Rounds) -> Table:
    rows = []
    for each in rounds.problem.fleet:
        found = rounds.energies[each.id]
        full = each.energy_per_km + each.energy_per_km_kg * each.payload_kg
        rows.append(
            (
                each.id,
                f"{each.count:,}",
                f"{each.payload_kg:,.0f} kg",
                "" if found.unit == "km" else f"{each.energy_per_km:.3g} {found.unit}/km",
                mass_text(each.energy_per_km * each.co2e_kg_per_energy),
                mass_text(full * each.co2e_kg_per_energy),
            )
        )
    names = ("vehicle", "count", "payload", "energy empty", "CO2e/km empty", "CO2e/km full")
    return table_of(names, rows)


def _origins(rounds: Rounds) -> Iterator[str]:
    """Name the factor of each vehicle, how it was found, and the sourced use behind it."""
    for key, found in rounds.energies.items():
        gap = found.match.edition_gap_years
        years = f", {gap} year{'s' if gap > 1 else ''} off" if gap else ""
        use = "".join(f"; {each.parameter.id} ({each.match})" for each in found.parameters)
        yield f"{key}: {found.match.factor.id} ({found.match.match}{years}){use}"
