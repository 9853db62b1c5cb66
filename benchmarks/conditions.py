"""Whether a measurement may be believed: the code stayed the same, and nobody else used the cores."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

from benchmarks.measure import ROOT, BenchmarkError, Measure

_MEASURED = ("carbon", "factors", "benchmarks", "app")


class Conditions:
    """Looks at the code and at the machine's clock of work when made, and again at the end."""

    def __init__(self, root: Path = ROOT):
        self._root, self._code = root, code_sha256(root)
        self._busy_s, self._own_s, self._since_s = _busy_s(), _own_s(), time.monotonic()

    def measures(self) -> list[Measure]:
        """Return how many cores others have used on average.

        Raises
        ------
        BenchmarkError
            If the code is not the one measured at the beginning: medians over two programs mean nothing.
        """
        if code_sha256(self._root) != self._code:
            raise BenchmarkError("the code changed while it was measured: measure again, or in a copy of the folder")
        if self._busy_s is None:
            return []
        others_s = (_busy_s() - self._busy_s) - (_own_s() - self._own_s)
        cores = max(others_s / (time.monotonic() - self._since_s), 0.0)
        return [Measure("cores of the machine", os.cpu_count() or 1, "1"), Measure("cores used by others", cores, "1")]


def code_sha256(root: Path) -> str:
    """Return the hash of all that takes part: code, tables, and the benchmarks themselves."""
    total = hashlib.sha256()
    for path in sorted(path for name in _MEASURED for path in (root / name).rglob("*")):
        if path.suffix in (".py", ".yaml") and path.is_file():
            total.update(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes())
    return total.hexdigest()


def _busy_s() -> float | None:
    """Return how long all cores together have worked since the machine started [s]; None where it does not say."""
    try:
        first = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    except OSError:
        return None
    user, nice, system, _idle, _waiting, interrupts, soft_interrupts = map(int, first[1:8])
    return (user + nice + system + interrupts + soft_interrupts) / os.sysconf("SC_CLK_TCK")


def _own_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
