"""The organisation's packages as boxes to pack into."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from carbon.engine.packages import PackageSpec
from carbon.optimise.items import Box, Item, inside_tenths, outside_tenths
from carbon.organisation import Organisation
from carbon.organisation.packages import sizes_m

FLEXIBLE = ("mailer", "bag")


@dataclass(frozen=True)
class Refusal:
    """Why a package cannot hold a load: a code of `reasons.REASONS`, and what was measured."""

    code: str
    detail: str = ""


@dataclass(frozen=True)
class Catalogue:
    """What may be packed into.

    Attributes
    ----------
    boxes : tuple of Box
        Smallest first.
    own_containers : tuple of Box
        The product's own box with a label; sizes are the product's.
    reusable, filled : frozenset of str
        Keys of packages that come back, and of those that take filling.
    unsized : tuple of str
        Keys of packages whose inner size is not known: nothing can be packed into them.
    sites, services : mapping
        Of packages that are not at hand everywhere, or not for everything.
    """

    boxes: tuple[Box, ...]
    own_containers: tuple[Box, ...]
    reusable: frozenset[str]
    filled: frozenset[str]
    unsized: tuple[str, ...]
    sites: Mapping[str, frozenset[str]] = field(default_factory=dict)
    services: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def absence(self, key: str, site: str | None, service: str | None) -> Refusal | None:
        """Return why a package cannot be used at a site for a service."""
        if key in self.sites and site not in self.sites[key]:
            return Refusal("not_at_this_site", str(site))
        if key in self.services and service not in self.services[key]:
            return Refusal("not_for_this_service", str(service))
        return None

    @property
    def unfilled(self) -> tuple[str, ...]:
        """Keys of stiff packages for which no filling is stated: their empty space counts as left empty."""
        return tuple(box.key for box in self.boxes if not box.flexible and box.key not in self.filled)

    def box(self, key: str) -> Box | None:
        """Return a box by its key."""
        return next((box for box in self.boxes if box.key == key), None)


def catalogue_of(organisation: Organisation, specs: Sequence[PackageSpec], shipped: dict[str, dict]) -> Catalogue:
    """Return the organisation's packages.

    Parameters
    ----------
    specs : sequence of PackageSpec
        As the plan has them, for tare.
    shipped : mapping
        Packages of the factor tables by key, for sizes that `like` takes over.
    """
    tare_kg = {spec.key: spec.tare_kg for spec in specs}
    boxes, own, unsized = [], [], []
    for key, package in organisation.packages.items():
        limits = {
            "tare_kg": tare_kg[key],
            "max_load_kg": package.max_load.to("kg").magnitude if package.max_load is not None else math.inf,
            "supply": package.stock,
            "temperatures": frozenset(package.temperatures),
        }
        if package.kind == "own_container":
            own.append(Box(key, (0, 0, 0), (0, 0, 0), **limits))
            continue
        inner = package.inner or shipped.get(package.like or "", {}).get("inner")
        if inner is None:
            unsized.append(key)
            continue
        size = tuple(inside_tenths(length) for length in sizes_m(inner))
        outer = tuple(outside_tenths(length) for length in sizes_m(package.outer)) if package.outer else size
        boxes.append(Box(key, size, outer, flexible=package.kind in FLEXIBLE, **limits))
    boxes.sort(key=lambda box: (box.inner_m3, box.key))
    reusable = frozenset(key for key, package in organisation.packages.items() if package.reuse is not None)
    filled = frozenset(key for key, package in organisation.packages.items() if package.void_fill is not None)
    only = {
        kind: {key: frozenset(names) for key, each in organisation.packages.items() if (names := getattr(each, kind))}
        for kind in ("sites", "services")
    }
    return Catalogue(tuple(boxes), tuple(own), reusable, filled, tuple(unsized), only["sites"], only["services"])


def own_container_of(item: Item, box: Box) -> Box:
    """Return a product's own box as a box that holds one piece of it."""
    return Box(box.key, item.size, item.size, box.tare_kg, box.max_load_kg, False, box.supply, box.temperatures)
