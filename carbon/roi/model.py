"""What all measures have in common: inputs read once, a change of lines, money by year."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from carbon.roi.baseline import Baseline
from carbon.roi.change import Change, Number
from carbon.roi.inputs import Reader, Setup
from carbon.roi.measure import Confidence, Input, Outcome, Values
from carbon.roi.remark import NotApplicable, Remark
from carbon.terms import Scope, Stage

#: The activity whose factor changes with the grid's path.
GRID = "electricity.grid"
#: Scopes that any use of energy by own vehicles or sites touches.
ALL_SCOPES = tuple(Scope)


class Model(ABC):
    """A measure whose numbers have been read; see `carbon.roi.measure.Measure`.

    Parameters
    ----------
    setup : Setup

    Raises
    ------
    RoiError
        If the ledger has no baseline for it, or a number is missing.
    """

    key: ClassVar[str]
    group: ClassVar[str]
    stages: ClassVar[tuple[Stage, ...]]
    scopes: ClassVar[tuple[Scope, ...]] = (Scope.SCOPE_3,)
    confidence: ClassVar[Confidence] = "modelled"
    #: What the reader has to know; the docstring says why.
    notes: ClassVar[tuple[Remark, ...]] = ()

    def __init__(self, setup: Setup):
        self.setup = setup
        self.scheme: Any = getattr(setup.organisation.measures, self.key)
        reader = Reader(setup, self.key, self.scheme)
        self.prepare(reader)
        self.inputs: Mapping[str, Input] = reader.done()
        self.shares = frozenset(reader.shares)
        self.lifetime_years: int = self.scheme.lifetime_years
        self.check(setup.baseline)

    @abstractmethod
    def prepare(self, read: Reader) -> None:
        """Read the inputs."""

    @abstractmethod
    def check(self, baseline: Baseline) -> None:
        """Raise a `RoiError` where the ledger holds nothing that the measure could change."""

    @abstractmethod
    def change(self, baseline: Baseline, values: Values) -> Change:
        """Return what becomes of the lines, in the first year."""

    @abstractmethod
    def yearly(self, baseline: Baseline, values: Values) -> Number:
        """Return the money a year saves, running cost of the measure left out."""

    def once(self, baseline: Baseline, values: Values) -> Number:
        """Return the money spent in year 0 besides `investment`."""
        return 0.0

    def residual(self, baseline: Baseline, values: Values) -> Number:
        """Return what is left of it at the end."""
        return 0.0

    @property
    def values(self) -> dict[str, float]:
        """The inputs' own values."""
        return {key: each.value for key, each in self.inputs.items()}

    def outcome(self, baseline: Baseline, values: Values) -> Outcome:
        """Return what the measure does to a baseline; see `Measure`. A draw of a share beyond 0 or 1 counts as that."""
        values, own = self._within(values), self.values
        usual, left, remarks = baseline.once((self, "after"), lambda: self._usual(baseline))
        as_usual = all(np.ndim(values[key]) == 0 and values[key] == number for key, number in own.items())
        change = usual if as_usual else self.change(baseline, values)
        saved_kg, grid_kg = (self.by_year(baseline, values, change.saved_kg(each)) for each in (None, GRID))
        if not np.any(grid_kg):
            return Outcome(saved_kg, self.cash(baseline, values), left, remarks)
        return Outcome(saved_kg, self.cash(baseline, values), left, (*remarks, self.grid_remark()), grid_kg)

    def _usual(self, baseline: Baseline) -> tuple[Change, Baseline, tuple[Remark, ...]]:
        """Return what becomes of a baseline at the inputs' own values."""
        change = self.change(baseline, self.values)
        return change, change.after(), self.remarks(baseline)

    def grid_remark(self) -> Remark:
        """Return what is said of the grid in the years to come."""
        path = self.setup.organisation.finance.grid_path if self.setup.organisation.finance is not None else None
        if path is None:
            return Remark("grid_constant", "every year has the grid of the baseline’s year")
        year = max(path.left)
        text = "the grid’s emissions per kWh are {share} of the baseline year’s by {year} ({source})"
        return Remark("grid_path", text, share=f"{path.left[year]:.0%}", year=year, source=path.source)

    def stages_saved_kg(self, baseline: Baseline, values: Values) -> dict[str, Number]:
        """Return what the first year saves by stage [kg CO2e]; see `Measure`."""
        return self.change(baseline, self._within(values)).stages_saved_kg()

    def _within(self, values: Values) -> dict[str, np.ndarray]:
        return {key: np.clip(each, 0, 1 if key in self.shares else None) for key, each in values.items()}

    def by_year(self, baseline: Baseline, values: Values, first_kg: Number) -> np.ndarray:
        """Return what years 1 to n save [kg CO2e], shape (..., n), where the first saves so much."""
        return each_year(first_kg, self.lifetime_years)

    def yearly_by_year(self, baseline: Baseline, values: Values) -> np.ndarray:
        """Return the money that years 1 to n save, shape (..., n)."""
        return each_year(self.yearly(baseline, values), self.lifetime_years)

    def cash(self, baseline: Baseline, values: Values) -> np.ndarray:
        """Return the money of years 0 to n, shape (..., n + 1)."""
        later = self.yearly_by_year(baseline, values)
        later = later - np.asarray(values["running_cost"], dtype=float)[..., None]
        first = -np.asarray(values["investment"] + self.once(baseline, values), dtype=float)
        left = np.asarray(self.residual(baseline, values), dtype=float)
        shape = np.broadcast_shapes(first.shape, left.shape, later.shape[:-1])
        cash = np.zeros((*shape, self.lifetime_years + 1))
        cash[..., 0] = first
        cash[..., 1:] = later
        cash[..., -1] += left
        return cash

    def remarks(self, baseline: Baseline) -> tuple[Remark, ...]:
        """Return what the reader has to know about this baseline."""
        return self.notes

    def nothing(self, what: str, mend: str, why: Remark) -> NotApplicable:
        """Return the error of a measure without baseline."""
        return NotApplicable(
            why,
            f"measure '{self.key}' has no baseline in the ledger",
            found=f"no {what} in {self.setup.baseline.period}",
            expected=what,
            mend=mend,
        )


def each_year(number: Number, years: int) -> np.ndarray:
    """Return a number, or each of many draws, for every year: shape (..., years)."""
    return np.asarray(number, dtype=float)[..., None] * np.ones(years)
