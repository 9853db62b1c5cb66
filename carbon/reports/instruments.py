"""Tables of energy certificates and contracts with their quality criteria, and of own power."""

from __future__ import annotations

from carbon.reports import numbers
from carbon.reports.context import Context, place_name
from carbon.reports.report import Cell, Column, Number, Table


def tables(context: Context) -> tuple[Table, ...]:
    """Return what is claimed of the electricity, and what own roofs made; nothing where there is neither."""
    power = context.inventory.power
    found = []
    if len(power.instruments):
        found.append(_instruments(context))
    if len(power.own):
        found.append(_own_power(context))
    return tuple(found)


def _kwh(context: Context, value: float) -> Number:
    return Number(value, numbers.decimal(value, 0 if value >= 100 or not value else 1, context.language), "kWh")


def _instruments(context: Context) -> Table:
    words, power = context.words, context.inventory.power
    rows: list[tuple[Cell, ...]] = []
    for row in power.instruments.itertuples():
        name = row.name_zh if context.language == "zh" else row.name
        years = str(row.vintage) if row.vintage == row.applied_to else f"{row.vintage} → {row.applied_to}"
        whole = row.quantity_kwh is None or row.quantity_kwh != row.quantity_kwh
        quantity: Cell = words("instruments.all") if whole else _kwh(context, float(row.quantity_kwh))
        state = words("instruments.counts")
        if row.failed:
            criteria = words.joined([words(f"instruments.criteria.{number}") for number in row.failed])
            state = words("instruments.fails", criteria=criteria)
        rows.append(
            (
                words("instruments.named", name=name, kind=words(f"instruments.kinds.{row.kind}")),
                words.joined([context.place(site) for site in row.sites]),
                place_name(row.issued_in, context.language),
                years,
                state,
                quantity,
                _kwh(context, float(row.covered_kwh)),
            )
        )
    share = power.covered_kwh / power.claimable_kwh if power.claimable_kwh else 0.0
    title = words("instruments.finding", share=context.share(share)) if share else words("instruments.finding_none")
    columns = (
        Column(words("instruments.instrument"), weight=2.3),
        Column(words("instruments.sites"), weight=1.6),
        Column(words("instruments.market"), weight=1.3),
        Column(words("instruments.years"), weight=1.2),
        Column(words("instruments.state"), weight=3.0),
        Column(words("instruments.quantity"), "kWh", 1.2, True),
        Column(words("instruments.covered"), "kWh", 1.2, True),
    )
    return Table(title, columns, tuple(rows), words("instruments.subtitle"), notes=(words("instruments.note"),))


def _own_power(context: Context) -> Table:
    words, own = context.words, context.inventory.power.own
    rows: list[tuple[Cell, ...]] = []
    for row in own.itertuples():
        kept = float(row.generated_kwh) - float(row.sold_kwh)
        cells = [_kwh(context, float(each)) for each in (row.generated_kwh, kept, row.sold_kwh)]
        rows.append((context.place(row.site), *cells))
    sold = float(own["sold_kwh"].sum())
    share = context.share(sold / float(own["generated_kwh"].sum())) if sold else ""
    title = words("instruments.own_sold", share=share) if sold else words("instruments.own_kept")
    columns = (
        Column(words("sites.site"), weight=3),
        *(Column(words(f"instruments.{each}"), "kWh", 2, True) for each in ("generated", "kept", "sold")),
    )
    notes = (words("instruments.own_note"),)
    return Table(title, columns, tuple(rows), words("instruments.own_subtitle"), notes=notes)
