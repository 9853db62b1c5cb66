"""Which distance a factor wants, and how to get it from the one at hand.

Distance belongs to the factor: a value per tonne-km was divided by an actual, a shortest feasible or a
great-circle distance, and may already contain an uplift. A distance of another basis is converted by a
sourced parameter or refused, and never lengthened twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from carbon.errors import FactorError
from carbon.terms import DistanceBasis, Mode

#: Order of lengthening: each step goes one further.
_STEPS = (DistanceBasis.GREAT_CIRCLE, DistanceBasis.SHORTEST_FEASIBLE, DistanceBasis.ACTUAL)


@dataclass(frozen=True)
class DistanceRule:
    """Parameters that turn a distance at hand into the factor's; None where nothing is to be done."""

    circuity: str | None = None
    adjustment: str | None = None
    addition: str | None = None


def distance_rule(
    mode: Mode, given: DistanceBasis, wanted: DistanceBasis | None, includes: tuple[str, ...]
) -> DistanceRule:
    """Return which parameters convert a distance.

    Parameters
    ----------
    mode : Mode
    given : DistanceBasis
        Of the distance at hand: coordinates give great circles, sea routing the shortest feasible way.
    wanted : DistanceBasis or None
        Of the factor; None (not stated) is taken as the mode's usual one: great circle for air, actual else.
    includes : tuple of str
        What the factor contains; with ``distance_uplift`` nothing is ever added.

    Raises
    ------
    FactorError
        Where a longer distance is given than the factor wants: no sourced parameter shortens one.
    """
    wanted = wanted or (DistanceBasis.GREAT_CIRCLE if mode is Mode.AIR else DistanceBasis.ACTUAL)
    have, want = _STEPS.index(given), _STEPS.index(wanted)
    if have > want:
        raise FactorError(
            f"the factor wants a {wanted} distance",
            found=f"a distance on basis '{given}'",
            expected=f"a distance on basis '{wanted}', or coordinates",
            mend="give places instead of a distance, or a factor of the other basis",
        )
    if have == want or "distance_uplift" in includes:
        return DistanceRule()
    if mode is Mode.AIR:
        return DistanceRule(addition="distance_addition.air")
    # No sourced rail circuity exists; the road's stands in and is shown as such in docs/method.md.
    return DistanceRule(
        circuity="circuity.road" if given is DistanceBasis.GREAT_CIRCLE and mode is not Mode.SEA else None,
        adjustment=f"distance_adjustment.{mode}" if wanted is DistanceBasis.ACTUAL else None,
    )
