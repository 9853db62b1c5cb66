"""Sections on what the organisation undertakes: base year, targets and the way to them, measures, credits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from carbon.reports import numbers, over_time
from carbon.reports.context import Context
from carbon.reports.report import (
    Block,
    Cell,
    Column,
    Definitions,
    Missing,
    Number,
    Section,
    Table,
    Text,
)

_TOTAL = "total"


def base_year(context: Context) -> Section:
    """Base year, threshold, and every restatement with the former figure beside the new one."""
    words, organisation = context.words, context.organisation
    year = organisation.get("base_year")
    threshold = (organisation.get("restatement") or {}).get("threshold")
    figure = context.inventory.base_year_kg
    items = (
        (words("targets.base_year"), str(year) if year else words.not_reported("no_base_year")),
        (
            words("base_year.figure"),
            f"{context.mass(figure)} CO2e" if figure else words.not_reported("no_base_year_data"),
        ),
        (words("targets.policy"), words("targets.policy_text")),
        (
            words("base_year.threshold"),
            words.not_reported("no_threshold")
            if threshold is None
            else words("base_year.threshold_text", share=context.share(float(threshold))),
        ),
    )
    return Section("base_year", words("base_year.title"), (Definitions(items), _restatements(context)))


def _restatements(context: Context) -> Table:
    words, found = context.words, context.inventory.restatements or []
    scale = numbers.scale_for([kg for each in found for kg in (each.before_kg, each.after_kg)])
    unit = f"{scale.unit} CO2e"
    columns = (
        Column(words("base_year.when"), weight=1.1),
        Column(words("base_year.reason"), weight=2.6),
        Column(words("base_year.year"), weight=0.9),
        Column(words("base_year.before"), unit, 1.5, True),
        Column(words("base_year.after"), unit, 1.5, True),
        Column(words("base_year.change"), "%", 1, True),
    )
    if not found:
        return Table(words("base_year.none"), columns, ((words("words.none"), "–", "–", "–", "–", "–"),))
    rows = tuple(
        (
            each.created_at[:10],
            words.named("base_year.reasons", str(each.reason)),
            str(each.base_year),
            context.one_mass(each.before_kg, scale),
            context.one_mass(each.after_kg, scale),
            "–" if each.change_share is None else Number(each.change_share, _signed(context, each.change_share), "%"),
        )
        for each in found
    )
    finding = words("base_year.finding", count=len(found))
    return Table(finding, columns, rows, words("base_year.subtitle"), notes=(words("base_year.note"),))


def _signed(context: Context, share: float) -> str:
    text = numbers.decimal(100 * share, 1, context.language)
    return text if share < 0 else f"+{text}"


def progress(context: Context, target: Mapping[str, Any]) -> tuple[float | None, str]:
    """Return the reduction since a target's base year over the base year's emissions, or the reason why there is none.

    Only a whole year can be set against a base year, and only where the target covers all delivery emissions.
    """
    inventory, year = context.inventory, str(target["base_year"])
    if str(target.get("covers", _TOTAL)) != _TOTAL:
        return None, "other_coverage"
    if str(context.organisation.get("base_year")) != year or not inventory.base_year_kg:
        return None, "no_base_year_data"
    if not (inventory.period.isdigit() and len(inventory.period) == len("2025")):
        return None, "no_whole_year"
    if inventory.period == year:
        return None, "is_base_year"
    return 1 - context.total_kg / inventory.base_year_kg, ""


def targets(context: Context) -> Section:
    """Targets with their progress, and the straight way from base year to target year."""
    blocks: list[Block] = [_target_table(context)]
    path = _path_table(context)
    chart = over_time.glidepath(context)
    # The picture's data are the path year by year.
    blocks += [replace(each, table=path or each.table) for each in chart] or ([path] if path else [])
    return Section("targets", context.words("targets.title"), tuple(blocks))


def _target_table(context: Context) -> Table:
    words = context.words
    columns = (
        Column(words("targets.year"), weight=1),
        Column(words("targets.base"), weight=1),
        Column(words("targets.covers"), weight=1.4),
        Column(words("targets.reduction"), "%", 1.2, True),
        Column(words("targets.progress"), weight=4),
    )
    found: list[tuple[Cell, ...]] = []
    for target in sorted(context.organisation.get("targets") or (), key=lambda each: int(each["year"])):
        covers = str(target.get("covers", _TOTAL))
        share = float(target["reduction_share"])
        reduction = Number(share, numbers.percents(share, context.language), "%")
        covered = words("targets.covers_total") if covers == _TOTAL else covers
        done, reason = progress(context, target)
        if done is None:
            cell: Cell = context.missing(reason)
        else:
            cell = Number(done, _done(context, done), "%")
        found.append((str(target["year"]), str(target["base_year"]), covered, reduction, cell))
    missing = Missing(words.not_reported("no_targets"))
    rows = tuple(found) or (("–", "–", "–", "–", missing),)
    return Table(words("targets.finding"), columns, rows, words("targets.subtitle"))


def _done(context: Context, share: float) -> str:
    """Return a reduction in words; what is below zero is more than there was."""
    key = "less" if share > 0 else "more" if share < 0 else "same"
    return context.words(f"targets.{key}", share=numbers.percent(abs(share), context.language, 1))


def _path_table(context: Context) -> Table | None:
    """Return the straight lines from the base year to the targets, year by year, beside what the ledger holds."""
    words, inventory = context.words, context.inventory
    way = over_time.target_path(inventory, context.organisation)
    if way is None:
        return None
    first, last = way.wanted[0][0], way.wanted[-1][0]
    path = {year: way.at(year) for year in range(first, last + 1)}
    known = {str(first): way.base_kg}
    if inventory.period.isdigit() and not context.empty:
        known[inventory.period] = context.total_kg
    scale = numbers.scale_for([*path.values(), *known.values()])
    rows = tuple(
        (
            str(year),
            context.one_mass(value, scale),
            context.one_mass(known[str(year)], scale) if str(year) in known else "–",
        )
        for year, value in path.items()
    )
    unit = f"{scale.unit} CO2e"
    columns = (
        Column(words("targets.year"), weight=1),
        Column(words("targets.path"), unit, 2, True),
        Column(words("targets.actual"), unit, 2, True),
    )
    title = words("targets.path_finding", year=last, mass=f"{context.mass(path[last])} CO2e")
    return Table(title, columns, rows, words("targets.path_subtitle"), notes=(words("targets.path_note"),))


def measures(context: Context) -> Section:
    """Measures and their effect, where they were handed over, and the price that emissions have inside the organisation."""
    return Section("measures", context.words("measures.title"), (_measure_table(context),))


def _carbon_price(context: Context) -> str:
    words = context.words
    return words("measures.carbon_price", text=carbon_prices(context) or words.not_reported("no_carbon_price"))


def carbon_prices(context: Context) -> str:
    """Return the prices that emissions have inside the organisation, each with what it serves; nothing where there is none."""
    words, given = context.words, context.organisation
    found = []
    if price := (given.get("costs") or {}).get("carbon_price"):
        found.append(words("facts.carbon_price", price=numbers.unit_text(str(price))))
    if path := (given.get("finance") or {}).get("carbon_price"):
        stated = path.items() if isinstance(path, Mapping) else [("", path)]
        prices = [
            words("facts.carbon_price_year", price=numbers.unit_text(str(price)), year=year)
            if year
            else numbers.unit_text(str(price))
            for year, price in stated
        ]
        found.append(words("facts.carbon_price_measures", prices=words.joined(prices)))
    return words("words.semicolon").join(found)


def _measure_table(context: Context) -> Table:
    words, found = context.words, context.measures
    known = [each.alone_kg for each in found if each.alone_kg is not None]
    total_kg = math.fsum(each.saving_kg for each in found if each.has_effect)
    scale = numbers.scale_for([total_kg, *known])
    unit = f"{scale.unit} CO2e"
    columns = (
        Column(words("measures.measure"), weight=3.4),
        Column(words("measures.state"), weight=1.3),
        Column(words("measures.alone"), unit, 1.7, True),
        Column(words("measures.saving"), unit, 2.2, True),
    )
    if not found:
        rows = ((context.missing("no_measures"), "–", "–", "–"),)
        return Table(words("measures.none"), columns, rows, notes=(_carbon_price(context),))
    effects = iter(context.masses([each.saving_kg for each in found if each.has_effect], scale, total_kg))
    told: list[tuple[Cell, ...]] = [
        (
            each.name,
            words(f"measures.states.{each.state}"),
            "–" if each.alone_kg is None else context.one_mass(each.alone_kg, scale),
            next(effects) if each.has_effect else Missing(words("roi.carbon.beside")),
        )
        for each in found
    ]
    told.append((words("measures.all"), "", "", context.one_mass(total_kg, scale)))
    title = words("measures.finding", mass=f"{context.mass(total_kg)} CO2e") if total_kg > 0 else words("measures.none")
    notes = (*((words("measures.note"),) if known else ()), _carbon_price(context))
    return Table(title, columns, tuple(told), words("measures.subtitle"), totals=1, notes=notes)


def credits(context: Context) -> Section:
    """Carbon credits on lines of their own, outside every figure."""
    words = context.words
    rows = tuple((words(f"credits.{key}"), context.missing("no_credits")) for key in ("bought", "cancelled", "planned"))
    columns = (Column(words("credits.line"), weight=2), Column(words("words.emissions"), weight=4))
    table = Table(words("credits.finding"), columns, rows, words("credits.subtitle"))
    return Section("credits", words("credits.title"), (Text(words("boundary.credits_text")), table))
