"""Files that are whole or absent: hashing, replacing atomically, and what to say of a disk that fails."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from carbon.errors import LedgerError
from carbon.ledger.manifest import problem

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def literal_path(path: Path) -> str:
    """Return a path in which ``* ? [`` stand for themselves, as DuckDB reads it."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path))


def sync(path: Path) -> None:
    """Wait until a file, or a folder's list of names, is on the disk."""
    if path.is_dir() and os.name == "nt":  # Windows has no handle on a folder
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def stage(path: Path, content: bytes) -> None:
    """Write a file's content beside it and wait for the disk; `put` lets it take its place."""
    beside = _beside(path)
    try:
        with open(beside, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def put(path: Path) -> None:
    """Let what was staged take its place, at once."""
    os.replace(_beside(path), path)
    sync(path.parent)


def replace(path: Path, content: bytes) -> None:
    """Replace a file by another content: readers see the old or the new one, whole."""
    stage(path, content)
    put(path)


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".tmp")


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn an OSError into a LedgerError that names the file and the way out."""
    try:
        yield
    except OSError as error:
        raise disk_error(path, error) from error


def disk_error(path: Path, error: OSError) -> LedgerError:
    """Return what to say of a failed write."""
    file = error.filename or path
    if error.errno in _FULL:
        return problem(
            file, "the disk is full; nothing of this run was kept", "free some space, or use a ledger on another disk"
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return problem(file, f"cannot be written: {os.strerror(error.errno)}", "give yourself the right to write there")
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return problem(file, "is a file where the ledger needs a folder", "name another folder as the ledger")
    said = os.strerror(error.errno) if error.errno else str(error)
    return problem(file, f"cannot be written: {said}", "check the disk, then run again; nothing of this run was kept")
