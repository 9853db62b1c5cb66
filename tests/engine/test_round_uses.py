"""Rounds that tell what they used, planned or metered: electricity, fuel, hydrogen or another vehicle's km."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine.small import VAN, is_close, merchant, only, own_factor, own_file, parcel, ran, registry, run

ALLOCATIONS = ["parcel", "mass_distance"]
VAN_0 = VAN | {"failed_first_deliveries": 0}
ELECTRIC = {"round_activity": "electricity.grid", "round_electricity_kwh": 12.0}


def _setup(allocation: str = "parcel", **leg):
    return merchant([VAN_0 | leg], method={"round_allocation": allocation})


def _drops(count: int, name: str = "R1", **values):
    return [
        parcel(f"{name}-{n}", round_id=name, goods_mass_kg=0.5 + n, destination_latitude=52.5 + n / 50, **values)
        for n in range(count)
    ]


def _kg(activity: str, unit: str) -> float:
    return registry().resolve(activity, unit, "GB", 2025).factor.co2e_kg


USES = {
    "electricity": (ELECTRIC, "kW*h", 12.0),
    "fuel": ({"round_activity": "fuel.diesel_blend", "round_fuel_l": 5.5}, "m**3", 0.0055),
    "hydrogen": ({"round_activity": "hydrogen.average", "round_fuel_kg": 1.5}, "kg", 1.5),
    "vehicle": ({"round_activity": "road.van.class_2.diesel", "round_distance_km": 30.0}, "km", 30.0),
}


@pytest.mark.parametrize("allocation", ALLOCATIONS)
@pytest.mark.parametrize("use", USES)
def test_what_a_round_used_is_shared_to_the_last_gram(use, allocation):
    """Proves that the parcels of a round sum to its use times the factor, by both rules, and nothing else is counted."""
    values, unit, amount = USES[use]
    found = run(_drops(5, **values), _setup(allocation)).footprints
    assert is_close(found.last_mile_co2e_kg.sum(), amount * _kg(values["round_activity"], unit))
    if allocation == "parcel":
        assert np.allclose(found.last_mile_co2e_kg, found.last_mile_co2e_kg[0])
    else:
        product = found.gross_mass_kg * found.radial_km
        assert np.allclose(found.last_mile_co2e_kg / found.last_mile_co2e_kg.sum(), product / product.sum())


@pytest.mark.parametrize(("basis", "data_type"), [(None, "modelled"), ("planned", "modelled"), ("measured", "primary")])
def test_planned_is_modelled_and_measured_is_primary(basis, data_type):
    """Proves the data type of each basis, and that only a plan may be off by itself."""
    running, chunks = ran(_drops(3, round_basis=basis, **ELECTRIC), _setup())
    rows = [row for row in running.activity_table().to_pylist() if row["stage"] == "last_mile"]
    assert {row["data_type"] for row in rows} == {data_type}
    planned = any(each["key"].startswith("stated:plan_ratio") for row in rows for each in row["spreads"])
    assert planned == (data_type == "modelled")
    kept = chunks[0].kept.to_pandas()
    assert (kept.primary_co2e_kg >= kept.last_mile_co2e_kg).all() == (data_type == "primary")


def test_rounds_of_all_kinds_stand_side_by_side():
    """Proves planned, metered, recorded and usual rounds in one run, each with its own vehicle."""
    rows = [
        *_drops(2, "E", **ELECTRIC),
        *_drops(3, "F", round_basis="measured", **USES["fuel"][0]),
        *_drops(4, "K", round_distance_km=40.0),
        *_drops(1, "N"),
    ]
    found = run(rows, _setup(round={"distance": "80 km", "stops": 120})).footprints
    sums = found.groupby(found.parcel_id.str[0]).last_mile_co2e_kg.sum()
    van = _kg("road.van.class_3.diesel", "km")
    assert is_close(sums["E"], 12 * _kg("electricity.grid", "kW*h"))
    assert is_close(sums["F"], 0.0055 * _kg("fuel.diesel_blend", "m**3"))
    assert is_close(sums["K"], 40 * van) and is_close(sums["N"], 80 / 120 * van)


def test_a_round_takes_the_place_of_a_carriers_average(tmp_path):
    """Proves that a last mile by a factor per parcel gives way to what the round used, and stays where none is told."""
    own = own_file(tmp_path, [own_factor("mine.drop", 0.4, "kg/parcel")])
    setup = merchant([{"stage": "last_mile", "factor": "mine.drop", "failed_first_deliveries": 0}])
    rows = [parcel("told", round_id="R", **ELECTRIC), parcel("untold")]
    found = run(rows, setup, factors=[own]).footprints.set_index("parcel_id").last_mile_co2e_kg
    assert is_close(found["told"], 12 * _kg("electricity.grid", "kW*h")) and is_close(found["untold"], 0.4)


def test_failed_deliveries_are_counted_as_for_every_round():
    """Proves that recorded attempts, or the share that fails at first, multiply a planned round's share."""
    twice = only(parcel(round_id="R", delivery_attempts=2, **ELECTRIC), _setup()).last_mile_co2e_kg
    expected = only(parcel(round_id="R", **ELECTRIC), _setup(failed_first_deliveries=0.1)).last_mile_co2e_kg
    whole = 12 * _kg("electricity.grid", "kW*h")
    assert is_close(twice, 2 * whole) and is_close(expected, 1.1 * whole)


@pytest.mark.parametrize("values", [{"round_activity": "electricity.grid"}, ELECTRIC | {"round_id": None}])
def test_what_cannot_be_shared_takes_the_usual_round_and_says_so(values):
    """Proves that a use without a figure, or without a round, is counted as a fallback and never as zero."""
    setup = _setup(round={"distance": "80 km", "stops": 120})
    _, chunks = ran([parcel(**({"round_id": "R"} | values))], setup)
    found = chunks[0].kept.to_pandas()
    assert is_close(found.last_mile_co2e_kg[0], 80 / 120 * _kg("road.van.class_3.diesel", "km"))
    assert chunks[0].fallbacks.get("round_distance") == 1


@pytest.mark.parametrize(
    ("values", "column", "reason"),
    [
        ({"round_activity": "no.such", "round_fuel_l": 3.0}, "round_activity", "unknown_round_activity"),
        ({"round_activity": "electricity.grid", "round_fuel_l": 3.0}, "round_fuel_l", "round_use_of_another_unit"),
        (ELECTRIC | {"round_basis": "guessed"}, "round_basis", "unknown_round_basis"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(values, column, reason):
    """Proves that a wrong activity, unit or basis rejects its row, and leaves the others their whole round."""
    _, chunks = ran([*_drops(2, **ELECTRIC), parcel("bad", round_id="R1", **values)], _setup())
    assert [(each.column, each.reason) for each in chunks[0].rejects] == [(column, reason)]
    assert is_close(chunks[0].kept.to_pandas().last_mile_co2e_kg.sum(), 12 * _kg("electricity.grid", "kW*h"))
