"""The ledger: an append-only folder of runs, and what is read from it."""

from carbon.ledger.base_year import Restatement, restatements
from carbon.ledger.diff import EFFECTS, Comparison, diff
from carbon.ledger.inventory import Inventory, inventory
from carbon.ledger.manifest import Manifest, Purpose, Reason
from carbon.ledger.period import Period
from carbon.ledger.query import connect, find, lanes, packages, rejects, services, trend
from carbon.ledger.store import Ledger
from carbon.ledger.trace import Explanation, explain
from carbon.ledger.verify import Verification, verify
from carbon.ledger.writer import RunWriter

__all__ = [
    "EFFECTS",
    "Comparison",
    "Explanation",
    "Inventory",
    "Ledger",
    "Manifest",
    "Period",
    "Purpose",
    "Reason",
    "Restatement",
    "RunWriter",
    "Verification",
    "connect",
    "diff",
    "explain",
    "find",
    "inventory",
    "lanes",
    "packages",
    "rejects",
    "restatements",
    "services",
    "trend",
    "verify",
]
