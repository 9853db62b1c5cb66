"""Packaging that is carried: what its unweighed mass adds to how far a mass-based term may be off.

Gross mass is goods plus packaging, so of a term that goes with gross mass the share packaging / gross errs with the mass
of the package: to first order the term's elasticity in it. A parcel's range takes that as one more term, whose mean counts
nothing and whose deviation is that of all the packaging carried; the activity, whose cells hold parcels of many
packages, takes each package's mean share in what its service carried, by emissions. A weighed package adds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from carbon.engine.block import Block, Value
from carbon.engine.context import Context
from carbon.engine.packages import DEFAULT_PREFIX
from carbon.engine.packaging_blocks import component_of, density_of
from carbon.engine.spreads import BlockSpreads, spreads_of_value
from carbon.factors.spread import Spread, joined

GROSS, FREIGHT = "gross_mass_kg", "freight_mass_kg"
#: Kernel column: 1 where the packaging of the parcel was weighed.
WEIGHED_COLUMN = "packaging_weighed"
#: Decimals of a mean share: what the order of a sum leaves behind is no difference between two runs.
_DECIMALS = 9


def carried_column(columns: Mapping[str, str]) -> str | None:
    """Return which mass a block's amount goes with in proportion, packaging included; None where it does not.

    A round recorded by mass and distance is shared wholly whatever the packages weigh: they err together.
    """
    mass = columns.get("mass_kg")
    return mass if mass in (GROSS, FREIGHT) and "round_mass_distance_kg_km" not in columns else None


@dataclass(frozen=True)
class Packages:
    """Masses of a plan's packages, and how far they may be off.

    Attributes
    ----------
    context : Context
    """

    context: Context

    @cached_property
    def tare_kg(self) -> np.ndarray:
        """Mass of each empty package, shape (packages,)."""
        return np.array([spec.tare_kg for spec in self.context.packages])

    @cached_property
    def filled(self) -> bool:
        """Whether some package is filled up."""
        return any(spec.void_fill is not None for spec in self.context.packages)

    @cached_property
    def tare(self) -> BlockSpreads:
        """Spreads of the empty packages' masses, by package."""
        return BlockSpreads.of(
            mass_spreads([(piece.mass_kg, self._of("component_kg", component_of(piece))) for piece in spec.pieces])
            for spec in self.context.packages
        )

    @cached_property
    def fill(self) -> BlockSpreads:
        """Spreads of the fillings' masses, by package."""
        return BlockSpreads.of(
            self._of("density_kg_per_m3", density_of(self.context, code)) if spec.void_fill else ()
            for code, spec in enumerate(self.context.packages)
        )

    def _of(self, argument: str, value: Value) -> tuple[Spread, ...]:
        return joined(spreads_of_value(self.context, argument, value))

    @cached_property
    def guessed(self) -> np.ndarray:
        """Which packages stand in where no row names one; bool, shape (packages,)."""
        stands_in = self.context.organisation.defaults.package is None
        return np.array([stands_in and spec.key.startswith(DEFAULT_PREFIX) for spec in self.context.packages])


def mass_spreads(parts: Sequence[tuple[float, Sequence[Spread]]]) -> tuple[Spread, ...]:
    """Return the spreads of a sum of masses: each part's, by its share.

    Parameters
    ----------
    parts : sequence of (mass [kg], spreads)
    """
    whole = sum(mass_kg for mass_kg, _ in parts)
    return joined(spread.raised(mass_kg / whole) for mass_kg, spreads in parts if mass_kg for spread in spreads)


@dataclass
class CarriedSums:
    """What a run's services carried, and what of it was unweighed packaging [kg CO2e].

    Attributes
    ----------
    whole_kg : numpy.ndarray, shape (services,)
    packaging_kg : numpy.ndarray, shape (2, services, packages)
        Empty packages, and fillings.
    """

    whole_kg: np.ndarray
    packaging_kg: np.ndarray

    @classmethod
    def none(cls, context: Context) -> CarriedSums:
        """Return sums of nothing."""
        services, packages = len(context.service_keys), len(context.packages)
        return cls(np.zeros(services), np.zeros((2, services, packages)))

    def merge(self, other: CarriedSums) -> None:
        """Add another's sums."""
        self.whole_kg = self.whole_kg + other.whole_kg
        self.packaging_kg = self.packaging_kg + other.packaging_kg

    def spreads(self, block: Block, packages: Packages, guess: Spread) -> list[Spread]:
        """Return what unweighed packaging adds to the terms of a block.

        Parameters
        ----------
        guess : Spread
            Of a package that no row named.
        """
        if block.service is None or carried_column(block.columns) is None or not self.whole_kg[block.service]:
            return []
        shares = np.round(self.packaging_kg[:, block.service] / self.whole_kg[block.service], _DECIMALS)
        found = [
            spread.raised(float(share))
            for kinds, by_package in zip((packages.tare, packages.fill), shares, strict=True)
            for package, share in enumerate(by_package)
            if share
            for spread in kinds.spreads(package)
        ]
        guessed = float(shares[:, packages.guessed].sum())
        return [*found, *([guess.raised(guessed)] if guessed else [])]


def carried_of(
    parcel: Mapping[str, float], masses: Sequence[tuple[bool, float, Sequence[Spread]]]
) -> dict[str, list[tuple[float, tuple[Spread, ...]]]]:
    """Return what share of a term is unweighed packaging, with its spreads, by the mass the term goes with.

    Parameters
    ----------
    parcel : mapping
        One row of the footprints.
    masses : sequence of (filling?, mass [kg], spreads)
        What the package is made of.
    """
    if parcel.get(WEIGHED_COLUMN) or not masses:
        return {}
    parts = []
    for filling in (False, True):
        mine = [(mass_kg, spreads) for fills, mass_kg, spreads in masses if fills is filling]
        mass_kg = sum(mass_kg for mass_kg, _ in mine)
        if mass_kg:
            parts.append((mass_kg, mass_spreads(mine)))
    gross_kg = parcel[GROSS]
    # Where a volumetric mass is carried, the packaging's own does not matter.
    columns = [name for name in (GROSS, FREIGHT) if parcel.get(name) == gross_kg and gross_kg > 0]
    return {name: [(mass_kg / gross_kg, spreads) for mass_kg, spreads in parts] for name in columns}
