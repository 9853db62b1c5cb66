"""Parcels that are alike in all that some blocks read: what those blocks say of them is computed once for each group.

Packaging, its end of life and the usual delivery round depend on a few codes (package, regions, service, month), not on
a parcel's own mass or distance. A chunk of a hundred thousand parcels has some thousand combinations of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from carbon.engine.block import Block, Codes
from carbon.engine.carried import carried_column
from carbon.engine.fallbacks import DESTINATION, MASS, ORIGIN, PACKAGE, WEIGHED
from carbon.engine.frame import Frame

#: Codes that every group has in common: whose blocks apply, and what stood in.
_ALWAYS = ("service", MASS, ORIGIN, DESTINATION, PACKAGE, WEIGHED)
#: Columns of few values, which may tell groups apart: a flag, an expected rate, a number of attempts.
_FEW = ("returned", "kept", "modelled", "delivery_attempts")
_MOST_VALUES = 16
#: Groups must be so many times fewer than parcels to be worth it.
_WORTH = 6


@dataclass(frozen=True)
class Spots:
    """Where the parcels of some rows are counted: each row, month and site that occurs.

    Attributes
    ----------
    row : numpy.ndarray of int, shape (spots,)
    codes : Codes
        Month and site.
    parcels : numpy.ndarray of float, shape (spots,)
    """

    row: np.ndarray
    codes: Codes
    parcels: np.ndarray

    def of(self, rows: np.ndarray, count: int) -> Spots:
        """Return the spots of some of `count` rows; these are numbered anew."""
        number = np.full(count, -1, dtype=np.intp)
        number[rows] = np.arange(len(rows))
        mine = np.flatnonzero(number[self.row] >= 0)
        codes = Codes({axis: self.codes[axis][mine] for axis in self.codes})
        return Spots(number[self.row[mine]], codes, self.parcels[mine])


@dataclass(frozen=True)
class Alike:
    """Groups of a frame's rows.

    Attributes
    ----------
    positions : frozenset of int
        Of the blocks that rows of a group are alike for.
    frame : Frame
        One row of each group, without table and places.
    group : numpy.ndarray of int, shape (rows,)
        Which group each row is in.
    spots : Spots
        Of the groups.
    """

    positions: frozenset[int]
    frame: Frame
    group: np.ndarray
    spots: Spots


class Taken(Mapping):
    """Columns restricted to some rows, each taken once when first read."""

    def __init__(self, columns: Mapping[str, np.ndarray], rows: np.ndarray):
        self._columns, self._rows, self._taken = columns, rows, {}

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._taken:
            self._taken[name] = self._columns[name].take(self._rows)
        return self._taken[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


def alike(blocks: Sequence[Block], frame: Frame) -> Alike | None:
    """Return the groups of a frame's rows, None where there are too many of them, or nothing to gain."""
    if not len(frame.rows):
        return None
    few = _FewValues(frame)
    read = {
        position: [*block.columns.values(), *block.weights]
        for position, block in enumerate(blocks)
        # Packaging that is carried is taken off parcel by parcel.
        if block.bindings and carried_column(block.columns) is None
    }
    chosen = [position for position, names in read.items() if all(few.codes(name) is not None for name in names)]
    if not chosen:
        return None
    axes = {axis for position in chosen for axis in blocks[position].axes}
    columns = {name for position in chosen for name in read[position]}
    codes = [frame.codes[axis] for axis in sorted({*axes, *_ALWAYS} & frame.codes.keys())]
    codes += [few.codes(name) for name in sorted(columns)]
    group, first = _grouped(codes, len(frame.rows))
    if len(first) * _WORTH > len(group):
        return None
    rows = Frame(
        frame.table.slice(0, 0),
        frame.rows[first],
        {axis: values[first] for axis, values in frame.codes.items()},
        Taken(frame.columns, first),
        frame.fallbacks[first],
        {},
    )
    return Alike(frozenset(chosen), rows, group, _spots(frame, group, len(first)))


class _FewValues:
    """The columns of a frame that tell few groups apart, as codes."""

    def __init__(self, frame: Frame):
        self._columns = frame.columns
        self._known: dict[str, np.ndarray | None] = {}

    def codes(self, name: str) -> np.ndarray | None:
        """Return which value of the column each row has, None if there are many."""
        if name not in self._known:
            self._known[name] = self._coded(name)
        return self._known[name]

    def _coded(self, name: str) -> np.ndarray | None:
        values = self._columns[name]
        same = np.isnan(values) if np.isnan(values[0]) else values == values[0]
        if same.all():
            return np.zeros(1, dtype=np.int64)
        if name not in _FEW:
            return None
        codes, found = pd.factorize(values, use_na_sentinel=False)
        return codes if len(found) <= _MOST_VALUES else None


def _spots(frame: Frame, group: np.ndarray, count: int) -> Spots:
    months, sites = (int(frame.codes[axis].max()) + 1 for axis in ("month", "site"))
    keys = (group * months + frame.codes["month"]) * sites + frame.codes["site"]
    size = count * months * sites
    if size <= 4 * len(keys):
        parcels = np.bincount(keys, minlength=size)
        found = np.flatnonzero(parcels)
        parcels = parcels[found]
    else:
        found, parcels = np.unique(keys, return_counts=True)
    rest, site = np.divmod(found, sites)
    row, month = np.divmod(rest, months)
    return Spots(row, Codes({"month": month, "site": site}), parcels.astype(float))


def _grouped(codes: Sequence[np.ndarray], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's group, and the first row of each group; groups are numbered as they first appear."""
    key: np.ndarray = np.zeros(count, dtype=np.int64)
    for each in codes:
        most = int(each.max()) + 1
        if most > 1:
            key = key * most + each
    group, found = pd.factorize(key)
    first = np.empty(len(found), dtype=np.intp)
    first[group[::-1]] = np.arange(count - 1, -1, -1)
    return group.astype(np.intp, copy=False), first
