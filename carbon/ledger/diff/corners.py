"""Totals between two runs: every parcel or cell with the distance, edition, method and data of one run or the other.

The same parcel in both runs is compared with itself. Other parcels are compared by cell: service, origin, destination
region and package; inside a cell by means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from carbon.ledger.diff.recount import Part

#: Axes of every array of corners: distance, edition, method, data; 0 is run A, 1 is run B.
CORNERS = (2, 2, 2, 2)


class Cause(IntEnum):
    """What it is due to that only one run has a term."""

    METHOD = 0
    DATA = 1
    EDITION = 2


def alone(co2e_kg: np.ndarray, side: int, cause: np.ndarray) -> np.ndarray:
    """Return the corners of terms that only one run has.

    Parameters
    ----------
    co2e_kg : numpy.ndarray, shape (editions, methods, terms)
    side : int
        The run that has them: 0 is A.
    cause : numpy.ndarray of int, shape (terms,)

    Returns
    -------
    numpy.ndarray, shape (*CORNERS, terms)
        The term counts wherever its cause is of its own run.
    """
    made = np.zeros((*CORNERS, co2e_kg.shape[-1]))
    for edition, method, data in np.ndindex(*CORNERS[1:]):
        value = np.where(cause == Cause.METHOD, (method == side) * co2e_kg[edition, side], 0.0)
        value += np.where(cause == Cause.DATA, (data == side) * co2e_kg[edition, method], 0.0)
        value += np.where(cause == Cause.EDITION, (edition == side) * co2e_kg[side, method], 0.0)
        made[:, edition, method, data] = value
    return made


def shared(
    co2e_kg: Sequence[np.ndarray], way_km: Sequence[np.ndarray], by_volume: Sequence[np.ndarray] | None = None
) -> np.ndarray:
    """Return the corners of terms that both runs have.

    A term is kilometres times what a kilometre makes. The first follow the distance, the second the data, both the
    edition; by what rule a carrier weighs (gross or by volume) follows the method.

    Parameters
    ----------
    co2e_kg : two numpy.ndarray, shape (editions, methods, terms)
        Of run A and of run B.
    way_km : two numpy.ndarray, shape (editions, terms)
    by_volume : two numpy.ndarray, shape (terms,), optional

    Returns
    -------
    numpy.ndarray, shape (*CORNERS, terms)
    """
    made = np.zeros((*CORNERS, co2e_kg[0].shape[-1]))
    for distance, edition, method, data in np.ndindex(*CORNERS):
        value = co2e_kg[data][edition, method]
        if distance != data:
            # Where a run has no way at all, nothing says what a kilometre makes there: the other run's says it.
            here, there = way_km[data][edition], way_km[distance][edition]
            other = co2e_kg[distance][edition, method]
            with np.errstate(invalid="ignore", divide="ignore"):
                value = np.where(here != 0, value * (there / here), other)
        if by_volume is not None:
            value = value * by_volume[method] / by_volume[data]
        made[distance, edition, method, data] = value
    return made


@dataclass
class CellSums:
    """Sums of one run's parcels by cell and term, added up batch by batch.

    Attributes
    ----------
    parcels : dict
        Cell number to its parcels.
    """

    #: Columns of `values`: parcels, way by edition (2), emissions by edition and method (4), gross-mass emissions.
    WIDTH = 8

    parcels: dict[int, int] = field(default_factory=dict)
    _keys: list[np.ndarray] = field(default_factory=list)
    _values: list[np.ndarray] = field(default_factory=list)
    _waiting: int = 0

    def add_parcels(self, cells: np.ndarray) -> None:
        """Count parcels."""
        for cell, count in zip(*(each.tolist() for each in np.unique(cells, return_counts=True)), strict=True):
            self.parcels[cell] = self.parcels.get(cell, 0) + count

    def add(self, cells: np.ndarray, part: Part, side: int) -> None:
        """Add what one rule makes of a batch."""
        gross = part.co2e_kg[side, side] / (part.by_volume if part.by_volume is not None else 1.0)
        columns = [np.ones(len(part.rows)), *part.way_km, *part.co2e_kg.reshape(4, -1), gross]
        keys, inverse = np.unique(_joined(cells[part.rows], part.term), return_inverse=True)
        self._keys.append(keys)
        self._values.append(np.stack([np.bincount(inverse, column, len(keys)) for column in columns], axis=1))
        self._waiting += len(keys)
        if self._waiting > 1 << 20:
            self._merge()

    def _merge(self) -> None:
        keys, inverse = np.unique(np.concatenate(self._keys), return_inverse=True)
        values = np.concatenate(self._values)
        sums = np.stack([np.bincount(inverse, values[:, column], len(keys)) for column in range(self.WIDTH)], axis=1)
        self._keys, self._values, self._waiting = [keys], [sums], 0

    def found(self) -> tuple[np.ndarray, np.ndarray]:
        """Return keys (see `split`) in order, and their sums."""
        if not self._keys:
            return np.empty(0, dtype=np.int64), np.empty((0, self.WIDTH))
        self._merge()
        return self._keys[0], self._values[0]


_TERMS = 1 << 24


def _joined(cells: np.ndarray, terms: np.ndarray) -> np.ndarray:
    return cells.astype(np.int64) * _TERMS + terms


def split(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return cells and terms of keys."""
    return keys // _TERMS, keys % _TERMS


@dataclass(frozen=True)
class Means:
    """A run's sums as means per parcel, for some (cell, term) pairs."""

    co2e_kg: np.ndarray
    way_km: np.ndarray
    by_volume: np.ndarray

    @classmethod
    def of(cls, sums: np.ndarray, parcels: np.ndarray, side: int) -> Means:
        """Divide: emissions by all parcels of the cell, kilometres by those that have the term."""
        co2e_kg = (sums[:, 3:7].T / parcels).reshape(2, 2, -1)
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = sums[:, 3:7].T.reshape(2, 2, -1)[side, side] / sums[:, 7]
        return cls(co2e_kg, sums[:, 1:3].T / sums[:, 0], np.where(np.isfinite(ratio) & (ratio > 0), ratio, 1.0))


def cell_corners(
    a: CellSums, b: CellSums, cause_of: Callable[[np.ndarray, np.ndarray, int], np.ndarray]
) -> tuple[np.ndarray, ...]:
    """Return corners per parcel of each (cell, term), and the cells and terms they belong to.

    Parameters
    ----------
    a, b : CellSums
    cause_of : callable
        Of cells, terms and side: what it is due to that only one run has them.

    Returns
    -------
    cells, terms : numpy.ndarray, shape (pairs,)
    corners : numpy.ndarray, shape (*CORNERS, pairs)
    """
    keys = [None, None]
    sums = [None, None]
    for side, each in enumerate((a, b)):
        keys[side], sums[side] = each.found()
    both, at_a, at_b = np.intersect1d(keys[0], keys[1], assume_unique=True, return_indices=True)
    cells, terms = split(both)
    means = [
        Means.of(sums[side][at], _counts(each.parcels, cells), side)
        for side, (each, at) in enumerate(((a, at_a), (b, at_b)))
    ]
    made = [
        shared([mine.co2e_kg for mine in means], [mine.way_km for mine in means], [mine.by_volume for mine in means])
    ]
    all_cells, all_terms = [cells], [terms]
    for side, (each, other) in enumerate(((a, b), (b, a))):
        rest = ~np.isin(keys[side], both, assume_unique=True)
        cells, terms = split(keys[side][rest])
        mine = Means.of(sums[side][rest], _counts(each.parcels, cells), side)
        corners = alone(mine.co2e_kg, side, cause_of(cells, terms, side))
        # A cell that only one run has is its own in everything but the factors' edition and weighing.
        new = ~np.isin(cells, np.fromiter(other.parcels, dtype=np.int64, count=len(other.parcels)))
        corners[..., new] = mine.co2e_kg[None, :, :, None, :][..., new]
        made.append(corners)
        all_cells.append(cells)
        all_terms.append(terms)
    return np.concatenate(all_cells), np.concatenate(all_terms), np.concatenate(made, axis=-1)


def _counts(parcels: Mapping[int, int], cells: np.ndarray) -> np.ndarray:
    return np.array([parcels[cell] for cell in cells.tolist()], dtype=float)


def spread_over(part: Part | None, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return a part's term, way, emissions and weighing for every row of a batch; term -1 where it has none."""
    term, way = np.full(count, -1), np.ones((2, count))
    co2e_kg, volume = np.zeros((2, 2, count)), np.ones(count)
    if part is not None:
        term[part.rows], way[:, part.rows], co2e_kg[:, :, part.rows] = part.term, part.way_km, part.co2e_kg
        if part.by_volume is not None:
            volume[part.rows] = part.by_volume
    return term, way, co2e_kg, volume


def matched_corners(
    a: Part | None, b: Part | None, count: int, cause: Sequence[np.ndarray], no_way: np.ndarray
) -> np.ndarray:
    """Return the corners of one rule for the same parcels in both runs, added up.

    Parameters
    ----------
    cause : two numpy.ndarray, shape (rows,)
        What it is due to that a row's term is run A's, or run B's, alone.
    no_way : numpy.ndarray of bool, shape (rows,)
        Where a place was replaced by better knowledge: the other way is a matter of data.

    Returns
    -------
    numpy.ndarray, shape CORNERS
        [kg CO2e].
    """
    terms, ways, co2e_kg, volumes = zip(*(spread_over(part, count) for part in (a, b)), strict=True)
    same = np.flatnonzero((terms[0] == terms[1]) & (terms[0] >= 0))
    ways = [np.where(no_way, 1.0, way)[:, same] for way in ways]
    made = shared([each[..., same] for each in co2e_kg], ways, [each[same] for each in volumes]).sum(axis=-1)
    for side in (0, 1):
        rest = np.flatnonzero((terms[side] >= 0) & (terms[0] != terms[1]))
        if rest.size:
            made += alone(co2e_kg[side][..., rest], side, cause[side][rest]).sum(axis=-1)
    return made
