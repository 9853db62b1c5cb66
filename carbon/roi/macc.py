"""The abatement-cost curve: each measure a block, as wide as what it saves in an average year, as high as that costs.

Blocks stand in the order in which measures are applied, each on what the former left, so that the widths sum to what all save
together. At every place stands the best of those not yet applied:

- of those that save money, the one of the highest net present value. Cost per t misorders them: of two that save the same money it
  prefers the one that saves less CO2e, since money divided by fewer t is a more negative cost (Taylor 2012, The ranking of
  negative-cost emissions reduction measures, Energy Policy 48, 430-438);
- then, of those that cost money, the one of the lowest cost per t.

A measure that saves nothing on what is left stands beside the curve.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from carbon.errors import RoiError
from carbon.roi.baseline import Baseline
from carbon.roi.cashflow import Appraisal, Terms, appraise
from carbon.roi.measure import Measure
from carbon.roi.risk import values_of


@dataclass(frozen=True, eq=False)
class Block:
    """One measure of the curve, on what the measures before it left.

    Attributes
    ----------
    start_kg : float
        [kg CO2e a year] that the measures before it save.
    """

    measure: Measure
    appraisal: Appraisal
    start_kg: float

    @property
    def width_kg(self) -> float:
        """Savings in an average year [kg CO2e]."""
        return self.appraisal.yearly_kg

    @property
    def pays(self) -> bool:
        """Whether it saves money."""
        return self.appraisal.npv >= 0


@dataclass(frozen=True, eq=False)
class Beside:
    """A measure that saves nothing on what the others left: its figures there, or what its model says is missing."""

    measure: Measure
    appraisal: Appraisal | None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Curve:
    """Blocks in their order, and what stands beside them."""

    blocks: tuple[Block, ...]
    beside: tuple[Beside, ...]

    @property
    def total_kg(self) -> float:
        """All widths together [kg CO2e a year]."""
        return math.fsum(block.width_kg for block in self.blocks)

    @property
    def npv(self) -> float:
        """What all blocks are worth together."""
        return math.fsum(block.appraisal.npv for block in self.blocks)


def abatement_curve(measures: Sequence[Measure], baseline: Baseline, terms: Terms) -> Curve:
    """Return the curve of some measures on a baseline.

    The best by what is known is reckoned anew on what is left, and stands only if it is still the best: measures of other groups
    seldom change each other, so that not all need to be reckoned at every place.
    """
    left, start_kg = baseline, 0.0
    blocks: list[Block] = []
    waiting = [_try(measure, left, terms) for measure in measures]
    while waiting:
        place = min(range(len(waiting)), key=lambda each: _rank(waiting[each]))
        if waiting[place].left is not left:
            waiting[place] = _try(waiting[place].measure, left, terms)
            continue
        best = waiting[place]
        if best.useful:
            del waiting[place]
            blocks.append(Block(best.measure, best.appraisal, start_kg))
            left, start_kg = best.after, start_kg + best.appraisal.yearly_kg
            continue
        stale = [number for number, each in enumerate(waiting) if each.left is not left]
        if not stale:
            break
        for number in stale:
            waiting[number] = _try(waiting[number].measure, left, terms)
    return Curve(tuple(blocks), tuple(Beside(each.measure, each.appraisal, each.reason) for each in waiting))


@dataclass(frozen=True, eq=False)
class _Tried:
    """A measure on what was left when it was reckoned."""

    measure: Measure
    left: Baseline
    appraisal: Appraisal | None = None
    after: Baseline | None = None
    reason: str = ""

    @property
    def useful(self) -> bool:
        """Whether it saves anything."""
        return self.appraisal is not None and self.appraisal.total_kg > 0


def _try(measure: Measure, left: Baseline, terms: Terms) -> _Tried:
    """Return a measure's figures and what it leaves, or why it has none there."""
    try:
        outcome = measure.outcome(left, values_of(measure))
    except RoiError as error:
        return _Tried(measure, left, reason=error.problem)
    return _Tried(measure, left, appraise(outcome, terms), outcome.after)


def _rank(tried: _Tried) -> tuple[int, float]:
    """Return what the best has least of: money saved by value, then money spent by cost per t, then what saves nothing."""
    if not tried.useful:
        return 2, 0.0
    if tried.appraisal.npv >= 0 or tried.appraisal.cost_per_kg is None:
        return 0, -tried.appraisal.npv
    return 1, tried.appraisal.cost_per_kg
