"""What stands between the network and the routes: size of a body, headers, origins, rates, counts and the log.

Plain ASGI, because what passes here passes for every estimate. The log names route, status and time; never a path, an
address or a key, since these lead to persons.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable

from cachetools import TTLCache
from fastapi import HTTPException
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from carbon.labels.service.problems import response

LOG = logging.getLogger("carbon.service")
_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
#: Of every answer; pages add their own policy for content.
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
#: What is looked at of a request.
_READ = frozenset((b"origin", b"content-length", b"access-control-request-method"))
_WINDOW_S = 60.0
#: Keys and addresses counted at once; of more, those not heard of for longest are forgotten.
_MOST_NAMES = 100_000


class Meters:
    """Counters of the service, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("carbon_requests", "Requests", ["route", "status"], registry=self.registry)
        self.seconds = Histogram(
            "carbon_request_seconds", "Seconds until an answer", ["route"], buckets=_BUCKETS_S, registry=self.registry
        )
        options = Counter("carbon_options", "Delivery options answered", ["available"], registry=self.registry)
        self.options = {available: options.labels(str(available).lower()) for available in (True, False)}
        self._routes: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def count(self, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        found = self._routes.get((route, status))
        if found is None:
            found = self.requests.labels(route, str(status)), self.seconds.labels(route)
            self._routes[route, status] = found
        found[0].inc()
        found[1].observe(seconds)


class Rates:
    """How often a key or an address may ask: so often within a minute of its first request; counted in this process.

    Not `limits`, whose memory starts a thread every few requests and looks at all it remembers each time.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._windows = TTLCache(_MOST_NAMES, _WINDOW_S, clock)

    def allows(self, kind: str, name: str, per_minute: int) -> bool:
        """Count a request, and say whether it may be answered."""
        count = self._windows.get((kind, name))
        if count is None:
            count = self._windows[kind, name] = itertools.count(1)
        return next(count) <= per_minute

    def __len__(self) -> int:
        """How many are remembered."""
        self._windows.expire()
        return len(self._windows)


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
        began, status, method = time.perf_counter(), 500, scope["method"]
        if method == "HEAD":
            scope, send = _whole(scope, send)
        headers = {name: value for name, value in reversed(scope["headers"]) if name in _READ}
        origin = headers.get(b"origin")
        allowed = origin is not None and self.allows_origin(origin.decode("latin-1"))

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                said = list(message.get("headers", ()))
                names = {name for name, _ in said}
                said += [each for each in _HEADERS if each[0] not in names]
                if allowed:
                    said += [(b"access-control-allow-origin", origin), (b"vary", b"Origin")]
                message["headers"] = said
            await send(message)

        answer = self._refused(scope, headers, allowed)
        try:
            if answer is not None:
                await answer(scope, receive, told)
            else:
                await self.application(scope, self._counted(receive), told)
        finally:
            self._record(method, scope, status, time.perf_counter() - began)

    def _refused(self, scope: Scope, headers: dict[bytes, bytes], allowed: bool) -> ASGIApp | None:
        """Return the answer to what goes no further."""
        client = scope.get("client")
        if client and not self.rates.allows("address", client[0], self.per_minute):
            return response(429, "too many requests from this address", headers={"retry-after": "60"})
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self.most_bytes:
            return response(413, f"more than {self.most_bytes:,} bytes")
        if scope["method"] == "OPTIONS" and b"origin" in headers and b"access-control-request-method" in headers:
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

    def _record(self, method: str, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        path = getattr(route, "path", "other")
        self.meters.count(path, status, seconds)
        if LOG.isEnabledFor(logging.INFO):
            LOG.info("%s %s %d %.1f ms", method, path, status, seconds * 1000)


def _whole(scope: Scope, send: Send) -> tuple[Scope, Send]:
    """Return a request for the head of an answer as one for the whole answer, of which the body is not sent."""

    async def head(message: Message) -> None:
        await send(message if message["type"] == "http.response.start" else {**message, "body": b""})

    return {**scope, "method": "GET"}, head


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
