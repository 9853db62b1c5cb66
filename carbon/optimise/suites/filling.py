"""The bound with a minimum order quantity: prices per order, and per size a price for being filled up.

At any price p per order and any m >= 0 per size,

    sum times * p + the K smallest of (storage + minimum * m + sum times * min(cost - p - m, 0))

is a lower bound, because a size that is chosen has at least its minimum. Where sets may leave out L orders, being left
out is one more size, which costs nothing, is in every set and has at most L: its m is below zero.

All prices are moved along a mean of what was taken too often or too little (the volume algorithm of Barahona and
Anbil, 2000), which takes thousands of quick steps where the linear programme itself takes minutes.

What the relaxation lets through is then branched on: with a size that is in the set no order ships in a dearer one,
so that sizes like it run short of orders and drop out.
"""

from __future__ import annotations

import heapq
import math
import time
from dataclasses import dataclass, field

import numpy as np

from carbon.optimise.suites.apart import groups
from carbon.optimise.suites.choice import SuiteProblem
from carbon.optimise.suites.relaxation import Selection

_STEPS, _STEPS_OF_A_BRANCH = 4000, 250
_PATIENCE, _PATIENCE_OF_A_BRANCH = 40, 15
_REACH, _REACH_OF_A_BRANCH = 0.5, 0.25
#: Share of the direction so far that each step keeps, and of the mean of what was chosen.
_KEPT, _KEPT_OF_CHOICE = 0.8, 0.95
_LEAST_REACH = 1e-3
#: A step that proves less than this share more counts as failed.
_WORTH_A_STEP = 2e-5
#: Size that is branched on: chosen in about so large a share of the last steps.
_UNDECIDED = 0.6
_LOOKS = 4
#: Less of a size than this is none of it.
_NO_SHARE = 1e-9


@dataclass(frozen=True, eq=False)
class Filled:
    """What was proven.

    Attributes
    ----------
    total : float
        No admissible set costs less.
    branched : bool
        Whether it took more than prices.
    shares : array, sizes
        How often each size was chosen in the last steps at the first prices: good sets are made of these.
    prices, fills : array
        The first prices, of orders and of sizes being filled up.
    """

    total: float
    branched: bool
    shares: np.ndarray
    prices: np.ndarray
    fills: np.ndarray


class Filling:
    """All sets of at most `count` sizes that have their minimum.

    Parameters
    ----------
    costs : array, orders x sizes
        Of orders that at least one size holds.
    times : array, orders
    problem : SuiteProblem
    count : int
        Sizes at most.
    left_out_times : float
        Orders that may be left without a size.
    """

    def __init__(
        self,
        costs: np.ndarray,
        times: np.ndarray,
        problem: SuiteProblem,
        count: int,
        left_out_times: float = 0.0,
    ):
        self.sizes = costs.shape[1]
        self.times, self.minimum, self.count = times, problem.minimum, count
        self.costs, self.storage, self.stay = costs, problem.storage, frozenset(problem.stay)
        self.left_out_times = left_out_times
        self.dearest = float(np.where(np.isfinite(costs), costs, 0.0).max())
        self.minima = np.full(self.sizes, problem.minimum)
        self.minima[list(self.stay)] = 0.0
        if left_out_times:
            self.costs = np.column_stack([costs, np.zeros(len(costs))])
            self.storage = np.append(self.storage, 0.0)
            self.minima = np.append(self.minima, left_out_times)
            self.stay, self.count = self.stay | {self.sizes}, count + 1
        # Being left out takes no orders away.
        self.apart = np.zeros((self.costs.shape[1],) * 2, dtype=bool)
        self.apart[: self.sizes, : self.sizes] = problem.apart

    def bound(
        self,
        prices: np.ndarray,
        total: float,
        within: float,
        deadline_s: float,
        branch: bool,
        fills: np.ndarray | None = None,
    ) -> Filled:
        """Prove what sets cost at least.

        Parameters
        ----------
        prices : array, orders
            To begin with.
        total : float
            Cost of a set that is known: how far prices are moved depends on it, whether a bound is true does not.
        within : float
            Gap at which to stop.
        deadline_s : float
            Time of `time.monotonic` at which to stop.
        branch : bool
            Whether to go on where the prices leave more than `within` open.
        fills : array, optional
            To begin with, as of another number of sizes.
        """
        enough = total / (1 + within)
        if fills is None or len(fills) != self.costs.shape[1]:
            fills = np.zeros(self.costs.shape[1])
            fills[self.sizes :] = -2 * self.dearest
        root = _Branch(self, self.stay, frozenset(), prices, fills)
        first = root.moved(total, enough, _STEPS, deadline_s) if root.possible else math.inf
        shares, prices, fills = root.shares_of_all()[: self.sizes], root.prices, root.fills
        proven = first
        if branch and first < enough:
            proven = self._branched(root, total, enough, deadline_s)
        return Filled(min(proven, total), proven > first, shares, prices, fills)

    def best_of(self, starts: list[np.ndarray]) -> np.ndarray:
        """Return the prices that prove most, sizes not filled up."""

        def proven(prices: np.ndarray) -> float:
            root = _Branch(self, self.stay, frozenset(), prices, np.zeros(self.costs.shape[1]))
            return root.moved(-math.inf, math.inf, 1, math.inf) if root.possible else math.inf

        return max(starts, key=proven)

    def _branched(self, root: _Branch, known: float, enough: float, deadline_s: float) -> float:
        """Split what is least proven until it is proven or the time is over; return what holds for all."""
        number = 0
        open_ = [(root.proven, number, root)] if self._looked_at(root, known, enough, deadline_s) else []
        while open_ and time.monotonic() < deadline_s:
            _, _, least = open_[0]
            if least.is_decided:
                break
            heapq.heappop(open_)
            size = least.undecided()
            parts = ((least.taken | {size}, least.barred), (least.taken, least.barred | {size}))
            for taken, barred in parts:
                each = _Branch(self, taken, barred, least.prices, least.fills, least.proven)
                if self._looked_at(each, known, enough, deadline_s):
                    number += 1
                    heapq.heappush(open_, (each.proven, number, each))
        return min([enough, *(proven for proven, _, _ in open_)])

    def _looked_at(self, branch: _Branch, known: float, enough: float, deadline_s: float) -> bool:
        """Move the prices of a branch, decide sizes by them; say whether the branch is open still."""
        for _ in range(_LOOKS):
            if not branch.possible or branch.moved(known, enough, _STEPS_OF_A_BRANCH, deadline_s) >= enough:
                return False
            if not branch.decide(enough):
                break
        if not branch.possible:
            return False
        if branch.is_decided:
            # One set is left: its cost is known.
            branch.proven = max(branch.proven, branch.cost())
            return branch.proven < enough
        return True


@dataclass(eq=False)
class _Branch:
    """Sets that have some sizes, and do not have some others."""

    whole: Filling
    taken: frozenset[int]
    barred: frozenset[int]
    prices: np.ndarray
    #: Of all sizes, those of the branch or not.
    fills: np.ndarray
    proven: float = -math.inf
    worth: np.ndarray = field(init=False)
    shares: np.ndarray = field(init=False)

    def __post_init__(self):
        self._gather()

    def _gather(self) -> None:
        """Leave out costs that cannot occur, and sizes that too few orders could be shipped in."""
        whole, taken = self.whole, sorted(self.taken)
        costs = whole.costs
        beside = [size for size in taken if size < whole.sizes]
        if beside:
            costs = np.where(costs <= costs[:, beside].min(axis=1)[:, None], costs, np.inf)
        enough = whole.times @ np.isfinite(costs) >= whole.minimum
        free = enough & ~whole.apart[taken].any(axis=0)
        free[[*taken, *self.barred]] = False
        if len(taken) >= whole.count:
            free[:] = False
        self.columns = np.array([*taken, *np.flatnonzero(free)], dtype=np.intp)
        self.first = len(taken)
        self.costs = np.ascontiguousarray(costs[:, self.columns])
        self.storage = whole.storage[self.columns]
        self.minima = whole.minima[self.columns]
        self.is_size = self.columns < whole.sizes
        self.places = whole.count - self.first
        self.shares = np.zeros(len(self.columns))
        self.possible = (
            self.places >= 0
            and len(self.columns) > 0
            and all(enough[size] or size in whole.stay for size in taken)
            and not whole.apart[np.ix_(taken, taken)].any()
            and bool(np.isfinite(self.costs).any(axis=1).all())
        )

    @property
    def is_decided(self) -> bool:
        return self.first == len(self.columns)

    def shares_of_all(self) -> np.ndarray:
        found = np.zeros(len(self.fills))
        found[self.columns] = self.shares
        return found

    def moved(self, known: float, enough: float, steps: int, deadline_s: float) -> float:
        """Move prices from where they are; keep the best, and return what they prove."""
        times, first = self.whole.times, self.first
        weights = np.where(self.minima > 0, self.minima, 1.0)
        root = steps == _STEPS
        reach, patience = (_REACH, _PATIENCE) if root else (_REACH_OF_A_BRANCH, _PATIENCE_OF_A_BRANCH)
        prices, fills = self.prices, self.fills[self.columns]
        best, kept, failed = -math.inf, None, 0
        selection = self._selection() if root else None
        along, along_fills = np.zeros(len(prices)), np.zeros(len(fills))
        for _ in range(steps):
            below = self.costs - prices[:, None]
            below -= fills
            np.minimum(below, 0.0, out=below)
            worth = self.storage + self.minima * fills + times @ below
            group_prices, shares = 0.0, None
            if selection is not None:
                shares, worth[first:], group_prices = selection.priced(worth[first:])
            free = np.argsort(worth[first:], kind="stable")[: self.places] + first
            chosen = np.concatenate([np.arange(first), free[worth[free] < 0]])
            proven = float(times @ prices + worth[chosen].sum()) - group_prices
            parts = np.ones(len(chosen))
            if shares is not None:
                chosen = np.concatenate([np.arange(first), np.flatnonzero(shares > _NO_SHARE) + first])
                parts = np.concatenate([np.ones(first), shares[shares > _NO_SHARE]])
            failed = 0 if proven > best + _WORTH_A_STEP * abs(known) else failed + 1
            if proven > best:
                best, kept = proven, (prices, fills, worth)
            self.shares *= _KEPT_OF_CHOICE
            self.shares[chosen] += (1 - _KEPT_OF_CHOICE) * parts
            if best >= enough or proven >= known or time.monotonic() >= deadline_s:
                break
            if failed >= patience:
                reach, failed = reach / 2, 0
                prices, fills, _ = kept
                along, along_fills = np.zeros(len(prices)), np.zeros(len(fills))
                if reach < _LEAST_REACH:
                    break
            ships = below[:, chosen] < 0
            short = np.zeros(len(fills))
            missing = np.where(self.minima[chosen] > 0, self.minima[chosen] - times @ ships, 0.0)
            short[chosen] = parts * missing / weights[chosen]
            along = _KEPT * along + (1 - _KEPT) * (1.0 - ships @ parts)
            along_fills = _KEPT * along_fills + (1 - _KEPT) * short
            length = float(times @ along**2 + weights @ along_fills**2)
            if not length:
                break
            step = reach * (known - proven) / length
            prices, fills = prices + step * along, fills + step * along_fills
            fills = np.where(self.is_size, np.maximum(fills, 0.0), np.minimum(fills, 0.0))
        self.prices, of_columns, self.worth = kept
        self.fills = self.fills.copy()
        self.fills[self.columns] = of_columns
        # What holds for sets of which these are a part holds for these.
        self._at_prices, self.proven = best, max(self.proven, best)
        return self.proven

    def _selection(self) -> Selection | None:
        """Return what prices groups of sizes of which a set has one at most; None where there are none."""
        free = self.columns[self.first :]
        rows = groups(self.whole.apart[np.ix_(free, free)])
        return Selection(rows, self.places) if len(rows) and self.places > 1 else None

    def decide(self, enough: float) -> bool:
        """Take or bar the sizes without or with which a set costs enough; say whether that is worth another look."""
        worth, columns = self.worth[self.first :], self.columns[self.first :]
        rank = np.argsort(worth, kind="stable")
        last = min(float(worth[rank[self.places - 1]]), 0.0) if 0 < self.places <= len(rank) else 0.0
        following = min(float(worth[rank[self.places]]), 0.0) if self.places < len(rank) else 0.0
        barred = columns[self._at_prices + np.maximum(worth - last, 0.0) >= enough]
        chosen = rank[: self.places]
        chosen = chosen[worth[chosen] < 0]
        taken = columns[chosen[self._at_prices - worth[chosen] + following >= enough]]
        if not len(taken) and not len(barred):
            return False
        much = len(taken) > 0 or len(barred) > 0.15 * len(columns)
        self.taken, self.barred = self.taken | set(taken.tolist()), self.barred | set(barred.tolist())
        self._gather_keeping_shares()
        return much

    def _gather_keeping_shares(self) -> None:
        shares = self.shares_of_all()
        self._gather()
        self.shares = shares[self.columns]

    def undecided(self) -> int:
        """Return the size to branch on."""
        at = self.first + int(np.argmin(np.abs(self.shares[self.first :] - _UNDECIDED)))
        return int(self.columns[at])

    def cost(self) -> float:
        """Return what the one set that is left costs, infinite where a size has less than its minimum.

        If orders may be left out, which ones is open: then nothing more is known of it.
        """
        if self.whole.left_out_times:
            return self.proven
        ships = self.costs.argmin(axis=1)
        used = np.bincount(ships, self.whole.times, len(self.columns))
        if (used < self.minima).any():
            return math.inf
        each = self.costs[np.arange(len(ships)), ships]
        return float(self.whole.times @ each + self.storage.sum())
