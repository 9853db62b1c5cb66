"""<carbon-label> when the service is slow, dead or talks nonsense: it hides, says why to the page's log, and the checkout goes on."""

from __future__ import annotations

import json
import socket
import time
from copy import deepcopy
from html import escape

import pytest

from tests.browser.label_service import CART, ESTIMATE, until

pytestmark = pytest.mark.browser

BUDGET_MS = 200
#: What a busy machine may add to a timer before a test calls it late.
LATE_MS = 1_000
GIVEN = escape(json.dumps(CART))
LOGGED = (
    "window.failed = []; addEventListener('carbon-label-error', ({detail}) => failed.push(detail));"
    "window.shownEver = false; addEventListener('DOMContentLoaded', () => new MutationObserver(() =>"
    "{ shownEver ||= Boolean(document.querySelector('carbon-label[shown]')) })"
    ".observe(document, {subtree: true, childList: true, attributes: true}))"
)


def label(service: str, more: str = "timeout-ms=5000") -> str:
    """Return an element, and the button of the shop below it."""
    return (
        f'<carbon-label service="{service}" key="cpo_shop" {more} cart="{GIVEN}"></carbon-label>'
        '<form action="/paid"><button>Pay</button></form>'
    )


def free_port() -> int:
    """Return a port where nobody listens."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return opened.getsockname()[1]


def changed(**fields: object) -> dict:
    """Return the canned answer with fields of its first option replaced."""
    answer = deepcopy(ESTIMATE)
    answer["options"][0] |= fields
    return answer


def test_a_slow_service_hides_the_label_and_not_the_checkout(page, service):
    """Proves that at the end of its budget the label gives up, was never seen, and the shop's button worked meanwhile."""
    service.delay_s = 2.0
    service.pages["/paid"] = "<!doctype html><title>Paid</title>"
    page.add_init_script(LOGGED)
    page.goto(service.write(label(service.service, "")))
    until(page, "failed.length === 1")
    detail = page.evaluate("failed[0]")
    assert detail.pop("elapsed_ms") == pytest.approx(BUDGET_MS + LATE_MS / 2, abs=LATE_MS / 2 + 20)
    assert detail == {"reason": "timeout"}
    assert page.evaluate("shownEver") is False and not page.locator("carbon-label").is_visible()
    began_s = time.monotonic()
    page.goto(service.write(label(service.service, "")))
    page.locator("button").click()
    page.wait_for_url("**/paid?")
    assert time.monotonic() - began_s < service.delay_s


def test_the_budget_is_the_shops_choice(page, service):
    """Proves that timeout-ms changes the budget, both ways."""
    service.delay_s = 0.6
    page.add_init_script(LOGGED)
    page.goto(service.write(label(service.service, "timeout-ms=5000") + label(service.shop, "timeout-ms=20")))
    until(page, "document.querySelector('carbon-label[shown]') !== null")
    assert page.evaluate("document.querySelectorAll('carbon-label[shown]').length") == 1
    (detail,) = page.evaluate("failed")
    assert detail["reason"] == "timeout" and detail["elapsed_ms"] < service.delay_s * 1000


def test_a_dead_service(page, service):
    """Proves that where nobody answers the label is hidden at once, and the shop's button stands."""
    service.policy = "default-src 'none'; script-src 'self'; connect-src *"
    page.add_init_script(LOGGED)
    page.goto(service.write(label(f"http://127.0.0.1:{free_port()}")))
    until(page, "failed.length === 1")
    assert page.evaluate("failed[0].reason") == "network" and page.evaluate("shownEver") is False
    assert page.locator("button").is_visible()


def test_a_service_that_recovers(page, service):
    """Proves that changes of option do not hammer a failing service, and that the label returns with the next cart."""
    service.status = 503
    page.add_init_script(LOGGED)
    page.goto(service.write(label(service.service)))
    until(page, "failed.length === 1")
    for key in ("gb_pickup", "gb_electric", "gb_standard"):
        page.evaluate("key => { document.querySelector('carbon-label').option = key }", key)
        page.wait_for_timeout(30)
    assert len(service.carts) == 1 and page.evaluate("failed.length") == 1
    service.status = 200
    page.evaluate("document.querySelector('carbon-label').refresh()")
    until(page, "document.querySelector('carbon-label[shown]') !== null")
    assert len(service.carts) == 2


_WORDLESS = {"name": "Standard delivery", "line": None}
NONSENSE = {
    "no JSON": ("<h1>It works!</h1>", "answer"),
    "half a JSON": (json.dumps(ESTIMATE)[:-50], "answer"),
    "null": (None, "answer"),
    "a list": ([ESTIMATE], "answer"),
    "no options": ({**ESTIMATE, "options": []}, "answer"),
    "options of text": ({**ESTIMATE, "options": ["gb_standard"]}, "answer"),
    "another schema": ({**ESTIMATE, "schema": 2}, "schema"),
    "no schema": ({key: value for key, value in ESTIMATE.items() if key != "schema"}, "schema"),
    "zero": (changed(co2e_kg=0), "answer"),
    "less than nothing": (changed(co2e_kg=-0.2), "answer"),
    "a text for a number": (changed(co2e_kg="0.92"), "answer"),
    "no number": (changed(co2e_kg=None), "answer"),
    "a range upside down": (changed(low_kg=2, high_kg=1), "answer"),
    "half a range": (changed(low_kg=None), "answer"),
    "available perhaps": (changed(available="yes"), "answer"),
    "no words": (changed(words={}), "answer"),
    "no line": (changed(words={"en": _WORDLESS}), "answer"),
    "stages without names": (changed(words={"en": {"name": "A", "line": "B", "stages": [7]}}), "answer"),
    "another default": ({**ESTIMATE, "default": "gb_drone"}, "option"),
}


def asked_again(page, service, quantity: int) -> dict:
    """Give the label another cart, and return the event that follows."""
    page.evaluate("failed.length = 0; shownEver = false")
    cart = {**CART, "lines": [{"sku": "MUG-1", "quantity": quantity}]}
    page.evaluate("cart => { document.querySelector('carbon-label').cart = cart }", cart)
    until(page, "failed.length === 1")
    assert service.carts[-1]["lines"] == cart["lines"]
    assert page.evaluate("shownEver") is False
    return page.evaluate("failed[0]")


def test_nonsense_is_not_shown(page, service):
    """Proves that an answer that does not hold together hides the label, with a reason and nothing personal in the event."""
    page.add_init_script(LOGGED)
    page.goto(service.write(label(service.service).replace(GIVEN, "")))
    found = {}
    for quantity, (name, (answer, _)) in enumerate(NONSENSE.items(), 1):
        service.answer = answer
        detail = asked_again(page, service, quantity)
        found[name] = detail["reason"]
        assert set(detail) <= {"reason", "elapsed_ms", "option"}
    assert found == {name: reason for name, (_, reason) in NONSENSE.items()}
    service.answer = ESTIMATE
    page.evaluate("document.querySelector('carbon-label').refresh()")
    until(page, "document.querySelector('carbon-label[shown]') !== null")


def test_a_refusal_is_not_shown(page, service):
    """Proves that every status but success hides the label and is named in the event."""
    page.add_init_script(LOGGED)
    page.goto(service.write(label(service.service).replace(GIVEN, "")))
    for quantity, status in enumerate((400, 401, 404, 422, 429, 500, 503), 1):
        service.status = status
        detail = asked_again(page, service, quantity)
        assert (detail["reason"], detail["status"]) == ("http", status)


BROKEN = [
    "{",
    "7x",
    '"lines"',
    '{"lines": [null], "destination": {"country": "GB"}}',
    '{"lines": "abc", "destination": {"country": "GB"}}',
]


def test_a_broken_cart_is_told_and_not_sent(page, service):
    """Proves that a cart that cannot be read is an event for the shop, without the cart in it, and no request."""
    page.add_init_script(LOGGED)
    for cart in BROKEN:
        page.goto(service.write(label(service.service).replace(GIVEN, escape(cart))))
        until(page, "failed.length === 1")
        assert page.evaluate("failed") == [{"reason": "cart"}], cart
        assert page.evaluate("shownEver") is False
    assert service.asked == []


def test_markup_in_words_stays_text(page, service):
    """Proves that no word of an answer becomes an element, a script, a style or a link of another kind."""
    hostile = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>CO2e'
    answer = deepcopy(ESTIMATE)
    option = answer["options"][0]
    words = option["words"]["en"]
    option["words"]["en"] = {
        name: [{"stage": '"><b>', "name": hostile, "text": hostile}] if name == "stages" else hostile for name in words
    }
    answer["words"]["en"] = dict.fromkeys(answer["words"]["en"], hostile)
    answer["calculation"]["url"] = "javascript:window.hacked=1"
    service.answer = answer
    page.goto(service.write(label(service.service, "timeout-ms=5000 all")))
    until(page, "document.querySelector('carbon-label[shown]') !== null")
    root = "document.querySelector('carbon-label').shadowRoot"
    assert page.evaluate(f"{root}.querySelectorAll('img, script, b, style, [onerror], [style], a').length") == 0
    assert hostile.replace("CO2e", "") in page.evaluate(f"{root}.querySelector('.name').textContent")
    assert page.evaluate("window.hacked") is None
