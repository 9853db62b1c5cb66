"""Labels of products: the declared figure, the GTIN, and the GS1 Digital Link of the QR code."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient

from carbon.labels.links import qr_path
from carbon.labels.service.application import create_application
from carbon.labels.service.keys import KeyRing, Scope
from carbon.labels.service.settings import Settings

URL = "https://label.example"
ITEMS = """sku,gtin,unit_mass_kg,unit_co2e_kg
MUG-1,4006381333931,0.4,1.9
MUG-1,04006381333931,,
BED-2,96385074,2.5,
TWIN-3,036000291452,0.1,0.2
TWIN-4,036000291452,0.1,0.2
ECO-MUG,,0.4,1.9
GREEN-MUG,,0.4,1.9
"""


def _client(merchant, folder, organisation: str = "") -> TestClient:
    """Return a client of a service with an items file of its own, its key in every request."""
    (folder / "items.csv").write_text(ITEMS, encoding="utf-8")
    text = (merchant / "organisation.yaml").read_text(encoding="utf-8")
    (folder / "organisation.yaml").write_text(text + organisation, encoding="utf-8")
    _, key = KeyRing(folder / "state").create("acme", (Scope.LABELS,))
    settings = Settings(folder / "organisation.yaml", folder / "state", items=folder / "items.csv", public_url=URL)
    headers = {"authorization": f"Bearer {key}"}
    return TestClient(create_application(settings), base_url=URL, headers=headers, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def client(merchant, tmp_path_factory):
    """Return a client of a service that resolves its own links."""
    with _client(merchant, tmp_path_factory.mktemp("products")) as made:
        yield made


def _code(svg: str) -> str:
    return next(each.get("d") for each in ElementTree.fromstring(svg).iter() if each.tag.endswith("path"))


def test_label_code_and_page_carry_the_gtin(client):
    """Proves that JSON, SVG, HTML and the page name the GTIN, that both QR codes are the digital link, and that it leads to the page."""
    path, link = "/v1/products/MUG-1/label", f"{URL}/01/04006381333931"
    label = client.get(path).json()
    assert label["gtin"] == "04006381333931" and label["co2e_kg"] == 1.9
    assert label["common_words"]["en"]["title"] == "CO2e of a product"
    drawn = client.get(path, headers={"accept": "image/svg+xml"})
    assert _code(drawn.text) == qr_path(link)[0] and "GTIN 04006381333931" in drawn.text
    assert "style-src 'sha256-" in drawn.headers["content-security-policy"]
    assert "GTIN：04006381333931" in client.get(path + "?language=zh", headers={"accept": "text/html"}).text
    anybody = {"authorization": ""}
    moved = client.get("/01/04006381333931", headers=anybody, follow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (307, label["url"])
    page = client.get(label["url"], headers=anybody)
    assert page.status_code == 200 and qr_path(link)[0] in page.text and f"<code>{label['gtin']}</code>" in page.text
    assert "1.9" in page.text and "not calculated here" in page.text


def test_shorter_numbers_resolve_and_others_do_not(client):
    """Proves that a link with 8 digits leads where its 14 do, and what is wrong, unknown or not one article's leads nowhere."""
    short = client.get("/01/96385074", follow_redirects=False)
    assert short.status_code == 307
    assert "Nobody has declared a footprint of this product." in client.get(short.headers["location"]).text
    wanted = {"4006381333932": 422, "123": 422, "9506000134352": 404, "036000291452": 404}
    assert {gtin: client.get(f"/01/{gtin}").status_code for gtin in wanted} == wanted
    assert "Expected 1, got 2" in client.get("/01/4006381333932").json()["detail"]


def test_a_merchants_own_resolver(merchant, tmp_path):
    """Proves that where the organisation names a resolver the QR code leads there."""
    with _client(merchant, tmp_path, "\nlabels: {resolver: 'https://id.shop.example/gs1'}\n") as client:
        drawn = client.get("/v1/products/MUG-1/label", headers={"accept": "image/svg+xml"}).text
        assert _code(drawn) == qr_path("https://id.shop.example/gs1/01/04006381333931")[0]


@pytest.mark.parametrize("resolver", ["http://id.shop.example", "https://id.shop.example?x=1", "id.shop.example"])
def test_a_resolver_is_an_address_of_the_web(merchant, tmp_path, resolver):
    """Proves that a resolver without encryption or with a query is refused with its place in the file."""
    from carbon.errors import InputError

    with pytest.raises(InputError, match="resolver"):
        _client(merchant, tmp_path, f"\nlabels: {{resolver: '{resolver}'}}\n")


def test_a_sku_that_reads_as_a_claim_is_no_name(client):
    """Proves that a merchant's article number cannot bring a refused word onto a label, while a colour may stand in it."""
    assert client.get("/v1/products/ECO-MUG/label").json()["words"]["en"]["name"] == "This product"
    assert client.get("/v1/products/GREEN-MUG/label").json()["words"]["en"]["name"] == "GREEN-MUG"
