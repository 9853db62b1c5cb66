"""What several parts of the organisation file share."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from carbon.errors import OrganisationError
from carbon.fields import Part
from carbon.units import parse_quantity

Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=80)]


class Amount(Part):
    """Any amount of any activity; the plan checks its unit against the factor's."""

    activity: str | None = None
    factor: str | None = None
    quantity: str

    @model_validator(mode="after")
    def _one_name(self):
        need_one(self, "activity", "factor")
        positive(self.quantity, or_zero=True)
        return self


class PlaceRef(Part):
    """A place: coordinates, or names that the places resolver finds."""

    country: str | None = None
    postcode: str | None = None
    city: str | None = None
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)


def positive(text: str, *, or_zero: bool = False) -> None:
    """Check that a quantity is above zero, or zero: nothing is ever credited."""
    magnitude = parse_quantity(text).magnitude
    if magnitude < 0 or (magnitude == 0 and not or_zero):
        raise OrganisationError(
            "a quantity is too small", found=text, expected="zero or more" if or_zero else "more than zero"
        )


def need_one(part: Part, *names: str) -> None:
    """Check that exactly one of several keys is given."""
    given = [name for name in names if getattr(part, name) is not None]
    if len(given) != 1:
        raise OrganisationError(f"give exactly one of {', '.join(names)}", found=", ".join(given) or "none of them")
