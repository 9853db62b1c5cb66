"""A service of the sample merchant: a few hundred orders in a ledger, keys of a shop, a client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from carbon import calculate
from carbon.labels.service.application import create_application
from carbon.labels.service.keys import KeyRing, Scope
from carbon.labels.service.settings import Settings
from carbon.sample import write_sample

SHOP = "https://shop.example"


@dataclass
class Running:
    """A service, its files, and keys of each scope."""

    client: TestClient
    folder: Path
    page_key: str
    server_key: str

    def estimate(self, body: dict[str, Any], **headers: str) -> Any:
        """Ask for an estimate with the page's key."""
        return self.client.post(
            "/v1/estimate", json=body, headers={"authorization": f"Bearer {self.page_key}"} | headers
        )

    def get(self, path: str, **headers: str) -> Any:
        """Ask with the server's key."""
        return self.client.get(path, headers={"authorization": f"Bearer {self.server_key}"} | headers)


@pytest.fixture(scope="session")
def merchant(tmp_path_factory) -> Path:
    """Return a folder with the sample merchant and a ledger of its orders."""
    folder = tmp_path_factory.mktemp("merchant")
    write_sample(folder, 300)
    calculate(folder / "orders.csv", folder / "organisation.yaml", lines=folder / "lines.csv", ledger=folder / "ledger")
    return folder


@pytest.fixture(scope="session")
def service(merchant) -> Iterator[Running]:
    """Return a running service."""
    state = merchant / "state"
    ring = KeyRing(state)
    _, page = ring.create("acme", (Scope.ESTIMATE,), (SHOP,), 100_000)
    _, server = ring.create("acme", (Scope.LABELS,), (), 100_000)
    settings = Settings(
        merchant / "organisation.yaml", state, merchant / "ledger", merchant / "lines.csv",
        public_url="https://label.example", per_minute=1_000_000, demo=True,
    )  # fmt: skip
    with TestClient(
        create_application(settings), base_url="https://label.example", raise_server_exceptions=False
    ) as client:
        yield Running(client, merchant, page, server)
