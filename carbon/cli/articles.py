"""`carbon articles`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from carbon.cli.common import AsJson, LedgerDir, app, mass_text, out, print_json
from carbon.cli.layout import say, table_of


@app.command("articles")
def articles_command(
    ledger: LedgerDir = Path("ledger"),
    period: Annotated[
        str | None, typer.Option(help="Such as 2025, 2025-06 or 2025-01..2025-06; default: everything.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many articles are listed.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the articles with the most emissions, of runs that were given a lines file."""
    from carbon import article_totals

    found = article_totals(ledger, period, limit=limit)
    if as_json:
        print_json(asdict(found))
        return
    if not found.count:
        say("no articles in this period: only runs with a lines file know them (carbon calculate ORDERS --lines FILE)")
        return
    rows = [
        (
            row.sku if isinstance(row.sku, str) else "(no article number)",
            f"{row.pieces:,.10g}",
            f"{row.parcels:,}",
            f"{row.co2e_kg:,.1f}",
            mass_text(row.kg_per_piece),
            f"{row.product_kg:,.1f}",
        )
        for row in found.articles.itertuples()
    ]
    out.print(table_of(("article", "pieces", "parcels", "kg CO2e", "a piece", "product, apart"), rows))
    say(
        f"{found.count:,} articles: {mass_text(found.co2e_kg)} CO2e of delivery, "
        f"{mass_text(found.by_pieces_kg)} of it shared by pieces for want of masses"
    )
    if found.unlined_parcels:
        say(f"{found.unlined_parcels:,} parcels without lines: {mass_text(found.unlined_kg)} CO2e")
