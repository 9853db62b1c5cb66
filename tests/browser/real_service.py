"""`carbon serve` as a merchant starts it: a process of its own, the sample merchant's ledger and items, keys of a shop."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carbon import calculate
from carbon.labels.service.keys import KeyRing, Scope
from carbon.sample import write_sample
from tests.processes import start_stoppable

ROOT = Path(__file__).resolve().parents[2]
#: Long enough for a machine that does much else; how fast it starts is what `python -m benchmarks service` measures.
_STARTED_WITHIN_S, _STOPPED_WITHIN_S = 90.0, 20.0
_ORDERS = 100
ITEMS = """sku,gtin,unit_mass_kg,length_m,width_m,height_m,unit_co2e_kg
MUG-1,4006381333931,0.38,0.12,0.095,0.105,1.9
THROW-1,,0.9,0.32,0.26,0.09,
"""
#: The goods of the demo shop, as it writes them.
CART = {
    "lines": [
        {"mass_kg": 0.38, "length_mm": 120, "width_mm": 95, "height_mm": 105, "quantity": 2},
        {"mass_kg": 0.9, "length_mm": 320, "width_mm": 260, "height_mm": 90, "quantity": 1},
    ],
    "destination": {"country": "GB", "city": "London"},
}


def free_port() -> int:
    """Return a port where nobody listens."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return opened.getsockname()[1]


@dataclass
class RealService:
    """A merchant's folder, and the service that runs on it."""

    folder: Path
    port: int
    page_key: str = ""
    server_key: str = ""
    process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        """Another origin for a browser than that of the shop."""
        return f"http://localhost:{self.port}"

    def prepare(self, shop: str) -> None:
        """Write the merchant, his ledger, and keys of a shop with pages at an origin."""
        write_sample(self.folder, _ORDERS)
        (self.folder / "items.csv").write_text(ITEMS, encoding="utf-8")
        calculate(
            self.folder / "orders.csv",
            self.folder / "organisation.yaml",
            lines=self.folder / "lines.csv",
            ledger=self.folder / "ledger",
        )
        ring = KeyRing(self.folder / "state")
        _, self.page_key = ring.create("acme", (Scope.ESTIMATE,), (shop,), 100_000)
        _, self.server_key = ring.create("acme", (Scope.LABELS,), (), 100_000)

    def start(self) -> None:
        """Start the service, if it does not run, and wait until it answers."""
        if self.process is not None:
            return
        command = [
            sys.executable, "-m", "carbon", "serve", "--organisation", "organisation.yaml", "--ledger", "ledger",
            "--items", "items.csv", "--state", "state", "--port", self.port, "--public-url", self.url, "--demo",
            "--per-minute", 100_000,
        ]  # fmt: skip
        log = (self.folder / "log.txt").open("a", encoding="utf-8")
        with log:
            environment = os.environ | {"PYTHONPATH": str(ROOT)}
            self.process = start_stoppable(command, cwd=self.folder, env=environment, stdout=log, stderr=log)
        end_s = time.monotonic() + _STARTED_WITHIN_S
        while True:
            try:
                self.get("/healthz")
                self.estimate(CART)  # the first shopper waits for tables; what comes after is tested
                return
            except OSError:
                if self.process.poll() is not None:
                    self.process = None
                    raise AssertionError((self.folder / "log.txt").read_text(encoding="utf-8")) from None
                assert time.monotonic() < end_s, "the service did not answer"
                time.sleep(0.05)

    def stop(self) -> None:
        """End the service as Ctrl-C does."""
        if self.process is None:
            return
        self.resume()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(_STOPPED_WITHIN_S)
        self.process = None

    def pause(self) -> None:
        """Let the service hang: it takes connections, and answers none."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def get(self, path: str, accept: str = "application/json") -> Any:
        """Ask as the shop's server does."""
        return self._asked(path, {"Authorization": f"Bearer {self.server_key}", "Accept": accept})

    def estimate(self, cart: dict[str, Any]) -> Any:
        """Ask for an estimate with the key of the shop's pages."""
        headers = {"Authorization": f"Bearer {self.page_key}", "Content-Type": "application/json"}
        return self._asked("/v1/estimate", headers, json.dumps({**cart, "languages": ["en", "zh"]}).encode())

    def _asked(self, path: str, headers: dict[str, str], body: bytes | None = None) -> Any:
        request = urllib.request.Request(self.url + path, body, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read().decode()
            return json.loads(text) if answer.headers.get_content_type() == "application/json" else text
