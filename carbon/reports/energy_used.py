"""What a period's own energy came to: kWh, emissions of scopes 1 and 2, and these over parcels, refrigerants left out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from carbon.ledger import Inventory
from carbon.reports import numbers
from carbon.terms import Scope

UK = "GB"
_OWN = (Scope.SCOPE_1, Scope.SCOPE_2)
#: Rows of energy: key of the words, beginning of the activity, uses.
_ENERGY = (
    ("gas", "fuel.natural_gas", ("site",)),
    ("other_fuel", "fuel.", ("site",)),
    ("electricity", "electricity.", ("site",)),
    ("generation", "electricity.", ("generation",)),
    ("vehicles", "", ("vehicle",)),
)


@dataclass(frozen=True)
class EnergyUsed:
    """Energy that own sites and vehicles used for the parcels of a period.

    Attributes
    ----------
    energy_kwh : float or None
        None where a part is not recorded as energy.
    co2e_kg : float or None
        [kg CO2e] Scopes 1 and 2, location-based; None where neither has a figure.
    per_parcel_kg : float or None
        [kg CO2e]
    """

    period: str
    energy_kwh: float | None
    co2e_kg: float | None
    per_parcel_kg: float | None


def energy_used(inventory: Inventory) -> EnergyUsed:
    """Return what a period's own energy came to."""
    frame = inventory.uses.energy
    if not len(frame):
        return EnergyUsed(inventory.period, None, None, None)
    own = frame[frame["scope"].isin(_OWN)]
    total_kg = math.fsum(own["co2e_kg"]) if len(own) else None
    energy_kwh = None if frame["energy_kwh"].isna().any() else math.fsum(frame["energy_kwh"])
    per_kg = total_kg / inventory.parcels if total_kg is not None and inventory.parcels else None
    return EnergyUsed(inventory.period, energy_kwh, total_kg, per_kg)


def energy_lines(frame: pd.DataFrame) -> list[tuple[str, list[float] | None, str]]:
    """Return the UK table's rows of energy: key, kWh in the UK and elsewhere, or why there are none."""
    lines: list[tuple[str, list[float] | None, str]] = []
    taken = frame["activity"] == None  # noqa: E711
    for key, begins, uses in _ENERGY:
        mine = frame["activity"].astype(str).str.startswith(begins) & frame["use"].isin(uses) & ~taken
        rows, taken = frame[mine], taken | mine
        if not len(rows):
            continue
        if rows["energy_kwh"].isna().any():
            lines.append((key, None, "by_volume" if (rows["unit"] == "m**3").any() else "unmetered"))
            continue
        here = math.fsum(rows[rows["country"] == UK]["energy_kwh"])
        lines.append((key, [here, math.fsum(rows["energy_kwh"]) - here], ""))
    return lines


def energy_steps(known: list[list[float]]) -> tuple[list[list[int]], list[int], int]:
    """Return rows of kWh in the UK and elsewhere, and their sums, in steps of the last printed place, and how many places there are."""
    places = numbers.decimals_for(max((sum(values) for values in known), default=0.0))
    return (*in_steps(known, 10.0**-places), places)


def in_steps(lines: list[list[float]], step: float) -> tuple[list[list[int]], list[int]]:
    """Return lines of UK and elsewhere, and their sums, in steps of the last printed place, so that all of it is rounded as elsewhere."""
    sums = [math.fsum(line[place] for line in lines) for place in (0, 1)]
    whole = math.fsum(sums)
    across, down = numbers.steps([math.fsum(line) for line in lines], step, whole), numbers.steps(sums, step, whole)
    cells = numbers.grid(lines, step, across, down)
    return cells, [sum(line[place] for line in cells) for place in (0, 1)]
