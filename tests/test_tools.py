"""In continuous integration nothing is skipped for want of a tool; elsewhere a skip stays a skip and is listed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

_SKIPS = {
    "tool": "import pytest\ndef test_a():\n    pytest.skip('tool: hammer is absent')\n",
    "tool at import": "import pytest\npytest.skip('tool: hammer is absent', allow_module_level=True)\n",
    "package": "import pytest\nx = pytest.importorskip('no_such_package_at_all')\n",
    "tool by mark": "import pytest\n@pytest.mark.skip('tool: hammer is absent')\ndef test_a(): ...\n",
}
_DATA = "import pytest\ndef test_a():\n    pytest.skip('the shared data folder is absent')\n"


def _pytest(folder: Path, texts: dict[str, str], **environment: str) -> subprocess.CompletedProcess[str]:
    for name, text in texts.items():
        (folder / f"test_{name.replace(' ', '_')}.py").write_text(text, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "CARBON_CI")}
    # The plug-ins installed here have no part in this, and take seconds to load.
    kept["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    command = [sys.executable, "-m", "pytest", "-rA", "-p", "tests.conftest", "-p", "no:cacheprovider", str(folder)]
    where = ["--rootdir", str(folder), "-c", os.devnull, "--continue-on-collection-errors"]
    return subprocess.run(
        [*command, *where], cwd=ROOT, env=kept | environment, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("variable", ["CI", "CARBON_CI"])
def test_a_missing_tool_fails_in_ci(tmp_path, variable):
    """Proves that a skip for want of a tool or package, however it is said, is a failure there, and says so."""
    done = _pytest(tmp_path, _SKIPS, **{variable: "1"})
    assert done.returncode != 0 and "for want of a tool" in done.stdout
    # What is skipped while its file is read, pytest calls an error.
    said = done.stdout.splitlines()[-1]
    assert "skipped" not in said and "passed" not in said
    assert sum(map(int, re.findall(r"(\d+) (?:failed|error)", said))) == len(_SKIPS)


def test_a_missing_tool_is_a_listed_skip_elsewhere(tmp_path):
    """Proves that on a user's machine the run goes on and lists the skips."""
    done = _pytest(tmp_path, _SKIPS)
    assert done.returncode in (0, 5) and f"{len(_SKIPS)} skipped in" in done.stdout.splitlines()[-1]
    assert sum(line.startswith("SKIPPED") for line in done.stdout.splitlines()) == len(_SKIPS)


def test_absent_data_stays_a_skip_in_ci(tmp_path):
    """Proves that only tools count: a skip for other reasons stays one."""
    done = _pytest(tmp_path, {"data": _DATA}, CARBON_CI="1")
    assert done.returncode == 0 and "SKIPPED" in done.stdout


def test_what_cannot_be_installed_is_said_in_one_line(tmp_path):
    """Proves that without apt-get, sudo and npm the script names what is missing in one line, and does not stop."""
    command, nothing = [sys.executable, str(ROOT / "tests" / "tools.py")], {"PATH": str(tmp_path)}
    done = subprocess.run(command, env=nothing, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Could not install chromium, chromium-driver") and done.stdout.count("\n") == 1
