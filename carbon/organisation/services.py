"""Delivery services: chains of legs, delivery rounds, carriers' own figures, returns."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from carbon.errors import OrganisationError
from carbon.fields import Length, Part, PositiveMass, Share, quantity
from carbon.organisation.costs import Tariff
from carbon.organisation.parts import Key, need_one, positive
from carbon.terms import DistanceBasis, Party, Stage


class Consumption(Part):
    """Energy per distance of a vehicle of known fuel, kWh or hydrogen use (primary data)."""

    activity: str
    per_distance: str

    @model_validator(mode="after")
    def _check(self):
        positive(self.per_distance)
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
    payload: PositiveMass | None = None

    @model_validator(mode="after")
    def _one_name(self):
        need_one(self, "vehicle", "factor", "energy")
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
        need_one(self, "activity", "factor")
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
        need_one(self, "vehicle", "factor", "energy")
        return self


Leg = Annotated[LineHaul | HubStop | LastMile, Field(discriminator="stage")]


class Reported(Part):
    """Status of the figures a carrier reports per parcel in `reported_co2e_kg`."""

    boundary: Literal["WTW", "TTW"] = "WTW"
    verification: str = "not verified"
    source: str


class Returns(Part):
    """What a returned parcel causes besides its way back; leave `reprocessing` out where a site's meter holds it."""

    rate: Share | None = None
    reprocessing: str | None = None
    package: Key | None = None
    write_off_share: Share = 0.0
    write_off: str | None = None

    @model_validator(mode="after")
    def _waste_has_a_treatment(self):
        if (self.write_off_share > 0) != (self.write_off is not None):
            raise OrganisationError(
                "write_off_share needs 'write_off', and the reverse", expected="end_of_life.<material>.<treatment>"
            )
        return self


class Service(Part):
    """A delivery option: who carries, under whose contract, over which chain.

    `entity` names whose the own vehicles are, where not the organisation's alone.
    """

    name: str | None = None
    name_zh: str | None = None
    party: Party = Party.CARRIER
    entity: Key | None = None
    carrier: str | None = None
    allocation: Literal["mass", "volumetric"] = "mass"
    volumetric_divisor: quantity("cm**3/kg", positive=True) | None = None
    chain: tuple[Leg, ...] = Field(min_length=1)
    reported: Reported | None = None
    returns: Returns = Returns()
    tariff: Tariff | None = None

    @property
    def has_own_vehicles(self) -> bool:
        """Whether some leg is driven by vehicles of the organisation's own, or of an entity."""
        return any((leg.party or self.party) is Party.OWN for leg in self.chain)

    @model_validator(mode="after")
    def _divisor(self):
        if self.allocation == "volumetric" and self.volumetric_divisor is None:
            raise OrganisationError(
                "allocation 'volumetric' needs 'volumetric_divisor'", expected="volumetric_divisor: '5000 cm**3/kg'"
            )
        return self
