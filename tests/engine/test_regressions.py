"""Mistakes once made, and kept from coming back."""

from __future__ import annotations

import pytest

from carbon.engine.columns import fallback_names
from carbon.errors import InputError
from tests.engine.small import COVENTRY, VAN, is_close, merchant, only, parcel, ran, registry, run

VAN_KG_PER_KM = 0.34584
ARTIC = {"stage": "line_haul", "vehicle": "road.hgv.articulated_33t.average", "distance": "100 km"}


def test_a_route_name_that_repeats_daily_is_a_round_a_day():
    """Proves that the day belongs to a round: 30 km and 10 km under one name stay 30 and 10."""
    setup = merchant([VAN | {"failed_first_deliveries": 0}])
    rows = [
        parcel("a", shipped_on="2025-06-01", round_id="north", round_distance_km=30.0),
        parcel("b", shipped_on="2025-06-02", round_id="north", round_distance_km=10.0),
    ]
    found = run(rows, setup).footprints.set_index("parcel_id").last_mile_co2e_kg
    assert is_close(found["a"], 30 * VAN_KG_PER_KM) and is_close(found["b"], 10 * VAN_KG_PER_KM)


def test_a_round_s_distance_without_a_round_is_flagged():
    """Proves that a distance nobody can share does not vanish unseen."""
    found = only(parcel(round_distance_km=30.0), merchant([VAN]))
    assert "round_distance" in fallback_names(found.fallbacks)


def test_volumetric_mass_is_the_package_s():
    """Proves that carriers measure the parcel: 9 l at 5000 cm3/kg is 1.8 kg, whatever lies inside; a smaller box counts."""
    packages = {
        "big": {"inner": "300x200x150 mm", "mass": "200 g"},
        "small": {"inner": "200x150x100 mm", "mass": "100 g"},
    }
    setup = merchant([ARTIC], packages=packages)
    service = setup.services["road"] if "road" in setup.services else next(iter(setup.services.values()))
    volumetric = service.model_validate(
        service.model_dump(by_alias=True) | {"allocation": "volumetric", "volumetric_divisor": "5000 cm**3/kg"}
    )
    setup = setup.model_copy(update={"services": dict.fromkeys(setup.services, volumetric)})
    rows = [parcel(each, package=each, goods_mass_kg=0.3, goods_volume_m3=0.001) for each in packages]
    found = run(rows, setup).footprints.set_index("parcel_id")
    assert is_close(found.loc["big", "freight_mass_kg"], 1.8) and is_close(found.loc["small", "freight_mass_kg"], 0.6)
    assert found.loc["small", "line_haul_co2e_kg"] < found.loc["big", "line_haul_co2e_kg"]


def test_goods_larger_than_their_package_are_flagged():
    """Proves that 50 l in a 9 l box is seen."""
    setup = merchant([ARTIC], packages={"big": {"inner": "300x200x150 mm", "mass": "200 g"}})
    found = only(parcel(package="big", goods_volume_m3=0.05), setup)
    assert "goods_too_large" in fallback_names(found.fallbacks)


def test_a_material_without_a_treatment_is_flagged(tmp_path):
    """Proves that an end of life nobody published is not silently zero."""
    factors = tmp_path / "own.yaml"
    row = "{id: own.m, activity: packaging.mycelium.virgin, value: 1, unit: kg/kg, boundary: cradle_to_gate, gas_basis: CO2e, source: x}"
    factors.write_text(f"factors:\n  - {row}\n", encoding="utf-8")
    setup = merchant([ARTIC], packages={"shell": {"material": "mycelium", "mass": "100 g"}})
    found = only(parcel(package="shell"), setup, factors=[factors])
    assert is_close(found.packaging_co2e_kg, 0.1) and "end_of_life" in fallback_names(found.fallbacks)


def test_a_figure_taken_at_the_battery_gets_the_charging_loss():
    """Proves 1.1 kWh/km at the battery over 1 - 0.145, and none for vans that are metered at the plug."""
    leg = ARTIC | {"vehicle": "road.hgv.articulated_40t.battery_electric", "payload": "10 t", "load": 1.0}
    running, _ = ran([parcel()], merchant([leg]))
    rows = [row for row in running.activity_table().to_pylist() if row["stage"] == "line_haul"]
    gross_kg = only(parcel(), merchant([leg])).gross_mass_kg
    assert is_close(rows[0]["amount"], gross_kg / 10_000 * 100 * 1.1 / (1 - 0.145))


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("sites", {"coventry": COVENTRY | {"energy": [{"activity": "electricity.grid", "quantity": "-5 kW*h", "from": "2025-01-01", "to": "2025-12-31"}]}}),
        ("packages", {"box": {"inner": "-10x20x30 mm"}}),
        ("packages", {"box": {"inner": "0x0x0 mm"}}),
        ("country", "Atlantis"),
    ],
    ids=["meter", "size", "no size", "country"],
)  # fmt: skip
def test_nothing_negative_and_no_unknown_region(part, value):
    """Proves that credits do not come in by the back door, and that no region silently takes the world's factors."""
    with pytest.raises(InputError):
        only(parcel(), merchant([ARTIC], **{part: value}))


def _lines(running, stage: str, what: str = "") -> list[dict]:
    rows = running.activity_table().to_pylist()
    return [row for row in rows if row["stage"] == stage and what in row["block"]]


def test_packaging_takes_the_factors_of_where_it_is_packed():
    """Proves that a box packed in Leipzig is bought and washed in Germany, not in the head office's country."""
    box = {
        "mass": "640 g",
        "material": "pp",
        "reuse": {"uses": 10, "washing": [{"activity": "electricity.grid", "quantity": "0.1 kW*h"}]},
    }
    sites = {"leipzig": {"place": {"country": "DE", "city": "Leipzig"}}}
    running, _ = ran(
        [parcel(origin_site="leipzig", package="tub")], merchant([ARTIC], sites=sites, packages={"tub": box})
    )
    washed = _lines(running, "packaging", "washing")
    assert {row["region"] for row in washed} == {"DE"}
    assert is_close(sum(row["co2e_kg"] for row in washed), 0.1 * 0.34206)
    bought = _lines(running, "packaging", "virgin")
    assert {(row["wanted_region"], row["match"]) for row in bought} == {("DE", "proxy")}


def test_a_returned_reusable_box_does_not_travel_back_twice():
    """Proves that a box that comes back full has no empty way back, and one that is kept has."""
    reuse = {"uses": 10, "return_vehicle": "road.van.class_3.diesel", "return_distance": "60 km"}
    setup = merchant([ARTIC], packages={"tub": {"mass": "640 g", "material": "pp", "reuse": reuse}})
    running, _ = ran([parcel("kept", package="tub")], setup)
    assert is_close(
        sum(row["amount"] for row in _lines(running, "packaging", "empty return") if row["boundary"] == "TTW"),
        0.64 * 60,
    )
    running, _ = ran([parcel("back", package="tub", returned_on="2025-07-10")], setup)
    assert _lines(running, "packaging", "empty return") == [] and _lines(running, "returns", "line haul")


def test_own_panels_of_one_site_leave_another_s_purchase_in_scope_2():
    """Proves that own generation belongs to a meter, not to an activity; a carrier's panels stay in its category 4."""
    meter = {"activity": "electricity.solar_pv", "quantity": "10 kW*h", "from": "2025-06-01", "to": "2025-06-30"}
    sites = {
        "buys": {"place": COVENTRY, "energy": [meter]},
        "owns": {"place": COVENTRY, "energy": [meter | {"own_generation": True}]},
        "hired": {"place": COVENTRY, "party": "carrier", "energy": [meter | {"own_generation": True}]},
    }
    rows = [parcel(each, origin_site=each) for each in sites]
    running, _ = ran(rows, merchant([ARTIC], sites=sites))
    found = {row["site"]: (row["scope"], row["category"]) for row in _lines(running, "warehousing")}
    assert found == {"buys": ("2", ""), "owns": ("3", "3"), "hired": ("3", "4")}


def test_a_meter_is_never_shared_out_more_than_once():
    """Proves that declaring less than the run holds gives the meter once, and says so."""
    meter = {"activity": "electricity.grid", "quantity": "100 kW*h", "from": "2025-06-01", "to": "2025-06-30"}
    sites = {"coventry": {"place": COVENTRY, "energy": [meter | {"outbound": {"parcels": 1}}]}}
    found = run([parcel("a"), parcel("b"), parcel("c")], merchant([ARTIC], sites=sites))
    assert is_close(found.footprints.warehousing_co2e_kg.sum(), 100 * 0.2454)
    assert any("less than they are" in note for note in found.notes)


def test_a_carrier_s_figure_leaves_the_customer_s_trip():
    """Proves that a reported figure replaces the carrier's chain and not the trip that the carrier never knew of."""
    trip = {"distance": "6 km", "car_share": 0.5}
    service = {"chain": [ARTIC, VAN | {"customer_trip": trip}], "reported": {"source": "carrier's portal"}}
    running, _ = ran([parcel(reported_co2e_kg=0.4)], merchant(services={"road": service}))
    last_mile = _lines(running, "last_mile")
    assert {row["kind"] for row in last_mile} == {"transport", "customer_trip"} and _lines(running, "line_haul") == []
    assert is_close(sum(row["co2e_kg"] for row in last_mile if row["kind"] == "transport"), 0.4)
    assert any("carrier's portal" in row["block"] for row in last_mile)


def test_an_incomplete_grid_edition_yields_to_a_complete_one():
    """Proves that 2026's British grid, published without its upstream, does not pass for a fall of 41 %."""
    found = registry().resolve("electricity.grid", "kW*h", "GB", 2026)
    assert found.factor.complete and found.edition_gap_years == 1 and is_close(found.factor.co2e_kg, 0.2454)
