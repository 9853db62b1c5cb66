"""The file of refused rows that a user asks for: written as they come, whole or absent."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from carbon.errors import InputError, Where, WorkError
from carbon.orders.rejects import Reject, RejectsCsv


class RejectsFile:
    """Takes rejects piece by piece; use it as a context manager.

    They are written beside the file and take its name at the end, if `complete` was called: then every row was seen, even
    if the run came to nothing. What is no plain file (a pipe, ``/dev/stdout``) is written to as it is.

    Parameters
    ----------
    path : path
        Opened at once: a place that cannot be written must stop a run, not follow it.

    Raises
    ------
    InputError, OSError
        If nothing can be written there.
    """

    def __init__(self, path: Path | str):
        given = Path(path)
        in_place = given.exists() and not given.is_file()
        self._path = given if in_place else given.resolve()
        if given.is_dir():
            raise InputError(
                "a folder stands where the refused rows are to be written",
                expected="the name of a file",
                mend=f"name a file in it, such as {Path(path) / 'rejects.csv'}",
                where=Where(str(path)),
            )
        if not self._path.parent.is_dir():
            raise InputError(
                "the folder for the refused rows does not exist",
                found=str(self._path.parent),
                expected="a folder",
                mend="make it, or name another one",
                where=Where(str(path)),
            )
        if self._path.is_file():
            self._path.open("a").close()  # a file that is not ours to write is not ours to replace
        self._beside = self._path if in_place else self._path.with_name(self._path.name + ".unfinished")
        self._stream = self._beside.open("wb")
        self._csv = RejectsCsv(self._stream)
        self._complete = False

    def write(self, rejects: Iterable[Reject]) -> None:
        """Add refused rows."""
        with self._said():
            self._csv.write(rejects)

    def complete(self) -> None:
        """Say that there are no more; all of them are on the disk afterwards."""
        with self._said():
            self._csv.close()
            self._stream.flush()
        with contextlib.suppress(OSError):  # a pipe has no disk to wait for
            os.fsync(self._stream.fileno())
        self._complete = True

    @contextlib.contextmanager
    def _said(self) -> Iterator[None]:
        """Name the file where its disk fails."""
        try:
            yield
        except (OSError, pa.ArrowException) as error:
            reason = os.strerror(error.errno) if getattr(error, "errno", None) else str(error)
            raise WorkError(
                f"{self._path}: the refused rows cannot be written; nothing was recorded\n"
                f"  found:    {reason}\n"
                "  mend:     free some space, or name a file on another disk"
            ) from error

    def __enter__(self) -> RejectsFile:
        return self

    def __exit__(self, *failure: Any) -> None:
        with contextlib.suppress(OSError):  # what matters was flushed, or is given up
            self._stream.close()
        if self._beside == self._path:
            return
        stopped = failure[0] is not None and not issubclass(failure[0], Exception)  # from outside: Ctrl-C, a kill
        if self._complete and not stopped:
            self._beside.replace(self._path)
        else:
            self._beside.unlink(missing_ok=True)
