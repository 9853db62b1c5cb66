"""`carbon pack`."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbon.cli.common import (
    AsJson,
    FactorFiles,
    ItemsMapping,
    LinesFile,
    OrdersMapping,
    OrganisationFile,
    PlacesFile,
    app,
    mass_text,
    note,
    print_json,
    progress_bar,
)
from carbon.cli.layout import say

if TYPE_CHECKING:
    from carbon import Packing
    from carbon.optimise.suites.adopted import Adopted


class Objective(StrEnum):
    """What is to be low."""

    CO2E = "co2e"
    COST = "cost"
    WEIGHTED = "weighted"


class Language(StrEnum):
    """Languages of the step sheets."""

    EN = "en"
    ZH = "zh"


class Several(StrEnum):
    """When an order goes in several parcels."""

    BETTER = "better"
    NEEDED = "needed"


class MissingSize(StrEnum):
    """What becomes of an order with an item that has no size."""

    FALLBACK = "fallback"
    REJECT = "reject"


Aim = Annotated[Objective, typer.Option(help="What is to be low: co2e, cost, or both with a price of CO2e.")]
CarbonPrice = Annotated[str | None, typer.Option(help="Price of CO2e for the weighted objective, such as '90 EUR/t'.")]
ItemsFile = Annotated[Path, typer.Option("--items", help="Items with their sizes; a lines file that has them serves.")]


@app.command("pack")
def pack_command(
    orders: Annotated[Path, typer.Argument(help="Orders: CSV, Excel, Parquet, or a folder of Parquet.")],
    items: ItemsFile,
    output: Annotated[Path, typer.Option("-o", "--output", help="Orders file to write: .csv or .parquet.")],
    organisation: OrganisationFile = Path("organisation.yaml"),
    objective: Aim = Objective.CO2E,
    carbon_price: CarbonPrice = None,
    plan: Annotated[Path | None, typer.Option(help="Write placements, options and reasons here (JSON).")] = None,
    sheets: Annotated[Path | None, typer.Option(help="Folder for a step sheet of each parcel (SVG).")] = None,
    language: Annotated[Language, typer.Option(help="Language of the step sheets.")] = Language.EN,
    lines: LinesFile = None,
    lines_output: Annotated[
        Path | None, typer.Option(help="Write the lines here, those of split orders shared out among their parcels.")
    ] = None,
    factors: FactorFiles = None,
    mapping: OrdersMapping = None,
    items_mapping: ItemsMapping = None,
    places: PlacesFile = None,
    missing_size: Annotated[
        MissingSize, typer.Option(help="An item without a size takes its category's usual one, or its order is kept.")
    ] = MissingSize.FALLBACK,
    several: Annotated[
        Several, typer.Option(help="An order goes in several parcels where that is better, or only where it is needed.")
    ] = Several.BETTER,
    ranges: Annotated[
        bool, typer.Option("--ranges", help="The plan tells each changed order's 95 % range, too; it takes its time.")
    ] = False,
    time_limit: Annotated[float, typer.Option(min=0.01, help="Seconds for one order in one package.")] = 2.0,
    rejects: Annotated[Path | None, typer.Option(help="Write the orders not packed, with reasons, here (CSV).")] = None,
    as_json: AsJson = False,
) -> None:
    """Choose the package of every order by kg CO2e, money or both, and write the orders file that follows."""
    from carbon import pack

    with progress_bar(as_json) as progress:
        packing = pack(
            orders,
            items,
            organisation,
            output,
            objective=str(objective),
            carbon_price=carbon_price,
            plan=plan,
            sheets=sheets,
            language=str(language),
            rejects_file=rejects,
            lines=lines,
            lines_output=lines_output,
            mapping=mapping,
            items_mapping=items_mapping,
            factors=factors or (),
            places=places,
            fallback=missing_size is MissingSize.FALLBACK,
            ranges=ranges,
            several=several is Several.BETTER,
            time_limit_s=time_limit,
            cores=None,
            progress=progress,
        )
    if as_json:
        print_json(packing.as_dict())
        return
    for line in _summary(packing):
        say(line)
    for text in packing.notes:
        note(f"note: {text}")
    if packing.kept and rejects is None:
        note("the orders that were not packed, with reasons: add --rejects rejects.csv")
    given = f" --lines {lines_output or lines}" if lines else ""
    note(f"next: carbon calculate {output}{given}")


def _summary(packing: Packing) -> Iterator[str]:
    yield (
        f"{packing.orders:,} orders = {packing.packed:,} packed + {packing.kept:,} kept as they were "
        f"+ {packing.refused:,} refused"
    )
    if packing.packed:
        yield (
            f"{packing.parcels:,} parcels: {packing.changed:,} orders change their package, {packing.several:,} go in "
            f"several parcels, {packing.own_container:,} in the product's own box, {packing.reusable:,} in a reusable one"
        )
        yield "packages: " + ", ".join(f"{key} {count:,}" for key, count in packing.packages.most_common(12))
        yield f"packed orders: {mass_text(packing.today_co2e_kg)} -> {mass_text(packing.co2e_kg)} CO2e"
    yield f"next inventory: {difference_text(packing)}"
    if packing.currency and packing.packed:
        yield f"cost of packed orders: {money_text(packing.today_money, packing.money, packing.currency)}"
    if packing.empty_share is not None:
        yield empty_text(packing.today_empty_share, packing.empty_share, packing.today_flagged, packing.flagged)
    if packing.today_does_not_fit:
        kg = packing.unfit_co2e_kg
        yield (
            f"today's package does not hold the items by their sizes: {packing.today_does_not_fit:,} orders; packing them "
            f"so that it does is {mass_text(abs(kg))} CO2e {_word(-kg, 'less', 'more')}"
        )
    if packing.sizes_stood_in:
        yield f"usual sizes or masses stood in for missing ones: {packing.sizes_stood_in:,} orders"
    if packing.timed_out:
        yield f"time ran out on some package of {packing.timed_out:,} orders: the best found until then counts"
    if packing.masses_differ:
        yield f"orders and items differ in mass by more than 1 %, the orders' counts: {packing.masses_differ:,} orders"
    for reason, count in packing.reasons.most_common():
        yield f"  not packed {count:,}: {reason}"


def difference_text(made: Packing | Adopted) -> str:
    """Tell a difference with its range, as what is saved or added."""
    found = made.difference
    text = f"{mass_text(abs(found.value_kg))} CO2e {_word(-found.value_kg, 'less', 'more')}"
    if found.low_kg is None:
        return text + "; its range is unknown"
    low, high = sorted((-found.low_kg, -found.high_kg)) if found.value_kg < 0 else (found.low_kg, found.high_kg)
    clear = "" if found.clear else ", not clear: zero lies inside"
    return f"{text} (95 % range {mass_text(low)} to {mass_text(high)}{clear})"


def money_text(before: float, after: float, currency: str) -> str:
    """Tell what money becomes, and the difference."""
    saved = before - after
    return f"{before:,.2f} -> {after:,.2f} {currency} ({abs(saved):,.2f} {_word(saved, 'less', 'more')})"


def empty_text(before: float, after: float, before_flagged: float, after_flagged: float) -> str:
    """Tell what the empty share of the packages becomes."""
    return (
        f"empty space: {before:.1%} -> {after:.1%} of the volume inside (EU 2025/40); "
        f"parcels above 50 %: {before_flagged:,.0f} -> {after_flagged:,.0f}"
    )


def _word(saved: float, less: str, more: str) -> str:
    return less if saved >= 0 else more
