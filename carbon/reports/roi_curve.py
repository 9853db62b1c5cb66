"""The abatement-cost curve, with net present values in the same order."""

from __future__ import annotations

from collections.abc import Sequence

from carbon.reports import numbers
from carbon.reports.report import Bar, Block, Cell, Chart, Column, Section, Table, Text
from carbon.reports.roi_context import RoiContext

_KG_PER_T = 1000.0
#: A block is cut where it is more than so many times as high as the middle one on its side of zero.
_HIGHEST = 4.0


def curve(context: RoiContext) -> Section:
    """Blocks of savings and cost per t; why those that save money are ranked by value; the values."""
    words, study = context.said, context.study
    title, blocks = words("curve.title"), study.curve.blocks
    if not blocks:
        return Section("curve", title, (Text(words("curve.empty")), *_beside(context)))
    names = [context.measure(block.measure.key) for block in blocks]
    costs = [block.appraisal.cost_per_kg * _KG_PER_T for block in blocks]
    printed = context.amounts(costs)
    # The same unit and decimals as among the savings of all measures, where the same figures stand.
    scale = numbers.scale_for([*(entry.alone.yearly_kg for entry in study.entries), study.curve.total_kg])
    widths = context.base.masses([block.width_kg for block in blocks], scale, study.curve.total_kg)
    low, high = ceiling(costs)
    cut = sum(not low <= cost <= high for cost in costs)
    bars = tuple(
        Bar(
            str(number),
            name,
            str(block.measure.stages[0]),
            cost,
            text.text,
            block.start_kg / _KG_PER_T,
            (block.start_kg + block.width_kg) / _KG_PER_T,
        )
        for number, (block, name, cost, text) in enumerate(zip(blocks, names, costs, printed, strict=True), 1)
    )
    currency = study.terms.currency
    items = [
        words(
            "curve.item",
            number=bar.group,
            measure=bar.label,
            width=numbers.significant(block.width_kg / _KG_PER_T, context.language),
            cost=context.money(bar.value),
        )
        for bar, block in zip(bars, blocks, strict=True)
    ]
    chart = Chart(
        "blocks",
        _finding(context),
        context.words("words.semicolon").join(
            [words("curve.subtitle", currency=currency), *([words("curve.cut", count=cut)] if cut else [])]
        ),
        words("curve.alt", items=context.words("words.semicolon").join(items)),
        bars,
        _table(context, names, widths, printed, scale),
        (("across", words("curve.across")), ("up", words("curve.up", currency=currency))),
        (("up", low, high),),
    )
    return Section("curve", title, (chart, Text(words("curve.order")), _values(context), *_beside(context)), True)


def ceiling(values: Sequence[float]) -> tuple[float, float]:
    """Return how far blocks are drawn below and above zero, so that one dear measure does not flatten all others."""

    def far(side: list[float]) -> float:
        middle = sorted(side)[(len(side) - 1) // 2] if side else 0.0
        return min(_HIGHEST * middle, max(side)) if middle else max(side, default=0.0)

    return -far([-each for each in values if each < 0]), far([each for each in values if each > 0])


def _finding(context: RoiContext) -> str:
    words, blocks = context.said, context.study.curve.blocks
    mass = context.mass(context.study.curve.total_kg)
    costing = [block.appraisal.cost_per_kg for block in blocks if not block.pays]
    if not costing:
        return words("curve.finding_all", mass=mass)
    if len(costing) == len(blocks):
        least, most = context.cost_per_t(min(costing)), context.cost_per_t(max(costing))
        return words("curve.finding_costs", mass=mass, least=least, most=most)
    pays = context.mass(sum(block.width_kg for block in blocks if block.pays))
    return words("curve.finding", pays=pays, mass=mass, cost=context.cost_per_t(max(costing)))


def _table(context: RoiContext, names, widths, costs, scale) -> Table:
    words, study = context.said, context.study
    values = context.amounts([block.appraisal.npv for block in study.curve.blocks], study.curve.npv)
    rows: list[tuple[Cell, ...]] = [
        (str(number), name, width, cost, value)
        for number, (name, width, cost, value) in enumerate(zip(names, widths, costs, values, strict=True), 1)
    ]
    total = context.amounts([study.curve.npv], study.curve.npv)[0]
    rows.append(("", words("carbon.all"), context.base.one_mass(study.curve.total_kg, scale), "", total))
    currency = study.terms.currency
    columns = (
        Column(words("curve.number"), weight=0.5),
        Column(words("carbon.measure"), weight=3),
        Column(words("curve.width"), f"{scale.unit} CO2e", 1.3, True),
        Column(words("curve.cost"), currency, 1.3, True),
        Column(words("curve.npv"), currency, 1.3, True),
    )
    return Table(words("curve.table"), columns, tuple(rows), words("curve.table_subtitle"), totals=1)


def _values(context: RoiContext) -> Chart:
    """Net present values with their ranges, in the curve's order, then of what stands beside it."""
    words, study = context.said, context.study
    bars = []
    for entry in study.entries:
        low, _, high = entry.simulation.percentiles
        name = context.measure(entry.measure.key)
        number = "" if entry.block is None else f"{study.curve.blocks.index(entry.block) + 1}\u2002"
        bars.append(Bar(name, number + name, "", entry.alone.npv, context.number(entry.alone.npv), low, high))
    items = [words("curve.npv_item", measure=bar.group, worth=context.money(bar.value)) for bar in bars]
    return Chart(
        "signed",
        words("curve.npv_finding"),
        words("curve.npv_subtitle", currency=study.terms.currency, year=study.terms.base_year),
        words("curve.npv_alt", items=context.words("words.semicolon").join(items)),
        tuple(bars),
        None,
    )


def _beside(context: RoiContext) -> tuple[Block, ...]:
    names = [context.measure(each.measure.key) for each in context.study.curve.beside]
    return (Text(context.said("curve.beside", measures=context.words.joined(names))),) if names else ()
