"""The service as a shop and a shopper meet it: options, labels, pages, and what is refused."""

from __future__ import annotations

import csv
import json
import math
import re
from xml.etree import ElementTree

import pytest

from carbon import explain
from carbon.labels.service.problems import MEDIA_TYPE
from carbon.ledger import Ledger
from tests.labels.service.conftest import SHOP

CART = {
    "lines": [
        {"mass_kg": 0.4, "length_mm": 200, "width_mm": 150, "height_mm": 80},
        {"mass_kg": 1.1, "quantity": 2},
        {"mass_kg": 0.05},
    ],
    "destination": {"country": "GB", "postcode": "SW1A 1AA", "city": "London"},
    "currency": "GBP",
    "languages": ["en", "zh"],
}


def _order(service) -> str:
    with (service.folder / "orders.csv").open(encoding="utf-8") as file:
        return next(row["order_id"] for row in csv.DictReader(file) if row["service"] == "gb_standard")


def _total(stages) -> float:
    return math.fsum(each["co2e_kg"] for each in stages)


# Estimates -------------------------------------------------------------------------------------------------------------


def test_every_option_of_a_cart(service):
    """Proves the answer's shape: each option with figures that add up, words in both languages, and a link."""
    done = service.estimate(CART)
    assert done.status_code == 200, done.text
    found = done.json()
    keys = [option["key"] for option in found["options"]]
    assert keys[0] == found["default"] == "gb_standard" and "gb_pickup" in keys and len(keys) >= 3
    for option in found["options"]:
        assert option["available"] and option["low_kg"] < option["co2e_kg"] < option["high_kg"]
        assert _total(option["stages"]) == pytest.approx(option["co2e_kg"], rel=1e-9)
        assert sum(option["data"].values()) == pytest.approx(1)
        assert set(option["words"]) == {"en", "zh"}
        assert "CO2e" in option["words"]["en"]["line"] and "not certified" in option["words"]["en"]["statement"]
    assert found["options"][0]["difference"] is None
    assert found["calculation"]["url"] == f"https://label.example/calculation/{found['calculation']['id']}"
    assert found["market"] == "UK" and set(found["words"]["zh"]) == {
        "title",
        "details",
        "link",
        "statement",
        "language",
    }


def test_a_difference_is_said_as_it_is(service):
    """Proves that words of a difference follow its range: less, more, or none that is clear."""
    options = service.estimate(CART).json()["options"]
    for option in options[1:]:
        found, said = option["difference"], option["words"]["en"]["difference"]
        assert found["to"] == "gb_standard" and found["low_kg"] <= found["co2e_kg"] <= found["high_kg"]
        assert found["co2e_kg"] == pytest.approx(option["co2e_kg"] - options[0]["co2e_kg"], rel=1e-9)
        assert found["clear"] == (found["low_kg"] > 0 or found["high_kg"] < 0)
        word = "no clear difference" if not found["clear"] else "less" if found["co2e_kg"] < 0 else "more"
        assert word in said and "same order" in said


def test_the_page_of_an_estimate_has_its_figures(service):
    """Proves that label, page and lines agree, option by option and language by language, and that the cart is not told."""
    found = service.estimate(CART).json()
    for option in found["options"]:
        page = service.client.get(f"/calculation/{found['calculation']['id']}?option={option['key']}&language=en")
        assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
        assert option["words"]["en"]["value"] in page.text
        told = page.text  # an option may be called after a city
        for each in found["options"]:
            told = told.replace(each["words"]["en"]["name"], "")
        assert "SW1" not in told and "London" not in told and "<script" not in told
    chinese = service.client.get(
        f"/calculation/{found['calculation']['id']}", headers={"accept-language": "zh-CN,en;q=0.5"}
    )
    assert 'lang="zh' in chinese.text and chinese.headers["content-language"] == "zh"


def test_a_page_never_shows_another_figure_than_the_label(service, monkeypatch):
    """Proves that where tables or set-up have changed, an estimate's page is gone rather than silently another one."""
    url = service.estimate(CART).json()["calculation"]["url"]
    assert service.client.get(url).status_code == 200
    monkeypatch.setattr(service.client.app.state.service, "basis", "another")
    gone = service.client.get(url)
    assert gone.status_code == 410 and "other factor tables" in gone.json()["detail"]
    page = service.client.get(url, headers={"accept": "text/html"})
    assert page.status_code == 410 and "other factor tables" in page.text and "kg CO" not in page.text


def test_the_label_explain_and_the_ledger_agree(service):
    """Proves the promise: label, `carbon explain` and the ledger's own column are the same to 1e-9."""
    order = _order(service)
    label = service.get(f"/v1/orders/{order}/label", accept="application/json").json()
    parcels = explain(service.folder / "ledger", order)
    total = math.fsum(each.total_kg for each in parcels)
    stored = math.fsum(each.stored_total_kg for each in parcels)
    assert label["co2e_kg"] == pytest.approx(total, rel=1e-9) == pytest.approx(stored, rel=1e-9)
    assert _total(label["stages"]) == pytest.approx(total, rel=1e-9)
    page = service.client.get(label["url"])
    assert page.status_code == 200 and parcels[0].run in page.text
    assert f"<code>{Ledger(service.folder / 'ledger').head_sha256()}</code>" in page.text
    assert "verified" not in re.sub(r"not verified", "", page.text.lower())
    assert order not in page.text


def test_a_changed_ledger_is_said(service, merchant):
    """Proves that the page of an order says so when the ledger's files are not those that were recorded."""
    url = service.get(f"/v1/orders/{_order(service)}/label").json()["url"]
    records = service.client.app.state.service.records
    factors = next((merchant / "ledger" / "runs").glob("*/factors.json"))
    kept = factors.read_bytes()
    try:
        factors.write_bytes(kept + b" ")
        records._checked = None
        assert "does not" in service.client.get(url + "?language=en").text
    finally:
        factors.write_bytes(kept)
        records._checked = None
    assert "does not" not in service.client.get(url + "?language=en").text


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", "application/json"),
        ("image/svg+xml", "image/svg+xml"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("*/*", "application/json"),
    ],
)
def test_a_label_in_the_form_that_is_asked_for(service, accept, kind):
    """Proves that one address gives JSON, SVG and HTML, each without a script."""
    done = service.get(f"/v1/orders/{_order(service)}/label?language=zh", accept=accept)
    assert done.status_code == 200 and done.headers["content-type"].split(";")[0] == kind
    assert done.headers["vary"] == "Accept" and "<script" not in done.text
    if kind == "image/svg+xml":
        assert ElementTree.fromstring(done.text).tag.endswith("svg")
    if kind == "application/json":
        assert json.loads(done.text)["available"] is True


def test_a_product_without_a_footprint_says_so(service):
    """Proves that a product that nobody declared a figure for has a label without one, and is never zero."""
    with (service.folder / "lines.csv").open(encoding="utf-8") as file:
        sku = next(csv.DictReader(file))["sku"]
    found = service.get(f"/v1/products/{sku}/label").json()
    assert found["available"] is False and "co2e_kg" not in found and found["words"]["en"]["line"]
    assert service.client.get(found["url"]).status_code == 200


# What is refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"lines": []}, "lines"),
        ({"lines": [{"quantity": 1}]}, "lines[0]"),
        ({"lines": [{"mass_kg": "0.4"}]}, "lines[0].mass_kg"),
        ({"lines": [{"mass_kg": -1}]}, "lines[0].mass_kg"),
        ({"lines": [{"sku": "nobody-knows"}]}, "lines[0].sku"),
        ({"lines": [{"mass_kg": 1, "length_mm": 5}]}, "lines[0]"),
        ({"destination": {}}, "destination"),
        ({"destination": {"country": "gb"}}, "destination.country"),
        ({"destination": {"country": "BR", "city": "Recife"}}, "destination"),
        ({"packaging": "golden_box"}, "packaging"),
        ({"origin_site": "moon"}, "origin_site"),
        ({"languages": ["xx"]}, "languages"),
        ({"market": "MARS"}, "market"),
    ],
)
def test_a_wrong_cart_is_a_problem_document(service, change, field):
    """Proves that each wrong field is named, with what was expected, as RFC 9457 has it."""
    done = service.estimate(CART | change)
    assert done.status_code == 422 and done.headers["content-type"] == MEDIA_TYPE, done.text
    problem = done.json()
    assert problem["status"] == 422 and problem["title"]
    assert any(error["field"].startswith(field) and error["problem"] for error in problem["errors"]), problem


def test_a_fault_is_told_once_and_in_words(service):
    """Proves that one wrong number is one fault, with what was found and expected, and no code of a library."""
    (fault,) = service.estimate(CART | {"lines": [{"mass_kg": "x"}]}).json()["errors"]
    assert fault == {
        "field": "lines[0].mass_kg", "problem": "the value cannot be used", "found": "x", "expected": "a valid number", "mend": None,
    }  # fmt: skip


def test_every_kind_of_fault_says_what_would_be_right(service):
    """Proves that a field too many, one missing, a wrong form, an empty list and a place that is not served say the way out."""
    wrong = {"lines": [], "destination": {"country": "gb"}, "colour": "red"}
    found = {fault["field"]: fault for fault in service.estimate(wrong).json()["errors"]}
    assert set(found) == {"lines", "destination.country", "colour"}
    assert found["lines"]["expected"] == "1 or more" and found["destination.country"]["found"] == "gb"
    assert "[A-Z]{2}" in found["destination.country"]["expected"]
    assert found["colour"]["problem"] == "no such field" and "openapi" in found["colour"]["mend"]
    (fault,) = service.estimate({"lines": [{"mass_kg": 1}]}).json()["errors"]
    assert (fault["field"], fault["problem"]) == ("destination", "the field is missing")
    assert fault["found"] == "nothing" and fault["expected"] == "a value" and fault["mend"].startswith("add it")
    (fault,) = service.estimate(CART | {"destination": {"country": "BR", "city": "Recife"}}).json()["errors"]
    assert fault["found"] == "BR" and "GB" in fault["expected"]


@pytest.mark.parametrize(
    ("written", "found"),
    [("true", "true"), ("null", "null"), ('"2"', "2"), ("[2]", "a list"), ("{}", "an object"), ("1" + 30 * "0", "1" + 30 * "0"), ("1e400", "Infinity")],
)  # fmt: skip
def test_what_was_found_is_said_as_it_was_written(service, written, found):
    """Proves that a value of any kind or size is told back in the words of JSON, and none brings the service down."""
    body = json.dumps(CART | {"lines": [{"mass_kg": 1.0, "quantity": "?"}]}).replace('"?"', written)
    headers = {"authorization": f"Bearer {service.page_key}", "content-type": "application/json"}
    done = service.client.post("/v1/estimate", content=body, headers=headers)
    (fault,) = done.json()["errors"]
    assert done.status_code == 422 and fault["field"] == "lines[0].quantity" and fault["found"] == found, done.text


def test_a_body_of_another_kind_or_size_is_said(service):
    """Proves 415 for what is sent as text, and 413 for a long body whose length is not told."""
    headers = {"authorization": f"Bearer {service.page_key}"}
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        done = service.client.post("/v1/estimate", content=json.dumps(CART), headers=headers | {"content-type": kind})
        assert done.status_code == 415 and done.json()["errors"][0]["expected"] == "application/json"
    headers |= {"content-type": "application/json"}
    done = service.client.post("/v1/estimate", content=iter([b"x" * 40_000] * 2), headers=headers)
    assert done.status_code == 413 and "65,536" in done.json()["detail"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"lines": NaN}', b"\xff\xfe", b'{"a":' * 5_000, b"1" * 5_000]
)
def test_what_is_no_json_is_a_problem_document(service, body):
    """Proves that nonsense is answered, not thrown."""
    headers = {"authorization": f"Bearer {service.page_key}", "content-type": "application/json"}
    done = service.client.post("/v1/estimate", content=body, headers=headers)
    assert done.status_code in (400, 422) and done.headers["content-type"] == MEDIA_TYPE
    for fault in done.json()["errors"]:
        assert fault["found"] and fault["expected"], fault


def test_keys_open_what_they_are_for(service):
    """Proves 401 without a key, 403 for another scope or origin, and that a page's key reads no order."""
    assert service.client.post("/v1/estimate", json=CART, headers={"authorization": "Bearer cpo_x"}).status_code == 401
    assert service.client.get(f"/v1/orders/{_order(service)}/label").status_code == 401
    page = {"authorization": f"Bearer {service.page_key}"}
    assert service.client.get(f"/v1/orders/{_order(service)}/label", headers=page).status_code == 403
    server = {"authorization": f"Bearer {service.server_key}"}
    assert service.client.post("/v1/estimate", json=CART, headers=server).status_code == 403
    assert service.estimate(CART, origin=SHOP).status_code == 200
    assert service.estimate(CART, origin="https://thief.example").status_code == 403


def test_the_demo_needs_no_key_from_its_own_page(service):
    """Proves that the demo's page gets estimates, and another origin without a key none."""
    assert (
        service.client.post("/v1/estimate", json=CART, headers={"origin": "https://label.example"}).status_code == 200
    )
    assert (
        service.client.post("/v1/estimate", json=CART, headers={"origin": "https://other.example"}).status_code == 401
    )
    page = service.client.get("/demo")
    assert page.status_code == 200 and "carbon-label" in page.text


@pytest.mark.parametrize(
    "path",
    ["/calculation/aaaaaaaaaaaaaaaaaaaaaaaaaa", "/v1/orders/nobody/label", "/v1/products/nobody/label", "/nowhere"],
)
def test_what_is_not_there_is_404(service, path):
    """Proves that an unknown id is a problem document, and tells nothing of others."""
    done = service.get(path)
    assert done.status_code == 404 and done.headers["content-type"] == MEDIA_TYPE and "mean" not in done.text


@pytest.mark.parametrize(("language", "says"), [("en", "kept for some days"), ("zh", "保留若干天")])
def test_a_person_who_follows_an_old_code_reads_a_page(service, language, says):
    """Proves that a link or QR code that outlived its estimate ends as a page in words, for machines as a problem document."""
    path = f"/calculation/aaaaaaaaaaaaaaaaaaaaaaaaaa?language={language}"
    done = service.client.get(path, headers={"accept": "text/html,*/*;q=0.8"})
    assert done.status_code == 404 and says in done.text and f'lang="{language}' in done.text
    assert "style-src 'sha256-" in done.headers["content-security-policy"] and "<script" not in done.text
    assert service.client.get(path).headers["content-type"] == MEDIA_TYPE
    described = service.client.get("/openapi.json").json()["paths"]["/calculation/{name}"]["get"]["responses"]["404"]
    assert set(described["content"]) == {MEDIA_TYPE, "text/html"}


def test_head_answers_wherever_get_does(service):
    """Proves that monitors and link checkers, which ask for the head alone, meet no 405 on any page, nor a body."""
    page = service.estimate(CART).json()["calculation"]["id"]
    for path in (f"/calculation/{page}", "/demo", "/v1/carbon-label.js", "/healthz", "/metrics", "/openapi.json"):
        head, whole = service.client.head(path), service.client.get(path)
        assert head.status_code == whole.status_code == 200 and head.content == b"" and whole.content, path
        assert head.headers["content-type"] == whole.headers["content-type"]
        assert head.headers["content-security-policy"] == whole.headers["content-security-policy"]
    label = f"/v1/orders/{_order(service)}/label"
    assert service.client.head(label).status_code == 401
    assert service.client.head(label, headers={"authorization": f"Bearer {service.server_key}"}).status_code == 200
    assert service.client.head("/v1/estimate").status_code == 405


def test_a_name_that_a_market_refuses_stops_the_service(merchant, tmp_path):
    """Proves that an option called 'green delivery' is refused at the start, with the rule."""
    from carbon.errors import InputError
    from carbon.labels.service.application import create_application
    from carbon.labels.service.settings import Settings

    text = (merchant / "organisation.yaml").read_text(encoding="utf-8")
    wrong = tmp_path / "organisation.yaml"
    wrong.write_text(
        text.replace("name: Own van around Coventry, in a reusable box", "name: Green delivery"), encoding="utf-8"
    )
    with pytest.raises(InputError, match=r"(?i)green"):
        create_application(Settings(wrong, tmp_path / "state"))


def test_a_factors_name_that_a_market_refuses_stops_the_service(merchant, tmp_path):
    """Proves that names of the merchant's own factors, which public pages show, are looked at too, and may be allowed with a reason."""
    from carbon.errors import InputError
    from carbon.labels.service.application import create_application
    from carbon.labels.service.settings import Settings

    own, organisation = tmp_path / "own.yaml", tmp_path / "organisation.yaml"
    row = {
        "id": "own.gas",
        "value": 0.2,
        "unit": "kg/kWh",
        "boundary": "TTW",
        "gas_basis": "CO2e",
        "source": "Bill 2025",
    }
    own.write_text(json.dumps({"factors": [row | {"name": "Climate neutral gas"}]}), encoding="utf-8")
    text = (merchant / "organisation.yaml").read_text(encoding="utf-8")
    organisation.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"(?s)climate neutral.*own\.gas\.name|own\.gas\.name.*climate neutral"):
        create_application(Settings(organisation, tmp_path / "state", factors=(own,)))
    allowed = "\nlabels: {allowed: [{text: Climate neutral gas, reason: the tariff is called so in the contract}]}\n"
    organisation.write_text(text + allowed, encoding="utf-8")
    create_application(Settings(organisation, tmp_path / "state", factors=(own,))).state.service.close()


def test_health_and_counts(service):
    """Proves that health names the tables, and that the counts know the route and no more."""
    service.estimate(CART)
    health = service.client.get("/healthz").json()
    assert health["status"] == "ok" and len(health["factor_release"]) == 64 and health["lanes"] >= 1
    counts = service.client.get("/metrics").text
    assert 'carbon_requests_total{route="/v1/estimate",status="200"}' in counts and "London" not in counts


def test_the_component_is_served_with_a_tag(service):
    """Proves that the script may be loaded from any page, is cached, and is not sent twice."""
    first = service.client.get("/v1/carbon-label.js")
    assert (
        first.headers["cross-origin-resource-policy"] == "cross-origin" and "max-age" in first.headers["cache-control"]
    )
    again = service.client.get("/v1/carbon-label.js", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304 and not again.content
