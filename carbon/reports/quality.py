"""The section on data quality: data types, ratings, matches, GWP sets, known gaps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from carbon.reports import numbers
from carbon.reports.context import Context
from carbon.reports.quality_map import RATINGS, quality_map
from carbon.reports.report import Block, Cell, Column, Number, Section, Table
from carbon.terms import DataType, Stage


def quality(context: Context) -> Section:
    """Data types, shares and ratings by stage and category, matches, GWP sets, known gaps."""
    blocks: list[Block] = [
        _type_table(context),
        *quality_map(context),
        _stage_table(context),
        _category_table(context),
        _match_table(context),
        _gwp_table(context),
    ]
    gaps = _gap_table(context)
    blocks += [gaps] if gaps else []
    return Section("quality", context.words("quality.title"), tuple(blocks))


def _stage_table(context: Context) -> Table:
    """Shares and ratings by stage; the product last, apart."""
    words = context.words
    rows = [row for row in context.inventory.stages.itertuples() if row.co2e_kg]
    delivery = [row for row in rows if row.stage != Stage.PRODUCT and row.primary_share]
    title = words("quality.stages_finding_none" if rows else "quality.stages_empty")
    if delivery:
        best = max(delivery, key=lambda row: row.primary_share)
        title = words(
            "quality.stages_finding", stage=words(f"stages.{best.stage}"), share=context.share(best.primary_share)
        )
    cells = [(words(f"stages.{row.stage}"), *_quality_cells(context, row)) for row in rows]
    # The total stands under the delivery stages, before the product that is no part of it.
    place = sum(row.stage != Stage.PRODUCT for row in rows)
    if rows:
        cells.insert(place, (words("words.total"), *_total_cells(context)))
    head = Column(words("stages_section.stage"), weight=2.6)
    return _quality_table(context, title, words("quality.stages_subtitle"), head, cells, sums=(place,) if rows else ())


def _category_table(context: Context) -> Table:
    """Shares and ratings by scope and category."""
    words = context.words
    rows = [row for row in context.inventory.scopes.itertuples() if row.co2e_kg]
    rated = [row for row in rows if row.rated_share == row.rated_share and row.rated_share]
    title = words("quality.categories_empty")
    if rated:
        weakest = max(rated, key=_mean_rating)
        rating = numbers.decimal(_mean_rating(weakest), 1, context.language)
        title = words("quality.categories_finding", part=part_name(context, weakest, sentence=True), rating=rating)
    cells = [(part_name(context, row), *_quality_cells(context, row)) for row in rows]
    if rows:
        cells.append((words("words.total"), *_total_cells(context)))
    head = Column(words("quality.part"), weight=4)
    return _quality_table(context, title, words("quality.categories_subtitle"), head, cells, totals=bool(rows))


def part_name(context: Context, row, sentence: bool = False) -> str:
    """Return the name of a scope, or of a category of scope 3, for a table or for a sentence."""
    words = context.words
    if not row.category:
        return words(f"quality.scopes.{row.scope}")
    category = str(row.category)
    title = words(f"categories.{category}")
    if sentence:
        return words("quality.category_named", number=category, title=context.inside(title))
    return words("quality.category", number=category, title=title)


def _mean_rating(row) -> float:
    return math.fsum(getattr(row, name) for name in RATINGS) / len(RATINGS)


def _quality_table(
    context: Context,
    title: str,
    subtitle: str,
    head: Column,
    cells: list[tuple[Cell, ...]],
    totals: int = 0,
    sums: tuple[int, ...] = (),
) -> Table:
    words = context.words
    shares = (Column(words(f"quality.{name}_short"), "%", 1.05, True) for name in DataType)
    widths = zip(RATINGS, (1.25, 1.2, 0.75), strict=True)
    ratings = (Column(words(f"quality.{name}"), weight=width, numeric=True) for name, width in widths)
    columns = (head, *shares, *ratings, Column(words("quality.rated"), "%", 0.85, True))
    missing = (("–", context.missing("no_data_types"), *("–" for _ in range(len(columns) - 2))),)
    notes = (words("quality.ratings_note"),) if cells else ()
    return Table(title, columns, tuple(cells) or missing, subtitle, totals=totals, notes=notes, sums=sums)


def _quality_cells(context: Context, row) -> list[Cell]:
    """Return shares of data types, ratings, and the rated share of a stage or category."""
    shares = [getattr(row, f"{name}_share") for name in DataType]
    return [*_percents(context, shares), *_ratings(context, row._asdict()), *_percents(context, [row.rated_share])]


def _total_cells(context: Context) -> list[Cell]:
    inventory = context.inventory
    shares = [inventory.quality.get(str(name)) for name in DataType]
    rated = inventory.ratings.get("rated_share")
    return [*_percents(context, shares), *_ratings(context, inventory.ratings), *_percents(context, [rated])]


def _percents(context: Context, shares: Sequence[float | None]) -> list[Cell]:
    return ["–" if numbers.unknown(share) else context.percents([share])[0] for share in shares]


def _ratings(context: Context, ratings: Mapping[str, float | None]) -> list[Cell]:
    """Return ratings with one decimal."""
    values = [ratings.get(name) for name in RATINGS]
    return [
        "–" if numbers.unknown(value) else Number(value, numbers.decimal(value, 1, context.language))
        for value in values
    ]


def _share_table(
    context: Context, title: str, subtitle: str, head: str, parts: list[tuple[str, float]], reason: str
) -> Table:
    """Return a partition of delivery emissions with its total."""
    words = context.words
    values = [value for _, value in parts]
    whole = sum(values)
    scale = numbers.scale_for([*values, whole])
    columns = (
        Column(head, weight=4),
        Column(words("words.emissions"), f"{scale.unit} CO2e", 3, True),
        Column(words("words.share"), "%", 1.3, True),
    )
    if not whole:
        return Table(title, columns, (("–", context.missing(reason), "–"),), subtitle)
    cells = zip(parts, context.masses(values, scale, whole), context.shares(values), strict=True)
    rows = [(name, mass, share) for (name, _), mass, share in cells]
    rows.append((words("words.total"), context.one_mass(whole, scale), context.whole()))
    return Table(title, columns, tuple(rows), subtitle, totals=1)


def _type_table(context: Context) -> Table:
    words, shares = context.words, context.inventory.quality
    parts = [
        (words(f"quality.{each}"), shares.get(each, 0.0) * context.total_kg)
        for each in ("primary", "modelled", "default")
    ]
    title = (
        words("quality.finding", share=context.share(shares.get("default", 0.0)))
        if context.total_kg
        else words("quality.finding_empty")
    )
    return _share_table(context, title, words("quality.subtitle"), words("quality.type"), parts, "no_data_types")


def _match_table(context: Context) -> Table:
    words, frame = context.words, context.inventory.matches
    found = {str(row.match): float(row.co2e_kg) for row in frame.itertuples()}
    order = [each for each in words.at("quality.matches") if each in found]
    parts = [(words(f"quality.matches.{each}"), found[each]) for each in order]
    parts += [(each, value) for each, value in found.items() if each not in order]
    whole = sum(found.values())
    near = (found.get("own", 0.0) + found.get("region", 0.0)) / whole if whole else 0.0
    title = words("quality.match_finding", share=context.share(near)) if whole else words("quality.match_empty")
    return _share_table(context, title, words("quality.match_subtitle"), words("quality.match"), parts, "no_matches")


def _gwp_table(context: Context) -> Table:
    words, mix = context.words, context.inventory.gwp_mix
    parts = [(gwp_name(context, name), float(value)) for name, value in mix.items()]
    whole = sum(mix.values())
    title = words("quality.gwp_empty")
    if whole:
        first = max(mix, key=mix.get)
        title = words("quality.gwp_finding", share=context.share(mix[first] / whole), gwp=gwp_name(context, first))
    return _share_table(context, title, words("quality.gwp_subtitle"), words("quality.gwp"), parts, "no_gwp")


def gwp_name(context: Context, name: str) -> str:
    """Return what a GWP set is called."""
    return context.words.at("quality.gwp_names").get(name, name)


def _gap_table(context: Context) -> Table | None:
    """Return emissions under known gaps; they overlap, so there is no total."""
    words, inventory = context.words, context.inventory
    parts = [(words.at("quality.flags").get(name, name), float(value)) for name, value in inventory.incomplete.items()]
    if inventory.co2_only_kg:
        parts.append((words("quality.co2_only"), float(inventory.co2_only_kg)))
    for row in inventory.edition_gaps.itertuples():
        if row.edition_gap_years:
            count = int(row.edition_gap_years)
            years = words("quality.years_one") if count == 1 else words("quality.years_many", count=count)
            parts.append((words("quality.edition_gap", years=years), float(row.co2e_kg)))
    if not parts:
        return None
    scale = numbers.scale_for([value for _, value in parts])
    rows = tuple(
        (
            name,
            context.one_mass(value, scale),
            context.percents([value / context.total_kg])[0] if context.total_kg else "–",
        )
        for name, value in parts
    )
    columns = (
        Column(words("quality.issue"), weight=4),
        Column(words("words.emissions"), f"{scale.unit} CO2e", 3, True),
        Column(words("words.share"), "%", 1.3, True),
    )
    return Table(words("quality.issues"), columns, rows, words("quality.issues_subtitle"))
