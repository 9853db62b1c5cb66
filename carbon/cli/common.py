"""What every command shares: consoles, JSON, progress, exit codes."""

from __future__ import annotations

import gc
import json
import math
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from carbon.errors import CarbonError

app = typer.Typer(
    name="carbon",
    help="Carbon per Order: the footprint of every parcel, replayable by hand.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

#: Where neither a terminal nor COLUMNS sets a width (files, pipes).
_COLUMNS = 100
_SET = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit()
out = Console(highlight=False, soft_wrap=True, width=None if _SET else _COLUMNS)
err = Console(stderr=True, highlight=False, soft_wrap=True)

_INTERRUPTED, _TERMINATED = 128 + signal.SIGINT, 128 + signal.SIGTERM

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LedgerDir = Annotated[Path, typer.Option("--ledger", help="Ledger folder.")]
OrganisationFile = Annotated[Path, typer.Option("--organisation", help="Organisation file.")]
FactorFiles = Annotated[
    list[Path] | None, typer.Option("--factors", help="Your own factor file; repeatable, its rows win.")
]
PlacesFile = Annotated[Path | None, typer.Option(help="Places file: postcodes with coordinates.")]
LinesFile = Annotated[Path | None, typer.Option(help="Lines file, as for `carbon calculate`.")]
OrdersMapping = Annotated[Path | None, typer.Option(help="Mapping file of the orders.")]
ItemsMapping = Annotated[Path | None, typer.Option(help="Mapping file of the items: headers, units.")]
RejectsFile = Annotated[Path | None, typer.Option(help="Write the refused rows, with reasons, here (CSV).")]
SignOffsFile = Annotated[
    Path | None, typer.Option("--sign-offs", help="Sign-offs file (YAML): who signed for which assumption or factor.")
]


def main() -> None:
    """Run the command line; no traceback reaches a user.

    Exit codes: 0 done, 1 the work failed, 2 the input is wrong, 130 interrupted, 143 terminated.
    """
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(_TERMINATED))
    # Arrow's own pool gives memory back at once, and large runs spend an eighth of their time asking for it again.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    # What is loaded stays, and tables are read into many small objects that stay, too: looking at them again and
    # again would cost as much as two million parcels.
    gc.freeze()
    gc.set_threshold(100_000)
    try:
        app()
    except SystemExit as stop:
        if stop.code in (_INTERRUPTED, _TERMINATED):  # typer ends so, without a word
            say_error(f"{'interrupted' if stop.code == _INTERRUPTED else 'terminated'}; nothing was recorded")
        raise
    except CarbonError as error:
        say_error(str(error))
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        say_error("interrupted; nothing was recorded")
        sys.exit(_INTERRUPTED)
    except OSError as error:
        place = error.filename or "(no file)"
        say_error(f"{place}: {error.strerror or error}\n  mend:     check space, permissions and path")
        sys.exit(1)
    except MemoryError:
        say_error("out of memory\n  mend:     close other programs, or split the orders file")
        sys.exit(1)
    except Exception as error:
        if os.environ.get("CARBON_DEBUG"):
            raise
        say_error(
            f"unexpected {type(error).__name__}: {error}\n  mend:     please report it; CARBON_DEBUG=1 shows the details"
        )
        sys.exit(1)


def say_error(text: str) -> None:
    """Print an error message as it is: user text is never markup."""
    err.print(f"error: {text}", markup=False)


def note(text: str) -> None:
    """Print a side remark to stderr."""
    err.print(text, markup=False, style="dim")


def print_json(data: Any) -> None:
    """Print a document as JSON to stdout."""
    sys.stdout.write(json_text(data))


def json_text(data: Any) -> str:
    """Return a document as JSON."""
    return json.dumps(_plain(data), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """Return what JSON knows: no NaN, no dates, no tables."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(each) for each in value]
    if hasattr(value, "to_dict"):
        return _plain(value.to_dict(orient="records"))
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if hasattr(value, "item"):
        return _plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def mass_text(kg: float | None) -> str:
    """Return a mass with three digits: g below 1 kg, kg below 1,000, t above."""
    if kg is None:
        return "not reported"
    size = abs(kg)
    value, unit = (kg * 1000, "g") if size < 1 else (kg, "kg") if size < 1000 else (kg / 1000, "t")
    if value == 0:
        return f"0 {unit}"
    digits = max(0, 2 - _exponent(value))
    return f"{value:,.{digits}f} {unit}"


def _exponent(value: float) -> int:
    return int(f"{abs(value):.2e}".split("e")[1])


class _Rate(ProgressColumn):
    """Parcels a second, while they are being done."""

    def render(self, task: Task) -> Text:
        """Return the text of the column."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s")


@contextmanager
def progress_bar(quiet: bool) -> Iterator[Any]:
    """Yield a progress callback (step, done, expected); a bar on stderr if that is a terminal."""
    if quiet or not err.is_terminal:
        yield lambda step, done, expected: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("parcels"),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def update(step: str, done: int, expected: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=max(expected, 1))
            bar.update(tasks[step], completed=done, total=max(expected, done, 1))

        yield update
