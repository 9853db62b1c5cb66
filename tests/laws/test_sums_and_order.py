"""Laws of a run as a whole: sums, order, chunks, units, mass, rejects."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carbon.engine.kernel import RESULTS, stage_column
from carbon.orders.table import OrdersInput
from carbon.terms import DELIVERY_STAGES, TRANSPORT_STAGES, Stage
from tests.engine.small import HUB, LINE_HAUL, VAN, is_close, merchant, orders, parcel, ran, run
from tests.laws.world import parcels, world

STAGES = [stage_column(stage) for stage in Stage]
SLOW = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Return the parcels."""
    return parcels()


@pytest.fixture(scope="module")
def whole(table):
    """Return the run of all of them: object and chunks."""
    return ran(table, world())


@pytest.fixture(scope="module")
def footprints(whole) -> pd.DataFrame:
    """Return the footprints by parcel."""
    return pd.concat([chunk.kept.to_pandas() for chunk in whole[1]]).set_index("parcel_id")


def _by_parcel(found) -> pd.DataFrame:
    return found.footprints.set_index("parcel_id").sort_index()


def test_every_figure_is_a_number(footprints):
    """Proves that no parcel has a NaN, infinite or negative result, and that every stage occurs somewhere."""
    values = footprints[list(RESULTS)].to_numpy()
    assert np.isfinite(values).all() and (values >= 0).all()
    assert (footprints[STAGES].sum() > 0).all()


def test_stages_sum_to_the_total(footprints):
    """Proves that the total is its stages, that the product is none of them, and that offsets do not exist."""
    total = footprints[[stage_column(stage) for stage in DELIVERY_STAGES]].sum(axis=1)
    assert np.allclose(footprints["total_co2e_kg"], total, rtol=1e-12, atol=0)
    assert footprints["product_co2e_kg"].gt(0).all()
    assert not [name for name in footprints.columns if "offset" in name or "credit" in name]


def test_transport_is_wtt_ttw_or_not_split(footprints):
    """Proves that well-to-tank, tank-to-wheel and what no source splits are the transport stages."""
    parts = footprints[["wtt_co2e_kg", "ttw_co2e_kg", "unsplit_co2e_kg"]].sum(axis=1)
    transport = footprints[[stage_column(stage) for stage in TRANSPORT_STAGES]].sum(axis=1)
    assert np.allclose(parts, transport, rtol=1e-9, atol=1e-15)


def test_data_types_do_not_exceed_the_total(footprints):
    """Proves that primary and modelled shares are shares."""
    assert (
        footprints["primary_co2e_kg"] + footprints["modelled_co2e_kg"] <= footprints["total_co2e_kg"] * (1 + 1e-12)
    ).all()


def test_activity_sums_to_the_footprints(whole, footprints):
    """Proves that the inventory's table and the parcels tell the same kilograms, stage by stage."""
    activity = whole[0].activity_table().to_pandas()
    counted = activity[activity.accounting == "total"].groupby("stage").co2e_kg.sum()
    for stage in Stage:
        assert is_close(counted[str(stage)], footprints[stage_column(stage)].sum())
    assert {"total", "market_based", "beside"} == set(activity.accounting)


def test_run_totals_are_the_sums(whole, footprints):
    """Proves that what the manifest will say is the sum of the parcels."""
    for name in RESULTS:
        assert is_close(whole[0].totals_kg[name], footprints[name].sum(), 1e-12)


@pytest.mark.parametrize("rows", [1, 7, 100])
def test_chunk_size_changes_nothing(monkeypatch, table, footprints, rows):
    """Proves that a parcel's figure does not know its chunk; sums agree to 1e-12."""
    some = table if rows > 1 else table.head(40)
    whole_run = footprints if rows > 1 else _by_parcel(run(some, world()))
    read = OrdersInput.chunks
    monkeypatch.setattr(OrdersInput, "chunks", lambda self, size=rows: read(self, size))
    found = run(some, world())
    again = _by_parcel(found)
    pd.testing.assert_frame_equal(again[list(RESULTS)], whole_run.sort_index()[list(RESULTS)], check_exact=True)
    assert all(is_close(found.totals_kg[name], whole_run[name].sum(), 1e-12) for name in RESULTS)


@pytest.mark.parametrize("seed", [1, 2])
def test_row_order_changes_nothing(table, footprints, seed):
    """Proves that a parcel's figure does not know its row; sums agree to 1e-12."""
    found = run(table.sample(frac=1, random_state=seed), world())
    again = _by_parcel(found)
    pd.testing.assert_frame_equal(again[list(RESULTS)], footprints.sort_index()[list(RESULTS)], check_exact=True)
    assert all(is_close(found.totals_kg[name], footprints[name].sum(), 1e-12) for name in RESULTS)


def test_rounds_by_mass_distance_know_no_order_either(monkeypatch, table):
    """Proves the same where a pass of its own sums mass x distance: to 1e-12, because sums are."""
    setup = world(method={"round_allocation": "mass_distance", "warehouse_allocation": "mass"})
    first = _by_parcel(run(table, setup))
    read = OrdersInput.chunks
    monkeypatch.setattr(OrdersInput, "chunks", lambda self, size=13: read(self, size))
    again = _by_parcel(run(table.sample(frac=1, random_state=3), setup))
    assert np.allclose(first[list(RESULTS)], again[list(RESULTS)], rtol=1e-12, atol=0)


def test_empty_columns_are_absent_columns(table):
    """Proves that a column of nothing, of whatever type, is as good as none."""
    gaps = {
        "goods_volume_m3": np.nan,
        "delivery_attempts": pd.NA,
        "round_id": None,
        "round_distance_km": np.nan,
        "returned_on": pd.NaT,
    }
    some = table.head(60).drop(columns=[*gaps, "reported_co2e_kg", "storage_days"])
    plain = _by_parcel(run(some, world()))
    padded = _by_parcel(run(some.assign(**gaps, reported_co2e_kg="", storage_days=np.nan), world()))
    pd.testing.assert_frame_equal(plain[list(RESULTS)], padded[list(RESULTS)], check_exact=True)


@pytest.mark.parametrize(("unit", "factor"), [("g", 1000.0), ("lb", 1 / 0.45359237), ("t", 0.001)])
def test_another_unit_gives_the_same(tmp_path, table, unit, factor):
    """Proves that a mapping's unit changes nothing but rounding."""
    some = table.head(80)
    mapping = tmp_path / "mapping.yaml"
    names = [name for name in some.columns if name != "goods_mass_kg"]
    lines = [f"  {name}: {name}" for name in names]
    mapping.write_text(
        "columns:\n" + "\n".join(lines) + f"\n  goods_mass_kg: {{from: Weight, unit: {unit}}}\n", encoding="utf-8"
    )
    foreign = some.assign(Weight=some["goods_mass_kg"] * factor).drop(columns="goods_mass_kg")
    first, again = _by_parcel(run(some, world())), _by_parcel(run(foreign, world(), mapping=mapping))
    assert np.allclose(first[list(RESULTS)], again[list(RESULTS)], rtol=1e-9, atol=1e-15)


@SLOW
@given(masses_kg=st.lists(st.floats(0.05, 200), min_size=1, max_size=30))
def test_doubling_gross_mass_doubles_what_mass_drives(masses_kg):
    """Proves linearity in gross mass of line haul, hubs and storage by mass."""
    rows = [
        row
        for number, mass_kg in enumerate(masses_kg)
        for row in (
            parcel(f"A{number}", goods_mass_kg=mass_kg, packaging_mass_kg=mass_kg / 10),
            parcel(f"B{number}", goods_mass_kg=2 * mass_kg, packaging_mass_kg=2 * mass_kg / 10),
        )
    ]
    found = run(rows).footprints.set_index("parcel_id")
    once, twice = found[found.index.str.startswith("A")], found[found.index.str.startswith("B")]
    for name in (
        "line_haul_co2e_kg",
        "hubs_co2e_kg",
        "warehousing_co2e_kg",
        "packaging_co2e_kg",
        "end_of_life_co2e_kg",
    ):
        assert np.allclose(2 * once[name].to_numpy(), twice[name].to_numpy(), rtol=1e-12)
    assert np.allclose(once["last_mile_co2e_kg"], twice["last_mile_co2e_kg"].to_numpy(), rtol=1e-12)


BAD = {
    "service": "nowhere",
    "origin_site": "atlantis",
    "package": "hatbox",
    "goods_mass_kg": -1.0,
    "destination_country": "Utopia",
    "shipped_on": "2025-02-30",
    "parcel_id": None,
}


@SLOW
@given(kinds=st.lists(st.sampled_from(["good", "twice", *BAD]), min_size=1, max_size=40))
def test_rows_in_are_footprints_and_rejects(kinds):
    """Proves that no row disappears, whatever is wrong with it, and that each is counted once."""
    rows = [parcel("first")]
    for number, kind in enumerate(kinds):
        name = "first" if kind == "twice" else f"P{number}"
        row = parcel(name)
        if kind in BAD:
            row[kind] = BAD[kind]
        rows.append(row)
    table = orders(*rows)
    for name in ("destination_latitude", "destination_longitude"):
        table.loc[table.get("destination_country") == "Utopia", name] = None
    found = run(table, merchant([LINE_HAUL, HUB, VAN]))
    assert found.counts["rows"] == len(rows) == len(found.footprints) + len(found.rejects)
    assert sorted([*found.footprints["row"], *found.rejects["row"]]) == list(range(1, len(rows) + 1))
    assert len(found.footprints) == 1 + kinds.count("good")
    assert found.rejects["reason"].notna().all() and found.rejects["mend"].str.len().gt(0).all()
