"""The app in a real browser: first run to explained parcel, keyboard, narrow screen, Chinese, accessibility."""

from __future__ import annotations

import time

import pytest

from tests.browser.conftest import SCREENSHOTS
from tests.browser.served_app import served

pytestmark = pytest.mark.browser

PAGES = ("", "orders", "import_orders")
#: Visited once each: accessible, no wider than the screen, and kept as a picture.
WORK_PAGES = (
    "lanes",
    "packaging",
    "routes",
    "warehouses",
    "what_if",
    "reports",
    "carriers",
    "labels",
    "factors",
    "audit",
    "setup",
)

#: What Streamlit's own widgets break, whatever an app does: rule -> why it is not ours to mend.
STREAMLITS_OWN = {
    "presentation-role-conflict": "the drop zone of the file uploader has the role presentation and a label"
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Start the app on an empty ledger and return its address."""
    pytest.importorskip("streamlit")
    with served(tmp_path_factory.mktemp("site")) as address:
        yield address


def _settled(driver, text: str | None = None, seconds: float = 60) -> None:
    """Wait until the page has its title, shows a text, and nothing runs any more."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    def ready(driver) -> bool:
        busy = driver.find_elements(
            By.CSS_SELECTOR, '[data-testid="stStatusWidget"], [data-testid="stSpinner"], [data-stale="true"]'
        )
        body = driver.find_element(By.TAG_NAME, "body").text
        return not busy and bool(driver.find_elements(By.TAG_NAME, "h1")) and (text is None or text in body)

    WebDriverWait(driver, seconds, ignored_exceptions=_stale()).until(ready)
    time.sleep(0.7)


def _stale() -> tuple:
    from selenium.common.exceptions import StaleElementReferenceException

    return (StaleElementReferenceException,)


def _press(driver, label: str) -> None:
    """Press the button of a label as soon as it is there."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    def pressed(driver) -> bool:
        button = next((each for each in driver.find_elements(By.TAG_NAME, "button") if label in each.text), None)
        if button is not None:
            driver.execute_script("arguments[0].scrollIntoView({block: 'center'}); arguments[0].click()", button)
        return button is not None

    WebDriverWait(driver, 30, ignored_exceptions=_stale()).until(pressed)


def _size(driver, width: int, height: int = 1000) -> None:
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


@pytest.fixture(scope="module")
def sample(site, browser):
    """Walk the first run: greeting, one click, figures."""
    _size(browser, 1280)
    browser.get(site + "?language=en")
    _settled(browser, "The ledger is empty")
    _press(browser, "Use the sample merchant")
    _settled(browser, "of delivery emissions", 120)
    return site


def _go(driver, page: str) -> None:
    """Follow the navigation: a new address would be a new session, which no longer looks at the sample."""
    from selenium.webdriver.common.by import By

    links = driver.find_elements(By.CSS_SELECTOR, '[data-testid="stSidebarNavLink"]')
    link = next(each for each in links if each.get_attribute("href").split("?")[0].rsplit("/", 1)[-1] == page)
    driver.execute_script("arguments[0].click()", link)
    # Between two steps of a page's own work nothing seems to run: it is settled when it is so twice.
    for pause_s in (0.5, 1.0):
        time.sleep(pause_s)
        _settled(driver)


def _faults(found: list[dict]) -> list[str]:
    return [
        f"{fault['id']}: {fault['help']} ({len(fault['nodes'])}), such as {fault['nodes'][0]['html'][:160]}"
        for fault in found if fault["id"] not in STREAMLITS_OWN
    ]  # fmt: skip


def test_first_run_leads_to_figures(sample, browser):
    """Proves that a newcomer gets from nothing to a total with one click, and sees that it is invented."""
    from selenium.webdriver.common.by import By

    body = browser.find_element(By.TAG_NAME, "body").text
    assert "You are looking at the sample merchant" in body and "Harbour & Loom" in body
    assert "Traceback" not in body


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_accessible(sample, browser, axe_violations, page):
    """Proves that axe-core finds nothing on a page but what Streamlit itself breaks."""
    _go(browser, page)
    assert _faults(axe_violations(browser)) == []


def test_a_parcel_is_found_by_keyboard_alone(sample, browser):
    """Proves that typing an id and pressing Enter opens its calculation, and the address can be shared."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    _go(browser, "orders")
    field = browser.find_element(By.CSS_SELECTOR, '[data-testid="stTextInput"] input')
    field.send_keys("HL-0000010", Keys.ENTER)
    _settled(browser, "it agrees with the ledger")
    assert "order=HL-0000010" in browser.current_url


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_wider_than_the_screen(sample, browser, page, width):
    """Proves that a page never scrolls sideways, on a desk or on a phone."""
    _size(browser, 1280)
    _go(browser, page)
    _size(browser, width)
    time.sleep(1)
    wide = browser.execute_script(
        "const main = document.querySelector('[data-testid=\"stMain\"]'); return main.scrollWidth - main.clientWidth"
    )
    _size(browser, 1280)
    assert wide <= 1


@pytest.mark.parametrize("page", WORK_PAGES)
def test_pages_of_work_are_accessible_and_fit(sample, browser, axe_violations, page):
    """Proves of each page, in one visit: axe-core finds nothing of ours, nothing is wider than a desk, tablet or phone,
    no fault shows, and nothing is asked of another host."""
    _size(browser, 1280)
    _go(browser, page)
    assert _faults(axe_violations(browser)) == []
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    browser.save_screenshot(str(SCREENSHOTS / f"app-{page}.png"))
    main = "const main = document.querySelector('[data-testid=\"stMain\"]'); return main.scrollWidth - main.clientWidth"
    for width in (1280, 820, 390):
        _size(browser, width)
        time.sleep(0.4)
        assert browser.execute_script(main) <= 1, f"{page} is wider than {width}"
    _size(browser, 1280)
    asked = browser.execute_script("return performance.getEntriesByType('resource').map(each => each.name)")
    assert [each for each in asked if not each.startswith((sample, "data:", "blob:"))] == []
    assert "Something went wrong" not in browser.find_element("tag name", "body").text


def test_the_switch_turns_everything_chinese(sample, browser):
    """Proves that the language changes in the browser, in charts and navigation too, and stays in the address."""
    from selenium.webdriver.common.by import By

    _go(browser, "")
    labels = browser.find_elements(By.CSS_SELECTOR, '[data-testid="stSidebar"] label')
    next(each for each in labels if each.text == "中文").click()
    _settled(browser, "占配送排放的")
    body = browser.find_element(By.TAG_NAME, "body").text
    assert "总览" in body and "港湾与织机" in body and "How it was made" not in body
    assert "language=zh" in browser.current_url
    labels = browser.find_elements(By.CSS_SELECTOR, '[data-testid="stSidebar"] label')
    next(each for each in labels if each.text == "English").click()
    _settled(browser, "of delivery emissions")


def test_an_upload_becomes_a_run(sample, browser, tmp_path):
    """Proves the import in a real browser: choose, check, calculate, recorded; a bad row is named."""
    from selenium.webdriver.common.by import By

    (tmp_path / "export.csv").write_text(
        "parcel_id,shipped_on,destination_country,destination_city,goods_mass_kg\n"
        "N-1,2025-05-02,GB,Leeds,1.2\nN-2,2025-05-03,GB,York,0.4\nN-3,2025-05-03,Atlantis,,0.4\n", encoding="utf-8",
    )  # fmt: skip
    _go(browser, "import_orders")
    browser.find_elements(By.CSS_SELECTOR, "input[type=file]")[0].send_keys(str(tmp_path / "export.csv"))
    _settled(browser, "export.csv")
    _press(browser, "Check the files")
    _settled(browser, "3 rows: 2 can be calculated, 1 are refused")
    _press(browser, "Calculate and record")
    _settled(browser, "2 parcels are recorded", 90)
