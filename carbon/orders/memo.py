"""What the places resolver has already found, so that a place costs its search once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pandas as pd
import pyarrow as pa

from carbon.orders import countries
from carbon.orders.keyed import Keyed

_MEMO = 1_000_000
#: Coded columns: so many numbers have a table, and so many lists of words are remembered.
_ROOM, _LISTS = 4_000_000, 8


class Memo:
    """Places already found, as growing columns; ids point into them. Emptied when it holds a million."""

    def __init__(self):
        self.generation = 0
        self._clear()
        self.country = lru_cache(maxsize=10_000)(countries.iso2)

    def _clear(self) -> None:
        self.generation += 1
        self._ids: tuple[dict, dict] = ({}, {})  # by whether the place was searched for, or only its region
        self.latitude, self.longitude, self.scatter_km = np.zeros(0), np.zeros(0), np.zeros(0)
        self.region, self.match = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.uint8)
        self.area = pa.array([], pa.string())
        self._tables: deque[tuple[list[pa.Array], np.ndarray]] = deque(maxlen=_LISTS)

    def ids(self, keyed: Keyed, find: Callable) -> np.ndarray:
        """Return the id of each row's place, finding those that are new."""
        if not keyed.coded or keyed.room > _ROOM:
            inverse, numbers = pd.factorize(keyed.numbers)
            return self._ids_of(*keyed.texts(numbers), find)[inverse]
        while True:  # once more where the memory was emptied meanwhile
            known = self._table(keyed)
            ids = known.take(keyed.numbers)
            new = np.unique(keyed.numbers[ids < 0])
            if not new.size:
                return ids
            found = self._ids_of(*keyed.texts(new), find)
            self._table(keyed)[new] = found

    def _table(self, keyed: Keyed) -> np.ndarray:
        """Return the ids by number of what has these words, -1 where unknown; the last few lists of words are kept."""
        for words, table in self._tables:
            if len(table) == keyed.room and all(map(pa.Array.equals, words, keyed.words)):
                return table
        self._tables.append((keyed.words, np.full(keyed.room, -1, dtype=np.int64)))
        return self._tables[-1][1]

    def _ids_of(self, keys: list[tuple], searched: np.ndarray, find: Callable) -> np.ndarray:
        """Return the id of each key, finding those that are new."""
        if len(self.match) > _MEMO:
            self._clear()
        ids = np.empty(len(keys), dtype=np.int64)
        for search in (False, True):
            mask = searched == search
            if not mask.any():
                continue
            some = keys if mask.all() else [keys[index] for index in np.flatnonzero(mask).tolist()]
            memo, total = self._ids[search], len(self.match)
            known = list(map(memo.get, some))
            if None in known:
                new = [key for key, place in zip(some, known, strict=True) if place is None]
                found = (find(*key, search) for key in new)
                latitude, longitude, scatter_km, region, match, area = zip(*found, strict=True)
                memo.update(zip(new, range(total, total + len(new)), strict=True))
                self.latitude = np.concatenate([self.latitude, np.array(latitude, dtype=np.float64)])
                self.longitude = np.concatenate([self.longitude, np.array(longitude, dtype=np.float64)])
                self.scatter_km = np.concatenate([self.scatter_km, np.array(scatter_km, dtype=np.float64)])
                self.region = np.concatenate([self.region, np.array(region, dtype=np.int32)])
                self.match = np.concatenate([self.match, np.array(match, dtype=np.uint8)])
                self.area = pa.concat_arrays([self.area, pa.array(area, pa.string())])
                known = map(memo.__getitem__, some)
            ids[mask] = np.fromiter(known, dtype=np.int64, count=len(some))
        return ids
