"""Which measures, and when: the most worth under a budget, or a target at least cost, as an integer programme.

Overlapping measures are not added up: inside a group, every order of every choice of measures is a path (see `carbon.roi.orders`), each
step with the savings and the money that it has on what the steps before it left. Two variables cannot hide an interaction there. The
programme chooses one path a group and a year for each step:

    Y[step, year] = 1 from the year on in which a step is in operation
    Y[step, year] >= Y[step, year - 1];  the steps from a state together <= those that lead to it, or one

Money, savings and limits of a year are sums over the differences Y[step, year] - Y[step, year - 1], so nothing is approximated.

Year 1 is the first after the baseline's. A measure is paid for at the beginning of the year in which it begins to save.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from carbon.errors import InputError
from carbon.roi.cashflow import Appraisal, Terms, appraise
from carbon.roi.measure import Measure, Outcome
from carbon.roi.orders import Forest, Move
from carbon.roi.programme import ENDLESS, Programme


@dataclass(frozen=True, eq=False)
class Chosen:
    """A measure of a plan.

    Attributes
    ----------
    year : int
        Calendar year in which it is paid for and begins to save.
    appraisal : Appraisal
        Over what is left of the horizon then, in money of the baseline's year, as seen from that year.
    worth : float
        What it adds to the plan, as seen from the baseline's year; with the carbon price where there is one.
    """

    measure: Measure
    year: int
    outcome: Outcome
    appraisal: Appraisal
    worth: float


@dataclass(frozen=True, eq=False)
class Plan:
    """Measures with their years, and what comes of them.

    Attributes
    ----------
    years : numpy.ndarray
        Calendar years 1 to the horizon.
    saved_kg, outlay : numpy.ndarray
        By year: [kg CO2e], and [currency] paid at its beginning, not discounted.
    worth : float
        Net present value, with the carbon price where there is one.
    target : mapping of int to float
        Year to [kg CO2e] that were to be saved in it.
    short_kg : mapping of int to float
        By how much a target is missed; empty if all are reached.
    proven : bool
        Whether no better plan exists.
    every_order : bool
        Whether all orders of overlapping measures were looked at.
    """

    chosen: tuple[Chosen, ...]
    years: np.ndarray
    saved_kg: np.ndarray
    outlay: np.ndarray
    worth: float
    target: Mapping[int, float]
    short_kg: Mapping[int, float]
    proven: bool
    every_order: bool

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the measures' names in order of their years."""
        return tuple(each.measure.key for each in self.chosen)


def best_plan(
    forest: Forest,
    terms: Terms,
    *,
    starts: int = 1,
    budget: float | None = None,
    yearly_budget: float | Mapping[int, float] | None = None,
    target: Mapping[int, float] | None = None,
    aim: Literal["worth", "savings"] = "worth",
) -> Plan:
    """Return the plan that is worth most among those within the budgets that reach the targets.

    Parameters
    ----------
    forest : Forest
        Of the measures to choose from.
    starts : int
        Years in which a measure may begin; 1 for a choice without years.
    budget : float, optional
        [currency] For all outlays.
    yearly_budget : float or mapping, optional
        [currency] For those of each year; a mapping of calendar years holds from each of its years on.
    target : mapping, optional
        Calendar year to [kg CO2e] that must be saved in it, such as ``{2030: 5000}``. Where no plan reaches them, the one that misses
        them by least, and `Plan.short_kg`.
    aim : "worth" or "savings"
        Whether the most money is wanted, or the most CO2e saved over the horizon and, among equals, the most money.
    """
    target = dict(target or {})
    starts = min(starts, terms.horizon_years)
    for year in target:
        if not 1 <= year - terms.base_year <= terms.horizon_years:
            last = terms.base_year + terms.horizon_years
            raise InputError(
                "a target outside the years of the plan",
                found=year,
                expected=f"{terms.base_year + 1} to {last}",
                mend="lengthen finance.horizon_years",
            )
    limits = yearly_limits(yearly_budget, terms, starts)
    steps = forest.steps
    model = _Model(steps, terms, starts)
    found, proven = None, True
    if steps:
        all_years = range(terms.horizon_years)
        found = (
            model.programme(budget, limits, target).solve()
            if aim == "worth"
            else _most_saved(model, budget, limits, target, all_years)
        )
        if found is None and target:
            found = _most_saved(model, budget, limits, {}, [year - terms.base_year - 1 for year in target])
    on = np.zeros((len(steps), starts), dtype=bool)
    if found is not None:
        on, proven = found[0][: len(steps) * starts].reshape(len(steps), starts), found[1]
    return model.plan(on, target, proven, forest.every_order)


def yearly_limits(given: float | Mapping[int, float] | None, terms: Terms, starts: int) -> np.ndarray:
    """Return what may be spent in years 1 to `starts`; before a mapping's first year nothing may be."""
    if given is None:
        return np.full(starts, np.inf)
    if not isinstance(given, Mapping):
        return np.full(starts, float(given))
    years = terms.base_year + np.arange(1, starts + 1)
    held = [max((each for each in given if each <= year), default=None) for year in years]
    return np.array([0.0 if each is None else float(given[each]) for each in held])


class _Model:
    """Money and savings of every step in every year it may begin in."""

    def __init__(self, steps: Sequence[Move], terms: Terms, starts: int):
        self.steps, self.terms, self.starts = steps, terms, starts
        horizon = terms.horizon_years
        self.appraisals = [
            [appraise(step.outcome, terms, horizon - start) for start in range(starts)] for step in steps
        ]
        factors = terms.factors(starts)
        self.worth = np.array(
            [[each.worth * factors[start] for start, each in enumerate(row)] for row in self.appraisals]
        ).reshape(len(steps), starts)
        self.outlay = np.array([row[0].outlay for row in self.appraisals])
        self.saved_kg = np.zeros((len(steps), starts, horizon))
        for place, row in enumerate(self.appraisals):
            for start, each in enumerate(row):
                self.saved_kg[place, start, start:] = each.saved_kg

    def _begun(self, values: np.ndarray) -> dict[int, float]:
        """Return the coefficients of variables whose differences from year to year are worth `values`, shape (steps, starts)."""
        after = np.concatenate([values[:, 1:], np.zeros((len(self.steps), 1))], axis=1)
        return dict(enumerate((values - after).ravel()))

    def programme(self, budget: float | None, limits: np.ndarray, target: Mapping[int, float]) -> Programme:
        """Return the programme: the most worth within all limits."""
        gains = np.array(list(self._begun(self.worth).values()))
        made = Programme(gains)
        self.limit(made, budget, limits)
        for year, needed_kg in target.items():
            made.add(needed_kg, ENDLESS, self._begun(self.saved_kg[:, :, year - self.terms.base_year - 1]))
        return made

    def limit(self, made: Programme, budget: float | None, limits: np.ndarray) -> None:
        """Add the rows of the trees and of the budgets."""
        starts = self.starts
        begin: dict[int, list[int]] = {}
        lead: dict[int, list[int]] = {}
        for place, step in enumerate(self.steps):
            begin.setdefault(step.start, []).append(place)
            lead.setdefault(step.end, []).append(place)
            for start in range(1, starts):
                made.add(0.0, ENDLESS, {place * starts + start: 1.0, place * starts + start - 1: -1.0})
        for state, places in begin.items():
            for start in range(starts):
                row = {place * starts + start: 1.0 for place in places}
                row |= {place * starts + start: -1.0 for place in lead.get(state, ())}
                made.add(-ENDLESS, 0.0 if state in lead else 1.0, row)
        outlays = np.repeat(self.outlay[:, None], starts, axis=1)
        if budget is not None:
            made.add(-ENDLESS, float(budget), self._begun(outlays))
        for start in np.flatnonzero(np.isfinite(limits)):
            only = np.where(np.arange(starts) == start, outlays, 0.0)
            made.add(-ENDLESS, float(limits[start]), self._begun(only))

    def plan(self, on: np.ndarray, target: Mapping[int, float], proven: bool, every_order: bool) -> Plan:
        """Return the plan of the steps that are on, its figures summed up from theirs."""
        horizon, base = self.terms.horizon_years, self.terms.base_year
        saved_kg, outlay, chosen, worth = np.zeros(horizon), np.zeros(horizon), [], 0.0
        for place in np.flatnonzero(on.any(axis=1)):
            start = int(on[place].argmax())
            saved_kg += self.saved_kg[place, start]
            outlay[start] += self.outlay[place]
            worth += self.worth[place, start]
            step = self.steps[place]
            chosen.append(
                Chosen(
                    step.measure,
                    base + 1 + start,
                    step.outcome,
                    self.appraisals[place][start],
                    float(self.worth[place, start]),
                )
            )
        short_kg = {year: needed - saved_kg[year - base - 1] for year, needed in target.items()}
        # A solver keeps its rows to a few parts in ten million.
        missed = {year: float(short) for year, short in short_kg.items() if short > 1e-6 * abs(target[year])}
        chosen.sort(key=lambda each: each.year)
        return Plan(
            tuple(chosen),
            base + np.arange(1, horizon + 1),
            saved_kg,
            outlay,
            worth,
            dict(target),
            missed,
            proven,
            every_order,
        )


def _most_saved(
    model: _Model, budget: float | None, limits: np.ndarray, target: Mapping[int, float], years: Sequence[int]
) -> tuple[np.ndarray, bool] | None:
    """Return the plan that saves most in some years of the horizon and, among equals, is worth most; None if none reaches the targets."""
    saved = model.saved_kg[:, :, list(years)].sum(axis=2)
    most = model.programme(budget, limits, target)
    most.gains = np.array(list(model._begun(saved).values()))
    found = most.solve()
    if found is None:
        return None
    best_kg = float(most.gains @ found[0])
    again = model.programme(budget, limits, target)
    again.add(best_kg - 1e-7 * abs(best_kg), ENDLESS, model._begun(saved))
    second = again.solve()
    return found if second is None else (second[0], second[1] and found[1])
