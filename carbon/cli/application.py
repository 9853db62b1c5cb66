"""`carbon app`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from carbon.cli.common import LedgerDir, OrganisationFile, app
from carbon.errors import InputError, Where


@app.command("app")
def app_command(
    ledger: LedgerDir = Path("ledger"),
    organisation: OrganisationFile = Path("organisation.yaml"),
    port: Annotated[int | None, typer.Option(help="Port to listen on; default 8501.")] = None,
    address: Annotated[str, typer.Option(help="Address to listen on; the default is this machine only.")] = "127.0.0.1",
    headless: Annotated[bool, typer.Option("--headless", help="Do not open a browser.")] = False,
) -> None:
    """Open the app on a ledger."""
    from carbon import shipped_folder

    main = shipped_folder("app") / "main.py"
    if not main.exists():
        raise InputError(
            "the app is not installed", expected=str(main), mend="install the wheel again", where=Where(str(main))
        )
    # Streamlit runs files in a process of its own; what is not given here stays with its own settings.
    options = {
        "server.address": address,
        "server.port": port,
        "server.headless": "true" if headless else None,
        "server.showEmailPrompt": "false",
        "browser.gatherUsageStats": "false",
    }
    flags = [f"--{name}={value}" for name, value in options.items() if value is not None]
    command = [sys.executable, "-m", "streamlit", "run", str(main), *flags, "--"]
    command += ["--ledger", str(ledger.resolve()), "--organisation", str(organisation.resolve())]
    sys.exit(subprocess.call(command, env=os.environ | {"PYTHONUTF8": "1"}))
