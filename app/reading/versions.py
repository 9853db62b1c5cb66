"""Files that the app writes (set-up, own factors): every save keeps the former version, and any can be brought back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from carbon import user_name
from carbon.whole import write_whole

_LOG = "saved.jsonl"


@dataclass(frozen=True)
class Version:
    """One content that a file had.

    Attributes
    ----------
    saved_at : str
        UTC, when it became the file's content; empty for what stood there before the app first wrote.
    who : str
        Empty for what stood there before: nobody knows.
    what : str
        ``first``, ``saved`` or ``restored``.
    """

    sha256: str
    saved_at: str
    who: str
    what: str
    path: Path
    current: bool

    def read(self) -> str:
        """Return the content."""
        return self.path.read_text(encoding="utf-8")


def save(path: Path, text: str, what: str = "saved") -> Version:
    """Make a text the content of a file: whole or not at all; what stood there is kept."""
    if path.exists() and not history(path):
        _keep(path, path.read_bytes(), "first", known_time=False)
    content = text.encode("utf-8")
    _keep(path, content, what)
    write_whole(path, content)
    return history(path)[0]


def restore(path: Path, version: Version) -> Version:
    """Bring a former content back; the present one stays among the versions."""
    return save(path, version.read(), "restored")


def history(path: Path) -> list[Version]:
    """Return the versions of a file, newest first; empty where the app never wrote it."""
    folder = _folder(path)
    try:
        lines = (folder / _LOG).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    found = []
    for number, line in enumerate(lines, 1):
        entry = json.loads(line)
        kept = folder / f"{entry['sha256'][:16]}{path.suffix}"
        found.append(
            Version(
                entry["sha256"],
                entry["at"],
                entry["who"] if entry["at"] else "",
                entry["what"],
                kept,
                number == len(lines) and path.is_file() and _sha256(path.read_bytes()) == entry["sha256"],
            )
        )
    return found[::-1]


def written(folder: Path) -> list[Path]:
    """Return the files of a folder that the app ever wrote, those included that are gone."""
    return sorted(folder / each.parent.name for each in (folder / "versions").glob(f"*/{_LOG}"))


def changed_outside(path: Path) -> bool:
    """Whether the file is no longer what the app last wrote: somebody edited it by hand."""
    known = history(path)
    return bool(known) and path.is_file() and not known[0].current


def _keep(path: Path, content: bytes, what: str, known_time: bool = True) -> None:
    folder = _folder(path)
    folder.mkdir(parents=True, exist_ok=True)
    digest = _sha256(content)
    kept = folder / f"{digest[:16]}{path.suffix}"
    if not kept.exists():
        write_whole(kept, content)
    entry = {
        "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}" if known_time else "",
        "who": user_name() if known_time else "",
        "what": what,
        "sha256": digest,
    }
    with open(folder / _LOG, "a", encoding="utf-8") as log:
        log.write(json.dumps(entry, ensure_ascii=False) + "\n")


def _folder(path: Path) -> Path:
    return path.parent / "versions" / path.name


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
