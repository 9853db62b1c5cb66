"""Plans of a checkout: one for the services of a destination's region, and the sites they leave from, a month each."""

from __future__ import annotations

from functools import lru_cache

import pyarrow as pa

from carbon.documents import no_collector
from carbon.engine.context import Profile
from carbon.engine.frame_maker import FrameMaker
from carbon.engine.plan import Plan, lay_ground, make_plan
from carbon.engine.run import ChunkRunner
from carbon.engine.survey import SurveyPart
from carbon.engine.totals import Totals
from carbon.errors import FactorError, OrganisationError
from carbon.factors.registry import Registry
from carbon.orders.places import Places
from carbon.orders.table import OrdersChunk
from carbon.organisation import LineHaul, Organisation

#: Plans kept: regions times months, and sites that carts name.
_PLANS = 48
#: All that a row of a cart may lack.
_LACKING = frozenset(("goods_mass_kg", "package", "origin", "destination"))


class Ground:
    """A plan with what binds rows to it.

    Attributes
    ----------
    plan : Plan
    maker : FrameMaker
    refused : frozenset of str
        Services that no plan can be laid for here, because a factor is missing.
    """

    def __init__(self, plan: Plan, places: Places, refused: frozenset[str] = frozenset()):
        self.plan, self._places, self.refused = plan, places, refused
        self.maker = FrameMaker(plan.groundwork, places, plan.totals.rounds)
        self._rows: list[dict] | None = None

    def runner(self) -> ChunkRunner:
        """Return what runs whole rows."""
        return ChunkRunner(self.plan, self._places, has_lines=False)

    def rows(self) -> list[dict]:
        """Return the plan's rows, for `replay`; made when first asked for."""
        if self._rows is None:
            self._rows = self.plan.table().to_pylist()
        return self._rows


class Grounds:
    """Lays plans for carts, and keeps them.

    A plan holds only what a lane can use: services on offer there, sites they leave from, places on their way. The figures
    are those of a plan of the whole organisation, which takes several times as long to lay.
    """

    def __init__(self, organisation: Organisation, registry: Registry, places: Places):
        self._organisation, self._registry, self._places = organisation, registry, places
        self._lay = lru_cache(maxsize=_PLANS)(self._laid)

    def of(self, services: frozenset[str], sites: frozenset[str], chunk: OrdersChunk) -> Ground:
        """Return the ground for rows of one month."""
        found = SurveyPart.of(chunk, self._places).profile(self._registry)
        return self._lay(services, sites, found.months, found.regions)

    def _laid(
        self, services: frozenset[str], sites: frozenset[str], months: tuple[str, ...], regions: tuple[str, ...]
    ) -> Ground:
        profile = Profile(months=months, regions=regions, alone=True, lacking=_LACKING)
        with no_collector():
            try:
                return Ground(self._plan(services, sites, profile), self._places)
            except (OrganisationError, FactorError):
                refused = frozenset(each for each in services if not self._can(each, sites, profile))
                # Not a service's own fault, or nothing is left.
                if refused in (frozenset(), services):
                    raise
                return Ground(self._plan(services - refused, sites, profile), self._places, refused)

    def _plan(self, services: frozenset[str], sites: frozenset[str], profile: Profile) -> Plan:
        ground = lay_ground(self._reduced(services, sites), self._registry, profile, self._places)
        return make_plan(ground, Totals())

    def _can(self, service: str, sites: frozenset[str], profile: Profile) -> bool:
        """Whether a plan can be laid for one service alone."""
        try:
            self._plan(frozenset((service,)), sites, profile)
        except (OrganisationError, FactorError):
            return False
        return True

    def _reduced(self, services: frozenset[str], sites: frozenset[str]) -> Organisation:
        whole = self._organisation
        kept = {key: service for key, service in whole.services.items() if key in services}
        legs = [leg for service in kept.values() for leg in service.chain if isinstance(leg, LineHaul)]
        named = {end for leg in legs for end in (leg.start, leg.to)} | sites
        return whole.model_copy(
            update={
                "services": kept,
                "sites": {key: site for key, site in whole.sites.items() if key in named},
                "places": {key: place for key, place in whole.places.items() if key in named},
                "defaults": whole.defaults.model_copy(update={"service": None, "site": None}),
                "categories": {},
            }
        )


def table_of(rows: list[dict]) -> pa.Table:
    """Return rows of orders as a table; what none of them says is left out."""
    names = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    return pa.table({name: [row[name] for row in rows] for name in names})
