"""What a running service holds: the organisation's options, keys, rates, counts, and what its pages are made from."""

from __future__ import annotations

from datetime import UTC, datetime

from carbon.estimate.options import DeliveryOptions
from fastapi import Request
from fastapi.security import HTTPBearer

from carbon import organisation as _organisation
from carbon.labels.service.calculations import Calculations
from carbon.labels.service.guard import Meters, Rates
from carbon.labels.service.keys import KeyRing, Scope, ShopKey
from carbon.labels.service.problems import Problem
from carbon.labels.service.settings import Settings

#: Tells OpenAPI how a key is sent; the routes look at it themselves.
BEARER = HTTPBearer(auto_error=False, description="A key of `carbon keys create`.")
_NO_KEY = {"www-authenticate": 'Bearer realm="carbon"'}
#: Whose pages an origin is that asks for the demo's estimates.
DEMO = ShopKey("demo", "demo", "", (Scope.ESTIMATE,), (), 600)


class Service:
    """One running service; its parts are shared by all requests."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.organisation = _organisation.read(settings.organisation)
        self.options = DeliveryOptions.load(
            self.organisation, factors=settings.factors, places=settings.places, items=settings.items
        )
        self.keys = KeyRing(settings.state)
        self.keys.keys()  # a broken file is said at the start
        self.calculations = Calculations(settings.state, settings.keep_days)
        self.meters, self.rates = Meters(), Rates()

    def close(self) -> None:
        """Write what is waiting."""
        self.calculations.close()

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
        if found is None and not text and self.settings.demo and scope is Scope.ESTIMATE and self._is_own_page(request):
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

    def _is_own_page(self, request: Request) -> bool:
        origin = request.headers.get("origin")
        return origin is None or origin == str(request.base_url).rstrip("/") or origin == self.settings.public_url

    def link(self, name: str) -> str:
        """Return the address of a calculation's page."""
        return f"{self.settings.public_url}/calculation/{name}"


def service_of(request: Request) -> Service:
    """Return the service that a request is asked of."""
    return request.app.state.service


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)
