"""What to do first: measures on the merchant's own activity, their savings and their money."""

from carbon.roi.baseline import Baseline
from carbon.roi.measure import Input, Measure, Outcome

__all__ = ["Baseline", "Input", "Measure", "Outcome"]
