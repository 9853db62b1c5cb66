"""Great-circle distances of a chunk, mean ones where only an area is known: each pair of a named place and a looked-up destination is computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

import numpy as np

from carbon.engine.context import NamedPlace
from carbon.orders.distance import great_circle_km, mean_km

#: Pairs remembered; beyond it distances are computed for each parcel.
_MOST_PAIRS = 8_000_000


@dataclass(frozen=True)
class Points:
    """One end of a leg for each row of a chunk.

    Attributes
    ----------
    latitude, longitude : numpy.ndarray, shape (rows,)
        [degree]
    scatter_km : numpy.ndarray, shape (rows,)
        [km] See `carbon.orders.distance.mean_km`.
    spot : numpy.ndarray of int64, shape (rows,)
        Number of the place, -1 where it is known by its coordinates only.
    named : bool
        Whether `spot` counts named places or looked-up ones.
    generation : int
        Of looked-up places.
    """

    latitude: np.ndarray
    longitude: np.ndarray
    scatter_km: np.ndarray
    spot: np.ndarray
    named: bool
    generation: int = 0

    def at(self, rows: np.ndarray) -> Points:
        """Return some rows."""
        columns = (self.latitude, self.longitude, self.scatter_km, self.spot)
        return Points(*(column[rows] for column in columns), self.named, self.generation)


class Distances:
    """Remembers distances between named and looked-up places.

    Threads may share it: two that fill the same cell write the same number.

    Parameters
    ----------
    named : mapping
        Places and sites of the organisation.
    """

    def __init__(self, named: Mapping[str, NamedPlace]):
        self._numbers = {key: number for number, key in enumerate(named)}
        self._places = list(named.values())
        # One value, so that a thread never sees the table of one generation under the number of another.
        self._known: tuple[int, np.ndarray] = (0, self._empty())
        self._lock = Lock()

    def __getstate__(self) -> dict:
        """Workers elsewhere have a lock of their own."""
        return {name: value for name, value in self.__dict__.items() if name != "_lock"}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)
        self._lock = Lock()

    def _empty(self) -> np.ndarray:
        return np.full((len(self._places), 0), np.nan)

    def number(self, key: str) -> int:
        """Return the number of a named place, -1 where there is none."""
        return self._numbers.get(key, -1)

    def named(self, key: str, count: int) -> Points:
        """Return a named place as one end of `count` rows."""
        place = self._places[self._numbers[key]]
        values = (place.latitude, place.longitude, place.scatter_km, self._numbers[key])
        return Points(*(np.full(count, value) for value in values), True)

    def between_km(self, start: Points, end: Points) -> np.ndarray:
        """Return distances [km], shape (rows,)."""
        if start.named == end.named:
            return _computed(start, end)
        place, looked_up = (start, end) if start.named else (end, start)
        known_km = self._table(looked_up)
        kept = (place.spot >= 0) & (looked_up.spot >= 0) & (looked_up.spot < known_km.shape[1])
        if not kept.any():
            return _computed(start, end)
        rows, columns = np.where(kept, place.spot, 0), np.where(kept, looked_up.spot, 0)
        found = np.where(kept, known_km[rows, columns], np.nan)
        missing = np.flatnonzero(np.isnan(found))
        if missing.size:
            found[missing] = _computed(start.at(missing), end.at(missing))
            fill = missing[kept[missing]]
            known_km[rows[fill], columns[fill]] = found[fill]
        return found

    def _table(self, looked_up: Points) -> np.ndarray:
        """The table of a generation, wide enough for its places while pairs are not too many."""
        needed = int(looked_up.spot.max(initial=-1)) + 1
        most = _MOST_PAIRS // max(len(self._places), 1)
        with self._lock:
            generation, known_km = self._known
            if looked_up.generation < generation:
                return self._empty()
            if looked_up.generation > generation:
                known_km = self._empty()
            if needed > known_km.shape[1] and known_km.shape[1] < most:
                wider = np.full((len(self._places), min(max(2 * needed, 1024), most)), np.nan)
                wider[:, : known_km.shape[1]] = known_km
                known_km = wider
            self._known = looked_up.generation, known_km
        return known_km


def _computed(start: Points, end: Points) -> np.ndarray:
    between_km = great_circle_km(start.latitude, start.longitude, end.latitude, end.longitude)
    return mean_km(between_km, start.scatter_km, end.scatter_km)
