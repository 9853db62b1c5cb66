"""Choosing K sizes: against brute force where that is possible, against the proven bound everywhere."""

from __future__ import annotations

import math
from itertools import combinations, pairwise

import numpy as np
import pytest

from carbon.errors import InputError
from carbon.optimise.cartons import best_set, curve
from carbon.optimise.suites.bound import BoundOf, lower_bound
from carbon.optimise.suites.choice import SuiteProblem, suite_problem
from carbon.optimise.suites.search import Search

SEEDS = range(12)


def drawn(seed: int, orders: int = 12, sizes: int = 8, holes: bool = False, **more) -> SuiteProblem:
    """A small problem: sizes ascending in volume, larger ones dearer, some orders with quirks of their own."""
    rng = np.random.default_rng(seed)
    need, room = np.sort(rng.random(orders)), np.sort(rng.random(sizes))
    room[-1] = 0.5 if holes else 1.0
    cost = 1 + 3 * room[None, :] - need[:, None] + 0.3 * rng.random((orders, sizes))
    cost = np.where(need[:, None] <= room, cost, np.inf)
    return suite_problem(cost, rng.integers(1, 9, orders), **more)


def brute(problem: SuiteProblem, count: int) -> tuple[float, float]:
    """The best rank of all admissible sets of at most `count` sizes."""
    sizes = range(problem.cost.shape[1])
    ranks = [
        outcome.rank
        for number in range(1, count + 1)
        for chosen in combinations(sizes, number)
        if problem.admissible(outcome := problem.outcome(chosen))
    ]
    return min(ranks, default=(math.inf, math.inf))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_small_choices_are_optimal_and_the_bound_is_below(seed, count):
    """Proves that the chosen set is the best of all sets, that the bound is no higher, and that branching closes it."""
    problem = drawn(seed)
    left, total = brute(problem, count)
    found = best_set(problem, count, within=0)
    assert found.outcome.rank == pytest.approx((left, total))
    assert found.bound.total <= total * (1 + 1e-6)
    assert found.gap <= 1e-6
    quick = lower_bound(problem, found.outcome, count, branch=False)
    assert 0 < quick.total <= total * (1 + 1e-9) and quick.of is BoundOf.SETS
    assert quick.by == ("enumeration" if count <= 2 else "prices")


@pytest.mark.parametrize("seed", SEEDS)
def test_orders_without_a_size_come_first(seed):
    """Proves that no cheaper set that leaves out more is taken, that none is lost, and that the bound says whose it is."""
    rng = np.random.default_rng(seed)
    cost = np.where(rng.random((10, 6)) < 0.4, 1 + rng.random((10, 6)), np.inf)
    cost[0] = np.inf
    problem = suite_problem(cost, rng.integers(1, 5, 10))
    assert 0 in problem.homeless
    for count in (1, 2):
        found = best_set(problem, count)
        left, total = brute(problem, count)
        assert found.outcome.rank == pytest.approx((left, total))
        assert found.bound.total <= total * (1 + 1e-9)
        if left:
            assert found.bound.of is BoundOf.NO_MORE_LEFT_OUT
        outcome = found.outcome
        rows = np.concatenate([problem.homeless, outcome.left_out, np.flatnonzero(outcome.size_of >= 0)])
        assert sorted(rows.tolist()) == list(range(10))
        assert outcome.used.sum() + left + problem.times[problem.homeless].sum() == pytest.approx(problem.times.sum())


@pytest.mark.parametrize("seed", SEEDS)
def test_minimum_order_quantities_are_kept(seed):
    """Proves that no chosen size is below its minimum, that the bound holds for the true optimum, and names itself."""
    problem = drawn(seed, minimum=10)
    left, total = brute(problem, 3)
    found = best_set(problem, 3)
    assert (found.outcome.used >= 10).all()
    assert found.outcome.rank >= (left, total * (1 - 1e-9))
    assert found.outcome.total <= total * 1.02
    assert found.bound.total <= total * (1 + 1e-6)
    assert found.bound.of in (BoundOf.NO_MINIMUM, BoundOf.MINIMUM)


def test_filling_up_to_the_minimum_raises_the_bound():
    """Proves that the bound with the minimum is the higher one where the minimum forbids the best sets, and still true."""
    raised = 0
    for seed in SEEDS:
        problem = drawn(seed, orders=10, minimum=18)
        found = best_set(problem, 4, branch=False)
        raised += found.bound.of is BoundOf.MINIMUM
        assert found.bound.total <= brute(problem, 4)[1] * (1 + 1e-9)
    assert raised >= 3


@pytest.mark.parametrize("seed", SEEDS)
def test_sizes_that_must_stay_stay(seed):
    """Proves that they are in the set, exempt from the minimum, and that the rest is the best choice beside them."""
    problem = drawn(seed, stay=(1, 4))
    found = best_set(problem, 3, within=0)
    assert {1, 4} <= set(found.outcome.chosen)
    assert found.outcome.rank == pytest.approx(brute(problem, 3))
    assert found.bound.total <= found.outcome.total * (1 + 1e-9) and found.gap <= 1e-6
    strict = drawn(seed, stay=(0,), minimum=20)
    kept = best_set(strict, 2).outcome
    assert 0 in kept.chosen and all(used >= 20 for size, used in zip(kept.chosen, kept.used, strict=True) if size)


@pytest.mark.parametrize("seed", SEEDS)
def test_storage_is_part_of_the_choice(seed):
    """Proves that a size which costs more to keep than it saves is left out, as the best of all sets has it."""
    problem = drawn(seed, storage=8.0)
    found = best_set(problem, 5, within=0)
    assert found.outcome.rank == pytest.approx(brute(problem, 5))
    assert found.bound.total <= found.outcome.total * (1 + 1e-9) and found.gap <= 1e-6
    assert len(best_set(drawn(seed, storage=1e6), 5).outcome.chosen) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_more_to_choose_from_is_never_worse(seed):
    """Proves that further candidates and a larger K do not raise the cost."""
    problem = drawn(seed, orders=20, sizes=10)
    fewer = suite_problem(problem.cost[:, 3:], problem.times)
    totals = []
    for count in (1, 2, 3, 4, 5):
        ranks = [best_set(each, count, within=0).outcome.rank for each in (problem, fewer)]
        assert ranks[0] <= (ranks[1][0], ranks[1][1] * (1 + 1e-12))
        totals.append(ranks[0])
    assert all(b <= (a[0], a[1] * (1 + 1e-12)) for a, b in pairwise(totals))


@pytest.mark.parametrize("factor", [1e-6, 3.0, 1e6])
def test_the_unit_of_cost_changes_nothing(factor):
    """Proves that grams or tonnes, cents or euros give the same set, the same gap and a scaled cost."""
    for seed in SEEDS:
        problem = drawn(seed, orders=30, sizes=12, storage=0.5)
        scaled = suite_problem(problem.cost * factor, problem.times, problem.storage * factor)
        one, other = (best_set(each, 4, within=0.0, branch=False) for each in (problem, scaled))
        assert other.outcome.chosen == one.outcome.chosen
        assert other.outcome.total == pytest.approx(one.outcome.total * factor)
        assert other.gap == pytest.approx(one.gap, abs=1e-6)


def test_an_order_twice_is_an_order_of_twice_the_weight():
    """Proves that doubles in the history and their number are the same."""
    for seed in SEEDS:
        problem = drawn(seed)
        rows = np.repeat(np.arange(len(problem.times)), problem.times.astype(int))
        single = suite_problem(problem.cost[rows])
        assert best_set(single, 3, within=0).outcome.total == pytest.approx(
            best_set(problem, 3, within=0).outcome.total
        )


def test_a_hundred_orders_have_a_small_proven_gap():
    """Proves that where brute force is out of reach greedy <= swap <= search holds and the gap is below 1 %."""
    problem = drawn(3, orders=150, sizes=60)
    search = Search(problem)
    greedy = search.greedy(6)
    swapped = search.improve(greedy, 6)
    found = best_set(problem, 6)
    assert found.outcome.total <= swapped.total <= greedy.total
    assert found.outcome.total >= found.bound.total and found.gap < 0.01
    again = best_set(problem, 6)
    assert again.outcome.chosen == found.outcome.chosen and again.bound.total == found.bound.total


def test_the_curve_never_rises():
    """Proves that each further size costs no more, that gains are the differences, and that no bound is below a later one."""
    problem = drawn(5, orders=60, sizes=25, stay=(24,))
    told = []
    steps = curve(problem, most=8, say=lambda done, of: told.append((done, of)))
    assert [step.set.count for step in steps] == list(range(1, 9)) and told[-1] == (8, 8)
    totals = [step.set.outcome.total for step in steps]
    assert all(b <= a for a, b in pairwise(totals))
    assert steps[0].gain is None
    for before, step in pairwise(steps):
        assert step.gain == pytest.approx(before.set.outcome.total - step.set.outcome.total)
    assert all(step.set.bound.total <= step.set.outcome.total and 24 in step.set.outcome.chosen for step in steps)
    bounds = [step.set.bound.total for step in steps]
    assert all(b <= a for a, b in pairwise(bounds))


def test_a_curve_that_houses_more_orders_says_so():
    """Proves that a size which houses orders has their number and no gain: costs of different orders do not compare."""
    inf = math.inf
    problem = suite_problem([[1, inf, 3], [inf, 1, inf], [2, inf, 1.5]], [5, 2, 1])
    first, second, third = curve(problem, most=3)
    assert first.set.outcome.left_out_times == 2 and first.gain is None
    assert second.housed_times == 2 and second.gain is None
    assert third.housed_times == 0 and third.gain == pytest.approx(0.5)


@pytest.mark.parametrize("minimum", [0, 4])
@pytest.mark.parametrize("seed", SEEDS)
def test_where_orders_are_left_out_the_bound_is_that_of_sets_that_leave_out_no_more(seed, minimum):
    """Proves, against all sets, that few sizes for odd orders are the best ones, and how near the bound comes to them."""
    problem = with_odd_orders(seed, minimum)
    found = best_set(problem, 3, within=0)
    left, total = brute(problem, 3)
    assert left > 0 and found.outcome.rank == pytest.approx((left, total))
    assert found.bound.of is BoundOf.NO_MORE_LEFT_OUT
    assert found.bound.total <= total * (1 + 1e-9)
    assert found.gap <= 1e-6


@pytest.mark.parametrize("minimum", [0, 4])
@pytest.mark.parametrize("cover", [0.97, 0.9, 0.7])
@pytest.mark.parametrize("seed", range(5))
def test_a_set_that_need_not_hold_every_order_is_the_cheapest_that_holds_enough(seed, cover, minimum):
    """Proves, against all sets, that so many orders are held, that none cheaper holds them, and that the bound is theirs."""
    odd = with_odd_orders(seed)
    problem = suite_problem(odd.cost, odd.times, minimum=minimum, cover=cover)
    every = [
        problem.outcome(chosen) for number in (1, 2, 3) for chosen in combinations(range(problem.cost.shape[1]), number)
    ]
    enough = [outcome for outcome in every if problem.admissible(outcome)]
    best = min(enough, key=lambda outcome: outcome.rank)
    found = best_set(problem, 3, within=0)
    assert found.outcome.rank == pytest.approx(best.rank)
    assert found.outcome.left_out_times <= (1 - cover) * problem.times.sum() + best.excess_times + 1e-9
    assert found.bound.of is (BoundOf.NO_MORE_LEFT_OUT if best.excess_times else BoundOf.COVERING)
    assert found.bound.total <= best.total * (1 + 1e-9)
    assert found.gap <= (1e-6 if cover >= 0.9 and not minimum else 0.4)


@pytest.mark.parametrize("cover", [0.0, 1.1, math.nan])
def test_a_share_to_cover_that_is_none_is_refused(cover):
    """Proves that the message says what was found and expected."""
    with pytest.raises(InputError, match=r"(?s)share of orders to cover.*above 0, up to 1"):
        suite_problem([[1.0]], cover=cover)


def with_odd_orders(seed: int, minimum: float = 0.0):
    """Return orders of which four fit one size each, a small one, and one a second one as well."""
    rng = np.random.default_rng(seed)
    problem = drawn(seed, orders=30, sizes=12)
    cost = problem.cost.copy()
    cost[:4, :] = np.inf
    cost[np.arange(4), rng.permutation(8)[:4]] = 1.0
    cost[3, 9] = 2.0
    return suite_problem(cost, problem.times, minimum=minimum)


def test_no_time_gives_a_set_and_a_bound_all_the_same():
    """Proves that a time limit returns what was reached, with a bound that holds."""
    problem = drawn(2, orders=80, sizes=40)
    found = best_set(problem, 5, seconds=0)
    assert found.outcome.chosen and 0 < found.bound.total <= best_set(problem, 5).outcome.total
    assert found.seconds < 5


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"cost": [[1.0, -2.0]]}, "below zero"),
        ({"cost": [[1.0, math.nan]]}, "missing"),
        ({"cost": np.zeros((0, 3))}, "nothing to choose"),
        ({"cost": [[1.0]], "times": [1, 2]}, "how often"),
        ({"cost": [[1.0]], "times": [0]}, "never"),
        ({"cost": [[1.0]], "stay": [4]}, "not among the candidates"),
        ({"cost": [[1.0]], "storage": -1}, "storage"),
        ({"cost": [[1.0]], "minimum": -1}, "minimum"),
    ],
)
def test_bad_input_is_named(given, said):
    """Proves that what cannot be chosen from is refused with what was found."""
    with pytest.raises(InputError, match=said):
        suite_problem(**given)


def test_impossible_wishes_are_named():
    """Proves that too many sizes that must stay, a minimum nobody reaches, and sizes that hold nothing are refused."""
    with pytest.raises(InputError, match="more sizes must stay"):
        best_set(drawn(0, stay=(0, 1, 2)), 2)
    with pytest.raises(InputError, match="minimum order quantity") as caught:
        best_set(drawn(0, minimum=1e6), 2)
    assert "lower the minimum" in str(caught.value)
    with pytest.raises(InputError, match="no size holds any order"):
        best_set(suite_problem([[math.inf, math.inf]]), 1)
