"""The inventory: the runs that count, rolled up by stage, scope, category, month, lane, factor and data quality."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from carbon.engine.columns import Fallback
from carbon.engine.kernel import TOTAL, TTW, UNSPLIT, WTT, stage_column
from carbon.engine.uncertainty import DRAWS, SEED
from carbon.ledger import accounts, evidence
from carbon.ledger.base_year import Restatement, restatements
from carbon.ledger.causes import names_of
from carbon.ledger.cells import Cells, keep
from carbon.ledger.cells import sums as sums_of
from carbon.ledger.consolidation import consolidate
from carbon.ledger.flows import history, stage_categories
from carbon.ledger.manifest import Manifest, problem
from carbon.ledger.period import Period
from carbon.ledger.power import Power, power_of
from carbon.ledger.quality import RATING_COLUMNS, Quality, stage_table
from carbon.ledger.query import as_ledger, connect, lanes, orders, overlapping, packages, services, trend
from carbon.ledger.ranges import Ranges, ranges_of
from carbon.ledger.ratios import intensities_of, notes_of, rejects_by_reason
from carbon.ledger.restating import recorded_kg
from carbon.ledger.store import Ledger
from carbon.ledger.uses import Uses, uses
from carbon.terms import Scope, Stage


@dataclass(frozen=True)
class Inventory:
    """What a ledger holds for a period; plain values and tables.

    Attributes
    ----------
    organisation : mapping
        As in the newest run's manifest.
    period : str
        Label of the period, or of the months shipped in where the whole ledger is meant.
    first_day, last_day : datetime.date or None
    runs : list of str
        Ids of the runs that the figures come from.
    total_kg, product_kg : float
        Delivery stages; products apart. Location-based, without radiative forcing.
    total_low_kg, total_high_kg, product_low_kg, product_high_kg : float or None
        95 % range, drawn with all factors and shared parameters in common; None where a run recorded no spreads.
    stages_kg : mapping
        Every stage, product included.
    wtt_kg, ttw_kg, unsplit_kg : float
        Of the transport stages.
    stages : pandas.DataFrame
        Stage, co2e_kg, low_kg, high_kg, shares of data types (ISO 14083), ratings (PACT 3.0, 1 best to 5), the share of
        emissions that is rated. Product last, apart.
    scopes : pandas.DataFrame
        Scope, category, titles, co2e_kg (location-based), market_based_kg, parcels, shares of data types, low_kg,
        high_kg, market_low_kg, market_high_kg, ratings. Without product, so that it adds up to `total_kg`.
        `categories` are its rows of scope 3.
    market_total_kg, market_low_kg, market_high_kg : float or None
        The total with the market-based view of scope 2.
    market_missing : list of (site, meter)
        Where the grid's average stands in the market-based view, for all of a meter or what no instrument covers;
        `market_notes` says it in English.
    power : Power
        Certificates and contracts with the quality criteria they meet, own power, and certificates sold of it.
    beside : pandas.DataFrame
        Shown beside the total: what, block, without_kg, with_kg, difference_kg, with_low_kg, with_high_kg.
    months : pandas.DataFrame
        Index month; parcels, stages, total_kg, low_kg and high_kg.
    history : pandas.DataFrame
        Index month, over all that the runs that count hold, whatever the period: delivery stages, total_kg.
    stage_categories : pandas.DataFrame
        How stages fall into scopes and categories: stage, scope, category, co2e_kg.
    variance : pandas.DataFrame
        The five factors and parameters that make most of the total's variance: key, titles, variance_share; then all
        others.
    ratings : mapping
        Of the total: technological, geographical, temporal, rated_share.
    gaps : pandas.DataFrame
        What better data would narrow the total's range most: see `carbon.ledger.gaps.gap_table`.
    seed, draws : int
        Behind all ranges.
    entities : pandas.DataFrame
        What of sites and vehicles is whose, by the consolidation approach: see `carbon.ledger.consolidation`.
    sites, channels : pandas.DataFrame
        Meters with what parcels and other channels carry of them, and the rest; each channel with its share: in no total.
    factors, factors_beside : pandas.DataFrame
        Factors of the total, and of figures beside it (market-based electricity, radiative forcing): `evidence.factors_used`.
    matches, edition_gaps : pandas.DataFrame
        Emissions (and parcel lines) by how factors were found.
    incomplete : mapping
        What factors lack, to the emissions that stem from them.
    rejects : mapping
        Reason to count, title_en and title_zh. A run's rejects have no date: with a period they are those of every
        run that touches it.
    intensities : mapping
        per_parcel_kg, per_order_kg, per_tonne_km_kg, per_revenue_kg (of `revenue_currency`); absent ones are None.
    empty_space_share : float or None
        Empty part of the packages' inner volume.
    uses : Uses
        Transport chain, own energy, gases, waste, counts.
    base_year_kg : float or None
        What the runs that count hold of the organisation's base year; None where they hold nothing of it.
    restatements : list of Restatement
        Every change of the base year's figure, oldest first.
    statement : bool
        Whether the transport figures may be called ISO 14083; `statement_reason` says why or why not.
    """

    organisation: Mapping[str, Any]
    period: str
    first_day: Any
    last_day: Any
    runs: list[str]
    head_sha256: str
    code_version: str
    gwp_set: str
    factor_release_sha256: list[str]
    parcels: int
    orders: int
    total_kg: float
    total_low_kg: float | None
    total_high_kg: float | None
    product_kg: float
    product_low_kg: float | None
    product_high_kg: float | None
    stages_kg: dict[str, float]
    wtt_kg: float
    ttw_kg: float
    unsplit_kg: float
    stages: pd.DataFrame
    scopes: pd.DataFrame
    categories: pd.DataFrame
    market_total_kg: float
    market_low_kg: float | None
    market_high_kg: float | None
    scope2_location_kg: float
    scope2_market_kg: float
    market_missing: list[tuple[str, str]]
    market_notes: list[str]
    power: Power
    beside: pd.DataFrame
    months: pd.DataFrame
    history: pd.DataFrame
    stage_categories: pd.DataFrame
    services: pd.DataFrame
    lanes: pd.DataFrame
    packages: pd.DataFrame
    entities: pd.DataFrame
    sites: pd.DataFrame
    channels: pd.DataFrame
    factors: pd.DataFrame
    factors_beside: pd.DataFrame
    variance: pd.DataFrame
    gaps: pd.DataFrame
    seed: int
    draws: int
    quality: dict[str, float]
    ratings: dict[str, float | None]
    matches: pd.DataFrame
    edition_gaps: pd.DataFrame
    gwp_mix: dict[str, float]
    co2_only_kg: float
    incomplete: dict[str, float]
    fallbacks: dict[str, int]
    rejects: dict[str, dict[str, Any]]
    row_counts: dict[str, int]
    intensities: dict[str, Any]
    packaging_kg_by_material: pd.DataFrame
    empty_space_share: float | None
    uses: Uses
    base_year_kg: float | None
    restatements: list[Restatement]
    statement: bool
    statement_reason: str
    statement_reason_zh: str
    notes: list[str]


def inventory(
    folder: Ledger | Path | str,
    period: Period | str | None = None,
    *,
    runs: Iterable[str] | None = None,
    cells: Cells | None = None,
) -> Inventory:
    """Roll up the runs that count.

    Parameters
    ----------
    folder : path or Ledger
    period : Period or str, optional
        Such as ``2025``, ``2025-06`` or ``2025-01..2025-06``; the whole ledger by default.
    runs : iterable of str, optional
        These runs instead of those that count; a restated one may be named, too.
    cells : Cells, optional
        Holds what parcels add up to, for further inventories of the same runs.

    Raises
    ------
    InputError
        If the period cannot be read.
    LedgerError
        If the ledger holds no run. A period without parcels gives an inventory of zeros.
    """
    ledger = as_ledger(folder)
    wanted = Period.from_text(period) if period is not None else None
    current = ledger.current() if runs is None else [ledger.run(run) for run in runs]
    if not current:
        raise problem(ledger.folder, "the ledger holds no run", "run `carbon calculate ORDERS --ledger DIR` first")
    manifests = overlapping(current, wanted)
    newest = (manifests or current)[-1]
    with connect(ledger, period=wanted, runs=[each.run for each in current], cells=cells) as connection:
        activity, terms = accounts.activity_terms(connection)
        terms = terms.of_inputs({each.run: each.input_sha256 for each in manifests if each.input_sha256})
        if cells is None:
            keep(connection)
        sums = sums_of(connection)
        sums["orders"] = orders(connection, ledger, [each.run for each in current], wanted, cells)
        months = trend(connection).set_index("month")
        tables = {
            "services": services(connection),
            "lanes": lanes(connection, stages=True),
            "packages": packages(connection),
        }
        consolidated = consolidate(activity, terms, manifests)
        activity, terms = accounts.numbered(consolidated.activity), consolidated.terms
        used = uses(ledger, [each.run for each in manifests], activity, connection)
    market, missing = accounts.market_view(activity)
    meters = evidence.sites(ledger, manifests, activity, wanted)
    names = [each.run for each in manifests]
    factors, factors_beside = evidence.factors_used(ledger, names, activity)
    drawn = ranges_of(activity, terms, market, names_of(ledger, names), newest.organisation)
    scopes = _scopes(activity, market, drawn)
    second = scopes["scope"] == Scope.SCOPE_2
    stages = {str(stage): sums[stage_column(stage)] for stage in Stage}
    allowed, reason, reason_zh = accounts.statement(activity)
    first_day, last_day = (wanted.first_day, wanted.last_day) if wanted else (sums["first_day"], sums["last_day"])
    total_low_kg, total_high_kg = drawn.ends("total")
    product_low_kg, product_high_kg = drawn.ends("stage", str(Stage.PRODUCT))
    market_low_kg, market_high_kg = drawn.ends("market")
    return Inventory(
        organisation=newest.organisation,
        period=wanted.label if wanted else _label(first_day, last_day),
        first_day=first_day,
        last_day=last_day,
        runs=names,
        head_sha256=ledger.head_sha256(),
        code_version=newest.code_version,
        gwp_set=newest.gwp_set,
        factor_release_sha256=sorted({each.factor_release_sha256 for each in manifests}),
        parcels=sums["parcels"],
        orders=sums["orders"],
        total_kg=sums[TOTAL],
        total_low_kg=total_low_kg,
        total_high_kg=total_high_kg,
        product_low_kg=product_low_kg,
        product_high_kg=product_high_kg,
        product_kg=stages[Stage.PRODUCT],
        stages_kg=stages,
        wtt_kg=sums[WTT],
        ttw_kg=sums[TTW],
        unsplit_kg=sums[UNSPLIT],
        stages=stage_table(activity, drawn.stages()),
        market_total_kg=float(market["co2e_kg"].sum()),
        market_low_kg=market_low_kg,
        market_high_kg=market_high_kg,
        scopes=scopes,
        categories=scopes[scopes["scope"] == Scope.SCOPE_3].reset_index(drop=True),
        scope2_location_kg=float(scopes.loc[second, "co2e_kg"].sum()),
        scope2_market_kg=float(scopes.loc[second, "market_based_kg"].sum()),
        market_missing=missing,
        market_notes=[
            f"no certificate, contract or residual mix for {meter} of site {site}: the grid's average stands for it, or its rest"
            for site, meter in missing
        ],
        power=power_of(newest.organisation, f"{first_day:%Y-%m}", f"{last_day:%Y-%m}") if first_day else Power.none(),
        beside=_beside(activity, drawn),
        months=drawn.add_to(months, [("month", month) for month in months.index]),
        history=history(ledger, [each.run for each in current]),
        stage_categories=stage_categories(activity),
        **tables,
        entities=consolidated.entities,
        sites=meters,
        channels=evidence.channels_of(newest.organisation, meters),
        factors=factors,
        factors_beside=factors_beside,
        variance=drawn.variance,
        gaps=drawn.gaps,
        seed=SEED,
        draws=DRAWS,
        quality=accounts.quality_of(accounts.counting(activity)),
        ratings=Quality(activity).ratings(accounts.counted(activity)),
        matches=accounts.by_match(activity),
        edition_gaps=accounts.by_edition_gap(activity),
        gwp_mix=accounts.gwp_mix(activity),
        co2_only_kg=accounts.co2_only_kg(activity),
        incomplete=accounts.incomplete(activity),
        fallbacks={flag.name.lower(): sums[flag.name] for flag in Fallback if flag and sums[flag.name]},
        rejects=rejects_by_reason(manifests),
        row_counts={
            name: sum(each.counts.get(name, 0) for each in manifests) for name in ("rows", "footprints", "rejects")
        },
        intensities=intensities_of(sums, activity, newest, wanted, first_day, last_day),
        packaging_kg_by_material=accounts.materials(activity),
        empty_space_share=sums["empty_share"],
        uses=used,
        base_year_kg=_base_year_kg(ledger, current, newest),
        restatements=restatements(ledger),
        statement=allowed,
        statement_reason=reason,
        statement_reason_zh=reason_zh,
        notes=notes_of(ledger, manifests, current),
    )


def _scopes(activity: pd.DataFrame, market: pd.DataFrame, drawn: Ranges) -> pd.DataFrame:
    """Scopes and categories with ranges and ratings."""
    table = accounts.scope_table(activity, market)
    keys = list(zip(table["scope"], table["category"], strict=True))
    table = drawn.add_to(table, [("scope", *key) for key in keys])
    table = drawn.add_to(table, [("market scope", *key) for key in keys], "market_")
    total = accounts.counted(activity)
    quality = Quality(activity)
    rated = [
        quality.ratings(total & ((activity["scope"] == scope) & (activity["category"] == category)).to_numpy())
        for scope, category in keys
    ]
    return table.join(pd.DataFrame(rated, columns=RATING_COLUMNS, index=table.index).astype(float))


def _beside(activity: pd.DataFrame, drawn: Ranges) -> pd.DataFrame:
    table = accounts.beside_table(activity)
    return drawn.add_to(table, [("beside", block) for block in table["block"]], "with_")


def _label(first_day: Any, last_day: Any) -> str:
    return Period(f"{first_day:%Y-%m}", f"{last_day:%Y-%m}").label if first_day is not None else ""


def _base_year_kg(ledger: Ledger, current: list[Manifest], newest: Manifest) -> float | None:
    year = newest.organisation.get("base_year")
    return (recorded_kg(ledger, current, int(year)) or None) if year is not None else None
