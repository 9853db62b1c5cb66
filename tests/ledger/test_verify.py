"""Whatever is changed in a ledger is found; what may be erased may be erased."""

from __future__ import annotations

import shutil
from datetime import date

import pytest

from carbon.errors import InputError, LedgerError
from carbon.ledger import Ledger, Period, verify
from tests.ledger.build import SCHEMA, footprints, ids, record


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Three runs, one of them restated, with rejects and a closed period."""
    ledger = Ledger(tmp_path_factory.mktemp("made") / "ledger")
    first = record(ledger, ids(30), rejects=2)
    record(ledger, ids(30, first=30), first=date(2025, 2, 1))
    record(ledger, ids(30), rejects=1, restates=first.run, seed=5)
    ledger.close("2024")
    ledger.close("2023-12")
    assert verify(ledger.folder).ok
    return ledger.folder


@pytest.fixture
def ledger(made, tmp_path):
    """A copy to spoil."""
    return Ledger(shutil.copytree(made, tmp_path / "ledger"))


def _files(ledger: Ledger):
    return [path for path in sorted(ledger.folder.rglob("*")) if path.is_file() and path.name != ".lock"]


def test_any_changed_byte_is_found(ledger):
    """Proves that no byte of any file can change unseen, over its length, nor any file be cut short."""
    assert len(_files(ledger)) == 3 * 5 + 2 + 2
    for path in _files(ledger):
        content = path.read_bytes()
        step = max(len(content) // (16 if path.name == "HEAD" else 4), 1)
        for position in {*range(0, len(content), step), len(content) - 1}:
            spoilt = bytearray(content)
            spoilt[position] ^= 0x01
            path.write_bytes(bytes(spoilt))
            found = verify(ledger.folder)
            assert not found.ok and found.problems, f"{path.name} at {position}"
        path.write_bytes(content[:-1])
        assert not verify(ledger.folder).ok, f"{path.name} cut short"
        path.write_bytes(content)
    assert verify(ledger.folder).ok


def test_a_missing_file_is_found_unless_it_is_a_rejects_file(ledger):
    """Proves that rejects are erasable, said to be erased, and nothing else is."""
    for path in _files(ledger):
        content = path.read_bytes()
        path.unlink()
        found = verify(ledger.folder)
        if path.parent.name == "rejects":
            assert found.ok and found.erased == [str(path)]
        elif path.name != "closed.jsonl":
            assert not found.ok, path.name
        path.write_bytes(content)


def test_a_missing_run_is_found(ledger):
    """Proves the chain: no run can be taken out, the first, the middle or the last."""
    for run in ledger.run_ids():
        kept = ledger.folder.parent / "kept"
        shutil.move(ledger.run_folder(run), kept)
        assert not verify(ledger.folder).ok
        shutil.move(kept, ledger.run_folder(run))
    assert verify(ledger.folder).ok


def test_a_hash_kept_elsewhere_finds_a_ledger_cut_back(ledger):
    """Proves what the printed hash is for: the newest run and HEAD taken back together are seen only by it."""
    anchored = verify(ledger.folder).head_sha256
    shutil.copy(ledger.folder / "HEAD", ledger.folder.parent / "HEAD")
    shutil.rmtree(ledger.run_folder(ledger.run_ids()[-1]))
    (ledger.folder / "HEAD").unlink()
    assert not verify(ledger.folder).ok
    assert not verify(ledger.folder, head_sha256=anchored).ok


def test_strange_files_are_found(ledger):
    """Proves that nothing can be slipped into a run."""
    (ledger.run_folder(ledger.run_ids()[0]) / "more.txt").write_text("x")
    assert "does not belong" in str(verify(ledger.folder).problems[0])


def test_nothing_is_added_to_a_ledger_that_was_changed(ledger):
    """Proves that a writer refuses a HEAD that does not fit the runs."""
    (ledger.folder / "HEAD").write_bytes((ledger.folder / "HEAD").read_bytes().replace(b"a", b"b"))
    with pytest.raises(LedgerError, match="carbon verify"):
        ledger.begin(SCHEMA)


def test_no_folder():
    """Proves that a wrong path is not called a whole ledger."""
    assert not verify("nowhere/at/all").ok


def test_a_closed_period_takes_no_parcels(tmp_path):
    """Proves closing: new parcels and restating are refused with the way out, reopening lets them in again."""
    ledger = Ledger(tmp_path)
    first = record(ledger, ids(5))
    ledger.close("2025-01")
    before = {path: path.read_bytes() for path in _files(ledger)}
    with pytest.raises(LedgerError, match="2025-01") as caught, ledger.begin(SCHEMA) as writer:
        writer.write(footprints(ids(5, first=5), first=date(2025, 1, 30), days=9))
    assert "reopen" in str(caught.value)
    with pytest.raises(LedgerError, match="closed"):
        ledger.begin(SCHEMA, restates=first.run)
    assert {path: path.read_bytes() for path in _files(ledger)} == before
    record(ledger, ids(5, first=5), first=date(2025, 2, 1))
    ledger.reopen("2025-01")
    record(ledger, ids(5), restates=first.run)
    assert ledger.closed_periods() == []
    assert verify(tmp_path).ok


def test_closed_periods_are_joined_and_cut(tmp_path):
    """Proves that closing adds months, and that reopening a part leaves the rest closed."""
    ledger = Ledger(tmp_path)
    ledger.close("2024")
    ledger.close("2025-01..2025-02")
    ledger.reopen("2024-06")
    assert [str(each) for each in ledger.closed_periods()] == ["2024-01..2024-05", "2024-07..2025-02"]


@pytest.mark.parametrize("text", ["2025", "2025-06", "2025-01..2025-06", "2024..2025", "2025-11..2026-02"])
def test_periods_read_and_write(text):
    """Proves that a period's label is read back as the same period."""
    period = Period.from_text(text)
    assert Period.from_text(period.label) == period and period.label == text
    assert period.contains(period.first_day) and period.contains(period.last_day)
    assert len(period.months()) == 12 * (period.last_day.year - period.first_day.year) + (
        period.last_day.month - period.first_day.month + 1
    )


@pytest.mark.parametrize(
    "text", ["", "25", "2025-13", "2025-1", "2025-06..2025-01", "2025..", "a..b..c", "2025-06-01", "x' OR 1=1"]
)
def test_what_is_not_a_period(text):
    """Proves that other texts are refused with the forms that are accepted."""
    with pytest.raises(InputError, match="not a period") as caught:
        Period.from_text(text)
    assert "2025-01..2025-06" in str(caught.value)
