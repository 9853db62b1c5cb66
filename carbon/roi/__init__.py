"""What to do first: measures on the merchant's own activity, their savings and their money."""

from carbon.roi.baseline import Baseline
from carbon.roi.measure import Input, Measure, Outcome
from carbon.roi.measures import MEASURES
from carbon.roi.plan import Considered, LeftOut, Step, apply_in_sequence, measures_of

__all__ = [
    "MEASURES",
    "Baseline",
    "Considered",
    "Input",
    "LeftOut",
    "Measure",
    "Outcome",
    "Step",
    "apply_in_sequence",
    "measures_of",
]
