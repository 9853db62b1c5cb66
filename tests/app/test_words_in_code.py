"""No page says a word that does not come from the catalogue: a sentence in the code would be English in Chinese, too."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import app

ROOT = Path(app.__file__).parent if app.__file__ else Path(next(iter(app.__path__)))
#: What shows its first argument to people, by its last name.
SHOWN = {
    "title", "header", "subheader", "markdown", "caption", "text", "info", "warning", "error", "success", "button", "metric",
    "expander", "popover", "checkbox", "radio", "selectbox", "multiselect", "text_input", "number_input", "date_input",
    "text_area", "toggle", "slider", "download_button", "form_submit_button", "link_button", "spinner", "section", "muted",
    "uploader", "choose", "TextColumn", "NumberColumn", "toast",
}  # fmt: skip
_WORD = re.compile(r"[A-Za-z]{3,}")
#: Marks of Streamlit's Markdown, which are no words.
_MARKS = re.compile(r":material/\w+:|:?\b(?:small|gray|red|green|orange)\[")


def _said(node: ast.expr) -> str:
    """Return what of an argument is written in the code itself."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return " ".join(_said(each) for each in node.values)
    if isinstance(node, ast.BinOp):
        return f"{_said(node.left)} {_said(node.right)}"
    return ""


def _english(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        log = isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "_LOG"
        text = _MARKS.sub("", _said(node.args[0]))
        if name in SHOWN and not log and _WORD.search(text):
            found.append(f"line {node.lineno}: {text}")
    return found


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_pages_show_comes_from_the_catalogue(path):
    """Proves that no title, button, label or message of a page is written in its code."""
    assert _english(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "planted", ['st.title("Overview")', 'st.markdown(f"**{name}** is missing")', 'parts.muted("no data" + name)']
)
def test_the_check_finds_a_planted_sentence(planted):
    """Proves that a constant, a formatted text and a sum of texts are found."""
    assert _english(planted)
