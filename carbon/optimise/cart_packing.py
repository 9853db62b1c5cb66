"""Packing of carts: the decision of `carbon pack` for what a shopper is about to buy."""

from __future__ import annotations

import datetime
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Any

import pyarrow as pa

from carbon.engine.packages import packages_of
from carbon.factors.registry import Registry
from carbon.optimise.catalogue import catalogue_of
from carbon.optimise.decide import Decider, Order
from carbon.optimise.evaluate import Evaluator
from carbon.optimise.loads import Holder
from carbon.optimise.options import Aim, Stock, Unpacked
from carbon.optimise.order_items import order_of
from carbon.optimise.placing.search import Search
from carbon.orders.articles import Article
from carbon.orders.items import GIVEN, UNKNOWN
from carbon.orders.places import Places
from carbon.orders.table import OrdersInput
from carbon.organisation import Organisation

#: Sites and countries with a plan at hand; beyond it the oldest is laid anew.
_DECIDERS = 16
#: What an article says that the items file does not know.
_UNSAID = (
    *("row", "complaint", "product_category", "rotation", "top_load_kg", "fragile", "keep_together", "kind"),
    *("keep_apart", "own_container"),
)


class CartPacker:
    """Chooses the packages of carts by lowest footprint, as `carbon pack` does; stocks are not drawn on.

    What a package causes is counted for a delivery to the middle of the country. Threads may share it; they take turns.

    Parameters
    ----------
    organisation : Organisation
    registry : Registry
    places : Places, optional
    on : datetime.date, optional
        Day whose factors count; today.
    time_limit_s : float
        For one cart and package; the best found until then counts.
    """

    def __init__(
        self,
        organisation: Organisation,
        registry: Registry,
        places: Places | None = None,
        *,
        on: datetime.date | None = None,
        time_limit_s: float = 0.2,
    ):
        self._organisation, self._registry, self._places = organisation, registry, places or Places()
        self._on = on or datetime.date.today()
        year = organisation.method.edition or self._on.year
        catalogue = catalogue_of(organisation, packages_of(organisation, registry, year), registry.packages)
        self._holder = Holder(catalogue, Search(time_limit_s=time_limit_s))
        self._deciders: OrderedDict[tuple[str, str], Decider] = OrderedDict()
        self._lock = Lock()

    def __call__(
        self, pieces: Sequence[tuple[Article, int]], site: str, service: str, country: str
    ) -> tuple[tuple[str, float, float], ...] | str:
        """Return package, mass [kg] and volume [m3] of the goods of each parcel; or a code of `reasons.REASONS`."""
        made = order_of(0, [_row(article, count) for article, count in pieces], None)
        if isinstance(made, Unpacked):
            return made.code
        with self._lock:
            order = Order(0, made.load, made.goods, None, None, site, service)
            table = next(self._orders([service], site, country).chunks()).table
            decided = next(iter(self._decider(site, service, country).decide(table, [order])))
        if isinstance(decided, Unpacked):
            return decided.code
        return tuple(
            (filled.package, *(float(value) for value in made.goods.of(filled.load)))
            for filled in decided.chosen.filled
        )

    def _orders(self, services: Sequence[str], site: str, country: str) -> OrdersInput:
        """A parcel by each service, as carts are counted."""
        count = len(services)
        columns = {"parcel_id": [f"cart {at}" for at in range(count)], "service": list(services)}
        same = {"shipped_on": self._on, "origin_site": site, "destination_country": country, "goods_mass_kg": 1.0}
        return OrdersInput.open(pa.table(columns | {name: [value] * count for name, value in same.items()}))

    def _decider(self, site: str, service: str, country: str) -> Decider:
        """Return what decides for a site and country, for all services that the checkout has there."""
        organisation, key = self._organisation, (site, country)
        known = self._deciders.get(key)
        if known is not None and service in known.evaluator.plan.context.service_keys:
            self._deciders.move_to_end(key)
            return known
        options = organisation.checkout.options if organisation.checkout else ()
        offered = [option.service for option in options if any(each.split("-")[0] == country for each in option.serves)]
        services = {name: organisation.services[name] for name in dict.fromkeys([*offered, service])}
        defaults = organisation.defaults.model_copy(update={"service": None})
        there = organisation.model_copy(update={"services": services, "defaults": defaults})
        evaluator = Evaluator(self._orders(list(services), site, country), there, self._registry, self._places)
        self._deciders[key] = made = Decider(evaluator, self._holder, Aim(), Stock())
        while len(self._deciders) > _DECIDERS:
            self._deciders.popitem(last=False)
        return made


def _row(article: Article, count: int) -> dict[str, Any]:
    """Return an article as a row of items; what the cart's line says of it has its place there already."""
    row = dict.fromkeys(_UNSAID) | {"temperature": "ambient"} | (article.row or {})
    sides = article.size_m or (None, None, None)
    return row | {
        "sku": article.sku,
        "quantity": count,
        "unit_mass_kg": article.mass_kg,
        "mass_given": True,
        "source": GIVEN if article.size_m else UNKNOWN,
        **dict(zip(("length_m", "width_m", "height_m"), sides, strict=True)),
    }
