"""The merchant's packages: boxes, mailers, filling, reuse."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from carbon.errors import OrganisationError
from carbon.fields import Density, Length, Mass, Part, Share
from carbon.organisation.parts import Amount
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

    @field_validator("inner")
    @classmethod
    def _is_size(cls, value: str | None) -> str | None:
        if value is not None:
            sizes_m(value)
        return value


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
