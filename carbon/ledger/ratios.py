"""Ratios, rejects and notes of an inventory."""

from __future__ import annotations

from collections.abc import Mapping
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
