"""`carbon estimate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from carbon.cli.common import AsJson, FactorFiles, app, mass_text, note, out, print_json


@app.command("estimate")
def estimate_command(
    shipment: Annotated[Path, typer.Argument(help="Shipment document (JSON or YAML); see `carbon schema estimate`.")],
    factors: FactorFiles = None,
    organisation: Annotated[Path | None, typer.Option("--organisation", help="Organisation file, for services.")] = None,
    places: Annotated[Path | None, typer.Option(help="Places file: postcodes with coordinates.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compute one shipment and print every line of the calculation."""
    from carbon import Places, estimate

    found = estimate(shipment, organisation=organisation, factors=factors or (), places=Places(places) if places else None)
    document = found.as_dict()
    if as_json:
        print_json(document)
        return
    out.print(lines_table(found.lines))
    total = document["total"]
    out.print(f"total {mass_text(total['co2e_kg'])} CO2e (WTT {mass_text(total['wtt_kg'])}, TTW {mass_text(total['ttw_kg'])})", markup=False)
    if total["product_co2e_kg"] is not None:
        out.print(f"product, apart: {mass_text(total['product_co2e_kg'])} CO2e", markup=False)
    for text in [*document["quality"]["flags"], *document["notes"]]:
        note(f"note: {text}")


def lines_table(lines) -> Table:
    """Return the lines of a calculation as a table that a pocket calculator can follow."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, justify in (
        ("stage", "left"), ("what", "left"), ("amount", "right"), ("unit", "left"), ("x factor", "right"), ("unit", "left"),
        ("= kg CO2e", "right"), ("boundary", "left"), ("region, match", "left"), ("source", "left"),
    ):
        table.add_column(name, justify=justify, overflow="fold")
    for line in lines:
        aside = "" if line.accounting == "total" else f" [{line.accounting.replace('_', '-')}]"
        cells = (
            line.stage, line.name + aside, f"{line.amount:.9g}", line.unit, f"{line.factor_value:.9g}", line.factor_unit,
            f"{line.co2e_kg:.9g}", line.boundary, f"{line.region}, {line.match}",
            f"{line.source}, {line.edition}" + (f", {line.locator}" if line.locator else ""),
        )
        table.add_row(*(Text(str(cell)) for cell in cells))
    return table
