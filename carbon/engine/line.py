"""One line of a calculation: an amount times a factor, with all that a person needs to check it."""

from __future__ import annotations

from dataclasses import dataclass

from carbon.factors.spread import Spread


@dataclass(frozen=True)
class Input:
    """A number that went into an amount."""

    name: str
    value: float
    unit: str
    origin: str


@dataclass(frozen=True)
class Line:
    """An amount, a factor, and their product.

    Attributes
    ----------
    amount, unit : float, str
        In the denominator of the factor as published, so that a pocket calculator repeats the line.
    factor_value, factor_unit : float, str
        Sum of the parts as used [kg CO2e per `unit`].
    wtt_kg, ttw_kg : float or None
        None where the source does not give that part.
    match, data_type, boundary, edition, source, locator : str
        How the factor was found and what it is.
    inputs : tuple of Input
        What the amount was computed from, by `formula` of `model`.
    flags : tuple of str
        What a reader must know (no WTT, CO2 only, proxy ...).
    spreads : tuple of Spread or None
        How far the line may be off; None where the run did not record it.
    carried : tuple of (float, tuple of Spread)
        What of the line is unweighed packaging that was carried [kg CO2e], and how far its mass may be off.
    pedigree : tuple of int or None
        The factor's five data-quality scores; None where it has none.
    """

    name: str
    stage: str
    activity: str
    amount: float
    unit: str
    factor_id: str
    factor_value: float
    factor_unit: str
    co2e_kg: float
    wtt_kg: float | None
    ttw_kg: float | None
    boundary: str
    gas_basis: str
    gwp_set: str
    region: str
    match: str
    edition_gap_years: int
    data_type: str
    edition: str
    source: str
    locator: str
    accounting: str = "total"
    model: str = ""
    formula: str = ""
    inputs: tuple[Input, ...] = ()
    flags: tuple[str, ...] = ()
    note: str = ""
    spreads: tuple[Spread, ...] | None = None
    pedigree: tuple[int, ...] | None = None
    carried: tuple[tuple[float, tuple[Spread, ...]], ...] = ()
