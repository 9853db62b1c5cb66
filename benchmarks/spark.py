"""The engine on Spark beside the local one: the same orders, and the same figures parcel by parcel."""

from __future__ import annotations

import importlib.util
import shutil
import statistics
from pathlib import Path

from benchmarks.carbon_run import CarbonRun, calculate, forget
from benchmarks.conditions import Conditions
from benchmarks.engine import Say, workspace
from benchmarks.measure import ROOT, BenchmarkError, Measure, run_python

GOAL_PARCELS = 1_000_000
_DISK_BYTES = 550


def lacking() -> str | None:
    """Return what this machine lacks for Spark, None if nothing."""
    if importlib.util.find_spec("pyspark") is None:
        return "pyspark is not installed: pip install 'carbon-per-order[spark]'"
    if not (ROOT / "carbon" / "engine" / "spark.py").exists():
        return "this version of carbon has no Spark engine"
    return None if shutil.which("java") else "there is no Java"


def run(parcels: int, runs: int, say: Say = lambda text: None) -> list[Measure]:
    """Time both engines in turn and compare their results.

    Raises
    ------
    BenchmarkError
        If Spark cannot run here, a process fails, or the code changes meanwhile.
    """
    if problem := lacking():
        raise BenchmarkError(problem)
    conditions = Conditions()
    with workspace(parcels, _DISK_BYTES, say) as name:
        folder = Path(name)
        say("writing orders")
        run_python("-m", "benchmarks.data", folder, parcels)
        local: list[CarbonRun] = []
        spark: list[CarbonRun] = []
        for number in range(runs):
            forget(folder, "local", "ledger")
            say(f"round {number + 1} of {runs}: local")
            local.append(calculate(folder, parcels))
            (folder / "ledger").rename(folder / "local")
            say(f"round {number + 1} of {runs}: Spark")
            spark.append(calculate(folder, parcels, engine="spark"))
        compared = run_python("-m", "benchmarks.comparing", folder / "local", folder / "ledger").said
    local_s, spark_s = (statistics.median(each.whole_s for each in runs) for runs in (local, spark))
    apart = compared["largest_difference"]
    whole = compared["parcels"] == parcels
    return [
        *conditions.measures(),
        Measure("Spark: parcels", parcels, "1"),
        Measure("Spark: whole command", spark_s, "s"),
        Measure("Spark: whole command, local engine", local_s, "s"),
        Measure("Spark / local engine", spark_s / local_s, "ratio"),
        Measure("Spark: parcels found in both", compared["parcels"], "1", "all", whole),
        Measure(
            "Spark: largest relative difference of a parcel's result",
            apart,
            "1",
            "<= 1e-12 at 1,000,000 parcels",
            apart <= 1e-12 if parcels >= GOAL_PARCELS else None,
        ),
    ]
