"""What the public page of a calculation is made from: the cart of an estimate, or the order of a label, by an id nobody can guess.

An id is a keyed hash of what it stands for: the same cart has the same one, and without the service's secret no id leads
to the next. Estimates are kept for some days, orders for good. Written in the background, many at once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import queue
import secrets
import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import orjson

_SECRET, _STORE = "secret", "calculations.sqlite"
_ID_BYTES = 16
_PAUSE_S = 0.1
_DAY_S = 86_400.0
_CREATE = "CREATE TABLE IF NOT EXISTS calculations (id TEXT PRIMARY KEY, kind TEXT, at REAL, what BLOB) WITHOUT ROWID"
_INSERT = "INSERT INTO calculations VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at"


@dataclass(frozen=True)
class Kept:
    """What an id stands for: `kind` is estimate, order or product."""

    kind: str
    at_s: float
    what: dict


class Calculations:
    """The store of a state folder; threads and several workers may use it.

    Parameters
    ----------
    folder : Path
    keep_days : float
        How long an estimate can be looked at.
    """

    def __init__(self, folder: Path, keep_days: float = 30.0):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path, self._keep_s = folder / _STORE, keep_days * _DAY_S
        self._keyed = hmac.new(_secret(folder / _SECRET), digestmod="sha256")
        self._waiting: queue.SimpleQueue = queue.SimpleQueue()
        self._fresh: dict[str, Kept] = {}
        self._ended = threading.Event()
        with self._connected() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(_CREATE)
        self._thread = threading.Thread(target=self._work, name="calculations", daemon=True)
        self._thread.start()

    def keep(self, kind: str, what: dict) -> str:
        """Return the id of what a calculation is made from, and see that it is kept."""
        text = orjson.dumps([kind, what], option=orjson.OPT_SORT_KEYS)
        keyed = self._keyed.copy()  # the secret is worked in once
        keyed.update(text)
        name = base64.b32encode(keyed.digest()[:_ID_BYTES]).decode().rstrip("=").lower()
        if name not in self._fresh:
            kept = Kept(kind, time.time(), what)
            self._fresh[name] = kept
            self._waiting.put((name, kept))
        return name

    def find(self, name: str) -> Kept | None:
        """Return what an id stands for; None where it is unknown, or was an estimate that is too old."""
        fresh = self._fresh.get(name)
        if fresh is not None:
            return fresh
        with self._connected() as connection:
            row = connection.execute("SELECT kind, at, what FROM calculations WHERE id = ?", (name,)).fetchone()
        if row is None or (row[0] == "estimate" and row[1] < time.time() - self._keep_s):
            return None
        return Kept(row[0], row[1], orjson.loads(row[2]))

    def close(self) -> None:
        """Write what is waiting."""
        self._ended.set()
        self._thread.join()

    def _work(self) -> None:
        swept_s = 0.0
        connection = self._connected()
        # What the last moment before a power failure added may be lost; the file stays whole.
        connection.execute("PRAGMA synchronous = NORMAL")
        while True:
            ended = self._ended.wait(_PAUSE_S)
            rows, names = [], []
            while not self._waiting.empty():
                name, kept = self._waiting.get()
                rows.append((name, kept.kind, kept.at_s, orjson.dumps(kept.what)))
                names.append(name)
            if rows:
                with connection:
                    connection.executemany(_INSERT, rows)
                for name in names:
                    self._fresh.pop(name, None)
            if time.time() - swept_s > _DAY_S / 24:
                swept_s = time.time()
                with connection:
                    connection.execute(
                        "DELETE FROM calculations WHERE kind = 'estimate' AND at < ?", (swept_s - self._keep_s,)
                    )
            if ended:
                connection.close()
                return

    def _connected(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=10.0)


def _secret(path: Path) -> bytes:
    """Return the service's secret, made at the first start and readable by its owner alone."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return hashlib.sha256(path.read_bytes()).digest()
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(32))
    return hashlib.sha256(path.read_bytes()).digest()
