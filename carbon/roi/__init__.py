"""What to do first: measures on the merchant's own activity, their savings and their money."""

from carbon.roi.baseline import Baseline
from carbon.roi.cashflow import Appraisal, NoRate, Terms, appraise, terms_of
from carbon.roi.macc import Block, Curve, abatement_curve
from carbon.roi.measure import Input, Measure, Outcome
from carbon.roi.portfolio import Forest, Plan, best_plan, forest_of
from carbon.roi.risk import BreakEven, Simulation, Swing, break_evens, simulate, tornado
from carbon.roi.study import Absent, Entry, Goal, Study, judge

__all__ = [
    "Absent",
    "Appraisal",
    "Baseline",
    "Block",
    "BreakEven",
    "Curve",
    "Entry",
    "Forest",
    "Goal",
    "Input",
    "Measure",
    "NoRate",
    "Outcome",
    "Plan",
    "Simulation",
    "Study",
    "Swing",
    "Terms",
    "abatement_curve",
    "appraise",
    "best_plan",
    "break_evens",
    "forest_of",
    "judge",
    "simulate",
    "terms_of",
    "tornado",
]
