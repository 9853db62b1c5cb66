"""What a set of cartons changes against another one, by group of parcels, and how it is written down."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from carbon.errors import InputError
from carbon.optimise.items import Size
from carbon.optimise.suites.choice import Outcome, SuiteProblem

_TENTHS_PER_MM = 10


@dataclass(frozen=True)
class Compared:
    """One set against another, over the orders that both hold; storage apart.

    Attributes
    ----------
    times : float
        Orders that both hold.
    before, after : float
        Their cost in the one and in the other.
    storage_before, storage_after : float
        Of the sets' sizes.
    only_before_times, only_after_times : float
        Orders that only one of them holds; they are in neither cost.
    """

    times: float
    before: float
    after: float
    storage_before: float
    storage_after: float
    only_before_times: float
    only_after_times: float

    @property
    def saved(self) -> float:
        """What the change saves, storage included; below zero where it costs more."""
        return self.before + self.storage_before - self.after - self.storage_after


def compared(problem: SuiteProblem, before: Outcome, after: Outcome) -> Compared:
    """Compare two sets, for instance today's with the chosen one."""
    held = np.isfinite(before.cost_of), np.isfinite(after.cost_of)
    both, times = held[0] & held[1], problem.times
    return Compared(
        times=float(times[both].sum()),
        before=math.fsum((times[both] * before.cost_of[both]).tolist()),
        after=math.fsum((times[both] * after.cost_of[both]).tolist()),
        storage_before=math.fsum(problem.storage[list(before.chosen)].tolist()),
        storage_after=math.fsum(problem.storage[list(after.chosen)].tolist()),
        only_before_times=float(times[held[0] & ~held[1]].sum()),
        only_after_times=float(times[held[1] & ~held[0]].sum()),
    )


@dataclass(frozen=True)
class Effect:
    """What a change of the set means for one group of parcels; storage is not shared among groups.

    Attributes
    ----------
    label : str
    parcels : int
        That both sets hold.
    before, after : float
    not_comparable : int
        Parcels that one of the sets does not hold; they are in neither cost.
    """

    label: str
    parcels: int
    before: float
    after: float
    not_comparable: int

    @property
    def saved(self) -> float:
        """What the change saves for the group."""
        return self.before - self.after


def effects(order_of: np.ndarray, labels: Sequence[str], before: Outcome, after: Outcome) -> list[Effect]:
    """Split what a change of the set means by month, lane or any other label.

    Parameters
    ----------
    order_of : array of int
        For each row of the history, its order.
    labels : sequence of str
        For each row, its group.
    before, after : Outcome

    Returns
    -------
    list of Effect
        By label; their parcels add up to the rows.
    """
    if len(labels) != len(order_of):
        raise InputError("not every order has a label", found=len(labels), expected=f"{len(order_of)} labels")
    names, group = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    old, new = before.cost_of[order_of], after.cost_of[order_of]
    both = np.isfinite(old) & np.isfinite(new)
    parcels = np.bincount(group[both], minlength=len(names))
    lost = np.bincount(group[~both], minlength=len(names))
    sums = [np.bincount(group[both], each[both], len(names)) for each in (old, new)]
    return [
        Effect(str(name), int(parcels[at]), float(sums[0][at]), float(sums[1][at]), int(lost[at]))
        for at, name in enumerate(names)
    ]


def package_entries(
    sizes: Sequence[Size], stem: str = "carton", common: Mapping[str, object] | None = None
) -> dict[str, dict[str, object]]:
    """Return a set as entries of `packages:` in organisation.yaml.

    Parameters
    ----------
    sizes : sequence of Size
        Inner sizes.
    stem : str
        What the keys begin with; the size follows.
    common : mapping, optional
        Fields that all of them share, such as `material` or `void_fill`. Mass is left to the board's area and the
        sourced grammage, unless it is given here.
    """
    entries = {}
    for size in sorted(set(sizes), key=lambda each: (math.prod(each), each)):
        lengths = "x".join(f"{each / _TENTHS_PER_MM:g}" for each in size)
        entries[f"{stem}_{lengths.replace('.', '_')}"] = {"kind": "box", "inner": f"{lengths} mm", **(common or {})}
    return entries
