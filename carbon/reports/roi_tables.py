"""All measures side by side: what they save, what they cost and earn."""

from __future__ import annotations

from carbon.reports import numbers
from carbon.reports.report import Cell, Column, Missing, Section, Table, Text
from carbon.reports.roi_context import RoiContext


def carbon(context: RoiContext) -> Section:
    """What each measure saves, alone and in sequence; the parts in sequence sum to the total."""
    words, study = context.said, context.study
    title = words("carbon.title")
    if not study.entries:
        return Section("carbon", title, (Text(words("summary.empty")),))
    stages_kg, total_kg = study.baseline.stages_kg, study.baseline.total_kg
    touched = [sum(stages_kg.get(stage, 0.0) for stage in entry.stages) for entry in study.entries]
    alone = [entry.alone.yearly_kg for entry in study.entries]
    widths = [entry.block.width_kg for entry in study.entries if entry.block is not None]
    together_kg = study.curve.total_kg
    bases = numbers.scale_for([*touched, total_kg])
    scale = numbers.scale_for([*alone, together_kg])
    sequence = iter(context.base.masses(widths, scale, together_kg))
    rows: list[tuple[Cell, ...]] = []
    for entry, base, own in zip(study.entries, touched, alone, strict=True):
        in_sequence: tuple[Cell, Cell] = (Missing(words("carbon.beside")), "–")
        if entry.block is not None:
            in_sequence = (next(sequence), context.base.percents([entry.block.width_kg / total_kg])[0])
        rows.append(
            (
                context.measure(entry.measure.key),
                context.stages(entry),
                context.words.joined(list(entry.scopes)),
                words(f"confidence.{entry.measure.confidence}"),
                context.base.one_mass(base, bases),
                context.base.one_mass(own, scale),
                *in_sequence,
            )
        )
    rows.append(
        (
            words("carbon.all"),
            "",
            "",
            "",
            context.base.one_mass(total_kg, bases),
            "",
            context.base.one_mass(together_kg, scale),
            context.base.percents([together_kg / total_kg])[0],
        )
    )
    columns = (
        Column(words("carbon.measure"), weight=2.3),
        Column(words("carbon.stages"), weight=2.5),
        Column(words("carbon.scopes"), weight=1.15),
        Column(words("carbon.confidence"), weight=1.4),
        Column(words("carbon.baseline"), f"{bases.unit} CO2e", 1.5, True),
        Column(words("carbon.alone"), f"{scale.unit} CO2e", 1.3, True),
        Column(words("carbon.sequence"), f"{scale.unit} CO2e", 1.4, True),
        Column(words("carbon.share"), "%", 1.1, True),
    )
    finding = words("carbon.finding_none")
    if together_kg > 0:
        share, mass = context.base.share(together_kg / total_kg), context.mass(together_kg)
        finding = words("carbon.finding", share=share, mass=mass)
    table = Table(finding, columns, tuple(rows), words("carbon.subtitle"), totals=1)
    return Section("carbon", title, (table,))


def money(context: RoiContext) -> Section:
    """What each measure costs and earns on its own: value first, then payback and rates of return."""
    words, study, terms = context.said, context.study, context.study.terms
    title = words("money.title")
    if not study.entries:
        return Section("money", title, (Text(words("summary.empty")),))
    found = [entry.alone for entry in study.entries]
    outlays = context.amounts([each.outlay for each in found])
    yearly = context.amounts([each.first_year for each in found])
    worth = context.amounts([each.npv for each in found])
    priced: list[Cell] = [Missing(words("money.no_price")) for _ in found]
    if terms.carbon_price_per_kg is not None:
        priced = list(context.amounts([each.npv_with_carbon or 0.0 for each in found]))
    rows = tuple(
        (
            context.measure(entry.measure.key),
            outlays[place],
            yearly[place],
            worth[place],
            priced[place],
            context.payback(entry.alone),
            context.percent(entry.alone.mirr, entry.alone.no_mirr),
            context.percent(entry.alone.irr, entry.alone.no_irr),
            context.base.percents([entry.simulation.pays])[0],
        )
        for place, entry in enumerate(study.entries)
    )
    columns = (
        Column(words("carbon.measure"), weight=2.3),
        Column(words("money.outlay"), terms.currency, 1.2, True),
        Column(words("money.yearly"), terms.currency, 1.2, True),
        Column(words("money.npv"), terms.currency, 1.3, True),
        Column(words("money.npv_carbon"), terms.currency, 1.5, True),
        Column(words("money.payback"), words("money.years"), 1.3, True),
        Column(words("money.mirr"), "%", 1.1, True),
        Column(words("money.irr"), "%", 1.1, True),
        Column(words("money.chance"), "%", 1.0, True),
    )
    paying = sum(each.npv > 0 for each in found)
    table = Table(
        words("money.finding_pays", count=paying, all=len(found)),
        columns,
        rows,
        words("money.subtitle", currency=terms.currency, year=terms.base_year),
        notes=tuple(context.words.at("roi.money.notes")),
    )
    return Section("money", title, (table,))
