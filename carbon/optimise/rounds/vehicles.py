"""Vehicle types of a problem from those of the fleet file: plain numbers in seconds, kilograms and one currency."""

from __future__ import annotations

import math
from collections.abc import Mapping

from carbon.engine.money import exchange_rate
from carbon.errors import OrganisationError
from carbon.optimise.rounds.energy import DrivenEnergy
from carbon.optimise.rounds.network import Ways
from carbon.optimise.rounds.problem import Break, Satellite, VehicleType
from carbon.organisation import Organisation
from carbon.organisation.fleet import Fleet, FleetVehicle
from carbon.units import Price

_COSTS = ("per_use", "per_km", "per_hour", "per_energy")


def currency_of(fleet: Fleet, organisation: Organisation | None) -> str:
    """Return the currency of all sums: the fleet file's, else the organisation's, else that of the prices.

    Raises
    ------
    OrganisationError
        If prices are in several currencies and none is chosen.
    """
    if fleet.currency:
        return fleet.currency
    if organisation is not None and organisation.costs is not None:
        return organisation.costs.currency
    prices = [getattr(each.costs, name) for each in fleet.vehicles.values() for name in _COSTS]
    used = sorted({price.currency for price in prices if price is not None})
    if len(used) > 1:
        raise OrganisationError(
            "the fleet's prices are in several currencies",
            found=", ".join(used),
            expected="one currency for sums",
            mend=f"write currency: {used[0]} in the fleet file; the others are converted",
        )
    return used[0] if used else ""


def vehicle_types(
    fleet: Fleet,
    energies: Mapping[str, DrivenEnergy],
    ways: Ways,
    position: Mapping[str, int],
    currency: str,
    year: int,
    notes: list[str],
) -> tuple[dict[str, tuple[str, float | None]], list[VehicleType]]:
    """Return the vehicle types that are there, and by which ways each drives.

    Parameters
    ----------
    energies : mapping
        Of the types of which there is one at least.
    position : mapping
        Depot to node.
    notes : list of str
        Gets what a reader must know.

    Returns
    -------
    wanted : dict
        Vehicle type to profile, and speed [km/hour] or None for the network's times.
    types : list of VehicleType
        With `profile` 0, still to be set.

    Raises
    ------
    OrganisationError
        If a vehicle lacks a speed, a payload or a profile of the network.
    """
    there = {key: each for key, each in fleet.vehicles.items() if each.count}
    absent = [key for key in fleet.vehicles if key not in there]
    if absent:
        notes.append(f"no vehicle of {', '.join(absent)} is there (count: 0)")
    wanted = {key: _driven(key, each, ways) for key, each in there.items()}
    slow = [key for key, (_, speed_km_per_hour) in wanted.items() if speed_km_per_hour == 0.0]
    if slow:
        raise OrganisationError(
            f"vehicles.{slow[0]} has no 'speed'",
            found=f"distances by {ways.basis}, which knows no driving times",
            expected="the mean speed on the road, stops apart, such as speed: 28 km/hour",
            mend=f"state it for {', '.join(slow)} (no speed with a source is shipped), or give a network with times "
            "(--matrix, --osrm)",
        )
    notes += _unpriced(there)
    return wanted, [_type(key, each, energies[key], position, currency, year) for key, each in there.items()]


def _driven(key: str, vehicle: FleetVehicle, ways: Ways) -> tuple[str, float | None]:
    """Return profile and own speed; 0 where one is needed and lacking."""
    found = ways.of(vehicle.profile)
    if found is None:
        raise OrganisationError(
            f"vehicles.{key}.profile is no profile of the network",
            found=vehicle.profile,
            expected=", ".join(ways.distance_m),
            mend=f"write one of these, or add its rows to the {ways.basis}",
        )
    if vehicle.times == "network" and found[1] is not None:
        return vehicle.profile, None
    return vehicle.profile, 0.0 if vehicle.speed is None else vehicle.speed.to("km/hour").magnitude


def _unpriced(there: Mapping[str, FleetVehicle]) -> list[str]:
    """Name what has no price where something else has: it costs nothing in the sums."""
    priced = {name for name in _COSTS for each in there.values() if getattr(each.costs, name) is not None}
    lacking = {
        key: [name for name in _COSTS if name in priced and getattr(each.costs, name) is None]
        for key, each in there.items()
    }
    words = {key: "all" if len(names) == len(priced) else ", ".join(names) for key, names in lacking.items() if names}
    named = "; ".join(f"{key} ({text})" for key, text in words.items())
    return [f"no price is stated, and none counts: {named}"] if named else []


def _type(
    key: str, vehicle: FleetVehicle, energy: DrivenEnergy, position: Mapping[str, int], currency: str, year: int
) -> VehicleType:
    payload_kg = energy.payload_kg if vehicle.payload is None else vehicle.payload.to("kg").magnitude
    if payload_kg is None:
        raise OrganisationError(
            f"vehicles.{key} has no 'payload'",
            found=f"none, and the factor tables have none of {vehicle.vehicle or 'it'}",
            expected="what it may carry, such as payload: 900 kg",
            mend="add it",
        )
    costs, reload = vehicle.costs, vehicle.reload
    per_energy = costs.per_energy
    if per_energy is not None and per_energy.per != energy.unit:
        raise OrganisationError(
            f"vehicles.{key}.costs.per_energy is of another unit than its energy",
            found=per_energy.text,
            expected=f"a price per {energy.unit}",
            mend=f"its energy is counted in {energy.unit} ({energy.carrier})"
            + (": use per_km, or state its use under 'energy'" if energy.unit == "km" else ""),
        )

    def money(price: Price | None) -> float:
        return 0.0 if price is None else price.value * exchange_rate(price.currency, currency, year)

    rest = vehicle.rest
    return VehicleType(
        id=key,
        count=vehicle.count,
        start=position[vehicle.depot],
        end=position[vehicle.end or vehicle.depot],
        payload_kg=payload_kg,
        volume_m3=math.inf if vehicle.volume is None else vehicle.volume.to("m**3").magnitude,
        range_km=math.inf if vehicle.range is None else vehicle.range.to("km").magnitude,
        shift=vehicle.shift,
        longest_s=math.inf if vehicle.longest is None else vehicle.longest.to("s").magnitude,
        rest=None if rest is None else Break(rest.duration.to("s").magnitude, *rest.between),
        speed=vehicle.hourly_speed,
        carrier=energy.carrier,
        energy_unit=energy.unit,
        energy_per_km=energy.per_km,
        energy_per_km_kg=energy.per_km_kg,
        co2e_kg_per_energy=energy.co2e_kg_per_unit,
        co2e_kg_per_use=0.0 if vehicle.co2e_per_use is None else vehicle.co2e_per_use.to("kg").magnitude,
        money_per_km=money(costs.per_km),
        money_per_hour=money(costs.per_hour),
        money_per_use=money(costs.per_use),
        money_per_energy=money(per_energy),
        waiting_is_paid=costs.waiting_is_paid,
        skills=frozenset(vehicle.skills),
        forbidden_zones=frozenset(vehicle.forbidden_zones),
        reload_at=() if reload is None else tuple(position[each] for each in reload.at or (vehicle.depot,)),
        reload_s=0.0 if reload is None else reload.time.to("s").magnitude,
        recharges=reload is not None and reload.recharges,
        most_rounds=1 if reload is None else reload.rounds,
        party=str(vehicle.party),
    )


def satellites_of(fleet: Fleet, position: Mapping[str, int]) -> dict[int, Satellite]:
    """Return the satellites by node."""
    found = {}
    for key, depot in fleet.depots.items():
        if depot.supplied is not None:
            told, each = depot.supplied, depot.supplied.unloading
            per_parcel = None if each is None else each.per_parcel
            found[position[key]] = Satellite(
                position[told.start],
                frozenset(told.vehicles) or None,
                told.open,
                0.0 if each is None else each.per_stop.to("s").magnitude,
                0.0 if per_parcel is None else per_parcel.to("s").magnitude,
            )
    return found
