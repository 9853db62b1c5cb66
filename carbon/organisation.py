"""The merchant's own set-up, read from ``organisation.yaml``: sites, packages, services, method choices.

Ownership and contract are data here, because scopes follow from them.
"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from carbon import documents
from carbon.errors import OrganisationError
from carbon.fields import Area, Density, Length, Mass, Part, Share, quantity
from carbon.terms import DistanceBasis, GwpSet, Party, Stage
from carbon.units import parse_quantity

Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=80)]


class Amount(Part):
    """Any amount of any activity; the plan checks its unit against the factor's."""

    activity: str | None = None
    factor: str | None = None
    quantity: str

    @model_validator(mode="after")
    def _one_name(self):
        _need_one(self, "activity", "factor")
        parse_quantity(self.quantity)
        return self


class PlaceRef(Part):
    """A place: coordinates, or names that the places resolver finds."""

    country: str | None = None
    postcode: str | None = None
    city: str | None = None
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)


class Method(Part):
    """Choices that the standards leave open; printed in every report.

    Attributes
    ----------
    round_allocation : "parcel" or "mass_distance"
        How a delivery round is shared (EN 17837; ISO 14083 allocation by great-circle tonne-km).
    warehouse_allocation : "parcel", "mass" or "volume_days"
    radiative_forcing : "beside" or "off"
        Never in totals; shown beside them or not at all.
    """

    gwp_set: GwpSet = GwpSet.AR5
    round_allocation: Literal["parcel", "mass_distance"] = "parcel"
    warehouse_allocation: Literal["parcel", "mass", "volume_days"] = "parcel"
    radiative_forcing: Literal["beside", "off"] = "beside"
    edition: int | None = None
    pseudonymise_orders: bool = False


class Defaults(Part):
    """What a row gets that says nothing; each use is counted as a fallback."""

    service: Key | None = None
    site: Key | None = None
    package: Key | None = None
    goods_mass: Mass | None = None


class Outbound(Part):
    """All that left a site in a period, where the orders file does not hold everything."""

    parcels: float | None = Field(default=None, gt=0)
    mass: Mass | None = None
    volume_days: float | None = Field(default=None, gt=0, description="m**3*day")


class SiteEnergy(Part):
    """A metered amount at a site: electricity, gas, own solar, refrigerant leaked ...

    `market` names the factor of a contract for the market-based view; `own_generation` marks the
    merchant's own solar or wind power, whose life-cycle figure belongs to scope 3 category 3.
    """

    activity: str
    quantity: str
    first_day: date = Field(alias="from")
    last_day: date = Field(alias="to")
    market: str | None = None
    own_generation: bool = False
    outbound: Outbound = Outbound()

    @model_validator(mode="after")
    def _check(self):
        parse_quantity(self.quantity)
        if self.first_day > self.last_day:
            raise OrganisationError("'from' lies after 'to'", found=f"{self.first_day} > {self.last_day}")
        return self


class SiteEstimate(Part):
    """An unmetered site: floor area times a sourced intensity, with the effect of settings.

    `setpoint_change_degc` counts degrees of less heating or cooling; `saving_per_degc` is the
    merchant's own figure, because none with a source is shipped.
    """

    area: Area
    storage: Literal["ambient", "refrigerated"] = "ambient"
    lighting: Literal["led", "legacy"] = "legacy"
    setpoint_change_degc: float = 0.0
    saving_per_degc: Share = 0.0
    parcels_per_year: float = Field(gt=0)


class Site(Part):
    """A warehouse or fulfilment centre from which parcels leave.

    Without `energy` or `estimate` the default hub factor `activity` per mass is used.
    """

    name: str | None = None
    name_zh: str | None = None
    party: Party = Party.OWN
    place: PlaceRef
    grid_region: str | None = None
    energy: tuple[SiteEnergy, ...] = ()
    estimate: SiteEstimate | None = None
    activity: str = "hub.ambient.storage"


class Component(Part):
    """Part of a package: board, film, tape, filling."""

    material: str
    mass: Mass
    recycled_content: Share = 0.0


class VoidFill(Part):
    """Filling of the empty space; its mass follows from the volume that the goods leave."""

    material: str
    density: Density
    recycled_content: Share = 0.0


class Reuse(Part):
    """A reusable package: expected uses follow from `uses` at most and `loss_rate` per trip."""

    uses: int = Field(ge=1)
    loss_rate: Share = 0.0
    return_vehicle: str | None = None
    return_distance: Length | None = None
    washing: tuple[Amount, ...] = ()


class Package(Part):
    """A package of the merchant's catalogue.

    `like` takes sizes and mass from a shipped carton; `kind: own_container` ships in the product's own box.
    """

    name: str | None = None
    name_zh: str | None = None
    kind: Literal["box", "mailer", "bag", "own_container"] = "box"
    like: str | None = None
    inner: str | None = None
    material: str = "corrugated_board"
    mass: Mass | None = None
    recycled_content: Share = 0.0
    extras: tuple[Component, ...] = ()
    void_fill: VoidFill | None = None
    reuse: Reuse | None = None


class Consumption(Part):
    """Energy per distance of a vehicle of known fuel, kWh or hydrogen use (primary data)."""

    activity: str
    per_distance: str

    @model_validator(mode="after")
    def _check(self):
        parse_quantity(self.per_distance)
        return self


class _Leg(Part):
    vehicle: str | None = None
    factor: str | None = None
    energy: Consumption | None = None
    party: Party | None = None
    region: str | None = None
    primary: bool = False


class LineHaul(_Leg):
    """A transport between two places, by mass times distance.

    `load` (share of payload) replaces the factor's average load by the published empty and full
    figures; `empty_running` adds empty km per loaded km.
    """

    stage: Literal[Stage.LINE_HAUL]
    start: str | None = Field(default=None, alias="from")
    to: str = "destination"
    distance: Length | None = None
    distance_basis: DistanceBasis | None = None
    load: Annotated[float, Field(gt=0, le=1)] | None = None
    empty_running: Annotated[float, Field(ge=0, lt=1)] | None = None
    payload: Mass | None = None

    @model_validator(mode="after")
    def _one_name(self):
        _need_one(self, "vehicle", "factor", "energy")
        if self.energy and (self.load is None or self.payload is None):
            raise OrganisationError("a leg by energy needs 'payload' and 'load'", expected="payload: '12 t', load: 0.6")
        return self


class HubStop(Part):
    """A transshipment, by mass or per parcel as the factor's unit says."""

    stage: Literal[Stage.HUBS]
    activity: str | None = None
    factor: str | None = None
    party: Party | None = None
    region: str | None = None
    primary: bool = False

    @model_validator(mode="after")
    def _one_name(self):
        _need_one(self, "activity", "factor")
        return self


class Round(Part):
    """A delivery round; what is absent is taken from sourced parameters."""

    distance: Length | None = None
    stops: float | None = Field(default=None, gt=0)
    parcels_per_stop: float = Field(default=1.0, gt=0)


class CustomerTrip(Part):
    """A customer's own trip to a pick-up point; what is absent is taken from sourced parameters.

    `distance` is the round trip, `car_share` the share of parcels fetched by car on a trip made for that,
    `parcels_per_trip` how many are fetched at once.
    """

    distance: Length | None = None
    car_share: Share | None = None
    parcels_per_trip: float = Field(default=1.0, gt=0)
    vehicle: str = "road.car.average"


class LastMile(_Leg):
    """The delivery round to the door or the pick-up point."""

    stage: Literal[Stage.LAST_MILE]
    round: Round = Round()
    failed_first_deliveries: Share | None = None
    customer_trip: CustomerTrip | None = None

    @model_validator(mode="after")
    def _one_name(self):
        _need_one(self, "vehicle", "factor", "energy")
        return self


Leg = Annotated[LineHaul | HubStop | LastMile, Field(discriminator="stage")]


class Reported(Part):
    """Status of the figures a carrier reports per parcel in `reported_co2e_kg`."""

    boundary: Literal["WTW", "TTW"] = "WTW"
    verification: str = "not verified"
    source: str


class Returns(Part):
    """What a returned parcel causes besides its way back."""

    rate: Share | None = None
    reprocessing: str | None = None
    package: Key | None = None
    write_off_share: Share = 0.0
    write_off: str | None = None


class Service(Part):
    """A delivery option: who carries, under whose contract, over which chain."""

    name: str | None = None
    name_zh: str | None = None
    party: Party = Party.CARRIER
    carrier: str | None = None
    allocation: Literal["mass", "volumetric"] = "mass"
    volumetric_divisor: quantity("cm**3/kg") | None = None
    chain: tuple[Leg, ...] = Field(min_length=1)
    reported: Reported | None = None
    returns: Returns = Returns()

    @model_validator(mode="after")
    def _divisor(self):
        if self.allocation == "volumetric" and self.volumetric_divisor is None:
            raise OrganisationError(
                "allocation 'volumetric' needs 'volumetric_divisor'", expected="volumetric_divisor: '5000 cm**3/kg'"
            )
        return self


class ProductCategory(Part):
    """Which spend factor serves a product category of the orders."""

    activity: str


class Target(Part):
    """A reduction target, printed with its base."""

    year: int
    base_year: int
    reduction_share: Share
    covers: str = "total"


class Organisation(Part):
    """A merchant's set-up; the whole file."""

    name: str = Field(min_length=1)
    name_zh: str | None = None
    country: str
    base_year: int | None = None
    consolidation: Literal["operational_control", "financial_control", "equity_share"] = "operational_control"
    method: Method = Method()
    defaults: Defaults = Defaults()
    places: dict[Key, PlaceRef] = {}
    sites: dict[Key, Site] = {}
    packages: dict[Key, Package] = {}
    services: dict[Key, Service] = Field(min_length=1)
    categories: dict[str, ProductCategory] = {}
    targets: tuple[Target, ...] = ()
    revenue: dict[int, str] = {}

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
        for text in self.revenue.values():
            parse_quantity(text)
        return self

    @property
    def hash(self) -> str:
        """SHA-256 over the set-up's content."""
        return hashlib.sha256(self.model_dump_json(by_alias=True).encode()).hexdigest()


def read(path: Path | str) -> Organisation:
    """Read an organisation file.

    Raises
    ------
    OrganisationError
        With file, line and key of the first problem.
    """
    return documents.validate(Organisation, documents.read(path), str(path), OrganisationError)


def _need_one(part: Part, *names: str) -> None:
    given = [name for name in names if getattr(part, name) is not None]
    if len(given) != 1:
        raise OrganisationError(f"give exactly one of {', '.join(names)}", found=", ".join(given) or "none of them")


def _unknown(where: str, key: str, known) -> OrganisationError:
    expected = ", ".join(sorted(known)) or "(nothing is defined)"
    return OrganisationError(f"{where} names '{key}', which is not defined", expected=expected, mend="define it first")
