"""`carbon estimate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from carbon.cli.common import AsJson, FactorFiles, PlacesFile, app, mass_text, note, out, print_json
from carbon.cli.layout import say
from carbon.cli.ranges import range_text, ratings_text


@app.command("estimate")
def estimate_command(
    shipment: Annotated[Path, typer.Argument(help="Shipment document (JSON or YAML); see `carbon schema estimate`.")],
    factors: FactorFiles = None,
    organisation: Annotated[
        Path | None, typer.Option("--organisation", help="Organisation file, for services.")
    ] = None,
    places: PlacesFile = None,
    as_json: AsJson = False,
) -> None:
    """Compute one shipment and print every line of the calculation."""
    from carbon import Places, estimate

    found = estimate(
        shipment, organisation=organisation, factors=factors or (), places=Places(places) if places else None
    )
    document = found.as_dict()
    if as_json:
        print_json(document)
        return
    print_lines(found.lines)
    total = document["total"]
    out.print(
        f"total {mass_text(total['co2e_kg'])} CO2e (WTT {mass_text(total['wtt_kg'])}, TTW {mass_text(total['ttw_kg'])})",
        markup=False,
    )
    out.print(f"95 % range: {range_text(total['co2e_kg'], total['low_kg'], total['high_kg'])} CO2e", markup=False)
    quality = document["quality"]
    shares = ", ".join(
        f"{kind} {quality[kind]:.0%}" for kind in ("primary", "modelled", "default") if quality[kind] is not None
    )
    out.print(f"data by emissions: {shares or 'none'}", markup=False)
    say(ratings_text(quality))
    if total["product_co2e_kg"] is not None:
        out.print(f"product, apart: {mass_text(total['product_co2e_kg'])} CO2e", markup=False)
    for text in [*document["quality"]["flags"], *document["notes"]]:
        note(f"note: {text}")


def print_lines(lines) -> None:
    """Print a calculation: numbered lines a pocket calculator can follow, then where each factor comes from."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, justify in (
        ("", "right"),
        ("stage", "left"),
        ("what", "left"),
        ("amount", "right"),
        ("unit", "left"),
        ("x kg CO2e\nper unit", "right"),
        ("= kg CO2e", "right"),
    ):
        table.add_column(name, justify=justify, overflow="fold", no_wrap=name not in ("stage", "what"))
    for number, line in enumerate(lines, 1):
        aside = "" if line.accounting == "total" else f" ({line.accounting.replace('_', '-')}, not in the total)"
        cells = (
            number,
            line.stage.replace("_", " "),
            line.name + aside,
            f"{line.amount:.9g}",
            line.unit,
            f"{line.factor_value:.9g}",
            f"{line.co2e_kg:.9g}",
        )
        table.add_row(*(Text(str(cell)) for cell in cells))
    out.print(table)
    out.print("\nfactors", style="bold")
    for numbers, line in _by_factor(lines):
        flags = f"; {', '.join(line.flags)}" if line.flags else ""
        gap = f", edition {line.edition_gap_years} year(s) off" if line.edition_gap_years else ""
        lead = f"  [{numbers}] "
        say(
            f"{line.factor_id}: {line.boundary}, {line.gas_basis}, {line.region} by {line.match}{gap}{flags}", lead=lead
        )
        where = f", {line.locator}" if line.locator else ""
        say(f"{line.source}, {line.edition}{where}", lead=" " * 6)


def _by_factor(lines) -> list[tuple[str, object]]:
    found: dict[tuple, tuple[list[int], object]] = {}
    for number, line in enumerate(lines, 1):
        found.setdefault((line.factor_id, line.match), ([], line))[0].append(number)
    return [(",".join(map(str, numbers)), line) for numbers, line in found.values()]
