"""In which orders overlapping measures may follow one another, and what each does on what those before it left.

Most measures leave the same whichever of two comes first; some do not, such as battery and hydrogen vans that share out the same
rounds. Orders of one choice of measures that leave the same meet in one state, so that many measures have few states: five that
all commute have 32 of them and 80 steps, where a tree of their orders has 325. A path through the states is an order; its steps'
savings add up to what the last state lacks of the first, so that no kilogram is saved twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from carbon.errors import InputError, RoiError
from carbon.roi.baseline import GROUP, SUMS, Baseline
from carbon.roi.measure import Measure, Outcome
from carbon.roi.risk import values_of

#: Steps of a group of which every order is looked at; beyond, each choice in the given order only.
MOST_STEPS = 500
#: The same while somebody waits for an answer: every order of four measures.
QUICK_STEPS = 64
_MOST_IN_ONE_ORDER = 5_000
#: Two baselines are the same within this part of their total.
_SAME = 1e-9
#: What tells lines apart that later measures may treat differently.
_APART = ("stage", "scope", "service", "site", "package", "part", "block", "factor_id", "region")


@dataclass(frozen=True, eq=False)
class Move:
    """A step: a measure on what the steps before it left.

    Attributes
    ----------
    start, end : int
        Numbers of the states that it leads from and to, of all groups together.
    """

    measure: Measure
    outcome: Outcome
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Forest:
    """The steps of all groups, made once for any number of plans.

    Attributes
    ----------
    every_order : bool
        Whether all orders of overlapping measures are in it.
    """

    steps: tuple[Move, ...]
    every_order: bool


def forest_of(measures: Sequence[Measure], baseline: Baseline, most: int | None = None) -> Forest:
    """Return the steps of all groups of some measures; beyond `most` (`MOST_STEPS`) those of a group keep their given order."""
    groups: dict[str, list[Measure]] = {}
    for measure in measures:
        groups.setdefault(measure.group, []).append(measure)
    steps: list[Move] = []
    every_order, states = True, 0
    for mine in groups.values():
        found, every = steps_of(mine, baseline, most)
        steps += [Move(each.measure, each.outcome, each.start + states, each.end + states) for each in found]
        states += 1 + max((each.end for each in found), default=0)
        every_order &= every
    return Forest(tuple(steps), every_order)


def steps_of(measures: Sequence[Measure], baseline: Baseline, most: int | None = None) -> tuple[list[Move], bool]:
    """Return a group's steps, those that lead to a state before those that lead from it, and whether they hold every order.

    A step whose model finds nothing to work on is left out, and with it what would follow.
    """
    count, most = len(measures), MOST_STEPS if most is None else most
    if count * 2 ** (count - 1) <= most:
        found = _steps(measures, baseline, False, most)
        if found is not None:
            return found, True
    found = _steps(measures, baseline, True, _MOST_IN_ONE_ORDER)
    if found is None:
        raise InputError(
            "too many overlapping measures in one group",
            found=f"{count} in '{measures[0].group}'",
            expected="at most 12",
            mend="leave some out of 'measures'",
        )
    return found, False


@dataclass(eq=False)
class _State:
    """What some measures left, in one order or in several that leave the same."""

    number: int
    used: tuple[int, ...]
    left: Baseline

    @cached_property
    def sums(self) -> tuple[_Sums, ...]:
        """Return sums of all that a later measure may read."""
        return tuple(
            _Sums.of(self.left, table, apart, what)
            for table, apart, what in (("lines", _APART, ("co2e_kg", "amount")), ("groups", GROUP, SUMS))
        )

    def same(self, other: _State) -> bool:
        """Whether another state of the same measures leaves the same."""
        whole_kg = max(abs(self.left.total_kg), abs(other.left.total_kg))
        if abs(self.left.total_kg - other.left.total_kg) > _SAME * whole_kg or self.left.uses != other.left.uses:
            return False
        return all(one.close(two) for one, two in zip(self.sums, other.sums, strict=True))


@dataclass(frozen=True, eq=False)
class _Sums:
    """Figures of a table summed up by kinds of rows, shape (kinds, figures)."""

    kinds: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, left: Baseline, table: str, apart: Sequence[str], what: Sequence[str]) -> _Sums:
        """Sum up a table of a baseline; columns that it does not have are left out."""
        rows: pd.DataFrame = getattr(left, table)
        kinds, place = np.unique(left.kinds(table, [each for each in apart if each in rows]), return_inverse=True)
        wanted = [rows[each].to_numpy(dtype=float) for each in what if each in rows]
        sums = [np.bincount(place, weights=each, minlength=len(kinds)) for each in wanted]
        return cls(kinds, np.array(sums).reshape(len(sums), len(kinds)).T)

    def close(self, other: _Sums) -> bool:
        """Whether two sums agree; what only one of them names must be nothing."""
        kinds = np.union1d(self.kinds, other.kinds)
        one, two = self._of(kinds), other._of(kinds)
        if not len(kinds) or not one.size:
            return True
        size = _SAME * np.abs(one).max(axis=0)
        return bool((np.abs(one - two) <= size + _SAME * np.abs(two)).all())

    def _of(self, kinds: np.ndarray) -> np.ndarray:
        found = np.zeros((len(kinds), self.values.shape[1]))
        found[np.searchsorted(kinds, self.kinds)] = self.values
        return found


def _steps(measures: Sequence[Measure], baseline: Baseline, in_order: bool, most: int) -> list[Move] | None:
    """Return the steps, one measure more at a time; None if they are more than `most`."""
    steps: list[Move] = []
    level, number = [_State(0, (), baseline)], 0
    while level:
        met: dict[frozenset[int], list[_State]] = {}
        for state in level:
            for place, measure in enumerate(measures):
                if place in state.used or (in_order and state.used and place < state.used[-1]):
                    continue
                try:
                    outcome = measure.outcome(state.left, values_of(measure))
                except RoiError:
                    continue
                made = _State(number + 1, (*state.used, place), outcome.after)
                known = met.setdefault(frozenset(made.used), [])
                # Nothing follows the last measure, so that it does not matter what it leaves.
                last = len(made.used) == len(measures)
                end = next((each for each in known if last or made.same(each)), made)
                if end is made:
                    known.append(made)
                    number += 1
                steps.append(Move(measure, outcome, state.number, end.number))
                if len(steps) > most:
                    return None
        level = [state for states in met.values() for state in states]
    return steps
