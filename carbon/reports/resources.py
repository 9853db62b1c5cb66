"""Sections on gases, energy and waste."""

from __future__ import annotations

import math

from carbon.reports import instruments, numbers
from carbon.reports.answers import FACTS
from carbon.reports.causes import activity_name
from carbon.reports.context import Context, place_name
from carbon.reports.report import Block, Cell, Column, Number, Section, Table
from carbon.terms import Scope

_GASES = ("CO2", "CH4", "N2O", "HFC", "unsplit")


def gases(context: Context) -> Section:
    """Scopes by gas where a source splits them, the mass of each gas, and biogenic carbon."""
    words = context.words
    blocks: list[Block] = [_gas_table(context), _gas_masses(context)]
    rows = ((words("gases.biogenic_line"), context.missing("no_biogenic")),)
    columns = (Column(words("gases.gas"), weight=2), Column(words("words.emissions"), weight=4))
    blocks.append(Table(words("gases.biogenic"), columns, rows, words("gases.biogenic_subtitle")))
    return Section("gases", words("gases.title"), tuple(blocks))


def _gas_table(context: Context) -> Table:
    words, frame = context.words, context.inventory.uses.gases
    by = {(str(row.scope), str(row.gas)): float(row.co2e_kg) for row in frame.itertuples()}
    shown = [gas for gas in _GASES if any(name == gas for _, name in by)]
    scale = context.shared_scale([context.total_kg, *by.values()])
    unit = f"{scale.unit} CO2e"
    columns = (
        Column(words("scopes.scope"), weight=2.4),
        *(Column(words(f"gases.{gas}"), unit, 1.2, True) for gas in shown or ("unsplit",)),
        Column(words("words.total"), unit, 1.2, True),
    )
    known = [scope for scope in map(str, Scope) if any(name == scope for name, _ in by)]
    parts = [[by.get((scope, gas), 0.0) for gas in shown] for scope in known]
    sums = [math.fsum(line[place] for line in parts) for place in range(len(shown))]
    whole = math.fsum(by.values())
    # Scopes are rounded together, as in their own table, and each one's gases to what it prints.
    down = numbers.steps(context.settle([math.fsum(line) for line in parts], scale), scale.step_kg, whole)
    counts = dict(
        zip(known, numbers.grid(parts, scale.step_kg, down, numbers.steps(sums, scale.step_kg, whole)), strict=True)
    )
    rows: list[tuple[Cell, ...]] = []
    for scope in map(str, Scope):
        if scope not in counts:
            reason = f"scope_{scope}" if scope != Scope.SCOPE_3 else "no_parcels"
            dashes = ("–",) * (len(columns) - 2)
            rows.append((words(f"quality.scopes.{scope}"), context.missing(reason), *dashes))
            continue
        cells = [
            context.stepped(by[scope, gas], count, scale) if (scope, gas) in by else "–"
            for gas, count in zip(shown, counts[scope], strict=True)
        ]
        total = math.fsum(by.get((scope, gas), 0.0) for gas in shown)
        rows.append((words(f"quality.scopes.{scope}"), *cells, context.stepped(total, sum(counts[scope]), scale)))
    if counts:
        printed = [sum(line) for line in zip(*counts.values(), strict=True)]
        cells = [context.stepped(value, count, scale) for value, count in zip(sums, printed, strict=True)]
        rows.append((words("words.total"), *cells, context.stepped(whole, sum(printed), scale)))
    known = math.fsum(value for (_, gas), value in by.items() if gas != "unsplit")
    title = words("gases.finding", share=context.share(known / whole)) if whole else words("gases.finding_empty")
    totals, notes = int(bool(counts)), (words("gases.note"),)
    return Table(title, columns, tuple(rows), words("gases.subtitle"), totals=totals, notes=notes)


def _gas_masses(context: Context) -> Table:
    words, frame = context.words, context.inventory.uses.gases
    known = frame[frame["gas"] != "unsplit"] if len(frame) else frame
    sums = known.groupby("gas")["mass_kg"].sum() if len(known) else {}
    columns = (Column(words("gases.gas"), weight=2), Column(words("gases.mass"), "kg", 4, True))
    found = [gas for gas in _GASES if gas in sums]
    if not found:
        return Table(words("gases.masses"), columns, ((words("gases.unsplit"), context.missing("by_gas")),))
    rows = tuple(
        (words(f"gases.{gas}"), Number(float(sums[gas]), numbers.significant(float(sums[gas]), context.language), "kg"))
        for gas in found
    )
    return Table(words("gases.masses"), columns, rows, words("gases.masses_subtitle"))


def energy(context: Context) -> Section:
    """Energy of own sites and vehicles by country and source, own generation, contracts."""
    words, frame = context.words, context.inventory.uses.energy
    title = words("energy.title")
    if not len(frame):
        columns = (Column(words("words.emissions")),)
        return Section(
            "energy", title, (Table(words("energy.finding_empty"), columns, ((context.missing("no_energy"),),)),)
        )
    blocks = (_energy_table(context), _energy_shares(context), *instruments.tables(context))
    return Section("energy", title, blocks)


def _energy_table(context: Context) -> Table:
    words, frame = context.words, context.inventory.uses.energy
    known = [float(value) for value in frame["energy_kwh"].dropna()]
    total = math.fsum(known)
    places = _decimals(known)
    steps = iter(numbers.steps(known, 10.0**-places, total))
    gas = numbers.scale_for([float(value) for value in frame["co2e_kg"]])
    emissions = context.masses([float(value) for value in frame["co2e_kg"]], gas)
    rows: list[tuple[Cell, ...]] = []
    for row, mass in zip(frame.itertuples(), emissions, strict=True):
        if math.isnan(row.energy_kwh):
            kwh: Cell = context.missing("by_volume" if row.unit == "m**3" else "unmetered")
        else:
            kwh = _kwh(context, float(row.energy_kwh), next(steps), places)
        name = activity_name(words, str(row.activity))
        rows.append((place_name(str(row.country), context.language), words(f"energy.uses.{row.use}"), name, kwh, mass))
    rows.append(
        (
            words("words.total"),
            "",
            "",
            _kwh(context, total, round(total * 10**places), places),
            context.one_mass(float(frame["co2e_kg"].sum()), gas),
        )
    )
    columns = (
        Column(words("energy.country"), weight=1.6),
        Column(words("energy.use"), weight=1.5),
        Column(words("energy.source"), weight=2.2),
        Column(words("energy.amount"), "kWh", 2, True),
        Column(words("words.emissions"), f"{gas.unit} CO2e", 1.6, True),
    )
    title = words("energy.finding", energy=f"{numbers.significant(total, context.language)}\u00a0kWh")
    notes = (words("energy.note"), *_by_share(context), *converted(context))
    return Table(title, columns, tuple(rows), words("energy.subtitle"), totals=1, notes=notes)


def _by_share(context: Context) -> tuple[str, ...]:
    """Return why entities' energy is less than their meters'."""
    return (context.words("energy.by_share"),) if len(context.inventory.entities) else ()


def converted(context: Context) -> tuple[str, ...]:
    """Return what is said of fuel that was counted by volume or mass and is shown as energy."""
    frame = context.inventory.uses.energy
    made = (frame["unit"] != "kW*h") & frame["energy_kwh"].notna()
    return (context.words("energy.converted"),) if made.any() else ()


def _decimals(values: list[float]) -> int:
    return numbers.decimals_for(max(values, default=0.0))


def _kwh(context: Context, value: float, count: int, places: int) -> Number:
    return Number(value, numbers.decimal(count * 10.0**-places, places, context.language), "kWh")


def _energy_shares(context: Context) -> Table:
    words = context.words
    rows: list[tuple[Cell, ...]] = []
    shares = ["solar_share", "renewable_share", "contracted_share"]
    if context.inventory.power.own["sold_kwh"].sum() > 0:
        shares.insert(2, "renewable_kept_share")
    for key in shares:
        fact = FACTS[key](context)
        cell: Cell = words("words.none")
        if fact.value is None:
            cell = context.missing(fact.missing)
        elif fact.value:
            cell = Number(float(fact.value), numbers.percent(float(fact.value), context.language, 1), "")
        rows.append((words(f"energy.{key}"), cell, words(f"energy.{key}_text")))
    columns = (
        Column(words("intensity.measure"), weight=1.8),
        Column(words("intensity.value"), weight=1.4),
        Column(words("kpis.definition"), weight=4),
    )
    return Table(words("energy.shares"), columns, tuple(rows))


def waste(context: Context) -> Section:
    """Packaging that customers throw away, and what own sites write off, by treatment."""
    blocks = tuple(_waste_table(context, where, reason) for where, reason in (("customer", "12"), ("operations", "5")))
    return Section("waste", context.words("waste.title"), blocks)


def _waste_table(context: Context, where: str, reason: str) -> Table:
    words, frame = context.words, context.inventory.uses.waste
    frame = frame[frame["where"] == where]
    title = words(f"waste.{where}")
    if not len(frame):
        return Table(title, (Column(words("packaging.mass")),), ((context.missing(reason),),))
    masses = [float(value) for value in frame["mass_kg"]]
    emissions = [float(value) for value in frame["co2e_kg"]]
    total = math.fsum(masses)
    scale, gas = numbers.scale_for([*masses, total]), numbers.scale_for([*emissions, math.fsum(emissions)])
    cells = zip(
        frame.itertuples(),
        context.masses(masses, scale, total, ""),
        context.shares(masses),
        context.masses(emissions, gas),
        strict=True,
    )
    kinds = words.at("activity_words")
    names = {**kinds, **words.at("materials")}
    rows: list[tuple[Cell, ...]] = [
        (
            names.get(row.material) or str(row.material).replace("_", " "),
            kinds.get(row.treatment) or str(row.treatment).replace("_", " "),
            *figures,
        )
        for row, *figures in cells
    ]
    sums = (context.one_mass(total, scale, ""), context.whole(), context.one_mass(math.fsum(emissions), gas))
    rows.append((words("words.total"), "", *sums))
    columns = (
        Column(words("packaging.material"), weight=2.4),
        Column(words("waste.treatment"), weight=2),
        Column(words("packaging.mass"), scale.unit, 1.4, True),
        Column(words("words.share"), "%", 1.1, True),
        Column(words("words.emissions"), f"{gas.unit} CO2e", 1.6, True),
    )
    return Table(title, columns, tuple(rows), words(f"waste.{where}_subtitle"), totals=1)
