"""`carbon app`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from carbon.cli.common import LedgerDir, OrganisationFile, app
from carbon.cli.signing_in import loopback, secrets_files, signs_in
from carbon.errors import InputError, Where


@app.command("app")
def app_command(
    ledger: LedgerDir = Path("ledger"),
    organisation: OrganisationFile = Path("organisation.yaml"),
    port: Annotated[int | None, typer.Option(help="Port to listen on; default 8501.")] = None,
    address: Annotated[str, typer.Option(help="Address to listen on; the default is this machine only.")] = "127.0.0.1",
    headless: Annotated[bool, typer.Option("--headless", help="Do not open a browser.")] = False,
    secrets: Annotated[
        Path | None,
        typer.Option(help="Streamlit's secrets file with [auth] and [access]; default .streamlit/secrets.toml."),
    ] = None,
    without_sign_in: Annotated[
        bool,
        typer.Option("--without-sign-in", help="Let whoever reaches the address do everything, without signing in."),
    ] = False,
) -> None:
    """Open the app on a ledger."""
    from carbon import shipped_folder

    main = shipped_folder("app") / "main.py"
    if not main.exists():
        raise InputError(
            "the app is not installed", expected=str(main), mend="install the wheel again", where=Where(str(main))
        )
    files = secrets_files(secrets)
    signing_in = signs_in(files)
    if not (signing_in or without_sign_in or loopback(address)):
        raise InputError(
            "without sign-in the app serves this machine only, since whoever opens it may do everything",
            found=f"--address {address}",
            expected="127.0.0.1, or a secrets file with [auth] and [access]",
            mend="set up sign-in (docs/app.md), or add --without-sign-in where a door of your own stands before the app",
        )
    # Streamlit runs files in a process of its own; what is not given here stays with its own settings.
    options = [
        ("server.address", address),
        ("server.port", port),
        ("server.headless", "true" if headless else None),
        ("server.showEmailPrompt", "false"),
        ("browser.gatherUsageStats", "false"),
        *(("secrets.files", str(each)) for each in files),
    ]
    flags = [f"--{name}={value}" for name, value in options if value is not None]
    command = [sys.executable, "-m", "streamlit", "run", str(main), *flags, "--"]
    command += ["--ledger", str(ledger.resolve()), "--organisation", str(organisation.resolve())]
    # The app holds to what was found here: a file that is spoilt later opens no door.
    command += ["--sign-in"] * signing_in + ["--without-sign-in"] * without_sign_in
    sys.exit(subprocess.call(command, env=os.environ | {"PYTHONUTF8": "1"}))
