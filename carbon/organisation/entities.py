"""Entities and leases: what of a site or fleet is the organisation's own, by its consolidation approach.

GHG Protocol Corporate Standard, chapter 3 (table 1: equity share and financial control) and appendix F (leased assets);
Corporate Value Chain (Scope 3) Standard, chapter 5 (category 15) and appendix A (categories 8 and 13).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from carbon.fields import Part

Approach = Literal["operational_control", "financial_control", "equity_share"]


class Falls(StrEnum):
    """Where a part of an own site's or vehicle's emissions belongs."""

    OWN = "own"
    LEASED_IN = "leased_in"
    LEASED_OUT = "leased_out"
    INVESTMENT = "investment"
    OTHERS = "others"


class Entity(Part):
    """A company, joint venture or partnership that sites or vehicles belong to.

    Attributes
    ----------
    share : float
        The organisation's economic interest.
    financial_control : str
        ``full``, ``joint`` with partners, or ``none``.
    operational_control : bool
        Whether the organisation, or one that it controls, introduces and carries out the operating policies.
    """

    name: str | None = None
    name_zh: str | None = None
    share: Annotated[float, Field(gt=0, le=1)]
    financial_control: Literal["full", "joint", "none"]
    operational_control: bool


class Lease(Part):
    """A lease of a site.

    Attributes
    ----------
    role : str
        ``lessee``: the organisation uses what is another's; ``lessor``: another uses what is the organisation's.
    kind : str
        ``operating``, or ``finance`` (capital), which counts as owned by its lessee.
    """

    role: Literal["lessee", "lessor"]
    kind: Literal["operating", "finance"]


def attributed(approach: Approach, entity: Entity | None, lease: Lease | None) -> dict[Falls, float]:
    """Return how emissions are divided; the shares add up to 1.

    What the approach leaves out of scopes 1 and 2 is an investment by the organisation's share (category 15). The part of
    other owners still moved or stored its parcels, as a third party does (category 4). A leased site's own part goes to
    category 8 or 13 where the lease's kind and the approach put it outside.
    """
    found = _by_interest(approach, entity)
    own = found.pop(Falls.OWN, 0.0)
    if own:
        found = {_by_lease(approach, lease): own} | found
    return {falls: share for falls, share in found.items() if share > 0}


def _by_interest(approach: Approach, entity: Entity | None) -> dict[Falls, float]:
    if entity is None:
        return {Falls.OWN: 1.0}
    divided = {Falls.OWN: entity.share, Falls.OTHERS: 1.0 - entity.share}
    if approach == "equity_share":
        return divided
    if approach == "financial_control" and entity.financial_control == "joint":
        return divided
    controlled = entity.financial_control == "full" if approach == "financial_control" else entity.operational_control
    return {Falls.OWN: 1.0} if controlled else {Falls.INVESTMENT: entity.share, Falls.OTHERS: 1.0 - entity.share}


def _by_lease(approach: Approach, lease: Lease | None) -> Falls:
    if lease is None:
        return Falls.OWN
    operated = approach == "operational_control"
    if lease.role == "lessee":
        return Falls.OWN if operated or lease.kind == "finance" else Falls.LEASED_IN
    return Falls.LEASED_OUT if operated or lease.kind == "finance" else Falls.OWN
