"""Delivery rounds found again by their keys: a chunk costs what it holds, not what all rounds are."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.engine.arrays import floats
from carbon.engine.duplicates import hashes_of


class RoundBook:
    """Rounds sorted by a hash of their keys; what is found is compared by the key itself, so that a collision merges none.

    Parameters
    ----------
    rounds : pyarrow.Table
        As in `carbon.engine.totals.Totals`: each round once, its key first, then its values.
    """

    def __init__(self, rounds: pa.Table):
        self._rounds = rounds
        self._sort()

    def _sort(self) -> None:
        self._keys = self._rounds["round"].combine_chunks()
        hashes = hashes_of(self._keys)
        self._order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[self._order]
        #: One row a round, in the order of the table.
        self.values = np.column_stack([floats(self._rounds[name]) for name in self._rounds.column_names[1:]])

    def __getstate__(self) -> pa.Table:
        return self._rounds  # hashes are of this process: another one may hash otherwise

    def __setstate__(self, rounds: pa.Table) -> None:
        self._rounds = rounds
        self._sort()

    def __len__(self) -> int:
        return len(self._hashes)

    def places(self, keys: pa.ChunkedArray) -> np.ndarray:
        """Return the row of each key in `values`, -1 where it is null or no round."""
        coded = keys.combine_chunks().dictionary_encode()
        words, found = coded.dictionary, np.full(len(coded.dictionary), -1, dtype=np.int64)
        hashes = hashes_of(words)
        order = np.argsort(hashes)  # neighbours are looked up after each other: the cache holds them
        at = np.empty(len(words), dtype=np.int64)
        at[order] = np.searchsorted(self._hashes, hashes[order])
        open_ = np.arange(len(words))
        while open_.size:
            # of rounds with one hash the next is tried until the key itself agrees
            open_ = open_[at[open_] < len(self)]
            open_ = open_[self._hashes[at[open_]] == hashes[open_]]
            row = self._order[at[open_]]
            same = pc.equal(self._keys.take(pa.array(row)), words.take(pa.array(open_)))
            agrees = same.to_numpy(zero_copy_only=False).astype(bool)
            found[open_[agrees]] = row[agrees]
            open_ = open_[~agrees]
            at[open_] += 1
        indices = pc.fill_null(coded.indices, -1).to_numpy()
        return np.where(indices < 0, -1, found[indices] if found.size else -1)
