"""`carbon cartons`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from carbon.cli.common import (
    AsJson,
    FactorFiles,
    ItemsMapping,
    LinesFile,
    OrdersMapping,
    OrganisationFile,
    PlacesFile,
    app,
    note,
    out,
    print_json,
    progress_bar,
)
from carbon.cli.layout import say, table_of
from carbon.cli.pack import Aim, CarbonPrice, ItemsFile, Objective, difference_text, empty_text, money_text

if TYPE_CHECKING:
    from carbon import Suite
    from carbon.optimise.suites.adopted import Adopted
    from carbon.optimise.suites.nearby import Polish

_LANES_SHOWN = 12


@app.command("cartons")
def cartons_command(
    orders: Annotated[Path, typer.Argument(help="Orders: CSV, Excel, Parquet, or a folder of Parquet.")],
    items: ItemsFile,
    organisation: OrganisationFile = Path("organisation.yaml"),
    count: Annotated[int, typer.Option(min=1, max=20, help="Carton sizes, those that stay included.")] = 8,
    objective: Aim = Objective.CO2E,
    carbon_price: CarbonPrice = None,
    stay: Annotated[list[str] | None, typer.Option(help="Carton of today that stays; repeatable.")] = None,
    like: Annotated[str | None, typer.Option(help="Carton whose board, filling and tape new sizes get.")] = None,
    grid: Annotated[float, typer.Option(min=0.1, help="Step of inner sizes [mm].")] = 10.0,
    least: Annotated[str, typer.Option(help="Smallest inner size that can be made.")] = "100x80x40 mm",
    most: Annotated[str, typer.Option(help="Largest inner size that can be made.")] = "800x600x600 mm",
    flute: Annotated[str, typer.Option(help="Board: b, c (single wall) or bc (double wall).")] = "c",
    minimum: Annotated[float, typer.Option(min=0, help="Fewest parcels of a new size, of all orders.")] = 0.0,
    storage: Annotated[float, typer.Option(min=0, help="Cost of keeping a size, in the objective's unit.")] = 0.0,
    cover: Annotated[float, typer.Option(min=0.5, max=1, help="Share of the orders that the set must hold.")] = 1.0,
    sample: Annotated[int, typer.Option(min=1, help="Orders that the set is chosen by.")] = 1000,
    seconds: Annotated[float, typer.Option(min=0.1, help="Time for choosing.")] = 30.0,
    polish: Annotated[
        float, typer.Option(min=0, help="Time for sizes near the chosen ones and the bound with them; 0 for none.")
    ] = 30.0,
    effects: Annotated[int, typer.Option(min=1, help="Orders that the effects are counted on, at most.")] = 100_000,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write the set as packages (YAML).")] = None,
    lines: LinesFile = None,
    factors: FactorFiles = None,
    mapping: OrdersMapping = None,
    items_mapping: ItemsMapping = None,
    places: PlacesFile = None,
    as_json: AsJson = False,
) -> None:
    """Choose the carton sizes a shop should stock, by its own orders, with a proven bound."""
    from carbon import carton_plant, carton_suite

    with progress_bar(as_json) as progress:
        suite = carton_suite(
            orders,
            items,
            organisation,
            count=count,
            objective=str(objective),
            carbon_price=carbon_price,
            stay=stay or (),
            like=like,
            plant=carton_plant(least, most, grid, flute),
            minimum=minimum,
            storage=storage,
            cover=cover,
            sample=sample,
            seconds=seconds,
            polish=polish,
            effects=effects,
            lines=lines,
            mapping=mapping,
            items_mapping=items_mapping,
            factors=factors or (),
            places=places,
            progress=progress,
        )
    if output is not None:
        output.write_text(suite.yaml(), encoding="utf-8", newline="\n")
    if as_json:
        print_json(suite.as_dict())
        return
    for part in _shown(suite):
        out.print(part) if isinstance(part, Table) else say(part)
    for text in suite.notes:
        note(f"note: {text}")
    if output is not None:
        note(f"wrote {output}: put its packages into the organisation file to adopt them")


def _shown(suite: Suite) -> Iterator[str | Table]:
    found = suite.chosen
    yield (
        f"{len(suite.packages)} sizes out of {suite.candidates:,}, by {suite.looked_at:,} of {suite.orders:,} orders; "
        f"{suite.elsewhere:,} orders go in no carton"
    )
    if suite.homeless:
        yield f"{suite.homeless:,} of the orders looked at fit no size that can be made"
    yield table_of(("size", "inner", "parcels"), [
        (key, each.inner or each.like or "", f"{suite.used[key]:,.0f}") for key, each in suite.packages.items()
    ])  # fmt: skip
    yield (
        f"total {found.outcome.total:,.1f} {suite.unit}; proven: no set out of these {suite.candidates:,} sizes is below "
        f"{found.bound.total:,.1f} (gap {found.gap:.2%})"
    )
    if suite.polish is not None:
        yield _polished(suite.polish, suite.unit)
    if found.outcome.left_out_times:
        yield f"{found.outcome.left_out_times:,.0f} orders fit none of these sizes and count in no total"
    if suite.polish is not None:
        yield f"by number of sizes, out of the {suite.candidates - suite.polish.sizes:,} candidates without those near them:"
    yield table_of(
        ("sizes", suite.unit, "a further size saves", "gap"),
        [
            (f"{step.set.count - 1}", f"{step.set.outcome.total:,.1f}",
             "" if step.gain is None else f"{step.gain:,.1f}", f"{step.set.gap:.2%}")
            for step in suite.curve
        ],
    )  # fmt: skip
    for name, each in (("today's cartons", suite.today), ("stock sizes", suite.stock)):
        if each is not None:
            yield (
                f"against {name}: {each.before:,.1f} -> {each.after:,.1f} {suite.unit} "
                f"({each.saved:,.1f} less) for {each.times:,.0f} orders that both hold"
            )
        if each is not None and each is suite.today and suite.adopting is not None:
            yield from _adopting(suite.adopting)
    if suite.by_month:
        yield f"by month and lane, for {suite.effects_of:,} of {suite.orders:,} orders:"
    for name, found_effects in (("month", suite.by_month), ("lane", suite.by_lane)):
        if found_effects:
            yield _effects(name, found_effects)


def _adopting(found: Adopted) -> Iterator[str]:
    """Tell what the change is in the next inventory, in money and in empty space, whatever the objective."""
    yield f"  next inventory: {difference_text(found)}"
    if found.currency:
        yield f"  cost: {money_text(found.before_money, found.after_money, found.currency)}"
    if found.before_empty_share is not None and found.after_empty_share is not None:
        shares = (found.before_empty_share, found.after_empty_share)
        yield f"  {empty_text(*shares, found.before_flagged, found.after_flagged)}"


def _polished(polish: Polish, unit: str) -> str:
    """Tell what the sizes near the chosen ones were worth."""
    rounds = "1 round" if polish.rounds == 1 else f"{polish.rounds} rounds"
    looked = f"{polish.sizes:,} of these are sizes near the chosen ones, looked at in {rounds}"
    if polish.saved is None:
        return f"{looked}: {polish.housed_times:,.0f} further orders fit, {polish.before:,.1f} -> {polish.after:,.1f} {unit}"
    if not polish.came:
        return f"{looked}: none of them makes the set better"
    share = f" ({polish.saved / polish.before:.2%} less)" if polish.before else ""
    return (
        f"{looked}: {polish.before:,.1f} -> {polish.after:,.1f} {unit}{share}; "
        f"{', '.join(polish.left) or 'nothing'} made way for {', '.join(polish.came)}"
    )


def _effects(name: str, found: Sequence[Any]) -> Table:
    rows = sorted(found, key=lambda each: -each.saved)[:_LANES_SHOWN] if name == "lane" else found
    return table_of(
        (name, "orders", "today's cartons", "this set", "less"),
        [
            (each.label, f"{each.parcels:,}", f"{each.before:,.1f}", f"{each.after:,.1f}", f"{each.saved:,.1f}")
            for each in rows
        ],
    )
