"""Running the whole command, ``carbon calculate``, as a user does."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.measure import BenchmarkError, Usage, run_python


@dataclass(frozen=True)
class CarbonRun:
    """One run of ``carbon calculate``.

    Attributes
    ----------
    whole_s : float
        From the start of the process to its end [s]: imports, hashing, duplicate check, planning and all.
    run_s : float
        Everything after the plan until the run exists [s], the hash of the orders included: the longer of two clocks,
        the manifest's own, and the one from outside, from the time in which the run was begun, as the manifest
        gives it, to that at which the manifest took its place.
    clocked_s : float
        The manifest's `calculate` and `record` [s].
    """

    whole_s: float
    run_s: float
    clocked_s: float
    peak_mb: float


def calculate(folder: Path, parcels: int, *, orders: str = "orders.parquet", engine: str = "local") -> CarbonRun:
    """Record a run of the folder's orders in its ``ledger``, which must not exist.

    Raises
    ------
    BenchmarkError
        If it fails, or does not give every parcel a footprint.
    """
    usage: Usage = run_python(
        "-m",
        "carbon",
        "calculate",
        folder / orders,
        "--organisation",
        folder / "organisation.yaml",
        "--places",
        folder / "places.csv",
        "--ledger",
        folder / "ledger",
        "--engine",
        engine,
        "--json",
    )
    if usage.said["counts"]["footprints"] != parcels:
        raise BenchmarkError(f"{usage.said['counts']} of {parcels:,} parcels")
    begun_s = datetime.fromisoformat(usage.said["created_at"]).timestamp()
    exists_s = (folder / "ledger" / "runs" / usage.said["run"] / "manifest.json").stat().st_ctime
    durations_s = usage.said["durations_s"]
    clocked_s = durations_s["calculate"] + durations_s["record"]
    return CarbonRun(usage.seconds, max(exists_s - begun_s, clocked_s), clocked_s, usage.peak_mb)


def forget(folder: Path, *names: str) -> None:
    """Remove files or folders that a contender has left, so that the disk never holds two results."""
    for name in names:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
