"""The block that shows where emissions go: from lanes to stages to scopes and categories."""

from __future__ import annotations

from carbon.reports import numbers
from carbon.reports.context import Context
from carbon.reports.flow_charts import FIRST, SECOND
from carbon.reports.report import Bar, Block, Cell, Chart, Column, Table
from carbon.terms import Scope

#: Lanes that are drawn on their own; the rest is one.
LANES = 6
#: Last place of a printed percentage.
_STEP = 0.1


def flow(context: Context) -> tuple[Block, ...]:
    """Return the flows from the largest lanes to the stages, and from the stages to scopes and categories."""
    words, inventory, total = context.words, context.inventory, context.total_kg
    frame, second = inventory.lanes, inventory.stage_categories
    keys = [key for key, _, value in context.stages if value > 0]
    if not total or not len(frame) or second is None or not len(second) or any(key not in frame for key in keys):
        return ()
    names = {key: name for key, name, _ in context.stages}
    lanes = [(_lane(context, row), [float(row[key]) for key in keys]) for _, row in frame.head(LANES).iterrows()]
    kept = [sum(parts) for parts in zip(*(values for _, values in lanes), strict=True)]
    left = [max(0.0, float(inventory.stages_kg[key]) - part) for key, part in zip(keys, kept, strict=True)]
    if sum(left) > 1e-9 * total:
        lanes.append((words("movements.other_lanes"), left))
    ends = [(_end(context, row.scope, row.category), str(row.stage), float(row.co2e_kg)) for row in second.itertuples()]
    bars = [
        Bar(lane, names[key], key, value, "", role=FIRST)
        for lane, values in lanes
        for key, value in zip(keys, values, strict=True)
        if value > 0
    ]
    bars += [Bar(names[stage], end, stage, value, "", role=SECOND) for end, stage, value in ends if value > 0]
    parts: dict[str, float] = {lane: sum(values) for lane, values in lanes}
    parts |= {names[key]: float(inventory.stages_kg[key]) for key in keys}
    by_end: dict[str, float] = {}
    for end, _, value in ends:
        by_end[end] = by_end.get(end, 0.0) + value
    shares = {name: context.of_total(value) for name, value in {**parts, **by_end}.items()}
    shares |= _scopes(context)
    first = max(ends, key=lambda each: by_end[each[0]])[0]
    told = [words("over_time.part", name=name, value=share) for name, share in shares.items()]
    return (
        Chart(
            "flows",
            words("movements.finding", lane=lanes[0][0], share=shares[lanes[0][0]], end=first, end_share=shares[first]),
            words("movements.subtitle"),
            words("movements.alt", parts=words("words.semicolon").join(told)),
            tuple(bars),
            _flow_table(context, lanes, [names[key] for key in keys]),
            tuple(shares.items()),
        ),
    )


def _scopes(context: Context) -> dict[str, str]:
    """Return scopes 1 and 2 with the shares of the table of scopes, where parts are rounded to 100 %."""
    rows = context.inventory.scopes
    sums = rows.groupby(rows["scope"].astype(str))["co2e_kg"].sum()
    whole = float(sums.sum())
    percents = [float(value) / whole * 100 for value in sums] if whole else []
    steps = numbers.steps(percents, _STEP, 100.0)
    return {
        context.words(f"quality.scopes.{scope}"): context.share(count * _STEP / 100)
        for scope, count in zip(sums.index, steps, strict=False)
        if scope != Scope.SCOPE_3
    }


def _lane(context: Context, row) -> str:
    return context.words(
        "movements.lane",
        origin=context.place(row["origin"]),
        destination=context.place(row["destination"]),
        service=context.service(row["service"]),
    )


def _end(context: Context, scope: str, category: str) -> str:
    words = context.words
    if str(scope) == Scope.SCOPE_3 and category:
        return words("movements.category", number=category, title=words(f"categories.{category}"))
    return words(f"quality.scopes.{scope}")


def _flow_table(context: Context, lanes: list[tuple[str, list[float]]], names: list[str]) -> Table:
    words = context.words
    flat = [value for _, values in lanes for value in values]
    scale = numbers.scale_for([max(flat)])
    lines = [values for _, values in lanes]
    sums = [sum(values) for values in lines]
    columns_kg = [sum(values) for values in zip(*lines, strict=True)]
    rounded = numbers.steps(sums, scale.step_kg, context.settled(sum(sums), scale))
    below = numbers.steps(context.settle(columns_kg, scale), scale.step_kg, sum(rounded) * scale.step_kg)
    cells = numbers.grid(lines, scale.step_kg, rounded, below)
    rows: list[tuple[Cell, ...]] = [
        (
            lane,
            *(context.stepped(value, steps, scale) for value, steps in zip(values, line, strict=True)),
            context.stepped(sum(values), whole, scale),
        )
        for (lane, values), line, whole in zip(lanes, cells, rounded, strict=True)
    ]
    printed = [sum(column) for column in zip(*cells, strict=True)]
    rows.append(
        (
            words("words.total"),
            *(context.stepped(value, steps, scale) for value, steps in zip(columns_kg, printed, strict=True)),
            context.stepped(sum(columns_kg), sum(rounded), scale),
        )
    )
    columns = (
        Column(words("movements.lane_head"), weight=3.6),
        *(Column(name, weight=max(1.0, 0.35 + len(name) / 8), numeric=True) for name in names),
        Column(words("words.total"), weight=0.9, numeric=True),
    )
    return Table(
        words("stages_section.table"),
        columns,
        tuple(rows),
        words("movements.table_subtitle", unit=f"{scale.unit} CO2e"),
        totals=1,
    )
