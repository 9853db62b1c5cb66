"""A report becomes a file, or is said to be unwritable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from carbon.errors import ReportError
from carbon.whole import writing


@dataclass(frozen=True)
class Rendered:
    """What was written.

    Attributes
    ----------
    pages : int or None
        None where the form has no pages.
    replaced : tuple of str
        Characters that no font of the project has.
    """

    path: Path
    pages: int | None
    replaced: tuple[str, ...]


def write_report(path: Path, write: Callable[[BinaryIO], int | None]) -> int | None:
    """Write a report whole or not at all; return what `write` returns.

    Raises
    ------
    ReportError
        If the file cannot be written; the one that stood there is untouched then.
    """
    try:
        with writing(path) as stream:
            return write(stream)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> ReportError:
    return ReportError(
        f"{path}: the report cannot be written\n  found:    {error.strerror or error}\n"
        "  expected: a folder that exists, with room and the right to write\n  mend:     name another file with -o"
    )
