"""<carbon-label> in a real browser: what it shows, asks, announces, and how it is reached without a mouse."""

from __future__ import annotations

import json
from copy import deepcopy
from html import escape

import pytest

from tests.browser.label_service import CART, ESTIMATE, ORDER_LABEL, until

pytestmark = pytest.mark.browser

KEYS = ["gb_standard", "gb_electric", "gb_pickup", "gb_cargo_bike"]
#: Enough for a busy machine, where slowness is not what is tested.
PATIENT = "timeout-ms=5000"
#: Longer than changes need to settle before they are spoken.
SETTLED_MS = 800
LIVE = "document.querySelector('carbon-label').shadowRoot.querySelector('[role=status]').textContent"


def label(service, more: str = "", cart: object = CART) -> str:
    """Return an element with a cart."""
    given = "" if cart is None else f' cart="{escape(json.dumps(cart))}"'
    return f'<carbon-label service="{service.service}" key="cpo_shop" {PATIENT} {more}{given}></carbon-label>'


def has(text: str) -> str:
    """Return a condition: the first element holds a text."""
    inside = "document.querySelector('carbon-label').shadowRoot.textContent.replaceAll('\\u00a0', ' ')"
    return f"{inside}.includes({json.dumps(text)})"


def shown(page, count: int = 1) -> None:
    """Wait until so many elements show something."""
    until(page, f"document.querySelectorAll('carbon-label[shown]').length === {count}")


def plain(text: str) -> str:
    """Return a text without the breaks and the hard spaces that layout puts into it."""
    return text.replace("\n", "").replace("\u00a0", " ")


def line(page, at: int = 0) -> str:
    """Return what an element shows before it is unfolded."""
    return plain(page.locator("carbon-label").nth(at).locator(".box").inner_text())


def test_a_list_shows_four_options(page, service):
    """Proves that every option has name, value, range and difference, CO2e a subscript, and a missing value words, never zero."""
    page.goto(service.write(label(service, "all")))
    shown(page)
    rows = page.locator("carbon-label li.row")
    assert [row.locator(".name").inner_text() for row in rows.all()] == [
        "Standard delivery", "Electric delivery", "Parcel shop", "Cargo bike"
    ]  # fmt: skip
    texts = [plain(row.inner_text()) for row in rows.all()]
    assert "0.92 kg CO2e (0.77–1.2)" in texts[0]
    assert "0.18 kg less than Standard delivery, same order" in texts[1]
    assert "CO2e not available" in texts[3] and "0" not in texts[3]
    assert [row.locator("sub").count() for row in rows.all()] == [1] * 4
    assert rows.nth(0).get_attribute("aria-current") == "true" and rows.nth(1).get_attribute("aria-current") is None


def test_a_list_of_the_options_a_shop_offers(page, service):
    """Proves that a shop can name what is listed, in its order, and that a key may stand under a name that frameworks leave alone."""
    page.goto(service.write(label(service, 'all="gb_pickup gb_standard"').replace(" key=", " shop-key=")))
    shown(page)
    assert page.locator("carbon-label li.row .name").all_inner_texts() == ["Parcel shop", "Standard delivery"]
    assert service.asked[0][1]["Authorization"] == "Bearer cpo_shop"


def test_details_are_folded_and_complete(page, service):
    """Proves that stages with figures, what is not counted, data, method, difference, statement and link are behind the fold."""
    page.goto(service.write(label(service, "option=gb_electric")))
    shown(page)
    body = page.locator("carbon-label .body")
    assert not body.is_visible()
    page.locator("carbon-label summary").click()
    words = ESTIMATE["options"][1]["words"]["en"]
    for stage in words["stages"]:
        row = body.locator("li", has_text=stage["name"])
        assert stage["text"] in row.inner_text()
    for part in ("difference", "counted", "not_counted", "data", "method", "statement"):
        assert body.get_by_text(words[part]).is_visible(), part
    link = body.locator("a")
    assert link.get_attribute("href") == "https://label.example/calculation/k3v9"
    assert {"noopener", "noreferrer"} <= set(link.get_attribute("rel").split())
    widths = body.locator("svg").evaluate_all("bars => bars.map(bar => Number.parseFloat(bar.getAttribute('width')))")
    assert widths == pytest.approx([100 * each["co2e_kg"] / 0.281 for each in ESTIMATE["options"][1]["stages"]])


def test_elements_with_one_cart_ask_once(page, service):
    """Proves that one element per option makes one request, with the key and without referrer, and nobody else is asked."""
    seen = []
    page.on("request", lambda request: seen.append(request.url))
    page.goto(service.write("".join(label(service, f"option={key}") for key in KEYS)))
    shown(page, 4)
    assert "0.74 kg CO2e" in line(page, 1) and "not available" in line(page, 3)
    assert len(service.carts) == 1
    headers = service.asked[0][1]
    assert headers["Authorization"] == "Bearer cpo_shop" and "Referer" not in headers
    assert {url.split("/")[2] for url in seen} == {f"{name}:{service.port}" for name in ("127.0.0.1", "localhost")}


def test_no_cookie_and_no_storage(page, service):
    """Proves that a shop's cookie is not sent even to a service of the shop's own origin, and that nothing is stored."""
    page.context.add_cookies([{"name": "shop", "value": "1", "url": service.shop}])
    page.goto(service.write(label(service).replace(service.service, service.shop)))
    shown(page)
    assert "Cookie" not in service.asked[0][1]
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, "shop=1"]


def test_no_name_and_no_street_leaves_the_page(page, service):
    """Proves that of a whole address and of a line's private fields only what is computed with is sent."""
    place = {"country": "GB", "postcode": "SW1A 1AA", "city": "", "name": "A. Person", "street": "1 Some Street"}
    cart = {
        "lines": [{"sku": "MUG-1", "quantity": 1, "engraving": "For B."}],
        "destination": place,
        "email": "a@b.example",
    }
    page.goto(service.write(label(service, cart=cart)))
    shown(page)
    assert service.carts == [
        {
            "lines": [{"sku": "MUG-1", "quantity": 1}],
            "destination": {"country": "GB", "postcode": "SW1A 1AA"},
            "languages": ["en"],
        }
    ]


@pytest.mark.parametrize("way", ["attribute", "property", "event", "radio"])
def test_a_changed_option_is_shown_and_announced(page, service, way):
    """Proves that each way of telling the chosen option changes the line, and is spoken once, without another request."""
    radios = "".join(f"<label><input type=radio name=delivery value={key}>{key}</label>" for key in KEYS)
    more = {
        "attribute": "option=gb_standard",
        "property": "option=gb_standard",
        "event": "",
        "radio": "follow=delivery",
    }
    page.goto(service.write(radios + label(service, more[way])))
    shown(page)
    element = "document.querySelector('carbon-label')"
    change = {
        "attribute": f"{element}.setAttribute('option', 'gb_pickup')",
        "property": f"{element}.option = 'gb_pickup'",
        "event": "document.dispatchEvent(new CustomEvent('carbon-label-update', {detail: {option: 'gb_pickup'}}))",
        "radio": "document.querySelector('[value=gb_pickup]').click()",
    }
    page.evaluate(change[way])
    until(page, f"{LIVE} !== ''")
    assert page.evaluate(LIVE) == (
        "Parcel shop: 0.89 kilograms carbon dioxide equivalent, 95 % range 0.70 to 1.2 kilograms. "
        "no clear difference to Standard delivery, same order"
    )
    assert "0.89 kg" in line(page) and len(service.carts) == 1


def test_a_burst_of_changes_is_announced_once(page, service):
    """Proves that the first figure is not announced, and that a shopper who arrows through the options hears the last one only."""
    page.goto(service.write(label(service, "option=gb_standard")))
    shown(page)
    page.wait_for_timeout(SETTLED_MS)
    assert page.evaluate(LIVE) == ""
    page.evaluate(
        """() => {
            window.heard = [];
            const element = document.querySelector("carbon-label"), live = element.shadowRoot.querySelector("[role=status]");
            new MutationObserver(() => heard.push(live.textContent)).observe(live, {childList: true, characterData: true});
            for (const [turn, key] of ["gb_electric", "gb_pickup", "gb_standard", "gb_electric"].entries())
                setTimeout(() => (element.option = key), turn * 60);
        }"""
    )
    until(page, "heard.length > 0")
    page.wait_for_timeout(SETTLED_MS)
    heard = page.evaluate("heard")
    assert len(heard) == 1 and heard[0].startswith("Electric delivery: 0.74 kilograms")


def test_a_new_cart_is_announced_by_the_chosen_option_alone(page, service):
    """Proves that of several elements with one cart those with an option of their own keep silent when the goods change."""

    def by_quantity(body: dict) -> dict:
        answer = deepcopy(ESTIMATE)
        for option in answer["options"]:
            option["words"]["en"]["spoken"] = f"{body['lines'][0]['quantity']} grams."
        return answer

    service.answer = by_quantity
    page.goto(service.write(label(service) + label(service, "option=gb_electric") + label(service, "option=gb_pickup")))
    shown(page, 3)
    page.evaluate(
        "cart => { for (const each of document.querySelectorAll('carbon-label')) each.cart = cart }",
        {**CART, "lines": [{"sku": "MUG-1", "quantity": 8}]},
    )
    until(page, f"{LIVE} !== ''")
    said = "[...document.querySelectorAll('carbon-label')].map(l => l.shadowRoot.querySelector('[role=status]').textContent)"
    assert page.evaluate(said) == ["Standard delivery: 8 grams.", "", ""]


def test_a_new_cart_drops_the_request_of_the_old_one(page, service):
    """Proves that the answer for an old cart is never shown, its request is ended, and a cart known already is not asked again."""

    def by_quantity(body: dict) -> dict:
        answer = deepcopy(ESTIMATE)
        answer["options"][0]["words"]["en"]["line"] = f"{body['lines'][0]['quantity']} kg CO2e (1-9)"
        return answer

    service.answer = by_quantity
    page.goto(service.write(label(service, "option=gb_standard")))
    shown(page)
    ended = []
    page.on("requestfailed", lambda request: ended.append(request.post_data_json["lines"][0]["quantity"]))
    give = "quantity => document.querySelector('carbon-label').cart = {...%s, lines: [{sku: 'MUG-1', quantity}]}"
    give %= json.dumps(CART)
    service.delay_s = 1.0
    page.evaluate(give, 3)
    while len(service.carts) < 2:
        page.wait_for_timeout(10)
    service.delay_s = 0.0
    page.evaluate(give, 4)
    until(page, has("4 kg"))
    assert ended == [3]
    for quantity in (5, 6, 7):
        page.evaluate(give, quantity)
    until(page, has("7 kg"))
    page.evaluate(give, 4)
    until(page, has("4 kg"))
    assert [cart["lines"][0]["quantity"] for cart in service.carts] == [2, 3, 4, 7]


def test_the_language_follows_the_page(page, service):
    """Proves that the nearest lang decides, that a listed language needs no second request and another one is asked for."""
    own = label(service, 'languages="en zh"') + f'<div lang="zh-Hans-CN">{label(service)}</div>'
    page.goto(service.write(own))
    shown(page, 2)
    assert "Standard delivery" in line(page) and "标准配送" in line(page, 1)
    assert sorted(cart["languages"] for cart in service.carts) == [["en", "zh"], ["zh"]]
    page.evaluate("document.documentElement.lang = 'zh'")
    until(page, has("标准配送"))
    assert "kg CO2e（0.77–1.2）" in line(page) and "计入内容" in line(page)
    assert page.locator("carbon-label .box").first.get_attribute("lang") == "zh"
    assert len(service.carts) == 2
    page.evaluate("document.querySelector('carbon-label').lang = 'en'")
    until(page, has("Standard delivery"))


def test_it_is_operated_by_keyboard_alone(page, service):
    """Proves that Tab reaches fold and link, Enter and Space open and close, focus is seen, and survives a change of option."""
    page.goto(service.write(f"{label(service, 'option=gb_standard')}<button>Pay</button>"))
    shown(page)
    focused = "document.activeElement.shadowRoot?.activeElement?.localName ?? document.activeElement.localName"
    outline = "getComputedStyle(document.activeElement.shadowRoot.activeElement).outlineWidth"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "summary" and page.evaluate(outline) == "2px"
    page.keyboard.press("Enter")
    assert page.locator("carbon-label .body").is_visible()
    page.evaluate("document.querySelector('carbon-label').option = 'gb_electric'")
    until(page, has("0.74 kg"))
    assert page.evaluate(focused) == "summary" and page.locator("carbon-label .body").is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "a" and page.evaluate(outline) == "2px"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    assert not page.locator("carbon-label .body").is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "button"


@pytest.mark.parametrize(
    "way", ["attribute", "script of the page", "child", "child that comes later", "property before"]
)
def test_a_cart_comes_in_several_ways(page, service, way):
    """Proves that each documented way of giving a cart leads to the same request."""
    script = f'<script type="application/json" id="cart">{json.dumps(CART)}</script>'
    bare = label(service, cart=None)
    body = {
        "attribute": label(service),
        "script of the page": script + bare.replace("></", ' cart="#cart"></'),
        "child": bare.replace("></", f">{script}</"),
        "child that comes later": bare,
        "property before": bare,
    }[way]
    if way == "property before":
        page.add_init_script(
            "addEventListener('readystatechange', () => { const e = document.querySelector('carbon-label');"
            f"if (e && !customElements.get('carbon-label')) e.cart = {json.dumps(CART)}; }}, true)"
        )
    page.goto(service.write(body))
    if way == "child that comes later":
        page.evaluate(
            "cart => { const s = document.createElement('script'); s.type = 'application/json';"
            "s.append(cart); document.querySelector('carbon-label').append(s); }",
            json.dumps(CART),
        )
    shown(page)
    assert service.carts == [{**CART, "languages": ["en"]}]


def test_without_goods_or_place_nothing_is_asked(page, service):
    """Proves that an unfinished cart is no request, no figure and no error."""
    page.add_init_script(
        "window.failed = []; addEventListener('carbon-label-error', ({detail}) => failed.push(detail))"
    )
    carts = [None, {"lines": [], "destination": {"country": "GB"}}, {"lines": CART["lines"]}]
    carts += [
        {"lines": CART["lines"], "destination": place} for place in ({}, [], None, {"city": "London", "country": ""})
    ]
    page.goto(service.write("".join(label(service, cart=cart) for cart in carts)))
    page.wait_for_timeout(200)
    assert service.asked == [] and page.evaluate("failed") == []
    assert page.locator("carbon-label[shown]").count() == 0


def test_the_label_of_an_order_by_address_or_given(page, service):
    """Proves that a label of an order is fetched or taken from the page, whole, and that the key goes to its service alone."""
    service.answer = ORDER_LABEL
    own = f'label-url="{service.service}/v1/orders/A-1/label"'
    other = 'label-url="/v1/orders/A-1/label"'
    given = label(service, cart=None).replace(
        "></", f'><script type="application/json">{json.dumps(ORDER_LABEL)}</script></'
    )
    page.goto(service.write(label(service, own, None) + label(service, other, None) + given))
    shown(page, 3)
    for at in range(3):
        assert "0.92 kg CO2e (0.77–1.2)" in line(page, at)
    page.locator("carbon-label summary").first.click()
    assert "What is counted" in line(page)
    body = page.locator("carbon-label .body").first
    assert "The product itself is no part of this figure: 3.2 kg CO2e." in plain(body.inner_text())
    assert body.locator("a").get_attribute("href") == ORDER_LABEL["url"]
    asked = {headers["Host"].split(":")[0]: headers.get("Authorization") for _, headers, _ in service.asked}
    assert asked == {"localhost": "Bearer cpo_shop", "127.0.0.1": None}


def test_an_order_without_a_figure_says_why(page, service):
    """Proves that a label that is not available has no fold and no number, but a reason in words."""
    words = {
        "name": "Delivery of this order",
        "line": "CO2e not available",
        "why": "The range of the figure is not known.",
    }
    service.answer = {"schema": 1, "available": False, "reason": "range_unknown", "words": {"en": words}, "url": ""}
    page.goto(service.write(label(service, f'label-url="{service.service}/v1/orders/A-1/label"', None)))
    shown(page)
    assert line(page) == "Delivery of this orderCO2e not availableThe range of the figure is not known."
    assert page.locator("carbon-label summary").is_hidden()
