"""Packaging materials, their end of life, reusable packages.

Cut-off approach: recycled content carries its benefit through the recycled factor; end of life gets no
credit. A reusable package is shared among the trips it is expected to make.
"""

from __future__ import annotations

import numpy as np


def expected_uses(uses, loss_rate):
    """Trips a reusable package makes on average.

    With loss rate ``l`` per trip and at most ``n`` trips, the k-th trip happens with probability
    ``(1 - l)**(k - 1)``, so the mean is ``(1 - (1 - l)**n) / l``, and ``n`` without losses.

    Parameters
    ----------
    uses : most trips a package lasts [-]
    loss_rate : share of packages lost on each trip, in [0, 1] [-]

    Returns
    -------
    Expected number of trips [-].
    """
    lossless = np.equal(loss_rate, 0)
    safe = np.where(lossless, 1.0, loss_rate)
    with np.errstate(divide="ignore"):
        # 1 - (1 - l)**n without cancellation for small l; ln(0) gives 1 - 0 at l = 1.
        made = -np.expm1(uses * np.log1p(-safe))
    return np.where(lossless, uses, made / safe)


def material(component_kg, material_share, mass_ratio, uses):
    """Mass of a material per parcel.

    Parameters
    ----------
    component_kg : mass of the component in one package [kg]
    material_share : share of it that is virgin, or recycled, material [-]
    mass_ratio : weighed packaging mass over catalogue mass, 1 where not weighed [-]
    uses : trips the package makes [-]

    Returns
    -------
    Mass [kg].
    """
    return component_kg * material_share * mass_ratio / uses


def void_fill(empty_m3, density_kg_per_m3, material_share, mass_ratio):
    """Mass of filling for the empty space of a package [kg]."""
    return empty_m3 * density_kg_per_m3 * material_share * mass_ratio


def treated_material(component_kg, treatment_share, mass_ratio, uses):
    """Mass of a component that goes to one treatment at its end of life [kg]."""
    return component_kg * treatment_share * mass_ratio / uses


def treated_void_fill(empty_m3, density_kg_per_m3, treatment_share, mass_ratio):
    """Mass of filling that goes to one treatment [kg]."""
    return empty_m3 * density_kg_per_m3 * treatment_share * mass_ratio


def washing(amount_per_use):
    """Energy, water or detergent to clean a reusable package once; unit of the amount."""
    return amount_per_use


def empty_return(tare_kg, return_km):
    """Transport activity of bringing an empty reusable package back [kg*km]."""
    return tare_kg * return_km


def carton_mass(length_m, width_m, height_m, joint_m, grammage_kg_per_m2):
    """Mass of a regular slotted carton from its board.

    The blank is ``2L + 2W + joint`` long and ``H + W`` high: each flap is half the width.

    Parameters
    ----------
    length_m, width_m, height_m : inner sizes [m]
    joint_m : manufacturer's joint [m]
    grammage_kg_per_m2 : mass of the board per area [kg/m**2]

    Returns
    -------
    Mass [kg].
    """
    return (2 * length_m + 2 * width_m + joint_m) * (height_m + width_m) * grammage_kg_per_m2
