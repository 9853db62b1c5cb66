"""Which package a parcel is in, named or by default, and the masses that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from carbon.engine.arrays import floats, index_in, nulls
from carbon.engine.columns import Fallback
from carbon.engine.context import Context
from carbon.engine.fallbacks import PACKAGE, WEIGHED
from carbon.engine.frame import Frame
from carbon.engine.packages import AVERAGE, DEFAULT_PREFIX, PackageSpec
from carbon.engine.rejecting import Rejecting


class PackageBinder:
    """Look-up arrays over the packages of a plan."""

    def __init__(self, context: Context):
        organisation = context.organisation
        self._default = organisation.defaults.package
        self._tare_kg = np.array([spec.tare_kg for spec in context.packages])
        self._inner_m3 = np.array([spec.inner_m3 for spec in context.packages])
        # Carriers measure a parcel from outside.
        outer_m3 = np.array([spec.outer_m3 for spec in context.packages])
        self._measured_m3 = np.where(np.isnan(outer_m3), self._inner_m3, outer_m3)
        self._fill_kg_per_m3 = np.array([spec.fill_kg_per_m3 for spec in context.packages])
        self._lacks_end_of_life = np.array([_lacks_end_of_life(context, spec) for spec in context.packages])
        keys = [spec.key for spec in context.packages]
        self._package_keys = pa.array(keys, pa.string())
        sized = [i for i, key in enumerate(keys) if key.startswith(DEFAULT_PREFIX) and key != AVERAGE]
        self._sized = np.array(sized, dtype=np.int32)
        self._average = keys.index(AVERAGE) if AVERAGE in keys else (sized[-1] if sized else -1)
        country, year = organisation.country, context.edition(context.years[-1])
        empty = context.registry.parameter("packaging.empty_space", country, year)
        self._empty_share = empty.value if empty else 0.0
        self._divisor_kg_per_m3 = np.array(
            [
                1 / service.volumetric_divisor.to("m**3/kg").magnitude if service.allocation == "volumetric" else 0.0
                for service in organisation.services.values()
            ]
        )

    def bind(self, frame: Frame, good: np.ndarray, rejecting: Rejecting) -> None:
        """Add the package code and every mass that follows from it to a frame."""
        column = frame.table["package"]
        codes = index_in(column, self._package_keys)
        lacking = nulls(column)
        rejecting.add(
            frame,
            good,
            (codes < 0) & ~lacking,
            "package",
            "unknown_package",
            [key for key in self._package_keys.to_pylist() if not key.startswith(DEFAULT_PREFIX)],
        )
        volume, mass = frame.columns["goods_volume_m3"], frame.columns["goods_mass_kg"]
        if lacking.any():
            default = self._default
            chosen = self.usual(volume)
            rejecting.add(frame, good, lacking & (chosen < 0), "package", "no_package")
            codes = np.where(lacking, chosen, codes)
            frame.fallbacks |= np.where(lacking, int(Fallback.PACKAGE), 0).astype(np.int32)
            if default is None:  # a default that the organisation file names is stated, not guessed
                frame.codes[PACKAGE] = lacking.astype(np.int32)
        codes = np.maximum(codes, 0).astype(np.int32)
        frame.codes["package"] = codes
        weighed = floats(frame.table["packaging_mass_kg"])
        is_weighed = ~np.isnan(weighed)
        if is_weighed.any():
            frame.codes[WEIGHED] = is_weighed.astype(np.int32)
        masses, flags = self.masses(codes, frame.codes["service"], mass, volume, weighed)
        frame.fallbacks |= flags
        frame.columns |= masses

    def masses(
        self,
        package: np.ndarray,
        service: np.ndarray,
        goods_mass_kg: np.ndarray,
        goods_volume_m3: np.ndarray,
        weighed_kg: np.ndarray,
    ) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Return the columns that follow from package and goods, and the flags of what is not known of them.

        Parameters
        ----------
        package, service : numpy.ndarray of int, shape (rows,)
            Codes.
        goods_mass_kg, goods_volume_m3 : numpy.ndarray, shape (rows,)
            Volume is NaN where it is not known.
        weighed_kg : numpy.ndarray, shape (rows,)
            Mass of the packaging, NaN where it was not weighed.
        """
        return self.packed(package, service).masses(goods_mass_kg, goods_volume_m3, weighed_kg)

    def packed(self, package: np.ndarray, service: np.ndarray) -> Packed:
        """Return what rows in some packages by some services have in common, whatever is in them."""
        return Packed(
            self._inner_m3[package],
            self._measured_m3[package],
            self._tare_kg[package],
            self._fill_kg_per_m3[package],
            self._divisor_kg_per_m3[service],
            np.where(self._lacks_end_of_life[package], int(Fallback.END_OF_LIFE), 0).astype(np.int32),
        )

    @property
    def sizes_decide(self) -> bool:
        """Whether a parcel that names no package gets one by the volume of its goods."""
        return self._default is None

    def usual(self, volume: np.ndarray) -> np.ndarray:
        """Return the code of what goods of a volume are in where no package is named: the organisation's default, else by size."""
        if self._default is not None:
            return np.full(len(volume), self._package_keys.to_pylist().index(self._default))
        if not len(self._sized):
            return np.full(len(volume), self._average)
        needed = volume / (1 - self._empty_share)
        position = np.searchsorted(self._inner_m3[self._sized], needed)
        return np.where(np.isnan(volume), self._average, self._sized[np.minimum(position, len(self._sized) - 1)])


@dataclass(frozen=True)
class Packed:
    """Packages of some rows; see `PackageBinder.packed`.

    Attributes
    ----------
    inner_m3, measured_m3, tare_kg, fill_kg_per_m3, divisor_kg_per_m3 : numpy.ndarray, shape (rows,)
        Measured: as carriers do, from outside.
    flags : numpy.ndarray of int32, shape (rows,)
        What is not known, whatever the goods are.
    """

    inner_m3: np.ndarray
    measured_m3: np.ndarray
    tare_kg: np.ndarray
    fill_kg_per_m3: np.ndarray
    divisor_kg_per_m3: np.ndarray
    flags: np.ndarray

    def masses(
        self, mass: np.ndarray, volume: np.ndarray, weighed: np.ndarray | None = None
    ) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Return columns and flags as `PackageBinder.masses` does; without `weighed` no packaging was."""
        empty = np.fmax(self.inner_m3 - volume, 0.0)
        empty = np.where(np.isnan(empty), 0.0, empty)
        catalogue = self.tare_kg + empty * self.fill_kg_per_m3
        flags = self.flags | np.where(volume > self.inner_m3, int(Fallback.GOODS_TOO_LARGE), 0).astype(np.int32)
        if weighed is None:
            packaging, ratio, is_weighed = catalogue, np.ones(len(mass)), np.zeros(len(mass))
        else:
            is_weighed = ~np.isnan(weighed)
            packaging = np.where(is_weighed, weighed, catalogue)
            # Weighed packaging of a package without materials is carried, but no material can be told from it.
            unknown = is_weighed & (weighed > 0) & (catalogue == 0)
            flags = flags | np.where(unknown, int(Fallback.PACKAGING_MATERIAL), 0).astype(np.int32)
            with np.errstate(invalid="ignore", divide="ignore"):
                ratio = np.where(catalogue > 0, packaging / catalogue, 1.0)
            is_weighed = is_weighed.astype(float)
        gross = mass + packaging
        # A smaller box counts, then; the goods' volume where no size is known.
        measured = np.fmax(self.measured_m3, volume)
        return {
            "measured_volume_m3": measured,
            "empty_volume_m3": empty,
            "packaging_mass_kg": packaging,
            "packaging_ratio": ratio,
            "packaging_weighed": is_weighed,
            "gross_mass_kg": gross,
            "freight_mass_kg": np.fmax(gross, measured * self.divisor_kg_per_m3),
        }, flags


def _lacks_end_of_life(context: Context, spec: PackageSpec) -> bool:
    """Whether some material of a package has no treatment factor at all: its end of life is not in the footprint."""
    materials = [piece.material for piece in spec.pieces] + ([spec.void_fill.material] if spec.void_fill else [])
    names = [context.registry.materials.get(material, material) for material in materials]
    return not all(context.registry.has_activity(f"end_of_life.{name}.landfill", "kg") for name in names)
