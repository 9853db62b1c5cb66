"""Branching on the linear relaxation, and rounding its shares: where one set of prices, or swapping alone, falls short."""

from __future__ import annotations

import math
import time
from itertools import combinations

import numpy as np
import pytest

from carbon.optimise.suites.branching import Branching
from carbon.optimise.suites.choice import SuiteProblem, suite_problem
from carbon.optimise.suites.relaxation import Relaxation
from carbon.optimise.suites.search import Search

_COUNT = 4


def _tangled(seed: int, orders: int = 40, sizes: int = 12) -> SuiteProblem:
    """Orders that each like a few sizes at random: shares of sizes are the cheapest, so that prices alone prove little."""
    rng = np.random.default_rng(seed)
    cost = np.where(rng.random((orders, sizes)) < 0.25, 1.0, 3.0) + 0.2 * rng.random((orders, sizes))
    cost[rng.random((orders, sizes)) < 0.3] = np.inf
    cost[:, 0] = 6.0
    return suite_problem(cost, rng.integers(1, 5, orders))


def _least(problem: SuiteProblem) -> float:
    sets = combinations(range(problem.cost.shape[1]), _COUNT)
    outcomes = (problem.outcome(each) for each in sets)
    return min(outcome.total for outcome in outcomes if not outcome.left_out_times)


def _relaxed(problem: SuiteProblem, start) -> Relaxation:
    relaxation = Relaxation(problem.cost, problem.times, problem, _COUNT)
    relaxation.solve(start, start.total, 0.0, math.inf)
    return relaxation


@pytest.mark.parametrize("seed", [0, 3, 5, 6])
def test_branching_proves_the_optimum_where_prices_alone_do_not(seed):
    """Proves that the parts together prove what looking at every set finds, from a poor set, and find that set."""
    problem = _tangled(seed)
    start, least = problem.outcome([0, 1, 2, 3]), _least(problem)
    relaxation = _relaxed(problem, start)
    assert relaxation.bound() < least * (1 - 1e-3), "there is nothing to branch for"
    branching = Branching(problem, relaxation, start, _COUNT, 1e-6, time.monotonic() + 30)
    proven = branching.proven()
    assert branching.best.total == pytest.approx(least)
    assert least * (1 - 1e-5) <= proven <= least * (1 + 1e-9)
    # Afterwards the relaxation is again that of all sets.
    assert relaxation.bound() <= least * (1 + 1e-9)


def test_what_is_proven_in_no_time_still_holds():
    """Proves that a branching stopped at once proves no less than the prices it began with, and nothing untrue."""
    problem = _tangled(3)
    start = problem.outcome([0, 1, 2, 3])
    relaxation = _relaxed(problem, start)
    before = relaxation.bound()
    proven = Branching(problem, relaxation, start, _COUNT, 0.0, time.monotonic() - 1).proven()
    assert before * (1 - 1e-9) <= proven <= _least(problem)


def test_there_is_no_such_set_is_proven_by_prices():
    """Proves that for parts without any set the prices prove more than any cost: the solver's word is not taken."""
    cost = np.full((6, 6), np.inf)
    cost[np.arange(6), np.arange(6)] = 1.0
    cost[:, 0] = 2.0
    problem = suite_problem(cost)
    relaxation = Relaxation(problem.cost, problem.times, problem, 2)
    assert relaxation.run(math.inf) is not None and relaxation.is_optimal
    nothing, first = np.zeros(6, dtype=bool), np.eye(6, dtype=bool)[0]
    relaxation.restrict(nothing, first)
    prices = relaxation.run(math.inf)
    assert relaxation.is_impossible and relaxation.proven(prices)[0] > 1e3


@pytest.mark.parametrize("seed", range(4))
def test_slack_cuts_are_forgotten_and_nothing_else(seed):
    """Proves that without its slack cuts the relaxation is smaller and proves the same."""
    problem = _tangled(seed)
    relaxation = _relaxed(problem, problem.outcome([0, 1, 2, 3]))
    relaxation.run(math.inf)
    before = relaxation.proven(relaxation.run(math.inf))[0]
    relaxation.forget_slack()
    assert relaxation.proven(relaxation.run(math.inf))[0] == pytest.approx(before)


def test_rounded_shares_reach_what_swapping_does_not():
    """Proves that two sizes which only pay together are found from shares, where no single swap is worth it."""
    # Sizes 0 and 1 together are best, 2 and 3 second best; any other pair leaves an order out.
    cost = np.array([[1, np.inf, 2, np.inf], [np.inf, 1, np.inf, 2]], dtype=float)
    problem = suite_problem(cost)
    search, stuck = Search(problem), problem.outcome([2, 3])
    assert search.rounded(np.array([1.0, 1.0, 0.0, 0.0]), stuck, 2, 1).chosen == (0, 1)
    assert search.rounded(np.array([0.0, 0.0, 1.0, 1.0]), problem.outcome([0, 1]), 2, 3).chosen == (0, 1)
