"""A run is whole or not at all, whatever happens to its writer; a parcel counts once."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from carbon.errors import LedgerError
from carbon.ledger import Ledger, verify
from carbon.ledger import writer as writing
from tests.ledger.build import FACTORS, PLAN, SCHEMA, activity_of, files_of, footprints, ids, record, reject

ROOT = Path(__file__).resolve().parents[2]


def test_a_run_is_read_back_as_it_was_written(tmp_path):
    """Proves what the manifest says: counts, period, totals, hashes, the link to the run before, and who made it."""
    ledger = Ledger(tmp_path / "ledger")
    first, second = record(ledger, ids(40), rejects=2), record(ledger, ids(5, first=40))
    assert [each.run for each in ledger.runs()] == [first.run, second.run]
    assert ledger.head() == second
    assert first.counts == {"rows": 42, "footprints": 40, "rejects": 2}
    assert first.reject_reasons == {"missing": 2}
    assert (str(first.period.first_day), str(first.period.last_day)) == ("2025-01-01", "2025-01-28")
    assert first.previous_manifest_sha256 is None
    assert second.previous_manifest_sha256 is not None
    assert first.matches == {"global": 8 * 40}
    assert set(first.files) >= {
        "footprints.parquet/part-00000.parquet",
        "activity.parquet",
        "plan.parquet",
        "factors.json",
    }
    stored = pq.read_table(ledger.file(first.run, "footprints.parquet"))
    assert stored.num_rows == 40
    assert np.isclose(sum(stored["total_co2e_kg"].to_pylist()), first.totals_kg["total_co2e_kg"], rtol=1e-12)
    assert verify(tmp_path / "ledger").ok


def test_the_user_is_named_without_an_address(tmp_path, monkeypatch):
    """Proves that no e-mail address enters a manifest."""
    monkeypatch.setenv("CARBON_USER", "jo@example.org")
    assert record(Ledger(tmp_path), ids(1)).who == "jo"


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_exception_leaves_nothing(tmp_path, stop):
    """Proves that a writer left early, by a fault, Ctrl-C or a signal, leaves the ledger as it was."""
    ledger = Ledger(tmp_path)
    record(ledger, ids(3))
    before = files_of(tmp_path)
    with pytest.raises(stop), ledger.begin(SCHEMA) as writer:
        writer.write(footprints(ids(10, first=3)))
        writer.reject([reject(11)])
        raise stop()
    assert files_of(tmp_path) == before
    assert record(ledger, ids(2, first=3)).counts["footprints"] == 2


_KILLED = """
    import os, signal, sys
    from carbon.ledger import Ledger, writer as writing
    from tests.ledger.build import *
    folder, point = sys.argv[1:]
    def stop(*_, **__):
        os.kill(os.getpid(), signal.SIGKILL)
    if point == "manifest":
        writing.stage = stop
    elif point == "rejects moved":
        writing.RunWriter._manifest = stop
    elif point == "put manifest":
        writing.put = stop
    elif point == "head":
        put = writing.put
        writing.put = lambda path: stop() if path.name == "HEAD" else put(path)
    made = footprints(ids(10, first=3))
    with Ledger(folder).begin(SCHEMA) as writer:
        writer.write(made)
        writer.reject([reject(11)])
        if point == "between writes":
            stop()
        writer.finish(activity=activity_of(made), plan=PLAN, factors_json=FACTORS, rows=11)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
@pytest.mark.parametrize("point", ["between writes", "rejects moved", "manifest", "put manifest", "head"])
def test_a_killed_writer_leaves_a_whole_ledger(tmp_path, point):
    """Proves with kill -9 at every step that readers see a whole ledger, and that the next writer cleans up."""
    ledger = Ledger(tmp_path / "ledger")
    record(ledger, ids(3))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_KILLED), str(ledger.folder), point], env=environment, cwd=ROOT
    )
    assert done.returncode == -signal.SIGKILL
    expected = 2 if point == "head" else 1
    assert len(ledger.runs()) == expected
    assert verify(ledger.folder).problems == []
    free = 3 if point != "head" else 20
    record(ledger, ids(4, first=free))
    found = verify(ledger.folder)
    assert (found.problems, found.runs) == ([], expected + 1)
    known = set(ledger.run_ids())
    assert {path.name for path in (ledger.folder / "runs").iterdir()} == known
    assert {path.stem for path in (ledger.folder / "rejects").iterdir()} <= known
    assert not list(ledger.folder.rglob("*.tmp"))


@pytest.mark.parametrize(
    "name", ["footprints.parquet", "rejects.parquet", "activity.parquet", "factors.json", "manifest.json"]
)
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path, monkeypatch, name):
    """Proves that running out of space in any file gives file and mend, and nothing half-written."""
    ledger = Ledger(tmp_path)
    record(ledger, ids(3))
    before = files_of(tmp_path)

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)

    if name == "footprints.parquet":
        monkeypatch.setattr(Path, "write_bytes", full)
    elif name == "rejects.parquet":
        real = pq.ParquetWriter.write_table
        monkeypatch.setattr(pq.ParquetWriter, "write_table", lambda self, *rest, **more: full()
                            if str(self.where).endswith(name) else real(self, *rest, **more))  # fmt: skip
    elif name == "activity.parquet":
        monkeypatch.setattr(writing.pq, "write_table", full)
    elif name == "factors.json":
        monkeypatch.setattr(Path, "write_text", full)
    else:
        monkeypatch.setattr(writing, "stage", full)
    made = footprints(ids(5, first=3))
    with pytest.raises(LedgerError) as caught, ledger.begin(SCHEMA) as writer:
        writer.write(made)
        writer.reject([reject(6)])
        writer.finish(activity=activity_of(made), plan=PLAN, factors_json=FACTORS, rows=6)
    monkeypatch.undo()
    assert name in str(caught.value) and "disk is full" in str(caught.value) and "mend:" in str(caught.value)
    assert files_of(tmp_path) == before
    record(ledger, ids(5, first=3))


def test_a_really_full_disk(tmp_path):
    """Proves the same with a limit on file sizes that the operating system enforces."""
    resource = pytest.importorskip("resource")
    script = """
        import resource, signal, sys
        from carbon.errors import LedgerError
        from carbon.ledger import Ledger
        from tests.ledger.build import *
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        ledger = Ledger(sys.argv[1])
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        made = footprints(ids(5000))
        try:
            with ledger.begin(SCHEMA) as writer:
                writer.write(made)
                writer.finish(activity=activity_of(made), plan=PLAN, factors_json=FACTORS, rows=5000)
        except LedgerError as error:
            sys.exit(str(error))
    """
    assert resource
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)], env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1 and "mend:" in done.stderr, done.stderr
    assert files_of(tmp_path) == set()


def test_a_second_writer_is_told(tmp_path):
    """Proves one writer at a time, in one process and from another, and readers beside it."""
    ledger = Ledger(tmp_path)
    record(ledger, ids(3))
    with ledger.begin(SCHEMA):
        with pytest.raises(LedgerError, match="another process is writing"):
            ledger.begin(SCHEMA)
        script = "import sys; from carbon.ledger import Ledger; from tests.ledger.build import SCHEMA; Ledger(sys.argv[1]).begin(SCHEMA)"
        done = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path)], env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd=ROOT,
            capture_output=True, text=True,
        )  # fmt: skip
        assert "another process is writing" in done.stderr
        assert len(ledger.runs()) == 1
    record(ledger, ids(3, first=3))


def test_rows_in_are_footprints_and_rejects(tmp_path):
    """Proves that a run which lost a row, or says another total, is refused and leaves nothing."""
    ledger, made = Ledger(tmp_path), footprints(ids(10))
    rest = {"activity": activity_of(made), "plan": PLAN, "factors_json": FACTORS}
    for wrong in ({"rows": 12}, {"rows": 11, "totals_kg": {"total_co2e_kg": 1.0}}, {"rows": 11, "counts": {"rejects": 2}},
                  {"rows": 11, "reject_reasons": {"missing": 3}}, {},
                  {"rows": 11, "activity": activity_of(footprints(ids(9)))}):  # fmt: skip
        with pytest.raises(LedgerError), ledger.begin(SCHEMA) as writer:
            writer.write(made)
            writer.reject([reject(11)])
            writer.finish(**(rest | wrong))
        assert ledger.runs() == [] and files_of(tmp_path) == set()


def held_ids(recorded) -> set[str]:
    """Return the ids that a ledger says it holds."""
    return {each for pieces in recorded.values() for piece in pieces for each in piece.to_pylist()}


def test_a_parcel_of_three_overlapping_files_counts_once(tmp_path):
    """Proves the mask that takes recorded parcels out, over three files that share parcels."""
    ledger = Ledger(tmp_path)
    assert ledger.recorded() == {}
    for file in (ids(100), ids(100, first=50), ids(150, first=0)):
        held = held_ids(ledger.recorded())
        mask = np.array([each in held for each in file])
        left = [each for each, known in zip(file, mask.tolist(), strict=True) if not known]
        made = footprints(left)
        with ledger.begin(SCHEMA) as writer:
            writer.write(made)
            writer.reject([reject(1, "P", "already_recorded")] * int(mask.sum()))
            writer.finish(activity=activity_of(made), plan=PLAN, factors_json=FACTORS, rows=len(file))
    assert [each.counts["footprints"] for each in ledger.runs()] == [100, 50, 0]
    assert verify(tmp_path).ok


def test_verify_sees_a_parcel_that_counts_twice(tmp_path):
    """Proves the check behind the mask."""
    ledger = Ledger(tmp_path)
    record(ledger, ids(5))
    record(ledger, ids(5, first=4))
    assert [*map(str, verify(tmp_path).problems)] == [f"{tmp_path}: 1 parcels count more than once, such as P000004"]


def test_a_restated_run_gives_its_parcels_free(tmp_path):
    """Proves restating: the old run stays, stops counting, and cannot be restated twice; a chain of them works."""
    ledger = Ledger(tmp_path)
    first, other = record(ledger, ids(10)), record(ledger, ids(10, first=10))
    assert held_ids(ledger.recorded()) == set(ids(20))
    assert held_ids(ledger.recorded(first.run)) == set(ids(10, first=10))
    second = record(ledger, ids(12, first=0)[:10], restates=first.run, seed=1)
    assert second.supersedes == (first.run,)
    assert [each.run for each in ledger.current()] == [other.run, second.run]
    with pytest.raises(LedgerError, match=second.run):
        ledger.begin(SCHEMA, restates=first.run)
    with pytest.raises(LedgerError, match="no such run"):
        ledger.begin(SCHEMA, restates="20250101T000000000000Z-abcdef")
    third = record(ledger, ids(10), restates=second.run, seed=2)
    assert [each.run for each in ledger.current()] == [other.run, third.run]
    assert verify(tmp_path).ok


def test_a_run_recorded_meanwhile_is_not_overlooked(tmp_path):
    """Proves that a run prepared against an older ledger is refused, so that no parcel slips in twice."""
    mine, other = Ledger(tmp_path), Ledger(tmp_path)
    mine.recorded()
    record(other, ids(3))
    with pytest.raises(LedgerError, match="run again"):
        mine.begin(SCHEMA)
    mine.recorded()
    record(mine, ids(3, first=3))


def test_ids_sort_even_if_the_clock_goes_back(tmp_path, monkeypatch):
    """Proves that the chain's order is the order of ids."""
    ledger = Ledger(tmp_path)
    first = record(ledger, ids(1))
    monkeypatch.setattr(writing, "utc_now", lambda: __import__("datetime").datetime(2001, 1, 1))
    assert record(ledger, ids(1, first=1)).run > first.run
    assert verify(tmp_path).ok


def test_a_ledger_that_cannot_be_written(tmp_path):
    """Proves the message where a file stands in the ledger's place."""
    (tmp_path / "ledger").write_text("not a folder")
    with pytest.raises(LedgerError, match="mend"):
        Ledger(tmp_path / "ledger").begin(SCHEMA)
