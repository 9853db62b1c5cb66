"""`carbon explain`."""

from __future__ import annotations

import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from carbon.cli.common import AsJson, LedgerDir, app, mass_text, out, print_json
from carbon.cli.estimate import print_lines
from carbon.cli.layout import say
from carbon.cli.ranges import range_text, ratings_text
from carbon.cli.restated import print_labels


@app.command("explain")
def explain_command(
    order_id: Annotated[str, typer.Argument(help="Order or parcel id.")],
    ledger: LedgerDir = Path("ledger"),
    run: Annotated[str | None, typer.Option(help="Run id; default: the run that counts.")] = None,
    inputs: Annotated[
        bool, typer.Option("--inputs/--no-inputs", help="Show what each amount is computed from.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Print the whole calculation of an order, recomputed from the ledger alone."""
    from carbon import explain

    found = explain(ledger, order_id, run=run)
    if as_json:
        print_json([asdict(each) for each in found])
    else:
        print_labels(ledger, [each.run for each in found])
        for each in found:
            _print(each, inputs)
    if not all(each.agrees for each in found):
        sys.exit(1)


def _print(found, inputs: bool) -> None:
    parcel = found.parcel
    say(
        f"parcel {parcel['parcel_id']} of order {parcel['order_id']}, shipped {parcel['shipped_on']}, service {parcel['service']}, "
        f"{parcel['origin']} ({parcel['origin_region']}) to {parcel['destination']} ({parcel['destination_region']}), run {found.run}"
    )
    if parcel.get("product_footprint"):
        say(f"suppliers' footprints: {parcel['product_footprint']}")
    print_lines(found.lines)
    if inputs:
        _print_inputs(found.lines)
    out.print("\nsums", style="bold")
    for stage, kg in found.stages_kg.items():
        out.print(f"  {stage:<13} {kg:.9g} kg", markup=False)
    word = "agrees with" if found.agrees else "DOES NOT AGREE with"
    say(
        f"total {found.total_kg:.12g} kg CO2e ({mass_text(found.total_kg)}); "
        f"{word} the recorded {found.stored_total_kg:.12g} kg"
    )
    out.print(f"95 % range: {range_text(found.total_kg, found.low_kg, found.high_kg)} CO2e", markup=False)
    shares = ", ".join(f"{name} {share:.0%}" for name, share in found.shares.items() if share is not None)
    out.print(f"data by emissions: {shares or 'none'}", markup=False)
    say(ratings_text(found.ratings))


def _print_inputs(lines) -> None:
    out.print("\nhow the amounts arise", style="bold")
    for number, line in enumerate(lines, 1):
        say(f"{line.formula}, in {line.unit}", lead=f"  [{number}] ")
        say("; ".join(_input_text(item) for item in line.inputs), lead=" " * 6)


def _input_text(item) -> str:
    value = "not recorded" if math.isnan(item.value) else f"{item.value:.9g}"
    unit = "" if item.unit == "1" or math.isnan(item.value) else f" {item.unit}"
    return f"{item.name} = {value}{unit}" + ("" if item.origin == "neutral" else f" <{item.origin}>")
