"""What an option costs: package, filling, labour, the carrier's tariff. What has no price is left out, and named.

A part enters the sums only where it is known for everything that is compared: a carton without a price is not free.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from carbon.engine.money import exchange_rate
from carbon.engine.packages import PackageSpec
from carbon.errors import OrganisationError
from carbon.organisation import Organisation, Package, Tariff
from carbon.units import Price

_S_PER_HOUR = 3600.0


@dataclass(frozen=True)
class Money:
    """Prices of a catalogue and of services, in one currency.

    Attributes
    ----------
    currency : str
        Empty where nothing has a price.
    package, fill_per_m3 : numpy.ndarray, shape (packages,)
        By package code: of one use with its packing, and of filling per empty volume [1/m**3].
    notes : list of str
        What is left out.
    """

    currency: str
    package: np.ndarray
    fill_per_m3: np.ndarray
    tariffs: dict[int, _Rates]
    notes: list[str] = field(default_factory=list)

    @property
    def known(self) -> bool:
        """Whether any price is known."""
        return bool(self.currency)

    def of(self, package: np.ndarray, service: np.ndarray, columns: dict[str, np.ndarray], measured_m3: np.ndarray):
        """Return what each row of a frame costs, shape (rows,); infinite where the tariff does not carry it.

        Parameters
        ----------
        package, service : numpy.ndarray of int
            Codes.
        columns : mapping
            Kernel columns: empty_volume_m3, gross_mass_kg.
        measured_m3 : numpy.ndarray
            Volume of the parcel as carriers measure it.
        """
        cost = self.package[package] + self.fill_per_m3[package] * columns["empty_volume_m3"]
        for code, rates in self.tariffs.items():
            mine = np.flatnonzero(service == code)
            if mine.size:
                cost[mine] += rates.of(columns["gross_mass_kg"][mine], measured_m3[mine])
        return cost


@dataclass(frozen=True)
class _Rates:
    per_parcel: float
    per_kg: float
    up_to_kg: np.ndarray
    prices: np.ndarray
    kg_per_m3: float

    def of(self, gross_kg: np.ndarray, measured_m3: np.ndarray) -> np.ndarray:
        billed_kg = np.fmax(gross_kg, measured_m3 * self.kg_per_m3)
        if not len(self.prices):
            return self.per_parcel + self.per_kg * billed_kg
        # A parcel of just the band's mass is in it, whatever the last bit of a sum says.
        band = np.searchsorted(self.up_to_kg * (1 + 1e-12), billed_kg)
        return np.append(self.prices, math.inf)[band]


def money_of(organisation: Organisation, specs: Sequence[PackageSpec], year: int) -> Money:
    """Return the prices of an organisation; see `Money`.

    Parameters
    ----------
    specs : sequence of PackageSpec
        In the order of the plan's package codes.
    year : int
        Whose exchange rates serve.

    Raises
    ------
    OrganisationError
        If there are prices and no `costs.currency` to add them up in.
    """
    costs, own = organisation.costs, organisation.packages
    prices = list(_prices(organisation))
    if not prices:
        return Money("", np.zeros(len(specs)), np.zeros(len(specs)), {})
    if costs is None:
        raise OrganisationError(
            "prices need a currency to be added up in", found=prices[0].text, expected="costs: {currency: GBP}"
        )

    def value(price: Price | None) -> float:
        return 0.0 if price is None else price.value * exchange_rate(price.currency, costs.currency, year)

    notes: list[str] = []
    named = [own.get(spec.key) for spec in specs]
    counted = {
        "cost": _complete(own, notes, "packages", lambda each: each.cost is not None or each.kind == "own_container"),
        "time": costs.labour is not None
        and _complete(own, notes, "packing labour", lambda each: each.packing_time is not None),
        "fill": _complete(
            own, notes, "filling", lambda each: each.void_fill is None or each.void_fill.price is not None
        ),
    }
    package, fill = np.zeros(len(specs)), np.zeros(len(specs))
    for code, (spec, each) in enumerate(zip(specs, named, strict=True)):
        if each is None:
            continue
        if counted["cost"]:
            package[code] += value(each.cost) / spec.uses
            package[code] += value(each.reuse.cost_per_trip) if each.reuse else 0.0
        if counted["time"] and each.packing_time is not None:
            package[code] += each.packing_time.to("s").magnitude / _S_PER_HOUR * value(costs.labour)
        if counted["fill"] and each.void_fill is not None and each.void_fill.price is not None:
            per_m3 = each.void_fill.price.per == "m**3"
            fill[code] = value(each.void_fill.price) * (1.0 if per_m3 else spec.fill_kg_per_m3)
    tariffs = {}
    for code, (key, service) in enumerate(organisation.services.items()):
        if service.tariff is None:
            notes.append(f"service {key} has no tariff: its freight is left out of the money")
        else:
            tariffs[code] = _rates(service.tariff, service.volumetric_divisor, value)
    return Money(costs.currency, package, fill, tariffs, notes)


def _prices(organisation: Organisation):
    for package in organisation.packages.values():
        yield from (package.cost,) if package.cost else ()
        yield from (package.void_fill.price,) if package.void_fill and package.void_fill.price else ()
        yield from (package.reuse.cost_per_trip,) if package.reuse and package.reuse.cost_per_trip else ()
    for service in organisation.services.values():
        if service.tariff is not None:
            bands = [band.price for band in service.tariff.bands]
            yield from (each for each in (service.tariff.per_parcel, service.tariff.per_kg, *bands) if each)
    if organisation.costs is not None and organisation.costs.labour is not None:
        yield organisation.costs.labour


def _complete(packages: dict[str, Package], notes: list[str], what: str, priced) -> bool:
    """Whether every package has a price; if only some have, say which have not."""
    lacking = [key for key, each in packages.items() if not priced(each)]
    if lacking:
        some = ", ".join(lacking[:5]) + (" ..." if len(lacking) > 5 else "")
        notes.append(f"{what} left out of the money: no price for {some}")
    return not lacking


def _rates(tariff: Tariff, divisor, value) -> _Rates:
    divisor = tariff.volumetric_divisor or divisor
    return _Rates(
        value(tariff.per_parcel),
        value(tariff.per_kg),
        np.array([band.up_to.to("kg").magnitude for band in tariff.bands]),
        np.array([value(band.price) for band in tariff.bands]),
        0.0 if divisor is None else 1 / divisor.to("m**3/kg").magnitude,
    )
