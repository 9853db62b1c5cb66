"""What a measure is: inputs with their sources, and a model from a year's activity to what it saves, in kg CO2e and in money.

Models are pure numpy without branches on data, so that one call serves a single case and ten thousand draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from carbon.roi.baseline import Baseline
from carbon.roi.remark import Remark
from carbon.terms import Scope, Stage

#: How well a saving is known: by meters, by a model on the merchant's own activity, or by what somebody assumed.
Confidence = Literal["measured", "modelled", "assumed"]

#: What stands under `source` of an input that the merchant gave.
ORGANISATION = "organisation"

Values = Mapping[str, float | np.ndarray]


@dataclass(frozen=True)
class Input:
    """One number that a measure's model reads.

    Attributes
    ----------
    key : str
        Name within the measure.
    unit : str
        ``1`` for a share or a count.
    value, low, high : float
        Central value, 5th and 95th percentile; all equal where it is exact.
    source : str
        Source key and locator, or ``organisation``.
    illustrative : bool
        Whether it is a default that stands in for the merchant's own figure.
    """

    key: str
    unit: str
    value: float
    low: float
    high: float
    source: str
    illustrative: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a measure does.

    Attributes
    ----------
    saved_kg : numpy.ndarray
        [kg CO2e] in years 1 to n, shape (..., n); positive is less. Leading axes are draws.
    cash : numpy.ndarray
        [currency of the baseline] in years 0 to n, shape (..., n + 1), in money of the baseline's year; outlay is negative.
        Outlay, change of running cost and residual value together.
    after : Baseline
        What is left for the next measure, at the inputs' own values and in the first year.
    notes : tuple of Remark
        What the reader has to know, such as a part of the activity that the measure could not touch.
    grid_kg : numpy.ndarray, optional
        The part of `saved_kg` that electricity from the grid makes, below zero where more of it is used; it goes with the grid's path.
    """

    saved_kg: np.ndarray
    cash: np.ndarray
    after: Baseline
    notes: tuple[Remark, ...] = field(default=())
    grid_kg: np.ndarray | None = None


class Measure(Protocol):
    """A change that the merchant could make.

    Attributes
    ----------
    key : str
        Name, also of its texts (``roi.measures.<key>.name``).
    group : str
        Measures of one group touch the same lines and are applied one after the other.
    lifetime_years : int
        How long it lasts.
    inputs : mapping
        Every number of the model that could be different.
    shares : frozenset of str
        Inputs that lie between 0 and 1.
    stages, scopes : tuple
        What it touches.
    confidence : str
        ``measured``, ``modelled`` or ``assumed``.
    """

    key: str
    group: str
    lifetime_years: int
    inputs: Mapping[str, Input]
    shares: frozenset[str]
    stages: tuple[Stage, ...]
    scopes: tuple[Scope, ...]
    confidence: Confidence

    def outcome(self, baseline: Baseline, values: Values) -> Outcome:
        """Return what the measure does to a baseline; `values` holds a number or an array of draws for each input."""
        ...

    def stages_saved_kg(self, baseline: Baseline, values: Values) -> Mapping[str, float | np.ndarray]:
        """Return what the first year saves by stage [kg CO2e]; `values` as in `outcome`."""
        ...
