"""The merchant's own set-up, read from ``organisation.yaml``: sites, packages, services, method choices.

Ownership and contract are data here, because scopes follow from them.
"""

from __future__ import annotations

import hashlib
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from carbon import documents
from carbon.errors import OrganisationError
from carbon.fields import Mass, Part, Share
from carbon.organisation.checkout import Checkout, DeliveryOption, Within
from carbon.organisation.costs import Band, Costs, Tariff
from carbon.organisation.entities import Approach, Entity, Lease
from carbon.organisation.finance import Finance, GridPath
from carbon.organisation.instruments import Claims, Instrument, check_instruments, countries_of
from carbon.organisation.labels import Allowed, Floor, Labels
from carbon.organisation.measures import Assumed, Measures, Scheme
from carbon.organisation.packages import Component, Package, Reuse, VoidFill
from carbon.organisation.parts import Amount, Key, PlaceRef
from carbon.organisation.services import (
    Consumption,
    CustomerTrip,
    HubStop,
    LastMile,
    Leg,
    LineHaul,
    Reported,
    Returns,
    Round,
    Service,
)
from carbon.organisation.sites import Channel, Outbound, Site, SiteEnergy, SiteEstimate
from carbon.terms import GwpSet, Party
from carbon.units import parse_quantity

__all__ = [
    "Allowed",
    "Amount",
    "Assumed",
    "Band",
    "Channel",
    "Checkout",
    "Claims",
    "Component",
    "Consumption",
    "Costs",
    "CustomerTrip",
    "Defaults",
    "DeliveryOption",
    "Entity",
    "Finance",
    "Floor",
    "GridPath",
    "HubStop",
    "Instrument",
    "Labels",
    "LastMile",
    "Lease",
    "Leg",
    "LineHaul",
    "Measures",
    "Method",
    "Organisation",
    "Outbound",
    "Package",
    "PlaceRef",
    "Reported",
    "RestatementPolicy",
    "Returns",
    "Reuse",
    "Round",
    "Scheme",
    "Service",
    "Site",
    "SiteEnergy",
    "SiteEstimate",
    "StructuralChange",
    "Tariff",
    "VoidFill",
    "Within",
    "read",
]


class Method(Part):
    """Choices that the standards leave open; printed in every report.

    Attributes
    ----------
    round_allocation : "parcel" or "mass_distance"
        How a delivery round is shared (EN 17837; ISO 14083 allocation by great-circle tonne-km).
    warehouse_allocation : "parcel", "mass" or "volume_days"
    radiative_forcing : "beside" or "off"
        Never in totals; shown beside them or not at all.
    edition : int or None
        Factors of this year instead of the parcels' own: a sensitivity, which counts in no inventory.
    """

    gwp_set: GwpSet = GwpSet.AR5
    round_allocation: Literal["parcel", "mass_distance"] = "parcel"
    warehouse_allocation: Literal["parcel", "mass", "volume_days"] = "parcel"
    radiative_forcing: Literal["beside", "off"] = "beside"
    edition: Annotated[int, Field(ge=1990, le=2100)] | None = None
    pseudonymise_orders: bool = False


class Defaults(Part):
    """What a row gets that says nothing; each use is counted as a fallback."""

    service: Key | None = None
    site: Key | None = None
    package: Key | None = None
    goods_mass: Mass | None = None


class ProductCategory(Part):
    """Which spend factor serves a product category of the orders."""

    activity: str


class Target(Part):
    """A reduction target, printed with its base."""

    year: int
    base_year: int
    reduction_share: Share
    covers: str = "total"


class RestatementPolicy(Part):
    """When the base year is restated: for structural change, method change or errors above the threshold.

    `threshold` is a share of the base year's emissions. There is no default: the GHG Protocol Corporate Standard
    (chapter 5) asks each company to state its own.
    """

    threshold: Share


class StructuralChange(Part):
    """A change of what belongs to the company: it may restate the base year, growth does not."""

    day: date = Field(alias="date")
    kind: Literal["acquisition", "divestment", "merger", "outsourcing", "insourcing"]
    what: str = Field(min_length=1)


class Organisation(Part):
    """A merchant's set-up; the whole file."""

    name: str = Field(min_length=1)
    name_zh: str | None = None
    country: str
    base_year: int | None = None
    restatement: RestatementPolicy | None = None
    structural_changes: tuple[StructuralChange, ...] = ()
    consolidation: Approach = "operational_control"
    entities: dict[Key, Entity] = {}
    method: Method = Method()
    defaults: Defaults = Defaults()
    places: dict[Key, PlaceRef] = {}
    sites: dict[Key, Site] = {}
    instruments: dict[Key, Instrument] = {}
    packages: dict[Key, Package] = {}
    services: dict[Key, Service] = Field(min_length=1)
    categories: dict[str, ProductCategory] = {}
    targets: tuple[Target, ...] = ()
    revenue: dict[int, str] = {}
    costs: Costs | None = None
    finance: Finance | None = None
    labels: Labels = Labels()
    checkout: Checkout | None = None
    measures: Measures | None = None

    @model_validator(mode="after")
    def _references(self):
        for kind, name in (("service", "services"), ("site", "sites"), ("package", "packages")):
            key, known = getattr(self.defaults, kind), getattr(self, name)
            if key is not None and key not in known:
                raise _unknown(f"defaults.{kind}", key, known)
        named = {"origin", "destination", *self.places, *self.sites}
        for key, service in self.services.items():
            for position, leg in enumerate(service.chain, 1):
                for end in (getattr(leg, "start", None), getattr(leg, "to", None)):
                    if end is not None and end not in named:
                        raise _unknown(f"services.{key}.chain leg {position}", end, named)
            if service.returns.package is not None and service.returns.package not in self.packages:
                raise _unknown(f"services.{key}.returns.package", service.returns.package, self.packages)
        for key, package in self.packages.items():
            for kind, known in (("sites", self.sites), ("services", self.services)):
                for name in getattr(package, kind) or ():
                    if name not in known:
                        raise _unknown(f"packages.{key}.{kind}", name, known)
        self._check_entities()
        check_instruments(self.instruments, self.claims)
        if self.checkout is not None:
            self.checkout.check(self.services, self.packages, self.sites, {*self.places, *self.sites})
        if self.measures is not None:
            self.measures.check(self.services, self.packages, self.sites)
        for text in self.revenue.values():
            parse_quantity(text)
        return self

    def _check_entities(self) -> None:
        """What belongs to an entity, or is leased, must be the organisation's own to account for."""
        for key, site in self.sites.items():
            if site.entity is not None and site.entity not in self.entities:
                raise _unknown(f"sites.{key}.entity", site.entity, self.entities)
            if (site.entity is not None or site.lease is not None) and site.party is not Party.OWN:
                raise OrganisationError(
                    f"sites.{key} is a third party's, and has 'entity' or 'lease'",
                    found=f"party: {site.party}",
                    expected="party: own, where the organisation owns, controls or leases the site",
                    mend="correct 'party', or leave 'entity' and 'lease' out: a third party's site is category 4",
                )
        for key, service in self.services.items():
            if service.entity is None:
                continue
            if service.entity not in self.entities:
                raise _unknown(f"services.{key}.entity", service.entity, self.entities)
            if not service.has_own_vehicles:
                raise OrganisationError(
                    f"services.{key} has 'entity', and no leg by own vehicles",
                    found=service.entity,
                    expected="a leg, or the service, with party: own",
                    mend="leave 'entity' out: a carrier's vehicles are category 4",
                )

    def with_edition(self, edition: int | None) -> Organisation:
        """Return the set-up with the factor edition of another year; as it is where none is named."""
        if edition is None:
            return self
        return self.model_copy(update={"method": self.method.model_copy(update={"edition": edition})})

    @cached_property
    def claims(self) -> Claims:
        """What certificates and contracts cover of the electricity of own sites."""
        sites = {key: site.model_dump(include={"grid_region", "place"}) for key, site in self.sites.items()}
        return Claims(self.sites, self.instruments, countries_of(self.country, sites))

    @property
    def hash(self) -> str:
        """SHA-256 over the set-up's content; what measures are considered changes no footprint and is left out."""
        return hashlib.sha256(self.model_dump_json(by_alias=True, exclude={"measures"}).encode()).hexdigest()


def read(path: Path | str) -> Organisation:
    """Read an organisation file.

    Raises
    ------
    OrganisationError
        With file, line and key of the first problem.
    """
    return documents.validate(Organisation, documents.read(path), str(path), OrganisationError)


def _unknown(where: str, key: str, known) -> OrganisationError:
    expected = ", ".join(sorted(known)) or "(nothing is defined)"
    return OrganisationError(f"{where} names '{key}', which is not defined", expected=expected, mend="define it first")
