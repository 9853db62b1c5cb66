"""What the label service is started with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Files and limits of a service.

    Attributes
    ----------
    organisation : Path
    state : Path
        Folder of its own: keys, secret, calculations.
    ledger : Path or None
        Of the orders whose labels are asked for.
    items : Path or None
        Items file: mass and size by sku.
    factors : tuple of Path
    places : Path or None
    public_url : str
        By which shoppers reach it, without a slash at the end.
    most_bytes : int
        Of a request's body.
    per_minute : int
        Requests of one address.
    keep_days : float
        How long the calculation of an estimate can be looked at.
    demo : bool
        Whether /demo is served, with estimates that need no key.
    """

    organisation: Path
    state: Path
    ledger: Path | None = None
    items: Path | None = None
    factors: tuple[Path, ...] = ()
    places: Path | None = None
    public_url: str = "http://127.0.0.1:8000"
    most_bytes: int = 65_536
    per_minute: int = 600
    keep_days: float = 30.0
    demo: bool = False
