"""What Streamlit's own widgets lack: words in the reader's language, a role for drop zones, and a way out of a grid by the Tab key.

Their words are English whatever the language, and Streamlit offers no other way (1.67): upload, search, menus of tables and the names that screen readers say are fixed in
its scripts. What a person typed or uploaded is never looked for: only whole texts of the group ``chrome`` are replaced.
"""

from __future__ import annotations

import json
import re

import streamlit as st

from app.text import catalogue, language
from carbon.terms import Language

_GROUP = "chrome."

#: Attributes are what is said aloud; texts inside what the app or its user wrote stay as they are.
_SCRIPT = """<script>
(() => {
  const rules = %s.map(([from, to]) => [new RegExp(from, "s"), to]);
  const said = (text) => {
    const bare = text.trim();
    for (const [from, to] of rules) {
      const found = bare.match(from);
      if (found) return text.replace(bare, () => to.replace(/\\{(\\d)\\}/g, (_, place) => found[Number(place) + 1]));
    }
    return text;
  };
  const names = ["aria-label", "placeholder", "title"];
  const own = "[data-testid=stMarkdownContainer], [data-testid=stCode], script, style, textarea, input";
  const theirs = "[data-testid=stFileUploader]";
  const ours = (element) => element.closest(own) && !element.closest(theirs);
  const attributes = (element) => {
    // A drop zone has a name, so that it is a group to those who hear the page, and no decoration.
    if (element.matches("[data-testid=stFileUploaderDropzone][role=presentation]")) element.setAttribute("role", "group");
    for (const name of names) {
      const text = element.getAttribute(name);
      if (!text) continue;
      const made = said(text);
      if (made !== text) element.setAttribute(name, made);
    }
  };
  const texts = (node) => {
    if (!node.nodeValue || !node.nodeValue.trim() || !node.parentElement || ours(node.parentElement)) return;
    const made = said(node.nodeValue);
    if (made !== node.nodeValue) node.nodeValue = made;
  };
  const all = (root) => {
    if (root.nodeType === Node.TEXT_NODE) return texts(root);
    if (root.nodeType !== Node.ELEMENT_NODE) return;
    attributes(root);
    root.querySelectorAll("[aria-label], [placeholder], [title]").forEach(attributes);
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) texts(walk.currentNode);
  };
  if (window.carbonWords) window.carbonWords.disconnect();
  window.carbonWords = new MutationObserver((changes) => {
    for (const each of changes) {
      if (each.type === "attributes") attributes(each.target);
      else if (each.type === "characterData") texts(each.target);
      else each.addedNodes.forEach(all);
    }
  });
  window.carbonWords.observe(document.body, {
    subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: [...names, "role"],
  });
  all(document.body);
  // Streamlit's grids keep Tab for themselves: arrows go from cell to cell, Tab goes on to what comes after the table.
  if (!window.carbonTab) {
    window.carbonTab = (event) => {
      if (event.key === "Tab" && event.target.closest?.("[data-testid=stDataFrame]")) event.stopImmediatePropagation();
    };
    window.addEventListener("keydown", window.carbonTab, true);
  }
})();
</script>"""


def translate() -> None:
    """Let the page say Streamlit's words in the session's language."""
    st.html(script(language()), unsafe_allow_javascript=True)


def script(into: Language) -> str:
    """Return the script that replaces the words of the other language; the catalogue is ours, no text of a user is in it."""
    other = Language.EN if into is Language.ZH else Language.ZH
    words = [
        (_pattern(catalogue(other)[key]), _places(catalogue(into)[key])) for key in catalogue(into) if key.startswith(_GROUP)
    ]  # fmt: skip
    return _SCRIPT % json.dumps(words, ensure_ascii=False).replace("</", "<\\/")


_NAMED = re.compile(r"\{(\w+)\}")


def _pattern(text: str) -> str:
    """Return a text as a pattern of JavaScript: its places take anything."""
    parts = _NAMED.split(text)
    return "^" + "(.+)".join(re.escape(part).replace("\\ ", " ").replace("\\-", "-") for part in parts[::2]) + "$"


def _places(text: str) -> str:
    """Return a text with its places numbered in the order of names that both languages keep."""
    numbers = iter(range(9))
    return _NAMED.sub(lambda _: f"{{{next(numbers)}}}", text)
