"""What to do first: measures on the merchant's own activity, their savings and their money."""

from carbon.roi.baseline import Baseline
from carbon.roi.cashflow import Appraisal, NoRate, Terms, appraise, terms_of
from carbon.roi.macc import Block, Curve, abatement_curve
from carbon.roi.measure import Input, Measure, Outcome
from carbon.roi.measures import MEASURES
from carbon.roi.plan import Considered, LeftOut, Step, apply_in_sequence, measures_of
from carbon.roi.portfolio import Forest, Plan, best_plan, forest_of
from carbon.roi.risk import BreakEven, Simulation, Swing, break_evens, simulate, tornado
from carbon.roi.study import Entry, Goal, Study, judge, study_of

__all__ = [
    "MEASURES",
    "Appraisal",
    "Baseline",
    "Block",
    "BreakEven",
    "Considered",
    "Curve",
    "Entry",
    "Forest",
    "Goal",
    "Input",
    "LeftOut",
    "Measure",
    "NoRate",
    "Outcome",
    "Plan",
    "Simulation",
    "Step",
    "Study",
    "Swing",
    "Terms",
    "abatement_curve",
    "apply_in_sequence",
    "appraise",
    "best_plan",
    "break_evens",
    "forest_of",
    "judge",
    "measures_of",
    "simulate",
    "study_of",
    "terms_of",
    "tornado",
]
