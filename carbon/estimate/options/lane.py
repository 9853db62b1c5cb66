"""A lane: rows of all options to one place, bound once; a cart puts masses and volumes in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from carbon.engine.columns import Fallback, fallback_names
from carbon.engine.frame import Frame
from carbon.engine.package_binding import Packed
from carbon.engine.paired import Draws, PreparedDifferences
from carbon.engine.prepared import DATA_TYPES, PreparedTerms, is_distance
from carbon.engine.prepared_range import PreparedRange, carrying
from carbon.engine.rejecting import Rejecting
from carbon.engine.uncertainty import Difference
from carbon.errors import WorkError
from carbon.estimate.options.grounds import Ground
from carbon.estimate.options.offers import Offer
from carbon.ledger.well_to_wheel import whole_chain
from carbon.terms import DELIVERY_STAGES, Stage

#: Flags that follow from the goods and their package, and are set again for each cart.
_OF_GOODS = int(Fallback.GOODS_VOLUME | Fallback.GOODS_TOO_LARGE | Fallback.END_OF_LIFE | Fallback.PACKAGING_MATERIAL)


class Structure:
    """Terms of a frame's rows, with what its options add up and differ by; lanes with the same codes share it.

    Attributes
    ----------
    good : numpy.ndarray of bool, shape (rows,)
        Rows that every block has a factor for.
    reasons : mapping
        Option to why it has no figure.
    """

    def __init__(self, ground: Ground, frame: Frame, option_of_row: np.ndarray, count: int, draws: Draws):
        rejecting = Rejecting()
        numbered = Frame(frame.table, np.arange(len(frame.rows)), frame.codes, frame.columns, frame.fallbacks, {})
        kept = ground.plan.resolver.keep(numbered, rejecting)
        self.reasons = {int(option_of_row[reject.row]): reject.reason for reject in rejecting.rejects}
        # Of an order in several parcels all count, or none.
        whole = ~np.isin(option_of_row[kept.rows], list(self.reasons))
        kept = kept.keep(whole)
        self.good = np.zeros(len(frame.rows), dtype=bool)
        self.good[kept.rows] = True
        self.all_good = bool(self.good.all())
        self.options = option_of_row[kept.rows]
        self.count = count
        self.terms = PreparedTerms(ground.plan, kept)
        self._range = PreparedRange(self.terms, self.options, count)
        self._differences = PreparedDifferences(self.terms, self.options, count, draws)
        option_of_term = self.options[self.terms.row]
        self._stage_cell = option_of_term * len(DELIVERY_STAGES) + self.terms.stage
        self._type_cell = option_of_term * len(DATA_TYPES) + self.terms.data_type
        self._option_of_term = option_of_term
        self._present = sorted(set(self.options.tolist()))

    def figures(self, columns: Mapping[str, np.ndarray], default: int | None) -> Figures:
        """Return what each option causes; `columns` hold the good rows."""
        terms_kg = self.terms.co2e_kg(columns)
        if not np.isfinite(terms_kg).all():
            raise WorkError("the footprint of a cart is not a finite number; please report it")
        stages_kg = np.bincount(self._stage_cell, terms_kg, self.count * len(DELIVERY_STAGES))
        types_kg = np.bincount(self._type_cell, terms_kg, self.count * len(DATA_TYPES))
        carry = carrying(columns)
        low_kg, high_kg = self._range.of(terms_kg, columns, carry)
        others = [each for each in self._present if each != default]
        found = self._differences.to(default, terms_kg, columns, carry, others) if default is not None else []
        return Figures(
            stages_kg.reshape(self.count, -1),
            types_kg.reshape(self.count, -1),
            low_kg,
            high_kg,
            dict(zip(others, found, strict=True)) if default is not None else {},
        )

    @cached_property
    def factor_years(self) -> list[tuple[int, ...]]:
        """Years of the publications behind each option's factors, ascending."""
        registry = self.terms.plan.context.registry
        found: list[set[int]] = [set() for _ in range(self.count)]
        for option, block, binding in zip(
            self._option_of_term.tolist(), self.terms.blocks, self.terms.binding.tolist(), strict=True
        ):
            years = (registry.source(row).year for row in block.bindings[binding].factor.rows)
            found[option].update(year for year in years if year is not None)
        return [tuple(sorted(years)) for years in found]

    @cached_property
    def well_to_wheel(self) -> list[bool]:
        """Whether the transport of each option may be called ISO 14083."""
        chains: list[list[tuple[Stage, tuple[str, ...]]]] = [[] for _ in range(self.count)]
        for option, block, binding in zip(
            self._option_of_term.tolist(), self.terms.blocks, self.terms.binding.tolist(), strict=True
        ):
            chains[option].append((block.stage, block.bindings[binding].factor.flags))
        return [whole_chain(chain) for chain in chains]


@dataclass(frozen=True)
class Figures:
    """What options cause [kg CO2e]: by stage, by data type, the range, and the differences to the default."""

    stages_kg: np.ndarray
    types_kg: np.ndarray
    low_kg: np.ndarray
    high_kg: np.ndarray
    differences: Mapping[int, Difference]


@dataclass(frozen=True)
class Parcels:
    """Goods of the rows of a lane, an entry for each parcel of each option; volume is NaN where it is not known."""

    mass_kg: np.ndarray
    volume_m3: np.ndarray


class Lane:
    """All options to one place from their sites, in given packages.

    Attributes
    ----------
    offers : tuple of Offer
    reasons : mapping
        Option to why it has no figure, whatever is in the cart.
    """

    def __init__(
        self,
        ground: Ground,
        frame: Frame,
        offers: tuple[Offer, ...],
        option_of_row: np.ndarray,
        reasons: Mapping[int, str],
        structure_of: Callable[[Ground, Frame, np.ndarray, int], Structure],
    ):
        self.ground, self.offers, self.reasons = ground, offers, reasons
        self._frame, self._options, self._structure_of = frame, option_of_row, structure_of
        packages = ground.maker.packages
        self._packages, self._service = packages, frame.codes["service"]
        self._named = frame.codes["package"]
        # Rows that name no package, where that depends on the goods' volume.
        by_size = frame.fallbacks & int(Fallback.PACKAGE) != 0
        self._by_size = by_size if by_size.any() and packages.sizes_decide else None
        self._flags = frame.fallbacks & ~_OF_GOODS
        self._distances = {name: values for name, values in frame.columns.items() if is_distance(name)}
        # The frame was made with one cubic metre.
        self._days = frame.columns["volume_days_m3_day"]
        self._mass_kg = frame.columns["goods_mass_kg"]
        self._bound: dict[bytes, tuple[Structure, Packed]] = {}

    def figures(self, parcels: Parcels | None, default: Callable[[Mapping[int, str]], int | None]):
        """Return figures, the reasons of options without, and each option's fallbacks.

        Parameters
        ----------
        parcels : Parcels
            Of the rows of the lane; masses are NaN where the organisation's default stands in.
        default : callable
            Chooses the default option, given those without a figure.
        """
        mass_kg = np.where(np.isnan(parcels.mass_kg), self._mass_kg, parcels.mass_kg)
        volume_m3 = parcels.volume_m3
        package = self._named
        if self._by_size is not None:
            package = np.where(self._by_size, self._packages.usual(volume_m3), package).astype(package.dtype)
        key = package.tobytes()
        found = self._bound.get(key)
        if found is None:
            frame = self._frame
            bound = Frame(
                frame.table, frame.rows, {**frame.codes, "package": package}, frame.columns, frame.fallbacks, {}
            )
            structure = self._structure_of(self.ground, bound, self._options, len(self.offers))
            found = self._bound[key] = structure, self._packages.packed(package, self._service)
        structure, packed = found
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            columns, flags = packed.masses(mass_kg, volume_m3)
            flags = flags | self._flags | np.where(np.isnan(volume_m3), int(Fallback.GOODS_VOLUME), 0)
            volume_days = volume_m3 * self._days
            columns |= self._distances
            columns |= {
                "goods_mass_kg": mass_kg,
                "goods_volume_m3": volume_m3,
                "volume_days_m3_day": np.where(np.isnan(volume_days), 0.0, volume_days),
            }
            if not structure.all_good:
                columns = {name: values[structure.good] for name, values in columns.items()}
            reasons = {**self.reasons, **structure.reasons}
            chosen = default(reasons)
            figures = structure.figures(columns, chosen)
        of_option = [0] * len(self.offers)
        for option, flag in zip(self._options.tolist(), flags.tolist(), strict=True):
            of_option[option] |= flag
        return figures, reasons, chosen, [names_of(each) for each in of_option], structure

    @property
    def rows(self) -> np.ndarray:
        """Which rows of the table that the lane was made of are in it."""
        return self._frame.rows


@lru_cache(maxsize=4096)
def names_of(flags: int) -> tuple[str, ...]:
    """Return the names of fallbacks; the same flags come again and again."""
    return tuple(fallback_names(flags))
