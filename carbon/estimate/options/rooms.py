"""Whether goods can be in a package at all: what measures alone rule out, without placing anything."""

from __future__ import annotations

import math
from dataclasses import dataclass

from carbon.estimate.options.cart import Goods
from carbon.factors.registry import Registry
from carbon.organisation import Organisation
from carbon.organisation.packages import sizes_m

#: Rounding of a length or mass that is written in another unit.
_SLACK = 1e-9


@dataclass(frozen=True)
class _Room:
    """Inner sides, longest first, and most mass; None and infinite where they are not stated."""

    sides_m: tuple[float, ...] | None
    max_load_kg: float


class Rooms:
    """Room in the packages that delivery options name."""

    def __init__(self, organisation: Organisation, registry: Registry):
        self._rooms: dict[str, _Room] = {}
        named = {option.package for option in organisation.checkout.options} - {None}
        for key in named:
            package = organisation.packages[key]
            inner = package.inner or registry.packages.get(package.like or "", {}).get("inner")
            sides_m = tuple(sorted(sizes_m(inner), reverse=True)) if inner else None
            load = package.max_load
            self._rooms[key] = _Room(sides_m, math.inf if load is None else load.to("kg").magnitude)

    def holds(self, key: str, goods: Goods) -> bool:
        """Return whether nothing rules out that a package holds goods; what is not known rules nothing out."""
        room = self._rooms[key]
        if goods.mass_kg is not None and goods.mass_kg > room.max_load_kg * (1 + _SLACK):
            return False
        if room.sides_m is None:
            return True
        if goods.volume_m3 is not None and goods.volume_m3 > math.prod(room.sides_m) * (1 + _SLACK):
            return False
        return all(
            side <= inside * (1 + _SLACK)
            for article, _ in goods.pieces
            if article.size_m is not None
            for side, inside in zip(sorted(article.size_m, reverse=True), room.sides_m, strict=True)
        )
