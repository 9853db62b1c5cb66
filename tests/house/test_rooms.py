"""Rooms import only what the design's table (section 3) lets them, without circles, each package through one door."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.house.source import imports, imports_of, label, module_name, modules, python_files

#: Every room may import these.
BASE = {"terms", "units", "errors", "documents", "lazy", "whole"}
_BELOW_CALCULATE = {"ledger", "engine", "factors", "orders", "activities", "organisation"}
_ABOVE = {"ledger", "roi", "optimise", "calculate"}

#: Room -> rooms it may import besides BASE. modules beside the design stand in docs/decisions/0001.
ROOMS: dict[str, set[str]] = {
    **{name: set() for name in BASE},
    "fields": set(),
    "shipped": set(),
    "organisation": {"fields"},
    "sample": set(),
    "factors": {"shipped"},
    "orders": set(),
    "activities": set(),
    "engine": {"factors", "orders", "activities", "organisation"},
    "ledger": {"engine"},
    "optimise": {"engine", "factors", "orders", "organisation"},
    "roi": {"engine", "factors", "orders", "organisation", "ledger"},
    "calculate": _BELOW_CALCULATE,
    "estimate": _BELOW_CALCULATE | {"fields"},
    "schemas": {"factors", "orders", "organisation", "estimate", "ledger"},
    "reports": _ABOVE,
    "labels": _ABOVE | {"estimate", "factors", "orders", "organisation"},
    "exchange": _ABOVE,
    "cli": {"reports", "optimise", "roi", "labels", "sample"},
    "__main__": {"cli"},
}
#: Rooms that may use `from carbon import NAME`, the public names.
PUBLIC = {"cli", "app"}

#: Package -> files and folders (ending in a slash) that may import it.
DOORS: dict[str, tuple[str, ...]] = {
    "pint": ("carbon/units.py", "carbon/fields.py"),
    "yaml": ("carbon/documents.py",),
    "ruamel": ("carbon/documents.py",),
    "geopy": ("carbon/orders/places.py",),
    "biip": ("carbon/orders/gtin.py",),
    "pyproj": ("carbon/orders/distance.py",),
    "searoute": ("carbon/orders/distance.py",),
    "reportlab": ("carbon/reports/",),
    "streamlit": ("app/", "benchmarks/app_shown.py"),
    "highspy": ("carbon/optimise/suites/relaxation.py", "carbon/optimise/rounds/pool.py", "carbon/roi/programme.py"),
    "pyxirr": ("carbon/roi/cashflow.py",),
    "pyvrp": (
        "carbon/optimise/rounds/engine.py",
        "carbon/optimise/rounds/translation.py",
        "benchmarks/routing_public.py",
    ),
    "pyspark": ("carbon/engine/spark.py",),
    "threadpoolctl": ("carbon/optimise/suites/one_core.py",),
    "numba": ("carbon/optimise/placing/compiled.py",),
    "requests": ("carbon/optimise/rounds/server.py",),
    "requests_cache": ("carbon/optimise/rounds/server.py",),
    "urllib3": ("carbon/optimise/rounds/server.py",),
}


def _room(name: str) -> str:
    parts = name.split(".")
    return "app" if parts[0] == "app" else parts[1] if len(parts) > 1 else "carbon"


def _trespasses(importer: str, found: set[tuple[str, int]]) -> list[str]:
    """Return the imports of one module that its room forbids."""
    room = _room(importer)
    wrong = []
    for target, line in sorted(found):
        package = target.split(":")[0].split(".")[0]
        if package not in ("carbon", "app"):
            continue
        other = "carbon" if ":" in target or target == "carbon" else _room(target)
        if room == "carbon":
            allowed = other not in ("app", "cli")
        elif other == "carbon":
            allowed = room in PUBLIC
        elif room == "app":
            views = target.startswith("app.views.") and importer.startswith("app.views.") and target != importer
            allowed = not views and (other == "app" or other in BASE | ROOMS["cli"] - {"sample"})
        else:
            allowed = other == room or other in BASE | ROOMS.get(room, set())
        if not allowed:
            wrong.append(f"line {line}: {importer} imports {target}")
    return wrong


def _wrong_doors(file: str, found: set[tuple[str, int]]) -> list[str]:
    """Return the imports of packages that have their one door elsewhere."""
    wrong = []
    for target, line in sorted(found):
        doors = DOORS.get(target.split(".")[0])
        if doors is not None and not any(
            file == door or (door.endswith("/") and file.startswith(door)) for door in doors
        ):
            wrong.append(f"line {line}: {target} only in {', '.join(doors) or 'no file'}")
    return wrong


def _reaches(target: str) -> str | None:
    """Return the module an import loads, where it is one of ours."""
    name = target.split(":")[0]
    return name if name in modules() else None


@pytest.mark.parametrize("path", python_files("carbon", "app"), ids=label)
def test_a_room_imports_only_what_its_row_allows(path):
    """Proves the import table, for imports anywhere in a file, delayed ones included."""
    assert _trespasses(module_name(path), imports_of(path)) == []


def test_every_room_has_a_row_in_the_table():
    """Proves that a new room cannot appear without a decision on what it may import."""
    rooms = {_room(module_name(path)) for path in python_files("carbon")} - {"carbon"}
    assert rooms <= set(ROOMS)


def test_no_circles():
    """Proves that modules can be put in an order in which each imports only earlier ones, delayed imports and those for type
    checkers included.

    A package's door that lends its names when they are asked for imports them for type checkers alone: left out here (not
    in the table).
    """
    graph = {
        module_name(path): {_reaches(target) for target, _ in imports_of(path, types=path.name != "__init__.py")}
        - {None, module_name(path)}
        for path in python_files("carbon", "app")
    }
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail("a circle of imports: " + " -> ".join(error.args[1]))
    assert len(order) == len(graph)


@pytest.mark.parametrize("path", python_files("carbon", "app", "benchmarks"), ids=label)
def test_one_door_per_package(path):
    """Proves that each heavy or tricky package is imported in its one place only."""
    assert _wrong_doors(label(path), imports_of(path)) == []


@pytest.mark.parametrize(
    ("importer", "text"),
    [
        ("carbon.factors.registry", "from carbon.orders import table"),
        ("carbon.orders.table", "def f():\n    import carbon.engine.plan"),
        ("carbon.orders.table", "from ..factors import registry"),
        ("carbon.activities.chain", "from carbon import calculate_orders"),
        ("carbon.ledger.store", "from carbon.factors.registry import Registry"),
        ("carbon.reports.esg", "from carbon.labels import label"),
        ("carbon.cli.main", "from carbon.engine import plan"),
        ("app.views.orders", "from app.views import overview"),
        ("carbon.units", "from carbon import organisation"),
    ],
)
def test_the_check_finds_a_planted_trespass(importer, text):
    """Proves that the table bites: each row is an import the design forbids."""
    planted = {"carbon.orders.table", "carbon.engine.plan", "carbon.labels.label", "app.views.overview"}
    known = modules() | planted | {"carbon.factors.registry"}
    assert _trespasses(importer, imports(ast.parse(text), importer, False, known))


@pytest.mark.parametrize("file", ["carbon/orders/table.py", "carbon/orders/places.py.old", "app/main.py"])
def test_the_check_finds_a_second_door(file):
    """Proves that a package's door is one file, not any of its room."""
    assert _wrong_doors(file, {("geopy.geocoders", 1)})
