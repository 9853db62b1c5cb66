"""Which K of many sizes: a p-median with costs of its own for each order and size.

    cost of a set = sum over orders of times * the cheapest of the set's sizes that hold the order
                  + sum over the set's sizes of what keeping a size in store costs

Every order ships in the cheapest size of the set that holds it, as a packer would do it; of equally cheap sizes the
first one counts. A set that leaves fewer orders without a size, beyond those that it may leave (`spare_times`), always
comes before a cheaper one. Orders without a size cost nothing: a p-median with outliers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from carbon.errors import InputError
from carbon.optimise.suites.apart import apart

#: A set is better only where it saves more than what rounding may feign.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class SuiteProblem:
    """What there is to choose from; made by `suite_problem`.

    Attributes
    ----------
    cost : array, orders x sizes
        Of one parcel, in kg CO2e or money; infinite where the order does not fit.
    times : array, orders
        How often each order occurs.
    storage : array, sizes
        What each size of the set costs however many parcels it has, in the unit of `cost`.
    stay : tuple of int
        Sizes that every set has.
    minimum : float
        Fewest parcels of a size; those that must stay are exempt.
    spare_times : float
        Orders that a set may leave without a size.
    """

    cost: np.ndarray
    times: np.ndarray
    storage: np.ndarray
    stay: tuple[int, ...] = ()
    minimum: float = 0.0
    spare_times: float = 0.0

    @cached_property
    def homeless(self) -> np.ndarray:
        """Orders that no size at all holds."""
        return np.flatnonzero(~np.isfinite(self.cost).any(axis=1))

    @cached_property
    def housed(self) -> np.ndarray:
        """Orders that at least one size holds: those that a set is chosen for."""
        return np.flatnonzero(np.isfinite(self.cost).any(axis=1))

    @cached_property
    def usable(self) -> np.ndarray:
        """Say which sizes could be in a set: those that must stay, and those that enough orders fit."""
        usable = self.times @ np.isfinite(self.cost) >= self.minimum
        usable[list(self.stay)] = True
        return usable

    @cached_property
    def reachable(self) -> np.ndarray:
        """Orders that some size which could be in a set holds; the other ones are left out by every set."""
        return np.flatnonzero(np.isfinite(self.cost[:, self.usable]).any(axis=1))

    @cached_property
    def apart(self) -> np.ndarray:
        """Say of each two sizes whether no set has both, because one of them would have less than its minimum."""
        minima = np.where(self.usable, self.minimum, 0.0)
        minima[list(self.stay)] = 0.0
        return apart(self.cost[self.reachable], self.times[self.reachable], minima)

    def avoidable_times(self, outcome: Outcome) -> float:
        """Return how many of the orders that a set leaves out another set could hold."""
        return float(self.times[np.intersect1d(outcome.left_out, self.reachable)].sum())

    def allowed_times(self, outcome: Outcome) -> float:
        """Return how many of the orders that some set could hold a set may leave out and still rank no lower for it."""
        beyond_reach = outcome.left_out_times - self.avoidable_times(outcome)
        return max(outcome.left_out_times, self.spare_times) - beyond_reach

    def outcome(self, chosen: Sequence[int]) -> Outcome:
        """Return what a set means for each order.

        Parameters
        ----------
        chosen : sequence of int
            Its sizes, at least one.
        """
        chosen = np.asarray(sorted(chosen), dtype=np.intp)
        costs = self.cost[:, chosen]
        first = costs.argmin(axis=1)
        each = costs[np.arange(len(costs)), first]
        held = np.isfinite(each)
        used = np.bincount(first[held], self.times[held], len(chosen))
        left_out = np.setdiff1d(np.flatnonzero(~held), self.homeless)
        left_out_times = float(self.times[left_out].sum())
        total = math.fsum((self.times[held] * each[held]).tolist()) + math.fsum(self.storage[chosen].tolist())
        return Outcome(
            chosen=tuple(chosen.tolist()),
            size_of=np.where(held, chosen[first], -1),
            cost_of=each,
            used=used,
            left_out=left_out,
            left_out_times=left_out_times,
            excess_times=max(left_out_times - self.spare_times * (1 + _ROUNDING), 0.0),
            total=total,
        )

    def admissible(self, outcome: Outcome) -> bool:
        """Say whether the sizes that must stay are there, and every other one has its minimum."""
        free = ~np.isin(outcome.chosen, self.stay)
        return set(self.stay) <= set(outcome.chosen) and bool((outcome.used[free] >= self.minimum).all())


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a set means.

    Attributes
    ----------
    chosen : tuple of int
        The set's sizes, ascending.
    size_of : array of int, orders
        Size each order ships in; -1 where none holds it.
    cost_of : array, orders
        Of one parcel; infinite where no size holds it.
    used : array
        Parcels in each size of `chosen`.
    left_out : array of int
        Orders that some size would hold, but none of this set.
    left_out_times : float
        How often these occur.
    excess_times : float
        How much more often than the set may leave orders out.
    total : float
        Of all orders that a size holds, storage included.
    """

    chosen: tuple[int, ...]
    size_of: np.ndarray
    cost_of: np.ndarray
    used: np.ndarray
    left_out: np.ndarray
    left_out_times: float
    excess_times: float
    total: float

    @property
    def rank(self) -> tuple[float, float]:
        """What is compared: orders without a size that should have one, then the cost."""
        return self.excess_times, self.total

    def beats(self, other: Outcome | None) -> bool:
        """Say whether this set is better by more than rounding."""
        if other is None or self.excess_times != other.excess_times:
            return other is None or self.excess_times < other.excess_times
        return self.total < other.total - _ROUNDING * abs(other.total)


def suite_problem(
    cost: np.ndarray,
    times: Iterable[float] | None = None,
    storage: float | Iterable[float] = 0.0,
    stay: Iterable[int] = (),
    minimum: float = 0.0,
    cover: float = 1.0,
) -> SuiteProblem:
    """Check what there is to choose from.

    Parameters
    ----------
    cost : array, orders x sizes
        Of one parcel; infinite where it does not fit.
    times : iterable of float, optional
        How often each order occurs; once each where left out.
    storage : float or iterable of float
        Of each size in the set, in the unit of `cost`.
    stay : iterable of int
        Sizes that must be in every set.
    minimum : float
        Fewest parcels of a size.
    cover : float
        Share of the orders that a set must hold, of those that any size holds.

    Raises
    ------
    InputError
        If a cost or a number is missing or below zero, or shapes do not match.
    """
    cost = np.array(cost, dtype=float)
    if cost.ndim != 2 or 0 in cost.shape:
        raise InputError(
            "there is nothing to choose from", found=f"costs of shape {cost.shape}", expected="orders x sizes"
        )
    orders, sizes = cost.shape
    times_ = np.ones(orders) if times is None else np.array(list(times), dtype=float)
    storage_ = np.array(np.broadcast_to(np.asarray(storage, dtype=float), sizes))
    if times_.shape != (orders,):
        raise InputError("not every order says how often it occurs", found=len(times_), expected=f"{orders} numbers")
    for name, values in (("cost", cost), ("storage cost", storage_), ("number of times", times_)):
        wrong = ~(values >= 0) if name == "cost" else ~((values >= 0) & np.isfinite(values))
        if wrong.any():
            raise InputError(f"a {name} is missing or below zero", found=float(values[wrong][0]), expected="0 or more")
    if not (times_ > 0).all():
        raise InputError("an order occurs never", found=0, expected="only orders that occurred", mend="leave it out")
    stay_ = tuple(sorted(set(stay)))
    if stay_ and not 0 <= stay_[0] <= stay_[-1] < sizes:
        raise InputError("a size that must stay is not among the candidates", found=stay_, expected=f"0 to {sizes - 1}")
    if not 0 <= minimum < math.inf:
        raise InputError("the minimum order quantity is no number of parcels", found=minimum, expected="0 or more")
    if not 0 < cover <= 1:
        raise InputError("the share of orders to cover is no share", found=cover, expected="above 0, up to 1")
    spare_times = (1 - cover) * float(times_[np.isfinite(cost).any(axis=1)].sum())
    return SuiteProblem(cost, times_, storage_, stay_, float(minimum), spare_times)
