"""All that is known of an organisation's measures: what the report, the app and the JSON show, so that they cannot disagree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from carbon.engine.money import exchange_rate
from carbon.factors.factor import Source
from carbon.ledger import Ledger, Period
from carbon.organisation import Finance, GridPath, Organisation
from carbon.organisation import read as read_organisation
from carbon.roi.across import planned
from carbon.roi.baseline import Baseline
from carbon.roi.cashflow import Terms, appraise, grid_left, no_finance, terms_of
from carbon.roi.judged import Entry, Goal, Study
from carbon.roi.macc import abatement_curve
from carbon.roi.measure import Measure, Outcome
from carbon.roi.model import GRID
from carbon.roi.orders import forest_of
from carbon.roi.plan import LeftOut, measures_of
from carbon.roi.reading import read_total_kg
from carbon.roi.risk import (
    DRAWS,
    SEED,
    break_evens,
    simulate,
    simulate_all,
    tornado,
    values_of,
)
from carbon.roi.touch import Touch, overlaps_of, touch_of


def study_of(
    organisation: Organisation | Path | str,
    ledger: Ledger | Path | str,
    period: Period | str | None = None,
    *,
    factors: Iterable[Path | str] = (),
    draws: int = DRAWS,
    seed: int = SEED,
) -> Study:
    """Judge the measures of an organisation on its ledger.

    Parameters
    ----------
    organisation : Organisation or path
        Its `measures` and `finance`.
    ledger : Ledger or path
    period : Period or str, optional
        Whole months; the whole ledger by default.
    factors : iterable of path
        The merchant's own factor files.
    draws, seed : int
        Of the simulation.

    Raises
    ------
    OrganisationError
        If the organisation file has no part `finance`.
    RoiError
        If it has no currency, or the ledger has nothing in the period.
    """
    setup = organisation if isinstance(organisation, Organisation) else read_organisation(organisation)
    if setup.finance is None:
        raise no_finance()
    considered = measures_of(setup, ledger, period, factors=factors)
    return judge(
        considered.applicable,
        considered.baseline,
        setup,
        absent=considered.left_out,
        sources=considered.sources,
        bases_kg=bases_of(setup, ledger),
        draws=draws,
        seed=seed,
    )


def bases_of(organisation: Organisation, ledger: Ledger | Path | str) -> dict[int, float]:
    """Return base years of the targets with their emissions [kg CO2e]; one that the ledger has none of is left out."""
    years = {target.base_year for target in organisation.targets}
    found = {year: read_total_kg(ledger, str(year)) for year in years}
    return {year: total_kg for year, total_kg in found.items() if total_kg is not None}


def judge(
    measures: Sequence[Measure],
    baseline: Baseline,
    organisation: Organisation,
    *,
    absent: Sequence[LeftOut] = (),
    sources: Mapping[str, Source] | None = None,
    bases_kg: Mapping[int, float] | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
    most_steps: int | None = None,
) -> Study:
    """Judge measures on a baseline with an organisation's rates, prices, budgets and targets.

    Parameters
    ----------
    measures : sequence of Measure
        Those that apply.
    absent : sequence of LeftOut
    sources : mapping, optional
        Key to publication, for what the inputs cite.
    bases_kg : mapping, optional
        Base year to its emissions [kg CO2e], for the targets.
    draws, seed : int
        Of the simulation.
    most_steps : int, optional
        Of an overlap group whose every order is looked at; `carbon.roi.orders.MOST_STEPS` by default.

    Raises
    ------
    OrganisationError
        If the organisation file has no part `finance`.
    """
    terms = terms_of(organisation, baseline.currency, baseline.year)
    finance = organisation.finance
    curve = abatement_curve(measures, baseline, terms)
    blocks = {block.measure.key: block for block in curve.blocks}
    ordered = [block.measure for block in curve.blocks] + [each.measure for each in curve.beside]
    outcomes = {each.key: each.outcome(baseline, values_of(each)) for each in measures}
    touches = {each.key: touch_of(each, baseline, outcomes[each.key]) for each in measures}
    overlaps = overlaps_of(measures, touches)
    entries = tuple(
        replace(
            _entry(each, baseline, terms, outcomes[each.key], touches[each.key], draws, seed),
            block=blocks.get(each.key),
            overlaps=overlaps[each.key],
        )
        for each in ordered
    )
    goals = tuple(
        _goal(target, baseline, bases_kg or {}, finance.grid_path)
        for target in organisation.targets
        if target.covers == "total"
    )
    budget = _money(finance.budget, terms)
    last = terms.base_year + terms.horizon_years
    reachable = {goal.year: goal.needed_kg for goal in goals if goal.needed_kg and terms.base_year < goal.year <= last}
    forest, yearly = forest_of(measures, baseline, most_steps), _yearly(finance, terms)
    starts = max(reachable, default=last) - terms.base_year
    return Study(
        baseline,
        terms,
        entries,
        tuple(absent),
        curve,
        None if budget is None else planned(forest, baseline, terms, budget=budget),
        planned(forest, baseline, terms, starts=starts, yearly_budget=yearly, target=reachable),
        simulate_all([block.measure for block in curve.blocks], baseline, terms, draws=draws, seed=seed),
        goals,
        budget,
        yearly,
        draws,
        seed,
        dict(sources or {}),
    )


def _entry(
    measure: Measure, baseline: Baseline, terms: Terms, outcome: Outcome, touch: Touch, draws: int, seed: int
) -> Entry:
    return Entry(
        measure,
        appraise(outcome, terms),
        None,
        tornado(measure, baseline, terms),
        break_evens(measure, baseline, terms),
        simulate(measure, baseline, terms, draws=draws, seed=seed),
        outcome.notes,
        touch.stages,
        touch.scopes,
    )


def _goal(target, baseline: Baseline, bases_kg: Mapping[int, float], path: GridPath | None) -> Goal:
    """Return what a target asks for beyond business as usual, which meets the same grid as the measures."""
    base_kg = bases_kg.get(target.base_year)
    needed_kg, cleaner_kg, years = None, 0.0, target.year - baseline.year
    if path is not None and years > 0:
        left = float(grid_left(path.left, baseline.year, years)[-1])
        cleaner_kg = baseline.kg(baseline.where(activity=GRID)) * (1.0 - left)
    if base_kg is not None:
        needed_kg = max(0.0, baseline.total_kg - cleaner_kg - (1.0 - target.reduction_share) * base_kg)
    return Goal(target.year, target.base_year, target.reduction_share, base_kg, needed_kg, cleaner_kg)


def _money(price, terms: Terms) -> float | None:
    return None if price is None else price.value * exchange_rate(price.currency, terms.currency, terms.base_year)


def _yearly(finance: Finance, terms: Terms) -> float | dict[int, float] | None:
    given = finance.yearly_budget
    if isinstance(given, Mapping):
        return {year: _money(price, terms) for year, price in given.items()}
    return _money(given, terms)
