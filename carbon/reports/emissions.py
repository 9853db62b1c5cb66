"""How much was emitted, by the GHG Protocol: scopes, scope 2 by both methods, categories, parts of the energy's life."""

from __future__ import annotations

from carbon.reports import numbers
from carbon.reports.context import Context
from carbon.reports.report import Block, Cell, Column, Section, Table
from carbon.terms import Scope

#: Categories of the Corporate Value Chain (Scope 3) Standard.
CATEGORIES = tuple(str(number) for number in range(1, 16))


def scopes(context: Context) -> Section:
    """Scopes, scope 2 by both methods, scope 3 by category, transport by part."""
    words = context.words
    blocks: list[Block] = [scope_table(context), _market_table(context), _part_table(context), category_table(context)]
    blocks += _both_methods(context)
    return Section("scopes", words("scopes.title"), tuple(blocks))


def scope_kg(context: Context, scope: str) -> float | None:
    """Return a scope's delivery emissions [kg CO2e], location-based; None where nothing was calculated in it."""
    rows = context.inventory.scopes
    mine = rows[rows["scope"].astype(str) == scope]
    return float(mine["co2e_kg"].sum()) if len(mine) else None


def scope_table(context: Context) -> Table:
    """Return the three scopes with their location-based total."""
    words, inventory, total = context.words, context.inventory, context.total_kg
    found = [(str(scope), scope_kg(context, str(scope))) for scope in Scope]
    known = [value for _, value in found if value is not None]
    scale = context.shared_scale([*known, total])
    masses = iter(zip(context.masses(known, scale, total), context.shares(known), strict=True))
    rows: list[tuple[Cell, ...]] = []
    for scope, value in found:
        name = words(f"scopes.scope_{scope}")
        if value is None:
            reason = f"scope_{scope}" if scope != Scope.SCOPE_3 else "no_parcels"
            rows.append((name, context.missing(reason), "–", "–"))
            continue
        mass, share = next(masses)
        rows.append((name, mass, _scope_range(context, scope, scale), share))
    if known:
        ends = context.range_cell(inventory.total_low_kg, inventory.total_high_kg, scale)
        rows.append((words("scopes.total_location"), context.one_mass(total, scale), ends, context.whole()))
    third = scope_kg(context, str(Scope.SCOPE_3))
    return Table(
        words("scopes.finding", share=context.of_total(third)) if third else words("scopes.finding_empty"),
        (
            Column(words("scopes.scope"), weight=3.6),
            Column(words("words.emissions"), f"{scale.unit} CO2e", 2, True),
            Column(words("words.range"), f"{scale.unit} CO2e", 2.2, True),
            Column(words("words.share"), "%", 1.1, True),
        ),
        tuple(rows),
        words("scopes.subtitle"),
        totals=1 if known else 0,
        notes=_range_notes(context),
    )


def _scope_range(context: Context, scope: str, scale: numbers.MassScale) -> Cell:
    """Return the range of a scope that is one figure; those of scope 3 stand by category."""
    rows = context.inventory.scopes
    mine = rows[rows["scope"].astype(str) == scope]
    if len(mine) > 1:
        return context.words("scopes.range_by_category") if context.ranged else "–"
    return context.range_cell(mine["low_kg"].iloc[0], mine["high_kg"].iloc[0], scale)


def _range_notes(context: Context) -> tuple[str, ...]:
    """Return why there is no range, where there is none."""
    return () if context.ranged or context.empty else (context.words("words.no_range"),)


def _market_table(context: Context) -> Table:
    words, inventory = context.words, context.inventory
    location, market = float(inventory.scope2_location_kg), float(inventory.scope2_market_kg)
    scale = numbers.scale_for([location, market])
    columns = (
        Column(words("scopes.method"), weight=3.6),
        Column(words("words.emissions"), f"{scale.unit} CO2e", 2, True),
        Column(words("words.range"), f"{scale.unit} CO2e", 3.3, True),
    )
    if scope_kg(context, str(Scope.SCOPE_2)) is None:
        rows = tuple((words(f"scopes.{each}"), context.missing("scope_2"), "–") for each in ("location", "market"))
        return Table(words("scopes.market_title"), columns, rows, words("scopes.market_subtitle"))
    difference = location - market
    finding = "equal" if abs(difference) < scale.step_kg / 2 else "lower" if difference > 0 else "higher"
    title = words(f"scopes.market_title_{finding}", difference=f"{context.mass(abs(difference))} CO2e")
    second = inventory.scopes[inventory.scopes["scope"].astype(str) == Scope.SCOPE_2].iloc[0]
    rows = tuple(
        (
            words(f"scopes.{each}"),
            context.one_mass(value, scale),
            context.range_cell(second[f"{prefix}low_kg"], second[f"{prefix}high_kg"], scale),
        )
        for each, value, prefix in (("location", location, ""), ("market", market, "market_"))
    )
    standing = [
        words("scopes.meter", site=context.place(site), meter=words.named("activities", str(meter)))
        for site, meter in inventory.market_missing
    ]
    notes = (words("scopes.market_note", meters=words.joined(standing)),) if standing else ()
    return Table(title, columns, rows, words("scopes.market_subtitle"), notes=notes)


def _both_methods(context: Context) -> tuple[Table, ...]:
    """Return scopes 1 and 2, and the total, by both methods of scope 2; nothing where there is no scope 2."""
    words, inventory = context.words, context.inventory
    second = scope_kg(context, str(Scope.SCOPE_2))
    if second is None:
        return ()
    own = second + (scope_kg(context, str(Scope.SCOPE_1)) or 0.0)
    difference = float(inventory.scope2_market_kg) - float(inventory.scope2_location_kg)
    lines = (
        (words("scopes.own"), own, own + difference),
        (words("words.total"), context.total_kg, float(inventory.market_total_kg)),
    )
    scale = context.shared_scale([value for _, *values in lines for value in values])
    columns = (
        Column(words("scopes.sum"), weight=3.6),
        Column(words("scopes.by_location"), f"{scale.unit} CO2e", 2.6, True),
        Column(words("scopes.by_market"), f"{scale.unit} CO2e", 2.6, True),
    )
    rows = tuple((name, *(context.one_mass(value, scale) for value in values)) for name, *values in lines)
    return (Table(words("scopes.both_title"), columns, rows, words("scopes.both_subtitle")),)


def category_table(context: Context, only_missing: bool = False) -> Table:
    """Return all fifteen categories with figure or reason, or only those with a reason."""
    words = context.words
    rows = {str(row.category): row for row in context.inventory.categories.itertuples()}
    present = [number for number in CATEGORIES if number in rows]
    if only_missing:
        missing = [each for each in CATEGORIES if each not in rows]
        return Table(
            words("boundary.excluded_table"),
            (
                Column(words("scopes.number"), weight=0.6),
                Column(words("scopes.category"), weight=3.4),
                Column(words("words.emissions"), weight=5),
            ),
            tuple((each, words(f"categories.{each}"), context.missing(each)) for each in missing),
            words("boundary.excluded_subtitle"),
        )
    parts = [float(rows[each].co2e_kg) for each in present]
    third = scope_kg(context, str(Scope.SCOPE_3)) or 0.0
    scale = context.shared_scale([*parts, third])
    cells: dict[str, tuple[Cell, ...]] = {}
    for number, mass, share in zip(present, context.masses(parts, scale, third), context.shares(parts), strict=True):
        ends = context.range_cell(rows[number].low_kg, rows[number].high_kg, scale)
        cells[number] = (number, words(f"categories.{number}"), mass, ends, share)
    table = [
        cells.get(each) or (each, words(f"categories.{each}"), context.missing(each), "–", "–") for each in CATEGORIES
    ]
    if present:
        table.append(("", words("words.total"), context.one_mass(third, scale), "–", context.whole()))
    first = max(present, key=lambda each: float(rows[each].co2e_kg), default=None)
    title = words("scopes.categories_finding_empty")
    if first and third:
        share = context.share(float(rows[first].co2e_kg) / third)
        title = words(
            "scopes.categories_finding", number=first, title=context.inside(words(f"categories.{first}")), share=share
        )
    notes = [words("scopes.categories_note")]
    if context.inventory.product_kg:
        notes.append(words("scopes.products_note", mass=context.mass(context.inventory.product_kg)))
    return Table(
        title,
        (
            Column(words("scopes.number"), weight=0.6),
            Column(words("scopes.category"), weight=4.4),
            Column(words("words.emissions"), f"{scale.unit} CO2e", 2, True),
            Column(words("words.range"), f"{scale.unit} CO2e", 2.2, True),
            Column(words("words.share"), "%", 1.1, True),
        ),
        tuple(table),
        words("scopes.categories_subtitle"),
        totals=1 if present else 0,
        notes=tuple(notes),
    )


def _part_table(context: Context) -> Table:
    """Transport stages by part of the energy's life."""
    words, inventory = context.words, context.inventory
    parts = [("wtt", inventory.wtt_kg), ("ttw", inventory.ttw_kg), ("unsplit", inventory.unsplit_kg)]
    values = [float(value) for _, value in parts]
    total = sum(values)
    scale = numbers.scale_for([*values, total])
    columns = (
        Column(words("scopes.part"), weight=4),
        Column(words("words.emissions"), f"{scale.unit} CO2e", 3, True),
        Column(words("words.share"), "%", 1.3, True),
    )
    subtitle = words("scopes.split_subtitle")
    if not total:
        rows = tuple((words(f"scopes.{key}"), context.missing("no_split"), "–") for key, _ in parts)
        return Table(words("scopes.split_finding_empty"), columns, rows, subtitle)
    cells = zip(parts, context.masses(values, scale, total), context.shares(values), strict=True)
    rows = tuple((words(f"scopes.{key}"), mass, share) for (key, _), mass, share in cells)
    rows += ((words("words.total"), context.one_mass(total, scale), context.whole()),)
    return Table(
        words("scopes.split_finding", share=context.share(values[0] / total)), columns, rows, subtitle, totals=1
    )
