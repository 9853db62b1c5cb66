"""Every page of the app over a large ledger: twelve months of ten million parcels of the sample merchant.

The ledger is recorded once from orders of `benchmarks.app_data` and is not part of the time. Then, for each page, a process of its
own that serves nothing else: the page is shown to a first session (cold: imports, every query), to three more (warm: what was read is
held by the hash of the newest run; the median is given), and to one that chooses a month (another question to the same ledger), or opens
a parcel. At the end all pages in one process, for its memory. Pages run by Streamlit's own tester: what a browser does to draw them is not in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.app_pages import MONTH, PAGES
from benchmarks.carbon_run import calculate, forget
from benchmarks.conditions import Conditions
from benchmarks.engine import GOAL_PARCELS, workspace
from benchmarks.measure import BenchmarkError, Measure, Usage, run_python

GOAL_S = 2.0
#: Disk that is needed at most [byte per parcel]: orders, ledger, and the ids being compared.
_DISK_BYTES = 330
_SHOWS = {"cold": "cold", "warm": "warm", "month": f"warm, {MONTH} chosen", "parcel": "warm, a parcel opened"}

Say = Callable[[str], None]


def run(
    parcels: int, pages: Iterable[str] = (), ledger: Path | None = None, say: Say = lambda text: None
) -> list[Measure]:
    """Measure; see the top of this file.

    Parameters
    ----------
    pages : iterable of str
        Of `PAGES`; all by default.
    ledger : Path, optional
        A folder that `benchmarks.app_data` and ``carbon calculate`` have filled with so many parcels; drawn anew by default.

    Raises
    ------
    BenchmarkError
        If the disk has not enough room, the ledger is of another size, a process fails, a page shows an error, or the code
        changes meanwhile.
    """
    conditions, pages = Conditions(), tuple(pages) or tuple(PAGES)
    if ledger is not None:
        _check(ledger, parcels)
        measures = _shown(ledger, pages, parcels, say)
    else:
        with workspace(parcels, _DISK_BYTES, say) as name:
            folder = Path(name)
            say("writing orders")
            run_python("-m", "benchmarks.app_data", folder, parcels)
            say("recording a ledger")
            recorded = calculate(folder, parcels)
            forget(folder, "orders.parquet")
            measures = [
                Measure("recording the ledger, not part of the pages", recorded.whole_s, "s"),
                *_shown(folder, pages, parcels, say),
            ]
    return [*conditions.measures(), Measure("parcels", parcels, "1"), Measure("months", 12, "1"), *measures]


def _check(folder: Path, parcels: int) -> None:
    """Refuse a ledger of another size: what is said about it would be wrong."""
    manifests = [json.loads(path.read_bytes()) for path in (folder / "ledger" / "runs").glob("*/manifest.json")]
    found = sum(each["counts"]["footprints"] for each in manifests)
    if found != parcels:
        raise BenchmarkError(f"{folder} has a ledger of {found:,} parcels, not of {parcels:,}: say --parcels {found}")


def _shown(folder: Path, pages: tuple[str, ...], parcels: int, say: Say) -> list[Measure]:
    found: list[Measure] = []
    for page in pages:
        say(f"page {page}")
        found += page_measures(page, run_python("-m", "benchmarks.app_shown", folder, page), parcels)
    if len(pages) > 1:
        say("all pages in one process")
        together = run_python("-m", "benchmarks.app_shown", folder, *pages)
        found.append(Measure("all pages in one process: peak memory", together.peak_mb, "MB"))
    return found


def page_measures(page: str, used: Usage, parcels: int) -> list[Measure]:
    """Return what the shows of one page took."""
    shows: dict[str, dict[str, Any]] = used.said[page]
    found = []
    for name, words in _SHOWS.items():
        if name not in shows:
            continue
        seconds = shows[name]["seconds"]
        goal = (f"< {GOAL_S:g} s", seconds < GOAL_S if parcels == GOAL_PARCELS else None) if name == "warm" else ()
        found += [
            Measure(f"{page}: {words}", seconds, "s", *goal),
            Measure(f"{page}: {words}: time of all cores", shows[name]["busy_s"], "s"),
        ]
    return [*found, Measure(f"{page}: peak memory", used.peak_mb, "MB")]
