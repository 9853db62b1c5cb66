"""`carbon period`: closing periods, and opening them again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbon.cli.common import AsJson, LedgerDir, app, print_json
from carbon.cli.layout import say
from carbon.errors import InputError, Where

if TYPE_CHECKING:
    from carbon import Ledger

periods = typer.Typer(help="Close periods, open them again, list them.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(periods, name="period")

_Period = Annotated[str, typer.Argument(help="Such as 2025, 2025-06 or 2025-01..2025-06.")]
_Why = Annotated[str | None, typer.Option("--why", help="Why, for the records.")]


@periods.command("close")
def close_command(
    period: _Period, why: _Why = None, ledger: LedgerDir = Path("ledger"), as_json: AsJson = False
) -> None:
    """Close a period: no run may add or change parcels shipped in it."""
    book = _book(ledger)
    book.close(period, why)
    _show(book, as_json)


@periods.command("reopen")
def reopen_command(
    period: _Period, why: _Why = None, ledger: LedgerDir = Path("ledger"), as_json: AsJson = False
) -> None:
    """Open a closed period again; the ledger keeps that it was closed, and why it was opened."""
    book = _book(ledger)
    book.reopen(period, why)
    _show(book, as_json)


@periods.command("list")
def list_command(ledger: LedgerDir = Path("ledger"), as_json: AsJson = False) -> None:
    """Show which periods are closed, and every decision about them."""
    _show(_book(ledger), as_json, with_history=True)


def _book(folder: Path) -> Ledger:
    """Return the ledger of a folder that is one: a slip in its name must not make a second one."""
    from carbon import Ledger

    book = Ledger(folder)
    if not book.is_ledger():
        held = sorted(path.name for path in folder.iterdir())[:3] if folder.is_dir() else None
        raise InputError(
            "this is no ledger",
            found="no such folder"
            if held is None
            else f"a folder with {', '.join(held)}"
            if held
            else "an empty folder",
            expected="a folder in which `carbon calculate` has recorded a run",
            mend="name it with --ledger DIR, or record a run there first",
            where=Where(str(folder)),
        )
    return book


def _show(book, as_json: bool, with_history: bool = False) -> None:
    closed, history = [each.label for each in book.closed_periods()], book.closing_history()
    if as_json:
        print_json({"closed": closed, "history": history})
        return
    say(f"closed: {', '.join(closed)}" if closed else "no period is closed")
    for entry in history if with_history else ():
        why = f": {entry['why']}" if entry.get("why") else ""
        say(f"{entry['who']} {entry['action']} {entry['period']}{why}", lead=f"  {entry['at']} ")
