"""The plugin of docs/checkout/woocommerce.md, run by PHP: the carts it makes are those that the service takes."""

from __future__ import annotations

import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from carbon.labels.service.application import create_application
from carbon.labels.service.settings import Settings
from tests import tools
from tests.house.source import ROOT

PAGE = ROOT / "docs" / "checkout" / "woocommerce.md"
SHOP = Path(__file__).with_name("woocommerce.php")


@pytest.fixture(scope="module")
def done() -> dict:
    """Return what the plugin did in a shop of stubs."""
    php = tools.need("php")
    plugin = re.search(r"^```php\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)[1]
    ran = subprocess.run([php, SHOP], input=plugin, capture_output=True, text=True)
    assert ran.returncode == 0 and not ran.stderr, ran.stdout + ran.stderr
    return json.loads(ran.stdout)


class _Element(HTMLParser):
    """Keeps the attributes of the one element."""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag == "carbon-label"
        self.attributes = dict(attributes)


def test_each_rate_that_is_named_has_its_label(done):
    """Proves that a rate's label has service, key, option and cart, and that a rate nobody named has none."""
    assert done["rates"]["free_shipping:9"] == ""
    for rate, option in (("flat_rate:1", "gb_standard"), ("local_pickup:2", "gb_pickup")):
        element = _Element()
        element.feed(done["rates"][rate])
        found = element.attributes
        assert (found["service"], found["option"]) == ("https://label.example", option) and "hide-name" in found
        assert json.loads(found["cart"]) == json.loads(done["carts"])[0]


def test_a_cart_holds_what_is_computed_with_and_no_more(done):
    """Proves mass and size in kilograms and millimetres, a sku where there is no mass, and that no street leaves the shop."""
    (cart,) = json.loads(done["carts"])
    box, bag, mug = cart["lines"]
    assert box == pytest.approx(
        {"mass_kg": 0.45359237, "length_mm": 254, "width_mm": 203.2, "height_mm": 101.6, "quantity": 2}
    )
    assert bag == pytest.approx({"mass_kg": 0.226796185, "quantity": 1}) and mug == {"sku": "MUG-1", "quantity": 3}
    assert cart["destination"] == {"country": "GB", "postcode": "SW1A 1AA"}
    assert (cart["currency"], cart["goods_value"]) == ("GBP", 49.9) and "Street" not in json.dumps(done)


def test_the_service_takes_the_cart(done, merchant, tmp_path):
    """Proves that the cart, as the component sends it, is answered with the options of the organisation."""
    items = tmp_path / "items.csv"
    items.write_text("sku,unit_mass_kg\nMUG-1,0.4\n", encoding="utf-8")
    settings = Settings(merchant / "organisation.yaml", tmp_path / "state", items=items, demo=True)
    with TestClient(create_application(settings), base_url=settings.public_url) as client:
        answered = client.post("/v1/estimate", json={**json.loads(done["carts"])[0], "languages": ["en"]})
    assert answered.status_code == 200, answered.text
    assert {"gb_standard", "gb_pickup"} <= {option["key"] for option in answered.json()["options"]}


def test_the_block_checkout_gets_script_and_settings(done):
    """Proves that component and block script are loaded with what they need, and that the settings are JSON before them."""
    assert done["scripts"]["carbon-label"] == ["https://label.example/v1/carbon-label.js", []]
    address, needs = done["scripts"]["carbon-label-blocks"]
    assert address.endswith("/blocks.js") and "wc-blocks-checkout" in needs
    text, place = done["inline"]["carbon-label-blocks"]
    settings = json.loads(text.removeprefix("window.carbonLabel = ").removesuffix(";"))
    assert (
        place == "before" and settings["options"]["flat_rate:1"] == "gb_standard" and settings["key"].startswith("cpo_")
    )
    assert done["schema"]["carts"]["type"] == "string" and done["namespace"] == "carbon-label"
