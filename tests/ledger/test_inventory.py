"""The inventory adds up to the footprints, whichever way it is cut."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from carbon import calculate
from carbon.engine.footprint import ACTIVITY_SCHEMA
from carbon.engine.kernel import TOTAL, stage_column
from carbon.errors import LedgerError
from carbon.ledger import Ledger, accounts, connect, find, inventory, lanes, packages, rejects, services, trend, verify
from carbon.terms import DELIVERY_STAGES, Stage
from tests.ledger.build import activity_of, cell, footprints, ids, record


@pytest.fixture(scope="module")
def whole(sample):
    """The sample's inventory."""
    return inventory(sample)


def _stored(ledger: Ledger) -> pd.DataFrame:
    return pd.concat(
        [pq.read_table(ledger.file(each.run, "footprints.parquet")).to_pandas() for each in ledger.current()]
    )


def test_sums_are_those_of_the_footprints(sample, whole):
    """Proves totals, stages, scopes, months, services, packages and factors against the stored parcels."""
    stored = _stored(sample)
    assert verify(sample).ok
    assert whole.parcels == len(stored) and whole.orders == stored["order_id"].nunique()
    assert whole.total_kg == pytest.approx(stored[TOTAL].sum(), rel=1e-12)
    for stage in Stage:
        assert whole.stages_kg[stage] == pytest.approx(stored[stage_column(stage)].sum(), rel=1e-12)
    assert sum(whole.stages_kg[stage] for stage in DELIVERY_STAGES) == pytest.approx(whole.total_kg, rel=1e-9)
    for table in (whole.scopes["co2e_kg"], whole.months["total_kg"], whole.services["co2e_kg"], whole.packages["co2e_kg"],
                  whole.matches["co2e_kg"], whole.edition_gaps["co2e_kg"], pd.Series(whole.gwp_mix)):  # fmt: skip
        assert table.sum() == pytest.approx(whole.total_kg, rel=1e-9)
    assert whole.factors["co2e_kg"].sum() == pytest.approx(whole.total_kg + whole.product_kg, rel=1e-9)
    assert whole.factors["share"].sum() == pytest.approx(1)
    beside = whole.factors_beside.groupby("accounting")["co2e_kg"].sum()
    claimed = connect(sample).execute("SELECT sum(co2e_kg) FROM activity WHERE accounting = 'market_based'").fetchone()
    assert beside["market_based"] == pytest.approx(claimed[0]) and (whole.factors_beside["publisher"] != "").all()
    assert sum(whole.quality.values()) == pytest.approx(1)
    transport = sum(whole.stages_kg[stage] for stage in (Stage.LINE_HAUL, Stage.HUBS, Stage.LAST_MILE))
    assert whole.wtt_kg + whole.ttw_kg + whole.unsplit_kg == pytest.approx(transport, rel=1e-9)
    assert whole.row_counts["rows"] == whole.row_counts["footprints"] + whole.row_counts["rejects"] == 1500
    assert sum(each["count"] for each in whole.rejects.values()) == whole.row_counts["rejects"]


def test_parts_add_up_to_the_year(sample, whole):
    """Proves that a period, a month or several, takes the same parcels out of footprints and activity."""
    assert len(whole.months) == 12
    parts = [inventory(sample, part) for part in ("2025-01", "2025-02..2025-05", "2025-06..2025-11", "2025-12")]
    assert sum(each.parcels for each in parts) == whole.parcels
    assert math.fsum(each.total_kg for each in parts) == pytest.approx(whole.total_kg, rel=1e-9)
    for each in parts:
        assert each.scopes["co2e_kg"].sum() == pytest.approx(each.total_kg, rel=1e-9)
    assert inventory(sample, "2025").total_kg == pytest.approx(whole.total_kg, rel=1e-12)
    assert inventory(sample, "2025").period == whole.period == "2025"


def test_a_period_without_parcels_is_zero(sample):
    """Proves that nothing is made up where nothing was shipped, and that nothing fails."""
    empty = inventory(sample, "1999")
    assert (empty.parcels, empty.total_kg, empty.product_kg, empty.runs) == (0, 0.0, 0.0, [])
    assert empty.scopes.empty and empty.factors.empty and empty.months.empty and not empty.statement
    assert empty.intensities["per_parcel_kg"] is None


def test_an_empty_ledger_says_what_to_do(tmp_path):
    """Proves the message of an empty ledger."""
    for question in (inventory, connect, lanes):
        with pytest.raises(LedgerError, match="carbon calculate"):
            question(tmp_path)


def test_meters_are_reconciled(whole):
    """Proves that what the parcels took of each meter and the rest are the metered amount."""
    rows = whole.sites
    assert set(rows["site"]) == {"coventry", "leipzig"} and len(rows) >= 10
    assert np.allclose(rows["allocated_kg"] + rows["unallocated_kg"], rows["metered_kg"], rtol=1e-12)
    assert (rows["unallocated_kg"] > -1e-9 * rows["metered_kg"]).all()
    assert rows["allocated_kg"].sum() > 0.9 * rows["metered_kg"].sum()


def test_radiative_forcing_stands_beside(whole):
    """Proves that it is shown with and without, and that the total has it not."""
    rows = whole.beside[whole.beside["what"] == "radiative_forcing"]
    assert len(rows) and (rows["with_kg"] > rows["without_kg"]).all() and (rows["without_kg"] > 0).all()


def test_factors_are_cited(whole):
    """Proves that every factor has its value, unit, source, edition and place in the source."""
    known = whole.factors[~whole.factors["factor_id"].str.startswith(("reported", "product.declared"))]
    for name in ("title", "publisher", "edition", "value", "unit", "boundary", "gas_basis", "match"):
        assert known[name].notna().all(), name
    tkm = known[known["activity"].str.startswith("road.hgv") & known["unit"].eq("kg/(t*km)")]
    assert len(tkm) and tkm["value"].between(0.001, 2).all()


def test_materials_are_masses_of_the_packages(sample, whole):
    """Proves that packaging mass by material counts each part of a factor once: near the stored packaging masses."""
    stored = _stored(sample)
    mass_kg = whole.packaging_kg_by_material["mass_kg"].sum()
    once_kg = stored.loc[stored["package"] != "reusable_box", "packaging_mass_kg"].sum()
    assert once_kg <= mass_kg <= 1.1 * once_kg


def test_iso_14083_needs_every_element(whole):
    """Proves that the name is refused with its reason, and allowed where all is well-to-wheel with hubs."""
    assert not whole.statement and "no WTT" in whole.statement_reason and "WTT" in whole.statement_reason_zh

    def judged(*rows):
        return accounts.statement(pa.Table.from_pylist(list(rows), schema=ACTIVITY_SCHEMA).to_pandas())

    good = [cell(Stage.LINE_HAUL, 1.0, service="a"), cell(Stage.HUBS, 1.0, service="a")]
    assert judged(*good)[0]
    assert judged(*good, cell(Stage.LAST_MILE, 1.0, service="b"))[1] == "no hub operation in service b"
    assert not judged(*good, cell(Stage.LINE_HAUL, 1.0, service="a", flags=["no WTT"]))[0]
    assert not judged(*good, cell(Stage.LINE_HAUL, 1.0, service="a", flags=["CO2 only"]))[0]
    assert judged(*good, cell(Stage.PACKAGING, 1.0, flags=["no WTT"]))[0]
    assert not judged(cell(Stage.PACKAGING, 1.0))[0]


def _power(market: bool, co2e_kg: float, **others) -> dict:
    block, accounting = (
        ("site/electricity.grid market-based", "market_based") if market else ("site/electricity.grid", "total")
    )
    row = {"kind": "site", "party": "own", "scope": "2", "category": "", "boundary": "generation", "site": "north"}
    return cell(Stage.WAREHOUSING, co2e_kg, block=block, accounting=accounting, **(row | others))


def test_market_based_rows_replace_location_based_ones(tmp_path):
    """Proves the replacement per site, meter and month, and that the location value stands, said, where there is none."""
    made = footprints(ids(10))
    upstream = {"scope": "3", "category": "3", "boundary": "WTT"}
    spare = float(np.sum(made[stage_column(Stage.WAREHOUSING)].to_numpy()))
    rows = [each for each in activity_of(made).to_pylist() if each["stage"] != Stage.WAREHOUSING]
    rows += [
        _power(False, 0.5 * spare), _power(False, 0.125 * spare, **upstream), _power(True, 0.25 * spare, factor_id="own.wind"),
        _power(False, 0.375 * spare, site="south"),
    ]  # fmt: skip
    record(Ledger(tmp_path), ids(10), activity=pa.Table.from_pylist(rows, schema=ACTIVITY_SCHEMA))
    found = inventory(tmp_path)
    assert found.scope2_location_kg == pytest.approx(0.875 * spare)
    assert found.scope2_market_kg == pytest.approx((0.25 + 0.375) * spare)
    before = found.scopes.set_index(["scope", "category"]).loc[("3", "3")]
    assert before["co2e_kg"] == before["market_based_kg"] == pytest.approx(0.125 * spare)
    assert [note for note in found.market_notes if "south" in note] == found.market_notes != []
    assert found.total_kg == pytest.approx(found.scopes["co2e_kg"].sum())


def test_market_based_from_the_organisation_file(sample, tmp_path):
    """Proves the same through `calculate`: a certificate that meets the criteria lowers the market-based view alone."""
    folder = sample.folder.parent
    text = (folder / "organisation.yaml").read_text(encoding="utf-8")
    changed = text.replace("retired_for: organisation        # or", "retired_for: other  # or")
    assert changed != text
    (tmp_path / "organisation.yaml").write_text(changed, encoding="utf-8")
    calculate(
        folder / "orders.csv", tmp_path / "organisation.yaml", ledger=tmp_path / "ledger", lines=folder / "lines.csv"
    )
    mine, theirs = inventory(tmp_path / "ledger"), inventory(sample)
    assert mine.total_kg == pytest.approx(theirs.total_kg, rel=1e-12)
    assert mine.scope2_location_kg == pytest.approx(theirs.scope2_location_kg, rel=1e-12)
    assert 0 < theirs.scope2_market_kg < mine.scope2_market_kg
    failed = dict(zip(mine.power.instruments["key"], mine.power.instruments["failed"], strict=True))
    assert failed == {"rego_coventry": (3,), "go_leipzig": (4,)}
    assert verify(tmp_path / "ledger").ok


def test_tables_of_the_views(sample, whole):
    """Proves lanes, trend, services, packages and rejects against the footprints."""
    stored = _stored(sample)
    assert lanes(sample, limit=10**6)["co2e_kg"].sum() == pytest.approx(whole.total_kg, rel=1e-9)
    assert lanes(sample, by="area", limit=10**6)["parcels"].sum() == whole.parcels
    assert len(lanes(sample, limit=3)) == 3
    assert (
        trend(sample)["parcels"].sum()
        == services(sample)["parcels"].sum()
        == packages(sample)["parcels"].sum()
        == len(stored)
    )
    june = stored[stored["month"] == "2025-06"]
    assert services(sample, period="2025-06")["parcels"].sum() == len(june)
    refused = rejects(sample)
    assert len(refused) == whole.row_counts["rejects"] and set(refused["reason"]) == set(whole.rejects)
    assert len(rejects(sample, limit=2)) == 2


def test_search(sample):
    """Proves exact ids first, then beginnings, and that hostile texts find nothing and change nothing."""
    assert find(sample, "  ") == []
    parcel = _stored(sample).iloc[7]
    assert find(sample, parcel["parcel_id"])[0]["parcel_id"] == parcel["parcel_id"]
    assert {each["order_id"] for each in find(sample, parcel["order_id"])} == {parcel["order_id"]}
    begun = find(sample, parcel["parcel_id"][:-1], limit=200)
    assert len(begun) > 1 and all(
        each["parcel_id"].startswith(parcel["parcel_id"][:-1]) or each["order_id"].startswith(parcel["parcel_id"][:-1])
        for each in begun
    )
    with connect(sample) as connection:
        for text in ("' OR 1=1 --", "'; DROP VIEW footprints; --", "%", "\\", "$text", "\x00", "好" * 300):
            assert find(connection, text) == []
        assert find(connection, parcel["parcel_id"])


def test_a_folder_with_strange_signs_is_read(tmp_path):
    """Proves that quotes, stars and brackets in a path are neither SQL nor patterns."""
    ledger = Ledger(tmp_path / "it's [a] *folder* 账本")
    record(ledger, ids(5))
    assert inventory(ledger).parcels == 5 and verify(ledger).ok and len(find(ledger, "P00000")) == 5


def test_restated_runs_are_left_out(sample, whole):
    """Proves that only the run that counts is added up, and that the other is still readable."""
    old, new = sample.runs()
    assert whole.runs == [new.run] and any("restated" in note for note in whole.notes)
    with connect(sample, runs=[old.run]) as connection:
        assert connection.execute("SELECT count(*) FROM footprints").fetchone()[0] == old.counts["footprints"]
