"""Keys of shops: who may ask what, from where, how often. Kept hashed; a key itself is shown once, when it is made.

A key is ``cpo_ID_SECRET``. The secret has 256 random bits, so that one SHA-256 is enough to keep it: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from carbon.errors import InputError, Where

_KEY = re.compile(r"cpo_([0-9a-z]{8})_([0-9A-Za-z_-]{43})")
_SHOP = re.compile(r"[\w.-]{1,64}")
_BYTES = 32
FILE = "keys.json"


class Scope(StrEnum):
    """What a key may ask."""

    ESTIMATE = "estimate"
    LABELS = "labels"


@dataclass(frozen=True)
class ShopKey:
    """One key of a shop.

    Attributes
    ----------
    id : str
        Public part, for logs and lists.
    sha256 : str
        Of the secret.
    origins : tuple of str
        Web origins whose pages may use it, such as ``https://shop.example``; none: no page may, servers only.
    per_minute : int
        Requests it may make.
    created, expires : str
        ISO 8601; an empty `expires` is never.
    """

    id: str
    shop: str
    sha256: str
    scopes: tuple[Scope, ...]
    origins: tuple[str, ...] = ()
    per_minute: int = 600
    created: str = ""
    expires: str = ""

    def is_valid(self, now: datetime) -> bool:
        """Whether it has not expired."""
        return not self.expires or now < datetime.fromisoformat(self.expires)

    def may(self, scope: Scope) -> bool:
        """Whether it may ask this."""
        return scope in self.scopes


@dataclass
class KeyRing:
    """The keys of a state folder; read again when the file has changed, so that a rotation needs no restart."""

    folder: Path
    _keys: dict[str, ShopKey] = field(default_factory=dict)
    _read_at: tuple[int, int] = (0, -1)

    @property
    def path(self) -> Path:
        """Of the file."""
        return self.folder / FILE

    def keys(self) -> dict[str, ShopKey]:
        """Return the keys by id.

        Raises
        ------
        InputError
            If the file is no list of keys.
        """
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return {}
        stamp = (found.st_mtime_ns, found.st_size)
        if stamp != self._read_at:
            self._keys, self._read_at = self._read(), stamp
        return self._keys

    def find(self, text: str, now: datetime | None = None) -> ShopKey | None:
        """Return whose key a text is; None for a text that is no key, is unknown, or has expired."""
        match = _KEY.fullmatch(text)
        known = self.keys().get(match[1]) if match else None
        if known is None or not hmac.compare_digest(_digest(match[2]), known.sha256):
            return None
        return known if known.is_valid(now or datetime.now(UTC)) else None

    def origins(self) -> frozenset[str]:
        """Return every origin that some key allows."""
        return frozenset(origin for key in self.keys().values() for origin in key.origins)

    def create(
        self, shop: str, scopes: tuple[Scope, ...], origins: tuple[str, ...] = (), per_minute: int = 600
    ) -> tuple[ShopKey, str]:
        """Make a key; return it, and the text that is told once.

        Raises
        ------
        InputError
            If the shop's name, an origin or the rate cannot be.
        """
        if not _SHOP.fullmatch(shop):
            raise InputError("not a name of a shop", found=shop, expected="1 to 64 letters, digits, - _ .")
        if not scopes:
            raise InputError("a key without a scope", expected=", ".join(Scope))
        if not 1 <= per_minute <= 1_000_000:
            raise InputError("an impossible rate", found=per_minute, expected="1 to 1,000,000 requests a minute")
        origins = tuple(dict.fromkeys(_origin(each) for each in origins))
        if Scope.LABELS in scopes and origins:
            raise InputError(
                "a key for web pages may not read labels of orders",
                found=", ".join(origins),
                expected="--scope estimate with --origin, or --scope labels without",
                mend="make two keys: anybody can read the one in a page",
            )
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return self._add(ShopKey("", shop, "", scopes, origins, per_minute, now))

    def rotate(self, key_id: str, overlap_hours: float = 24.0) -> tuple[ShopKey, str]:
        """Make a key like another, which holds for so many hours more."""
        old = self._known(key_id)
        made, text = self._add(replace(old, created=datetime.now(UTC).isoformat(timespec="seconds"), expires=""))
        until = datetime.now(UTC) + timedelta(hours=overlap_hours)
        self._write({**self._fresh(), key_id: replace(old, expires=until.isoformat(timespec="seconds"))})
        return made, text

    def revoke(self, key_id: str) -> ShopKey:
        """Take a key away at once."""
        old = self._known(key_id)
        self._write({name: key for name, key in self._fresh().items() if name != key_id})
        return old

    # The file ------------------------------------------------------------------------------------------------------

    def _known(self, key_id: str) -> ShopKey:
        known = self._fresh()
        if key_id not in known:
            raise InputError(
                "no such key",
                found=key_id,
                expected=", ".join(known) or "a key; there is none",
                where=Where(str(self.path)),
            )
        return known[key_id]

    def _add(self, like: ShopKey) -> tuple[ShopKey, str]:
        key_id = "".join(secrets.choice("0123456789abcdefghijklmnopqrstuvwxyz") for _ in range(8))
        secret = secrets.token_urlsafe(_BYTES)
        made = replace(like, id=key_id, sha256=_digest(secret))
        self._write({**self._fresh(), key_id: made})
        return made, f"cpo_{key_id}_{secret}"

    def _fresh(self) -> dict[str, ShopKey]:
        return self._read() if self.path.exists() else {}

    def _read(self) -> dict[str, ShopKey]:
        try:
            listed = json.loads(self.path.read_text(encoding="utf-8"))
            if not isinstance(listed, list):
                raise TypeError(f"{type(listed).__name__} in place of a list")
            keys = [
                ShopKey(**each | {"scopes": tuple(map(Scope, each["scopes"])), "origins": tuple(each["origins"])})
                for each in listed
            ]
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(
                "not a file of keys",
                found=str(error)[:200],
                expected="what `carbon keys create` writes",
                where=Where(str(self.path)),
            ) from error
        return {key.id: key for key in keys}

    def _write(self, keys: dict[str, ShopKey]) -> None:
        from filelock import FileLock  # a service only reads

        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(self.path.with_suffix(".lock")):
            partial = self.path.with_suffix(".partial")
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump([asdict(key) for key in keys.values()], file, indent=1)
            partial.replace(self.path)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _origin(text: str) -> str:
    parts = urlsplit(text.strip().rstrip("/"))
    local = parts.hostname in ("localhost", "127.0.0.1")
    if parts.scheme not in ("https", "http") or not parts.netloc or parts.path or parts.query or parts.username:
        raise InputError("not a web origin", found=text, expected="such as https://shop.example")
    if parts.scheme == "http" and not local:
        raise InputError("an origin without encryption", found=text, expected="https, or http on localhost")
    return f"{parts.scheme}://{parts.netloc.lower()}"
