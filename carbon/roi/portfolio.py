"""Which measures, and when: the most worth under a budget, or a target at least cost, as an integer programme.

Overlapping measures are not added up: inside a group, every order of every choice of measures is a path (see `carbon.roi.orders`), each
step with the savings and the money that it has on what the steps before it left. Two variables cannot hide an interaction there. The
programme chooses one path a group and a year for each step, as one flow from each group's first state through states and years:

    begin[step, year] = 1 where a step begins in a year;  wait[state, year] = 1 where nothing follows a state in a year
    the steps from a state + wait[state, year] = those that lead to it (or one, to begin with) + wait[state, year - 1]

Money, savings and limits of a year are sums over `begin`, so nothing is approximated. Where no limit ties the groups together, no
programme is needed (see `carbon.roi.unlimited`).

Year 1 is the first after the baseline's. A measure is paid for at the beginning of the year in which it begins to save.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from carbon.errors import InputError
from carbon.roi.cashflow import Appraisal, Terms, appraise
from carbon.roi.measure import Measure, Outcome
from carbon.roi.orders import Forest, Move
from carbon.roi.programme import ENDLESS, Programme
from carbon.roi.unlimited import Unlimited

#: Savings are as much within this part of them: a solver keeps its rows to a few parts in ten million.
_CLOSE = 1e-7


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
    apart : bool
        Whether measures of different groups leave one another alone, so that nothing is better than what was found.
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
    apart: bool = True

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
        given = _Limits(budget, limits, target)
        found = _most_worth(model, given) if aim == "worth" else _most_saved(model, given, range(terms.horizon_years))
        if found is None and target:
            years = [year - terms.base_year - 1 for year in target]
            found = _most_saved(model, replace(given, target={}), years)
    begun = np.zeros((len(steps), starts), dtype=bool)
    if found is not None:
        begun, proven = found
    return model.plan(begun, target, proven, forest.every_order)


def yearly_limits(given: float | Mapping[int, float] | None, terms: Terms, starts: int) -> np.ndarray:
    """Return what may be spent in years 1 to `starts`; before a mapping's first year nothing may be."""
    if given is None:
        return np.full(starts, np.inf)
    if not isinstance(given, Mapping):
        return np.full(starts, float(given))
    years = terms.base_year + np.arange(1, starts + 1)
    held = [max((each for each in given if each <= year), default=None) for year in years]
    return np.array([0.0 if each is None else float(given[each]) for each in held])


@dataclass(frozen=True)
class _Limits:
    """What a plan must keep to: a budget for all, one for each year, and targets."""

    budget: float | None
    yearly: np.ndarray
    target: Mapping[int, float]

    @property
    def none(self) -> bool:
        """Whether there is none, so that every group can be planned for itself."""
        return self.budget is None and not self.target and not np.isfinite(self.yearly).any()


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

    def saved_in(self, years: Sequence[int]) -> np.ndarray:
        """Return what a step saves in some years together [kg CO2e], by the year in which it begins."""
        return self.saved_kg[:, :, list(years)].sum(axis=2)

    def row(self, values: np.ndarray) -> dict[int, float]:
        """Return the coefficients of `begin` that are worth `values`, shape (steps, starts)."""
        return dict(enumerate(values.ravel()))

    def programme(self, gains: np.ndarray, given: _Limits) -> Programme:
        """Return the programme: the most of `gains` within all limits."""
        first_wait = gains.size
        leaving: dict[int, list[int]] = {}
        leading: dict[int, list[int]] = {}
        for place, step in enumerate(self.steps):
            leaving.setdefault(step.start, []).append(place)
            leading.setdefault(step.end, []).append(place)
        made = Programme(np.append(gains.ravel(), np.zeros(len(leaving) * self.starts)))
        for number, (state, places) in enumerate(leaving.items()):
            for year in range(self.starts):
                wait = first_wait + number * self.starts + year
                row = {place * self.starts + year: 1.0 for place in places} | {wait: 1.0}
                row |= {place * self.starts + year: -1.0 for place in leading.get(state, ())}
                row |= {wait - 1: -1.0} if year else {}
                there = 1.0 if state not in leading and not year else 0.0
                made.add(there, there, row)
        outlays = np.repeat(self.outlay[:, None], self.starts, axis=1)
        if given.budget is not None:
            made.add(-ENDLESS, float(given.budget), self.row(outlays))
        for year in np.flatnonzero(np.isfinite(given.yearly)):
            only = np.where(np.arange(self.starts) == year, outlays, 0.0)
            made.add(-ENDLESS, float(given.yearly[year]), self.row(only))
        for year, needed_kg in given.target.items():
            made.add(needed_kg, ENDLESS, self.row(self.saved_in([year - self.terms.base_year - 1])))
        return made

    def solved(self, programme: Programme) -> tuple[np.ndarray, bool] | None:
        """Return which steps begin when, and whether that is proven best; None if nothing keeps all limits."""
        found = programme.solve()
        if found is None:
            return None
        return found[0][: len(self.steps) * self.starts].reshape(len(self.steps), self.starts), found[1]

    def plan(self, begun: np.ndarray, target: Mapping[int, float], proven: bool, every_order: bool) -> Plan:
        """Return the plan of the steps that are begun, its figures summed up from theirs."""
        horizon, base = self.terms.horizon_years, self.terms.base_year
        saved_kg, outlay, chosen, worth = np.zeros(horizon), np.zeros(horizon), [], 0.0
        for place in np.flatnonzero(begun.any(axis=1)):
            start = int(begun[place].argmax())
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


def _most_worth(model: _Model, given: _Limits) -> tuple[np.ndarray, bool] | None:
    """Return the plan that is worth most; None if none reaches the targets."""
    if given.none:
        return Unlimited(model.steps, model.worth).begun, True
    for year, needed_kg in given.target.items():
        # What is out of reach without limits need not be searched for within them.
        most_kg = Unlimited(model.steps, model.saved_in([year - model.terms.base_year - 1])).gained
        if most_kg < needed_kg * (1 - _CLOSE):
            return None
    return model.solved(model.programme(model.worth, given))


def _most_saved(model: _Model, given: _Limits, years: Sequence[int]) -> tuple[np.ndarray, bool] | None:
    """Return the plan that saves most in some years of the horizon and, among equals, is worth most; None if none reaches the targets."""
    saved_kg = model.saved_in(years)
    bound = Unlimited(model.steps, saved_kg, model.worth)
    if given.none:
        return bound.begun, True
    # Limits often delay measures and leave none out: then the most is known before anything is searched for.
    found = _worth_most_of(model, given, saved_kg, bound.gained)
    if found is not None:
        return found
    most = model.solved(model.programme(saved_kg, given))
    if most is None:
        return None
    second = _worth_most_of(model, given, saved_kg, float(saved_kg[most[0]].sum()))
    return most if second is None else (second[0], second[1] and most[1])


def _worth_most_of(
    model: _Model, given: _Limits, saved_kg: np.ndarray, least_kg: float
) -> tuple[np.ndarray, bool] | None:
    """Return the plan that is worth most of those that save so much; None if there is none."""
    made = model.programme(model.worth, given)
    made.add(least_kg - _CLOSE * abs(least_kg), ENDLESS, model.row(saved_kg))
    return model.solved(made)
