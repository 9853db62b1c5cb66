"""Files stay short, portable and explained."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.house.source import ROOT, label, python_files, tree, walk

CEILING = 400

#: A path of somebody's machine, or a registry's address; written in two parts so that this file passes.
LOCAL = ("/" + "work/", "/" + "home/", "/" + "Users/", "/" + "root/")
REGISTRIES = ("registry." + "npmjs", "files." + "pythonhosted", "pypi." + "org", "proxy." + "golang")

_TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".json", ".sql", ".html", ".js", ".css", ".txt", ".csv", ".cfg", ""}


def _text_files() -> list[Path]:
    return [path for path in walk(ROOT) if path.suffix in _TEXT and path.name != "LICENSE"]


@pytest.mark.parametrize("path", python_files(), ids=label)
def test_no_file_is_longer_than_400_lines(path):
    """Proves the ceiling of the design, tests included."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= CEILING


def test_no_path_of_a_machine_and_no_registry_address():
    """Proves that nothing in the tree works, or reads, on one machine only."""
    here = [text for text in (f"{ROOT.parent}/", f"{Path.home()}/") if len(text) > 2]
    wrong = [
        f"{label(path)}:{number}: {text}"
        for path in _text_files()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        for text in {*LOCAL, *REGISTRIES, *here}
        if text in line
    ]
    assert wrong == []


def _without_docstring(source: ast.Module) -> list[str]:
    """Return public functions, classes and methods that say nothing about themselves."""
    missing = []

    def visit(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) or node.name.startswith("_"):
                continue
            overload = any("overload" in ast.unparse(each) for each in node.decorator_list)
            if not overload and not ast.get_docstring(node):
                missing.append(f"line {node.lineno}: {prefix}{node.name}")
            if isinstance(node, ast.ClassDef):
                visit(node.body, f"{node.name}.")

    visit(source.body, "")
    return missing


@pytest.mark.parametrize("path", python_files("carbon"), ids=label)
def test_public_names_have_docstrings(path):
    """Proves that each module with code, and each public function, class and method of it, says what it is."""
    source = tree(path)
    assert not source.body or ast.get_docstring(source), "the module has no docstring"
    assert _without_docstring(source) == []


def test_the_docstring_check_finds_planted_gaps():
    """Proves that the check sees functions and methods, and leaves private ones alone."""
    text = 'def f(): ...\nclass A:\n    "Said."\n    def g(self): ...\n    def _h(self): ...\ndef _i(): ...\n'
    assert _without_docstring(ast.parse(text)) == ["line 1: f", "line 4: A.g"]
