"""The merchant's packages: boxes, mailers, filling, reuse."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from carbon.fields import Density, Length, Mass, Part, Share
from carbon.organisation.parts import Amount


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
