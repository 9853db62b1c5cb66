"""What more recycled content, or another material, would change for each of the organisation's packages.

By production alone: recycled content carries its own benefit, end of life brings no credit, and publishers' waste factors
rank nothing. Factors are the plan's, where the package is packed. A mass is never made up: recycled content keeps it, and
another material takes that of a package of the organisation which does the same job.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from carbon.engine.context import Context
from carbon.engine.packages import PackageSpec, Piece
from carbon.engine.packaging_blocks import material_factor, share_of, treated_co2e_kg_per_kg
from carbon.engine.uncertain import Terms
from carbon.engine.uncertainty import Difference, difference
from carbon.errors import FactorError
from carbon.factors.registry import FactorMatch
from carbon.optimise.catalogue import FLEXIBLE
from carbon.optimise.reuse import MaterialOption, Swap, material_swaps
from carbon.organisation import Package
from carbon.organisation.packages import sizes_m
from carbon.terms import Match

#: Orders in a package, by the regions they come from and go to.
Lanes = Counter[tuple[str, str]]
What = Literal["recycled_content", "material"]

_MATCHES = list(Match)
_SHAPES = {"box": "box", **dict.fromkeys(FLEXIBLE, "flexible")}
_NO_PACKAGE = "no other package of that size, strength and use is of another material, and a mass is not made up"


@dataclass(frozen=True)
class Offer:
    """A swap, and how sure it is.

    Attributes
    ----------
    what : {"recycled_content", "material"}
    mass_of : str or None
        Package that the mass of another material is from.
    difference : Difference
        What production changes by, per package, with its paired range; below zero where the swap emits less.
    """

    swap: Swap
    what: What
    material: str
    mass_of: str | None
    difference: Difference


@dataclass(frozen=True)
class PackageSwaps:
    """Swaps of a package where it is packed; its filling, tape and label stay as they are.

    Attributes
    ----------
    parcels : int
        Of the orders looked at, in this package today.
    uses : float
        Parcels that one package made serves.
    match : Match
        The worst match among the factors.
    today : Swap
    offers : tuple of Offer
        Least production first.
    """

    package: str
    region: str
    parcels: int
    uses: float
    material: str
    match: Match
    today: Swap
    offers: tuple[Offer, ...]


@dataclass(frozen=True)
class LeftOut:
    """A swap that nothing can be said of, and why."""

    package: str
    what: What
    reason: str


@dataclass(frozen=True)
class _Made:
    """A material option with what is behind it."""

    option: MaterialOption
    what: What
    material: str
    mass_of: str | None
    matches: tuple[FactorMatch, ...]
    terms: Terms

    @property
    def basis(self) -> set[tuple[str, str]]:
        """Boundaries and gases: options that differ in these are no comparison."""
        return {(part.boundary, part.gas_basis) for match in self.matches for part in match.factor.parts}


def package_swaps(
    context: Context, packed: Mapping[str, Lanes]
) -> tuple[tuple[PackageSwaps, ...], tuple[LeftOut, ...]]:
    """Return the swaps of every package that orders are, or could be, packed in, and those left out.

    Parameters
    ----------
    context : Context
        Of the plan.
    packed : mapping
        Package to the lanes of the orders that are in it today; its keys are the packages asked for.
    """
    maker, found, left = _Maker(context), [], []
    for key, lanes in packed.items():
        package = context.organisation.packages[key]
        if package.kind == "own_container":
            left += [LeftOut(key, what, "it has no material of its own") for what in ("recycled_content", "material")]
            continue
        counts = Counter()
        for (origin, _), number in lanes.items():
            counts[origin] += number
        for region in sorted(counts) or _at_hand(context, package):
            there = Counter({lane: number for lane, number in lanes.items() if lane[0] == region})
            swaps, refused = maker.swaps(key, region, there)
            left += refused
            if swaps is not None:
                found.append(swaps)
    return tuple(found), tuple(dict.fromkeys(left))


def _at_hand(context: Context, package: Package) -> list[str]:
    """Regions where a package that no order is in would be packed."""
    keys = package.sites or tuple(context.organisation.sites)
    return sorted({context.site_regions[key] for key in keys}) or [context.organisation.country]


class _Maker:
    def __init__(self, context: Context):
        self._context, self._year = context, context.years[-1]
        self._specs = {spec.key: spec for spec in context.packages}

    def swaps(self, key: str, region: str, lanes: Lanes) -> tuple[PackageSwaps | None, list[LeftOut]]:
        """Return the swaps of a package packed in a region."""
        spec = self._specs[key]
        piece, left, made = spec.pieces[0], [], []
        if not piece.mass_kg:
            return None, [LeftOut(key, what, "its stated mass is zero") for what in ("recycled_content", "material")]
        try:
            today = self._made(f"{piece.material}, as today", piece, "material", None, region, lanes)
        except FactorError:
            reason = f"its own material has no factor in {region}"
            return None, [LeftOut(key, what, reason) for what in ("recycled_content", "material")]
        for name, each, what, mass_of in self._others(key, spec):
            try:
                other = self._made(name, each, what, mass_of, region, lanes)
            except FactorError:
                source = "recycled " if what == "recycled_content" else ""
                left.append(LeftOut(key, what, f"the tables have no factor for {source}{each.material}"))
                continue
            if other.basis - today.basis:
                left.append(LeftOut(key, what, f"the factors of {each.material} have another boundary or other gases"))
                continue
            made.append(other)
        if piece.recycled_content >= 1:
            left.append(LeftOut(key, "recycled_content", "it is all recycled already"))
        if not any(mass_of for _, _, _, mass_of in self._others(key, spec)):
            left.append(LeftOut(key, "material", _NO_PACKAGE))
        ranked = material_swaps(today.option, [each.option for each in made])
        by_option = {id(each.option): each for each in made}
        offers = tuple(
            Offer(swap, each.what, each.material, each.mass_of, difference(today.terms, each.terms))
            for swap in ranked
            if (each := by_option.get(id(swap.option))) is not None
        )
        matches = [match.match for each in (today, *made) for match in each.matches]
        now = next(swap for swap in ranked if swap.option is today.option)
        worst = max(matches, key=_MATCHES.index)
        return PackageSwaps(key, region, sum(lanes.values()), spec.uses, piece.material, worst, now, offers), left

    def _others(self, key: str, spec: PackageSpec) -> Iterator[tuple[str, Piece, What, str | None]]:
        """Yield what the package could be made of: name, material with its mass, and where the mass is from."""
        piece = spec.pieces[0]
        if piece.recycled_content < 1:
            full = replace(piece, recycled_content=1.0)
            yield f"{piece.material}, all recycled", full, "recycled_content", None
        packages = self._context.organisation.packages
        for other, package in packages.items():
            if other == key or package.kind == "own_container":
                continue
            theirs = self._specs[other].pieces[0]
            if theirs.mass_kg and theirs.material != piece.material and self._does_the_job(packages[key], package):
                yield f"{theirs.material}, as {other}", theirs, "material", other

    def _does_the_job(self, package: Package, other: Package) -> bool:
        """Whether a package holds the same size and load, likewise, as often, of the same temperature classes."""
        size, their_size = (self._inner(each) for each in (package, other))
        most, their_most = (
            math.inf if each.max_load is None else each.max_load.to("kg").magnitude for each in (package, other)
        )
        return (
            _SHAPES[package.kind] == _SHAPES[other.kind]
            and size is not None
            and size == their_size
            and their_most >= most
            and (package.reuse is None) == (other.reuse is None)
            and set(package.temperatures) <= set(other.temperatures)
        )

    def _inner(self, package: Package) -> tuple[int, ...] | None:
        inner = package.inner or self._context.registry.packages.get(package.like or "", {}).get("inner")
        # To a tenth of a millimetre, whichever of the lengths is named first.
        return tuple(sorted(round(length_m * 10_000) for length_m in sizes_m(inner))) if inner else None

    def _made(self, name: str, piece: Piece, what: What, mass_of: str | None, region: str, lanes: Lanes) -> _Made:
        """Bind a material to its factors as the plan does.

        Raises
        ------
        FactorError
            If a share of it has no factor.
        """
        per_kg, matches, rows = {"virgin": None, "recycled": None}, [], []
        for source in per_kg:
            share = share_of(self._context, piece.recycled_content, source)
            if share.value == 0:
                continue
            match = material_factor(self._context, piece.material, source, region, self._year)
            per_kg[source] = match.factor.co2e_kg
            matches.append(match)
            spreads = (*match.spreads, *piece.spreads, *share.spreads)
            rows.append((piece.mass_kg * share.value * match.factor.co2e_kg, spreads, 0.0))
        sources = sorted({match.factor.first.source for match in matches})
        option = MaterialOption(
            name, piece.mass_kg, per_kg["virgin"], per_kg["recycled"], piece.recycled_content,
            self._end_of_life(piece, lanes), ", ".join(sources),
        )  # fmt: skip
        return _Made(option, what, piece.material, mass_of, tuple(matches), Terms.of_rows(rows))

    def _end_of_life(self, piece: Piece, lanes: Lanes) -> float | None:
        """Return the end of life where these orders go, the organisation's country where there are none."""
        ends = Counter()
        for (_, destination), number in lanes.items():
            ends[destination] += number
        ends = ends or Counter({self._context.organisation.country: 1})
        each_kg = [treated_co2e_kg_per_kg(self._context, piece.material, end, self._year) for end in ends]
        if None in each_kg:
            return None
        mean = math.fsum(kg * number for kg, number in zip(each_kg, ends.values(), strict=True)) / ends.total()
        return piece.mass_kg * mean
