"""Sections on how much was emitted: scopes, categories, intensities, stages, months."""

from __future__ import annotations

from carbon.reports import numbers
from carbon.reports.context import Context
from carbon.reports.report import Bar, Block, Cell, Chart, Column, Number, Section, Subheading, Table
from carbon.terms import Scope

#: Categories of the Corporate Value Chain (Scope 3) Standard.
CATEGORIES = tuple(str(number) for number in range(1, 16))


def scopes(context: Context) -> Section:
    """Scopes, scope 2 by both methods, scope 3 by category with data types, transport by part."""
    words = context.words
    blocks: list[Block] = [scope_table(context), _market_table(context), _part_table(context), category_table(context)]
    return Section("scopes", words("scopes.title"), tuple(blocks))


def scope_kg(context: Context, scope: str) -> float | None:
    """Return a scope's delivery emissions [kg CO2e], location-based; None where nothing was calculated in it."""
    rows = context.inventory.scopes
    mine = rows[rows["scope"].astype(str) == scope]
    return float(mine["co2e_kg"].sum()) if len(mine) else None


def scope_table(context: Context) -> Table:
    """Return the three scopes with their location-based total."""
    words, total = context.words, context.total_kg
    found = [(f"scope_{scope}", scope_kg(context, str(scope))) for scope in Scope]
    known = [value for _, value in found if value is not None]
    scale = numbers.scale_for([*known, total])
    masses = iter(zip(context.masses(known, scale, total), context.shares(known), strict=True))
    rows: list[tuple[Cell, ...]] = []
    for key, value in found:
        reason = key if key != "scope_3" else "no_parcels"
        cells = next(masses) if value is not None else (context.missing(reason), "–")
        rows.append((words(f"scopes.{key}"), *cells))
    if known:
        rows.append((words("scopes.total_location"), context.one_mass(total, scale), context.whole()))
    third = scope_kg(context, str(Scope.SCOPE_3))
    return Table(
        words("scopes.finding", share=context.of_total(third)) if third else words("scopes.finding_empty"),
        (
            Column(words("scopes.scope"), weight=4),
            Column(words("words.emissions"), f"{scale.unit} CO2e", 3, True),
            Column(words("words.share"), "%", 1.3, True),
        ),
        tuple(rows),
        words("scopes.subtitle"),
        totals=1 if known else 0,
    )


def _market_table(context: Context) -> Table:
    words, inventory = context.words, context.inventory
    location, market = float(inventory.scope2_location_kg), float(inventory.scope2_market_kg)
    scale = numbers.scale_for([location, market])
    columns = (
        Column(words("scopes.method"), weight=4),
        Column(words("words.emissions"), f"{scale.unit} CO2e", 4.3, True),
    )
    if scope_kg(context, str(Scope.SCOPE_2)) is None:
        rows = tuple((words(f"scopes.{each}"), context.missing("scope_2")) for each in ("location", "market"))
        return Table(words("scopes.market_title"), columns, rows, words("scopes.market_subtitle"))
    difference = location - market
    finding = "equal" if abs(difference) < scale.step_kg / 2 else "lower" if difference > 0 else "higher"
    title = words(f"scopes.market_title_{finding}", difference=f"{context.mass(abs(difference))} CO2e")
    rows = tuple(
        (words(f"scopes.{each}"), context.one_mass(value, scale))
        for each, value in (("location", location), ("market", market))
    )
    standing = [
        words("scopes.meter", site=context.place(site), meter=words.named("activities", str(meter)))
        for site, meter in inventory.market_missing
    ]
    notes = (words("scopes.market_note", meters=words.joined(standing)),) if standing else ()
    return Table(title, columns, rows, words("scopes.market_subtitle"), notes=notes)


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
    scale = numbers.scale_for([*parts, third])
    cells: dict[str, tuple[Cell, ...]] = {}
    for number, mass, share in zip(present, context.masses(parts, scale, third), context.shares(parts), strict=True):
        row = rows[number]
        types = context.percents([row.primary_share, row.modelled_share, row.default_share])
        cells[number] = (number, words(f"categories.{number}"), mass, share, *types)
    table = [
        cells.get(each) or (each, words(f"categories.{each}"), context.missing(each), "–", "–", "–", "–")
        for each in CATEGORIES
    ]
    if present:
        table.append(
            (
                "",
                words("words.total"),
                context.one_mass(third, scale),
                context.whole(),
                *_type_totals(rows, third, context),
            )
        )
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
    percent = (Column(words(f"scopes.{each}"), "%", 1.45, True) for each in ("primary", "modelled", "default"))
    return Table(
        title,
        (
            Column(words("scopes.number"), weight=0.6),
            Column(words("scopes.category"), weight=4.1),
            Column(words("words.emissions"), f"{scale.unit} CO2e", 1.9, True),
            Column(words("words.share"), "%", 1.1, True),
            *percent,
        ),
        tuple(table),
        words("scopes.categories_subtitle"),
        totals=1 if present else 0,
        notes=tuple(notes),
    )


def _type_totals(rows: dict, third: float, context: Context) -> list[Cell]:
    if not third:
        return ["–", "–", "–"]
    names = ("primary_share", "modelled_share", "default_share")
    return context.percents(
        [sum(float(row.co2e_kg) * getattr(row, name) for row in rows.values()) / third for name in names]
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


def intensity(context: Context) -> Section:
    """Emissions per parcel, order, tonne-kilometre and revenue."""
    words, found = context.words, context.inventory.intensities
    currency = numbers.unit_text(str(found.get("revenue_currency") or ""))
    lines = (
        (
            "per_parcel",
            "kg",
            found.get("per_parcel_kg"),
            words("intensity.parcels", count=context.count(context.inventory.parcels)),
            "no_parcels",
        ),
        (
            "per_order",
            "kg",
            found.get("per_order_kg"),
            words("intensity.orders", count=context.count(context.inventory.orders)),
            "no_orders",
        ),
        ("per_tonne_km", "t·km", found.get("per_tonne_km_kg"), words("intensity.tonne_km"), "no_tonne_km"),
        ("per_revenue", currency, found.get("per_revenue_kg"), words("intensity.revenue"), "no_revenue"),
    )
    rows = []
    for key, per, value, denominator, reason in lines:
        if value is None:
            rows.append((words(f"intensity.{key}"), context.missing(reason), "–", "–"))
            continue
        scale = numbers.scale_for([value])
        unit = f"{scale.unit} CO2e/({per})" if "·" in per else f"{scale.unit} CO2e" + (f"/{per}" if per != "kg" else "")
        rows.append(
            (words(f"intensity.{key}"), Number(value, context.one_mass(value, scale).text, unit), unit, denominator)
        )
    per_parcel = found.get("per_parcel_kg")
    title = (
        words("intensity.finding", mass=context.mass(per_parcel)) if per_parcel else words("intensity.finding_empty")
    )
    table = Table(
        title,
        (
            Column(words("intensity.measure"), weight=2.2),
            Column(words("intensity.value"), weight=2.6, numeric=True),
            Column(words("intensity.unit"), weight=1.7),
            Column(words("intensity.denominator"), weight=2.6),
        ),
        tuple(rows),
        words("intensity.subtitle"),
        notes=(words("intensity.tonne_km_note"),),
    )
    return Section("intensity", words("intensity.title"), (table,))


def stages(context: Context) -> Section:
    """Emissions by stage: chart, words and table."""
    words, total = context.words, context.total_kg
    values = [value for _, _, value in context.stages]
    scale = numbers.scale_for([*values, total])
    masses, shares = context.masses(values, scale, total), context.shares(values)
    unit = f"{scale.unit} CO2e"
    table = Table(
        words("stages_section.table"),
        (
            Column(words("stages_section.stage"), weight=4),
            Column(words("words.emissions"), unit, 3, True),
            Column(words("words.share"), "%", 1.3, True),
        ),
        (
            *((name, mass, share) for (_, name, _), mass, share in zip(context.stages, masses, shares, strict=True)),
            (words("words.total"), context.one_mass(total, scale), context.whole() if total else "–"),
        ),
        totals=1,
    )
    if not total:
        return Section(
            "stages",
            words("stages_section.title"),
            (
                Table(
                    words("stages_section.finding_empty"),
                    table.columns,
                    tuple((name, context.missing("no_parcels"), "–") for _, name, _ in context.stages),
                ),
            ),
        )
    bars = tuple(
        Bar("", name, key, value, f"{mass.text}\u00a0{scale.unit} ({share.text}\u00a0%)")
        for (key, name, value), mass, share in zip(context.stages, masses, shares, strict=True)
    )
    first = max(context.stages, key=lambda each: each[2])
    parts = [
        words(
            "stages_section.alt_part", stage=name, mass=f"{mass.text}\u00a0{scale.unit}", share=f"{share.text}\u00a0%"
        )
        for (_, name, _), mass, share in zip(context.stages, masses, shares, strict=True)
    ]
    chart = Chart(
        "bars",
        words("stages_section.finding", stage=first[1], share=context.of_total(first[2])),
        words("stages_section.subtitle", unit=scale.unit),
        words("stages_section.alt", parts=words("words.semicolon").join(parts)),
        bars,
        table,
    )
    return Section("stages", words("stages_section.title"), (chart,))


def months(context: Context) -> Section:
    """Emissions by month and stage: stacked columns, words and table."""
    words, frame = context.words, context.inventory.months
    title = words("months.title")
    if not len(frame) or not context.total_kg:
        return Section("months", title, (Subheading(words("months.table_only")), _empty(context, "no_months")))
    names = [str(month) for month in frame.index]
    totals = [float(value) for value in frame["total_kg"]]
    grid = {key: [float(value) for value in frame[key]] for key, _, _ in context.stages}
    scale = numbers.scale_for(totals)
    steps = numbers.steps(totals, scale.step_kg, context.total_kg)
    printed = [context.stepped(total, whole, scale) for total, whole in zip(totals, steps, strict=True)]
    # Each month's stages add up to the printed month, and the last row to what stands above it.
    cells = [
        numbers.steps([grid[key][place] for key, _, _ in context.stages], scale.step_kg, whole * scale.step_kg)
        for place, whole in enumerate(steps)
    ]
    rows: list[tuple[Cell, ...]] = []
    for place, name in enumerate(names):
        parts = zip(context.stages, cells[place], strict=True)
        rows.append(
            (name, *(context.stepped(grid[key][place], whole, scale) for (key, _, _), whole in parts), printed[place])
        )
    sums = zip(context.stages, zip(*cells, strict=True), strict=True)
    rows.append(
        (
            words("words.total"),
            *(context.stepped(sum(grid[key]), sum(column), scale) for (key, _, _), column in sums),
            context.stepped(context.total_kg, sum(steps), scale),
        )
    )
    table = Table(
        words("months.table") if len(names) > 1 else words("months.finding_one", month=names[0]),
        (
            Column(words("months.month"), weight=1.0),
            *(Column(name, weight=0.75 + len(name) / 18, numeric=True) for _, name, _ in context.stages),
            Column(words("words.total"), weight=0.9, numeric=True),
        ),
        tuple(rows),
        words("months.subtitle", unit=scale.unit),
        totals=1,
    )
    if len(names) == 1:
        return Section("months", title, (table,))
    bars = tuple(
        Bar(month, name, key, grid[key][position], "")
        for position, month in enumerate(names)
        for key, name, _ in context.stages
    )
    highest = names[max(range(len(totals)), key=totals.__getitem__)]
    parts = [
        words("months.alt_part", month=name, mass=f"{mass.text}\u00a0{scale.unit}")
        for name, mass in zip(names, printed, strict=True)
    ]
    chart = Chart(
        "columns",
        words("months.finding", month=highest),
        words("months.subtitle", unit=scale.unit),
        words("months.alt", parts=words("words.semicolon").join(parts)),
        bars,
        table,
        tuple((name, mass.text) for name, mass in zip(names, printed, strict=True)),
    )
    return Section("months", title, (chart,))


def _empty(context: Context, reason: str) -> Table:
    words = context.words
    return Table("", (Column(words("words.emissions")),), ((context.missing(reason),),))
