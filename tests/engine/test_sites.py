"""Sites: metered energy shared to the meter, what is not in the run left over, estimates and defaults."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine.small import COVENTRY, is_close, merchant, only, own_factor, own_file, parcel, ran, registry, run

GRID_KG = 0.2454
METER = {"activity": "electricity.grid", "quantity": "100 kW*h", "from": "2025-06-01", "to": "2025-06-30"}
ALLOCATIONS = ["parcel", "mass", "volume_days"]


def _setup(*energy, allocation="parcel", **site):
    place = {"place": COVENTRY} | ({"energy": list(energy)} if energy else {}) | site
    return merchant(sites={"coventry": place}, method={"warehouse_allocation": allocation})


def _stored(name, mass_kg=1.0, volume_m3=0.01, days=3, **values):
    return parcel(name, goods_mass_kg=mass_kg, goods_volume_m3=volume_m3, storage_days=days, **values)


ROWS = [_stored("a", 1.0, 0.01, 3), _stored("b", 2.0, 0.03, 10), _stored("c", 5.0, 0.002, 40)]


@pytest.mark.parametrize("allocation", ALLOCATIONS)
def test_all_parcels_together_are_the_meter(allocation):
    """Proves that a month's meter is allocated wholly, in proportion to the chosen basis."""
    found = run(ROWS, _setup(METER, allocation=allocation)).footprints
    basis = {"parcel": [1, 1, 1], "mass": [1, 2, 5], "volume_days": [0.03, 0.3, 0.08]}[allocation]
    assert is_close(found.warehousing_co2e_kg.sum(), 100 * GRID_KG)
    assert np.allclose(found.warehousing_co2e_kg, 100 * GRID_KG * np.array(basis) / sum(basis))
    assert np.allclose(found.primary_co2e_kg, found.warehousing_co2e_kg)


@pytest.mark.parametrize("allocation", ALLOCATIONS)
@pytest.mark.parametrize("gap", ["mass", "volume", "row", "site", "twice"])
def test_the_meter_is_met_whatever_rows_lack(allocation, gap):
    """Proves that fallback weights, rejects, default sites and duplicates take part in the total as in the share."""
    odd = {
        "mass": _stored("d", mass_kg=None),
        "volume": _stored("d", volume_m3=None),
        "row": _stored("d", package="hatbox"),
        "site": _stored("d", origin_site=None),
        "twice": _stored("a"),
    }[gap]
    found = run([*ROWS, odd], _setup(METER, allocation=allocation)).footprints
    assert is_close(found.warehousing_co2e_kg.sum(), 100 * GRID_KG)
    assert len(found) == (3 if gap in ("row", "twice") else 4)


def test_a_seller_s_own_place_takes_no_share():
    """Proves that a parcel that did not leave from the site neither pays for it nor thins it."""
    own = _stored("seller", origin_site=None, origin_latitude=53.48, origin_longitude=-2.24)
    found = run([*ROWS, own], _setup(METER)).footprints.set_index("parcel_id")
    assert is_close(found.drop("seller").warehousing_co2e_kg.sum(), 100 * GRID_KG)
    assert is_close(found.loc["seller", "warehousing_co2e_kg"], 0.0054 * 1.0)


@pytest.mark.parametrize(
    ("allocation", "outbound", "share"),
    [
        ("parcel", {"parcels": 12}, 3 / 12),
        ("mass", {"mass": "16 kg"}, 8 / 16),
        ("volume_days", {"volume_days": 0.82}, 0.41 / 0.82),
    ],
)
def test_what_is_declared_beyond_the_run_stays_unallocated(allocation, outbound, share):
    """Proves that parcels pay their part of a declared total, and the rest is nobody's."""
    found = run(ROWS, _setup(METER | {"outbound": outbound}, allocation=allocation)).footprints
    assert is_close(found.warehousing_co2e_kg.sum(), share * 100 * GRID_KG)


def test_a_quarter_s_meter_covers_its_months():
    """Proves that an entry is shared for the months from the run's first to its last, and apart from the next entry."""
    quarters = [
        METER | {"from": "2025-04-01", "to": "2025-06-30", "quantity": "300 kW*h"},
        METER | {"from": "2025-07-01", "to": "2025-07-31", "quantity": "80 kW*h"},
    ]
    rows = [_stored("a", shipped_on="2025-04-02"), _stored("b"), _stored("c", shipped_on="2025-07-30")]
    found = run(rows, _setup(*quarters)).footprints.set_index("parcel_id").warehousing_co2e_kg
    assert (
        is_close(found["a"], found["b"])
        and is_close(found["a"] + found["b"], 300 * GRID_KG)
        and is_close(found["c"], 80 * GRID_KG)
    )
    found = run(rows[:1], _setup(*quarters)).footprints.warehousing_co2e_kg
    assert is_close(found.sum(), 100 * GRID_KG)
    found = run(
        [*rows[:1], _stored("lost", shipped_on="2025-06-15", service="nowhere")], _setup(*quarters)
    ).footprints.warehousing_co2e_kg
    assert is_close(found.sum(), 100 * GRID_KG)


def test_a_month_without_a_meter_is_not_free():
    """Proves that a parcel outside every metered period gets the default by mass, not zero."""
    rows = [_stored("metered"), _stored("later", shipped_on="2025-09-01")]
    found = run(rows, _setup(METER)).footprints.set_index("parcel_id").warehousing_co2e_kg
    assert is_close(found["metered"], 100 * GRID_KG) and is_close(found["later"], 0.0054)


def test_two_meters_of_one_energy_add_up():
    """Proves that a site may have two meters, and that readings in mid-month neither gap nor overlap."""
    both = run(ROWS, _setup(METER, METER | {"quantity": "20 kW*h"})).footprints
    assert is_close(both.warehousing_co2e_kg.sum(), 120 * GRID_KG)
    billed = [
        METER | {"from": "2025-05-15", "to": "2025-06-14", "quantity": "70 kW*h"},
        METER | {"from": "2025-06-15", "to": "2025-07-14", "quantity": "30 kW*h"},
    ]
    rows = [_stored("a", shipped_on="2025-05-20"), _stored("b", shipped_on="2025-06-20")]
    found = run(rows, _setup(*billed)).footprints.set_index("parcel_id").warehousing_co2e_kg
    assert is_close(found["a"], 70 * GRID_KG) and is_close(found["b"], 30 * GRID_KG)


def test_gas_solar_and_refrigerant_each_by_their_own_factor(tmp_path):
    """Proves m**3 or kWh of gas, own solar in category 3, and kg of refrigerant, each in its scope."""
    gas = METER | {"activity": "fuel.natural_gas.gross", "quantity": "50 kW*h"}
    solar = METER | {"activity": "electricity.solar_pv", "quantity": "30 kW*h", "own_generation": True}
    leak = METER | {"activity": "refrigerant.r410a", "quantity": "10 g"}
    running, chunks = ran(ROWS, _setup(METER, gas, solar, leak))
    wanted = 100 * GRID_KG + 50 * 0.21317 + 30 * 0.0367 + 0.01 * 1924
    assert is_close(chunks[0].kept.to_pandas().warehousing_co2e_kg.sum(), wanted)
    rows = [row for row in running.activity_table().to_pylist() if row["stage"] == "warehousing"]
    scopes = {(row["activity"], row["boundary"]): (row["scope"], row["category"]) for row in rows}
    assert scopes["refrigerant.r410a", "TTW"] == ("1", "") == scopes["fuel.natural_gas.gross", "TTW"]
    assert scopes["fuel.natural_gas.gross", "WTT"] == ("3", "3") == scopes["electricity.solar_pv", "life_cycle"]
    assert scopes["electricity.grid", "generation"] == ("2", "")


def test_a_third_party_s_meter_is_category_4():
    """Proves that ownership is data: the same meter at a carrier's warehouse has no scope 1 or 2."""
    running, _ = ran(ROWS, _setup(METER, party="carrier"))
    scopes = {
        (row["scope"], row["category"]) for row in running.activity_table().to_pylist() if row["stage"] == "warehousing"
    }
    assert scopes == {("3", "4")}


def test_the_grid_may_be_named(tmp_path):
    """Proves `grid_region`: a site on a grid of its own, not the one of its country."""
    own = own_file(
        tmp_path, [own_factor("own.island", 0.9, "kg/(kW*h)", "generation", activity="electricity.grid", region="FR")]
    )
    found = run(ROWS, _setup(METER, grid_region="FR"), factors=[own]).footprints
    assert is_close(found.warehousing_co2e_kg.sum(), 90)


def test_an_unmetered_site_by_area_and_settings():
    """Proves area x intensity x days over parcels a year, and that LED lamps and a milder setting save what is sourced."""
    estimate = {"area": "1000 m**2", "parcels_per_year": 50_000}
    legacy = only(parcel(), _setup(estimate=estimate)).warehousing_co2e_kg
    found = registry()
    intensity = found.needed_parameter("hub_energy.electricity", "GB", 2025)
    by_hand = 1000 * intensity.value * 365 / 50_000 * GRID_KG
    burnt = found.needed_parameter("hub_energy.gas", "GB", 2025)
    gas = 1000 * burnt.value * 365 / 50_000 * 0.21317
    assert is_close(legacy, by_hand + gas)
    lighting, saving = (found.needed_parameter(name, "GB", 2025).value for name in ("lighting_share", "led_saving"))
    led = only(parcel(), _setup(estimate=estimate | {"lighting": "led"})).warehousing_co2e_kg
    assert is_close(led, by_hand * (1 - lighting * saving) + gas)
    milder = estimate | {"setpoint_change_degc": 2, "saving_per_degc": 0.06}
    assert is_close(only(parcel(), _setup(estimate=milder)).warehousing_co2e_kg, (by_hand + gas) * 0.88)
    leap = only(parcel(shipped_on="2024-06-30"), _setup(estimate=estimate))
    grid, fuel = (
        found.resolve(name, "kW*h", "GB", 2024).factor.co2e_kg
        for name in ("electricity.grid", "fuel.natural_gas.gross")
    )
    per_parcel = 1000 * 366 / 50_000
    assert leap.warehousing_co2e_kg == pytest.approx(per_parcel * (intensity.value * grid + burnt.value * fuel))


def test_a_site_without_figures_takes_the_default_by_goods_mass():
    """Proves 5.4 kg per tonne of goods, as a default."""
    found = only(parcel(goods_mass_kg=10.0), _setup())
    assert is_close(found.warehousing_co2e_kg, 0.054) and found.primary_co2e_kg == 0
