"""Cells of the activity table while a run is under way: amounts by block, binding, month, site and what stood in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class CellShape:
    """Lengths of the axes that a cell's key is packed from; the binding comes first."""

    months: int
    sites: int
    fallbacks: int

    def place(self, month: np.ndarray, site: np.ndarray, fallback: np.ndarray | int) -> np.ndarray:
        """Return the part of a key that does not depend on the binding; int64, shape (rows,)."""
        return (month.astype(np.int64) * self.sites + site) * self.fallbacks + fallback

    @property
    def size(self) -> int:
        """Keys of one binding."""
        return self.months * self.sites * self.fallbacks

    def unpacked(self, key: int) -> tuple[int, int, int, int]:
        """Return binding, month, site and fallback."""
        rest, fallback = divmod(key, self.fallbacks)
        rest, site = divmod(rest, self.sites)
        binding, month = divmod(rest, self.months)
        return binding, month, site, fallback


@dataclass
class BlockCells:
    """One block's cells.

    Attributes
    ----------
    keys : numpy.ndarray of int64
        Ascending, each once.
    sums : numpy.ndarray, shape (3, keys)
        Amount, parcels, and the variance that is each parcel's own [kg**2].
    """

    keys: np.ndarray
    sums: np.ndarray

    @classmethod
    def of(cls, keys: np.ndarray, amount: np.ndarray, own_kg2: np.ndarray | None, size: int) -> BlockCells:
        """Add up rows by key; keys lie below `size`."""
        if size <= 4 * len(keys) + 4096:
            parcels = np.bincount(keys, minlength=size)
            found = np.flatnonzero(parcels)
            sums = [np.bincount(keys, amount, size)[found], parcels[found].astype(float)]
            own = np.bincount(keys, own_kg2, size)[found] if own_kg2 is not None else np.zeros(len(found))
        else:
            found, inverse, parcels = np.unique(keys, return_inverse=True, return_counts=True)
            sums = [np.bincount(inverse, amount), parcels.astype(float)]
            own = np.bincount(inverse, own_kg2) if own_kg2 is not None else np.zeros(len(found))
        return cls(found, np.stack([*sums, own]))

    def merged(self, other: BlockCells) -> BlockCells:
        """Return the sums of both."""
        if np.array_equal(self.keys, other.keys):
            return BlockCells(self.keys, self.sums + other.sums)
        keys, place = np.unique(np.concatenate([self.keys, other.keys]), return_inverse=True)
        sums = np.zeros((3, len(keys)))
        sums[:, place[: len(self.keys)]] = self.sums
        sums[:, place[len(self.keys) :]] += other.sums
        return BlockCells(keys, sums)


@dataclass
class Cells:
    """All blocks' cells, by block position."""

    shape: CellShape
    blocks: dict[int, BlockCells] = field(default_factory=dict)

    def add(self, position: int, more: BlockCells) -> None:
        """Add cells of one block."""
        known = self.blocks.get(position)
        self.blocks[position] = more if known is None else known.merged(more)

    def merge(self, other: Cells) -> None:
        """Add another's cells."""
        for position, more in other.blocks.items():
            self.add(position, more)

    def rows(self) -> Iterator[tuple[int, int, int, int, int, float, float, float]]:
        """Yield block position, binding, month, site, fallback, amount, parcels and own variance, in order."""
        for position in sorted(self.blocks):
            cells = self.blocks[position]
            for key, (amount, parcels, own_kg2) in zip(cells.keys.tolist(), cells.sums.T.tolist(), strict=True):
                yield position, *self.shape.unpacked(key), amount, parcels, own_kg2

    def used(self) -> set[tuple[int, int]]:
        """Return (block position, binding) of every cell."""
        return {
            (position, int(binding))
            for position, cells in self.blocks.items()
            for binding in np.unique(cells.keys // self.shape.size)
        }
