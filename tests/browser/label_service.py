"""A label service for browser tests: the static files as they are, and canned answers of the shape that version 1 has."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "carbon" / "labels" / "static"
CANNED = Path(__file__).resolve().parent / "label"
ESTIMATE = json.loads((CANNED / "estimate.json").read_text(encoding="utf-8"))
ORDER_LABEL = json.loads((CANNED / "order_label.json").read_text(encoding="utf-8"))
CART = {"lines": [{"sku": "MUG-1", "quantity": 2}], "destination": {"country": "GB", "postcode": "SW1A 1AA"}}

#: What a strict shop sends: no inline code, no inline style, no markup made by scripts.
STRICT = "default-src 'none'; script-src 'self'; connect-src 'self' {other}; require-trusted-types-for 'script'"


def policy_of(page: str) -> str:
    """Return the strictest policy that a page with inline code and styles of its own can have: it names their hashes."""

    def hashes(tag: str) -> str:
        inside = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digests = (hashlib.sha256(text.encode()).digest() for text in inside)
        return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)

    return (
        f"default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"script-src 'self' {hashes('script')}; style-src {hashes('style')}; require-trusted-types-for 'script'"
    )


def until(page, condition: str, seconds: float = 5.0) -> None:
    """Wait until a condition holds in a page; Playwright's own waiting needs eval, which strict pages forbid."""
    end_s = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < end_s, f"not within {seconds} s: {condition}"
        page.wait_for_timeout(20)


@dataclass
class LabelService:
    """What it answers (a value, a text, or a function of the request), how late, and what it was asked."""

    port: int = 0
    answer: object = None
    status: int = 200
    delay_s: float = 0.0
    policy: str = STRICT
    pages: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], dict | None]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def shop(self) -> str:
        """Address of the pages."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def service(self) -> str:
        """The same server by another name: another origin for a browser."""
        return f"http://localhost:{self.port}"

    def reset(self) -> None:
        """Answer as a service in order, and forget what was asked."""
        self.answer, self.status, self.delay_s, self.policy = deepcopy(ESTIMATE), 200, 0.0, STRICT
        self.pages.clear()
        self.asked.clear()

    def write(self, body: str, path: str = "/shop", head: str = "") -> str:
        """Make a page of the shop that loads the component, and return its address."""
        self.pages[path] = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Checkout</title>'
            f'<meta name="viewport" content="width=device-width">{head}<script src="/v1/carbon-label.js" defer></script>'
            f"<main><h1>Checkout</h1>{body}</main>"
        )
        return self.shop + path

    @property
    def carts(self) -> list[dict]:
        """Return the bodies of the estimates asked for."""
        return [body for path, _, body in self.asked if path == "/v1/estimate"]


def _handler(service: LabelService) -> type[BaseHTTPRequestHandler]:
    files = {
        "/demo": (STATIC / "demo.html", "text/html"),
        "/v1/carbon-label.js": (STATIC / "carbon-label.js", "text/javascript"),
    }

    class Handler(BaseHTTPRequestHandler):
        def _send(self, status: int, body: bytes, kind: str, **headers: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Access-Control-Allow-Origin", service.shop)
            self.send_header("Access-Control-Allow-Headers", "authorization, content-type")
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def do_OPTIONS(self) -> None:
            self._send(204, b"", "text/plain")

        def do_GET(self) -> None:
            if self.path.partition("?")[0] in files:
                path, kind = files[self.path.partition("?")[0]]
                text = path.read_text(encoding="utf-8")
                self._send(200, text.encode(), kind, Content_Security_Policy=policy_of(text))
            elif self.path in service.pages:
                policy = service.policy.format(other=service.service)
                self._send(200, service.pages[self.path].encode(), "text/html", Content_Security_Policy=policy)
            elif self.path.endswith("/label"):
                self._answer(None)
            else:
                self._send(404, b"nothing here", "text/plain")

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, body: dict | None) -> None:
            with service.lock:
                service.asked.append((self.path, dict(self.headers), body))
                answer, status, delay_s = service.answer, service.status, service.delay_s
            time.sleep(delay_s)
            answer = answer(body) if callable(answer) else answer
            text = answer if isinstance(answer, str) else json.dumps(answer)
            try:
                self._send(status, text.encode(), "application/json")
            except (BrokenPipeError, ConnectionResetError):
                return  # the page has given up: that is what is tested

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def running() -> Iterator[LabelService]:
    """Run a service in a thread."""
    service = LabelService()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(service))
    server.daemon_threads = True
    service.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
