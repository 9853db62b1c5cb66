"""Rounds shared among parcels by both rules, and written to the orders so that the ledger finds the plan's kilograms."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from carbon.errors import InputError
from carbon.optimise.rounds.plan import Duty, Round
from carbon.optimise.rounds.problem import Network
from carbon.optimise.rounds.sharing import RULES, orders_columns, shares, unshared, untold
from carbon.optimise.rounds.tours import tours
from carbon.optimise.rounds.verifying import recompute
from carbon.orders.distance import great_circle_km
from tests.engine.small import VAN, is_close, merchant, parcel, registry, run
from tests.optimise.rounds.day import ANN, BEN, CLEO, DEPOT, hand_made, one_round, plan_of, problem, van


def test_parcels_share_alike():
    """Proves the first rule: three parcels, a third of 40 km, 4.24 l and 13.72 kg each."""
    found = shares(problem(), hand_made())
    assert [each.parcel for each in found] == ["P1", "P2", "P3"]
    for each in found:
        assert [each.distance_km, each.energy, each.co2e_kg] == pytest.approx([40 / 3, 4.24 / 3, 13.72 / 3], rel=1e-12)
        assert (each.round_id, each.vehicle) == ("duty-1-round-1", "van")


def test_parcels_share_by_mass_and_distance():
    """Proves the second rule by hand: 50 kg 0.1 degrees away twice, 50 kg 0.2 degrees away; and by masses handed in."""
    near, far = (float(great_circle_km(52.0, 0.0, 52.0, each)) for each in (0.1, 0.2))
    found = shares(problem(), hand_made(), "mass_distance")
    wanted = np.array([50 * near, 50 * near, 50 * far])
    assert [each.co2e_kg for each in found] == pytest.approx(13.72 * wanted / wanted.sum(), rel=1e-12)
    told = shares(problem(), hand_made(), "mass_distance", {"P1": 90.0, "P2": 10.0, "P3": 50.0})
    assert told[0].energy == pytest.approx(9 * told[1].energy, rel=1e-12)


@pytest.mark.parametrize("rule", RULES)
def test_shares_of_each_round_sum_to_the_whole(rule):
    """Proves that nothing is lost to rounding: fsum of a round's shares is its figure, rounds sum to the duty."""
    many = [replace(ANN, id=f"s{n}", node=1 + n % 3, delivery_kg=0.1 * (n + 1), parcels=(f"P{n}",)) for n in range(17)]
    day = problem(*many, fleet=(van(reload_at=(DEPOT,), most_rounds=2, co2e_kg_per_use=0.7),))
    timed = recompute(day, Duty(0, (Round(0, tuple(range(6)), 0), Round(0, tuple(range(6, 17)), 0)), 0.0))
    plan = plan_of(timed)
    found = shares(day, plan, rule)
    for tour in tours(day, plan):
        mine = [each for each in found if each.round_id == tour.id]
        for name in ("distance_km", "energy", "co2e_kg"):
            assert math.isclose(math.fsum(getattr(each, name) for each in mine), getattr(tour, name), rel_tol=1e-15)
    assert math.isclose(math.fsum(each.co2e_kg for each in found), plan.co2e_kg, rel_tol=1e-14)


def test_a_round_that_delivers_nothing_is_named():
    """Proves that a round of collections is in no parcel's share, and is not lost without a word."""
    day = problem(replace(BEN, delivery_kg=0.0, delivery_m3=0.0, parcels=()))
    plan = plan_of(recompute(day, one_round(0)))
    assert shares(day, plan) == () and [tour.id for tour in unshared(day, plan)] == ["duty-1-round-1"]
    assert orders_columns(day, plan) == {}


@pytest.mark.parametrize("empty_first", [True, False])
def test_a_round_without_parcels_is_carried_by_its_duty(empty_first):
    """Proves that a round of collections goes with the duty's next delivery round, else the last: nothing is lost."""
    day = problem(
        ANN,
        replace(BEN, delivery_kg=0.0, delivery_m3=0.0, parcels=()),
        fleet=(van(reload_at=(DEPOT,), most_rounds=2, energy_unit="l"),),
    )
    rounds = (Round(0, (1,), 0), Round(0, (0,), 0))
    plan = plan_of(recompute(day, Duty(0, rounds if empty_first else rounds[::-1], 0.0)))
    found = shares(day, plan)
    assert {each.round_id for each in found} == {f"duty-1-round-{2 if empty_first else 1}"} and unshared(
        day, plan
    ) == ()
    assert [each.distance_km for each in found] == [30.0, 30.0]
    assert math.fsum(each.co2e_kg for each in found) == pytest.approx(plan.co2e_kg, rel=1e-12)
    told = orders_columns(day, plan)["P1"]
    assert told["round_fuel_l"] == pytest.approx(plan.duties[0].energy, rel=1e-12) and told["round_distance_km"] == 60.0


def test_a_stop_that_names_no_parcels_counts_as_one():
    """Proves that a stops file without parcels still gives shares, by stop, and says nothing to the orders."""
    day = problem(ANN, replace(BEN, parcels=()))
    assert [each.parcel for each in shares(day, hand_made())] == ["P1", "P2", "ben"]
    assert set(orders_columns(day, hand_made())) == {"P1", "P2"}


def test_where_every_drop_is_at_the_depot_parcels_share_alike():
    """Proves the ledger's own way out where mass times distance is nothing."""
    day = problem(replace(ANN, node=DEPOT))
    found = shares(day, plan_of(recompute(day, one_round(0))), "mass_distance")
    assert [each.co2e_kg for each in found] == [0.5, 0.5]


def test_what_cannot_be_shared_says_why():
    """Proves the messages: an unknown rule, no coordinates, no mass, a parcel at two stops."""
    nowhere = replace(problem().network, latitude=np.full(5, np.nan))
    twice = problem(ANN, replace(BEN, parcels=("P1",)))
    for day, arguments, text in (
        (problem(), ("by luck",), "no such rule"),
        (problem(network=nowhere), ("mass_distance",), "no coordinates"),
        (problem(), ("mass_distance", {"P1": 1.0}), "no mass for parcel P2"),
        (twice, (), "delivered twice"),
    ):
        with pytest.raises(InputError, match=text):
            shares(day, hand_made(), *arguments)


@pytest.mark.parametrize(
    ("unit", "column"),
    [("kWh", "round_electricity_kwh"), ("l", "round_fuel_l"), ("kg", "round_fuel_kg"), ("km", "round_distance_km")],
)
def test_orders_are_told_in_the_column_of_the_unit(unit, column):
    """Proves that a vehicle's unit chooses the column, and that all parcels of a round say the same."""
    day = problem(fleet=(van(energy_unit=unit, carrier="some.carrier"),))
    found = orders_columns(day, hand_made())
    assert set(found) == {"P1", "P2", "P3"} and found["P1"] == found["P3"]
    assert found["P1"][column] == pytest.approx(4.24)
    assert {"round_id", "round_activity", "round_distance_km", column, "round_basis"} == set(found["P1"])
    assert (found["P1"]["round_activity"], found["P1"]["round_basis"]) == ("some.carrier", "planned")


def test_a_round_on_foot_is_named():
    """Proves that parcels of a round without energy are listed, not given a figure that is none."""
    day = problem(fleet=(van(energy_per_km=0.0, energy_per_km_kg=0.0, carrier=""),))
    plan = plan_of(recompute(day, one_round(0, 1)))
    assert orders_columns(day, plan) == {} and untold(day, plan) == ("P1", "P2", "P3")
    with pytest.raises(InputError, match="no column"):
        orders_columns(problem(fleet=(van(energy_unit="hay"),)), hand_made())


def _kg(activity: str, unit: str) -> float:
    return registry().resolve(activity, unit, "GB", 2025).factor.co2e_kg


@pytest.mark.parametrize("rule", RULES)
def test_the_ledger_finds_the_plans_kilograms(rule):
    """Proves the way round: orders with the plan's columns give the plan's kg, in all and parcel by parcel.

    Two vehicles serve six parcels around Coventry, one by the grid, one by diesel; no first delivery fails.
    """
    places = [(52.44, -1.48), (52.50, -1.40), (52.38, -1.60), (52.45, -1.20), (52.44, -1.48)]
    latitude, longitude = (np.array(each) for each in zip(*places, strict=True))
    km = great_circle_km(latitude[:, None], longitude[:, None], latitude[None], longitude[None]) * 1.3
    network = Network(latitude, longitude, (None,) * 5, km[None] * 1000, km[None] * 90)
    parcels = {"A1": (1, 2.0), "A2": (1, 5.0), "B1": (2, 1.0), "C1": (3, 8.0), "C2": (3, 0.5), "C3": (3, 3.0)}
    setup = merchant(
        [VAN | {"failed_first_deliveries": 0}],
        method={"round_allocation": rule},
        packages={"box": {"inner": "250x180x100 mm", "mass": "0 g"}},
    )
    rows = [
        parcel(
            name, package="box", goods_mass_kg=mass_kg, destination_latitude=latitude[node],
            destination_longitude=longitude[node],
        )
        for name, (node, mass_kg) in parcels.items()
    ]  # fmt: skip
    before = run(rows, setup).footprints
    gross_kg = dict(zip(before.parcel_id, before.gross_mass_kg, strict=True))
    stops = [
        replace(
            stop, id=str(node), delivery_kg=sum(gross_kg[name] for name, (at, _) in parcels.items() if at == node),
            parcels=tuple(name for name, (at, _) in parcels.items() if at == node),
        )
        for node, stop in ((1, ANN), (2, replace(BEN, node=2)), (3, CLEO))
    ]  # fmt: skip
    electric = van(
        id="electric", carrier="electricity.grid", energy_unit="kWh", energy_per_km=0.3, energy_per_km_kg=0.0004,
        co2e_kg_per_energy=_kg("electricity.grid", "kW*h"), co2e_kg_per_use=0.0,
    )  # fmt: skip
    diesel = van(co2e_kg_per_energy=_kg("fuel.diesel_blend", "m**3") / 1000, co2e_kg_per_use=0.0)
    day = problem(*stops, fleet=(electric, diesel), network=network)
    plan = plan_of(recompute(day, one_round(0, 1)), recompute(day, one_round(2, vehicle=1)))
    columns = orders_columns(day, plan)
    after = run([row | columns[row["parcel_id"]] for row in rows], setup).footprints
    assert not is_close(before.last_mile_co2e_kg.sum(), plan.co2e_kg)
    assert is_close(after.last_mile_co2e_kg.sum(), plan.co2e_kg)
    wanted = {each.parcel: each.co2e_kg for each in shares(day, plan, rule, gross_kg)}
    assert list(after.last_mile_co2e_kg) == pytest.approx([wanted[name] for name in after.parcel_id], rel=1e-9)
    assert list(after.hubs_co2e_kg) == list(before.hubs_co2e_kg)
