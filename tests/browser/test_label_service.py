"""The label from end to end: `carbon serve` in a process of its own, its demo, a shop of another origin, and the page behind a label."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterator
from html import escape

import pytest

from tests import tools
from tests.browser import label_service
from tests.browser.label_service import until
from tests.browser.real_service import CART, RealService, free_port

pytestmark = pytest.mark.browser

#: The estimates of a busy machine are waited for, where slowness is not what is tested.
PATIENT_MS = 20_000
BUDGET_MS = 200
#: What a busy machine may add to a timer.
LATE_MS = 3_000
LOGGED = "window.failed = []; addEventListener('carbon-label-error', ({detail}) => failed.push(detail))"
ALL_SHOWN = (
    "document.querySelectorAll('carbon-label').length === document.querySelectorAll('carbon-label[shown]').length"
)
FIRST = "document.querySelector('carbon-label').shadowRoot"
LOOKS = [("en", "light"), ("zh", "dark")]
LOCALES = {"en": "en-GB", "zh": "zh-CN"}


@pytest.fixture(scope="module")
def _shop() -> Iterator[label_service.LabelService]:
    with label_service.running() as shop:
        yield shop


@pytest.fixture(scope="module")
def _real(_shop, tmp_path_factory) -> Iterator[RealService]:
    tools.need("chromium")
    real = RealService(tmp_path_factory.mktemp("merchant"), free_port())
    real.prepare(_shop.shop)
    yield real
    real.stop()


@pytest.fixture
def real(_real) -> RealService:
    """Return a service that answers."""
    _real.start()
    return _real


@pytest.fixture
def open_shop(_shop, real):
    """Return a function that opens a checkout of the shop, under the policy that the documentation asks for."""
    _shop.reset()
    _shop.policy = f"default-src 'none'; script-src 'self' {real.url}; connect-src 'self' {real.url}"
    _shop.pages["/paid"] = "<!doctype html><title>Paid</title>"

    def opened(page, more: str = "", key: str | None = None) -> None:
        keys = [option["key"] for option in real.estimate(CART)["options"]]
        radios = "".join(f"<label><input type=radio name=delivery value={each}>{each}</label>" for each in keys)
        label = (
            f'<carbon-label key="{real.page_key if key is None else key}" cart="{escape(json.dumps(CART))}" {more}>'
            "</carbon-label>"
        )
        _shop.pages["/shop"] = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Checkout</title>'
            f'<script src="{real.url}/v1/carbon-label.js" defer></script>'
            f'<main><h1>Checkout</h1>{radios}{label}<form action="/paid"><button>Pay</button></form></main>'
        )
        page.add_init_script(LOGGED)
        page.goto(f"{_shop.shop}/shop")

    return opened


def demo(page, real: RealService) -> None:
    """Open the demo and wait for the labels of four options."""
    page.goto(f"{real.url}/demo?timeout-ms={PATIENT_MS}")
    until(page, "document.querySelectorAll('carbon-label[shown]').length === 4", PATIENT_MS / 1000)


def see(page, view: str) -> None:
    """Choose a view of the demo."""
    page.select_option("[name=view]", view)
    until(page, f"document.querySelectorAll('carbon-label').length === {4 if view == 'each' else 1} && {ALL_SHOWN}")


def plain(text: str) -> str:
    """Return a text without the breaks and the hard spaces that layout puts into it."""
    return text.replace("\n", "").replace("\u00a0", " ")


def tab_to(page, what: str) -> None:
    """Press Tab until something has the focus, as a person without a mouse does."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(
            f"Boolean((document.activeElement.shadowRoot?.activeElement ?? document.activeElement).matches('{what}'))"
        ):
            return
    raise AssertionError(f"Tab does not reach {what}")


@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_the_demo_shows_four_options_as_they_are_answered(real, new_page, axe, keep, language, scheme):
    """Proves for each view that names, figures and differences are those of the service's answer, and that axe-core finds nothing."""
    page = new_page(locale=LOCALES[language], color_scheme=scheme)
    demo(page, real)
    words = [option["words"][language] for option in real.estimate(CART)["options"][:4]]
    assert page.locator("#options label").all_inner_texts() == [each["name"] for each in words]
    boxes = [plain(box) for box in page.locator("carbon-label .box").all_inner_texts()]
    assert all(plain(each["line"]) in box for each, box in zip(words, boxes, strict=True))
    for view in ("each", "list", "chosen"):
        see(page, view)
        for summary in page.locator("carbon-label summary:visible").all():
            summary.click()
        assert axe(page) == [], view
        keep(page, f"service-demo-{view}-{language}")
        if view == "list":
            rows = [plain(row) for row in page.locator("carbon-label li.row").all_inner_texts()]
            assert len(rows) >= 4 and all(
                plain(each["difference"]) in row for each, row in zip(words, rows, strict=False)
            )


def test_by_keyboard_alone_from_the_options_to_the_calculation(real, new_page, axe, keep):
    """Proves that without a mouse a shopper changes option (announced) and language, unfolds the label, and reads its calculation."""
    page = new_page()
    demo(page, real)
    tab_to(page, "[name=view]")
    page.keyboard.press("End")
    until(page, f"document.querySelectorAll('carbon-label').length === 1 && {ALL_SHOWN}")
    tab_to(page, "[name=delivery]")
    page.keyboard.press("ArrowDown")
    live = f"{FIRST}.querySelector('[role=status]')"
    until(page, f"{live}.textContent !== ''")
    electric = real.estimate(CART)["options"][1]
    said = electric["words"]["en"]
    assert page.evaluate(f"{live}.textContent") == f"{said['name']}: {said['spoken']} {said['difference']}"
    assert page.evaluate(f"{live}.getAttribute('role')") == "status"
    tab_to(page, "summary")
    page.keyboard.press("Enter")
    tab_to(page, "a")
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    calculation = opened.value
    calculation.wait_for_load_state()
    assert plain(calculation.locator(".figure").inner_text()).startswith(plain(said["value"]))
    assert said["name"] in calculation.locator("main").inner_text() and axe(calculation) == []
    tab_to(calculation, ".languages a")
    calculation.keyboard.press("Enter")
    calculation.wait_for_url("**language=zh**")
    assert electric["words"]["zh"]["name"] in calculation.locator("main").inner_text() and axe(calculation) == []
    calculation.close()
    tab_to(page, "[name=language]")
    page.keyboard.press("End")
    until(page, f"{FIRST}.querySelector('.box').lang === 'zh'")
    assert plain(electric["words"]["zh"]["line"]) in plain(page.locator("carbon-label .box").inner_text())
    keep(page, "service-demo-keyboard")


@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_the_page_behind_a_label(real, new_page, axe, keep, language, scheme):
    """Proves that it is accessible on any screen, in print and in forced colours, under its policy, and asks nobody for anything."""
    seen, said = [], []
    page = new_page(locale=LOCALES[language], color_scheme=scheme)
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    url = real.estimate(CART)["options"][0]["url"]
    page.goto(url)
    assert seen == [url] and said == []
    assert page.locator(".figure").first.evaluate("each => getComputedStyle(each).fontWeight") == "600"
    assert axe(page) == []
    for width in (1280, 880, 800, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        keep(page, f"service-calculation-{width}-{language}")
    page.set_viewport_size({"width": 1000, "height": 900})
    page.emulate_media(forced_colors="active")
    bars = page.locator(".stages .bar rect")
    assert (
        bars.count() >= 3
        and len({bar.evaluate("bar => getComputedStyle(bar).fill") for bar in bars.all()}) == bars.count()
    )
    keep(page, f"service-calculation-forced-{language}")
    page.emulate_media(media="print", forced_colors="none")
    assert not page.locator(".languages").is_visible() and page.locator(".qr").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    keep(page, f"service-calculation-print-{language}")


def test_the_demo_in_print_and_in_forced_colours(real, new_page, keep):
    """Proves on the real answer that paper shows the unfolded label with its address, and that forced colours keep the chosen option."""
    page = new_page()
    demo(page, real)
    see(page, "list")
    page.emulate_media(forced_colors="active")
    edges = [
        row.evaluate("row => getComputedStyle(row).borderInlineStartColor") for row in page.locator("li.row").all()
    ]
    assert edges[0] not in edges[1:]
    keep(page, "service-demo-forced")
    page.emulate_media(media="print", forced_colors="none")
    assert page.locator("carbon-label .body").is_visible() and not page.locator(".try").is_visible()
    address = f"getComputedStyle({FIRST}.querySelector('a'), '::after').content"
    assert f"{real.url}/calculation/" in page.evaluate(address)
    keep(page, "service-demo-print")


def test_a_shop_of_another_origin(real, new_page, open_shop):
    """Proves that a shop's page gets its labels by its key and CORS alone, follows its radio buttons, and asks nobody else."""
    page = new_page()
    seen, said = [], []
    page.on("request", lambda request: seen.append((request.method, request.url)))
    page.on("console", lambda message: said.append(message.text))
    open_shop(page, f"timeout-ms={PATIENT_MS} follow=delivery")
    until(page, "document.querySelector('carbon-label[shown]') !== null", PATIENT_MS / 1000)
    options = real.estimate(CART)["options"]
    line = page.locator("carbon-label .box").inner_text
    assert plain(options[0]["words"]["en"]["line"]) in plain(line())
    page.locator(f"[value={options[2]['key']}]").click()
    until(page, f"{FIRST}.querySelector('[role=status]').textContent !== ''")
    assert plain(options[2]["words"]["en"]["line"]) in plain(line())
    assert [url for method, url in seen if method == "POST"] == [f"{real.url}/v1/estimate"]
    assert {url.split("/")[2] for _, url in seen} == {page.url.split("/")[2], real.url.split("/")[2]} and said == []


@pytest.mark.parametrize("key", ["", "cpo_abcdefgh_" + "x" * 43])
def test_a_shop_without_a_valid_key(real, new_page, open_shop, key):
    """Proves that a wrong key hides the label, says so to the page's log, and leaves the shop's button alone."""
    page = new_page()
    open_shop(page, f"timeout-ms={PATIENT_MS}", key)
    until(page, "failed.length === 1", PATIENT_MS / 1000)
    detail = page.evaluate("failed[0]")
    assert (detail["reason"], detail["status"]) == ("http", 401) and not page.locator("carbon-label").is_visible()
    page.locator("button").click()
    page.wait_for_url("**/paid?")


def test_the_label_of_an_order_in_its_three_forms(real, new_page, open_shop, axe, keep):
    """Proves that the JSON shows in the component, and HTML and SVG in a browser, dressed under their own policies, with one figure."""
    with (real.folder / "orders.csv").open(encoding="utf-8") as file:
        order = next(row["order_id"] for row in csv.DictReader(file) if row["service"] == "gb_standard")
    path = f"/v1/orders/{order}/label"
    label = real.get(path)
    value = plain(label["words"]["en"]["value"])
    page = new_page()
    open_shop(page, key="")
    page.evaluate("label => { const e = document.querySelector('carbon-label'); e.cart = label; }", label)
    until(page, f"{FIRST}.textContent.includes('Delivery of this order')")
    assert value in plain(page.locator("carbon-label .box").inner_text())
    for accept, what in (("text/html", ".carbon-label .name"), ("image/svg+xml", "text")):
        page = _as_the_server(new_page, real, accept)
        page.goto(real.url + path)
        assert page.evaluate(f"getComputedStyle(document.querySelector('{what}')).fontFamily").startswith("system-ui")
        assert value in plain(page.evaluate("document.documentElement.textContent"))
        if accept == "text/html":
            assert axe(page) == []
            keep(page, "service-order-html")
    picture = new_page(color_scheme="dark")
    picture.set_content(real.get(path, "image/svg+xml"))
    fills = "what => getComputedStyle(document.querySelector(what)).fill"
    assert picture.evaluate(fills, ".quiet") == "rgb(255, 255, 255)" != picture.evaluate(fills, ".surface")
    keep(picture, "service-order-svg")


def test_the_label_of_a_product_leads_along_its_digital_link(real, new_page, axe, keep):
    """Proves that the address in a product's QR code, its GS1 Digital Link, opens the product's page for anybody, with its GTIN."""
    page = _as_the_server(new_page, real, "text/html")
    page.goto(f"{real.url}/v1/products/MUG-1/label")
    link = f"{real.url}/01/04006381333931"
    code = page.locator(".qr")
    assert link in code.get_attribute("aria-label") and not code.is_visible() and axe(page) == []
    page.emulate_media(media="print")
    assert code.is_visible() and page.get_by_text("not calculated here").is_visible()
    keep(page, "service-product-print")
    anybody = new_page()
    anybody.goto(link)
    assert "/calculation/" in anybody.url and "04006381333931" in anybody.locator("dl").inner_text()
    assert "1.9" in anybody.locator(".figure").inner_text() and axe(anybody) == []
    keep(anybody, "service-product")


def _as_the_server(new_page, real: RealService, accept: str):
    """Return a page that asks with the key and the kind of the shop's server; what the browser complains of fails the test."""
    page = new_page()
    headers = {"authorization": f"Bearer {real.server_key}", "accept": accept}
    page.route("**/label", lambda route: route.continue_(headers={**route.request.headers, **headers}))

    def complained(message) -> None:
        raise AssertionError(message.text)

    page.on("console", complained)
    return page


def test_a_service_that_hangs_and_one_that_is_stopped(real, new_page, open_shop):
    """Proves with the real process that after the 200 ms budget the label hides and the shop goes on, and that it comes back with the service."""
    page = new_page()
    open_shop(page, f"timeout-ms={PATIENT_MS}")
    shown = "document.querySelector('carbon-label[shown]') !== null"
    until(page, shown, PATIENT_MS / 1000)
    page.evaluate("document.querySelector('carbon-label').removeAttribute('timeout-ms')")
    refresh = "document.querySelector('carbon-label').refresh()"
    real.pause()
    try:
        page.evaluate(refresh)
        until(page, "failed.length === 1")
        detail = page.evaluate("failed[0]")
        assert detail["reason"] == "timeout" and BUDGET_MS - 20 <= detail["elapsed_ms"] < BUDGET_MS + LATE_MS
        assert not page.locator("carbon-label").is_visible()
        began_s = time.monotonic()
        page.locator("button").click()
        page.wait_for_url("**/paid?")
        assert time.monotonic() - began_s < LATE_MS / 1000
    finally:
        real.resume()
    page.go_back()
    until(page, shown, PATIENT_MS / 1000)
    real.stop()
    page.evaluate("failed.length = 0")
    page.evaluate(refresh)
    until(page, "failed.length === 1")
    assert page.evaluate("failed[0].reason") == "network" and not page.locator("carbon-label").is_visible()
    page.locator("button").click()
    page.wait_for_url("**/paid?")
