"""What no set of K sizes can be cheaper than: the proof beside the search.

Any prices per order prove something: for all of them,

    sum times * price + the K smallest of (storage + sum times * min(cost - price, 0))

is a lower bound. That sum is what is reported. Good prices come from the linear relaxation (`relaxation`) or are
moved step by step (`filling`), which is what a minimum order quantity needs. Where they leave too much open,
sizes are branched on.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from carbon.optimise.suites.branching import Branching
from carbon.optimise.suites.choice import Outcome, SuiteProblem
from carbon.optimise.suites.filling import Filling
from carbon.optimise.suites.relaxation import PARTS_OF_THE_WAY, SLACK, Relaxation

_LEAST_SECONDS = 0.05
_MOST_CHOSEN = 60
#: Costs beyond which the linear programme does not come first.
_LARGE = 10_000_000
#: Share of the time for moving prices, where the linear programme comes after.
_QUICK_SHARE = 0.4
#: Sets of two sizes are all looked at if that takes no more sums than these.
_MOST_OF_TWO = 3e8


class BoundOf(StrEnum):
    """Which problem a bound belongs to; each is a relaxation of the one that is solved."""

    SETS = "all sets of at most this many sizes"
    NO_MINIMUM = "all sets, sizes below the minimum order quantity included"
    MINIMUM = "all sets whose sizes have their minimum order quantity"
    NO_MORE_LEFT_OUT = "all sets that leave no more orders without a size"
    COVERING = "all sets that hold as many orders as they must"


@dataclass(frozen=True, eq=False)
class Bound:
    """A proven lower bound.

    Attributes
    ----------
    total : float
        No set that `of` names costs less.
    of : BoundOf
    by : str
        How it was proven: ``prices`` (a sum anybody can repeat), ``branching`` (such a sum for each part of all sets),
        ``enumeration`` (of all sets).
    promising : array of int
        Sizes that a better set could have; the others were proven useless at this number of sizes.
    found : tuple of int
        Sizes of a set that branching came upon, empty where there is none.
    prices, fills : array or None
        Of the orders that a set can hold, and of sizes filled up: what the bound was made of, and a start for another
        number of sizes.
    relaxation : Relaxation or None
        To be gone on with for another number of sizes; its shares are good sets not yet rounded.
    """

    total: float
    of: BoundOf
    by: str
    promising: np.ndarray
    found: tuple[int, ...] = ()
    prices: np.ndarray | None = None
    fills: np.ndarray | None = None
    relaxation: Relaxation | None = field(default=None, repr=False)

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
    left_out_times = problem.allowed_times(best)
    places = count - len(problem.stay)
    if places <= 1 or (places == 2 and costs.shape[0] * costs.shape[1] ** 2 <= _MOST_OF_TWO):
        return _of_few_places(problem, best, costs, times, left_out_times, places)
    if left_out_times and problem.minimum:
        return _with_minimum_and_left_out(
            problem, best, costs, times, count, left_out_times, within, deadline_s, branch
        )
    known, fills = near is not None and near.prices is not None, near.fills if near is not None else None
    goes_on = problem.minimum and fills is not None
    if goes_on or (costs.size > _LARGE and not left_out_times):
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
    if relaxation is not None and relaxation.left_out_times == left_out_times:
        relaxation.allow(count)
    else:
        before = relaxation
        relaxation = Relaxation(costs, times, problem, count, left_out_times)
        if before is not None:
            relaxation.take_over(before)
    if near is not None and near.prices is not None:
        relaxation.keep_better(near.prices / relaxation.unit)
    # The relaxation is quick once it has begun: it goes on where branching would not, for the sake of a true gap.
    now_s = time.monotonic()
    until_s = now_s + (deadline_s - now_s) / 2 if problem.minimum and math.isfinite(deadline_s) else deadline_s
    total = relaxation.solve(best, best.total, within / 10, until_s)
    of, by, found = BoundOf.NO_MINIMUM if problem.minimum else BoundOf.SETS, "prices", ()
    if left_out_times:
        of = _of_leaving(best)
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
        branching = Branching(problem, relaxation, best, count, within, deadline_s)
        proven = branching.proven()
        found = branching.best.chosen
        if proven > total:
            total, by = proven, "branching"
    # Rounding must not set a bound above what was reached.
    return Bound(min(total, best.total), of, by, promising, found, prices, fills, relaxation)


def _of_leaving(best: Outcome) -> BoundOf:
    return BoundOf.NO_MORE_LEFT_OUT if best.excess_times else BoundOf.COVERING


def _between(own: np.ndarray) -> list[np.ndarray]:
    """Return prices between the cheapest and the second cheapest size of a set."""
    own = np.sort(own, axis=1)
    second = own[:, 1] if own.shape[1] > 1 else own[:, 0]
    apart = np.where(np.isfinite(second), second - own[:, 0], own[:, 0])
    return [own[:, 0] + part * apart for part in PARTS_OF_THE_WAY]


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
        allowed = (times @ ~held <= left_out_times * (1 + SLACK)) & problem.usable[others]
        total[~allowed] = np.inf
        at = int(total.argmin())
        if total[at] < least:
            least, found = float(total[at]), tuple({at + (first or 0), *(() if first is None else (int(first),))})
    of = BoundOf.NO_MINIMUM if problem.minimum else BoundOf.SETS
    if left_out_times:
        of = _of_leaving(best)
    return Bound(least, of, "enumeration", np.arange(sizes), found)


def _with_minimum_and_left_out(problem, best, costs, times, count, left_out_times, within, deadline_s, branch) -> Bound:
    """Prove it first as if there were no minimum, then with a price on each parcel left out."""
    relaxation = Relaxation(costs, times, problem, count, left_out_times)
    total = relaxation.solve(best, best.total, within, deadline_s)
    prices, by = relaxation.prices * relaxation.unit, "prices"
    filling = Filling(costs, times, problem, count, left_out_times)
    fills = np.append(np.zeros(costs.shape[1]), -relaxation.price_left_out())
    filled = filling.bound(prices, best.total, within, deadline_s, branch, fills)
    if filled.total > total:
        total, by = filled.total, "branching" if filled.branched else "prices"
    return Bound(min(total, best.total), _of_leaving(best), by, np.arange(costs.shape[1]))
