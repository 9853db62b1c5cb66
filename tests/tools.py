"""Programs that tests use beyond Python packages: where they are, and how `make test` gets them.

Run as a script it installs what is missing, by Debian's packages and by npm, or says in one line what it could not.
A test asks for a tool by `need`; without it the test is skipped, loudly, and fails where CARBON_CI or CI is set.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

BROWSER = Path(__file__).resolve().parent / "browser"
NODE_MODULES = BROWSER / "node_modules"
AXE = NODE_MODULES / "axe-core" / "axe.min.js"

#: Skips that start so are failures in continuous integration.
TOOL = "tool:"


def on_path(*names: str) -> Path | None:
    """Return the first program of these names."""
    found = next(filter(None, map(shutil.which, names)), None)
    return Path(found) if found else None


def chromium() -> Path | None:
    """Return Chromium, or Chrome."""
    return on_path("chromium", "chromium-browser", "google-chrome")


def chromedriver() -> Path | None:
    """Return ChromeDriver."""
    return on_path("chromedriver")


def axe() -> Path | None:
    """Return axe-core's script as npm installed it."""
    return AXE if AXE.exists() else None


def node() -> Path | None:
    """Return Node.js."""
    return on_path("node", "nodejs")


def _of_npm(*parts: str) -> Path | None:
    """Return what npm installed, where there is a Node.js to run it."""
    found = NODE_MODULES.joinpath(*parts)
    return found if node() and found.exists() else None


def esbuild() -> Path | None:
    """Return esbuild's command."""
    return _of_npm(".bin", "esbuild")


def php() -> Path | None:
    """Return PHP."""
    return on_path("php")


def java() -> Path | None:
    """Return Java."""
    return on_path("java")


def vnu() -> Path | None:
    """Return the archive of the Nu Html Checker, where there is a Java to run it."""
    found = NODE_MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
    return found if java() and found.exists() else None


def pyspark() -> Path | None:
    """Return where pyspark lies, which `make test` installs as an extra."""
    found = importlib.util.find_spec("pyspark")
    return Path(found.origin) if found is not None and found.origin else None


FINDERS: dict[str, Callable[[], Path | None]] = {
    "chromium": chromium,
    "chromium-driver": chromedriver,
    "axe-core": axe,
    "node": node,
    "esbuild": esbuild,
    "php": php,
    "java": java,
    "vnu": vnu,
    "pyspark": pyspark,
}


def need(name: str) -> Path:
    """Return a tool's path, or skip the test that needs it."""
    import pytest

    return FINDERS[name]() or pytest.skip(f"{TOOL} {name} is absent; `make test` installs it where it can")


def in_ci() -> bool:
    """Say whether a missing tool is a failure."""
    return any(os.environ.get(name, "").lower() not in ("", "0", "false") for name in ("CARBON_CI", "CI"))


def install() -> list[str]:
    """Install missing tools, and return a clause for each that is still missing."""
    missing = [name for name in ("chromium", "chromium-driver") if not FINDERS[name]()]
    missing += [package for find, package in ((java, "default-jre-headless"), (php, "php-cli")) if not find()]
    packages = all((axe(), esbuild(), (NODE_MODULES / "vnu-jar").exists()))
    if not packages and not on_path("npm"):
        missing.append("npm")
    if missing:
        _apt(missing)
    if not packages and on_path("npm"):
        _run([str(on_path("npm")), "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"], BROWSER)
    return [name for name, find in FINDERS.items() if not find()]


def _apt(packages: list[str]) -> None:
    apt, sudo = on_path("apt-get"), on_path("sudo")
    if apt is None:
        return
    if os.geteuid() == 0:
        prefix = []
    elif sudo and _run([str(sudo), "-n", "true"]):
        prefix = [str(sudo), "-n"]
    else:
        return
    command = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", str(apt), "-qq"]
    _run([*command, "update"])
    _run([*command, "install", "-y", "--no-install-recommends", *packages])


def _run(command: list[str], folder: Path | None = None) -> bool:
    try:
        done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


if __name__ == "__main__":
    absent = install()
    if absent:
        print(f"Could not install {', '.join(absent)}: the browser tests that need them will "
              f"{'fail' if in_ci() else 'be skipped'}.")  # fmt: skip
    sys.exit(0)
