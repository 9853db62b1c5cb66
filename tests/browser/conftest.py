"""A headless Chromium, driven by Selenium (the app) or by Playwright (the label), and axe-core to run in its pages."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests import tools
from tests.browser import label_service

ROOT = Path(__file__).resolve().parents[2]
#: Where screenshots are kept for people to look at; not part of the project.
SCREENSHOTS = ROOT / "build" / "screenshots"


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """Return a Selenium driver of a headless Chromium."""
    program, driver = tools.need("chromium"), tools.need("chromium-driver")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(program)
    for option in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--window-size=1280,1000",
    ):
        options.add_argument(option)
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(driver)))
    yield chrome
    chrome.quit()


@pytest.fixture(scope="session")
def axe_violations() -> Callable:
    """Return a function that gives axe-core's violations on the page a driver shows."""
    script = tools.need("axe-core").read_text(encoding="utf-8")

    def violations(driver) -> list[dict]:
        driver.execute_script(script)
        return driver.execute_async_script("axe.run().then(result => arguments[0](result.violations))")

    return violations


# A module each: Playwright's event loop stays in the thread while it runs, and other tests start loops of their own.
@pytest.fixture(scope="module")
def chromium() -> Iterator:
    """Return a headless Chromium driven by Playwright."""
    program = tools.need("chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        launched = driver.chromium.launch(executable_path=str(program), args=arguments, env=_with_fonts())
        yield launched
        launched.close()


def _with_fonts() -> dict[str, str]:
    """Return the environment with the reports' fonts, so that Chinese is seen in screenshots on any machine."""
    folder = ROOT / "build" / "data"
    folder.mkdir(parents=True, exist_ok=True)
    fonts = folder / "fonts"
    with suppress(FileExistsError):  # made before, or by another worker just now
        fonts.symlink_to(ROOT / "carbon" / "reports" / "fonts")
    return {**os.environ, "XDG_DATA_HOME": str(folder)}


@pytest.fixture(scope="module")
def _service() -> Iterator[label_service.LabelService]:
    with label_service.running() as service:
        yield service


@pytest.fixture
def service(_service) -> label_service.LabelService:
    """Return a label service in order."""
    _service.reset()
    return _service


@pytest.fixture
def new_page(chromium) -> Iterator[Callable]:
    """Return a function that opens a page of its own; what the page throws fails the test."""
    contexts, thrown = [], []

    def opened(**settings):
        context = chromium.new_context(**{"viewport": {"width": 800, "height": 900}, "locale": "en-GB", **settings})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5_000)
        page.on("pageerror", lambda error: thrown.append(error))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert thrown == []


@pytest.fixture
def page(new_page):
    """Return a page."""
    return new_page()


@pytest.fixture
def keep() -> Callable:
    """Return a function that keeps a screenshot of a page under a name, and returns its path."""

    def kept(page, name: str) -> Path:
        path = SCREENSHOTS / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path, full_page=True, timeout=30_000)  # a picture is no race
        return path

    return kept


@pytest.fixture(scope="session")
def axe() -> Callable:
    """Return a function that gives axe-core's violations on a Playwright page."""
    script = tools.need("axe-core").read_text(encoding="utf-8")

    def violations(page) -> list[str]:
        page.evaluate(script)
        found = page.evaluate("axe.run().then(result => result.violations)")
        return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]

    return violations
