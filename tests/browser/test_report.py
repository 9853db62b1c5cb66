"""The ESG report as HTML, in a browser: accessible, without network, readable on a narrow screen and on paper."""

from __future__ import annotations

import io
import re

import pypdf
import pytest

from carbon.reports import build, render_html
from carbon.terms import Language
from tests.reports.inventories import full

pytestmark = pytest.mark.browser
#: What a narrow screen makes unreadable: letters of charts below 9 px, titles beyond the screen, numbers in two lines.
NARROW = """() => {
  const seen = (selector, bad) => [...document.querySelectorAll(selector)].filter(bad).map(each => each.textContent.slice(0, 40));
  const lines = each => { const range = document.createRange(); range.selectNodeContents(each);
    return new Set([...range.getClientRects()].map(box => Math.round(box.bottom / 4))).size; };
  return {
    pictures: seen('svg', each => each.getBoundingClientRect().width / each.viewBox.baseVal.width * 7.5 < 9),
    captions: seen('.stays', each => each.getBoundingClientRect().right > innerWidth),
    broken: seen('tbody .short, tbody td.number:not(.missing)', each => each.textContent.trim() && !each.querySelector('sub') && lines(each) > 1),
  };
}"""
LONG = "Väldigt Long & Sons " * 6 + "x" * 120


def opened(new_page, tmp_path, report, **settings):
    """Return a page that shows a report, and the addresses it has asked for."""
    path = render_html(report, tmp_path / "report.html").path
    asked: list[str] = []
    page = new_page(**{"viewport": {"width": 1280, "height": 1000}, **settings})
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    return page, asked, path.as_uri()


@pytest.mark.parametrize("language", list(Language))
def test_nothing_is_fetched(new_page, keep, tmp_path, language):
    """Proves that the page is one file, in both languages."""
    page, asked, address = opened(new_page, tmp_path, build(full(), language=language))
    keep(page, f"report-{language}")
    assert asked == [address]


@pytest.mark.parametrize(("profile", "language"), [("ghg-protocol", "zh"), ("transport", "en")])
def test_axe_finds_nothing(new_page, axe, tmp_path, profile, language):
    """Proves WCAG 2.2 AA as far as axe-core can, best practices included, on profiles that hold every kind of section.

    In English the narrow page is asked, too. A planted fault is found.
    """
    page, _, _ = opened(new_page, tmp_path, build(full(), profile, language))
    assert axe(page) == []
    if profile == "transport":
        page.evaluate("document.documentElement.removeAttribute('lang')")
        assert any(each.startswith("html-has-lang") for each in axe(page))


def test_a_narrow_screen_does_not_scroll_sideways(new_page, axe, tmp_path):
    """Proves reflow at 320 px with names of any length; only wide tables scroll, in frames that the keyboard reaches."""
    named = {**full().organisation, "name": LONG, "sites": {"coventry": {"name": LONG}}}
    page, _, _ = opened(new_page, tmp_path, build(full(organisation=named)), viewport={"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    frames = page.locator(".scroll")
    assert frames.count() and all(frames.nth(place).get_attribute("tabindex") == "0" for place in range(frames.count()))
    page.set_viewport_size({"width": 800, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 800
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate(NARROW) == {"pictures": [], "captions": [], "broken": []}
    assert axe(page) == []


def test_the_keyboard_skips_to_the_report(new_page, tmp_path):
    """Proves that the first key leads past the cover and the contents."""
    page, _, _ = opened(new_page, tmp_path, build(full()))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "report"


def test_print_shows_everything(new_page, tmp_path):
    """Proves that paper has the data of every chart and numbered pages, and no skip link."""
    page, _, _ = opened(new_page, tmp_path, build(full()))
    reader = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    text = "".join(each.extract_text() for each in reader.pages)
    assert len(reader.pages) > 5 and "Skip to the report" not in text
    assert f"1 / {len(reader.pages)}" in reader.pages[0].extract_text()
    assert text.count("Data of the chart") == page.locator("details").count()
    # The summary is one page, chart included.
    squeezed = [re.sub(r"\s", "", each.extract_text()) for each in reader.pages]
    assert ["Whatstandsout" in each for each in squeezed[:4]] == [False, True, False, False]
    assert "Inwords" in squeezed[1] and "Organisationalboundary" in squeezed[2]
