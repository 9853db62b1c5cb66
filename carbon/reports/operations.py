"""Sections on what was done: lanes, services, packaging."""

from __future__ import annotations

import math

from carbon.reports import movements, numbers
from carbon.reports.answers import FACTS
from carbon.reports.context import Context
from carbon.reports.report import Block, Cell, Column, Number, Section, Table
from carbon.terms import Stage


def lanes(context: Context) -> Section:
    """Largest lanes, and all services."""
    words = context.words
    blocks = (*movements.flow(context), _lane_table(context), _service_table(context))
    return Section("lanes", words("lanes.title"), blocks)


def _emission_columns(context: Context, scale: numbers.MassScale, each: numbers.MassScale) -> tuple[Column, ...]:
    words = context.words
    return (
        Column(words("words.parcels"), weight=1.1, numeric=True),
        Column(words("words.emissions"), f"{scale.unit} CO2e", 1.4, True),
        Column(words("lanes.per_parcel"), f"{each.unit} CO2e", 1.4, True),
        Column(words("words.share"), "%", 0.9, True),
    )


def _emission_cells(
    context: Context, frame, scale: numbers.MassScale, each: numbers.MassScale
) -> list[tuple[Cell, ...]]:
    """Cells of rows that are no partition of the total: every figure is rounded on its own."""
    total = context.total_kg
    found = []
    for row in frame.itertuples():
        share = context.percents([row.co2e_kg / total])[0] if total else "–"
        found.append(
            (
                *context.counts([row.parcels]),
                context.one_mass(float(row.co2e_kg), scale),
                context.one_mass(float(row.kg_per_parcel), each),
                share,
            )
        )
    return found


def _lane_table(context: Context) -> Table:
    words, frame = context.words, context.inventory.lanes
    if not len(frame):
        return Table(
            words("lanes.finding_empty"), (Column(words("words.emissions")),), ((context.missing("no_lanes"),),)
        )
    scale, each = numbers.scale_for(list(frame["co2e_kg"])), numbers.scale_for(list(frame["kg_per_parcel"]))
    rows = tuple(
        (context.place(row.origin), context.place(row.destination), context.service(row.service), *cells)
        for row, cells in zip(frame.itertuples(), _emission_cells(context, frame, scale, each), strict=True)
    )
    count, share = min(5, len(frame)), context.of_total(float(frame["co2e_kg"].head(5).sum()))
    title = words("lanes.finding_one", share=share) if count == 1 else words("lanes.finding", count=count, share=share)
    columns = (
        Column(words("lanes.origin"), weight=2.1),
        Column(words("lanes.destination"), weight=1.8),
        Column(words("lanes.service"), weight=2.1),
        *_emission_columns(context, scale, each),
    )
    return Table(title, columns, rows, words("lanes.subtitle"))


def _service_table(context: Context) -> Table:
    words, frame = context.words, context.inventory.services
    if not len(frame):
        return Table(
            words("lanes.services_empty"), (Column(words("words.emissions")),), ((context.missing("no_services"),),)
        )
    total = context.total_kg
    scale, each = numbers.scale_for([*frame["co2e_kg"], total]), numbers.scale_for(list(frame["kg_per_parcel"]))
    masses = context.masses([float(value) for value in frame["co2e_kg"]], scale, total)
    shares = context.shares([float(value) for value in frame["co2e_kg"]])
    rows = [
        (
            context.service(row.service),
            *context.counts([row.parcels]),
            mass,
            context.one_mass(float(row.kg_per_parcel), each),
            share,
        )
        for row, mass, share in zip(frame.itertuples(), masses, shares, strict=True)
    ]
    mean = context.one_mass(total / context.inventory.parcels, each) if context.inventory.parcels else "–"
    rows.append(
        (
            words("words.total"),
            *context.counts([context.inventory.parcels]),
            context.one_mass(total, scale),
            mean,
            context.whole(),
        )
    )
    first = frame.iloc[0]
    return Table(
        words(
            "lanes.services_finding",
            service=context.service(first["service"]),
            share=context.of_total(float(first["co2e_kg"])),
        ),
        (Column(words("lanes.service"), weight=4.2), *_emission_columns(context, scale, each)),
        tuple(rows),
        words("lanes.services_subtitle"),
        totals=1,
    )


def packaging(context: Context) -> Section:
    """Masses by material, packages, and the measures there are no data for."""
    words = context.words
    blocks: list[Block] = (
        [_material_table(context), _package_table(context)]
        if len(context.inventory.packages)
        else [_material_table(context)]
    )
    measures = tuple(
        (words(f"packaging.{key}"), _share(context, key))
        for key in (
            "empty_space",
            "reuse_share",
            "own_container_share",
            "recycled_share",
            "recycled_mass",
            "single_use_plastic",
        )
    )
    columns = (Column(words("packaging.measure"), weight=2), Column(words("packaging.value"), weight=4))
    blocks.append(Table(words("packaging.measures"), columns, measures))
    return Section("packaging", words("packaging.title"), tuple(blocks))


def _share(context: Context, key: str) -> Cell:
    """Return a share or a mass of the facts, or the reason why there is none."""
    fact = FACTS[key](context)
    if fact.value is None:
        return context.missing(fact.missing)
    if fact.unit == "kg":
        return Number(float(fact.value), numbers.mass(float(fact.value), context.language), "kg")
    return Number(float(fact.value), numbers.percent(float(fact.value), context.language, 1), "")


def _material_table(context: Context) -> Table:
    words, frame = context.words, context.inventory.packaging_kg_by_material
    masses = [float(value) for value in frame["mass_kg"]] if len(frame) else []
    total = math.fsum(masses)
    if not total:
        return Table(
            words("packaging.finding_empty"), (Column(words("packaging.mass")),), ((context.missing("no_materials"),),)
        )
    scale, gas = numbers.scale_for([*masses, total]), numbers.scale_for([float(value) for value in frame["co2e_kg"]])
    names = [_material(context, row.material, row.source) for row in frame.itertuples()]
    emissions = context.masses([float(value) for value in frame["co2e_kg"]], gas)
    cells = zip(names, context.masses(masses, scale, total, ""), context.shares(masses), emissions, strict=True)
    rows = [tuple(each) for each in cells]
    whole = context.one_mass(float(frame["co2e_kg"].sum()), gas)
    rows.append((words("words.total"), context.one_mass(total, scale, ""), context.whole(), whole))
    by_material = frame.groupby("material")["mass_kg"].sum()
    first = str(by_material.idxmax())
    return Table(
        words(
            "packaging.finding",
            material=words.named("materials", first),
            share=context.share(float(by_material.max()) / total),
        ),
        (
            Column(words("packaging.material"), weight=4),
            Column(words("packaging.mass"), scale.unit, 1.6, True),
            Column(words("words.share"), "%", 1.3, True),
            Column(words("words.emissions"), f"{gas.unit} CO2e", 1.8, True),
        ),
        tuple(rows),
        words("packaging.subtitle"),
        totals=1,
        notes=(words("packaging.returns_note"),) if context.inventory.stages_kg.get(Stage.RETURNS) else (),
    )


def _material(context: Context, material: str, source: object) -> str:
    name = context.words.named("materials", str(material))
    kind = str(source) if source is not None and source == source else ""
    return f"{name}{context.words('words.separator')}{context.words.named('origins', kind)}" if kind else name


def _package_table(context: Context) -> Table:
    words, frame = (
        context.words,
        context.inventory.packages.sort_values(["parcels", "package"], ascending=[False, True]),
    )
    scale = numbers.scale_for(list(frame["packaging_mass_kg"]))
    rows = tuple(
        (
            context.package(row.package),
            *context.counts([row.parcels]),
            context.one_mass(float(row.packaging_mass_kg), scale, ""),
        )
        for row in frame.itertuples()
    )
    columns = (
        Column(words("packaging.package"), weight=4),
        Column(words("words.parcels"), weight=2, numeric=True),
        Column(words("packaging.mass"), scale.unit, 2.7, True),
    )
    title = words("packaging.packages_finding", package=context.package(frame.iloc[0]["package"]))
    return Table(title, columns, rows, words("packaging.packages_subtitle"))
