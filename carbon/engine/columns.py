"""The kernel's own columns: what a chunk of orders is turned into before any model runs.

All of them are written with the footprints, so that one parcel can be recomputed from the ledger alone.
"""

from __future__ import annotations

from enum import IntFlag

#: Unit of every float column a model may read; leg distances are ``leg1_km``, ``leg2_km`` ...
UNITS = {
    "goods_mass_kg": "kg",
    "packaging_mass_kg": "kg",
    "gross_mass_kg": "kg",
    "freight_mass_kg": "kg",
    "goods_volume_m3": "m**3",
    "empty_volume_m3": "m**3",
    "measured_volume_m3": "m**3",
    "packaging_ratio": "1",
    "packaging_weighed": "1",
    "parcel_count": "parcel",
    "volume_days_m3_day": "m**3*day",
    "delivery_attempts": "1",
    "radial_km": "km",
    "round_km": "km",
    "round_parcels": "1",
    "round_mass_distance_kg_km": "kg*km",
    "round_use": "1",
    "goods_value": "1",
    "spend_by_line": "1",
    "declared_co2e_kg": "kg",
    "product_primary_share": "1",
    "product_other_share": "1",
    "reported_co2e_kg": "kg",
    "reported_wtt_co2e_kg": "kg",
    "reported_ttw_co2e_kg": "kg",
    "reported_primary_share": "1",
    "reported_other_share": "1",
    "modelled": "1",
    "returned": "1",
    "kept": "1",
    "on_round": "1",
    "off_round": "1",
    "round_planned": "1",
    "round_measured": "1",
    "own_last_mile": "1",
}

MAX_LEGS = 8


def unit_of(column: str) -> str:
    """Return a kernel column's unit; leg distances are km."""
    return UNITS.get(column, "km")


def leg_column(position: int) -> str:
    """Return the distance column of the n-th element of a chain, counted from 1."""
    return f"leg{position}_km"


class Fallback(IntFlag):
    """What a row lacked and got from a labelled default; counted in the manifest."""

    NONE = 0
    GOODS_MASS = 1
    GOODS_VOLUME = 2
    PACKAGE = 4
    SERVICE = 8
    SITE = 16
    DESTINATION_CITY = 32
    DESTINATION_COUNTRY = 64
    ORIGIN_CITY = 128
    ORIGIN_COUNTRY = 256
    REGION = 512
    STORAGE_DAYS = 1024
    PACKAGING_MATERIAL = 2048
    END_OF_LIFE = 4096
    GOODS_TOO_LARGE = 8192
    PRODUCT = 16384
    ROUND_DISTANCE = 32768
    PRODUCT_FOOTPRINT = 65536


def fallback_names(flags: int) -> list[str]:
    """Return the names behind a row's flags, lower case."""
    return [flag.name.lower() for flag in Fallback if flag in Fallback(int(flags))]
