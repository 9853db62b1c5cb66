"""pyproject.toml names what the code imports: no package less, no package more."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest

from tests.house.source import ROOT, imports_of, python_files

#: Needed at run time without an import of ours: pandas reads Excel files through openpyxl.
INDIRECT = {"openpyxl"}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _declared(extra: str | None = None) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return {_normal(re.match(r"[\w.-]+", line)[0]) for line in lines}


def _imported(*folders: str) -> dict[str, str]:
    """Return the distributions that folders import, with a module that does."""
    found: dict[str, str] = {}
    known = packages_distributions()
    for path in python_files(*folders):
        for target, line in imports_of(path):
            package = target.split(":")[0].split(".")[0]
            if package not in sys.stdlib_module_names | {"carbon", "app", "tests", "benchmarks", ""}:
                for name in known.get(package, [package]):
                    found[_normal(name)] = f"{path.relative_to(ROOT).as_posix()}:{line}"
    return found


def test_everything_imported_is_declared():
    """Proves that an installation has what the code imports; Spark and numba come with their extras."""
    imported, declared = _imported("carbon", "app"), _declared() | _declared("spark") | _declared("fast")
    assert {name: where for name, where in imported.items() if name not in declared} == {}


def test_everything_declared_is_imported():
    """Proves that an installation downloads nothing that the code does not use."""
    assert sorted(_declared() - set(_imported("carbon", "app")) - INDIRECT) == []


def test_what_tests_import_is_declared():
    """Proves that the extra `test` is complete."""
    declared = _declared() | _declared("test") | _declared("spark")
    assert {name: where for name, where in _imported("tests", "benchmarks").items() if name not in declared} == {}


@pytest.mark.parametrize("extra", ["fast", "spark", "sso", "test", "all"])
def test_extras_exist(extra):
    """Proves that the extras a user may ask for are there."""
    assert _declared(extra)
