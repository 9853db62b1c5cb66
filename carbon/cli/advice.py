"""`carbon advice`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbon.cli.common import AsJson, FactorFiles, OrganisationFile, app, mass_text, note, out, print_json
from carbon.cli.layout import say, table_of
from carbon.cli.pack import ItemsFile

if TYPE_CHECKING:
    from carbon.optimise.advice import ReuseAdvice

_SHOWN = 15


@app.command("advice")
def advice_command(
    orders: Annotated[Path, typer.Argument(help="Orders: CSV, Excel, Parquet, or a folder of Parquet.")],
    items: ItemsFile,
    organisation: OrganisationFile = Path("organisation.yaml"),
    damage_risk: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="How much more often a parcel is damaged without shipment packaging."),
    ] = None,
    sample: Annotated[int, typer.Option(min=1, help="Orders looked at.")] = 2000,
    lines: Annotated[Path | None, typer.Option(help="Lines file, as for `carbon calculate`.")] = None,
    factors: FactorFiles = None,
    mapping: Annotated[Path | None, typer.Option(help="Mapping file of the orders.")] = None,
    items_mapping: Annotated[Path | None, typer.Option(help="Mapping file of the items: headers, units.")] = None,
    places: Annotated[Path | None, typer.Option(help="Places file: postcodes with coordinates.")] = None,
    as_json: AsJson = False,
) -> None:
    """From how many uses a reusable box is better, and which articles could ship in their own box."""
    from carbon import advise

    found = advise(
        orders,
        items,
        organisation,
        damage_risk=damage_risk,
        sample=sample,
        lines=lines,
        mapping=mapping,
        items_mapping=items_mapping,
        factors=factors or (),
        places=places,
    )
    if as_json:
        print_json(found.as_dict())
        return
    say(f"by {found.looked_at:,} of {found.orders:,} orders")
    for each in found.reuse:
        for line in _reuse(each):
            say(line)
    rows = []
    for each in [own for own in found.own if own.sku.saved_co2e_kg > 0][:_SHOWN]:
        kg = each.sku.parcels * each.sku.saved_co2e_kg if each.net_co2e_kg is None else each.net_co2e_kg
        cells = (each.sku.key, f"{each.sku.parcels:,.0f}", mass_text(each.sku.saved_co2e_kg), mass_text(kg))
        rows.append((*cells, f"{each.most_risk_co2e:.1%}"))
    if rows:
        say("articles that ship alone, in their own box (CO2e; set own_container of the items to use it):")
        names = ("article", "parcels", "saved a parcel", "all its parcels", "nothing left at a risk of")
        out.print(table_of(names, rows))
    for text in found.notes:
        note(f"note: {text}")


def _reuse(each: ReuseAdvice):
    if each.result is None:
        yield f"{each.package}: holds none of these orders where it may be used"
        return
    co2e = each.result.co2e
    needed = "no number of uses is enough" if co2e.uses is None else f"from {co2e.uses:,} uses"
    yield (
        f"{each.package} against the best single-use package, {each.orders:,} orders: {needed} "
        f"(stated: {each.stated_uses:,} uses, {each.stated_loss_rate:.1%} lost a trip)"
    )
    yield f"  CO2e: {co2e.why}"
    if each.result.money is not None:
        yield f"  {each.result.money.unit}: {each.result.money.why}"
