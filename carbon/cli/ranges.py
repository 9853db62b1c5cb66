"""Ranges and data quality as text."""

from __future__ import annotations

from collections.abc import Mapping

from carbon.cli.common import mass_text

_RATINGS = ("technological", "geographical", "temporal")


def range_text(kg: float, low_kg: float | None, high_kg: float | None) -> str:
    """Return a mass and its 95 % range in one unit, such as ``420 g (300 to 580)``."""
    value = mass_text(kg)
    if low_kg is None or high_kg is None or low_kg != low_kg or high_kg != high_kg:
        return f"{value} (range unknown)"
    number, _, unit = value.rpartition(" ")
    size = {"g": 1000.0, "kg": 1.0, "t": 0.001}[unit]
    digits = len(number.partition(".")[2])
    low, high = (f"{each * size:,.{digits}f}" for each in (low_kg, high_kg))
    return f"{value} ({low} to {high})"


def ends_text(low_kg: float | None, high_kg: float | None) -> tuple[str, str]:
    """Return the ends of a range for a table in kg; empty where they are not known."""
    return tuple("" if each is None or each != each else f"{each:,.1f}" for each in (low_kg, high_kg))


def ratings_text(ratings: Mapping[str, float | None]) -> str:
    """Return ratings on one line."""
    if not ratings.get("rated_share"):
        return "ratings (PACT 3.0): none of these factors has scores"
    words = ", ".join(f"{name} {ratings[name]:.1f}" for name in _RATINGS)
    return f"ratings (PACT 3.0; 1 is best, 5 worst): {words}; of {ratings['rated_share']:.0%} of emissions"
