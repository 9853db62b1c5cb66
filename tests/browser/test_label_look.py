"""<carbon-label> as it looks: themes, forced colours, print, narrow screens, axe-core, the demo page, and its size."""

from __future__ import annotations

import json
import subprocess
from html import escape

import pytest

from tests import tools
from tests.browser.label_service import CART, STATIC, until

pytestmark = pytest.mark.browser

GIVEN = escape(json.dumps(CART))
MOST_BYTES = 15_000
#: Patient with a busy machine, and less so than the demo's slow service is slow.
DEMO = "/demo?timeout-ms=1500"
VIEWS = ("each", "list", "chosen")


def demo(page, service, view: str = "each") -> None:
    """Open the demo page in a view and wait for its labels."""
    page.goto(service.shop + DEMO)
    until(page, "document.querySelectorAll('carbon-label[shown]').length === 4")
    if view != "each":
        page.select_option("[name=view]", view)
        until(page, "document.querySelectorAll('carbon-label[shown]').length === 1")


def unfold(page) -> None:
    """Open every fold."""
    for summary in page.locator("carbon-label summary:visible").all():
        summary.click()


def colours(page) -> tuple[str, str]:
    """Return ink and background of the first label."""
    box = "getComputedStyle(document.querySelector('carbon-label').shadowRoot.querySelector('.box'))"
    return tuple(page.evaluate(f"[{box}.color, {box}.backgroundColor]"))


LIGHT, DARK = ("rgb(28, 36, 48)", "rgb(255, 255, 255)"), ("rgb(232, 235, 240)", "rgb(26, 32, 41)")


def test_the_label_is_small():
    """Proves that minified the component stays below its budget, though the readable source is what is served."""
    minified = subprocess.run(
        [tools.need("esbuild"), "--minify", "--target=es2022", STATIC / "carbon-label.js"],
        capture_output=True, check=True,
    )  # fmt: skip
    assert 5_000 < len(minified.stdout) < MOST_BYTES


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(new_page, service, axe, keep, scheme):
    """Proves that the demo page with unfolded labels breaks no rule of axe-core, contrast included, in every view."""
    page = new_page(color_scheme=scheme, locale={"light": "en-GB", "dark": "zh-CN"}[scheme])
    for view in VIEWS:
        demo(page, service, view)
        unfold(page)
        assert axe(page) == [], view
        assert colours(page) == (LIGHT if scheme == "light" else DARK)
        keep(page, f"label-{view}-{scheme}")


def test_axe_sees_into_the_label(page, service, axe):
    """Proves that the check above can fail: a colour of the shop with too little contrast is found."""
    demo(page, service)
    page.evaluate("document.documentElement.style.setProperty('--carbon-label-ink', '#bbb')")
    assert any(each.startswith("color-contrast") for each in axe(page))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_is_cut_at_320_pixels(new_page, service, keep, language):
    """Proves that on the narrowest screen the page does not scroll sideways and no part of a label is wider than it."""
    page = new_page(viewport={"width": 320, "height": 800}, locale={"en": "en-GB", "zh": "zh-CN"}[language])
    for view in VIEWS:
        demo(page, service, view)
        unfold(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, view
        wide = page.evaluate(
            "[...document.querySelectorAll('carbon-label')].flatMap(label => [...label.shadowRoot.querySelectorAll('*')]"
            ".filter(node => node.getBoundingClientRect().right > label.getBoundingClientRect().right + 1)"
            ".map(node => node.outerHTML))"
        )
        assert wide == [], view
        keep(page, f"label-320-{view}-{language}")


def test_in_print_everything_is_there(page, service, keep):
    """Proves that on paper a folded label is unfolded, dark on white, with the address of the calculation and no control."""
    demo(page, service, "chosen")
    page.emulate_media(media="print", color_scheme="dark")
    body, more = page.locator("carbon-label .body"), page.locator("carbon-label .more")
    assert page.evaluate("document.querySelector('carbon-label').shadowRoot.querySelector('details').open") is False
    assert body.is_visible() and body.bounding_box()["height"] > 150 and not more.is_visible()
    after = "getComputedStyle(document.querySelector('carbon-label').shadowRoot.querySelector('a'), '::after').content"
    assert "https://label.example/calculation/k3v9" in page.evaluate(after)
    assert colours(page) == LIGHT
    keep(page, "label-print")


def test_in_forced_colours_the_chosen_option_is_still_marked(page, service, keep):
    """Proves that where the system takes the colours away, marker, bars and focus remain."""
    page.emulate_media(forced_colors="active")
    demo(page, service, "list")
    page.locator("carbon-label summary").click()
    style = "row => getComputedStyle(row).borderInlineStartColor"
    rows = page.locator("carbon-label li.row").all()
    page.evaluate("document.documentElement.style.backgroundColor = 'Canvas'")
    canvas = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert [row.evaluate(style) == canvas for row in rows] == [False, True, True, True]
    bar = page.locator("carbon-label svg").nth(1)
    assert bar.evaluate("bar => getComputedStyle(bar).backgroundImage").startswith("repeating-linear-gradient")
    keep(page, "label-forced-colours")


def test_nothing_moves(page, service):
    """Proves that there is no motion to reduce: no transition and no animation."""
    demo(page, service)
    moving = page.evaluate(
        "[...document.querySelectorAll('carbon-label')].flatMap(l => [l, ...l.shadowRoot.querySelectorAll('*')])"
        ".filter(n => getComputedStyle(n).transitionDuration !== '0s' || getComputedStyle(n).animationName !== 'none')"
        ".length"
    )
    assert moving == 0 and page.evaluate("document.getAnimations().length") == 0


def shop(service, more: str = "", head: str = "") -> str:
    """Return the address of a shop's page with one label."""
    element = f'<carbon-label service="{service.service}" timeout-ms=5000 {more} cart="{GIVEN}"></carbon-label>'
    return service.write(element, head=head)


THEMES = {
    "a page of light colours only": ("", "", LIGHT),
    "a page of both": ("", '<meta name="color-scheme" content="light dark">', DARK),
    "told to be dark": ("theme=dark", "", DARK),
    "told to be light": ("theme=light", '<meta name="color-scheme" content="light dark">', LIGHT),
    "told to follow the system": ("theme=auto", "", DARK),
}


def test_the_theme_is_that_of_the_page(new_page, service):
    """Proves that on a dark system the label is dark only where the page is, or where it is told."""
    page = new_page(color_scheme="dark")
    found = {}
    for name, (more, head, _) in THEMES.items():
        page.goto(shop(service, more, head))
        until(page, "document.querySelector('carbon-label[shown]') !== null")
        found[name] = colours(page)
    assert found == {name: expected for name, (_, _, expected) in THEMES.items()}


@pytest.mark.parametrize("old", [False, True], ids=["this browser", "one without adopted style sheets"])
def test_a_shop_fits_it_to_its_page(page, service, old):
    """Proves that font, size and colours are the shop's to set, also where styles must stand in an element of their own."""
    if old:
        page.add_init_script("delete CSSStyleSheet.prototype.replaceSync")
        service.policy = "default-src 'self'; connect-src *; style-src 'unsafe-inline'"
    page.goto(shop(service))
    page.evaluate(
        "for (const [name, value] of [['font', 'Georgia'], ['size', '20px'], ['ink', '#400']])"
        "document.documentElement.style.setProperty(`--carbon-label-${name}`, value)"
    )
    until(page, "document.querySelector('carbon-label[shown]') !== null")
    root = "document.querySelector('carbon-label').shadowRoot"
    assert page.evaluate(f"{root}.querySelectorAll('style').length") == int(old)
    style = f"getComputedStyle({root}.querySelector('.box'))"
    assert page.evaluate(f"[{style}.fontFamily, {style}.fontSize, {style}.color]") == [
        "Georgia",
        "20px",
        "rgb(68, 0, 0)",
    ]


def test_the_demo_is_a_shop_that_goes_on(page, service):
    """Proves that the demo's switches work: option, language, theme, a slow and a dead service, and the order is placed."""
    page.add_init_script(
        "window.failed = []; addEventListener('carbon-label-error', ({detail}) => failed.push(detail))"
    )
    demo(page, service)
    names = page.locator("#options label")
    assert names.all_inner_texts() == ["Standard delivery", "Electric delivery", "Parcel shop", "Cargo bike"]
    page.select_option("[name=language]", "zh")
    until(page, "document.querySelector('carbon-label').shadowRoot.textContent.includes('标准配送')")
    assert names.first.inner_text() == "标准配送" and page.evaluate("document.documentElement.lang") == "zh"
    page.select_option("[name=language]", "en")
    page.select_option("[name=theme]", "dark")
    until(page, f"getComputedStyle(document.body).color === '{DARK[0]}'")
    assert colours(page) == DARK
    page.select_option("[name=view]", "chosen")
    until(page, "document.querySelectorAll('carbon-label[shown]').length === 1")
    names.nth(2).click()
    until(page, "document.querySelector('carbon-label').shadowRoot.textContent.includes('0.89\u00a0kg')")
    for switch, reason in (("slow", "timeout"), ("down", "network")):
        page.select_option("[name=service]", switch)
        until(page, f"failed.at(-1)?.reason === '{reason}'")
        assert page.locator("carbon-label[shown]").count() == 0
        assert reason in page.locator("#log").inner_text()
    page.locator("#order").click()
    assert "Order placed" in page.locator("#ordered").inner_text()
    page.select_option("[name=service]", "")
    until(page, "document.querySelectorAll('carbon-label[shown]').length === 1")


def test_the_demo_asks_for_nothing_from_elsewhere(page, service):
    """Proves that page and script need no asset of any other place, under a policy that allows nothing but their own code."""
    seen, said = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: seen.append(request.url))
    demo(page, service)
    assert {url.removeprefix(service.shop) for url in seen} == {DEMO, "/v1/carbon-label.js", "/v1/estimate"}
    assert said == []
