"""`carbon advice`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    mass_text,
    note,
    out,
    print_json,
)
from carbon.cli.layout import say, table_of
from carbon.cli.pack import ItemsFile
from carbon.terms import Match

if TYPE_CHECKING:
    from carbon import Advice
    from carbon.optimise.advice import ReuseAdvice
    from carbon.optimise.swaps import LeftOut, Offer, PackageSwaps

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
    lines: LinesFile = None,
    factors: FactorFiles = None,
    mapping: OrdersMapping = None,
    items_mapping: ItemsMapping = None,
    places: PlacesFile = None,
    as_json: AsJson = False,
) -> None:
    """From how many uses a reusable box is better, which articles could ship in their own, what other material saves."""
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
    for part in _swaps(found):
        if isinstance(part, Table):
            out.print(part)
        else:
            text = part.lstrip(" ")
            say(text, lead=part[: len(part) - len(text)])
    for text in found.notes:
        note(f"note: {text}")


def _swaps(found: Advice) -> Iterator[str | Table]:
    """Tell what packages could be made of, and of which swaps nothing can be said."""
    offers = [(each, offer) for each in found.swaps for offer in each.offers]
    if offers:
        yield "packages of other material, by production alone (CO2e; end of life brings no credit and ranks nothing):"
        names = ("package", "packed in", "material, recycled content", "less each", "95 % range", "all parcels")
        yield table_of(names, [_swap_row(*each) for each in sorted(offers, key=_least_first)[:_SHOWN]], left=3)
        if len(offers) > _SHOWN:
            yield f"and {len(offers) - _SHOWN} more that save less, with --json"
    if any(offer.difference.clear is False for _, offer in offers):
        yield "  where zero lies in its range, a saving is not clear"
    for each, offer in offers:
        if offer.swap.rank is None:
            yield f"  not ranked, {each.package} in {each.region}, {offer.swap.option.key}: {offer.swap.why}"
    standing_in = sorted({each.region for each in found.swaps if each.match is Match.PROXY})
    if standing_in:
        yield f"  packed in {', '.join(standing_in)}: factors of another region stand in (proxy)"
    yield from _left_out(found.left_out)


def _left_out(left: Sequence[LeftOut]) -> Iterator[str]:
    """Tell of which swaps nothing can be said, alike ones together."""
    whats: dict[tuple[str, str], list[str]] = {}
    for each in left:
        word = "no more recycled content" if each.what == "recycled_content" else "no other material"
        whats.setdefault((each.package, each.reason), []).append(word)
    packages: dict[tuple[str, str], list[str]] = {}
    for (package, reason), words in whats.items():
        packages.setdefault((", ".join(words), reason), []).append(package)
    for (words, reason), keys in packages.items():
        yield f"  {words} for {', '.join(keys)}: {reason}"


def _saved_kg(each: PackageSwaps, offer: Offer) -> float:
    return offer.swap.saved_co2e_kg * each.parcels / each.uses


def _least_first(pair: tuple[PackageSwaps, Offer]) -> tuple[float, float]:
    return -_saved_kg(*pair), -pair[1].swap.saved_co2e_kg


def _swap_row(each: PackageSwaps, offer: Offer) -> tuple[str, ...]:
    now, then = each.today.option.recycled_content, offer.swap.option.recycled_content
    own, other = (material.replace("_", " ") for material in (each.material, offer.material))
    if offer.mass_of is None:
        text = f"{own} {now:.0%} -> {then:.0%}"
    else:
        text = f"{own} {now:.0%} -> {other} {then:.0%}, {mass_text(offer.swap.option.mass_kg)} as {offer.mass_of}"
    text += "" if offer.swap.same_source else "; factors of another source"
    saved = mass_text(offer.swap.saved_co2e_kg) if offer.swap.rank is not None else "not ranked"
    low, high = offer.difference.low_kg, offer.difference.high_kg
    span = "unknown" if low is None else f"{mass_text(-high)} to {mass_text(-low)}"
    total = mass_text(_saved_kg(each, offer)) if each.parcels else ""
    return each.package, each.region, text, saved, span, total


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
