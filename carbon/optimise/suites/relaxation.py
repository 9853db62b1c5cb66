"""The linear relaxation of the choice, solved by HiGHS with a variable per size and one cost per order.

For an order and any level l, what the order costs is at least

    l - sum over sizes of max(l - cost, 0) * share of the size that is chosen,

and it is enough to know the few levels that matter: those that the last solution violates are added until none is. In
its optimum this is as strong as the relaxation with a variable for each order and size, at a small part of its size.

The solver is not trusted with the figure: its dual values make a price per order, and what these prove is counted here.
"""

from __future__ import annotations

import math
import time

import highspy
import numpy as np

from carbon.optimise.suites.choice import Outcome, SuiteProblem
from carbon.optimise.suites.leaving import Leaving

_INFINITE, _BASIC = highspy.kHighsInf, highspy.HighsBasisStatus.kBasic
_MOST_ROUNDS = 60
#: Of what is open, a round that closes more than the one share lets slack cuts go, one below the other is one of the last.
_MUCH, _LITTLE, _PATIENCE = 0.1, 0.01, 2
#: Relative tolerance below which a cut is not worth adding.
SLACK = 1e-7
_LEAST_SECONDS = 0.05
#: Prices between an order's cheapest and second cheapest size of the best set known.
PARTS_OF_THE_WAY = (0.0, 0.05, 0.1, 0.2, 0.5)


class Relaxation:
    """The linear relaxation, cut by cut; its variables are sizes, what each order costs, and which orders are left out.

    Parameters
    ----------
    costs : array, orders x sizes
    times : array, orders
    problem : SuiteProblem
    count : int
        Sizes at most.
    left_out_times : float
        Parcels that a set may leave without a size.

    Attributes
    ----------
    unit : float
        What costs, prices and bounds in here are multiples of: a power of two, so that nothing is rounded.
    prices, worth : array
        The best prices so far, in units, and what choosing each size adds at these.
    shares : array, sizes
        Of each size, the part that the last solution chose.
    is_optimal, is_impossible : bool
        Whether the solver was last done, or found that there is no such set.
    """

    def __init__(
        self, costs: np.ndarray, times: np.ndarray, problem: SuiteProblem, count: int, left_out_times: float = 0.0
    ):
        # The solver's tolerances mean the same in grams and in tonnes.
        self.unit = 2.0 ** round(math.log2(np.where(np.isfinite(costs), costs, 0.0).max() or 1.0))
        self._costs, self._times, self._count = costs / self.unit, times, count
        self._orders, self._sizes = costs.shape
        self._stay = np.zeros(self._sizes, dtype=bool)
        self._stay[list(problem.stay)] = True
        self._storage, self._usable = problem.storage / self.unit, problem.usable
        self.left_out_times = left_out_times
        self._leaving = Leaving(costs, times, left_out_times)
        self._least = self._costs.min(axis=1)
        self._scale = float(times @ self._least + self._storage.sum()) or 1.0
        self._by_cost = np.argsort(self._costs, axis=1, kind="stable")
        self._ascending = np.take_along_axis(self._costs, self._by_cost, axis=1)
        self._levels, self._cut_orders = np.empty(0), np.empty(0, dtype=np.intp)
        self._taken, self._barred = self._stay, ~self._usable
        self.shares, self.is_optimal, self.is_impossible = np.zeros(self._sizes), False, False
        self.prices = self._least.copy()
        self.worth = self._worth(self.prices)
        self._solver = self._build()
        self._dual = np.zeros(self._first_cut)
        left = np.flatnonzero(self._leaving.group_of >= 0)
        self._cut(self._least[left], left)
        self._base = len(left)

    def _build(self) -> highspy.Highs:
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        left, groups = self._leaving.group_of >= 0, len(self._leaving.groups)
        lower = np.concatenate([self._stay.astype(float), np.where(left, 0.0, self._least), np.zeros(groups)])
        upper = np.concatenate([self._usable.astype(float), np.full(self._orders, _INFINITE), np.ones(groups)])
        solver.addVars(len(lower), lower, upper)
        every = np.arange(len(lower), dtype=np.int32)
        # In units of the whole cost, so that tolerances mean the same whatever is counted in.
        costs = np.concatenate([self._storage, self._times, np.zeros(groups)])
        solver.changeColsCost(len(every), every, costs / self._scale)
        solver.addRow(-_INFINITE, self._count, self._sizes, every[: self._sizes], np.ones(self._sizes))
        held = np.flatnonzero(~left)
        patterns, where = np.unique(np.isfinite(self._costs[held]), axis=0, return_index=True)
        shared = patterns.astype(np.float32) @ patterns.T.astype(np.float32)
        needless = (shared == patterns.sum(axis=1)[:, None]) & ~np.eye(len(patterns), dtype=bool)
        kept = ~needless.any(axis=0)  # a row that another one implies is left out
        for pattern in patterns[kept]:
            sizes = np.flatnonzero(pattern).astype(np.int32)
            solver.addRow(1.0, _INFINITE, len(sizes), sizes, np.ones(len(sizes)))
        for number, pattern in enumerate(self._leaving.groups):
            sizes = np.append(np.flatnonzero(pattern), every[self._sizes + self._orders + number]).astype(np.int32)
            solver.addRow(1.0, _INFINITE, len(sizes), sizes, np.ones(len(sizes)))
        # A price of a row is that of one order that it holds for.
        first = [int(np.argmax(self._leaving.group_of == number)) for number in range(groups)]
        self._covered = np.concatenate([held[where[kept]], np.array(first, dtype=np.intp)])
        self._first_cut = 1 + len(self._covered)
        if groups:
            own = every[self._sizes + self._orders :]
            solver.addRow(-_INFINITE, self._leaving.most_times, groups, own, self._leaving.group_times)
            self._first_cut += 1
        return solver

    def allow(self, count: int) -> None:
        """Go on with another number of sizes: what is known of the orders stays true."""
        self._count = count
        self._solver.changeRowBounds(0, -_INFINITE, count)

    def take_over(self, other: Relaxation) -> None:
        """Begin with the cuts of the same orders where another number of them may be left out."""
        self._cut(other._levels, other._cut_orders)

    def restrict(self, taken: np.ndarray, barred: np.ndarray) -> None:
        """Look only at sets that have some sizes, besides those that must stay, and have none of some others."""
        self._taken, self._barred = taken | self._stay, barred | ~self._usable
        sizes = np.arange(self._sizes, dtype=np.int32)
        self._solver.changeColsBounds(
            self._sizes, sizes, self._taken.astype(float), (~self._barred | self._taken).astype(float)
        )

    def widen(self) -> None:
        """Look at all sets again."""
        nothing = np.zeros(self._sizes, dtype=bool)
        self.restrict(nothing, nothing)

    def _cut(self, levels: np.ndarray, orders: np.ndarray) -> None:
        if not len(orders):
            return
        below = levels[:, None] - self._costs[orders]
        row, size = np.nonzero(below > 0)
        group = self._leaving.group_of[orders]
        left = np.flatnonzero(group >= 0)
        rows = np.concatenate([row, np.arange(len(orders)), left])
        indices = np.concatenate([size, self._sizes + orders, self._sizes + self._orders + group[left]])
        values = np.concatenate([below[row, size], np.ones(len(orders)), levels[left]])
        order = np.argsort(rows, kind="stable")
        starts = np.searchsorted(rows[order], np.arange(len(orders)))
        self._solver.addRows(
            len(orders), levels, np.full(len(orders), _INFINITE), len(rows), starts.astype(np.int32),
            indices[order].astype(np.int32), values[order],
        )  # fmt: skip
        self._dual = np.concatenate([self._dual, np.zeros(len(orders))])
        self._levels = np.concatenate([self._levels, levels])
        self._cut_orders = np.concatenate([self._cut_orders, orders])

    def forget_slack(self) -> None:
        """Drop the cuts that do not matter where the solver stands: most of them, and what is left is quick."""
        status = self._solver.getBasis().row_status
        first = self._first_cut
        slack = np.array([each == _BASIC for each in status[first:]], dtype=bool)
        if len(slack) != len(self._levels) or not slack.any():
            return
        rows = (first + np.flatnonzero(slack)).astype(np.int32)
        self._solver.deleteRows(len(rows), rows)
        self._levels, self._cut_orders = self._levels[~slack], self._cut_orders[~slack]
        self._dual = np.concatenate([self._dual[:first], self._dual[first:][~slack]])

    def solve(self, best: Outcome, total: float, within: float, deadline_s: float) -> float:
        """Add cuts until the relaxation is solved, the gap to `total` is small enough or the time is over."""
        own = np.sort(self._costs[:, list(best.chosen)], axis=1)
        if own.shape[1] > 1:
            second = np.where(np.isfinite(own[:, 1]), own[:, 1], own[:, 0])
            for part in PARTS_OF_THE_WAY:  # something to begin with, should there be no time for more
                with np.errstate(invalid="ignore"):
                    between = own[:, 0] + part * (second - own[:, 0])
                self.keep_better(np.where(np.isfinite(between), between, self._least))
        begun = len(self._levels) > self._base
        for rank in range(0 if begun else min(2, own.shape[1])):
            levels = own[:, rank]
            orders = np.flatnonzero(np.isfinite(levels) & (levels > self._least))
            if len(orders):
                self._cut(levels[orders], orders)
        reached, little = self.bound(), 0
        for _ in range(_MOST_ROUNDS):
            if deadline_s <= time.monotonic() or total <= reached * (1 + within) or (within and little > _PATIENCE):
                break
            before = reached
            prices = self.run(deadline_s)
            if prices is not None:  # whatever stopped it: any prices prove something
                self.keep_better(prices)
                reached = max(reached, self.bound())
            if not self.is_optimal:
                break
            closed = (reached - before) / max(total - reached, SLACK * abs(total))
            little = little + 1 if closed < _LITTLE else 0
            if closed > _MUCH:
                self.forget_slack()
            if not self.cut_what_is_violated():
                break
        return reached

    def run(self, deadline_s: float) -> np.ndarray | None:
        """Let the solver go on; return the prices that its dual values make, None where there are none."""
        left_s = max(deadline_s - time.monotonic(), _LEAST_SECONDS)
        self._solver.setOptionValue("time_limit", self._solver.getRunTime() + min(left_s, 1e6))
        self._solver.run()
        status, solution = self._solver.getModelStatus(), self._solver.getSolution()
        self.is_optimal = status == highspy.HighsModelStatus.kOptimal
        self.is_impossible = status == highspy.HighsModelStatus.kInfeasible
        if self.is_optimal:
            self._values = np.array(solution.col_value)
            self.shares = np.clip(self._values[: self._sizes], 0.0, 1.0)
        if self.is_impossible:
            return self._rising()
        if not solution.dual_valid:
            return None
        self._dual = np.array(solution.row_dual) * self._scale
        return self._priced(self._dual)

    def _rising(self) -> np.ndarray | None:
        """Return prices along which what is proven rises without end: there is no such set."""
        _, known, ray = self._solver.getDualRay()
        if not known:
            return None
        along = np.array(ray) / max(np.abs(ray).max(), SLACK)
        steps = [self._priced(self._dual + 10.0**far * self._scale * along) for far in range(-3, 7)]
        return max(steps, key=lambda prices: self._sum(prices, self._worth(prices)))

    def _priced(self, dual: np.ndarray) -> np.ndarray:
        """Turn dual values into a price per order."""
        cuts = dual[self._first_cut :]
        weight = np.bincount(self._cut_orders, cuts, self._orders)
        prices = np.bincount(self._cut_orders, cuts * self._levels, self._orders)
        # What an order costs at least goes without a cut, unless it may be left out.
        prices = prices + np.where(self._leaving.group_of < 0, (self._times - weight) * self._least, 0.0)
        prices /= self._times
        prices[self._covered] += dual[1 : 1 + len(self._covered)] / self._times[self._covered]
        return prices

    def keep_better(self, prices: np.ndarray) -> None:
        """Keep prices if they prove more than those so far."""
        worth = self._worth(prices)
        if self._sum(prices, worth) > self._sum(self.prices, self.worth):
            self.prices, self.worth = prices, worth

    def cut_what_is_violated(self) -> bool:
        """Add, for each order, the cut of the level at which the chosen shares make up a whole size."""
        values = self._values
        shares = values[: self._sizes][self._by_cost]
        wanted = np.ones(self._orders)
        some = np.flatnonzero(self._leaving.group_of >= 0)
        wanted[some] -= values[self._sizes + self._orders :][self._leaving.group_of[some]]
        whole = (shares.cumsum(axis=1) >= wanted[:, None] - 1e-9).argmax(axis=1)
        levels = self._ascending[np.arange(self._orders), whole]
        known = np.isfinite(levels)
        levels = np.where(known, levels, 0.0)
        cheaper = np.where(self._ascending < levels[:, None], levels[:, None] - np.minimum(self._ascending, 1e300), 0.0)
        needed = levels * wanted - (cheaper * shares).sum(axis=1)
        now = values[self._sizes : self._sizes + self._orders]
        orders = np.flatnonzero(known & (needed > now + SLACK * np.abs(needed)))
        if len(orders):
            self._cut(levels[orders], orders)
        return bool(len(orders))

    def _worth(self, prices: np.ndarray) -> np.ndarray:
        """What choosing a size adds at these prices: mostly less than zero."""
        return self._storage + self._times @ np.minimum(self._costs - prices[:, None], 0.0)

    @property
    def _places(self) -> int:
        return max(self._count - int(self._taken.sum()), 0)

    def _sum(self, prices: np.ndarray, worth: np.ndarray) -> float:
        free = np.sort(worth[~self._taken & ~self._barred])
        rest = np.minimum(free[: self._places], 0.0)
        saved, _ = self._leaving.saves(prices, self._taken)
        return float(self._times @ prices - saved + worth[self._taken].sum() + rest.sum())

    def bound(self) -> float:
        """Return what the best prices so far prove."""
        return self._sum(self.prices, self.worth) * self.unit

    def price_left_out(self) -> float:
        """Return what one more parcel without a size would save about, by the best prices so far."""
        return self._leaving.saves(self.prices, self._taken)[1] * self.unit

    def proven(self, prices: np.ndarray) -> tuple[float, np.ndarray]:
        """Return what prices prove of the sets looked at, and what choosing each size adds."""
        worth = self._worth(prices)
        return self._sum(prices, worth) * self.unit, worth * self.unit

    def promising(self, total: float) -> np.ndarray:
        """Return the sizes that a set cheaper than `total` could have: choosing another one costs more already."""
        return self.left_by(self.bound(), self.worth * self.unit, total * (1 + SLACK))

    def left_by(self, proven: float, worth: np.ndarray, enough: float) -> np.ndarray:
        """Return the sizes with which a set may cost less than `enough`, by prices that prove so much."""
        free = np.flatnonzero(~self._taken & ~self._barred)
        if not self._places or len(free) <= self._places:
            return np.flatnonzero(self._taken | ~self._barred)
        last = min(float(np.partition(worth[free], self._places - 1)[self._places - 1]), 0.0)
        possible = proven + np.maximum(worth[free] - last, 0.0) <= enough
        return np.union1d(free[possible], np.flatnonzero(self._taken))


class Selection:
    """The cheapest sizes of which no two are of one group, in shares, and the groups' prices.

    Parameters
    ----------
    rows : array, groups x sizes
    places : int
        Sizes at most.
    """

    def __init__(self, rows: np.ndarray, places: int):
        self._rows, self._places, self._sizes = rows, places, rows.shape[1]
        self._every = np.arange(self._sizes, dtype=np.int32)
        self._solver = solver = highspy.Highs()
        for name, value in (("output_flag", False), ("presolve", "off"), ("threads", 1)):
            solver.setOptionValue(name, value)
        solver.addVars(self._sizes, np.zeros(self._sizes), np.ones(self._sizes))
        solver.addRow(-_INFINITE, float(places), self._sizes, self._every, np.ones(self._sizes))
        for row in rows:
            members = np.flatnonzero(row).astype(np.int32)
            solver.addRow(-_INFINITE, 1.0, len(members), members, np.ones(len(members)))

    def priced(self, worth: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        """Return shares of the sizes, what each is worth with its groups' prices, and the sum of the prices."""
        scale = float(np.abs(worth).max()) or 1.0
        self._solver.changeColsCost(self._sizes, self._every, worth / scale)
        self._solver.run()
        solution = self._solver.getSolution()
        if not solution.dual_valid or not solution.value_valid:
            shares = np.zeros(self._sizes)
            shares[np.argsort(worth, kind="stable")[: self._places]] = 1.0
            return np.where(worth < 0, shares, 0.0), worth, 0.0
        prices = np.maximum(-np.array(solution.row_dual)[1:], 0.0) * scale
        return np.clip(np.array(solution.col_value), 0.0, 1.0), worth + prices @ self._rows, float(prices.sum())
