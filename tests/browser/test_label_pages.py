"""The pages of docs/checkout: every snippet is read by a parser of its language, and what a browser can run is run."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from html.parser import HTMLParser

import pytest

from tests import tools
from tests.browser.label_service import ESTIMATE, ROOT, STATIC, until

PAGES = ROOT / "docs" / "checkout"
SOURCE = (STATIC / "carbon-label.js").read_text(encoding="utf-8")
EXAMPLE = "https://label.example"
_VOID = {"input", "meta", "link", "br", "img"}


def snippets(page: str) -> list[tuple[str, str]]:
    """Return language and text of a page's snippets."""
    text = (PAGES / page).read_text(encoding="utf-8")
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


class _Html(HTMLParser):
    """Reads HTML that leaves no tag open, knows its own element's attributes, and holds readable JSON."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.json = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "carbon-label":
            assert {name for name, _ in attributes} <= attributes_of_source()
        if tag not in _VOID:
            self.open.append(tag)
        self.json = "" if ("type", "application/json") in attributes else self.json

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"
        if tag == "script" and self.json.strip():
            json.loads(self.json)
            self.json = ""

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.json += data


def _html(text: str) -> None:
    parser = _Html()
    parser.feed(text)
    parser.close()
    assert parser.open == [], f"left open: {parser.open}"


def _esbuild(text: str, loader: str) -> None:
    command = [tools.need("esbuild"), f"--loader={loader}", "--log-level=warning", "--jsx=automatic"]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr


def _php(text: str) -> None:
    done = subprocess.run([tools.need("php"), "-l"], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


READERS = {
    "html": _html,
    "php": _php,
    "toml": tomllib.loads,
    "js": lambda text: _esbuild(text, "js"),
    "ts": lambda text: _esbuild(text, "ts"),
    "tsx": lambda text: _esbuild(text, "tsx"),
    "css": lambda text: _esbuild(text, "css"),
    "text": str,
}
FAULTS = {
    "html": "<ul><li>Standard</ul>",
    "php": "<?php function carbon_label( { return; }",
    "toml": "[extensions\nname = 1",
    "js": "const label = ;",
    "ts": "const label: = 1;",
    "tsx": "const label = <s-text>;",
    "css": "carbon-label { color: red",
}
SNIPPETS = [
    pytest.param(language, text, id=f"{page.name}-{at}-{language}")
    for page in sorted(PAGES.glob("*.md"))
    for at, (language, text) in enumerate(snippets(page.name), 1)
]


def attributes_of_source() -> set[str]:
    """Return the attributes that the component reads."""
    observed = re.search(r"observedAttributes = \[(.*?)\]", SOURCE)[1]
    found = set(re.findall(r'"([\w-]+)"', observed))
    found |= set(re.findall(r'[gh](?:et|as)Attribute\("([\w-]+)"\)', SOURCE))
    return found | set(re.findall(r":host\(\[(\w+)=", SOURCE))


@pytest.mark.parametrize(("language", "text"), SNIPPETS)
def test_a_snippet_is_of_its_language(language, text):
    """Proves that what a merchant copies from the pages can be read by PHP, JavaScript, HTML, JSON, TOML or CSS."""
    READERS[language](text)


@pytest.mark.parametrize(("language", "text"), FAULTS.items(), ids=FAULTS)
def test_the_readers_find_planted_faults(language, text):
    """Proves that each reader refuses what is not of its language."""
    with pytest.raises((AssertionError, tomllib.TOMLDecodeError)):
        READERS[language](text)


def test_every_platform_has_its_snippets():
    """Proves that the search for snippets finds them: each page has those it is for."""
    found = {page: {language for language, _ in snippets(page)} for page in ("html.md", "woocommerce.md", "shopify.md")}
    assert found["html.md"] >= {"html", "js", "css"}
    assert found["woocommerce.md"] == {"php", "js"} and found["shopify.md"] == {"toml", "tsx", "ts"}


def test_the_page_names_every_attribute_and_every_reason():
    """Proves that the tables of the page are those of the component, neither longer nor shorter."""
    text = (PAGES / "html.md").read_text(encoding="utf-8")
    table = text.split("<!-- attributes:")[1].split("<!-- end of attributes -->")[0]
    assert set(re.findall(r"^\| `([\w-]+)`", table, re.MULTILINE)) == attributes_of_source()
    reasons = text.split("| `reason` |")[1].split("\n\n")[0]
    told = {word for line in re.findall(r"new Failure\((.*)", SOURCE) for word in re.findall(r'"(\w+)"', line)}
    assert set(re.findall(r"^\| `(\w+)`", reasons, re.MULTILINE)) == told


def _here(text: str, service) -> str:
    return text.replace(EXAMPLE, service.service).replace("<carbon-label", "<carbon-label timeout-ms=5000")


@pytest.mark.browser
def test_the_html_of_the_page_works(page, service):
    """Proves that the first snippet, pasted, shows the chosen option, follows the radio buttons, and obeys the code below it."""
    first = snippets("html.md")[0][1].split("</script>", 1)[1]
    page.goto(service.write(_here(first, service)))
    inside = "document.querySelector('carbon-label').shadowRoot.textContent"
    until(page, f"{inside}.includes('Standard delivery')")
    page.locator("[data-carbon-option]").click()
    until(page, f"{inside}.includes('Parcel shop')")
    assert len(service.carts) == 1 and service.carts[0]["goods_value"] == 87
    script = next(text for language, text in snippets("html.md") if language == "js")
    page.evaluate(f"() => {{ {script} }}")
    until(page, f"{inside}.includes('Parcel shop')")
    while len(service.carts) < 2:
        page.wait_for_timeout(20)
    assert service.carts[1]["lines"] == [{"sku": "MUG-1", "quantity": 3}]


@pytest.mark.browser
def test_one_label_per_option_and_the_label_of_an_order_work(page, service):
    """Proves that the other snippets of the page show what they say."""
    _, lists, order = (text for language, text in snippets("html.md") if language == "html")
    cart = re.search(r'<script type="application/json".*?</script>', snippets("html.md")[0][1], re.DOTALL)[0]
    page.goto(service.write(_here(cart + lists + order, service)))
    until(page, "document.querySelectorAll('carbon-label[shown]').length === 3")
    texts = page.locator("carbon-label .box").all_inner_texts()
    assert "0.92" in texts[0] and "0.89" in texts[1] and "What is counted" in texts[2]


_WORDPRESS = """
() => {
    const create = (type, properties, ...children) => {
        if (typeof type === "function") return type({ ...properties, children });
        const node = document.createElement(type);
        for (const [name, value] of Object.entries(properties)) if (name !== "key") node.setAttribute(name, value);
        return node;
    };
    const rates = [{ rate_id: "free:9", selected: false }, { rate_id: "local_pickup:2", selected: true }];
    const cart = JSON.stringify([{ lines: [{ sku: "MUG-1", quantity: 1 }], destination: { country: "GB" } }]);
    const data = { shippingRates: [{ package_id: 0, shipping_rates: rates }], extensions: { "carbon-label": { carts: cart } } };
    const cartStore = "wc/store/cart";
    window.wp = {
        plugins: { registerPlugin: (name, { render }) => document.querySelector("main").append(...render().flat()) },
        element: { createElement: create },
        data: { useSelect: (reader) => reader((store) => ({ getCartData: () => (store === cartStore ? data : null) })) },
    };
    window.wc = { wcBlocksData: { cartStore }, blocksCheckout: { ExperimentalOrderShippingPackages: ({ children }) => children } };
    window.carbonLabel = { service: "SERVICE", key: "cpo_shop", options: { "local_pickup:2": "gb_pickup" } };
}
"""


@pytest.mark.browser
def test_the_block_of_woocommerce_works(page, service):
    """Proves that the script of the block checkout puts the label of the chosen rate into its slot, with cart and key."""
    page.goto(service.write(""))
    page.evaluate(_WORDPRESS.replace("SERVICE", service.service))
    page.evaluate(f"() => {{ {next(text for language, text in snippets('woocommerce.md') if language == 'js')} }}")
    page.evaluate("() => document.querySelector('carbon-label').setAttribute('timeout-ms', 5000)")
    until(page, "document.querySelector('carbon-label[shown]') !== null")
    assert "Parcel shop" in page.locator("carbon-label .box").inner_text()
    (_, headers, body), *more = service.asked
    assert more == [] and headers["Authorization"] == "Bearer cpo_shop"
    assert body["lines"] == [{"sku": "MUG-1", "quantity": 1}] and ESTIMATE["default"] != "gb_pickup"
