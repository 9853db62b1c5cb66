"""The linear relaxation of the choice, solved by HiGHS with a variable per size and one cost per order.

For an order and any level l, what the order costs is at least

    l - sum over sizes of max(l - cost, 0) * share of the size that is chosen,

and it is enough to know the few levels that matter: those that the last solution violates are added until none is. In
its optimum this is as strong as the relaxation with a variable for each order and size, at a small part of its size.

The solver is not trusted with the figure: its dual values make a price per order, and what these prove is counted here.
Only where it branches is the bound the solver's own.
"""

from __future__ import annotations

import math
import time

import highspy
import numpy as np

from carbon.optimise.suites.choice import Outcome, SuiteProblem

_INFINITE = highspy.kHighsInf
_MOST_ROUNDS = 60
#: Relative tolerance below which a cut is not worth adding.
SLACK = 1e-7
_LEAST_SECONDS = 0.05
#: Prices between an order's cheapest and second cheapest size of the best set known.
PARTS_OF_THE_WAY = (0.0, 0.05, 0.1, 0.2, 0.5)


class Relaxation:
    """The linear relaxation, cut by cut; sizes are the first variables, what each order costs the others."""

    def __init__(self, costs: np.ndarray, times: np.ndarray, problem: SuiteProblem, count: int):
        # A power of two, so that nothing is rounded: the solver's tolerances mean the same in grams and in tonnes.
        self.unit = 2.0 ** round(math.log2(np.where(np.isfinite(costs), costs, 0.0).max() or 1.0))
        self._costs, self._times, self._count = costs / self.unit, times, count
        self._orders, self._sizes = costs.shape
        self._stay = np.zeros(self._sizes, dtype=bool)
        self._stay[list(problem.stay)] = True
        self._storage, self._minimum = problem.storage / self.unit, problem.minimum
        self._usable = problem.usable
        self._least = self._costs.min(axis=1)
        self._scale = float(times @ self._least + self._storage.sum()) or 1.0
        self._by_cost = np.argsort(self._costs, axis=1, kind="stable")
        self._ascending = np.take_along_axis(self._costs, self._by_cost, axis=1)
        self._levels: list[np.ndarray] = []
        self._cut_orders: list[np.ndarray] = []
        self.prices = self._least.copy()
        self.worth = self._worth(self.prices)
        self._solver = self._build()

    def _build(self) -> highspy.Highs:
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        lower = np.concatenate([self._stay.astype(float), self._least])
        upper = np.concatenate([self._usable.astype(float), np.full(self._orders, _INFINITE)])
        solver.addVars(self._sizes + self._orders, lower, upper)
        every = np.arange(self._sizes + self._orders, dtype=np.int32)
        # In units of the whole cost, so that tolerances mean the same whatever is counted in.
        solver.changeColsCost(len(every), every, np.concatenate([self._storage, self._times]) / self._scale)
        solver.addRow(-_INFINITE, self._count, self._sizes, every[: self._sizes], np.ones(self._sizes))
        patterns, where = np.unique(np.isfinite(self._costs), axis=0, return_index=True)
        shared = patterns.astype(np.float32) @ patterns.T.astype(np.float32)
        needless = (shared == patterns.sum(axis=1)[:, None]) & ~np.eye(len(patterns), dtype=bool)
        kept = ~needless.any(axis=0)  # a row that another one implies is left out
        self._covered = where[kept]
        for pattern in patterns[kept]:
            sizes = np.flatnonzero(pattern).astype(np.int32)
            solver.addRow(1.0, _INFINITE, len(sizes), sizes, np.ones(len(sizes)))
        return solver

    def allow(self, count: int) -> None:
        """Go on with another number of sizes: what is known of the orders stays true."""
        self._count = count
        self._solver.changeRowBounds(0, -_INFINITE, count)

    def _cut(self, levels: np.ndarray, orders: np.ndarray) -> None:
        below = levels[:, None] - self._costs[orders]
        row, size = np.nonzero(below > 0)
        length = np.bincount(row, minlength=len(orders)) + 1
        ends = np.cumsum(length)
        indices, values = np.empty(ends[-1], np.int32), np.empty(ends[-1])
        own = np.arange(len(row)) + row  # each earlier row has one entry more: the order's own cost
        indices[own], values[own] = size, below[row, size]
        indices[ends - 1], values[ends - 1] = self._sizes + orders, 1.0
        starts = np.concatenate([[0], ends[:-1]]).astype(np.int32)
        self._solver.addRows(
            len(orders), levels, np.full(len(orders), _INFINITE), int(ends[-1]), starts, indices, values
        )
        self._levels.append(levels)
        self._cut_orders.append(orders)

    def solve(self, best: Outcome, total: float, within: float, deadline_s: float) -> float:
        """Add cuts until the relaxation is solved, the gap to `total` is small enough or the time is over."""
        own = np.sort(self._costs[:, list(best.chosen)], axis=1)
        if own.shape[1] > 1:
            for part in PARTS_OF_THE_WAY:  # something to begin with, should there be no time for more
                between = own[:, 0] + part * np.where(np.isfinite(own[:, 1]), own[:, 1] - own[:, 0], own[:, 0])
                self.keep_better(np.where(np.isfinite(between), between, self._least))
        for rank in range(min(2, own.shape[1])):
            levels = own[:, rank]
            orders = np.flatnonzero(np.isfinite(levels) & (levels > self._least))
            if len(orders):
                self._cut(levels[orders], orders)
        reached = self.bound()
        for _ in range(_MOST_ROUNDS):
            left_s = deadline_s - time.monotonic()
            if left_s <= 0 or total <= reached * (1 + within):
                break
            self._solver.setOptionValue("time_limit", self._solver.getRunTime() + min(left_s, 1e6))
            self._solver.run()
            solution = self._solver.getSolution()
            if solution.dual_valid:  # whatever stopped it: any prices prove something
                reached = max(reached, self._price(np.array(solution.row_dual) * self._scale))
            optimal = self._solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
            if not optimal or not self._cut_what_is_violated(np.array(solution.col_value)):
                break
        return reached

    def _price(self, dual: np.ndarray) -> float:
        """Turn dual values into a price per order; keep them if they prove more."""
        first = 1 + len(self._covered)
        levels, orders = np.concatenate(self._levels), np.concatenate(self._cut_orders)
        weight = np.bincount(orders, dual[first:], self._orders)
        prices = np.bincount(orders, dual[first:] * levels, self._orders) + (self._times - weight) * self._least
        prices /= self._times
        prices[self._covered] += dual[1:first] / self._times[self._covered]
        self.keep_better(prices)
        return self.bound()

    def keep_better(self, prices: np.ndarray) -> None:
        """Keep prices if they prove more than those so far."""
        worth = self._worth(prices)
        if self._sum(prices, worth) > self._sum(self.prices, self.worth):
            self.prices, self.worth = prices, worth

    def _cut_what_is_violated(self, values: np.ndarray) -> bool:
        """Add, for each order, the cut of the level at which the chosen shares make up a whole size."""
        shares = values[: self._sizes][self._by_cost]
        whole = (shares.cumsum(axis=1) >= 1 - 1e-9).argmax(axis=1)
        levels = self._ascending[np.arange(self._orders), whole]
        known = np.isfinite(levels)
        cheaper = np.where(self._ascending < levels[:, None], levels[:, None] - np.minimum(self._ascending, 1e300), 0.0)
        needed = np.where(known, levels, 0.0) - np.where(known[:, None], cheaper * shares, 0.0).sum(axis=1)
        orders = np.flatnonzero(known & (needed > values[self._sizes :] + SLACK * np.abs(needed)))
        if len(orders):
            self._cut(levels[orders], orders)
        return bool(len(orders))

    def _worth(self, prices: np.ndarray) -> np.ndarray:
        """What choosing a size adds at these prices: mostly less than zero."""
        return self._storage + self._times @ np.minimum(self._costs - prices[:, None], 0.0)

    def _sum(self, prices: np.ndarray, worth: np.ndarray) -> float:
        free = np.sort(worth[~self._stay & self._usable])
        rest = np.minimum(free[: max(self._count - int(self._stay.sum()), 0)], 0.0)
        return float(self._times @ prices + worth[self._stay].sum() + rest.sum())

    def bound(self) -> float:
        """Return what the best prices so far prove."""
        return self._sum(self.prices, self.worth) * self.unit

    def promising(self, total: float) -> np.ndarray:
        """Return the sizes that a set cheaper than `total` could have: choosing another one costs more already."""
        free = np.flatnonzero(~self._stay & self._usable)
        places = self._count - int(self._stay.sum())
        if places <= 0 or len(free) <= places:
            return np.flatnonzero(self._stay | self._usable)
        last = min(float(np.sort(self.worth[free])[places - 1]), 0.0)
        possible = self.bound() + np.maximum(self.worth[free] - last, 0.0) * self.unit <= total * (1 + SLACK)
        return np.union1d(free[possible], np.flatnonzero(self._stay))

    def branch(
        self, best: Outcome, promising: np.ndarray, within: float, deadline_s: float
    ) -> tuple[float, tuple[int, ...]]:
        """Let HiGHS branch on the promising sizes; return what it proves and the best set it came upon."""
        solver = self._solver
        sizes = np.arange(self._sizes, dtype=np.int32)
        allowed = np.isin(sizes, promising) & self._usable
        solver.changeColsBounds(self._sizes, sizes, self._stay.astype(float), allowed.astype(float))
        solver.changeColsIntegrality(self._sizes, sizes, np.full(self._sizes, highspy.HighsVarType.kInteger))
        proven, found, total = 0.0, (), best.total
        for _ in range(_MOST_ROUNDS):
            left_s = deadline_s - time.monotonic()
            if left_s < _LEAST_SECONDS:
                break
            solver.setOptionValue("time_limit", solver.getRunTime() + min(left_s, 1e6))
            solver.setOptionValue("mip_rel_gap", max(within / 2, SLACK))
            solver.run()
            info = solver.getInfo()
            if math.isfinite(info.mip_dual_bound):
                # beyond the promising sizes nothing is below `best`
                proven = max(proven, min(info.mip_dual_bound * self._scale * self.unit, best.total))
            values = np.array(solver.getSolution().col_value)
            if len(values) == 0 or solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
                break
            values[: self._sizes] = np.round(values[: self._sizes])
            chosen = tuple(np.flatnonzero(values[: self._sizes]).tolist())
            cost = float(self._times @ self._costs[:, chosen].min(axis=1) + self._storage[list(chosen)].sum())
            cost *= self.unit
            if cost < total:
                total, found = cost, chosen
            if total <= proven * (1 + within) or not self._cut_what_is_violated(values):
                break
        return proven, found
