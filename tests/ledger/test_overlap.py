"""The same parcel never counts twice: overlapping files, repeated imports, restating, closed periods, two writers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from carbon.calculate import calculate
from carbon.errors import InputError, LedgerError, OrdersError
from carbon.ledger import Ledger, connect, inventory, rejects, verify
from tests.engine.small import merchant, tables_read_once
from tests.ledger.changes import ROWS, changed, renamed, table

ROOT = Path(__file__).resolve().parents[2]
#: Thirty parcels of three months, ten a month.
MONTHS = [row | {"parcel_id": f"{month}-{row['parcel_id']}", "shipped_on": f"2025-{month:02d}-20"}
          for month in (4, 5, 6) for row in ROWS]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _tables():
    with tables_read_once():
        yield


def recorded(folder, rows, **options):
    """Record a run."""
    return calculate(table(rows), merchant(), ledger=folder, **options).manifest


def counted(folder) -> list[str]:
    """Return the ids of all parcels that count."""
    with connect(folder) as connection:
        return [row[0] for row in connection.execute("SELECT parcel_id FROM footprints ORDER BY 1").fetchall()]


def test_three_overlapping_files_count_each_parcel_once(tmp_path):
    """Proves that the total of three files that share parcels is that of all parcels in one file."""
    whole = recorded(tmp_path / "whole", MONTHS)
    ledger = tmp_path / "ledger"
    runs = [recorded(ledger, rows) for rows in (MONTHS[:15], MONTHS[10:25], MONTHS[5:])]
    assert [each.counts["footprints"] for each in runs] == [15, 10, 5]
    assert [each.reject_reasons for each in runs] == [{}, {"already_recorded": 5}, {"already_recorded": 20}]
    assert all(each.counts["rows"] == each.counts["footprints"] + each.counts["rejects"] for each in runs)
    assert counted(ledger) == sorted(row["parcel_id"] for row in MONTHS)
    assert inventory(ledger).total_kg == pytest.approx(whole.totals_kg["total_co2e_kg"], rel=1e-12)
    assert verify(ledger).ok
    said = rejects(ledger)
    assert set(said["reason"]) == {"already_recorded"}
    holder = {row["parcel_id"]: runs[0 if n < 15 else 1].run for n, row in enumerate(MONTHS[:25])}
    assert len(said) == 25 and all(holder[row.parcel_id] in row.mend for row in said.itertuples())


def test_the_same_file_again_records_nothing(tmp_path):
    """Proves that a repeated import is refused as a whole, with the way out, and leaves the ledger as it was."""
    first = recorded(tmp_path, MONTHS)
    with pytest.raises(OrdersError, match="nothing was recorded") as caught:
        recorded(tmp_path, MONTHS)
    assert "30 already_recorded" in str(caught.value) and f"--restate {first.run}" in str(caught.value)
    assert Ledger(tmp_path).run_ids() == [first.run] and verify(tmp_path).ok


def test_only_a_run_held_whole_is_offered_for_replacing(tmp_path):
    """Proves that the runs which hold the parcels are named with their numbers, and no command that would lose parcels."""
    first, second = recorded(tmp_path, MONTHS[:10]), recorded(tmp_path, MONTHS[10:30])
    with pytest.raises(OrdersError) as caught:
        recorded(tmp_path, MONTHS[5:12])
    said = str(caught.value)
    assert f"run {first.run} (5), run {second.run} (2)" in said
    assert f"--restate {first.run}" not in said and f"--restate {second.run}" not in said and "whole file" in said
    with pytest.raises(OrdersError) as caught:
        recorded(tmp_path, MONTHS[:12])
    assert f"--restate {first.run}" in str(caught.value) and f"--restate {second.run}" not in str(caught.value)
    again = calculate(table(MONTHS[:12]), merchant(), ledger=tmp_path, restate=first.run)
    assert again.recorded_in == {second.run: 2} and again.counts["footprints"] == 10 and verify(tmp_path).ok


def test_restating_a_run_that_overlaps_another(tmp_path):
    """Proves that a restating file which also holds another run's parcels takes only its own."""
    first, other = recorded(tmp_path, MONTHS[:20]), recorded(tmp_path, MONTHS[15:])
    assert other.counts["footprints"] == 10
    again = recorded(tmp_path, MONTHS, restate=first.run)
    assert (again.counts["footprints"], again.reject_reasons) == (20, {"already_recorded": 10})
    assert counted(tmp_path) == sorted(row["parcel_id"] for row in MONTHS)
    both = recorded(tmp_path, MONTHS, restate=[again.run, other.run])
    assert both.counts["footprints"] == 30 and both.supersedes == (again.run, other.run)
    assert [each.run for each in Ledger(tmp_path).current()] == [both.run]
    with pytest.raises(LedgerError, match=f"already restated[\\s\\S]*restate {both.run} instead"):
        recorded(tmp_path, MONTHS, restate=other.run)
    assert verify(tmp_path).ok


def test_a_file_given_up_leaves_its_parcels_to_others(tmp_path):
    """Proves that parcels rejected for standing in a run are accepted once that run is restated without them."""
    first = recorded(tmp_path, MONTHS[:20])
    assert recorded(tmp_path, MONTHS[10:]).counts["footprints"] == 10
    recorded(tmp_path, MONTHS[:10], restate=first.run, reason="error")
    assert recorded(tmp_path, MONTHS[10:]).counts["footprints"] == 10
    assert counted(tmp_path) == sorted(row["parcel_id"] for row in MONTHS) and verify(tmp_path).ok


def test_a_closed_period_takes_no_new_parcel(tmp_path):
    """Proves that a run with new parcels of a closed month is refused whole, with the commands that lead on."""
    recorded(tmp_path, MONTHS[:10])
    ledger = Ledger(tmp_path)
    ledger.close("2025-04..2025-05", "published")
    with pytest.raises(LedgerError, match="shipped in 2025-05") as caught:
        recorded(tmp_path, MONTHS)
    assert '`carbon period reopen 2025-05 --why "..."`' in str(caught.value)
    assert len(ledger.runs()) == 1
    # Parcels that are already recorded do not touch the closed month: they are rejected as ever.
    assert recorded(tmp_path, [*MONTHS[:10], *MONTHS[20:]]).counts == {"rows": 20, "footprints": 10, "rejects": 10}
    ledger.reopen("2025-05", "a shop's file came late")
    assert recorded(tmp_path, MONTHS).counts["footprints"] == 10
    assert counted(tmp_path) == sorted(row["parcel_id"] for row in MONTHS) and verify(tmp_path).ok


def test_a_return_that_comes_after_its_period_was_closed(tmp_path):
    """Proves the way of a late return: refused with the commands, then reopened, restated, closed; counted once."""
    first = recorded(tmp_path, MONTHS)
    ledger = Ledger(tmp_path)
    ledger.close("2025-06", "quarter published")
    late = [row | ({"returned_on": "2025-09-03"} if row["parcel_id"] == "6-P4" else {}) for row in MONTHS]
    with pytest.raises(OrdersError, match="--restate"):
        recorded(tmp_path, late)
    with pytest.raises(LedgerError, match="period is closed") as caught:
        recorded(tmp_path, late, restate=first.run)
    message = str(caught.value)
    assert first.run in message and "carbon period reopen 2025-06" in message and "restate the run" in message
    assert "the month in which its parcel was shipped" in message
    assert ledger.run_ids() == [first.run]
    ledger.reopen("2025-06", "return of 6-P4")
    second = recorded(tmp_path, late, restate=first.run)
    ledger.close("2025-06")
    assert second.counts["footprints"] == 30 and counted(tmp_path) == sorted(row["parcel_id"] for row in MONTHS)
    assert second.totals_kg["returns_co2e_kg"] > first.totals_kg["returns_co2e_kg"] == 0
    said = [(entry["action"], entry.get("why")) for entry in ledger.closing_history()]
    assert said == [("close", "quarter published"), ("reopen", "return of 6-P4"), ("close", None)]
    assert verify(tmp_path).ok


def test_restating_a_closed_run_is_refused_before_the_survey(tmp_path):
    """Proves that nobody waits for a long file to be read before hearing that its period is closed."""
    first = recorded(tmp_path, MONTHS)
    Ledger(tmp_path).close("2025")
    steps = []
    with pytest.raises(LedgerError, match="period is closed"):
        recorded(tmp_path, MONTHS, restate=first.run, progress=lambda *step: steps.append(step))
    assert steps == []


def test_only_closed_months_are_opened_again(tmp_path):
    """Proves that a slip of the pen is said, and that what is closed is listed."""
    ledger = Ledger(tmp_path / "ledger")
    with pytest.raises(InputError, match="not closed"):
        ledger.reopen("2025-01")
    ledger.close("2025-01..2025-03")
    with pytest.raises(InputError, match=r"2025-01\.\.2025-03"):
        ledger.reopen("2025-03..2025-04")
    ledger.reopen("2025-02")
    assert [each.label for each in ledger.closed_periods()] == ["2025-01", "2025-03"]
    lines = (tmp_path / "ledger" / "closed.jsonl").read_bytes()
    (tmp_path / "ledger" / "closed.jsonl").write_bytes(lines.replace(b"2025-02", b"2025-03"))
    with pytest.raises(LedgerError, match="was changed"):
        ledger.closed_periods()


def test_a_carriers_correction_replaces_its_parcels(tmp_path):
    """Proves that a carrier's later figures restate a run without a parcel counting twice."""
    rows = changed(reported_co2e_kg=0.31)
    setup = merchant(services={"road": {"chain": [{"stage": "last_mile", "vehicle": "road.van.class_3.diesel"}],
                                        "reported": {"source": "letter"}}})  # fmt: skip
    first = calculate(table(rows), setup, ledger=tmp_path).manifest
    again = calculate(table(changed(reported_co2e_kg=0.28)), setup, ledger=tmp_path, restate=first.run).manifest
    assert inventory(tmp_path).parcels == 10
    changed_by = again.totals_kg["last_mile_co2e_kg"] - first.totals_kg["last_mile_co2e_kg"]
    assert changed_by == pytest.approx(10 * (0.28 - 0.31))


_WRITER = """
import sys
from pathlib import Path
from carbon import calculate
from carbon.errors import CarbonError
ledger, orders, organisation, ready, go = map(Path, sys.argv[1:])
def progress(step, done, expected):
    if step == "calculate" and not ready.exists():
        ready.touch()
        while not go.exists():
            pass
try:
    run = calculate(orders, organisation, ledger=ledger, progress=progress).manifest
    print(run.counts["footprints"])
except CarbonError as error:
    sys.exit(str(error))
"""


def test_two_writers_at_once(tmp_path):
    """Proves that while one process writes another is told so, and that every parcel counts once in the end."""
    orders, organisation, ledger = tmp_path / "orders.csv", tmp_path / "organisation.yaml", tmp_path / "ledger"
    table(MONTHS).to_csv(orders, index=False)
    other = tmp_path / "other.csv"
    table([*MONTHS[20:], *renamed(ROWS).to_dict("records")]).to_csv(other, index=False)
    organisation.write_text(_setup_text(), encoding="utf-8")
    ready, go = tmp_path / "ready", tmp_path / "go"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    first = subprocess.Popen(
        [sys.executable, "-c", _WRITER, ledger, orders, organisation, ready, go],
        env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        while not ready.exists():
            assert first.poll() is None
        with pytest.raises(LedgerError, match="another process is writing"):
            calculate(other, organisation, ledger=ledger)
        with pytest.raises(LedgerError, match="another process is writing"):
            Ledger(ledger).close("2025-06")
        go.touch()
        assert first.communicate(timeout=120)[0].strip() == "30"
    finally:
        first.kill()
        first.wait()
    second = calculate(other, organisation, ledger=ledger).manifest
    assert second.counts == {"rows": 20, "footprints": 10, "rejects": 10}
    assert len(counted(ledger)) == len(set(counted(ledger))) == 40 and verify(ledger).ok


def test_a_run_recorded_while_another_was_prepared(tmp_path):
    """Proves that the slower of two overlapping imports is refused, not recorded beside the faster one."""
    done = []

    def progress(step, *_):
        if step == "survey" and not done:
            done.append(recorded(tmp_path, MONTHS[:10]))

    recorded(tmp_path, MONTHS[20:])
    with pytest.raises(LedgerError, match="recorded while this one was prepared"):
        recorded(tmp_path, MONTHS[:20], progress=progress)
    assert recorded(tmp_path, MONTHS[:20]).counts["footprints"] == 10
    assert len(set(counted(tmp_path))) == len(counted(tmp_path)) == 30 and verify(tmp_path).ok


def _setup_text() -> str:
    return """
name: Small
country: GB
sites: {coventry: {place: {country: GB, latitude: 52.44, longitude: -1.48}}}
packages: {box: {inner: 250x180x100 mm, mass: 118 g}}
services: {road: {chain: [{stage: last_mile, vehicle: road.van.class_3.diesel}]}}
"""
