"""What stood in for a parcel's own weight, place or package: codes by row, and the spreads that come with them.

A stand-in errs twice: the mean that stands in may be off, for all parcels alike; and each parcel differs from the mean,
by itself. The first is a spread with a key, the second is the parcel's own variance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from carbon.engine.block import Block
from carbon.engine.context import Context, Ends, LogNormal
from carbon.engine.frame import Frame
from carbon.engine.stated import sigma_of
from carbon.factors.spread import Spread, joined

#: Codes of ``frame.codes`` that this module reads; absent where no row of the chunk has a stand-in. Packaging that was
#: weighed is the opposite of one: its catalogue mass does not matter.
MASS, ORIGIN, DESTINATION, PACKAGE, WEIGHED = (
    "mass_source",
    "origin_source",
    "destination_source",
    "package_source",
    "packaging_weighed",
)
#: How a place was found, coarsest last: an address, the middle of a city, of a province, of a country.
EXACT_PLACE, CITY, PROVINCE, COUNTRY = range(4)
_PLACES = ("", "city", "province", "country")
_ENDS = {ORIGIN: "origin", DESTINATION: "destination"}
_MASS_COLUMNS = {"goods_mass_kg", "gross_mass_kg", "freight_mass_kg"}


@dataclass(frozen=True)
class StandIns:
    """Spreads of stand-ins for a plan's parcels.

    Attributes
    ----------
    context : Context
    ends : mapping
        As in `Groundwork`: which ends of a parcel's way a leg starts and stops at.
    """

    context: Context
    ends: Mapping[tuple[str, int], Ends]

    @property
    def count(self) -> int:
        """Number of codes; 0 means that nothing stood in."""
        return math.prod(length for _, length in self._axes)

    @cached_property
    def _axes(self) -> tuple[tuple[str, int], ...]:
        """Names of codes and how many values each has: one where the survey saw nothing that could stand in."""
        profile = self.context.profile
        lengths = {
            MASS: 2 + len(profile.categories) if "goods_mass_kg" in profile.lacking else 1,
            ORIGIN: len(_PLACES) if "origin" in profile.lacking else 1,
            DESTINATION: len(_PLACES) if "destination" in profile.lacking else 1,
            PACKAGE: 2 if "package" in profile.lacking else 1,
            WEIGHED: 2 if profile.has_weighed else 1,
        }
        return tuple(lengths.items())

    def reads(self, block: Block) -> frozenset[str]:
        """Return the codes that matter to a block."""
        found = set()
        if not _MASS_COLUMNS.isdisjoint(block.columns.values()):
            found.add(MASS)
        if "package" in block.axes:
            found.add(PACKAGE)
        if "packaging_ratio" in block.columns.values():
            found.add(WEIGHED)
        key = "" if block.service is None else self.context.service_keys[block.service]
        for column in block.columns.values():
            if column == "radial_km":
                found |= {DESTINATION, ORIGIN} if depot_of(key, self.ends) == "origin" else {DESTINATION}
            elif column.startswith("leg"):
                leg = self.ends[key, int(column.removeprefix("leg").removesuffix("_km"))]
                found |= {name for name, end in _ENDS.items() if end in (leg.start, leg.to)}
        return frozenset(found)

    def code(self, block: Block, frame: Frame) -> np.ndarray | int:
        """Return the code of what stood in for the rows of a frame, as far as the block depends on it."""
        code: np.ndarray | int = 0
        reads = self.reads(block)
        for name, length in self._axes:
            part = frame.codes.get(name) if length > 1 and name in reads else None
            code = code * length + (0 if part is None else part)
        return code

    def parts(self, code: int) -> dict[str, int]:
        """Return the values that a code is made of, by name."""
        found = {}
        for name, length in reversed(self._axes):
            code, found[name] = divmod(code, length)
        return found

    def spreads(self, code: int) -> tuple[Spread, ...]:
        """Return the shared spreads of a code."""
        parts = self.parts(code)
        found = [*self._mass_spreads[parts[MASS]]]
        for name in _ENDS:
            found += self._place_spreads(name)[parts[name]]
        if parts[PACKAGE]:
            found.append(self.package_spread)
        return joined(found)

    @cached_property
    def package_spread(self) -> Spread:
        """Of a package that no row named."""
        return Spread("fallback:package", sigma_of(self.context, "fallback.package"))

    def names(self, code: int) -> list[str]:
        """Return what stood in: ``goods_mass:<category>``, ``place:<end>:<how coarse>``, ``package``."""
        parts = self.parts(code)
        found = [f"goods_mass:{self._means[parts[MASS] - 1][0]}"] if parts[MASS] else []
        found += [f"place:{end}:{_PLACES[parts[name]]}" for name, end in _ENDS.items() if parts[name]]
        return [*found, *(["package"] if parts[PACKAGE] else [])]

    def own_variance(self, frame: Frame, name: str) -> np.ndarray | None:
        """Return the relative variance that is each parcel's own, shape (rows,); None where nothing stood in."""
        codes = frame.codes.get(name)
        if codes is None or name in (PACKAGE, WEIGHED):
            return None
        sigmas = self._own_mass if name == MASS else self._own_place
        return np.expm1(sigmas**2)[codes]

    def sigma(self, frame: Frame, name: str) -> np.ndarray:
        """Return the standard deviation of the logarithm, shared and own, that a stand-in gives each row."""
        codes = frame.codes[name]
        if name == PACKAGE:
            shared, own = np.array([0.0, self.package_spread.sigma]), np.zeros(2)
        else:
            spreads = self._mass_spreads if name == MASS else self._place_spreads(name)
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
            return [(), *([(spread,)] * len(self._means))]
        standing_in = sigma_of(self.context, "fallback.goods_mass")
        found: list[tuple[Spread, ...]] = [()]
        for name, known in self._means:
            error = known.sigma**2 / known.count if known is not None else 0.0
            found.append((Spread(f"fallback:goods_mass:{name}", (standing_in**2 + error) ** 0.5),))
        return found

    @cached_property
    def _own_mass(self) -> np.ndarray:
        return np.array([0.0, *(known.sigma if known is not None else 0.0 for _, known in self._means)])

    def _place_spreads(self, name: str) -> list[tuple[Spread, ...]]:
        # Cities lie on all sides of their middles; the middle of a country is off for all its parcels alike. Where
        # parcels come from and where they go is spread over a country in two ways: each end has its own error.
        coarse = [
            (Spread(f"fallback:place:{_ENDS[name]}:{each}", sigma_of(self.context, f"fallback.place.{each}")),)
            for each in _PLACES[2:]
        ]
        return [(), (), *coarse]

    @cached_property
    def _own_place(self) -> np.ndarray:
        return np.array([0.0, *(sigma_of(self.context, f"fallback.place.{name}") for name in _PLACES[1:])])


def depot_of(service: str, ends: Mapping[tuple[str, int], Ends]) -> str:
    """Return the last place of a service's chain before the destination."""
    mine = [end.to for (key, _), end in sorted(ends.items()) if key == service and end.to != "destination"]
    return mine[-1] if mine else "origin"
