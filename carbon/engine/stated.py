"""How far numbers may be off that no publication stands behind: what the organisation file states, what stands in."""

from __future__ import annotations

from carbon.engine.context import Context
from carbon.factors.spread import Spread


def stated(context: Context, argument: str, owner: str) -> tuple[Spread, ...]:
    """Return the spread of a number that the organisation file states; none where stated numbers are taken as exact."""
    sigma = sigma_of(context, f"stated.{argument}")
    return (Spread(f"stated:{argument}:{owner}", sigma),) if sigma else ()


def sigma_of(context: Context, name: str) -> float:
    """Return the sigma of a row of ``factors/parameters/estimates.yaml``, 0 where there is none."""
    found = context.registry.parameter(name, context.organisation.country, context.years[-1])
    return max((spread.sigma for spread in found.spreads), default=0.0) if found is not None else 0.0
