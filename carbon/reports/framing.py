"""Sections around the figures: cover, summary, boundary, method, base year and targets."""

from __future__ import annotations

from dataclasses import replace

from carbon.reports import causes, emissions, entities, numbers, spreading
from carbon.reports.context import Context
from carbon.reports.recorded import said
from carbon.reports.report import (
    Block,
    Bullets,
    Chart,
    Definitions,
    KeyFigures,
    Notice,
    Number,
    Section,
    Subheading,
    Text,
)
from carbon.terms import Scope


def cover(context: Context) -> tuple[Block, ...]:
    """What stands on the first page under the title."""
    words, inventory = context.words, context.inventory
    runs = list(inventory.runs)
    listed = words.joined(runs[:3]) or words("words.none")
    if len(runs) > 3:
        listed = words("words.and_more", listed=listed, count=len(runs) - 3)
    releases = words.joined(list(inventory.factor_release_sha256)) or words("words.unknown")
    period = words(
        "cover.period_text",
        first=context.day(inventory.first_day),
        last=context.day(inventory.last_day),
        period=inventory.period,
    )
    coverage = words(
        "cover.coverage_text",
        parcels=context.count(inventory.parcels),
        orders=context.count(inventory.orders),
        runs=len(runs),
    )
    items = (
        (words("cover.period"), period if inventory.first_day else inventory.period or words("report.subtitle_empty")),
        *_standards(context),
        (words("cover.coverage"), coverage),
        (words("cover.runs"), listed),
        (words("cover.head"), inventory.head_sha256 or words.not_reported("no_hash")),
        (words("cover.release"), releases),
        (words("cover.code"), code(context)),
    )
    return (Definitions(items), Notice(words("cover.assurance_word"), words("cover.assurance")))


def _standards(context: Context) -> tuple[tuple[str, str], ...]:
    """Return the documents that the report refers to, and how it stands to them."""
    words, standard = context.words, context.standard
    if standard is None:
        return ()
    statement = standard.statement(context.language).format(name=context.name, period=context.inventory.period or "–")
    return (
        (words("cover.standards"), standard.editions[context.edition].standards(context.language)),
        (words("cover.statement"), statement),
    )


def code(context: Context) -> str:
    """Return the software's version as the run recorded it."""
    version = context.inventory.code_version
    return context.words("words.unknown") if version in ("", "unknown") else version


def summary(context: Context) -> Section:
    """One page: the main figures and what stands out, each as a sentence."""
    words, inventory = context.words, context.inventory
    title = words("summary.title")
    if context.empty:
        return Section("summary", title, (Notice(words("summary.empty_word"), words("summary.empty")),), True)
    own = sum(emissions.scope_kg(context, str(scope)) or 0.0 for scope in (Scope.SCOPE_1, Scope.SCOPE_2))
    largest = max(context.stages, key=lambda stage: stage[2])
    per_parcel = inventory.intensities.get("per_parcel_kg")
    none = context.missing("no_primary")
    primary = inventory.quality.get("primary", 0.0)
    figures = (
        (
            words("summary.total"),
            context.figure(context.total_kg),
            _ranged_note(
                context,
                words("summary.total_note", parcels=context.count(inventory.parcels)),
                context.total_kg,
                1.0,
            ),
        ),
        (
            words("summary.per_parcel"),
            context.missing("no_parcels") if per_parcel is None else context.figure(per_parcel),
            _ranged_note(context, words("summary.per_parcel_note"), per_parcel, inventory.parcels),
        ),
        (
            words("summary.largest"),
            Number(largest[2], context.of_total(largest[2])) if context.total_kg else none,
            words(
                "summary.largest_note",
                stage=largest[1],
                range=context.range(largest[2], *context.stage_ends(largest[0])),
            ),
        ),
        (words("summary.own"), context.figure(own), words("summary.own_note")),
        (
            words("summary.primary"),
            Number(primary, context.share(primary)) if context.total_kg else none,
            words("summary.primary_note"),
        ),
        (
            words("summary.product"),
            context.figure(inventory.product_kg) if inventory.product_kg else context.missing("no_product"),
            _note(
                context,
                words("summary.product_note"),
                inventory.product_kg,
                inventory.product_low_kg,
                inventory.product_high_kg,
            ),
        ),
    )
    blocks = (KeyFigures(figures), Subheading(words("summary.findings")), Bullets(tuple(_findings(context, own))))
    overview = (
        emissions.scope_table(context),
        *(replace(chart, table=None) for chart in spreading.stages(context).blocks if isinstance(chart, Chart)),
    )
    return Section("summary", title, (*blocks, *overview), True)


def _ranged_note(context: Context, note: str, value_kg: float | None, over: float) -> str:
    """Return a note under the total, or under the total over a count, that begins with its range."""
    inventory = context.inventory
    if value_kg is None or not context.ranged:
        return note
    return _note(context, note, value_kg, inventory.total_low_kg / over, inventory.total_high_kg / over)


def _note(context: Context, note: str, value_kg: float, low_kg: float | None, high_kg: float | None) -> str:
    if not value_kg or numbers.unknown(low_kg) or numbers.unknown(high_kg):
        return note
    ends = numbers.ends_with_unit(value_kg, low_kg, high_kg, context.language)
    return context.words("summary.range_note", range=ends, note=note)


def _findings(context: Context, own_kg: float) -> list[str]:
    words, inventory, total = context.words, context.inventory, context.total_kg
    found = []
    if total:
        ranked = sorted(context.stages, key=lambda stage: -stage[2])
        first, second = ranked[0], ranked[1]
        if second[2] > 0:
            found.append(
                words(
                    "summary.stage_finding",
                    stage=first[1],
                    share=context.of_total(first[2]),
                    second=context.inside(second[1]),
                    second_share=context.of_total(second[2]),
                )
            )
        else:
            found.append(words("summary.one_stage_finding", stage=first[1], share=context.of_total(first[2])))
        found.append(
            words("summary.scope_finding", outside=context.of_total(total - own_kg), inside=context.of_total(own_kg))
        )
        if len(inventory.lanes):
            lane = inventory.lanes.iloc[0]
            found.append(
                words(
                    "summary.lane_finding",
                    origin=context.place(lane["origin"]),
                    destination=context.place(lane["destination"]),
                    service=context.service(lane["service"]),
                    share=context.of_total(float(lane["co2e_kg"])),
                )
            )
        months = inventory.months["total_kg"]
        if len(months) > 1 and months.min() > 0:
            times = f"{months.max() / months.min():.1f}"
            found.append(
                words(
                    "summary.month_finding",
                    month=numbers.month(str(months.idxmax()), context.language),
                    range=context.range(
                        float(months.max()), *inventory.months.loc[months.idxmax(), ["low_kg", "high_kg"]]
                    ),
                    times=times,
                    lowest=numbers.month(str(months.idxmin()), context.language),
                )
            )
        first = next(causes.variance(context), None)
        if first is not None and context.ranged:
            found.append(
                words(
                    "summary.range_finding",
                    low=context.mass(inventory.total_low_kg),
                    high=context.mass(inventory.total_high_kg),
                    cause=context.inside(first[1]),
                    share=context.share(first[2]),
                )
            )
        shares = {name: context.share(inventory.quality.get(name, 0.0)) for name in ("primary", "modelled", "default")}
        found.append(words("summary.quality_finding", **shares))
        if inventory.incomplete:
            # One factor may lack several parts: the largest entry is the least that is touched.
            found.append(
                words("summary.incomplete_finding", share=context.of_total(max(inventory.incomplete.values())))
            )
    counts = inventory.row_counts
    key = "reject_finding" if counts.get("rejects") else "no_reject_finding"
    found.append(
        words(
            f"summary.{key}", rejects=context.count(counts.get("rejects", 0)), rows=context.count(counts.get("rows", 0))
        )
    )
    return found


def boundary(context: Context) -> Section:
    """Organisational and operational boundary, and what is outside with reasons."""
    words, inventory = context.words, context.inventory
    approach = str(context.organisation.get("consolidation") or "unknown")
    if approach not in words.at("boundary.consolidation"):
        approach = "unknown"
    stages = words.joined([context.inside(name) for _, name, value in context.stages if value]) or words("words.none")
    product = (
        words("boundary.product_text", mass=context.mass(inventory.product_kg))
        if inventory.product_kg
        else words("boundary.product_missing")
    )
    returns = "returns_text" if inventory.stages_kg.get("returns") else "returns_missing"
    items = (
        (words("boundary.included"), words("boundary.included_text", stages=stages)),
        (words("boundary.product"), product),
        (words("boundary.returns"), words(f"boundary.{returns}")),
        (words("boundary.contract"), words("boundary.contract_text")),
        (words("boundary.credits"), words("boundary.credits_text")),
    )
    blocks = (
        Subheading(words("boundary.organisational")),
        Text(words(f"boundary.consolidation.{approach}", name=context.name)),
        *entities.tables(context),
        Subheading(words("boundary.operational")),
        Text(words("boundary.operational_text")),
        Definitions(items),
        emissions.category_table(context, only_missing=True),
    )
    return Section("boundary", words("boundary.title"), blocks, True)


def method(context: Context) -> Section:
    """Every choice that the standards leave open."""
    words, inventory = context.words, context.inventory
    choices = context.organisation.get("method") or {}
    rounds = f"method.rounds_{choices.get('round_allocation', 'parcel')}"
    warehouses = f"method.warehouses_{choices.get('warehouse_allocation', 'parcel')}"
    gap = " " if context.language == "en" else ""
    reason = inventory.statement_reason_zh if context.language == "zh" else inventory.statement_reason
    statement = words("method.iso_yes") if inventory.statement else words("method.iso_no", reason=reason)
    release = words.joined([each[:12] for each in inventory.factor_release_sha256]) or words("words.unknown")
    items = [
        (words("method.gwp"), words("method.gwp_text", gwp=inventory.gwp_set or words("words.unknown"))),
        *_gases(context),
        (words("method.calculation"), words("method.calculation_text")),
        (words("method.rounds"), words(rounds) if words.has(rounds) else rounds),
        (
            words("method.warehouses"),
            f"{words(warehouses) if words.has(warehouses) else warehouses}{gap}{words('method.unmetered')}",
        ),
        (words("method.distances"), words("method.distances_text")),
        (words("method.factors"), words("method.factors_text", release=release)),
        (words("method.fallbacks"), words("method.fallbacks_text")),
        (words("method.cut_off"), words("method.cut_off_text")),
        (words("method.rf"), _radiative_forcing(context)),
        (words("method.scope2"), words("method.scope2_text")),
        (words("method.iso"), statement),
        (words("method.rounding"), words("method.rounding_text")),
    ]
    blocks: list[Block] = [Definitions(tuple(items))]
    notes = tuple(inventory.notes)
    if notes:
        blocks += [Subheading(words("method.notes")), Bullets(tuple(said(context, note) for note in notes))]
    return Section("method", words("method.title"), tuple(blocks))


def _gases(context: Context) -> tuple[tuple[str, str], ...]:
    """Return what is said of gases and biogenic carbon where no section of the report does."""
    words = context.words
    if context.standard is not None and "gases" in context.standard.sections:
        return ()
    return (
        (words("method.by_gas"), words.not_reported("by_gas")),
        (words("method.biogenic"), words.not_reported("no_biogenic")),
    )


def _radiative_forcing(context: Context) -> str:
    """Return the sentence on what is shown beside the totals."""
    rows = context.inventory.beside
    rows = rows[rows["what"] == "radiative_forcing"] if len(rows) else rows
    if not len(rows):
        return context.words("method.rf_none")
    without, with_rf = float(rows["without_kg"].sum()), float(rows["with_kg"].sum())
    return context.words("method.rf_text", without=context.mass(without), with_rf=context.mass(with_rf))
