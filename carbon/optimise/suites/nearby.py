"""A shop's set of cartons made better by sizes near the chosen ones, and proven again with them among the candidates."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from carbon.factors.registry import Registry
from carbon.optimise.cartons import CartonSet, best_set
from carbon.optimise.items import Size
from carbon.optimise.suites.choice import SuiteProblem
from carbon.optimise.suites.columns import Column, Plant, limits_of, made_column, with_costs
from carbon.optimise.suites.kernel_costs import SizeCosts
from carbon.optimise.suites.plain_costs import Board
from carbon.optimise.suites.polishing import polished
from carbon.organisation import Organisation, Package

#: Share of the time after which no further sizes are looked at: the rest is for the bound.
_LOOKING_SHARE = 0.6


@dataclass(frozen=True)
class Made:
    """How a further size becomes a package."""

    setup: Organisation
    registry: Registry
    template: Package
    board: Board
    plant: Plant
    year: int
    storage: float

    def packages(self, columns: list[Column]) -> Organisation:
        """Return the organisation with further sizes, priced as the first ones."""
        packages = {**self.setup.packages, **{each.key: each.package for each in columns}}
        wide = self.setup.model_copy(update={"packages": packages})
        return with_costs(wide, self.setup, columns, self.registry, self.year)[0]


@dataclass(frozen=True, eq=False)
class Nearby:
    """A set, what it is chosen from, and the packages that came on top.

    Attributes
    ----------
    problem : SuiteProblem
        Its first size is what is no carton; `columns` are the others.
    """

    set: CartonSet
    problem: SuiteProblem
    columns: list[Column]
    packages: dict[str, Package]
    rounds: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Polish:
    """What sizes near the chosen ones were worth.

    Attributes
    ----------
    sizes, rounds : int
        Looked at, and how often.
    before, after : float
        Cost of the set without and with them among the candidates.
    housed_times : float
        Orders that should have a size and get one only from the set with them; in `after` alone.
    before_gap : float
        Of the set without them, to the bound without them.
    left, came : tuple of str
        Sizes of the set without them that the set with them does not have, and those that took their place.
    seconds : float
        Taken, the new bound included.
    """

    sizes: int
    rounds: int
    before: float
    after: float
    housed_times: float
    before_gap: float
    left: tuple[str, ...]
    came: tuple[str, ...]
    seconds: float

    @classmethod
    def of(cls, first: Nearby, nearby: Nearby) -> Polish | None:
        """Compare the sets; None where no size was looked at."""
        if not nearby.rounds:
            return None
        before, after = ([each.columns[at - 1].key for at in each.set.outcome.chosen if at] for each in (first, nearby))
        # Orders that only a new size holds count as left out before.
        was, now = nearby.problem.outcome(first.set.outcome.chosen), nearby.set.outcome
        return cls(
            len(nearby.columns) - len(first.columns),
            nearby.rounds,
            was.total,
            now.total,
            was.excess_times - now.excess_times,
            first.set.gap,
            tuple(key for key in before if key not in after),
            tuple(key for key in after if key not in before),
            nearby.seconds,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return vars(self) | {"saved": self.saved, "left": list(self.left), "came": list(self.came)}

    @property
    def saved(self) -> float | None:
        """What the sizes lowered; None where they house further orders, which cost something, too."""
        return None if self.housed_times else self.before - self.after


def with_nearby(first: Nearby, costs: SizeCosts, made: Made, seconds: float) -> Nearby:
    """Look at sizes near the chosen ones, choose again, and prove the bound for all candidates.

    Parameters
    ----------
    first : Nearby
        The set to begin with; the result is never worse.
    costs : SizeCosts
    made : Made
    seconds : float
        For looking and proving; what is under way is ended.
    """
    began = time.monotonic()
    columns, packages = list(first.columns), {}

    def cost_of(sizes: list[Size]) -> np.ndarray:
        new = [made_column(size, made.template, made.board) for size in sizes]
        wide = made.packages(new)
        columns.extend(new)
        packages.update({each.key: wide.packages[each.key] for each in new})
        return costs.of(new, wide)

    # What is no carton has no size, and stays in every set.
    sizes = [(0, 0, 0), *(column.size for column in first.columns)]
    found = polished(
        sizes, first.problem, first.set, limits_of(made.plant, made.board), cost_of, made.storage,
        seconds=_LOOKING_SHARE * seconds, size_s=costs.size_s,
    )  # fmt: skip
    if not found.rounds:
        return first
    left_s = max(seconds - (time.monotonic() - began), 0.0)
    proven = best_set(
        found.problem, first.set.count, within=0.001, seconds=left_s, start=found.set.outcome.chosen, branch=True
    )
    return Nearby(proven, found.problem, columns, packages, found.rounds, time.monotonic() - began)
