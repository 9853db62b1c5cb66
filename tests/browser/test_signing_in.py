"""Signing in for real: an identity provider, Streamlit's own sign-in, and what each role then sees in a browser."""

from __future__ import annotations

import pytest

from tests.browser.conftest import SCREENSHOTS
from tests.browser.served_app import free_port, served

pytestmark = pytest.mark.browser


def _see(driver, text: str) -> str:
    """Wait until the page shows a text; return all it shows."""
    from selenium.common.exceptions import StaleElementReferenceException
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    def body(driver) -> str:
        shown = driver.find_element(By.TAG_NAME, "body").text
        return shown if text in shown else ""

    return WebDriverWait(driver, 60, ignored_exceptions=(StaleElementReferenceException,)).until(body)


def _press(driver, label: str) -> None:
    """Press the button of a label as soon as it is there."""
    from selenium.common.exceptions import StaleElementReferenceException
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    def pressed(driver) -> bool:
        button = next((each for each in driver.find_elements(By.TAG_NAME, "button") if label in each.text), None)
        if button is not None:
            button.click()
        return button is not None

    WebDriverWait(driver, 30, ignored_exceptions=(StaleElementReferenceException,)).until(pressed)


def test_people_sign_in_and_see_what_their_role_may(browser, tmp_path, axe_violations):
    """Proves the round with a real provider: nothing before, a viewer's pages after, no role without a place in the table.

    What stands in a page's place can be used by everyone, by axe-core's rules.
    """
    pytest.importorskip("authlib")
    from tests.browser.identity_provider import IdentityProvider

    port = free_port()
    with IdentityProvider().serving() as provider:
        secrets = tmp_path / "secrets.toml"
        secrets.write_text(
            f"""[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "of-this-test-only-and-long-enough"
client_id = "app"
client_secret = "none"
server_metadata_url = "{provider.address}/.well-known/openid-configuration"

[access.people]
"@shop.example" = "viewer"
""",
            encoding="utf-8",
        )
        with served(tmp_path, port, "--secrets", str(secrets)) as address:
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            browser.get(address + "?language=en")
            before = _see(browser, "Until then no figure is shown")
            assert "Overview" not in before and "Ledger:" not in before
            browser.save_screenshot(str(SCREENSHOTS / "app-sign-in.png"))
            assert axe_violations(browser) == []
            provider.claims = {"email": "vic@shop.example", "email_verified": True, "name": "Vic"}
            _press(browser, "Sign in")
            after = _see(browser, "The ledger is empty")
            assert "Orders" in after and "Signed in: Vic · viewer" in after
            assert not {"Import", "Set-up", "Routes", "Use the sample merchant"} & set(after.splitlines())
            browser.get(address + "setup?language=en")
            assert "This page is not for your role" in _see(browser, "signed in as viewer")
            browser.save_screenshot(str(SCREENSHOTS / "app-not-for-role.png"))
            assert axe_violations(browser) == []
            _press(browser, "Sign out")
            _see(browser, "signs in first")
            provider.claims = {"email": "eve@other.example", "email_verified": True, "name": "Eve"}
            _press(browser, "Sign in")
            assert "Signed in" not in _see(browser, "You have no role here")
            browser.save_screenshot(str(SCREENSHOTS / "app-no-role.png"))
            browser.delete_all_cookies()
