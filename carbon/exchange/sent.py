"""What was sent, as JSON: files of footprints, lists of them, or a service's answers, taken one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from carbon import documents
from carbon.errors import InputError, Where
from carbon.exchange.reject import Reject


def each_footprint(files: Sequence[Path | str]) -> Iterator[tuple[str, int, Any] | Reject]:
    """Yield file, number and data of every footprint; of a file that cannot be read its reject, which counts as one.

    Parameters
    ----------
    files : sequence of Path or str
        Each holds one footprint, a list of them, or an answer of a service (``{"data": ...}``).

    Raises
    ------
    InputError
        If a file is absent: nothing was sent with it that could be refused.
    """
    for path in map(Path, files):
        if not path.is_file():
            raise InputError(
                "no such file", expected="a file that was sent", mend="check the path", where=Where(str(path))
            )
        try:
            found = _footprints_of(path)
        except InputError as error:
            fault, line = error.fault, f"line {error.where.row}" if error.where.row else ""
            found = (fault.values.get("key") if fault else None) or error.found or line or error.problem
            yield Reject(path.name, 0, "", "", "unreadable", str(found)[:300], fault=fault.code if fault else "")
        else:
            yield from ((path.name, number, data) for number, data in enumerate(found, 1))


def word_of(data: Any, key: str) -> str:
    """Return a text field of what was sent, cut where it is long; empty where there is none."""
    value = data.get(key) if isinstance(data, dict) else None
    return value[:200] if isinstance(value, str) else ""


def _footprints_of(path: Path) -> list[Any]:
    found = documents.parse(documents.read_text(path), f"{path.stem}.json")
    if isinstance(found, dict) and "data" in found and "pcf" not in found:
        found = found["data"]
    if isinstance(found, dict):
        return [found]
    if isinstance(found, list) and found:
        return found
    raise InputError("no product footprints", found=type(found).__name__, expected="a footprint, or a list of them")
