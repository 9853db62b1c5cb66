"""The UK's energy and carbon table: energy and emissions of own sites and vehicles, the UK apart."""

from __future__ import annotations

import math

from carbon.reports import numbers
from carbon.reports.context import Context
from carbon.reports.emissions import scope_kg
from carbon.reports.energy_used import UK, EnergyUsed, energy_lines, energy_steps, energy_used, in_steps
from carbon.reports.report import Cell, Column, Number, Section, Table
from carbon.reports.resources import converted
from carbon.terms import Scope


def energy_carbon(context: Context) -> Section:
    """Energy, emissions and intensity; the year before, where the ledger holds it."""
    blocks = (_energy_table(context), _carbon_table(context), _intensity_table(context))
    return Section("energy_carbon", context.words("secr.title"), blocks, True)


def _heads(context: Context, first: str, unit: str) -> tuple[Column, ...]:
    words = context.words
    places = ("uk", "elsewhere", "all")
    return (Column(first, weight=3.2), *(Column(words(f"secr.{each}"), unit, 1.6, True) for each in places))


def _energy_table(context: Context) -> Table:
    words, frame = context.words, context.inventory.uses.energy
    columns = _heads(context, words("energy.source"), "kWh")
    if not len(frame):
        return Table(words("secr.energy"), columns, ((words("words.total"), context.missing("no_energy"), "–", "–"),))
    lines = energy_lines(frame)
    known = [values for _, values, _ in lines if values]
    sums = [math.fsum(values[place] for values in known) for place in (0, 1)]
    steps, totals, places = energy_steps(known)
    rows_of, place = [], 0
    for key, values, reason in lines:
        if values is None:
            rows_of.append((words(f"secr.rows.{key}"), context.missing(reason), "–", "–"))
            continue
        rows_of.append((words(f"secr.rows.{key}"), *_row(context, values, steps[place], places)))
        place += 1
    rows_of.append((words("secr.total"), *_row(context, sums, totals, places)))
    notes = ((words("secr.incomplete"),) if len(known) < len(lines) else ()) + converted(context)
    return Table(words("secr.energy"), columns, tuple(rows_of), words("secr.energy_subtitle"), totals=1, notes=notes)


def _row(context: Context, values: list[float], counts: list[int], places: int) -> tuple[Cell, ...]:
    """Return UK, elsewhere and both, whose printed figures add up; a dash where there is nothing."""
    pairs = [*zip(values, counts, strict=True), (sum(values), sum(counts))]
    return tuple(
        Number(value, numbers.decimal(count * 10.0**-places, places, context.language), "kWh") if value else "–"
        for value, count in pairs
    )


def _carbon_table(context: Context) -> Table:
    words, found = context.words, _of_energy(context)
    scale = numbers.scale_for([sum(values) for _, values in found])
    columns = _heads(context, words("scopes.scope"), f"{scale.unit} CO2e")
    rows: list[tuple[Cell, ...]] = []
    steps, totals = in_steps([values for _, values in found], scale.step_kg)
    known = {scope: place for place, (scope, _) in enumerate(found)}
    for scope in (str(Scope.SCOPE_1), str(Scope.SCOPE_2)):
        if scope not in known:
            rows.append((words(f"secr.scope_{scope}"), context.missing(f"scope_{scope}"), "–", "–"))
            continue
        place = known[scope]
        rows.append(
            (
                words(f"secr.scope_{scope}"),
                *_masses(context, found[place][1], steps[place], scale),
            )
        )
    rows.append((words("secr.scope_3"), context.missing("6"), "–", "–"))
    if found:
        sums = [math.fsum(values[place] for _, values in found) for place in (0, 1)]
        rows.append((words("secr.total"), *_masses(context, sums, totals, scale)))
    notes = (words("secr.carbon_note"),)
    return Table(
        words("secr.carbon"), columns, tuple(rows), words("secr.carbon_subtitle"), totals=int(bool(found)), notes=notes
    )


def _of_energy(context: Context) -> list[tuple[str, list[float]]]:
    """Return emissions of energy used in scopes 1 and 2, in the UK and elsewhere [kg CO2e]."""
    frame = context.inventory.uses.energy
    found: list[tuple[str, list[float]]] = []
    for scope in (Scope.SCOPE_1, Scope.SCOPE_2):
        if scope_kg(context, str(scope)) is not None:
            mine = frame[frame["scope"] == scope] if len(frame) else frame
            here = math.fsum(mine[mine["country"] == UK]["co2e_kg"]) if len(mine) else 0.0
            whole = math.fsum(mine["co2e_kg"]) if len(mine) else 0.0
            found.append((str(scope), [here, whole - here]))
    return found


def _masses(context: Context, values: list[float], counts: list[int], scale: numbers.MassScale) -> tuple[Cell, ...]:
    pairs = [*zip(values, counts, strict=True), (sum(values), sum(counts))]
    return tuple(context.stepped(value, count, scale) if value else "–" for value, count in pairs)


def _intensity_table(context: Context) -> Table:
    """Return the ratio, and what it is made of, beside the year before where the ledger holds it."""
    words, former = context.words, context.former
    now = _year(context, energy_used(context.inventory))
    names = [words(f"secr.{key}") for key in ("ratio", "energy_all", "emissions_all")]
    rows: list[tuple[Cell, ...]] = [*zip(names, now, strict=True)]
    columns = [Column(words("intensity.measure"), weight=2.6), Column(context.inventory.period or "–", weight=2)]
    if former is None:
        rows.append((words("secr.previous"), context.missing("no_previous")))
    else:
        rows = [(*row, cell) for row, cell in zip(rows, _year(context, energy_used(former)), strict=True)]
        columns.append(Column(former.period, weight=2))
    return Table(words("secr.intensity"), tuple(columns), tuple(rows))


def _year(context: Context, used: EnergyUsed) -> tuple[Cell, Cell, Cell]:
    """Return ratio, energy and emissions of a year."""
    energy: Cell = context.missing("unmetered" if used.co2e_kg is not None else "no_energy")
    if used.energy_kwh is not None:
        text = f"{numbers.significant(used.energy_kwh, context.language)}\u00a0kWh"
        energy = Number(used.energy_kwh, text, "kWh")
    ratio, total = (
        context.missing("no_own") if kg is None else context.figure(kg) for kg in (used.per_parcel_kg, used.co2e_kg)
    )
    return ratio, energy, total
