"""From a ledger to a baseline: its activity in a period, and each package's share in the lines (see `carbon.roi.runs`)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from carbon.engine.block import IN_TOTAL
from carbon.errors import RoiError
from carbon.ledger import Ledger, Period, connect
from carbon.ledger.query import as_ledger
from carbon.roi.baseline import GROUP, LINE, SUMS, Baseline
from carbon.roi.months import plain
from carbon.roi.readings import FILL_BINS, MASSES, Parcels, Readings
from carbon.roi.remark import Remark
from carbon.terms import Stage

__all__ = ["FILL_BINS", "MASSES", "MONTHS", "read_baseline", "read_total_kg"]

MONTHS = 12


def read_baseline(
    ledger: Ledger | str, period: Period | str | None, currency: str, *, readings: Readings | None = None
) -> Baseline:
    """Read a year's activity of the runs that count.

    Parameters
    ----------
    ledger : Ledger or path
    period : Period or str, optional
        Whole months; those shipped in by default. What is not twelve months is made a year's, and said.
    currency : str
        Of the money.
    readings : Readings, optional
        Holds what parcels add up to, for baselines of further periods.

    Raises
    ------
    RoiError
        If no parcel was shipped in the period.
    """
    ledger = as_ledger(ledger)
    period = Period.from_text(period) if period is not None else None
    with connect(ledger, period=period) as connection:
        activity = plain(connection.execute(_ACTIVITY, {"total": IN_TOTAL, "product": str(Stage.PRODUCT)}).df())
    if activity.empty:
        raise RoiError(
            "no parcel was shipped in the period, so that no measure has a baseline",
            found=str(period) if period else "an empty ledger",
            expected="months that the ledger holds",
            mend="name another period, or calculate first",
        )
    period = period or Period(activity["first"].min(), activity["last"].max())
    parcels = Parcels(ledger, period) if readings is None else readings.of(ledger)
    months = period.months()
    notes: list[Remark] = []
    lines, groups = [], []
    for run, mine in activity.groupby("run", sort=True):
        found = parcels.run(str(run))
        sums = found.sums(months)
        lines.append(found.split(mine, sums, notes))
        groups.append(sums[[*GROUP, *SUMS]])
    scale = MONTHS / len(months)
    if scale != 1:
        text = "{months} months, {period}, made a year’s: all figures times {scale}"
        notes.append(Remark("made_a_year", text, months=len(months), period=period.label, scale=f"{scale:.4g}"))
    whole = pd.concat(lines).groupby(list(LINE), sort=False, as_index=False)[["amount", "co2e_kg"]].sum()
    sent = pd.concat(groups).groupby(list(GROUP), sort=False, as_index=False)[list(SUMS)].sum()
    whole[["amount", "co2e_kg"]] *= scale
    # Measures copy and join lines hundreds of times: plain objects are only pointed to.
    whole, sent = whole.astype(dict.fromkeys(LINE, object)), sent.astype(dict.fromkeys(GROUP, object))
    sent[list(SUMS)] *= scale
    fills, volumetric, split = (parcels.table(name, months) for name in ("fills", "volumetric", "split"))
    for table, names in (
        (fills, ["parcels", "goods_volume_m3", "inner_volume_m3"]),
        (split, ["parcels"]),
        (volumetric, list(MASSES)),
    ):
        table[names] = table[names].astype(float) * scale
    return Baseline(
        period=period.label,
        currency=currency,
        year=int(period.last_month[:4]),
        lines=whole,
        months=len(months),
        groups=sent,
        fills=fills,
        volumetric=volumetric,
        split=split,
        catalogue=found.catalogue,
        notes=tuple(dict.fromkeys(notes)),
    )


def read_total_kg(ledger: Ledger | Path | str, period: Period | str) -> float | None:
    """Return `Baseline.total_kg` of a whole year, without what a baseline needs besides; None where it has no parcel."""
    with connect(as_ledger(ledger), period=period) as connection:
        [(total_kg,)] = connection.execute(_TOTAL, {"total": IN_TOTAL, "product": str(Stage.PRODUCT)}).fetchall()
    return None if total_kg is None else float(total_kg)


_ACTIVITY = """
SELECT run, stage, scope, category, service, site, block, kind, party, activity, factor_id, boundary,
       wanted_region AS region, unit, month[:4] AS year, min(month) AS first, max(month) AS last,
       sum(amount) AS amount, sum(co2e_kg) AS co2e_kg
FROM activity WHERE accounting = $total AND stage <> $product
GROUP BY run, stage, scope, category, service, site, block, kind, party, activity, factor_id, boundary, wanted_region, unit, year
ORDER BY ALL
"""
_TOTAL = "SELECT fsum(co2e_kg) FROM activity WHERE accounting = $total AND stage <> $product"
