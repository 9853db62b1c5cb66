"""What stood in for a parcel's own weight, place or package: codes by row, and the spreads that come with them.

A stand-in errs twice: the mean that stands in may be off, for all parcels alike; and each parcel differs from the mean,
by itself. The first is a spread with a key, the second is the parcel's own variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from carbon.engine.block import Block
from carbon.engine.context import Context, LogNormal
from carbon.engine.frame import Frame
from carbon.engine.spreads import sigma_of
from carbon.factors.spread import Spread, joined

#: Codes of ``frame.codes`` that this module reads; absent where no row of the chunk has a stand-in.
MASS, PLACE, PACKAGE = "mass_source", "place_source", "package_source"
#: How a place was found, coarsest last: an address, the middle of a city, of a province, of a country.
EXACT_PLACE, CITY, PROVINCE, COUNTRY = range(4)
_PLACES = ("", "city", "province", "country")
_MASS_COLUMNS = {"goods_mass_kg", "gross_mass_kg", "freight_mass_kg"}


@dataclass(frozen=True)
class StandIns:
    """Spreads of stand-ins for a plan's parcels."""

    context: Context

    @property
    def count(self) -> int:
        """Number of codes; 0 means that nothing stood in."""
        return self._mass_codes * len(_PLACES) * 2

    @property
    def _mass_codes(self) -> int:
        return 2 + len(self.context.profile.categories)

    def code(self, block: Block, frame: Frame) -> np.ndarray | int:
        """Return the code of what stood in for the rows of a frame, as far as the block depends on it."""
        code: np.ndarray | int = 0
        for name, length, matters in (
            (MASS, self._mass_codes, reads_mass(block)),
            (PLACE, len(_PLACES), reads_distance(block)),
            (PACKAGE, 2, reads_package(block)),
        ):
            part = frame.codes.get(name) if matters else None
            code = code * length + (0 if part is None else part)
        return code

    def spreads(self, code: int) -> tuple[Spread, ...]:
        """Return the shared spreads of a code."""
        rest, package = divmod(code, 2)
        mass, place = divmod(rest, len(_PLACES))
        found = [*self._mass_spreads[mass], *self._place_spreads[place]]
        if package:
            found.append(Spread("fallback:package", sigma_of(self.context, "fallback.package")))
        return joined(found)

    def names(self, code: int) -> list[str]:
        """Return what stood in: ``goods_mass:<category>``, ``place:<how coarse>``, ``package``."""
        rest, package = divmod(code, 2)
        mass, place = divmod(rest, len(_PLACES))
        found = [f"goods_mass:{self._means[mass - 1][0]}"] if mass else []
        found += [f"place:{_PLACES[place]}"] if place else []
        return [*found, *(["package"] if package else [])]

    def own_variance(self, frame: Frame, name: str) -> np.ndarray | None:
        """Return the relative variance that is each parcel's own, shape (rows,); None where nothing stood in."""
        codes = frame.codes.get(name)
        if codes is None or name == PACKAGE:
            return None
        sigmas = self._own_mass if name == MASS else self._own_place
        return np.expm1(sigmas**2)[codes]

    def sigma(self, frame: Frame, name: str) -> np.ndarray:
        """Return the standard deviation of the logarithm, shared and own, that a stand-in gives each row."""
        codes = frame.codes[name]
        if name == PACKAGE:
            shared, own = np.array([0.0, sigma_of(self.context, "fallback.package")]), np.zeros(2)
        else:
            spreads = self._mass_spreads if name == MASS else self._place_spreads
            shared = np.array([sum(each.sigma for each in found) for found in spreads])
            own = self._own_mass if name == MASS else self._own_place
        return np.sqrt(shared**2 + own**2)[codes]

    @cached_property
    def _means(self) -> list[tuple[str, LogNormal | None]]:
        """Category and what is known of its weights, by mass code from 1."""
        profile = self.context.profile
        overall = profile.masses.get("")
        own = [
            (name, profile.masses[name]) if name in profile.masses else ("all", overall) for name in profile.categories
        ]
        return [("all", overall), *own]

    @cached_property
    def _mass_spreads(self) -> list[tuple[Spread, ...]]:
        if self.context.organisation.defaults.goods_mass is not None:
            spread = Spread("stated:goods_mass:defaults", sigma_of(self.context, "stated.goods_mass"))
            return [(), *([(spread,)] * (self._mass_codes - 1))]
        standing_in = sigma_of(self.context, "fallback.goods_mass")
        found: list[tuple[Spread, ...]] = [()]
        for name, known in self._means:
            error = known.sigma**2 / known.count if known is not None else 0.0
            found.append((Spread(f"fallback:goods_mass:{name}", (standing_in**2 + error) ** 0.5),))
        return found

    @cached_property
    def _own_mass(self) -> np.ndarray:
        return np.array([0.0, *(known.sigma if known is not None else 0.0 for _, known in self._means)])

    @cached_property
    def _place_spreads(self) -> list[tuple[Spread, ...]]:
        # Cities lie on all sides of their middles; the middle of a country is off for all its parcels alike.
        coarse = [
            (Spread(f"fallback:place:{name}", sigma_of(self.context, f"fallback.place.{name}")),)
            for name in _PLACES[2:]
        ]
        return [(), (), *coarse]

    @cached_property
    def _own_place(self) -> np.ndarray:
        return np.array([0.0, *(sigma_of(self.context, f"fallback.place.{name}") for name in _PLACES[1:])])


def reads_mass(block: Block) -> bool:
    """Whether a block's amount goes with the mass of the goods."""
    return not _MASS_COLUMNS.isdisjoint(block.columns.values())


def reads_distance(block: Block) -> bool:
    """Whether a block's amount goes with the distance between the parcel's places."""
    return any(column.endswith("_km") and column != "round_km" for column in block.columns.values())


def reads_package(block: Block) -> bool:
    """Whether a block's amount goes with the package."""
    return "package" in block.axes
