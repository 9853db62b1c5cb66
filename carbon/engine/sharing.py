"""The plan of a run whose meters and rounds are shared: a draft of it tells which parcels there are to share them.

A parcel that lacks a factor is rejected, so it must take no share. What lacks a factor does not depend on the totals, but
for one thing: a site whose meter finds nothing to share takes the default by mass, which may lack a factor. Then the
totals are counted once more. (Recorded and usual rounds lack the same factors: the numbers of a usual round are known
everywhere, tests/factors/test_spreads.py.)
"""

from __future__ import annotations

from collections.abc import Callable

from carbon.engine.context import Groundwork
from carbon.engine.plan import Plan, make_plan
from carbon.engine.totals import Totals, needs_totals

#: Counts the totals of the parcels that a plan has factors for.
Count = Callable[[Plan], Totals]


def shared_plan(groundwork: Groundwork, count: Count) -> Plan:
    """Return the plan, with totals of exactly the parcels that get a footprint.

    Raises
    ------
    OrganisationError, FactorError
        If a service cannot be built or a unit does not fit.
    """
    if not needs_totals(groundwork):
        return make_plan(groundwork, Totals())
    draft = _draft(groundwork)
    notes, told = groundwork.context.notes, len(groundwork.context.notes)
    plan = make_plan(groundwork, count(draft), draft)
    known = draft
    while _misses(plan) != _misses(known):
        known = plan
        del notes[told:]  # what a plan says of sites with totals that were not the last
        plan = make_plan(groundwork, count(known), known)
    return plan


def _draft(groundwork: Groundwork) -> Plan:
    """Return a plan as if every site had something to share in every month."""
    context = groundwork.context
    some = {(site, month): (1.0, 1.0, 1.0) for site in context.site_keys for month in context.profile.months}
    return make_plan(groundwork, Totals(some), draft=True)


def _misses(plan: Plan) -> dict[str, frozenset[tuple[int, ...]]]:
    """Return the cells without a factor of the blocks that depend on totals."""
    return {block.name: frozenset(block.missing) for block in plan.blocks[plan.sites] if block.missing}
