"""Every recorded parcel can be computed again from the ledger alone."""

from __future__ import annotations

import dataclasses

import pyarrow.parquet as pq
import pytest

from carbon.errors import LedgerError
from carbon.ledger import explain, trace
from carbon.ledger.query import connect, rows_of
from carbon.terms import DELIVERY_STAGES, Stage


def test_every_parcel_agrees_to_1e_9(sample):
    """Proves `explain` on all parcels of the sample: every stage and the total agree with what is stored."""
    with connect(sample) as connection:
        parcels = rows_of(connection, "SELECT * FROM footprints")
    runs: dict = {}
    found = [trace._explained(sample, parcel, runs) for parcel in parcels]
    assert len(found) == sample.current()[-1].counts["footprints"]
    assert [each.parcel["parcel_id"] for each in found if not each.agrees] == []
    assert {line.stage for each in found for line in each.lines} == set(Stage)


def test_an_order_gives_all_its_parcels(sample):
    """Proves that an order's parcels come together, and that one parcel can be asked for."""
    with connect(sample) as connection:
        order, count = connection.execute(
            "SELECT order_id, count(*) AS n FROM footprints GROUP BY ALL ORDER BY n DESC, order_id LIMIT 1"
        ).fetchone()
    found = explain(sample, order)
    assert len(found) == count and {each.parcel["order_id"] for each in found} == {order}
    assert [each.parcel["parcel_id"] for each in explain(sample.folder, found[0].parcel["parcel_id"])] == [
        found[0].parcel["parcel_id"]
    ]


def test_lines_are_amount_times_factor(sample):
    """Proves with plain multiplication that each printed line is its amount times its factor, and that lines add up."""
    with connect(sample) as connection:
        parcels = connection.execute("SELECT parcel_id FROM footprints ORDER BY total_co2e_kg DESC LIMIT 5").fetchall()
    for (parcel,) in parcels:
        (each,) = explain(sample, parcel)
        for line in each.lines:
            assert line.amount * line.factor_value == pytest.approx(line.co2e_kg, rel=1e-12)
            assert line.source and line.boundary and line.factor_unit.startswith("kg CO2e/")
        counted = sum(
            line.co2e_kg for line in each.lines if line.accounting == "total" and line.stage in DELIVERY_STAGES
        )
        assert counted == pytest.approx(each.stored_total_kg, rel=1e-9)


def test_a_restated_run_is_explained_when_named(sample):
    """Proves that old figures stay replayable."""
    old, new = sample.runs()
    parcel = pq.read_table(sample.file(old.run, "footprints.parquet"), columns=["parcel_id"])["parcel_id"][0].as_py()
    assert [each.run for each in explain(sample, parcel)] == [new.run]
    assert [(each.run, each.agrees) for each in explain(sample, parcel, run=old.run)] == [(old.run, True)]


def test_a_changed_result_does_not_agree(sample):
    """Proves that `agrees` is able to say no."""
    with connect(sample) as connection:
        parcel = rows_of(connection, "SELECT * FROM footprints LIMIT 1")[0]
    parcel["line_haul_co2e_kg"] *= 1 + 1e-6
    found = trace._explained(sample, parcel, {})
    assert dataclasses.asdict(found) and not found.agrees


def test_an_unknown_id_names_near_ones(sample):
    """Proves the way out for a mistyped id, and for an unknown run."""
    with connect(sample) as connection:
        order = connection.execute("SELECT min(order_id) FROM footprints").fetchone()[0]
    with pytest.raises(LedgerError, match="did you mean") as caught:
        explain(sample, order + "x")
    assert order[:-2] in str(caught.value)
    with pytest.raises(LedgerError, match="no such run"):
        explain(sample, order, run="20250101T000000000000Z-000000")
