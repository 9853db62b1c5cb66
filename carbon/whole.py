"""Files that are whole or absent: what stood there stays until what is new is on the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """Open a file beside its place; it takes it at the end of the block, unless that fails.

    Raises
    ------
    OSError
        If it cannot be written; it names the file that was asked for.
    """
    # A name may be as long as the disk allows: that of the partial file must not be longer.
    partial = path.with_name(f".{path.name[:40]}.{uuid4().hex}.partial")
    try:
        with open(partial, "xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(partial, path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all; a text in UTF-8, its ends of lines as they are.

    Raises
    ------
    OSError
        If it cannot be written; it names the file that was asked for.
    """
    with writing(path) as stream:
        stream.write(content if isinstance(content, bytes) else content.encode("utf-8"))
