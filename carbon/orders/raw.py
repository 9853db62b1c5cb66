"""What every kind of input gives: cells as they are, a hash, and whether the file stayed the same meanwhile."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from carbon.errors import OrdersError, Where
from carbon.orders.text import BrokenRow


@dataclass
class RawBatch:
    """Cells as the file has them, before any check."""

    columns: dict[str, pa.Array]
    rows: np.ndarray
    broken: list[BrokenRow] = field(default_factory=list)


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class Unchanged:
    """Remembers size and time of files: a run reads them twice and hashes them, and must see the same bytes.

    Parameters
    ----------
    paths : iterable of Path
    """

    def __init__(self, paths: Iterable[Path]):
        self._stamps = {path: _stamp(path) for path in paths}

    def check(self) -> None:
        """Look again.

        Raises
        ------
        OrdersError
            If a file was written to, replaced or removed since.
        """
        for path, stamp in self._stamps.items():
            now = _stamp(path)
            if now != stamp:
                raise OrdersError(
                    "the file changed while it was read",
                    found="it is gone" if now is None else "another size or time of change",
                    expected="the same file to the end of the run",
                    mend="put it back, then run again" if now is None else "run again once it is complete",
                    where=Where(str(path)),
                )


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
