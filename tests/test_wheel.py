"""The wheel is complete: in an empty environment, in another folder, the main job runs and the app opens."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path

import pytest

from tests.tools import TOOL

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.slow


def _clean_environment() -> dict[str, str]:
    """Return this process's environment without what could lead to this checkout or its packages."""
    strange = ("PYTHON", "VIRTUAL_ENV", "CARBON")
    return {name: value for name, value in os.environ.items() if not name.startswith(strange)}


def _run(*command: object, folder: Path) -> subprocess.CompletedProcess[str]:
    words = [str(part) for part in command]
    return subprocess.run(words, cwd=folder, env=_clean_environment(), capture_output=True, text=True, timeout=600)


def _must(*command: object, folder: Path) -> str:
    done = _run(*command, folder=folder)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Return the wheel, built from the source archive, so that the archive is complete, too."""
    pytest.importorskip("build")
    pytest.importorskip("hatchling")
    dist = tmp_path_factory.mktemp("dist")
    _must(sys.executable, "-m", "build", "--no-isolation", "--outdir", dist, ROOT, folder=dist)
    assert len(list(dist.glob("*.tar.gz"))) == 1
    (found,) = dist.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def programs(wheel, tmp_path_factory) -> Path:
    """Return the folder of programs of an empty environment into which only the wheel was installed."""
    home = tmp_path_factory.mktemp("empty")
    _must(sys.executable, "-m", "venv", home / "env", folder=home)
    python = home / "env" / "bin" / "python"
    done = _run(
        python, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--no-compile", wheel, folder=home
    )
    if any(said in done.stderr for said in ("NewConnectionError", "NameResolutionError", "ReadTimeoutError")):
        pytest.skip(f"{TOOL} the package index cannot be reached, so the wheel's dependencies cannot be installed")
    assert done.returncode == 0, done.stderr[-4000:]
    return python.parent


@pytest.fixture(scope="module")
def demo(programs, tmp_path_factory) -> Path:
    """Return a folder in which the installed program has made a sample and calculated it."""
    folder = tmp_path_factory.mktemp("elsewhere")
    _must(programs / "carbon", "init", "x", folder=folder)
    command = ["calculate", "orders.csv", "--lines", "lines.csv", "--organisation", "organisation.yaml"]
    _must(programs / "carbon", *command, "--ledger", "ledger", folder=folder / "x")
    return folder / "x"


def test_the_wheel_holds_tables_app_and_data_and_nothing_else(wheel):
    """Proves that every table, app file and data file of the checkout is in the wheel, and no tests are."""
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, place in (("factors", "carbon/_shipped/factors"), ("app", "carbon/_shipped/app"), ("carbon", "carbon")):
        written = [path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        missing = [path for path in written if f"{place}/{path.relative_to(ROOT / folder).as_posix()}" not in names]
        assert missing == []
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"carbon"}


def test_the_version_is_the_one_of_pyproject(wheel, programs):
    """Proves that the version has one source."""
    code = "from importlib.metadata import version; print(version('carbon-per-order'))"
    version = _must(programs / "python", "-c", code, folder=programs).strip()
    assert f'version = "{version}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert wheel.name == f"carbon_per_order-{version}-py3-none-any.whl"


def test_the_tables_are_those_of_the_installed_package(programs, tmp_path):
    """Proves that the tables are found under the installed package and not in a checkout, and are the same tables."""
    code = "from carbon import shipped_folder; print(shipped_folder('factors'))"
    folder = Path(_must(programs / "python", "-c", code, folder=tmp_path).strip())
    assert folder.is_relative_to(programs.parent) and folder.parts[-3:] == ("carbon", "_shipped", "factors")
    shipped = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.yaml")}
    ours = {
        path.relative_to(ROOT / "factors").as_posix(): path.read_bytes() for path in (ROOT / "factors").rglob("*.yaml")
    }
    assert shipped == ours


def test_factors_are_listed(programs, tmp_path):
    """Proves that `carbon factors list` works from the installed package."""
    listed = json.loads(_must(programs / "carbon", "factors", "list", "--json", folder=tmp_path))
    rows = listed if isinstance(listed, list) else next(value for value in listed.values() if isinstance(value, list))
    assert len(rows) >= 1000


def test_the_main_job_runs_in_another_folder(programs, demo):
    """Proves that init, calculate, inventory, verify and report work where no checkout is."""
    assert (demo / "ledger" / "HEAD").exists()
    assert json.loads(_must(programs / "carbon", "inventory", "--ledger", "ledger", "--json", folder=demo))
    _must(programs / "carbon", "verify", "--ledger", "ledger", folder=demo)
    # In Chinese: its fonts and texts are the most that a report needs of what is shipped.
    command = ["report", "esg", "--profile", "ghg-protocol", "--language", "zh", "--ledger", "ledger"]
    _must(programs / "carbon", *command, "--organisation", "organisation.yaml", "-o", "esg.pdf", folder=demo)
    assert (demo / "esg.pdf").read_bytes().startswith(b"%PDF-")


def test_the_app_opens(programs, demo):
    """Proves that `carbon app` serves the shipped app from the installed package."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = _clean_environment() | {"STREAMLIT_SERVER_PORT": str(port), "STREAMLIT_SERVER_HEADLESS": "true"}
    log = demo / "app.log"
    with log.open("w", encoding="utf-8") as output:
        app = subprocess.Popen(
            [programs / "carbon", "app", "--ledger", "ledger", "--organisation", "organisation.yaml"],
            cwd=demo, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            assert _answers(f"http://127.0.0.1:{port}/_stcore/health", app), log.read_text(encoding="utf-8")
        finally:
            if app.poll() is None:
                os.killpg(app.pid, signal.SIGTERM)
            app.wait(timeout=30)


def _answers(address: str, process: subprocess.Popen, seconds: int = 60) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2) as reply:
                return reply.status == 200
        except OSError:
            time.sleep(0.3)
    return False
