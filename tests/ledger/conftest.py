"""One real ledger for the tests that read: the sample merchant's, in two runs of which the first is restated."""

from __future__ import annotations

import pytest

from carbon import calculate
from carbon.ledger import Ledger
from carbon.sample import write_sample


@pytest.fixture(scope="session")
def sample(tmp_path_factory) -> Ledger:
    """The sample merchant's ledger."""
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder, parcels=1500)
    ledger = folder / "ledger"
    inputs = {"ledger": ledger, "lines": folder / "lines.csv"}
    first = calculate(folder / "orders.csv", folder / "organisation.yaml", **inputs).manifest
    calculate(folder / "orders.csv", folder / "organisation.yaml", restate=first.run, reason="late_data", **inputs)
    return Ledger(ledger)
