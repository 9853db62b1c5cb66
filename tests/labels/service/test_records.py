"""Recorded orders as the service reads them: when the ledger is recalculated, and which folders are no ledger."""

from __future__ import annotations

import pytest

from carbon.errors import LedgerError
from carbon.labels.service import records
from carbon.labels.service.records import Records
from carbon.ledger import verify


def test_a_chain_is_recalculated_once_until_a_run_is_added(service, monkeypatch):
    """Proves that pages share one recalculation, and that a new run, which has another head, is not called whole unseen."""
    asked = []
    monkeypatch.setattr(records, "verify", lambda ledger: asked.append(ledger) or verify(ledger))
    read = Records(service.folder / "ledger")
    head = read.ledger.head_sha256()
    assert [read._verified()[0] for _ in range(2)] == [head, head] and len(asked) == 1
    monkeypatch.setattr(read.ledger, "head_sha256", lambda: "of the next run")
    assert read._verified()[0] == "of the next run" and len(asked) == 2


def test_a_folder_without_a_run_is_refused_at_the_start(tmp_path):
    """Proves that a mistyped ledger ends as a message, not as a service that knows no order."""
    with pytest.raises(LedgerError, match=r"(?s)holds no run.*carbon calculate"):
        Records(tmp_path / "nowhere")
