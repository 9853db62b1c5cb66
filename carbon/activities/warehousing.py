"""Sites: metered energy shared among parcels, and estimates for unmetered sites.

ISO 14083:2023, Annex H (hubs and sites share their emissions among what they handle).
"""

from __future__ import annotations


def site_share(quantity, basis, basis_total):
    """A parcel's share of a metered quantity.

    Parameters
    ----------
    quantity : metered in the period [any unit]
    basis : the parcel's own basis: 1, gross mass, or volume times days stored
    basis_total : the same summed over all that left the site in the period

    Returns
    -------
    Share of `quantity`, in its unit.
    """
    return quantity * (basis / basis_total)


def site_estimate(
    area_m2, intensity_kwh_per_m2_day, days, parcels, lighting_share, led_share, led_saving, setpoint_saving
):
    """Electricity per parcel of an unmetered site.

    Parameters
    ----------
    area_m2 : floor area [m**2]
    intensity_kwh_per_m2_day : sourced intensity of such buildings [kW*h/(m**2*day)]
    days : length of the period [day]
    parcels : parcels that leave in the period [-]
    lighting_share : share of lighting in the intensity [-]
    led_share : 1 where lamps are LED, 0 where not [-]
    led_saving : share of lighting energy that LED saves [-]
    setpoint_saving : share saved by temperature settings [-]

    Returns
    -------
    Energy [kW*h].
    """
    settings = (1 - lighting_share * led_share * led_saving) * (1 - setpoint_saving)
    return area_m2 * intensity_kwh_per_m2_day * days / parcels * settings


def stored_mass(mass_kg):
    """Mass through a warehouse, for default factors per mass [kg]."""
    return mass_kg
