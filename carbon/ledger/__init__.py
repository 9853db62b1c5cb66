"""The ledger: an append-only folder of runs, and what is read from it."""

from carbon.ledger.base_year import Restatement, restatements
from carbon.ledger.diff import EFFECTS, Comparison, diff
from carbon.ledger.edition import EditionEffect, edition_effect
from carbon.ledger.inventory import Inventory, inventory
from carbon.ledger.manifest import Manifest, Purpose, Reason
from carbon.ledger.network import Network, network
from carbon.ledger.period import Period
from carbon.ledger.query import connect, find, lanes, packages, rejects, services, trend
from carbon.ledger.store import Ledger
from carbon.ledger.trace import Explanation, explain
from carbon.ledger.undoing import undo
from carbon.ledger.verify import Verification, verify
from carbon.ledger.warehouses import Warehouses, warehouses
from carbon.ledger.writer import RunWriter

__all__ = [
    "EFFECTS",
    "Comparison",
    "EditionEffect",
    "Explanation",
    "Inventory",
    "Ledger",
    "Manifest",
    "Network",
    "Period",
    "Purpose",
    "Reason",
    "Restatement",
    "RunWriter",
    "Verification",
    "Warehouses",
    "connect",
    "diff",
    "edition_effect",
    "explain",
    "find",
    "inventory",
    "lanes",
    "network",
    "packages",
    "rejects",
    "restatements",
    "services",
    "trend",
    "undo",
    "verify",
    "warehouses",
]
