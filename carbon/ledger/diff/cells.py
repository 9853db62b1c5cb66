"""Cells of parcels, and what makes a run's parcels fall into them as they do: mix, or better knowledge of the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from carbon.engine.columns import Fallback
from carbon.ledger.diff.recount import Batch

#: Guesses at where a parcel belongs, and guesses that leave it in its lane.
_LANE_FLAGS = int(Fallback.SERVICE | Fallback.SITE | Fallback.REGION)
PLACE_FLAGS = int(
    Fallback.DESTINATION_CITY | Fallback.DESTINATION_COUNTRY | Fallback.ORIGIN_CITY | Fallback.ORIGIN_COUNTRY
)
_AXES = ("service", "site", "origin_region", "destination_region", "package", "year")


@dataclass(frozen=True)
class Cell:
    """A lane with what is known of its parcels; `same` stands for all parcels that both runs hold.

    Attributes
    ----------
    lane : tuple of str
        Service, site (or the origin's region), destination region; the year where both runs cover the same years.
    guessed : bool
        Whether service, site or region are defaults.
    state : tuple of bool
        Whether a place, and whether the package, is a default.
    """

    same: bool
    guessed: bool = False
    lane: tuple[str, ...] = ()
    state: tuple[bool, bool] = (False, False)
    package: str = ""

    def chain(self) -> list[tuple[bool, tuple, tuple]]:
        """Return the steps that lead to the cell: whether a step is mix (or data), from where, to where."""
        steps: list[tuple[bool, tuple, tuple]] = [(True, (), (self.same,))]
        if self.same:
            return steps
        known = (self.same, self.guessed)
        steps.append((False, (self.same,), known))
        steps.append((not self.guessed, known, (*known, self.lane)))
        steps.append((False, (*known, self.lane), (*known, self.lane, self.state)))
        place = (*known, self.lane, self.state)
        steps.append((not self.state[1], place, (*place, self.package)))
        return steps


class Cells:
    """Numbers for cells, the same on both sides; 0 is that of the parcels which both runs hold."""

    def __init__(self, with_year: bool):
        self.cells = [Cell(True)]
        self._numbers: dict[tuple, int] = {}
        self._with_year = with_year

    def of(self, batch: Batch) -> np.ndarray:
        """Return the cell number of each parcel."""
        parts = [batch.texts(axis) for axis in _AXES]
        flags = batch.flags
        guesses = [(flags & mask) != 0 for mask in (_LANE_FLAGS, PLACE_FLAGS, int(Fallback.PACKAGE))]
        stacked = np.stack([*(codes for codes, _ in parts), *guesses]).astype(np.int64)
        found, inverse = np.unique(stacked, axis=1, return_inverse=True)
        texts = [texts for _, texts in parts]
        numbers = np.array([self._number(texts, column) for column in found.T.tolist()], dtype=np.int64)
        return numbers[inverse.reshape(-1)] if numbers.size else np.empty(0, dtype=np.int64)

    def _number(self, texts: list[list[str]], column: list[int]) -> int:
        service, site, origin, destination, package, year = (
            each[code] for each, code in zip(texts, column, strict=False)
        )
        guessed, place, boxed = (bool(each) for each in column[len(_AXES) :])
        lane = (service, site or origin, destination, *([year] if self._with_year else []))
        cell = Cell(False, guessed, lane, (place, boxed), package)
        if cell not in self._numbers:
            self._numbers[cell] = len(self.cells)
            self.cells.append(cell)
        return self._numbers[cell]

    def shares(self, a: Mapping[int, int], b: Mapping[int, int]) -> np.ndarray:
        """Return each cell's share of the parcels, shape (mix, data, cells).

        A share is a product of conditional shares. Which lanes and packages are chosen is mix; how many parcels were
        known only by defaults, and what the defaults were, is data. A condition that a run never meets takes the
        other run's shares.
        """
        counts = [Counter(), Counter()]
        chains = [cell.chain() for cell in self.cells]
        for side, parcels in enumerate((a, b)):
            for number, count in parcels.items():
                for _, start, _ in chains[number][:1]:
                    counts[side][start] += count
                for _, _, end in chains[number]:
                    counts[side][end] += count
        shares = np.ones((2, 2, len(self.cells)))
        for number, chain in enumerate(chains):
            for is_mix, start, end in chain:
                ratio = [_ratio(counts[side], counts[1 - side], start, end) for side in (0, 1)]
                shares[0, :, number] *= ratio[0] if is_mix else ratio
                shares[1, :, number] *= ratio[1] if is_mix else ratio
        return shares


def _ratio(own: Counter, other: Counter, start: tuple, end: tuple) -> float:
    counts = own if own[start] else other
    return counts[end] / counts[start] if counts[start] else 0.0
