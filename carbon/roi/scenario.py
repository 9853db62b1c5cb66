"""What if: some of the measures that apply, with other inputs, and what comes of them all together.

A scenario takes what it does not say from the organisation file. What its measures save is reckoned in the order in which they are
applied, each on what the former left, and measures that add emissions count as well: it is what would happen, not the best of it.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from carbon.errors import RoiError
from carbon.factors.registry import Registry
from carbon.ledger import Ledger, Period
from carbon.organisation import Organisation
from carbon.organisation import read as read_organisation
from carbon.roi.baseline import Baseline
from carbon.roi.cashflow import Appraisal, Terms, appraise, no_finance, to_horizon
from carbon.roi.judged import Study
from carbon.roi.measure import Input, Measure, Outcome
from carbon.roi.orders import QUICK_STEPS
from carbon.roi.plan import Considered, Step, consider, currency_of
from carbon.roi.reading import read_baseline
from carbon.roi.readings import Readings
from carbon.roi.risk import DRAWS, SEED, Simulation, sample, simulate_all, values_of
from carbon.roi.study import bases_of, judge
from carbon.units import Price

#: What stands under `source` of an input that a scenario changed.
SCENARIO = "scenario"
#: How many times the high end of an input's range a scenario may take it to.
_MOST = 10.0


@dataclass(frozen=True)
class Scenario:
    """A question: which measures, and with what.

    Attributes
    ----------
    left_out : tuple of str
        Measures that apply and are not taken.
    values : mapping
        Measure to input to its value here, in the unit that the input has.
    budget : float or None
        For all outlays; that of the organisation file if None.
    currency : str
        That of the organisation's `costs` when it was made: what was typed in pounds must not be read as euros.
    """

    name: str = ""
    left_out: tuple[str, ...] = ()
    values: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    budget: float | None = None
    currency: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "name": self.name,
            "left_out": sorted(self.left_out),
            "values": {key: dict(sorted(each.items())) for key, each in sorted(self.values.items()) if each},
            "budget": self.budget,
            "currency": self.currency,
        }

    @classmethod
    def from_json(cls, given: Any) -> Scenario:
        """Return a scenario from plain values.

        Raises
        ------
        RoiError
            If they are no scenario.
        """
        try:
            values = {str(key): {str(k): _number(v) for k, v in each.items()} for key, each in given["values"].items()}
            budget = None if given["budget"] is None else _number(given["budget"])
            left_out = tuple(str(each) for each in given["left_out"])
            return cls(str(given["name"]), left_out, values, budget, str(given["currency"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RoiError(
                "this is no saved scenario",
                found=str(given)[:120],
                expected="name, left_out, values, budget and currency",
                mend="bring a former version of the file back, or delete it",
            ) from error


def _number(given: object) -> float:
    value = float(given)  # type: ignore[arg-type]
    if not math.isfinite(value):
        raise ValueError(given)
    return value


@dataclass(frozen=True)
class StageRange:
    """A stage before and after, in the first year [kg CO2e]; `low_kg` and `high_kg` are the 5th and 95th percentile of the draws."""

    before_kg: float
    after_kg: float
    low_kg: float
    high_kg: float


@dataclass(frozen=True, eq=False)
class Effect:
    """What the measures of a scenario do together.

    Attributes
    ----------
    steps : tuple of Step
        In the order in which they are applied.
    without_effect : mapping
        Measure to why its model finds nothing to work on in what the others left.
    stages : mapping
        Stage to its figures, in the baseline's order.
    total : StageRange
        All stages.
    money : Appraisal
        All steps as one cash flow over the horizon.
    draws : Simulation
        Of all steps together.
    """

    steps: tuple[Step, ...]
    without_effect: Mapping[str, str]
    stages: Mapping[str, StageRange]
    total: StageRange
    money: Appraisal
    draws: Simulation

    @property
    def saved_kg(self) -> float:
        """What the first year saves [kg CO2e]; below zero where more is emitted."""
        return self.total.before_kg - self.total.after_kg


def bounds_of(measure: Measure, key: str) -> tuple[float, float | None]:
    """Return between which values a scenario may move an input: shares from 0 to 1, others from 0 to ten times the high end."""
    if key in measure.shares:
        return 0.0, 1.0
    high = measure.inputs[key].high
    return 0.0, high * _MOST if high > 0 else None


def with_values(measure: Measure, values: Mapping[str, float]) -> Measure:
    """Return a measure with other values of some inputs; a range keeps its width in proportion to the value.

    Raises
    ------
    RoiError
        If it has no such input, or the value lies outside `bounds_of`.
    """
    if not values:
        return measure
    inputs = dict(measure.inputs)
    for key, value in values.items():
        if key not in inputs:
            raise RoiError(
                f"measure '{measure.key}' has no input '{key}'",
                found=key,
                expected=", ".join(inputs),
                mend="take the change out of the scenario",
            )
        low, high = bounds_of(measure, key)
        if not low <= value <= (math.inf if high is None else high):
            raise RoiError(
                f"measure '{measure.key}': the value of '{key}' lies outside what it can be",
                found=f"{value:g}",
                expected=f"{low:g} or more" if high is None else f"{low:g} to {high:g}",
                mend="take a value between",
            )
        inputs[key] = _moved(inputs[key], float(value), 1.0 if key in measure.shares else math.inf)
    changed = copy.copy(measure)
    changed.inputs = inputs
    return changed


def _moved(given: Input, value: float, most: float) -> Input:
    if value == given.value:
        return given
    ratio = value / given.value if given.value else 1.0
    low, high = (given.low * ratio, given.high * ratio) if given.value else (value, value)
    return replace(given, value=value, low=low, high=min(high, most), source=SCENARIO, illustrative=False)


def effect_of(
    measures: Sequence[Measure], baseline: Baseline, terms: Terms, *, draws: int = DRAWS, seed: int = SEED
) -> Effect:
    """Apply measures one after the other and return what comes of all of them.

    Draws of one measure do not change what is left for the next one, as in `simulate_all`.
    """
    steps: list[Step] = []
    nothing: dict[str, str] = {}
    drawn: dict[str, np.ndarray] = {}
    left = baseline
    for measure in measures:
        try:
            outcome = measure.outcome(left, values_of(measure))
            saved = measure.stages_saved_kg(left, sample(measure, draws, seed))
        except RoiError as error:
            nothing[measure.key] = error.problem
            continue
        steps.append(Step(measure, left, outcome))
        for stage, saved_kg in saved.items():
            drawn[stage] = drawn.get(stage, np.zeros(draws)) + saved_kg
        left = outcome.after
    before, after = baseline.stages_kg, left.stages_kg
    stages = {
        stage: _range(before.get(stage, 0.0), after.get(stage, 0.0), drawn.get(stage))
        for stage in dict.fromkeys([*before, *after])
    }
    total = _range(baseline.total_kg, left.total_kg, sum(drawn.values()) if drawn else None)
    found = simulate_all([each.measure for each in steps], baseline, terms, draws=draws, seed=seed)
    return Effect(tuple(steps), nothing, stages, total, _together(steps, left, terms), found)


def _range(before_kg: float, after_kg: float, saved_kg: np.ndarray | None) -> StageRange:
    if saved_kg is None:
        return StageRange(before_kg, after_kg, after_kg, after_kg)
    low, high = np.percentile(before_kg - saved_kg, [5, 95])
    return StageRange(before_kg, after_kg, float(low), float(high))


def _together(steps: Sequence[Step], left: Baseline, terms: Terms) -> Appraisal:
    """Return all steps as one cash flow, which is in the currency of the results already."""
    saved_kg, cash = np.zeros(terms.horizon_years), np.zeros(terms.horizon_years + 1)
    for step in steps:
        own_kg, own_cash = to_horizon(step.outcome, terms)
        saved_kg, cash = saved_kg + own_kg, cash + own_cash
    return appraise(Outcome(saved_kg, cash, left), replace(terms, cash_factor=1.0))


@dataclass(frozen=True, eq=False)
class Answer:
    """A scenario's study and effect.

    Attributes
    ----------
    unknown : tuple of str
        Measures that the scenario changes and that do not apply.
    """

    scenario: Scenario
    study: Study
    effect: Effect
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Workbench:
    """A ledger and an organisation file, read once for any number of scenarios."""

    organisation: Organisation
    considered: Considered
    bases_kg: Mapping[int, float]

    @property
    def currency(self) -> str:
        """Of all inputs."""
        return self.considered.baseline.currency

    def measures(self, scenario: Scenario) -> tuple[Measure, ...]:
        """Return the measures that a scenario takes, with its values.

        Raises
        ------
        RoiError
            If its money is in another currency, or a value cannot be.
        """
        if (scenario.values or scenario.budget is not None) and scenario.currency not in ("", self.currency):
            raise RoiError(
                f"scenario '{scenario.name}' is in another currency than the organisation file",
                found=scenario.currency,
                expected=self.currency,
                mend="delete the scenario, or set costs.currency back",
            )
        return tuple(
            with_values(each, scenario.values.get(each.key, {}))
            for each in self.considered.applicable
            if each.key not in scenario.left_out
        )

    def answer(self, scenario: Scenario, *, draws: int = DRAWS, seed: int = SEED) -> Answer:
        """Judge a scenario.

        Raises
        ------
        RoiError
            As `measures`.
        """
        measures, organisation = self.measures(scenario), self.organisation
        if scenario.budget is not None:
            price = Price(f"{scenario.budget!r} {self.currency}", self.currency, scenario.budget)
            finance = organisation.finance.model_copy(update={"budget": price})
            organisation = organisation.model_copy(update={"finance": finance})
        found = judge(
            measures,
            self.considered.baseline,
            organisation,
            absent=self.considered.left_out,
            sources=self.considered.sources,
            bases_kg=self.bases_kg,
            draws=draws,
            seed=seed,
            most_steps=QUICK_STEPS,
        )
        known = {each.key for each in self.considered.applicable}
        return Answer(
            scenario,
            found,
            effect_of(measures, self.considered.baseline, found.terms, draws=draws, seed=seed),
            tuple(sorted({*scenario.values, *scenario.left_out} - known)),
        )


class Workshop:
    """An organisation file, its factors and a ledger, read once for the workbenches of any number of periods.

    Parameters
    ----------
    organisation : Organisation or path
        With its `finance`.
    ledger : Ledger or path
    factors : iterable of path
        The merchant's own factor files.
    readings : Readings, optional
        Holds what parcels add up to, also for workshops of other files or after a new run.

    Raises
    ------
    OrganisationError
        If the organisation file has no part `finance`.
    """

    def __init__(
        self,
        organisation: Organisation | Path | str,
        ledger: Ledger | Path | str,
        *,
        factors: Iterable[Path | str] = (),
        readings: Readings | None = None,
    ):
        setup = organisation if isinstance(organisation, Organisation) else read_organisation(organisation)
        if setup.finance is None:
            raise no_finance()
        self.organisation, self.ledger, self.readings = setup, ledger, readings
        self._factors = tuple(factors)

    @cached_property
    def registry(self) -> Registry:
        """All factors."""
        return Registry.load(self._factors, gwp_set=self.organisation.method.gwp_set)

    @cached_property
    def bases_kg(self) -> dict[int, float]:
        """Emissions of the targets' base years."""
        return bases_of(self.organisation, self.ledger)

    def bench(self, period: Period | str | None = None) -> Workbench:
        """Return what scenarios of a period are about; errors as of `study_of`."""
        currency = currency_of(self.organisation)
        baseline = read_baseline(self.ledger, period, currency, readings=self.readings)
        return Workbench(self.organisation, consider(self.organisation, self.registry, baseline), self.bases_kg)


def workbench_of(
    organisation: Organisation | Path | str,
    ledger: Ledger | Path | str,
    period: Period | str | None = None,
    *,
    factors: Iterable[Path | str] = (),
) -> Workbench:
    """Read what scenarios of one period are about; parameters and errors as of `study_of`."""
    return Workshop(organisation, ledger, factors=factors).bench(period)
