"""Which runs are sensitivities, and the base year before and after restating, as text and JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from carbon.cli.common import out


def print_labels(ledger: Path, runs: Iterable[str]) -> None:
    """Say of runs that are sensitivities what they are, and that they count nowhere."""
    for run, text in labels(ledger, runs).items():
        out.print(f"run {run} is a {text}", markup=False)


def labels(ledger: Path, runs: Iterable[str]) -> dict[str, str]:
    """Return what is to be said of each run that is a sensitivity."""
    from carbon import Ledger, Purpose

    book = Ledger(ledger)
    found = {run: book.run(run) for run in dict.fromkeys(runs)}
    return {
        run: next((text for text in manifest.notes if text.startswith(manifest.purpose)), str(manifest.purpose))
        for run, manifest in found.items()
        if manifest.purpose is Purpose.SENSITIVITY
    }


def restatements_json(ledger: Path) -> list[dict[str, Any]]:
    """Return every change of the base year's figure by a restating run, oldest first."""
    from carbon import restatements

    return [
        asdict(each) | {"change_share": each.change_share, "restates_base_year": each.restates_base_year}
        for each in restatements(ledger)
    ]


def print_restatements(ledger: Path) -> None:
    """Print the base year before and after each restating run, side by side."""
    from carbon import restatements

    found = restatements(ledger)
    if not found:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, name in enumerate(
        ("base year", "restated by", "reason", "before, kg CO2e", "after, kg CO2e", "change")
    ):
        table.add_column(name, justify="left" if position < 3 else "right")
    for each in found:
        change = "" if each.change_share is None else f"{each.change_share:+.1%}"
        cells = (
            each.base_year,
            each.run,
            each.reason.replace("_", " "),
            f"{each.before_kg:,.1f}",
            f"{each.after_kg:,.1f}",
        )
        table.add_row(*(Text(str(cell)) for cell in (*cells, change)))
    out.print()
    out.print(table)
    thresholds = {
        each.threshold_share for each in found if each.restates_base_year and each.threshold_share is not None
    }
    if thresholds:
        stated = ", ".join(f"{each:.1%}" for each in sorted(thresholds))
        out.print(f"stated threshold for restating the base year: {stated}", markup=False)
