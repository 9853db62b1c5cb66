"""What a running service holds: the organisation's options, keys, rates, counts, and what its pages are made from."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Hashable
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.security import HTTPBearer

from carbon import organisation as _organisation
from carbon.errors import Where
from carbon.estimate.options import PACKED, Cart, DeliveryOptions, Option
from carbon.factors.registry import Registry
from carbon.labels.content import Names
from carbon.labels.service.calculations import Calculations
from carbon.labels.service.guard import Meters, Rates
from carbon.labels.service.keys import KeyRing, Scope, ShopKey
from carbon.labels.service.problems import Problem
from carbon.labels.service.settings import Settings
from carbon.labels.wording import market_of, refuse
from carbon.orders.articles import Articles
from carbon.orders.places import Places

if TYPE_CHECKING:
    from carbon.labels.service.records import Records

#: Tells OpenAPI how a key is sent; the routes look at it themselves.
BEARER = HTTPBearer(auto_error=False, description="A key of `carbon keys create`.")
#: The same for a route that FastAPI need not look at headers for.
SECURED = {"security": [{BEARER.scheme_name: []}]}
_NO_KEY = {"www-authenticate": 'Bearer realm="carbon"'}
_PREPARE_AFTER_S = 3.0
#: Ways of carts that are remembered as computed.
_KNOWN = 50_000
#: Whose the estimates of the demo are.
DEMO = ShopKey("demo", "demo", "", (Scope.ESTIMATE,))


class Service:
    """One running service; its parts are shared by all requests.

    Raises
    ------
    InputError
        If a file cannot be used, or an option's name is one that a market it serves refuses.
    """

    def __init__(self, settings: Settings):
        self.settings = settings
        self.organisation = _organisation.read(settings.organisation)
        registry = Registry.load(settings.factors, gwp_set=self.organisation.method.gwp_set)
        places = Places(settings.places)
        self.options = DeliveryOptions(
            self.organisation,
            registry,
            places,
            articles=None if settings.items is None else Articles(settings.items),
            packer=lambda *asked: self._packer(*asked),
        )
        #: What an estimate rests on besides its cart: a page of other tables or another set-up would show another figure.
        self.basis = hashlib.sha256(f"{registry.hash} {self.organisation.hash}".encode()).hexdigest()
        self._known: set[Hashable] = set()
        self._names: dict[tuple[str, str], Names] = {}
        for option in self.organisation.checkout.options:
            for place in option.serves:
                self.names(option.name_or_key, market_of(place.split("-")[0]))
        self._check_own_factors(registry)
        self.keys = KeyRing(settings.state)
        self.keys.keys()  # a broken file is said at the start
        self.calculations = Calculations(settings.state, settings.keep_days)
        self.records = None if settings.ledger is None else _records(settings.ledger)
        self.meters, self.rates = Meters(), Rates()
        self._preparing: threading.Timer | None = None
        self.prepared = False

    def _check_own_factors(self, registry: Registry) -> None:
        """See that no name of the merchant's own factors, which stand on public pages, is one that a market it serves refuses."""
        places = {place for option in self.organisation.checkout.options for place in option.serves}
        named = {
            row.name: factor.id for factor in registry.factors.values() if factor.own for row in factor.rows if row.name
        }
        for market in sorted({market_of(place.split("-")[0]) for place in places}):
            for name, factor_id in named.items():
                refuse(name, market, allowed=self.organisation.labels.allowed, where=Where(column=f"{factor_id}.name"))

    def prepare_soon(self) -> None:
        """Lay the plans of all countries served, once the first shopper has an answer: no later one waits for them."""
        self._preparing = threading.Timer(_PREPARE_AFTER_S, self._prepare)
        self._preparing.daemon = True
        self._preparing.start()

    def _prepare(self) -> None:
        self.options.prepare(now().date())
        self.prepared = True

    def close(self) -> None:
        """Write what is waiting."""
        if self._preparing is not None:
            self._preparing.cancel()
        self.calculations.close()

    def names(self, key: str, market: str) -> Names:
        """Return what the merchant calls an option, by language.

        Raises
        ------
        InputError
            If a rule of the market refuses a name.
        """
        found = self._names.get((key, market))
        if found is None:
            option = next(each for each in self.organisation.checkout.options if each.name_or_key == key)
            service = self.organisation.services[option.service]
            texts = {"en": option.name or service.name or key, "zh": option.name_zh or service.name_zh}
            given = {language: text for language, text in texts.items() if text}
            found = self._names[key, market] = Names.checked(given, market, self.organisation.labels.allowed)
        return found

    def of(self, cart: Cart, day: date) -> tuple[Option, ...]:
        """Return a cart's options."""
        found = self.options.of(cart, day, "")
        if len(self._known) > _KNOWN:
            self._known.clear()
        self._known.add(_way(cart, day))
        return found

    @cached_property
    def _packer(self) -> Any:
        """What packs carts; loaded with the first that is to be packed."""
        from carbon.optimise.cart_packing import CartPacker

        return CartPacker(self.organisation, self.options.registry, self.options.places)

    @property
    def ways(self) -> int:
        """How many ways of carts are known."""
        return len(self._known)

    def knows(self, cart: Cart, day: date) -> bool:
        """Whether such a cart was computed before, so that another takes a millisecond."""
        return _way(cart, day) in self._known

    def allows_origin(self, origin: str) -> bool:
        """Whether pages from there may read an answer."""
        return origin in self.keys.origins()

    def key(self, request: Request, scope: Scope) -> ShopKey:
        """Return whose key a request has, and count it.

        Raises
        ------
        Problem
            401 without a valid key, 403 if it does not hold for this, 429 if it was used too often.
        """
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        found = self.keys.find(text.strip()) if kind.lower() == "bearer" else None
        if found is None and not text and scope is Scope.ESTIMATE and self._is_demo(request):
            found = DEMO
        if found is None:
            raise Problem(401, "send a valid key: Authorization: Bearer cpo_...", headers=_NO_KEY)
        if not found.may(scope):
            raise Problem(403, f"this key has no scope '{scope}'")
        origin = request.headers.get("origin")
        if origin is not None and found is not DEMO and origin not in found.origins:
            raise Problem(403, "this key does not hold for pages of this origin")
        if not self.rates.allows("key", found.id, found.per_minute):
            raise Problem(429, "this key was used too often", headers={"retry-after": "60"})
        return found

    def _is_demo(self, request: Request) -> bool:
        if not self.settings.demo:
            return False
        origin = request.headers.get("origin")
        return origin is None or origin in (str(request.base_url).rstrip("/"), self.settings.public_url)

    def link(self, name: str) -> str:
        """Return the address of a calculation's page."""
        return f"{self.settings.public_url}/calculation/{name}"


def _way(cart: Cart, day: date) -> Hashable:
    """Return what decides which factors, distances and packages a cart needs; one that is packed is always new."""
    items = cart.lines if cart.package == PACKED else None
    return cart.destination, cart.origin_site, cart.package, day.year, day.month, items


def _records(folder: Path) -> Records:
    """Return recorded orders; what reads a ledger is loaded only where there is one."""
    from carbon.labels.service.records import Records

    return Records(folder)


def service_of(request: Request) -> Service:
    """Return the service that a request is asked of."""
    return request.app.state.service


def now() -> datetime:
    """Return the time, in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)
