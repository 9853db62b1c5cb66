"""`carbon inventory`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from carbon.cli.common import AsJson, LedgerDir, app, mass_text, out, print_json
from carbon.cli.layout import say, table_of
from carbon.cli.ranges import ends_text, range_text, ratings_text
from carbon.cli.restated import labels, print_labels, print_restatements, restatements_json
from carbon.terms import Language

_ENDS = ("2.5 %", "97.5 %")


@app.command("inventory")
def inventory_command(
    ledger: LedgerDir = Path("ledger"),
    period: Annotated[
        str | None, typer.Option(help="Such as 2025, 2025-06 or 2025-01..2025-06; default: everything.")
    ] = None,
    run: Annotated[list[str] | None, typer.Option(help="These runs instead of those that count; repeatable.")] = None,
    as_json: AsJson = False,
) -> None:
    """Roll the ledger up by stage, scope and category, with 95 % ranges, data quality and data gaps."""
    from carbon import inventory

    found = inventory(ledger, period, runs=run)
    if as_json:
        more = {"restatements": restatements_json(ledger), "sensitivities": labels(ledger, found.runs)}
        print_json(asdict(found) | {"months": found.months.reset_index()} | more)
        return
    say(f"{found.organisation['name']}, {found.period}: {found.parcels:,} parcels, {found.orders:,} orders")
    print_labels(ledger, found.runs)
    if not found.parcels:
        say("no parcels in this period; `carbon inventory` without --period shows what there is")
        print_restatements(ledger)
        return
    out.print(_stages(found))
    if found.product_kg:
        product = range_text(found.product_kg, found.product_low_kg, found.product_high_kg)
        out.print(f"product, apart: {product} CO2e", markup=False)
    out.print()
    out.print(_scopes(found))
    out.print()
    _print_quality(found)
    if found.rejects:
        say(", ".join(f"{count:,} {reason}" for reason, count in _rejects(found)), lead="rejected: ")
    print_restatements(ledger)


def _stages(found) -> Table:
    parcels = max(found.parcels, 1)
    rows = [
        (
            row.stage.replace("_", " "),
            f"{row.co2e_kg:,.1f}",
            *ends_text(row.low_kg, row.high_kg),
            mass_text(row.co2e_kg / parcels),
            f"{row.co2e_kg / found.total_kg:.1%}" if found.total_kg else "",
        )
        for row in found.stages.itertuples()
        if row.stage != "product"
    ]
    ends = ends_text(found.total_low_kg, found.total_high_kg)
    rows.append(("total", f"{found.total_kg:,.1f}", *ends, mass_text(found.total_kg / parcels), ""))
    return table_of(("stage", "kg CO2e", *_ENDS, "a parcel", "share"), rows)


def _scopes(found) -> Table:
    rows = [
        (
            row.scope,
            f"{row.category} {row.title_en}".strip(),
            f"{row.co2e_kg:,.1f}",
            *ends_text(row.low_kg, row.high_kg),
            f"{row.market_based_kg:,.1f}" if row.market_based_kg == row.market_based_kg else "",
            f"{int(row.parcels):,}",
        )
        for row in found.scopes.itertuples()
    ]
    return table_of(("scope", "category", "kg CO2e", *_ENDS, "market-based", "parcels"), rows, left=2)


def _print_quality(found) -> None:
    from carbon.reports import causes
    from carbon.reports.context import Context
    from carbon.reports.words import Words

    # In the words of the report and the app, so that all three say the same.
    context = Context(found, Words(Language.EN), found.organisation)
    shares = ", ".join(f"{name} {share:.0%}" for name, share in found.quality.items() if share is not None)
    say(f"data by emissions: {shares}")
    say(ratings_text(found.ratings))
    if found.total_low_kg is None:
        say("no ranges: a run was made by an earlier version; restate it to get them")
    if len(found.variance):
        out.print("\nwhat makes the variance of the total", style="bold")
        for _, name, share in causes.variance(context):
            say(name, lead=f"  {share:>6.1%}  ")
    if len(found.gaps):
        out.print("\nwhat better data would change (each by itself; they overlap)", style="bold")
        for number, (text, _, co2e_kg, _) in enumerate(causes.gaps(context), 1):
            say(f"{text}; {mass_text(co2e_kg)} CO2e concerned", lead=f"  {number:>2}  ")


def _rejects(found) -> list[tuple[str, int]]:
    return [(reason, each if isinstance(each, int) else each["count"]) for reason, each in found.rejects.items()]
