"""The bound with a minimum order quantity: every chosen size is filled up to it.

At any prices per order, a size that is chosen takes the orders that cost less there than their price and, if these are
too few, the next ones, until it has its minimum. The K sizes that add least then make a bound, as without a minimum;
good prices are found by moving them towards orders being taken exactly once.
"""

from __future__ import annotations

import bisect
import time

import numpy as np

from carbon.optimise.carton_choice import SuiteProblem

_MOVES = 150
_PATIENCE = 8


class Filling:
    """Sizes filled up to the minimum order quantity.

    Parameters
    ----------
    costs : array, orders x sizes
        Of orders that at least one size holds.
    times : array, orders
    problem : SuiteProblem
    count : int
        Sizes at most.
    """

    def __init__(self, costs: np.ndarray, times: np.ndarray, problem: SuiteProblem, count: int):
        self._costs, self._times, self._storage = costs, times, problem.storage
        self._minimum = problem.minimum
        self._stay = np.array(problem.stay, dtype=np.intp)
        self._places = max(count - len(self._stay), 0)
        enough = times @ np.isfinite(costs) >= problem.minimum
        self._free = np.setdiff1d(np.flatnonzero(enough), self._stay)

    def raised(self, prices: np.ndarray, total: float, within: float, deadline_s: float) -> float:
        """Move prices from where they are; return the most that any of them proved.

        Parameters
        ----------
        prices : array, orders
        total : float
            Cost of a set that is known: how far prices are moved depends on it, whether a bound is true does not.
        within : float
            Gap at which to stop.
        deadline_s : float
            Time of `time.monotonic` at which to stop.
        """
        best, kept = -np.inf, prices
        reach, failed = 1.0, 0
        for _ in range(_MOVES):
            proven, taken = self.bound(prices)
            if proven > best:
                failed = failed + 1 if proven - best < 1e-4 * abs(proven) else 0
                best, kept = proven, prices
            else:
                failed += 1
            if failed > _PATIENCE:
                reach, failed, prices = reach / 2, 0, kept
                continue
            missing = 1.0 - taken
            length = float(self._times @ missing**2)
            if not length or total <= best * (1 + within) or time.monotonic() >= deadline_s:
                break
            prices = prices + reach * (total - proven) / length * missing
        return float(best)

    def bound(self, prices: np.ndarray) -> tuple[float, np.ndarray]:
        """Return what prices prove, and how often each order is taken."""
        worth = self._storage + self._times @ np.minimum(self._costs - prices[:, None], 0.0)
        taken = np.zeros(len(prices))
        for size in self._stay:
            taken += self._costs[:, size] < prices
        least: list[tuple[float, int]] = []
        filled: dict[int, np.ndarray] = {}
        # Filling up only adds: a size is looked at while it could still be among the least.
        for size in self._free[np.argsort(worth[self._free], kind="stable")]:
            limit = least[self._places - 1][0] if len(least) >= self._places else 0.0
            if not self._places or worth[size] >= min(limit, 0.0):
                break
            added, filled[size] = self._filled(size, worth[size], prices)
            bisect.insort(least, (added, int(size)))
        chosen = [(added, size) for added, size in least[: self._places] if added < 0]
        for _, size in chosen:
            taken += filled[size]
        total = self._times @ prices + worth[self._stay].sum() + sum(added for added, _ in chosen)
        return float(total), taken

    def _filled(self, size: int, worth: float, prices: np.ndarray) -> tuple[float, np.ndarray]:
        excess = self._costs[:, size] - prices
        share = (excess < 0).astype(float)
        short = self._minimum - float(self._times @ share)
        if short <= 0:
            return float(worth), share
        more = np.flatnonzero((excess >= 0) & np.isfinite(excess))
        more = more[np.argsort(excess[more], kind="stable")]
        times = self._times[more]
        part = np.clip(short - (np.cumsum(times) - times), 0.0, times) / times
        share[more] = part
        return float(worth + (excess[more] * times * part).sum()), share
