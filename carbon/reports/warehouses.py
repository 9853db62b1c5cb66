"""Section on warehouses: meters, what parcels and other channels carry of them, and the rest."""

from __future__ import annotations

import math

import pandas as pd

from carbon.reports import numbers
from carbon.reports.context import Context
from carbon.reports.report import Cell, Column, Number, Section, Table


def sites(context: Context) -> Section:
    """Meters, what the parcels took of them, and the rest."""
    words, frame = context.words, context.inventory.sites
    title = words("sites.title")
    if not len(frame):
        rows = ((context.missing("no_sites"),),)
        columns = (Column(words("words.emissions")),)
        table = Table(words("sites.finding_empty"), columns, rows, notes=_unmetered_notes(context))
        return Section("sites", title, (table,))
    grouped = frame.groupby(["site", "activity", "unit"], sort=False, as_index=False).agg(
        metered_amount=("metered_amount", "sum"),
        metered_kg=("metered_kg", lambda part: part.sum(skipna=False)),
        allocated_kg=("allocated_kg", "sum"),
        channels_kg=("channels_kg", lambda part: part.sum(skipna=False)),
        unallocated_kg=("unallocated_kg", lambda part: part.sum(skipna=False)),
    )
    known = grouped.dropna(subset=["metered_kg"])
    scale = numbers.scale_for([*grouped["allocated_kg"], *known["metered_kg"]])
    rows = _site_rows(context, grouped, scale)
    metered, rest = float(known["metered_kg"].sum()), float(known["unallocated_kg"].sum())
    finding = words("sites.finding_empty")
    if metered:
        left = rest / metered
        key = "finding_served" if _served(context) else "finding_all"
        finding = words(f"sites.{key}") if abs(left) < 5e-4 else words("sites.finding", share=context.share(left))
    unit = f"{scale.unit} CO2e"
    table = Table(
        finding,
        (
            Column(words("sites.site"), weight=2.3),
            Column(words("sites.activity"), weight=2.2),
            Column(words("sites.metered"), weight=1.5, numeric=True),
            *(
                Column(words(f"sites.{each}"), unit, 1.45, True)
                for each in ("allocated", *(("channels",) if _served(context) else ()), "unallocated", "emissions")
            ),
        ),
        tuple(rows),
        words("sites.subtitle"),
        totals=int(len(known) == len(grouped)),
        notes=(words("sites.note"), *((words("sites.by_share"),) if len(context.inventory.entities) else ())),
    )
    return Section("sites", title, (table, _reconciled(context, grouped, scale)))


def _served(context: Context) -> bool:
    """Whether some site serves other channels besides the parcels."""
    return len(context.inventory.channels) > 0


def _unmetered_notes(context: Context) -> tuple[str, ...]:
    """Return what is said of channels whose site has no meter: there is no metered sum that their part could stand in."""
    words, channels = context.words, context.inventory.channels
    without = channels[~channels["site"].isin(set(context.inventory.sites["site"]))] if len(channels) else channels
    named = [
        words(
            "sites.unmetered_channel",
            site=context.place(str(row.site)),
            name=row.name_zh if context.language == "zh" else row.name,
            share=context.share(float(row.share)),
        )
        for row in without.itertuples()
    ]
    return (words("sites.unmetered_note", channels=words.joined(named)),) if named else ()


def _reconciled(context: Context, grouped: pd.DataFrame, scale: numbers.MassScale) -> Table:
    """Return each site's meters as a sum: what parcels carry, what each other channel carries, and the rest.

    As printed, a site's figures are the sums of its meters' above.
    """
    words, channels, steps = context.words, context.inventory.channels, _steps(context, grouped, scale)
    rows: list[tuple[Cell, ...]] = []
    sums: list[int] = []
    left_kg, whole_kg = 0.0, 0.0
    for site, mine in grouped.assign(row=range(len(grouped))).groupby("site", sort=False):
        metered_kg, allocated_kg = float(mine["metered_kg"].sum(skipna=False)), float(mine["allocated_kg"].sum())
        name = context.place(str(site))
        metered, allocated, others = (sum(each[row] for row in mine["row"]) for each in steps)
        parcels = context.stepped(allocated_kg, allocated, scale)
        if math.isnan(metered_kg):
            rows.append((name, words("sites.parcels"), parcels, "–"))
            rows.append((name, words("sites.rest"), context.missing("no_meter_factor"), "–"))
            continue
        served = list(channels[channels["site"] == site].itertuples())
        carried_kg = [metered_kg * float(row.share) for row in served]
        printed = numbers.steps(carried_kg, scale.step_kg, others * scale.step_kg)
        carried = [(words("sites.parcels"), allocated_kg, parcels)]
        for row, value_kg, count in zip(served, carried_kg, printed, strict=True):
            title = row.name_zh if context.language == "zh" else row.name
            basis = words(f"sites.by.{row.by}")
            text = words("sites.channel", name=title, share=context.share(float(row.share)), basis=basis)
            carried.append((text, value_kg, context.stepped(value_kg, count, scale)))
        rest_kg = _rest(metered_kg - math.fsum(value for _, value, _ in carried), metered_kg)
        carried.append((words("sites.rest"), rest_kg, context.stepped(rest_kg, metered - allocated - others, scale)))
        left_kg, whole_kg = left_kg + rest_kg, whole_kg + metered_kg
        parts = [value for _, value, _ in carried]
        shares = context.shares(parts) if min(parts) >= 0 else ["–"] * len(parts)
        rows += [(name, text, mass, share) for (text, _, mass), share in zip(carried, shares, strict=True)]
        sums.append(len(rows))
        rows.append((name, words("sites.whole"), context.stepped(metered_kg, metered, scale), context.whole()))
    title = words("sites.reconciled_empty")
    if whole_kg:
        title = words("sites.reconciled", share=context.share(1 - left_kg / whole_kg))
    return Table(
        title,
        (
            Column(words("sites.site"), weight=2.6),
            Column(words("sites.carried"), weight=4.2),
            Column(words("words.emissions"), f"{scale.unit} CO2e", 1.7, True),
            Column(words("words.share"), "%", 1.1, True),
        ),
        tuple(rows),
        words("sites.reconciled_subtitle"),
        notes=(words("sites.reconciled_note"), *_unmetered_notes(context)),
        sums=tuple(sums),
    )


def _rest(rest_kg: float, metered_kg: float) -> float:
    """Return a rest; one that is nothing but the rounding of floats is none."""
    return 0.0 if abs(rest_kg) < 1e-9 * max(abs(metered_kg), 1.0) else rest_kg


def _steps(context: Context, grouped: pd.DataFrame, scale: numbers.MassScale) -> tuple[list[int], list[int], list[int]]:
    """Return metered, parcels' and other channels' emissions in steps of the last printed place; what is unknown is none."""
    known = [
        [0.0 if math.isnan(each) else float(each) for each in grouped[name]] for name in ("metered_kg", "channels_kg")
    ]
    allocated = numbers.steps([float(each) for each in grouped["allocated_kg"]], scale.step_kg)
    channels = numbers.steps(known[1], scale.step_kg) if _served(context) else [0] * len(grouped)
    return numbers.steps(known[0], scale.step_kg), allocated, channels


def _site_rows(context: Context, grouped: pd.DataFrame, scale: numbers.MassScale) -> list[tuple[Cell, ...]]:
    """Return meters and, where all are known, their total; rows and columns add up as printed.

    Metered and allocated emissions are rounded to their totals, what is left is their printed difference.
    """
    complete = not grouped["metered_kg"].isna().any()
    metered, allocated, channels = _steps(context, grouped, scale)
    served = _served(context)
    rows = []
    for position, row in enumerate(grouped.itertuples()):
        value = numbers.published(round(float(row.metered_amount), 6), context.language)
        amount = Number(float(row.metered_amount), f"{value}\u00a0{numbers.unit_text(row.unit)}", row.unit)
        head = (context.place(row.site), context.words.named("activities", str(row.activity)), amount)
        taken = context.stepped(float(row.allocated_kg), allocated[position], scale)
        if math.isnan(row.metered_kg):
            rows.append((*head, taken, *(("–",) if served else ()), context.missing("no_meter_factor"), "–"))
            continue
        others = (context.stepped(float(row.channels_kg), channels[position], scale),) if served else ()
        rest = _rest(float(row.unallocated_kg), float(row.metered_kg))
        left = context.stepped(rest, metered[position] - allocated[position] - channels[position], scale)
        rows.append((*head, taken, *others, left, context.stepped(float(row.metered_kg), metered[position], scale)))
    if complete:
        sums = (
            context.stepped(float(grouped["allocated_kg"].sum()), sum(allocated), scale),
            *((context.stepped(float(grouped["channels_kg"].sum()), sum(channels), scale),) if served else ()),
            context.stepped(
                float(grouped["unallocated_kg"].sum()), sum(metered) - sum(allocated) - sum(channels), scale
            ),
            context.stepped(float(grouped["metered_kg"].sum()), sum(metered), scale),
        )
        rows.append((context.words("words.total"), "", "", *sums))
    return rows
