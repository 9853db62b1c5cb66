"""Plans as they would come: measures of different groups take from one another, too, which no group's own steps hold.

A ship carries less where cartons have shrunk. The programme of `carbon.roi.portfolio` looks at each group for itself, since the orders
of all measures together are too many; its plan is reckoned once more here, each measure on what all before it left, so that no
kilogram is saved twice in what is printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from carbon.errors import RoiError
from carbon.roi.baseline import Baseline
from carbon.roi.cashflow import Terms, appraise
from carbon.roi.orders import Forest
from carbon.roi.portfolio import Chosen, Plan, best_plan
from carbon.roi.risk import values_of

#: Times that a target is asked for anew, by what measures of other groups took from it.
_TRIES = 3
#: How much more than was lacking is asked for then: what is added loses some, too.
_MORE = 1.1
#: Figures are the same within this part of them.
_SAME = 1e-6


def planned(
    forest: Forest, baseline: Baseline, terms: Terms, *, target: Mapping[int, float] | None = None, **limits
) -> Plan:
    """Return the plan of `best_plan`, reckoned on what all measures before each left.

    Parameters
    ----------
    forest : Forest
        Of measures on the baseline.
    baseline : Baseline
    target : mapping, optional
        As in `best_plan`. A target that the groups reach and their measures together do not is asked for again, a few times.
    **limits
        As in `best_plan`.
    """
    wanted = dict(target or {})
    asked, best = dict(wanted), None
    for _ in range(_TRIES):
        apart = best_plan(forest, terms, target=asked, **limits)
        found = _reckoned(apart, baseline, terms, wanted)
        if best is None or sum(found.short_kg.values()) < sum(best.short_kg.values()):
            best = found
        if not found.short_kg or apart.short_kg:
            break
        asked = {year: asked[year] + _MORE * found.short_kg.get(year, 0.0) for year in asked}
    return best


def _reckoned(plan: Plan, baseline: Baseline, terms: Terms, wanted: Mapping[int, float]) -> Plan:
    """Return a plan with each measure on what those before it left; one that then finds nothing to work on is left out."""
    horizon = terms.horizon_years
    left, chosen = baseline, []
    saved_kg, outlay, factors = np.zeros(horizon), np.zeros(horizon), terms.factors(horizon)
    for each in plan.chosen:
        try:
            outcome = each.measure.outcome(left, values_of(each.measure))
        except RoiError:
            continue
        start = each.year - terms.base_year - 1
        found = appraise(outcome, terms, horizon - start)
        chosen.append(Chosen(each.measure, each.year, outcome, found, found.worth * float(factors[start])))
        saved_kg[start:] += found.saved_kg
        outlay[start] += found.outlay
        left = outcome.after
    short_kg = {year: float(needed - saved_kg[year - terms.base_year - 1]) for year, needed in wanted.items()}
    made = replace(
        plan,
        chosen=tuple(chosen),
        saved_kg=saved_kg,
        outlay=outlay,
        worth=sum(each.worth for each in chosen),
        target=dict(wanted),
        short_kg={year: short for year, short in short_kg.items() if short > _SAME * abs(wanted[year])},
    )
    same = np.allclose(made.saved_kg, plan.saved_kg, rtol=_SAME, atol=_SAME * max(float(plan.saved_kg.max()), 0.0))
    return replace(made, apart=bool(same and abs(made.worth - plan.worth) <= _SAME * max(abs(plan.worth), 1.0)))
