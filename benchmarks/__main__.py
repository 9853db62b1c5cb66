"""The one way to run a benchmark; each prints a list of {name, value, unit, goal, holds}."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import engine
from benchmarks.measure import Measure

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.callback()
def _benchmarks() -> None:
    """Benchmarks of Carbon per Order."""


@app.command("engine")
def engine_command(
    parcels: Annotated[int, typer.Option(min=1000, help="Number of parcels.")] = 1_000_000,
    runs: Annotated[int, typer.Option(min=1, help="Interleaved runs; medians are printed.")] = 3,
    smoke: Annotated[bool, typer.Option("--smoke", help="Everything small, to see that it works.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """From a Parquet file of orders to a written ledger, beside a plain DuckDB copy of as many columns."""
    show(engine.run(50_000 if smoke else parcels, 1 if smoke else runs), as_json)


def show(measures: list[Measure], as_json: bool) -> None:
    """Print measures as JSON or as a table."""
    if as_json:
        sys.stdout.write(json.dumps([measure.as_dict() for measure in measures], indent=2) + "\n")
        return
    table = Table(box=None, header_style="bold")
    for name in ("name", "value", "unit", "goal", "holds"):
        table.add_column(name, justify="right" if name == "value" else "left")
    for measure in measures:
        holds = "" if measure.holds is None else "yes" if measure.holds else "NO"
        table.add_row(measure.name, f"{measure.value:,.4g}", measure.unit, measure.goal or "", holds)
    Console().print(table)


if __name__ == "__main__":
    app()
