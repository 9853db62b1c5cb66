"""What a site's meter and a delivery round are shared among: the parcels that get a footprint, and no others."""

from __future__ import annotations

import pytest

from tests.engine.small import COVENTRY, is_close, merchant, own_factor, own_file, parcel, ran, run

FAR = {"destination_country": "BR", "destination_latitude": -23.55, "destination_longitude": -46.63}
METER = {"activity": "own.heat", "quantity": "100 kW*h", "from": "2025-06-01", "to": "2025-06-30"}
#: A van with a factor in Britain only.
VAN = {"stage": "last_mile", "vehicle": "own.van"}
ROUND = {"round_id": "R1", "round_distance_km": 40.0}


@pytest.fixture
def own(tmp_path):
    """Write factors that only some places have."""
    rows = [
        own_factor("own.van.gb", 0.3, "kg/km", activity="own.van", region="GB"),
        own_factor("own.heat", 1.0, "kg/(kW*h)", "TTW"),
        own_factor("own.store.cn", 0.1, "kg/kg", "site_energy", activity="own.store", region="CN"),
    ]
    return {"factors": [own_file(tmp_path, rows)]}


def _setup(sites=None, **method):
    return merchant([VAN], sites=sites or {"coventry": {"place": COVENTRY, "energy": [METER]}}, method=method)


def _stored(name, **values):
    return parcel(name, goods_volume_m3=0.01, storage_days=3, **values)


@pytest.mark.parametrize("allocation", ["parcel", "mass", "volume_days"])
def test_a_parcel_without_a_factor_takes_no_share_of_a_meter(own, allocation):
    """Proves that footprints add up to the meter, though a parcel is rejected for want of a factor."""
    rows = [*(_stored(f"P{n}", goods_mass_kg=1.0 + n) for n in range(3)), _stored("far", **FAR)]
    found = run(rows, _setup(warehouse_allocation=allocation), **own)
    assert found.rejects.parcel_id.tolist() == ["far"] and found.rejects.reason.tolist() == ["no_factor"]
    assert is_close(found.footprints.warehousing_co2e_kg.sum(), 100.0)


@pytest.mark.parametrize("allocation", ["parcel", "mass_distance"])
def test_a_parcel_without_a_factor_takes_no_share_of_a_round(own, allocation):
    """Proves the same of a round, and that a distance which only such a parcel tells is not told."""
    usual = VAN | {"round": {"distance": "80 km", "stops": 100}, "failed_first_deliveries": 0}
    setup = merchant([usual], method={"round_allocation": allocation})
    rows = [*(parcel(f"P{n}", goods_mass_kg=1.0 + n, **ROUND) for n in range(3)), parcel("far", **ROUND, **FAR)]
    found = run(rows, setup, **own)
    assert len(found.rejects) == 1 and is_close(found.footprints.last_mile_co2e_kg.sum(), 40 * 0.3)
    rows = [parcel("P0", round_id="R1"), parcel("far", **ROUND, **FAR)]
    assert is_close(run(rows, setup, **own).footprints.last_mile_co2e_kg.sum(), 80 / 100 * 0.3)


def test_a_meter_with_nothing_to_share_rejects_where_the_default_is_lacking(own):
    """Proves that totals are counted again where a site's parcels turn out to lack the default by mass."""
    sites = {
        "coventry": {"place": COVENTRY, "energy": [METER]},
        "york": {"place": {"country": "GB", "city": "York"}, "energy": [METER], "activity": "own.store"},
    }
    van = VAN | {"failed_first_deliveries": 0}
    setup = merchant([van], sites=sites, method={"warehouse_allocation": "volume_days"})
    rows = [
        *(_stored(f"P{n}", **ROUND) for n in range(2)),
        parcel("york", origin_site="york", goods_volume_m3=0.01, storage_days=0, **ROUND),
    ]
    running, chunks = ran(rows, setup, **own)
    assert [reject.parcel_id for reject in chunks[0].rejects] == ["york"]
    found = chunks[0].kept.to_pandas()
    assert is_close(found.last_mile_co2e_kg.sum(), 40 * 0.3) and is_close(found.warehousing_co2e_kg.sum(), 100.0)
    assert running.plan.totals.rounds["parcels"].to_pylist() == [2.0]


def test_what_a_draft_takes_for_granted_is_not_noted(own):
    """Proves that notes speak of the run's totals only, each once."""
    running, _ = ran([_stored("P0"), _stored("far", **FAR)], _setup(), **own)
    about = [note for note in running.plan.context.notes if note.startswith("site coventry")]
    assert len(about) == 1 and "declare 'outbound'" in about[0]
    quiet, _ = ran([_stored("P0", shipped_on="2025-09-01"), _stored("P1")], _setup(), **own)
    about = [note for note in quiet.plan.context.notes if note.startswith("site coventry")]
    assert len(about) == 2 and any("2025-09" in note for note in about)
