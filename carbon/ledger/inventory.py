"""The inventory: the runs that count, rolled up by stage, scope, category, month, lane, factor and data quality."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from carbon.engine.columns import Fallback
from carbon.engine.kernel import TOTAL, TTW, UNSPLIT, WTT, stage_column
from carbon.errors import InputError
from carbon.ledger import accounts, evidence
from carbon.ledger.manifest import Manifest, problem
from carbon.ledger.period import Period
from carbon.ledger.query import as_ledger, connect, lanes, overlapping, packages, rows_of, services, trend
from carbon.ledger.store import Ledger
from carbon.ledger.titles import reason_titles
from carbon.terms import Scope, Stage
from carbon.units import parse_quantity


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
    stages_kg : mapping
        Every stage, product included.
    wtt_kg, ttw_kg, unsplit_kg : float
        Of the transport stages.
    scopes : pandas.DataFrame
        Scope, category, titles, co2e_kg (location-based), market_based_kg, parcels, shares of data types.
        Without product, so that it adds up to `total_kg`. `categories` are its rows of scope 3.
    market_missing : list of (site, meter)
        Where the location-based value stands in the market-based view; `market_notes` says it in English.
    beside : pandas.DataFrame
        Shown beside the total: what, block, without_kg, with_kg, difference_kg.
    months : pandas.DataFrame
        Index month; parcels, stages and total_kg.
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
    product_kg: float
    stages_kg: dict[str, float]
    wtt_kg: float
    ttw_kg: float
    unsplit_kg: float
    scopes: pd.DataFrame
    categories: pd.DataFrame
    scope2_location_kg: float
    scope2_market_kg: float
    market_missing: list[tuple[str, str]]
    market_notes: list[str]
    beside: pd.DataFrame
    months: pd.DataFrame
    services: pd.DataFrame
    lanes: pd.DataFrame
    packages: pd.DataFrame
    sites: pd.DataFrame
    factors: pd.DataFrame
    quality: dict[str, float]
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
    statement: bool
    statement_reason: str
    statement_reason_zh: str
    notes: list[str]


def inventory(folder: Ledger | Path | str, period: Period | str | None = None) -> Inventory:
    """Roll up the runs that count.

    Parameters
    ----------
    folder : path or Ledger
    period : Period or str, optional
        Such as ``2025``, ``2025-06`` or ``2025-01..2025-06``; the whole ledger by default.

    Raises
    ------
    InputError
        If the period cannot be read.
    LedgerError
        If the ledger holds no run. A period without parcels gives an inventory of zeros.
    """
    ledger = as_ledger(folder)
    wanted = Period.from_text(period) if period is not None else None
    current = ledger.current()
    if not current:
        raise problem(ledger.folder, "the ledger holds no run", "run `carbon calculate ORDERS --ledger DIR` first")
    manifests = overlapping(current, wanted)
    newest = (manifests or current)[-1]
    with connect(ledger, period=wanted, runs=[each.run for each in current]) as connection:
        activity = accounts.activity_frame(connection)
        sums = _sums(connection)
        months = trend(connection).set_index("month")
        tables = {"services": services(connection), "lanes": lanes(connection), "packages": packages(connection)}
    market, missing = accounts.market_view(activity)
    scopes = accounts.scope_table(activity, market)
    second = scopes["scope"] == Scope.SCOPE_2
    stages = {str(stage): sums[stage_column(stage)] for stage in Stage}
    allowed, reason, reason_zh = accounts.statement(activity)
    first_day, last_day = (wanted.first_day, wanted.last_day) if wanted else (sums["first_day"], sums["last_day"])
    runs = [each.run for each in manifests]
    return Inventory(
        organisation=newest.organisation,
        period=wanted.label if wanted else _label(first_day, last_day),
        first_day=first_day,
        last_day=last_day,
        runs=runs,
        head_sha256=ledger.head_sha256(),
        code_version=newest.code_version,
        gwp_set=newest.gwp_set,
        factor_release_sha256=sorted({each.factor_release_sha256 for each in manifests}),
        parcels=sums["parcels"],
        orders=sums["orders"],
        total_kg=sums[TOTAL],
        product_kg=stages[Stage.PRODUCT],
        stages_kg=stages,
        wtt_kg=sums[WTT],
        ttw_kg=sums[TTW],
        unsplit_kg=sums[UNSPLIT],
        scopes=scopes,
        categories=scopes[scopes["scope"] == Scope.SCOPE_3].reset_index(drop=True),
        scope2_location_kg=float(scopes.loc[second, "co2e_kg"].sum()),
        scope2_market_kg=float(scopes.loc[second, "market_based_kg"].sum()),
        market_missing=missing,
        market_notes=[
            f"no market-based figure for {meter} of site {site}: the location-based value stands"
            for site, meter in missing
        ],
        beside=accounts.beside_table(activity),
        months=months,
        **tables,
        sites=evidence.sites(ledger, manifests, activity, wanted),
        factors=evidence.factors_used(ledger, runs, activity),
        quality=accounts.quality_of(accounts.counting(activity)),
        matches=accounts.by_match(activity),
        edition_gaps=accounts.by_edition_gap(activity),
        gwp_mix=accounts.gwp_mix(activity),
        co2_only_kg=accounts.co2_only_kg(activity),
        incomplete=accounts.incomplete(activity),
        fallbacks={flag.name.lower(): sums[flag.name] for flag in Fallback if flag and sums[flag.name]},
        rejects=_rejects(manifests),
        row_counts={
            name: sum(each.counts.get(name, 0) for each in manifests) for name in ("rows", "footprints", "rejects")
        },
        intensities=_intensities(sums, activity, newest, wanted, first_day, last_day),
        packaging_kg_by_material=accounts.materials(activity),
        empty_space_share=sums["empty_share"],
        statement=allowed,
        statement_reason=reason,
        statement_reason_zh=reason_zh,
        notes=_notes(ledger, manifests, current),
    )


def _sums(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Every figure that one pass over the footprints gives."""
    results = [*(stage_column(stage) for stage in Stage), TOTAL, WTT, TTW, UNSPLIT]
    columns = [f'coalesce(fsum("{name}"), 0.0) AS "{name}"' for name in results]
    columns += [f"count(*) FILTER ((fallbacks & {int(flag)}) <> 0) AS {flag.name}" for flag in Fallback if flag]
    return rows_of(
        connection,
        "SELECT count(*) AS parcels, count(DISTINCT order_id) AS orders, "
        "min(shipped_on) AS first_day, max(shipped_on) AS last_day, "
        "sum(empty_volume_m3) / nullif(sum(empty_volume_m3 + goods_volume_m3), 0) AS empty_share, "
        f"{', '.join(columns)} FROM footprints",
    )[0]


def _label(first_day: Any, last_day: Any) -> str:
    return Period(f"{first_day:%Y-%m}", f"{last_day:%Y-%m}").label if first_day is not None else ""


def _rejects(manifests: list[Manifest]) -> dict[str, dict[str, Any]]:
    counts: dict[str, int] = {}
    for manifest in manifests:
        for reason, count in manifest.reject_reasons.items():
            counts[reason] = counts.get(reason, 0) + count
    found = {}
    for reason, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        english, chinese = reason_titles(reason)
        found[reason] = {"count": count, "title_en": english, "title_zh": chinese}
    return found


def _intensities(
    sums: Mapping[str, Any],
    activity: pd.DataFrame,
    newest: Manifest,
    period: Period | None,
    first_day: Any,
    last_day: Any,
) -> dict[str, Any]:
    total = sums[TOTAL]
    found = {
        "per_parcel_kg": total / sums["parcels"] if sums["parcels"] else None,
        "per_order_kg": total / sums["orders"] if sums["orders"] else None,
        "per_tonne_km_kg": accounts.per_tonne_km_kg(activity),
        "per_revenue_kg": None,
        "revenue_currency": None,
        "revenue_year": None,
    }
    year = (
        period.label
        if period is not None
        else (str(first_day.year) if first_day and first_day.year == last_day.year else "")
    )
    revenue = {str(key): value for key, value in (newest.organisation.get("revenue") or {}).items()}.get(year)
    if revenue:
        try:
            money = parse_quantity(revenue)
        except InputError:
            return found
        if money.magnitude > 0:
            found |= {
                "per_revenue_kg": total / money.magnitude,
                "revenue_currency": f"{money.units:~}",
                "revenue_year": int(year),
            }
    return found


def _notes(ledger: Ledger, manifests: list[Manifest], current: list[Manifest]) -> list[str]:
    notes = list(dict.fromkeys(note for manifest in manifests for note in manifest.notes))
    if len({manifest.organisation_sha256 for manifest in manifests}) > 1:
        notes.append("the runs were made with different organisation files; names and targets are those of the newest")
    if len({manifest.factor_release_sha256 for manifest in manifests}) > 1:
        notes.append("the runs were made with different factor releases")
    if len({manifest.gwp_set for manifest in manifests}) > 1:
        notes.append("the runs were made with different GWP sets")
    restated = len(ledger.run_ids()) - len(current)
    if restated:
        notes.append(f"{restated} restated run(s) are left out")
    return notes
