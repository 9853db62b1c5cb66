"""What a period's own energy came to: kWh, emissions of scopes 1 and 2, and these over parcels, refrigerants left out."""

from __future__ import annotations

import math
from dataclasses import dataclass

from carbon.ledger import Inventory
from carbon.terms import Scope

_OWN = (Scope.SCOPE_1, Scope.SCOPE_2)


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
