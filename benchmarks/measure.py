"""A measured value, its goal, and the memory and time of a whole process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Measure:
    """What one benchmark line says; `holds` is None where there is no goal at this size."""

    name: str
    value: float
    unit: str
    goal: str | None = None
    holds: bool | None = None

    def as_dict(self) -> dict:
        """Return the line as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Usage:
    """Wall time [s] and peak resident memory [MB] of one finished process."""

    seconds: float
    peak_mb: float


def run_module(*arguments: str) -> Usage:
    """Run ``python ARGUMENTS`` as a process of its own and return what it used.

    Raises
    ------
    RuntimeError
        With the end of its error output, if it fails.
    """
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{arguments[:3]} failed: {errors.decode(errors='replace')[-800:]}")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Usage(time.perf_counter() - started, kilobytes / 1024)
