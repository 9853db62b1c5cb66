"""Where one set of prices leaves too much open: sizes are taken or barred, and each part gets prices of its own.

What is proven of all sets is the least of what is proven of the parts, each of them a sum of prices as without
branching: the solver is not trusted here either. Sizes with which a set costs enough by these prices are barred, so
that the parts soon have few sizes left.
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass

import numpy as np

from carbon.optimise.suites.choice import Outcome, SuiteProblem
from carbon.optimise.suites.relaxation import Relaxation
from carbon.optimise.suites.search import Search

#: Rounds of cuts for a part.
_ROUNDS = 2
#: A size that is chosen to about this share is branched on.
_UNDECIDED = 0.9
#: Sets that each part's shares are rounded to.
_ROUNDED = 2
#: A share this near to none or all of a size counts as such.
_WHOLE = 1e-6
#: Of an admissible gap, how much is used up: the rest is rounding.
_CAREFUL = 0.99


@dataclass(frozen=True, eq=False)
class _Part:
    """Sets that have some sizes and have none of some others; `proven` of them, and shares to branch by."""

    taken: np.ndarray
    barred: np.ndarray
    proven: float
    shares: np.ndarray


class Branching:
    """All sets of at most `count` sizes, part by part.

    Parameters
    ----------
    problem : SuiteProblem
        Without a minimum order quantity.
    relaxation : Relaxation
        Solved, of the orders that sets can hold; it says how many of them may be left out.
    best : Outcome
        The best set known.
    count : int
    within : float
        Gap at which to stop.
    deadline_s : float
        Time of `time.monotonic` at which to stop; what is proven by then holds.
    """

    def __init__(
        self,
        problem: SuiteProblem,
        relaxation: Relaxation,
        best: Outcome,
        count: int,
        within: float,
        deadline_s: float,
    ):
        self._problem, self._relaxation, self.best, self._count = problem, relaxation, best, count
        self._within, self._deadline_s = within * _CAREFUL, deadline_s
        self._enough = best.total / (1 + self._within)

    def proven(self) -> float:
        """Return what every set costs at least; `best` may be a better set then."""
        nothing = np.zeros(self._problem.cost.shape[1], dtype=bool)
        self._relaxation.forget_slack()
        first = self._looked_at(_Part(nothing, nothing, self._relaxation.bound(), self._relaxation.shares))
        open_, number = [], 0
        if first is not None:
            open_.append((first.proven, 0, first))
        while open_ and time.monotonic() < self._deadline_s:
            _, _, part = open_[0]
            size = self._undecided(part)
            if part.proven >= self._enough or size is None:
                break
            heapq.heappop(open_)
            one = np.zeros(len(nothing), dtype=bool)
            one[size] = True
            for taken, barred in ((part.taken | one, part.barred), (part.taken, part.barred | one)):
                each = self._looked_at(_Part(taken, barred, part.proven, part.shares))
                if each is not None:
                    number += 1
                    heapq.heappush(open_, (each.proven, number, each))
        self._relaxation.widen()
        return min([self._enough, *(proven for proven, _, _ in open_)])

    def _undecided(self, part: _Part) -> int | None:
        """Return the size to branch on, None where every size is decided.

        Whole shares decide nothing where orders may be left out: these may be so in part.
        """
        free = ~part.taken & ~part.barred
        open_ = np.flatnonzero(free & (np.abs(part.shares - 0.5) < 0.5 - _WHOLE))
        if not len(open_) and self._relaxation.left_out_times:
            open_ = np.flatnonzero(free & (part.shares > _WHOLE))
        return int(open_[np.argmin(np.abs(part.shares[open_] - _UNDECIDED))]) if len(open_) else None

    def _looked_at(self, part: _Part) -> _Part | None:
        """Prove what the sets of a part cost at least, round its shares; None where that is enough."""
        relaxation = self._relaxation
        relaxation.restrict(part.taken, part.barred)
        proven, barred, shares = part.proven, part.barred, part.shares
        for _ in range(_ROUNDS):
            prices = relaxation.run(self._deadline_s)
            if prices is None:
                break
            now, worth = relaxation.proven(prices)
            if now >= proven:
                proven = now
                barred = np.ones(len(barred), dtype=bool)
                barred[relaxation.left_by(now, worth, self._enough)] = False
            if proven >= self._enough:
                return None
            if not relaxation.is_optimal or time.monotonic() >= self._deadline_s:
                break
            shares = relaxation.shares
            if not relaxation.cut_what_is_violated():
                break
        self._round(shares)
        return _Part(part.taken, barred, proven, shares) if proven < self._enough else None

    def _round(self, shares: np.ndarray) -> None:
        few = Search(self._problem, np.union1d(np.flatnonzero(shares > _WHOLE), self.best.chosen))
        self.best = few.rounded(shares, self.best, self._count, _ROUNDED, self._deadline_s)
        # A better set that leaves out fewer orders may cost more; what was closed until now was closed for less.
        self._enough = min(self._enough, self.best.total / (1 + self._within))
