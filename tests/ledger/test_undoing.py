"""Undoing a run: what counted before counts again, nothing is lost, the chain holds, a closed period stays closed."""

from __future__ import annotations

import pytest

from carbon import Ledger, calculate, explain, undo, verify
from carbon.errors import InputError, LedgerError
from carbon.sample import write_sample


@pytest.fixture(scope="module")
def merchant(tmp_path_factory):
    """Return a folder with a ledger of two runs, the second of which restates the first with heavier goods."""
    folder = tmp_path_factory.mktemp("undoing")
    orders, lines, organisation = write_sample(folder, parcels=100)
    text = organisation.read_text(encoding="utf-8")
    organisation.write_text(
        text.replace("base_year: 2025", "base_year: 2025\nrestatement: {threshold: 0.05}", 1), encoding="utf-8"
    )
    first = calculate(orders, organisation, lines=lines, ledger=folder / "ledger").manifest
    calculate(orders, organisation, ledger=folder / "ledger", restate=first.run, reason="late_data")
    return folder


def test_undoing_brings_back_what_was_restated(merchant):
    """Proves that the first run's parcels count again to the last digit, can be explained, and the ledger verifies."""
    ledger = Ledger(merchant / "ledger")
    first, second = ledger.runs()
    made = undo(ledger, second.run)
    assert [each.run for each in ledger.current()] == [made.run]
    assert made.counts["footprints"] == first.counts["footprints"] and made.totals_kg == first.totals_kg
    assert made.supersedes == (second.run,) and second.run in made.notes[-1] and first.run in made.notes[-1]
    told = []
    found = verify(ledger, progress=lambda step, done, expected: told.append((step, done, expected)))
    assert found.ok, found.problems
    assert told == [("verify", each, 3) for each in range(4)]
    parcel = explain(ledger, "HL-0000010")[0]
    assert parcel.agrees and parcel.run == made.run


def test_undoing_a_first_run_leaves_no_parcel(merchant, tmp_path):
    """Proves that a run that restated nothing is undone by an empty one, and that its parcels may be recorded again."""
    orders, organisation = merchant / "orders.csv", merchant / "organisation.yaml"
    ledger = Ledger(tmp_path / "ledger")
    first = calculate(orders, organisation, ledger=ledger.folder).manifest
    made = undo(ledger, first.run)
    assert made.counts["footprints"] == 0 and verify(ledger).ok
    assert made.totals_kg.get("total_co2e_kg", 0.0) == 0.0
    again = calculate(orders, organisation, ledger=ledger.folder).manifest
    assert again.counts == first.counts


def test_the_base_year_asks_for_a_policy(merchant, tmp_path):
    """Proves that letting parcels of the base year go needs a stated threshold once more was recorded after them, that nothing
    is half done without, and that what was recorded last can be taken back as long as nothing stands on it."""
    text = (merchant / "organisation.yaml").read_text(encoding="utf-8").replace("restatement: {threshold: 0.05}\n", "")
    (tmp_path / "organisation.yaml").write_text(text, encoding="utf-8")
    ledger = Ledger(tmp_path / "ledger")
    first, *others = (merchant / "orders.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    runs = []
    for name, rows in (("right.csv", others[:60]), ("wrong.csv", others[60:])):
        (tmp_path / name).write_text(first + "".join(rows), encoding="utf-8")
        made = calculate(tmp_path / name, tmp_path / "organisation.yaml", ledger=ledger.folder)
        runs.append(made.manifest.run)
    with pytest.raises(InputError, match="no threshold"):
        undo(ledger, runs[0])
    assert [each.run for each in ledger.current()] == runs
    made = undo(ledger, runs[1])
    assert [each.run for each in ledger.current()] == [runs[0], made.run] and verify(ledger).ok
    with pytest.raises(InputError, match="no threshold"):
        undo(ledger, runs[0])


def test_what_counts_no_more_cannot_be_undone(merchant):
    """Proves that an undone run is not undone twice, with the way out said."""
    ledger = Ledger(merchant / "ledger")
    with pytest.raises(LedgerError, match="already restated"):
        undo(ledger, ledger.runs()[0].run)


def test_a_closed_period_stays_closed(merchant, tmp_path):
    """Proves that undoing does not change a closed period."""
    ledger = Ledger(tmp_path / "ledger")
    run = calculate(merchant / "orders.csv", merchant / "organisation.yaml", ledger=ledger.folder).manifest.run
    ledger.close("2025")
    with pytest.raises(LedgerError, match="closed"):
        undo(ledger, run)
