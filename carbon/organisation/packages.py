"""The merchant's packages: boxes, mailers, filling, reuse."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from pydantic import Field, field_validator, model_validator

from carbon.errors import OrganisationError
from carbon.fields import Density, Duration, Length, Mass, Money, Part, PositiveMass, Share, price_per
from carbon.organisation.parts import Amount, Key
from carbon.units import parse_quantity


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
    price: price_per("m**3", "kg") | None = None


class Reuse(Part):
    """A reusable package: expected uses follow from `uses` at most and `loss_rate` per trip.

    `cost_per_trip` is what washing, sorting and the way back cost; the package's own `cost` is shared among its uses.
    """

    uses: int = Field(ge=1)
    loss_rate: Share = 0.0
    return_vehicle: str | None = None
    return_distance: Length | None = None
    washing: tuple[Amount, ...] = ()
    cost_per_trip: Money | None = None


class Package(Part):
    """A package of the merchant's catalogue.

    `like` takes sizes and mass from a shipped carton; `kind: own_container` ships in the product's own box.
    `outer` is what carriers measure, the inner size where it is left out. The packing optimiser reads `max_load`,
    `temperatures` (classes of goods it may hold), `sites` and `services` (where it is at hand, for what it may be used;
    everywhere where they are left out), `stock` (how many there are; 0 takes it out of use), `cost` (of the package with its extras) and
    `packing_time`.
    """

    name: str | None = None
    name_zh: str | None = None
    kind: Literal["box", "mailer", "bag", "own_container"] = "box"
    like: str | None = None
    inner: str | None = None
    outer: str | None = None
    max_load: PositiveMass | None = None
    temperatures: tuple[str, ...] = Field(default=("ambient",), min_length=1)
    sites: tuple[Key, ...] | None = None
    services: tuple[Key, ...] | None = None
    stock: int | None = Field(default=None, ge=0)
    cost: Money | None = None
    packing_time: Duration | None = None
    material: str = "corrugated_board"
    mass: Mass | None = None
    recycled_content: Share = 0.0
    extras: tuple[Component, ...] = ()
    void_fill: VoidFill | None = None
    reuse: Reuse | None = None

    @field_validator("inner", "outer")
    @classmethod
    def _is_size(cls, value: str | None) -> str | None:
        if value is not None:
            sizes_m(value)
        return value

    @model_validator(mode="after")
    def _outside_is_larger(self):
        if (
            self.inner
            and self.outer
            and any(b < a for a, b in zip(sizes_m(self.inner), sizes_m(self.outer), strict=True))
        ):
            raise OrganisationError(
                "a package is smaller outside than inside",
                found=f"inner {self.inner}, outer {self.outer}",
                expected="each outer length at least the inner one, in the same order",
            )
        return self


@lru_cache(maxsize=1024)
def sizes_m(text: str) -> tuple[float, float, float]:
    """Read ``"300x200x150 mm"`` into metres."""
    numbers, _, unit = text.strip().rpartition(" ")
    parts = numbers.replace("×", "x").lower().split("x")
    if len(parts) != 3:
        raise OrganisationError("a size needs three lengths", found=text, expected="'300x200x150 mm'")
    lengths = [parse_quantity(f"{part} {unit}", "m").to("m").magnitude for part in parts]
    if min(lengths) <= 0:
        raise OrganisationError("a size is not positive", found=text, expected="three lengths above zero")
    return lengths[0], lengths[1], lengths[2]
