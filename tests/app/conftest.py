"""The app on a small ledger of the sample merchant, or on none, run without a browser."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAIN = ROOT / "app" / "main.py"
PAGES = {
    "overview": "views/overview.py",
    "orders": "views/orders.py",
    "import": "views/import_orders.py",
    "lanes": "views/lanes.py",
    "warehouses": "views/warehouses.py",
    "factors": "views/factors.py",
    "audit": "views/audit.py",
    "setup": "views/setup.py",
    "packaging": "views/packaging.py",
    "routes": "views/routes.py",
    "reports": "views/reports.py",
    "carriers": "views/carriers.py",
    "labels": "views/labels.py",
    "what_if": "views/what_if.py",
}

if importlib.util.find_spec("streamlit") is None:
    pytest.skip("could not import streamlit", allow_module_level=True)


@pytest.fixture(scope="session", autouse=True)
def _packages_are_looked_through_once():
    """Let Streamlit look for components among the installed packages once, not whenever a test opens the app."""
    from streamlit.components.v2 import manifest_scanner

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="session")
def merchant(tmp_path_factory) -> Path:
    """Return a folder with a small sample merchant and its ledger; tests read it only."""
    from carbon import calculate
    from carbon.sample import write_sample

    folder = tmp_path_factory.mktemp("merchant")
    orders, lines, organisation = write_sample(folder, parcels=240)
    calculate(orders, organisation, lines=lines, ledger=folder / "ledger")
    return folder


@pytest.fixture
def own(merchant, tmp_path) -> Path:
    """Return a copy of the merchant that a test may add to."""
    return Path(shutil.copytree(merchant, tmp_path / "merchant"))


@pytest.fixture
def empty(merchant, tmp_path) -> Path:
    """Return a folder with an organisation file and no ledger."""
    shutil.copy(merchant / "organisation.yaml", tmp_path)
    return tmp_path


@pytest.fixture
def open_app(monkeypatch) -> Callable:
    """Return a function that opens a page of the app on a folder's ledger."""
    from streamlit.testing.v1 import AppTest

    def opened(
        folder: Path,
        page: str = "overview",
        language: str = "en",
        secrets: dict | None = None,
        user: dict | None = None,
        **state,
    ) -> AppTest:
        monkeypatch.setenv("CARBON_LEDGER", str(folder / "ledger"))
        monkeypatch.setenv("CARBON_ORGANISATION", str(folder / "organisation.yaml"))
        monkeypatch.setattr("sys.argv", ["main.py"])
        test = AppTest.from_file(str(MAIN), default_timeout=90)
        for key, value in {"language": language, **state}.items():
            test.session_state[key] = value
        if secrets is not None:
            test.secrets, test.user = secrets, user
        # By its own address: nobody need have seen the overview before.
        return (test if page == "overview" else test.switch_page(PAGES[page])).run()

    return opened


@pytest.fixture
def words() -> Callable:
    """Return a function that gives all text a page shows outside tables."""

    def said(test) -> str:
        kinds = ("title", "header", "markdown", "info", "warning", "error", "success")
        return "\n".join(str(each.value) for kind in kinds for each in test.get(kind))

    return said
