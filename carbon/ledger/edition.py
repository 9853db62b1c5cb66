"""What another edition of the factors would make of the same activity: amounts stay, factors are looked up anew."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from carbon.errors import CarbonError
from carbon.ledger import accounts
from carbon.ledger.period import Period
from carbon.ledger.query import as_ledger, connect
from carbon.ledger.store import Ledger

#: Up to this part two figures are one: what recounting must agree to before it is believed.
_AGREES = 1e-6
_KEY = ["activity", "unit", "wanted_region", "year", "factor_id", "kg_per_unit"]
_COLUMNS = ["activity", "region", "unit", "factor_old", "factor_new", "kg_per_unit_old", "kg_per_unit_new",
            "co2e_kg", "new_kg", "difference_kg"]  # fmt: skip


class Factors(Protocol):
    """What finds a factor: `carbon.Registry`."""

    def resolve(self, activity: str, unit: str, region: str, year: int) -> Any:
        """Return the best factor of an activity."""


@dataclass(frozen=True)
class EditionEffect:
    """A recorded total, counted again with the factors of another year.

    Attributes
    ----------
    total_kg, new_total_kg : float
        Delivery, location-based, without product [kg CO2e].
    recounted_kg : float
        Of `total_kg` what could be counted again: its factor, looked up for its own year, gives the recorded figure.
        The rest (factors named in the organisation file, loads, money) is kept as it was.
    rows : pandas.DataFrame
        What changes: activity, region, unit, factor_old, factor_new, kg_per_unit_old, kg_per_unit_new, co2e_kg, new_kg,
        difference_kg; the largest change first.
    """

    year: int
    total_kg: float
    new_total_kg: float
    recounted_kg: float
    rows: pd.DataFrame

    @property
    def difference_kg(self) -> float:
        """What the edition changes [kg CO2e]."""
        return self.new_total_kg - self.total_kg


def edition_effect(
    folder: Ledger | Path | str, factors: Factors, year: int, period: Period | str | None = None
) -> EditionEffect:
    """Count the activity of the runs that count with the factors of one year.

    Parameters
    ----------
    folder : path or Ledger
    factors : Registry
        Under the GWP set of the runs.
    year : int
        Whose edition is taken, for parcels of any year.
    period : Period or str, optional
        Only parcels shipped in it; the whole ledger by default.

    Raises
    ------
    LedgerError
        If the ledger holds no run.
    """
    with connect(as_ledger(folder), period=period) as connection:
        activity = accounts.counting(accounts.activity_frame(connection))
    total_kg = math.fsum(activity["co2e_kg"])
    lines = accounts.lines(activity)
    amounts = lines["amount"].where(lines["amount"] != 0)
    lines = lines.assign(
        year=lines["month"].astype(str).str[:4].astype(int), kg_per_unit=(lines["co2e_kg"] / amounts).round(15)
    )
    grouped = lines.groupby(_KEY, dropna=True, as_index=False).agg(amount=("amount", "sum"), co2e_kg=("co2e_kg", "sum"))
    found, recounted_kg = [], 0.0
    for row in grouped.itertuples():
        known, other = (_resolved(factors, row, each) for each in (row.year, year))
        if known is None or other is None or known.id != row.factor_id:
            continue
        if not math.isclose(known.co2e_kg, row.kg_per_unit, rel_tol=_AGREES):
            continue
        recounted_kg += row.co2e_kg
        if other.id == known.id:
            continue
        new_kg = row.amount * other.co2e_kg
        values = (row.activity, row.wanted_region, row.unit, known.id, other.id, known.co2e_kg, other.co2e_kg)
        found.append((*values, row.co2e_kg, new_kg, new_kg - row.co2e_kg))
    rows = pd.DataFrame(found, columns=_COLUMNS)
    by = _COLUMNS[:7]
    rows = rows.groupby(by, as_index=False)[["co2e_kg", "new_kg", "difference_kg"]].sum()
    rows = rows.sort_values("difference_kg", key=abs, ascending=False, ignore_index=True)[_COLUMNS]
    return EditionEffect(year, total_kg, total_kg + float(rows["difference_kg"].sum()), recounted_kg, rows)


def _resolved(factors: Factors, row: Any, year: int) -> Any:
    try:
        return factors.resolve(row.activity, row.unit, row.wanted_region, year).factor
    except CarbonError:
        return None
