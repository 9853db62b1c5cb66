"""Cells of the activity table while a run is under way: amounts by block, binding, month, site and what stood in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from carbon.engine.block import Codes


@dataclass(frozen=True)
class CellShape:
    """Lengths of the axes that a cell's key is packed from; the binding comes first."""

    months: int
    sites: int
    fallbacks: int

    def place(self, codes: Codes, fallback: np.ndarray | int) -> np.ndarray:
        """Return the part of a key that does not depend on the binding; int64, shape (rows,)."""
        return codes.cell(("month", "site"), (self.months, self.sites)) * np.int64(self.fallbacks) + fallback

    @property
    def size(self) -> int:
        """Keys of one binding."""
        return self.months * self.sites * self.fallbacks

    def unpacked(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return binding, month, site and fallback of each key."""
        rest, fallback = np.divmod(keys, self.fallbacks)
        rest, site = np.divmod(rest, self.sites)
        binding, month = np.divmod(rest, self.months)
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
    def of(
        cls,
        keys: np.ndarray,
        amount: np.ndarray,
        own_kg2: np.ndarray | None,
        size: int,
        parcels: np.ndarray | None = None,
    ) -> BlockCells:
        """Add up rows by key; keys lie below `size`, and a row is one parcel, or as many as `parcels` says."""
        if size <= 4 * len(keys) + 4096:
            rows = np.bincount(keys, minlength=size)
            found, length = np.flatnonzero(rows), size
            counts = rows[found] if parcels is None else np.bincount(keys, parcels, size)[found]
        else:
            found, keys, counts = np.unique(keys, return_inverse=True, return_counts=True)
            length = len(found)
            counts = counts if parcels is None else np.bincount(keys, parcels, length)
        picked = slice(None) if length == len(found) else found
        amounts = np.bincount(keys, amount, length)[picked]
        own = np.bincount(keys, own_kg2, length)[picked] if own_kg2 is not None else np.zeros(len(found))
        return cls(found, np.stack([amounts, counts.astype(float), own]))

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

    def parcels(self) -> Iterator[tuple[int, int, float]]:
        """Yield block position, binding and parcels, added up over cells."""
        for position in sorted(self.blocks):
            cells = self.blocks[position]
            bindings, place = np.unique(cells.keys // self.shape.size, return_inverse=True)
            yield from zip(
                [position] * len(bindings), bindings.tolist(), np.bincount(place, cells.sums[1]).tolist(), strict=True
            )

    def used(self) -> set[tuple[int, int]]:
        """Return (block position, binding) of every cell."""
        return {
            (position, int(binding))
            for position, cells in self.blocks.items()
            for binding in np.unique(cells.keys // self.shape.size)
        }
