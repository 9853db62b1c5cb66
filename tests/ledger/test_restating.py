"""The base year is restated by its policy only; a sensitivity counts nowhere; late data are ordinary."""

from __future__ import annotations

import json

import pytest

from carbon.calculate import calculate
from carbon.errors import InputError, LedgerError
from carbon.ledger import Ledger, Purpose, Reason, connect, inventory, restatements, verify
from carbon.ledger.manifest import Manifest
from carbon.ledger.restating import Aim, purpose_of
from tests.engine.small import HUB, LINE_HAUL, VAN, merchant, tables_read_once
from tests.ledger.changes import ROWS, changed, renamed, table

POLICY = {"base_year": 2025, "restatement": {"threshold": 0.05}}
BOUGHT = {"structural_changes": [{"date": "2026-03-01", "kind": "acquisition", "what": "Loom & Co."}]}


@pytest.fixture(scope="module", autouse=True)
def _tables():
    with tables_read_once():
        yield


def recorded(folder, rows, setup=None, **options) -> Manifest:
    """Record a run."""
    return calculate(table(rows), setup or merchant(**POLICY), ledger=folder, **options).manifest


def heavier(by: float) -> list[dict]:
    """Return the ten parcels, each heavier by some kg."""
    return [row | {"goods_mass_kg": row["goods_mass_kg"] + by} for row in ROWS]


def test_an_edition_of_another_year_is_a_sensitivity(tmp_path):
    """Proves that a replay is labelled, counts nowhere, and stands beside the counting run of the same parcels."""
    ledger = tmp_path / "ledger"
    first = recorded(ledger, ROWS)
    again = calculate(table(ROWS), merchant(**POLICY), ledger=ledger, edition=2024)
    run = again.manifest
    assert (first.purpose, run.purpose) == (Purpose.INVENTORY, Purpose.SENSITIVITY)
    assert (run.options["edition"], run.organisation["method"]["edition"]) == (2024, 2024)
    said = "sensitivity: parcels of 2025 with the factor edition of 2024; it counts in no inventory"
    assert said in again.notes and said in run.notes
    book = Ledger(ledger)
    assert [each.run for each in book.current()] == [first.run] and book.head() == run
    assert inventory(ledger).total_kg == pytest.approx(first.totals_kg["total_co2e_kg"])
    assert "sensitivity runs that are left out: 1" in inventory(ledger).notes
    with connect(ledger) as connection:
        assert connection.execute("SELECT DISTINCT run FROM footprints").fetchall() == [(first.run,)]
    shown = inventory(ledger, runs=[run.run])
    assert shown.total_kg == pytest.approx(run.totals_kg["total_co2e_kg"]) != inventory(ledger).total_kg
    assert said in shown.notes
    assert verify(ledger).ok


def test_a_sensitivity_keeps_no_parcel_from_being_counted(tmp_path):
    """Proves that a replay recorded first takes nothing from the run that counts, and a second replay works, too."""
    recorded(tmp_path, ROWS, edition=2024)
    assert Ledger(tmp_path).current() == []
    assert recorded(tmp_path, ROWS).counts["rejects"] == 0
    assert recorded(tmp_path, ROWS, edition=2024).counts["footprints"] == 10
    Ledger(tmp_path).close("2025-06")
    assert recorded(tmp_path, ROWS, edition=2024).purpose is Purpose.SENSITIVITY
    assert verify(tmp_path).ok


def test_duplicates_inside_a_sensitivity_are_still_taken_out(tmp_path):
    """Proves that a replay counts a parcel that stands twice in its file once, like the run it replays."""
    recorded(tmp_path, ROWS)
    found = recorded(tmp_path, [*ROWS, ROWS[0]], edition=2024)
    assert found.reject_reasons == {"duplicate": 1}


def test_the_parcels_own_edition_is_no_sensitivity(tmp_path):
    """Proves that naming the edition of the parcels' own year changes nothing, duplicates against runs included."""
    own = recorded(tmp_path / "own", ROWS, edition=2025)
    assert own.purpose is Purpose.INVENTORY
    assert own.totals_kg == recorded(tmp_path / "unsaid", ROWS).totals_kg
    assert recorded(tmp_path / "own", [*ROWS, ROWS[0] | {"parcel_id": "new"}], edition=2025).counts["footprints"] == 1
    assert purpose_of(2025, (2024, 2025)) is Purpose.SENSITIVITY
    assert purpose_of(None, (2024, 2025)) is Purpose.INVENTORY


def test_an_edition_in_the_organisation_file_is_treated_alike(tmp_path):
    """Proves that `method.edition` makes a sensitivity as the option does, and that the option wins."""
    setup = merchant(method={"edition": 2024})
    assert recorded(tmp_path, ROWS, setup).purpose is Purpose.SENSITIVITY
    assert recorded(tmp_path, ROWS, setup, edition=2025).purpose is Purpose.INVENTORY


def test_a_sensitivity_restates_nothing(tmp_path):
    """Proves that an edition that reflects real change cannot be put into another period's figures."""
    first = recorded(tmp_path, ROWS)
    with pytest.raises(InputError, match="sensitivity restates nothing"):
        recorded(tmp_path, ROWS, edition=2024, restate=first.run, reason="method_change")
    second = recorded(tmp_path, ROWS, edition=2024)
    with pytest.raises(LedgerError, match="counts nowhere"):
        recorded(tmp_path, ROWS, restate=second.run)
    assert len(Ledger(tmp_path).runs()) == 2


@pytest.mark.parametrize("reason", ["error", "method_change", "structural_change"])
def test_the_base_year_is_restated_above_the_threshold_only(tmp_path, reason):
    """Proves for each reason of the policy: refused below the threshold, recorded above it, old and new kept."""
    setup = merchant(**POLICY, **BOUGHT)
    first = recorded(tmp_path, ROWS, setup)
    with pytest.raises(InputError, match="not above the stated threshold") as caught:
        recorded(tmp_path, heavier(0.2), setup, restate=first.run, reason=reason)
    assert "more than 5.000%" in str(caught.value) and "--restate is repeatable" in str(caught.value)
    assert [each.run for each in Ledger(tmp_path).runs()] == [first.run]
    second = recorded(tmp_path, heavier(4.0), setup, restate=first.run, reason=reason)
    assert (second.supersedes, second.reason) == ((first.run,), Reason(reason))
    (found,) = restatements(tmp_path)
    totals = [each.totals_kg["total_co2e_kg"] for each in (first, second)]
    assert [found.before_kg, found.after_kg] == pytest.approx(totals)
    assert found.change_share == pytest.approx(totals[1] / totals[0] - 1) and found.change_share > 0.05
    assert (found.base_year, found.threshold_share, found.restates_base_year) == (2025, 0.05, True)
    assert found.structural_changes == (["Loom & Co."] if reason == "structural_change" else [])


def test_the_threshold_has_no_default(tmp_path):
    """Proves that a base year without a stated threshold is not restated: the standard leaves it to the company."""
    setup = merchant(base_year=2025)
    first = recorded(tmp_path, ROWS, setup)
    with pytest.raises(InputError, match="no threshold for restating it is stated"):
        recorded(tmp_path, heavier(4.0), setup, restate=first.run, reason="error")


def test_the_effect_is_measured_on_the_whole_base_year(tmp_path):
    """Proves that a large change of one small run is small for the year, and that several runs are restated at once."""
    runs = [
        recorded(tmp_path, renamed(changed(shipped_on=f"2025-{month:02d}-10"), f"M{month}-")) for month in range(1, 9)
    ]
    one = renamed([row | {"shipped_on": "2025-01-10"} for row in heavier(1.5)], "M1-")
    with pytest.raises(InputError, match="not above the stated threshold"):
        recorded(tmp_path, one, restate=runs[0].run, reason="error")
    every = table([row | {"parcel_id": f"M{month}-{row['parcel_id']}", "shipped_on": f"2025-{month:02d}-10"}
                   for month in range(1, 9) for row in heavier(1.5)])  # fmt: skip
    second = recorded(tmp_path, every, restate=[each.run for each in runs], reason="error")
    assert second.counts == {"rows": 80, "footprints": 80, "rejects": 0}
    assert [each.run for each in Ledger(tmp_path).current()] == [second.run]
    (found,) = restatements(tmp_path)
    assert found.before_kg == pytest.approx(sum(each.totals_kg["total_co2e_kg"] for each in runs))
    assert verify(tmp_path).ok


def test_other_years_are_restated_without_a_threshold(tmp_path):
    """Proves that the policy is for the base year: a small error of another year is mended."""
    first = recorded(tmp_path, changed(shipped_on="2026-02-10"))
    second = recorded(
        tmp_path, [row | {"shipped_on": "2026-02-10"} for row in heavier(0.1)], restate=first.run, reason="error"
    )
    assert second.supersedes == (first.run,) and restatements(tmp_path) == []


def test_late_data_are_ordinary(tmp_path):
    """Proves that returns and carriers' corrections restate at once, and that the base year shows them as such."""
    first = recorded(tmp_path, ROWS)
    late = [*ROWS[:9], ROWS[9] | {"returned_on": "2025-08-01"}]
    second = recorded(tmp_path, late, restate=first.run, reason="late_data")
    assert (second.reason, second.counts["footprints"]) == (Reason.LATE_DATA, 10)
    third = recorded(tmp_path, [row | {"delivery_attempts": 2} for row in late], restate=second.run, reason="late_data")
    found = restatements(tmp_path)
    assert [each.run for each in found] == [second.run, third.run]
    assert [each.restates_base_year for each in found] == [False, False]
    assert found[0].after_kg == found[1].before_kg > found[0].before_kg


def test_late_data_do_not_change_how_the_base_year_is_counted(tmp_path):
    """Proves that another method cannot pass as late data in the base year; elsewhere nothing is asked."""
    first = recorded(tmp_path, ROWS)
    other = merchant(**POLICY, method={"warehouse_allocation": "mass"})
    with pytest.raises(InputError, match="more than late data") as caught:
        recorded(tmp_path, ROWS, other, restate=first.run, reason="late_data")
    assert "method.warehouse_allocation: parcel -> mass" in str(caught.value)


@pytest.mark.parametrize("reason", [None, "late_data", "method_change"])
def test_a_restating_run_holds_the_parcels_it_restates(tmp_path, reason):
    """Proves that a file with only the returned parcels does not take the others out of the ledger."""
    setup = merchant(base_year=2024) if reason is None else merchant(**POLICY)
    first = recorded(tmp_path, ROWS, setup)
    some = [row | {"returned_on": "2025-08-01"} for row in ROWS[:3]]
    with pytest.raises(LedgerError, match="7 of 10 parcels would no longer count") as caught:
        recorded(tmp_path, some, setup, restate=first.run, reason=reason)
    assert "without P3, P4, P5 ..." in str(caught.value) and "give the whole file again" in str(caught.value)
    assert [each.run for each in Ledger(tmp_path).current()] == [first.run] and verify(tmp_path).ok


def test_parcels_fall_away_on_purpose(tmp_path):
    """Proves that an error or a structural change may leave parcels out, and that these are then free again."""
    first = recorded(tmp_path, ROWS)
    second = recorded(tmp_path, ROWS[:6], restate=first.run, reason="error")
    assert second.counts["footprints"] == 6
    assert recorded(tmp_path, ROWS).counts == {"rows": 10, "footprints": 4, "rejects": 6}
    assert verify(tmp_path).ok


def test_a_structural_change_is_described(tmp_path):
    """Proves that the organisation file says what changed before it can be a reason."""
    first = recorded(tmp_path, ROWS)
    with pytest.raises(InputError, match="structural change is not described"):
        recorded(tmp_path, heavier(4.0), restate=first.run, reason="structural_change")


def test_reasons_are_checked_before_anything_is_computed():
    """Proves the messages for an unknown reason and for one without a run."""
    with pytest.raises(InputError, match="unknown reason"):
        Aim.of("20250101T000000000000Z-abcdef", "because", Purpose.INVENTORY)
    with pytest.raises(InputError, match="needs a run to restate"):
        Aim.of(None, "error", Purpose.INVENTORY)
    assert Aim.of("run", None, Purpose.INVENTORY).effective_reason is Reason.LATE_DATA
    assert Aim.of((), None, Purpose.INVENTORY).effective_reason is None


def test_manifests_of_earlier_versions_are_read(tmp_path):
    """Proves that a manifest which names one restated run as text, or none, still opens and counts as before."""
    run = recorded(tmp_path, ROWS)
    data = json.loads(run.to_bytes())
    for name in ("purpose", "reason"):
        del data[name]
    for written, read in ((None, ()), ("20250101T000000000000Z-abcdef", ("20250101T000000000000Z-abcdef",))):
        found = Manifest.model_validate(data | {"supersedes": written})
        assert (found.supersedes, found.purpose, found.reason) == (read, Purpose.INVENTORY, None)


def test_the_chain_of_method_changes_is_side_by_side(tmp_path):
    """Proves that each restatement is kept with the figures before and after it, in order."""
    setups = [
        merchant(**POLICY),
        merchant([LINE_HAUL, HUB, HUB, HUB, VAN], **POLICY),
        merchant([LINE_HAUL, VAN], **POLICY),
    ]
    run = recorded(tmp_path, heavier(9.0), setups[0])
    totals = [run.totals_kg["total_co2e_kg"]]
    for setup in setups[1:]:
        run = recorded(tmp_path, heavier(9.0), setup, restate=run.run, reason="method_change")
        totals.append(run.totals_kg["total_co2e_kg"])
    found = restatements(Ledger(tmp_path))
    assert [(each.before_kg, each.after_kg) for each in found] == [
        pytest.approx((totals[0], totals[1])), pytest.approx((totals[1], totals[2])),
    ]  # fmt: skip
