"""Names of packages that are imported when they are first used."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from importlib import import_module

import pytest

from carbon.lazy import homes_of
from tests.house.source import ROOT, tree

PACKAGES = ("carbon", "carbon.ledger")


def _run(code: str) -> list:
    """Return what a process of its own prints as JSON: in this one everything is loaded already."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("package", PACKAGES)
def test_type_checkers_and_python_find_the_same_names(package):
    """Proves that a package's three lists agree: names it exports, imports for type checkers, and where names are."""
    source = tree(ROOT / package.replace(".", "/") / "__init__.py")
    (guard,) = (node for node in source.body if isinstance(node, ast.If))
    typed = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in guard.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    module = import_module(package)
    assert module._homes == typed
    assert sorted(module.__all__) == sorted(typed)
    assert set(typed) <= set(dir(module))


def test_a_name_is_that_of_its_module():
    """Proves that a name, and one that the package calls otherwise, is what its module holds."""
    import carbon
    from carbon.organisation import read

    assert carbon.read_organisation is read
    assert homes_of({"a.b": "x y:z"}) == {"x": ("a.b", "x"), "z": ("a.b", "y")}
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        carbon.nonsense  # noqa: B018


@pytest.mark.parametrize(
    "imported",
    [
        "",
        "import carbon.calculate, carbon.estimate.options, carbon.ledger.verify, carbon.ledger.diff.compare",
        "from carbon import *; import carbon.estimate",
    ],
)
def test_functions_are_not_hidden_by_modules_of_their_names(imported):
    """Proves that `calculate` or `verify` is the function, whichever was imported first: it, or the module so called."""
    code = f"""
{imported}
import json, carbon, carbon.ledger
from carbon import calculate, estimate
from carbon.ledger import diff, explain, inventory, verify
print(json.dumps([each.__module__ + ":" + each.__name__ for each in
    (calculate, estimate, diff, explain, inventory, verify, carbon.estimate, carbon.ledger.verify)]))
"""
    assert _run(code) == [
        "carbon.calculate:calculate", "carbon.estimate:estimate", "carbon.ledger.diff.compare:diff",
        "carbon.ledger.trace:explain", "carbon.ledger.inventory:inventory", "carbon.ledger.verify:verify",
        "carbon.estimate:estimate", "carbon.ledger.verify:verify",
    ]  # fmt: skip


def test_the_command_line_loads_no_more_than_it_shows():
    """Proves that help is there without tables, models or services having been loaded."""
    code = """
import json, sys, carbon.cli
print(json.dumps([name for name in
    ("numpy", "pandas", "duckdb", "pint", "fastapi", "scipy", "pyvrp", "carbon.engine.plan") if name in sys.modules]))
"""
    assert _run(code) == []
