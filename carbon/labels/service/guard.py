"""What stands between the network and the routes: size of a body, headers, origins, rates, counts and the log.

Plain ASGI, because what passes here passes for every estimate. The log names route, status and time; never a path, an
address or a key, since these lead to persons.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from fastapi import HTTPException
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from carbon.labels.service.problems import response

LOG = logging.getLogger("carbon.service")
_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
#: Of every answer; pages add their own policy for content.
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
}
_NOTHING = "default-src 'none'; frame-ancestors 'none'"


class Meters:
    """Counters of the service, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("carbon_requests", "Requests", ["route", "status"], registry=self.registry)
        self.seconds = Histogram(
            "carbon_request_seconds", "Seconds until an answer", ["route"], buckets=_BUCKETS_S, registry=self.registry
        )
        self.options = Counter("carbon_options", "Delivery options answered", ["available"], registry=self.registry)


class Rates:
    """How often a key or an address may ask, in windows of a minute, counted in this process."""

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._items: dict[int, RateLimitItemPerMinute] = {}

    def allows(self, kind: str, name: str, per_minute: int) -> bool:
        """Count a request, and say whether it may be answered."""
        item = self._items.get(per_minute)
        if item is None:
            item = self._items[per_minute] = RateLimitItemPerMinute(per_minute)
        return self._limiter.hit(item, kind, name)


class Guard:
    """The middleware.

    Parameters
    ----------
    application : ASGI application
    meters : Meters
    most_bytes : int
        Of a request's body.
    per_minute : int
        Requests of one address.
    allows_origin : callable
        Whether some shop's pages may ask from there.
    """

    def __init__(
        self,
        application: ASGIApp,
        meters: Meters,
        rates: Rates,
        most_bytes: int,
        per_minute: int,
        allows_origin: Callable[[str], bool],
    ):
        self.application, self.meters, self.rates = application, meters, rates
        self.most_bytes, self.per_minute, self.allows_origin = most_bytes, per_minute, allows_origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        began, status = time.perf_counter(), 500
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        allowed = origin is not None and self.allows_origin(origin)

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    own.setdefault(name, value)
                own.setdefault("content-security-policy", _NOTHING)
                own.setdefault("cache-control", "no-store")
                if allowed:
                    own["access-control-allow-origin"] = origin
                    own.add_vary_header("Origin")
            await send(message)

        answer = self._refused(scope, headers, origin, allowed)
        try:
            if answer is not None:
                await answer(scope, receive, told)
            else:
                await self.application(scope, self._counted(receive), told)
        finally:
            self._record(scope, status, time.perf_counter() - began)

    def _refused(self, scope: Scope, headers: Headers, origin: str | None, allowed: bool) -> ASGIApp | None:
        """Return the answer to what goes no further."""
        client = scope.get("client")
        if client and not self.rates.allows("address", client[0], self.per_minute):
            return response(429, "too many requests from this address", headers={"retry-after": "60"})
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self.most_bytes:
            return response(413, f"more than {self.most_bytes:,} bytes")
        if scope["method"] == "OPTIONS" and origin is not None and "access-control-request-method" in headers:
            if not allowed:
                return response(403, "no shop's key allows this origin")
            return _preflight()
        return None

    def _counted(self, receive: Receive) -> Receive:
        """Return what receives a body and ends where it grows too large: its length may be untold, or false."""
        seen = 0

        async def receive_() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.most_bytes:
                # Of the framework's own kind: it takes any other for a body that cannot be parsed.
                raise HTTPException(413, f"more than {self.most_bytes:,} bytes")
            return message

        return receive_

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        path = getattr(route, "path", "other")
        self.meters.requests.labels(path, str(status)).inc()
        self.meters.seconds.labels(path).observe(seconds)
        if LOG.isEnabledFor(logging.INFO):
            LOG.info("%s %s %d %.1f ms", scope["method"], path, status, seconds * 1000)


def _preflight() -> ASGIApp:
    answer = response(204)
    answer.body = b""
    answer.init_headers(
        {
            "access-control-allow-methods": "GET, POST",
            "access-control-allow-headers": "authorization, content-type",
            "access-control-max-age": "7200",
        }
    )
    return answer
