"""Delivery rounds found again by their keys: a chunk costs what it holds, not what all rounds are."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.engine.arrays import floats
from carbon.engine.hashing import digests_of


class RoundBook:
    """Rounds by the digest of their keys. It holds no more than the table itself, 48 bytes a round.

    Parameters
    ----------
    rounds : pyarrow.Table
        As in `carbon.engine.totals.Totals`: each round once, ascending by its digest, whose two halves come first.
    """

    def __init__(self, rounds: pa.Table):
        self._rounds = rounds
        upper, lower, *self._values = (column.combine_chunks() for column in rounds.columns)
        self._upper, self._lower = upper.to_numpy(), lower.to_numpy()

    def __getstate__(self) -> pa.Table:
        return self._rounds  # which the plan travels with, too: once for both

    def __setstate__(self, rounds: pa.Table) -> None:
        self.__init__(rounds)

    def __len__(self) -> int:
        return len(self._upper)

    def places(self, keys: pa.ChunkedArray) -> np.ndarray:
        """Return the row of each key, -1 where it is null or no round."""
        coded = keys.combine_chunks().dictionary_encode()
        upper, lower = digests_of(coded.dictionary)
        order = np.argsort(upper)  # neighbours are looked up after each other: the cache holds them
        at = np.empty(len(upper), dtype=np.int64)
        at[order] = np.searchsorted(self._upper, upper[order])
        found = np.full(len(upper), -1, dtype=np.int64)
        open_ = np.arange(len(upper))
        while open_.size:
            # of rounds that share one half the next is tried until the other half agrees
            open_ = open_[at[open_] < len(self)]
            open_ = open_[self._upper[at[open_]] == upper[open_]]
            agrees = self._lower[at[open_]] == lower[open_]
            found[open_[agrees]] = at[open_[agrees]]
            open_ = open_[~agrees]
            at[open_] += 1
        indices = pc.fill_null(coded.indices, -1).to_numpy()
        return np.where(indices < 0, -1, found[indices] if found.size else -1)

    def values(self, places: np.ndarray) -> np.ndarray:
        """Return parcels, driven distance [km], mass x distance [kg*km] and what was used; NaN where no row tells.

        Parameters
        ----------
        places : numpy.ndarray of int, shape (n,)

        Returns
        -------
        numpy.ndarray, shape (n, 4)
        """
        rows = pa.array(places)
        return np.column_stack([floats(pa.chunked_array([column.take(rows)])) for column in self._values])
