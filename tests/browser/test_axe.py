"""The accessibility check itself works: it finds a planted fault and passes a clean page."""

import pytest

pytestmark = pytest.mark.browser

_CLEAN = "<!doctype html><html lang=en><title>A page</title><main><h1>Parcels</h1><p>Text</p></main>"


@pytest.mark.parametrize(
    ("page", "faults"),
    [(_CLEAN, set()), (_CLEAN.replace("<p>Text</p>", "<img src='data:,'>"), {"image-alt"})],
    ids=["clean", "image without text"],
)
def test_axe_finds_a_planted_fault_and_nothing_else(browser, axe_violations, tmp_path, page, faults):
    file = tmp_path / "page.html"
    file.write_text(page, encoding="utf-8")
    browser.get(file.as_uri())
    assert {fault["id"] for fault in axe_violations(browser)} == faults
