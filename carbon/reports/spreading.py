"""Sections on how emissions spread: over parcels and orders, stages, months."""

from __future__ import annotations

from collections.abc import Iterator

from carbon.reports import numbers, over_time
from carbon.reports.context import Context
from carbon.reports.facts_carbon import book
from carbon.reports.report import Bar, Cell, Chart, Column, Number, Range, Section, Subheading, Table

#: Ratios of all delivery emissions, which have the total's range.
_OF_TOTAL = ("per_parcel", "per_order", "per_revenue")


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
        *_revenue_lines(context, currency),
    )
    rows = []
    for key, per, value, denominator, reason in lines:
        if value is None:
            rows.append((words(f"intensity.{key}"), context.missing(reason), "–", "–", "–"))
            continue
        scale = numbers.scale_for([value])
        ends = _scaled_ends(context, key, value, scale)
        unit = f"{scale.unit} CO2e/({per})" if "·" in per else f"{scale.unit} CO2e" + (f"/{per}" if per != "kg" else "")
        rows.append(
            (
                words(f"intensity.{key}"),
                Number(value, context.one_mass(value, scale).text, unit),
                ends,
                unit,
                denominator,
            )
        )
    per_parcel = found.get("per_parcel_kg")
    title = (
        words("intensity.finding", mass=context.mass(per_parcel)) if per_parcel else words("intensity.finding_empty")
    )
    table = Table(
        title,
        (
            Column(words("intensity.measure"), weight=2.2),
            Column(words("intensity.value"), weight=1.3, numeric=True),
            Column(words("words.range"), weight=1.6, numeric=True),
            Column(words("intensity.unit"), weight=1.7),
            Column(words("intensity.denominator"), weight=2.6),
        ),
        tuple(rows),
        words("intensity.subtitle"),
        notes=(words("intensity.tonne_km_note"),),
    )
    return Section("intensity", words("intensity.title"), (table, *over_time.intensity_trend(context)))


def _revenue_lines(context: Context, currency: str) -> Iterator[tuple[str, str, float, str, str]]:
    """Yield further ratios to revenue that standards ask for, where they are known."""
    for key in ("per_revenue_market", "scopes_1_2_per_revenue", "scopes_1_2_per_revenue_market"):
        value = book.facts[key](context).value
        if value is not None:
            yield key, currency, float(value), context.words("intensity.revenue"), ""


def _scaled_ends(context: Context, key: str, value: float, scale: numbers.MassScale) -> Cell:
    """Return the range of the total over what it is divided by; tonne-kilometres divide a part of it only."""
    inventory, total = context.inventory, context.total_kg
    if key not in _OF_TOTAL or not total or not context.ranged:
        return "–"
    return context.range_cell(inventory.total_low_kg * value / total, inventory.total_high_kg * value / total, scale)


def stages(context: Context) -> Section:
    """Emissions by stage: chart, words and table."""
    words, inventory, total = context.words, context.inventory, context.total_kg
    values = [value for _, _, value in context.stages]
    scale = context.shared_scale([*values, total])
    masses, shares = context.masses(values, scale, total), context.shares(values)
    unit = f"{scale.unit} CO2e"
    table = Table(
        words("stages_section.table"),
        (
            Column(words("stages_section.stage"), weight=3.6),
            Column(words("words.emissions"), unit, 2, True),
            Column(words("words.range"), unit, 2.2, True),
            Column(words("words.share"), "%", 1.1, True),
        ),
        (
            *(
                (name, mass, context.range_cell(*context.stage_ends(key), scale), share)
                for (key, name, _), mass, share in zip(context.stages, masses, shares, strict=True)
            ),
            (
                words("words.total"),
                context.one_mass(total, scale),
                context.range_cell(inventory.total_low_kg, inventory.total_high_kg, scale),
                context.whole() if total else "–",
            ),
        ),
        totals=1,
        notes=() if context.ranged or not total else (words("words.no_range"),),
    )
    if not total:
        return Section(
            "stages",
            words("stages_section.title"),
            (
                Table(
                    words("stages_section.finding_empty"),
                    table.columns,
                    tuple((name, context.missing("no_parcels"), "–", "–") for _, name, _ in context.stages),
                ),
            ),
        )
    found = []
    for (key, name, value), share in zip(context.stages, shares, strict=True):
        low, high = (None if numbers.unknown(each) else float(each) for each in context.stage_ends(key))
        ranged = numbers.mass_range(context.as_printed(value), low, high, context.language)
        percent = numbers.signed_percent(share.text, context.language)
        label = words("stages_section.label", range=ranged, share=percent)
        found.append((Bar("", name, key, value, label, low, high), ranged, percent))
    bars = tuple(bar for bar, _, _ in found)
    first = max(context.stages, key=lambda each: each[2])
    parts = [
        words("stages_section.alt_part", stage=bar.label, range=ranged, share=share) for bar, ranged, share in found
    ]
    chart = Chart(
        "bars",
        words("stages_section.finding", stage=first[1], share=context.of_total(first[2])),
        words("stages_section.subtitle" if context.ranged else "stages_section.subtitle_plain"),
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
    # Ranges need not add up: three digits.
    rounded = numbers.scale_for([max(totals)])
    steps = numbers.steps(totals, scale.step_kg, context.settled(context.total_kg, scale))
    printed = [context.stepped(total, whole, scale) for total, whole in zip(totals, steps, strict=True)]
    # Each month's stages add up to the printed month, and the last row to what stands above it.
    lines = [[grid[key][place] for key, _, _ in context.stages] for place in range(len(names))]
    sums_kg = context.settle([sum(grid[key]) for key, _, _ in context.stages], scale)
    cells = numbers.grid(lines, scale.step_kg, steps, numbers.steps(sums_kg, scale.step_kg, sum(steps) * scale.step_kg))
    ends = list(zip(frame["low_kg"], frame["high_kg"], strict=True))
    rows: list[tuple[Cell, ...]] = []
    for place, name in enumerate(names):
        parts = zip(context.stages, cells[place], strict=True)
        figures = (context.stepped(grid[key][place], whole, scale) for (key, _, _), whole in parts)
        rows.append((name, *figures, printed[place], context.range_cell(*ends[place], rounded)))
    sums = zip(context.stages, zip(*cells, strict=True), strict=True)
    rows.append(
        (
            words("words.total"),
            *(context.stepped(sum(grid[key]), sum(column), scale) for (key, _, _), column in sums),
            context.stepped(context.total_kg, sum(steps), scale),
            context.range_cell(context.inventory.total_low_kg, context.inventory.total_high_kg, rounded),
        )
    )
    table = Table(
        words("months.table")
        if len(names) > 1
        else words("months.finding_one", month=numbers.month(names[0], context.language)),
        (
            Column(words("months.month"), weight=1.0),
            *(Column(name, weight=0.8 + len(name) / 16, numeric=True) for _, name, _ in context.stages),
            Column(words("words.total"), weight=0.95, numeric=True),
            Column(words("words.range"), weight=1.35, numeric=True),
        ),
        tuple(rows),
        words("months.subtitle_table", unit=scale.unit),
        totals=1,
        notes=() if context.ranged else (words("words.no_range"),),
    )
    if len(names) == 1:
        return Section("months", title, (table, *over_time.year_to_year(context)))
    bars = tuple(
        Bar(month, name, key, grid[key][position], "")
        for position, month in enumerate(names)
        for key, name, _ in context.stages
    )
    highest = names[max(range(len(totals)), key=totals.__getitem__)]
    # The table of a chart's data prints the same totals.
    labels = [each.text for each in printed]
    parts = [
        words("months.alt_part", month=name, range=f"{label}\u00a0{scale.unit}{_in_brackets(context, row[-1])}")
        for name, label, row in zip(names, labels, rows[:-1], strict=True)
    ]
    chart = Chart(
        "columns",
        words("months.finding", month=numbers.month(highest, context.language)),
        words("months.subtitle" if context.ranged else "months.subtitle_table", unit=scale.unit),
        words("months.alt", parts=words("words.semicolon").join(parts)),
        bars,
        table,
        tuple(zip(names, labels, strict=True)),
        tuple(
            (name, float(low), float(high))
            for name, (low, high) in zip(names, ends, strict=True)
            if not numbers.unknown(low)
        ),
    )
    return Section("months", title, (chart, *over_time.year_to_year(context)))


def _in_brackets(context: Context, cell: Cell) -> str:
    """Return a range as it follows its value; nothing where it is not known."""
    return numbers.BRACKETS[context.language].format(cell.text) if isinstance(cell, Range) else ""


def _empty(context: Context, reason: str) -> Table:
    words = context.words
    return Table("", (Column(words("words.emissions")),), ((context.missing(reason),),))
