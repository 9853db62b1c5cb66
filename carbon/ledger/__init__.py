"""The ledger: an append-only folder of runs, and what is read from it."""

from typing import TYPE_CHECKING

from carbon.lazy import lend

if TYPE_CHECKING:
    from carbon.ledger.article_totals import ArticleTotals, article_totals
    from carbon.ledger.base_year import Restatement, restatements
    from carbon.ledger.carriers import Carriers, carriers
    from carbon.ledger.cells import Cells
    from carbon.ledger.diff import EFFECTS, Comparison, diff
    from carbon.ledger.edition import EditionEffect, edition_effect
    from carbon.ledger.findings import Finding
    from carbon.ledger.inventory import Inventory, inventory
    from carbon.ledger.manifest import Manifest, Purpose, Reason, acting_as, user_name
    from carbon.ledger.network import Network, network
    from carbon.ledger.period import Period
    from carbon.ledger.query import connect, find, lanes, near_ids, packages, rejects, services, trend
    from carbon.ledger.sampling import AuditSample, audit_sample
    from carbon.ledger.sign_offs import Review, SignOffs, read_sign_offs, review, sign_off_text
    from carbon.ledger.store import Ledger
    from carbon.ledger.subjects import Subject, subjects
    from carbon.ledger.trace import Explanation, explain
    from carbon.ledger.undoing import undo
    from carbon.ledger.verify import Verification, verify
    from carbon.ledger.warehouses import Warehouses, warehouses
    from carbon.ledger.writer import RunWriter

__all__ = [
    "EFFECTS",
    "ArticleTotals",
    "AuditSample",
    "Carriers",
    "Cells",
    "Comparison",
    "EditionEffect",
    "Explanation",
    "Finding",
    "Inventory",
    "Ledger",
    "Manifest",
    "Network",
    "Period",
    "Purpose",
    "Reason",
    "Restatement",
    "Review",
    "RunWriter",
    "SignOffs",
    "Subject",
    "Verification",
    "Warehouses",
    "acting_as",
    "article_totals",
    "audit_sample",
    "carriers",
    "connect",
    "diff",
    "edition_effect",
    "explain",
    "find",
    "inventory",
    "lanes",
    "near_ids",
    "network",
    "packages",
    "read_sign_offs",
    "rejects",
    "restatements",
    "review",
    "services",
    "sign_off_text",
    "subjects",
    "trend",
    "undo",
    "user_name",
    "verify",
    "warehouses",
]

lend(
    __name__,
    {
        "carbon.ledger.article_totals": "ArticleTotals article_totals",
        "carbon.ledger.base_year": "Restatement restatements",
        "carbon.ledger.carriers": "Carriers carriers",
        "carbon.ledger.cells": "Cells",
        "carbon.ledger.diff": "EFFECTS Comparison diff",
        "carbon.ledger.edition": "EditionEffect edition_effect",
        "carbon.ledger.inventory": "Inventory inventory",
        "carbon.ledger.manifest": "Manifest Purpose Reason acting_as user_name",
        "carbon.ledger.network": "Network network",
        "carbon.ledger.period": "Period",
        "carbon.ledger.query": "connect find lanes near_ids packages rejects services trend",
        "carbon.ledger.sampling": "AuditSample audit_sample",
        "carbon.ledger.sign_offs": "Review SignOffs read_sign_offs review sign_off_text",
        "carbon.ledger.store": "Ledger",
        "carbon.ledger.subjects": "Subject subjects",
        "carbon.ledger.trace": "Explanation explain",
        "carbon.ledger.undoing": "undo",
        "carbon.ledger.findings": "Finding",
        "carbon.ledger.verify": "Verification verify",
        "carbon.ledger.warehouses": "Warehouses warehouses",
        "carbon.ledger.writer": "RunWriter",
    },
)
