"""A page for each measure: its model in words, its trap, what its value rests on and how sure it is."""

from __future__ import annotations

from carbon.reports import numbers
from carbon.reports.report import (
    Bar,
    Block,
    Cell,
    Chart,
    Column,
    Definitions,
    KeyFigures,
    Missing,
    Notice,
    Number,
    Section,
    Table,
    Text,
)
from carbon.reports.roi_context import RoiContext
from carbon.roi import Entry

#: What moves a value by less than this part of it does not move it.
_NOTHING = 1e-9


def page(context: RoiContext, entry: Entry) -> Section:
    """Return the page of one measure."""
    words, measure = context.said, entry.measure
    key = f"roi.measures.{measure.key}"
    blocks: list[Block] = [_figures(context, entry)]
    if context.words.has(f"{key}.model"):
        blocks.append(Text(context.words(f"{key}.model")))
    blocks.append(_facts(context, entry))
    if context.words.has(f"{key}.trap"):
        blocks.append(Notice(words("page.trap"), context.words(f"{key}.trap")))
    moving = any(swing.width > _NOTHING * max(abs(entry.alone.npv), 1.0) for swing in entry.swings)
    blocks.append(_tornado(context, entry) if moving else Text(words("page.exact")))
    if measure.inputs:
        blocks.append(_inputs(context, entry))
    return Section(f"measure-{measure.key}", context.measure(measure.key), tuple(blocks), True)


def _figures(context: RoiContext, entry: Entry) -> KeyFigures:
    words, alone = context.said, entry.alone
    low, median, high = entry.simulation.percentiles
    years = context.study.terms.horizon_years
    low_kg, _, high_kg = (each / years for each in entry.simulation.saved_percentiles_kg)
    payback = context.payback(alone)
    if isinstance(payback, Number):
        payback = Number(payback.value, f"{payback.text}\u00a0{words('money.years')}", payback.unit)
    return KeyFigures(
        (
            (
                words("page.saves"),
                context.base.figure(alone.yearly_kg),
                words("page.saves_note", years=years, range=context.mass_between(low_kg, high_kg, alone.yearly_kg))
                if high_kg - low_kg > _NOTHING * abs(high_kg)
                else words("page.alone", years=years),
            ),
            (
                words("page.worth"),
                Number(alone.npv, context.money(alone.npv), context.currency),
                words("page.worth_note", range=context.between(low, high), median=context.number(median)),
            ),
            (words("page.payback"), payback, words("page.payback_note") if isinstance(payback, Number) else ""),
            (
                words("page.chance"),
                Number(entry.simulation.pays, context.base.share(entry.simulation.pays), "%"),
                words("page.chance_note"),
            ),
        )
    )


def _facts(context: RoiContext, entry: Entry) -> Definitions:
    words, measure, alone = context.said, entry.measure, entry.alone
    others = [context.measure(key) for key in entry.overlaps]
    scopes = context.words.joined(list(entry.scopes))
    sequence = words("carbon.beside")
    if entry.block is not None:
        worth = context.money(entry.block.appraisal.npv)
        sequence = words("page.sequence_text", width=context.mass(entry.block.width_kg), worth=worth)
    rates = words(
        "page.rate_text", mirr=context.rate(alone.mirr, alone.no_mirr), irr=context.rate(alone.irr, alone.no_irr)
    )
    if alone.npv_with_carbon is not None:
        rates = words("page.rate_carbon", rates=rates, worth=context.money(alone.npv_with_carbon))
    items = [
        (words("page.touches"), words("page.touches_text", stages=context.stages(entry), scopes=scopes)),
        (words("page.overlaps"), context.words.joined(others) or words("page.overlaps_none")),
        (words("page.sequence"), sequence),
        (
            words("page.basis"),
            words("page.basis_text", basis=words(f"basis.{measure.confidence}"), years=measure.lifetime_years),
        ),
        (words("page.rate"), rates),
    ]
    if entry.notes:
        items.append(
            (words("page.notes"), context.words("words.semicolon").join(context.remark(each) for each in entry.notes))
        )
    return Definitions(tuple(items))


def _tornado(context: RoiContext, entry: Entry) -> Chart:
    words, worth = context.said, entry.alone.npv
    bars = []
    drawn = [swing for swing in entry.swings if swing.width > _NOTHING * max(abs(worth), 1.0)]
    for swing in drawn:
        text = f"{context.number(swing.npv_low)}{numbers.TO[context.language]}{context.number(swing.npv_high)}"
        bars.append(Bar(swing.key, context.input(swing.key), "", worth, text, swing.npv_low, swing.npv_high))
    widest = entry.swings[0]
    items = [
        words(
            "page.tornado_item",
            input=context.input(swing.key),
            low=context.money(swing.npv_low),
            high=context.money(swing.npv_high),
        )
        for swing in drawn
    ]
    return Chart(
        "swings",
        words(
            "page.tornado",
            input=context.input(widest.key),
            low=context.money(widest.npv_low),
            high=context.money(widest.npv_high),
        ),
        words("page.tornado_subtitle", currency=context.currency, worth=context.number(worth)),
        words("page.tornado_alt", items=context.words("words.semicolon").join(items)),
        tuple(bars),
        None,
    )


def _inputs(context: RoiContext, entry: Entry) -> Table:
    words, swings = context.said, {each.key: each for each in entry.swings}
    ends = {each.key: each for each in entry.break_evens}
    rows: list[tuple[Cell, ...]] = []
    for key, each in entry.measure.inputs.items():
        swing, end = swings.get(key), ends.get(key)
        worths: tuple[Cell, ...] = ("–", "–", "–", "–", "–")
        if swing is not None and end is not None:
            even: Cell = Missing(words("page.none_in_range"))
            if end.value is not None:
                even = Number(end.value, context.value(end.value), each.unit)
            worths = (
                Number(each.low, context.value(each.low), each.unit),
                Number(each.high, context.value(each.high), each.unit),
                *context.amounts([swing.npv_low, swing.npv_high]),
                even,
            )
        rows.append((context.input(key), context.unit(each), context.given(each), *worths, context.kind(each)))
    columns = (
        Column(words("page.input"), weight=2.4),
        Column(words("page.unit"), weight=1.2),
        Column(words("page.value"), weight=1.0, numeric=True),
        Column(words("page.low"), weight=0.9, numeric=True),
        Column(words("page.high"), weight=0.9, numeric=True),
        Column(words("page.npv_low"), weight=1.2, numeric=True),
        Column(words("page.npv_high"), weight=1.2, numeric=True),
        Column(words("page.even"), weight=1.2, numeric=True),
        Column(words("page.source"), weight=1.3),
    )
    subtitle = words("page.inputs_subtitle", currency=context.currency)
    return Table(words("page.inputs"), columns, tuple(rows), subtitle, dense=True)
