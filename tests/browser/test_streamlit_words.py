"""The script that says Streamlit's words in the reader's language, run in a page shaped like Streamlit's."""

from __future__ import annotations

import re

import pytest

from app import chrome
from carbon.terms import Language

pytestmark = pytest.mark.browser

PAGE = """
<div data-testid="stFileUploader"><button><p data-testid="stMarkdownContainer">Upload</p></button>
<span>1GB per file</span></div>
<input id="choice" placeholder="Choose an option" value="Search"><button id="help" aria-label="Help for 质量"></button>
<div data-testid="stMarkdownContainer"><p id="own">Search</p></div>
"""
SAID = """return [document.querySelector("[data-testid=stFileUploader]").innerText.split(/\\s*\\n\\s*/).join("|"),
choice.placeholder, choice.value, help.ariaLabel, own.innerText, document.getElementById("late")?.innerText]"""


def test_words_are_replaced_as_they_come_and_back_and_the_users_own_are_not(browser):
    """Proves that texts, placeholders and spoken names are replaced, those that come later, too; that what the app or its
    user wrote stays; and that the other language's script brings every word back."""
    browser.get("data:text/html,<title>words</title>")
    browser.execute_script("document.body.innerHTML = arguments[0]", PAGE)
    code = {each: re.sub(r"</?script>", "", chrome.script(each)) for each in Language}
    browser.execute_script(code[Language.ZH])
    browser.execute_script(
        "const made = document.createElement('div'); made.id = 'late'; made.textContent = 'No results'; document.body.append(made);"
        "help.setAttribute('aria-label', 'Help for 体积')"
    )
    said = browser.execute_script(SAID)
    assert said == ["上传|每个文件不超过 1GB", "请选择", "Search", "“体积”的说明", "Search", "没有匹配项"]
    browser.execute_script(code[Language.EN])
    said = browser.execute_script(SAID)
    assert said == ["Upload|1GB per file", "Choose an option", "Search", "Help for 体积", "Search", "No results"]


GRID = """
<div data-testid="stDataFrame"><div id="grid" tabindex="0">cells</div></div><button id="next">next</button>
"""


def test_tab_leaves_a_grid_that_would_keep_it(browser):
    """Proves that a table that takes every Tab lets the keyboard go on, and that arrows still reach it."""
    from selenium.webdriver.common.keys import Keys

    browser.get("data:text/html,<title>grid</title>")
    browser.execute_script("document.body.innerHTML = arguments[0]", GRID)
    browser.execute_script(
        "window.taken = []; grid.onkeydown = (event) => { taken.push(event.key); event.preventDefault(); }; grid.focus()"
    )
    active = browser.switch_to.active_element
    active.send_keys(Keys.TAB)
    assert browser.switch_to.active_element.get_attribute("id") == "grid", "without the script the grid keeps it"
    browser.execute_script(re.sub(r"</?script>", "", chrome.script(Language.EN)))
    active.send_keys(Keys.ARROW_DOWN)
    active.send_keys(Keys.TAB)
    assert browser.switch_to.active_element.get_attribute("id") == "next"
    assert browser.execute_script("return taken") == ["Tab", "ArrowDown"]
