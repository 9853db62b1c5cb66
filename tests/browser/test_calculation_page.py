"""Labels and calculation pages in a real browser: accessible, within the screen, legible in both schemes."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from carbon.labels.calculation import Calculation, Cited, Record, Step
from carbon.labels.drawing import svg
from carbon.labels.label import Names
from carbon.labels.page import calculation_page, html
from tests.labels.conftest import URL, Option, label_of

pytestmark = pytest.mark.browser

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
LONG = Names({"en": "Delivery to a parcel shop " + "x" * 90, "zh": "送至自提点" * 20})


def _calculation() -> Calculation:
    label = label_of(Option())
    steps = tuple(
        Step(stage, f"A factor of {stage}", kg / 0.5, "t*km", f"publisher_2025.{stage}.some.key", 0.5, "kg CO2e/(t*km)", kg, 1, "table 3, row 14",
             "GB", "region", "default", 0)
        for stage, kg in label.stages.items()
    )  # fmt: skip
    sources = (
        Cited(
            "Greenhouse gas reporting",
            "2025",
            "A department",
            "Open Government Licence v3.0",
            "Contains public sector information.",
        ),
    )
    record = Record("20261130T090000000000Z-abcdef", "a" * 64, NOW, True)
    return Calculation(
        "k3v9Qd2mZt7Wc8hP", URL, label, steps, (), sources, "b" * 64, NOW, ("goods_mass",), "GB", "GB", record
    )


PAGES = {
    "calculation": lambda language: calculation_page(_calculation(), language),
    "label": lambda language: html(label_of(Option(), LONG), language).replace("<details>", "<details open>"),
    "not available": lambda language: html(label_of(Option().but(co2e_kg=0.0)), language),
}


@pytest.fixture
def scheme(browser):
    """Return a function that sets colour scheme and width; both are as they were afterwards."""

    def set_to(name: str, width: int) -> None:
        features = [{"name": "prefers-color-scheme", "value": name}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    yield set_to
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def _open(browser, tmp_path, text, name="page.html"):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    browser.get(file.as_uri())


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    ("language", "look", "width"),
    [("en", "light", 1280), ("zh", "dark", 1280), ("en", "dark", 360), ("zh", "light", 360)],
)
def test_pages_are_accessible_and_fit(browser, axe_violations, scheme, tmp_path, name, language, look, width):
    """Proves that axe-core finds nothing, contrast included, and that nothing is wider than the screen."""
    scheme(look, width)
    _open(browser, tmp_path, PAGES[name](language))
    assert [(fault["id"], [node["html"] for node in fault["nodes"]][:2]) for fault in axe_violations(browser)] == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("language", ["en", "zh"])
def test_text_of_a_drawing_stays_inside(browser, tmp_path, language):
    """Proves, with the browser's own letters, that no text of the SVG runs over its edge, its bars or its QR code."""
    label = label_of(Option(), LONG)
    _open(browser, tmp_path, f"<!doctype html><body>{svg(label, language, unit='kg')}</body>")
    over = browser.execute_script(
        """const edge = document.querySelector('svg').getBoundingClientRect();
           const bars = [...document.querySelectorAll('rect.bar, rect.quiet')].map(each => each.getBoundingClientRect());
           return [...document.querySelectorAll('text')].filter(each => {
             const box = each.getBoundingClientRect();
             return box.right > edge.right - 8 || box.left < edge.left || box.bottom > edge.bottom
               || bars.some(bar => box.left < bar.right && bar.left < box.right && box.top < bar.bottom && bar.top < box.bottom);
           }).map(each => each.textContent)"""
    )
    assert over == []


def test_a_drawing_runs_nothing_and_loads_nothing(browser, tmp_path):
    """Proves that the SVG is a document of its own that a browser shows, also as an image."""
    text = svg(label_of(Option(), Names({"en": "<script>document.title='x'</script>"})), "en")
    _open(browser, tmp_path, text, "label.svg")
    assert browser.execute_script("return document.documentElement.nodeName") == "svg"
    assert browser.execute_script("return document.scripts.length") == 0
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    data = base64.b64encode(text.encode()).decode()
    _open(browser, tmp_path, f"<!doctype html><img alt='label' src='data:image/svg+xml;base64,{data}'>")
    assert browser.execute_script("return document.images[0].naturalWidth") > 200
