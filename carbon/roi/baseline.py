"""A year's activity of a ledger as lines: what a measure changes, and what is left for the next one."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Baseline:
    """A year's emissions, line by line.

    Attributes
    ----------
    period : str
        What of the ledger it was read from.
    currency : str
        Of all money: the organisation's.
    year : int
        Whose money it is, and whose activity.
    lines : pandas.DataFrame
        stage, scope, category, service, site, factor key, amount, unit, co2e_kg.
    """

    period: str
    currency: str
    year: int
    lines: pd.DataFrame

    @property
    def total_kg(self) -> float:
        """All lines together [kg CO2e]."""
        return float(self.lines["co2e_kg"].sum())

    @property
    def stages_kg(self) -> dict[str, float]:
        """Emissions by stage [kg CO2e]."""
        found = self.lines.groupby("stage", sort=False)["co2e_kg"].sum()
        return {str(stage): float(value) for stage, value in found.items()}
