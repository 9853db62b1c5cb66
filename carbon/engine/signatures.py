"""Terms gathered by what spreads them, in an order of their own: what draws and moments are computed on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbon.engine.uncertain import Terms

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class Group:
    """A sum to draw.

    Attributes
    ----------
    rows : ndarray of bool
        What is added.
    minus : ndarray of bool, optional
        What is taken off: for differences.
    exact : ndarray of bool, optional
        Rows without the spreads of `keys` (without any where it is None): as if these were known exactly.
    own_exact : ndarray of bool, optional
        Rows without the parcels' own errors.
    """

    rows: np.ndarray
    minus: np.ndarray | None = None
    exact: np.ndarray | None = None
    keys: frozenset[str] | None = None
    own_exact: np.ndarray | None = None


class Signatures:
    """Terms brought into the order in which everything is computed, whatever order the rows came in.

    Rows with the same spreads have one *signature*; only their weights differ.

    Attributes
    ----------
    keys : list of str
        In alphabetical order.
    of_row : numpy.ndarray of int, shape (rows,)
        Which signature each row has.
    """

    def __init__(self, terms: Terms):
        row, key, sigma, elasticity = _merged(terms)
        texts = np.array(terms.keys, dtype=object)
        order = sorted(range(len(texts)), key=texts.__getitem__)
        rank = np.empty(len(texts), dtype=np.int64)
        rank[order] = np.arange(len(texts))
        self.keys = [terms.keys[at] for at in order]
        # Numbered part by part: one sort of whole numbers in place of one of records.
        sigmas, of_sigma = np.unique(sigma, return_inverse=True)
        powers, of_power = np.unique(elasticity, return_inverse=True)
        packed = (rank[key] * len(sigmas) + of_sigma) * len(powers) + of_power
        spreads, spread = np.unique(packed, return_inverse=True)
        rest, power = np.divmod(spreads, max(len(powers), 1))
        self._key, at = np.divmod(rest, max(len(sigmas), 1))
        self._sigma, self._elasticity = sigmas[at], powers[power]
        self._terms = terms
        self._signatures, self.of_row = _signatures(len(terms), row, spread)
        self._number = {signature: at for at, signature in enumerate(self._signatures)}
        # Sums are made in this order, so that equal rows give equal sums to the last bit.
        self._order = np.lexsort((terms.own_kg, terms.value_kg, self.of_row))

    def weights(self, groups: Sequence[Group]) -> tuple[np.ndarray, np.ndarray]:
        """Return what each signature weighs in each group, and each run's own standard deviation [kg CO2e]."""
        made = [self._weights(group) for group in groups]
        weights = np.zeros((len(groups), len(self._signatures)))
        for position, (mine, _) in enumerate(made):
            weights[position, : len(mine)] = mine
        return weights, np.array([own for _, own in made]).reshape(len(groups), -1)

    def _weights(self, group: Group) -> tuple[np.ndarray, np.ndarray]:
        weight, own = self._sums(group.rows, group)
        if group.minus is not None:
            less, own_less = self._sums(group.minus, group)
            size = max(len(weight), len(less))
            weight = _padded(weight, size) - _padded(less, size)
            own = own - own_less
        return weight, own

    def _sums(self, rows: np.ndarray, group: Group) -> tuple[np.ndarray, np.ndarray]:
        terms, signature = self._terms, self.of_row
        if group.exact is not None:
            affected = rows & group.exact
            left = np.arange(len(self._signatures))
            for old in np.unique(signature[affected]).tolist():
                left[old] = self._reduced(old, group.keys)
            signature = np.where(affected, left[signature], signature)
        order = self._order[rows[self._order]]
        uncertain = order if group.own_exact is None else order[~group.own_exact[order]]
        weight = np.bincount(signature[order], terms.value_kg[order], minlength=len(self._signatures))
        return weight, self._own(uncertain)

    def _own(self, rows: np.ndarray) -> np.ndarray:
        """Return the standard deviation of parcels' own errors, shape (runs,).

        It adds up over the parts of a term and over blocks; between the bindings of a block variances do.
        """
        terms = self._terms
        by_cell_kg = np.bincount(terms.cell[rows], terms.own_kg[rows], minlength=terms.cell.max(initial=-1) + 1)
        block_of_cell = np.zeros(len(by_cell_kg), dtype=np.int64)
        block_of_cell[terms.cell] = terms.block
        run_of_block = np.zeros(terms.block.max(initial=-1) + 1, dtype=np.int64)
        run_of_block[terms.block] = terms.run
        by_block_kg = np.sqrt(np.bincount(block_of_cell, by_cell_kg**2, minlength=len(run_of_block)))
        return np.bincount(run_of_block, by_block_kg, minlength=len(terms.runs))

    def _reduced(self, signature: int, keys: frozenset[str] | None) -> int:
        """Return the signature that is left when some keys, or all, are known exactly."""
        left = tuple(
            spread
            for spread in self._signatures[signature]
            if keys is not None and self.keys[self._key[spread]] not in keys
        )
        if left not in self._number:
            self._number[left] = len(self._signatures)
            self._signatures.append(left)
        return self._number[left]

    def entries(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return signature, key and loading (elasticity x sigma) of every pair."""
        sizes = [len(signature) for signature in self._signatures]
        spread = np.array([each for signature in self._signatures for each in signature], dtype=np.int64)
        signature = np.repeat(np.arange(len(sizes)), sizes)
        return signature, self._key[spread], (self._elasticity * self._sigma)[spread]

    def loadings(self) -> tuple[csr_array, np.ndarray]:
        """Return the matrix (signatures, keys) that makes logarithms of normals, and what is taken off them."""
        from scipy.sparse import csr_array  # costs every command a tenth of a second, and few need it

        signature, key, loading = self.entries()
        shape = (len(self._signatures), len(self.keys))
        return csr_array((loading, (signature, key)), shape=shape), self._sums_of(self._elasticity)

    def means(self) -> np.ndarray:
        """Return the mean of each signature's multiplier."""
        return np.exp(self._sums_of(self._elasticity**2 - self._elasticity))

    def _sums_of(self, of_spread: np.ndarray) -> np.ndarray:
        halves = of_spread * self._sigma**2 / 2
        return np.array([math.fsum(halves[list(signature)]) for signature in self._signatures])


def _merged(terms: Terms) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Spreads by row and key; one that stands twice in a row acts with the sum of its elasticities."""
    order = np.lexsort((terms.elasticity, terms.sigma, terms.key, terms.row))
    row, key, sigma = terms.row[order], terms.key[order], terms.sigma[order]
    if not len(order):
        return row, key, sigma, terms.elasticity
    first = np.r_[True, (np.diff(row) != 0) | (np.diff(key) != 0) | (np.diff(sigma) != 0)]
    elasticity = np.add.reduceat(terms.elasticity[order], np.flatnonzero(first))
    acting = (elasticity != 0) & (sigma[first] != 0)
    return row[first][acting], key[first][acting], sigma[first][acting], elasticity[acting]


def _signatures(count: int, row: np.ndarray, spread: np.ndarray) -> tuple[list[tuple[int, ...]], np.ndarray]:
    """Return the distinct sets of spreads, and which each row has."""
    if not count:
        return [()], np.empty(0, dtype=np.int64)
    order = np.lexsort((spread, row))
    row, spread = row[order], spread[order]
    sizes = np.bincount(row, minlength=count)
    place = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    padded = np.full((count, int(sizes.max(initial=0)) + 1), -1, dtype=np.int64)
    padded[row, place] = spread
    found, of_row = np.unique(padded, axis=0, return_inverse=True)
    return [tuple(each for each in line if each >= 0) for line in found.tolist()], of_row.reshape(-1)


def _padded(array: np.ndarray, size: int) -> np.ndarray:
    return np.pad(array, (0, size - len(array)))
