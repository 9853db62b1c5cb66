"""Sets of sizes found by taking, swapping and shaking: good ones, quickly; how good is for the bound to say."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np

from carbon.optimise.suites.choice import Outcome, SuiteProblem

_PATIENCE = 40
#: Below its minimum by less than this share is rounding.
_ROUNDING = 1e-12


class Search:
    """Greedy and interchange over some of a problem's sizes.

    Parameters
    ----------
    problem : SuiteProblem
    columns : array of int, optional
        Sizes to look at, besides those that must stay; all where left out.
    """

    def __init__(self, problem: SuiteProblem, columns: np.ndarray | None = None):
        self._problem = problem
        every = (
            np.arange(problem.cost.shape[1]) if columns is None else np.union1d(columns, problem.stay).astype(np.intp)
        )
        if problem.minimum:
            # A size that too few orders fit cannot have its minimum in any set.
            enough = problem.times @ np.isfinite(problem.cost[:, every]) >= problem.minimum
            every = every[enough | np.isin(every, problem.stay)]
        self.columns = every
        self._times = problem.times[problem.housed]
        costs = problem.cost[np.ix_(problem.housed, every)]
        finite = np.isfinite(costs)
        self._storage = problem.storage[every]
        # To leave out one parcel more is worse than anything that the others may cost.
        dearest = np.where(finite, costs, 0.0).max(axis=1, initial=0.0)
        all_cost = float(self._times @ dearest + self._storage.sum()) or 1.0
        self._penalty = 2 * all_cost / float(self._times.min(initial=1.0))
        self._costs = np.where(finite, costs, self._penalty)
        self._spare_times, self._unheld = problem.spare_times, (~finite).astype(float) if problem.spare_times else None

    def greedy(self, count: int, start: Sequence[int] = ()) -> Outcome | None:
        """Add the size that saves most, until there are `count` or none saves anything.

        Returns
        -------
        Outcome or None
            None where no admissible set was found: then each size alone has fewer parcels than the minimum.
        """
        found = self._outcome(sorted({*start, *self._problem.stay}))
        while found is None or len(found.chosen) < count:
            better = self._step(found, count, swaps=False)
            if better is None:
                return found
            found = better
        return found

    def improve(self, outcome: Outcome, count: int, deadline_s: float = math.inf) -> Outcome:
        """Swap, add and drop sizes while that is better; `deadline_s` is a time of `time.monotonic`."""
        while time.monotonic() < deadline_s:
            better = self._step(outcome, count, swaps=True)
            if better is None:
                return outcome
            outcome = better
        return outcome

    def shake(self, outcome: Outcome, count: int, rounds: int, deadline_s: float = math.inf, seed: int = 0) -> Outcome:
        """Replace a few sizes at random, improve again, keep what is better."""
        rng = np.random.default_rng(seed)
        free = np.setdiff1d(outcome.chosen, self._problem.stay)
        if not len(free) or len(self.columns) <= count:
            return outcome
        strength = 1
        for _ in range(rounds):
            if time.monotonic() >= deadline_s:
                break
            kept = set(outcome.chosen)
            kept -= set(rng.choice(free, min(strength, len(free)), replace=False).tolist())
            others = np.setdiff1d(self.columns, outcome.chosen)
            kept |= set(rng.choice(others, min(count - len(kept), len(others)), replace=False).tolist())
            start = self._filled_up(sorted(kept), count)
            better = self.improve(start, count, deadline_s) if start is not None else None
            if better is not None and better.beats(outcome):
                outcome, strength = better, 1
                free = np.setdiff1d(outcome.chosen, self._problem.stay)
            else:
                strength = strength % 4 + 1
        return outcome

    def rounded(
        self, shares: np.ndarray, outcome: Outcome, count: int, rounds: int, deadline_s: float = math.inf
    ) -> Outcome:
        """Round shares of sizes to whole ones in several ways, improve each, and return the best set; `outcome` too.

        Sizes are drawn evenly along the list, so that each stretch of it keeps about its share: a list by volume gives
        small, middle and large ones.
        """
        rng = np.random.default_rng(0)
        shares = np.where(np.isin(np.arange(len(shares)), self.columns), shares, 0.0)
        along = shares.cumsum()
        seen = set()
        for first in (0.5, *rng.random(max(rounds - 1, 0))):
            if time.monotonic() >= deadline_s:
                break
            drawn = np.searchsorted(along, first + np.arange(count))
            chosen = tuple(sorted({*drawn[drawn < len(along)].tolist(), *self._problem.stay}))[:count]
            if chosen in seen or not set(self._problem.stay) <= set(chosen):
                continue
            seen.add(chosen)
            start = self._filled_up(list(chosen), count)
            better = self.improve(start, count, deadline_s) if start is not None else None
            if better is not None and better.beats(outcome):
                outcome = better
        return outcome

    def step_by_step(self, count: int, deadline_s: float = math.inf) -> Outcome | None:
        """Improve the best set of one size, of two ... up to `count`: what a minimum order quantity needs.

        There, a set that is good without it may have no admissible set near it.
        """
        found = None
        for number in range(max(len(self._problem.stay), 1), count + 1):
            found = self.greedy(number, found.chosen if found else ())
            if found is None:
                return None
            found = self.improve(found, number, deadline_s)
        return found

    def _filled_up(self, chosen: list[int], count: int) -> Outcome | None:
        """Drop the size farthest below its minimum until none is, and add others instead."""
        found = self._outcome(chosen)
        while found is None and len(chosen) > 1:
            outcome = self._problem.outcome(chosen)
            free = [
                (used, size) for size, used in zip(chosen, outcome.used, strict=True) if size not in self._problem.stay
            ]
            if not free:
                return None
            chosen = [size for size in chosen if size != min(free)[1]]
            found = self._outcome(chosen)
        return self.greedy(count, found.chosen) if found is not None else None

    def _outcome(self, chosen: Sequence[int]) -> Outcome | None:
        if not len(chosen):
            return None
        found = self._problem.outcome(chosen)
        return found if self._problem.admissible(found) else None

    def alternatives(self, outcome: Outcome, each: int) -> np.ndarray:
        """Return, for every size of a set, the sizes that would replace it best: at most so many for each."""
        _, base, extra = self._replaced(np.searchsorted(self.columns, outcome.chosen))
        each = min(each, len(base))
        best = [np.argpartition(base + row, each - 1)[:each] for row in extra]
        return self.columns[np.unique(np.concatenate(best))]

    def _replaced(
        self, place: np.ndarray, swaps: bool = True, costs: np.ndarray | None = None, penalty: float | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return each order's cost in a set, and what all cost if a size is added to it, or replaces one of it.

        With d1 and d2 an order's cheapest and second cheapest cost in the set, replacing size r by size c costs
        ``sum times * min(d1, c)`` plus, for the orders that ship in r, ``sum times * (min(d2, c) - min(d1, c))``.
        """
        costs, penalty, times = (
            (self._costs, self._penalty, self._times) if costs is None else (costs, penalty, self._times)
        )
        if not len(place):
            d1 = np.full(len(costs), penalty)
            return d1, times @ np.minimum(costs, d1[:, None]), np.zeros((0, costs.shape[1]))
        own, rows = costs[:, place], np.arange(len(costs))
        first = own.argmin(axis=1)
        d1 = own[rows, first]
        least = np.minimum(costs, d1[:, None])
        base = times @ least
        if not swaps:
            return d1, base, np.zeros((0, costs.shape[1]))
        own[rows, first] = penalty
        more = np.minimum(costs, own.min(axis=1)[:, None])
        more -= least
        more *= times[:, None]
        owner = np.zeros((len(place), len(own)))
        owner[first, rows] = 1.0
        return d1, base, owner @ more

    def _step(self, outcome: Outcome | None, count: int, swaps: bool) -> Outcome | None:
        """Return the best admissible neighbour that is better, None where there is none."""
        chosen = outcome.chosen if outcome else ()
        place = np.searchsorted(self.columns, chosen).astype(np.intp)
        d1, base, extra = self._replaced(place, swaps)
        now = float(self._times @ d1)
        if self._spare_times:
            u1, left, more_left = self._replaced(place, swaps, self._unheld, 1.0)
            spared = self._spared(left)
            extra -= self._spared(left + more_left) - spared
            base, now = base - spared, now - float(self._spared(self._times @ u1))
        storage = self._storage.copy()
        storage[place] = 0.0  # to "add" what is there already is to drop the other one
        kept_storage = float(self._storage[place].sum())
        moves, totals = [], []
        if len(place) < count:
            totals.append(base + storage + kept_storage)
            moves.append(np.full(len(base), -1))
        if len(extra) == 1:
            storage[place] = np.inf  # a set is never empty
        for r in np.flatnonzero(~np.isin(chosen, self._problem.stay)) if len(extra) else ():
            totals.append(base + extra[r] + storage + kept_storage - self._storage[place[r]])
            moves.append(np.full(len(base), r))
        if not totals:
            return None
        total, move = np.concatenate(totals), np.concatenate(moves)
        now = math.inf if outcome is None else now + kept_storage
        return self._first_admissible(outcome, total, move, now)

    def _spared(self, left_times: np.ndarray) -> np.ndarray:
        """Return what need not be paid of the penalty for so many orders without a size."""
        return self._penalty * np.minimum(left_times, self._spare_times)

    def _first_admissible(self, outcome, total: np.ndarray, move: np.ndarray, now: float) -> Outcome | None:
        """Return the best of the moves that, counted exactly, are better and admissible."""
        promising = np.flatnonzero(total < now)
        if self._problem.minimum and len(promising):
            promising = promising[self._filled(outcome, promising, move)]
        if len(promising) > _PATIENCE:
            promising = promising[np.argpartition(total[promising], _PATIENCE)[:_PATIENCE]]
        chosen = outcome.chosen if outcome else ()
        for index in promising[np.argsort(total[promising], kind="stable")]:
            kept = {size for r, size in enumerate(chosen) if r != move[index]}
            found = self._outcome(sorted(kept | {int(self.columns[index % len(self.columns)])}))
            if found is not None and found.beats(outcome):
                return found
        return None

    def _filled(self, outcome: Outcome | None, promising: np.ndarray, move: np.ndarray) -> np.ndarray:
        """Say after which moves every size would have its minimum; of equal costs the new size gets none here."""
        found = np.zeros(len(promising), dtype=bool)
        place = np.searchsorted(self.columns, outcome.chosen if outcome else ()).astype(np.intp)
        rows = np.arange(len(self._costs))
        for r in np.unique(move[promising]):
            some = np.flatnonzero(move[promising] == r)
            new = self._costs[:, promising[some] % len(self.columns)]
            kept = np.delete(place, r) if r >= 0 else place
            minima = np.where(np.isin(self.columns[kept], self._problem.stay), 0.0, self._problem.minimum)
            own = self._costs[:, kept]
            first = own.argmin(axis=1) if len(kept) else np.zeros(len(rows), dtype=np.intp)
            least = own[rows, first] if len(kept) else np.full(len(rows), self._penalty)
            # A size that is in the set already stands for no further one.
            known = np.isin(promising[some] % len(self.columns), kept)
            ships = (new < least[:, None]).astype(float)
            shares = np.zeros((len(kept), len(rows)))
            if len(kept):
                shares[first, rows] = np.where(least < self._penalty, self._times, 0.0)
            used = shares.sum(axis=1)[:, None] - shares @ ships
            enough = (used >= minima[:, None] * (1 - _ROUNDING)).all(axis=0)
            found[some] = enough & (known | (self._times @ ships >= self._problem.minimum))
        return found
