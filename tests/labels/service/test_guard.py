"""The guard before the routes: sizes, origins, rates, headers, counts, and a log without persons."""

from __future__ import annotations

import logging

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse
from fastapi.testclient import TestClient
from prometheus_client import generate_latest

from carbon.labels.service import problems
from carbon.labels.service.guard import Guard, Meters, Rates

SHOP = "https://shop.example"


@pytest.fixture
def meters():
    """Return counters."""
    return Meters()


@pytest.fixture
def client(meters):
    """Return a client of a small application behind the guard."""
    application = FastAPI()
    problems.install(application)

    @application.post("/echo/{name}")
    async def echo(name: str, request: Request) -> dict:
        return {"bytes": len(await request.body())}

    @application.get("/page/{name}")
    async def page(name: str) -> PlainTextResponse:
        return PlainTextResponse(f"a page of {name}")

    application.add_middleware(
        Guard,
        meters=meters,
        rates=Rates(),
        most_bytes=1_000,
        per_minute=20,
        allows_origin=lambda origin: origin == SHOP,
    )
    return TestClient(application, raise_server_exceptions=False)


def test_headers_of_every_answer(client):
    """Proves that content cannot be sniffed, framed or cached, also where the answer is an error."""
    for answer in (client.post("/echo/x"), client.get("/nowhere")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store" and "server" not in answer.headers
    assert client.get("/nowhere").headers["content-type"] == problems.MEDIA_TYPE


def test_the_head_of_an_answer(client, meters, caplog):
    """Proves that HEAD says of a page what GET says, its length included, without the page, and is logged as what it is."""
    whole = client.get("/page/x")
    with caplog.at_level(logging.INFO, logger="carbon.service"):
        head = client.head("/page/x")
    assert whole.text == "a page of x" and head.content == b"" and head.status_code == 200
    assert head.headers == whole.headers and head.headers["content-length"] == "11"
    assert "HEAD /page/{name} 200" in caplog.text
    counts = generate_latest(meters.registry).decode()
    assert 'carbon_requests_total{route="/page/{name}",status="200"} 2.0' in counts
    assert client.head("/echo/x").status_code == client.get("/echo/x").status_code == 405


def test_a_large_body_goes_no_further(client):
    """Proves the limit, whether the length is told, false or not told."""
    assert client.post("/echo/x", content=b"x" * 1_000).json() == {"bytes": 1_000}
    assert client.post("/echo/x", content=b"x" * 1_001).status_code == 413
    assert client.post("/echo/x", content=iter([b"x" * 600, b"x" * 600])).status_code == 413
    assert client.post("/echo/x", content=b"x", headers={"content-length": "-5"}).status_code == 413


def test_origins(client):
    """Proves that only a shop's own pages read an answer, that a preflight is answered, and that no cookie is ever allowed."""
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    mine = client.options("/echo/x", headers={"origin": SHOP} | asked)
    assert mine.status_code == 204 and mine.headers["access-control-allow-origin"] == SHOP
    assert "access-control-allow-credentials" not in mine.headers and "Origin" in mine.headers["vary"]
    other = client.options("/echo/x", headers={"origin": "https://other.example"} | asked)
    assert other.status_code == 403 and "access-control-allow-origin" not in other.headers
    assert client.post("/echo/x", headers={"origin": SHOP}).headers["access-control-allow-origin"] == SHOP
    assert "access-control-allow-origin" not in client.post("/echo/x", headers={"origin": "null"}).headers


def test_an_address_that_asks_too_often_waits(client):
    """Proves the rate of an address, and that the answer says when to come again."""
    answers = [client.post("/echo/x") for _ in range(21)]
    assert [answer.status_code for answer in answers[:20]] == [200] * 20
    assert answers[20].status_code == 429 and answers[20].headers["retry-after"] == "60"


def test_a_minute_begins_with_the_first_request():
    """Proves the window: each name has its own, it ends a minute after its first request, and who stays away is forgotten."""
    now_s = 0.0
    rates = Rates(lambda: now_s)
    assert [rates.allows("key", "a", 2) for _ in range(3)] == [True, True, False]
    assert rates.allows("key", "b", 2) and rates.allows("address", "a", 2)
    now_s = 59.9
    assert not rates.allows("key", "a", 2) and rates.allows("key", "a", 10)
    now_s = 60.0
    assert rates.allows("key", "a", 2) and len(rates) == 1


def test_counts_and_log_name_routes_not_persons(client, meters, caplog):
    """Proves that neither metrics nor log hold a path, an address or a key."""
    with caplog.at_level(logging.INFO, "carbon.service"):
        client.post("/echo/secret-order", headers={"authorization": "Bearer cpo_key"})
    assert meters.registry.get_sample_value("carbon_requests_total", {"route": "/echo/{name}", "status": "200"}) == 1
    text = caplog.text
    assert "/echo/{name} 200" in text and "secret-order" not in text and "cpo_" not in text and "testclient" not in text
