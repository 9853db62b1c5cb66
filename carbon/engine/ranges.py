"""The 95 % range of each parcel's footprint, by analytic propagation in the same pass.

The terms of a footprint are correlated lognormals (see `carbon.engine.spreads`). From the sum of their medians, the distances
of their quantiles are added like standard deviations, below and above each by itself:

    low  = sum of medians - sqrt(sum over pairs of r * below_i * below_j)
    high = sum of medians + sqrt(sum over pairs of r * above_i * above_j)

with r the correlation of the logarithms: Zou and Donner (2008), Construction of confidence limits about effect measures: a
general approach, Statistics in Medicine 27, 1693-1702. It is exact for one term and for terms that share everything; the
others it meets within a few per cent (tests/engine/test_ranges.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from carbon.engine.block import Block
from carbon.engine.carried import FREIGHT, GROSS, CarriedSums, Packages, carried_column
from carbon.engine.fallbacks import DESTINATION, MASS, ORIGIN, PACKAGE, WEIGHED, StandIns
from carbon.engine.frame import Frame
from carbon.engine.spreads import BlockSpreads, correlation, correlations, reaches

LOW, HIGH = "low_co2e_kg", "high_co2e_kg"
#: Columns of the range, written after the results.
RANGE = (LOW, HIGH)


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
    """Spreads of all blocks of a plan, and what pairs of them share; worked out when first asked for.

    Two positions follow those of the blocks: the carried packages, and their fillings.
    """

    def __init__(self, blocks: Sequence[Block], spreads: Sequence[BlockSpreads], stand_ins: StandIns):
        self.blocks, self.stand_ins, self.packages = blocks, stand_ins, Packages(stand_ins.context)
        self.tare, self.fill = len(blocks), len(blocks) + 1
        self._spreads = [*spreads, self.packages.tare, self.packages.fill]
        self.reads = [*(stand_ins.reads(block) for block in blocks), {PACKAGE}, {PACKAGE}]
        self.carried = [carried_column(block.columns) for block in blocks]
        self._shared: dict[tuple[int, int], np.ndarray | None] = {}

    def __getitem__(self, position: int) -> BlockSpreads:
        return self._spreads[position]

    def shared(self, one: int, other: int) -> np.ndarray | None:
        """Return the correlation of two blocks' terms by kind, None where they share nothing."""
        if (one, other) not in self._shared:
            self._shared[one, other] = correlation(self._spreads[one], self._spreads[other])
        return self._shared[one, other]


class RangeSums:
    """Sum of medians and squared distances of the quantiles of each parcel's total, while its terms are added."""

    def __init__(self, spreads: PlanSpreads, frame: Frame, alike: AlikeSums | None = None):
        self._spreads, self._frame, self._alike = spreads, frame, alike
        self._reaches: list[tuple[np.ndarray | slice, _Reach]] = []
        count = len(frame.rows)
        self._median_kg, self._below_kg2, self._above_kg2 = (np.zeros(count) for _ in range(3))
        self._stand_ins = {
            name: spreads.stand_ins.sigma(frame, name)
            for name in (MASS, ORIGIN, DESTINATION, PACKAGE)
            if name in frame.codes
        }
        self._weighed = frame.codes.get(WEIGHED)
        self._carried_kg: dict[str, np.ndarray] = {}
        self._packed: list[tuple[np.ndarray | slice, Term]] = []
        self.carried = CarriedSums.none(spreads.stand_ins.context)

    def add(self, terms: Sequence[Term], rows: np.ndarray | slice, common: Sequence[Term] = ()) -> None:
        """Add terms of some rows; `common` are terms of all rows that were added before."""
        if not terms:
            return
        median_kg, below_kg2, above_kg2 = (np.zeros(len(terms[0].co2e_kg)) for _ in range(3))
        earlier = [self._reach(term.at(rows), rows) for term in common if self._meets(term, terms)]
        for term in terms:
            mine = self._reach(term, rows)
            if self._alike is not None:
                self._alike.add_shared(mine, rows, below_kg2, above_kg2)
            median_kg += mine.median_kg
            below_kg2 += mine.below_kg * mine.below_kg
            above_kg2 += mine.above_kg * mine.above_kg
            for other in earlier:
                shared = self._correlation(other, mine, rows)
                if shared is not None:
                    below_kg2 += 2 * shared * other.below_kg * mine.below_kg
                    above_kg2 += 2 * shared * other.above_kg * mine.above_kg
            earlier.append(mine)
            self._reaches.append((rows, mine))
            self._note_packaging(term, rows)
        self._median_kg[rows] += median_kg
        self._below_kg2[rows] += below_kg2
        self._above_kg2[rows] += above_kg2

    def _note_packaging(self, term: Term, rows: np.ndarray | slice) -> None:
        """Keep what carries packaging, and what shares its errors."""
        column = self._spreads.carried[term.position]
        if column is not None:
            if column not in self._carried_kg:
                self._carried_kg[column] = np.zeros(len(self._median_kg))
            self._carried_kg[column][rows] += term.co2e_kg
        parts = (self._spreads.tare, self._spreads.fill)
        guessed = PACKAGE in self._stand_ins and PACKAGE in self._spreads.reads[term.position]
        if guessed or any(self._spreads.shared(term.position, part) is not None for part in parts):
            self._packed.append((rows, term))

    def add_packaging(self) -> None:
        """Add what unweighed packaging, carried as part of gross mass, may be off (see `carbon.engine.carried`)."""
        if not self._carried_kg:
            return
        columns, package = self._frame.columns, self._frame.codes["package"]
        gross_kg, per_kg = columns[GROSS], np.zeros(len(package))
        for column, co2e_kg in self._carried_kg.items():
            # Where a volumetric mass is carried, the packaging's own does not matter.
            carrying = gross_kg > 0 if column == GROSS else (columns[FREIGHT] == gross_kg) & (gross_kg > 0)
            per_kg += np.divide(co2e_kg, gross_kg, out=np.zeros_like(per_kg), where=carrying)
        if self._weighed is not None:
            per_kg[self._weighed > 0] = 0.0
        tare_kg = self._spreads.packages.tare_kg[package]
        made = [(self._spreads.tare, per_kg * tare_kg)]
        if self._spreads.packages.filled:
            made.append((self._spreads.fill, per_kg * np.fmax(columns["packaging_mass_kg"] - tare_kg, 0.0)))
        self._count_packaging([co2e_kg for _, co2e_kg in made], package)
        earlier: list[_Reach] = []
        for position, co2e_kg in made:
            mine = self._reach(Term(position, package, co2e_kg), slice(None))
            # What is carried is in its terms already: here only its deviation counts.
            self._median_kg += mine.median_kg - co2e_kg
            self._below_kg2 += mine.below_kg * mine.below_kg
            self._above_kg2 += mine.above_kg * mine.above_kg
            if self._alike is not None:
                self._alike.add_shared(mine, slice(None), self._below_kg2, self._above_kg2)
            for other in earlier:
                self._add_shared(other, mine, slice(None))
            for rows, term in self._packed:
                self._add_shared(self._reach(term, rows), mine.at(rows), rows)
            earlier.append(mine)

    def _add_shared(self, one: _Reach, other: _Reach, rows: np.ndarray | slice) -> None:
        shared = self._correlation(one, other, rows)
        if shared is not None:
            self._below_kg2[rows] += 2 * shared * one.below_kg * other.below_kg
            self._above_kg2[rows] += 2 * shared * one.above_kg * other.above_kg

    def _count_packaging(self, packaging_kg: Sequence[np.ndarray], package: np.ndarray) -> None:
        """Add up by service and package what the activity must know."""
        services, packages = self.carried.packaging_kg.shape[1:]
        service = self._frame.codes["service"]
        self.carried.whole_kg = np.bincount(service, sum(self._carried_kg.values()), services)
        cell = service * packages + package
        for part, kg in enumerate(packaging_kg):
            self.carried.packaging_kg[part] = np.bincount(cell, kg, services * packages).reshape(services, packages)

    def _meets(self, common: Term, terms: Sequence[Term]) -> bool:
        return bool(self._stand_ins) or any(
            self._spreads.shared(common.position, term.position) is not None for term in terms
        )

    def _reach(self, term: Term, rows: np.ndarray | slice) -> _Reach:
        """A term's median and the distances of its quantiles; what stood in for an input multiplies the term."""
        mine, reads = self._spreads[term.position], self._spreads.reads[term.position]
        kind = mine.kind_of(term.chosen, None if self._weighed is None else self._weighed[rows])
        touched = frozenset(name for name in self._stand_ins if name in reads)
        if not touched:
            co2e_kg = term.co2e_kg
            medians, belows, aboves = (each.take(kind) for each in (mine.median, mine.below, mine.above))
            sigma = mine.sigma.take(kind)
            return _Reach(term.position, kind, touched, sigma, co2e_kg * medians, co2e_kg * belows, co2e_kg * aboves)
        added = sum(self._stand_ins[name][rows] ** 2 for name in touched)
        sigma = np.sqrt(mine.sigma.take(kind) ** 2 + added)
        median_kg = term.co2e_kg * mine.median.take(kind) * np.exp(-added / 2)
        return _Reach(term.position, kind, touched, sigma, median_kg, *reaches(median_kg, sigma))

    def _correlation(self, one: _Reach, other: _Reach, rows: np.ndarray | slice) -> np.ndarray | float | None:
        shared = self._spreads.shared(one.position, other.position)
        found = None if shared is None else shared[one.kind, other.kind]
        both = one.touched & other.touched
        if not (one.touched or other.touched):
            return found
        kinds = [self._spreads[each.position].sigma.take(each.kind) for each in (one, other)]
        covariance = 0.0 if found is None else found * kinds[0] * kinds[1]
        covariance = covariance + sum(self._stand_ins[name][rows] ** 2 for name in both)
        length = one.sigma * other.sigma
        return np.divide(covariance, length, out=np.zeros_like(one.median_kg), where=length > 0)

    def covariances(self, position: int, touched: frozenset[str]) -> np.ndarray | None:
        """Return what the sums share with a term of another block, for each of its kinds.

        Returns
        -------
        numpy.ndarray, shape (2, kinds, rows), or None
            Sum over terms of the covariance of the logarithms times distance over sigma, below and above [kg CO2e].
        """
        theirs = self._spreads[position]
        found = np.zeros((2, len(theirs.kinds), len(self._frame.rows)))
        for rows, mine in self._reaches:
            shared = self._spreads.shared(mine.position, position)
            both = mine.touched & touched
            if shared is None and not both:
                continue
            covariance = np.zeros((len(theirs.kinds), len(mine.median_kg)))
            if shared is not None:
                own = self._spreads[mine.position].sigma
                by_kind = shared * own[:, None] * theirs.sigma
                covariance += by_kind[mine.kind].T if isinstance(mine.kind, np.ndarray) else by_kind[mine.kind][:, None]
            for name in both:
                covariance += self._stand_ins[name][rows] ** 2
            for side, distance_kg in enumerate((mine.below_kg, mine.above_kg)):
                found[side][:, rows] += covariance * _over(distance_kg, mine.sigma)
        return found if found.any() else None

    def spread_out(self, group: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the sums for rows that are each in one group of these rows."""
        return self._median_kg.take(group), self._below_kg2.take(group), self._above_kg2.take(group)

    def ranges(self) -> Mapping[str, np.ndarray]:
        """Return the 2.5 % and 97.5 % quantiles [kg CO2e]."""
        if self._alike is not None:
            median_kg, below_kg2, above_kg2 = self._alike.spread_out()
            self._median_kg += median_kg
            self._below_kg2 += below_kg2
            self._above_kg2 += above_kg2
            self._alike = None
        # Correlations of opposite sign may leave a rounding remainder below nothing.
        low_kg = self._median_kg - np.sqrt(np.fmax(self._below_kg2, 0.0))
        return {LOW: np.fmax(low_kg, 0.0), HIGH: self._median_kg + np.sqrt(np.fmax(self._above_kg2, 0.0))}


class AlikeSums:
    """Sums of terms that were computed once for each group of rows, and what later terms of single rows share with them.

    Parameters
    ----------
    sums : RangeSums
        Of the groups.
    group : numpy.ndarray of int, shape (rows,)
        Which group each row is in.
    """

    def __init__(self, sums: RangeSums, group: np.ndarray):
        self._sums, self._group = sums, group

    def add_shared(self, term: _Reach, rows: np.ndarray | slice, below_kg2: np.ndarray, above_kg2: np.ndarray) -> None:
        """Add twice the covariance of a term of some rows with the groups' terms."""
        found = self._sums.covariances(term.position, term.touched)
        if found is None:
            return
        group = self._group[rows]
        below_kg2 += 2 * found[0][term.kind, group] * _over(term.below_kg, term.sigma)
        above_kg2 += 2 * found[1][term.kind, group] * _over(term.above_kg, term.sigma)

    def spread_out(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return sum of medians and squared distances of each row."""
        return self._sums.spread_out(self._group)


def _over(distance_kg: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """A distance over its sigma; what does not deviate shares nothing."""
    return np.divide(distance_kg, sigma, out=np.zeros_like(distance_kg), where=np.asarray(sigma) > 0)


def range_of_sum(
    co2e_kg: np.ndarray, scores: np.ndarray, mean: np.ndarray, carried_kg: float = 0.0
) -> tuple[float, float]:
    """Return the 95 % range of a sum of a few terms, by the same rule.

    Parameters
    ----------
    co2e_kg : numpy.ndarray, shape (terms,)
    scores : numpy.ndarray, shape (terms, keys)
        Elasticity x sigma.
    mean : numpy.ndarray, shape (terms,)
        Of each term's multiplier.
    carried_kg : float, optional
        What among the terms is packaging that others carry: it deviates, but is no part of the sum.
    """
    sigma = np.linalg.norm(scores, axis=1)
    median = mean * np.exp(-(sigma**2) / 2)
    below, above = (co2e_kg * each for each in reaches(median, sigma))
    shared = correlations(scores, scores)
    middle_kg = float(co2e_kg @ median) - carried_kg
    low_kg = middle_kg - float(np.sqrt(max(below @ shared @ below, 0.0)))
    return max(low_kg, 0.0), middle_kg + float(np.sqrt(max(above @ shared @ above, 0.0)))


@dataclass(frozen=True)
class _Reach:
    """A term's median and how far its quantiles lie from it, for each row [kg CO2e]; which stand-ins multiply it."""

    position: int
    kind: np.ndarray | int
    touched: frozenset[str]
    sigma: np.ndarray
    median_kg: np.ndarray
    below_kg: np.ndarray
    above_kg: np.ndarray

    def at(self, rows: np.ndarray | slice) -> _Reach:
        """Return some rows."""
        kind = self.kind[rows] if isinstance(self.kind, np.ndarray) else self.kind
        sigma = self.sigma[rows] if isinstance(self.sigma, np.ndarray) and self.sigma.ndim else self.sigma
        return _Reach(
            self.position,
            kind,
            self.touched,
            sigma,
            self.median_kg[rows],
            self.below_kg[rows],
            self.above_kg[rows],
        )
