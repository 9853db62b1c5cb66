"""Suppliers' product footprints in PACT's JSON: when they are valid, and what of them is counted.

Counted is the footprint without biogenic uptake, and without the removals that version 3.0 has inside it: the GHG Protocol
reports uptake and removals apart from emissions, and no credit enters a total. What is left out is kept beside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from carbon.exchange.reject import Reject, broken_field
from carbon.exchange.schema import MODELS, Carbon2, Footprint2, Footprint3
from carbon.exchange.sent import each_footprint, word_of

#: A footprint that states no validity is valid for so long after its reference period.
_VALID_YEARS = 3
_SERVICES = ("ton kilometer", "hour", "megabit second")
_GTIN = re.compile(r"^urn:gtin:(\d{8,14})$", re.IGNORECASE)
_SGTIN = re.compile(r"^urn:epc:id(?:pat)?:sgtin:(\d{6,12})\.(\d{1,7})\.", re.IGNORECASE)
_BUYERS = re.compile(r"^urn:pathfinder:product:customcode:buyer-assigned:(.+)$", re.IGNORECASE)


@dataclass(frozen=True)
class SupplierFootprint:
    """A product's footprint as its supplier declares it, for a declared amount of a declared unit.

    Attributes
    ----------
    declared : str
        Amount and unit, such as ``12 liter``.
    amount : Decimal
        Of the declared unit, in the product.
    mass_kg : float or None
        Of the declared amount, without packaging.
    co2e_kg : float
        Counted: without biogenic uptake and removals.
    removals_kg : float
        Removals inside the supplier's own figure, zero or less; left out of `co2e_kg`.
    uptake_kg : float or None
        Biogenic uptake, zero or less; outside both figures.
    fossil_kg : float
        Part of fossil origin.
    primary_share : float or None
        Share of primary data that the supplier states.
    gtins : tuple of str
        14 digits each.
    codes : tuple of str
        The buyer's own article numbers.
    valid_from, valid_to : date
        First and last day.
    """

    file: str
    number: int
    id: str
    version: str
    company: str
    product: str
    product_ids: tuple[str, ...]
    gtins: tuple[str, ...]
    codes: tuple[str, ...]
    unit: str
    amount: Decimal
    mass_kg: float | None
    co2e_kg: float
    removals_kg: float
    uptake_kg: float | None
    fossil_kg: float
    primary_share: float | None
    region: str
    gwp_sets: tuple[str, ...]
    valid_from: date
    valid_to: date
    created: datetime
    revision: int = 0
    preceding: tuple[str, ...] = ()

    @property
    def age(self) -> tuple[datetime, int]:
        """What newer footprints have more of; 2.x counts versions of one id."""
        return self.created, self.revision

    @property
    def declared(self) -> str:
        """Amount and unit that `co2e_kg` is for."""
        return f"{self.amount.normalize():f} {self.unit}"

    @property
    def source(self) -> str:
        """Who declared it, and in which format."""
        return f"{self.company}, PACT {self.version}"


@dataclass(frozen=True)
class Footprints:
    """What the files hold: footprints that may be taken, and the others with their reasons; together all of them."""

    found: int
    taken: tuple[SupplierFootprint, ...]
    rejects: tuple[Reject, ...]


class _Refused(Exception):
    def __init__(self, reason: str, found: object, **more: str):
        self.reason, self.found, self.more = reason, str(found)[:300], more
        super().__init__(reason)


def supplier_footprints(files: Sequence[Path | str]) -> Footprints:
    """Read product footprints from JSON files, whatever time they are valid in.

    Parameters
    ----------
    files : sequence of Path or str
        Each holds one footprint, a list of them, or an answer of a PACT service (``{"data": ...}``).
    """
    taken: list[SupplierFootprint] = []
    rejects: list[Reject] = []
    for each in each_footprint(files):
        if isinstance(each, Reject):
            rejects.append(each)
            continue
        file, number, data = each
        try:
            taken.append(_read(data, file, number))
        except _Refused as error:
            names = word_of(data, "id"), word_of(data, "productNameCompany")
            rejects.append(Reject(file, number, *names, error.reason, error.found, **error.more))
    found = len(taken) + len(rejects)
    taken, replaced = _without_former(taken)
    return Footprints(found, tuple(taken), tuple([*rejects, *replaced]))


def _read(data: Any, file: str, number: int) -> SupplierFootprint:
    model = MODELS.get(".".join(word_of(data, "specVersion").split(".")[:2]))
    if model is None:
        raise _Refused("version", word_of(data, "specVersion") or "–")
    try:
        read = model.model_validate(data)
    except ValidationError as error:
        raise _Refused("schema", **broken_field(error)) from None
    if read.status == "Deprecated":
        raise _Refused("deprecated", read.status)
    found = _made(read, file, number)
    if found.unit in _SERVICES:
        raise _Refused("service", found.declared)
    if found.valid_from > found.valid_to:
        raise _Refused("not_valid", f"{found.valid_from} – {found.valid_to}")
    if isinstance(read, Footprint3) and read.pcf.ccuCalculationApproach == "Credit":
        raise _Refused("credit", "ccuCalculationApproach: Credit")
    if found.co2e_kg < 0:
        raise _Refused("negative", f"{found.co2e_kg:g} kg CO2e per {found.declared}")
    return found


def _made(read: Footprint2 | Footprint3, file: str, number: int) -> SupplierFootprint:
    pcf = read.pcf
    if isinstance(pcf, Carbon2):
        # Values of 2.x are per one declared unit, those of 3.0 per the whole declared amount.
        amount = times = pcf.unitaryProductAmount
        unit, counted, removals = pcf.declaredUnit, pcf.pCfExcludingBiogenic, Decimal(0)
        uptake, gwp_sets = pcf.biogenicCarbonWithdrawal, (pcf.characterizationFactors,)
        share = pcf.primaryDataShare
    else:
        amount, times = pcf.declaredUnitAmount, Decimal(1)
        unit, gwp_sets = pcf.declaredUnitOfMeasurement, tuple(pcf.ipccCharacterizationFactors)
        removals = (pcf.landManagementBiogenicCO2Removals or Decimal(0)) + (pcf.technologicalCO2Removals or Decimal(0))
        counted, uptake, share = pcf.pcfExcludingBiogenicUptake - removals, pcf.biogenicCO2Uptake, pcf.primaryDataShare
    mass = pcf.productMassPerDeclaredUnit
    start = read.validityPeriodStart or pcf.referencePeriodStart
    end = read.validityPeriodEnd or _years_after(pcf.referencePeriodEnd)
    return SupplierFootprint(
        file=file,
        number=number,
        id=read.id,
        version=read.specVersion,
        company=read.companyName,
        product=read.productNameCompany,
        product_ids=tuple(read.productIds),
        gtins=tuple(_gtins(read.productIds)),
        codes=tuple(match[1] for each in read.productIds if (match := _BUYERS.match(each))),
        unit=unit,
        amount=amount,
        mass_kg=float(mass * times) if mass else None,
        co2e_kg=float(counted * times),
        removals_kg=float(removals * times),
        uptake_kg=None if uptake is None else float(uptake * times),
        fossil_kg=float(pcf.fossilGhgEmissions * times),
        primary_share=None if share is None else float(share) / 100,
        region=pcf.geographyCountrySubdivision or pcf.geographyCountry or pcf.geographyRegionOrSubregion or "",
        gwp_sets=gwp_sets,
        valid_from=start.date(),
        valid_to=(end - timedelta(microseconds=1)).date(),  # ends are exclusive
        created=read.created,
        revision=getattr(read, "version", 0),
        preceding=tuple(read.precedingPfIds or ()),
    )


def _years_after(moment: datetime) -> datetime:
    try:
        return moment.replace(year=moment.year + _VALID_YEARS)
    except ValueError:
        return moment.replace(year=moment.year + _VALID_YEARS, day=28)


def _gtins(product_ids: Iterable[str]) -> Iterable[str]:
    """Yield GTINs of 14 digits; an EPC's is put together from company prefix and item reference."""
    for each in product_ids:
        if match := _GTIN.match(each):
            yield match[1].zfill(14)
        elif match := _SGTIN.match(each):
            prefix, item = match.groups()
            digits = item[0] + prefix + item[1:]
            if len(digits) == 13:
                odd, even = (sum(map(int, digits[start::2])) for start in (0, 1))
                yield f"{digits}{-(3 * odd + even) % 10}"


def _without_former(taken: list[SupplierFootprint]) -> tuple[list[SupplierFootprint], list[Reject]]:
    """Leave out such as stand twice; one that others name as their past version serves only the time before them."""
    after: dict[str, SupplierFootprint] = {}
    for each in sorted(taken, key=lambda each: each.valid_from, reverse=True):
        after |= {former: each for former in each.preceding if former != each.id}
    newest: dict[str, SupplierFootprint] = {}
    for each in sorted(taken, key=lambda each: each.age):
        newest[each.id] = each
    kept, rejects = [], []
    for each in taken:
        by = after.get(each.id)
        last = each.valid_to if by is None else min(each.valid_to, by.valid_from - timedelta(days=1))
        if newest[each.id] is not each:
            rejects.append(_superseded(each, each.id))
        elif last < each.valid_from:
            rejects.append(_superseded(each, by.id))
        else:
            kept.append(replace(each, valid_to=last))
    return kept, rejects


def _superseded(each: SupplierFootprint, by: str) -> Reject:
    return Reject(each.file, each.number, each.id, each.product, "superseded", by)
