"""Delivery rounds: recorded or usual, shared by parcel or by mass x distance, always to the whole round."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine.small import COVENTRY, VAN, is_close, merchant, only, parcel, ran, registry, run

VAN_KG_PER_KM = 0.34584
ROUND = {"round_id": "R1", "round_distance_km": 40.0}
ALLOCATIONS = ["parcel", "mass_distance"]


def _setup(allocation: str, **leg):
    return merchant([VAN | {"failed_first_deliveries": 0} | leg], method={"round_allocation": allocation})


def _drops(count: int, name: str = "R1", km: float = 40.0, **values):
    return [
        parcel(
            f"{name}-{n}",
            round_id=name,
            round_distance_km=km,
            goods_mass_kg=0.5 + n,
            destination_latitude=52.5 + n / 50,
            **values,
        )
        for n in range(count)
    ]


@pytest.mark.parametrize("allocation", ALLOCATIONS)
def test_a_recorded_round_is_shared_to_the_last_gram(allocation):
    """Proves that the drops of a round sum to its distance, whichever rule, for two rounds side by side."""
    rows = [*_drops(4), *_drops(7, "R2", 90.0)]
    found = run(rows, _setup(allocation)).footprints
    sums = found.groupby(found.parcel_id.str[:2]).last_mile_co2e_kg.sum()
    assert is_close(sums["R1"], 40 * VAN_KG_PER_KM) and is_close(sums["R2"], 90 * VAN_KG_PER_KM)


def test_the_two_rules_differ_as_they_should():
    """Proves equal shares by parcel, and shares in proportion to mass x great-circle distance."""
    even = run(_drops(4), _setup("parcel")).footprints.last_mile_co2e_kg
    assert np.allclose(even, 40 * VAN_KG_PER_KM / 4)
    found = run(_drops(4), _setup("mass_distance")).footprints
    product = found.gross_mass_kg * found.radial_km
    assert np.allclose(found.last_mile_co2e_kg, 40 * VAN_KG_PER_KM * product / product.sum())


@pytest.mark.parametrize("allocation", ALLOCATIONS)
def test_drops_at_the_depot(allocation):
    """Proves that a round that goes nowhere as the crow flies still gives every parcel a number."""
    here = {f"destination_{name}": value for name, value in COVENTRY.items()}
    found = run([parcel("a", **ROUND, **here), parcel("b", **ROUND, **here)], _setup(allocation)).footprints
    assert is_close(found.last_mile_co2e_kg.sum(), 40 * VAN_KG_PER_KM)


@pytest.mark.parametrize("allocation", ALLOCATIONS)
def test_a_parcel_off_the_rounds_takes_the_usual_one(allocation):
    """Proves that recorded and usual rounds stand side by side in one run, told apart by data type."""
    setup = _setup(allocation, round={"distance": "80 km", "stops": 120})
    running, chunks = ran([*_drops(2), parcel("alone")], setup)
    found = chunks[0].kept.to_pandas().set_index("parcel_id")
    assert is_close(found.loc["alone", "last_mile_co2e_kg"], 80 / 120 * VAN_KG_PER_KM)
    assert is_close(found.last_mile_co2e_kg.sum(), (40 + 80 / 120) * VAN_KG_PER_KM)
    assert found.loc["alone", "primary_co2e_kg"] == 0 and found.loc["R1-0", "primary_co2e_kg"] > 0
    assert {row["data_type"] for row in running.activity_table().to_pylist() if row["stage"] == "last_mile"} == {
        "primary",
        "default",
    }


def test_a_round_without_a_distance_is_not_recorded():
    """Proves that an id alone records nothing."""
    setup = _setup("parcel", round={"distance": "80 km", "stops": 120})
    assert is_close(only(parcel(round_id="R1"), setup).last_mile_co2e_kg, 80 / 120 * VAN_KG_PER_KM)


def test_one_row_may_tell_the_distance_for_all():
    """Proves that a round's distance written in one row serves the others."""
    found = run(
        [parcel("a", **ROUND), parcel("b", round_id="R1"), parcel("c", round_id="R1")], _setup("parcel")
    ).footprints
    assert np.allclose(found.last_mile_co2e_kg, 40 * VAN_KG_PER_KM / 3)


def test_a_rejected_parcel_takes_no_share():
    """Proves that the round is shared among the parcels that have a footprint."""
    found = run([*_drops(3), parcel("bad", package="hatbox", **ROUND)], _setup("parcel"))
    assert len(found.rejects) == 1 and is_close(found.footprints.last_mile_co2e_kg.sum(), 40 * VAN_KG_PER_KM)


def test_the_usual_round_is_sourced():
    """Proves stops, distance and failure rate from the parameters where the chain names none."""
    found = registry()
    km, stops, failure = (
        found.needed_parameter(name, "GB", 2025).value
        for name in ("round.distance", "round.stops", "first_delivery_failure")
    )
    assert is_close(only(parcel(), merchant([VAN])).last_mile_co2e_kg, km / stops * (1 + failure) * VAN_KG_PER_KM)


def test_parcels_per_stop_and_attempts():
    """Proves that a shared stop divides, and that recorded attempts multiply instead of the failure rate."""
    setup = merchant(
        [VAN | {"round": {"distance": "80 km", "stops": 40, "parcels_per_stop": 2}, "failed_first_deliveries": 0.5}]
    )
    assert is_close(only(parcel(), setup).last_mile_co2e_kg, 1.5 * VAN_KG_PER_KM)
    assert is_close(only(parcel(delivery_attempts=3), setup).last_mile_co2e_kg, 3 * VAN_KG_PER_KM)


def test_a_pick_up_point_has_a_customer_s_trip():
    """Proves the trip: distance x share by car over parcels fetched, with the car of the destination, and no failures."""
    trip = {"distance": "7 km", "car_share": 0.5, "parcels_per_trip": 2}
    with_trip = only(parcel(), merchant([VAN | {"customer_trip": trip}]))
    plain = only(parcel(), merchant([VAN | {"failed_first_deliveries": 0}]))
    assert is_close(with_trip.last_mile_co2e_kg - plain.last_mile_co2e_kg, 7 * 0.5 / 2 * 0.21124)


def test_measured_fuel_on_a_round():
    """Proves litres per km on the own van: primary, scope 1 with category 3, and the whole round."""
    chain = [
        {
            "stage": "last_mile",
            "party": "own",
            "primary": True,
            "energy": {"activity": "fuel.diesel_blend", "per_distance": "0.094 l/km"},
            "failed_first_deliveries": 0,
        }
    ]
    running, chunks = ran(_drops(4), merchant(chain))
    found = chunks[0].kept.to_pandas()
    assert is_close(found.last_mile_co2e_kg.sum(), 40 * 0.094 * (2.57082 + 0.61101))
    assert is_close(found.primary_co2e_kg.sum(), found.last_mile_co2e_kg.sum())
    scopes = {
        (row["scope"], row["category"]) for row in running.activity_table().to_pylist() if row["stage"] == "last_mile"
    }
    assert scopes == {("1", ""), ("3", "3")}
