"""Whether people sign in to the app: what Streamlit's secrets file says, read before the server starts."""

from __future__ import annotations

import importlib.util
import ipaddress
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from carbon.errors import InputError, Where

_TABLES = "auth", "access"


def secrets_files(given: Path | None) -> list[Path]:
    """Return the secrets files that Streamlit is told to read: the one given, else its usual ones."""
    if given is None:
        usual = (base / ".streamlit" / "secrets.toml" for base in (Path.home(), Path.cwd()))
        return list(dict.fromkeys(each.resolve() for each in usual if each.is_file()))
    if not given.is_file():
        raise InputError(
            "no such file", expected="a secrets file", mend="check the path after --secrets", where=Where(str(given))
        )
    return [given.resolve()]


def signs_in(files: Sequence[Path]) -> bool:
    """Whether people sign in.

    Raises
    ------
    InputError
        If they do, but nobody has a role, or the package that does it is absent; or a file is not TOML.
    """
    found: dict[str, Any] = {}
    for file in files:
        found |= {name: each for name, each in _read(file).items() if name in _TABLES}
    if "auth" not in found:
        return False
    where = Where(str(files[-1]))
    if not isinstance(found.get("access"), dict) or not found["access"].get("people"):
        raise InputError(
            "people sign in, but nobody has a role",
            expected='a table [access.people] with lines such as "ana@shop.example" = "admin"',
            mend="add it; docs/app.md shows one",
            where=where,
        )
    if importlib.util.find_spec("authlib") is None:
        raise InputError(
            "sign-in needs the package Authlib",
            found="[auth], and no Authlib",
            mend="pip install 'carbon-per-order[sso]'",
            where=where,
        )
    return True


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            "not TOML", found=str(error)[:160], expected="TOML in UTF-8", mend="correct it", where=Where(str(file))
        ) from None


def loopback(address: str) -> bool:
    """Whether an address reaches this machine only."""
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return address == "localhost"
