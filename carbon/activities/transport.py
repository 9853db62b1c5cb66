"""Transport chain elements: freight, vehicle distance, energy, delivery rounds, hubs.

Distances handed in are great-circle or shortest feasible distances; circuity, adjustment and addition
turn them into the distance that the factor was divided by (see `carbon.activities.chain`).

References
----------
ISO 14083:2023, 6 and Annex A (transport activity, allocation); EN 17837:2023 (parcels: allocation of
rounds per item, or by mass and great-circle distance).
"""

from __future__ import annotations

import numpy as np


def freight(mass_kg, distance_km, circuity, adjustment, addition_km):
    """Transport activity of a consignment.

    Parameters
    ----------
    mass_kg : gross mass, goods with shipment packaging [kg]
    distance_km : distance between the ends of the leg [km]
    circuity, adjustment : ratios to the factor's distance basis [-]
    addition_km : length added per leg [km]

    Returns
    -------
    Transport activity [kg*km].
    """
    return mass_kg * (distance_km * circuity * adjustment + addition_km)


def laden_vehicle_distance(mass_kg, distance_km, circuity, adjustment, payload_kg, load_share, empty_share):
    """Vehicle distance that a consignment answers for, split into empty-weight and full-load kilometres.

    Where a publication gives emissions per km at 0 % and 100 % load, those at load x are taken as
    ``(1 - x) * EF_0 + x * EF_100``. Running empty adds ``e / (1 - e)`` km per laden km, where `e` is the
    share of all vehicle-km run without a load.

    Parameters
    ----------
    mass_kg : [kg]
    distance_km : laden distance [km]
    circuity, adjustment : [-]
    payload_kg : mass carried at full load [kg]
    load_share : mass carried over payload while laden, in (0, 1] [-]
    empty_share : share of vehicle-km without a load, in [0, 1) [-]

    Returns
    -------
    tuple
        Distance at the empty vehicle's factor [km], and at the full vehicle's factor [km].
    """
    vehicle_km = distance_km * circuity * adjustment * mass_kg / (payload_kg * load_share)
    return vehicle_km * (1 - load_share + empty_share / (1 - empty_share)), vehicle_km * load_share


def vehicle_energy(
    mass_kg, distance_km, circuity, adjustment, payload_kg, load_share, empty_share, consumption_per_km, charging_loss
):
    """Energy that a consignment answers for on a vehicle of known consumption.

    Parameters
    ----------
    mass_kg, distance_km, circuity, adjustment, payload_kg, load_share, empty_share
        As in `laden_vehicle_distance`.
    consumption_per_km : kWh, m**3 of fuel or kg of hydrogen per km
    charging_loss : share of the energy drawn that does not reach the vehicle, in [0, 1) [-]

    Returns
    -------
    Energy in the unit of `consumption_per_km` times km.
    """
    vehicle_km = distance_km * circuity * adjustment * mass_kg / (payload_kg * load_share) / (1 - empty_share)
    return vehicle_km * consumption_per_km / (1 - charging_loss)


def _attempts(attempts, failure_share):
    """Deliveries tried: as recorded, else one and one more for the share that fails at first."""
    return np.where(np.isnan(attempts), 1 + failure_share, attempts)


def round_distance(round_km, round_parcels, attempts, failure_share):
    """Share of a delivery round's distance, equal for every parcel on it.

    Parameters
    ----------
    round_km : driven distance of the round [km]
    round_parcels : parcels delivered on it [-]
    attempts : recorded delivery attempts, NaN where not recorded [-]
    failure_share : share of first deliveries that fail [-]

    Returns
    -------
    Vehicle distance [km].
    """
    return round_km / round_parcels * _attempts(attempts, failure_share)


def round_distance_by_mass_distance(
    round_km, mass_kg, radial_km, round_mass_distance_kg_km, round_parcels, attempts, failure_share
):
    """Share of a delivery round's distance by mass times great-circle distance from the hub.

    Where every drop lies at the hub itself the rule gives nothing to share by, and parcels share equally.

    Parameters
    ----------
    round_km : [km]
    mass_kg : gross mass of the parcel [kg]
    radial_km : great-circle distance from hub to delivery [km]
    round_mass_distance_kg_km : sum of the same product over all parcels of the round [kg*km]
    round_parcels : parcels delivered on it [-]
    attempts, failure_share : as in `round_distance`

    Returns
    -------
    Vehicle distance [km].
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.divide(mass_kg * radial_km, round_mass_distance_kg_km)
    share = np.where(np.isfinite(share), share, 1 / round_parcels)
    return round_km * share * _attempts(attempts, failure_share)


def round_energy(round_km, round_parcels, attempts, failure_share, consumption_per_km, charging_loss):
    """Share of a round's energy, equal for every parcel; arguments as in `round_distance`."""
    return round_distance(round_km, round_parcels, attempts, failure_share) * consumption_per_km / (1 - charging_loss)


def round_energy_by_mass_distance(
    round_km,
    mass_kg,
    radial_km,
    round_mass_distance_kg_km,
    round_parcels,
    attempts,
    failure_share,
    consumption_per_km,
    charging_loss,
):
    """Share of a round's energy by mass times distance."""
    distance = round_distance_by_mass_distance(
        round_km, mass_kg, radial_km, round_mass_distance_kg_km, round_parcels, attempts, failure_share
    )
    return distance * consumption_per_km / (1 - charging_loss)


def round_use(round_use, round_parcels, attempts, failure_share, plan_ratio):
    """Share of what a delivery round used, equal for every parcel on it.

    Parameters
    ----------
    round_use : energy, fuel or distance of the whole round, in any unit
    round_parcels, attempts, failure_share : as in `round_distance`
    plan_ratio : what is used over what was planned, 1 for what was metered [-]

    Returns
    -------
    Share, in the unit of `round_use`.
    """
    return round_use * plan_ratio / round_parcels * _attempts(attempts, failure_share)


def round_use_by_mass_distance(
    round_use, mass_kg, radial_km, round_mass_distance_kg_km, round_parcels, attempts, failure_share, plan_ratio
):
    """Share of what a delivery round used, by mass times great-circle distance from the hub."""
    return round_distance_by_mass_distance(
        round_use * plan_ratio, mass_kg, radial_km, round_mass_distance_kg_km, round_parcels, attempts, failure_share
    )


def customer_trip(trip_km, car_share, parcels_per_trip):
    """Distance of a customer's own car trip to fetch a parcel.

    Parameters
    ----------
    trip_km : round trip [km]
    car_share : share of parcels fetched by car on a trip made for that purpose [-]
    parcels_per_trip : parcels fetched at once [-]

    Returns
    -------
    Vehicle distance [km].
    """
    return trip_km * car_share / parcels_per_trip


def handled_mass(mass_kg):
    """Mass through a hub [kg]."""
    return mass_kg


def handled_parcel(parcel_count):
    """Parcels through a hub, or carried at a carrier's intensity per parcel."""
    return parcel_count


def reported(reported_co2e_kg):
    """A carrier's own figure for the parcel [kg]."""
    return reported_co2e_kg
