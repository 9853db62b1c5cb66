"""The ledger: an append-only folder of runs, and what is read from it."""

from carbon.ledger.inventory import Inventory, inventory
from carbon.ledger.manifest import Manifest
from carbon.ledger.period import Period
from carbon.ledger.query import connect, find, lanes, packages, rejects, services, trend
from carbon.ledger.store import Ledger
from carbon.ledger.trace import Explanation, explain
from carbon.ledger.verify import Verification, verify
from carbon.ledger.writer import RunWriter

__all__ = [
    "Explanation",
    "Inventory",
    "Ledger",
    "Manifest",
    "Period",
    "RunWriter",
    "Verification",
    "connect",
    "explain",
    "find",
    "inventory",
    "lanes",
    "packages",
    "rejects",
    "services",
    "trend",
    "verify",
]
