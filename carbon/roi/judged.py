"""Judged measures: what a study found, and the same as plain values, which JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from carbon.factors.factor import Source
from carbon.roi.baseline import Baseline
from carbon.roi.cashflow import Appraisal, Terms
from carbon.roi.macc import Block, Curve
from carbon.roi.measure import Measure
from carbon.roi.plan import LeftOut
from carbon.roi.portfolio import Plan
from carbon.roi.remark import Remark
from carbon.roi.risk import BreakEven, Simulation, Swing


@dataclass(frozen=True, eq=False)
class Entry:
    """One measure, on the whole baseline.

    Attributes
    ----------
    alone : Appraisal
        Without any other measure.
    block : Block or None
        Its place on the abatement-cost curve, on what the measures before it left; None if it saves nothing there.
    notes : tuple of Remark
        What its model has to say of this ledger.
    stages, scopes : tuple of str
        Whose emissions it changes on this ledger.
    overlaps : tuple of str
        Keys of the measures that change some of the same lines, or are of its group.
    """

    measure: Measure
    alone: Appraisal
    block: Block | None
    swings: tuple[Swing, ...]
    break_evens: tuple[BreakEven, ...]
    simulation: Simulation
    notes: tuple[Remark, ...] = ()
    stages: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    overlaps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Goal:
    """A reduction target of the organisation file as what must be saved in its year.

    Attributes
    ----------
    base_kg : float or None
        [kg CO2e] of its base year; None if the ledger has none of it.
    needed_kg : float or None
        [kg CO2e] to be saved in the target year if activity stays as in the baseline.
    cleaner_kg : float
        [kg CO2e] that the grid's own path takes of the baseline by then, which measures need not save.
    """

    year: int
    base_year: int
    reduction_share: float
    base_kg: float | None
    needed_kg: float | None
    cleaner_kg: float = 0.0


@dataclass(frozen=True, eq=False)
class Study:
    """Measures of an organisation, judged.

    Attributes
    ----------
    entries : tuple of Entry
        In the order of the curve, then those beside it.
    absent : tuple of LeftOut
    choice : Plan or None
        Worth most under `finance.budget`; None without one.
    plan : Plan
        Year by year: to the goals at least cost where there are goals, else worth most.
    together : Simulation
        Draws of all blocks of the curve together.
    goals : tuple of Goal
    budget, yearly_budget : float, mapping of year to float, or None
        [currency] As `finance` gives them.
    sources : mapping of str to Source
        Key to publication, for what the inputs cite.
    """

    baseline: Baseline
    terms: Terms
    entries: tuple[Entry, ...]
    absent: tuple[LeftOut, ...]
    curve: Curve
    choice: Plan | None
    plan: Plan
    together: Simulation
    goals: tuple[Goal, ...]
    budget: float | None
    yearly_budget: float | Mapping[int, float] | None
    draws: int
    seed: int
    sources: Mapping[str, Source] = field(default_factory=dict)

    @cached_property
    def first(self) -> Entry | None:
        """Return the measure to begin with: the first of the curve; None if there is none."""
        return next((entry for entry in self.entries if entry.block is not None), None)

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return _study_json(self)


def _study_json(study: Study) -> dict[str, Any]:
    return {
        "schema": 1,
        "period": study.baseline.period,
        "baseline_co2e_kg": study.baseline.total_kg,
        "terms": _terms_json(study.terms),
        "measures": [_entry_json(entry) for entry in study.entries],
        "not_applicable": [{"measure": each.key, "reason": each.reason} for each in study.absent],
        "abatement_curve": {
            "saved_kg_per_year": study.curve.total_kg,
            "npv": study.curve.npv,
            "blocks": [
                {
                    "measure": block.measure.key,
                    "saved_kg_per_year": block.width_kg,
                    "cost_per_t": None if block.appraisal.cost_per_kg is None else block.appraisal.cost_per_kg * 1000,
                    "npv": block.appraisal.npv,
                }
                for block in study.curve.blocks
            ],
            "beside": [{"measure": each.measure.key, "reason": each.reason} for each in study.curve.beside],
        },
        "together": {
            "draws": study.draws,
            "seed": study.seed,
            "npv_percentiles": list(study.together.percentiles),
            "probability_npv_positive": study.together.pays,
        },
        "budget": study.budget,
        "choice": None if study.choice is None else _plan_json(study.choice),
        "goals": [
            {
                "year": goal.year,
                "base_year": goal.base_year,
                "reduction_share": goal.reduction_share,
                "base_kg": goal.base_kg,
                "needed_kg": goal.needed_kg,
                "cleaner_grid_kg": goal.cleaner_kg,
            }
            for goal in study.goals
        ],
        "plan": _plan_json(study.plan),
    }


def _terms_json(terms: Terms) -> dict[str, Any]:
    prices = terms.carbon_price_per_kg
    return {
        "currency": terms.currency,
        "base_year": terms.base_year,
        "horizon_years": terms.horizon_years,
        "real_discount_rate": terms.discount_rate,
        "real_finance_rate": terms.finance_rate,
        "real_reinvest_rate": terms.reinvest_rate,
        "stated_nominal_rate": terms.stated_rate,
        "inflation": terms.inflation,
        "carbon_price_per_t": None if prices is None else (prices * 1000).tolist(),
    }


def _entry_json(entry: Entry) -> dict[str, Any]:
    measure = entry.measure
    low, middle, high = entry.simulation.percentiles
    ends = {each.key: each for each in entry.break_evens}
    swings = {each.key: each for each in entry.swings}
    return {
        "measure": measure.key,
        "group": measure.group,
        "stages": list(entry.stages),
        "scopes": list(entry.scopes),
        "overlaps": list(entry.overlaps),
        "confidence": measure.confidence,
        "lifetime_years": measure.lifetime_years,
        "alone": appraisal_json(entry.alone),
        "in_sequence": None if entry.block is None else appraisal_json(entry.block.appraisal),
        "npv_percentiles": [low, middle, high],
        "probability_npv_positive": entry.simulation.pays,
        "notes": list(entry.notes),
        "inputs": [
            {
                "key": key,
                "unit": each.unit,
                "value": each.value,
                "low": each.low,
                "high": each.high,
                "source": each.source,
                "illustrative": each.illustrative,
                "npv_at_low": swings[key].npv_low if key in swings else None,
                "npv_at_high": swings[key].npv_high if key in swings else None,
                "break_even": ends[key].value if key in ends else None,
            }
            for key, each in measure.inputs.items()
        ],
    }


def appraisal_json(appraisal: Appraisal) -> dict[str, Any]:
    """Return a measure's figures as plain values."""
    return {
        "saved_kg_per_year": appraisal.yearly_kg,
        "saved_kg": appraisal.saved_kg.tolist(),
        "cash": np.asarray(appraisal.cash).tolist(),
        "outlay": appraisal.outlay,
        "first_year": appraisal.first_year,
        "npv": appraisal.npv,
        "npv_with_carbon_price": appraisal.npv_with_carbon,
        "payback_years": appraisal.payback_years,
        "mirr": appraisal.mirr,
        "no_mirr": None if appraisal.no_mirr is None else str(appraisal.no_mirr),
        "irr": appraisal.irr,
        "no_irr": None if appraisal.no_irr is None else str(appraisal.no_irr),
        "cost_per_t": None if appraisal.cost_per_kg is None else appraisal.cost_per_kg * 1000,
    }


def _plan_json(plan: Plan) -> dict[str, Any]:
    return {
        "measures": [
            {"measure": each.measure.key, "year": each.year, "outlay": each.appraisal.outlay, "worth": each.worth}
            for each in plan.chosen
        ],
        "npv": plan.worth,
        "years": plan.years.tolist(),
        "saved_kg": plan.saved_kg.tolist(),
        "outlay": plan.outlay.tolist(),
        "target_kg": {str(year): needed for year, needed in plan.target.items()},
        "short_kg": {str(year): short for year, short in plan.short_kg.items()},
        "proven": plan.proven,
        "every_order": plan.every_order,
        "apart": plan.apart,
    }
