"""Entities of the organisation: shares, control, and where the consolidation approach puts what they emit for the parcels."""

from __future__ import annotations

import math

from carbon.reports import numbers
from carbon.reports.context import Context
from carbon.reports.report import Block, Cell, Column, Table, Text

_MASSES = ("scopes_1_2_kg", "category_3_kg", "investment_kg", "leased_kg", "others_kg")
_HEADS = ("inside", "energy", "investment", "leased", "others")


def tables(context: Context) -> tuple[Block, ...]:
    """Return entities with shares and what is left out of scopes 1 and 2; a sentence where there are none."""
    words, frame = context.words, context.inventory.entities
    if not len(frame):
        return () if context.empty else (Text(words("entities.none", name=context.name)),)
    shown = [name for name in _MASSES if name in _MASSES[:2] or frame[name].any()]
    parts = {name: [float(value) for value in frame[name]] for name in shown}
    scale = numbers.scale_for([value for values in parts.values() for value in values])
    sums = {name: math.fsum(values) for name, values in parts.items()}
    masses = {name: context.masses(values, scale, sums[name]) for name, values in parts.items()}
    rows: list[tuple[Cell, ...]] = []
    for position, row in enumerate(frame.itertuples()):
        name = row.name_zh if context.language == "zh" else row.name
        control = words(
            "entities.controls",
            financial=words(f"entities.financial.{row.financial_control}"),
            operational=words(f"entities.operational.{str(bool(row.operational_control)).lower()}"),
        )
        assets = [context.place(site) for site in row.sites]
        assets += [words("entities.fleet", service=context.service(service)) for service in row.services]
        rows.append(
            (
                name if row.entity else words("entities.itself", name=context.name),
                context.share(float(row.share)),
                control if row.entity else "–",
                words.joined(assets) or "–",
                *(masses[each][position] for each in shown),
            )
        )
    rows.append((words("words.total"), "", "", "", *(context.one_mass(value, scale) for value in sums.values())))
    whole = math.fsum(sums.values())
    share = (sums["scopes_1_2_kg"] + sums["category_3_kg"]) / whole if whole else 1.0
    unit = f"{scale.unit} CO2e"
    columns = (
        Column(words("entities.entity"), weight=1.9),
        Column(words("entities.interest"), weight=0.85),
        Column(words("entities.control"), weight=1.8),
        Column(words("entities.assets"), weight=2.2),
        *(
            Column(words(f"entities.{head}"), unit, 1.45, True)
            for head, name in zip(_HEADS, _MASSES, strict=True)
            if name in shown
        ),
    )
    title = words("entities.finding", share=context.share(share))
    return (Table(title, columns, tuple(rows), words("entities.subtitle"), totals=1, notes=(words("entities.note"),)),)
