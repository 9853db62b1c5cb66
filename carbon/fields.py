"""Field types of the documents users write: quantities as text with a unit, shares."""

from __future__ import annotations

from typing import Annotated

import pint
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from carbon.errors import UnitError
from carbon.units import Price, parse_price, parse_quantity


class Part(BaseModel):
    """Base of every part of a user's document: unknown keys are errors, nothing changes after reading."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        arbitrary_types_allowed=True,
        allow_inf_nan=False,
        populate_by_name=True,
        defer_build=True,
    )


def quantity(like: str, positive: bool = False):
    """Return a field type that reads ``"1.2 kg"`` into a pint quantity of the dimension of `like`."""

    def read(value: object) -> pint.Quantity:
        found = value if isinstance(value, pint.Quantity) else parse_quantity(value, like)
        if found.magnitude < 0 or (positive and found.magnitude == 0):
            least = "more than zero" if positive else "zero or more"
            raise UnitError(
                "a quantity is negative or nothing" if positive else "a quantity is negative",
                found=value,
                expected=f"{least} {like}",
            )
        return found

    return Annotated[
        pint.Quantity,
        BeforeValidator(read),
        PlainSerializer(lambda value: f"{value:~}", return_type=str),
        WithJsonSchema({"type": "string", "examples": [f"1 {like}"]}),
    ]


def price_per(*per: str):
    """Return a field type that reads ``"0.42 GBP"``, or ``"14 GBP/hour"`` with a unit that is paid for."""

    def read(value: object) -> Price:
        return value if isinstance(value, Price) else parse_price(value, *per)

    example = f"1.20 EUR/{per[0]}" if per else "1.20 EUR"
    return Annotated[
        Price,
        BeforeValidator(read),
        PlainSerializer(lambda value: value.text, return_type=str),
        WithJsonSchema({"type": "string", "examples": [example]}),
    ]


Share = Annotated[float, Field(ge=0, le=1)]
Mass, Length, Volume, Area = quantity("kg"), quantity("km"), quantity("l"), quantity("m**2")
Density, PositiveMass = quantity("kg/m**3"), quantity("kg", positive=True)
Duration, Money = quantity("s"), price_per()
