"""What a cart's delivery option causes, as plain figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from carbon.engine.uncertainty import Difference
from carbon.organisation import DeliveryOption
from carbon.terms import DataType, Stage


@dataclass(frozen=True)
class Option:
    """A delivery option for a cart; figures are None where it is not available.

    Attributes
    ----------
    key, service : str
    site, package : str or None
        Site it leaves from, and the package it is an option of; None for the cart's own.
    name, name_zh : str or None
    default : bool
        Whether the others are compared to it.
    co2e_kg, low_kg, high_kg : float
        Delivery stages, and their 95 % range.
    stages : mapping of Stage to float
        [kg CO2e] of the stages that something was counted in.
    product_co2e_kg : float or None
        Declared footprint of the goods, never in the total; None where an article has none.
    shares : mapping of DataType to float
        By emissions; empty where nothing is emitted.
    fallbacks : tuple of str
        What stood in for what the cart or the organisation does not say.
    factor_years : tuple of int
        Years of the publications behind the factors, ascending.
    well_to_wheel : bool
        Whether every transport element is well to wheel, hubs included (`carbon.ledger.well_to_wheel`).
    difference : Difference or None
        To the default option, by paired draws; None for the default itself.
    reason : str or None
        Why it is not available: a code.
    parcels : int
        How many parcels the goods travel in.
    """

    key: str
    service: str
    site: str | None = None
    package: str | None = None
    name: str | None = None
    name_zh: str | None = None
    default: bool = False
    co2e_kg: float | None = None
    low_kg: float | None = None
    high_kg: float | None = None
    stages: Mapping[Stage, float] = field(default_factory=dict)
    product_co2e_kg: float | None = None
    shares: Mapping[DataType, float] = field(default_factory=dict)
    fallbacks: tuple[str, ...] = ()
    factor_years: tuple[int, ...] = ()
    well_to_wheel: bool = False
    difference: Difference | None = None
    reason: str | None = None
    parcels: int = 1

    @property
    def available(self) -> bool:
        """Whether it has a figure."""
        return self.reason is None


def named(option: DeliveryOption, services: Mapping) -> dict[str, str | None]:
    """Return key, service, package and names of an option: its own, else its service's."""
    service = services[option.service]
    return {
        "key": option.name_or_key,
        "service": option.service,
        "package": option.package,
        "name": option.name or service.name,
        "name_zh": option.name_zh or service.name_zh,
    }
