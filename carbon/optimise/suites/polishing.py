"""A chosen set made better by sizes that were no candidates: those a step of the grid away.

The bound of a set says how good it is among the candidates, nothing of what they left out. That is looked for here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from carbon.optimise.cartons import CartonSet, best_set
from carbon.optimise.items import Size
from carbon.optimise.suites.choice import SuiteProblem
from carbon.optimise.suites.sizes import PlantLimits, nearby_sizes

#: A round that saves less than this share is the last one.
_WORTH_A_ROUND = 1e-3


@dataclass(frozen=True, eq=False)
class Polished:
    """A better set, and the candidates it is now chosen from.

    Attributes
    ----------
    sizes : list of Size
        The candidates before, in the same places, and the new ones behind them.
    problem : SuiteProblem
    set : CartonSet
        Its bound is one for all these candidates.
    rounds : int
        How often sizes nearby were looked at.
    """

    sizes: list[Size]
    problem: SuiteProblem
    set: CartonSet
    rounds: int


def polished(
    sizes: Sequence[Size],
    problem: SuiteProblem,
    found: CartonSet,
    limits: PlantLimits,
    cost_of: Callable[[list[Size]], np.ndarray],
    storage: float = 0.0,
    within: float = 0.005,
    seconds: float = 30.0,
    most_rounds: int = 6,
    size_s: float = 0.0,
) -> Polished:
    """Look at sizes near the chosen ones, choose again, and go on while that saves anything to speak of.

    Parameters
    ----------
    sizes : sequence of Size
        Candidates of `problem`, in its sequence.
    problem : SuiteProblem
    found : CartonSet
        The set to begin with; the result is never worse.
    limits : PlantLimits
    cost_of : callable
        Costs of all orders in new sizes, as the problem's: orders x sizes, infinite where an order does not fit.
    storage : float
        Of each new size.
    within, seconds
        As for `best_set`; the time is that of all rounds.
    most_rounds : int
    size_s : float
        What the costs of one new size take; where time does not suffice for all, the nearest sizes are looked at.
    """
    deadline_s = time.monotonic() + seconds
    sizes, rounds = list(sizes), 0
    while rounds < most_rounds and time.monotonic() < deadline_s:
        free = [sizes[size] for size in found.outcome.chosen if size not in problem.stay]
        new = nearby_sizes(free, limits, sizes)
        if size_s:
            # Half of the time is for choosing among them.
            room = int((deadline_s - time.monotonic()) / 2 / size_s)
            new = sorted(sorted(new, key=lambda size: _steps_away(size, free))[:room])
        if not new:
            break
        rounds += 1
        sizes += new
        problem = replace(
            problem,
            cost=np.hstack([problem.cost, cost_of(new)]),
            storage=np.concatenate([problem.storage, np.full(len(new), storage)]),
        )
        before = problem.outcome(found.outcome.chosen)
        left_s = max(deadline_s - time.monotonic(), 0.0)
        found = best_set(problem, found.count, within, left_s, before.chosen, branch=False)
        if not found.outcome.beats(before):
            found = replace(found, outcome=before)
        if before.total - found.outcome.total <= _WORTH_A_ROUND * before.total:
            break
    return Polished(sizes, problem, found, rounds)


def _steps_away(size: Size, chosen: Sequence[Size]) -> int:
    return min(sum(abs(a - b) for a, b in zip(size, each, strict=True)) for each in chosen)
