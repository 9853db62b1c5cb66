"""Sections on what the figures rest on: rejects and fallbacks, factors, sources, terms."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from carbon.reports import numbers
from carbon.reports.context import Context
from carbon.reports.quality import gwp_name
from carbon.reports.report import Bullets, Cell, Column, Definitions, Number, Section, Subheading, Table
from carbon.reports.words import Words

_PRODUCT = "product."
#: Accounting of factors of the market-based view.
_MARKET = "market_based"


def rows(context: Context) -> Section:
    """What became of every row, and which defaults stood in."""
    words, inventory = context.words, context.inventory
    counts = inventory.row_counts
    read, footprints, rejects = (int(counts.get(each, 0)) for each in ("rows", "footprints", "rejects"))
    key = "title_zh" if context.language == "zh" else "title_en"
    outcome: list[tuple[Cell, ...]] = [(words("rows.footprints"), *context.counts([footprints]))]
    for reason in inventory.rejects.values():
        outcome.append((words("rows.rejected", reason=str(reason[key])), *context.counts([reason["count"]])))
    outcome.append((words("rows.total"), *context.counts([read])))
    finding = "finding" if rejects else "finding_none"
    values = {"rows": context.count(read), "rejects": context.count(rejects), "footprints": context.count(footprints)}
    columns = (Column(words("rows.outcome"), weight=5), Column(words("rows.rows"), weight=2, numeric=True))
    table = Table(
        words(f"rows.{finding}", **values),
        columns,
        tuple(outcome),
        words("rows.subtitle"),
        totals=1,
        notes=(words("rows.period_note"),),
    )
    return Section("rows", words("rows.title"), (table, _fallback_table(context)))


def _fallback_table(context: Context) -> Table:
    words, inventory = context.words, context.inventory
    found = {name: count for name, count in inventory.fallbacks.items() if count}
    columns = (
        Column(words("rows.fallback"), weight=5),
        Column(words("words.parcels"), weight=2, numeric=True),
        Column(words("words.share"), "%", 1.3, True),
    )
    if not found:
        return Table(words("rows.fallback_none"), columns, ((words("words.none"), "–", "–"),))
    table = tuple(
        (
            words.named("rows.fallbacks", name),
            *context.counts([count]),
            context.percents([count / inventory.parcels])[0] if inventory.parcels else "–",
        )
        for name, count in sorted(found.items(), key=lambda each: (-each[1], each[0]))
    )
    return Table(words("rows.fallback_title"), columns, table, words("rows.fallback_subtitle"))


def transport_factors(context: Context) -> Section:
    """The factors of the transport chain alone."""
    inventory = context.inventory
    chain = set(inventory.uses.chain["activity"])
    mine = inventory.factors[inventory.factors["activity"].isin(chain)].reset_index(drop=True)
    beside = inventory.factors_beside[inventory.factors_beside["accounting"] != _MARKET].reset_index(drop=True)
    made = factors(
        replace(context, inventory=replace(inventory, factors=mine, factors_beside=beside)), "transport_finding"
    )
    return replace(made, key="transport_factors")


def factors(context: Context, finding: str = "finding") -> Section:
    """Every factor used, its source and licence, and the sentences that licences ask for.

    Parameters
    ----------
    finding : str
        Key of the table's title.
    """
    words, frame = context.words, context.inventory.factors
    title = words("factors.title")
    fonts_and_places = (words("factors.attribution_fonts"), words("factors.attribution_places"))
    if not len(frame):
        table = Table(
            words("factors.finding_empty"), (Column(words("words.emissions")),), ((context.missing("no_factors"),),)
        )
        return Section("factors", title, (table, Subheading(words("factors.attributions")), Bullets(fonts_and_places)))
    cited = _cited(context)
    attributions = [str(each) for each in cited["attribution"].dropna().unique() if str(each).strip()]
    blocks = (
        _factor_table(context, finding),
        *_beside_table(context),
        _source_table(context),
        Subheading(words("factors.attributions")),
        Bullets((*sorted(attributions), *fonts_and_places)),
    )
    return Section("factors", title, blocks)


def _factor_table(context: Context, found: str) -> Table:
    words, frame = context.words, context.inventory.factors
    numbers_of = _numbered(_cited(context))
    product = frame["activity"].astype(str).str.startswith(_PRODUCT)
    delivery = frame[~product]
    rows = [_factor_row(context, row, False, numbers_of) for row in delivery.itertuples()]
    rows += [_factor_row(context, row, True, numbers_of) for row in frame[product].itertuples()]
    by_factor = delivery.groupby("factor_id")["co2e_kg"].sum()
    finding = words("factors.finding_empty")
    if len(by_factor) and context.total_kg:
        finding = words(f"factors.{found}", count=len(by_factor), share=context.of_total(float(by_factor.max())))
    columns = (*_columns(context), Column(words("factors.share"), "%", 0.85, True))
    return Table(finding, columns, tuple(rows), words("factors.subtitle"), dense=True)


def _columns(context: Context, factor: float = 3.9) -> tuple[Column, ...]:
    words = context.words
    return (
        Column(words("factors.factor"), weight=factor),
        Column(words("factors.region"), weight=0.85),
        Column(words("factors.source"), weight=2.35),
        Column(words("factors.basis"), weight=1.9),
        Column(words("factors.value"), weight=1.2, numeric=True),
        Column(words("factors.unit"), weight=1.05),
        Column(words("factors.match"), weight=0.95),
    )


def _beside_table(context: Context) -> tuple[Table, ...]:
    """Return the factors of figures that are in no total; nothing where there are none."""
    words, frame = context.words, context.inventory.factors_beside
    if not len(frame):
        return ()
    numbers_of, market_kg = _numbered(_cited(context)), float(context.inventory.market_total_kg)
    rows: list[tuple[Cell, ...]] = []
    for row in frame.itertuples():
        market = row.accounting == _MARKET
        share: Cell = words("factors.in_no_total")
        if market and market_kg:
            share = context.percents([float(row.co2e_kg) / market_kg])[0]
        *cells, _ = _factor_row(context, row, False, numbers_of)
        rows.append((*cells, words(f"factors.serves.{row.accounting}"), share))
    columns = (
        *_columns(context, factor=3.0),
        Column(words("factors.figure"), weight=1.15),
        Column(words("factors.share"), "%", 0.9, True),
    )
    title = words("factors.beside_finding", count=int(frame["factor_id"].nunique()))
    return (Table(title, columns, tuple(rows), words("factors.beside_subtitle"), dense=True),)


def _cited(context: Context) -> pd.DataFrame:
    """Return all factors whose sources are cited."""
    inventory = context.inventory
    frames = [each for each in (inventory.factors, inventory.factors_beside) if len(each)]
    return pd.concat(frames, ignore_index=True) if frames else inventory.factors


def _text(value: object, otherwise: str = "") -> str:
    return otherwise if pd.isna(value) or not str(value).strip() else str(value)


def _factor_row(context: Context, row, product: bool, numbers_of: dict[tuple, int]) -> tuple[Cell, ...]:
    words = context.words
    where = f"{words('factors.cited', number=numbers_of[_source_key(row)])} {_text(row.locator)}".strip()
    basis = words("words.separator").join(
        part
        for part in (
            words.named("boundaries", _text(row.boundary)),
            _text(row.gas_basis),
            gwp_name(context, _text(row.gwp_set)),
        )
        if part
    )
    share: Cell = words("stages.product")
    if not product and context.total_kg:
        share = context.percents([float(row.co2e_kg) / context.total_kg])[0]
    plain = _text(row.name)
    name = words("factors.named", factor=row.factor_id, name=plain) if plain else str(row.factor_id)
    return (
        name,
        _text(row.region, "–"),
        where,
        basis,
        Number(float(row.value), numbers.published(float(row.value), context.language), row.unit),
        numbers.unit_text(str(row.unit)),
        words.named("factors.matches", str(row.match)),
        share,
    )


def _source_key(row) -> tuple[str, ...]:
    return tuple(_text(getattr(row, name)) for name in ("publisher", "title", "edition", "year", "licence"))


def _numbered(frame: pd.DataFrame) -> dict[tuple, int]:
    """Return the sources' numbers, in order of publisher and title."""
    return {key: number for number, key in enumerate(sorted({_source_key(row) for row in frame.itertuples()}), 1)}


def _source_table(context: Context) -> Table:
    words, frame = context.words, _cited(context)
    numbers_of = _numbered(frame)
    firsts = {numbers_of[_source_key(row)]: row for row in frame.itertuples()}
    unknown = words("words.unknown")
    rows = tuple(
        (
            words("factors.cited", number=number),
            _text(row.title, unknown),
            _text(row.publisher, unknown),
            _text(row.edition, unknown),
            str(int(row.year)) if _text(row.year) else "–",
            _text(row.licence, unknown),
        )
        for number, row in sorted(firsts.items())
    )
    return Table(
        words("factors.sources_finding", count=len(rows)),
        publication_columns(words),
        rows,
        words("factors.sources_subtitle"),
        dense=True,
    )


def publication_columns(words: Words) -> tuple[Column, ...]:
    """Return the columns of a table of publications."""
    return (
        Column(words("factors.number"), weight=0.5),
        Column(words("factors.publication"), weight=3.2),
        Column(words("factors.publisher"), weight=2.4),
        Column(words("factors.edition"), weight=1.8),
        Column(words("factors.year"), weight=0.6),
        Column(words("factors.licence"), weight=1.8),
    )


def glossary(context: Context) -> Section:
    """Terms of the report."""
    words = context.words
    items = tuple((str(term), str(text)) for term, text in words.at("glossary.items"))
    return Section("glossary", words("glossary.title"), (Definitions(items),))
