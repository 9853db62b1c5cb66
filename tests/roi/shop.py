"""The sample merchant's ledger, and the same orders calculated again after the measures were really taken."""

from __future__ import annotations

import copy
import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from carbon import calculate, documents
from carbon.ledger import connect
from carbon.organisation import Organisation
from carbon.sample import write_sample

PARCELS = 400
#: Energy of a haul that states its empty km: the sample's own hauls go by average factors, which hide theirs.
LADEN = {"load": 0.6, "empty_running": 0.3}


@dataclass(frozen=True)
class Shop:
    """A folder with orders, an organisation as plain values, and its ledger."""

    folder: Path
    plain: dict[str, Any]

    @property
    def ledger(self) -> Path:
        """The ledger's folder."""
        return self.folder / "ledger"

    @property
    def organisation(self) -> Organisation:
        """The organisation."""
        return Organisation.model_validate(self.plain)

    def with_measures(self, **schemes: dict[str, Any] | None) -> Organisation:
        """Return the organisation considering these measures only."""
        return Organisation.model_validate(self.plain | {"measures": schemes})

    def sql(self) -> duckdb.DuckDBPyConnection:
        """Return a connection to the ledger's views."""
        return connect(self.ledger)

    def one(self, query: str) -> float:
        """Return the single figure of a query."""
        return float(self.sql().execute(query).fetchone()[0])

    def again(self, folder: Path, change: Callable[[dict], None], orders: Callable[[dict], None] | None = None) -> Shop:
        """Calculate the same orders with another set-up, each row changed where that is said."""
        folder.mkdir()
        plain = copy.deepcopy(self.plain)
        change(plain)
        rows = list(csv.DictReader((self.folder / "orders.csv").open(encoding="utf-8")))
        for row in rows:
            if orders is not None:
                orders(row)
        with (folder / "orders.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return calculated(Shop(folder, plain))


def calculated(shop: Shop) -> Shop:
    """Calculate a shop's orders into its ledger."""
    calculate(shop.folder / "orders.csv", shop.organisation, ledger=shop.ledger)
    return shop


def sample_shop(folder: Path) -> Shop:
    """Write and calculate the sample merchant, whose standard delivery states load and empty km."""
    write_sample(folder, parcels=PARCELS)
    plain = copy.deepcopy(documents.read(folder / "organisation.yaml"))
    plain["services"]["gb_standard"]["chain"] = [dict(leg) for leg in plain["services"]["gb_standard"]["chain"]]
    plain["services"]["gb_standard"]["chain"][0] |= LADEN
    return calculated(Shop(folder, plain))
