"""`carbon inventory`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from carbon.cli.common import AsJson, LedgerDir, app, mass_text, out, print_json


@app.command("inventory")
def inventory_command(
    ledger: LedgerDir = Path("ledger"),
    period: Annotated[
        str | None, typer.Option(help="Such as 2025, 2025-06 or 2025-01..2025-06; default: everything.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Roll the ledger up by stage, scope and category."""
    from carbon import inventory

    found = inventory(ledger, period)
    if as_json:
        print_json(asdict(found))
        return
    out.print(
        f"{found.organisation['name']}, {found.period}: {found.parcels:,} parcels, {found.orders:,} orders",
        markup=False,
    )
    out.print(
        _table(
            "stage",
            ("kg CO2e", "a parcel", "share"),
            [
                (
                    stage.replace("_", " "),
                    f"{kg:,.1f}",
                    mass_text(kg / max(found.parcels, 1)),
                    f"{kg / found.total_kg:.1%}" if found.total_kg else "",
                )
                for stage, kg in found.stages_kg.items()
                if stage != "product"
            ]
            + [("total", f"{found.total_kg:,.1f}", mass_text(found.total_kg / max(found.parcels, 1)), "")],
        )
    )
    if found.product_kg:
        out.print(f"product, apart: {mass_text(found.product_kg)} CO2e", markup=False)
    out.print()
    out.print(
        _table(
            "scope",
            ("category", "kg CO2e", "market-based", "parcels"),
            [
                (
                    f"scope {row.scope}",
                    f"{row.category} {row.title_en}".strip(),
                    f"{row.co2e_kg:,.1f}",
                    f"{row.market_based_kg:,.1f}" if row.market_based_kg == row.market_based_kg else "",
                    f"{int(row.parcels):,}",
                )
                for row in found.scopes.itertuples()
            ],
            left=2,
        )
    )
    shares = ", ".join(f"{name} {share:.0%}" for name, share in found.quality.items() if share is not None)
    out.print(f"data by emissions: {shares}", markup=False)
    if found.rejects:
        out.print("rejected: " + ", ".join(f"{count} {reason}" for reason, count in _rejects(found)), markup=False)


def _rejects(found) -> list[tuple[str, int]]:
    return [(reason, each if isinstance(each, int) else each["count"]) for reason, each in found.rejects.items()]


def _table(first: str, names: tuple[str, ...], rows: list[tuple], left: int = 1) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, name in enumerate((first, *names)):
        table.add_column(name, justify="left" if position < left else "right")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    return table
