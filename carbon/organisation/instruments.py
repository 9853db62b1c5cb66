"""Energy certificates and contracts: what they are claimed for, and whether they meet the quality criteria.

GHG Protocol Scope 2 Guidance (2015): table 7.1 numbers the criteria, table 6.3 ranks what the market-based method takes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any, Literal

from pydantic import Field, model_validator

from carbon import documents
from carbon.errors import OrganisationError
from carbon.fields import Part
from carbon.organisation.parts import Key, positive
from carbon.organisation.sites import Site, SiteEnergy
from carbon.terms import Party
from carbon.units import parse_quantity

_YEAR = Field(ge=2000, le=2100)
#: Rounding of figures that are written by hand.
_TOLERANCE = 1e-9


class Instrument(Part):
    """A certificate or contract that conveys how bought electricity was generated.

    What is left out is not attested, and the criterion that asks for it is not met.

    Attributes
    ----------
    sites : tuple of str
        Whose electricity it is claimed for, pro rata.
    quantity : str, optional
        Of a supplier's rate it may be left out: it then covers all that the sites bought.
    factor : str, optional
        Factor, or its activity, of the direct emissions that it conveys: ``electricity.no_combustion`` for wind, water and
        sun, else a row of the merchant's own.
    issued_in : str
        Country whose generation it stands for.
    vintage, applied_to : int
        Year of generation, and of consumption (the vintage's where absent).
    status : str
        ``retired`` (redeemed, cancelled), ``held``, or ``sold``.
    retired_for : str, optional
        ``organisation``, ``customers`` (by a supplier, for its customers) or ``other``.
    evidence : str, optional
        Register and transaction, or contract.
    sole_claim : bool
        No other instrument carries the same generation's claim.
    delivered_mix : bool
        A supplier's rate is of what it delivers, certificates retired for its customers inside, and what it sold at the
        residual mix.
    attributes_transferred : bool
        A purchase agreement's seller, or an owner's roof, hands the claim to nobody else.
    """

    name: str | None = None
    name_zh: str | None = None
    kind: Literal["go", "rego", "rec", "i_rec", "gec", "ppa", "supplier_rate"]
    sites: tuple[Key, ...] = Field(min_length=1)
    quantity: str | None = None
    factor: str | None = None
    issued_in: str = Field(pattern=r"^[A-Z]{2}$")
    vintage: int = _YEAR
    applied_to: int | None = Field(default=None, ge=2000, le=2100)
    status: Literal["retired", "held", "sold"]
    retired_for: Literal["organisation", "customers", "other"] | None = None
    evidence: str | None = Field(default=None, min_length=1)
    sole_claim: bool = False
    delivered_mix: bool = False
    attributes_transferred: bool = False

    @model_validator(mode="after")
    def _check(self):
        if self.quantity is None and self.kind != "supplier_rate":
            raise OrganisationError(
                "an instrument needs 'quantity'",
                expected="such as 1200 kW*h; only a supplier's rate covers all that is bought",
            )
        if self.quantity is not None:
            positive(self.quantity)
            parse_quantity(self.quantity, "kW*h")
        if len(set(self.sites)) != len(self.sites):
            raise OrganisationError("a site stands twice", found=", ".join(self.sites), expected="each site once")
        return self

    @property
    def year(self) -> int:
        """Year of the consumption it is claimed for."""
        return self.applied_to or self.vintage

    @property
    def kwh(self) -> float | None:
        """Quantity; None where it covers all that is bought."""
        return None if self.quantity is None else float(parse_quantity(self.quantity).to("kW*h").magnitude)

    def failed(self, countries: Mapping[str, str]) -> tuple[int, ...]:
        """Return the numbers of the quality criteria (table 7.1) that are not met.

        Criterion 8, on the residual mix, is one of the report: it says where there is none.

        Parameters
        ----------
        countries : mapping
            Site to the country whose grid it draws from.
        """
        supplier = self.kind == "supplier_rate"
        retired = self.status == "retired" and self.evidence is not None
        met = {
            1: self.factor is not None,
            2: self.sole_claim and self.status != "sold",
            3: retired and self.retired_for in (("organisation", "customers") if supplier else ("organisation",)),
            # "as close as possible" is taken as the same calendar year; the Guidance names no number.
            4: self.vintage == self.year,
            5: all(same_market(self.issued_in, countries[site]) for site in self.sites),
            6: not supplier or self.delivered_mix,
            7: self.kind != "ppa" or self.attributes_transferred,
        }
        return tuple(number for number, holds in met.items() if not holds)


@dataclass(frozen=True)
class Claims:
    """What instruments cover of the electricity of a merchant's own sites.

    Attributes
    ----------
    sites : mapping
    instruments : mapping
        All that the organisation file has.
    countries : mapping
        Site to the country whose grid it draws from.
    """

    sites: Mapping[str, Site]
    instruments: Mapping[str, Instrument]
    countries: Mapping[str, str]

    @cached_property
    def counting(self) -> dict[str, Instrument]:
        """Instruments that meet the quality criteria."""
        return {key: each for key, each in self.instruments.items() if not each.failed(self.countries)}

    def kwh(self, site: str, year: int) -> float:
        """Return what a site used in a year that can be claimed: bought, and own power whose certificates were sold."""
        if self.sites[site].party is not Party.OWN:
            return 0.0
        return math.fsum(self._parts(site, year))

    def sold_kwh(self, site: str, year: int) -> float:
        """Return what of `kwh` is own power whose certificates were sold."""
        if self.sites[site].party is not Party.OWN:
            return 0.0
        return math.fsum(self._parts(site, year, only_own=True))

    def _parts(self, site: str, year: int, *, only_own: bool = False) -> Iterator[float]:
        for energy in self.sites[site].energy:
            if energy.own_generation or not only_own:
                inside = sum(month.startswith(f"{year}-") for month in energy.months)
                yield claimable_kwh(energy) * inside / len(energy.months)

    @cached_property
    def shares(self) -> dict[tuple[str, int], dict[str, float]]:
        """(site, year) to the share that each instrument covers of what can be claimed; together at most 1.

        An instrument for several sites covers the same share of each. A supplier's rate without a quantity covers what
        the others leave.
        """
        found: dict[tuple[str, int], dict[str, float]] = {}
        for key, each in self.counting.items():
            if each.kwh is None:
                continue
            used_kwh = math.fsum(self.kwh(site, each.year) for site in each.sites)
            if each.kwh > used_kwh * (1 + _TOLERANCE):
                raise self._too_much(key, each, each.kwh, used_kwh, each.sites)
            for site in each.sites:
                found.setdefault((site, each.year), {})[key] = each.kwh / used_kwh
        for (site, year), shares in found.items():
            whole = math.fsum(shares.values())
            if whole > 1 + _TOLERANCE:
                used_kwh, last = self.kwh(site, year), list(shares)[-1]
                raise self._too_much(last, self.instruments[last], whole * used_kwh, used_kwh, (site,), list(shares))
        for key, each in self.counting.items():
            if each.kwh is None:
                for site in each.sites:
                    mine = found.setdefault((site, each.year), {})
                    mine[key] = max(0.0, 1.0 - math.fsum(mine.values()))
        return found

    def _too_much(
        self, key: str, each: Instrument, claimed_kwh: float, used_kwh: float, sites: tuple[str, ...], with_others=()
    ) -> OrganisationError:
        others = f" with {', '.join(name for name in with_others if name != key)}" if len(with_others) > 1 else ""
        return OrganisationError(
            f"instruments.{key}.quantity{others} claims more electricity than was used",
            found=f"{claimed_kwh:,.6g} kWh for {', '.join(sites)} in {each.year}",
            expected=f"at most {used_kwh:,.6g} kWh: metered electricity that was bought, or whose certificates were sold",
            mend="lower 'quantity', correct the meters under 'sites', or name other 'sites' or another 'applied_to'",
        )


def claimable_kwh(energy: SiteEnergy) -> float:
    """Return what of a meter's reading instruments may be claimed for."""
    text = energy.certificates_sold if energy.own_generation else energy.quantity
    quantity = parse_quantity(text) if text is not None else None
    if quantity is None or not energy.is_electricity or not quantity.is_compatible_with("kW*h"):
        return 0.0
    return float(quantity.to("kW*h").magnitude)


def countries_of(organisation_country: str, sites: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the country whose grid each site draws from, as the organisation file says it.

    Parameters
    ----------
    sites : mapping
        As in the file: ``grid_region`` comes before the place's country, the organisation's own last.
    """
    found = {}
    for key, site in sites.items():
        said = site.get("grid_region") or (site.get("place") or {}).get("country") or organisation_country
        found[key] = str(said).partition("-")[0]
    return found


def check_instruments(instruments: Mapping[str, Instrument], claims: Claims) -> None:
    """Check the sites that instruments name, and that no more is claimed than was used.

    Raises
    ------
    OrganisationError
    """
    for key, each in instruments.items():
        where = f"instruments.{key}.sites"
        for site in each.sites:
            if site not in claims.sites:
                raise OrganisationError(
                    f"{where} names '{site}', which is not defined",
                    expected=", ".join(sorted(claims.sites)) or "(nothing is defined)",
                    mend="define it first",
                )
            if claims.sites[site].party is not Party.OWN:
                raise OrganisationError(
                    f"{where} names a site of another party",
                    found=f"{site} (party: {claims.sites[site].party})",
                    expected="a site with party: own; others' electricity is no scope 2",
                    mend=f"leave {site} out",
                )
            country = claims.countries[site]
            if len(country) != 2 or not country.isupper():
                raise OrganisationError(
                    f"{where}: the market of {site} is not known by its country's name",
                    found=country,
                    expected="a two-letter code, such as GB",
                    mend=f"write the code under sites.{site}.place.country, or give grid_region",
                )
    if claims.counting:
        _ = claims.shares


@cache
def _markets() -> tuple[frozenset[str], ...]:
    with resources.as_file(resources.files("carbon.organisation") / "energy_markets.yaml") as path:
        return tuple(frozenset(each["countries"]) for each in documents.read(path)["markets"])


def same_market(issued_in: str, used_in: str) -> bool:
    """Return whether two countries share one market of energy certificates."""
    return issued_in == used_in or any({issued_in, used_in} <= market for market in _markets())
