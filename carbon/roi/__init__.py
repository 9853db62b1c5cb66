"""What to do first: measures on the merchant's own activity, their savings and their money."""

from carbon.roi.baseline import Baseline
from carbon.roi.cashflow import Appraisal, NoRate, Terms, appraise, terms_of
from carbon.roi.judged import Entry, Goal, Study
from carbon.roi.macc import Block, Curve, abatement_curve
from carbon.roi.measure import Input, Measure, Outcome
from carbon.roi.measures import MEASURES
from carbon.roi.orders import Forest, forest_of
from carbon.roi.plan import Considered, LeftOut, Step, apply_in_sequence, measures_of
from carbon.roi.portfolio import Plan, best_plan
from carbon.roi.readings import Readings
from carbon.roi.remark import Remark
from carbon.roi.risk import BreakEven, Simulation, Swing, break_evens, simulate, tornado
from carbon.roi.scenario import (
    Answer,
    Effect,
    Scenario,
    StageRange,
    Workbench,
    Workshop,
    bounds_of,
    effect_of,
    with_values,
    workbench_of,
)
from carbon.roi.study import judge, study_of

__all__ = [
    "MEASURES",
    "Answer",
    "Appraisal",
    "Baseline",
    "Block",
    "BreakEven",
    "Considered",
    "Curve",
    "Effect",
    "Entry",
    "Forest",
    "Goal",
    "Input",
    "LeftOut",
    "Measure",
    "NoRate",
    "Outcome",
    "Plan",
    "Readings",
    "Remark",
    "Scenario",
    "Simulation",
    "StageRange",
    "Step",
    "Study",
    "Swing",
    "Terms",
    "Workbench",
    "Workshop",
    "abatement_curve",
    "apply_in_sequence",
    "appraise",
    "best_plan",
    "bounds_of",
    "break_evens",
    "effect_of",
    "forest_of",
    "judge",
    "measures_of",
    "simulate",
    "study_of",
    "terms_of",
    "tornado",
    "with_values",
    "workbench_of",
]
