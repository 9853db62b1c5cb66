"""A measured value, its goal, and the memory and time of a whole process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Measure:
    """What one benchmark line says.

    `value` is None where it cannot be told at this size, `holds` where there is no goal, or none at this size.
    """

    name: str
    value: float | None
    unit: str
    goal: str | None = None
    holds: bool | None = None

    def as_dict(self) -> dict:
        """Return the line as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Usage:
    """What a finished process used, and what it said.

    Attributes
    ----------
    seconds : float
        Wall time from its start to its end [s].
    peak_mb : float
        Peak resident memory [MB].
    busy_s : float
        Time that the process had a core, all threads together [s]: what company takes from the clock it does not take here.
    said : mapping
        The JSON document it printed, if any.
    """

    seconds: float
    peak_mb: float
    said: dict[str, Any] = field(default_factory=dict)
    busy_s: float = 0.0


class BenchmarkError(RuntimeError):
    """A measured process failed, or there is no room to measure."""


def run_python(*arguments: object) -> Usage:
    """Run ``python ARGUMENTS`` as a process of its own and return what it used and said.

    What earlier processes wrote goes to the disk before the clock starts, so that nobody pays for another's writing.
    The kernel counts the memory of the starting process into the peak of the started one: this process must stay
    small, and whatever needs arrays is a process of its own, too.

    Raises
    ------
    BenchmarkError
        With the end of its error output, if it fails.
    """
    os.sync()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=ROOT
        )
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = [_text(stream) for stream in (out, err)]
    if process.returncode != 0:
        raise BenchmarkError(f"{' '.join(map(str, arguments[:3]))} failed: {texts[1][-800:]}")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Usage(
        seconds, kilobytes / 1024, json.loads(texts[0]) if texts[0].strip() else {}, usage.ru_utime + usage.ru_stime
    )


def _text(stream) -> str:
    stream.seek(0)
    return stream.read().decode(errors="replace")
