"""Sections of the transport declaration: totals, chain, services, hubs, data types; in the terms of ISO 14083."""

from __future__ import annotations

import math

from carbon.reports import numbers
from carbon.reports.causes import activity_name
from carbon.reports.context import Context
from carbon.reports.report import (
    Block,
    Cell,
    Column,
    KeyFigures,
    Missing,
    Notice,
    Number,
    Section,
    Table,
)
from carbon.terms import TRANSPORT_STAGES, DataType, Stage

_TONNE_KM = "kg*km"
_PARTS = ("wtt_kg", "ttw_kg", "unsplit_kg")


def totals(context: Context) -> Section:
    """Transport emissions in all, per parcel and per tonne-kilometre, and by stage and part of the energy's life."""
    words, chain = context.words, context.inventory.uses.chain
    title = words("transport_totals.title")
    total = math.fsum(chain["co2e_kg"])
    legs = chain[chain["unit"] == _TONNE_KM]
    tonne_km = float(legs["amount"].sum()) / 1000
    if not total:
        none = Table(
            words("transport_totals.finding_empty"),
            (Column(words("words.emissions")),),
            ((context.missing("no_transport"),),),
        )
        return Section("transport_totals", title, (none,), True)
    per_tonne_km: Number | Missing = context.missing("no_tonne_km")
    if tonne_km:
        per = float(legs["co2e_kg"].sum()) / tonne_km
        per_tonne_km = Number(per, f"{numbers.mass(per, context.language)} CO2e/(t·km)", "kg CO2e/(t·km)")
    figures = (
        (words("transport_totals.total"), context.figure(total), words("transport_totals.total_note")),
        (
            words("intensity.per_parcel"),
            context.figure(total / context.inventory.parcels),
            words("transport_totals.parcels_note", parcels=context.count(context.inventory.parcels)),
        ),
        (
            words("intensity.per_tonne_km"),
            per_tonne_km,
            words(
                "transport_totals.tonne_km_note",
                activity=f"{numbers.significant(tonne_km, context.language)}\u00a0t·km",
            ),
        ),
    )
    return Section("transport_totals", title, (KeyFigures(figures), _stage_table(context)), True)


def _stage_table(context: Context) -> Table:
    words, chain = context.words, context.inventory.uses.chain
    sums = {str(stage): chain[chain["stage"] == stage] for stage in TRANSPORT_STAGES}
    parts = {stage: [math.fsum(rows[name]) for name in _PARTS] for stage, rows in sums.items()}
    totals_kg = [math.fsum(values) for values in parts.values()]
    whole = math.fsum(totals_kg)
    scale = numbers.scale_for([*totals_kg, whole])
    printed_kg = context.settled(whole, scale)
    row_steps = numbers.steps(context.settle(totals_kg, scale), scale.step_kg, printed_kg)
    columns_kg = [math.fsum(values[place] for values in parts.values()) for place in range(len(_PARTS))]
    column_steps = numbers.steps(context.settle(columns_kg, scale), scale.step_kg, printed_kg)
    cells = numbers.grid(list(parts.values()), scale.step_kg, row_steps, column_steps)
    rows: list[tuple[Cell, ...]] = []
    for (stage, values), steps, total, whole_steps in zip(parts.items(), cells, totals_kg, row_steps, strict=True):
        shown = (
            context.stepped(value, count, scale) if value or count else "–"
            for value, count in zip(values, steps, strict=True)
        )
        rows.append((words(f"stages.{stage}"), *shown, context.stepped(total, whole_steps, scale)))
    under = (
        context.stepped(value, sum(column), scale) if value else "–"
        for value, column in zip(columns_kg, zip(*cells, strict=True), strict=True)
    )
    rows.append((words("words.total"), *under, context.stepped(whole, sum(row_steps), scale)))
    first = max(zip(parts, totals_kg, strict=True), key=lambda each: each[1])
    unit = f"{scale.unit} CO2e"
    return Table(
        words("transport_totals.finding", stage=words(f"stages.{first[0]}"), share=context.share(first[1] / whole)),
        (
            Column(words("stages_section.stage"), weight=2),
            *(Column(words(f"chain.{name.removesuffix('_kg')}"), unit, 1.5, True) for name in _PARTS),
            Column(words("words.total"), unit, 1.5, True),
        ),
        tuple(rows),
        words("transport_totals.subtitle"),
        totals=1,
    )


def chain(context: Context) -> Section:
    """Whether the figures may be called ISO 14083, and every transport chain element of every service."""
    words, inventory = context.words, context.inventory
    reason = inventory.statement_reason_zh if context.language == "zh" else inventory.statement_reason
    if inventory.statement:
        notice = Notice(words("chain.stated"), words("method.iso_yes"))
    else:
        notice = Notice(words("chain.not_stated"), words("method.iso_no", reason=reason))
    return Section("chain", words("chain.title"), (notice, _chain_table(context)))


def _chain_table(context: Context) -> Table:
    words, frame = context.words, context.inventory.uses.chain
    if not len(frame):
        return Table(
            words("chain.finding_empty"), (Column(words("words.emissions")),), ((context.missing("no_transport"),),)
        )
    scale = numbers.scale_for([float(value) for value in frame["co2e_kg"]])
    rows: list[tuple[Cell, ...]] = []
    for row in frame.itertuples():
        parts = [getattr(row, name) for name in _PARTS]
        # A row adds up as printed.
        steps = numbers.steps(parts, scale.step_kg, row.co2e_kg)
        shown = (
            context.stepped(value, count, scale) if value else "–" for value, count in zip(parts, steps, strict=True)
        )
        rows.append(
            (
                context.service(row.service),
                f"{row.leg} {words(f'stages.{row.stage}')}",
                activity_name(words, str(row.activity)),
                words(f"chain.parties.{row.party}"),
                _amount(context, float(row.amount), str(row.unit)),
                *shown,
                context.stepped(row.co2e_kg, sum(steps), scale),
                words(f"quality.{row.data_type}_short"),
            )
        )
    unit = f"{scale.unit} CO2e"
    columns = (
        Column(words("lanes.service"), weight=2.2),
        Column(words("chain.element"), weight=1.5),
        Column(words("chain.vehicle"), weight=2.6),
        Column(words("chain.party"), weight=0.9),
        Column(words("chain.amount"), weight=1.4, numeric=True),
        *(Column(words(f"chain.{name.removesuffix('_kg')}_short"), unit, 1.05, True) for name in _PARTS),
        Column(words("words.total"), unit, 1.05, True),
        Column(words("chain.data"), weight=1.05),
    )
    finding = words(
        "chain.finding", elements=context.count(len(frame)), services=context.count(frame["service"].nunique())
    )
    return Table(finding, columns, tuple(rows), words("chain.subtitle"), dense=True, notes=(words("chain.note"),))


#: Canonical units as a declaration prints them: unit, and what one of them is in it.
_SHOWN = {_TONNE_KM: ("t·km", 1e-3), "kg": ("t", 1e-3), "m**3": ("l", 1e3)}


def _amount(context: Context, value: float, unit: str) -> Number:
    shown, scale = _SHOWN.get(unit, (numbers.unit_text(unit), 1.0))
    return Number(value * scale, f"{numbers.significant(value * scale, context.language)}\u00a0{shown}", shown)


def services(context: Context) -> Section:
    """Each service's transport: parcels, tonne-kilometres, per parcel and per tonne-kilometre."""
    words, frame = context.words, context.inventory.uses.chain
    title = words("transport_services.title")
    if not len(frame):
        none = Table(
            words("chain.finding_empty"), (Column(words("words.emissions")),), ((context.missing("no_transport"),),)
        )
        return Section("transport_services", title, (none,))
    sums = frame.groupby("service")["co2e_kg"].sum().sort_values(ascending=False)
    parcels = context.inventory.services.set_index("service")["parcels"]
    legs = (
        frame[frame["unit"] == _TONNE_KM].groupby("service").agg(amount=("amount", "sum"), co2e_kg=("co2e_kg", "sum"))
    )
    total = math.fsum(sums)
    scale = numbers.scale_for([*(float(value) for value in sums), total])
    each = numbers.scale_for([float(value) / parcels[name] for name, value in sums.items()])
    rows: list[tuple[Cell, ...]] = []
    masses = context.masses([float(value) for value in sums], scale, total)
    for (name, value), mass in zip(sums.items(), masses, strict=True):
        tonne_km: Cell = "–"
        intensity: Cell = context.missing("no_tonne_km_short")
        if name in legs.index:
            amount = float(legs.loc[name, "amount"]) / 1000
            tonne_km = Number(amount, numbers.significant(amount, context.language), "t·km")
            per = float(legs.loc[name, "co2e_kg"]) / amount
            intensity = Number(per, numbers.significant(per * 1000, context.language), "g CO2e/(t·km)")
        rows.append(
            (
                context.service(name),
                *context.counts([parcels[name]]),
                mass,
                context.one_mass(float(value) / parcels[name], each),
                tonne_km,
                intensity,
            )
        )
    columns = (
        Column(words("lanes.service"), weight=3),
        Column(words("words.parcels"), weight=1, numeric=True),
        Column(words("words.emissions"), f"{scale.unit} CO2e", 1.4, True),
        Column(words("lanes.per_parcel"), f"{each.unit} CO2e", 1.4, True),
        Column(words("transport_services.tonne_km"), "t·km", 1.3, True),
        Column(words("transport_services.per_tonne_km"), "g CO2e/(t·km)", 1.5, True),
    )
    first = str(sums.index[0])
    finding = words(
        "transport_services.finding", service=context.service(first), share=context.share(float(sums.iloc[0]) / total)
    )
    table = Table(
        finding,
        columns,
        tuple(rows),
        words("transport_services.subtitle"),
        notes=(words("transport_services.tonne_km_note"),),
    )
    return Section("transport_services", title, (table,))


def hubs(context: Context) -> Section:
    """Hub operations: throughput and emissions by category."""
    words, frame = context.words, context.inventory.uses.chain
    rows_of = frame[frame["stage"] == Stage.HUBS]
    title = words("hubs_section.title")
    if not len(rows_of):
        none = Table(
            words("hubs_section.finding_empty"), (Column(words("words.emissions")),), ((context.missing("no_hubs"),),)
        )
        return Section("hubs", title, (none,))
    sums = rows_of.groupby(["activity", "data_type", "unit"], as_index=False).agg(
        amount=("amount", "sum"), co2e_kg=("co2e_kg", "sum"), stays=("parcels", "sum")
    )
    total = math.fsum(sums["co2e_kg"])
    scale = numbers.scale_for([*(float(value) for value in sums["co2e_kg"]), total])
    masses = context.masses([float(value) for value in sums["co2e_kg"]], scale, total)
    rows: list[tuple[Cell, ...]] = [
        (
            activity_name(words, str(row.activity)),
            words(f"quality.{row.data_type}_short"),
            *context.counts([row.stays]),
            _amount(context, float(row.amount), str(row.unit)),
            mass,
        )
        for row, mass in zip(sums.itertuples(), masses, strict=True)
    ]
    rows.append((words("words.total"), "", *context.counts([sums["stays"].sum()]), "–", context.one_mass(total, scale)))
    columns = (
        Column(words("hubs_section.category"), weight=3),
        Column(words("chain.data"), weight=1.3),
        Column(words("hubs_section.stays"), weight=1.4, numeric=True),
        Column(words("hubs_section.throughput"), weight=1.6, numeric=True),
        Column(words("words.emissions"), f"{scale.unit} CO2e", 1.6, True),
    )
    finding = words("hubs_section.finding", stays=context.count(sums["stays"].sum()))
    table = Table(finding, columns, tuple(rows), words("hubs_section.subtitle"), totals=1)
    return Section("hubs", title, (table,))


def data_types(context: Context) -> Section:
    """Transport emissions by data type."""
    words, frame = context.words, context.inventory.uses.chain
    sums = [float(frame[frame["data_type"] == name]["co2e_kg"].sum()) for name in DataType]
    total = math.fsum(sums)
    title = words("transport_data.title")
    columns_of = Column(words("quality.type"), weight=4)
    if not total:
        none = Table(words("quality.finding_empty"), (columns_of,), ((context.missing("no_transport"),),))
        return Section("transport_data", title, (none,))
    scale = numbers.scale_for([*sums, total])
    cells = zip(DataType, context.masses(sums, scale, total), context.shares(sums), strict=True)
    rows = [(words(f"quality.{name}"), mass, share) for name, mass, share in cells]
    rows.append((words("words.total"), context.one_mass(total, scale), context.whole()))
    blocks: tuple[Block, ...] = (
        Table(
            words("transport_data.finding", share=context.share(sums[0] / total)),
            (
                columns_of,
                Column(words("words.emissions"), f"{scale.unit} CO2e", 3, True),
                Column(words("words.share"), "%", 1.3, True),
            ),
            tuple(rows),
            words("transport_data.subtitle"),
            totals=1,
        ),
    )
    return Section("transport_data", title, blocks)
