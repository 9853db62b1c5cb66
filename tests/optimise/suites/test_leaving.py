"""Which orders a set may leave without a size, and what that saves at most."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from carbon.optimise.suites.leaving import Leaving
from tests.optimise.suites.test_choice import with_odd_orders


@pytest.mark.parametrize("seed", range(6))
def test_no_set_leaves_out_what_may_not_be_left_out_nor_saves_more(seed):
    """Proves, set by set, that whatever is left out within the allowance belongs to the groups, and saves no more."""
    problem = with_odd_orders(seed)
    prices = np.random.default_rng(seed).uniform(-1, 5, len(problem.cost))
    most = float(problem.times[:3].sum())
    leaving = Leaving(problem.cost, problem.times, most)
    nothing = np.zeros(problem.cost.shape[1], dtype=bool)
    some = nothing.copy()
    some[4] = True
    seen = 0
    for chosen in combinations(range(problem.cost.shape[1]), 4):
        out = problem.outcome(chosen).left_out
        if not len(out) or problem.times[out].sum() > most:
            continue
        seen += 1
        assert (leaving.group_of[out] >= 0).all()
        saved = float(problem.times[out] @ prices[out])
        assert saved <= leaving.saves(prices, nothing)[0] + 1e-9
        if 4 in chosen:
            assert saved <= leaving.saves(prices, some)[0] + 1e-9
    assert seen


def test_with_nothing_to_be_left_out_there_is_nothing_to_save():
    """Proves that an allowance of nothing, and of less than the fewest parcels of a group, leaves every order in."""
    problem = with_odd_orders(0)
    for most in (0.0, float(problem.times.min()) / 2):
        leaving = Leaving(problem.cost, problem.times, most)
        assert (leaving.group_of == -1).all()
        assert leaving.saves(np.ones(len(problem.cost)), np.zeros(12, dtype=bool)) == (0.0, 0.0)
