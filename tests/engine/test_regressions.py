"""Mistakes once made, and kept from coming back."""

from __future__ import annotations

import pytest

from carbon.engine.columns import fallback_names
from carbon.errors import InputError
from tests.engine.small import COVENTRY, VAN, is_close, merchant, only, parcel, ran, run

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
