"""The packages a plan knows: the organisation's catalogue, and labelled defaults from shipped cartons."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from carbon.activities.packaging import carton_mass, expected_uses
from carbon.errors import OrganisationError
from carbon.factors.registry import Registry
from carbon.factors.spread import Spread, joined
from carbon.organisation import Organisation, Package, Reuse, VoidFill
from carbon.organisation.packages import sizes_m
from carbon.units import parse_quantity, to_canonical

#: Prefix of packages that no order named.
DEFAULT_PREFIX = "default:"
AVERAGE = DEFAULT_PREFIX + "average_parcel"


@dataclass(frozen=True)
class Piece:
    """One material of a package."""

    material: str
    mass_kg: float
    recycled_content: float
    origin: str
    spreads: tuple[Spread, ...] = ()


@dataclass(frozen=True)
class PackageSpec:
    """A package as the plan uses it; `inner_m3` is NaN where sizes are not known, `outer_m3` where only inner ones are."""

    key: str
    pieces: tuple[Piece, ...]
    inner_m3: float = math.nan
    void_fill: VoidFill | None = None
    reuse: Reuse | None = None
    outer_m3: float = math.nan

    @property
    def tare_kg(self) -> float:
        """Mass of the empty package."""
        return sum(piece.mass_kg for piece in self.pieces)

    @property
    def uses(self) -> float:
        """Expected trips; 1 for a single-use package."""
        return float(expected_uses(self.reuse.uses, self.reuse.loss_rate)) if self.reuse else 1.0

    @cached_property
    def fill_kg_per_m3(self) -> float:
        """Density of the filling, 0 without one."""
        return self.void_fill.density.to("kg/m**3").magnitude if self.void_fill else 0.0


def packages_of(organisation: Organisation, registry: Registry, year: int) -> list[PackageSpec]:
    """Return the organisation's packages, then the defaults by size, then the average parcel.

    A parcel that names no package gets the smallest default whose inner volume holds its goods at the
    sourced average empty space; one without a volume gets the sourced average parcel.
    """
    specs = [_own(key, package, organisation, registry, year) for key, package in organisation.packages.items()]
    return [*specs, *_defaults(organisation, registry, year)]


def _own(key: str, package: Package, organisation: Organisation, registry: Registry, year: int) -> PackageSpec:
    shipped = None
    if package.like is not None:
        if package.like not in registry.packages:
            raise OrganisationError(
                f"packages.{key}.like names no shipped package",
                found=package.like,
                expected="one of " + ", ".join(sorted(registry.packages)[:8]) + " ...",
            )
        shipped = registry.packages[package.like]
    inner = package.inner or (shipped or {}).get("inner")
    sizes = sizes_m(inner) if inner else None
    if package.kind == "own_container":
        pieces: list[Piece] = []
    else:
        mass_kg, origin, spreads = _mass(package, shipped, sizes, registry, organisation.country, year, key)
        material = package.material if shipped is None else shipped.get("material", package.material)
        pieces = [Piece(material, mass_kg, package.recycled_content, origin, spreads)]
    for extra in package.extras:
        pieces.append(Piece(extra.material, extra.mass.to("kg").magnitude, extra.recycled_content, "organisation"))
    inner_m3 = math.prod(sizes) if sizes else math.nan
    outer_m3 = math.prod(sizes_m(package.outer)) if package.outer else math.nan
    return PackageSpec(key, tuple(pieces), inner_m3, package.void_fill, package.reuse, outer_m3)


def _mass(package, shipped, sizes, registry: Registry, region: str, year: int, key: str) -> tuple[float, str, tuple]:
    if package.mass is not None:
        return package.mass.to("kg").magnitude, "organisation", ()
    if shipped and shipped.get("mass"):
        return _published_mass(shipped, f"shipped carton {package.like}", registry, region, year)
    if sizes is None:
        raise OrganisationError(
            f"packages.{key} has neither mass nor size",
            expected="mass: '180 g', or inner: '300x200x150 mm', or like:",
        )
    mass_kg, spreads = _board_mass(sizes, registry, region, year)
    return mass_kg, "board area x grammage", spreads


def _board_mass(
    sizes: tuple[float, float, float], registry: Registry, region: str, year: int
) -> tuple[float, tuple[Spread, ...]]:
    grammage = registry.needed_parameter("packaging.board_grammage.single_wall", region, year)
    joint = registry.needed_parameter("packaging.joint_allowance", region, year)
    joint_m = joint.value * 1000
    # The joint lengthens the blank: the mass moves with it by its share of the length.
    power = joint_m / (2 * sizes[0] + 2 * sizes[1] + joint_m)
    spreads = joined([*grammage.spreads, *(spread.raised(power) for spread in joint.spreads)])
    return float(carton_mass(*sizes, joint_m, grammage.value)), spreads


def _published_mass(
    row: Mapping[str, Any], origin: str, registry: Registry, region: str, year: int
) -> tuple[float, str, tuple[Spread, ...]]:
    """Return the mass that a carton's maker publishes, as one package of the make may differ from it."""
    known = registry.parameter("published.component_kg", region, year)
    return to_canonical(parse_quantity(row["mass"], "kg")), origin, known.spreads if known is not None else ()


def _defaults(organisation: Organisation, registry: Registry, year: int) -> list[PackageSpec]:
    """Every shipped box of known size: a country's own few would leave large goods in small boxes."""
    specs = []
    for key, row in registry.packages.items():
        if row.get("kind") != "box" or not row.get("inner"):
            continue
        sizes = sizes_m(row["inner"])
        origin = f"shipped carton {key}"
        if row.get("mass"):
            mass_kg, _, spreads = _published_mass(row, origin, registry, organisation.country, year)
        else:
            mass_kg, spreads = _board_mass(sizes, registry, organisation.country, year)
        piece = Piece(row.get("material", "corrugated_board"), mass_kg, 0.0, origin, spreads)
        specs.append(PackageSpec(DEFAULT_PREFIX + key, (piece,), math.prod(sizes)))
    specs.sort(key=lambda spec: spec.inner_m3)
    pieces = []
    for part, material in (("board", "corrugated_board"), ("film_fill", "ldpe"), ("tape", "pp"), ("label", "paper")):
        found = registry.parameter(f"packaging.typical_mass.{part}", organisation.country, year)
        if found is not None:
            pieces.append(Piece(material, found.value, 0.0, f"{found.parameter.id} ({found.match})", found.spreads))
    if pieces:
        specs.append(PackageSpec(AVERAGE, tuple(pieces)))
    return specs
