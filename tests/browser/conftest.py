"""A headless Chromium, and axe-core to run in its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests import tools


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
