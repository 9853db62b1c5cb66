"""The engine from a Parquet file to a written ledger, against its peers in the same run. Read this first.

One file of orders, written once. In every round, one after another and each as a process of its own:

- **carbon**: ``carbon calculate``, whole command and run phase (everything after the plan until the run exists);
- **DuckDB COPY**: reads the same columns and writes as many (`benchmarks.copying`), also with zstd as information;
- **pandas**: merges the same tables and computes five stage sums (`benchmarks.merging`), also its leanest form;
- **numpy gather**: the lower limit of writing as many columns (`benchmarks.gathering`);
- **marketplace**: ``carbon calculate`` on orders of which no two parcels share a lane (`benchmarks.data`).

The order of the contenders turns from round to round; medians are taken over the rounds. After them, growth: a tenth
and five times the parcels. Goals are for ten million parcels on two cores; at other sizes nothing is said to hold.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.carbon_run import CarbonRun, calculate, forget
from benchmarks.conditions import Conditions
from benchmarks.measure import BenchmarkError, Measure, Usage, run_python

GOAL_PARCELS = 10_000_000
#: Disk that is needed at most at one time [byte per parcel], from the files' measured sizes, with a third on top:
#: both files of orders and the largest result; five times the orders, their ledger and the ids being compared.
_DISK_ROUNDS_BYTES, _DISK_GROWTH_BYTES = 330, 1_150

Say = Callable[[str], None]


@dataclass
class Rounds:
    """What the contenders used, round by round."""

    folder: Path
    parcels: int
    said: dict[str, Any] = field(default_factory=dict)
    carbon: list[CarbonRun] = field(default_factory=list)
    marketplace: list[CarbonRun] = field(default_factory=list)
    peers: dict[str, list[Usage]] = field(default_factory=lambda: defaultdict(list))

    def contenders(self) -> dict[str, Callable[[], None]]:
        """Return the contenders by name; the first must come first in the first round, the others need its run."""
        return {
            "carbon calculate": self._carbon,
            "DuckDB COPY": lambda: self._peer("copy", "copy.parquet", "copying", "default"),
            "DuckDB COPY, zstd": lambda: self._peer("copy_zstd", "copy.parquet", "copying", "zstd"),
            "pandas merges": lambda: self._peer("pandas", "", "merging"),
            "pandas merges, lean": lambda: self._peer("pandas_lean", "", "merging", "--lean"),
            "numpy gather": lambda: self._peer("gather", "parts", "gathering"),
            "carbon calculate, marketplace": self._marketplace,
        }

    def seconds(self, peer: str) -> float:
        """Return the median of a peer's own clock [s]."""
        return statistics.median(usage.said["seconds"] for usage in self.peers[peer])

    def pandas(self, peer: str) -> tuple[float, float]:
        """Return the medians of a pipeline's seconds and peak [MB] without what it borrows from `carbon`."""
        usages = self.peers[peer]
        return (
            statistics.median(usage.seconds - usage.said["import_s"] for usage in usages),
            statistics.median(usage.peak_mb - usage.said["import_mb"] for usage in usages),
        )

    def _carbon(self) -> None:
        self.carbon.append(calculate(self.folder, self.parcels))
        if not self.said:
            self.said = run_python("-m", "benchmarks.shape", self.folder / "ledger", self.folder).said
        forget(self.folder, "ledger")

    def _marketplace(self) -> None:
        self.marketplace.append(calculate(self.folder, self.parcels, orders="marketplace.parquet"))
        forget(self.folder, "ledger")

    def _peer(self, name: str, result: str, module: str, *options: str) -> None:
        self.peers[name].append(run_python("-m", f"benchmarks.{module}", self.folder, *options))
        if result:
            forget(self.folder, result)


def run(parcels: int, runs: int, *, growth: bool = True, say: Say = lambda text: None) -> list[Measure]:
    """Measure; see the top of this file.

    Parameters
    ----------
    parcels, runs : int
        Parcels in the orders, and rounds.
    growth : bool
        Also measure a tenth and five times the parcels.
    say : callable
        Told what is being done.

    Raises
    ------
    BenchmarkError
        If the disk has not enough room, a process fails, or the code changes meanwhile.
    """
    conditions = Conditions()
    with workspace(parcels, _DISK_GROWTH_BYTES if growth else _DISK_ROUNDS_BYTES, say) as name:
        rounds = Rounds(Path(name), parcels)
        say("writing orders")
        for options in ((), ("--marketplace",)):
            run_python("-m", "benchmarks.data", rounds.folder, parcels, *options)
        _compete(rounds, runs, say)
        forget(rounds.folder, "marketplace.parquet", "orders.parquet")
        measures = [*_measures(rounds), *(_growth(rounds, runs, say) if growth else [])]
    return [*conditions.measures(), *measures]


def workspace(parcels: int, bytes_per_parcel: int, say: Say) -> tempfile.TemporaryDirectory:
    """Return a folder of the system's for temporary files, once there is room in it.

    Raises
    ------
    BenchmarkError
        If there is not.
    """
    need_gb = parcels * bytes_per_parcel / 1e9
    free_gb = shutil.disk_usage(tempfile.gettempdir()).free / 1e9
    say(f"needs up to {need_gb:.1f} GB of disk in {tempfile.gettempdir()}, {free_gb:.1f} GB are free")
    if need_gb > free_gb:
        raise BenchmarkError(
            f"{tempfile.gettempdir()} has {free_gb:.1f} GB free and {need_gb:.1f} GB are needed: "
            "set TMPDIR to another disk, or take fewer --parcels"
        )
    return tempfile.TemporaryDirectory(prefix="carbon-benchmark-")


def _compete(rounds: Rounds, runs: int, say: Say) -> None:
    contenders = list(rounds.contenders().items())
    for number in range(runs):
        turn = number % len(contenders)
        for name, contend in contenders[turn:] + contenders[:turn]:
            say(f"round {number + 1} of {runs}: {name}")
            contend()


def _measures(rounds: Rounds) -> list[Measure]:
    parcels, at_size = rounds.parcels, rounds.parcels == GOAL_PARCELS
    whole_s = statistics.median(each.whole_s for each in rounds.carbon)
    run_s = statistics.median(each.run_s for each in rounds.carbon)
    clocked_s = statistics.median(each.clocked_s for each in rounds.carbon)
    peak_mb = max(each.peak_mb for each in rounds.carbon)
    copy_s = rounds.seconds("copy")
    (pandas_s, pandas_mb), (lean_s, lean_mb) = rounds.pandas("pandas"), rounds.pandas("pandas_lean")
    market_s = statistics.median(each.whole_s for each in rounds.marketplace)
    market_mb = max(each.peak_mb for each in rounds.marketplace)

    def goal(name: str, value: float, limit: float, unit: str = "ratio") -> Measure:
        sign = "<=" if unit == "ratio" else "<"
        holds = value <= limit if sign == "<=" else value < limit
        return Measure(
            name, value, unit, f"{sign} {limit:,.4g} {unit}".removesuffix(" ratio"), holds if at_size else None
        )

    ours, theirs = rounds.said["stages_kg"], rounds.peers["pandas"][0].said["stages_kg"]
    apart = max(abs(theirs[stage] / total_kg - 1) for stage, total_kg in ours.items())
    return [
        Measure("parcels", parcels, "1"),
        Measure("columns read", rounds.said["columns_read"], "1"),
        Measure("columns written", rounds.said["columns_written"], "1"),
        Measure("bytes written per parcel", rounds.said["footprint_bytes"] / parcels, "B"),
        Measure("carbon: whole command", whole_s, "s"),
        Measure("carbon: run phase", run_s, "s"),
        Measure("carbon: run phase by the manifest's clock", clocked_s, "s"),
        goal("carbon: peak memory", peak_mb, 1500, "MB"),
        Measure("carbon: slowest / fastest round", _scatter([each.whole_s for each in rounds.carbon]), "ratio"),
        Measure("DuckDB COPY", copy_s, "s"),
        Measure(
            "DuckDB COPY: slowest / fastest round",
            _scatter([usage.said["seconds"] for usage in rounds.peers["copy"]]),
            "ratio",
        ),
        Measure("DuckDB COPY with zstd", rounds.seconds("copy_zstd"), "s"),
        Measure("numpy gather, the lower limit", rounds.seconds("gather"), "s"),
        goal("run phase / DuckDB COPY", run_s / copy_s, 1.5),
        goal("whole command / DuckDB COPY", whole_s / copy_s, 2.0),
        Measure("run phase / numpy gather", run_s / rounds.seconds("gather"), "ratio"),
        Measure("pandas merges", pandas_s, "s"),
        Measure("pandas merges: peak memory", pandas_mb, "MB"),
        Measure("pandas merges: stage sums differ by", apart, "1", "<= 1e-9", apart <= 1e-9),
        goal("whole command / pandas merges", whole_s / pandas_s, 1.0),
        goal("peak memory / pandas merges", peak_mb / pandas_mb, 1 / 3),
        Measure("pandas merges, lean", lean_s, "s"),
        Measure("pandas merges, lean: peak memory", lean_mb, "MB"),
        Measure("whole command / pandas merges, lean", whole_s / lean_s, "ratio"),
        Measure("peak memory / pandas merges, lean", peak_mb / lean_mb, "ratio"),
        Measure("marketplace: whole command", market_s, "s"),
        goal("marketplace: peak memory", market_mb, 1500, "MB"),
        goal("marketplace / zone file", market_s / whole_s, 1.5),
    ]


def _scatter(values: list[float]) -> float:
    return max(values) / min(values)


def _growth(rounds: Rounds, runs: int, say: Say) -> list[Measure]:
    """Time a tenth and five times the parcels; the start of the command falls out of differences of times."""
    folder, parcels = rounds.folder, rounds.parcels
    few, many = parcels // 10, 5 * parcels
    times, peaks = {parcels: statistics.median(each.whole_s for each in rounds.carbon)}, {}
    for count, repeats in ((few, min(runs, 3)), (many, 1 if runs < 3 else 2)):
        say(f"growth: {count:,} parcels")
        run_python("-m", "benchmarks.data", folder, count)
        measured = []
        for _ in range(repeats):
            measured.append(calculate(folder, count))
            forget(folder, "ledger")
        forget(folder, "orders.parquet")
        times[count] = statistics.median(each.whole_s for each in measured)
        peaks[count] = max(each.peak_mb for each in measured)
    early_s = (times[parcels] - times[few]) / (parcels - few)
    late_s = (times[many] - times[parcels]) / (many - parcels)
    at_size = parcels == GOAL_PARCELS
    # Of very few parcels the start of the command is all there is, and its scatter may outweigh the slope.
    ratio = late_s / early_s if early_s > 0 else None
    return [
        Measure(f"growth: {few:,} parcels", times[few], "s"),
        Measure(f"growth: {many:,} parcels", times[many], "s"),
        Measure(
            "growth: peak memory at five times",
            peaks[many],
            "MB",
            "< 1,500 MB",
            peaks[many] < 1500 if at_size else None,
        ),
        Measure("growth: per parcel up to here", early_s * 1e6, "us"),
        Measure("growth: per parcel from here to five times", late_s * 1e6, "us"),
        Measure(
            "growth: marginal time, from here / up to here",
            ratio,
            "ratio",
            "0.85 to 1.15",
            0.85 <= (ratio or 0) <= 1.15 if at_size else None,
        ),
    ]
