"""What no set of K sizes can be cheaper than: the proof beside the search.

The linear relaxation of the problem is solved by HiGHS with a variable per size and one cost per order. For an order
and any level l, what the order costs is at least

    l - sum over sizes of max(l - cost, 0) * share of the size that is chosen,

and it is enough to know the few levels that matter: those that the last solution violates are added until none is. In
its optimum this is as strong as the relaxation with a variable for each order and size, at a small part of its size.

The solver is not trusted with the figure: its dual values make a price per order, and for *any* prices

    sum times * price + the K smallest of (storage + sum times * min(cost - price, 0))

is a lower bound. That sum is what is reported. Where it leaves too much open, HiGHS branches on the sizes that a better
set could still have; that bound is the solver's own.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from enum import StrEnum

import highspy
import numpy as np

from carbon.optimise.carton_choice import Outcome, SuiteProblem
from carbon.optimise.carton_filling import Filling

_INFINITE = highspy.kHighsInf
_MOST_ROUNDS = 60
#: Relative tolerance below which a cut is not worth adding.
_SLACK = 1e-7
_LEAST_SECONDS = 0.05
_MOST_CHOSEN = 60
#: Costs beyond which the linear programme does not come first.
_LARGE = 1_000_000
#: Share of the time for moving prices, where the linear programme comes after.
_QUICK_SHARE = 0.4
#: Free sizes up to which the linear programme is quicker.
_QUICK_FROM = 8
#: Sets of two sizes are all looked at if that takes no more sums than these.
_MOST_OF_TWO = 3e8
#: Price of an order left without a size at first, in dearest costs.
_CHARGED = 4.0
#: Prices between an order's cheapest and second cheapest size of the best set known.
_PARTS_OF_THE_WAY = (0.0, 0.05, 0.1, 0.2, 0.5)


class BoundOf(StrEnum):
    """Which problem a bound belongs to; each is a relaxation of the one that is solved."""

    SETS = "all sets of at most this many sizes"
    NO_MINIMUM = "all sets, sizes below the minimum order quantity included"
    MINIMUM = "all sets whose sizes have their minimum order quantity"
    NO_MORE_LEFT_OUT = "all sets that leave no more orders without a size"


@dataclass(frozen=True, eq=False)
class Bound:
    """A proven lower bound.

    Attributes
    ----------
    total : float
        No set that `of` names costs less.
    of : BoundOf
    by : str
        How it was proven: ``prices`` (a sum anybody can repeat), ``branching`` (HiGHS), ``enumeration`` (of all sets).
    promising : array of int
        Sizes that a better set could have; the others were proven useless at this number of sizes.
    found : tuple of int
        Sizes of a set that branching came upon, empty where there is none.
    prices, fills : array or None
        Of the orders that a set can hold, and of sizes filled up: what the bound was made of, and a start for another
        number of sizes.
    relaxation : object
        To be gone on with for another number of sizes.
    """

    total: float
    of: BoundOf
    by: str
    promising: np.ndarray
    found: tuple[int, ...] = ()
    prices: np.ndarray | None = None
    fills: np.ndarray | None = None
    relaxation: _Relaxation | None = field(default=None, repr=False)

    def gap(self, total: float) -> float:
        """Return how far above the bound a cost is, as a share of it; 0 at most rounding away."""
        if total <= self.total:
            return 0.0
        return (total - self.total) / self.total if self.total > 0 else math.inf


def lower_bound(
    problem: SuiteProblem,
    best: Outcome,
    count: int,
    within: float = 0.0,
    deadline_s: float = math.inf,
    branch: bool = True,
    near: Bound | None = None,
) -> Bound:
    """Prove what sets of at most `count` sizes cost at least.

    Parameters
    ----------
    problem : SuiteProblem
    best : Outcome
        The best set known; the nearer to the optimum, the faster the proof.
    count : int
    within : float
        Gap at which to stop, as a share of the bound.
    deadline_s : float
        Time of `time.monotonic` after which no further step begins; the bound reached holds all the same.
    branch : bool
        Whether to branch where the relaxation leaves more than `within` open.
    near : Bound, optional
        Of another number of sizes in the same problem, to begin with: any prices prove something.
    """
    costs, times = problem.cost[problem.reachable], problem.times[problem.reachable]
    left_out_times = problem.avoidable_times(best)
    places = count - len(problem.stay)
    if places <= 1 or (places == 2 and costs.shape[0] * costs.shape[1] ** 2 <= _MOST_OF_TWO):
        return _of_few_places(problem, best, costs, times, left_out_times, places)
    if left_out_times:
        return _while_some_are_left_out(problem, best, costs, times, count, left_out_times, within, deadline_s, branch)
    known, fills = near is not None and near.prices is not None, near.fills if near is not None else None
    goes_on = problem.minimum and fills is not None
    if goes_on or (known and places > _QUICK_FROM) or costs.size > _LARGE:
        # Prices that are moved reach a good bound soon, the linear programme the best one.
        filling = Filling(costs, times, problem, count)
        own = near.prices if known else filling.best_of(_between(costs[:, list(best.chosen)]))
        now_s = time.monotonic()
        until_s = deadline_s if goes_on else now_s + _QUICK_SHARE * max(deadline_s - now_s, 0.0)
        quick = filling.bound(own, best.total, within / 2, until_s, False, fills)
        relaxation = near.relaxation if near is not None else None
        near = Bound(
            quick.total, BoundOf.MINIMUM if problem.minimum else BoundOf.SETS, "prices",
            _most_chosen(quick.shares, np.flatnonzero(problem.usable)), (), quick.prices, quick.fills, relaxation,
        )  # fmt: skip
        enough = best.total <= quick.total * (1 + within) or time.monotonic() >= deadline_s
        if enough or (goes_on and not branch):
            return near
    relaxation = near.relaxation if near is not None else None
    if relaxation is not None:
        relaxation.allow(count)
    else:
        relaxation = _Relaxation(costs, times, problem, count)
    if near is not None and near.prices is not None:
        relaxation.keep_better(near.prices / relaxation.unit)
    # The relaxation is quick once it has begun: it goes on where branching would not, for the sake of a true gap.
    now_s = time.monotonic()
    until_s = now_s + (deadline_s - now_s) / 2 if problem.minimum and math.isfinite(deadline_s) else deadline_s
    total = relaxation.solve(best, best.total, within / 10, until_s)
    of, by, found = BoundOf.NO_MINIMUM if problem.minimum else BoundOf.SETS, "prices", ()
    promising, fills = relaxation.promising(best.total), None
    prices, enough = relaxation.prices * relaxation.unit, best.total <= total * (1 + within)
    if problem.minimum and not enough:
        filling = Filling(costs, times, problem, count)
        if near is not None and near.fills is not None:
            prices, fills = near.prices, near.fills
        filled = filling.bound(prices, best.total, within, deadline_s, branch, fills)
        if near is not None and near.total > total:
            total, of = near.total, BoundOf.MINIMUM
        if filled.total > total:
            total, of, by = filled.total, BoundOf.MINIMUM, "branching" if filled.branched else "prices"
        promising = _most_chosen(filled.shares, promising)
        prices, fills = filled.prices, filled.fills
    elif branch and not enough and deadline_s - time.monotonic() > _LEAST_SECONDS:
        proven, found = relaxation.branch(best, promising, within, deadline_s)
        relaxation = None
        if proven > total:
            total, by = proven, "branching"
    # Rounding must not set a bound above what was reached.
    return Bound(min(total, best.total), of, by, promising, found, prices, fills, relaxation)


def _between(own: np.ndarray) -> list[np.ndarray]:
    """Return prices between the cheapest and the second cheapest size of a set."""
    own = np.sort(own, axis=1)
    second = own[:, 1] if own.shape[1] > 1 else own[:, 0]
    apart = np.where(np.isfinite(second), second - own[:, 0], own[:, 0])
    return [own[:, 0] + part * apart for part in _PARTS_OF_THE_WAY]


def _most_chosen(shares: np.ndarray, promising: np.ndarray) -> np.ndarray:
    """Return the sizes that prices chose most often: among them, a search finds sets with their minimum."""
    often = np.argsort(-shares[promising], kind="stable")[:_MOST_CHOSEN]
    return np.sort(promising[often])


def _of_few_places(
    problem: SuiteProblem, best: Outcome, costs: np.ndarray, times: np.ndarray, left_out_times: float, places: int
) -> Bound:
    """Look at every set: those that must stay, and each other size or each two beside them."""
    stay, sizes = list(problem.stay), costs.shape[1]
    storage = problem.storage + problem.storage[stay].sum()
    storage[stay] = problem.storage[stay].sum()
    kept = costs[:, stay].min(axis=1, initial=np.inf)
    least, found = best.total, ()
    for first in np.flatnonzero(problem.usable) if places == 2 else (None,):
        with_first = kept if first is None else np.minimum(kept, costs[:, first])
        others = slice(0 if first is None else first, None)
        each = np.minimum(costs[:, others], with_first[:, None])
        held = np.isfinite(each)
        total = times @ np.where(held, each, 0.0) + storage[others]
        if first is not None:
            total[1:] += storage[first] - problem.storage[stay].sum()
        allowed = (times @ ~held <= left_out_times * (1 + _SLACK)) & problem.usable[others]
        total[~allowed] = np.inf
        at = int(total.argmin())
        if total[at] < least:
            least, found = float(total[at]), tuple({at + (first or 0), *(() if first is None else (int(first),))})
    of = BoundOf.NO_MINIMUM if problem.minimum else BoundOf.SETS
    if left_out_times:
        of = BoundOf.NO_MORE_LEFT_OUT
    return Bound(least, of, "enumeration", np.arange(sizes), found)


def _while_some_are_left_out(problem, best, costs, times, count, left_out_times, within, deadline_s, branch) -> Bound:
    """Charge each order left out a price p: the bound at that price, less p times as many orders as `best` leaves out.

    This holds for every p; one is what the other prices begin with.
    """
    price = _CHARGED * np.where(np.isfinite(costs), costs, 0.0).max()
    charged = price * left_out_times
    relaxation = _Relaxation(np.minimum(costs, price), times, problem, count)
    total = relaxation.solve(best, best.total + charged, within, deadline_s) - charged
    prices, by = relaxation.prices * relaxation.unit, "prices"
    filling = Filling(costs, times, problem, count, left_out_times)
    fills = np.append(np.zeros(costs.shape[1]), -price)
    filled = filling.bound(prices, best.total, within, deadline_s, branch, fills)
    if filled.total > total:
        total, by = filled.total, "branching" if filled.branched else "prices"
    return Bound(min(total, best.total), BoundOf.NO_MORE_LEFT_OUT, by, np.arange(costs.shape[1]))


class _Relaxation:
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
            for part in _PARTS_OF_THE_WAY:  # something to begin with, should there be no time for more
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
        orders = np.flatnonzero(known & (needed > values[self._sizes :] + _SLACK * np.abs(needed)))
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
        possible = self.bound() + np.maximum(self.worth[free] - last, 0.0) * self.unit <= total * (1 + _SLACK)
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
            solver.setOptionValue("mip_rel_gap", max(within / 2, _SLACK))
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
