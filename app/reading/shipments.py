"""Carriers' shipment footprints on orders, as a file to download: nothing is kept here."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from app.access import needs
from app.people import Right
from carbon import with_shipments


@dataclass(frozen=True)
class Found:
    """What shipment footprints would do to orders.

    Attributes
    ----------
    taken : pandas.DataFrame
    rejects : list of Reject
    orders : bytes
        The orders file with the carrier's figures (CSV).
    """

    sent: int
    rows: int
    filled: int
    taken: pd.DataFrame
    rejects: list[Any]
    orders: bytes


@needs(Right.MANAGE)
def look(sent: Sequence[Path], orders: Path, by: str) -> Found:
    """Return orders with what a carrier reports for their shipments."""
    with tempfile.TemporaryDirectory(prefix="carbon-shipments-") as folder:
        output = Path(folder) / "orders.csv"
        made = with_shipments(orders, sent, output, by)
        content = output.read_bytes()
    taken = pd.DataFrame(
        [(each.order, each.rows, each.footprint.elements, each.footprint.wtw_kg, each.footprint.ttw_kg,
          each.footprint.primary_share) for each in made.taken],
        columns=["order", "rows", "elements", "wtw_kg", "ttw_kg", "primary_share"],
    )  # fmt: skip
    return Found(made.found, made.rows, made.filled, taken, list(made.rejects), content)
