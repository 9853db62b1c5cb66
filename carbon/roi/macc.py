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
    """Return the curve of some measures on a baseline."""
    waiting, left, start_kg = list(measures), baseline, 0.0
    blocks: list[Block] = []
    while True:
        tried = [(measure, *_try(measure, left, terms)) for measure in waiting]
        useful = [each for each in tried if each[1] is not None and each[1].total_kg > 0]
        if not useful:
            beside = tuple(Beside(measure, appraisal, reason) for measure, appraisal, _, reason in tried)
            return Curve(tuple(blocks), beside)
        measure, appraisal, after, _ = min(useful, key=lambda each: _rank(each[1]))
        blocks.append(Block(measure, appraisal, start_kg))
        waiting.remove(measure)
        left, start_kg = after, start_kg + appraisal.yearly_kg


def _try(measure: Measure, baseline: Baseline, terms: Terms) -> tuple[Appraisal | None, Baseline | None, str]:
    """Return a measure's figures and what it leaves, or why it has none there."""
    try:
        outcome = measure.outcome(baseline, values_of(measure))
    except RoiError as error:
        return None, None, error.problem
    return appraise(outcome, terms), outcome.after, ""


def _rank(appraisal: Appraisal) -> tuple[int, float]:
    if appraisal.npv >= 0 or appraisal.cost_per_kg is None:
        return 0, -appraisal.npv
    return 1, appraisal.cost_per_kg
