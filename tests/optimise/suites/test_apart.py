"""Sizes that take one another's orders away: which no set with a minimum has both of, and what that proves."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from carbon.optimise.suites.apart import groups
from carbon.optimise.suites.choice import suite_problem
from carbon.optimise.suites.filling import Filling
from carbon.optimise.suites.relaxation import Selection


def _drawn(seed: int, stay: tuple[int, ...] = (), minimum: float = 9.0):
    """Return orders and sizes that hold those up to a size of theirs, dearer the larger, ties among them."""
    draw = np.random.default_rng(seed)
    sizes, orders = draw.integers(3, 12, (10, 2)), draw.integers(1, 10, (40, 2))
    held = (orders[:, None, :] <= sizes[None, :, :]).all(axis=2)
    held[:, draw.integers(10)] = True
    cost = np.where(held, sizes.prod(axis=1) + draw.integers(0, 2, (40, 1)), np.inf)
    return suite_problem(cost, draw.integers(1, 3, 40), 0.0, stay, minimum)


def _admissible(problem, count: int):
    for number in range(1, count + 1):
        for chosen in combinations(range(problem.cost.shape[1]), number):
            outcome = problem.outcome(chosen)
            if problem.admissible(outcome):
                yield outcome


@pytest.mark.parametrize("stay", [(), (4,)])
@pytest.mark.parametrize("seed", range(6))
def test_no_admissible_set_has_two_sizes_that_are_apart(seed, stay):
    """Proves, set by set, that of sizes said to be apart none are together where all have their minimum; there are such."""
    problem = _drawn(seed, stay)
    seen = np.zeros_like(problem.apart)
    for outcome in _admissible(problem, 4):
        seen[np.ix_(outcome.chosen, outcome.chosen)] = True
    assert problem.apart.any() and not (seen & problem.apart).any()


@pytest.mark.parametrize("stay", [(), (4,)])
@pytest.mark.parametrize("seed", range(6))
def test_bounds_with_groups_hold(seed, stay):
    """Proves that no admissible set costs less than what prices prove, with and without branching."""
    problem = _drawn(seed, stay)
    whole = [outcome for outcome in _admissible(problem, 4) if problem.avoidable_times(outcome) == 0]
    least = min(outcome.total for outcome in whole)
    costs, times = problem.cost[problem.reachable], problem.times[problem.reachable]
    for branch in (False, True):
        filling = Filling(costs, times, problem, 4)
        found = filling.bound(costs.min(axis=1), 1.5 * least, 0.0, np.inf, branch)
        assert found.total <= least * (1 + 1e-9)
        assert found.total > 0.8 * least


def test_groups_cover_every_pair_member_and_are_apart_throughout():
    """Proves that each two sizes of a group are apart, and that every size that is apart from another is in a group."""
    pairs = _drawn(1).apart
    rows = groups(pairs)
    for row in rows:
        members = np.flatnonzero(row)
        assert (pairs[np.ix_(members, members)] | np.eye(len(members), dtype=bool)).all()
    assert (rows.any(axis=0) == pairs.any(axis=0)).all()


def test_prices_of_groups_prove_what_the_best_selection_is_worth():
    """Proves that the sum that prices make is never above the cheapest sizes of which no two are apart."""
    pairs = _drawn(2).apart
    selection = Selection(groups(pairs), 3)
    for seed in range(20):
        worth = np.random.default_rng(seed).normal(-1.0, 1.0, len(pairs))
        _, priced, prices = selection.priced(worth)
        proven = np.minimum(np.sort(priced)[:3], 0.0).sum() - prices
        best = min(
            worth[list(chosen)].sum() if chosen else 0.0
            for number in range(4)
            for chosen in combinations(range(len(pairs)), number)
            if not pairs[np.ix_(chosen, chosen)].any()
        )
        plain = np.minimum(np.sort(worth)[:3], 0.0).sum()
        assert plain - 1e-9 <= proven <= best + 1e-9
