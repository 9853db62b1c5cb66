"""Facts that are sentences: boundary, method, base year, targets, and what only the organisation can give."""

from __future__ import annotations

import math

from carbon.reports import numbers
from carbon.reports.commitments import carbon_prices, progress
from carbon.reports.context import Context
from carbon.reports.emissions import CATEGORIES
from carbon.reports.energy_used import energy_used
from carbon.reports.fact import Book, Fact, absent

book = Book("method")


@book("consolidation", "boundary")
def _consolidation(context: Context) -> Fact:
    approach = str(context.organisation.get("consolidation") or "unknown")
    if approach == "unknown" or approach not in context.words.at("boundary.consolidation"):
        return absent("text", "no_consolidation")
    return Fact(context.words(f"facts.consolidation.{approach}"), "text")


@book("categories_included", "scopes")
def _categories_included(context: Context) -> Fact:
    found = _categories(context)
    if not found:
        return absent("text", "no_parcels")
    return Fact(context.words.joined([each for each in CATEGORIES if each in found]), "text")


@book("exclusions", "boundary")
def _exclusions(context: Context) -> Fact:
    found = _categories(context)
    return Fact(context.words.joined([each for each in CATEGORIES if each not in found]), "text")


def _categories(context: Context) -> set[str]:
    return {str(category) for category in context.inventory.categories["category"]}


@book("method")
def _method(context: Context) -> Fact:
    gwp = context.inventory.gwp_set or context.words("words.unknown")
    return Fact(context.words("facts.method", gwp=gwp), "text")


@book("allocation")
def _allocation(context: Context) -> Fact:
    key = f"method.rounds_{(context.organisation.get('method') or {}).get('round_allocation', 'parcel')}"
    return Fact(context.words(key), "text") if context.words.has(key) else absent("text", "narrative")


@book("data_quality", "quality")
def _data_quality(context: Context) -> Fact:
    if not context.total_kg:
        return absent("text", "no_data_types")
    shares = {name: context.share(value) for name, value in context.inventory.quality.items()}
    return Fact(context.words("facts.data_quality", **shares), "text")


@book("base_year", "base_year")
def _base_year(context: Context) -> Fact:
    year = context.organisation.get("base_year")
    if not year:
        return absent("text", "no_base_year")
    threshold = (context.organisation.get("restatement") or {}).get("threshold")
    return Fact(str(year), "text", limits=() if threshold is not None else ("no_threshold",))


@book("restatements", "base_year")
def _restatements(context: Context) -> Fact:
    count = len(context.inventory.restatements or ())
    return Fact(context.words("facts.restatements", count=count) if count else context.words("words.none"), "text")


@book("targets", "targets")
def _targets(context: Context) -> Fact:
    found = [
        context.words(
            "facts.target",
            share=context.share(float(each["reduction_share"])),
            base=each["base_year"],
            year=each["year"],
        )
        for each in sorted(context.organisation.get("targets") or (), key=lambda each: int(each["year"]))
    ]
    return Fact(context.words("words.semicolon").join(found), "text") if found else absent("text", "no_targets")


@book("target_year", "targets")
def _target_year(context: Context) -> Fact:
    return _of_first_target(context, "year")


@book("target_base_year", "targets")
def _target_base_year(context: Context) -> Fact:
    return _of_first_target(context, "base_year")


def _of_first_target(context: Context, key: str) -> Fact:
    targets = context.organisation.get("targets") or ()
    return Fact(str(targets[0][key]), "text") if targets else absent("text", "no_targets")


@book("target_progress", "targets")
def _target_progress(context: Context) -> Fact:
    targets = context.organisation.get("targets") or ()
    if not targets:
        return absent("share", "no_targets")
    share, reason = progress(context, targets[0])
    return absent("share", reason) if share is None else Fact(share, "share")


@book("carbon_price", "measures")
def _carbon_price(context: Context) -> Fact:
    text = carbon_prices(context)
    return Fact(text, "text") if text else absent("text", "no_carbon_price")


@book("previous_year", "energy_carbon")
def _previous_year(context: Context) -> Fact:
    if context.former is None:
        return absent("text", "no_previous")
    used = energy_used(context.former)
    if used.energy_kwh is None or used.co2e_kg is None or used.per_parcel_kg is None:
        return absent("text", "unmetered")
    return Fact(
        context.words(
            "facts.previous_year",
            year=used.period,
            energy=f"{numbers.significant(used.energy_kwh, context.language)}\u00a0kWh",
            mass=context.mass(used.co2e_kg),
            ratio=context.mass(used.per_parcel_kg),
        ),
        "text",
    )


@book("credits", "credits")
def _credits(context: Context) -> Fact:
    return absent("kg CO2e", "no_credits")


@book("measures", "measures")
def _measures(context: Context) -> Fact:
    names = [each.name for each in context.measures if each.has_effect]
    return Fact(context.words("words.semicolon").join(names), "text") if names else absent("text", "no_measures")


@book("abatement", "measures")
def _abatement(context: Context) -> Fact:
    done = [(each.name, each.saving_kg) for each in context.measures if each.state == "done"]
    if not done:
        return absent("kg CO2e", "none_done" if context.measures else "no_measures")
    parts = tuple(("measure", name, saving_kg) for name, saving_kg in done)
    return Fact(math.fsum(saving_kg for _, saving_kg in done), "kg CO2e", parts=parts)
