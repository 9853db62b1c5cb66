"""The 95 % range of each parcel's footprint, by analytic propagation in the same pass.

The terms of a footprint are correlated lognormals (see `carbon.engine.spreads`); mean and variance of their sum are exact,
and a lognormal of that mean and variance gives the range (Fenton, 1960, IRE Trans. Comm. Systems 8, 57-67).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from carbon.engine.block import Block
from carbon.engine.fallbacks import MASS, PACKAGE, PLACE, StandIns, reads_distance, reads_mass, reads_package
from carbon.engine.frame import Frame
from carbon.engine.spreads import BlockSpreads, covariance

LOW, HIGH = "low_co2e_kg", "high_co2e_kg"
#: Columns of the range, written after the results.
RANGE = (LOW, HIGH)
_QUANTILE = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Term:
    """One block's emissions for some rows: which binding [index or array], and how much [kg CO2e]."""

    position: int
    chosen: np.ndarray | int
    co2e_kg: np.ndarray

    def at(self, rows: np.ndarray | slice) -> Term:
        """Return some rows."""
        chosen = self.chosen[rows] if isinstance(self.chosen, np.ndarray) else self.chosen
        return Term(self.position, chosen, self.co2e_kg[rows])


class PlanSpreads:
    """Spreads of all blocks of a plan, and what pairs of them share; worked out when first asked for."""

    def __init__(self, blocks: Sequence[Block], spreads: Sequence[BlockSpreads], stand_ins: StandIns):
        self.blocks, self.stand_ins, self._spreads = blocks, stand_ins, spreads
        self._plain = [bool((each.mean == 1).all()) for each in spreads]
        self._shared: dict[tuple[int, int], np.ndarray | None] = {}

    def __getitem__(self, position: int) -> BlockSpreads:
        return self._spreads[position]

    def is_plain(self, position: int) -> bool:
        """Whether every multiplier of a block has mean 1."""
        return self._plain[position]

    def shared(self, one: int, other: int) -> np.ndarray | None:
        """Return the covariance of two blocks' multipliers by kind, None where they share nothing."""
        if (one, other) not in self._shared:
            self._shared[one, other] = covariance(self._spreads[one], self._spreads[other])
        return self._shared[one, other]


class RangeSums:
    """Mean and variance of each parcel's total while its terms are added."""

    def __init__(self, spreads: PlanSpreads, frame: Frame):
        self._spreads, self._frame = spreads, frame
        count = len(frame.rows)
        self._mean_kg, self._variance_kg2 = np.zeros(count), np.zeros(count)
        self._touched_kg = {name: np.zeros(count) for name in (MASS, PLACE, PACKAGE) if name in frame.codes}

    def add(self, terms: Sequence[Term], rows: np.ndarray | slice, common: Sequence[Term] = ()) -> None:
        """Add terms of some rows; `common` are terms of all rows that were added before."""
        if not terms:
            return
        mean_kg, variance_kg2 = np.zeros(len(terms[0].co2e_kg)), np.zeros(len(terms[0].co2e_kg))
        earlier = [_Kinds.of(term.at(rows), self._spreads) for term in common if self._meets(term, terms)]
        for term in terms:
            mine = _Kinds.of(term, self._spreads)
            spreads = self._spreads[term.position]
            x_kg = term.co2e_kg
            mean_kg += x_kg if self._spreads.is_plain(term.position) else x_kg * spreads.mean[mine.kind]
            variance_kg2 += x_kg * x_kg * spreads.variance[mine.kind]
            for other in earlier:
                shared = self._spreads.shared(other.position, term.position)
                if shared is not None:
                    variance_kg2 += 2 * x_kg * other.co2e_kg * shared[other.kind, mine.kind]
            earlier.append(mine)
            self._touch(term, rows)
        self._mean_kg[rows] += mean_kg
        self._variance_kg2[rows] += variance_kg2

    def _meets(self, common: Term, terms: Sequence[Term]) -> bool:
        return any(self._spreads.shared(common.position, term.position) is not None for term in terms)

    def _touch(self, term: Term, rows: np.ndarray | slice) -> None:
        block = self._spreads.blocks[term.position]
        for name, reads in ((MASS, reads_mass), (PLACE, reads_distance), (PACKAGE, reads_package)):
            if name in self._touched_kg and reads(block):
                self._touched_kg[name][rows] += term.co2e_kg

    def ranges(self) -> Mapping[str, np.ndarray]:
        """Return the 2.5 % and 97.5 % quantiles [kg CO2e]."""
        variance_kg2 = self._variance_kg2
        for name, touched_kg in self._touched_kg.items():
            variance_kg2 = variance_kg2 + touched_kg**2 * self._spreads.stand_ins.variance(self._frame, name)
        return dict(zip(RANGE, lognormal_range(self._mean_kg, variance_kg2), strict=True))


def lognormal_range(mean: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the 2.5 % and 97.5 % quantiles of lognormals of given mean and variance; a mean of 0 has none but 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(mean > 0, variance / (mean * mean), 0.0)
    median = mean / np.sqrt(1 + ratio)
    reach = np.exp(_QUANTILE * np.sqrt(np.log1p(ratio)))
    return median / reach, median * reach


@dataclass(frozen=True)
class _Kinds:
    position: int
    kind: np.ndarray | int
    co2e_kg: np.ndarray

    @classmethod
    def of(cls, term: Term, spreads: PlanSpreads) -> _Kinds:
        kinds = spreads[term.position]
        if len(kinds.kinds) == 1:
            return cls(term.position, 0, term.co2e_kg)
        index = np.maximum(term.chosen, 0) if isinstance(term.chosen, np.ndarray) else term.chosen
        return cls(term.position, kinds.kind[index], term.co2e_kg)
