"""The block that shows how well factors represent what was done: a grid of ratings by stage."""

from __future__ import annotations

from carbon.reports import numbers
from carbon.reports.context import Context
from carbon.reports.report import Bar, Block, Chart, Column, Number, Table

#: Ratings of PACT 3.0, in its order.
RATINGS = ("technological", "geographical", "temporal")


def quality_map(context: Context) -> tuple[Block, ...]:
    """Return the grid of ratings by stage; the figures stand in the tables below it."""
    words = context.words
    rows = [
        row
        for key, _, value in context.stages
        if value > 0 and (row := context.stage_rows.get(key)) is not None and not numbers.unknown(row.rated_share)
    ]
    if not any(row.rated_share for row in rows):
        return ()
    bars, told = [], []
    for row in rows:
        name = words("movements.rated", stage=words(f"stages.{row.stage}"), share=context.of_total(float(row.co2e_kg)))
        for rating in RATINGS:
            value = getattr(row, rating)
            known = not numbers.unknown(value) and bool(row.rated_share)
            text = numbers.decimal(value, 1, context.language) if known else "–"
            bars.append(Bar(name, words(f"quality.{rating}"), str(row.stage), float(value) if known else 0.0, text))
        told.append(words("over_time.part", name=name, value=words.joined([bar.text for bar in bars[-len(RATINGS) :]])))
    weakest = max(bars, key=lambda bar: bar.value)
    columns = (
        Column(words("stages_section.stage"), weight=3),
        *(Column(words(f"quality.{rating}"), weight=1.5, numeric=True) for rating in RATINGS),
    )
    grid = [bars[place : place + len(RATINGS)] for place in range(0, len(bars), len(RATINGS))]
    cells = tuple(
        (line[0].group, *(Number(bar.value, bar.text) if bar.value else "–" for bar in line)) for line in grid
    )
    stage = words(f"stages.{weakest.stage}")
    return (
        Chart(
            "heat",
            words("movements.weakest", stage=stage, rating=context.inside(weakest.label), value=weakest.text),
            words("movements.map_subtitle"),
            words("movements.map_alt", parts=words("words.semicolon").join(told)),
            tuple(bars),
            Table(words("stages_section.table"), columns, cells),
        ),
    )
