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
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8501,
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
    # The app is a page of its own process: Streamlit runs files, not modules.
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(main),
        "--server.port",
        str(port),
        "--server.address",
        address,
        "--server.headless",
        "true" if headless else "false",
        "--browser.gatherUsageStats",
        "false",
        "--",
        "--ledger",
        str(ledger.resolve()),
        "--organisation",
        str(organisation.resolve()),
    ]
    sys.exit(subprocess.call(command, env=os.environ | {"PYTHONUTF8": "1"}))
