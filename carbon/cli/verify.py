"""`carbon verify`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from carbon.cli.common import AsJson, LedgerDir, app, print_json, say_error
from carbon.cli.layout import say


@app.command("verify")
def verify_command(
    ledger: LedgerDir = Path("ledger"),
    head_sha256: Annotated[
        str | None, typer.Option("--head-sha256", help="A head hash kept elsewhere, such as in a report.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Recompute every hash, the chain of runs and all sums of the ledger."""
    from carbon import verify

    found = verify(ledger, head_sha256=head_sha256)
    if as_json:
        print_json(asdict(found) | {"problems": [str(each) for each in found.problems]})
    elif found.ok:
        say(f"the ledger is whole: {found.runs} run(s), head {found.head_sha256}")
    else:
        for problem in found.problems:
            say_error(str(problem))
    if not found.ok:
        sys.exit(1)
