"""Which measures a budget buys, and the plan year by year."""

from __future__ import annotations

from collections.abc import Mapping

from carbon.reports import numbers
from carbon.reports.report import Bar, Block, Bullets, Cell, Chart, Column, Section, Subheading, Table, Text
from carbon.reports.roi_context import RoiContext
from carbon.roi import Goal, Plan
from carbon.terms import DELIVERY_STAGES

_KG_PER_T = 1000.0


def portfolio(context: RoiContext) -> Section:
    """The choice under a budget, then the plan."""
    words = context.said
    blocks: list[Block] = list(_choice(context))
    blocks.append(Subheading(words("portfolio.plan")))
    blocks.append(Bullets(tuple(_goals(context) + _limits(context))))
    blocks += _plan(context)
    return Section("portfolio", words("portfolio.title"), tuple(blocks), True)


def _choice(context: RoiContext) -> tuple[Block, ...]:
    words, plan, budget = context.said, context.study.choice, context.study.budget
    if plan is None or budget is None:
        return (Text(words("portfolio.no_budget")),)
    if not plan.chosen:
        return (Text(words("portfolio.budget_none", budget=context.money(budget))),)
    priced = context.study.terms.carbon_price_per_kg
    yearly = [each.appraisal.yearly_kg for each in plan.chosen]
    total_kg, scale = sum(yearly), numbers.scale_for([sum(yearly)])
    outlays = [each.appraisal.outlay for each in plan.chosen]
    columns = (
        Column(words("carbon.measure"), weight=3),
        Column(words("portfolio.saves"), f"{scale.unit} CO2e", 1.3, True),
        Column(words("portfolio.outlay"), context.currency, 1.3, True),
        Column(words("money.npv" if priced is None else "money.npv_carbon"), context.currency, 1.6, True),
    )
    cells = zip(
        plan.chosen,
        context.base.masses(yearly, scale, total_kg),
        context.amounts(outlays, sum(outlays)),
        context.amounts([each.worth for each in plan.chosen], plan.worth),
        strict=True,
    )
    rows: list[tuple[Cell, ...]] = [(context.measure(each.measure.key), *figures) for each, *figures in cells]
    rows.append(
        (
            words("portfolio.all"),
            context.base.one_mass(total_kg, scale),
            context.amounts([sum(outlays)], sum(outlays))[0],
            context.amounts([plan.worth], plan.worth)[0],
        )
    )
    finding = words(
        "portfolio.budget_finding",
        budget=context.money(budget),
        count=len(plan.chosen),
        worth=context.money(plan.worth),
        mass=context.mass(total_kg),
    )
    subtitle = words("portfolio.budget_subtitle", currency=context.currency, year=context.study.terms.base_year)
    # The plan below says how good both are, if it says the same of itself.
    notes = _proof(context, plan)
    notes = () if context.study.plan.chosen and notes == _proof(context, context.study.plan) else notes
    return (Table(finding, columns, tuple(rows), subtitle, totals=1, notes=notes),)


def _proof(context: RoiContext, plan: Plan) -> tuple[str, ...]:
    """Say how good a plan is known to be."""
    proven = "portfolio.proven_target" if plan.target else "portfolio.proven"
    if plan.proven and not plan.apart:
        proven = "portfolio.proven_apart"
    found = [context.said(proven if plan.proven else "portfolio.unproven")]
    return tuple(found if plan.every_order else [*found, context.said("portfolio.one_order")])


def _goals(context: RoiContext) -> list[str]:
    """Return a sentence for each target: what must be saved, or why that is not known."""
    goals = context.study.goals
    return [_goal(context, goal) for goal in goals] or [context.said("portfolio.target_none")]


def _goal(context: RoiContext, goal: Goal) -> str:
    words, terms = context.said, context.study.terms
    if goal.needed_kg is None:
        return words("portfolio.target_missing", year=goal.year, base_year=goal.base_year)
    if not terms.base_year < goal.year <= terms.base_year + terms.horizon_years:
        return words("portfolio.target_far", year=goal.year, years=terms.horizon_years)
    share = context.base.share(goal.reduction_share)
    if goal.needed_kg == 0:
        return words("portfolio.target_met", share=share, base_year=goal.base_year, year=goal.year)
    said = {"share": share, "base_year": goal.base_year, "year": goal.year, "mass": context.mass(goal.needed_kg)}
    if not goal.cleaner_kg:
        return words("portfolio.target_text", **said)
    text = "portfolio.target_cleaner" if goal.cleaner_kg > 0 else "portfolio.target_dirtier"
    return words(text, **said, grid=context.mass(abs(goal.cleaner_kg)))


def _limits(context: RoiContext) -> list[str]:
    words, given = context.said, context.study.yearly_budget
    if given is None:
        return [words("portfolio.no_limit")]
    if not isinstance(given, Mapping):
        return [words("portfolio.limit", limit=context.money(given))]
    items = [
        words("portfolio.limit_item", limit=context.money(limit), year=year) for year, limit in sorted(given.items())
    ]
    return [words("portfolio.limits", limits=context.words("words.semicolon").join(items))]


def _plan(context: RoiContext) -> tuple[Block, ...]:
    words, plan, terms = context.said, context.study.plan, context.study.terms
    if not plan.chosen:
        return (Text(words("portfolio.plan_none")),)
    scale = numbers.scale_for([*plan.saved_kg, *plan.target.values()])
    columns = (
        Column(words("portfolio.year"), weight=0.7),
        Column(words("portfolio.begins"), weight=4),
        Column(words("portfolio.outlay"), context.currency, 1.2, True),
        Column(words("portfolio.saved"), f"{scale.unit} CO2e", 1.3, True),
        Column(words("portfolio.needed"), f"{scale.unit} CO2e", 1.3, True),
    )
    outlays = context.amounts(list(plan.outlay), float(plan.outlay.sum()))
    rows = tuple(
        (
            str(year),
            context.words.joined([context.measure(each.measure.key) for each in plan.chosen if each.year == year])
            or "–",
            outlays[place] if plan.outlay[place] else "–",
            context.base.one_mass(float(plan.saved_kg[place]), scale),
            context.base.one_mass(plan.target[year], scale) if year in plan.target else "–",
        )
        for place, year in enumerate(plan.years.tolist())
    )
    subtitle = words("portfolio.plan_subtitle", currency=context.currency, base=terms.base_year)
    notes = (*_proof(context, plan), *_against_the_curve(context, plan))
    table = Table(_plan_finding(context, plan), columns, rows, subtitle, notes=notes)
    return (table, _chart(context, plan, scale))


def _against_the_curve(context: RoiContext, plan: Plan) -> tuple[str, ...]:
    """Say what saves in the plan though the curve has nothing left for it: both are right, in different orders."""
    words, beside = context.said, {each.measure.key for each in context.study.curve.beside}
    items = [
        words(
            "portfolio.plan_beside_item",
            measure=context.measure(each.measure.key),
            mass=context.mass(float(each.appraisal.saved_kg[0])),
            year=each.year,
        )
        for each in plan.chosen
        if each.measure.key in beside
    ]
    return (words("portfolio.plan_beside", items=context.words("words.semicolon").join(items)),) if items else ()


def _plan_finding(context: RoiContext, plan: Plan) -> str:
    words, outlay = context.said, context.money(float(plan.outlay.sum()))
    if len(plan.short_kg) > 1:
        items = [
            words("portfolio.plan_shorts_item", mass=context.mass(short_kg), year=year)
            for year, short_kg in sorted(plan.short_kg.items())
        ]
        return words("portfolio.plan_shorts", items=context.words.joined(items))
    for year, short_kg in plan.short_kg.items():
        return words("portfolio.plan_short", year=year, mass=context.mass(short_kg))
    if plan.target:
        return words("portfolio.plan_reached", year=max(plan.target), outlay=outlay, worth=context.money(plan.worth))
    best = int(plan.saved_kg.argmax())
    mass = context.mass(float(plan.saved_kg[best]))
    return words("portfolio.plan_finding", mass=mass, year=int(plan.years[best]), outlay=outlay)


def _chart(context: RoiContext, plan: Plan, scale: numbers.MassScale) -> Chart:
    """Savings of each year, stacked by the first stage of each measure; a measure that adds in some year is left out of the stack."""
    words = context.said
    by_stage: dict[tuple[int, str], float] = {}
    for each in plan.chosen:
        stage, start = str(each.measure.stages[0]), each.year - int(plan.years[0])
        for place, saved_kg in enumerate(each.appraisal.saved_kg):
            key = (int(plan.years[start + place]), stage)
            by_stage[key] = by_stage.get(key, 0.0) + float(saved_kg) / _KG_PER_T
    bars = []
    for year in plan.years.tolist():
        for stage in map(str, DELIVERY_STAGES):
            if (value := by_stage.get((year, stage))) is not None:
                text = numbers.significant(value, context.language)
                bars.append(Bar(str(year), context.words(f"stages.{stage}"), stage, value, text))
    # With the table's own digits, where it is in t, too.
    printed = scale if scale.size_kg == _KG_PER_T else None
    totals = tuple(
        (
            str(year),
            numbers.significant(float(saved_kg) / _KG_PER_T, context.language)
            if printed is None
            else context.base.one_mass(float(saved_kg), printed).text,
        )
        for year, saved_kg in zip(plan.years.tolist(), plan.saved_kg, strict=True)
    )
    items = context.words("words.semicolon").join(f"{year} {text} t" for year, text in totals)
    return Chart(
        "columns",
        words("portfolio.chart"),
        words("portfolio.chart_subtitle"),
        words("portfolio.chart_alt", items=items),
        tuple(bars),
        None,
        totals,
    )
