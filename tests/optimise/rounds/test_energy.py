"""Energy of vehicles: the local grid, sourced loads, stated use; every figure resolved by region and year."""

from __future__ import annotations

import pytest

from carbon.errors import InputError
from carbon.optimise.rounds.energy import DrivenEnergy, driven_energy
from carbon.organisation.fleet import FleetVehicle
from tests.engine.small import own_factor, own_file, registry


def _energy(region: str = "GB", year: int = 2025, **changes) -> DrivenEnergy:
    vehicle = FleetVehicle(**{"count": 1, "depot": "main", "payload": "1 t"} | changes)
    return driven_energy("v", vehicle, registry(), region, year)


@pytest.mark.parametrize("region", ["GB", "DE", "FR", "CN-GD", "US"])
def test_a_battery_vehicle_charges_from_the_local_grid(region):
    """Proves kWh per km times the grid of the depot's region, losses and upstream included, wherever the van's figure is from."""
    found = _energy(region, vehicle="road.van.class_3.battery_electric")
    grid = registry().resolve("electricity.grid", "kW*h", region, 2025)
    assert found.unit == "kWh" and found.carrier == "electricity.grid" and found.per_km_kg == 0
    assert found.per_km == registry().needed_parameter("consumption.electricity.road.van.class_3", region, 2025).value
    assert found.co2e_kg_per_unit == grid.factor.co2e_kg and grid.factor.region in registry().region_chain(region)


def test_an_incomplete_grid_is_said():
    """Proves that a grid without upstream or losses is used and named, not called well to wheel."""
    found = _energy("CN-GD", vehicle="road.van.class_3.battery_electric")
    assert "no WTT" in found.notes[0] and "not well to wheel" in found.notes[0]


def test_charging_losses_count_where_the_figure_is_the_battery_s():
    """Proves that a truck whose use was taken at the battery draws more from the grid by the sourced loss."""
    found = _energy("DE", vehicle="road.hgv.articulated_40t.battery_electric")
    use, loss = (each.value for each in found.parameters)
    assert found.per_km == pytest.approx(use / (1 - loss)) and loss > 0


def test_a_cargo_bike_and_hydrogen_have_sourced_use():
    """Proves that a cargo bike's kWh and a hydrogen van's kg per km come from the tables, each with its match."""
    bike, van = _energy(vehicle="road.cargo_bike.battery_electric"), _energy("DE", vehicle="road.van.hydrogen")
    assert (bike.unit, van.unit) == ("kWh", "kg")
    assert bike.parameters[0].parameter.source == "velove_2017" and van.parameters[0].match == "parent"


def test_a_factor_per_km_tells_no_loads():
    """Proves that a diesel van's factor is the carrier itself, the same empty and full."""
    found = _energy(vehicle="road.van.class_3.diesel")
    factor = registry().resolve("road.van.class_3.diesel", "km", "GB", 2025).factor
    assert (found.unit, found.per_km, found.per_km_kg) == ("km", 1.0, 0.0)
    assert found.co2e_kg_per_unit == factor.co2e_kg == pytest.approx(factor.wtt_kg + factor.ttw_kg)


def test_a_truck_s_published_rows_tell_loads_apart():
    """Proves that empty and full kg CO2e per km are those published, and half load lies half way."""
    found, known = _energy(vehicle="road.hgv.rigid_17t"), registry()
    empty, half, full = (
        known.resolve(f"road.hgv.rigid_17t.{state}", "km", "GB", 2025).factor.co2e_kg
        for state in ("empty", "half", "full")
    )

    def at(share: float) -> float:
        return (found.per_km + found.per_km_kg * share * found.payload_kg) * found.co2e_kg_per_unit

    assert at(0) == pytest.approx(empty) and at(1) == pytest.approx(full) and at(0.5) == pytest.approx(half, rel=1e-3)
    average = _energy(vehicle="road.hgv.rigid_17t.average")
    assert average.per_km_kg == 0.0


@pytest.mark.parametrize(
    ("activity", "empty", "full", "unit", "amounts"),
    [
        ("fuel.diesel_blend", "9 l/(100 km)", "12 l/(100 km)", "l", (0.09, 0.12)),
        ("fuel.petrol_blend", "0.07 l/km", None, "l", (0.07, 0.07)),
        ("electricity.grid", "250 W*h/km", "0.31 kW*h/km", "kWh", (0.25, 0.31)),
        ("electricity.grid", "0.5 kW*h/mi", None, "kWh", (0.3106856, 0.3106856)),
        ("hydrogen.average", "0.9 kg/(100 km)", "1.1 kg/(100 km)", "kg", (0.009, 0.011)),
    ],
)
def test_stated_use_in_any_unit(activity, empty, full, unit, amounts):
    """Proves that use stated per km, mile or 100 km, empty and full, becomes litres, kWh or kg per km and kg on board."""
    energy = {"activity": activity, "empty": empty} | ({"full": full} if full else {})
    found = _energy(vehicle=None, energy=energy, payload="800 kg")
    assert found.unit == unit
    assert (found.per_km, found.per_km + 800 * found.per_km_kg) == pytest.approx(amounts)


def test_a_litre_causes_what_its_factor_says():
    """Proves the scale between the tables' cubic metre and the litre that is shown."""
    found = _energy(vehicle=None, energy={"activity": "fuel.diesel_blend", "empty": "10 l/(100 km)"})
    assert found.co2e_kg_per_unit == pytest.approx(
        registry().resolve("fuel.diesel_blend", "m**3", "GB", 2025).factor.co2e_kg / 1000
    )


def test_the_user_s_own_factor_wins(tmp_path):
    """Proves that a row of the user's own file serves first, and its match says so."""
    own = own_file(tmp_path, [own_factor("own.van", 0.5, "kg/km", activity="road.van.class_3.diesel")])
    vehicle = FleetVehicle(count=1, depot="main", payload="1 t", vehicle="road.van.class_3.diesel")
    found = driven_energy("v", vehicle, registry(own), "GB", 2025)
    assert found.co2e_kg_per_unit == 0.5 and found.match.match == "own"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"vehicle": "road.van.class_3.battery_electric.uk_grid"}, "write road.van.class_3.battery_electric"),
        ({"vehicle": "road.van.average.plug_in_hybrid.uk_grid"}, "state its use"),
        ({"vehicle": "road.van.clas_3.diesel"}, "road.van.class_3.diesel"),
        ({"vehicle": "road.tram.battery_electric"}, "road.cargo_bike.battery_electric"),
        ({"energy": {"activity": "fuel.diesel_blend", "empty": "9 l"}}, "no use per distance"),
        ({"energy": {"activity": "fuel.water", "empty": "9 l/(100 km)"}}, "no factor for 'fuel.water'"),
        ({"energy": {"activity": "fuel.diesel_blend", "empty": "9 l/(100 km)", "full": "10 l/(100 km)"}, "payload": None},
         "needs 'payload'"),
    ],
)  # fmt: skip
def test_what_has_no_source_is_refused(changes, said):
    """Proves that a grid inside a factor, an unknown vehicle or a use that is none is an error with the way out."""
    with pytest.raises(InputError) as error:
        _energy(**changes)
    assert said in str(error.value)
