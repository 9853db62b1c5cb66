"""Stops moved to pick-up points, judged by a solver that tries every order, customers' own trips counted."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from carbon.errors import InputError
from carbon.optimise.rounds.pickup import OwnTrip, PickupPoint, consolidate, with_points
from carbon.optimise.rounds.plan import RoundPlan, Unserved, Why
from carbon.optimise.rounds.problem import Objective
from carbon.optimise.rounds.supplies import Decision, decided
from carbon.optimise.rounds.verifying import recompute, verify, verify_duty
from carbon.optimise.routing import plan_rounds
from tests.optimise.rounds.city import MICRO, city
from tests.optimise.rounds.day import ANN, BEN, CLEO, DEPOT, SECOND, one_round, plan_of, problem, van

#: At Ben's corner, 20 km out; Cleo lives 10 km further on.
SHOP = PickupPoint("shop", 2, capacity=10, service_s=300.0)
LIGHT = van(payload_kg=500.0, energy_per_km_kg=0.0, co2e_kg_per_use=0.0)


def _trip(car_share: float = 0.5) -> OwnTrip:
    return OwnTrip(car_share, 0.2)


def exact(problem_) -> RoundPlan:
    """Return the best round of one vehicle over every order of all stops, of those it can serve at once."""
    for left_out in range(len(problem_.stops) + 1):
        best = None
        for order in permutations(range(len(problem_.stops)), len(problem_.stops) - left_out):
            timed = recompute(problem_, one_round(*order)) if order else None
            if timed is None or not verify_duty(problem_, timed):
                made = () if timed is None else (timed,)
                unserved = tuple(
                    Unserved(stop, Why.OUT_OF_TIME, "more time")
                    for stop in range(len(problem_.stops))
                    if stop not in order
                )
                plan = plan_of(*made, unserved=unserved)
                if best is None or plan.co2e_kg < best.co2e_kg:
                    best = plan
        if best is not None:
            return best
    raise AssertionError("an empty plan breaks no rule")


def test_a_stop_moves_where_the_detour_costs_more_than_the_trip():
    """Proves the sum by hand: 20 km of van less (6 kg) for 20 km of half a car (2 kg)."""
    day = problem(ANN, BEN, CLEO, fleet=(LIGHT,))
    found = consolidate(day, (SHOP,), {"cleo": ["shop"]}, _trip(), exact)
    assert found.moved == {"cleo": "shop"}
    assert found.before.co2e_kg == pytest.approx(60 * 0.1 * 3)
    assert (found.plan.co2e_kg, found.trips_co2e_kg) == pytest.approx((40 * 0.1 * 3, 20 * 0.5 * 0.2))
    assert found.saved_co2e_kg == pytest.approx(4.0)
    assert verify(found.problem, found.plan) == []


@pytest.mark.parametrize(
    ("willing", "trip", "point"),
    [
        ({"cleo": ["shop"]}, OwnTrip(1.0, 0.4), SHOP),
        ({}, _trip(0.0), SHOP),
        ({"cleo": ["shop"]}, _trip(), replace(SHOP, capacity=0)),
        ({"cleo": ["shop"]}, OwnTrip(0.5, 0.2, distance_km=61.0), SHOP),
        ({"cleo": ["shop"]}, _trip(), replace(SHOP, windows=((0.0, 100.0),))),
    ],
    ids=["trip too dear", "not willing", "no room", "trip too long", "shop closed"],
)
def test_a_stop_stays_at_its_door(willing, trip, point):
    """Proves that trips, will, room and opening hours each keep a stop where it is, and nothing is worse for having asked."""
    day = problem(ANN, BEN, CLEO, fleet=(LIGHT,))
    found = consolidate(day, (point,), willing, trip, exact)
    assert found.moved == {} and found.plan == found.before and found.trips_co2e_kg == found.saved_co2e_kg == 0


def test_parcels_count_one_by_one():
    """Proves the ledger's rule for a trip: by parcel, over parcels fetched at once."""
    stop = replace(CLEO, parcels=("P4", "P5", "P6"))
    day = problem(ANN, stop)
    assert OwnTrip(0.5, 0.2, 4.0, 2.0).co2e_kg(day, stop, SHOP) == pytest.approx(3 * 4 * 0.5 / 2 * 0.2)
    assert _trip().co2e_kg(day, stop, SHOP) == pytest.approx(3 * 20 * 0.5 * 0.2)


def test_neighbours_who_save_only_together_move_together():
    """Proves that a group is tried as one: two stops at 30 km, neither of which alone saves the way there."""
    twin = replace(CLEO, id="cloe", parcels=("P5",))
    day = problem(ANN, CLEO, twin, fleet=(LIGHT,))
    both = {"cleo": ["shop"], "cloe": ["shop"]}
    found = consolidate(day, (SHOP,), both, _trip(0.1), exact)
    assert found.moved == {"cleo": "shop", "cloe": "shop"} and found.saved_co2e_kg == pytest.approx(6 - 2 * 0.4)
    assert consolidate(day, (SHOP,), {"cleo": ["shop"]}, _trip(0.1), exact).moved == {}


def test_one_who_does_not_pay_goes_back():
    """Proves that after a group moved, each member is asked again: Ann's corner is passed anyway."""
    day = problem(ANN, CLEO, fleet=(LIGHT,))
    found = consolidate(day, (SHOP,), {"ann": ["shop"], "cleo": ["shop"]}, _trip(0.1), exact)
    assert found.moved == {"cleo": "shop"}


def test_a_lost_stop_is_saved_by_a_point():
    """Proves that serving a stop comes before kilograms: out of range at its door, within it at the shop."""
    day = problem(ANN, CLEO, fleet=(van(range_km=45.0),))
    found = consolidate(day, (SHOP,), {"cleo": ["shop"]}, OwnTrip(1.0, 5.0), exact)
    assert len(found.before.unserved) == 1 and found.plan.unserved == ()
    assert found.moved == {"cleo": "shop"} and found.saved_co2e_kg < 0


def test_the_objective_decides():
    """Proves that money alone may move a stop whose trip outweighs its detour in kilograms."""
    day = problem(ANN, BEN, CLEO, fleet=(LIGHT,))
    dear = OwnTrip(1.0, 0.4)
    found = consolidate(day, (SHOP,), {"cleo": ["shop"]}, dear, exact, Objective(0.0, 1.0))
    assert found.moved == {"cleo": "shop"} and found.plan.money < found.before.money


def test_the_solver_is_asked_no_more_than_allowed():
    """Proves the limit on solves, and that the first is the plan of today."""
    day = problem(ANN, BEN, CLEO, fleet=(LIGHT,))
    willing = {name: ["shop"] for name in ("ann", "cleo")}
    assert consolidate(day, (SHOP,), willing, _trip(), exact, most_solves=1).moved == {}
    assert consolidate(day, (SHOP,), willing, _trip(), exact, most_solves=2).solves == 2


def test_collections_and_goods_under_way_stay():
    """Proves that who hands something over, and what is on board already, is never sent to a point."""
    collecting = replace(CLEO, collection_kg=1.0)
    assert (
        consolidate(problem(ANN, collecting, fleet=(LIGHT,)), (SHOP,), {"cleo": ["shop"]}, _trip(), exact).moved == {}
    )
    day = problem(ANN, CLEO, fleet=(replace(LIGHT, start=DEPOT, on_board=(1,)),))
    assert consolidate(day, (SHOP,), {"cleo": ["shop"]}, _trip(), exact).moved == {}


def test_a_point_needs_what_its_stops_need():
    """Proves the stop that a point becomes: sums, the latest goods, all skills, a depot each; and positions on board."""
    ann = replace(ANN, skills=frozenset({"lift"}), ready_s=100.0, vehicles=frozenset({"van", "bike"}), depot=DEPOT)
    cleo = replace(CLEO, ready_s=200.0, vehicles=frozenset({"van"}), depot=DEPOT, prize_money=3.0)
    day = problem(ann, BEN, cleo, fleet=(van(on_board=(1,)),))
    point = replace(SHOP, service_per_parcel_s=10.0, windows=((1.0, 2.0),))
    made = with_points(day, (point,), {0: 0, 2: 0})
    (ben, shop) = made.stops
    assert ben == BEN and made.fleet[0].on_board == (0,)
    assert (shop.id, shop.node, shop.delivery_kg, shop.delivery_m3) == ("shop", 2, 140.0, 1.4)
    assert (shop.service_s, shop.ready_s, shop.prize_money, shop.windows) == (330.0, 200.0, None, ((1.0, 2.0),))
    assert (shop.skills, shop.vehicles, shop.depot) == ({"lift"}, {"van"}, DEPOT)
    assert shop.parcels == ("P1", "P2", "P4")
    apart = with_points(problem(ann, replace(cleo, depot=SECOND)), (point,), {0: 0, 1: 0})
    assert [(stop.id, stop.depot) for stop in apart.stops] == [("shop from hub", DEPOT), ("shop from second", SECOND)]


@pytest.mark.parametrize(
    ("points", "willing"),
    [((SHOP, SHOP), {}), ((replace(SHOP, id="ann"),), {}), ((replace(SHOP, node=9),), {}), ((SHOP,), {"ann": ["x"]}), ((SHOP,), {"x": []})],
)  # fmt: skip
def test_what_does_not_exist_is_refused(points, willing):
    """Proves the messages for points twice, unknown nodes, stops and points."""
    with pytest.raises(InputError, match="point"):
        consolidate(problem(), points, willing, _trip(), exact)


def test_what_a_satellite_delivers_goes_to_points_as_well():
    """Proves that a visit brings what is for a point under the point's name, as much as before, and the plan keeps the rules."""
    day = decided(city(1, 5), Decision(dict.fromkeys(range(5), MICRO)))
    shop = PickupPoint("shop", MICRO, capacity=10, service_s=60.0)
    moved = with_points(day, (shop,), {1: 0, 4: 0})
    before, after = (next(stop for stop in each.stops if stop.brings) for each in (day, moved))
    assert after.brings == ("s0", "shop", "s2", "s3") and after.delivery_kg == before.delivery_kg
    assert next(stop for stop in moved.stops if stop.id == "shop").parcels == ("P1", "P4")
    plan = plan_rounds(moved, Objective(), iterations=50)
    assert not plan.unserved and verify(moved, plan) == []


def test_goods_of_two_visits_come_to_a_point_as_two_stops():
    """Proves that a stop is brought by one visit, also where a point gets the goods of several."""
    base = city(1, 4)
    stops = tuple(replace(stop, delivery_kg=kg) for stop, kg in zip(base.stops, (300, 250, 200, 240), strict=True))
    lorry = replace(base.fleet[1], payload_kg=600.0)
    day = replace(base, stops=stops, fleet=(base.fleet[0], lorry))
    day = decided(day, Decision(dict.fromkeys(range(4), MICRO)))
    moved = with_points(day, (PickupPoint("shop", MICRO, capacity=10),), {0: 0, 1: 0})
    names = [stop.id for stop in moved.stops if stop.node == MICRO and not stop.brings]
    assert names == ["shop by supply of micro, 1", "shop by supply of micro, 2"]
    assert [stop.brings for stop in moved.stops if stop.brings] == [(names[0], "s2"), (names[1], "s3")]
    assert verify(moved, plan_rounds(moved, Objective(), iterations=100)) == []
