"""The section on uncertainty: ranges, what makes them, and what better data would change."""

from __future__ import annotations

from carbon.reports import causes, numbers
from carbon.reports.context import Context
from carbon.reports.report import (
    Bar,
    Block,
    Cell,
    Chart,
    Column,
    Missing,
    Number,
    Range,
    Section,
    Table,
    Text,
)
from carbon.terms import Stage


def uncertainty(context: Context) -> Section:
    """Return the section; where runs recorded no spreads it says so in place of figures."""
    words, inventory = context.words, context.inventory
    drawn = words("uncertainty.draws", draws=context.count(inventory.draws), seed=str(inventory.seed))
    told = (words("uncertainty.text"), drawn, words("uncertainty.outside"))
    if not context.ranged:
        # Nothing was drawn: no sentence may speak of ranges as if they stood below.
        told = () if context.empty else (words("words.no_range"),)
    blocks: list[Block] = [
        *(Text(each) for each in told),
        _range_table(context),
        *_variance(context),
        _gap_table(context),
    ]
    return Section("uncertainty", words("uncertainty.title"), tuple(blocks), True)


def _range_table(context: Context) -> Table:
    """Totals, stages and products with what they may lie below and above."""
    words, inventory, total = context.words, context.inventory, context.total_kg
    figures = [(name, value, *context.stage_ends(key)) for key, name, value in context.stages]
    figures.append((words("uncertainty.total"), total, inventory.total_low_kg, inventory.total_high_kg))
    market = float(inventory.market_total_kg)
    figures.append((words("uncertainty.market"), market, inventory.market_low_kg, inventory.market_high_kg))
    scale = numbers.scale_for([value for _, value, *_ in figures])
    title = words("uncertainty.finding_unknown")
    if context.ranged and total:
        below, above = inventory.total_low_kg / total - 1, inventory.total_high_kg / total - 1
        title = words("uncertainty.finding", below=context.share(abs(below)), above=context.share(above))
    rows: list[tuple[Cell, ...]] = []
    if context.ranged:
        if inventory.product_kg:
            ends = context.stage_ends(str(Stage.PRODUCT))
            figures.append((words("uncertainty.product"), float(inventory.product_kg), *ends))
        # No row is a sum of others here, so that each has three digits of its own.
        rows = [_range_row(context, *figure, scale.of(figure[1])) for figure in figures]
    else:
        reason = "no_runs" if total else "no_parcels"
        text = words("words.not_reported", reason=words(f"uncertainty.{reason}" if total else f"reasons.{reason}"))
        rows.append(("–", Missing(text), "–", "–", "–"))
    unit = f"{scale.unit} CO2e"
    columns = (
        Column(words("uncertainty.figure"), weight=3),
        Column(words("words.emissions"), unit, 1.8, True),
        Column(words("words.range"), unit, 2, True),
        Column(words("uncertainty.below"), "%", 1, True),
        Column(words("uncertainty.above"), "%", 1, True),
    )
    return Table(title, columns, tuple(rows), words("uncertainty.subtitle"))


def _range_row(
    context: Context, name: str, value: float, low: float | None, high: float | None, scale: numbers.MassScale
) -> tuple[Cell, ...]:
    ends = context.range_cell(low, high, scale)
    away: list[Cell] = ["–", "–"]
    if isinstance(ends, Range) and value > 0:
        shares = (low / value - 1, high / value - 1)
        away = [Number(each, _signed(context, each), "%") for each in shares]
    return (name, context.one_mass(value, scale), ends, *away)


def _signed(context: Context, share: float) -> str:
    """Return a share with its sign, in whole per cent."""
    text = numbers.decimal(100 * share, 0, context.language)
    return text if share < 0 else f"+{text}"


def _variance(context: Context) -> tuple[Block, ...]:
    """The factors and parameters that make most of the variance: chart, words and table with their keys."""
    words, found = context.words, list(causes.variance(context))
    if not found:
        return ()
    shares = [context.share(share) for *_, share in found]
    bars = tuple(Bar("", name, "", value, text) for (_, name, value), text in zip(found, shares, strict=True))
    parts = [words("uncertainty.variance_part", cause=bar.label, share=bar.text) for bar in bars]
    cells = context.percents([share for *_, share in found])
    table = Table(
        words("stages_section.table"),
        (
            Column(words("uncertainty.cause"), weight=3.4),
            Column(words("uncertainty.key"), weight=3.4),
            Column(words("uncertainty.variance_share"), "%", 1.5, True),
        ),
        tuple((name, key if key != "other" else "–", cell) for (key, name, _), cell in zip(found, cells, strict=True)),
    )
    chart = Chart(
        "bars",
        words("uncertainty.variance_finding", cause=found[0][1], share=shares[0]),
        words("uncertainty.variance_subtitle"),
        words("uncertainty.variance_alt", parts=words("words.semicolon").join(parts)),
        bars,
        table,
    )
    return (chart,)


def _gap_table(context: Context) -> Table:
    """The worst data gaps, with what better data would change."""
    words, found = context.words, list(causes.gaps(context))
    scale = numbers.scale_for([max((co2e_kg for _, _, co2e_kg, _ in found), default=0.0)])
    columns = (
        Column(words("uncertainty.number"), weight=0.5),
        Column(words("uncertainty.gap"), weight=6.5),
        Column(words("uncertainty.concerned"), f"{scale.unit} CO2e", 1.8, True),
    )
    if not found:
        reason = words("uncertainty.no_gaps" if context.ranged else "uncertainty.no_runs")
        reason = reason if context.total_kg else words("reasons.no_parcels")
        rows: tuple[tuple[Cell, ...], ...] = (("–", Missing(words("words.not_reported", reason=reason)), "–"),)
        title = words("uncertainty.gaps_none") if context.ranged else words("uncertainty.gaps_finding")
        return Table(title, columns, rows, words("uncertainty.gaps_subtitle"))
    rows = tuple(
        (str(number), text, context.one_mass(co2e_kg, scale.of(co2e_kg)))
        for number, (text, _, co2e_kg, _) in enumerate(found, 1)
    )
    return Table(words("uncertainty.gaps_finding"), columns, rows, words("uncertainty.gaps_subtitle"))
