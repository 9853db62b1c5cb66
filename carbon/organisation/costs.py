"""What things cost: labour, a price of carbon, carriers' tariffs. All optional: what has no price enters no sum of money."""

from __future__ import annotations

from itertools import pairwise

from pydantic import Field, field_validator, model_validator

from carbon.errors import OrganisationError
from carbon.fields import Money, Part, PositiveMass, price_per, quantity
from carbon.units import CURRENCIES


class Costs(Part):
    """Prices of the whole organisation.

    Attributes
    ----------
    currency : str
        Sums are made in it; other currencies are converted at the year's average of the ECB's rates.
    labour : price per time, optional
        Of packing.
    carbon_price : price per mass of CO2e, optional
        What a weighted decision takes a kilogram of CO2e to be worth; never a credit.
    """

    currency: str
    labour: price_per("hour") | None = None
    carbon_price: price_per("kg") | None = None

    @field_validator("currency")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in CURRENCIES:
            raise OrganisationError("not a known currency", found=value, expected=", ".join(CURRENCIES))
        return value


class Band(Part):
    """Price of a parcel up to a billed mass."""

    up_to: PositiveMass
    price: Money


class Tariff(Part):
    """What sending a parcel costs, by billed mass: the gross mass or, where that is more, the volumetric mass.

    `bands` and `per_parcel` with `per_kg` exclude each other. Parcels above the last band are not carried.
    `volumetric_divisor` is the service's own where it is left out here; with neither, gross mass is billed.
    """

    per_parcel: Money | None = None
    per_kg: price_per("kg") | None = None
    bands: tuple[Band, ...] = Field(default=())
    volumetric_divisor: quantity("cm**3/kg", positive=True) | None = None

    @model_validator(mode="after")
    def _one_way(self):
        if bool(self.bands) == (self.per_parcel is not None or self.per_kg is not None):
            raise OrganisationError(
                "a tariff has either 'bands', or 'per_parcel' and 'per_kg'", expected="one of the two ways"
            )
        for one, other in pairwise(self.bands):
            if other.up_to <= one.up_to:
                raise OrganisationError(
                    "bands do not ascend", found=f"{one.up_to:~} before {other.up_to:~}", mend="sort them by 'up_to'"
                )
        return self
