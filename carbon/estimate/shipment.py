"""The shipment document of `carbon estimate`: what one parcel is, and how it travels."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from carbon.errors import InputError
from carbon.fields import Length, Mass, Part, Volume
from carbon.organisation import PlaceRef
from carbon.terms import DataType, DistanceBasis, Mode, Stage
from carbon.units import CURRENCIES, parse_quantity


class Goods(Part):
    """What is sent; `mass` is net of the shipment's packaging."""

    mass: Mass | None = None
    volume: Volume | None = None
    value: str | None = Field(default=None, description="price net of tax, such as '49.90 EUR'")
    category: str | None = None

    @field_validator("value")
    @classmethod
    def _is_money(cls, value: str | None) -> str | None:
        if value is not None and str(parse_quantity(value).units) not in CURRENCIES:
            raise InputError(
                "not an amount of money",
                found=value,
                expected="such as '49.90 EUR'",
                mend="use " + ", ".join(CURRENCIES[:6]) + " ...",
            )
        return value

    co2e: Mass | None = Field(default=None, description="supplier's product carbon footprint of all goods")


class PackagingItem(Part):
    """One material around the goods."""

    material: str
    mass: Mass
    recycled_content: float = Field(default=0.0, ge=0, le=1)
    factor: str | None = None


class ShareOf(Part):
    """A share as own over total of the same kind: floor area, volume-days, mass times distance."""

    own: str
    total: str

    @model_validator(mode="after")
    def _same_kind(self):
        own, total = parse_quantity(self.own), parse_quantity(self.total)
        if not own.is_compatible_with(total):
            raise InputError(
                "'own' and 'total' differ in kind", found=f"{self.own} of {self.total}", expected="one kind of amount"
            )
        if total.magnitude <= 0 or own.magnitude < 0 or own > total:
            raise InputError(
                "not a share", found=f"{self.own} of {self.total}", expected="0 <= own <= total, total > 0"
            )
        return self

    @property
    def value(self) -> float:
        """The share itself."""
        return float((parse_quantity(self.own) / parse_quantity(self.total)).to("").magnitude)


class ShipmentLeg(Part):
    """A leg of a given chain: a factor and one kind of amount, or a vehicle or hub that the registry resolves.

    `distance` is multiplied by gross mass (or the leg's own `mass`), `vehicle_distance` and `quantity` by
    `share`. Without an amount, gross mass (or one parcel) is meant, as for a hub; a hub's place, given as
    `from` or `to`, chooses its region.
    """

    factor: str | None = None
    vehicle: str | None = None
    mode: Mode | None = None
    hub: str | None = None
    distance: Length | None = None
    distance_basis: DistanceBasis | None = None
    mass: Mass | None = None
    vehicle_distance: Length | None = None
    quantity: str | None = None
    share: Annotated[float, Field(ge=0)] | ShareOf | None = None
    start: PlaceRef | None = Field(default=None, alias="from")
    to: PlaceRef | None = None
    region: str | None = None
    stage: Stage | None = None
    data_type: DataType | None = None
    note: str | None = None

    @field_validator("quantity")
    @classmethod
    def _is_quantity(cls, value: str | None) -> str | None:
        if value is not None and parse_quantity(value).magnitude < 0:
            raise InputError("a quantity is negative", found=value, expected="zero or more")
        return value

    @field_validator("share", mode="before")
    @classmethod
    def _is_number(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return ShareOf.model_validate(value)
        if isinstance(value, str):
            raise InputError(
                "a share is a number, not text",
                found=value,
                expected='0.0125, or {"own": "30 m**2", "total": "1200 m**2"}',
            )
        return value

    @model_validator(mode="after")
    def _one_of_each(self):
        names = [name for name in ("factor", "vehicle", "mode", "hub") if getattr(self, name) is not None]
        if len(names) != 1:
            raise InputError(
                "a leg needs exactly one of 'factor', 'vehicle', 'mode', 'hub'",
                found=", ".join(names) or "none",
                mend="name the factor of this leg",
            )
        amounts = [name for name in ("distance", "vehicle_distance", "quantity") if getattr(self, name) is not None]
        if len(amounts) > 1:
            raise InputError(
                "a leg has one kind of amount",
                found=", ".join(amounts),
                expected="distance, vehicle_distance or quantity",
            )
        if self.share is not None and not {"vehicle_distance", "quantity"} & set(amounts):
            raise InputError(
                "'share' goes with 'vehicle_distance' or 'quantity'", found=", ".join(amounts) or "no amount"
            )
        if self.mass is not None and {"vehicle_distance", "quantity"} & set(amounts):
            raise InputError("'mass' goes with 'distance', or with no amount", found=", ".join(amounts))
        if self.hub is None and (self.start is None) != (self.to is None):
            raise InputError("a leg by places needs both 'from' and 'to'")
        if self.start is not None and amounts:
            raise InputError("a leg has places or an amount, not both", found=", ".join(amounts))
        return self

    @property
    def share_value(self) -> float:
        """The share as a number, 1 where none is given."""
        if self.share is None:
            return 1.0
        return self.share.value if isinstance(self.share, ShareOf) else self.share

    @property
    def name(self) -> str:
        """What the leg asks for."""
        return str(self.factor or self.vehicle or self.hub or self.mode)


class Origin(PlaceRef):
    """Where the shipment starts: a site of the organisation, or a place."""

    site: str | None = None


class Shipment(Part):
    """One shipment: its chain leg by leg, or a service of the organisation and a destination."""

    shipped_on: date
    id: str = "shipment"
    region: str | None = Field(default=None, description="country for legs and packaging that name none")
    goods: Goods = Goods()
    packaging: tuple[PackagingItem, ...] | None = None
    package: str | None = None
    chain: tuple[ShipmentLeg, ...] | None = None
    service: str | None = None
    origin: Origin | None = None
    destination: PlaceRef | None = None
    storage_days: int | None = Field(default=None, ge=0)

    @field_validator("shipped_on")
    @classmethod
    def _is_likely(cls, value: date) -> date:
        latest = date.today() + timedelta(days=366)
        if not date(2000, 1, 1) <= value <= latest:
            raise InputError("an impossible date", found=value, expected=f"2000-01-01 to {latest}")
        return value

    @model_validator(mode="after")
    def _one_way(self):
        if self.chain is not None and self.service is not None:
            raise InputError("a shipment has a chain or a service, not both", mend="remove one of them")
        if self.chain is None and self.destination is None:
            raise InputError(
                "a shipment needs a chain, or a destination for a service",
                expected="'chain', or 'service' and 'destination'",
            )
        if self.package is not None and self.packaging is not None:
            raise InputError("a shipment has 'package' or 'packaging', not both", mend="remove one of them")
        if self.chain is not None and self.package is not None:
            raise InputError(
                "a given chain lists its packaging",
                expected="'packaging' with materials and masses",
                mend="replace 'package'",
            )
        return self


def in_unit(amount: Any, unit: str) -> float | None:
    """Return the magnitude of a quantity in a unit, None for None."""
    return None if amount is None else float(amount.to(unit).magnitude)
