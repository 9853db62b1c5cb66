"""How far a number may lie from the truth, and what it shares that error with."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Spread:
    """A lognormal multiplier of mean 1 that everything with the same key shares.

    Attributes
    ----------
    key : str
        ``factor:<id>``, ``parameter:<id>``, ``proxy:<activity>:<region used>``, ``edition:<id>``,
        ``stated:<argument>:<owner>`` or ``fallback:<what>``.
    sigma : float
        Standard deviation of the logarithm: ln of the geometric standard deviation.
    elasticity : float
        Power to which the multiplier enters an amount; -1 for a divisor.
    """

    key: str
    sigma: float
    elasticity: float = 1.0

    @classmethod
    def of_gsd(cls, key: str, gsd: float) -> Spread:
        """Take a geometric standard deviation, at least 1."""
        return cls(key, math.log(gsd))

    def raised(self, power: float) -> Spread:
        """Return the spread of the number raised to a power."""
        return replace(self, elasticity=self.elasticity * power)


def joined(spreads: Iterable[Spread]) -> tuple[Spread, ...]:
    """Return spreads in the order of their keys, elasticities of one key added; those without effect left out."""
    found: dict[str, Spread] = {}
    for spread in spreads:
        known = found.get(spread.key)
        found[spread.key] = replace(spread, elasticity=spread.elasticity + known.elasticity) if known else spread
    return tuple(found[key] for key in sorted(found) if found[key].sigma > 0 and found[key].elasticity != 0)
