"""What a measure really changes in a baseline: its lines, and with them stages, scopes and the measures that it overlaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from carbon.roi.baseline import Baseline
from carbon.roi.measure import Measure, Outcome
from carbon.terms import Scope, Stage

#: Lines that change by less than this part of all emissions do not change.
_NOTHING = 1e-12


@dataclass(frozen=True, eq=False)
class Touch:
    """What a measure changes on its own.

    Attributes
    ----------
    lines : numpy.ndarray
        Which lines of the baseline.
    stages, scopes : tuple of str
        Of what it changes or adds, in their order; those that its model may change, where on this ledger it changes nothing.
    """

    lines: np.ndarray
    stages: tuple[str, ...]
    scopes: tuple[str, ...]


def touch_of(measure: Measure, baseline: Baseline, outcome: Outcome) -> Touch:
    """Return what a measure changes; lines of the baseline come first in what it leaves."""
    before, rows = baseline.figures("co2e_kg"), outcome.after.lines
    left = rows["co2e_kg"].to_numpy(dtype=float)
    lines = np.abs(left[: len(before)] - before) > _NOTHING * abs(baseline.total_kg)
    changed = np.concatenate([lines, left[len(before) :] != 0])
    return Touch(
        lines,
        _named(rows, "stage", changed, Stage, measure.stages),
        _named(rows, "scope", changed, Scope, measure.scopes),
    )


def overlaps_of(measures: Sequence[Measure], touches: Mapping[str, Touch]) -> dict[str, tuple[str, ...]]:
    """Return, for each measure, the others that change a line it changes, or are of its group."""
    return {
        each.key: tuple(
            other.key
            for other in measures
            if other is not each
            and (other.group == each.group or (touches[each.key].lines & touches[other.key].lines).any())
        )
        for each in measures
    }


def _named(rows, column: str, changed: np.ndarray, order, otherwise: Sequence) -> tuple[str, ...]:
    if column not in rows:
        return tuple(str(each) for each in otherwise)
    found = {str(each) for each in rows[column].to_numpy()[changed]}
    return tuple(str(each) for each in order if str(each) in found) or tuple(str(each) for each in otherwise)
