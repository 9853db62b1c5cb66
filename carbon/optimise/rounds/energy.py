"""What a vehicle of the fleet file uses per km, empty and per kg on board, and what a unit of it causes: all from sources.

A battery vehicle is always kWh per km times the grid its depot charges from, losses and upstream included. A factor per
km is the carrier itself (its unit is a km), since it says nothing about fuel; only where a vehicle has published rows
empty and full does it tell loads apart.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any

from carbon.engine.vehicles import CARRIERS, carrier_of
from carbon.errors import FactorError, OrganisationError, UnitError, Where
from carbon.factors.registry import FactorMatch, ParameterMatch, Registry
from carbon.organisation.fleet import DrivingEnergy, FleetVehicle
from carbon.units import canonical_symbol, canonical_unit, parse_quantity, parse_unit, to_canonical

#: Canonical unit of an energy to the unit a reader expects, and how many of it one canonical unit is.
_SHOWN = {"kW*h": ("kWh", 1.0), "m**3": ("l", 1000.0), "kg": ("kg", 1.0), "km": ("km", 1.0)}
_EMPTY, _FULL, _AVERAGE = ".empty", ".full", ".average"
#: Names of vehicles whose factor has a grid inside.
_GRID_INSIDE = ".uk_grid"


@dataclass(frozen=True)
class DrivenEnergy:
    """Energy of a vehicle in one region and year.

    Attributes
    ----------
    carrier : str
        Activity whose factor serves.
    unit : str
        kWh, l, kg, or km for a factor per km.
    per_km, per_km_kg : float
        Of an empty vehicle, and more per kg on board.
    co2e_kg_per_unit : float
        Well to wheel.
    match : FactorMatch
        Factor, and how it was found.
    parameters : tuple of ParameterMatch
        Sourced use, charging loss and payload behind `per_km`.
    payload_kg : float or None
        Of the tables, where they have one.
    notes : tuple of str
    """

    carrier: str
    unit: str
    per_km: float
    per_km_kg: float
    co2e_kg_per_unit: float
    match: FactorMatch
    parameters: tuple[ParameterMatch, ...] = ()
    payload_kg: float | None = None
    notes: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, with the origin of each figure."""
        return {
            "carrier": self.carrier,
            "unit": self.unit,
            "per_km": self.per_km,
            "per_km_kg": self.per_km_kg,
            "co2e_kg_per_unit": self.co2e_kg_per_unit,
            "factor": self.match.factor.id,
            "match": str(self.match.match),
            "edition_gap_years": self.match.edition_gap_years,
            "region": self.match.wanted_region,
            "flags": list(self.match.factor.flags),
            "parameters": {each.parameter.id: str(each.match) for each in self.parameters},
        }


def driven_energy(key: str, vehicle: FleetVehicle, registry: Registry, region: str, year: int) -> DrivenEnergy:
    """Resolve the energy of a vehicle.

    Parameters
    ----------
    key : str
        Of the vehicle in the fleet file, for messages.
    region, year : str, int
        Where it starts and charges, and the day's year.

    Raises
    ------
    OrganisationError, FactorError
        If nothing serves it.
    """
    where = Where(None, None, f"vehicles.{key}.vehicle")
    if vehicle.energy is not None:
        return _stated(key, vehicle, vehicle.energy, registry, region, year)
    name = vehicle.vehicle or ""
    if _GRID_INSIDE in name:
        raise OrganisationError(
            "this vehicle's factor has the grid of one country inside",
            found=name,
            expected="kWh per km times the grid of the depot",
            mend=f"write {name.split(_GRID_INSIDE)[0]}"
            if carrier_of(name.split(_GRID_INSIDE)[0])
            else "state its use: energy: {activity: ..., empty: ...}",
            where=where,
        )
    carrier = carrier_of(name)
    if carrier is not None:
        return _by_use(key, name, carrier, registry, region, year)
    base = name.removesuffix(_AVERAGE)
    if name == base and registry.has_activity(base + _EMPTY, "km") and registry.has_activity(base + _FULL, "km"):
        return _by_load(base, registry, region, year)
    if not registry.has_activity(name, "km"):
        raise FactorError(
            "no factor per km, and no use per km, of this vehicle",
            found=name,
            expected="a vehicle of `carbon factors list`, such as " + ", ".join(_near(name, registry)),
            mend="correct the name, or state its use: energy: {activity: fuel.diesel_blend, empty: 9 l/(100 km)}",
            where=where,
        )
    match = registry.resolve(name, "km", region, year)
    return DrivenEnergy(
        name,
        "km",
        1.0,
        0.0,
        match.factor.co2e_kg,
        match,
        notes=_flags(key, match),
    )


def _stated(
    key: str, vehicle: FleetVehicle, energy: DrivingEnergy, registry: Registry, region: str, year: int
) -> DrivenEnergy:
    empty, unit = _per_km(key, energy.empty)
    slope = 0.0
    if energy.full is not None:
        full, _ = _per_km(key, energy.full)
        if vehicle.payload is None:
            raise OrganisationError(
                f"vehicles.{key}: 'full' needs 'payload'",
                expected="payload: 900 kg",
                mend="add what it carries at most",
            )
        slope = (full - empty) / vehicle.payload.to("kg").magnitude
    kept = 1.0 - (energy.charging_loss or 0.0)
    match = registry.resolve(energy.activity, unit, region, year)
    shown, scale = _SHOWN[unit]
    factor = match.factor.co2e_kg / scale
    return DrivenEnergy(
        match.factor.activity,
        shown,
        empty * scale / kept,
        slope * scale / kept,
        factor,
        match,
        notes=_flags(key, match),
    )


def _per_km(key: str, text: str) -> tuple[float, str]:
    """Return an amount per km in canonical units, and the unit."""
    quantity = parse_quantity(text)
    amount = quantity.to_root_units() * (1 * canonical_unit(parse_unit("km"))).to_root_units()
    try:
        unit = canonical_symbol(canonical_unit(amount.units))
    except UnitError:
        unit = ""
    if unit not in _SHOWN or unit == "km":
        raise OrganisationError(
            f"vehicles.{key}.energy is no use per distance",
            found=text,
            expected="such as 9 l/(100 km), 0.3 kW*h/km, 0.9 kg/(100 km)",
        )
    return to_canonical(amount), unit


def _by_use(key: str, name: str, carrier: str, registry: Registry, region: str, year: int) -> DrivenEnergy:
    base = name.removesuffix(carrier)
    parameter, activity = CARRIERS[carrier]
    use = registry.parameter(f"{parameter}.{base}", region, year)
    if use is None:
        raise FactorError(
            "no use per km of this vehicle is known",
            found=name,
            expected=", ".join(f"road.{each}{carrier}" for each in registry.parameters_below(f"{parameter}.road.")),
            mend="take one of these, or state its use: energy: {activity: electricity.grid, empty: 0.3 kW*h/km}",
            where=Where(None, None, f"vehicles.{key}.vehicle"),
        )
    # Only where a figure was taken at the battery; others are at the plug.
    loss = registry.parameter(f"charging_loss.{base}", region, year)
    unit = use.unit.split("/")[0]
    match = registry.resolve(activity, unit, region, year)
    shown, scale = _SHOWN[unit]
    per_km = use.value * scale / (1.0 - (loss.value if loss else 0.0))
    return DrivenEnergy(
        activity, shown, per_km, 0.0, match.factor.co2e_kg / scale, match,
        tuple(each for each in (use, loss) if each is not None),
        notes=_flags(key, match),
    )  # fmt: skip


def _by_load(base: str, registry: Registry, region: str, year: int) -> DrivenEnergy:
    empty, full = (registry.resolve(base + state, "km", region, year) for state in (_EMPTY, _FULL))
    payload = registry.needed_parameter(f"payload.{base}", region, year)
    # In km as driven empty: full, each km counts as much more as its factor is higher.
    more = (full.factor.co2e_kg / empty.factor.co2e_kg - 1.0) / payload.value
    return DrivenEnergy(
        base + _EMPTY,
        "km",
        1.0,
        max(more, 0.0),
        empty.factor.co2e_kg,
        empty,
        (payload,),
        payload.value,
        _flags(base, empty),
    )


def _flags(key: str, match: FactorMatch) -> tuple[str, ...]:
    flags = [flag for flag in match.factor.flags if flag.startswith("no ") or flag in ("CO2 only",)]
    return (f"{key}: factor {match.factor.id} is not well to wheel in full: {', '.join(flags)}",) if flags else ()


def _near(name: str, registry: Registry) -> list[str]:
    known = [each for each in registry.activities("km") if _GRID_INSIDE not in each and not each.endswith(_FULL)]
    return difflib.get_close_matches(name, known, n=4, cutoff=0.3) or known[:4]
