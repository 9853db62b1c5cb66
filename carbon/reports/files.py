"""Writing a report's file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from carbon.errors import ReportError


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


def write_whole(path: Path, write: Callable[[BinaryIO], int | None]) -> int | None:
    """Write a file beside its place and move it there once it is on the disk; return what `write` returns.

    Raises
    ------
    ReportError
        If the file cannot be written; the one that stood there is untouched then.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with os.fdopen(handle, "wb") as stream:
            pages = write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        # A temporary file is private; the report gets the permissions that any new file gets here.
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)
    return pages


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _unwritable(path: Path, error: OSError) -> ReportError:
    return ReportError(
        f"{path}: the report cannot be written\n  found:    {error.strerror or error}\n"
        "  expected: a folder that exists, with room and the right to write\n  mend:     name another file with -o"
    )
