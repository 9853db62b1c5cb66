"""The ESG report of a large ledger: twelve months of ten million parcels, from the command to the file.

The ledger is written once by the generator of the engine benchmark and is not part of the time. Then, each as a process of
its own, one after the other in each round: ``carbon report esg`` to PDF, to HTML, and for information ``carbon verify`` and
``carbon inventory``, which the report contains. Medians of the times, the largest of the peaks.
"""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from benchmarks.carbon_run import calculate, forget
from benchmarks.conditions import Conditions
from benchmarks.engine import GOAL_PARCELS, workspace
from benchmarks.measure import BenchmarkError, Measure, Usage, run_python

GOAL_S, GOAL_MB = 20.0, 600.0
#: Disk that is needed at most [byte per parcel]: orders, ledger, and the ids being compared.
_DISK_BYTES = 330

Say = Callable[[str], None]


def run(parcels: int, runs: int, say: Say = lambda text: None) -> list[Measure]:
    """Measure; see the top of this file.

    Raises
    ------
    BenchmarkError
        If the disk has not enough room, a process fails, the report does not name every parcel, or the code changes meanwhile.
    """
    conditions = Conditions()
    with workspace(parcels, _DISK_BYTES, say) as name:
        folder = Path(name)
        say("writing orders")
        run_python("-m", "benchmarks.data", folder, parcels)
        say("recording a ledger")
        recorded = calculate(folder, parcels)
        forget(folder, "orders.parquet")
        used: dict[str, list[Usage]] = defaultdict(list)
        for number in range(runs):
            for what, arguments in _commands(folder).items():
                say(f"round {number + 1} of {runs}: {what}")
                used[what].append(run_python("-m", "carbon", *arguments, "--ledger", folder / "ledger"))
        _check(folder / "report.html", parcels)
    return [
        *conditions.measures(),
        Measure("parcels", parcels, "1"),
        Measure("months", 12, "1"),
        Measure("recording the ledger, not part of the report", recorded.whole_s, "s"),
        *_measures(used, parcels),
    ]


def _commands(folder: Path) -> dict[str, tuple[object, ...]]:
    return {
        "report as PDF": ("report", "esg", "-o", folder / "report.pdf", "--json"),
        "report as HTML": ("report", "esg", "-o", folder / "report.html", "--json"),
        "verify alone": ("verify", "--json"),
        "inventory alone": ("inventory", "--json"),
    }


def _measures(used: dict[str, list[Usage]], parcels: int) -> list[Measure]:
    found, at_size = [], parcels == GOAL_PARCELS
    for what, usages in used.items():
        seconds = statistics.median(usage.seconds for usage in usages)
        peak_mb = max(usage.peak_mb for usage in usages)
        aimed = what.startswith("report")
        found += [
            Measure(what, seconds, "s", *(_goal(f"< {GOAL_S:g} s", seconds < GOAL_S, at_size) if aimed else ())),
            Measure(f"{what}: time of all cores", statistics.median(usage.busy_s for usage in usages), "s"),
            Measure(
                f"{what}: peak memory",
                peak_mb,
                "MB",
                *(_goal(f"< {GOAL_MB:g} MB", peak_mb < GOAL_MB, at_size) if aimed else ()),
            ),
        ]
    return found


def _goal(text: str, holds: bool, at_size: bool) -> tuple[str, bool | None]:
    return text, holds if at_size else None


def _check(path: Path, parcels: int) -> None:
    """Refuse a report that is not about all parcels."""
    text = re.sub(r"<[^>]*>", "", path.read_text(encoding="utf-8"))
    if f"{parcels:,} parcels" not in text:
        raise BenchmarkError(f"the report does not speak of {parcels:,} parcels")
