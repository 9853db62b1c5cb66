"""Which runs are sensitivities, and the base year before and after restating, as text and JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from carbon.cli.common import out
from carbon.cli.layout import say, table_of


def print_labels(ledger: Path, runs: Iterable[str]) -> None:
    """Say of runs that are sensitivities what they are, and that they count nowhere."""
    for run, text in labels(ledger, runs).items():
        say(f"run {run} is a {text}")


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
    rows = [
        (
            each.base_year,
            each.run,
            each.reason.replace("_", " "),
            f"{each.before_kg:,.1f}",
            f"{each.after_kg:,.1f}",
            "" if each.change_share is None else f"{each.change_share:+.1%}",
        )
        for each in found
    ]
    out.print()
    names = ("base year", "restated by", "reason", "kg CO2e before", "kg CO2e after", "change")
    out.print(table_of(names, rows, left=3))
    thresholds = {
        each.threshold_share for each in found if each.restates_base_year and each.threshold_share is not None
    }
    if thresholds:
        stated = ", ".join(f"{each:.1%}" for each in sorted(thresholds))
        say(f"stated threshold for restating the base year: {stated}")
