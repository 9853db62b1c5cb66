"""The one way to run a benchmark; each prints a list of {name, value, unit, goal, holds}."""

from __future__ import annotations

import json
import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import app as app_benchmark
from benchmarks import (
    app_pages,
    cartons,
    engine,
    packing,
    packing_freedom,
    report,
    routing,
    routing_districts,
    savings,
    service,
    service_http,
    spark,
)
from benchmarks.measure import BenchmarkError, Measure

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
_err = Console(stderr=True, highlight=False, soft_wrap=True)

_SMOKE_PARCELS = 20_000


class Engine(StrEnum):
    """Where `carbon calculate` computes."""

    LOCAL = "local"
    SPARK = "spark"


@app.callback()
def _benchmarks() -> None:
    """Benchmarks of Carbon per Order."""


@app.command("engine")
def engine_command(
    parcels: Annotated[int, typer.Option(min=1000, help="Number of parcels.")] = engine.GOAL_PARCELS,
    where: Annotated[
        Engine, typer.Option("--engine", help="'spark' measures Spark beside the local engine.")
    ] = Engine.LOCAL,
    runs: Annotated[int, typer.Option(min=1, help="Interleaved rounds; medians are printed.")] = 5,
    growth: Annotated[bool, typer.Option(help="Also measure a tenth and five times the parcels.")] = True,
    smoke: Annotated[bool, typer.Option("--smoke", help="Everything small, to see that it works.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """From a Parquet file of orders to a written ledger, beside a plain DuckDB copy, pandas and numpy.

    Goals are for 10,000,000 parcels (Spark: 1,000,000) on two cores; at other sizes nothing is said to hold.
    """
    if smoke:
        measures = engine.run(_SMOKE_PARCELS, 1, say=_say)
        problem = spark.lacking()
        if problem is None:
            measures += spark.run(_SMOKE_PARCELS, 1, _say)
        else:
            _say(f"Spark is left out: {problem}")
    elif where is Engine.SPARK:
        measures = spark.run(parcels, runs, _say)
    else:
        measures = engine.run(parcels, runs, growth=growth, say=_say)
    show(measures, as_json)


@app.command("packing")
def packing_command(
    folder: Annotated[
        Path | None, typer.Option("--data", help="Folder with the public sets, or some of them; own orders otherwise.")
    ] = None,
    freedom: Annotated[
        bool, typer.Option("--freedom", help="How often an order is lost by permitting more; orders of our own.")
    ] = False,
    smoke: Annotated[bool, typer.Option("--smoke", help="Everything small, to see that it works.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Single cartons beside the proven optimum, several boxes beside BoxPacker, full containers; quality and speed.

    Goals are those of the public sets; for orders of our own nothing is said to hold but that the checker finds nothing.
    """
    if freedom:
        show(packing_freedom.run(10 if smoke else packing_freedom.FITTED, _say), as_json)
        return
    show(packing.run(folder, smoke, _say), as_json)


@app.command("cartons")
def cartons_command(
    folder: Annotated[
        Path | None, typer.Option("--data", help="Folder with the public sets, or some of them; own orders otherwise.")
    ] = None,
    smoke: Annotated[bool, typer.Option("--smoke", help="Everything small, to see that it works.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """The K carton sizes of a shop beside the proven bound: greedy, swap, the whole search; quality and speed.

    The goal in seconds is for 1,000 orders and 500 sizes; at other sizes nothing is said to hold.
    """
    show(cartons.run(folder, smoke, _say), as_json)


@app.command("savings")
def savings_command(
    folder: Annotated[
        Path | None, typer.Option("--data", help="Folder of Olist's seven files; the sample merchant otherwise.")
    ] = None,
    smoke: Annotated[bool, typer.Option("--smoke", help="Everything small, to see that it works.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What adopting the optimiser saves: kg CO2e with the paired 95 % range, money, empty space.

    Nothing is a goal here. Of Olist's parcels nobody knows what they were packed in: four stock sizes stand in.
    """
    show(savings.run(folder, smoke, _say), as_json)


@app.command("routing")
def routing_command(
    folder: Annotated[
        Path | None, typer.Option("--data", help="Folder with *.vrp files and *.json of green-vrp-1.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="For each plan, on one thread; 30, with --districts 300.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of both engines.")] = 1,
    save: Annotated[
        Path | None, typer.Option(help="Folder to write plans to that are better than the best known.")
    ] = None,
    in_districts: Annotated[
        bool, typer.Option("--districts", help="Drawn days so large that they are split, beside the search unsplit.")
    ] = False,
    stops: Annotated[int, typer.Option(min=20, help="Of a drawn day.")] = routing_districts.STOPS,
    longer: Annotated[
        float, typer.Option(min=0.0, help="Seconds of the unsplit search to compare with; 0 leaves it out.")
    ] = routing_districts.LONGER,
    smoke: Annotated[bool, typer.Option("--smoke", help="A second each, to see that it works.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Planned rounds: public instances beside plain PyVRP with the same seconds and seed, green ones beside the best known.

    Goals are for 30 seconds and a machine that does nothing else; in a smoke run nothing is said to hold. With --districts,
    drawn days of 2,000 stops are planned in 300 seconds, and unsplit in an hour: allow two and a half hours, or --longer 0.
    """
    if in_districts:
        show(routing_districts.run(stops, seconds or routing_districts.SECONDS, longer, seed, smoke, _say), as_json)
        return
    if folder is None:
        raise BenchmarkError("say which instances: --data FOLDER, or --districts for drawn days")
    show(routing.run(folder, seconds or routing.SECONDS, seed, smoke, save, _say), as_json)


@app.command("report")
def report_command(
    parcels: Annotated[int, typer.Option(min=1000, help="Number of parcels.")] = engine.GOAL_PARCELS,
    runs: Annotated[int, typer.Option(min=1, help="Rounds; medians are printed.")] = 3,
    smoke: Annotated[bool, typer.Option("--smoke", help="Everything small, to see that it works.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """The ESG report of twelve months, from the command to the file: time and peak memory.

    Goals are for 10,000,000 parcels on two cores; at other sizes nothing is said to hold.
    """
    show(report.run(*((_SMOKE_PARCELS, 1) if smoke else (parcels, runs)), _say), as_json)


@app.command("app")
def app_command(
    parcels: Annotated[int, typer.Option(min=1000, help="Number of parcels.")] = engine.GOAL_PARCELS,
    page: Annotated[list[str] | None, typer.Option(help="Of the app; repeatable. All pages by default.")] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder with a ledger of so many parcels, as it was drawn; drawn anew otherwise."),
    ] = None,
    smoke: Annotated[bool, typer.Option("--smoke", help="Everything small, to see that it works.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Every page of the app over twelve months: cold, warm, another month; time and peak memory.

    Goals are for 10,000,000 parcels on two cores; at other sizes nothing is said to hold.
    """
    if unknown := sorted(set(page or ()) - set(app_pages.PAGES)):
        raise BenchmarkError(f"{', '.join(unknown)}: no page of the app; the pages are {', '.join(app_pages.PAGES)}")
    show(app_benchmark.run(_SMOKE_PARCELS if smoke else parcels, page or (), data, _say), as_json)


@app.command("service")
def service_command(
    options_only: Annotated[
        bool, typer.Option("--engine", help="The delivery options alone, in this process, without HTTP.")
    ] = False,
    smoke: Annotated[bool, typer.Option("--smoke", help="Everything small, to see that it works.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Every delivery option of a three-line cart: warm and cold lanes, and the start.

    Over HTTP by the clock, asked by wrk; with --engine the options alone, in one core's own time.
    """
    show((service if options_only else service_http).run(smoke, _say), as_json)


def _say(text: str) -> None:
    _err.print(text, markup=False, style="dim")


def show(measures: list[Measure], as_json: bool) -> None:
    """Print measures as JSON or as a table."""
    if as_json:
        sys.stdout.write(json.dumps([measure.as_dict() for measure in measures], indent=2, allow_nan=False) + "\n")
        return
    table = Table(box=None, header_style="bold")
    for name in ("name", "value", "unit", "goal", "holds"):
        table.add_column(name, justify="right" if name == "value" else "left")
    for measure in measures:
        holds = "" if measure.holds is None else "yes" if measure.holds else "NO"
        table.add_row(measure.name, _number(measure.value), measure.unit, measure.goal or "", holds)
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def main() -> None:
    """Run the command line; a stop removes the temporary files, too."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        app()
    except BenchmarkError as error:
        _err.print(f"error: {error}", markup=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
