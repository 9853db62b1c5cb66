"""Choosing measures: the programme against looking at every choice, overlaps, budgets, targets, years."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest

from carbon.errors import InputError
from carbon.roi.cashflow import appraise
from carbon.roi.macc import abatement_curve
from carbon.roi.orders import MOST_STEPS, forest_of, steps_of
from carbon.roi.plan import apply_in_sequence
from carbon.roi.portfolio import best_plan, yearly_limits
from carbon.roi.programme import Programme
from carbon.roi.risk import values_of
from tests.roi.measures import Cut, baseline, cut
from tests.roi.test_cashflow import terms


def orders(measures, starts):
    """Yield every plan: (measure, year) in an order in which years do not fall."""
    for years in product(range(starts + 1), repeat=len(measures)):
        used = [(year, measure) for year, measure in zip(years, measures, strict=True) if year]
        for order in permutations(used):
            if [year for year, _ in order] == sorted(year for year, _ in order):
                yield order


def looked_at(measures, base, money, starts):
    """Return worth, outlay by year and savings by year of every plan, reckoned step by step."""
    groups = {}
    for measure in measures:
        groups.setdefault(measure.group, []).append(measure)
    sums = [[_summed(order, base, money, starts) for order in orders(each, starts)] for each in groups.values()]
    return [tuple(sum(part) for part in zip(*parts, strict=True)) for parts in product(*sums)]


def _summed(order, base, money, starts):
    worth, outlay, saved_kg, left = 0.0, np.zeros(starts), np.zeros(money.horizon_years), base
    for year, measure in order:
        outcome = measure.outcome(left, values_of(measure))
        own = appraise(outcome, money, money.horizon_years - year + 1)
        worth += own.worth / (1 + money.discount_rate) ** (year - 1)
        outlay[year - 1] += own.outlay
        saved_kg[year - 1 :] += own.saved_kg
        left = outcome.after
    return worth, outlay, saved_kg


def invented(seed, count):
    """Return measures of two groups with random figures, some of which pay and some of which do not."""
    chance = np.random.default_rng(seed)
    return [
        cut(
            f"m{number}",
            float(chance.uniform(0.1, 0.6)),
            float(chance.uniform(500, 20_000)),
            float(chance.uniform(0.02, 0.3)),
            group=f"g{number % 2}",
            stage=("last_mile", "packaging")[number % 2],
            lifetime_years=int(chance.integers(3, 14)),
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_the_plan_is_the_best_of_all(seed):
    """Proves on random measures, limits and targets that no plan among all is worth more, and that the limits hold."""
    money = terms(horizon_years=6, carbon_price_per_kg=np.linspace(0.05, 0.15, 6))
    measures, base, chance = invented(seed, 4), baseline(), np.random.default_rng(seed)
    every = looked_at(measures, base, money, 2)
    budget, yearly = chance.uniform(10_000, 40_000), chance.uniform(8_000, 20_000)
    within = [each for each in every if each[1].sum() <= budget and each[1].max() <= yearly]
    needed_kg = 0.8 * max(each[2][3] for each in within)
    best = max(worth for worth, _, saved_kg in within if saved_kg[3] >= needed_kg)
    plan = best_plan(
        forest_of(measures, base), money, starts=2, budget=budget, yearly_budget=yearly, target={2029: needed_kg}
    )
    assert plan.worth == pytest.approx(best, rel=1e-7) and plan.proven and plan.every_order
    assert plan.short_kg == {} and plan.saved_kg[3] >= needed_kg * (1 - 1e-6)
    assert plan.outlay.sum() <= budget * (1 + 1e-6) and plan.outlay.max() <= yearly * (1 + 1e-6)
    assert sum(each.worth for each in plan.chosen) == pytest.approx(plan.worth)


@pytest.mark.parametrize("seed", range(3))
def test_a_target_out_of_reach_is_missed_by_least(seed):
    """Proves that where no plan reaches a target, the one told saves the most there is, and by how much it falls short."""
    money = terms(horizon_years=5)
    measures, base = invented(seed, 3), baseline()
    most_kg = max(saved_kg[4] for _, _, saved_kg in looked_at(measures, base, money, 1))
    plan = best_plan(forest_of(measures, base), money, target={2030: most_kg + 1_000})
    assert plan.saved_kg[4] == pytest.approx(most_kg)
    assert plan.short_kg == {2030: pytest.approx(1_000, rel=1e-4)}


@pytest.mark.parametrize("seed", range(3))
def test_without_limits_no_programme_is_asked(seed, monkeypatch):
    """Proves that without limits the plan of every group for itself is worth as much as the best of all plans, and saves as much."""
    monkeypatch.setattr(Programme, "solve", None)
    money = terms(horizon_years=5, carbon_price_per_kg=np.linspace(0.05, 0.15, 5))
    measures, base = [quota("fixed", 20, 900, 0.1)], baseline()
    measures += [replace(each, group="group") for each in invented(seed, 4) if each.group == "g0"]
    every, forest = looked_at(measures, base, money, 2), forest_of(measures, base)
    assert best_plan(forest, money, starts=2).worth == pytest.approx(max(worth for worth, _, _ in every))
    most_kg = max(saved_kg.sum() for _, _, saved_kg in every)
    dearest = max(worth for worth, _, saved_kg in every if saved_kg.sum() >= most_kg * (1 - 1e-9))
    plan = best_plan(forest, money, starts=2, aim="savings")
    assert plan.proven and plan.saved_kg.sum() == pytest.approx(most_kg) and plan.worth == pytest.approx(dearest)


@pytest.mark.parametrize(("seed", "part"), [(0, 0.9), (1, 0.5), (2, 0.3)])
def test_a_target_out_of_reach_under_limits(seed, part):
    """Proves that the plan that misses a target by least within a year's limit is, of all such plans, the one worth most."""
    money, base = terms(horizon_years=4), baseline()
    measures = [each for each in invented(seed, 6) if each.group == "g0"]
    every = looked_at(measures, base, money, 2)
    limit = part * max(outlay.max() for _, outlay, _ in every)
    within = [each for each in every if each[1].max() <= limit]
    most_kg = max(saved_kg[1] for _, _, saved_kg in within)
    best = max(worth for worth, _, saved_kg in within if saved_kg[1] >= most_kg * (1 - 1e-9))
    plan = best_plan(forest_of(measures, base), money, starts=2, yearly_budget=limit, target={2027: 1e9})
    assert plan.proven and plan.saved_kg[1] == pytest.approx(most_kg, rel=1e-6) and plan.worth == pytest.approx(best)
    assert plan.outlay.max() <= limit * (1 + 1e-6)


def test_overlapping_savings_are_not_added_up():
    """Proves that two cuts of half reach three quarters, not the whole: a target of four fifths is said to be missed."""
    pair, base = [cut("one", 0.5, 100, 0), cut("two", 0.5, 100, 0)], baseline(last_mile=1_000.0)
    enough = best_plan(forest_of(pair, base), terms(), target={2030: 750.0})
    assert enough.keys in {("one", "two"), ("two", "one")} and enough.short_kg == {}
    assert best_plan(forest_of(pair, base), terms(), target={2030: 800.0}).short_kg == {2030: pytest.approx(50.0)}
    assert best_plan(forest_of(pair, base), terms(), target={2030: 500.0}).outlay.sum() == 100


def test_the_aim_may_be_savings():
    """Proves that with savings as the aim a budget buys the most CO2e, and with worth only what pays."""
    dear, base = [cut("dear", 0.6, 9_000, 0.0), cut("cheap", 0.2, 9_000, 0.2)], baseline()
    assert best_plan(forest_of(dear, base), terms(), budget=10_000).keys == ("cheap",)
    assert best_plan(forest_of(dear, base), terms(), budget=10_000, aim="savings").keys == ("dear",)


def test_limits_of_years():
    """Proves that a year's limit holds from its year on, that nothing may be spent before, and that it delays measures."""
    money = terms(horizon_years=4)
    assert yearly_limits({2027: 5.0, 2029: 7.0}, money, 4).tolist() == [0, 5, 5, 7]
    measures = [cut("a", 0.3, 1_000, 0.2, group="a"), cut("b", 0.3, 1_000, 0.2, group="b", stage="packaging")]
    plan = best_plan(forest_of(measures, baseline()), money, starts=3, yearly_budget={2026: 0.0, 2027: 1_000.0})
    assert [each.year for each in plan.chosen] == [2027, 2028]
    assert plan.saved_kg[0] == 0 and plan.outlay.tolist() == [0, 1_000, 1_000, 0]


class Quota(Cut):
    """Takes so many kg of a stage, whatever is there: before or after a share of it is not the same."""

    def outcome(self, baseline, values):
        """Cut the share that the kg are of what is there."""
        there_kg = float(baseline.lines.loc[baseline.lines["stage"] == self.stage, "co2e_kg"].sum())
        share = replace(self.share, value=min(1.0, 1_000 * self.share.value / there_kg) if there_kg else 0.0)
        return Cut.outcome(replace(self, share=share, inputs={}), baseline, {**values, share.key: share.value})


def quota(key, thousand_kg, outlay, per_kg):
    """Return a measure that takes so many thousand kg."""
    like = cut(key, thousand_kg, outlay, per_kg)
    return Quota(like.key, like.share, like.outlay, like.saved_per_kg)


def test_orders_that_leave_the_same_meet():
    """Proves that five shares of one stage have 32 states and 80 steps, that a share and a quota are kept apart by order, and what that costs."""
    shares = [cut(f"m{number}", 0.1 * number, 10, 0.1) for number in range(1, 6)]
    steps, every = steps_of(shares, baseline())
    assert every and len(steps) == 5 * 2**4 and len({each.end for each in steps}) == 2**5 - 1
    mixed = [quota("fixed", 20, 10, 0.1), *shares[:2]]
    steps, every = steps_of(mixed, baseline())
    # {fixed, m1} is left in two ways, {m1, m2} in one; what all three leave matters to nobody.
    assert every and len({each.end for each in steps}) == 3 + (2 + 2 + 1) + 1


def test_no_order_saves_more_than_there_is():
    """Proves on every path of a group, whether its measures commute or not, that first years add up to what its last state lacks."""
    group = [quota("fixed", 20, 10, 0.1), quota("most", 30, 10, 0.1), *(cut(f"m{n}", 0.3, 10, 0.1) for n in range(3))]
    steps, base = steps_of(group, baseline())[0], baseline()
    whole_kg = base.stages_kg["last_mile"]
    saved: dict[int, set[float]] = {0: {0.0}}
    for step in steps:  # a state's steps come after those that lead to it
        first_kg = float(step.outcome.saved_kg[0])
        saved.setdefault(step.end, set()).update(each + first_kg for each in saved[step.start])
        left_kg = step.outcome.after.stages_kg["last_mile"]
        assert all(
            each + first_kg == pytest.approx(whole_kg - left_kg, abs=1e-6 * whole_kg) for each in saved[step.start]
        )
    assert max(max(each) for each in saved.values()) <= whole_kg * (1 + 1e-9)


def test_five_measures_whose_order_matters_are_ordered_best():
    """Proves that of five overlapping measures, two of them quotas, no order of any choice within the budget is worth more than the plan."""
    chance, money, base = np.random.default_rng(0), terms(horizon_years=6), baseline()
    group = [
        quota(
            f"q{number}",
            float(chance.uniform(10, 40)),
            float(chance.uniform(500, 9_000)),
            float(chance.uniform(0.02, 0.2)),
        )
        for number in range(2)
    ]
    group += [
        cut(
            f"m{number}",
            float(chance.uniform(0.2, 0.6)),
            float(chance.uniform(500, 9_000)),
            float(chance.uniform(0.02, 0.2)),
        )
        for number in range(3)
    ]
    budget = float(chance.uniform(8_000, 16_000))
    best = max(worth for worth, outlay, _ in looked_at(group, base, money, 1) if outlay.sum() <= budget)
    plan = best_plan(forest_of(group, base), money, budget=budget)
    assert plan.every_order and plan.proven and plan.worth == pytest.approx(best, rel=1e-7)


def test_many_overlapping_measures_keep_their_order():
    """Proves that beyond the limit only given orders are looked at, each choice once, and that the plan says so."""
    many = [cut(f"m{number}", 0.1, 10, 0.1) for number in range(8)]
    assert 8 * 2**7 > MOST_STEPS >= 7 * 2**6
    steps, every = steps_of(many, baseline())
    assert not every and len(steps) == 2 ** len(many) - 1
    assert not best_plan(forest_of(many, baseline()), terms()).every_order
    assert steps_of(many[:7], baseline())[1]


def test_nothing_to_choose_from():
    """Proves that without measures, or with a budget of nothing, the plan is empty and a target is missed by all of it."""
    empty = best_plan(forest_of([], baseline()), terms(), target={2030: 5.0})
    assert empty.chosen == () and empty.short_kg == {2030: 5.0}
    assert best_plan(forest_of([cut("a", 0.3, 1_000, 0.2)], baseline()), terms(), budget=0.0).chosen == ()


def test_a_target_outside_the_horizon_is_refused():
    """Proves that a target year that the plan does not hold is refused with the years it holds."""
    with pytest.raises(InputError, match="outside the years") as caught:
        best_plan(forest_of([], baseline()), terms(), target={2050: 5.0})
    assert "2026 to 2035" in str(caught.value)


def test_the_curve_sums_to_what_all_save():
    """Proves that the curve's widths are the savings of its measures applied in its order, and their sum that of all."""
    measures = [*invented(3, 5), cut("none", 0.0, 100, 0.1)]
    curve = abatement_curve(measures, baseline(), terms())
    steps = apply_in_sequence([block.measure for block in curve.blocks], baseline())
    own = [appraise(step.outcome, terms()) for step in steps]
    assert [block.width_kg for block in curve.blocks] == pytest.approx([each.yearly_kg for each in own])
    assert curve.total_kg == pytest.approx(sum(each.yearly_kg for each in own))
    assert [block.start_kg for block in curve.blocks[1:]] == pytest.approx(
        np.cumsum([block.width_kg for block in curve.blocks])[:-1]
    )
    assert [each.measure.key for each in curve.beside] == ["none"]


def test_savings_of_money_are_ranked_by_value():
    """Proves that of two measures that save money the one worth more stands first, though its cost per t is less negative."""
    small = cut("small", 0.05, 0, 0.4, group="a", stage="packaging")
    large = cut("large", 0.5, 0, 0.2, group="b")
    dear, dearer = (
        cut(key, 0.2, outlay, 0, group=key, stage=key) for key, outlay in (("dear", 9_000), ("dearer", 90_000))
    )
    base = baseline(packaging=40_000, last_mile=60_000, dear=10_000, dearer=10_000)
    curve = abatement_curve([dearer, small, dear, large], base, terms())
    assert [block.measure.key for block in curve.blocks] == ["large", "small", "dear", "dearer"]
    costs = [block.appraisal.cost_per_kg for block in curve.blocks]
    assert costs[1] < costs[0] < 0 < costs[2] < costs[3]


@pytest.mark.parametrize("seed", range(8))
def test_every_block_is_the_best_of_those_left(seed):
    """Proves that at each place the curve takes the best of all measures not yet applied, all reckoned anew on what is left."""
    measures = [*invented(seed, 6), cut("none", 0.0, 100, 0.1)]
    curve = abatement_curve(measures, baseline(), terms())
    left, waiting = baseline(), list(measures)

    def rank(measure):
        own = appraise(measure.outcome(left, values_of(measure)), terms())
        if own.total_kg <= 0:
            return 2, 0.0
        return (0, -own.npv) if own.npv >= 0 else (1, own.cost_per_kg)

    for block in curve.blocks:
        assert rank(block.measure) == pytest.approx(min(rank(each) for each in waiting))
        waiting.remove(block.measure)
        left = block.measure.outcome(left, values_of(block.measure)).after
    assert all(rank(each)[0] == 2 for each in waiting) and len(waiting) == len(curve.beside)
