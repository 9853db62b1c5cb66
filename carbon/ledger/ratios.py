"""Ratios, rejects and notes of an inventory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from carbon.engine.kernel import TOTAL
from carbon.errors import InputError
from carbon.ledger import accounts
from carbon.ledger.manifest import Manifest, Purpose
from carbon.ledger.period import Period
from carbon.ledger.store import Ledger
from carbon.ledger.titles import reason_titles
from carbon.units import parse_quantity


def rejects_by_reason(manifests: list[Manifest]) -> dict[str, dict[str, Any]]:
    """Return reasons with their count and titles, most frequent first."""
    counts: dict[str, int] = {}
    for manifest in manifests:
        for reason, count in manifest.reject_reasons.items():
            counts[reason] = counts.get(reason, 0) + count
    found = {}
    for reason, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        english, chinese = reason_titles(reason)
        found[reason] = {"count": count, "title_en": english, "title_zh": chinese}
    return found


def intensities_of(
    sums: Mapping[str, Any],
    activity: pd.DataFrame,
    newest: Manifest,
    period: Period | None,
    first_day: Any,
    last_day: Any,
) -> dict[str, Any]:
    """Return emissions per parcel, order, tonne-km and revenue; None where what they are divided by is not known."""
    total = sums[TOTAL]
    found = {
        "per_parcel_kg": total / sums["parcels"] if sums["parcels"] else None,
        "per_order_kg": total / sums["orders"] if sums["orders"] else None,
        "per_tonne_km_kg": accounts.per_tonne_km_kg(activity),
    }
    return found | per_revenue(total, newest.organisation.get("revenue"), years_of(period, first_day, last_day))


def years_of(period: Period | None, first_day: Any, last_day: Any) -> list[int]:
    """Return the calendar years that a period is made of; none if it cuts one. Without a period: those of its days."""
    if period is None:
        return list(range(first_day.year, last_day.year + 1)) if first_day else []
    if not (period.first_month.endswith("-01") and period.last_month.endswith("-12")):
        return []
    return list(range(int(period.first_month[:4]), int(period.last_month[:4]) + 1))


def per_revenue(total_kg: float, revenue: Mapping[Any, str] | None, years: Sequence[int]) -> dict[str, Any]:
    """Return emissions over the net revenue of some years; None where one year's is not given, or currencies differ."""
    found: dict[str, Any] = {"per_revenue_kg": None, "revenue_currency": None, "revenue_year": None}
    given = {str(key): value for key, value in (revenue or {}).items()}
    try:
        money = [parse_quantity(given[str(year)]) for year in years]
    except (KeyError, InputError):
        return found
    currencies = {f"{each.units:~}" for each in money}
    whole = sum(each.magnitude for each in money)
    if len(currencies) != 1 or not whole > 0:
        return found
    return {"per_revenue_kg": total_kg / whole, "revenue_currency": currencies.pop(), "revenue_year": years[-1]}


def notes_of(ledger: Ledger, manifests: list[Manifest], current: list[Manifest]) -> list[str]:
    """Return what a reader of the figures must know."""
    notes = list(dict.fromkeys(note for manifest in manifests for note in manifest.notes))
    if len({manifest.organisation_sha256 for manifest in manifests}) > 1:
        notes.append("the runs were made with different organisation files; names and targets are those of the newest")
    if len({manifest.factor_release_sha256 for manifest in manifests}) > 1:
        notes.append("the runs were made with different factor releases")
    if len({manifest.gwp_set for manifest in manifests}) > 1:
        notes.append("the runs were made with different GWP sets")
    runs = ledger.runs()
    restated = len({run for each in runs for run in each.supersedes})
    if restated:
        notes.append(f"restated runs that are left out: {restated}")
    sensitivities = sum(each.purpose is Purpose.SENSITIVITY for each in runs if each not in manifests)
    if sensitivities:
        notes.append(f"sensitivity runs that are left out: {sensitivities}")
    return notes
