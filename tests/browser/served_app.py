"""The app as its users start it, on an empty ledger."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return opened.getsockname()[1]


@contextmanager
def served(folder: Path, port: int | None = None, *options: str) -> Iterator[str]:
    """Start `carbon app` in a folder and give its address.

    Parameters
    ----------
    *options
        Further options of the command.
    """
    port = port or free_port()
    command = [
        sys.executable, "-m", "carbon", "app", "--port", str(port), "--headless", "--ledger", str(folder / "ledger"),
        "--organisation", str(folder / "organisation.yaml"), *options,
    ]  # fmt: skip
    environment = os.environ | {"PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)}
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=environment, start_new_session=True)
    address = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(address + "_stcore/health", timeout=1).read()
                break
            except OSError:
                time.sleep(0.25)
        yield address
    finally:
        # The command waits for the server that it started: both end.
        os.killpg(process.pid, 15)
        process.wait(20)
