"""Blocks on how figures move: from year to year, month to month, and towards a target."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd

from carbon.ledger import Inventory
from carbon.reports import numbers
from carbon.reports.change_charts import CHANGE, END, START
from carbon.reports.context import Context
from carbon.reports.line_charts import PATH, REPORTED
from carbon.reports.report import Bar, Block, Cell, Chart, Column, Number, Range, Subheading, Table, Text

_MONTHS = 12
#: Marks of a vertical axis are these times a power of ten apart.
_STEPS = (1, 2, 2.5, 5, 10)


def ticks(largest: float, scale: numbers.MassScale, context: Context) -> tuple[tuple[float, str], ...]:
    """Return four to six marks of an axis from zero to beyond the largest value [kg], printed in the scale's unit."""
    unit_kg = scale.step_kg * 10**scale.decimals
    if not largest > 0:
        return ()
    wanted = largest / unit_kg / 4
    power = 10.0 ** math.floor(math.log10(wanted))
    step = next(each * power for each in _STEPS if each * power >= wanted)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) + (1 if f"{step / power:g}" == "2.5" else 0)
    count = math.ceil(largest / unit_kg / step - 1e-9)
    return tuple(
        (place * step * unit_kg, numbers.decimal(place * step, decimals if place else 0, context.language))
        for place in range(count + 1)
    )


def year_to_year(context: Context) -> tuple[Block, ...]:
    """Return the waterfall from the former year to the period's last one, over the months that the ledger holds of both.

    Where it holds no month of the former year the reason stands there instead.
    """
    words, inventory = context.words, context.inventory
    heading = Subheading(words("over_time.years"))
    if inventory.last_day is None or context.empty:
        return ()
    year, history = inventory.last_day.year, inventory.history
    months = [] if history is None else _common(history, year, context)
    if not months:
        reason = words("over_time.no_former_year", year=year - 1, this=year)
        return (heading, Text(words("words.not_reported", reason=reason)))
    return (heading, _waterfall(context, year, months, history))


def _common(history: pd.DataFrame, year: int, context: Context) -> list[str]:
    """Return the months (``01``) of the period's last year that the ledger holds of the former year, too."""
    first, last = (f"{day:%Y-%m}" for day in (context.inventory.first_day, context.inventory.last_day))
    held = {str(month) for month in history.index}
    mine = [month[5:] for month in sorted(held) if month[:4] == str(year) and first <= month <= last]
    return [month for month in mine if f"{year - 1}-{month}" in held]


def _waterfall(context: Context, year: int, months: list[str], history: pd.DataFrame) -> Chart:
    words = context.words
    keys = [key for key, _, _ in context.stages]
    former, this = (history.loc[[f"{each}-{month}" for month in months], keys].sum() for each in (year - 1, year))
    before, after = ([float(part[key]) for key in keys] for part in (former, this))
    scale = numbers.scale_for([*before, *after, sum(before), sum(after)])
    printed = [numbers.steps(context.settle(parts, scale), scale.step_kg) for parts in (before, after)]
    names = [name for _, name, _ in context.stages]
    rows = [
        _change_row(context, name, values, steps, scale)
        for name, values, steps in zip(names, zip(before, after, strict=True), zip(*printed, strict=True), strict=True)
    ]
    sums = (sum(before), sum(after))
    rows.append(_change_row(context, words("words.total"), sums, tuple(map(sum, printed)), scale))
    unit = f"{scale.unit} CO2e"
    columns = (
        Column(words("stages_section.stage"), weight=3),
        Column(str(year - 1), unit, 2, True),
        Column(str(year), unit, 2, True),
        Column(words("over_time.change"), unit, 2, True),
        Column(words("over_time.change_share"), "%", 1.6, True),
    )
    mass = lambda cell: f"{cell.text}\u00a0{scale.unit}"  # noqa: E731
    first, last = (str(each) for each in (year - 1, year))
    bars = [Bar("", first, "", sums[0], mass(rows[-1][1]), role=START)]
    bars += [
        Bar("", row[0], key, row[3].value, mass(row[3]), role=CHANGE)
        for key, row in zip(keys, rows[:-1], strict=True)
        if row[3].value
    ]
    bars.append(Bar("", last, "", sums[1], mass(rows[-1][2]), role=END))
    difference = sums[1] - sums[0]
    most = max(zip(rows[:-1], keys, strict=True), key=lambda pair: pair[0][3].value * math.copysign(1.0, difference))[0]
    title = words(
        "over_time.more" if difference > 0 else "over_time.less",
        year=last,
        former=first,
        mass=f"{context.mass(abs(difference))} CO2e",
        stage=context.inside(str(most[0])),
    )
    parts = [words("over_time.part", name=bar.label, value=bar.text) for bar in bars]
    whole = len(months) == _MONTHS
    subtitle = words("over_time.subtitle" if whole else "over_time.subtitle_months", count=len(months))
    return Chart(
        "waterfall",
        title if difference else words("over_time.same", year=last, former=first),
        subtitle,
        words("over_time.alt", parts=words("words.semicolon").join(parts)),
        tuple(bars),
        Table(words("stages_section.table"), columns, tuple(rows), totals=1),
    )


def _change_row(
    context: Context, name: str, values: Sequence[float], steps: Sequence[int], scale: numbers.MassScale
) -> tuple[Cell, ...]:
    """Return a stage's two years and their difference as printed, so that rows and columns add up."""
    before, after = (context.stepped(*each, scale) for each in zip(values, steps, strict=True))
    change = values[1] - values[0]
    figure = numbers.decimal((steps[1] - steps[0]) * 10.0**-scale.decimals, scale.decimals, context.language)
    signed = Number(change, figure if steps[1] <= steps[0] else f"+{figure}", f"{scale.unit} CO2e")
    share: Cell = "–"
    if values[0] > 0:
        percent = numbers.decimal(100 * change / values[0], 1, context.language)
        share = Number(change / values[0], percent if change <= 0 else f"+{percent}", "%")
    return (name, before, after, signed, share)


def intensity_trend(context: Context) -> tuple[Block, ...]:
    """Return the line of emissions per parcel month by month, with the band of their 95 % range."""
    words, frame = context.words, context.inventory.months
    frame = frame[frame["parcels"] > 0] if len(frame) else frame
    if len(frame) < 2 or not context.total_kg:
        return ()
    values, lows, highs = (
        [float(value) / int(count) for value, count in zip(frame[column], frame["parcels"], strict=True)]
        for column in ("total_kg", "low_kg", "high_kg")
    )
    names = [str(month) for month in frame.index]
    ranged = not any(map(numbers.unknown, (*lows, *highs)))
    scale = numbers.scale_for([max(values)])
    texts = [context.one_mass(value, scale) for value in values]
    ends = [context.range_cell(low, high, scale) for low, high in zip(lows, highs, strict=True)]
    least, most = min(values), max(values)
    labelled = {values.index(least), values.index(most), len(values) - 1}
    bars = tuple(
        Bar(
            name, "", "", value, cell.text if place in labelled else "",
            low if ranged else None, high if ranged else None,
        )
        for place, (name, value, cell, low, high) in enumerate(zip(names, values, texts, lows, highs, strict=True))
    )  # fmt: skip
    unit = f"{scale.unit} CO2e"
    rows = [
        (name, *context.counts([count]), cell, end)
        for name, count, cell, end in zip(names, frame["parcels"], texts, ends, strict=True)
    ]
    table = Table(
        words("stages_section.table"),
        (
            Column(words("months.month"), weight=1.5),
            Column(words("words.parcels"), weight=1.5, numeric=True),
            Column(words("intensity.per_parcel"), unit, 2, True),
            Column(words("words.range"), unit, 2.2, True),
        ),
        tuple(rows),
        notes=() if ranged else (words("words.no_range"),),
    )
    parts = [
        words("months.alt_part", month=name, range=f"{cell.text}\u00a0{scale.unit}{_in_brackets(context, end)}")
        for name, cell, end in zip(names, texts, ends, strict=True)
    ]
    months = [numbers.month(names[values.index(each)], context.language) for each in (least, most)]
    return (
        Chart(
            "trend",
            words(
                "over_time.intensity",
                low=context.mass(least),
                low_month=months[0],
                high=context.mass(most),
                high_month=months[1],
            ),
            words("over_time.intensity_subtitle" if ranged else "over_time.intensity_subtitle_plain", unit=unit),
            words("over_time.intensity_alt", parts=words("words.semicolon").join(parts)),
            bars,
            table,
            ticks=ticks(max([*highs, *values]) if ranged else max(values), scale, context),
        ),
    )


def _in_brackets(context: Context, cell: Cell) -> str:
    return numbers.BRACKETS[context.language].format(cell.text) if isinstance(cell, Range) else ""


@dataclass(frozen=True)
class TargetPath:
    """The way from the base year to the targets, and what was reported on it.

    Attributes
    ----------
    wanted : tuple of (year, kg)
        [kg CO2e] The base year, then each target for the total.
    reported : tuple of (year, kg)
        [kg CO2e] Later years of which the ledger holds every month.
    """

    wanted: tuple[tuple[int, float], ...]
    reported: tuple[tuple[int, float], ...]

    @property
    def base_kg(self) -> float:
        """The base year's figure [kg CO2e]."""
        return self.wanted[0][1]

    @property
    def away_kg(self) -> float | None:
        """How far the newest reported year lies above the path [kg CO2e]; None where none was reported."""
        if not self.reported:
            return None
        year, kg = self.reported[-1]
        return kg - self.at(year)

    def at(self, year: int) -> float:
        """Return the path's figure in a year, along straight lines [kg CO2e]."""
        for (first, start), (last, end) in pairwise(self.wanted):
            if first <= year <= last:
                return start + (end - start) * (year - first) / (last - first)
        return self.wanted[-1][1]


def target_path(inventory: Inventory, organisation: Mapping[str, Any]) -> TargetPath | None:
    """Return the path to an organisation's targets for the total; None without one, or without the base year's figure."""
    base, base_kg = organisation.get("base_year"), inventory.base_year_kg
    targets = sorted(
        (int(each["year"]), float(each["reduction_share"]))
        for each in organisation.get("targets") or ()
        if str(each.get("covers", "total")) == "total" and each.get("base_year") == base
    )
    if base is None or not base_kg or not targets or targets[0][0] <= int(base):
        return None
    wanted = ((int(base), base_kg), *((year, base_kg * (1 - share)) for year, share in targets))
    reported = tuple((year, kg) for year, kg in _whole_years(inventory) if int(base) < year <= targets[-1][0])
    return TargetPath(wanted, reported)


def glidepath(context: Context) -> tuple[Block, ...]:
    """Return the path from the base year to the targets, with the years that the ledger holds whole.

    Only targets for the total are drawn; without the base year's figure there is no path.
    """
    words = context.words
    path = target_path(context.inventory, context.organisation)
    if path is None or context.empty:
        return ()
    (base, base_kg), wanted, reported = path.wanted[0], path.wanted, path.reported
    scale = numbers.scale_for([base_kg])
    figure = lambda kg: f"{context.one_mass(kg, scale).text}\u00a0{scale.unit}"  # noqa: E731
    bars = [
        Bar(
            str(year),
            "",
            "",
            kg,
            figure(kg) if year == base else words("over_time.target_label", value=figure(kg), year=year),
            role=PATH,
        )
        for year, kg in wanted
    ]
    bars += [
        Bar(str(year), "", "", kg, words("over_time.reported_label", value=figure(kg)), role=REPORTED)
        for year, kg in reported
    ]
    known = dict(reported)
    rows = [
        (
            str(year),
            context.one_mass(path.at(year), scale),
            context.one_mass(known[year], scale) if year in known else "–",
        )
        for year in sorted({*(year for year, _ in wanted), *known})
    ]
    rows[0] = (rows[0][0], rows[0][1], context.one_mass(base_kg, scale))
    unit = f"{scale.unit} CO2e"
    table = Table(
        words("stages_section.table"),
        (
            Column(words("over_time.year"), weight=1.5),
            Column(words("over_time.path"), unit, 2, True),
            Column(words("over_time.reported"), unit, 2, True),
        ),
        tuple(rows),
        notes=(words("over_time.whole_years"),),
    )
    year, last_kg = wanted[-1]
    if path.away_kg is not None:
        key = "over_time.above" if path.away_kg > 0 else "over_time.below"
        title = words(key, year=reported[-1][0], mass=f"{context.mass(abs(path.away_kg))} CO2e")
    else:
        share = context.share(1 - last_kg / base_kg)
        title = words("over_time.to_go", year=year, share=share, mass=f"{context.mass(last_kg)} CO2e")
    parts = [words("over_time.part", name=f"{bar.group}", value=bar.text) for bar in bars]
    return (
        Chart(
            "glidepath",
            title,
            words("over_time.path_subtitle", unit=unit),
            words("over_time.path_alt", parts=words("words.semicolon").join(parts)),
            tuple(bars),
            table,
            ticks=ticks(max(bar.value for bar in bars), scale, context),
        ),
    )


def _whole_years(inventory: Inventory) -> list[tuple[int, float]]:
    """Return the years of which the ledger holds every month, with their totals [kg CO2e]."""
    history = inventory.history
    if history is None or not len(history):
        return []
    years = history.groupby(history.index.str[:4])["total_kg"].agg(["size", "sum"])
    return [(int(year), float(row["sum"])) for year, row in years.iterrows() if row["size"] == _MONTHS]
