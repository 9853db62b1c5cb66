"""Figures that stand in several places of a report, rounded once, so that each prints the same digits everywhere.

Scopes, categories and stages are rounded so that they sum to the printed total. What only one table rounded so would end in another
digit on the next page, where it stands alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from carbon.reports import numbers

#: Values that agree in so many digits are one figure: sums in another order differ in their last bits.
_SAME = ".9g"


@dataclass(frozen=True)
class Settled:
    """Figures as they are printed in the total's unit, with as many decimals as a column of it may have.

    Attributes
    ----------
    scale : MassScale
    found_kg : mapping
        Value, written with nine digits, to what is printed of it [kg].
    """

    scale: numbers.MassScale
    found_kg: Mapping[str, float] = field(default_factory=dict)

    def knows(self, value_kg: float) -> bool:
        """Whether a value is one of the figures."""
        return f"{value_kg:{_SAME}}" in self.found_kg

    def __call__(self, value_kg: float, scale: numbers.MassScale) -> float:
        """Return what is printed of a figure [kg]; another value, or one printed finer than figures are settled, as it is."""
        if scale.step_kg < self.scale.step_kg * (1 - 1e-9):
            return value_kg
        return self.found_kg.get(f"{value_kg:{_SAME}}", value_kg)


def settled(total_kg: float, wholes: Sequence[tuple[float | None, Sequence[float]]]) -> Settled:
    """Return a report's figures.

    Parameters
    ----------
    total_kg : float
        [kg CO2e]
    wholes : sequence of (whole, parts)
        [kg CO2e] In this order: a figure keeps what an earlier whole gave it, where the later one can still be met. Where the whole is
        None it is the parts' sum, and prints as the sum of what is printed of them.
    """
    scale = numbers.scale_for([total_kg])
    scale = numbers.MassScale(
        scale.unit, numbers.decimals_for(total_kg / scale.size_kg, numbers.MAX_DIGITS), scale.units
    )
    step_kg = scale.step_kg
    found: dict[str, int] = {f"{total_kg:{_SAME}}": round(total_kg / step_kg)} if total_kg else {}
    for whole_kg, parts_kg in wholes:
        if whole_kg is None:
            known = [found.get(f"{part_kg:{_SAME}}") for part_kg in parts_kg]
            if None not in known:
                found.setdefault(f"{math.fsum(parts_kg):{_SAME}}", sum(known))
            continue
        whole = found.get(f"{whole_kg:{_SAME}}", round(whole_kg / step_kg))
        for part_kg, count in zip(parts_kg, _parts(parts_kg, step_kg, whole, found), strict=True):
            found.setdefault(f"{part_kg:{_SAME}}", count)
    return Settled(scale, {key: count * step_kg for key, count in found.items()})


def _parts(parts_kg: Sequence[float], step_kg: float, whole: int, found: Mapping[str, int]) -> list[int]:
    """Return steps that sum to a whole; what is found already keeps its own, unless others would be off by a step for it."""
    keys = [f"{part_kg:{_SAME}}" for part_kg in parts_kg]
    free = [place for place, key in enumerate(keys) if key not in found]
    left = whole - sum(found[key] for key in keys if key in found)
    if free:
        counts = numbers.steps([parts_kg[place] for place in free], step_kg, left * step_kg)
        if sum(counts) == left:
            given = dict(zip(free, counts, strict=True))
            return [given[place] if place in given else found[key] for place, key in enumerate(keys)]
    return numbers.steps(parts_kg, step_kg, whole * step_kg)
