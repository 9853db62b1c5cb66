"""`carbon period`: closing periods, and opening them again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from carbon.cli.common import AsJson, LedgerDir, app, print_json
from carbon.cli.layout import say

periods = typer.Typer(help="Close periods, open them again, list them.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(periods, name="period")

_Period = Annotated[str, typer.Argument(help="Such as 2025, 2025-06 or 2025-01..2025-06.")]
_Why = Annotated[str | None, typer.Option("--why", help="Why, for the records.")]


@periods.command("close")
def close_command(
    period: _Period, why: _Why = None, ledger: LedgerDir = Path("ledger"), as_json: AsJson = False
) -> None:
    """Close a period: no run may add or change parcels shipped in it."""
    from carbon import Ledger

    book = Ledger(ledger)
    book.close(period, why)
    _show(book, as_json)


@periods.command("reopen")
def reopen_command(
    period: _Period, why: _Why = None, ledger: LedgerDir = Path("ledger"), as_json: AsJson = False
) -> None:
    """Open a closed period again; the ledger keeps that it was closed, and why it was opened."""
    from carbon import Ledger

    book = Ledger(ledger)
    book.reopen(period, why)
    _show(book, as_json)


@periods.command("list")
def list_command(ledger: LedgerDir = Path("ledger"), as_json: AsJson = False) -> None:
    """Show which periods are closed, and every decision about them."""
    from carbon import Ledger

    _show(Ledger(ledger), as_json, with_history=True)


def _show(book, as_json: bool, with_history: bool = False) -> None:
    closed, history = [each.label for each in book.closed_periods()], book.closing_history()
    if as_json:
        print_json({"closed": closed, "history": history})
        return
    say(f"closed: {', '.join(closed)}" if closed else "no period is closed")
    for entry in history if with_history else ():
        why = f": {entry['why']}" if entry.get("why") else ""
        say(f"{entry['who']} {entry['action']} {entry['period']}{why}", lead=f"  {entry['at']} ")
